"""The values of a recording: which tensor is which value now, and rows for new ones.

What the hooks in `recorder.py` know a tensor by. See Note [What a recorder notes down].
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Sequence
from threading import RLock
from typing import Any

import numpy as np

from tracegrad._tensor import Tensor
from tracegrad.backend.device import as_array, device_of
from tracegrad.graph.node import Edge
from tracegrad.recording.kept import KeptArrays
from tracegrad.recording.model import Role
from tracegrad.recording.notes import Token
from tracegrad.recording.raw import ArrayShape, RawValue
from tracegrad.storage import Storage, changes_of, new_storage, storage_of

Read = tuple[tuple[int | None, ...], tuple[Any, ...]]
"""Value ids of an op's inputs; and those inputs that are no tensors, if there are any."""

# A named tuple's own constructor takes twice as long as this.
_tuple = tuple.__new__


_NOBODY: tuple[Callable[[], Any], int] = (lambda: None, -1)


def _owner(array: Any) -> tuple[int, Any]:
    """The array that owns the memory of another, with its `id()`."""
    while isinstance(array.base, type(array)):
        array = array.base
    return id(array), array


class Values:
    """Numbers the values that a recording meets, and keeps their arrays.

    Args:
        keep_values: keep the elements of values, not only their shapes.

    Attributes:
        values: raw facts that nobody took yet.
        arrays: elements of values, likewise.
        lock: held by whoever calls.
    """

    def __init__(self, keep_values: bool) -> None:
        self.keep_values = keep_values
        self.values: list[RawValue] = []
        self.arrays = KeptArrays()
        self.value_count = 0
        self.lock = RLock()
        self._storages = 0
        self._token = Token(self)
        # By the owner of the memory: what the last write made whose counter not all tensors share.
        self._apart: dict[int, tuple[Callable[[], Any], int]] = {}
        self._met = False  # whether an input was read that had no storage yet

    # -- which value is it? --------------------------------------------------------------------

    def _value_at(self, edge: Edge) -> int | None:
        """The value whose gradient arrives at an edge, if it was recorded."""
        try:
            token, id, _ = edge.recorded_value
        except AttributeError:
            return None
        return id if token is self._token else None

    def _is_value(self, tensor: Tensor, id: int | None) -> None:
        """A tensor that is not known yet is a value that is recorded already."""
        if id is not None and getattr(tensor, "_value", (None,))[0] is not self._token:
            storage = storage_of(tensor)
            if storage.recorded is not self._token:
                self._adopt(storage)
            tensor._value = (self._token, id, storage.version)

    def _read(self, inputs: Sequence[Any]) -> Read:
        """Look at an op's inputs as they are now."""
        ids: list[int | None] = []
        others = False
        for value in inputs:
            if isinstance(value, Tensor):
                if value._storage is None:
                    self._met = True
                ids.append(self._id(value))
                node, view = value._node, value._view
                # A leaf that was written to, and a view whose node was made again, are new there.
                # What arrives at a view's stale node is the gradient of what it was before.
                if node is not None and (
                    node.order > 0 or (view is not None and view.version == value._value[2])
                ):
                    node.recorded_value = value._value
            else:
                ids.append(None)
                others = others or value is not None
        operands = tuple([None if isinstance(v, Tensor) else v for v in inputs]) if others else ()
        return tuple(ids), operands

    def _id(self, tensor: Tensor) -> int:
        """The tensor's value now: as recorded; or new, if it came from outside or changed since."""
        storage = tensor._storage
        if storage is None or storage.recorded is not self._token:
            known = self._saved_result(tensor) if storage is None else None
            return self._new_value(tensor, None, 0, None) if known is None else known
        try:
            token, id, version = tensor._value
        except AttributeError:
            token, id, version = None, -1, -1
        if token is self._token and version == storage.version:
            return self._unless_written(tensor, id) if storage.shared else id
        if token is not self._token and (known := self._saved(tensor, storage)) is not None:
            tensor._value = (self._token, known, storage.version)
            return known
        earlier = id if token is self._token else None
        if storage.last_write is None:
            return self._new_value(tensor, None, 0, None, earlier)
        # Another tensor wrote to this memory: the value is that write's doing.
        return self._new_value(tensor, storage.last_write, 1, "result", earlier)

    def _unless_written(self, tensor: Tensor, id: int) -> int:
        """The value of a tensor whose memory others have under counters of their own.

        If one of them wrote to it, as `p.data.add_(...)` does, it is a value that came from
        outside: no write to this tensor's own counter made it.
        """
        owner, made = self._apart.get(_owner(tensor._array)[0], _NOBODY)
        if id >= made or owner() is None:
            return id
        return self._new_value(tensor, None, 0, None)

    def _written_apart(self, tensor: Tensor, made: int) -> None:
        """Such a write has happened, and made the value `made`."""
        key, owner = _owner(tensor._array)
        self._apart[key] = weakref.ref(owner, lambda _: self._apart.pop(key, None)), made

    def _last_id(self, tensor: Tensor) -> int:
        """The tensor's value when it was last recorded, whatever was written since."""
        notes = [getattr(tensor, "_value", None), getattr(tensor._node, "recorded_value", None)]
        storage = tensor._storage
        if storage is not None and storage.recorded is self._token:
            array, id, version = storage.newest
            notes.append((self._token, id, version) if array is tensor._array else None)
        known = (note[1] for note in notes if note is not None and note[0] is self._token)
        last = next(known, None)
        return self._id(tensor) if last is None else last

    def _saved(self, tensor: Tensor, storage: Storage) -> int | None:
        """The value of a tensor that is new, around an array that is not: one that a node saved."""
        if storage.holds is not None:
            return storage.holds
        node = tensor._node
        if node is None:
            array, id, version = storage.newest
            return id if array is tensor._array and version == storage.version else None
        token, id, version = getattr(node, "recorded_value", (None, -1, 0))
        known = token is self._token and version == storage.version
        return id if known and tensor._view is None else None

    def _saved_result(self, tensor: Tensor) -> int | None:
        """The same where the node had saved its own result, which had no storage then."""
        node = tensor._node
        token, id, version = getattr(node, "recorded_value", (None, -1, 0))
        unwritten = version == 0 and changes_of(tensor._array) is None
        return id if token is self._token and unwritten and tensor._view is None else None

    # -- new ones ------------------------------------------------------------------------------

    def _found(self, tensor: Tensor, event: int, output: int, earlier: int | None) -> int:
        """A value row for what a warning found; gradients stay those of the value before."""
        node, of = tensor._node, getattr(tensor._node, "recorded_value", None)
        id = self._new_value(tensor, event, output, "result", earlier)
        if node is not None and of is not None:
            node.recorded_value = of
        storage_of(tensor).last_write = event
        return id

    def _new_value(
        self,
        tensor: Tensor,
        event: int | None,
        output: int,
        role: Role | None,
        earlier: int | None = None,
    ) -> int:
        """A value row for a tensor as it is now; `earlier` is the value that it had before."""
        id = self.value_count
        self.value_count = id + 1
        array = tensor._array
        storage = tensor._storage
        if storage is None:
            storage = tensor._storage = new_storage(array)
        if storage.recorded is not self._token:
            self._adopt(storage)
        version = storage.version
        tensor._value = note = (self._token, id, version)
        view = tensor._view
        node = tensor._node
        requires_grad = node is not None
        if view is not None and view.version != version and (node is None or node.order <= 0):
            # Its node is due to be made again, from the base's.
            node, requires_grad = None, view.base._node is not None
        name = ""
        if node is not None:
            # A write that no gradient flows through is not the doing of the node that was there:
            # what arrives there is the gradient of what it made.
            if node.order > 0 or self._value_at(node) is None:
                node.recorded_value = note
            if node.order > 0:
                name = getattr(node, "recorded_name", "")
                role = role or "parameter"
        else:
            storage.newest = (array, id, version)
            name = storage.name if view is None else ""
        if role is None:
            role = "parameter" if getattr(tensor, "is_parameter", False) else "input"
        self.values.append(
            _tuple(RawValue, (
                event, output, role, name, self._keep(id, array, storage), requires_grad,
                storage.number, version, None, self.keep_values, view is not None, earlier,
            ))
        )  # fmt: skip
        return id

    def _new_gradient(
        self,
        g: Any,
        event: int,
        output: int,
        of: int | None,
        storage: Storage | None = None,
        earlier: int | None = None,
    ) -> int:
        """A value row for a gradient: an array, or a tensor in a pass with `create_graph`.

        Args:
            storage: of a gradient that the program has as a tensor, to which it may write.
            earlier: the value of that tensor before, when this is what was added to it.
        """
        id = self.value_count
        self.value_count = id + 1
        number, version, kept_for = None, 0, storage
        if storage is not None:
            if storage.recorded is not self._token:
                self._adopt(storage)
            number, version = storage.number, storage.version
        is_tensor = isinstance(g, Tensor)
        if is_tensor and storage is None:
            kept_for = storage_of(g)
            if kept_for.recorded is not self._token:
                self._adopt(kept_for)
        array = as_array(g._array if is_tensor else g)
        self.values.append(
            _tuple(RawValue, (
                event, output, "gradient", "", self._keep(id, array, kept_for),
                is_tensor and g._node is not None, number, version, of, self.keep_values, False,
                earlier,
            ))
        )  # fmt: skip
        return id

    def _keep(self, id: int, array: np.ndarray, storage: Storage | None) -> np.ndarray | ArrayShape:
        """Keep a value's array if values are kept; give what is known of it."""
        if not self.keep_values:
            return ArrayShape(array.shape, array.dtype, array.nbytes, str(device_of(array)))
        self.arrays.keep(id, array, storage)
        return array

    def _holds(self, storage: Storage, id: int) -> None:
        """A new storage, of the copy that a write's node keeps, holds a value recorded already."""
        self._adopt(storage)
        storage.holds = id

    def _adopt(self, storage: Storage) -> None:
        """Make a storage known to this recording."""
        self._token.adopt(storage, self._storages)
        self._storages += 1

    # -- the keeper's side ---------------------------------------------------------------------

    def copy_values(self, ids: Sequence[int]) -> None:
        """Replace arrays that are about to change by copies, wherever they are by now."""
        with self.lock:
            self.arrays.copy(ids)

    def noted(self, tensor: Tensor) -> tuple[int | None, int] | None:
        """The value that a tensor was last, and its storage; see `Token.noted`."""
        with self.lock:
            return self._token.noted(tensor)

    def own_array(self, id: int) -> np.ndarray | None:
        """A value's array, which never changes from now on."""
        with self.lock:
            return self.arrays.own(id)
