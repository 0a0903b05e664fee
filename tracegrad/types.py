"""`torch.types`: names for annotations."""

import builtins
from collections.abc import Sequence
from typing import Any

from tracegrad._tensor import Tensor as Tensor
from tracegrad._util.size import Size as Size
from tracegrad.backend.device import Device as _device

Number = builtins.int | builtins.float | builtins.bool
Device = _device | str | builtins.int | None
FileLike = Any
_TensorOrTensors = Tensor | Sequence[Tensor]
_size = Size | list[builtins.int] | tuple[builtins.int, ...]
_int = builtins.int
_float = builtins.float
_bool = builtins.bool
