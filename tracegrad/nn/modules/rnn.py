"""Recurrent layers: RNN, LSTM and GRU, of several layers and directions.

Their cells are in `rnn_cell.py`, and importable from here as in PyTorch.
"""

from __future__ import annotations

from typing import Any, overload

from tracegrad._tensor import Tensor
from tracegrad.nn.modules.rnn_base import RNNBase as RNNBase
from tracegrad.nn.modules.rnn_cell import GRUCell as GRUCell
from tracegrad.nn.modules.rnn_cell import LSTMCell as LSTMCell
from tracegrad.nn.modules.rnn_cell import RNNCell as RNNCell
from tracegrad.nn.modules.rnn_cell import RNNCellBase as RNNCellBase
from tracegrad.nn.utils.rnn import PackedSequence


class _OneState(RNNBase):
    """Layers whose state is the hidden state alone."""

    @overload
    def forward(self, input: Tensor, hx: Tensor | None = None) -> tuple[Tensor, Tensor]: ...
    @overload
    def forward(
        self, input: PackedSequence, hx: Tensor | None = None
    ) -> tuple[PackedSequence, Tensor]: ...
    def forward(
        self, input: Tensor | PackedSequence, hx: Tensor | None = None
    ) -> tuple[Tensor | PackedSequence, Tensor]:
        output, (h,) = self._read(input, None if hx is None else (hx,))
        return output, h


class RNN(_OneState):
    """`h = tanh(W_ih x + b_ih + W_hh h + b_hh)` for each step, or `relu` in place of `tanh`."""

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        nonlinearity: str = "tanh",
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        device: Any = None,
        dtype: Any = None,
        *,
        proj_size: int = 0,
    ) -> None:
        _refuse_projection(proj_size)
        if nonlinearity not in ("tanh", "relu"):
            raise ValueError(
                f"Unknown nonlinearity '{nonlinearity}'. Select from 'tanh' or 'relu'."
            )
        super().__init__(
            f"RNN_{nonlinearity.upper()}", input_size, hidden_size, num_layers, bias, batch_first,
            dropout, bidirectional, 0, device, dtype,
        )  # fmt: skip
        self.nonlinearity = nonlinearity


class GRU(_OneState):
    """Gated recurrent units: gates say how much of the state is kept, see the op `gru_state`.

    Source: Cho et al. 2014, "Learning phrase representations using RNN encoder-decoder".
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        device: Any = None,
        dtype: Any = None,
        *,
        proj_size: int = 0,
    ) -> None:
        _refuse_projection(proj_size)
        super().__init__(
            "GRU", input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional,
            0, device, dtype,
        )  # fmt: skip


class LSTM(RNNBase):
    """Long short-term memory: a cell state that gates write to, keep and show, see the op
    `lstm_state`.

    With `proj_size` the hidden state is a product of weights with what the cell shows.

    Source: Hochreiter and Schmidhuber 1997; Sak, Senior and Beaufays 2014 for the projection.
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        proj_size: int = 0,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(
            "LSTM", input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional,
            proj_size, device, dtype,
        )  # fmt: skip

    @overload
    def forward(
        self, input: Tensor, hx: tuple[Tensor, Tensor] | None = None
    ) -> tuple[Tensor, tuple[Tensor, Tensor]]: ...
    @overload
    def forward(
        self, input: PackedSequence, hx: tuple[Tensor, Tensor] | None = None
    ) -> tuple[PackedSequence, tuple[Tensor, Tensor]]: ...
    def forward(
        self, input: Tensor | PackedSequence, hx: tuple[Tensor, Tensor] | None = None
    ) -> tuple[Tensor | PackedSequence, tuple[Tensor, Tensor]]:
        if hx is not None and (isinstance(hx, Tensor) or len(hx) != 2):
            raise RuntimeError(
                "LSTM: expected hx to be the pair of hidden and cell states (h_0, c_0), got "
                f"{'one tensor' if isinstance(hx, Tensor) else f'{len(hx)} states'}"
            )
        output, (h, c) = self._read(input, hx)
        return output, (h, c)


def _refuse_projection(proj_size: int) -> None:
    if proj_size:
        raise ValueError("proj_size argument is only supported for LSTM, not RNN or GRU")
