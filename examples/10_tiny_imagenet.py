"""Photographs of 200 classes with five convolutions, or a small stand-in that is drawn on the spot.

python 10_tiny_imagenet.py                  draw three classes of shapes and tell them apart
python 10_tiny_imagenet.py --data FOLDER --width 64 --epochs 60 --workers 4
                                            the real Tiny ImageNet, fetched if it is not there, at
                                            its full size: hours on a CPU
python 10_tiny_imagenet.py --epochs 1 --watch steps
tracegrad open steps/step-000001.trace      then  s  goes from layer to layer: the images get
                                            smaller, the channels more

Channels 64-128-256-512-1024, dropout, augmentation, mixup, early stopping.
"""

import argparse
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

import tracegrad as tg
from tracegrad import nn
from tracegrad.data import DataLoader
from tracegrad.optim.lr_scheduler import OneCycleLR
from tracegrad.training import metrics, setup
from tracegrad.training.callbacks import EarlyStopping, GradientWatch, LRScheduler, Mixup
from tracegrad.vision import datasets, transforms

SHAPES = ["ellipse", "rectangle", "triangle"]


def draw(shape: str, random: np.random.Generator) -> Image.Image:
    """A shape of random colour, place and size on another colour."""
    image = Image.new("RGB", (64, 64), tuple(random.integers(0, 120, 3).tolist()))
    pen, color = ImageDraw.Draw(image), tuple(random.integers(140, 256, 3).tolist())
    (x, y), r = random.integers(20, 45, 2).tolist(), int(random.integers(8, 18))
    if shape == "triangle":
        pen.polygon([(x, y - r), (x - r, y + r), (x + r, y + r)], color)
    else:
        getattr(pen, shape)((x - r, y - r, x + r, y + r), color)
    return image


def draw_folder(root: Path, images: int = 60) -> Path:
    """Generated images in the layout of the real data."""
    random = np.random.default_rng(0)
    wnids = {f"n{number:08d}": shape for number, shape in enumerate(SHAPES)}
    (root / "wnids.txt").write_text("\n".join(wnids))
    (root / "val" / "images").mkdir(parents=True)
    notes = []
    for wnid, shape in wnids.items():
        folder = root / "train" / wnid / "images"
        folder.mkdir(parents=True)
        for n in range(images):
            draw(shape, random).save(folder / f"{wnid}_{n}.JPEG")
        for n in range(images // 4):
            file = f"val_{wnid}_{n}.JPEG"
            draw(shape, random).save(root / "val" / "images" / file)
            notes.append(f"{file}\t{wnid}\t0\t0\t63\t63")
    (root / "val" / "val_annotations.txt").write_text("\n".join(notes))
    return root


def network(width: int, classes: int, dropout: float = 0.3) -> nn.Sequential:
    """Five convolutions, each halving the image: 64 pixels to 2."""
    layers, channels = [], 3
    for n in range(5):
        layers += [nn.Conv2d(channels, width << n, 3, padding=1, bias=False)]
        layers += [nn.BatchNorm2d(width << n), nn.ReLU(), nn.MaxPool2d(2)]
        channels = width << n
    layers += [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(dropout)]
    return nn.Sequential(*layers, nn.Linear(channels, classes))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", metavar="FOLDER", help="where Tiny ImageNet is, or shall be")
    parser.add_argument("--width", type=int, default=8, help="channels of the first layer")
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--workers", type=int, default=0)
    parser.add_argument("--watch", metavar="FOLDER", help="keep recordings of training steps")
    options = parser.parse_args()

    tg.manual_seed(0)
    pixels = [transforms.ToTensor(), transforms.Normalize([0.45] * 3, [0.27] * 3)]
    moved = [
        transforms.RandomHorizontalFlip(),
        transforms.RandomAffine(10, translate=(0.1, 0.1), scale=(0.9, 1.1)),
        transforms.ColorJitter(0.2, 0.2, 0.2),
    ]
    with tempfile.TemporaryDirectory() as folder:
        root = options.data or draw_folder(Path(folder))
        train, test = (
            datasets.TinyImageNet(root, split, transforms.Compose(steps), download=True)
            for split, steps in (("train", moved + pixels), ("val", pixels))
        )
        loader = DataLoader(train, 32, shuffle=True, num_workers=options.workers)
        test_loader = DataLoader(test, 32, num_workers=options.workers)
        callbacks = [
            Mixup(0.2),
            EarlyStopping(patience=5),
            LRScheduler(OneCycleLR, call_on="on_train_batch_end", max_lr=0.01),
        ]
        if options.watch:
            callbacks.append(GradientWatch(100, folder=options.watch))
        fitted = setup(
            network(options.width, len(train.wnids)),
            nn.CrossEntropyLoss(label_smoothing=0.05),
            tg.optim.AdamW,
            metrics=[metrics.Accuracy()],
        ).fit(loader, options.epochs, valid_data=test_loader, callbacks=callbacks)
        accuracy = fitted.evaluate(test_loader, verbose=False)["acc"]
        print(f"{len(train)} images of {len(train.wnids)} classes to learn from")
        print(f"{accuracy:.1%} of {len(test)} others told right")


if __name__ == "__main__":
    main()
