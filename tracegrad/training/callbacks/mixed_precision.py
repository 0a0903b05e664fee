"""Forward and backward in half precision, weights in single."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from tracegrad import dtypes
from tracegrad._tensor import Tensor
from tracegrad._util.tree import Tree
from tracegrad.autograd.mode import no_grad
from tracegrad.backend.device import namespace_of
from tracegrad.func.modules import replaced
from tracegrad.nn.module import Module
from tracegrad.nn.modules.batchnorm import _NormBase
from tracegrad.nn.modules.normalization import GroupNorm, LayerNorm, RMSNorm
from tracegrad.optim.optimizer import Optimizer
from tracegrad.training.callback import EARLY, Callback
from tracegrad.training.errors import TrainingError

if TYPE_CHECKING:
    from tracegrad.training.context import Context

IN_SINGLE = (_NormBase, GroupNorm, LayerNorm, RMSNorm)
"""Layers that compute in single precision inside of the network: they divide by small numbers."""

SMALLEST_SCALE = 2.0**-24
"""Of the loss: float16 has no smaller number, so that a smaller scale makes any gradient 0."""


class MixedPrecision(Callback):
    """Computes the network in half precision; weights, loss and optimizer stay in single.

    Each call of the network gets its weights and its inputs converted, and gives its output back in
    single precision. Gradients flow through the conversions to the weights themselves; layers that
    normalise compute in single. With float16 the loss is scaled so that small gradients do not
    become 0: a step whose gradients overflow is left out, and the scale is halved; after
    `growth_interval` good steps it is doubled.

    Args:
        dtype: `tg.float16` or `tg.bfloat16`, which needs no scale.
        init_scale: the first scale of the loss.
        growth_interval: good steps until the scale is doubled.

    Attributes:
        scale: of the loss now; 1 with bfloat16. skipped: steps that were left out.

    Raises:
        ValueError: another dtype, or a scale that is not above 0.

    Note:
        It is for GPUs. A CPU has no arithmetic of half precision: it works, and is slower.

    Source: Micikevicius et al. 2018, "Mixed precision training", section 3.
    """

    order = EARLY

    def __init__(
        self,
        dtype: dtypes.dtype = dtypes.float16,
        init_scale: float = 2.0**16,
        growth_interval: int = 2000,
    ) -> None:
        if dtype not in (dtypes.float16, dtypes.bfloat16):
            raise ValueError(f"dtype: expected tg.float16 or tg.bfloat16, got {dtype}")
        for name, value in (("init_scale", init_scale), ("growth_interval", growth_interval)):
            if not value > 0:
                raise ValueError(f"{name}: expected a number above 0, got {value}")
        self.dtype, self.growth_interval = dtype, growth_interval
        self.init_scale = float(init_scale) if dtype == dtypes.float16 else 1.0
        self._hooks = ExitStack()
        self._start()

    def _start(self) -> None:
        self.scale, self.skipped = self.init_scale, 0
        self._good, self._overflowed, self._used = 0, False, False
        self._calls: list[ExitStack] = []

    # -- events --------------------------------------------------------------------------------

    def on_fit_begin(self, ctx: Context) -> None:
        self._start()
        if any(p.dtype != dtypes.float32 for p in ctx.model.parameters() if p.is_floating_point()):
            raise TrainingError(
                "MixedPrecision keeps the weights in float32, and some are of another dtype\n"
                "  try: net.float()"
            )
        if ctx.device.type == "cpu":
            print(
                "MixedPrecision: a CPU computes half precision more slowly than single",
                file=sys.stderr,
            )
        self._hook(ctx.model)
        if self.dtype == dtypes.float16:
            self._take_step = ctx.take_step
            ctx.backward, ctx.take_step = self._scaled_backward, self._step_unless_overflowed

    def on_train_batch_begin(self, ctx: Context) -> None:
        self._used = False

    def on_train_batch_end(self, ctx: Context) -> None:
        if not self._used:
            name = type(ctx.model).__name__
            raise TrainingError(
                f"MixedPrecision converts what {name} is called with, and step(ctx) of {name} "
                "calls parts of it\n  try: pred = self(ctx.input)"
            )

    def on_train_end(self, ctx: Context) -> None:
        if self.dtype == dtypes.float16:
            ctx.log("loss_scale", self.scale)

    def on_fit_end(self, ctx: Context) -> None:
        self._hooks.close()

    def on_error(self, ctx: Context) -> None:
        self._hooks.close()

    # -- one call of the network ---------------------------------------------------------------

    def _hook(self, model: Module) -> None:
        handles = [
            model.register_forward_pre_hook(self._enter, with_kwargs=True),
            model.register_forward_hook(self._leave, always_call=True),
        ]
        for module in model.modules():
            if isinstance(module, IN_SINGLE) and module is not model:
                handles.append(module.register_forward_pre_hook(_to_single))
                handles.append(module.register_forward_hook(self._to_half))
        for handle in handles:
            self._hooks.callback(handle.remove)

    def _enter(self, module: Module, args: Any, kwargs: Any) -> Any:
        self._used = True
        call = ExitStack()
        self._calls.append(call)
        call.enter_context(replaced(module, self._halves(module), tie_weights=True, strict=False))
        return _converted(args, self.dtype), _converted(kwargs, self.dtype)

    def _leave(self, module: Module, args: Any, output: Any) -> Any:
        if self._calls:  # none where a hook of somebody else failed before `_enter`
            self._calls.pop().close()
        return _converted(output, dtypes.float32)

    def _to_half(self, module: Module, args: Any, output: Any) -> Any:
        return _converted(output, self.dtype)

    def _halves(self, model: Module) -> dict[str, Tensor]:
        return {
            f"{path}.{name}" if path else name: p.to(self.dtype)
            for path, module in model.named_modules()
            if not isinstance(module, IN_SINGLE)
            for name, p in module.named_parameters(recurse=False)
            if p.is_floating_point()
        }

    # -- the scale of the loss -----------------------------------------------------------------

    def _scaled_backward(self, ctx: Context, loss: Tensor) -> None:
        (loss * self.scale).backward()
        self._overflowed = False
        with no_grad():
            for p in _parameters(ctx.optimizer):
                if p.grad is not None:
                    p.grad.mul_(1 / self.scale)
                    array = p.grad._array
                    self._overflowed |= not bool(namespace_of(array).isfinite(array).all())

    def _step_unless_overflowed(self, ctx: Context, optimizer: Optimizer) -> None:
        if self._overflowed:
            self.scale, self._good = self.scale / 2, 0
            self.skipped += 1
            if self.scale < SMALLEST_SCALE:
                raise TrainingError(
                    "MixedPrecision: gradients overflow whatever the loss is scaled by: they are "
                    "infinite or NaN by themselves\n  try: without it, to be told which op it is"
                )
            return
        self._take_step(ctx, optimizer)
        self._good += 1
        if self._good == self.growth_interval:
            self.scale, self._good = self.scale * 2, 0

    # -- for resuming --------------------------------------------------------------------------

    def state_dict(self) -> dict[str, Any]:
        return {"scale": self.scale, "good": self._good, "skipped": self.skipped}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        self.scale, self._good = state_dict["scale"], state_dict["good"]
        self.skipped = state_dict["skipped"]


def _parameters(optimizer: Optimizer) -> list[Tensor]:
    return [p for group in optimizer.param_groups for p in group["params"]]


def _to_single(module: Module, args: Any) -> Any:
    return _converted(args, dtypes.float32)


def _converted(value: Any, dtype: dtypes.dtype) -> Any:
    """Tensors of floats in another dtype, also inside of tuples, lists and dicts."""
    tree = Tree.of(value)
    return tree.like([t.to(dtype) if t.is_floating_point() else t for t in tree.tensors])
