"""Losses scaled up so that gradients in few bits do not vanish."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from typing import Any

from tracegrad._tensor import Tensor
from tracegrad.autograd.mode import no_grad
from tracegrad.backend.device import Device, cuda_is_available
from tracegrad.ops.install import functions


class GradScaler:
    """Scale a loss, take the scale off its gradients, skip steps whose gradients overflowed.

    Args:
        device: on one that is not here the scaler is switched off with a warning, as in PyTorch.
        init_scale: the first scale.
        growth_factor: times the scale after `growth_interval` steps without overflow.
        backoff_factor: times the scale after an overflow.
        enabled: `False` makes everything an ordinary step.

    Source: Micikevicius et al. 2018, "Mixed precision training", section 3.2.
    """

    def __init__(
        self,
        device: str = "cuda",
        init_scale: float = 2.0**16,
        growth_factor: float = 2.0,
        backoff_factor: float = 0.5,
        growth_interval: int = 2000,
        enabled: bool = True,
    ) -> None:
        if enabled and Device(device).type == "cuda" and not cuda_is_available():
            warnings.warn(
                "GradScaler is enabled, but CUDA is not available. Disabling.",
                UserWarning,
                stacklevel=2,
            )
            enabled = False
        if growth_factor <= 1.0:
            raise AssertionError("The growth factor must be > 1.0.")
        if backoff_factor >= 1.0:
            raise AssertionError("The backoff factor must be < 1.0.")
        self._enabled = enabled
        self._scale = init_scale
        self._growth_factor, self._backoff_factor = growth_factor, backoff_factor
        self._growth_interval, self._good_steps = growth_interval, 0
        self._overflowed: dict[int, bool] = {}  # of each optimizer whose gradients are unscaled
        self._stepped: set[int] = set()

    def is_enabled(self) -> bool:
        """Whether anything is scaled."""
        return self._enabled

    def get_scale(self) -> float:
        """The scale; 1 when disabled."""
        return self._scale if self._enabled else 1.0

    def scale(self, outputs: Any) -> Any:
        """A loss, or losses in lists and tuples, times the scale."""
        if not self._enabled:
            return outputs
        if isinstance(outputs, Tensor):
            return outputs * self._scale
        if isinstance(outputs, Iterable):
            return type(outputs)(self.scale(one) for one in outputs)  # type: ignore[call-arg]
        raise ValueError("outputs must be a Tensor or an iterable of Tensors")

    def unscale_(self, optimizer: Any) -> None:
        """Take the scale off an optimizer's gradients, in place, to clip them for example.

        Raises:
            RuntimeError: it was done already, or after the step.
        """
        if not self._enabled:
            return
        key = id(optimizer)
        if key in self._stepped:
            raise RuntimeError("unscale_() is being called after step().")
        if key in self._overflowed:
            raise RuntimeError(
                "unscale_() has already been called on this optimizer since the last update()."
            )
        overflowed = False
        with no_grad():
            for group in optimizer.param_groups:
                for p in group["params"]:
                    if p.grad is not None:
                        overflowed |= not bool(functions["isfinite"](p.grad).all())
                        p.grad.mul_(1.0 / self._scale)
        self._overflowed[key] = overflowed

    def step(self, optimizer: Any, *args: Any, **kwargs: Any) -> Any:
        """The optimizer's step, unless a gradient overflowed.

        Raises:
            RuntimeError: it was called already since the last `update()`.
        """
        if not self._enabled:
            return optimizer.step(*args, **kwargs)
        if "closure" in kwargs or args:
            raise RuntimeError("Closure use is not currently supported if GradScaler is enabled.")
        key = id(optimizer)
        if key in self._stepped:
            raise RuntimeError("step() has already been called since the last update().")
        if key not in self._overflowed:
            self.unscale_(optimizer)
        self._stepped.add(key)
        return None if self._overflowed[key] else optimizer.step()

    def update(self, new_scale: float | Tensor | None = None) -> None:
        """Less scale after an overflow, more after enough steps without one."""
        if not self._enabled:
            return
        if new_scale is not None:
            self._scale = float(new_scale)
        elif not self._overflowed:
            raise AssertionError("No inf checks were recorded prior to update.")
        elif any(self._overflowed.values()):
            self._scale *= self._backoff_factor
            self._good_steps = 0
        else:
            self._good_steps += 1
            if self._good_steps == self._growth_interval:
                self._scale *= self._growth_factor
                self._good_steps = 0
        self._overflowed.clear()
        self._stepped.clear()

    def state_dict(self) -> dict[str, Any]:
        """Scale and counts, for saving; empty when disabled."""
        if not self._enabled:
            return {}
        return {
            "scale": self._scale, "growth_factor": self._growth_factor,
            "backoff_factor": self._backoff_factor, "growth_interval": self._growth_interval,
            "_growth_tracker": self._good_steps,
        }  # fmt: skip

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from a saved state.

        Raises:
            RuntimeError: it is that of a disabled scaler.
        """
        if not self._enabled:
            return
        if not state_dict:
            raise RuntimeError(
                "The source state dict is empty, possibly because it was saved from a disabled "
                "instance of GradScaler."
            )
        self._scale, self._good_steps = state_dict["scale"], state_dict["_growth_tracker"]
        self._growth_factor = state_dict["growth_factor"]
        self._backoff_factor = state_dict["backoff_factor"]
        self._growth_interval = state_dict["growth_interval"]
