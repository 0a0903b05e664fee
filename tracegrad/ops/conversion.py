"""From one dtype, device or type name to another, and out to NumPy's and others' arrays.

`Tensor.to` in all its forms, `float()` and its like, PyTorch's legacy tensor types, and what a
tensor tells about its memory.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tracegrad import dtypes
from tracegrad._tensor import Tensor
from tracegrad._util.formats import CHANNELS_LAST, channels_last, channels_last_3d
from tracegrad.backend.device import Device, as_device, on_device
from tracegrad.backend.geometry import address
from tracegrad.engine.worlds import lifted
from tracegrad.ops.from_data import over, tensor
from tracegrad.ops.made import check_memory_format, made, sizes_of
from tracegrad.ops.prepare import NUMBERS, converted, result_dtype

ops = lifted.ops
"""Every op of the table, over tensors."""

CHANNELS_LAST_FORMATS = (channels_last, channels_last_3d)


# -- dtype and device ------------------------------------------------------------------------------


def to(
    input: Tensor,
    *args: Any,
    dtype: Any = None,
    device: Any = None,
    copy: bool = False,
    non_blocking: bool = False,
    memory_format: Any = None,
) -> Tensor:
    """The tensor with another dtype or on another device; itself when nothing changes.

    Args:
        args: a dtype; a device, then perhaps a dtype; or a tensor that has both. Then perhaps
            `non_blocking` and `copy`.

    Raises:
        TypeError: an argument is none of these.
    """
    flags = []
    for arg in args:
        if isinstance(arg, Tensor):
            dtype, device = arg.dtype, arg.device
        elif isinstance(arg, bool):
            flags.append(arg)
        elif isinstance(arg, str | Device) or (isinstance(arg, int) and device is None):
            device = arg
        elif arg is not None:
            dtype = arg
    copy = copy or (len(flags) > 1 and flags[1])
    result = in_format(converted(input, _dtype(dtype, input)), memory_format)
    if device is not None and (target := as_device(device)) != input.device:
        return ops.to_device(result, device=target, origin=input.device)
    return ops.clone(input) if copy and result is input else result


def _dtype(value: Any, input: Tensor) -> dtypes.dtype:
    if value is None:
        return input.dtype
    try:
        return dtypes.as_dtype(value)
    except TypeError:
        raise TypeError(
            "to() received an invalid combination of arguments: expected a dtype, a device or a "
            f"tensor, got {type(value).__name__} {value!r:.60}"
        ) from None


def type_as(input: Tensor, other: Tensor) -> Tensor:
    """The tensor with the dtype and on the device of another."""
    return to(input, other)


def cpu(input: Tensor, memory_format: Any = None) -> Tensor:
    """The tensor in the CPU's memory; itself if it is there."""
    check_memory_format(memory_format)
    return to(input, device="cpu")


def cuda(
    input: Tensor, device: Any = None, non_blocking: bool = False, memory_format: Any = None
) -> Tensor:
    """The tensor in the memory of a GPU, the first one by default; itself if it is there."""
    check_memory_format(memory_format)
    return to(input, device="cuda" if device is None else device)


def _converter(name: str, dtype: dtypes.dtype) -> Callable[..., Tensor]:
    def convert(input: Tensor, memory_format: Any = None) -> Tensor:
        return to(input, dtype, memory_format=memory_format)

    convert.__name__ = name
    convert.__doc__ = f"The tensor as {dtype.name}."
    return convert


CONVERTERS = {
    name: _converter(name, dtype)
    for name, dtype in {
        "float": dtypes.float32, "double": dtypes.float64, "half": dtypes.float16,
        "bfloat16": dtypes.bfloat16, "long": dtypes.int64, "int": dtypes.int32,
        "short": dtypes.int16, "char": dtypes.int8, "byte": dtypes.uint8, "bool": dtypes.bool_,
        "cfloat": dtypes.complex64, "cdouble": dtypes.complex128,
    }.items()
}  # fmt: skip


def contiguous(input: Tensor, memory_format: Any = None) -> Tensor:
    """The tensor itself if its elements lie in row-major order (or in that of the format), else
    such a copy.
    """
    if memory_format in CHANNELS_LAST_FORMATS:
        return in_format(input, memory_format)
    return input if input.is_contiguous() else ops.clone(input)


def in_format(input: Tensor, memory_format: Any) -> Tensor:
    """The tensor with its elements in the order of a memory format; itself if they are.

    Raises:
        RuntimeError: the format is for another number of dimensions.
    """
    if memory_format not in CHANNELS_LAST_FORMATS:
        check_memory_format(memory_format)
        return input
    rank = CHANNELS_LAST[memory_format.name]
    if input.ndim != rank:
        raise RuntimeError(f"required rank {rank} tensor to use {memory_format.name} format")
    if input.is_contiguous(memory_format):
        return input
    inner = tuple(range(2, rank))
    moved = ops.clone(ops.permute(input, dims=(0, *inner, 1)))
    return ops.permute(moved, dims=(0, rank - 1, *(n - 1 for n in inner)))


# -- PyTorch's tensor types ------------------------------------------------------------------------


def type_name(d: dtypes.dtype, device: Device) -> str:
    """`tracegrad.FloatTensor`, as `Tensor.type()` says."""
    where = "cuda." if device.type == "cuda" else ""
    return f"tracegrad.{where}{dtypes.SCALAR_NAMES[d.name]}Tensor"


BY_TYPE_NAME = {f"{word}Tensor": d for d in dtypes.ALL for word in (dtypes.SCALAR_NAMES[d.name],)}
"""Dtypes by the names of PyTorch's legacy tensor types."""


def named_type(name: str) -> tuple[dtypes.dtype, str]:
    """Dtype and device of a legacy type's name, as `torch.cuda.FloatTensor`.

    Raises:
        ValueError: there is no such type.
    """
    parts = name.split(".")
    if parts[0] not in ("torch", "tracegrad") or parts[-1] not in BY_TYPE_NAME:
        raise ValueError(f"invalid type: '{name}'")
    return BY_TYPE_NAME[parts[-1]], "cuda" if "cuda" in parts else "cpu"


def type_(input: Tensor, dtype: Any = None, non_blocking: bool = False) -> Any:
    """The tensor's type by name; with a dtype or type, the tensor converted to it."""
    if dtype is None:
        return type_name(input.dtype, input.device)
    if isinstance(dtype, str) and "." in dtype:
        d, device = named_type(dtype)
        return to(input, device, d)
    d = getattr(dtype, "dtype_of_type", dtype)
    return to(input, d)


# -- out to other libraries ------------------------------------------------------------------------


def dlpack(self: Tensor, *, stream: Any = None, **options: Any) -> Any:
    """The memory for another library, as a DLPack capsule."""
    if self.requires_grad:
        raise BufferError(
            "Can't export tensors that require gradient, use tensor.detach()\n"
            "  what another library does with the memory would have no gradient"
        )
    if self.dtype is dtypes.bfloat16:
        raise BufferError("NumPy has no bfloat16 to export\n  try: .float() first")
    array = self._shared_array("dlpack")
    return array.__dlpack__(**options) if stream is None else array.__dlpack__(stream=stream)


def dlpack_device(self: Tensor) -> tuple[Any, int]:
    """The kind of device and its number, as DLPack counts them."""
    kind, number = self._array.__dlpack_device__()
    return kind, number


def to_dlpack(tensor: Tensor) -> Any:
    """A DLPack capsule of the tensor's memory, which another library takes over."""
    return dlpack(tensor)


def from_dlpack(ext_tensor: Any, *, device: Any = None, copy: bool | None = None) -> Tensor:
    """A tensor over the memory of another library's array, or of a capsule of it.

    Raises:
        RuntimeError: the object has no DLPack method.
        BufferError: the memory is not the CPU's, or of a dtype that NumPy does not have.
    """
    source = ext_tensor
    if not hasattr(ext_tensor, "__dlpack__"):
        if "PyCapsule" not in str(ext_tensor.__class__):
            kind = ext_tensor.__class__.__name__
            raise RuntimeError(
                "from_dlpack received an invalid capsule: expected one, or an object with "
                f"__dlpack__, got {kind}"
            )
        source = _Capsule(ext_tensor)
    result = over("from_dlpack", np.from_dlpack(source))
    if copy:
        result = made("from_dlpack", result._array.copy())
    return result if device is None else to(result, device=device)


class _Capsule:
    """A DLPack capsule in the form that NumPy takes: as something that gives one."""

    def __init__(self, capsule: Any) -> None:
        self._capsule = capsule

    def __dlpack__(self, **options: Any) -> Any:
        return self._capsule

    def __dlpack_device__(self) -> tuple[int, int]:
        return 1, 0  # a bare capsule does not tell before it is opened; NumPy then checks


# -- questions -------------------------------------------------------------------------------------


def data_ptr(self: Tensor) -> int:
    """Address of the first element in memory; 0 if there are no elements."""
    return address(self._array) if self._array.size else 0


def is_tensor(obj: Any) -> bool:
    """Whether an object is a tensor."""
    return isinstance(obj, Tensor)


def is_floating_point(input: Tensor) -> bool:
    """Whether the elements are floating-point numbers."""
    return input.dtype.is_floating_point


def is_complex(input: Tensor) -> bool:
    """Whether the elements are complex numbers."""
    return input.dtype.is_complex


def numel(input: Tensor) -> int:
    """Number of elements."""
    return input.numel()


def is_nonzero(input: Tensor) -> bool:
    """Whether the only element is not 0."""
    return bool(input)


def result_type(tensor1: Any, tensor2: Any) -> dtypes.dtype:
    """The dtype of what an operator would make of two tensors or numbers."""
    for n, value in enumerate((tensor1, tensor2), 1):
        if not isinstance(value, (Tensor, *NUMBERS)):
            raise TypeError(
                f"result_type(): argument 'tensor{n}' (position {n}) must be Tensor or Number, "
                f"not {value.__class__.__name__}"
            )
    return result_dtype((tensor1, tensor2))


# -- PyTorch's legacy tensor types -----------------------------------------------------------------


def legacy(d: dtypes.dtype, device: Any, data: tuple[Any, ...]) -> Tensor:
    """What `FloatTensor(...)` makes: from sizes, a sequence, or a tensor of the same dtype.

    Raises:
        TypeError: the data is none of these.
    """
    if len(data) == 1 and isinstance(data[0], Tensor):
        if data[0].dtype is not d:
            raise TypeError(f"expected a tensor of {d} (got {data[0].dtype})\n  try: .to({d!r})")
        return data[0].detach()
    if len(data) == 1 and not isinstance(data[0], int | np.integer):
        if isinstance(data[0], float | complex):
            kind = data[0].__class__.__name__
            raise TypeError(f"new(): data must be a sequence (got {kind})")
        if data[0].__class__.__name__ != "Size":
            return tensor(np.asarray(tensor(data[0])._array), dtype=d, device=device)
    shape = sizes_of("new", data if data else (0,))
    return made("new", on_device(np.zeros(shape, d.numpy), as_device(device)))


def new(self: Tensor, *data: Any, device: Any = None) -> Tensor:
    """A tensor of this one's dtype, from sizes or a sequence."""
    return legacy(self.dtype, self.device if device is None else device, data)


class TensorType(type):
    """The class of `FloatTensor` and its like: they make tensors, and tensors are instances by
    their dtype and device.
    """

    dtype_of_type: dtypes.dtype
    device_of_type: str

    def __call__(cls, *data: Any, device: Any = None) -> Any:
        return legacy(cls.dtype_of_type, cls.device_of_type if device is None else device, data)

    def __instancecheck__(cls, obj: Any) -> bool:
        return (
            isinstance(obj, Tensor)
            and obj.dtype is cls.dtype_of_type
            and obj.device.type == cls.device_of_type
        )

    @property
    def dtype(cls) -> dtypes.dtype:
        return cls.dtype_of_type


def _tensor_type(d: dtypes.dtype, device: str) -> TensorType:
    name = type_name(d, Device(device)).removeprefix("tracegrad.")
    doc = f"Tensors of {d.name} on {device}, as PyTorch's legacy constructor."
    return TensorType(
        name.rpartition(".")[2],
        (),
        {"dtype_of_type": d, "device_of_type": device, "__doc__": doc, "__module__": "tracegrad"},
    )


TENSOR_TYPES = {
    device: {name: _tensor_type(d, device) for name, d in BY_TYPE_NAME.items()}
    for device in ("cpu", "cuda")
}
"""The legacy types by device and name."""


def set_default_tensor_type(t: Any, /) -> None:
    """Set the default dtype (and, for a type of `cuda`, the default device) by a legacy type.

    Raises:
        TypeError: it is no tensor type, or not one of floating point.
    """
    from tracegrad.backend.device import set_default_device

    if isinstance(t, str):
        d, device = named_type(t)
    elif isinstance(t, TensorType):
        d, device = t.dtype_of_type, t.device_of_type
    else:
        raise TypeError("invalid type object: only floating-point types are supported")
    dtypes.set_default_dtype(d)
    set_default_device(device)


# -- what is installed where -----------------------------------------------------------------------

FUNCTIONS: dict[str, Callable[..., Any]] = {
    f.__name__: f for f in (is_floating_point, is_complex, numel, is_nonzero)
}
"""Public functions; each is a method too."""

FUNCTIONS_ONLY: dict[str, Callable[..., Any]] = {
    f.__name__: f for f in (is_tensor, result_type, from_dlpack, set_default_tensor_type)
}
"""Public functions that are no methods."""

METHODS: dict[str, Callable[..., Any]] = {
    f.__name__: f for f in (to, type_as, cpu, cuda, contiguous, data_ptr, new)
} | CONVERTERS | {
    "type": type_, "__dlpack__": dlpack, "__dlpack_device__": dlpack_device,
}  # fmt: skip
"""Methods only."""
