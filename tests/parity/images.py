"""One call of `nn.functional`, in tracegrad and in PyTorch, on the same tensors."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

import tracegrad as tg
from tests.parity.both import assert_equal, flat

SHAPES: dict[str, tuple[int, ...]] = {
    "line": (2, 4, 9), "image": (2, 4, 7, 6), "volume": (1, 4, 5, 4, 6), "single": (4, 7, 6),
    "none": (0, 4, 7, 6), "sheet": (1, 1, 5, 5),
    "w1": (6, 4, 3), "w2": (6, 4, 3, 2), "w3": (2, 4, 2, 3, 2), "pointwise": (6, 4, 1, 1),
    "g1": (6, 2, 3), "g2": (6, 2, 3, 2), "depthwise": (8, 1, 3, 3), "g3": (2, 2, 2, 1, 2),
    "t1": (4, 6, 3), "t2": (4, 6, 3, 2), "t3": (4, 2, 2, 3, 2), "u2": (4, 3, 2, 2),
    "bias": (6,), "bias8": (8,), "bias2": (2,),
    "columns": (2, 12, 12), "theta": (2, 2, 3), "theta3": (1, 3, 4),
    "grid": (2, 5, 3, 2), "grid3": (1, 2, 3, 4, 3),
}  # fmt: skip
"""Tensors by the names that calls use."""


def array(name: str) -> np.ndarray[Any, Any]:
    random = np.random.default_rng(zlib.crc32(name.encode()))
    return random.normal(size=SHAPES[name])


def evaluate(module: Any, call: str, dtype: str) -> tuple[Any, dict[str, Any], Exception | None]:
    """Result, gradients of everything that the call names, error."""
    names: dict[str, Any] = {"T": module, "F": module.nn.functional}
    for name in SHAPES:
        numbers = array(name)
        if "int" in dtype:
            numbers = np.abs(numbers * 4).astype(dtype)
        tensor = module.tensor(numbers.tolist(), dtype=getattr(module, dtype))
        names[name] = tensor.reshape(SHAPES[name])
        if dtype.startswith(("float", "bfloat")):
            names[name].requires_grad_()
    try:
        result = eval(call, names)
        roots = [r for r in flat(result) if getattr(r, "requires_grad", False)]
        if roots:
            module.autograd.backward(roots, [_start(module, root) for root in roots])
    except Exception as error:
        return None, {}, error
    return result, {n: names[n].grad for n in SHAPES if names[n].grad is not None}, None


def _start(module: Any, root: Any) -> Any:
    """A gradient with no two elements equal."""
    count = max(root.numel(), 1)
    numbers = np.linspace(0.5, 1.5, count)[: root.numel()].tolist()
    return module.tensor(numbers, dtype=root.dtype).reshape(root.shape)


def assert_same(call: str, dtype: str = "float64") -> None:
    """Values, dtypes, shapes and gradients are equal in both (in float64, to look at formulas)."""
    result, gradients, error = evaluate(tg, call, dtype)
    expected, wanted, their_error = evaluate(torch, call, dtype)
    if their_error is not None:
        raise AssertionError(f"PyTorch raises {their_error!r}")
    if error is not None:
        raise error
    got_all: Sequence[Any] = flat(result)
    assert len(got_all) == len(flat(expected))
    for got, right in zip(got_all, flat(expected), strict=True):
        assert_equal(got, right)
        assert got.requires_grad == right.requires_grad
    assert sorted(gradients) == sorted(wanted)
    for name, right in wanted.items():
        assert_equal(gradients[name], right)


def assert_same_error(call: str, phrase: str) -> None:
    """Both refuse, with exceptions of one class that say the same of what is wrong."""
    _, _, error = evaluate(tg, call, "float32")
    _, _, their_error = evaluate(torch, call, "float32")
    assert their_error is not None, "PyTorch accepts it"
    assert error is not None, f"tracegrad accepts what PyTorch refuses: {their_error!r}"
    assert isinstance(error, type(their_error)), (error, their_error)
    assert phrase in str(their_error), f"PyTorch says: {their_error}"
    assert phrase in str(error), f"tracegrad says: {error}"
