"""What a custom `Function` did in its forward, made part of the graph.

PyTorch's rules: an input that is returned as it is becomes a view; one that was marked dirty gets a
new history, and its version counts one write more; a view may not be written to later. And where
PyTorch goes on to wrong gradients, this refuses: an input that forward wrote to and did not mark,
and a tensor that was written to after forward saved it.
"""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from typing import Any

from tracegrad import dtypes
from tracegrad._tensor import Tensor
from tracegrad.autograd.function_arguments import argument_name, options_of
from tracegrad.autograd.function_node import FunctionCall, FunctionNode, SavedFrom
from tracegrad.autograd.function_refusals import (
    not_marked,
    not_returned,
    saved_as_it_is,
    view_among_several,
    written_after_saving,
)
from tracegrad.engine.refuse import check_may_write
from tracegrad.engine.views import View, rebase_history
from tracegrad.engine.worlds import meet_complex
from tracegrad.graph.cut import cut_among, cut_by
from tracegrad.graph.location import warn
from tracegrad.graph.node import Edge, Output, next_order
from tracegrad.graph.observe import Observer
from tracegrad.storage import storage_of


class Run:
    """One run of a Function's forward, until what it returned is in the graph.

    Attributes:
        call: becomes the op of the node.
        args: of forward.
        tensors, edges: those that are tensors, and where their gradients go.
        versions: of these tensors before forward.
        records: whether gradients are recorded and one of the inputs needs one.
        code, lasti: where `apply` was called.
    """

    __slots__ = (
        "args", "call", "code", "dirty", "edges", "lasti", "node", "outputs", "places", "read",
        "records", "returned", "tensors", "versions",
    )  # fmt: skip

    def __init__(
        self,
        call: FunctionCall,
        args: Sequence[Any],
        tensors: list[Tensor],
        edges: list[Edge | None],
        records: bool,
        code: Any,
        lasti: int,
    ) -> None:
        self.call = call
        self.args = args
        self.tensors = tensors
        self.edges = edges
        self.versions = [0 if t._storage is None else t._storage.version for t in tensors]
        self.records = records
        self.code = code
        self.lasti = lasti
        self.node: FunctionNode | None = None
        self.dirty: tuple[Tensor, ...] = ()
        self.read: Any = None

    def finish(
        self, returned: tuple[Any, ...], observer: Observer | None, started: int
    ) -> list[Any]:
        """Make the node, and what `apply` gives of what forward returned."""
        ctx = self.call.ctx
        self.returned = returned
        self.outputs = list(returned)
        # By identity: a tensor that is returned twice is one output, the last, as in PyTorch.
        self.places = {id(t): n for n, t in enumerate(returned) if isinstance(t, Tensor)}
        if ctx.dirty_tensors:
            self.dirty = ctx.dirty_tensors
            self._count_writes(observer)
        if self.records:
            self._refuse_unmarked_writes()
            if self.places:
                self._make_node()
        for n in self.places.values():
            self._attach(n)
        if self.node is not None:
            self._save(self.node)
        ctx.to_save = ctx.dirty_tensors = ctx.non_differentiable = ()
        if observer is not None:
            self._tell(observer, started)
        return self.outputs

    # -- inputs that were written to -----------------------------------------------------------

    def _count_writes(self, observer: Observer | None) -> None:
        """Count the writes that forward told of; the version is one more even if ops counted."""
        call = self.call
        for tensor in self.dirty:
            if id(tensor) not in self.places:
                raise not_returned(self, tensor)
            if self.position_of(tensor) is None:
                warn(
                    "ctx.mark_dirty() received a tensor that was not an input. Only input Tensors "
                    "that have been mutated should be passed to ctx.mark_dirty()."
                )
        target = self.position_of(self.dirty[0])
        if len(self.places) == 1 and target is not None:
            # What is written to comes first, as for every op in place.
            order = [target, *(n for n in range(len(self.tensors)) if n != target)]
            self.tensors = [self.tensors[n] for n in order]
            self.edges = [self.edges[n] for n in order]
            self.versions = [self.versions[n] for n in order]
            call.positions = [call.positions[n] for n in order]
            call.given = [call.given[n] for n in order]
            if observer is not None:
                self.read = observer.before_write(self.tensors)
        for tensor in self.dirty:
            # Forward has written already; but what follows must not be computed from it.
            check_may_write(tensor, call.name, self.records)
            through = tensor._array.shape if tensor._view is not None else None
            storage_of(tensor).wrote(call.name, self.code, self.lasti, through)

    def _refuse_unmarked_writes(self) -> None:
        marked = [t._storage for t in self.dirty]
        for tensor, edge, version in zip(self.tensors, self.edges, self.versions, strict=True):
            storage = tensor._storage
            if edge is None or storage is None or storage.version == version:
                continue
            if storage not in marked:
                raise not_marked(self, tensor, version)

    def position_of(self, tensor: Tensor) -> int | None:
        """Which of the inputs a tensor is."""
        return next((n for n, t in enumerate(self.tensors) if t is tensor), None)

    def name(self, tensor: Tensor) -> str:
        """What forward calls an input."""
        n = self.position_of(tensor)
        return "a tensor" if n is None else argument_name(self.call, self.call.positions[n])

    # -- the node ------------------------------------------------------------------------------

    def _make_node(self) -> None:
        call = self.call
        places = sorted(self.places.values())
        call.made = [
            (t._array.shape, t._array.dtype) if isinstance(t, Tensor) else None
            for t in self.returned
        ]
        call.only = places[0] if len(places) == 1 else None
        self.node = node = FunctionNode()
        node.op = call
        node.edges = tuple(self.edges)
        node.saved = ()
        node.shape = self.returned[places[0]]._array.shape
        node.code = self.code
        node.lasti = self.lasti
        node.order = next_order()
        node.hooks = None
        call.ctx._node = weakref.ref(node)

    def _save(self, node: FunctionNode) -> None:
        """Keep what forward saved: in the node the values, in its op where they came from."""
        ctx, call = self.call.ctx, self.call
        saved: list[Any] = []
        for n, (tensor, version) in enumerate(zip(ctx.to_save, ctx._saved_versions, strict=True)):
            if tensor is None:
                saved += [None, None, None]
                call.origins.append(SavedFrom("none"))
                continue
            storage = tensor._storage
            if storage is not None and storage.version_to_keep != version:
                if all(t._storage is not storage for t in self.dirty):
                    raise written_after_saving(self, n, tensor, version)
                version = storage.version
            saved += [tensor._array, storage, None if storage is None else version]
            call.origins.append(self._origin(tensor))
        node.saved = tuple(saved)

    def _origin(self, tensor: Tensor) -> SavedFrom:
        n = self.position_of(tensor)
        if n is not None and all(tensor is not t for t in self.dirty):
            return SavedFrom("input", n, weakref.ref(tensor))
        if id(tensor) in self.places:
            return SavedFrom("output", self.places[id(tensor)])
        return SavedFrom("other", edge=tensor._node)

    # -- outputs -------------------------------------------------------------------------------

    def _attach(self, n: int) -> None:
        """Give the output at a place its history."""
        tensor: Tensor = self.returned[n]
        call, node = self.call, self.node
        is_input = self.position_of(tensor) is not None
        edge: Edge | None = None
        if node is not None and self._is_differentiable(tensor):
            edge = node
            if call.only is None:
                edge = Output(node, n, tensor._array.shape, len(self.returned))
                call.edges[n] = weakref.ref(edge)
        if is_input and any(tensor is t for t in self.dirty):
            if edge is not None:
                self._rebase(tensor, edge)
                return
            if not tensor.requires_grad:
                return
        elif is_input and self._saves_in_setup_context(tensor):
            raise saved_as_it_is(self, tensor)
        result = tensor
        if is_input or tensor._node is not None:
            shows = is_input and (edge is not None or not tensor.requires_grad)
            result = self._alias(tensor, as_view=shows)
        elif tensor._view is not None:
            tensor._view = self._view(tensor._view.base, storage_of(tensor).version)
        result._node = edge
        if result._array.dtype.kind == "c":
            meet_complex()
        if edge is None:
            result._cut = cut_by(call.name) if self.records else cut_among(call.name, self.tensors)
        for k, other in enumerate(self.returned):
            if other is tensor:
                self.outputs[k] = result

    def _is_differentiable(self, tensor: Tensor) -> bool:
        return dtypes.inexact(tensor._array) and all(
            tensor is not t for t in self.call.ctx.non_differentiable
        )

    def _saves_in_setup_context(self, tensor: Tensor) -> bool:
        call = self.call
        return call.function.has_setup_context() and any(tensor is t for t in call.ctx.to_save)

    def _alias(self, tensor: Tensor, as_view: bool) -> Tensor:
        """Another tensor of the same memory: the history of this one is not ours to change."""
        alias: Tensor = Tensor._of(tensor._array)
        storage = alias._storage = storage_of(tensor)
        if as_view:
            base = tensor if tensor._view is None else tensor._view.base
            alias._view = self._view(base, storage.version)
        return alias

    def _view(self, base: Tensor, version: int) -> View:
        """Of an output: it may not be written to."""
        several = sum(1 for n in self.places.values() if self._is_differentiable(self.returned[n]))
        origin: Any = "several" if self.node is not None and several > 1 else "function"
        return View(base, version, origin, self.call.name)

    def _rebase(self, tensor: Tensor, edge: Edge) -> None:
        if tensor._view is not None and len(self.places) > 1:
            raise view_among_several(self, tensor)
        rebase_history(tensor, edge)  # type: ignore[arg-type]  # of several outputs none is a view

    # -- whoever watches -----------------------------------------------------------------------

    def _tell(self, observer: Observer, started: int) -> None:
        call, node = self.call, self.node
        others = [n for n, a in enumerate(self.args) if not isinstance(a, Tensor)]
        names = [argument_name(call, n) for n in others]
        options = options_of(names, [self.args[n] for n in others])
        made = [self.outputs[n] for n in sorted(self.places.values())]
        if self.read is not None and made[0] is self.tensors[0]:
            target = made[0]
            shown = node if node is None or target._view is None else target._view.base._node
            observer.write(call.name, self.read, options, target, shown, started)
        else:
            observer.forward(call.name, self.tensors, options, made, node, started)
