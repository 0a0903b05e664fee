"""`detect_anomaly`: the first NaN of a backward pass, with the op and the line that made it."""

from __future__ import annotations

import asyncio
import threading

import numpy as np
import pytest

import tracegrad as tg
from tracegrad.autograd import (
    detect_anomaly,
    is_anomaly_check_nan_enabled,
    is_anomaly_enabled,
    set_detect_anomaly,
)
from tracegrad.graph.observe import hub


def leaf(*values: float) -> tg.Tensor:
    return tg.tensor(list(values), dtype=tg.float64, requires_grad=True)


def message_of(loss: tg.Tensor, **options) -> list[str]:
    with detect_anomaly(), pytest.raises(RuntimeError) as raised:
        loss.backward(**options)
    return str(raised.value).splitlines()


each_world = pytest.mark.parametrize("create_graph", [False, True], ids=["raw", "lifted"])


# -- a NaN in backward -----------------------------------------------------------------------------


@each_world
def test_the_op_that_made_the_first_nan_is_named_with_its_line_and_numbers(create_graph: bool):
    x = leaf(4.0, 0.0)
    root = x.sqrt()
    headline, of, nan, there, tries = message_of((root * 0).sum(), create_graph=create_graph)
    assert headline == "Function 'SqrtBackward0' returned nan values in its 0th output."
    assert of.startswith("  gradient of  x, an input of sqrt   test_anomaly.py:")
    assert of.endswith("   root = x.sqrt()")
    assert nan == "  nan          1 of 2 elements, the first at [1]"
    assert there == "  there        the gradient that came in is 0, root is 0"
    assert tries.startswith("  try: look at the values that this op got: 0/0, 0*inf and inf-inf")


def test_a_nan_in_the_second_input_says_so():
    x, y = leaf(0.0), leaf(0.0)
    headline, of, *_ = message_of((x.detach() / y).sum())
    assert headline == "Function 'DivBackward0' returned nan values in its 1th output."
    assert "gradient of  y, an input of div" in of


def test_a_nan_that_came_in_with_the_gradient_says_so():
    x = leaf(1.0, 2.0)
    y = x * 3
    lines = message_of(y, gradient=tg.tensor([np.nan, 1.0], dtype=tg.float64))
    assert lines[0] == "Function 'MulBackward0' returned nan values in its 0th output."
    assert lines[-2] == "  came in      the gradient was nan already when it reached this op"
    assert "a hook, the gradient= given to backward()" in lines[-1]


def test_a_nan_that_a_hook_made_says_so():
    x = leaf(1.0)
    y = x * 3
    y.register_hook(lambda g: g * float("nan"))
    assert "came in" in message_of(y.exp().sum())[-2]


def test_a_nan_through_a_write_to_a_view_is_found():
    x = leaf(0.0, 1.0)
    h = x * 1
    h[:1].sqrt_()
    assert "returned nan values" in message_of((h * 0).sum())[0]


def test_a_nan_in_the_second_derivative_is_found():
    x = leaf(0.0)
    with detect_anomaly(), np.errstate(all="ignore"):
        y = x.abs().pow(1.5).sum()
        (slope,) = tg.autograd.grad(y, x, create_graph=True)
        with pytest.raises(RuntimeError, match="returned nan values"):
            tg.autograd.grad(slope.sum(), x)


def test_an_infinity_is_no_anomaly():
    x = leaf(0.0)
    with detect_anomaly():
        x.sqrt().sum().backward()
    assert x.grad.tolist() == [np.inf]


def test_a_nan_only_forward_is_no_anomaly():
    x = leaf(-1.0)
    with detect_anomaly():
        (x.sqrt().detach() + x).sum().backward()
    assert x.grad.tolist() == [1.0]


def test_nothing_was_added_to_any_gradient_above_the_nan():
    x, w = leaf(0.0), leaf(1.0)
    loss = (x.sqrt() * 0 * w).sum()
    message_of(loss)
    assert x.grad is None


def test_without_the_check_a_nan_goes_through():
    for anomaly in (detect_anomaly(check_nan=False), set_detect_anomaly(False)):
        x = leaf(0.0)
        with anomaly:
            (x.sqrt() * 0).sum().backward()
        assert np.isnan(x.grad.item())


# -- switching it on and off -----------------------------------------------------------------------


def modes() -> tuple[bool, bool]:
    return is_anomaly_enabled(), is_anomaly_check_nan_enabled()


def test_the_modes_are_those_of_the_innermost_block():
    assert modes() == (False, True)
    with detect_anomaly():
        assert modes() == (True, True)
        with detect_anomaly(check_nan=False):
            assert modes() == (True, False)
        with set_detect_anomaly(False):
            assert modes() == (False, True)
        assert modes() == (True, True)
    assert modes() == (False, True)


def test_one_block_can_be_entered_within_itself():
    anomaly = detect_anomaly(check_writes=True)
    with anomaly:
        with anomaly:
            pass
        assert modes() == (True, True)
        assert hub.observer is not None
    assert modes() == (False, True)
    assert hub.observer is None


def test_set_detect_anomaly_holds_from_its_call_on():
    set_detect_anomaly(True, check_writes=True)
    try:
        assert modes() == (True, True)
        assert hub.observer is not None
        set_detect_anomaly(True)
        assert hub.observer is None
    finally:
        set_detect_anomaly(False)
    assert modes() == (False, True)


def test_an_error_ends_the_block():
    with pytest.raises(ZeroDivisionError), detect_anomaly(check_writes=True):
        1 / 0
    assert modes() == (False, True)
    assert hub.observer is None


def test_each_thread_has_its_own_mode():
    seen = []
    with detect_anomaly():
        thread = threading.Thread(target=lambda: seen.append(modes()))
        thread.start()
        thread.join()
    assert seen == [(False, True)]


def test_each_task_has_its_own_mode():
    async def task(anomaly: bool, started: asyncio.Event, go: asyncio.Event) -> bool:
        with set_detect_anomaly(anomaly):
            started.set()
            await go.wait()
            return is_anomaly_enabled()

    async def both() -> list[bool]:
        started, go = asyncio.Event(), asyncio.Event()
        first = asyncio.ensure_future(task(True, started, go))
        await started.wait()
        second = asyncio.ensure_future(task(False, asyncio.Event(), go))
        go.set()
        return [await first, await second]

    assert asyncio.run(both()) == [True, False]


def test_nothing_changes_for_a_program_without_anomalies():
    def gradients() -> list[float]:
        x = leaf(1.0, 2.0, 3.0)
        h = x * 1
        h[1:].mul_(x[0])
        (h.exp() * x).sum().backward()
        return x.grad.tolist()

    plain = gradients()
    with detect_anomaly(check_writes=True):
        assert gradients() == plain
