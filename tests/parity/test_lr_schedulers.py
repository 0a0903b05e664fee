"""Learning rates change as PyTorch's do, step by step, alone and together."""

from __future__ import annotations

import inspect
import warnings
from typing import Any

import pytest

import tracegrad as tg

torch = pytest.importorskip("torch", reason="extra `parity` is not installed")
pytestmark = [
    pytest.mark.parity,
    pytest.mark.filterwarnings("ignore:Detected call of"),  # PyTorch minds that nothing is trained
    pytest.mark.filterwarnings("ignore:.*epoch parameter in:UserWarning"),
]

STEPS = 40

SCHEDULES = [
    "StepLR(o, 3)",
    "StepLR(o, step_size=7, gamma=0.5)",
    "MultiStepLR(o, [2, 5, 5, 11], gamma=0.3)",
    "ExponentialLR(o, 0.9)",
    "ConstantLR(o, 0.25, total_iters=4)",
    "LinearLR(o)",
    "LinearLR(o, 0.1, 0.7, total_iters=9)",
    "PolynomialLR(o, total_iters=12, power=2.0)",
    "LambdaLR(o, lambda n: 0.95 ** n)",
    "LambdaLR(o, [lambda n: 1 / (n + 1), lambda n: 0.5 ** (n // 4)])",
    "MultiplicativeLR(o, lambda n: 0.97)",
    "CosineAnnealingLR(o, 10)",
    "CosineAnnealingLR(o, T_max=7, eta_min=0.01)",
    "CosineAnnealingWarmRestarts(o, 5)",
    "CosineAnnealingWarmRestarts(o, 3, T_mult=2, eta_min=0.02)",
    "OneCycleLR(o, 1.0, total_steps=40)",
    "OneCycleLR(o, [0.7, 2.0], epochs=5, steps_per_epoch=9, anneal_strategy='linear')",
    "OneCycleLR(o, 1.0, total_steps=45, three_phase=True, pct_start=0.4, base_momentum=0.5)",
    "SequentialLR(o, [s.LinearLR(o, 0.1, total_iters=5), s.ExponentialLR(o, 0.9)], [5])",
    "SequentialLR(o, [s.ConstantLR(o, 0.1, 4), s.StepLR(o, 2), s.CosineAnnealingLR(o, 9)], [4, 9])",
    "ChainedScheduler([s.ConstantLR(o, 0.1, 3), s.ExponentialLR(o, 0.9)])",
    "SequentialLR(o, [s.ChainedScheduler([s.StepLR(o, 2), s.LinearLR(o)]), s.StepLR(o, 3)], [4])",
    "CyclicLR(o, 0.01, 1.0, step_size_up=4)",
    "CyclicLR(o, [0.01, 0.1], [0.5, 2.0], step_size_up=3, step_size_down=7, mode='triangular2')",
    "CyclicLR(o, 0.01, 1.0, step_size_up=6, mode='exp_range', gamma=0.95, base_momentum=0.5)",
    "CyclicLR(o, 0.01, 1.0, step_size_up=5, scale_fn=lambda n: 1 / n, cycle_momentum=False)",
    "CyclicLR(o, 0.1, 1.0, 5, scale_fn=lambda n: 0.9 ** n, scale_mode='iterations')",
]


def optimizer(library: Any, kind: str = "SGD") -> Any:
    one, other = (library.zeros(2, requires_grad=True) for _ in range(2))
    groups = [{"params": [one]}, {"params": [other], "lr": 0.3}]
    options = {"momentum": 0.9} if kind == "SGD" else {}
    return getattr(library.optim, kind)(groups, lr=0.1, **options)


def schedule(library: Any, text: str, o: Any) -> Any:
    s = library.optim.lr_scheduler
    return eval(f"s.{text}", {"s": s, "o": o})


def options(o: Any) -> list[float]:
    numbers = []
    for group in o.param_groups:
        numbers += [group["lr"], group.get("momentum", group.get("betas", (0,))[0])]
    return numbers


@pytest.mark.parametrize("kind", ["SGD", "Adam"])
@pytest.mark.parametrize("text", SCHEDULES)
def test_rates_and_momenta_agree_at_every_step(text, kind):
    pair = [
        (o, schedule(library, text, o))
        for library in (tg, torch)
        for o in [optimizer(library, kind)]
    ]
    for _ in range(STEPS):
        (ours, mine), (theirs, yours) = pair
        assert options(ours) == pytest.approx(options(theirs), rel=1e-12)
        assert mine.get_last_lr() == pytest.approx(yours.get_last_lr(), rel=1e-12)
        for _, one in pair:
            one.step()


@pytest.mark.parametrize("text", SCHEDULES)
def test_a_schedule_goes_on_from_a_saved_state(text):
    whole = optimizer(tg)
    running = schedule(tg, text, whole)
    for _ in range(7):
        running.step()
    state, rates = running.state_dict(), whole.state_dict()
    again = optimizer(tg)
    resumed = schedule(tg, text, again)
    again.load_state_dict(rates)
    resumed.load_state_dict(state)
    for _ in range(12):
        running.step()
        resumed.step()
        assert options(again) == options(whole)


@pytest.mark.parametrize("text", ["StepLR(o, 3)", "ExponentialLR(o, 0.9)", "LinearLR(o)", "MultiStepLR(o, [2, 5])", "CosineAnnealingLR(o, 10)", "PolynomialLR(o, 6)", "ConstantLR(o)", "CosineAnnealingWarmRestarts(o, 5, 2)", "LambdaLR(o, lambda n: 0.9**n)"])  # fmt: skip  # noqa: E501
def test_a_step_that_is_named_is_set_as_in_pytorch(text):
    for epoch in (4, 9, 2, 30):
        rates = []
        for library in (tg, torch):
            o = optimizer(library)
            one = schedule(library, text, o)
            one.step(epoch)
            rates.append(options(o))
        assert rates[0] == pytest.approx(rates[1], rel=1e-12)


PLATEAUS = [
    {},
    {"patience": 1, "factor": 0.5},
    {"patience": 0, "cooldown": 2, "min_lr": 0.02},
    {"mode": "max", "patience": 2, "threshold": 0.1},
    {"mode": "max", "patience": 1, "threshold_mode": "abs", "threshold": 0.05},
    {"patience": 1, "threshold_mode": "abs", "threshold": 0.2, "min_lr": [0.01, 0.1]},
]
MEASURES = [
    1.0,
    0.9,
    0.95,
    0.94,
    0.93,
    0.2,
    0.25,
    0.3,
    0.3,
    0.31,
    0.19,
    0.18,
    0.5,
    0.6,
    0.7,
    0.8,
] * 3


@pytest.mark.parametrize("choice", PLATEAUS, ids=str)
def test_a_plateau_is_seen_when_pytorch_sees_it(choice):
    pair = []
    for library in (tg, torch):
        o = optimizer(library)
        pair.append((o, library.optim.lr_scheduler.ReduceLROnPlateau(o, **choice)))
    (ours, mine), (theirs, yours) = pair
    for measure in MEASURES:
        mine.step(tg.tensor(measure))
        yours.step(measure)
        assert options(ours) == pytest.approx(options(theirs), rel=1e-12)
        assert mine.num_bad_epochs == yours.num_bad_epochs
        assert mine.get_last_lr() == yours.get_last_lr()


WRONG = [
    "LambdaLR(o, [lambda n: 1])",
    "LinearLR(o, start_factor=0)",
    "LinearLR(o, end_factor=2)",
    "ConstantLR(o, factor=1.5)",
    "OneCycleLR(o, 1.0)",
    "OneCycleLR(o, 1.0, total_steps=10, pct_start=2)",
    "OneCycleLR(o, 1.0, total_steps=10, anneal_strategy='square')",
    "ReduceLROnPlateau(o, factor=1.0)",
    "ReduceLROnPlateau(o, mode='best')",
    "CosineAnnealingWarmRestarts(o, 0)",
    "StepLR(3, 2)",
    "StepLR(o, 2, last_epoch=3)",
    "SequentialLR(o, [s.LinearLR(o)], [3])",
    "SequentialLR(o, [], [])",
    "SequentialLR(o, [s.LinearLR(o), s.ReduceLROnPlateau(o)], [3])",
    "SequentialLR(o, [s.LinearLR(o), 3], [3])",
    "ChainedScheduler([])",
    "ChainedScheduler([s.ReduceLROnPlateau(o)])",
    "MultiplicativeLR(o, 0.9)",
    "CyclicLR(o, 0.1, 1.0, mode='square')",
    "CyclicLR(o, [0.1], 1.0)",
    "CosineAnnealingWarmRestarts(o, 3, T_mult=0)",
    "CosineAnnealingWarmRestarts(o, 3, eta_min='low')",
    "OneCycleLR(o, 1.0, total_steps=-3)",
    "OneCycleLR(o, 1.0, epochs=2, steps_per_epoch=0)",
    "OneCycleLR(o, 1.0, total_steps=10, pct_start=1)",
    "OneCycleLR(o, [1.0], total_steps=10)",
    "ReduceLROnPlateau(o, threshold_mode='most')",
    "ReduceLROnPlateau(o, min_lr=[0.1])",
]


@pytest.mark.parametrize("text", WRONG)
def test_wrong_arguments_are_refused_in_pytorchs_words(text):
    errors = []
    for library in (tg, torch):
        with pytest.raises((ValueError, TypeError, KeyError)) as error:
            schedule(library, text, optimizer(library))
        errors.append((error.type, str(error.value).split(" at index")[0]))
    assert errors[0] == errors[1]


# -- states, options and warnings ------------------------------------------------------------------


def plain_state(one: Any) -> Any:
    """A schedule's own state, and those of the schedules that it consists of."""
    state = one.state_dict()
    return state, state.pop("_schedulers", [])


@pytest.mark.parametrize("kind", ["SGD", "Adam"])
@pytest.mark.parametrize("text", SCHEDULES)
def test_a_schedule_goes_on_from_a_state_that_pytorch_saved_and_the_other_way(text, kind):
    (ours, mine), (theirs, yours) = [
        (o, schedule(library, text, o))
        for library in (tg, torch)
        for o in [optimizer(library, kind)]
    ]
    for one in (mine, yours):
        for _ in range(7):
            one.step()
    ((a, parts), (b, other_parts)) = plain_state(mine), plain_state(yours)
    assert a.keys() == b.keys()
    assert [p.keys() for p in parts] == [p.keys() for p in other_parts]
    states = mine.state_dict(), yours.state_dict()
    mine.load_state_dict(states[1])
    yours.load_state_dict(states[0])
    for _ in range(9):
        mine.step()
        yours.step()
        assert options(ours) == pytest.approx(options(theirs), rel=1e-12)


@pytest.mark.parametrize("text", SCHEDULES)
def test_a_learning_rate_in_a_tensor_is_changed_in_place(text):
    rates = []
    for library in (tg, torch):
        o = optimizer(library)
        for group in o.param_groups:
            group["lr"] = library.tensor(group["lr"], dtype=library.float64)
        held = [group["lr"] for group in o.param_groups]
        one = schedule(library, text, o)
        first = one.get_last_lr()
        seen = [float(lr) for lr in first]
        for _ in range(8):
            one.step()
            seen += [lr.item() for lr in held]
        assert all(group["lr"] is h for group, h in zip(o.param_groups, held, strict=True))
        rates.append(seen + [float(lr) for lr in first])
    assert rates[0] == pytest.approx(rates[1], rel=1e-12)


class Growing:
    """A function with something to remember, which a state can hold."""

    def __init__(self) -> None:
        self.rate = 1.0

    def __call__(self, n: float) -> float:
        return self.rate


@pytest.mark.parametrize("text", ["LambdaLR(o, f)", "CyclicLR(o, 0.1, 1.0, 4, scale_fn=f)"])
def test_what_a_callable_object_holds_is_saved_and_loaded(text):
    functions = Growing(), Growing()
    first, second = (
        eval(f"s.{text}", {"s": tg.optim.lr_scheduler, "o": optimizer(tg), "f": f})
        for f in functions
    )
    functions[0].rate = 0.25
    second.load_state_dict(first.state_dict())
    assert functions[1].rate == 0.25


def test_the_state_of_a_function_that_is_not_there_is_refused():
    cyclic = tg.optim.lr_scheduler.CyclicLR
    saved = cyclic(optimizer(tg), 0.1, 1.0, scale_fn=Growing()).state_dict()
    with pytest.raises(ValueError, match=r"try: CyclicLR\(\.\.\., scale_fn="):
        cyclic(optimizer(tg), 0.1, 1.0).load_state_dict(saved)


class Halving:
    """A program's own schedule, written for either library."""

    @staticmethod
    def of(library: Any) -> Any:
        class Halves(library.optim.lr_scheduler._LRScheduler):
            def get_lr(self) -> list[float]:
                if self.last_epoch == 0:
                    return [group["lr"] for group in self.optimizer.param_groups]
                return [group["lr"] / 2 for group in self.optimizer.param_groups]

            def _get_closed_form_lr(self) -> list[float]:
                return [base / 2**self.last_epoch for base in self.base_lrs]

        return Halves(optimizer(library))


def test_a_programs_own_schedule_is_run_as_by_pytorch():
    seen = []
    for library in (tg, torch):
        one = Halving.of(library)
        rates = [one.get_last_lr()]
        for epoch in (None, None, 6, None):
            one.step(epoch)
            rates.append(one.get_last_lr())
        seen.append((rates, one.last_epoch, one.base_lrs, one.state_dict()))
    assert seen[0] == seen[1]


def trained(library: Any, calls: str) -> list[str]:
    """The warnings of a program, by their first words. `o` steps the optimizer, `s` the schedule,
    `O` makes the optimizer step before there is a schedule, `x` puts another step in its place.
    """
    o = optimizer(library)
    for group in o.param_groups:
        group["params"][0].grad = library.ones(2)
    if "O" in calls:
        o.step()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        one = library.optim.lr_scheduler.StepLR(o, 3)
        for call in calls:
            if call == "x":
                o.step = lambda: None
            elif call == "l":
                one.get_lr()
            elif call in "so":
                (one if call == "s" else o).step()
    return [" ".join(str(w.message).split()[:4]) for w in caught]


@pytest.mark.parametrize("calls", ["ss", "os", "oss", "Os", "Oos", "sos", "xs", "oxs", "l", "ol"])
def test_calls_in_the_wrong_order_are_warned_of_as_in_pytorch(calls):
    assert trained(tg, calls) == trained(torch, calls)


def test_the_same_groups_may_grow_under_a_plateau():
    for library in (tg, torch):
        o = optimizer(library)
        one = library.optim.lr_scheduler.ReduceLROnPlateau(o, patience=0, min_lr=0.01)
        listed = library.optim.lr_scheduler.ReduceLROnPlateau(o, patience=0, min_lr=[0.01, 0.01])
        o.add_param_group({"params": [library.zeros(1, requires_grad=True)], "lr": 1.0})
        for measure in (1.0, 2.0):
            one.step(measure)
        assert o.param_groups[2]["lr"] == pytest.approx(0.1)
        listed.step(1.0)
        with pytest.raises(RuntimeError, match=r"number of param groups in the `optimizer` \(3\)"):
            listed.step(2.0)


@pytest.mark.parametrize("name", torch.optim.lr_scheduler.__all__)
def test_arguments_and_their_defaults_are_pytorchs(name):
    here, there = (
        inspect.signature(getattr(library.optim.lr_scheduler, name)).parameters
        for library in (tg, torch)
    )
    assert [(p.name, p.kind, p.default) for p in here.values()] == [
        (p.name, p.kind, p.default) for p in there.values()
    ]
