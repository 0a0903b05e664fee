"""Switching the recording of gradients off and on."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator

import pytest

import tracegrad as tg


def requires_grad() -> bool:
    return bool((tg.ones(1, requires_grad=True) * 2).requires_grad)


def test_no_grad_holds_inside_and_ends_after():
    assert requires_grad()
    with tg.no_grad():
        assert not requires_grad()
        assert not tg.is_grad_enabled()
        with tg.enable_grad():
            assert requires_grad()
        assert not requires_grad()
    assert requires_grad()


def test_no_grad_ends_when_an_error_leaves_it():
    with pytest.raises(ValueError, match="inside"), tg.no_grad():
        raise ValueError("inside")
    assert requires_grad()


@pytest.mark.parametrize("decorate", [tg.no_grad(), tg.no_grad], ids=["with", "without"])
def test_decorating_with_or_without_parentheses(decorate):
    @decorate
    def function(a: int, *, b: int) -> tuple[int, bool]:
        """Its own documentation."""
        return a + b, requires_grad()

    assert function(1, b=2) == (3, False)
    assert function.__name__ == "function"
    assert function.__doc__ == "Its own documentation."
    assert requires_grad()


def test_one_decorator_may_be_used_again_inside_itself():
    mode = tg.no_grad()

    @mode
    def recursive(n: int) -> bool:
        return requires_grad() if n == 0 else recursive(n - 1)

    assert recursive(3) is False
    with mode:
        with mode:
            assert not requires_grad()
        assert not requires_grad()
    assert requires_grad()


def test_enable_grad_decorates_too():
    @tg.enable_grad()
    def function() -> bool:
        return requires_grad()

    with tg.no_grad():
        assert function()
        assert not requires_grad()


def test_a_decorated_generator_runs_in_the_mode_and_its_consumer_does_not():
    @tg.no_grad()
    def numbers() -> Iterator[bool]:
        received = yield requires_grad()
        yield received
        yield requires_grad()

    generator = numbers()
    assert next(generator) is False
    assert requires_grad()
    assert generator.send("sent") == "sent"
    assert requires_grad()
    assert next(generator) is False
    assert requires_grad()


def test_a_decorated_generator_returns_and_is_closed_and_thrown_into():
    events = []

    @tg.no_grad()
    def generator():
        try:
            try:
                yield 1
            except KeyError:
                events.append(("caught", requires_grad()))
                yield 2
        finally:
            events.append(("closed", requires_grad()))
        return 3

    one = generator()
    next(one)
    assert one.throw(KeyError("thrown")) == 2
    one.close()
    assert events == [("caught", False), ("closed", False)]
    assert requires_grad()

    def outer():
        return (yield from generator())

    whole = outer()
    next(whole)
    with pytest.raises(StopIteration) as stop:
        next(whole)
    assert stop.value.value == 3


def test_set_grad_enabled_works_as_a_call():
    previous = tg.is_grad_enabled()
    tg.set_grad_enabled(False)
    try:
        assert not requires_grad()
    finally:
        tg.set_grad_enabled(previous)
    assert requires_grad()


@pytest.mark.parametrize("mode", [True, False])
def test_set_grad_enabled_works_as_a_context(mode: bool):
    with tg.set_grad_enabled(mode):
        assert requires_grad() is mode
    assert requires_grad()


def test_set_grad_enabled_as_a_decorator_holds_only_in_the_function():
    @tg.set_grad_enabled(False)
    def function() -> bool:
        return requires_grad()

    assert requires_grad()
    assert function() is False
    assert requires_grad()


def test_a_thread_starts_with_gradients_on_and_keeps_its_own_mode():
    seen: list[bool] = []
    inside, leave = threading.Event(), threading.Event()

    def work() -> None:
        seen.append(requires_grad())
        with tg.no_grad():
            seen.append(requires_grad())
            inside.set()
            leave.wait(10)

    with tg.no_grad():
        thread = threading.Thread(target=work)
        thread.start()
        assert inside.wait(10)
    assert requires_grad()
    leave.set()
    thread.join(10)
    assert seen == [True, False]


def test_tasks_of_one_loop_keep_their_own_modes():
    async def off(turn: asyncio.Event, done: asyncio.Event) -> bool:
        with tg.no_grad():
            turn.set()
            await done.wait()
            return requires_grad()

    async def on(turn: asyncio.Event, done: asyncio.Event) -> bool:
        await turn.wait()
        result = requires_grad()
        done.set()
        return result

    async def main() -> list[bool]:
        turn, done = asyncio.Event(), asyncio.Event()
        return await asyncio.gather(off(turn, done), on(turn, done))

    assert asyncio.run(main()) == [False, True]


def test_results_under_no_grad_are_leaves_without_history():
    x = tg.ones(2, requires_grad=True)
    with tg.no_grad():
        y = x * 2
        z = y.clone().requires_grad_()
    assert y.is_leaf
    assert y.grad_fn is None
    assert z.requires_grad
    (z * 3).sum().backward()
    assert z.grad.tolist() == [3.0, 3.0]


def test_leaves_made_under_no_grad_may_require_grad():
    with tg.no_grad():
        w = tg.ones(2, requires_grad=True)
    (w * 2).sum().backward()
    assert w.grad.tolist() == [2.0, 2.0]


def test_threads_compute_gradients_of_their_own():
    results: dict[int, float] = {}

    def work(n: int) -> None:
        x = tg.tensor([float(n)], requires_grad=True)
        y = x
        for _ in range(200):
            y = y * 1.0
        (y * y).sum().backward()
        results[n] = x.grad.item()

    threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert results == {n: 2.0 * n for n in range(8)}
