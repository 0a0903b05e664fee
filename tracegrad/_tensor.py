"""The tensor: elements, storage, the node that made it, and `.grad`. It knows no op.

Arithmetic, shapes, reductions and indexing are methods too, but they come from the op table:
    `ops/install.py`
sets them here, and `_methods.pyi` declares them for type checkers.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, overload

import numpy as np

from tracegrad import _printing, dtypes
from tracegrad._exits import Exits
from tracegrad._methods import OpMethods
from tracegrad._util.size import Size
from tracegrad.backend.device import (
    Array,
    Device,
    as_array,
    as_device,
    device_of,
    on_device,
)
from tracegrad.engine.views import View, view_node, view_requires_grad
from tracegrad.engine.worlds import lifted, meet_complex, raw
from tracegrad.graph.cut import Cut, cut_among, cut_by
from tracegrad.graph.handle import RemovableHandle
from tracegrad.graph.inference import in_inference_mode
from tracegrad.graph.node import AccumulateGrad, Edge, Node, Output, hooks_of
from tracegrad.graph.observe import hub
from tracegrad.storage import Storage, new_storage, storage_of

_new = object.__new__


class Tensor(OpMethods, Exits):
    """A multi-dimensional array of one dtype that can take part in automatic differentiation.

    Attributes:
        _array: the elements.
        _node: where a gradient of this tensor goes: `None` if it requires none, an `AccumulateGrad`
            for a leaf, else what made it. For a view it may be stale: read it through `view_node`.
        _storage: shared by all that alias this memory; `None` until somebody needs it.
        _view: what a view knows of its base, else `None`.
        _accumulator: holds `.grad`; `None` until somebody needs it.
        _cut: why it requires no grad although something on its way did, `None` if nothing did; read
            it only of a tensor without a node, see `graph/cut.py`.
    """

    __slots__ = (
        "__dict__",
        "__weakref__",
        "_accumulator",
        "_array",
        "_cut",
        "_node",
        "_storage",
        "_value",
        "_view",
    )

    _array: Array
    _cut: Cut | None
    _node: Edge | None
    _storage: Storage | None
    _view: View | None
    _accumulator: AccumulateGrad | None
    _value: tuple[Any, int, int]  # a recorder's note: whose, value id, version; unset outside

    # Above NumPy's: `np_array * tensor` is ours to compute.
    __array_priority__ = 1000

    def __new__(cls, *data: Any) -> Tensor:
        """`Tensor(2, 3)` or `Tensor([1, 2])`, as PyTorch's legacy constructor."""
        if len(data) == 1 and not isinstance(data[0], int):
            wanted = dtypes.get_default_dtype().numpy
            array = dtypes.canonical(np.array(getattr(data[0], "_array", data[0]), wanted))
        else:
            array = np.zeros(data or (0,), dtypes.get_default_dtype().numpy)
        return cls._of(array)

    @classmethod
    def _of(cls, array: Array) -> Any:
        """A leaf around an array, which is not copied."""
        tensor = _new(cls)
        tensor._array = array
        tensor._node = tensor._storage = tensor._view = tensor._accumulator = tensor._cut = None
        return tensor

    @staticmethod
    def _from_saved(array: Array, edge: Edge | None, storage: Storage | None) -> Tensor:
        """A tensor for a value that a node saved, attached to the graph at `edge`."""
        tensor: Tensor = Tensor._of(array)
        tensor._node = edge
        tensor._storage = storage
        return tensor

    # -- what it is ----------------------------------------------------------------------------

    @property
    def shape(self) -> Size:
        return Size(self._array.shape)

    @property
    def ndim(self) -> int:
        return self._array.ndim

    @property
    def dtype(self) -> dtypes.dtype:
        return dtypes.from_numpy(self._array.dtype)

    @property
    def device(self) -> Device:
        return device_of(self._array)

    @property
    def itemsize(self) -> int:
        return self._array.itemsize

    @property
    def nbytes(self) -> int:
        return self._array.nbytes

    @property
    def is_cuda(self) -> bool:
        return self.device.type == "cuda"

    def dim(self) -> int:
        """Number of dimensions."""
        return self.ndim

    def numel(self) -> int:
        """Number of elements."""
        return self._array.size

    nelement = numel

    def element_size(self) -> int:
        """Bytes per element."""
        return self.itemsize

    @overload
    def size(self) -> Size: ...
    @overload
    def size(self, dim: int) -> int: ...
    def size(self, dim: int | None = None) -> Size | int:
        """The shape, or one size of it."""
        return self.shape if dim is None else self._array.shape[_dimension(dim, self.ndim)]

    def stride(self, dim: int | None = None) -> tuple[int, ...] | int:
        """Elements from one index to the next along each dimension."""
        strides = tuple(s // self._array.itemsize for s in self._array.strides)
        return strides if dim is None else strides[_dimension(dim, self.ndim)]

    def is_contiguous(self, memory_format: Any = None) -> bool:
        """Whether the elements lie in memory in row-major order, or in that of a memory format."""
        if memory_format is None or memory_format.name == "contiguous_format":
            return bool(self._array.flags.c_contiguous)
        last = {"channels_last": 4, "channels_last_3d": 5}.get(memory_format.name)
        if self.ndim != last:
            return False
        return bool(np.moveaxis(self._array, 1, -1).flags.c_contiguous)

    def is_floating_point(self) -> bool:
        return self.dtype.is_floating_point

    def is_complex(self) -> bool:
        return self.dtype.is_complex

    # -- autograd ------------------------------------------------------------------------------

    @property
    def grad_fn(self) -> Node | Output | None:
        """The node that made the tensor; `None` for a leaf."""
        node = self._node if self._view is None else view_node(self)
        return None if isinstance(node, AccumulateGrad) else node

    @property
    def output_nr(self) -> int:
        """Which of its `grad_fn`'s outputs the tensor is."""
        node = self.grad_fn
        return node.index if isinstance(node, Output) else 0

    @property
    def is_leaf(self) -> bool:
        """Whether the tensor is where gradients end: made by the user, or needing none."""
        return self.grad_fn is None

    @property
    def requires_grad(self) -> bool:
        return self._node is not None if self._view is None else view_requires_grad(self)

    @requires_grad.setter
    def requires_grad(self, value: bool) -> None:
        self.requires_grad_(value)

    def requires_grad_(self, requires_grad: bool = True) -> Tensor:
        """Ask for a gradient of this leaf, or stop asking.

        Raises:
            RuntimeError: it is no leaf, or its elements are not floating point or complex.
        """
        if not self.is_leaf:
            if requires_grad:
                return self
            raise RuntimeError(
                "you can only change requires_grad flags of leaf variables. If you want to use a "
                "computed variable in a subgraph that doesn't require differentiation use "
                "var_no_grad = var.detach()."
            )
        if requires_grad and not dtypes.inexact(self._array):
            raise RuntimeError(
                "only Tensors of floating point and complex dtype can require gradients, "
                f"this one is {self.dtype}\n  try: .float() first"
            )
        if requires_grad:
            if self.is_inference() and not in_inference_mode():
                raise RuntimeError(
                    "Setting requires_grad=True on inference tensor outside InferenceMode is not "
                    "allowed.\n  try: .clone() first"
                )
            if self._array.dtype.kind == "c":
                meet_complex()
            self._node = self._grad_place()
            self._node.wanted = True
        elif self._node is not None:
            self._cut_off("requires_grad_")
        return self

    def _cut_off(self, op: str) -> None:
        """Require no gradient any more, also of graphs that lead here already."""
        if isinstance(self._node, AccumulateGrad):
            self._node.wanted = False
        self._cut = cut_by(op)
        self._node = None

    def _grad_place(self) -> AccumulateGrad:
        """Where this tensor's `.grad` is kept, made on first need."""
        if self._accumulator is None:
            self._accumulator = AccumulateGrad(self._array.shape, self._array.dtype)
        return self._accumulator

    @property
    def grad(self) -> Tensor | None:
        """The gradient that `backward()` gathered here; `None` before, and for what asks for
        none.
        """
        return None if self._accumulator is None else self._accumulator.grad

    @grad.setter
    def grad(self, value: Tensor | None) -> None:
        if value is not None:
            if not isinstance(value, Tensor):
                raise TypeError(
                    "assigned grad expected to be a Tensor or None but got grad of "
                    f"{type(value).__name__}"
                )
            if value.shape != self.shape:
                raise RuntimeError(
                    f"attempting to assign a gradient of size '{list(value.shape)}' to a tensor of "
                    f"size '{list(self.shape)}'. Please ensure that the gradient and the tensor "
                    "are the same size"
                )
            if value.dtype is not self.dtype:
                raise RuntimeError(
                    f"attempting to assign a gradient with dtype '{value.dtype.name}' to a tensor "
                    f"with dtype '{self.dtype.name}'. The gradient must match the tensor's dtype"
                )
            if type(value._array) is not type(self._array):
                raise RuntimeError(
                    f"attempting to assign a gradient with device type '{value.device.type}' to a "
                    f"tensor with device type '{self.device.type}'. Please ensure that the "
                    "gradient and the tensor are on the same device"
                )
        self._grad_place().grad = value

    @property
    def data(self) -> Tensor:
        """The same memory without history, under a version counter of its own."""
        tensor: Tensor = Tensor._of(self._array)
        tensor._storage = storage_of(self).apart()
        tensor._cut = cut_among("data", (self,))
        storage_of(self).tell_keepers()  # which will happen unseen
        storage_of(self).shared = tensor._storage.shared = True
        if hub.observer is not None:
            hub.observer.forward("data", (self,), {}, (tensor,), None, 0)
        return tensor

    @data.setter
    def data(self, value: Tensor) -> None:
        if value.dtype is not self.dtype:
            raise RuntimeError(
                f"incompatible tensor type: cannot set .data of a {self.dtype} tensor to "
                f"{value.dtype}"
            )
        storage_of(value).tell_keepers()  # which will happen unseen
        self._array = value._array
        self._storage = new_storage(None)
        self._storage.shared = storage_of(value).shared = True
        if self._accumulator is not None:
            self._accumulator.shape = value._array.shape

    @property
    def _version(self) -> int:
        """How often the tensor's memory was written in place."""
        storage = self._storage
        if storage is not None and storage.is_inference:
            raise RuntimeError("Inference tensors do not track version counter.")
        return 0 if storage is None else storage.version

    def is_inference(self) -> bool:
        """Whether it was made in inference mode."""
        return self._storage is not None and self._storage.is_inference

    @property
    def _base(self) -> Tensor | None:
        """The tensor that this one is a view of."""
        return None if self._view is None else self._view.base

    def detach(self) -> Tensor:
        """The same elements, sharing memory and version counter, without history."""
        tensor: Tensor = Tensor._of(self._array)
        tensor._storage = storage_of(self)
        tensor._cut = cut_among("detach", (self,))
        if hub.observer is not None:
            hub.observer.forward("detach", (self,), {}, (tensor,), None, 0)
        return tensor

    def detach_(self) -> Tensor:
        """Cut the history off in place."""
        if self._view is not None:
            raise RuntimeError(
                "Can't detach views in-place. Use detach() instead. If you are using "
                "DistributedDataParallel (DDP) for training, and gradient_as_bucket_view is set "
                "as True, gradients are views of DDP buckets, and hence detach_() cannot be "
                "called on these gradients."
            )
        if self._node is not None:
            self._cut_off("detach_")
        return self

    def retain_grad(self) -> None:
        """Keep `.grad` for this tensor although it is no leaf.

        Raises:
            RuntimeError: it requires no gradient.
        """
        node = self._required("can't retain_grad on Tensor that has requires_grad=False")
        if not isinstance(node, AccumulateGrad):
            hooks_of(node).retain = self._grad_place()

    @property
    def retains_grad(self) -> bool:
        """Whether `retain_grad` was called on a tensor that is no leaf."""
        node = self.grad_fn
        return node is not None and node.hooks is not None and node.hooks.retain is not None

    def register_hook(self, hook: Callable[[Tensor], Tensor | None]) -> RemovableHandle:
        """Call `hook(gradient)` when the gradient of this tensor is known; it may return another.

        Raises:
            RuntimeError: the tensor requires no gradient.
        """
        node = self._required("cannot register a hook on a tensor that doesn't require gradient")
        return RemovableHandle(hooks_of(node).tensor, hook)

    def register_post_accumulate_grad_hook(self, hook: Callable[[Tensor], None]) -> RemovableHandle:
        """Call `hook(self)` after this leaf's `.grad` was updated."""
        node = self._required("cannot register a hook on a tensor that doesn't require gradient")
        if not isinstance(node, AccumulateGrad):
            raise RuntimeError(
                "post accumulate grad hooks cannot be registered on non-leaf tensors"
            )
        return RemovableHandle(hooks_of(node).after, lambda: hook(self))

    def _required(self, message: str) -> Edge:
        node = self._node if self._view is None else view_node(self)
        if node is None:
            raise RuntimeError(message)
        return node

    # -- text ----------------------------------------------------------------------------------

    def __repr__(self) -> str:
        return _printing.text_of(self)

    def __format__(self, spec: str) -> str:
        if self.ndim == 0 and spec:
            return format(self.item(), spec)
        return format(str(self), spec)


def rebuilt(
    cls: type[Tensor], array: Any, requires_grad: bool, grad: Tensor | None, device: str = "cpu"
) -> Tensor:
    tensor: Tensor = cls._of(on_device(dtypes.canonical(array), as_device(device)))
    tensor.requires_grad_(requires_grad)
    if grad is not None:
        tensor.grad = grad
    return tensor


def _dimension(dim: int, ndim: int) -> int:
    """A dimension counted from the front."""
    n = max(ndim, 1)
    if not -n <= dim < n:
        raise IndexError(
            f"Dimension out of range (expected to be in range of [{-n}, {n - 1}], but got {dim})"
        )
    return dim % n


def as_needed(tensor: Tensor, requires_grad: bool) -> Tensor:
    """A new leaf, with a gradient asked for if so."""
    return tensor.requires_grad_() if requires_grad else tensor


# -- the engine is told what a tensor is -----------------------------------------------------------

raw.tensor = lambda g: Tensor._of(as_array(g))
raw.gradient = lambda tensor: tensor._array
lifted.tensor = lambda g: g
lifted.gradient = lambda tensor: tensor
