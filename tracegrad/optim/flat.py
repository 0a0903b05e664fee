"""Optimizers whose mathematics works on each element by itself: they run on buckets."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tracegrad._tensor import Tensor
from tracegrad.autograd.mode import enable_grad
from tracegrad.backend.geometry import overlaps_itself, span
from tracegrad.optim import bucket as buckets
from tracegrad.optim.bucket import Bucket
from tracegrad.optim.optimizer import Optimizer
from tracegrad.optim.options import number
from tracegrad.optim.writes import place_of


@dataclass(frozen=True, slots=True)
class _Plan:
    """Buckets of the parameters of a group that had gradients when they were made."""

    parameters: tuple[int, ...]
    names: tuple[str, ...]
    buckets: tuple[Bucket, ...]


class FlatOptimizer(Optimizer):
    """Base of the optimizers that update each element by itself.

    A subclass says what it keeps (`_numbers`, `_arrays`) and how one bucket is updated (`_update`).
    """

    def _numbers(self, group: Mapping[str, Any]) -> dict[str, float]:
        """Numbers that are kept of each parameter, with their first values: `numbers`, by name."""
        return dict.fromkeys(self.numbers, 0.0)

    def _arrays(self, group: Mapping[str, Any]) -> dict[str, float]:
        """Arrays that are kept of each parameter, with what fills them at first."""
        raise NotImplementedError(f"{type(self).__name__} does not say what it keeps")

    def _update(self, bucket: Bucket, group: Mapping[str, Any]) -> None:
        """One step of the parameters of one bucket."""
        raise NotImplementedError(f"{type(self).__name__} does not say how to update")

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Change every parameter that has a gradient.

        Args:
            closure: computes the loss again and returns it, with gradients.
        """
        loss = None
        if closure is not None:
            with enable_grad():
                loss = closure()
        place = place_of(self)
        for n, group in enumerate(self.param_groups):
            for bucket in self._current_buckets(n, group):
                bucket.begin(place)
                self._update(bucket, group)
                bucket.end()
        return loss

    def _current_buckets(self, n: int, group: Mapping[str, Any]) -> tuple[Bucket, ...]:
        """Buckets of the parameters that have gradients now: those of the last step if they still
        hold, see Note [Buckets].
        """
        present = [
            p
            for p in group["params"]
            if p._accumulator is not None and p._accumulator.grad is not None
        ]
        key = tuple([id(p) for p in present])
        names = (*self.numbers, *self._arrays(group))
        plan = self._plans.get(n)
        if (
            plan is None
            or plan.parameters != key
            or plan.names != names
            or not all(bucket.is_current(self.state) for bucket in plan.buckets)
        ):
            plan = _Plan(key, names, self._make_buckets(n, group, present))
            self._plans[n] = plan
        return plan.buckets

    def _make_buckets(
        self, n: int, group: Mapping[str, Any], parameters: Sequence[Tensor]
    ) -> tuple[Bucket, ...]:
        """Buckets of parameters of a group, whose state shows their arrays from then on."""
        numbers, arrays = self._numbers(group), self._arrays(group)
        alike = self._alike(n, parameters, numbers, arrays)
        return tuple(Bucket(ps, self.state, numbers, arrays) for ps in alike)

    def _alike(
        self,
        n: int,
        parameters: Sequence[Tensor],
        numbers: Mapping[str, float],
        arrays: Mapping[str, float],
    ) -> list[list[Tensor]]:
        """Parameters that can share a bucket: small ones of one dtype and device that show no
        memory of others, whose numbers are equal and of which the same arrays are kept.
        """
        found: dict[Any, list[Tensor]] = {}
        meeting = _meeting(parameters)
        for at, p in enumerate(parameters):
            array, entry = p._array, self.state[p]
            self._check_entry(n, p, entry, arrays)
            if overlaps_itself(array):
                raise RuntimeError(
                    f"{self._called(n, p)} shows one element at several indices, so a step cannot "
                    "be written into it\n  try: nn.Parameter(x.clone())"
                )
            alone = at if array.size > buckets.SMALL or at in meeting else None
            counts = tuple([number(entry.get(name, first)) for name, first in numbers.items()])
            missing = tuple([name for name in arrays if entry.get(name) is None])
            key = alone, array.dtype, str(p.device), counts, missing
            found.setdefault(key, []).append(p)
        return list(found.values())

    def _check_entry(
        self, n: int, p: Tensor, entry: Mapping[str, Any], names: Mapping[str, float]
    ) -> None:
        """Refuse state that is not the parameter's.

        Raises:
            ValueError: it is no tensor, or has another shape.
        """
        for name in names:
            value = entry.get(name)
            if value is not None and getattr(value, "shape", None) != p.shape:
                kind = isinstance(value, Tensor)
                got = f"of shape {list(value.shape)}" if kind else type(value).__name__
                raise ValueError(
                    f"optimizer state has '{name}' {got} for a parameter of shape {list(p.shape)}"
                    f"\n  at: {self._called(n, p)}"
                )

    def _check_loaded(
        self, n: int, p: Tensor, entry: Mapping[str, Any], group: Mapping[str, Any]
    ) -> None:
        self._check_entry(n, p, entry, self._arrays(group))


def _meeting(parameters: Sequence[Tensor]) -> set[int]:
    """Which parameters show memory that another shows too: they are updated one after the other, in
    their order.
    """
    extents = sorted((span(p._array), n) for n, p in enumerate(parameters) if p._array.size)
    found: set[int] = set()
    reached = last = -1
    for (low, high), n in extents:
        if low < reached:
            found |= {n, last}
        if high > reached:
            reached, last = high, n
    return found
