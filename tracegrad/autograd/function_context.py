"""The context of a custom `Function`: what its forward hands to its backward."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tracegrad._tensor import Tensor

if TYPE_CHECKING:
    from tracegrad.autograd.function_node import FunctionNode


class FunctionCtx:
    """What `forward` hands to `backward`: saved tensors, and any attribute that the user sets.

    Attributes:
        needs_input_grad: for each argument of `forward`, whether its gradient is needed.
    """

    needs_input_grad: tuple[bool, ...] = ()
    materialize_grads = True
    to_save: tuple[Tensor | None, ...] = ()
    dirty_tensors: tuple[Tensor, ...] = ()
    non_differentiable: tuple[Tensor, ...] = ()
    _saved_versions: tuple[int, ...] = ()  # when they were saved
    _saved_tensors_gone = False  # see Function.clear_saved_tensors_on_access
    _node: Callable[[], FunctionNode | None] | None = None  # see Note [A Function's node]

    def save_for_backward(self, *tensors: Tensor | None) -> None:
        """Keep tensors for `backward`, which finds them in `saved_tensors`.

        Not as attributes: that would keep the graph alive in a reference cycle if they are outputs,
        and nobody would notice if they are changed.

        Raises:
            TypeError: one is neither a tensor nor `None`.
        """
        for n, tensor in enumerate(tensors):
            if tensor is not None and not isinstance(tensor, Tensor):
                raise TypeError(
                    "save_for_backward can only save variables, but argument "
                    f"{n} is of type {type(tensor).__name__}\n"
                    "  try: keep what is no tensor as an attribute, such as ctx.scale = scale"
                )
        self.to_save = tensors
        self._saved_versions = tuple([_version(t) for t in tensors])

    def save_for_forward(self, *tensors: Tensor | None) -> None:
        """Does nothing: it is for `jvp`, and there is no forward mode."""

    @property
    def saved_tensors(self) -> tuple[Any, ...]:
        """What `save_for_backward` kept.

        Raises:
            FreedGraphError: an earlier backward freed them.
            InplaceModificationError: one was changed in place since.
        """
        if self._node is None:
            return ()
        node = self._node()
        if node is None:
            raise RuntimeError(
                "the saved tensors of a Function go with its outputs, and those are gone\n"
                "  try: keep an output, as long as ctx is in use"
            )
        return node.op.saved_tensors(node)

    def mark_dirty(self, *tensors: Tensor) -> None:
        """Say which inputs `forward` changed in place. It must return them too.

        Raises:
            RuntimeError: one is no tensor.
        """
        self.dirty_tensors = _all_tensors("mark_dirty can only accept variables, but", tensors)

    def mark_non_differentiable(self, *tensors: Tensor) -> None:
        """Say through which outputs no gradient flows: `backward` still gets zeros for them.

        Raises:
            RuntimeError: one is no tensor.
        """
        self.non_differentiable = _all_tensors(
            "mark_non_differentiable only accepts variable arguments, but got", tensors
        )

    def set_materialize_grads(self, value: bool) -> None:
        """Whether `backward` gets zeros for outputs that no gradient came to, or `None`."""
        self.materialize_grads = value


def _all_tensors(headline: str, tensors: tuple[Any, ...]) -> tuple[Tensor, ...]:
    for n, tensor in enumerate(tensors):
        if not isinstance(tensor, Tensor):
            raise RuntimeError(f"{headline} argument {n} is of type {type(tensor).__name__}")
    return tensors


def _version(tensor: Tensor | None) -> int:
    """The version of what is to be saved. Not `_version`, which an inference tensor refuses to
    tell: whether it may be saved is decided when the node is made.
    """
    return 0 if tensor is None or tensor._storage is None else tensor._storage.version
