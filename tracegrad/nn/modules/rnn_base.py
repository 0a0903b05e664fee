"""What RNN, LSTM and GRU have in common: options, parameters, checks, the forms of an input."""

from __future__ import annotations

import math
import numbers
import warnings
from typing import Any

from tracegrad._tensor import Tensor
from tracegrad.nn import init
from tracegrad.nn.functional.recurrent import (
    KINDS,
    State,
    Weights,
    check_sizes,
    layers,
    padded_layers,
)
from tracegrad.nn.module import Module
from tracegrad.nn.parameter import Parameter
from tracegrad.nn.utils.rnn import PackedSequence
from tracegrad.ops.install import functions


class RNNBase(Module):
    """Layers that read a sequence step by step and carry a state along.

    Parameters are named as PyTorch's: `weight_ih_l0` (input to hidden), `weight_hh_l0`,
    `bias_ih_l0` and `bias_hh_l0` for the first layer, with `_reverse` at the end for its other
    direction, and `weight_hr_l0` for an LSTM with `proj_size`.

    Shapes: input `(L, N, input_size)`, with `batch_first` `(N, L, input_size)`, without a batch
        `(L, input_size)`, or a `PackedSequence`; the output has `directions * hidden_size` in place
        of `input_size`. States are `(num_layers * directions, N, hidden_size)`.
    """

    def __init__(
        self,
        mode: str,
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
        super().__init__()
        _check_options(input_size, hidden_size, num_layers, bias, batch_first, dropout, proj_size)
        if mode not in KINDS:
            raise ValueError(f"Unrecognized RNN mode: {mode}")
        self.mode = mode
        self.input_size, self.hidden_size, self.num_layers = input_size, hidden_size, num_layers
        self.bias, self.batch_first, self.dropout = bias, batch_first, float(dropout)
        self.bidirectional, self.proj_size = bidirectional, proj_size
        self._all_weights: list[list[str]] = []
        empty = functions["empty"]
        for layer in range(num_layers):
            for suffix in ("", "_reverse")[: self._directions]:
                shapes = {f"{n}_l{layer}{suffix}": s for n, s in self._shapes(layer).items()}
                for name, shape in shapes.items():
                    setattr(self, name, Parameter(empty(shape, device=device, dtype=dtype)))
                self._all_weights.append(list(shapes))
        self.reset_parameters()

    @property
    def _directions(self) -> int:
        return 2 if self.bidirectional else 1

    @property
    def _output_size(self) -> int:
        """Of the hidden state, which is smaller than the cell's if there is a projection."""
        return self.proj_size or self.hidden_size

    def _shapes(self, layer: int) -> dict[str, tuple[int, ...]]:
        """The parameters of one direction of a layer."""
        high = KINDS[self.mode].gates * self.hidden_size
        below = self._output_size * self._directions if layer else self.input_size
        shapes: dict[str, tuple[int, ...]] = {
            "weight_ih": (high, below),
            "weight_hh": (high, self._output_size),
        }
        if self.bias:
            shapes |= {"bias_ih": (high,), "bias_hh": (high,)}
        if self.proj_size:
            shapes["weight_hr"] = (self.proj_size, self.hidden_size)
        return shapes

    def reset_parameters(self) -> None:
        """Draw all parameters uniformly within `1 / sqrt(hidden_size)`."""
        bound = 1 / math.sqrt(self.hidden_size)
        for parameter in self.parameters():
            init.uniform_(parameter, -bound, bound)

    def flatten_parameters(self) -> None:
        """Nothing: PyTorch moves parameters together for cuDNN, which is not used here."""

    @property
    def all_weights(self) -> list[list[Parameter]]:
        """The parameters of each layer and direction."""
        return [[getattr(self, name) for name in names] for names in self._all_weights]

    def extra_repr(self) -> str:
        defaults = {
            "proj_size": 0, "num_layers": 1, "bias": True, "batch_first": False, "dropout": 0,
            "bidirectional": False,
        }  # fmt: skip
        given = [
            f"{name}={getattr(self, name)}"
            for name, default in defaults.items()
            if getattr(self, name) != default
        ]
        return ", ".join([f"{self.input_size}, {self.hidden_size}", *given])

    # -- running -------------------------------------------------------------------------------

    def _read(
        self, input: Tensor | PackedSequence, state: State | None
    ) -> tuple[Tensor | PackedSequence, State]:
        """Outputs and last states, in the form of the input."""
        if isinstance(input, PackedSequence):
            return self._read_packed(input, state)
        if input.dim() not in (2, 3):
            got = f"{input.dim()}D" + (" tensor" if self.mode.startswith("RNN") else "")
            raise ValueError(
                f"{type(self).__name__}: Expected input to be 2D or 3D, got {got} instead"
            )
        if state is not None:
            self._check_dimensions(input, state)
        batch_dim = 0 if self.batch_first else 1
        if input.dim() == 3:
            return self._read_batch(input, state)
        alone = None if state is None else tuple([s.unsqueeze(1) for s in state])
        output, last = self._read_batch(input.unsqueeze(batch_dim), alone)
        return output.squeeze(batch_dim), tuple([s.squeeze(1) for s in last])

    def _read_batch(self, input: Tensor, state: State | None) -> tuple[Tensor, State]:
        self._check_input(input)
        state = self._state_for(input, input.size(0 if self.batch_first else 1), state)
        return padded_layers(
            KINDS[self.mode], input, state, self._weights(),
            batch_first=self.batch_first, **self._options(),
        )  # fmt: skip

    def _read_packed(
        self, input: PackedSequence, state: State | None
    ) -> tuple[PackedSequence, State]:
        data, batch_sizes, sorted_indices, unsorted_indices = input
        if data.dim() != 2:
            raise RuntimeError(f"input must have 2 dimensions, got {data.dim()}")
        self._check_input(data)
        sizes = tuple(batch_sizes.tolist())
        if state is not None and sorted_indices is not None:
            state = tuple([s.index_select(1, sorted_indices) for s in state])
        check_sizes(sizes, data.shape[0])
        state = self._state_for(data, sizes[0], state)
        output, last = layers(
            KINDS[self.mode], data, sizes, state, self._weights(), **self._options()
        )
        if unsorted_indices is not None:
            last = tuple([s.index_select(1, unsorted_indices) for s in last])
        return PackedSequence(output, batch_sizes, sorted_indices, unsorted_indices), last

    def _options(self) -> dict[str, Any]:
        return {
            "dropout": self.dropout, "train": self.training, "bidirectional": self.bidirectional
        }  # fmt: skip

    def _weights(self) -> list[Weights]:
        """The parameters of each layer and direction, by what they are for."""
        fields = {
            "weight_ih": "input", "weight_hh": "hidden", "bias_ih": "input_bias",
            "bias_hh": "hidden_bias", "weight_hr": "projection",
        }  # fmt: skip
        return [
            Weights(**{fields[name.partition("_l")[0]]: getattr(self, name) for name in names})
            for names in self._all_weights
        ]

    def _state_for(self, input: Tensor, batch: int, state: State | None) -> State:
        """The states to begin with: those given if they fit, else zeros."""
        count = self.num_layers * self._directions
        shapes = [(count, batch, self._output_size), (count, batch, self.hidden_size)]
        if state is None:
            return tuple([input.new_zeros(s) for s in shapes[: KINDS[self.mode].states]])
        for n, (given, shape) in enumerate(zip(state, shapes, strict=False)):
            which = f"hidden[{n}]" if len(state) > 1 else "hidden"
            if given.shape != shape:
                raise RuntimeError(f"Expected {which} size {shape}, got {list(given.shape)}")
            if given.dtype is not input.dtype:
                raise RuntimeError(
                    f"Expected {which} of the input's dtype {input.dtype}, got {given.dtype}\n"
                    f"  try: .to({input.dtype}) on the state"
                )
        return state

    def _check_input(self, input: Tensor) -> None:
        weight = getattr(self, self._all_weights[0][0])
        if input.dtype is not weight.dtype:
            raise ValueError(
                f"RNN input dtype ({input.dtype}) does not match weight dtype ({weight.dtype}). "
                f"Convert input: input.to({weight.dtype}), or convert model: "
                f"model.to({input.dtype})"
            )
        if input.size(-1) != self.input_size:
            raise RuntimeError(
                "input.size(-1) must be equal to input_size. Expected "
                f"{self.input_size}, got {input.size(-1)}"
            )

    def _check_dimensions(self, input: Tensor, state: State) -> None:
        """States have as many dimensions as the input: 3 with a batch, 2 without one."""
        wanted = input.dim()
        if all(s.dim() == wanted for s in state):
            return
        text = f"For {'batched 3-D' if wanted == 3 else 'unbatched 2-D'} input, "
        if len(state) > 1:
            got = ", ".join(f"{s.dim()}-D" for s in state)
            raise RuntimeError(
                text + f"hx and cx should also be {wanted}-D but got ({got}) tensors"
            )
        raise RuntimeError(text + f"hx should also be {wanted}-D but got {state[0].dim()}-D tensor")


def _check_options(
    input_size: Any, hidden_size: Any, num_layers: int, bias: Any, batch_first: Any, dropout: Any,
    proj_size: int,
) -> None:  # fmt: skip
    """What PyTorch refuses, in its order.

    Raises:
        ValueError: a number is out of range.
        TypeError: a size is no int, or a switch no bool.
    """
    is_number = isinstance(dropout, numbers.Number) and not isinstance(dropout, bool)
    if not is_number or not 0 <= dropout <= 1:
        raise ValueError(
            "dropout should be a number in range [0, 1] representing the probability of an element "
            "being zeroed"
        )
    if dropout > 0 and num_layers == 1:
        warnings.warn(
            "dropout option adds dropout after all but last recurrent layer, so non-zero dropout "
            f"expects num_layers greater than 1, but got dropout={dropout} and num_layers=1",
            stacklevel=4,
        )
    for name, value, kind in (
        ("bias", bias, bool), ("batch_first", batch_first, bool), ("input_size", input_size, int),
        ("hidden_size", hidden_size, int),
    ):  # fmt: skip
        if not isinstance(value, kind):
            raise TypeError(
                f"{name} should be of type {kind.__name__}, got: {type(value).__name__}"
            )
    for name, number in (
        ("input_size", input_size), ("hidden_size", hidden_size), ("num_layers", num_layers)
    ):  # fmt: skip
        if number <= 0:
            raise ValueError(f"{name} must be greater than zero")
    if proj_size < 0:
        raise ValueError("proj_size should be a positive integer or zero to disable projections")
    if proj_size >= hidden_size:
        raise ValueError("proj_size has to be smaller than hidden_size")
