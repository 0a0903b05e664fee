"""A variational autoencoder of handwritten digits: eight numbers for an image, and images for any
eight numbers.

python 13_vae.py                        train, show some digits that never were
python 13_vae.py digits.png             and draw 64 of them into a picture
python 13_vae.py --steps 2 --record vae.trace
tracegrad open vae.trace                then  / exp  and  x  shows that the gradient passes the
                                        random draw: mean and spread have one, the noise has none

Source: Kingma and Welling 2014, "Auto-encoding variational Bayes", appendix B.
"""

import argparse
import gzip
from contextlib import nullcontext
from pathlib import Path

import numpy as np

import tracegrad as tg
import tracegrad.nn.functional as F
from tracegrad import nn

SHADES = " .:-=+*#%@"


def load_digits() -> tg.Tensor:
    """Images (1797, 64), from 0 for paper to 1 for ink."""
    with gzip.open(Path(__file__).parent / "data" / "digits.csv.gz", "rt") as file:
        return tg.from_numpy(np.loadtxt(file, np.float32, delimiter=",")[:, :64] / 16)


class VAE(nn.Module):
    """Images of 64 pixels to a normal distribution of `size` numbers, and back."""

    def __init__(self, size: int = 8) -> None:
        super().__init__()
        self.size = size
        self.encoder = nn.Sequential(nn.Linear(64, 128), nn.ReLU())
        self.mean = nn.Linear(128, size)
        self.log_variance = nn.Linear(128, size)
        self.decoder = nn.Sequential(nn.Linear(size, 128), nn.ReLU(), nn.Linear(128, 64))

    def forward(self, images: tg.Tensor) -> tuple[tg.Tensor, tg.Tensor, tg.Tensor]:
        """Scores of the pixels `(n, 64)`, mean and log variance `(n, size)`."""
        h = self.encoder(images)
        mean, log_variance = self.mean(h), self.log_variance(h)
        noise = tg.randn_like(mean)
        code = mean + noise * (log_variance / 2).exp()
        return self.decoder(code), mean, log_variance

    @tg.no_grad()
    def draw(self, count: int) -> tg.Tensor:
        """New images `(count, 1, 8, 8)`."""
        return self.decoder(tg.randn(count, self.size)).sigmoid().view(count, 1, 8, 8)


def loss_of(net: VAE, images: tg.Tensor) -> tg.Tensor:
    """The negative evidence lower bound in nats per image."""
    scores, mean, log_variance = net(images)
    pixels = F.binary_cross_entropy_with_logits(scores, images, reduction="sum")
    distance = (mean.square() + log_variance.exp() - 1 - log_variance).sum() / 2
    return (pixels + distance) / len(images)


def show(images: tg.Tensor) -> None:
    """Print a row of images in the terminal, two characters a pixel."""
    for row in range(8):
        shades = (images[:, 0, row] * (len(SHADES) - 1)).round().int().tolist()
        print("   ".join("".join(2 * SHADES[shade] for shade in image) for image in shades))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("picture", nargs="?", help="draw new digits into this file")
    parser.add_argument("--steps", type=int, default=1500)
    parser.add_argument("--record", metavar="FILE", help="keep every op in a trace file")
    options = parser.parse_args()

    tg.manual_seed(0)
    images = load_digits()
    net = VAE()
    optimizer = tg.optim.Adam(net.parameters(), lr=2e-3)

    with tg.record(options.record) if options.record else nullcontext():
        for step in range(options.steps):
            loss = loss_of(net, images[tg.randint(len(images), (128,))])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            if step % 250 == 0 or step == options.steps - 1:
                print(f"step {step:4}   {loss.item():.2f} nats per image")
    show(net.draw(4))
    if options.picture:
        tg.vision.utils.save_image(net.draw(64), options.picture, nrow=16)
        print(f"picture in {options.picture}")


if __name__ == "__main__":
    main()
