"""What training makes small: losses of one class among several, or of some."""

from __future__ import annotations

from typing import Any

from tracegrad._tensor import Tensor
from tracegrad.backend.device import namespace_of
from tracegrad.engine.worlds import lifted
from tracegrad.nn.functional._reduction import check_same_shape, check_tensors, chosen, reduced
from tracegrad.nn.functional._scoped import scoped
from tracegrad.ops.create import made

ops = lifted.ops

# -- one class -------------------------------------------------------------------------------------


def _check_classes(input: Tensor, target: Tensor) -> None:
    """One target for each row of the input.

    Raises:
        ValueError: there are more, or fewer.
    """
    shape, wanted = target._array.shape, input._array.shape
    wanted = wanted[:1] + wanted[2:] if len(wanted) > 1 else ()
    if shape != wanted or not input.ndim:
        tries = ""
        if shape == (*wanted, 1):
            tries = "\n  try: target.squeeze(-1)"
        elif shape == input._array.shape:
            tries = "\n  try: target.argmax(1); or target.float(), as probabilities of the classes"
        raise ValueError(
            f"Expected target size {list(wanted)}, got {list(shape)}: one class for each of the "
            f"rows of an input of shape {list(input.shape)}{tries}"
        )


def nll_loss(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    ignore_index: int = -100,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Minus the log probability of each target class.

    Shapes: input `(N, C)`, `(C,)` or `(N, C, d1, ...)`; target the same without `C`.

    Raises:
        ValueError: the shapes don't fit.
        IndexError: a target is no class.
    """
    reduction = chosen(reduction, size_average, reduce)
    check_tensors("nll_loss", input=input, target=target)
    _check_classes(input, target)
    return ops.nll_loss(input, target, weight, ignore_index=ignore_index, reduction=reduction)


def cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    ignore_index: int = -100,
    reduce: bool | None = None,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:
    """`nll_loss` of `log_softmax`: classes, or their probabilities, from logits.

    Args:
        target: class indices, or probabilities of the shape of `input`.
        label_smoothing: the share of each target that is spread over all classes.

    Raises:
        ValueError: the shapes don't fit.
        IndexError: a target is no class.
        RuntimeError: `label_smoothing` is not between 0 and 1.
    """
    reduction = chosen(reduction, size_average, reduce)
    check_tensors("cross_entropy", input=input, target=target)
    if not 0 <= label_smoothing <= 1:
        raise RuntimeError(f"label_smoothing must be between 0.0 and 1.0. Got: {label_smoothing}")
    if target.is_floating_point() and target.shape == input.shape:
        if ignore_index >= 0:
            raise RuntimeError("ignore_index is not supported for floating point target")
        return _of_probabilities(input, target, weight, reduction, label_smoothing)
    _check_classes(input, target)
    if label_smoothing:
        return _smoothed(input, target, weight, ignore_index, reduction, label_smoothing)
    return ops.cross_entropy(input, target, weight, ignore_index=ignore_index, reduction=reduction)


def _for_each_class(weight: Tensor, ndim: int) -> Tensor:
    """Weights that broadcast against `(N, C, ...)`, or `(C,)`."""
    return ops.reshape(weight, shape=(1, -1, *[1] * (ndim - 2)) if ndim > 1 else (-1,))


@scoped
def _of_probabilities(
    input: Tensor, target: Tensor, weight: Tensor | None, reduction: str, smoothing: float
) -> Tensor:
    dim = 0 if input.ndim == 1 else 1
    if smoothing:
        target = target * (1 - smoothing) + smoothing / input.shape[dim]
    logs = ops.log_softmax(input, dim=dim)
    if weight is not None:
        logs = logs * _for_each_class(weight, input.ndim)
    losses = -ops.sum(logs * target, dim=dim)
    if reduction != "mean":
        return reduced(losses, reduction)
    return ops.sum(losses) / (losses.numel() if losses.ndim else 1)


@scoped
def _smoothed(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None,
    ignore_index: int,
    reduction: str,
    smoothing: float,
) -> Tensor:
    """Part `nll_loss`, part the mean over all classes, at the targets that count."""
    dim = 0 if input.ndim == 1 else 1
    logs = ops.log_softmax(input, dim=dim)
    options = {"ignore_index": ignore_index}
    sharp = ops.nll_loss(logs, target, weight, **options, reduction=reduction)
    weighted = logs if weight is None else logs * _for_each_class(weight, input.ndim)
    even = ops.masked_fill(-ops.sum(weighted, dim=dim), target == ignore_index, value=0.0)
    if reduction == "mean":
        counts = _counts(logs, target, weight, ignore_index)
        flat = ops.sum(even) / counts
    else:
        flat = reduced(even, reduction)
    return sharp * (1 - smoothing) + flat * (smoothing / input.shape[dim])


def _counts(logs: Tensor, target: Tensor, weight: Tensor | None, ignore_index: int) -> Tensor | int:
    """What a mean is divided by: the weights of the targets that count."""
    used = ops.logical_not(target == ignore_index)
    if weight is None:
        return ops.sum(ops.to_like(used, logs))
    classes = ops.masked_fill(target, target == ignore_index, value=0)
    return ops.sum(ops.index(weight, key=(classes._array,)) * ops.to_like(used, logs))


# -- some classes ----------------------------------------------------------------------------------


def _class_reduced(losses: Tensor, reduction: str) -> Tensor:
    """Losses summed over classes, divided by their number, then reduced."""
    return reduced(ops.sum(losses, dim=-1) / losses.shape[-1], reduction)


@scoped
def multilabel_soft_margin_loss(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """The mean over classes of the cross entropy of yes and no."""
    reduction = chosen(reduction, size_average, reduce)
    check_same_shape("multilabel_soft_margin_loss", input, target)
    losses = -(target * ops.logsigmoid(input) + (1 - target) * ops.logsigmoid(-input))
    return _class_reduced(losses if weight is None else losses * weight, reduction)


@scoped
def multi_margin_loss(
    input: Tensor,
    target: Tensor,
    p: int = 1,
    margin: float = 1.0,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """`max(0, margin - input[target] + input[i]) ** p`, averaged over the other classes `i`.

    Raises:
        ValueError: `p` is neither 1 nor 2, or `weight` has several dimensions.
    """
    reduction = chosen(reduction, size_average, reduce)
    if p not in (1, 2):
        raise ValueError("only p == 1 and p == 2 supported")
    if weight is not None and weight.ndim != 1:
        raise ValueError("weight must be one-dimensional")
    batched = input.ndim > 1
    rows = input if batched else ops.unsqueeze(input, dim=0)
    index = ops.reshape(target, shape=(rows.shape[0], 1))
    below = margin - ops.gather(rows, index, dim=1) + rows
    losses = ops.relu(below)  # not `clamp`, whose gradient at 0 is 1
    if p == 2:
        losses = ops.square(losses)
    if weight is not None:
        losses = losses * ops.index(weight, key=(index._array,))
    others = ops.scatter_value(ops.zeros_of(rows, shape=rows.shape) + 1.0, index, dim=1, value=0)
    found = ops.sum(losses * others, dim=1) / rows.shape[1]
    return reduced(found if batched else ops.squeeze(found, dim=0), reduction)


@scoped
def multilabel_margin_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """`max(0, 1 - (input[t] - input[i]))` over the classes `t` of `target`, which end at the first
    -1, and the classes `i` that are none of these; divided by the number of classes.

    Raises:
        RuntimeError: the shapes differ.
    """
    reduction = chosen(reduction, size_average, reduce)
    if input.shape != target.shape:
        raise RuntimeError(
            f"inconsistent target size: {list(target.shape)} for input of size: {list(input.shape)}"
        )
    batched = input.ndim > 1
    size = input.shape[-1] if input.ndim else 1
    rows = ops.reshape(input, shape=(-1, size))
    labels = target._array.reshape(-1, size)
    present = (labels < 0).cumsum(1) == 0
    safe = labels * present
    wanted = _marked(safe, present)
    index = made("labels", safe)
    chosen_scores = ops.unsqueeze(ops.gather(rows, index, dim=1), dim=2)
    losses = ops.relu(1 - chosen_scores + ops.unsqueeze(rows, dim=1))
    pairs = present[:, :, None] & ~wanted[:, None, :]
    counted = losses * made("pairs", pairs.astype(input._array.dtype))
    found = ops.sum(counted, dim=(1, 2)) / size
    return reduced(found if batched else ops.squeeze(found, dim=0), reduction)


def _marked(labels: Any, present: Any) -> Any:
    """Which classes are among the labels of each row."""
    classes = namespace_of(labels).arange(labels.shape[1])
    return ((labels[:, :, None] == classes) & present[:, :, None]).any(1)
