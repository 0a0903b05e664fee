"""Recurrent layers against PyTorch: milliseconds of a forward pass, and of one with backward.

32 sequences of 32 steps, 128 units, one and two layers, one thread. Every figure is the best of
interleaved rounds in one process: compare the ratios. Beside them stands what the matrix products
alone take in NumPy, with nothing between them: what is left to the rest of a pass.
Needs the extra `parity`::

    python benchmarks/recurrent.py [--rounds 30]
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import argparse
import gc
from collections.abc import Callable
from time import process_time
from typing import Any

import numpy as np
import torch

import tracegrad as tg

torch.set_num_threads(1)
Work = Callable[[], Any]

STEPS, BATCH, SIZE = 32, 32, 128
GATES = {"RNN": 1, "GRU": 3, "LSTM": 4}
GOAL = 1.1


def interleaved(works: dict[str, Work], rounds: int) -> dict[str, float]:
    """Best CPU seconds of each work, taken in turns."""
    best = dict.fromkeys(works, float("inf"))
    for n in range(rounds + 3):
        for name, work in works.items():
            start = process_time()
            work()
            if n >= 3:  # the first rounds fill caches and pools
                best[name] = min(best[name], process_time() - start)
    return best


def layer(module: Any, kind: str, layers: int) -> tuple[Work, Work]:
    """A forward pass, and one with backward to the input and all parameters."""
    net = getattr(module.nn, kind)(SIZE, SIZE, layers)
    numbers = np.random.default_rng(0).standard_normal((STEPS, BATCH, SIZE)).astype(np.float32)
    x = module.tensor(numbers, requires_grad=True)

    def forward() -> Any:
        return net(x)[0]

    return forward, lambda: forward().sum().backward()


def products(kind: str, layers: int) -> tuple[Work, Work]:
    """The matrix products of these passes, over arrays that are there already."""
    high = GATES[kind] * SIZE
    random = np.random.default_rng(0)
    x, w_ih, w_hh, h, g, all_g = (
        random.standard_normal(shape).astype(np.float32)
        for shape in (
            (STEPS * BATCH, SIZE), (SIZE, high), (SIZE, high),
            (BATCH, SIZE), (BATCH, high), (STEPS * BATCH, high),
        )
    )  # fmt: skip

    def forward() -> None:
        for _ in range(layers):
            np.dot(x, w_ih)
            for _ in range(STEPS):
                np.dot(h, w_hh)

    def both() -> None:
        forward()
        for _ in range(layers):
            for _ in range(STEPS):
                np.dot(w_hh, g.T)
            np.dot(all_g, w_ih.T)
            for _ in ("input weights", "hidden weights"):
                np.dot(x.T, all_g)

    return forward, both


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=30)
    rounds = parser.parse_args().rounds
    print(f"tracegrad {tg.__version__}, torch {torch.__version__}, numpy {np.__version__}")
    print(f"{BATCH} sequences of {STEPS} steps, {SIZE} units, 1 thread; ms, ratio to torch\n")
    for kind in GATES:
        for layers in (1, 2):
            works = {
                "torch": layer(torch, kind, layers),
                "tracegrad": layer(tg, kind, layers),
                "products alone": products(kind, layers),
            }
            for n, title in enumerate(("forward", "forward + backward")):
                gc.collect()
                taken = interleaved({name: pair[n] for name, pair in works.items()}, rounds)
                print(f"{kind}, {layers} layer{'s' * (layers > 1)}, {title}")
                for name, seconds in taken.items():
                    goal = f"   goal <= {GOAL:.2f}" if name == "tracegrad" else ""
                    ratio = seconds / taken["torch"]
                    print(f"  {name:<16} {seconds * 1e3:8.2f}   {ratio:5.2f}x{goal}")


if __name__ == "__main__":
    main()
