"""Views by strides, changes of shape in place, and writes whose operand shares their memory."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tracegrad as tg
from tracegrad.errors import InplaceRefusedError


def leaf(*shape: int) -> Any:
    values = np.linspace(0.5, 2.0, int(np.prod(shape))).reshape(shape)
    return tg.tensor(values, requires_grad=True)


def weights(*shape: int) -> Any:
    return tg.arange(1, 1 + int(np.prod(shape)), dtype=tg.float64).view(*shape)


# -- shapes, in place ------------------------------------------------------------------------------

RESHAPES = {
    "t_": lambda y: y.t_(),
    "transpose_": lambda y: y.transpose_(0, -1),
    "swapaxes_": lambda y: y.swapaxes_(0, 1),
    "unsqueeze_": lambda y: y.unsqueeze_(1),
    "squeeze_": lambda y: y.unsqueeze_(0).squeeze_(),
    "as_strided_": lambda y: y.as_strided_((3, 2), (1, 3)),
}


@pytest.mark.parametrize("reshape", RESHAPES.values(), ids=RESHAPES)
def test_a_tensor_keeps_identity_and_memory_and_gets_a_version(reshape):
    y = tg.zeros(2, 3)
    memory, version = y.data_ptr(), y._version
    assert reshape(y) is y
    assert y.data_ptr() == memory
    assert y._version > version


@pytest.mark.parametrize("reshape", RESHAPES.values(), ids=RESHAPES)
def test_the_gradient_has_the_shape_of_the_input_again(reshape):
    x = leaf(2, 3)
    y = x * 1
    reshape(y)
    numbers = weights(*y.shape)
    (y * numbers).sum().backward()
    expected = tg.zeros(2, 3, dtype=tg.float64)
    reshape(expected)
    expected.copy_(numbers)
    np.testing.assert_array_equal(x.grad.numpy().ravel(), expected.numpy().ravel(order="K"))


def test_an_old_view_shows_the_same_elements_and_has_the_same_gradient():
    x = leaf(2, 3)
    y = x * 1
    row = y[0]
    y.t_()
    assert row.tolist() == x[0].tolist()
    row.sum().backward()
    assert x.grad.tolist() == [[1.0, 1.0, 1.0], [0.0, 0.0, 0.0]]


def test_a_write_through_an_old_view_reaches_the_reshaped_tensor():
    x = leaf(2, 3)
    y = x * 1
    row = y[0]
    y.t_()
    row.mul_(3)
    (y * weights(3, 2)).sum().backward()
    assert x.grad.tolist() == [[3.0, 9.0, 15.0], [2.0, 4.0, 6.0]]


def test_the_base_of_a_reshaped_view_keeps_its_history():
    x = leaf(2, 3)
    y = x * 1
    part = y[:, 1:]
    part.t_().mul_(weights(2, 2))
    assert part.shape == (2, 2)
    assert part._base is y
    y.sum().backward()
    assert x.grad.tolist() == [[1.0, 1.0, 3.0], [1.0, 2.0, 4.0]]


def test_a_value_saved_before_a_change_of_shape_is_noticed():
    y = leaf(2, 3) * 1
    squares = (y * y).sum()
    y.t_()
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        squares.backward()


def test_a_leaf_changes_its_shape_only_under_no_grad():
    x = leaf(2, 3)
    with pytest.raises(InplaceRefusedError, match="a leaf Variable that requires grad"):
        x.t_()
    assert x.shape == (2, 3)
    with tg.no_grad():
        x.t_()
    (x * weights(3, 2)).sum().backward()
    assert x.grad.tolist() == weights(3, 2).tolist()


def test_no_grad_does_not_change_the_shape_of_a_history():
    y = leaf(2, 2) * 1
    with tg.no_grad(), pytest.raises(InplaceRefusedError, match="history is that of the old one"):
        y.t_()
    assert y._version == 0


def test_leaving_out_elements_that_have_a_history_is_refused():
    y = leaf(2, 3) * 1
    with pytest.raises(InplaceRefusedError, match="would leave out elements"):
        y.as_strided_((2,), (1,))
    assert y.shape == (2, 3)


@pytest.mark.parametrize("call", [lambda y: y.resize_(3), lambda y: y.set_(tg.zeros(3))])
def test_a_storage_is_neither_resized_nor_exchanged(call):
    with pytest.raises(NotImplementedError, match="try: x = "):
        call(tg.zeros(2))


def test_a_retained_gradient_has_the_new_shape():
    y = leaf(2, 3) * 1
    y.retain_grad()
    y.t_()
    (y * weights(3, 2)).sum().backward()
    assert y.grad.tolist() == weights(3, 2).tolist()


def test_a_recording_shows_a_change_of_shape_as_a_write():
    with tg.record() as trace:
        y = leaf(2, 3) * 1
        y.t_()
    write = next(e for e in trace.events() if e.kind == "write")
    assert write.op == "t_"
    assert trace.value(write.outputs[0]).shape == (3, 2)


# -- views by strides ------------------------------------------------------------------------------


def test_strides_count_from_the_start_of_the_storage():
    x = tg.arange(12).view(3, 4)
    assert x[1:, 2:].storage_offset() == 6
    assert x[1:].as_strided((2,), (3,)).tolist() == [4, 7]
    assert x[1:].as_strided((2,), (3,), 0).tolist() == [0, 3]
    assert x[1:].detach().as_strided((2,), (1,), 2).tolist() == [2, 3]
    assert x.data[2:].storage_offset() == 8


def test_a_view_by_strides_shares_memory_and_version():
    x = tg.zeros(3, 4)
    shown = x.as_strided((2, 2), (5, 1), 1)
    shown.add_(1)
    assert x.nonzero().tolist() == [[0, 1], [0, 2], [1, 2], [1, 3]]
    assert x._version == shown._version == 1


def test_a_view_keeps_the_memory_alive_that_it_shows():
    shown = tg.arange(1000.0)[500:].as_strided((3,), (1,), 0)
    tg.zeros(1000)
    assert shown.tolist() == [0.0, 1.0, 2.0]


def test_a_view_that_repeats_elements_is_not_written():
    windows = tg.arange(5.0).as_strided((3, 3), (1, 1))
    for context in (tg.enable_grad(), tg.no_grad()):
        with context, pytest.raises(InplaceRefusedError, match="more than one element"):
            windows.mul_(2.0)


def test_a_view_with_crossing_strides_that_repeats_nothing_is_written():
    x = tg.zeros(8)
    x.as_strided((3, 2), (2, 3)).add_(1)
    assert x.tolist() == [1.0, 0.0, 1.0, 1.0, 1.0, 1.0, 0.0, 1.0]


def test_one_number_fills_a_view_that_repeats_elements():
    x = leaf(3)
    y = x * 1
    y.as_strided((2, 2), (1, 1)).fill_(4.0)
    assert y.tolist() == [4.0, 4.0, 4.0]
    (y.sum() + x.sum()).backward()
    assert x.grad.tolist() == [1.0, 1.0, 1.0]


def test_a_write_beyond_the_base_takes_no_gradient():
    base = tg.arange(6.0, dtype=tg.float64)[3:].detach()
    beyond = base.as_strided((2,), (1,), 2)
    beyond.add_(1)
    assert base.tolist() == [4.0, 4.0, 5.0]
    with pytest.raises(InplaceRefusedError, match="shows elements that the tensor it was made of"):
        beyond.mul_(leaf(2))


@pytest.mark.parametrize(
    ("size", "stride", "offset", "message"),
    [
        ((4, 4), (4, 1), None, "are out of bounds for storage of size 48"),
        ((2,), (1, 1), None, "mismatch in length of strides and shape"),
        ((2,), (-1,), None, r"Negative strides are not supported at the moment, got strides: \[-1"),
        ((2,), (1,), -1, "invalid storage offset -1"),
        ((-2,), (1,), None, r"sizes must not be negative, got \[-2\]"),
    ],
)
def test_a_view_by_strides_stays_in_the_storage(size, stride, offset, message):
    with pytest.raises(RuntimeError, match=message):
        tg.zeros(2, 3, dtype=tg.float64).as_strided(size, stride, offset)


def test_scatter_by_strides_has_the_gradients_of_what_it_kept_and_of_what_it_put():
    x, y = leaf(2, 3), leaf(2)
    out = x.as_strided_scatter(y, (2,), (2,), 1)
    assert out.tolist() == [[x[0, 0], y[0], x[0, 2]], [y[1], x[1, 1], x[1, 2]]]
    (out * weights(2, 3)).sum().backward()
    assert x.grad.tolist() == [[1.0, 0.0, 3.0], [0.0, 5.0, 6.0]]
    assert y.grad.tolist() == [2.0, 4.0]


def test_scatter_by_strides_puts_each_element_once():
    with pytest.raises(RuntimeError, match="name one element several times"):
        leaf(3).as_strided_scatter(leaf(2, 2), (2, 2), (1, 1))


# -- operands that share memory with what is written -----------------------------------------------

SHIFTED = {
    "add_": lambda x: x[1:].add_(x[:-1]),
    "mul_ by a part": lambda x: x.mul_(x[0]),
    "mul_ by the transpose": lambda x: x.mul_(x.t()),
    "copy_": lambda x: x[1:].copy_(x[:-1]),
    "assignment": lambda x: x.__setitem__(slice(1, None), x[:-1]),
    "through .data": lambda x: x[1:].sub_(x.data[:-1]),
    "clamp_": lambda x: x[1:].clamp_(min=x[:-1]),
    "index_add_": lambda x: x.index_add_(0, tg.tensor([0, 1]), x[1:]),
    "by index": lambda x: x.__setitem__([0, 1], x[1:]),
}


@pytest.mark.parametrize("write", SHIFTED.values(), ids=SHIFTED)
def test_reading_in_another_order_what_is_written_is_refused(write):
    for context in (tg.enable_grad(), tg.no_grad()):
        x = tg.arange(9.0).view(3, 3)
        with context, pytest.raises(InplaceRefusedError, match="Please clone") as refused:
            write(x)
        assert refused.value.reason == "overlap"
        assert x._version == 0
        assert x.tolist() == [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0], [6.0, 7.0, 8.0]]


APART = {
    "itself": (lambda x: x.mul_(x), [[0.0, 1.0], [4.0, 9.0]]),
    "a detached alias": (lambda x: x.mul_(x.detach()), [[0.0, 1.0], [4.0, 9.0]]),
    "another row": (lambda x: x[1:].add_(x[0]), [[0.0, 1.0], [2.0, 4.0]]),
    "columns": (lambda x: x[:, 1].add_(x[:, 0]), [[0.0, 1.0], [2.0, 5.0]]),
    "a row assigned": (lambda x: x.__setitem__(slice(None), x[1]), [[2.0, 3.0], [2.0, 3.0]]),
    "one number": (lambda x: x.fill_(x[1, 0]), [[2.0, 2.0], [2.0, 2.0]]),
    "read first": (lambda x: x.add_(x[0].expand(2, 2)), [[0.0, 2.0], [2.0, 4.0]]),
}


@pytest.mark.parametrize(("write", "expected"), APART.values(), ids=APART)
def test_reading_apart_or_in_the_same_order_is_computed_from_the_old_values(write, expected):
    for context in (tg.enable_grad(), tg.no_grad()):
        x = tg.arange(4.0).view(2, 2)
        with context:
            write(x)
        assert x.tolist() == expected
