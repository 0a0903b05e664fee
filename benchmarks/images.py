"""Networks for images against PyTorch: milliseconds of training steps, and of their layers.

Every figure is the best CPU time of interleaved rounds in one process with one thread, so that a
busy machine slows all of them alike: compare the ratios. Needs the extra `parity`::

    python benchmarks/images.py [--rounds 9] [--only norm]
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import argparse
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from recurrent import Work, interleaved
from small_work import show

import tracegrad as tg

LIBRARIES: dict[str, Any] = {"torch": torch, "tracegrad": tg}
StepOf = Callable[[Any], Work]


def numbers(library: Any, *shape: int, grad: bool = False) -> Any:
    drawn = np.random.default_rng(0).standard_normal(shape).astype(np.float32)
    return library.tensor(drawn, requires_grad=grad)


def classes(library: Any, count: int, batch: int) -> Any:
    return library.tensor(np.random.default_rng(0).integers(0, count, batch))


# -- training steps --------------------------------------------------------------------------------


def training(layers: Callable[[Any], list[Any]], batch: int, *shape: int) -> StepOf:
    """Forward, cross entropy over 10 classes, backward, Adam."""

    def step_of(library: Any) -> Work:
        library.manual_seed(0)
        model = library.nn.Sequential(*layers(library.nn))
        optimizer = library.optim.Adam(model.parameters(), lr=1e-3)
        x, y = numbers(library, batch, *shape), classes(library, 10, batch)

        def step() -> None:
            optimizer.zero_grad()
            library.nn.functional.cross_entropy(model(x), y).backward()
            optimizer.step()

        return step

    return step_of


def convnet(nn: Any, norm: bool) -> list[Any]:
    """Five layers as for Tiny ImageNet: a convolution, a ReLU and a pool each."""
    layers: list[Any] = []
    channels = [3, 64, 128, 256, 512, 1024]
    for before, after in pairwise(channels):
        layers += [nn.Conv2d(before, after, 3, padding=1)]
        layers += [nn.BatchNorm2d(after)] if norm else []
        layers += [nn.ReLU(), nn.MaxPool2d(2)]
    return [*layers, nn.Flatten(), nn.Linear(4096, 10)]


def separable(nn: Any) -> list[Any]:
    """Blocks as in MobileNet: a kernel for each channel, then one for each pixel."""
    layers: list[Any] = [nn.Conv2d(3, 32, 3, padding=1)]
    for before, after, stride in ((32, 64, 1), (64, 128, 2), (128, 128, 1), (128, 256, 2)):
        layers += [
            nn.Conv2d(before, before, 3, stride, 1, groups=before), nn.BatchNorm2d(before),
            nn.ReLU(), nn.Conv2d(before, after, 1), nn.BatchNorm2d(after), nn.ReLU(),
        ]  # fmt: skip
    return [*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(256, 10)]


def residual(nn: Any) -> list[Any]:
    """As many channels in as out, as inside of a ResNet."""
    layers: list[Any] = [nn.Conv2d(3, 64, 3, padding=1)]
    for _ in range(4):
        layers += [nn.Conv2d(64, 64, 3, padding=1, bias=False), nn.BatchNorm2d(64), nn.ReLU()]
    return [*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10)]


def perceptron(nn: Any) -> list[Any]:
    return [nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 512), nn.ReLU(), nn.Linear(512, 10)]


# -- layers ----------------------------------------------------------------------------------------


def both_ways(text: str, *shape: int) -> StepOf:
    """Forward and backward of a module on a tensor that is no leaf, as inside of a network."""

    def step_of(library: Any) -> Work:
        library.manual_seed(0)
        module = eval(text, {"nn": library.nn})
        x = numbers(library, *shape, grad=True).mul(1)
        g = numbers(library, *module(x).shape)
        inputs = [x, *module.parameters()]

        def step() -> None:
            library.autograd.grad(module(x), inputs, g)

        return step

    return step_of


STEPS: dict[str, StepOf] = {
    "convnet, 5 layers, 16 images of 64x64": training(
        lambda nn: convnet(nn, norm=False), 16, 3, 64, 64),
    "convnet with batch norm": training(lambda nn: convnet(nn, norm=True), 16, 3, 64, 64),
    "separable convnet, 16 images of 32x32": training(separable, 16, 3, 32, 32),
    "64 channels throughout, 16 images of 32x32": training(residual, 16, 3, 32, 32),
    "MLP 784-512-512-10, batch 128": training(perceptron, 128, 784),
    "batch norm (16, 64, 64, 64)": both_ways("nn.BatchNorm2d(64)", 16, 64, 64, 64),
    "batch norm (32, 128, 16, 16)": both_ways("nn.BatchNorm2d(128)", 32, 128, 16, 16),
    "batch norm (128, 512)": both_ways("nn.BatchNorm1d(512)", 128, 512),
    "batch norm (16, 64, 64, 64), eval": both_ways("nn.BatchNorm2d(64).eval()", 16, 64, 64, 64),
    "group norm (16, 64, 32, 32)": both_ways("nn.GroupNorm(8, 64)", 16, 64, 32, 32),
    "instance norm (16, 64, 32, 32)": both_ways(
        "nn.InstanceNorm2d(64, affine=True)", 16, 64, 32, 32),
    "depthwise 3x3 (16, 64, 32, 32)": both_ways(
        "nn.Conv2d(64, 64, 3, padding=1, groups=64)", 16, 64, 32, 32),
    "depthwise 3x3, stride 2": both_ways(
        "nn.Conv2d(64, 64, 3, 2, 1, groups=64)", 16, 64, 32, 32),
    "depthwise 3x3 (32, 256, 8, 8)": both_ways(
        "nn.Conv2d(256, 256, 3, padding=1, groups=256)", 32, 256, 8, 8),
    "conv 64 to 64 (16, 64, 32, 32)": both_ways("nn.Conv2d(64, 64, 3, padding=1)", 16, 64, 32, 32),
    "conv 64 to 128 (16, 64, 32, 32)": both_ways(
        "nn.Conv2d(64, 128, 3, padding=1)", 16, 64, 32, 32),
    "max pool (16, 64, 64, 64)": both_ways("nn.MaxPool2d(2)", 16, 64, 64, 64),
}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--only", default="", help="a part of the names of what to measure")
    arguments = parser.parse_args()
    print(f"tracegrad {tg.__version__}, torch {torch.__version__}, one thread, milliseconds")
    for title, step_of in STEPS.items():
        if arguments.only in title:
            works = {name: step_of(library) for name, library in LIBRARIES.items()}
            goal = 1.1 if "norm (" not in title and "depthwise" not in title else 2.0
            show(title, 1e3, interleaved(works, arguments.rounds), {"tracegrad": goal})


if __name__ == "__main__":
    main()
