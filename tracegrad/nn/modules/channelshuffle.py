"""Channels dealt out."""

from __future__ import annotations

from tracegrad._tensor import Tensor
from tracegrad.nn import functional as F
from tracegrad.nn.module import Module


class ChannelShuffle(Module):
    """The first channel of each group, then the second of each, and so on."""

    def __init__(self, groups: int) -> None:
        super().__init__()
        self.groups = groups

    def forward(self, input: Tensor) -> Tensor:
        return F.channel_shuffle(input, self.groups)

    def extra_repr(self) -> str:
        return f"groups={self.groups}"
