"""Recurrent layers: an input of several steps to a state, step by step, layer by layer.

Every sequence is seen as PyTorch packs it: the examples' rows of step 0, then those of step 1, and
so on, with the number of rows in each step. A batch of equally long sequences is the case where
these are all the same. The input's part of all steps is one product; what depends on the state
before is two or three nodes in each step (see `ops/recurrent.py`), so that a recording can be
stepped through in time, and its scopes say which layer and which step.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

from tracegrad._tensor import Tensor
from tracegrad.engine.worlds import lifted
from tracegrad.graph.observe import hub
from tracegrad.graph.scope import scope
from tracegrad.nn.functional.dropout import dropout as drop

ops = lifted.ops

State = tuple[Tensor, ...]
"""The hidden state, and that of an LSTM's cell: `(h,)` or `(h, c)`."""


@dataclass(frozen=True, slots=True)
class Weights:
    """The parameters of one direction of one layer, or of a cell.

    Attributes:
        input, hidden: `(gates * H, input size)` and `(gates * H, hidden size)`.
        input_bias, hidden_bias: `(gates * H,)`, or `None`.
        projection: of an LSTM whose hidden state is smaller than its cell's: `(hidden size, H)`.
    """

    input: Tensor
    hidden: Tensor
    input_bias: Tensor | None = None
    hidden_bias: Tensor | None = None
    projection: Tensor | None = None


@dataclass(frozen=True, slots=True)
class Kind:
    """What makes a recurrent layer an LSTM, a GRU or a plain one.

    Attributes:
        gates: how many times its hidden size the weights are high.
        states: 2 if there is a cell state too, else 1.
        step: `(weights, turned, x, state) -> state` for the input's part `x` of one step and the
            hidden weights turned, `(hidden size, gates * H)`.
        one_bias: whether the two biases are only ever added to each other.
    """

    gates: int
    states: int
    step: Callable[[Weights, Tensor, Tensor, State], State]
    one_bias: bool = True


# -- one step --------------------------------------------------------------------------------------


def _lstm_step(weights: Weights, turned: Tensor, x: Tensor, state: State) -> State:
    h, c = state
    gates = ops.lstm_gates(ops.recurrent_linear(x, h, turned))
    h, c = ops.lstm_state(gates, c)
    return (h if weights.projection is None else ops.linear(h, weights.projection)), c


def _gru_step(weights: Weights, turned: Tensor, x: Tensor, state: State) -> State:
    (h,) = state
    if weights.hidden_bias is None:
        hidden = ops.matmul(h, turned)
    else:
        hidden = ops.recurrent_linear(weights.hidden_bias, h, turned)
    return (ops.gru_state(ops.gru_gates(x, hidden), h),)


def _tanh_step(weights: Weights, turned: Tensor, x: Tensor, state: State) -> State:
    return (ops.tanh(ops.recurrent_linear(x, state[0], turned)),)


def _relu_step(weights: Weights, turned: Tensor, x: Tensor, state: State) -> State:
    return (ops.relu(ops.recurrent_linear(x, state[0], turned)),)


KINDS: Mapping[str, Kind] = {
    "LSTM": Kind(4, 2, _lstm_step),
    "GRU": Kind(3, 1, _gru_step, one_bias=False),
    "RNN_TANH": Kind(1, 1, _tanh_step),
    "RNN_RELU": Kind(1, 1, _relu_step),
}
"""By PyTorch's name of the mode."""


def input_part(kind: Kind, weights: Weights, x: Tensor) -> Tensor:
    """What the input brings to the gates, for any number of rows, with the biases."""
    bias, other = weights.input_bias, weights.hidden_bias
    if kind.one_bias and other is not None:
        bias = other if bias is None else bias + other
    return ops.linear(x, weights.input, bias)


# -- all steps of one direction --------------------------------------------------------------------

_NO_SCOPE = nullcontext()


def _within(name: str) -> AbstractContextManager[None]:
    """A scope while somebody records."""
    return _NO_SCOPE if hub.observer is None else scope(name)


def _forwards(
    step: Callable[[Tensor, State], State], parts: Sequence[Tensor], state: State
) -> tuple[list[Tensor], State]:
    """Outputs by step and the last states; examples that end leave the batch from below."""
    outputs: list[Tensor] = []
    ended: list[State] = []
    for n, part in enumerate(parts):
        rows, before = part.shape[0], state[0].shape[0]
        if rows < before:
            ended.append(_rows(state, rows, before))
            state = _rows(state, 0, rows)
        with _within(f"t{n}"):
            state = step(part, state)
        outputs.append(state[0])
    return outputs, _below(state, *reversed(ended))


def _backwards(
    step: Callable[[Tensor, State], State], parts: Sequence[Tensor], first: State
) -> tuple[list[Tensor], State]:
    """The same from the last step to the first; each example joins in at its own last step."""
    outputs: list[Tensor] = []
    state = _rows(first, 0, parts[-1].shape[0])
    for n in reversed(range(len(parts))):
        rows, before = parts[n].shape[0], state[0].shape[0]
        if rows > before:
            state = _below(state, _rows(first, before, rows))
        with _within(f"t{n}"):
            state = step(parts[n], state)
        outputs.append(state[0])
    return outputs[::-1], state


def _rows(state: State, start: int, stop: int) -> State:
    """Some of the examples."""
    if (start, stop) == (0, state[0].shape[0]):
        return state
    return tuple([ops.narrow(s, dim=0, start=start, length=stop - start) for s in state])


def _below(*states: State) -> State:
    """The examples of several states, one below the other."""
    if len(states) == 1:
        return states[0]
    return tuple([ops.cat(list(parts), dim=0) for parts in zip(*states, strict=True)])


def _direction(
    kind: Kind, weights: Weights, x: Tensor, sizes: tuple[int, ...], state: State, reverse: bool
) -> tuple[Tensor, State]:
    """The outputs `(rows, hidden size)` of one direction of one layer, and its last states."""
    turned = ops.clone(ops.t(weights.hidden))  # contiguous, or each step's product takes 1.7 times
    parts = ops.split_sections(input_part(kind, weights, x), sections=sizes, dim=0)

    def step(part: Tensor, before: State) -> State:
        return kind.step(weights, turned, part, before)

    outputs, last = (_backwards if reverse else _forwards)(step, parts, state)
    return ops.cat(outputs, dim=0), last


# -- all layers ------------------------------------------------------------------------------------


def layers(
    kind: Kind,
    x: Tensor,
    sizes: tuple[int, ...],
    state: State,
    weights: Sequence[Weights],
    *,
    dropout: float,
    train: bool,
    bidirectional: bool,
) -> tuple[Tensor, State]:
    """Outputs of the last layer and last states of all, for packed rows.

    Args:
        sizes: how many rows of `x` each step has, never more than the step before.
        state: `(layers * directions, N, size)` each.
        weights: in the order of the states: both directions of a layer, then the next layer.

    Returns:
        `(rows, directions * hidden size)`, and states of the same shapes as given.

    Raises:
        RuntimeError: there are no steps, or the sizes are not those of a packed batch.
    """
    check_sizes(sizes, x.shape[0])
    directions = 2 if bidirectional else 1
    first = list(zip(*[ops.unbind(s, dim=0) for s in state], strict=True))
    last: list[State] = []
    for n in range(0, len(weights), directions):
        outputs = []
        for reverse in range(directions):
            with _within(f"l{n // directions}" + ("_reverse" if reverse else "")):
                place = n + reverse
                out, final = _direction(kind, weights[place], x, sizes, first[place], bool(reverse))
            outputs.append(out)
            last.append(final)
        x = ops.cat(outputs, dim=-1) if bidirectional else outputs[0]
        if train and dropout and n + directions < len(weights):
            x = drop(x, dropout)
    return x, tuple([ops.stack(list(each), dim=0) for each in zip(*last, strict=True)])


def check_sizes(sizes: tuple[int, ...], rows: int) -> None:
    """Refuse numbers of rows by step that are not those of a packed batch of `rows`."""
    if not sizes:
        raise RuntimeError("Expected sequence length to be larger than 0 in RNN")
    if sum(sizes) != rows or min(sizes) < 0 or list(sizes) != sorted(sizes, reverse=True):
        raise RuntimeError(
            f"Expected batch_sizes that fall and sum to the {rows} rows of data, got {list(sizes)}"
            "\n  try: pack_sequence or pack_padded_sequence, which count them"
        )


def padded_layers(
    kind: Kind,
    input: Tensor,
    state: State,
    weights: Sequence[Weights],
    *,
    batch_first: bool,
    **options: Any,
) -> tuple[Tensor, State]:
    """`layers` for a batch of equally long sequences, `(L, N, input size)` or batch first."""
    steps = ops.transpose(input, dim0=0, dim1=1) if batch_first else input
    length, batch, size = steps.shape
    rows = ops.reshape(steps, shape=(length * batch, size))
    out, last = layers(kind, rows, (batch,) * length, state, weights, **options)
    out = ops.view(out, shape=(length, batch, out.shape[1]))
    return (ops.transpose(out, dim0=0, dim1=1) if batch_first else out), last
