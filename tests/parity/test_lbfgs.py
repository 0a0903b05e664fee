"""L-BFGS takes PyTorch's steps: the same points, from the same number of evaluations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tracegrad as tg

torch = pytest.importorskip("torch", reason="extra `parity` is not installed")
pytestmark = pytest.mark.parity


def rosenbrock(x: Any) -> Any:
    return (100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2).sum()


def bumps(x: Any) -> Any:
    return ((x**2).sum() + 3 * (3 * x).cos().sum() + 0.1 * (x**4).sum()) / 10


class Minimum:
    """One minimisation, here or in PyTorch."""

    def __init__(
        self, library: Any, function: Callable[[Any], Any], start: Any, dtype: str, **options: Any
    ) -> None:
        # Two parameters, one without a gradient: all are one vector to L-BFGS.
        self.x = library.tensor(start, dtype=getattr(library, dtype), requires_grad=True)
        self.idle = library.ones(2, dtype=getattr(library, dtype), requires_grad=True)
        self.function, self.calls, self.points = function, 0, []
        self.optimizer = library.optim.LBFGS([self.x, self.idle], **options)

    def closure(self) -> Any:
        self.calls += 1
        self.points.append(self.x.tolist())
        self.optimizer.zero_grad()
        loss = self.function(self.x)
        loss.backward()
        return loss

    def step(self) -> tuple[float, list[float], int, int, int]:
        loss = self.optimizer.step(self.closure).item()
        state = self.optimizer.state[self.x]
        return loss, self.x.tolist(), self.calls, state["func_evals"], state["n_iter"]


OPTIONS = [
    {"line_search_fn": "strong_wolfe"},
    {"line_search_fn": "strong_wolfe", "max_iter": 3, "history_size": 2},
    {"line_search_fn": "strong_wolfe", "lr": 0.1, "max_iter": 5, "max_eval": 7},
    {"line_search_fn": "strong_wolfe", "max_iter": 1},
    {"line_search_fn": "strong_wolfe", "max_iter": 4, "tolerance_change": 1e-3},
    {"line_search_fn": "strong_wolfe", "max_iter": 4, "tolerance_grad": 1e-1},
    {"line_search_fn": "strong_wolfe", "max_eval": 1},
    {"lr": 1e-3, "max_iter": 6},
    {"lr": 0.05, "max_iter": 4, "history_size": 3, "max_eval": 3},
    {"lr": 0.05, "max_iter": 1},
]


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("function", [rosenbrock, bumps], ids=lambda f: f.__name__)
@pytest.mark.parametrize("start", [[-1.2, 1.0], [0.5, -1.5, 2.0, 0.1]], ids=len)
def test_every_point_that_is_tried_is_pytorchs(options, function, start):
    pair = [Minimum(library, function, start, "float64", **options) for library in (tg, torch)]
    for _ in range(12):
        ours, theirs = (one.step() for one in pair)
        assert ours[2:] == theirs[2:]
        np.testing.assert_allclose(ours[0], theirs[0], rtol=1e-6, atol=1e-14)
        np.testing.assert_allclose(ours[1], theirs[1], rtol=1e-7)
    np.testing.assert_allclose(pair[0].points, pair[1].points, rtol=1e-6)
    assert pair[0].idle.tolist() == [1.0, 1.0]


def test_rosenbrocks_minimum_is_found():
    search = Minimum(tg, rosenbrock, [-1.2, 1.0], "float64", line_search_fn="strong_wolfe")
    for _ in range(4):
        search.step()
    assert search.x.tolist() == pytest.approx([1.0, 1.0], abs=1e-4)


@pytest.mark.parametrize("kind", ["complex128", "float16"])
def test_other_dtypes_come_to_pytorchs_minimum(kind):
    def quadratic(x: Any) -> Any:
        return ((x - 0.5) * (x - 0.5).conj()).real.sum() if kind == "complex128" else (
            ((x - 0.5) ** 2).sum()
        )  # fmt: skip

    start = [1.0 + 2j, -1.0] if kind == "complex128" else [1.0, -1.0]
    pair = [Minimum(library, quadratic, start, kind, max_iter=5) for library in (tg, torch)]
    ours, theirs = ([one.step() for _ in range(3)][-1][1] for one in pair)
    np.testing.assert_allclose(ours, theirs, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("search", [None, "strong_wolfe"])
@pytest.mark.parametrize("ways", [(tg, torch), (torch, tg), (tg, tg)], ids=["out", "in", "own"])
def test_a_search_goes_on_from_a_saved_state(search, ways):
    options = {"max_iter": 3, "line_search_fn": search, "lr": 1e-3 if search is None else 1}
    first = Minimum(ways[0], rosenbrock, [-1.2, 1.0], "float64", **options)
    for _ in range(3):
        first.step()
    second = Minimum(ways[1], rosenbrock, first.x.tolist(), "float64", **options)
    saved = first.optimizer.state_dict()
    second.optimizer.load_state_dict(translated(saved) if ways == (tg, torch) else saved)
    for _ in range(3):
        np.testing.assert_allclose(first.step()[1], second.step()[1], rtol=1e-9)


def translated(value: Any) -> Any:
    """A state dict of ours for PyTorch."""
    if isinstance(value, tg.Tensor):
        return torch.tensor(value.numpy())
    if isinstance(value, dict):
        return {k: translated(v) for k, v in value.items()}
    return [translated(v) for v in value] if isinstance(value, list) else value


@pytest.mark.parametrize(
    "call",
    [
        lambda t, p: t.optim.LBFGS([p], lr=-1),
        lambda t, p: t.optim.LBFGS([{"params": [p]}, {"params": [t.zeros(1)]}]),
        lambda t, p: t.optim.LBFGS([p]).step(),
        lambda t, p: t.optim.LBFGS([p], line_search_fn="armijo").step(lambda: backward(p)),
    ],
)
def test_wrong_use_raises_pytorchs_class(call):
    errors = []
    for library in (tg, torch):
        with pytest.raises((ValueError, TypeError, RuntimeError)) as error:
            call(library, library.ones(1, requires_grad=True))
        errors.append(error.type)
    assert errors[0] is errors[1]


def backward(p: Any) -> Any:
    loss = (p**2).sum()
    loss.backward()
    return loss


def test_a_line_search_between_forward_and_backward_is_named():
    x = tg.ones(2, requires_grad=True)
    kept = (x * x).sum()
    optimizer = tg.optim.LBFGS([x], max_iter=2, line_search_fn="strong_wolfe")

    def closure() -> tg.Tensor:
        optimizer.zero_grad()
        loss = (x**4).sum()
        loss.backward()
        return loss

    optimizer.step(closure)
    with pytest.raises(tg.InplaceModificationError, match=r"by LBFGS\.step"):
        kept.backward()
