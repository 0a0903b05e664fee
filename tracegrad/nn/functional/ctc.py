"""Connectionist temporal classification: the loss of a sequence of labels with unknown timing."""

from __future__ import annotations

from typing import Any

from tracegrad._tensor import Tensor
from tracegrad.backend.device import namespace_of
from tracegrad.engine.worlds import lifted
from tracegrad.nn.functional._reduction import chosen
from tracegrad.nn.functional._scoped import scoped
from tracegrad.ops.create import made

ops = lifted.ops


@scoped
def ctc_loss(
    log_probs: Tensor,
    targets: Tensor,
    input_lengths: Any,
    target_lengths: Any,
    blank: int = 0,
    reduction: str = "mean",
    zero_infinity: bool = False,
) -> Tensor:
    """Minus the log likelihood of `targets` over all alignments with `log_probs`.

    Args:
        log_probs: `(T, N, C)` or `(T, C)`, what `log_softmax` gives.
        targets: `(N, S)`, or all in a row; no `blank` among them.
        input_lengths, target_lengths: one of each for each sequence.
        reduction: with `mean`, each loss is divided by its target's length first.
        zero_infinity: whether a target that is too long for its input counts 0.

    Gradient: the derivative with respect to `log_probs`. (PyTorch's own contains that of the
        `log_softmax` before it already; behind one, both are the same.)

    Raises:
        RuntimeError: lengths or labels don't fit.

    Source: Graves et al. 2006, equations 6 to 8.
    """
    reduction = chosen(reduction)
    unbatched = log_probs.ndim == 2
    if unbatched:
        log_probs = ops.unsqueeze(log_probs, dim=1)
    steps, batch, classes = log_probs.shape
    xp = namespace_of(log_probs._array)
    inputs, lengths = (_lengths(xp, given) for given in (input_lengths, target_lengths))
    _check(inputs, lengths, steps, batch, blank, classes)
    labels = _padded(xp, targets._array, lengths, blank)
    likelihood = _likelihood(xp, log_probs, labels, inputs, lengths, blank)
    losses = -likelihood
    if zero_infinity:
        losses = ops.where(losses == float("inf"), 0.0, losses)
    if reduction == "mean":
        sizes = xp.maximum(lengths, 1).astype(losses._array.dtype)
        return ops.mean(losses / made("target_lengths", sizes))
    if reduction == "sum":
        return ops.sum(losses)
    return ops.squeeze(losses, dim=0) if unbatched else losses


def _lengths(xp: Any, given: Any) -> Any:
    array = given._array if isinstance(given, Tensor) else xp.asarray(given)
    return xp.atleast_1d(array).astype(xp.int64)


def _check(inputs: Any, lengths: Any, steps: int, batch: int, blank: int, classes: int) -> None:
    if not 0 <= blank < classes:
        raise RuntimeError("blank must be in label range")
    for name, found in (("input_lengths", inputs), ("target_lengths", lengths)):
        if found.size != batch:
            raise RuntimeError(f"{name} must be of size batch_size")
    if (inputs > steps).any():
        raise RuntimeError(
            f"Expected input_lengths to have value at most {steps}, but got value {inputs.max()}"
        )


def _padded(xp: Any, targets: Any, lengths: Any, blank: int) -> Any:
    """Labels as a matrix, blank behind each row's end."""
    longest = int(lengths.max()) if lengths.size else 0
    places = xp.arange(longest)
    if targets.ndim == 1:
        starts = xp.cumsum(lengths) - lengths
        index = starts[:, None] + places
        if targets.size < int(lengths.sum()):
            raise RuntimeError(
                f"Expected targets to hold {int(lengths.sum())} labels, got {targets.size}"
            )
        found = targets[xp.minimum(index, max(targets.size - 1, 0))] if targets.size else index * 0
    else:
        if targets.shape[1] < longest:
            raise RuntimeError(
                f"Expected tensor to have size at least {longest} at dimension 1, but got size "
                f"{list(targets.shape)}"
            )
        found = targets[:, :longest]
    return xp.where(places < lengths[:, None], found, blank)


def _likelihood(
    xp: Any, log_probs: Tensor, labels: Any, inputs: Any, lengths: Any, blank: int
) -> Tensor:
    """The logarithm of the summed probability of all alignments, for each sequence.

    States are the labels with blanks between and around them; at each step one stays, moves on by
    one, or by two past a blank between different labels.
    """
    batch, longest = labels.shape
    states = xp.full((batch, 2 * longest + 1), blank)
    states[:, 1::2] = labels
    may_skip = xp.zeros(states.shape, bool)
    may_skip[:, 2:] = (states[:, 2:] != blank) & (states[:, 2:] != states[:, :-2])
    places = xp.arange(states.shape[1])
    dtype = log_probs._array.dtype
    nothing = made("nothing", xp.full((batch, 2), -xp.inf, dtype))
    skips, starts = made("may_skip", may_skip), made("starts", (places < 2) & (states >= 0))
    emitted = ops.gather(
        log_probs,
        made("states", xp.broadcast_to(states, (log_probs.shape[0], *states.shape)).copy()),
        dim=2,
    )
    state = ops.where(starts, ops.select(emitted, dim=0, index=0), -float("inf"))
    for step in range(1, log_probs.shape[0]):
        moved = _moved(ops.cat([nothing, state], dim=1), skips)
        following = moved + ops.select(emitted, dim=0, index=step)
        running = xp.broadcast_to((step < inputs)[:, None], states.shape)
        state = following if running.all() else ops.where(
            made("running", running.copy()), following, state)  # fmt: skip
    last = (places == 2 * lengths[:, None]) | (places == 2 * lengths[:, None] - 1)
    final = ops.where(made("final", last), state, -float("inf"))
    return ops.logsumexp(final, dim=1)


def _moved(padded: Tensor, may_skip: Tensor) -> Tensor:
    """What reaches each state: from itself, the one before, and the one before that."""
    count = padded.shape[1] - 2
    stay, move, skip = (ops.narrow(padded, dim=1, start=start, length=count) for start in (2, 1, 0))
    skip = ops.where(may_skip, skip, -float("inf"))
    return ops.logsumexp(ops.stack([stay, move, skip]), dim=0)
