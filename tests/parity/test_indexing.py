"""Reading and writing `x[key]` with keys of every kind, as PyTorch does."""

from __future__ import annotations

from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

torch = pytest.importorskip("torch", reason="compares with PyTorch")

import tracegrad as tg  # noqa: E402  after importorskip

pytestmark = pytest.mark.parity

SHAPES = [(4,), (3, 4), (2, 3, 4), (2, 1, 3, 2), (), (0, 3)]


@st.composite
def keys(draw: st.DrawFn, shape: tuple[int, ...]) -> tuple[Any, ...]:
    """A key as plain data: arrays stand for tensors. Some point outside or are too long."""
    key: list[Any] = []
    dim = 0
    broadcast = draw(st.sampled_from([(2,), (1,), (2, 2), (0,)]))
    while dim < len(shape) and draw(st.integers(0, 5)):
        n = shape[dim]
        kind = draw(
            st.sampled_from(
                ["int", "slice", "slice", "None", "...", "list", "tensor", "mask", "0-d", "bool"]
            )
        )
        if kind == "int":
            key.append(draw(st.integers(-n - 1, n)))
        elif kind == "slice":
            ends = st.none() | st.integers(-n - 2, n + 2)
            key.append(slice(draw(ends), draw(ends), draw(st.sampled_from([None, 1, 2, 3]))))
        elif kind in ("None", "..."):
            if kind == "..." and Ellipsis in [k for k in key if k is Ellipsis]:
                continue
            key.append(None if kind == "None" else Ellipsis)
            if kind == "...":
                dim = max(dim, len(shape) - draw(st.integers(0, len(shape) - dim)))
            continue
        elif kind == "list" and n:
            key.append(
                draw(
                    st.lists(
                        st.integers(-n, n - 1),
                        min_size=1,
                        max_size=1 if broadcast[-1:] == (0,) else broadcast[-1],
                    )
                )
            )
        elif kind == "tensor" and n:
            count = int(np.prod(broadcast))
            numbers = draw(st.lists(st.integers(-n, n - 1), min_size=count, max_size=count))
            key.append(np.array(numbers, np.int64).reshape(broadcast))
        elif kind == "0-d" and n:
            key.append(np.array(draw(st.integers(-n, n - 1))))
        elif kind == "bool":
            key.append(draw(st.booleans()))
            continue
        elif kind == "mask":
            width = draw(st.integers(1, min(2, len(shape) - dim)))
            part = shape[dim : dim + width]
            bits = draw(
                st.lists(st.booleans(), min_size=int(np.prod(part)), max_size=int(np.prod(part)))
            )
            key.append(np.array(bits, bool).reshape(part))
            dim += width - 1
        else:
            continue
        dim += 1
    return tuple(key)


@st.composite
def cases(draw: st.DrawFn) -> tuple[tuple[int, ...], Any]:
    shape = draw(st.sampled_from(SHAPES))
    key = draw(keys(shape))
    return shape, key[0] if len(key) == 1 and draw(st.booleans()) else key


def outcome(module: Any, shape: tuple[int, ...], key: Any, write: bool) -> Any:
    """Values, gradient, and whether the result is a view; or the error."""

    def tensors(part: Any) -> Any:
        return (
            module.tensor(part.tolist()).reshape(part.shape)
            if isinstance(part, np.ndarray)
            else part
        )

    at = tuple(tensors(k) for k in key) if isinstance(key, tuple) else tensors(key)
    if isinstance(key, np.ndarray) and key.dtype == bool:
        at = at.bool()
    if isinstance(at, tuple):
        at = tuple(
            a.bool() if isinstance(k, np.ndarray) and k.dtype == bool else a
            for a, k in zip(at, key, strict=True)
        )
        at = tuple(
            a.long() if isinstance(k, np.ndarray) and k.dtype != bool else a
            for a, k in zip(at, key, strict=True)
        )
    elif isinstance(key, np.ndarray) and key.dtype != bool:
        at = at.long()
    n = int(np.prod(shape))
    leaf = module.arange(n, dtype=module.float64).reshape(shape).requires_grad_()
    base = leaf * 1
    try:
        if write:
            value = module.tensor(5.0, dtype=module.float64, requires_grad=True)
            base[at] = value
            out, also = base, value
        else:
            out, also = base[at], None
    except (IndexError, TypeError, ValueError, RuntimeError) as error:
        return type(error)
    if out.numel():
        weights = module.arange(out.numel(), dtype=module.float64).reshape(out.shape) + 1
        out.backward(weights)
    # Where nothing was written, PyTorch gives None to the value, and zeros otherwise.
    gradients = [0.0 if t is None or t.grad is None else t.grad.tolist() for t in (leaf, also)]
    return out.tolist(), tuple(out.shape), gradients, out._base is not None


def same(ours: Any, theirs: Any) -> None:
    """Both raise, or give the same; PyTorch lets an index point outside if nothing is taken."""
    if isinstance(ours, type) and not isinstance(theirs, type):
        _, shape, gradients, _ = theirs
        assert issubclass(ours, IndexError)
        assert 0 in shape or gradients[1] == 0.0
        return
    assert ours == theirs or (isinstance(ours, type) and isinstance(theirs, type))


@given(cases())
def test_reading(case: tuple[tuple[int, ...], Any]):
    same(*(outcome(module, *case, write=False) for module in (tg, torch)))


@given(cases())
def test_writing(case: tuple[tuple[int, ...], Any]):
    same(*(outcome(module, *case, write=True) for module in (tg, torch)))


@pytest.mark.parametrize("expression", [
    "x[5]", "x[0, 0, 0, 0]", "x[-4]", "x[:, 9]", "x[[0, 5]]", "x[T.tensor([True, False])]",
    "x[T.tensor(7)]",
    "x[::-1]", "x['a']", "x[1.5]", "x[T.tensor([0.5])]", "x[[0, 1], [0, 1, 2]]", "x[T.zeros(2, 3)]",
    "T.tensor(1.0)[0]",
    "x[0:1, T.tensor([9])]", "x[(0, 1), :]", "x[None, ..., None].shape", "x[()].shape",
    "x[T.tensor([], dtype=T.int64)].shape",
    "x[[]].shape", "x[True].shape", "x[False].shape", "x[-1]",
    "x[slice(0, T.tensor(2))]", "x[T.tensor(1), T.tensor(2)]", "T.tensor(1.0)[...]",
    "T.tensor(1.0)[None]", "T.tensor(3.0)[T.tensor(True)]",
])  # fmt: skip
def test_kinds_of_keys_and_their_errors(expression: str):
    found: list[Any] = []
    for module in (tg, torch):
        x = module.arange(12.0).reshape(3, 4)
        try:
            result = eval(expression, {"T": module, "x": x})
            found.append(tuple(result) if not hasattr(result, "tolist") else result.tolist())
        except Exception as error:
            found.append(type(error))
    ours, theirs = found
    assert ours == theirs or (isinstance(ours, type) and issubclass(ours, theirs))


@pytest.mark.parametrize(("key", "shape"), [
    ((0,), (3,)), ((slice(None), 1), (2, 1)), ((slice(0, 2),), (1, 3)), (([0, 1],), (3,)),
    ((0,), (1, 1, 3)), ((0,), (4,)),
    ((slice(None), 1), (2,)), ((slice(None),), ()), (([0, 1], [1, 2]), (2,)),
    (([0, 1], [1, 2]), (3,)),
])  # fmt: skip
def test_values_broadcast_when_written(key: Any, shape: tuple[int, ...]):
    found: list[Any] = []
    for module in (tg, torch):
        x = module.zeros(2, 3)
        value = module.arange(float(np.prod(shape))).reshape(shape) + 1
        try:
            x[key] = value
            found.append(x.tolist())
        except RuntimeError:
            found.append(RuntimeError)
    assert found[0] == found[1]
