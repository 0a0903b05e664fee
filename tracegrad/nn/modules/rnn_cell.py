"""Recurrent cells: one step of RNN, LSTM and GRU, for loops of one's own."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from tracegrad._tensor import Tensor
from tracegrad.nn import init
from tracegrad.nn.functional.recurrent_calls import (
    gru_cell,
    lstm_cell,
    rnn_relu_cell,
    rnn_tanh_cell,
)
from tracegrad.nn.module import Module
from tracegrad.nn.parameter import Parameter
from tracegrad.ops.install import functions


class RNNCellBase(Module):
    """A step from an input and a state to the next state.

    Shapes: input `(N, input_size)` or `(input_size,)`, states `(N, hidden_size)` or
        `(hidden_size,)`; `weight_ih` is `(num_chunks * hidden_size, input_size)`.
    """

    bias_ih: Parameter | None
    bias_hh: Parameter | None

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool,
        num_chunks: int,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.input_size, self.hidden_size, self.bias = input_size, hidden_size, bias
        high = num_chunks * hidden_size
        shapes = {
            "weight_ih": (high, input_size), "weight_hh": (high, hidden_size),
            "bias_ih": (high,), "bias_hh": (high,),
        }  # fmt: skip
        empty = functions["empty"]
        for name, shape in shapes.items():
            wanted = bias or name.startswith("weight")
            value = Parameter(empty(shape, device=device, dtype=dtype)) if wanted else None
            self.register_parameter(name, value)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw all parameters uniformly within `1 / sqrt(hidden_size)`."""
        bound = 1 / math.sqrt(self.hidden_size) if self.hidden_size > 0 else 0.0
        for parameter in self.parameters():
            init.uniform_(parameter, -bound, bound)

    def extra_repr(self) -> str:
        text = f"{self.input_size}, {self.hidden_size}"
        return text if self.bias else f"{text}, bias={self.bias}"

    def _check_dimensions(self, what: str, tensor: Tensor) -> None:
        if tensor.dim() not in (1, 2):
            raise ValueError(
                f"{type(self).__name__}: Expected {what} to be 1D or 2D, got {tensor.dim()}D "
                "instead"
            )

    def _one_state(self, function: Callable[..., Tensor], input: Tensor, hx: Any) -> Tensor:
        """A step of a cell whose only state is the hidden one."""
        self._check_dimensions("input", input)
        if hx is not None:
            self._check_dimensions("hidden", hx)
        batch = _rows(input)
        h = batch.new_zeros((batch.size(0), self.hidden_size)) if hx is None else _rows(hx, input)
        h = function(batch, h, self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh)
        return h if input.dim() == 2 else h.squeeze(0)


def _rows(tensor: Tensor, like: Tensor | None = None) -> Tensor:
    """With a batch's dimension, if the input `like` (by default the tensor itself) has none."""
    return tensor.unsqueeze(0) if (tensor if like is None else like).dim() == 1 else tensor


class RNNCell(RNNCellBase):
    """`tanh(W_ih x + b_ih + W_hh h + b_hh)`, or `relu` in place of `tanh`."""

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        nonlinearity: str = "tanh",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(input_size, hidden_size, bias, 1, device, dtype)
        self.nonlinearity = nonlinearity

    def forward(self, input: Tensor, hx: Tensor | None = None) -> Tensor:
        functions_by_name = {"tanh": rnn_tanh_cell, "relu": rnn_relu_cell}
        if self.nonlinearity not in functions_by_name:
            raise RuntimeError(f"Unknown nonlinearity: {self.nonlinearity}")
        return self._one_state(functions_by_name[self.nonlinearity], input, hx)

    def extra_repr(self) -> str:
        text = super().extra_repr()
        shown = self.nonlinearity != "tanh"
        return f"{text}, nonlinearity={self.nonlinearity}" if shown else text


class GRUCell(RNNCellBase):
    """A step of a gated recurrent unit, see the op `gru_state`."""

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(input_size, hidden_size, bias, 3, device, dtype)

    def forward(self, input: Tensor, hx: Tensor | None = None) -> Tensor:
        return self._one_state(gru_cell, input, hx)


class LSTMCell(RNNCellBase):
    """A step of a long short-term memory, see the op `lstm_state`."""

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(input_size, hidden_size, bias, 4, device, dtype)

    def forward(
        self, input: Tensor, hx: tuple[Tensor, Tensor] | None = None
    ) -> tuple[Tensor, Tensor]:
        self._check_dimensions("input", input)
        if isinstance(hx, Tensor):
            raise TypeError("LSTMCell: expected hx to be a pair of tensors (h, c), got one tensor")
        for n, given in enumerate(hx or ()):
            self._check_dimensions(f"hx[{n}]", given)
        batch = _rows(input)
        zeros = batch.new_zeros((batch.size(0), self.hidden_size))
        state = (zeros, zeros) if hx is None else (_rows(hx[0], input), _rows(hx[1], input))
        h, c = lstm_cell(batch, state, self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh)
        return (h, c) if input.dim() == 2 else (h.squeeze(0), c.squeeze(0))
