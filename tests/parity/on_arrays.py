"""One function of the library, run by tracegrad and by PyTorch on the same arrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

import tracegrad as tg

random = np.random.default_rng(23)


def real(*shape: int) -> np.ndarray[Any, Any]:
    return random.normal(size=shape)


def complex_(*shape: int) -> np.ndarray[Any, Any]:
    return random.normal(size=shape) + 1j * random.normal(size=shape)


def _tensors(library: Any, arrays: tuple[Any, ...]) -> list[Any]:
    made = []
    for array in arrays:
        tensor = library.tensor(array.copy())
        made.append(tensor.requires_grad_() if array.dtype.kind in "fc" else tensor)
    return made


def _loss(outputs: list[Any]) -> Any:
    """A real number that every part of every output takes part in, each with its own weight."""
    total: Any = 0
    for out in outputs:
        if not out.requires_grad:
            continue
        library = tg if isinstance(out, tg.Tensor) else torch
        parts = [out.real, out.imag] if out.is_complex() else [out]
        for n, part in enumerate(parts, 1):
            count = max(part.numel(), 1)
            weights = np.cos(np.arange(count) * n + 0.5)[: part.numel()].reshape(tuple(part.shape))
            total = total + (part * library.tensor(weights).to(part.dtype)).sum()
    return total


def run(library: Any, function: Callable[..., Any], arrays: tuple[Any, ...]) -> Any:
    """Outputs and gradients, or the error."""
    tensors = _tensors(library, arrays)
    try:
        out = function(library, *tensors)
        outputs = list(out) if isinstance(out, tuple) else [out]
        loss = _loss(outputs)
        if not isinstance(loss, int):
            loss.backward()
    except Exception as error:
        return error
    gradients = [t.grad for t in tensors]
    return [
        None if t is None else t.detach().resolve_conj().numpy(force=True)
        for t in (*outputs, *gradients)
    ]


def assert_same(function: Callable[..., Any], *arrays: Any, tolerance: float = 1e-8) -> None:
    """Values, dtypes, shapes and gradients are equal in both; or both raise the same class."""
    ours, theirs = run(tg, function, arrays), run(torch, function, arrays)
    if isinstance(theirs, Exception):
        assert isinstance(ours, Exception), f"PyTorch raises {theirs!r}; tracegrad gives {ours}"
        same_class = type(ours).__name__ == type(theirs).__name__.lstrip("_")
        assert same_class or isinstance(ours, type(theirs)), (ours, theirs)
        return
    if isinstance(ours, Exception):
        raise ours
    assert len(ours) == len(theirs)
    for got, wanted in zip(ours, theirs, strict=True):
        assert (got is None) == (wanted is None), (got, wanted)
        if wanted is None:
            continue
        assert got.dtype == wanted.dtype
        assert got.shape == wanted.shape
        narrow = wanted.dtype in (np.float32, np.complex64)
        near = 2e-5 if narrow else tolerance
        np.testing.assert_allclose(got, wanted, rtol=near, atol=near)
