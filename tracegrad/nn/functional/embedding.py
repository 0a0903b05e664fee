"""Integers as vectors."""

from __future__ import annotations

from typing import Any

from tracegrad._tensor import Tensor
from tracegrad.autograd.mode import no_grad
from tracegrad.backend.device import namespace_of
from tracegrad.backend.rows import first_maxima
from tracegrad.engine.worlds import lifted
from tracegrad.nn.functional._scoped import scoped
from tracegrad.ops.create import made
from tracegrad.ops.overloads import norm

ops = lifted.ops


def one_hot(tensor: Tensor, num_classes: int = -1) -> Tensor:
    """Vectors with a 1 at each class index, as int64.

    Raises:
        RuntimeError: an element is no class.
    """
    if tensor.dtype.name != "int64":
        raise RuntimeError(
            "one_hot is only applicable to index tensor of type LongTensor, got "
            f"{tensor.dtype}\n  try: tensor.long()"
        )
    classes = tensor._array
    xp = namespace_of(classes)
    if not classes.size and num_classes <= 0:
        raise RuntimeError(
            "Can not infer total number of classes from empty tensor."
            if num_classes == -1
            else "num_classes should be positive"
        )
    if classes.size and classes.min() < 0:
        raise RuntimeError("Class values must be non-negative.")
    count = int(classes.max()) + 1 if num_classes == -1 else num_classes
    if count < 1:
        raise RuntimeError("num_classes should be positive")
    if classes.size and classes.max() >= count:
        raise RuntimeError("Class values must be smaller than num_classes.")
    return made("one_hot", xp.eye(count, dtype=xp.int64)[classes], num_classes=count)


def _padding(padding_idx: int | None, weight: Tensor) -> int:
    """The row without a gradient, counted from the front; -1 for none.

    Raises:
        AssertionError: there is no such row.
    """
    if padding_idx is None:
        return -1
    rows = weight.shape[0]
    if not -rows <= padding_idx < rows:
        raise AssertionError("Padding_idx must be within num_embeddings")
    return padding_idx % rows


def _refuse_sparse(sparse: bool) -> None:
    if sparse:
        raise NotImplementedError(
            "sparse gradients are not supported\n  try: sparse=False, which gives the same numbers"
        )


def _renormalise(weight: Tensor, index: Tensor, max_norm: float, norm_type: float) -> None:
    """Rows that are looked up and too long are shortened to `max_norm`, in place."""
    with no_grad():
        rows = made("unique", namespace_of(index._array).unique(index._array))
        found = ops.index_select(weight, rows, dim=0)
        lengths = norm(found, norm_type, 1, keepdim=True)
        factor = ops.where(lengths > max_norm, max_norm / (lengths + 1e-7), 1.0)
        weight[rows] = found * factor


def embedding(
    input: Tensor,
    weight: Tensor,
    padding_idx: int | None = None,
    max_norm: float | None = None,
    norm_type: float = 2.0,
    scale_grad_by_freq: bool = False,
    sparse: bool = False,
) -> Tensor:
    """Rows of `weight` by index.

    Args:
        padding_idx: a row that gets no gradient.
        max_norm: rows that are looked up are first shortened to it, in place.
        scale_grad_by_freq: divide a row's gradient by how often it was looked up.

    Raises:
        IndexError: an index is no row.
        NotImplementedError: `sparse`.
    """
    _refuse_sparse(sparse)
    padding = _padding(padding_idx, weight)
    if not isinstance(input, Tensor) or input.dtype.name not in ("int64", "int32"):
        found = input.dtype if isinstance(input, Tensor) else type(input).__name__
        raise RuntimeError(
            "Expected tensor for argument #1 'indices' to have one of the following scalar types: "
            f"Long, Int; but got {found} instead (while checking arguments for embedding)\n"
            "  try: input.long()"
        )
    if weight.ndim != 2:
        raise RuntimeError("'weight' must be 2-D")
    if max_norm is not None:
        _renormalise(weight, input, max_norm, norm_type)
    return ops.embedding(weight, input, padding_idx=padding, by_frequency=scale_grad_by_freq)


# -- bags ------------------------------------------------------------------------------------------


def _bags(input: Tensor, offsets: Any, include_last_offset: bool) -> tuple[Tensor, Any, int]:
    """Indices in a row, the bag that each belongs to, and the number of bags.

    Raises:
        ValueError: `offsets` has the wrong shape.
    """
    xp = namespace_of(input._array)
    if input.ndim == 2:
        if offsets is not None:
            raise ValueError(
                "if input is 2D, then offsets has to be None, as input is treated is a mini-batch "
                f"of fixed length sequences. However, found offsets of type {type(offsets)}"
            )
        bags, length = input.shape
        return ops.reshape(input, shape=(bags * length,)), xp.arange(bags).repeat(length), bags
    if input.ndim != 1:
        raise ValueError(
            f"input has to be 1D or 2D Tensor, but got Tensor of dimension {input.ndim}"
        )
    if offsets is None:
        raise ValueError("offsets has to be a 1D Tensor but got None")
    if offsets.ndim != 1:
        raise ValueError("offsets has to be a 1D Tensor")
    starts = _starts(offsets, input.shape[0], include_last_offset)
    if not starts.size:
        return input[:0], xp.arange(0), 0
    places = xp.arange(input.shape[0])
    return input, xp.searchsorted(starts, places, side="right") - 1, starts.size


def _starts(offsets: Tensor, inputs: int, include_last_offset: bool) -> Any:
    """Where each bag starts.

    PyTorch neither asks for ascending offsets nor for the last one to be the number of inputs, and
    then computes with bags that it never filled.

    Raises:
        RuntimeError: `offsets` does not cut `inputs` elements into bags.
    """
    if offsets.dtype.name not in ("int64", "int32"):
        raise RuntimeError(
            "Expected tensor for argument 'offsets' to have one of the following scalar types: "
            f"Long, Int; but got {offsets.dtype} instead\n  try: offsets.long()"
        )
    starts = offsets._array
    if starts.size and starts[0] != 0:
        raise RuntimeError(
            "offsets[0] has to be 0, i.e., the first sequence in the mini-batch has to start from "
            f"position 0. However, got {starts[0]}"
        )
    if (starts[1:] < starts[:-1]).any():
        raise RuntimeError(f"offsets has to ascend, but got {starts.tolist()}")
    if starts.size and starts[-1] > inputs:
        raise RuntimeError(
            f"offsets[-1] can not be greater than input's length {inputs} but got offsets[-1] of "
            f"{starts[-1]}"
        )
    if not include_last_offset:
        return starts
    if not starts.size:
        raise RuntimeError("include_last_offset: number of offset should be at least 1")
    if starts[-1] != inputs:
        raise RuntimeError(
            f"include_last_offset: the last offset should be the number of inputs, {inputs}, but "
            f"got {starts[-1]}"
        )
    return starts[:-1]


@scoped
def embedding_bag(
    input: Tensor,
    weight: Tensor,
    offsets: Tensor | None = None,
    max_norm: float | None = None,
    norm_type: float = 2,
    scale_grad_by_freq: bool = False,
    mode: str = "mean",
    sparse: bool = False,
    per_sample_weights: Tensor | None = None,
    include_last_offset: bool = False,
    padding_idx: int | None = None,
) -> Tensor:
    """Sums, means or maxima of rows of `weight`, one for each bag of indices.

    Args:
        input: `(bags, length)`, or all bags in a row, where each starts at one of `offsets`.
        per_sample_weights: factors for `mode="sum"`.
        padding_idx: an index that counts for nothing.

    Raises:
        ValueError: shapes or `mode` don't fit.
        RuntimeError: `offsets` does not cut the input into bags.
        IndexError: an index is no row.
        NotImplementedError: `sparse`, or weights with another mode than `sum`.
    """
    _refuse_sparse(sparse)
    if weight.ndim != 2:
        raise ValueError(f"weight has to be a 2D Tensor, but got Tensor of dimension {weight.ndim}")
    if mode not in ("sum", "mean", "max"):
        raise ValueError("mode has to be one of sum, mean or max")
    if per_sample_weights is not None and input.shape != per_sample_weights.shape:
        raise ValueError(
            f"embedding_bag: If per_sample_weights ({per_sample_weights.shape}) is not None, then "
            f"it must have the same shape as the input ({input.shape})"
        )
    if mode == "max" and scale_grad_by_freq:
        raise ValueError("max mode does not support scaling the gradient by the frequency")
    if per_sample_weights is not None and mode != "sum":
        raise NotImplementedError(
            "embedding_bag: per_sample_weights was not None. per_sample_weights is only supported "
            f"for mode='sum' (got mode='{mode}')."
        )
    index, bag, bags = _bags(input, offsets, include_last_offset)
    rows = embedding(index, weight, padding_idx, max_norm, norm_type, scale_grad_by_freq)
    if per_sample_weights is not None:
        rows = rows * ops.unsqueeze(ops.reshape(per_sample_weights, shape=index.shape), dim=-1)
    if padding_idx is not None:
        kept = index._array != _padding(padding_idx, weight)
        rows, bag = rows[made("padding", kept)], bag[kept]
    return _gathered(rows, bag, bags, mode)


def _gathered(rows: Tensor, bag: Any, bags: int, mode: str) -> Tensor:
    """One row for each bag; zeros for an empty one."""
    xp = namespace_of(bag)
    if mode == "max" and rows.shape[0]:
        return _largest(rows, bag, ops.zeros_of(rows, shape=(bags, rows.shape[1])))
    total = ops.bag_sum(rows, made("bags", bag), bags=bags)
    if mode != "mean":
        return total  # zeros, with a history, where there are no rows to find the largest of
    counts = xp.maximum(xp.bincount(bag, minlength=bags), 1).astype(rows._array.dtype)
    return total / made("bag_sizes", counts.reshape(-1, 1))


def _largest(rows: Tensor, bag: Any, empty: Tensor) -> Tensor:
    """The largest of each bag's rows, column by column: found without gradients, then gathered."""
    xp, bags = namespace_of(bag), empty.shape[0]
    winners = made("winners", first_maxima(xp, rows._array, bag, bags))
    filled = made("filled", (xp.bincount(bag, minlength=bags) > 0).reshape(-1, 1))
    return ops.where(filled, ops.gather(rows, winners, dim=0), empty)
