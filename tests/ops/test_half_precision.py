"""Nodes of half-precision calls: what they keep, and what becomes of writes to it."""

from __future__ import annotations

import pytest

import tracegrad as tg

HALVES = pytest.mark.parametrize("half", [tg.float16, tg.bfloat16], ids=str)


@HALVES
def test_there_is_one_node_for_one_op(half):
    x = tg.ones(3, dtype=half, requires_grad=True)
    y = x.exp()
    assert repr(y.grad_fn) == "<ExpBackward0>"
    assert y.grad_fn.next_functions[0][0].name().startswith("AccumulateGrad")


@HALVES
def test_second_gradients_keep_the_dtype(half):
    x = tg.full((2,), 1.5, dtype=half, requires_grad=True)
    (g,) = tg.autograd.grad((x**3).sum(), x, create_graph=True)
    (gg,) = tg.autograd.grad(g.sum(), x)
    assert g.dtype is gg.dtype is half
    assert gg.tolist() == [9.0, 9.0]


@HALVES
def test_a_saved_value_that_was_changed_is_noticed(half):
    x = tg.ones(3, dtype=half, requires_grad=True)
    y = x.exp()
    y.detach().mul_(2)
    with pytest.raises(tg.InplaceModificationError, match="mul_"):
        y.sum().backward()


@HALVES
def test_saved_values_are_freed(half):
    y = tg.ones(3, dtype=half, requires_grad=True).exp().sum()
    y.backward()
    with pytest.raises(tg.FreedGraphError):
        y.backward()


@HALVES
def test_writes_in_place_to_views_have_gradients(half):
    x = tg.ones(4, dtype=half, requires_grad=True)
    y = x * 1
    y[1:3].mul_(2.5)
    y.sum().backward()
    assert x.grad.tolist() == [1.0, 2.5, 2.5, 1.0]
    assert x.grad.dtype is half


@HALVES
def test_indices_that_repeat_add_their_gradients_up(half):
    x = tg.ones(2, dtype=half, requires_grad=True)
    x[[0] * 300].sum().backward()
    assert x.grad.tolist() == [300.0, 0.0]


@HALVES
def test_errors_of_kernels_say_what_they_always_say(half):
    with pytest.raises(RuntimeError, match=r"mat1 and mat2|must match|multiplied"):
        tg.ones(2, 3, dtype=half) @ tg.ones(2, 3, dtype=half)


@HALVES
def test_a_recording_keeps_them(half, tmp_path):
    path = tmp_path / "run.tgt"
    with tg.record(path) as trace:
        x = tg.ones(3, dtype=half, requires_grad=True)
        (x * 1.5).sum().backward()
    assert [e.op for e in trace.events() if e.kind == "forward"] == ["ones", "mul", "sum"]
    with tg.open_trace(path) as again:
        value = next(v for v in (again.value(n) for n in range(3)) if v.shape == (3,))
        assert value.dtype == half.name
        assert again.array(value.id).astype(float).tolist() == [1.0] * 3


def test_int16_takes_the_ordinary_way():
    x = tg.tensor([1, 2], dtype=tg.int16)
    assert (x * 3).tolist() == [3, 6]
    assert (x * 3).dtype is tg.int16
    assert x.sum().dtype is tg.int64
