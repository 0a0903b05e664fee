"""The gradients of convolutions as functions: of the input, and of the weight.

Both follow from what a convolution does, not from a recorded graph, and take part in
differentiation themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tracegrad._tensor import Tensor
from tracegrad.autograd.backward import grad
from tracegrad.autograd.mode import enable_grad
from tracegrad.nn import functional as F

Gradient = Callable[..., Tensor]


def _gradients(n: int) -> tuple[Gradient, Gradient]:
    """`conv{n}d_input` and `conv{n}d_weight`."""
    convolve = (F.conv1d, F.conv2d, F.conv3d)[n - 1]

    def of(
        wanted: Tensor, other: Tensor, grad_output: Tensor, is_weight: bool, options: Sequence[Any]
    ) -> Tensor:
        with enable_grad():
            leaf = wanted.detach().requires_grad_()
            pair = (other, leaf) if is_weight else (leaf, other)
            output = convolve(*pair, None, *options)
        again = grad_output.requires_grad or other.requires_grad
        gradients: Any = grad(output, leaf, grad_output, create_graph=again)
        return gradients[0]

    def input_gradient(
        input_size: Sequence[int],
        weight: Tensor,
        grad_output: Tensor,
        stride: Any = 1,
        padding: Any = 0,
        dilation: Any = 1,
        groups: int = 1,
    ) -> Tensor:
        room = grad_output.new_zeros(tuple(input_size))
        return of(room, weight, grad_output, False, (stride, padding, dilation, groups))

    def weight_gradient(
        input: Tensor,
        weight_size: Sequence[int],
        grad_output: Tensor,
        stride: Any = 1,
        padding: Any = 0,
        dilation: Any = 1,
        groups: int = 1,
    ) -> Tensor:
        room = grad_output.new_zeros(tuple(weight_size))
        return of(room, input, grad_output, True, (stride, padding, dilation, groups))

    for function, what in ((input_gradient, "input"), (weight_gradient, "weight")):
        function.__name__ = function.__qualname__ = f"conv{n}d_{what}"
        function.__doc__ = f"The gradient of `conv{n}d` with respect to its {what}."
    return input_gradient, weight_gradient


conv1d_input, conv1d_weight = _gradients(1)
conv2d_input, conv2d_weight = _gradients(2)
conv3d_input, conv3d_weight = _gradients(3)
