"""Optimizers step as PyTorch's do, and the seed network trains as it does there."""

from __future__ import annotations

import importlib
import inspect
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
    ("Adam", {"lr": 0.05, "weight_decay": 0.3, "decoupled_weight_decay": True}),
    ("Adamax", {}),
    ("Adamax", {"lr": 0.05, "betas": (0.8, 0.9), "weight_decay": 0.1, "maximize": True}),
    ("NAdam", {}),
    ("NAdam", {"lr": 0.05, "weight_decay": 0.1, "momentum_decay": 0.1, "maximize": True}),
    ("NAdam", {"lr": 0.05, "weight_decay": 0.3, "decoupled_weight_decay": True}),
    ("RAdam", {}),
    ("RAdam", {"lr": 0.05, "betas": (0.8, 0.9), "weight_decay": 0.1, "maximize": True}),
    ("RAdam", {"lr": 0.05, "weight_decay": 0.3, "decoupled_weight_decay": True}),
    ("Adadelta", {}),
    ("Adadelta", {"lr": 0.5, "rho": 0.7, "eps": 1e-4, "weight_decay": 0.1, "maximize": True}),
    ("ASGD", {}),
    ("ASGD", {"lr": 0.1, "lambd": 0.01, "t0": 5, "alpha": 0.6, "weight_decay": 0.1}),
    ("ASGD", {"lr": 0.1, "t0": 1, "maximize": True}),
    ("Rprop", {}),
    ("Rprop", {"lr": 0.1, "etas": (0.3, 1.7), "step_sizes": (0.01, 0.2), "maximize": True}),
    ("Adafactor", {}),
    ("Adafactor", {"lr": 0.1, "weight_decay": 0.1, "eps": (1e-6, 1e-2), "d": 2.0}),
    ("Adafactor", {"lr": 0.1, "beta2_decay": -0.5, "maximize": True}),
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
            if g.dtype.kind == "c":
                g = g + 1j * np.asarray(self.random.standard_normal(one.shape))
            if self.random.random() < share:
                one.grad, other.grad = tg.tensor(g), torch.tensor(g)

    def check(self, tolerance: float = 1e-6) -> None:
        for one, other in zip(self.ours, self.theirs, strict=True):
            np.testing.assert_allclose(
                one.detach().numpy(), other.detach().numpy(), rtol=tolerance, atol=tolerance
            )


def optimizers(name: str, ours: Any, theirs: Any, **options: Any) -> tuple[Any, Any]:
    return getattr(tg.optim, name)(ours, **options), getattr(torch.optim, name)(theirs, **options)


def torch_state(value: Any) -> Any:
    """A state dict with our tensors as PyTorch's."""
    if isinstance(value, tg.Tensor):
        return torch.tensor(value.numpy())
    if isinstance(value, dict):
        return {k: torch_state(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(torch_state(v) for v in value)
    return value


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


@pytest.mark.parametrize(("name", "options"), OPTIONS, ids=label)
def test_pytorch_goes_on_from_a_state_saved_here(name, options):
    twins = Twins()
    ours, _ = optimizers(name, twins.ours, twins.theirs, **options)
    for _ in range(3):
        twins.gradients(share=0.7)
        ours.step()
    theirs = getattr(torch.optim, name)(twins.theirs)
    theirs.load_state_dict(torch_state(ours.state_dict()))
    for one, other in zip(twins.ours, twins.theirs, strict=True):
        other.data.copy_(torch.tensor(one.detach().numpy()))
    for _ in range(3):
        twins.gradients(share=0.7)
        ours.step()
        theirs.step()
        twins.check()


@pytest.mark.parametrize(("name", "options"), OPTIONS, ids=label)
def test_complex_parameters_are_stepped_as_pairs(name, options):
    twins = Twins(np.complex128)
    pair = optimizers(name, twins.ours, twins.theirs, **options)
    if name == "Adafactor":
        for optimizer in pair:
            twins.gradients()
            with pytest.raises(RuntimeError, match="Adafactor does not support complex param"):
                optimizer.step()
        return
    for _ in range(5):
        twins.gradients(share=0.8)
        for optimizer in pair:
            optimizer.step()
        twins.check()
    for one, other in zip(twins.ours, twins.theirs, strict=True):
        for entry, value in pair[1].state[other].items():
            np.testing.assert_allclose(
                pair[0].state[one][entry].numpy(), value.numpy(), rtol=1e-6, atol=1e-9
            )


@pytest.mark.parametrize("half", ["float16", "bfloat16"])
@pytest.mark.parametrize("name", ["SGD", "Adam", "RMSprop", "NAdam", "ASGD", "Rprop", "Adafactor"])
def test_half_precision_parameters_come_near_those_of_pytorch(name, half):
    twins = Twins(np.float32)
    ours = [nn.Parameter(p.detach().to(getattr(tg, half))) for p in twins.ours]
    theirs = [torch.nn.Parameter(p.detach().to(getattr(torch, half))) for p in twins.theirs]
    # 1e-8 is nothing in float16: PyTorch, which adds it there, gets infinity for small gradients.
    eps = {"eps": 1e-3} if name in ("Adam", "NAdam", "RMSprop") else {}
    pair = optimizers(name, ours, theirs, lr=0.05, **eps)
    for _ in range(5):
        for one, other in zip(ours, theirs, strict=True):
            g = np.asarray(twins.random.standard_normal(one.shape), np.float32)
            g += np.copysign(0.5, g)  # a thousandth of a small square is lost in float16
            one.grad = tg.tensor(g).to(one.dtype)
            other.grad = torch.tensor(g).to(other.dtype)
        for optimizer in pair:
            optimizer.step()
    resolution = tg.finfo(ours[0].dtype).eps
    for one, other in zip(ours, theirs, strict=True):
        assert one.dtype is getattr(tg, half)
        # PyTorch rounds after each operation, five steps of about five each.
        np.testing.assert_allclose(
            one.detach().float().numpy(), other.detach().float().numpy(),
            rtol=10 * resolution, atol=4 * resolution,
        )  # fmt: skip


@pytest.mark.parametrize("options", [
    {}, {"lr": 0.1, "nesterov": False, "weight_decay": 0.0}, {"adjust_lr_fn": "match_rms_adamw"},
    {"lr": 0.05, "momentum": 0.5, "ns_steps": 3, "ns_coefficients": (3.0, -4.0, 2.0)},
], ids=label)  # fmt: skip
def test_muon_agrees_to_the_resolution_of_its_bfloat16(options):
    twins = Twins()
    at = [n for n, p in enumerate(twins.ours) if p.ndim == 2]
    twins.ours, twins.theirs = ([ps[n] for n in at] for ps in (twins.ours, twins.theirs))
    pair = optimizers("Muon", twins.ours, twins.theirs, **options)
    for _ in range(STEPS):
        twins.gradients(share=0.9)
        for optimizer in pair:
            optimizer.step()
    for one, other in zip(twins.ours, twins.theirs, strict=True):
        scale = pair[0].param_groups[0]["lr"] * max(one.shape) ** 0.5
        np.testing.assert_allclose(
            one.detach().numpy(), other.detach().numpy(), rtol=0, atol=scale / 128
        )
        np.testing.assert_allclose(
            pair[0].state[one]["momentum_buffer"].numpy(),
            pair[1].state[other]["momentum_buffer"].numpy(),
        )


@pytest.mark.parametrize(("name", "options"), OPTIONS, ids=label)
def test_a_learning_rate_may_be_a_tensor(name, options):
    twins = Twins()
    pair = [
        getattr(library.optim, name)(ps, **options | {"lr": library.tensor(0.03)})
        for library, ps in ((tg, twins.ours), (torch, twins.theirs))
    ]
    for step in range(6):
        twins.gradients()
        for optimizer in pair:
            if step == 3:
                optimizer.param_groups[0]["lr"].mul_(0.5)
            optimizer.step()
        twins.check()


@pytest.mark.parametrize("name", sorted({name for name, _ in OPTIONS} | {"LBFGS", "SparseAdam"}))
def test_options_and_their_defaults_are_pytorchs(name):
    here, there = (inspect.signature(getattr(t.optim, name)) for t in (tg, torch))
    assert [(p.name, p.kind, p.default) for p in here.parameters.values()] == [
        (p.name, p.kind, p.default) for p in there.parameters.values()
    ]
    pair = optimizers(name, [tg.zeros(2)], [torch.zeros(2)])
    assert pair[0].defaults == pair[1].defaults
    assert repr(pair[0]) == repr(pair[1])


def test_every_public_name_of_pytorchs_optim_is_here():
    assert set(torch.optim.__all__) <= set(tg.optim.__all__)
    schedules = torch.optim.lr_scheduler
    assert set(schedules.__all__) <= set(tg.optim.lr_scheduler.__all__)
    assert set(torch.optim.swa_utils.__all__) <= set(tg.optim.swa_utils.__all__)
    base = importlib.import_module("torch.optim.optimizer")
    assert set(base.__all__) <= set(dir(tg.optim.optimizer))
    inside = {
        "OptimizerPostHook", "OptimizerPreHook",  # types of hooks
        "profile_hook_step",  # for PyTorch's profiler, in whose place are recordings
    }  # fmt: skip
    public = {name for name in dir(torch.optim.Optimizer) if not name.startswith("_")}
    assert public - inside <= set(dir(tg.optim.Optimizer))


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
    assert ours["param_groups"] == theirs["param_groups"]


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
