"""Modules as functions of their parameters, under PyTorch's older name: see `func`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tracegrad._tensor import Tensor
from tracegrad.graph.location import warn
from tracegrad.nn.module import Module


def functional_call(
    module: Module,
    parameters_and_buffers: Mapping[str, Tensor],
    args: Any = None,
    kwargs: Mapping[str, Any] | None = None,
    *,
    tie_weights: bool = True,
    strict: bool = False,
) -> Any:
    """`func.functional_call`, which takes the same arguments."""
    from tracegrad.func import functional_call as call  # its package imports this one

    warn(
        "`torch.nn.utils.stateless.functional_call` is deprecated as of PyTorch 2.0 and will be "
        "removed in a future version of PyTorch. Please use `torch.func.functional_call` instead "
        "which is a drop-in replacement.",
        FutureWarning,
    )
    return call(
        module, parameters_and_buffers, args, kwargs, tie_weights=tie_weights, strict=strict
    )
