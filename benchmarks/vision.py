"""Preparing one 64 x 64 image: microseconds beside torchvision's and beside NumPy's alone.

Every figure is the best of interleaved rounds in one process: compare the ratios. Needs the extra
`parity`::

    python -m benchmarks.vision [--rounds 30]
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from time import perf_counter
from typing import Any

import numpy as np
import torch
from PIL import Image

from tests.parity.with_torchvision import import_torchvision
from tracegrad.vision import transforms as ours

torch.set_num_threads(1)
theirs = import_torchvision().transforms
Work = Callable[[], Any]

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
IMAGE = Image.fromarray(np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8))
CALLS = 200


def with_numpy() -> Any:
    """What `ToTensor` and `Normalize` have to compute, and nothing else."""
    mean, std = (np.array(n, np.float32)[:, None, None] for n in (MEAN, STD))

    def prepared() -> Any:
        pixels = np.asarray(IMAGE).transpose(2, 0, 1).astype(np.float32, order="C")
        pixels /= np.float32(255)
        return (pixels - mean) / std

    return prepared


def works() -> dict[str, dict[str, Work]]:
    """What is measured: by name, of each library."""

    def of(make: Callable[[Any], Any]) -> dict[str, Work]:
        made = {name: make(T) for name, T in (("tracegrad", ours), ("torchvision", theirs))}
        return {name: lambda transform=t: transform(IMAGE) for name, t in made.items()}

    both = of(lambda T: T.Compose([T.ToTensor(), T.Normalize(MEAN, STD)]))
    return {
        "ToTensor, Normalize": {"NumPy": with_numpy(), **both},
        "RandomCrop": of(lambda T: T.RandomCrop(56)),
        "RandomHorizontalFlip": of(lambda T: T.RandomHorizontalFlip(1.0)),
        "RandomResizedCrop": of(lambda T: T.RandomResizedCrop(64)),
        "RandomAffine": of(lambda T: T.RandomAffine(10, (0.1, 0.1), (0.9, 1.1))),
        "ColorJitter": of(lambda T: T.ColorJitter(0.2, 0.2, 0.2, 0.1)),
    }


def best_of(sides: dict[str, Work], rounds: int) -> dict[str, float]:
    """Best microseconds of a call, the sides taken in turns."""
    best = dict.fromkeys(sides, float("inf"))
    for _ in range(rounds):
        for name, work in sides.items():
            start = perf_counter()
            for _ in range(CALLS):
                work()
            best[name] = min(best[name], (perf_counter() - start) / CALLS * 1e6)
    return best


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=30)
    rounds = parser.parse_args().rounds
    for name, sides in works().items():
        best = best_of(sides, rounds)
        times = "  ".join(f"{side} {time:7.1f}" for side, time in best.items())
        print(f"{name:<22} {times}   ratio {best['tracegrad'] / best['torchvision']:.2f}")


if __name__ == "__main__":
    main()
