"""What `tracegrad.autograd.graph` offers besides the hooks themselves."""

from __future__ import annotations

import numpy as np
import pytest

import tracegrad as tg
from tracegrad.autograd.graph import (
    Node,
    disable_saved_tensors_hooks,
    increment_version,
    save_on_cpu,
    saved_tensors_hooks,
)


def leaf(*values: float) -> tg.Tensor:
    return tg.tensor(list(values), dtype=tg.float64, requires_grad=True)


def same(t):
    return t


# -- versions by hand ------------------------------------------------------------------------------


def test_a_write_that_is_counted_by_hand_is_refused_with_the_line_that_counted():
    x = leaf(1.0, 2.0)
    y = x * 1
    array = y.detach().numpy()
    z = (y * y).sum()
    array[0] = 7.0
    increment_version(y)
    assert y._version == 1
    with pytest.raises(tg.InplaceModificationError) as raised:
        z.backward()
    (write,) = raised.value.changes
    assert (write.by.op, write.by.statement) == ("increment_version", "increment_version(y)")


def test_several_tensors_are_counted_at_once_and_views_share_the_count():
    a, b = tg.zeros(2), tg.zeros(2)
    increment_version((a, b[:1]))
    increment_version([b])
    assert (a._version, b._version) == (1, 2)


def test_a_grad_fn_is_a_node():
    y = leaf(1.0).exp()
    assert isinstance(y.grad_fn, Node)
    assert y.grad_fn.name() == "ExpBackward0"
    assert isinstance(y.sum().grad_fn.next_functions[0][0], Node)


# -- the ready-made ones ---------------------------------------------------------------------------


def test_disabled_hooks_raise_the_given_message():
    with disable_saved_tensors_hooks("not here"):
        with pytest.raises(RuntimeError, match="not here"), saved_tensors_hooks(same, same):
            pass
        inner = disable_saved_tensors_hooks("nor here")
        with inner, pytest.raises(RuntimeError, match="nor here"), save_on_cpu():
            pass
    too_late = disable_saved_tensors_hooks("too late")
    with (
        saved_tensors_hooks(same, same),
        pytest.raises(RuntimeError, match="too late"),
        too_late,
    ):
        pass
    with saved_tensors_hooks(same, same):
        leaf(1.0).exp()


def test_disabling_works_as_a_decorator():
    @disable_saved_tensors_hooks("not in here")
    def function() -> None:
        with saved_tensors_hooks(same, same):
            pass

    for _ in range(2):
        with pytest.raises(RuntimeError, match="not in here"):
            function()


@pytest.mark.parametrize("pin_memory", [False, True])
def test_saving_on_the_cpu_gives_the_same_gradient(pin_memory: bool):
    x = leaf(1.0, 2.0)
    with save_on_cpu(pin_memory=pin_memory):
        y = (x.exp() * x).sum()
    y.backward()
    np.testing.assert_allclose(x.grad.numpy(), np.exp([1.0, 2.0]) * [2.0, 3.0])
