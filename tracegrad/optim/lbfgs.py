"""L-BFGS."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from tracegrad._tensor import Tensor
from tracegrad.autograd.mode import enable_grad
from tracegrad.backend.device import Array, copied, namespace_of
from tracegrad.optim.bucket import REAL
from tracegrad.optim.line_search import Point, strong_wolfe
from tracegrad.optim.one_by_one import wide
from tracegrad.optim.optimizer import Optimizer
from tracegrad.optim.options import check_rate, number
from tracegrad.optim.writes import Place, begin_writes, end_writes, place_of

LEAST_CURVATURE = 1e-10
"""Of a pair of steps and gradient changes that is remembered."""


class LBFGS(Optimizer):
    """Newton's method with curvature guessed from the last gradients.

    One step is up to `max_iter` iterations, each of which evaluates `closure` at least once. For
    the gradient of all data; all parameters in one group.

    Args:
        lr: step length, and the first one that a line search tries.
        max_iter: iterations in a step.
        max_eval: evaluations in a step; `None` is 1.25 times `max_iter`.
        tolerance_grad: stop when no element of the gradient is larger.
        tolerance_change: stop when neither loss nor any parameter changes more.
        history_size: how many gradients are remembered.
        line_search_fn: `strong_wolfe`, or `None` for steps of length `lr`.

    Source: Nocedal and Wright 2006, "Numerical optimization", algorithms 7.4 and 7.5.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float | Tensor = 1,
        max_iter: int = 20,
        max_eval: int | None = None,
        tolerance_grad: float = 1e-7,
        tolerance_change: float = 1e-9,
        history_size: int = 100,
        line_search_fn: str | None = None,
    ) -> None:
        check_rate(lr)
        options = {
            "lr": lr, "max_iter": max_iter,
            "max_eval": max_iter * 5 // 4 if max_eval is None else max_eval,
            "tolerance_grad": tolerance_grad, "tolerance_change": tolerance_change,
            "history_size": history_size, "line_search_fn": line_search_fn,
        }  # fmt: skip
        super().__init__(params, options)
        if len(self.param_groups) != 1:
            raise ValueError("LBFGS doesn't support per-parameter options (parameter groups)")

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Go down until a limit is reached.

        Args:
            closure: clears the gradients, computes the loss again with gradients, and returns it.

        Returns:
            The loss at the start.
        """
        if closure is None:
            raise TypeError(
                "LBFGS.step() needs a closure, which it calls several times\n"
                "  try: optimizer.step(closure), where closure() clears the gradients, computes "
                "the loss, calls backward() and returns the loss"
            )
        group = self.param_groups[0]
        if group["line_search_fn"] not in (None, "strong_wolfe"):
            raise RuntimeError("only 'strong_wolfe' is supported")
        return _Descent(group, self.state[group["params"][0]], closure, place_of(self)).run()


class _Descent:
    """One step of L-BFGS: it begins with what the last one left in the optimizer's state."""

    def __init__(
        self,
        group: Mapping[str, Any],
        state: dict[str, Any],
        closure: Callable[[], Any],
        place: Place,
    ) -> None:
        self.group, self.state, self.closure, self.place = group, state, closure, place
        self.parameters: list[Tensor] = group["params"]
        self.lr = number(group["lr"])
        self.memory = _Memory.of(state, group["history_size"])
        self.evaluations = 0
        state.setdefault("func_evals", 0)
        state.setdefault("n_iter", 0)

    def run(self) -> Any:
        """Iterate, and keep the state. The loss at the start."""
        first_loss = self._loss()
        loss, gradient = number(first_loss), self._gradient()
        group, state = self.group, self.state
        if _largest(gradient) <= group["tolerance_grad"]:
            return first_loss
        before = _Before.of(state)
        for n in range(1, group["max_iter"] + 1):
            state["n_iter"] += 1
            if state["n_iter"] == 1:
                direction = -gradient
                self.memory = _Memory([], [], [], 1.0, group["history_size"])
            else:
                self.memory.learn(gradient - before.gradient, before.direction * before.t)
                direction = self.memory.newton_direction(gradient)
            t = self.lr
            if state["n_iter"] == 1:
                t *= min(1.0, 1.0 / number(abs(gradient).sum()))
            before = _Before(direction, t, gradient, loss)
            slope = _dot(gradient, direction)
            if slope > -group["tolerance_change"]:
                break
            is_last = n == group["max_iter"]
            here = self._move(Point(0, loss, gradient, slope), direction, t, is_last)
            before.t, change = here.t, here.loss - loss
            loss, gradient = here.loss, here.gradient
            if is_last or self.evaluations >= group["max_eval"]:
                break
            if _largest(gradient) <= group["tolerance_grad"]:
                break
            if _largest(direction * here.t) <= group["tolerance_change"]:
                break
            if abs(change) < group["tolerance_change"]:
                break
        state |= before.as_state() | self.memory.as_state()
        return first_loss

    def _move(self, start: Point, direction: Array, t: float, is_last: bool) -> Point:
        """Go along a direction, as far as a line search says if there is one."""
        if self.group["line_search_fn"] is None:
            self._add(direction * t)
            if is_last:  # nobody asks for the loss there
                return Point(t, start.loss, start.gradient, start.slope)
            return Point(t, number(self._loss()), self._gradient(), None)
        home = [copied(p._array) for p in self.parameters]

        def evaluate(t: float) -> Point:
            self._add(direction * t)
            loss, gradient = number(self._loss()), self._gradient()
            self._write(home)
            return Point(t, loss, gradient, _dot(gradient, direction))

        found, _ = strong_wolfe(
            evaluate, start, t, _largest(direction), self.group["tolerance_change"],
            self.group["max_eval"] - self.evaluations,
        )  # fmt: skip
        self._add(direction * float(found.t))
        return found

    # -- parameters as one vector ------------------------------------------------------------------

    def _loss(self) -> Any:
        self.evaluations += 1
        self.state["func_evals"] += 1
        with enable_grad():
            return self.closure()

    def _gradient(self) -> Array:
        """All gradients in a row; zeros where there are none."""
        xp = namespace_of(self.parameters[0]._array)
        parts = []
        for p in self.parameters:
            array = xp.zeros_like(p._array) if p.grad is None else p.grad._array
            parts.append(_as_real(wide(array)))
        return xp.concatenate(parts)

    def _add(self, update: Array) -> None:
        """Add each parameter's part of a vector to it, one after the other: they may overlap."""
        noted = begin_writes(self.parameters)
        start = 0
        for p in self.parameters:
            values = wide(p._array)
            flat = _as_real(values)
            end = start + flat.size
            changed = flat + update[start:end].astype(flat.dtype)
            p._array[...] = changed.view(values.dtype).reshape(values.shape)
            start = end
        end_writes(self.parameters, noted, self.place)

    def _write(self, values: list[Array]) -> None:
        noted = begin_writes(self.parameters)
        for p, value in zip(self.parameters, values, strict=True):
            p._array[...] = value
        end_writes(self.parameters, noted, self.place)


@dataclass(slots=True)
class _Before:
    """The iteration before: where it went, how far, and from where."""

    direction: Array
    t: float
    gradient: Array
    loss: float

    @staticmethod
    def of(state: Mapping[str, Any]) -> Any:
        """As the last step left it; `None` before the first."""
        if "d" not in state:
            return None
        return _Before(
            state["d"]._array, number(state["t"]), state["prev_flat_grad"]._array,
            number(state["prev_loss"]),
        )  # fmt: skip

    def as_state(self) -> dict[str, Any]:
        return {
            "d": Tensor._of(self.direction), "t": float(self.t),
            "prev_flat_grad": Tensor._of(self.gradient), "prev_loss": self.loss,
        }  # fmt: skip


@dataclass(slots=True)
class _Memory:
    """The last steps and the changes of the gradient along them.

    Attributes:
        changes, steps: of the gradient, and of the parameters, oldest first.
        inverses: of their dot products.
        scale: of the first guess of the inverse Hessian.
        size: how many are remembered.
    """

    changes: list[Array]
    steps: list[Array]
    inverses: list[float]
    scale: float
    size: int

    @staticmethod
    def of(state: Mapping[str, Any], size: int) -> _Memory:
        """As the last step left it."""
        return _Memory(
            [t._array for t in state.get("old_dirs", [])],
            [t._array for t in state.get("old_stps", [])],
            [number(value) for value in state.get("ro", [])],
            number(state.get("H_diag", 1.0)),
            size,
        )

    def as_state(self) -> dict[str, Any]:
        return {
            "old_dirs": [Tensor._of(array) for array in self.changes],
            "old_stps": [Tensor._of(array) for array in self.steps],
            "ro": [float(value) for value in self.inverses],
            "H_diag": float(self.scale),
        }

    def learn(self, change: Array, step: Array) -> None:
        """Remember a step and how the gradient changed, if the curvature along it is positive."""
        curvature = _dot(change, step)
        if not curvature > LEAST_CURVATURE:
            return
        for kept, new in [
            (self.changes, change), (self.steps, step), (self.inverses, 1.0 / curvature),
        ]:  # fmt: skip
            if len(kept) == self.size:
                kept.pop(0)
            kept.append(new)
        self.scale = curvature / _dot(change, change)

    def newton_direction(self, gradient: Array) -> Array:
        """The negative gradient times the guessed inverse Hessian: the two loops."""
        direction = -gradient
        shares = []
        pairs = list(zip(self.changes, self.steps, self.inverses, strict=True))
        for change, step, inverse in reversed(pairs):
            shares.append(_dot(step, direction) * inverse)
            direction = direction - change * float(shares[-1])
        direction = direction * float(self.scale)
        for change, step, inverse in pairs:
            back = _dot(change, direction) * inverse
            direction = direction + step * float(shares.pop() - back)
        return direction


def _dot(x: Array, y: Array) -> Any:
    """As a number that divides by zero without raising."""
    return np.float64(float(namespace_of(x).dot(x, y)))


def _largest(x: Array) -> float:
    return float(abs(x).max(initial=0.0))


def _as_real(array: Array) -> Array:
    """All elements in a row, complex ones as pairs."""
    return array.reshape(-1).view(REAL.get(array.dtype, array.dtype))
