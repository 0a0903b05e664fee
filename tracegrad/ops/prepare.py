"""Bringing an op's arguments into the one form that its fast path takes. Off the hot path."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tracegrad import dtypes
from tracegrad._tensor import Tensor
from tracegrad.backend.device import on_device
from tracegrad.engine.worlds import lifted
from tracegrad.errors import with_details
from tracegrad.graph.location import caller, place
from tracegrad.ops.declare import PUBLIC_NAMES, Op

NEVER_PROMOTED = frozenset({"condition", "mask", "index", "target"})
"""Inputs that choose or count, and so say nothing about the dtype of the result."""

Number = bool | int | float | complex

NUMBERS = (bool, int, float, complex, np.generic)


def prepare(op: Op, args: Sequence[Any]) -> list[Any]:
    """Tensors of one dtype; or, in a pair, a floating-point tensor and a Python number.

    Raises:
        TypeError: an argument is neither a tensor nor, where that is allowed, a number.
    """
    d = op.declaration
    if d.is_list:
        return _prepare_list(op, args)
    numbers_allowed = d.promotes != "none"
    for n, (input, value) in enumerate(zip(op.inputs, args, strict=True)):
        is_number = numbers_allowed and isinstance(value, NUMBERS)
        if not (isinstance(value, Tensor) or is_number or (value is None and input in d.optional)):
            raise TypeError(_not_a_tensor(op, n, value))
    if not numbers_allowed:
        return list(args)
    promoted = [n for n, i in enumerate(op.inputs) if i not in NEVER_PROMOTED]
    if not any(isinstance(args[n], Tensor) for n in range(len(args))):
        raise TypeError(_not_a_tensor(op, promoted[0], args[promoted[0]]))
    target = result_dtype([args[n] for n in promoted])
    if d.promotes == "float" and target.category < 2:
        target = dtypes.get_default_dtype()
    prepared = list(args)
    for n in promoted:
        if isinstance(args[n], Tensor):
            prepared[n] = converted(args[n], target)
        elif len(promoted) == 2 and target.is_floating_point and len(args) == 2:
            prepared[n] = float(args[n])
        elif args[n] is not None:
            prepared[n] = _of_number(args[n], args, target.numpy)
    for n in range(len(args)):
        if n not in promoted and isinstance(args[n], NUMBERS):
            prepared[n] = _of_number(args[n], args)
    return prepared


def _of_number(value: Any, args: Sequence[Any], dtype: Any = None) -> Tensor:
    """A number as a tensor where the tensors beside it are: a write in place moves nothing."""
    device = next(arg.device for arg in args if isinstance(arg, Tensor))
    array = np.array(value)
    tensor: Tensor = Tensor._of(on_device(array if dtype is None else array.astype(dtype), device))
    return tensor


def operands(op: Op, values: tuple[Any, Any]) -> Any:
    """What an operator gives for operands that are not two tensors of one dtype.

    `NotImplemented` for strangers, so that Python asks them: `tensor == None` is False, and another
    class may define `__radd__`. A NumPy array becomes a tensor, as in PyTorch.
    """
    if not all(isinstance(v, (Tensor, np.ndarray, *NUMBERS)) for v in values):
        return NotImplemented
    return op.call(*prepare(op, [_of_array(v) if isinstance(v, np.ndarray) else v for v in values]))


def _of_array(array: np.ndarray[Any, Any]) -> Tensor:
    tensor: Tensor = Tensor._of(array.astype(dtypes.from_numpy(array.dtype).numpy))
    return tensor


def converted(tensor: Tensor, dtype: dtypes.dtype) -> Tensor:
    """The tensor in another dtype, itself if it has that already."""
    if tensor.dtype is dtype:
        return tensor
    op = lifted.ops.to_dtype if dtype.category >= 2 else lifted.ops.to_integer
    return op(tensor, dtype=dtype)


def result_dtype(values: Sequence[Any]) -> dtypes.dtype:
    """PyTorch's `result_type` of tensors and numbers."""
    tensors = [v for v in values if isinstance(v, Tensor)]
    return dtypes.promote(
        [t.dtype for t in tensors if t._array.ndim],
        [t.dtype for t in tensors if not t._array.ndim],
        [v for v in values if v is not None and not isinstance(v, Tensor)],
    )


def moved(op: Op, args: Sequence[Any]) -> list[Any] | None:
    """Inputs that a kernel could not take because they are on different devices, on one.

    As in PyTorch, a 0-d tensor of the CPU goes with any other; nothing else moves by itself.

    Returns:
        `None` if they all are on one device.

    Raises:
        RuntimeError: they are not, and may not be moved.
    """
    tensors = [t for t in args if isinstance(t, Tensor)]
    devices = {str(t.device): t.device for t in tensors}
    if len(devices) < 2:
        return None
    elsewhere = [t.device for t in tensors if t._array.ndim or t.device.type != "cpu"]
    if len(set(elsewhere)) != 1:
        found = list(devices)
        raise RuntimeError(
            with_details(
                "Expected all tensors to be on the same device, but found at least two devices, "
                f"{found[0]} and {found[1]}!",
                [("op", op.name), ("at", str(place(*caller()) or ""))],
                f".to('{found[1]}') on the first, or .to('{found[0]}') on the second",
            )
        )
    target = elsewhere[0]
    return [
        lifted.ops.to_device(t, device=target, origin=t.device)
        if isinstance(t, Tensor) and t.device != target
        else t
        for t in args
    ]


def _prepare_list(op: Op, tensors: Any) -> list[Tensor]:
    if isinstance(tensors, Tensor) or not isinstance(tensors, Sequence):
        raise TypeError(
            f"{op.name}(): argument 'tensors' (position 1) must be tuple of Tensors, "
            f"not {type(tensors).__name__}"
        )
    if not tensors:
        raise (ValueError if op.name == "cat" else RuntimeError)(
            f"{op.name}(): expected a non-empty list of Tensors"
        )
    for n, tensor in enumerate(tensors):
        if not isinstance(tensor, Tensor):
            raise TypeError(
                f"expected Tensor as element {n} in argument 0, but got {type(tensor).__name__}"
            )
    target = tensors[0].dtype
    for tensor in tensors:
        target = dtypes.promote_types(target, tensor.dtype)
    return [converted(t, target) for t in tensors]


def _not_a_tensor(op: Op, position: int, value: Any) -> str:
    name = PUBLIC_NAMES.get(op.inputs[position], op.inputs[position])
    text = (
        f"{op.name}(): argument '{name}' (position {position + 1}) must be Tensor, "
        f"not {type(value).__name__}"
    )
    if isinstance(value, np.ndarray | list | tuple):
        text += "\n  try: tracegrad.as_tensor(...) around it"
    return text
