"""PyTorch's functions of recurrent layers and cells, over parameters given one by one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tracegrad._tensor import Tensor
from tracegrad.engine.worlds import lifted
from tracegrad.nn.functional.recurrent import (
    KINDS,
    State,
    Weights,
    input_part,
    layers,
    padded_layers,
)

ops = lifted.ops

# -- layers, over a flat list of parameters --------------------------------------------------------


def _weights(params: Sequence[Tensor], has_biases: bool, count: int, name: str) -> list[Weights]:
    """The parameters of each layer and direction, in the order of a module's."""
    each, rest = divmod(len(params), count)
    most = 5 if has_biases else 3
    if rest or each not in (most - 1, most):
        raise RuntimeError(
            f"{name}(): got {len(params)} params for {count} directions of layers, expected "
            f"{(most - 1) * count}, or {most * count} with projections"
        )
    found = []
    for start in range(0, len(params), each):
        w_ih, w_hh, *more = params[start : start + each]
        b_ih, b_hh = more[:2] if has_biases else (None, None)
        projection = more[-1] if each == most else None
        found.append(Weights(w_ih, w_hh, b_ih, b_hh, projection))
    return found


_PADDED = (
    "input", "hx", "params", "has_biases", "num_layers", "dropout", "train", "bidirectional",
    "batch_first",
)  # fmt: skip
_PACKED = (
    "data", "batch_sizes", "hx", "params", "has_biases", "num_layers", "dropout", "train",
    "bidirectional",
)  # fmt: skip


def _arguments(name: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments by name, in the one or the other of PyTorch's orders."""
    is_packed = "batch_sizes" in kwargs or (len(args) > 3 and not isinstance(args[3], bool))
    names = _PACKED if is_packed else _PADDED
    found = {**dict(zip(names, args, strict=False)), **kwargs}
    if len(args) > len(names) or set(found) != set(names):
        raise TypeError(
            f"{name}() received an invalid combination of arguments\n"
            f"  expected ({', '.join(_PADDED)}) or ({', '.join(_PACKED)})"
        )
    return found


def _call(name: str, mode: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    given = _arguments(name, args, kwargs)
    kind = KINDS[mode]
    state = tuple(given["hx"]) if kind.states == 2 else (given["hx"],)
    options = {o: given[o] for o in ("dropout", "train", "bidirectional")}
    count = given["num_layers"] * (2 if given["bidirectional"] else 1)
    weights = _weights(given["params"], given["has_biases"], count, name)
    if "batch_sizes" in given:
        sizes = tuple(given["batch_sizes"].tolist())
        out, last = layers(kind, given["data"], sizes, state, weights, **options)
    else:
        out, last = padded_layers(
            kind, given["input"], state, weights, batch_first=given["batch_first"], **options
        )
    return (out, *last)


def lstm(*args: Any, **kwargs: Any) -> tuple[Tensor, Tensor, Tensor]:
    """Output, last hidden states, last cell states of the layers that `nn.LSTM` has.

    `lstm(input, hx, params, has_biases, num_layers, dropout, train, bidirectional, batch_first)`,
    or `lstm(data, batch_sizes, hx, params, has_biases, num_layers, dropout, train,
    bidirectional)` for packed sequences.
    """
    out, h, c = _call("lstm", "LSTM", args, kwargs)
    return out, h, c


def gru(*args: Any, **kwargs: Any) -> tuple[Tensor, Tensor]:
    """Output and last hidden states of the layers that `nn.GRU` has; arguments as `lstm`'s."""
    out, h = _call("gru", "GRU", args, kwargs)
    return out, h


def rnn_tanh(*args: Any, **kwargs: Any) -> tuple[Tensor, Tensor]:
    """Output and last hidden states of the layers that `nn.RNN` has; arguments as `lstm`'s."""
    out, h = _call("rnn_tanh", "RNN_TANH", args, kwargs)
    return out, h


def rnn_relu(*args: Any, **kwargs: Any) -> tuple[Tensor, Tensor]:
    """The same with the nonlinearity `relu`; arguments as `lstm`'s."""
    out, h = _call("rnn_relu", "RNN_RELU", args, kwargs)
    return out, h


# -- cells -----------------------------------------------------------------------------------------


def cell(mode: str, input: Tensor, state: State, weights: Weights) -> State:
    """The state after one step.

    Raises:
        RuntimeError: the shapes don't fit.
    """
    _check_cell(input, state, weights)
    kind = KINDS[mode]
    x = input_part(kind, weights, input)
    return kind.step(weights, ops.t(weights.hidden), x, state)


def _check_cell(input: Tensor, state: State, weights: Weights) -> None:
    size = weights.input.shape[1]
    if input.shape[-1] != size:
        raise RuntimeError(
            f"input has inconsistent input_size: got {input.shape[-1]} expected {size}"
        )
    for n, (s, width) in enumerate(zip(state, (weights.hidden.shape[1],) * 2, strict=False)):
        if input.shape[0] != s.shape[0]:
            raise RuntimeError(
                f"Input batch size {input.shape[0]} doesn't match hidden{n} batch size {s.shape[0]}"
            )
        if s.shape[1] != width:
            raise RuntimeError(
                f"hidden{n} has inconsistent hidden_size: got {s.shape[1]}, expected {width}"
            )


def lstm_cell(
    input: Tensor,
    hx: Sequence[Tensor],
    w_ih: Tensor,
    w_hh: Tensor,
    b_ih: Tensor | None = None,
    b_hh: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """The next hidden and cell state of `nn.LSTMCell`.

    Shapes: input `(N, input size)`, hx two of `(N, H)`, weights `(4 H, *)`.

    Raises:
        TypeError: `hx` is no pair of tensors.
        RuntimeError: the shapes don't fit.
    """
    if isinstance(hx, Tensor):
        raise TypeError(
            "lstm_cell(): argument 'hx' (position 2) must be tuple of Tensors, not Tensor\n"
            "  try: (h, c)"
        )
    h, c = cell("LSTM", input, tuple(hx), Weights(w_ih, w_hh, b_ih, b_hh))
    return h, c


def gru_cell(
    input: Tensor,
    hx: Tensor,
    w_ih: Tensor,
    w_hh: Tensor,
    b_ih: Tensor | None = None,
    b_hh: Tensor | None = None,
) -> Tensor:
    """The next hidden state of `nn.GRUCell`; weights are `(3 H, *)`."""
    return cell("GRU", input, (hx,), Weights(w_ih, w_hh, b_ih, b_hh))[0]


def rnn_tanh_cell(
    input: Tensor,
    hx: Tensor,
    w_ih: Tensor,
    w_hh: Tensor,
    b_ih: Tensor | None = None,
    b_hh: Tensor | None = None,
) -> Tensor:
    """The next hidden state of `nn.RNNCell`; weights are `(H, *)`."""
    return cell("RNN_TANH", input, (hx,), Weights(w_ih, w_hh, b_ih, b_hh))[0]


def rnn_relu_cell(
    input: Tensor,
    hx: Tensor,
    w_ih: Tensor,
    w_hh: Tensor,
    b_ih: Tensor | None = None,
    b_hh: Tensor | None = None,
) -> Tensor:
    """The same with the nonlinearity `relu`."""
    return cell("RNN_RELU", input, (hx,), Weights(w_ih, w_hh, b_ih, b_hh))[0]
