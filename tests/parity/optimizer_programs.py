"""A program with one optimizer, run by tracegrad and by PyTorch side by side: after each action
parameters, state and options are equal, or both refused it.
"""

from __future__ import annotations

import copy
import math
import pickle
import warnings
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch

import tracegrad as tg
from tests.parity.programs import refused

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Act:
    """One action: the name of a method of `Side`, and what it is called with."""

    name: str
    arguments: tuple[Any, ...] = ()

    def __repr__(self) -> str:
        return f"{self.name}({', '.join(map(repr, self.arguments))})"


@dataclass(frozen=True)
class Program:
    """An optimizer over parameters of these shapes and layouts, and what is done with them."""

    kind: str
    options: dict[str, Any]
    shapes: tuple[tuple[int, ...], ...]
    layout: str
    acts: tuple[Act, ...]
    dtype: str = "float64"


class Side:
    """The program's world in one library. Numbers are drawn alike in both.

    Attributes:
        told: what an action gave back, to be compared.
    """

    def __init__(self, library: Any, program: Program) -> None:
        self.library = library
        self.dtype = getattr(library, program.dtype)
        self.random = np.random.default_rng(1)
        self.kind = program.kind
        self.parameters = [self.parameter(shape, program.layout) for shape in program.shapes]
        if program.layout == "one storage":
            self.parameters = self.neighbours(len(program.shapes))
        self.optimizer = self.made(self.parameters, **program.options)
        self.schedulers: list[Any] = []
        self.told: Any = None

    # -- parameters ----------------------------------------------------------------------------

    def drawn(self, shape: tuple[int, ...]) -> Any:
        return self.library.tensor(np.asarray(self.random.normal(size=shape)), dtype=self.dtype)

    def parameter(self, shape: tuple[int, ...], layout: str = "plain") -> Any:
        parameter = self.library.nn.Parameter
        if layout == "transposed":
            return parameter(self.drawn(shape[::-1]).permute(tuple(reversed(range(len(shape))))))
        if layout == "gaps":
            return parameter(self.drawn((*shape, 2))[..., 1])
        return parameter(self.drawn(shape))

    def neighbours(self, count: int) -> list[Any]:
        """Parameters that are rows of one storage; each meets the next in an element."""
        base = self.drawn((3 * count + 1,))
        parameter = self.library.nn.Parameter
        return [parameter(base[3 * n : 3 * n + 4]) for n in range(count)]

    def made(self, parameters: Any, **options: Any) -> Any:
        return getattr(self.library.optim, self.kind)(parameters, **options)

    # -- gradients and steps -------------------------------------------------------------------

    def gradients(self, share: float) -> None:
        """New ones for about a share of the parameters, none for the others."""
        for p in self.parameters:
            g = self.drawn(tuple(p.shape))
            p.grad = g if self.random.random() < share else None

    def step(self, share: float = 1.0) -> None:
        self.gradients(share)
        self.optimizer.step()

    def again(self) -> None:
        """A step with the gradients that are there."""
        self.optimizer.step()

    def closure(self) -> None:
        """A step that computes its own gradients."""
        self.told = float(self.optimizer.step(self.evaluated))

    def evaluated(self) -> Any:
        self.optimizer.zero_grad()
        losses = [((p - 0.3) ** 2 * (n + 1)).sum() for n, p in enumerate(self.parameters)]
        total = sum(losses[1:], losses[0])
        total.backward()
        return total

    def backward(self) -> None:
        """Gradients that are added to those that are there."""
        sum([(p * p).sum() for p in self.parameters]).backward()

    def zero(self, set_to_none: bool) -> None:
        self.optimizer.zero_grad(set_to_none)

    def clip_norm(self, most: float, norm_type: float) -> None:
        clip = self.library.nn.utils.clip_grad_norm_
        self.told = float(clip(self.parameters, most, norm_type))

    def clip_value(self, most: float) -> None:
        if any(p.grad is not None for p in self.parameters):  # none at all PyTorch refuses
            self.library.nn.utils.clip_grad_value_(self.parameters, most)

    # -- what is done to parameters ------------------------------------------------------------

    def write(self, n: int) -> None:
        with self.library.no_grad():
            self.parameters[n % len(self.parameters)].mul_(0.5).add_(0.1)

    def replace(self, n: int) -> None:
        p = self.parameters[n % len(self.parameters)]
        p.data = self.drawn(tuple(p.shape))

    def freeze(self, n: int) -> None:
        p = self.parameters[n % len(self.parameters)]
        p.requires_grad_(not p.requires_grad)

    # -- options -------------------------------------------------------------------------------

    def set_option(self, name: str, value: Any) -> None:
        for group in self.optimizer.param_groups[-1:]:
            if name in group:
                group[name] = value

    def scale_rate(self, factor: float) -> None:
        for group in self.optimizer.param_groups:
            group["lr"] *= factor

    def add_group(self, shape: tuple[int, ...], options: dict[str, Any]) -> None:
        p = self.parameter(shape)
        self.optimizer.add_param_group({"params": [p], **options})
        self.parameters.append(p)

    def schedule(self, text: str) -> None:
        names = {"s": self.library.optim.lr_scheduler, "o": self.optimizer}
        self.schedulers.append(eval(f"s.{text}", names))

    def schedulers_step(self) -> None:
        for scheduler in self.schedulers:
            if type(scheduler).__name__ == "ReduceLROnPlateau":
                scheduler.step(float(self.random.uniform()))
            else:
                scheduler.step()

    # -- copies --------------------------------------------------------------------------------

    def deepcopy(self) -> None:
        world = (self.parameters, self.optimizer, self.schedulers)
        self.parameters, self.optimizer, self.schedulers = copy.deepcopy(world)

    def pickle(self) -> None:
        both = pickle.dumps((self.parameters, self.optimizer))
        self.parameters, self.optimizer = pickle.loads(both)
        self.schedulers = []

    def reload(self) -> None:
        """A new optimizer with the old one's state, of which all options come."""
        state = self.optimizer.state_dict()
        groups = [{"params": group["params"]} for group in self.optimizer.param_groups]
        self.optimizer = self.made(groups)
        self.optimizer.load_state_dict(state)
        self.schedulers = []

    def load(self, state: Any) -> None:
        """The state of the other library's optimizer."""
        self.optimizer.load_state_dict(state)


# -- running ---------------------------------------------------------------------------------------


def difference(program: Program) -> str:
    """What tracegrad does otherwise than PyTorch, and after which action; nothing if they agree."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made = [attempted(partial(Side, library, program)) for library in (tg, torch)]
        (ours, own_error), (theirs, error) = made
        if error or own_error:
            return "" if refused(own_error, error) else f"ours {own_error!r}, PyTorch {error!r}"
        for n, act in enumerate(program.acts):
            sides = ((ours, theirs), (theirs, ours))
            errors = [attempted(partial(done, *pair, act))[1] for pair in sides]
            if errors[0] is None and isinstance(errors[1], KeyError):
                return (
                    ""  # the state of an option that was switched on later begins here, not there
                )
            if any(errors):
                both = f"ours {errors[0]!r}, PyTorch {errors[1]!r}"
                return "" if refused(*errors) else f"after {n} actions, at {act}: {both}"
            if found := compared(ours, theirs, program):
                return f"after {n} actions, at {act}: {found}"
    return ""


def attempted(call: Any) -> tuple[Any, Exception | None]:
    try:
        return call(), None
    except Exception as error:
        return None, error


def done(side: Side, other: Side, act: Act) -> None:
    side.told = None
    if act.name == "exchange":
        side.load(in_library(side.library, other.optimizer.state_dict()))
    else:
        getattr(side, act.name)(*act.arguments)


def in_library(library: Any, value: Any) -> Any:
    """A state dict with tensors that a library reads: ours reads PyTorch's."""
    if hasattr(value, "detach"):
        return torch.tensor(value.detach().numpy()) if library is torch else value
    if isinstance(value, dict):
        return {k: in_library(library, v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return type(value)([in_library(library, v) for v in value])
    return value


def compared(ours: Side, theirs: Side, program: Program) -> str:
    """How the two worlds differ."""
    tolerance = 1e-9 if program.dtype == "float64" else 1e-4
    if ours.kind in LOOSE:
        tolerance = max(tolerance, LOOSE[ours.kind])
    pairs = [("told", ours.told, theirs.told)]
    for n, (p, q) in enumerate(zip(ours.parameters, theirs.parameters, strict=True)):
        pairs += [(f"parameter {n}", p, q), (f"gradient {n}", p.grad, q.grad)]
    pairs.append(("state", *(saved(side.optimizer) for side in (ours, theirs))))
    pairs += [
        (f"rates of scheduler {n}", s.get_last_lr(), t.get_last_lr())
        for n, (s, t) in enumerate(zip(ours.schedulers, theirs.schedulers, strict=True))
    ]
    return next((found for pair in pairs if (found := unequal(*pair, tolerance))), "")


def saved(optimizer: Any) -> dict[str, Any]:
    """The state dict without parameters of which nothing is kept, and what is not read again."""
    state = optimizer.state_dict()
    for group in state["param_groups"]:
        group.pop("differentiable", None)  # which copies of PyTorch's optimizers all get
    kept = {
        at: {name: value for name, value in entry.items() if name != "al"}
        for at, entry in state["state"].items()
        if entry
    }
    return {**state, "state": kept}


LOOSE = {"LBFGS": 1e-6}
"""Optimizers that divide by small differences."""


def unequal(name: str, got: Any, wanted: Any, tolerance: float) -> str:
    """Where two values differ; nothing if they do not."""
    if isinstance(wanted, dict):
        if not isinstance(got, dict) or got.keys() != wanted.keys():
            return f"{name} has {sorted(map(str, got))}, in PyTorch {sorted(map(str, wanted))}"
        parts: Any = [(f"{name}[{k!r}]", got[k], wanted[k]) for k in wanted]
        return next((f for part in parts if (f := unequal(*part, tolerance))), "")
    if isinstance(wanted, list | tuple):
        if len(got) != len(wanted):
            return f"{name} has {len(got)} parts, in PyTorch {len(wanted)}"
        parts = [(f"{name}[{n}]", a, b) for n, (a, b) in enumerate(zip(got, wanted, strict=True))]
        return next((f for part in parts if (f := unequal(*part, tolerance))), "")
    if hasattr(wanted, "detach") or isinstance(wanted, float):
        if got is None:
            return f"{name} is None, in PyTorch {wanted}"
        a, b = (
            np.asarray(t.detach().numpy() if hasattr(t, "detach") else t) for t in (got, wanted)
        )
        if b.dtype == np.float32:  # as of a count in a state of float64
            tolerance = max(tolerance, 2e-6)
        near = a.shape == b.shape and np.allclose(
            a, b, rtol=tolerance, atol=tolerance * max(1.0, _largest(b)), equal_nan=True
        )
        return "" if near else f"{name} is {a.tolist()}, in PyTorch {b.tolist()}"
    return "" if got == wanted else f"{name} is {got!r}, in PyTorch {wanted!r}"


def _largest(array: Array) -> float:
    finite = np.abs(array[np.isfinite(array)])
    return float(finite.max(initial=0.0)) if array.size else math.nan
