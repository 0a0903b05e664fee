"""The order of convolutions' weights in memory."""

from __future__ import annotations

from typing import Any, TypeVar

from tracegrad.nn.module import Module
from tracegrad.nn.modules.conv import Conv2d, Conv3d, ConvTranspose2d, ConvTranspose3d

M = TypeVar("M", bound=Module)


def _convert(module: Module, kinds: tuple[type[Module], ...], memory_format: Any) -> None:
    for part in module.modules():
        if isinstance(part, kinds):
            weight: Any = part.weight
            weight.data = weight.detach().clone(memory_format=memory_format)


def convert_conv2d_weight_memory_format(module: M, memory_format: Any) -> M:
    """Lay the weights of all 2-dimensional convolutions out in a memory format, in place."""
    _convert(module, (Conv2d, ConvTranspose2d), memory_format)
    return module


def convert_conv3d_weight_memory_format(module: M, memory_format: Any) -> M:
    """Lay the weights of all 3-dimensional convolutions out in a memory format, in place."""
    _convert(module, (Conv3d, ConvTranspose3d), memory_format)
    return module
