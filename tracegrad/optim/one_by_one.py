"""Optimizers that look at a parameter as a whole: its rows and columns, its norm."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from tracegrad import dtypes
from tracegrad._tensor import Tensor
from tracegrad.autograd.mode import enable_grad
from tracegrad.backend.device import Array, as_array, namespace_of, on_device
from tracegrad.optim.bucket import HALF_TYPES
from tracegrad.optim.optimizer import Optimizer
from tracegrad.optim.options import number
from tracegrad.optim.writes import Place, about_to_write, begin_writes, end_writes, place_of
from tracegrad.storage import storage_of


class OneByOneOptimizer(Optimizer):
    """Base of the optimizers that update one parameter at a time."""

    _place: Place

    def _updated(self, p: Tensor, group: Mapping[str, Any]) -> Array:
        """The values of a parameter after one step, in the precision that was computed in."""
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
        self._place = place_of(self)
        for n, group in enumerate(self.param_groups):
            for p in group["params"]:
                if p.grad is None:
                    continue
                if p.is_complex():
                    raise RuntimeError(
                        f"{type(self).__name__} does not support complex parameters\n"
                        f"  {self._called(n, p)} is one"
                    )
                noted = begin_writes([p])
                p._array[...] = self._updated(p, group)
                end_writes([p], noted, self._place)
        return loss

    def _count(self, p: Tensor) -> float:
        """One more step of a parameter; as a Python number."""
        steps = number(self.state[p].get("step", 0.0)) + 1
        wide_count = dtypes.get_default_dtype() is dtypes.float64
        self._keep(p, "step", np.asarray(steps, float if wide_count else np.float32))
        return steps

    def _mean(self, p: Tensor, name: str, value: Array, share: float) -> Array:
        """A running mean in a parameter's state, after it went by a share towards a value.

        It is kept in the parameter's dtype, and is zero at first.
        """
        before = self.state[p].get(name)
        if before is None:
            start = namespace_of(value).zeros_like(value)
        else:
            kept = on_device(before._array, p.device)
            start = wide(kept.astype(p._array.dtype, copy=False))  # p may have been converted
        return wide(self._keep(p, name, between(start, value, share).astype(p._array.dtype)))

    def _keep(self, p: Tensor, name: str, value: Array) -> Array:
        """Put an array into a parameter's state: into the tensor that is there."""
        value = as_array(value)
        tensor = self.state[p].get(name)
        if not isinstance(tensor, Tensor):
            tensor = self.state[p][name] = Tensor._of(value)
        storage = storage_of(tensor)
        about_to_write([storage])
        tensor._array = value
        storage.wrote(*self._place, None)
        return value


def wide(array: Array) -> Array:
    """An array to compute with: half precision as float32."""
    return array.astype(np.float32) if array.dtype in HALF_TYPES else array


def between(start: Array, end: Array, share: float) -> Array:
    """From start to end by a share of the way; exact at both."""
    if share < 0.5:
        return start + (end - start) * share
    return end - (end - start) * (1 - share)
