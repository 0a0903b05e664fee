"""What every function that makes tensors ends in: the leaf, its device, its shape."""

from __future__ import annotations

from time import perf_counter_ns
from typing import Any

from tracegrad import dtypes
from tracegrad._tensor import Tensor
from tracegrad._util.formats import contiguous_format, preserve_format
from tracegrad.backend.device import Device, as_device, on_device
from tracegrad.graph.observe import hub

DeviceLike = str | int | Device | None


def made(op: str, array: Any, requires_grad: bool = False, **options: Any) -> Tensor:
    """A new leaf around an array, which the recorder hears of."""
    tensor: Tensor = Tensor._of(array)
    if requires_grad:
        tensor.requires_grad_()
    if hub.observer is not None:
        hub.observer.forward(op, (), options, (tensor,), None, perf_counter_ns())
    return tensor


def made_as(
    op: str,
    array: Any,
    given: dict[str, Any],
    device: DeviceLike = None,
    requires_grad: bool = False,
    **options: Any,
) -> Tensor:
    """The same on a device, with PyTorch's arguments that change nothing, and `out=`.

    Args:
        given: arguments besides; see `check_harmless`.
    """
    check_harmless(op, given)
    out = given.get("out")
    if out is not None:
        if out.shape != array.shape:
            out.resize_(array.shape)
        written: Tensor = out.copy_(Tensor._of(on_device(array, out.device)))
        return written
    return made(op, on_device(array, as_device(device)), requires_grad, **options)


HARMLESS = {"out", "layout", "pin_memory", "memory_format", "names"}
"""Arguments of PyTorch's creation functions that decide nothing here."""


def check_harmless(op: str, given: dict[str, Any]) -> None:
    """Refuse what would have to change the result.

    Raises:
        TypeError: there is no such argument.
        NotImplementedError: a layout, named dimensions or a memory format that tensors cannot have.
    """
    for name, value in given.items():
        if name not in HARMLESS:
            raise TypeError(f"{op}() got an unexpected keyword argument '{name}'")
        if name == "names" and value is not None:
            raise NotImplementedError(f"{op}(): named dimensions\n  try: comments, or einops")
        if name == "layout" and value is not None and "strided" not in str(value):
            raise NotImplementedError(f"{op}(): layout {value}\n  try: a dense tensor")
        if name == "memory_format":
            check_memory_format(value)


def check_memory_format(value: Any) -> None:
    """Refuse memory formats that would change strides.

    Raises:
        NotImplementedError: it is none of contiguous, preserve and `None`.
    """
    if value is not None and value not in (contiguous_format, preserve_format):
        raise NotImplementedError(
            f"memory format {value} is not supported here: tensors are made row-major\n"
            "  try: .contiguous(memory_format=...) on the tensor"
        )


def numpy_dtype(dtype: Any) -> Any:
    return (dtypes.get_default_dtype() if dtype is None else dtypes.as_dtype(dtype)).numpy


def sizes_of(op: str, size: tuple[Any, ...], named: Any = None) -> tuple[int, ...]:
    """A shape given as numbers, as one sequence, or by name.

    Raises:
        TypeError: a size is no whole number.
        RuntimeError: a size is negative.
    """
    if named is not None:
        size = (named,)
    given = tuple(size[0]) if len(size) == 1 and isinstance(size[0], list | tuple) else size
    sizes = []
    for position, n in enumerate(given):
        try:
            sizes.append(n.__index__())
        except (AttributeError, TypeError):
            raise TypeError(
                f"{op}(): argument 'size' must be tuple of ints, but found element of type "
                f"{type(n).__name__} at pos {position}"
            ) from None
    if any(n < 0 for n in sizes):
        raise RuntimeError(f"Trying to create tensor with negative dimension {min(sizes)}: {sizes}")
    return tuple(sizes)


def plain_number(value: Any) -> Any:
    """A Python number from one, or from a tensor of one element."""
    return value.item() if hasattr(value, "item") else value
