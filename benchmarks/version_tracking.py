"""What version tracking costs: ops as they are against the same ops with all of it taken out.

Forward, an op that saves a value notes the value's storage and version, if it has a storage yet,
and gives its result a place for one; backward compares before it uses the value. Each op's
generated source is compiled twice: as it is, and without every statement and every entry of the
saved tuple that serves only this. Both run on the same small tensors in interleaved rounds in one
process, and the median of the rounds' ratios is shown beside the goal. A second copy of the ops
without tracking runs along: how far its ratio is from 1 is what the machine's unrest amounts to.

What is not in the ratio: the counting itself, which happens only in writes. It is in the last
table, in microseconds beside PyTorch's. Needs the extra `parity`::

    python benchmarks/version_tracking.py [--rounds 40]
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import argparse
import ast
import copy
import gc
import inspect
import statistics
from collections.abc import Callable
from time import process_time
from typing import Any

import numpy as np
import torch

import tracegrad as tg
from tracegrad.ops.compile import FILE, NAMESPACE
from tracegrad.ops.declare import TABLE

torch.set_num_threads(1)
Work = Callable[[], Any]

OPS = ["mul", "add", "exp", "tanh"]
LENGTH = 200
"""Ops in a chain."""

FORWARD_GOAL = 1.03


# -- the ops without version tracking --------------------------------------------------------------


def _tracks(node: ast.AST) -> bool:
    """Whether something stands only for a storage or a version."""
    if isinstance(node, ast.Name):
        return node.id.endswith(("_storage", "_version"))
    return isinstance(node, ast.Attribute) and node.attr == "_storage"


class Untracked(ast.NodeTransformer):
    """Takes version tracking out of an op's source."""

    def visit_Assign(self, node: ast.Assign) -> Any:
        return None if all(_tracks(target) for target in node.targets) else self.generic_visit(node)

    def visit_Tuple(self, node: ast.Tuple) -> Any:
        node.elts = [element for element in node.elts if not _tracks(element)]
        return node

    def visit_If(self, node: ast.If) -> Any:
        refuses = isinstance(node.body[0], ast.Raise) and "modified_error" in ast.dump(node.body[0])
        return None if refuses else self.generic_visit(node)


def compiled(transform: ast.NodeTransformer | None) -> dict[str, Any]:
    """The ops' callables, made again from their source; each node they make goes back likewise.

    Raises:
        RuntimeError: something of version tracking is left where none should be.
    """
    namespace = dict(NAMESPACE)
    for name in OPS:
        namespace[f"op_{name}"] = copy.copy(TABLE[name])
    for name in OPS:
        operator = f"{name}_operator" if f"{name}_operator" in NAMESPACE else name
        for function in (operator, f"backward_of_{name}"):
            tree = ast.parse(inspect.getsource(NAMESPACE[function]))
            if transform is not None:
                tree = ast.fix_missing_locations(transform.visit(tree))
                if any(_tracks(node) for node in ast.walk(tree)):
                    raise RuntimeError(f"version tracking is left:\n{ast.unparse(tree)}")
            exec(compile(tree, FILE, "exec"), namespace)
        namespace[name] = namespace[operator]
        namespace[f"op_{name}"].backward = namespace[f"backward_of_{name}"]
    return namespace


VARIANTS = {
    "tracked": compiled(None),
    "bare": compiled(Untracked()),
    "bare again": compiled(Untracked()),
}


# -- ratios ----------------------------------------------------------------------------------------


def ratios(works: dict[str, Work], rounds: int, repeat: int) -> dict[str, tuple[float, float]]:
    """CPU seconds of a call, and ratio to `bare`: medians of interleaved rounds."""
    times: dict[str, list[float]] = {name: [] for name in works}
    for work in works.values():
        work()
    for n in range(rounds):
        names = list(works)
        for name in names[n % len(names) :] + names[: n % len(names)]:  # none is always the first
            gc.collect()
            gc.disable()
            start = process_time()
            for _ in range(repeat):
                works[name]()
            times[name].append((process_time() - start) / repeat)
            gc.enable()
    bare = times["bare"]
    return {
        name: (
            statistics.median(taken),
            statistics.median(t / b for t, b in zip(taken, bare, strict=True)),
        )
        for name, taken in times.items()
    }


def show(title: str, works: dict[str, Work], rounds: int, goal: float | None = None) -> None:
    found = ratios(works, rounds, 10)
    seconds, ratio = found["tracked"]
    unrest = found["bare again"][1]
    beside = "" if goal is None else f"   goal <= {goal:.2f}"
    print(
        f"  {title:<28} {seconds / LENGTH * 1e6:7.3f} us   {ratio:5.3f}x bare{beside}   "
        f"(bare again {unrest:5.3f}x)"
    )


def tensors(module: Any, requires_grad: bool = True) -> list[Any]:
    numbers = np.linspace(0.9, 1.1, 4).astype(np.float32)
    return [module.tensor(numbers, requires_grad=requires_grad) for _ in range(3)]


def chains(ops: dict[str, Any]) -> dict[str, Work]:
    """By title: `LENGTH` ops, each on the result of the one before."""
    x, w, b = tensors(tg)
    mul, add, exp, tanh = (ops[name] for name in OPS)

    def h_times_w_plus_b() -> Any:
        h = x
        for _ in range(LENGTH // 2):
            h = add(mul(h, w), b)
        return h

    def only(op: Callable[..., Any], *others: Any) -> Work:
        def chain() -> Any:
            h = x
            for _ in range(LENGTH):
                h = op(h, *others)
            return h

        return chain

    def each() -> None:
        for _ in range(LENGTH):
            exp(x)

    return {
        "h * w + b": h_times_w_plus_b,
        "h * w": only(mul, w),
        "tanh(h)": only(tanh),
        "exp(x)": each,
    }


def forward(rounds: int) -> None:
    print("\nforward, shape (4,)")
    by_variant = {name: chains(ops) for name, ops in VARIANTS.items()}
    for title in by_variant["bare"]:
        works = {name: chain[title] for name, chain in by_variant.items()}
        show(title, works, rounds, FORWARD_GOAL)


def backward(rounds: int) -> None:
    print("\nbackward, shape (4,): the comparison, and unpacking what is compared")
    g = tg.ones(4)
    for title in ("h * w + b", "h * w", "tanh(h)"):
        roots = {name: chains(ops)[title]() for name, ops in VARIANTS.items()}
        works: dict[str, Work] = {
            name: lambda root=root: root.backward(g, retain_graph=True)  # type: ignore[misc]  # a default binds the loop variable
            for name, root in roots.items()
        }
        show(title, works, rounds)


# -- writes ----------------------------------------------------------------------------------------

WRITES = 400


def writes(module: Any) -> dict[str, Callable[[], tuple[list[Any], Callable[[Any], Any]]]]:
    """By title: what makes tensors, and the write to time on each of them."""
    x, w, _ = tensors(module)
    data = w.detach()

    def fresh() -> list[Any]:
        return [x + w for _ in range(WRITES)]

    def written() -> list[Any]:
        made = fresh()
        for t in made:
            t.mul_(data)
        return made

    def unrecorded(make: Callable[[], list[Any]], operand: Any) -> Any:
        def write(t: Any) -> None:
            t.mul_(operand)

        def prepare() -> tuple[list[Any], Callable[[Any], Any]]:
            return [t.detach() if make is written else t for t in make()], write

        return prepare

    return {
        "no_grad, first write": unrecorded(fresh, data),
        "no_grad, second write": unrecorded(written, data),
        "no_grad, by a number": unrecorded(written, 1.01),
        "recorded, first write": lambda: (fresh(), lambda t: t.mul_(data)),
        "recorded, second write": lambda: (written(), lambda t: t.mul_(data)),
        "recorded, through a view": lambda: ([t[1:] for t in fresh()], lambda t: t.mul_(2.0)),
        "recorded, x[1:] = number": lambda: (fresh(), _assign),
    }


def _assign(t: Any) -> None:
    t[1:] = 0.5


def time_writes(rounds: int) -> None:
    print("\nwrites, us each, shape (4,)")
    modules = {"tracegrad": tg, "torch": torch}
    for title in writes(tg):
        taken: dict[str, list[float]] = {name: [] for name in modules}
        for _ in range(rounds):
            for name, module in modules.items():
                made, write = writes(module)[title]()
                gc.collect()
                gc.disable()
                with module.set_grad_enabled(not title.startswith("no_grad")):
                    start = process_time()
                    for t in made:
                        write(t)
                    taken[name].append((process_time() - start) / WRITES)
                gc.enable()
        ours, theirs = (statistics.median(taken[name]) * 1e6 for name in modules)
        print(f"  {title:<28} {ours:7.2f} us   {ours / theirs:5.2f}x torch ({theirs:.2f} us)")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=40)
    rounds = parser.parse_args().rounds
    print(f"tracegrad {tg.__version__}, torch {torch.__version__}, numpy {np.__version__}")
    forward(rounds)
    backward(rounds)
    time_writes(max(rounds // 3, 5))


if __name__ == "__main__":
    main()
