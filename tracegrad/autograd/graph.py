"""The graph as users take hold of it: what is saved for backward, and counting writes by hand.

PyTorch's `torch.autograd.graph`. Two things are different, for the better. Hooks lose no version
check (see Note [Saved values]). And `allow_mutation_on_saved_tensors` copies what is saved at the
moment of the write, so that backward may also be called after the block.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar, Token
from typing import Any
from weakref import WeakSet

from tracegrad._tensor import Tensor
from tracegrad.autograd.gradient_edge import GradientEdge as GradientEdge
from tracegrad.autograd.gradient_edge import get_gradient_edge as get_gradient_edge
from tracegrad.autograd.gradient_edge import register_multi_grad_hook as register_multi_grad_hook
from tracegrad.engine.saved import Pack, Unpack, edge_of, kept, pack, replace_kept, saving_hooks
from tracegrad.graph.kept import Kept
from tracegrad.graph.location import caller
from tracegrad.graph.node import Node as Node
from tracegrad.graph.observe import NodeWatcher, OnRequest, hub
from tracegrad.storage import Storage, memory_key, preserving, storage_of

# -- hooks on what is saved ------------------------------------------------------------------------

_disabled: ContextVar[str | None] = ContextVar("tracegrad saved tensors hooks off", default=None)


class _Packing(OnRequest, NodeWatcher):
    """Hands what each new node keeps to the hooks, while there are any."""

    def keeps(self, node: Node) -> None:
        pack(node)


_packing = _Packing()


class saved_tensors_hooks:
    """Inside, values that ops save for backward go through `pack_hook`, and come back through
    `unpack_hook` when backward needs them.

    Only the innermost hooks apply. They see tensors without history, and must not write to them.

    Args:
        pack_hook: gets the tensor that is to be saved; what it returns is kept.
        unpack_hook: gets that, and returns a tensor of the same shape and numbers.

    Raises:
        RuntimeError: on entering where `disable_saved_tensors_hooks` forbids it.

    Example:
        >>> with saved_tensors_hooks(lambda t: t.half(), lambda t: t.float()):
        ...     y = x.exp()
    """

    def __init__(self, pack_hook: Pack, unpack_hook: Unpack) -> None:
        self.pack_hook = pack_hook
        self.unpack_hook = unpack_hook
        self._tokens: list[Token[Any]] = []

    def __enter__(self) -> None:
        forbidden = _disabled.get()
        if forbidden is not None:
            raise RuntimeError(forbidden)
        self._tokens.append(saving_hooks.set((self.pack_hook, self.unpack_hook)))
        _packing.begin()

    def __exit__(self, *_: object) -> None:
        _packing.end()
        saving_hooks.reset(self._tokens.pop())


class save_on_cpu(saved_tensors_hooks):
    """Inside, values saved for backward are kept in the memory of the CPU.

    Args:
        pin_memory: use page-locked memory; there is none on the CPU itself, where it is ignored.
    """

    def __init__(self, pin_memory: bool = False, device_type: str = "cuda") -> None:
        super().__init__(
            lambda tensor: (tensor.device, tensor.to("cpu")),
            lambda packed: packed[1].to(packed[0]),
        )


class disable_saved_tensors_hooks:
    """Inside, entering `saved_tensors_hooks` raises a RuntimeError with this message. Also a
    decorator.
    """

    def __init__(self, error_message: str) -> None:
        self.error_message = error_message
        self._tokens: list[Token[Any]] = []

    def __enter__(self) -> None:
        if saving_hooks.get() is not None:
            raise RuntimeError(self.error_message)
        self._tokens.append(_disabled.set(self.error_message))

    def __exit__(self, *_: object) -> None:
        _disabled.reset(self._tokens.pop())

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def without_hooks(*args: Any, **kwargs: Any) -> Any:
            with self:
                return function(*args, **kwargs)

        return without_hooks


# -- writing to what is saved ----------------------------------------------------------------------


LEAST_ROOM = 1024
"""Values after which those whose nodes are gone are forgotten; then at twice what is left."""


class Preserved(NodeWatcher):
    """Copies saved values at the moment that something writes to them.

    Attributes:
        copies: how many were made.
    """

    def __init__(self) -> None:
        self.copies = 0
        self._nodes: dict[int, WeakSet[Node]] = {}  # by `memory_key` of what they keep
        self._room = LEAST_ROOM

    def keeps(self, node: Node) -> None:
        """Watch over what a node keeps."""
        for entry in kept(node):
            key = memory_key(entry.array, entry.storage)
            self._nodes.setdefault(key, WeakSet()).add(node)
        if len(self._nodes) > self._room:
            self._nodes = {key: nodes for key, nodes in self._nodes.items() if nodes}
            self._room = max(LEAST_ROOM, 2 * len(self._nodes))

    def about_to_write(self, storage: Storage) -> None:
        """Copy what nodes keep of this memory; they keep the copies instead."""
        copies: dict[int, Tensor] = {}
        for node in self._nodes.pop(memory_key(None, storage), ()):
            for entry in kept(node):
                if memory_key(entry.array, entry.storage) != memory_key(None, storage):
                    continue
                if entry.changes or (entry.version or 0) > storage.version:
                    continue  # changed before the block; or it is what the op is about to write
                if id(entry.array) not in copies:
                    copies[id(entry.array)] = self._copy(node, entry, storage)
                replace_kept(node, entry, copies[id(entry.array)]._array)

    def _copy(self, node: Node, entry: Kept, storage: Storage) -> Tensor:
        saved = Tensor._from_saved(entry.array, edge_of(node, entry.name), storage)
        copy: Tensor = Tensor._of(entry.array.copy())
        self.copies += 1
        if hub.observer is not None:
            facts = {"saved_for": f"{node.op.name} backward"}
            hub.observer.forward("preserve", (saved,), facts, (copy,), None, 0)
        return copy


@contextmanager
def allow_mutation_on_saved_tensors() -> Iterator[Preserved]:
    """Inside, values saved for backward may be written to: backward sees them as they were.

    Each is copied once, when something is about to write to its memory, and only if an op inside of
    the block saved it. A recording shows each copy as an event `preserve`.

    Raises:
        RuntimeError: such a block is active already.

    Note:
        Writes through `.data` and NumPy arrays are unseen and not preserved; see `detect_anomaly`.
    """
    if preserving:
        raise RuntimeError("allow_mutation_on_saved_tensors contexts cannot be nested")
    preserved = Preserved()
    hub.add(preserved)
    preserving.append(preserved)
    try:
        yield preserved
    finally:
        preserving.remove(preserved)
        hub.remove(preserved)


def increment_version(tensor: Tensor | Iterable[Tensor]) -> None:
    """Count a write that went past the version counter, such as one to a shared NumPy array.

    Backward then refuses to use what was saved of this memory before.
    """
    for one in (tensor,) if isinstance(tensor, Tensor) else tensor:
        storage_of(one).wrote("increment_version", *caller(), None)
