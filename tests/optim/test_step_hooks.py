"""Hooks around steps and states, and optimizers that programs write themselves."""

from __future__ import annotations

from typing import Any

import pytest

import tracegrad as tg
from tracegrad import nn
from tracegrad.optim.optimizer import (
    register_optimizer_step_post_hook,
    register_optimizer_step_pre_hook,
    required,
)


class SignDescent(tg.optim.Optimizer):
    """A program's own optimizer, as PyTorch's tutorial writes one."""

    def __init__(self, params: Any, lr: Any = required) -> None:
        super().__init__(params, {"lr": lr})

    @tg.no_grad()
    def step(self, closure: Any = None) -> Any:
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is not None:
                    state = self.state[p]
                    state["count"] = state.get("count", 0) + 1
                    p.add_(p.grad.sign(), alpha=-group["lr"])


def made(lr: float = 1.0) -> tuple[nn.Parameter, SignDescent]:
    p = nn.Parameter(tg.zeros(2))
    p.grad = tg.ones(2)
    return p, SignDescent([p], lr=lr)


def test_hooks_run_around_a_step_in_their_order_until_they_are_removed():
    p, optimizer = made()
    seen: list[Any] = []

    def note(word: str) -> Any:
        return lambda o, args, kwargs: seen.append((word, o is optimizer, args[0] is o, p.tolist()))

    handles = [
        optimizer.register_step_post_hook(note("after")),
        optimizer.register_step_pre_hook(note("before")),
        register_optimizer_step_pre_hook(note("before all")),
        register_optimizer_step_post_hook(note("after all")),
    ]
    optimizer.step()
    for handle in handles:
        handle.remove()
    optimizer.step()
    assert seen == [
        ("before all", True, True, [0.0, 0.0]),
        ("before", True, True, [0.0, 0.0]),
        ("after", True, True, [-1.0, -1.0]),
        ("after all", True, True, [-1.0, -1.0]),
    ]
    assert p.tolist() == [-2.0, -2.0]


def test_a_hook_may_give_the_step_other_arguments():
    w = nn.Parameter(tg.tensor([3.0]))
    optimizer = tg.optim.SGD([w], lr=0.5)
    optimizer.register_step_pre_hook(lambda o, args, kwargs: ((o, lambda: 42), {}))
    assert optimizer.step() == 42


def test_a_hook_that_returns_something_else_is_refused():
    _, optimizer = made()
    optimizer.register_step_pre_hook(lambda o, args, kwargs: "no")
    with pytest.raises(RuntimeError, match="must return None or a tuple of"):
        optimizer.step()


def test_a_step_that_calls_its_parents_is_one_step():
    class Twice(tg.optim.SGD):
        def step(self, closure: Any = None) -> Any:
            super().step(closure)
            return super().step()

    w = nn.Parameter(tg.zeros(1))
    w.grad = tg.ones(1)
    optimizer = Twice([w], lr=1.0)
    count: list[int] = []
    optimizer.register_step_post_hook(lambda *_: count.append(1))
    with tg.record() as trace:
        optimizer.step()
    assert (w.item(), len(count)) == (-2.0, 1)
    assert {event.step for event in trace.events()} == {0}


def test_a_recording_counts_the_steps_of_a_programs_own_optimizer():
    _, optimizer = made()
    with tg.record() as trace:
        for _ in range(3):
            optimizer.step()
    assert sorted({event.step for event in trace.events()}) == [0, 1, 2]


def test_an_option_without_default_must_be_given():
    with pytest.raises(ValueError, match=r"didn't specify a value of required .* parameter lr"):
        SignDescent([nn.Parameter(tg.zeros(1))])


def test_a_programs_own_optimizer_saves_and_loads_its_state():
    _, optimizer = made()
    optimizer.step()
    q, other = made()
    other.load_state_dict(optimizer.state_dict())
    assert other.state[q]["count"] == 1


def test_hooks_of_states_run_in_order_and_may_change_them():
    _, optimizer = made()
    seen: list[str] = []
    optimizer.register_state_dict_pre_hook(lambda o: seen.append("before"))
    optimizer.register_state_dict_post_hook(lambda o, saved: {**saved, "extra": 1})
    optimizer.register_state_dict_post_hook(lambda o, saved: seen.append("first"), prepend=True)
    saved = optimizer.state_dict()
    assert seen == ["before", "first"]
    assert saved["extra"] == 1

    def faster(o: Any, state: dict[str, Any]) -> dict[str, Any]:
        groups = [{**group, "lr": 9.0} for group in state["param_groups"]]
        return {**state, "param_groups": groups}

    optimizer.register_load_state_dict_pre_hook(faster)
    optimizer.register_load_state_dict_post_hook(lambda o: seen.append(o.param_groups[0]["lr"]))
    optimizer.load_state_dict(saved)
    assert seen == ["before", "first", 9.0]
    assert saved["param_groups"][0]["lr"] == 1.0


def test_a_step_that_fails_leaves_the_optimizer_ready_for_the_next():
    p = nn.Parameter(tg.zeros(1))

    def failing() -> None:
        raise ValueError("no data")

    sgd = tg.optim.SGD([p], lr=1.0)
    with pytest.raises(ValueError, match="no data"):
        sgd.step(failing)
    count: list[int] = []
    sgd.register_step_post_hook(lambda *_: count.append(1))
    sgd.step()
    assert count == [1]


def test_gradients_through_a_step_are_refused_with_another_way():
    p = nn.Parameter(tg.zeros(1))
    with pytest.raises(NotImplementedError, match=r"try: new = p - lr \* g"):
        tg.optim.Adam([p], differentiable=True)
    with pytest.raises(RuntimeError, match="`fused` and `foreach` cannot be `True` together"):
        tg.optim.Adam([p], fused=True, foreach=True)


def test_sparse_adam_says_that_there_are_no_sparse_gradients():
    p = nn.Parameter(tg.zeros(1))
    optimizer = tg.optim.SparseAdam([("emb", p)])
    assert optimizer.step() is None
    p.grad = tg.ones(1)
    with pytest.raises(RuntimeError, match=r"please consider Adam instead\n.*parameter 0 'emb'"):
        optimizer.step()
