"""Random programs with optimizers and their schedules, against PyTorch."""

from __future__ import annotations

from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

pytest.importorskip("torch", reason="compares with PyTorch")

from tests.parity.optimizer_programs import Act, Program, difference

pytestmark = pytest.mark.parity

Draw = Any
switch = st.booleans()
rates = st.sampled_from([0.0, 1e-3, 0.05, 0.3])
decays = st.sampled_from([0.0, 0.1])
betas = st.sampled_from([(0.9, 0.999), (0.5, 0.8), (0.0, 0.9), (0.9, 0.0)])
eps = st.sampled_from([1e-8, 1e-3])
common = {"lr": rates, "weight_decay": decays, "maximize": switch}
means = {**common, "betas": betas, "eps": eps}
KINDS: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "SGD": {**common, "momentum": st.sampled_from([0.0, 0.5, 0.9]),
            "dampening": st.sampled_from([0.0, 0.3]), "nesterov": switch},
    "Adam": {**means, "amsgrad": switch, "decoupled_weight_decay": switch},
    "AdamW": {**means, "amsgrad": switch},
    "Adamax": means,
    "NAdam": {**means, "momentum_decay": st.sampled_from([4e-3, 0.3]),
              "decoupled_weight_decay": switch},
    "RAdam": {**means, "decoupled_weight_decay": switch},
    "RMSprop": {**common, "alpha": st.sampled_from([0.5, 0.99]), "eps": eps, "centered": switch,
                "momentum": st.sampled_from([0.0, 0.9])},
    "Adagrad": {**common, "lr_decay": st.sampled_from([0.0, 0.1]), "eps": eps,
                "initial_accumulator_value": st.sampled_from([0.0, 0.5])},
    "Adadelta": {**common, "rho": st.sampled_from([0.5, 0.9]), "eps": eps},
    "ASGD": {**common, "lambd": st.sampled_from([1e-4, 0.1]), "alpha": st.sampled_from([0.5, 0.75]),
             "t0": st.sampled_from([1.0, 3.0, 1e6])},
    "Rprop": {"lr": rates, "maximize": switch, "etas": st.sampled_from([(0.5, 1.2), (0.3, 1.7)]),
              "step_sizes": st.sampled_from([(1e-6, 50), (0.01, 0.2)])},
    "Adafactor": {**common, "beta2_decay": st.sampled_from([-0.8, -0.5]),
                  "d": st.sampled_from([1.0, 2.0])},
    "LBFGS": {"lr": st.sampled_from([0.1, 1.0]), "max_iter": st.integers(1, 4),
              "history_size": st.integers(1, 3),
              "line_search_fn": st.sampled_from([None, "strong_wolfe"])},
}  # fmt: skip

SCHEDULES = [
    "StepLR(o, 2, gamma=0.5)", "MultiStepLR(o, [1, 3])", "ExponentialLR(o, 0.9)", "LinearLR(o)",
    "ConstantLR(o, 0.25, total_iters=2)", "PolynomialLR(o, 4, power=2.0)",
    "CosineAnnealingLR(o, 4, eta_min=0.01)", "CosineAnnealingWarmRestarts(o, 2, T_mult=2)",
    "LambdaLR(o, lambda n: 0.95 ** n)", "MultiplicativeLR(o, lambda n: 0.97)",
    "OneCycleLR(o, 1.0, total_steps=9)", "ReduceLROnPlateau(o, patience=0, factor=0.5)",
    "CyclicLR(o, 0.01, 1.0, step_size_up=2)",
    "SequentialLR(o, [s.LinearLR(o), s.StepLR(o, 1)], [2])",
    "ChainedScheduler([s.ConstantLR(o, 0.1, 3), s.ExponentialLR(o, 0.9)])",
]  # fmt: skip

LARGE = (200, 100)
"""Too large to share a bucket; too long a sum for the last digits in which L-BFGS ends."""

shapes = st.sampled_from([(3, 4), (4,), (), (0,), (2, 0), (2, 3, 2), LARGE])

OPTIONS = {
    name: values
    for choices in KINDS.values()
    for name, values in choices.items()
    if name not in ("line_search_fn", "history_size", "initial_accumulator_value")
}


@st.composite
def changes(draw: Draw) -> Act:
    """An option of the last group is set."""
    name = draw(st.sampled_from(sorted({*OPTIONS} - {"eps"})))  # of which Adafactor has two
    return Act("set_option", (name, draw(OPTIONS[name])))


steps = st.builds(lambda share: Act("step", (share,)), st.sampled_from([1.0, 0.6, 0.0]))
ACTS = st.one_of(
    steps, steps, steps,
    st.sampled_from([Act(name) for name in (
        "again", "closure", "backward", "schedulers_step", "schedulers_step", "deepcopy", "pickle",
        "reload", "exchange")]),
    st.builds(lambda value: Act("zero", (value,)), switch),
    st.builds(lambda most, kind: Act("clip_norm", (most, kind)),
              st.sampled_from([0.1, 10.0]), st.sampled_from([2.0, 1.0, float("inf")])),
    st.builds(lambda most: Act("clip_value", (most,)), st.sampled_from([0.1, 1.0])),
    st.builds(lambda name, n: Act(name, (n,)),
              st.sampled_from(["write", "replace", "freeze"]), st.integers(0, 3)),
    changes(),
    st.builds(lambda factor: Act("scale_rate", (factor,)), st.sampled_from([0.5, 2.0])),
    st.builds(lambda shape, lr: Act("add_group", (shape, {"lr": lr})), shapes, rates),
    st.builds(lambda text: Act("schedule", (text,)), st.sampled_from(SCHEDULES)),
)  # fmt: skip


@st.composite
def optimizers(draw: Draw) -> Program:
    kind = draw(st.sampled_from(list(KINDS)))
    choices = KINDS[kind]
    acts = st.lists(ACTS, min_size=2, max_size=12)
    layouts = ["plain", "plain", "transposed", "gaps", "one storage"]
    sizes = shapes
    if (
        kind == "LBFGS"
    ):  # which PyTorch can neither copy nor step for gradients that are not contiguous
        layouts = ["plain"]
        acts = st.lists(st.one_of(
            st.just(Act("closure")), st.just(Act("closure")), changes(),
            st.sampled_from([Act("reload"), Act("write", (1,)), Act("replace", (0,))]),
        ), min_size=1, max_size=6)  # fmt: skip
    if kind in ("Adafactor", "LBFGS"):  # which ask there for the mean or largest of no elements
        sizes = shapes.filter(lambda shape: 0 not in shape and (kind, shape) != ("LBFGS", LARGE))
        acts = acts.filter(
            lambda acts: not any(act.name == "add_group" and 0 in act.arguments[0] for act in acts)
        )
    return Program(
        kind,
        {name: draw(values) for name, values in choices.items() if draw(switch)},
        tuple(draw(st.lists(sizes, min_size=1, max_size=4))),
        draw(st.sampled_from(layouts)),
        tuple(draw(acts)),
        "float64" if kind == "LBFGS" else draw(st.sampled_from(["float64", "float64", "float32"])),
    )


@settings(max_examples=settings.default.max_examples // 2)  # type: ignore[union-attr]
@given(optimizers())
def test_programs_with_an_optimizer_change_parameters_as_in_pytorch(program):
    assert not difference(program)
