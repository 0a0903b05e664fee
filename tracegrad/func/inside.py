"""What a transform works on: arguments that are followed, and results that are not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from tracegrad._tensor import Tensor
from tracegrad._util.tree import Tree
from tracegrad.autograd.mode import enable_grad
from tracegrad.graph.mode import grad_enabled
from tracegrad.graph.node import AccumulateGrad, Edge
from tracegrad.graph.walk import leaves

Argnums = int | tuple[int, ...]


class Inside:
    """The arguments of a transformed function, followed by gradients of their own.

    Attributes:
        args: the arguments with their tensors followed.
        points: those tensors.
    """

    def __init__(self, args: tuple[Any, ...], argnums: Argnums, call: str) -> None:
        self._grad = grad_enabled()
        self._mode = enable_grad()
        self._alone = isinstance(argnums, int)
        chosen = (argnums,) if isinstance(argnums, int) else tuple(argnums)
        for n in chosen:
            if not -len(args) <= n < len(args):
                raise RuntimeError(f"Got argnum={n}, but only {len(args)} positional inputs")
        self._trees = [Tree.of(args[n]) for n in chosen]
        self._own: set[int] = set()
        self.args = list(args)
        self.points: list[Tensor] = []
        for n, tree in zip(chosen, self._trees, strict=True):
            followed = [self._followed(t, call) for t in tree.tensors]
            self.points += followed
            self.args[n] = tree.like(followed)

    def _followed(self, tensor: Tensor, call: str) -> Tensor:
        if not tensor.is_floating_point():
            raise RuntimeError(
                f"{call}: Expected all inputs to be floating point or complex, got {tensor.dtype}"
            )
        if self._grad and tensor.requires_grad:
            return tensor.view(tensor.shape)
        point = tensor.detach().requires_grad_()
        edge = point._node
        assert edge is not None
        self._own.add(edge.order)
        return point

    def __enter__(self) -> Inside:
        self._mode.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._mode.__exit__()

    def leads_out(self, tensors: Sequence[Tensor]) -> bool:
        """Whether somebody outside can ask for a gradient of these."""
        edges = [t.grad_fn or t._node for t in tensors if t.requires_grad]
        found: Iterator[Edge] = (e for e in edges if e is not None)
        return self._grad and any(_is_others(leaf, self._own) for leaf in leaves(found))

    def outside(self, tensors: Sequence[Tensor]) -> list[Tensor]:
        """Results as the caller gets them: without history if it leads nowhere but in here."""
        return [t if self.leads_out((t,)) else t.detach() for t in tensors]

    def all_outside(self, aux: Any) -> Any:
        tree = Tree.of(aux)
        return tree.like(self.outside(tree.tensors))

    def as_arguments(self, tensors: Sequence[Any]) -> Any:
        """One result per followed tensor, in the structure of the arguments."""
        rest = iter(tensors)
        found = tuple(tree.like([next(rest) for _ in tree.tensors]) for tree in self._trees)
        return found[0] if self._alone else found


def _is_others(leaf: AccumulateGrad, own: set[int]) -> bool:
    return leaf.wanted and leaf.order not in own


def parted(result: Any, has_aux: bool, call: str) -> tuple[Any, Any]:
    if not has_aux:
        return result, None
    if not isinstance(result, tuple) or len(result) != 2:
        raise RuntimeError(
            f"{call}(f, has_aux=True): output of function f should be a tuple: (output, aux) if "
            f"has_aux is True"
        )
    return result


def check_fit(what: str, given: Sequence[Tensor], like: Sequence[Tensor]) -> None:
    if [t.shape for t in given] != [t.shape for t in like]:
        raise RuntimeError(
            f"Expected {what} to have the same structure and shapes as what they are multiplied "
            f"with: {[list(t.shape) for t in like]}, got {[list(t.shape) for t in given]}"
        )
