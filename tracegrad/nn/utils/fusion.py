"""A normalisation folded into the layer before it, for evaluation."""

from __future__ import annotations

import copy
from typing import Any, TypeVar

from tracegrad._tensor import Tensor
from tracegrad.nn.module import Module
from tracegrad.nn.parameter import Parameter
from tracegrad.ops.install import functions

M = TypeVar("M", bound=Module)


def _check_evaluation(layer: Module, bn: Any) -> None:
    if layer.training or bn.training:
        raise AssertionError(
            "Fusion only for eval!\n  try: .eval() on both, since the statistics are folded in"
        )
    if bn.running_mean is None or bn.running_var is None:
        raise AssertionError("bn.running_mean and bn.running_var must not be None")


def fuse_conv_bn_eval(conv: M, bn: Any, transpose: bool = False) -> M:
    """A convolution that does what `conv` and then the normalisation do; both stay as they are.

    Args:
        transpose: the convolution is a transposed one.

    Raises:
        AssertionError: one is in training mode, or there are no running statistics.
    """
    _check_evaluation(conv, bn)
    fused: Any = copy.deepcopy(conv)
    fused.weight, fused.bias = fuse_conv_bn_weights(
        fused.weight, fused.bias, bn.running_mean, bn.running_var, bn.eps, bn.weight, bn.bias,
        transpose,
    )  # fmt: skip
    return fused


def fuse_conv_bn_weights(
    conv_w: Tensor,
    conv_b: Tensor | None,
    bn_rm: Tensor,
    bn_rv: Tensor,
    bn_eps: float,
    bn_w: Tensor | None,
    bn_b: Tensor | None,
    transpose: bool = False,
) -> tuple[Parameter, Parameter]:
    """Weight and bias of a convolution with a normalisation folded in."""
    dim = 1 if transpose else 0
    return _folded(conv_w, conv_b, bn_rm, bn_rv, bn_eps, bn_w, bn_b, dim)


def fuse_linear_bn_eval(linear: M, bn: Any) -> M:
    """A linear layer that does what `linear` and then the normalisation do.

    Raises:
        AssertionError: one is in training mode, there are no running statistics, or the
            normalisation is for another number of features.
    """
    _check_evaluation(linear, bn)
    fused: Any = copy.deepcopy(linear)
    if bn.num_features not in (1, fused.out_features):
        raise AssertionError(
            "To fuse, linear.out_features == bn.num_features or bn.num_features == 1, got "
            f"linear.out_features={fused.out_features} and bn.num_features={bn.num_features}"
        )
    fused.weight, fused.bias = fuse_linear_bn_weights(
        fused.weight, fused.bias, bn.running_mean, bn.running_var, bn.eps, bn.weight, bn.bias
    )
    return fused


def fuse_linear_bn_weights(
    linear_w: Tensor,
    linear_b: Tensor | None,
    bn_rm: Tensor,
    bn_rv: Tensor,
    bn_eps: float,
    bn_w: Tensor | None,
    bn_b: Tensor | None,
) -> tuple[Parameter, Parameter]:
    """Weight and bias of a linear layer with a normalisation folded in."""
    return _folded(linear_w, linear_b, bn_rm, bn_rv, bn_eps, bn_w, bn_b, 0)


def _folded(
    weight: Tensor, bias: Tensor | None, mean: Tensor, var: Tensor, eps: float,
    scale: Tensor | None, shift: Tensor | None, dim: int,
) -> tuple[Parameter, Parameter]:  # fmt: skip
    """`(w x + b - mean) / sqrt(var + eps) * scale + shift` as one weight and one bias.

    Args:
        dim: of the weight, which counts the outputs.
    """
    factor = functions["rsqrt"](var + eps)
    if scale is not None:
        factor = factor * scale
    along = [1] * weight.dim()
    along[dim] = -1
    fused_weight = (weight * factor.reshape(along)).to(weight.dtype)
    fused_bias = (-mean if bias is None else bias - mean) * factor
    if shift is not None:
        fused_bias = fused_bias + shift
    wanted = (weight if bias is None else bias).dtype
    needs = bias is not None and bias.requires_grad
    return (
        Parameter(fused_weight.detach(), weight.requires_grad),
        Parameter(fused_bias.detach().to(wanted), needs),
    )
