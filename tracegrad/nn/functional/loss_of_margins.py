"""What training makes small: losses of which is larger, nearer, or more alike."""

from __future__ import annotations

from collections.abc import Callable

from tracegrad._tensor import Tensor
from tracegrad.engine.worlds import lifted
from tracegrad.nn.functional._reduction import check_tensors, chosen, reduced
from tracegrad.nn.functional._scoped import scoped
from tracegrad.nn.functional.distance import pairwise_distance

ops = lifted.ops


@scoped
def margin_ranking_loss(
    input1: Tensor,
    input2: Tensor,
    target: Tensor,
    margin: float = 0,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """`max(0, margin - target * (input1 - input2))`: the first should be larger where the target is
    1, smaller where it is -1.

    Raises:
        RuntimeError: the numbers of dimensions differ.
    """
    reduction = chosen(reduction, size_average, reduce)
    check_tensors("margin_ranking_loss", input1=input1, input2=input2, target=target)
    if not input1.ndim == input2.ndim == target.ndim:
        raise RuntimeError(
            "margin_ranking_loss : All input tensors should have same dimension but got sizes: "
            f"input1: {input1.shape}, input2: {input2.shape}, target: {target.shape} "
        )
    return reduced(ops.clamp(-target * (input1 - input2) + margin, min=0.0), reduction)


@scoped
def hinge_embedding_loss(
    input: Tensor,
    target: Tensor,
    margin: float = 1.0,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """`input` where the target is 1, `max(0, margin - input)` where it is -1."""
    reduction = chosen(reduction, size_average, reduce)
    check_tensors("hinge_embedding_loss", input=input, target=target)
    far = ops.where(target != 1, ops.clamp(margin - input, min=0.0), 0.0)
    near = ops.where(target != -1, input, 0.0)
    return reduced(far + near, reduction)


SMALLEST = 1e-12
"""Added to squared lengths, as in PyTorch."""


@scoped
def cosine_embedding_loss(
    input1: Tensor,
    input2: Tensor,
    target: Tensor,
    margin: float = 0,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """`1 - cos` where the target is 1, `max(0, cos - margin)` where it is -1.

    Raises:
        RuntimeError: the shapes don't fit.
    """
    reduction = chosen(reduction, size_average, reduce)
    check_tensors("cosine_embedding_loss", input1=input1, input2=input2, target=target)
    if target.ndim not in (0, 1):
        raise RuntimeError("0D or 1D target tensor expected, multi-target not supported")
    if input1.ndim != target.ndim + 1 or input2.ndim != target.ndim + 1:
        raise RuntimeError(
            f"{target.ndim}D target tensor expects {target.ndim + 1}D input tensors, but found "
            f"inputs with sizes {list(input1.shape)} and {list(input2.shape)}."
        )
    dots = ops.sum(input1 * input2, dim=-1)
    lengths = [ops.sum(x * x, dim=-1) + SMALLEST for x in (input1, input2)]
    cosines = dots / ops.sqrt(lengths[0] * lengths[1])
    alike = ops.where(target == 1, 1 - cosines, 0.0)
    unlike = ops.where(target == -1, ops.clamp(cosines - margin, min=0.0), 0.0)
    return reduced(alike + unlike, reduction)


# -- triplets --------------------------------------------------------------------------------------


@scoped
def triplet_margin_loss(
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    margin: float = 1.0,
    p: float = 2,
    eps: float = 1e-6,
    swap: bool = False,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """`max(0, d(anchor, positive) - d(anchor, negative) + margin)` of distances of order `p`.

    Raises:
        ValueError: the margin is not positive.
        RuntimeError: the numbers of dimensions differ.
    """
    reduction = chosen(reduction, size_average, reduce)
    _check_triplet(anchor, positive, negative, margin)
    return _of_triplet(
        lambda x, y: pairwise_distance(x, y, p, eps),
        anchor, positive, negative, margin, swap, reduction,
    )  # fmt: skip


@scoped
def triplet_margin_with_distance_loss(
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    *,
    distance_function: Callable[[Tensor, Tensor], Tensor] | None = None,
    margin: float = 1.0,
    swap: bool = False,
    reduction: str = "mean",
) -> Tensor:
    """The same with a distance of your own.

    Raises:
        ValueError: the margin is not positive.
        RuntimeError: the numbers of dimensions differ.
    """
    reduction = chosen(reduction)
    _check_triplet(anchor, positive, negative, margin)
    distance = distance_function or pairwise_distance
    return _of_triplet(distance, anchor, positive, negative, margin, swap, reduction)


def _check_triplet(anchor: Tensor, positive: Tensor, negative: Tensor, margin: float) -> None:
    if margin <= 0:
        raise ValueError(f"margin must be greater than 0, got {margin}")
    if not anchor.ndim == positive.ndim == negative.ndim:
        raise RuntimeError(
            "The anchor, positive, and negative tensors are expected to have the same number of "
            f"dimensions, but got: anchor {anchor.ndim}D, positive {positive.ndim}D, and negative "
            f"{negative.ndim}D inputs"
        )


def _of_triplet(
    distance: Callable[[Tensor, Tensor], Tensor],
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    margin: float,
    swap: bool,
    reduction: str,
) -> Tensor:
    near, far = distance(anchor, positive), distance(anchor, negative)
    if swap:  # Source: Balntas et al. 2016: whichever of the two is nearer to the negative one
        far = ops.minimum(far, distance(positive, negative))
    return reduced(ops.clamp(near - far + margin, min=0.0), reduction)
