"""The node of a custom `Function`: what it saved, and calling the user's `backward`.

Note [A Function's node]
~~~~~~~~~~~~~~~~~~~~~~~~
Each call has an op of its own, a `FunctionCall`, since what it keeps and gives differs from call to
call. References go one way only: output -> node -> op -> ctx. What `ctx` saves is handed over when
`apply` ends, as for every node: an array with its version in `node.saved`, and in the op where
the tensor came from (`SavedFrom`), so that it can be made again. The context knows its node by a
weak reference, and an op the edges of its outputs likewise. So nothing here makes a reference
cycle, and the memory goes when the outputs go.
"""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np

from tracegrad._tensor import Tensor
from tracegrad.autograd.function_arguments import argument_name
from tracegrad.autograd.function_refusals import (
    complex_gradient,
    no_tensor,
    not_for_a_tensor,
    written_gradient,
    wrong_number,
    wrong_shape,
)
from tracegrad.engine.explain import modified_error
from tracegrad.engine.saved import opened
from tracegrad.engine.worlds import World, lifted, raw
from tracegrad.graph.node import AccumulateGrad, Edge, Node, Output
from tracegrad.graph.observe import Observer, hub
from tracegrad.graph.scope import Scope, current_scope
from tracegrad.storage import changes_of

if TYPE_CHECKING:
    from tracegrad.autograd.function import Function, FunctionCtx


class FunctionNode(Node):
    """The `grad_fn` of what a Function made. As in PyTorch, it also shows what `ctx` holds."""

    __slots__ = ()

    op: FunctionCall  # type: ignore[assignment]  # what it is called is worked out when asked for

    def name(self) -> str:
        return f"{self.op.name}Backward"

    @property
    def saved_tensors(self) -> tuple[Any, ...]:
        return self.op.saved_tensors(self)

    def __getattr__(self, name: str) -> Any:
        if name in Node.__slots__:
            raise AttributeError(name)  # a recorder asks for notes that are not there
        return getattr(self.op.ctx, name)


class SavedFrom(NamedTuple):
    """Where a saved tensor came from.

    Attributes:
        number: of the edge that an input has, or of an output; -1 for other tensors and `None`.
        tensor: weak reference to an input: who saves a parameter gets the very same one back.
        edge: where the gradient of another tensor goes.
    """

    kind: Literal["input", "output", "other", "none"]
    number: int = -1
    tensor: Any = None
    edge: Edge | None = None


class FunctionCall:
    """One call of a `Function`, as the op of its node. See Note [A Function's node].

    Attributes:
        name: of the Function.
        positions: for each edge, which argument of `forward` it belongs to.
        arguments: how many of those there were.
        given: shape and dtype of the inputs, by edge.
        made: shape and dtype of the outputs, `None` for those that are no tensors.
        only: index of the output, if just one is a tensor: the node itself is its edge then.
        edges: of the outputs if there are several, as weak references by index.
        origins: of the saved tensors.
    """

    __slots__ = (
        "arguments", "ctx", "edges", "function", "given", "made", "name", "only", "origins",
        "positions",
    )  # fmt: skip

    keeps_values = True

    def __init__(
        self,
        function: type[Function],
        ctx: FunctionCtx,
        positions: Sequence[int],
        arguments: int,
        tensors: Sequence[Tensor],
    ) -> None:
        self.name = function.__name__
        self.function = function
        self.ctx = ctx
        self.positions = list(positions)
        self.arguments = arguments
        self.given = [(t._array.shape, t._array.dtype) for t in tensors]
        self.made: list[tuple[tuple[int, ...], Any] | None] = []
        self.only: int | None = None
        self.edges: dict[int, weakref.ref[Output]] = {}
        self.origins: list[SavedFrom] = []

    # -- what the graph knows of it ------------------------------------------------------------

    @property
    def outputs(self) -> int:
        return len(self.made)

    @property
    def inputs(self) -> tuple[str, ...]:
        """What `forward` calls the inputs, by edge."""
        names = [argument_name(self, position) for position in self.positions]
        return tuple(f"argument {n}" if n.partition("[")[0] == "out" else n for n in names)

    @property
    def places(self) -> tuple[tuple[str, int], ...]:
        """Names of the saved tensors, and where they stand in `node.saved`."""
        names = self.inputs
        found = []
        for n, origin in enumerate(self.origins):
            if origin.kind == "input":
                found.append((names[origin.number], 3 * n))
            elif origin.kind == "output":
                alone = origin.number == self.only
                found.append(("out" if alone else f"out[{origin.number}]", 3 * n))
            elif origin.kind == "other":
                found.append((f"saved tensor {n}", 3 * n))
        return tuple(found)

    def words(self, name: str) -> str:
        """A saved value in the user's words."""
        if name.startswith("saved tensor "):
            return f"{name} of {self.name}"
        if name.startswith("out["):
            return f"output {name[4:-1]} of {self.name}"
        return f"{name.removeprefix('argument ')} of {self.name}.forward"

    # -- what it saved -------------------------------------------------------------------------

    def saved_tensors(self, node: Node) -> tuple[Tensor | None, ...]:
        """The saved tensors, with the history that they had.

        Raises:
            FreedGraphError: an earlier backward freed them.
            InplaceModificationError: one was changed in place since.
        """
        saved = node.saved if type(node.saved) is tuple else opened(node)
        if saved and self.ctx._saved_tensors_gone:
            raise RuntimeError(
                "saved_tensors can only be accessed once when clear_saved_tensors_on_access=True "
                "is set on the autograd.Function. Either access saved_tensors only once, or set "
                "clear_saved_tensors_on_access=False."
            )
        tensors = []
        for n, origin in enumerate(self.origins):
            array, storage, version = saved[3 * n : 3 * n + 3]
            if changes_of(array) if storage is None else storage.version != version:
                raise modified_error(node, saved)
            tensors.append(
                None if origin.kind == "none" else self._again(node, origin, array, storage)
            )
        if self.function.clear_saved_tensors_on_access:
            node.saved = (None,) * len(saved)
            self.ctx._saved_tensors_gone = True
        return tuple(tensors)

    def _again(self, node: Node, origin: SavedFrom, array: Any, storage: Any) -> Tensor:
        edge = origin.edge
        if origin.kind == "input":
            edge = node.edges[origin.number]
            before: Tensor | None = origin.tensor()
            if before is not None and before._array is array and before._node is edge:
                return before
        elif origin.kind == "output":
            edge = self.edge_of_output(node, origin.number)
        tensor = Tensor._from_saved(array, edge, storage)
        if isinstance(edge, AccumulateGrad):
            tensor._accumulator = edge
        return tensor

    def edge_of_output(self, node: Node, index: int) -> Edge | None:
        """Where the gradient of an output goes. There is never more than one edge for it at a time:
        backward gathers gradients by edge.
        """
        if index == self.only:
            return node
        known = self.edges.get(index)
        edge = None if known is None else known()
        made = self.made[index]
        if edge is None and made is not None and known is not None:
            edge = Output(node, index, made[0], len(self.made))
            self.edges[index] = weakref.ref(edge)
        return edge

    def saves_history(self, node: Node) -> bool:
        """Whether a saved tensor depends on something that requires grad."""
        return any(
            origin.kind == "output"
            or origin.edge is not None
            or (origin.kind == "input" and node.edges[origin.number] is not None)
            for origin in self.origins
        )

    # -- backward ------------------------------------------------------------------------------

    def backward(self, node: Node, g: Any) -> tuple[Any, ...]:
        return tuple(
            [
                # A view is never taken for an array that backward made for its leaf alone: what the
                # user returns may be saved, or the gradient that came in.
                None if t is None else t._array if t._array.base is not None else t._array.view()
                for t in self._gradients(node, g, raw)
            ]
        )

    def lifted_backward(self, node: Node, g: Any) -> tuple[Any, ...]:
        return self._gradients(node, g, lifted)

    def _gradients(self, node: Node, g: Any, world: World) -> tuple[Tensor | None, ...]:
        """What the user's `backward` answers, checked, for each edge."""
        observer = hub.observer
        shown = self._shown(node, g, world, observer)
        versions = [None if t is None else t._version for t in shown]
        rule, ctx = self.function.backward_rule(), self.ctx
        arguments: Sequence[Any] = [shown[:]] if self.function.boxed_grads_call else shown
        if observer is None:
            results = rule(ctx, *arguments)
        else:
            parent = current_scope.get()
            token = current_scope.set(Scope(parent, f"{self.name}Backward", "user"))
            try:
                results = rule(ctx, *arguments)
            finally:
                current_scope.reset(token)
        if versions != [None if t is None else t._version for t in shown]:
            raise written_gradient(self, shown, versions)
        if self.arguments == 1 and isinstance(results, Tensor):
            return (self._fitting(0, results, world),)
        return self._checked(node, results, world)

    def _shown(
        self, node: Node, g: Any, world: World, observer: Observer | None
    ) -> list[Tensor | None]:
        """The gradients as the user gets them: zeros for those that nothing flowed to."""
        if len(self.made) == 1 and observer is None:
            return [world.tensor(g)]
        shown: list[Tensor | None] = []
        for n, made in enumerate(self.made):
            arrived = g[n] if self.only is None else g if self.only == n else None
            if arrived is None:
                shown.append(
                    Tensor._of(np.zeros(*made)) if made and self.ctx.materialize_grads else None
                )
                continue
            edge = self.edge_of_output(node, n)
            if observer is not None and not world.lifted:
                arrived = np.array(arrived)  # a recorder keeps the array that came
            tensor = world.tensor(arrived)
            if observer is not None and edge is not None:
                observer.captured(edge, tensor)
            shown.append(tensor)
        return shown

    def _checked(self, node: Node, results: Any, world: World) -> tuple[Tensor | None, ...]:
        if not isinstance(results, tuple):
            results = (results,)
        wanted = self.arguments
        if len(results) != wanted:
            # Too many are fine as long as the rest is None, as in PyTorch.
            if len(results) < wanted or any(r is not None for r in results[wanted:]):
                raise wrong_number(self, len(results))
            results = results[:wanted]
        for n, result in enumerate(results):
            if result is not None and n not in self.positions:
                raise not_for_a_tensor(self, n)
            if result is not None and not isinstance(result, Tensor):
                raise no_tensor(self, n, result)
        return tuple(
            [
                None if edge is None else self._fitting(n, results[position], world)
                for n, (edge, position) in enumerate(zip(node.edges, self.positions, strict=True))
            ]
        )

    def _fitting(self, n: int, g: Tensor | None, world: World) -> Tensor | None:
        """A gradient in the shape and dtype of its input."""
        if g is None:
            return None
        shape, dtype = self.given[n]
        array = g._array
        if array.shape != shape:
            if not _sums_to(array.shape, shape):
                raise wrong_shape(self, n, array.shape)
            g = world.tensor(world.sum_to(world.gradient(g), shape))
        if array.dtype != dtype:
            if array.dtype.kind == "c" and dtype.kind != "c":
                raise complex_gradient(self, n, array.dtype)
            g = _cast(g, dtype, world)
        return g


def _cast(g: Tensor, dtype: Any, world: World) -> Tensor:
    if not world.lifted:
        return Tensor._of(g._array.astype(dtype))
    return world.ops.to_dtype(g, dtype=Tensor._of(np.empty(0, dtype)).dtype)


def _sums_to(larger: tuple[int, ...], shape: tuple[int, ...]) -> bool:
    """Whether a gradient of the larger shape can be one of something that was broadcast to it."""
    if len(larger) < len(shape):
        return False
    ends = zip(larger[len(larger) - len(shape) :], shape, strict=True)
    return all(wanted in (1, got) for got, wanted in ends)
