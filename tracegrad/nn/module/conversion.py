"""The tensors of a module made anew: in another dtype, on another device, in other memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Self

from tracegrad import dtypes
from tracegrad._tensor import Tensor
from tracegrad.autograd.mode import no_grad
from tracegrad.backend.device import Device
from tracegrad.nn.module.tree import Tree
from tracegrad.nn.parameter import is_lazy
from tracegrad.ops.install import functions
from tracegrad.storage import storage_of


class Conversion(Tree):
    """Conversions of all parameters and buffers. Parameters stay the same objects, which
    optimizers hold and modules share; so do their gradients' places.
    """

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> Self:
        """Put `fn(tensor)` in the place of each parameter's elements, each gradient's, and each
        buffer.
        """
        if recurse:
            for child in self.children():
                child._apply(fn)
        with no_grad():
            for parameter in self._parameters.values():
                if parameter is not None:
                    _replace_elements(parameter, fn)
            for name, buffer in self._buffers.items():
                if buffer is not None:
                    self._buffers[name] = fn(buffer)
        return self

    def to(self, *args: Any, **kwargs: Any) -> Self:
        """Convert floating-point parameters and buffers to a dtype, and move all to a device.

        Args:
            args: a dtype; a device, then perhaps a dtype; or a tensor that has both.
            kwargs: `dtype`, `device`, `non_blocking`, `memory_format`: as of `Tensor.to`.

        Raises:
            TypeError: the dtype is one of whole numbers, or an argument is none of these.
        """
        dtype, others = _dtype_and_others(args, kwargs)
        if dtype is not None and not (dtype.is_floating_point or dtype.is_complex):
            raise TypeError(
                "nn.Module.to only accepts floating point or complex dtypes, but got desired "
                f"dtype={dtype}"
            )

        def converted(tensor: Tensor) -> Tensor:
            kept = dict(others)
            if dtype is not None and (tensor.is_floating_point() or tensor.is_complex()):
                kept["dtype"] = dtype
            if is_lazy(tensor) or tensor.ndim not in (4, 5):
                kept.pop("memory_format", None)
            return tensor.to(**kept)

        return self._apply(converted)

    def cpu(self) -> Self:
        """Move all parameters and buffers to the host."""
        return self.to("cpu")

    def cuda(self, device: Any = None) -> Self:
        """Move all parameters and buffers to a GPU."""
        return self._apply(lambda tensor: tensor.cuda(device))

    def type(self, dst_type: Any) -> Self:
        """All parameters and buffers as another dtype."""
        return self._apply(lambda tensor: tensor.type(dst_type))

    def float(self) -> Self:
        """Floating-point parameters and buffers as float32."""
        return self._as_floats(dtypes.float32)

    def double(self) -> Self:
        """Floating-point parameters and buffers as float64."""
        return self._as_floats(dtypes.float64)

    def half(self) -> Self:
        """Floating-point parameters and buffers as float16."""
        return self._as_floats(dtypes.float16)

    def bfloat16(self) -> Self:
        """Floating-point parameters and buffers as bfloat16."""
        return self._as_floats(dtypes.bfloat16)

    def _as_floats(self, dtype: dtypes.dtype) -> Self:
        return self._apply(lambda t: t.to(dtype) if t.is_floating_point() else t)

    def to_empty(self, *, device: Any, recurse: bool = True) -> Self:
        """Give parameters and buffers new memory on a device, with whatever stands there."""
        empty_like = functions["empty_like"]
        return self._apply(lambda tensor: empty_like(tensor, device=device), recurse)

    def share_memory(self) -> Self:
        """Refused: tensors are in the memory of one process.

        Raises:
            NotImplementedError: always.
        """
        raise NotImplementedError(
            "share_memory: tensors are in the memory of one process\n"
            "  try: send state_dict() to the other process, and load_state_dict there"
        )


def _replace_elements(parameter: Tensor, fn: Callable[[Tensor], Tensor]) -> None:
    """Give a parameter the elements that `fn` makes of it, and its gradient likewise."""
    made = fn(parameter)
    if made is parameter:
        return
    if is_lazy(parameter):
        parameter.take_kind(made)  # type: ignore[attr-defined]  # it has no elements
        return
    grad = parameter.grad
    parameter._array, parameter._storage = made._array, storage_of(made)
    if parameter._accumulator is not None:
        parameter._accumulator.shape = made._array.shape
        parameter._accumulator.dtype = made._array.dtype
        parameter.grad = None if grad is None else fn(grad)


def _dtype_and_others(
    args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[dtypes.dtype | None, dict[str, Any]]:
    """What `to` is asked for: the dtype, which is not for every tensor, and the rest by name."""
    others = dict(kwargs)
    dtype = others.pop("dtype", None)
    for arg in args:
        if isinstance(arg, Tensor):
            dtype, others["device"] = arg.dtype, arg.device
        elif isinstance(arg, bool):
            others.setdefault("non_blocking", arg)
        elif isinstance(arg, str | int | Device):
            others["device"] = arg
        elif arg is not None:
            dtype = arg
    return None if dtype is None else dtypes.as_dtype(dtype), others
