"""`vmap`: a function of one example as a function of a batch."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from tracegrad._tensor import Tensor
from tracegrad._util.tree import Tree, leaves_of
from tracegrad.backend.random import default_generator
from tracegrad.engine.worlds import lifted

Function = Callable[..., Any]

ops = lifted.ops
"""Every op of the table, over tensors."""


def vmap(
    func: Function,
    in_dims: Any = 0,
    out_dims: Any = 0,
    randomness: str = "error",
    *,
    chunk_size: int | None = None,
) -> Function:
    """A function of one example as a function of a batch: it is called for each, and the results
    are stacked.

    PyTorch runs it once over the whole batch, which is faster. In return, `func` may do here what
    it may not there: branch on values, `.item()`.

    Args:
        in_dims: the batch dimension of each argument; `None` for one that all examples share.
        out_dims: where the batch dimension of each output goes.
        randomness: `different` numbers for each example, the `same`, or an `error` if any are
            drawn.
        chunk_size: taken for PyTorch's sake.

    Raises:
        ValueError: the arguments have no batch dimension, or different ones.
        RuntimeError: random numbers were drawn where `randomness` is `error`.
    """
    if randomness not in ("error", "different", "same"):
        raise RuntimeError(
            "Only allowed values for randomness are 'error', 'different', or 'same'. "
            f"Got {randomness}"
        )

    def batched(*args: Any, **kwargs: Any) -> Any:
        tree = Tree.of(args)
        dims = _dims_of(in_dims, args)
        size = _batch_size(tree.tensors, dims)
        found = []
        with _random_numbers(randomness) as begin:
            for n in range(size):
                begin()
                parts = [
                    t if dim is None else ops.select(t, dim, n)
                    for t, dim in zip(tree.tensors, dims, strict=True)
                ]
                found.append(Tree.of(func(*tree.like(parts), **kwargs)))
        first = found[0]
        ends = _dims_of(out_dims, first.like(first.tensors), is_input=False)
        return first.like(
            [ops.stack([one.tensors[k] for one in found], dim=end) for k, end in enumerate(ends)]
        )

    return batched


def _dims_of(dims: Any, value: Any, is_input: bool = True) -> list[Any]:
    """The batch dimension of each tensor in a structure, which `dims` tells by its outer part."""
    if isinstance(dims, int) or dims is None:
        return [dims] * sum(1 for _ in leaves_of(value))
    parts = list(value.values()) if isinstance(value, Mapping) else value
    choices = list(dims.values()) if isinstance(dims, Mapping) else dims
    if not isinstance(parts, tuple | list) or len(parts) != len(choices):
        raise ValueError(
            f"vmap: {'in_dims' if is_input else 'out_dims'} is not compatible with the structure "
            f"of the {'inputs' if is_input else 'outputs'}: got {dims!r}"
        )
    return [d for one, part in zip(choices, parts, strict=True) for d in _dims_of(one, part)]


def _batch_size(tensors: Sequence[Tensor], dims: Sequence[Any]) -> int:
    sizes = [t.shape[d] for t, d in zip(tensors, dims, strict=True) if d is not None]
    if not sizes:
        raise ValueError(
            "vmap: at least one of the inputs must be a tensor with a batch dimension (in_dims)"
        )
    if len(set(sizes)) > 1:
        raise ValueError(
            "vmap: Expected all tensors to have the same size in the mapped dimension, got sizes "
            f"{sizes} for the mapped dimension"
        )
    if sizes[0] == 0:
        raise NotImplementedError(
            "vmap over a batch of no examples: what the function gives is not known then"
        )
    return sizes[0]


@contextmanager
def _random_numbers(randomness: str) -> Iterator[Callable[[], None]]:
    """Gives what is to be called before each example; then checks that the rule was kept."""
    before = default_generator.state()

    def begin() -> None:
        if randomness == "same":
            default_generator.restore(before)

    yield begin
    if randomness == "error" and bool((default_generator.state() != before).any()):
        raise RuntimeError(
            "vmap: called random operation while in randomness error mode. Please either use the "
            "'same' or 'different' randomness flags on vmap or perform the randomness operation "
            "out of vmap"
        )
