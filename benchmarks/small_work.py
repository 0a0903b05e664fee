"""Small work against PyTorch, HIPS autograd and MyGrad: microseconds per op, and steps of the seed
networks.

Every figure is the median of interleaved rounds in one process with one thread, so that a busy
machine
slows all of them alike: compare the ratios. Needs the extra `parity`::

    python benchmarks/small_work.py [--rounds 15]
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import argparse
import gc
import statistics
import warnings
from collections.abc import Callable
from contextlib import nullcontext
from time import process_time
from typing import Any

import numpy as np
import torch

import tracegrad as tg

warnings.filterwarnings("ignore")
torch.set_num_threads(1)
Work = Callable[[], Any]


def interleaved(works: dict[str, Work], rounds: int, repeat: int) -> dict[str, float]:
    """Median CPU seconds of one call of each work, taken in turns."""
    times: dict[str, list[float]] = {name: [] for name in works}
    for work in works.values():
        for _ in range(max(repeat // 5, 2)):
            work()
    for _ in range(rounds):
        for name, work in works.items():
            gc.collect()
            start = process_time()
            for _ in range(repeat):
                work()
            times[name].append((process_time() - start) / repeat)
    return {name: statistics.median(taken) for name, taken in times.items()}


def show(title: str, unit: float, taken: dict[str, float], goals: dict[str, float]) -> None:
    """One row per competitor: time, and ratio to PyTorch beside the goal."""
    print(f"\n{title}")
    reference = taken["torch"]
    for name, seconds in taken.items():
        goal = f"   goal <= {goals[name]:.2f}" if name in goals else ""
        print(f"  {name:<22} {seconds * unit:9.2f}   {seconds / reference:5.2f}x torch{goal}")


# -- chains of small ops ---------------------------------------------------------------------------

CHAIN = 200


def forward_chains() -> dict[str, Work]:
    """`h = h * w + b`, repeated, on four numbers."""
    numbers = np.linspace(0.9, 1.1, 4).astype(np.float32)

    def chain(x: Any, w: Any, b: Any) -> Any:
        h = x
        for _ in range(CHAIN // 2):
            h = h * w + b
        return h

    ours = [tg.tensor(numbers, requires_grad=True) for _ in range(3)]
    theirs = [torch.tensor(numbers, requires_grad=True) for _ in range(3)]

    def recorded() -> Any:
        with tg.record():
            return chain(*ours)

    return {
        "numpy": lambda: chain(numbers, numbers, numbers),
        "torch": lambda: chain(*theirs),
        "tracegrad": lambda: chain(*ours),
        "tracegrad recording": recorded,
    }


def both_ways(chain: Work) -> Work:
    """The chain, then backward of its sum."""
    return lambda: chain().sum().backward()


# -- the seed networks -----------------------------------------------------------------------------


def manual_step(module: Any) -> Work:
    """100x3 -> 32 ReLU -> 1, gradients by hand."""
    random = np.random.default_rng(0)
    make = (lambda a: a) if module is np else (lambda a: module.tensor(a))
    x, y, w1, w2 = (
        make(random.standard_normal(s).astype(np.float32))
        for s in ((100, 3), (100, 1), (3, 32), (32, 1))
    )
    b1, b2 = make(np.zeros((1, 32), np.float32)), make(np.zeros((1, 1), np.float32))

    def step() -> None:
        nonlocal w1, b1, w2, b2
        h = x @ w1 + b1
        a = np.maximum(h, 0) if module is np else h.relu()
        out = a @ w2 + b2
        g_out = (out - y) * (2.0 / 100)
        g_w2 = a.T @ g_out
        g_h = (g_out @ w2.T) * (h > 0)
        g_b2 = g_out.sum(0)
        g_w1 = x.T @ g_h
        g_b1 = g_h.sum(0)
        w2 = w2 - 1e-4 * g_w2
        b2 = b2 - 1e-4 * g_b2
        w1 = w1 - 1e-4 * g_w1
        b1 = b1 - 1e-4 * g_b1

    return step


def autograd_step(module: Any) -> Work:
    """The same with autograd, updates under `no_grad`."""
    random = np.random.default_rng(0)
    x, y = (
        module.tensor(random.standard_normal(s).astype(np.float32)) for s in ((100, 3), (100, 1))
    )
    parameters = [
        module.tensor(random.standard_normal(s).astype(np.float32) * 0.3, requires_grad=True)
        for s in ((3, 32), (1, 32), (32, 1), (1, 1))
    ]
    w1, b1, w2, b2 = parameters

    def step() -> None:
        out = (x @ w1 + b1).relu() @ w2 + b2
        loss = (out - y).pow(2).mean()
        loss.backward()
        with module.no_grad():
            for p in parameters:
                p -= 1e-3 * p.grad
                p.grad = None

    return step


def module_step(module: Any) -> Work:
    """The same with modules and Adam."""
    random = np.random.default_rng(0)
    x, y = (
        module.tensor(random.standard_normal(s).astype(np.float32)) for s in ((100, 3), (100, 1))
    )
    model = module.nn.Sequential(module.nn.Linear(3, 32), module.nn.ReLU(), module.nn.Linear(32, 1))
    optimizer = module.optim.Adam(model.parameters(), lr=1e-3)

    def step() -> None:
        optimizer.zero_grad()
        loss = module.nn.functional.mse_loss(model(x), y)
        loss.backward()
        optimizer.step()

    return step


def competitors(step_of: Callable[[Any], Work]) -> dict[str, Work]:
    return {"torch": step_of(torch), "tracegrad": step_of(tg)} | rivals(step_of)


def rivals(step_of: Callable[[Any], Work]) -> dict[str, Work]:
    """HIPS autograd and MyGrad on the step that they can express."""
    if step_of is not autograd_step:
        return {}
    import autograd
    import autograd.numpy as anp
    import mygrad

    random = np.random.default_rng(0)
    x, y = (random.standard_normal(s).astype(np.float32) for s in ((100, 3), (100, 1)))
    weights = [
        random.standard_normal(s).astype(np.float32) * 0.3
        for s in ((3, 32), (1, 32), (32, 1), (1, 1))
    ]

    def loss(w: Any) -> Any:
        return anp.mean((anp.maximum(x @ w[0] + w[1], 0) @ w[2] + w[3] - y) ** 2)

    gradient = autograd.grad(loss)

    def hips() -> None:
        for w, g in zip(weights, gradient(weights), strict=True):
            w -= 1e-3 * g

    tensors = [mygrad.tensor(w.copy()) for w in weights]

    def mine() -> None:
        w1, b1, w2, b2 = tensors
        out = mygrad.maximum(mygrad.matmul(x, w1) + b1, 0)
        out = mygrad.matmul(out, w2) + b2
        mygrad.mean((out - y) ** 2).backward()
        for t in tensors:
            t.data -= 1e-3 * t.grad
            t.null_grad()

    return {"HIPS autograd": hips, "mygrad": mine}


def recorded(step: Work, steps: int) -> Work:
    """`steps` steps with everything recorded into memory."""

    def run() -> None:
        with tg.record():
            for _ in range(steps):
                step()

    return run


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    rounds = parser.parse_args().rounds
    print(
        f"tracegrad {tg.__version__}, torch {torch.__version__}, numpy {np.__version__}, 1 thread"
    )

    chains = forward_chains()
    forward = interleaved(chains, rounds, 20)
    goals = {"tracegrad": 0.7}
    show("forward, us per op, shape (4,)", 1e6 / CHAIN, forward, goals)
    whole = interleaved(
        {k: both_ways(w) for k, w in chains.items() if k in ("torch", "tracegrad")}, rounds, 20
    )
    backward = {k: whole[k] - forward[k] for k in whole}
    show("backward, us per node, shape (4,)", 1e6 / CHAIN, backward, {"tracegrad": 0.6})

    with nullcontext():
        manual = {
            "numpy": manual_step(np),
            "torch": manual_step(torch),
            "tracegrad": manual_step(tg),
        }
        show(
            "seed network, manual gradients, us per step",
            1e6,
            interleaved(manual, rounds, 100),
            {"tracegrad": 1.0},
        )
    for title, step_of in (
        ("autograd + updates under no_grad", autograd_step),
        ("modules + Adam", module_step),
    ):
        works = competitors(step_of)
        taken = interleaved(works, rounds, 100)
        ours = step_of(tg)
        taken["tracegrad recording"] = interleaved({"r": recorded(ours, 100)}, rounds, 1)["r"] / 100
        show(
            f"seed network, {title}, us per step",
            1e6,
            taken,
            {"tracegrad": 0.4, "tracegrad recording": 1.0},
        )


if __name__ == "__main__":
    main()
