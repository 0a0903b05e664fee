"""Optimizers step as PyTorch's do, and the seed network trains as it does there."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tracegrad as tg
from tracegrad import nn

torch = pytest.importorskip("torch", reason="extra `parity` is not installed")
pytestmark = pytest.mark.parity

EXAMPLES = Path(__file__).parents[2] / "examples"
SHAPES = [(3, 4), (4,), (), (200, 100), (2, 3, 2)]  # (200, 100): too large for a shared bucket
STEPS = 20

OPTIONS = [
    ("SGD", {"lr": 0.1}),
    ("SGD", {"lr": 0.1, "momentum": 0.9}),
    ("SGD", {"lr": 0.1, "momentum": 0.9, "dampening": 0.3}),
    ("SGD", {"lr": 0.1, "momentum": 0.9, "nesterov": True}),
    ("SGD", {"lr": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 0.1, "maximize": True}),
    ("SGD", {"lr": 0.1, "weight_decay": 0.1}),
    ("SGD", {"lr": 0.01, "maximize": True, "momentum": 0.5}),
    ("Adam", {}),
    ("Adam", {"lr": 0.05, "betas": (0.8, 0.99), "eps": 1e-6}),
    ("Adam", {"lr": 0.05, "weight_decay": 0.1}),
    ("Adam", {"lr": 0.05, "amsgrad": True}),
    ("Adam", {"lr": 0.01, "maximize": True}),
    ("Adam", {"lr": 0.05, "amsgrad": True, "weight_decay": 0.1, "maximize": True}),
    ("AdamW", {}),
    ("AdamW", {"lr": 0.05, "weight_decay": 0.3, "betas": (0.8, 0.99)}),
    ("AdamW", {"lr": 0.05, "amsgrad": True, "maximize": True}),
    ("RMSprop", {}),
    ("RMSprop", {"lr": 0.05, "momentum": 0.9, "weight_decay": 0.1}),
    ("RMSprop", {"lr": 0.05, "centered": True, "alpha": 0.9, "maximize": True}),
    ("RMSprop", {"lr": 0.05, "centered": True, "momentum": 0.5}),
    ("Adagrad", {"lr": 0.1}),
    ("Adagrad", {"lr": 0.1, "lr_decay": 0.1, "weight_decay": 0.1, "maximize": True}),
    ("Adagrad", {"lr": 0.1, "initial_accumulator_value": 0.5}),
]


def label(value: Any) -> str:
    return (
        value
        if isinstance(value, str)
        else ",".join(f"{k}={v}" for k, v in value.items()) or "defaults"
    )


class Twins:
    """The same parameters here and in PyTorch, and gradients for both."""

    def __init__(self, dtype: type = np.float64) -> None:
        self.random = np.random.default_rng(0)
        self.dtype = dtype
        arrays = [np.asarray(self.random.standard_normal(shape), dtype) for shape in SHAPES]
        self.ours = [nn.Parameter(tg.tensor(a)) for a in arrays]
        self.theirs = [torch.nn.Parameter(torch.tensor(a)) for a in arrays]

    def gradients(self, share: float = 1.0) -> None:
        """New gradients for about a share of the parameters, none for the others."""
        for one, other in zip(self.ours, self.theirs, strict=True):
            one.grad = other.grad = None
            g = np.asarray(self.random.standard_normal(one.shape), self.dtype)
            if self.random.random() < share:
                one.grad, other.grad = tg.tensor(g), torch.tensor(g)

    def check(self, tolerance: float = 1e-6) -> None:
        for one, other in zip(self.ours, self.theirs, strict=True):
            np.testing.assert_allclose(
                one.detach().numpy(), other.detach().numpy(), rtol=tolerance, atol=tolerance
            )


def optimizers(name: str, ours: Any, theirs: Any, **options: Any) -> tuple[Any, Any]:
    return getattr(tg.optim, name)(ours, **options), getattr(torch.optim, name)(theirs, **options)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("name", "options"), OPTIONS, ids=label)
def test_twenty_steps_agree(name, options, dtype):
    twins = Twins(dtype)
    pair = optimizers(name, twins.ours, twins.theirs, **options)
    for _ in range(STEPS):
        twins.gradients()
        for optimizer in pair:
            optimizer.step()
        twins.check(1e-5 if dtype is np.float32 else 1e-6)


@pytest.mark.parametrize(("name", "options"), OPTIONS, ids=label)
def test_parameters_without_a_gradient_wait_with_their_state(name, options):
    twins = Twins()
    pair = optimizers(name, twins.ours, twins.theirs, **options)
    for _ in range(STEPS):
        twins.gradients(share=0.6)
        for optimizer in pair:
            optimizer.step()
        twins.check()


@pytest.mark.parametrize("name", ["SGD", "Adam"])
def test_groups_have_rates_of_their_own_which_may_change_between_steps(name):
    twins = Twins()

    def groups(p: list[Any]) -> list[dict[str, Any]]:
        return [
            {"params": p[:2], "lr": 0.3},
            {"params": p[2:3], "weight_decay": 0.2},
            {"params": p[3:]},
        ]

    pair = optimizers(name, groups(twins.ours), groups(twins.theirs), lr=0.1)
    for step in range(STEPS):
        twins.gradients(share=0.8)
        for optimizer in pair:
            for group in optimizer.param_groups:
                group["lr"] *= 0.9 if step % 2 else 1.05
            optimizer.step()
        twins.check()


@pytest.mark.parametrize(("name", "options"), OPTIONS, ids=label)
def test_training_goes_on_from_a_state_that_pytorch_saved(name, options):
    twins = Twins()
    _, theirs = optimizers(name, twins.ours, twins.theirs, **options)
    for _ in range(3):
        twins.gradients(share=0.7)
        theirs.step()
    ours = getattr(tg.optim, name)(twins.ours)
    ours.load_state_dict(theirs.state_dict())
    for one, other in zip(twins.ours, twins.theirs, strict=True):
        one.data.copy_(tg.tensor(other.detach().numpy()))
    for _ in range(3):
        twins.gradients(share=0.7)
        ours.step()
        theirs.step()
        twins.check()


def test_state_has_pytorchs_names_and_positions():
    twins = Twins()
    pair = optimizers("Adam", twins.ours, twins.theirs, amsgrad=True)
    twins.gradients()
    twins.ours[1].grad = twins.theirs[1].grad = None
    saved = []
    for optimizer in pair:
        optimizer.step()
        saved.append(optimizer.state_dict())
    ours, theirs = saved
    assert ours["state"].keys() == theirs["state"].keys() == {0, 2, 3, 4}
    for at, entries in theirs["state"].items():
        assert ours["state"][at].keys() == entries.keys()
        for entry, value in entries.items():
            np.testing.assert_allclose(
                np.asarray(ours["state"][at][entry]), value.numpy(), rtol=1e-12
            )
    assert ours["param_groups"][0].items() <= theirs["param_groups"][0].items()


@pytest.mark.parametrize(
    "call",
    [
        lambda t, p: t.optim.SGD([], lr=0.1),
        lambda t, p: t.optim.SGD([p], lr=-1),
        lambda t, p: t.optim.SGD([p], momentum=-1),
        lambda t, p: t.optim.SGD([p], weight_decay=-1),
        lambda t, p: t.optim.SGD([p], nesterov=True),
        lambda t, p: t.optim.SGD([p], nesterov=True, momentum=0.9, dampening=0.1),
        lambda t, p: t.optim.Adam([p], lr=-1),
        lambda t, p: t.optim.Adam([p], betas=(1.0, 0.9)),
        lambda t, p: t.optim.Adam([p], betas=(0.9, -1.0)),
        lambda t, p: t.optim.Adam([p], eps=-1),
        lambda t, p: t.optim.Adam([p], weight_decay=-1),
        lambda t, p: t.optim.SGD([3]),
        lambda t, p: t.optim.SGD([p * 1]),
        lambda t, p: t.optim.SGD([{"params": [p]}, {"params": [p]}]),
        lambda t, p: t.optim.SGD([{"lr": 1}]),
        lambda t, p: t.optim.SGD([{"params": {p}}]),
        lambda t, p: t.optim.SGD([p]).add_param_group([p]),
        lambda t, p: t.optim.SGD([p]).add_param_group({"params": p}),
        lambda t, p: t.optim.SGD([p]).load_state_dict(t.optim.SGD([p, t.zeros(1)]).state_dict()),
        lambda t, p: t.optim.SGD([p]).load_state_dict(
            t.optim.SGD([{"params": [p]}, {"params": [t.zeros(1)]}]).state_dict()),
    ],
)  # fmt: skip
def test_wrong_arguments_are_refused_in_pytorchs_words(call):
    errors = []
    for library in (tg, torch):
        with pytest.raises((ValueError, TypeError, KeyError)) as error:
            call(library, library.zeros(2, requires_grad=True))
        errors.append((error.type, str(error.value)))
    assert errors[0] == errors[1]


# -- the seed network, in three forms --------------------------------------------------------------


def trained(
    random: np.random.Generator, x: Any, y: Any, rate: float, steps: int
) -> tuple[list, list]:
    """PyTorch's losses and weights, from the weights that the examples draw after their data."""
    w1 = torch.tensor(random.standard_normal((3, 32)) / 3**0.5, dtype=torch.float32)
    w2 = torch.tensor(random.standard_normal((32, 1)) / 32**0.5, dtype=torch.float32)
    weights = [w1, torch.zeros(32), w2, torch.zeros(1)]
    for w in weights:
        w.requires_grad_()
    optimizer = torch.optim.SGD(weights, lr=rate)
    losses = []
    for _ in range(steps):
        out = (x @ weights[0] + weights[1]).relu() @ weights[2] + weights[3]
        loss = torch.nn.functional.mse_loss(out, y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses, [w.detach().numpy() for w in weights]


@pytest.mark.parametrize("name", ["01_seed_manual", "02_seed_autograd", "03_seed_modules"])
def test_the_seed_network_trains_as_in_pytorch(name, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", [name, "50"])
    ours = runpy.run_path(str(EXAMPLES / f"{name}.py"))
    random = np.random.default_rng(7)
    random.standard_normal((100, 3))
    random.standard_normal((100, 1))
    x, y = (torch.tensor(ours[v].numpy().copy()) for v in ("x", "y"))
    losses, weights = trained(random, x, y, ours["LEARNING_RATE"], 50)
    np.testing.assert_allclose(ours["losses"], losses, rtol=2e-5)
    if "net" in ours:
        first, _, second = ours["net"]
        got = [first.weight.t(), first.bias, second.weight.t(), second.bias]
    else:
        got = [ours[v] for v in ("w1", "b1", "w2", "b2")]
    for one, other in zip(got, weights, strict=True):
        np.testing.assert_allclose(one.detach().numpy(), other, rtol=1e-4, atol=2e-6)
