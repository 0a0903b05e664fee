"""Handwritten digits with a convolutional network, trained by the loop of tracegrad.training.

python 09_digits.py                          a few seconds; 99% of the test digits are told right
python 09_digits.py --watch steps            keep the first step and every 50th one as a recording
tracegrad open steps/step-000001.trace       then  /  conv2d  and  x  shows what the first filters
                                             see, and the gradient that comes back to them

Real data: 1,797 images of 8x8 pixels (see data/README.md).
"""

import argparse
import gzip
from pathlib import Path

import numpy as np

import tracegrad as tg
from tracegrad import nn
from tracegrad.optim.lr_scheduler import OneCycleLR
from tracegrad.training import metrics, setup
from tracegrad.training.callbacks import GradientWatch, KeepBestModel, LRScheduler


def load_digits() -> tuple[np.ndarray, np.ndarray]:
    """Images (1797, 1, 8, 8), from 0 to 1, and digits (1797,), in random order."""
    with gzip.open(Path(__file__).parent / "data" / "digits.csv.gz", "rt") as file:
        rows = np.loadtxt(file, np.float32, delimiter=",")
    rows = np.random.default_rng(0).permutation(rows)
    return rows[:, :64].reshape(-1, 1, 8, 8) / 16, rows[:, 64].astype(np.int64)


class Net(nn.Module):
    """Two convolutions, each followed by a smaller image, and two linear layers."""

    def __init__(self, channels: int = 16, dropout: float = 0.25) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, channels, 3, padding=1, bias=False),
            nn.BatchNorm2d(channels),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(channels, 2 * channels, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
        )
        self.classes = nn.Sequential(
            nn.Flatten(),
            nn.Dropout(dropout),
            nn.Linear(8 * channels, 64),
            nn.ReLU(),
            nn.Linear(64, 10),
        )

    def forward(self, images: tg.Tensor) -> tg.Tensor:
        return self.classes(self.features(images))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--watch", metavar="FOLDER", help="keep recordings of training steps")
    options = parser.parse_args()

    tg.manual_seed(0)
    images, digits = load_digits()
    train, test = (images[:1400], digits[:1400]), (images[1400:], digits[1400:])

    callbacks = [
        KeepBestModel("valid_acc", mode="max"),
        LRScheduler(OneCycleLR, call_on="on_train_batch_end", max_lr=0.01),
    ]
    if options.watch:
        callbacks.append(GradientWatch(50, folder=options.watch))
    fitted = (
        setup(Net, nn.CrossEntropyLoss(), tg.optim.AdamW, metrics=[metrics.Accuracy()])
        .set_hparams(channels=16)
        .set_opt_hparams(lr=0.001, weight_decay=0.01)
        .fit(train, options.epochs, valid_data=test, callbacks=callbacks)
    )

    evaluation = fitted.evaluate(test, verbose=False)
    print(f"{len(train[0])} digits to learn from, {len(test[0])} to be tested on")
    print(f"{evaluation['acc']:.1%} of the test digits told right")

    told = fitted.predict(test[0], verbose=False).argmax(dim=1).numpy()
    wrong = np.flatnonzero(told != test[1])
    pairs = ", ".join(f"{test[1][n]} as {told[n]}" for n in wrong[:8])
    print(f"mistaken: {pairs or 'none'}")


if __name__ == "__main__":
    main()
