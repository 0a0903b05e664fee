"""What a node keeps for its backward: looking at it, replacing it, and packing it away.

Note [Saved values]
~~~~~~~~~~~~~~~~~~~
`node.saved` is a plain tuple: for each value that a rule named, its array, storage and version (see
Note [Version counters]), and whatever else the rules named. The op knows where the values stand
(`op.places`). Two other objects can stand there instead, for which backward calls `opened`:

* a `Freed` after a backward pass that did not retain the graph;
* a `Packed` for a node that was made inside of `saved_tensors_hooks`: the values are whatever the
  user's `pack` made of them, until `unpack` gives a tensor back.

PyTorch checks no version of what went through hooks. Here the check goes on: if what `unpack` gives
lies in the memory that was saved, and that memory was written since, it is an error as ever.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from typing import Any, NamedTuple

from tracegrad.backend.geometry import may_meet
from tracegrad.engine.explain import changed_error, freed_error
from tracegrad.engine.wording import forward_of, write_of
from tracegrad.engine.worlds import raw
from tracegrad.errors import with_details
from tracegrad.graph.kept import Kept, kept_in
from tracegrad.graph.mode import grad_mode
from tracegrad.graph.node import Edge, Freed, Node
from tracegrad.storage import Storage, changes_of, new_storage


def keeper(node: Node) -> Node:
    """The node that keeps an op's values: of a write through a view, the one inside."""
    inner = getattr(node.op, "inner", None)
    return node if inner is None or isinstance(node.saved, Freed) else inner(node)


def kept(node: Node) -> list[Kept]:
    """The values that a node keeps now: none when they were freed or packed away."""
    node = keeper(node)
    if type(node.saved) is not tuple:
        return []
    return kept_in(node, node.saved)


def edge_of(node: Node, name: str) -> Edge | None:
    """Where the gradient of a value that a node keeps goes."""
    node = keeper(node)
    if name == "out":
        return node
    return node.edges[node.op.inputs.index(name)] if name in node.op.inputs else None


def replace_kept(node: Node, entry: Kept, copy: Any) -> None:
    """Keep a copy in the place of a value: nothing can write to it any more."""
    node = keeper(node)
    n = entry.place
    node.saved = (*node.saved[:n], copy, None, None, *node.saved[n + 3 :])


def link_kept(node: Node, tensors: Sequence[Any]) -> None:
    """Give what a new node keeps the storages that its tensors have got since it was saved."""
    for entry in kept(node):
        for tensor in tensors:
            array, storage = getattr(tensor, "_array", None), getattr(tensor, "_storage", None)
            if entry.storage is None and array is entry.array and storage is not None:
                _link(node, entry, storage)
                break


def link_old(node: Node) -> Storage | None:
    """Give the copy of its old value that a write keeps a storage, if there is such a copy."""
    for entry in kept(node):
        # Of all that a write keeps, only that copy has no storage.
        if entry.storage is None and entry.name == keeper(node).op.inputs[0]:
            storage = new_storage(entry.array)
            _link(node, entry, storage)
            return storage
    return None


def _link(node: Node, entry: Kept, storage: Storage) -> None:
    node = keeper(node)
    n = entry.place
    node.saved = (*node.saved[: n + 1], storage, storage.version, *node.saved[n + 3 :])


def opened(node: Node) -> tuple[Any, ...]:
    """What stands for a node's values where `node.saved` is no tuple.

    Raises:
        RuntimeError: they were freed.
        InplaceModificationError: what hooks gave back was changed since it was saved.
    """
    if isinstance(node.saved, Packed):
        return node.saved.open(node)
    raise freed_error(node)


# -- saved_tensors_hooks ---------------------------------------------------------------------------

Pack = Callable[[Any], Any]
Unpack = Callable[[Any], Any]

saving_hooks: ContextVar[tuple[Pack, Unpack] | None] = ContextVar(
    "tracegrad saved tensors hooks", default=None
)
"""The innermost `saved_tensors_hooks`, of this thread or task."""


class _Parcel(NamedTuple):
    """One value that `pack` took.

    Attributes:
        entry: without its array, and without its storage if that would keep the memory alive.
        content: what `pack` returned.
        memory: weak reference to the array of the storage that the value lay in.
    """

    entry: Kept
    content: Any
    memory: Any
    shape: tuple[int, ...]
    dtype: Any


class Packed:
    """Stands for the saved values of a node that was made inside of `saved_tensors_hooks`."""

    __slots__ = ("_others", "_parcels", "_unpack")

    def __init__(self, others: tuple[Any, ...], parcels: Sequence[_Parcel], unpack: Unpack) -> None:
        self._others = others
        self._parcels = parcels
        self._unpack = unpack

    def open(self, node: Node) -> tuple[Any, ...]:
        """The saved tuple as it was, with what `unpack` makes of each value."""
        saved = list(self._others)
        for parcel in self._parcels:
            tensor = _without_gradients(self._unpack, parcel.content)
            array = _unpacked(node, parcel, tensor)
            self._check(node, parcel, array)
            storage, n = tensor._storage, parcel.entry.place
            if array is not tensor._array or (storage is None and changes_of(array)):
                storage = new_storage(None)  # checked just now: counted from here on
            saved[n : n + 3] = array, storage, None if storage is None else storage.version
        return tuple(saved)

    def _check(self, node: Node, parcel: _Parcel, array: Any) -> None:
        """Refuse what lies in the memory that was saved, if that was written since."""
        memory, log = parcel.memory(), parcel.entry.storage
        if memory is None or not may_meet(memory, array):
            return
        if log is None:
            log = new_storage(None)
            log.changes = changes_of(memory)
        entry = parcel.entry._replace(array=array, storage=log)
        if entry.changes:
            raise changed_error(node, [entry])


def _unpacked(node: Node, parcel: _Parcel, tensor: Any) -> Any:
    """The array that `unpack` gave, in the dtype of the value that was saved."""
    array = getattr(tensor, "_array", None)
    if array is None:
        raise TypeError(
            "Output of saved tensor unpack_hook expected to be a Tensor but got result of type "
            f"{type(tensor).__name__}\n  saved by  {forward_of(node)}"
        )
    if array.shape != parcel.shape:
        raise RuntimeError(
            with_details(
                f"unpack_hook gave a tensor of shape {list(array.shape)} for a saved value of "
                f"shape {list(parcel.shape)}",
                [("saved by", str(forward_of(node)))],
                "let unpack_hook undo all that pack_hook does",
            )
        )
    return array if array.dtype is parcel.dtype else array.astype(parcel.dtype)


def pack(node: Node) -> None:
    """Hand what a new node keeps to the hooks in force.

    A value that was written to already, by the very op that keeps it, stays where it is: backward
    will refuse it.

    Raises:
        RuntimeError: `pack` wrote to what it was given.
    """
    hooks = saving_hooks.get()
    node = keeper(node)
    if hooks is None or type(node.saved) is not tuple:
        return
    entries = [entry for entry in kept(node) if not entry.changes]
    if not entries:
        return
    others = list(node.saved)
    parcels = []
    for entry in entries:
        storage = entry.storage
        shown = raw.tensor(entry.array)
        shown._storage = storage
        content = _without_gradients(hooks[0], shown)
        if entry.changes:
            raise RuntimeError(
                with_details(
                    "A saved tensor pack hook is modifying its input in place. Tensors provided as "
                    "input to pack hook cannot be modified by in-place operations as this can lead "
                    "to unexpected side-effects.",
                    [
                        ("saved by", str(forward_of(node))),
                        ("changed", str(write_of(entry.changes[-1]))),
                    ],
                    "pack a .clone() of it",
                )
            )
        owner = entry.array if storage is None or storage.array is None else storage.array
        log = storage if storage is not None and storage.array is None else None
        others[entry.place : entry.place + 3] = None, None, None
        bare = entry._replace(array=None, storage=log)
        array = entry.array
        parcels.append(_Parcel(bare, content, weakref.ref(owner), array.shape, array.dtype))
    node.saved = Packed(tuple(others), parcels, hooks[1])


def _without_gradients(hook: Callable[[Any], Any], value: Any) -> Any:
    token, hooks = grad_mode.set(False), saving_hooks.set(None)
    try:
        return hook(value)
    finally:
        saving_hooks.reset(hooks)
        grad_mode.reset(token)
