"""Learning rates change as PyTorch's do, step by step, alone and together."""

from __future__ import annotations

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
]


@pytest.mark.parametrize("text", WRONG)
def test_wrong_arguments_raise_pytorchs_class(text):
    errors = []
    for library in (tg, torch):
        with pytest.raises((ValueError, TypeError, KeyError)) as error:
            schedule(library, text, optimizer(library))
        errors.append(error.type)
    assert errors[0] is errors[1]
