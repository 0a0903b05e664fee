"""Gradients kept from being too large."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tracegrad.nn.utils.clip_grad import clip_grad_value_, clip_grads_with_norm_, get_total_norm
from tracegrad.training.callback import Callback

if TYPE_CHECKING:
    from tracegrad.training.context import Context


class GradientClip(Callback):
    """Scales all gradients of a step down to a norm, or cuts each element off at a value.

    The mean norm before that is in the records of each epoch as `grad_norm` of `train`. Gradients
    that are not finite are left as they are, so that the loop can say which one it was.

    Args:
        max_norm: of all gradients of an optimizer together.
        norm_type: 2 for the Euclidean norm, `inf` for the largest element.
        max_value: instead: what each element is cut off at.

    Raises:
        ValueError: both or neither are given, or one is not above 0.
    """

    def __init__(
        self,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        *,
        max_value: float | None = None,
    ) -> None:
        if (max_norm is None) == (max_value is None):
            raise ValueError("GradientClip: give either max_norm or max_value")
        for name, value in (("max_norm", max_norm), ("max_value", max_value)):
            if value is not None and not value > 0:
                raise ValueError(f"{name}: expected a number above 0, got {value}")
        self.max_norm, self.norm_type, self.max_value = max_norm, norm_type, max_value
        self._sum, self._steps = 0.0, 0

    def on_train_begin(self, ctx: Context) -> None:
        self._sum, self._steps = 0.0, 0

    def on_train_batch_before_step(self, ctx: Context) -> None:
        parameters = [p for group in ctx.optimizer.param_groups for p in group["params"]]
        total = get_total_norm([p.grad for p in parameters if p.grad is not None], self.norm_type)
        norm = total.item()
        if not math.isfinite(norm):  # scaling by it would make all gradients NaN
            return
        self._sum, self._steps = self._sum + norm, self._steps + 1
        if self.max_value is not None:
            clip_grad_value_(parameters, self.max_value)
        elif self.max_norm is not None:
            clip_grads_with_norm_(parameters, self.max_norm, total)

    def on_train_end(self, ctx: Context) -> None:
        if self._steps:
            ctx.log("grad_norm", self._sum / self._steps)

    def state_dict(self) -> dict[str, Any]:
        return {"sum": self._sum, "steps": self._steps}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        self._sum, self._steps = state_dict["sum"], state_dict["steps"]
