"""Convolutions, transposed ones, and the columns that both are made of.

A convolution is bilinear, and so are its two gradients, each in the other two of input, weight and
gradient: three ops whose rules name one another give derivatives of every order.
"""

from __future__ import annotations

from typing import Any

from tracegrad.backend import convolve
from tracegrad.backend.windows import Windows, sliding
from tracegrad.ops.declare import Rule, op

Array = Any
Sizes = tuple[int, ...]

# -- reading arguments -----------------------------------------------------------------------------

TORCH_NAMES = {
    "float16": "Half", "float32": "Float", "float64": "Double", "bfloat16": "BFloat16",
    "int8": "Char", "int16": "Short", "int32": "Int", "int64": "Long", "uint8": "Byte",
    "bool": "Bool",
}  # fmt: skip
"""What PyTorch's messages call dtypes."""


def _each(value: Any, n: int, name: str) -> Sizes:
    """One number for each of `n` dimensions."""
    given = [int(v) for v in value] if isinstance(value, list | tuple) else [int(value)]
    if len(given) not in (1, n):
        raise RuntimeError(
            f"expected {name} to be a single integer value or a list of {n} values to match the "
            f"convolution dimensions, but got {name}={given}"
        )
    return tuple(given * n if len(given) == 1 else given)


def _options(n: int, stride: Any, dilation: Any, groups: int) -> tuple[Sizes, Sizes]:
    stride, dilation = _each(stride, n, "stride"), _each(dilation, n, "dilation")
    if min(stride) <= 0:
        raise RuntimeError("non-positive stride is not supported")
    if min(dilation) <= 0:
        raise RuntimeError(f"dilation should be greater than zero, but got {list(dilation)}")
    if groups <= 0:
        raise RuntimeError("non-positive groups is not supported")
    return stride, dilation


def _padding(padding: Any, kernel: Sizes, stride: Sizes, dilation: Sizes) -> tuple[Sizes, Sizes]:
    """Padding before and after. `"same"` gives the odd one to the end, as PyTorch does."""
    if isinstance(padding, str):
        if padding not in ("same", "valid"):
            raise RuntimeError(f"Invalid padding string: '{padding}'\n  try: 'same' or 'valid'")
        if padding == "same" and set(stride) != {1}:
            raise RuntimeError("padding='same' is not supported for strided convolutions")
        total = [
            d * (k - 1) if padding == "same" else 0 for d, k in zip(dilation, kernel, strict=True)
        ]
        return tuple([p // 2 for p in total]), tuple([p - p // 2 for p in total])
    both = _each(padding, len(kernel), "padding")
    if min(both) < 0:
        raise RuntimeError("negative padding is not supported\n  try: a slice of the input")
    return both, both


def _check(name: str, x: Array, weight: Array, bias: Array | None, groups: int) -> None:
    """Dimensions, dtypes, channels and bias, for a convolution and a transposed one."""
    n, transposed = int(name[-2]), "transpose" in name
    if x.ndim not in (n + 1, n + 2):
        raise RuntimeError(
            f"Expected {n + 1}D (unbatched) or {n + 2}D (batched) input to {name}, but got input "
            f"of size: {list(x.shape)}"
        )
    if weight.ndim != n + 2:
        raise RuntimeError(
            f"Expected a {n + 2}-dimensional weight for {name}, but got weight of size "
            f"{list(weight.shape)}"
        )
    for other in (weight, bias):
        if other is not None and other.dtype != x.dtype:
            names = [TORCH_NAMES.get(str(a.dtype), str(a.dtype)) for a in (x, other)]
            raise RuntimeError(
                f"expected scalar type {names[0]} but found {names[1]}: input is {x.dtype}, "
                f"{'weight' if other is weight else 'bias'} is {other.dtype}\n"
                "  try: .to(dtype) on one of them"
            )
    if x.dtype.kind == "c":
        raise NotImplementedError(
            f"{name} of complex numbers is not supported\n"
            "  try: one convolution each of the real and the imaginary parts"
        )
    _check_channels(x.shape[: x.ndim - n], x.shape, weight.shape, groups, transposed)
    outputs = weight.shape[1] * groups if transposed else weight.shape[0]
    if bias is not None and bias.shape != (outputs,):
        raise RuntimeError(
            f"Given {'transposed=1, ' if transposed else ''}weight of size {list(weight.shape)}, "
            f"expected bias to be 1-dimensional with {outputs} elements, but got bias of size "
            f"{list(bias.shape)} instead"
        )


def _check_channels(
    lead: Sizes, shape: Sizes, weight: Sizes, groups: int, transposed: bool
) -> None:
    said = f"transposed={transposed:d}" if transposed else f"groups={groups}"
    if weight[0] < groups:
        raise RuntimeError(
            f"Given groups={groups}, expected weight to be at least {groups} at dimension 0, but "
            f"got weight of size {list(weight)} instead"
        )
    if weight[0] % groups:
        raise RuntimeError(
            f"Given groups={groups}, expected weight to be divisible by {groups} at dimension 0, "
            f"but got weight of size [{list(weight)}] instead"
        )
    wanted = weight[0] if transposed else weight[1] * groups
    if lead[-1] != wanted:
        batched = shape if len(lead) == 2 else (1, *shape)
        text = (
            f"Given {said}, weight of size {list(weight)}, expected input{list(batched)} to have "
            f"{wanted} channels, but got {lead[-1]} channels instead"
        )
        if shape[-1] == wanted:
            text += "\n  try: channels come before height and width: input.movedim(-1, 1)"
        raise RuntimeError(text)


def _windows(
    x_shape: Sizes, w_shape: Sizes, stride: Any, padding: Any, dilation: Any, groups: int,
    out: Sizes | None = None,
) -> Windows:  # fmt: skip
    """The windows of a convolution; `out` of them where a transposed one asked for fewer."""
    kernel = w_shape[2:]
    n = len(kernel)
    stride, dilation = _options(n, stride, dilation, groups)
    lower, upper = _padding(padding, kernel, stride, dilation)
    found = sliding(x_shape[-n:], kernel, stride, dilation, lower, upper)
    if out is None or out == found.out:
        return found
    return Windows(found.size, kernel, stride, dilation, lower, out)


def _batched(ndim: int, *arrays: Array) -> list[Array]:
    """With a batch of one where there is none."""
    return [a if a.ndim == ndim else a[None] for a in arrays]


# -- convolution -----------------------------------------------------------------------------------


def _convolved(
    xp: Any, name: str, x: Array, weight: Array, bias: Array | None,
    stride: Any, padding: Any, dilation: Any, groups: int,
) -> Array:  # fmt: skip
    _options(int(name[-2]), stride, dilation, groups)
    _check(name, x, weight, bias, groups)
    windows = _windows(x.shape, weight.shape, stride, padding, dilation, groups)
    if 0 in windows.out:
        lower, upper = _padding(padding, windows.kernel, windows.stride, windows.dilation)
        sizes = [n + a + b for n, a, b in zip(windows.size, lower, upper, strict=True)]
        effective = [d * (k - 1) + 1 for d, k in zip(windows.dilation, windows.kernel, strict=True)]
        raise RuntimeError(
            f"Calculated padded input size per channel: ({_times(sizes)}). Kernel size: "
            f"({_times(effective)}). Kernel size can't be greater than actual input size"
        )
    (images,) = _batched(weight.ndim, x)
    return _finished(convolve.convolve(xp, images, weight, windows, groups, bias), x.ndim)


def _times(sizes: Any) -> str:
    return " x ".join(map(str, sizes))


def _finished(out: Array, ndim: int, bias: Array | None = None) -> Array:
    """With the bias, and without the batch if there was none."""
    if bias is not None:
        out += bias.reshape(-1, *[1] * (out.ndim - 2))
    return out if out.ndim == ndim else out[0]


def _like_convolved(ops: Any, g: Array, weight: Array, shape: Sizes, **options: Any) -> Array:
    """A convolution as a gradient, which has a given shape: a transposed one with much output
    padding leaves windows over.
    """
    found = getattr(ops, f"conv{weight.ndim - 2}d")(g, weight, **options)
    if found.shape == shape:
        return found
    return ops.slice(found, key=tuple([slice(0, size) for size in shape]))


def _sum_pixels(ops: Any, g: Array, w_shape: Sizes) -> Array:
    channel = g.ndim - len(w_shape) + 1
    return ops.sum(g, dim=tuple([d for d in range(g.ndim) if d != channel]))


CONV_RULES: dict[str, Rule] = {
    "x": lambda ops, g, x_shape, weight, stride, padding, dilation, groups: ops.conv_input(
        g, weight, shape=x_shape, stride=stride, padding=padding, dilation=dilation, groups=groups),
    "weight": lambda ops, g, x, weight_shape, stride, padding, dilation, groups: ops.conv_weight(
        g, x, shape=weight_shape, stride=stride, padding=padding, dilation=dilation, groups=groups),
    "bias": lambda ops, g, weight_shape: _sum_pixels(ops, g, weight_shape),
}  # fmt: skip


@op(vjp=CONV_RULES, method=False)
def conv1d(xp, x, weight, bias=None, *, stride=1, padding=0, dilation=1, groups=1):
    """The convolution (not flipped, as everywhere in deep learning) of sequences with kernels.

    Shapes: input `(n, in, length)` or `(in, length)`, weight `(out, in / groups, size)`.
    """
    return _convolved(xp, "conv1d", x, weight, bias, stride, padding, dilation, groups)


@op(vjp=CONV_RULES, method=False)
def conv2d(xp, x, weight, bias=None, *, stride=1, padding=0, dilation=1, groups=1):
    """The convolution (not flipped, as everywhere in deep learning) of images with kernels.

    Shapes: input `(n, in, height, width)` or `(in, height, width)`, weight
    `(out, in / groups, height, width)`.
    """
    return _convolved(xp, "conv2d", x, weight, bias, stride, padding, dilation, groups)


@op(vjp=CONV_RULES, method=False)
def conv3d(xp, x, weight, bias=None, *, stride=1, padding=0, dilation=1, groups=1):
    """The convolution (not flipped, as everywhere in deep learning) of volumes with kernels.

    Shapes: input `(n, in, depth, height, width)` or without `n`, weight
    `(out, in / groups, depth, height, width)`.
    """
    return _convolved(xp, "conv3d", x, weight, bias, stride, padding, dilation, groups)


@op(vjp={
    "y": lambda ops, g, y_shape, weight, stride, padding, dilation, groups: _like_convolved(
        ops, g, weight, y_shape, stride=stride, padding=padding, dilation=dilation, groups=groups),
    "weight": lambda ops, g, y, weight_shape, stride, padding, dilation, groups: ops.conv_weight(
        y, g, shape=weight_shape, stride=stride, padding=padding, dilation=dilation, groups=groups),
}, public=False)  # fmt: skip
def conv_input(xp, y, weight, *, shape, stride, padding, dilation, groups):
    """The gradient of a convolution's input of `shape`, from that of its output."""
    n = weight.ndim - 2
    windows = _windows(shape, weight.shape, stride, padding, dilation, groups, y.shape[-n:])
    (results,) = _batched(weight.ndim, y)
    out = convolve.input_gradient(xp, results, weight, windows, groups)
    return _finished(out, y.ndim)


@op(vjp={
    "y": lambda ops, g, x, y_shape, stride, padding, dilation, groups: _like_convolved(
        ops, x, g, y_shape, stride=stride, padding=padding, dilation=dilation, groups=groups),
    "x": lambda ops, g, y, x_shape, stride, padding, dilation, groups: ops.conv_input(
        y, g, shape=x_shape, stride=stride, padding=padding, dilation=dilation, groups=groups),
}, public=False)  # fmt: skip
def conv_weight(xp, y, x, *, shape, stride, padding, dilation, groups):
    """The gradient of a convolution's weight of `shape`, from that of its output."""
    n = len(shape) - 2
    windows = _windows(x.shape, shape, stride, padding, dilation, groups, y.shape[-n:])
    results, images = _batched(len(shape), y, x)
    return convolve.weight_gradient(xp, results, images, windows, groups, shape)


# -- transposed ------------------------------------------------------------------------------------


def _transposed(
    xp: Any, name: str, x: Array, weight: Array, bias: Array | None,
    stride: Any, padding: Any, output_padding: Any, groups: int, dilation: Any,
) -> Array:  # fmt: skip
    n = int(name[-2])
    if isinstance(padding, str):
        raise TypeError(f"{name}(): argument 'padding' must be tuple of ints, not str")
    steps, gaps = _options(n, stride, dilation, groups)
    _check(name, x, weight, bias, groups)
    more = _each(output_padding, n, "output_padding")
    if min(more) < 0:
        raise RuntimeError("negative output_padding is not supported")
    if any(m >= s and m >= d for m, s, d in zip(more, steps, gaps, strict=True)):
        raise RuntimeError(
            "output padding must be smaller than either stride or dilation, but got "
            f"output_padding: {list(more)} stride: {list(steps)} dilation: {list(gaps)}"
        )
    kernel, lower = weight.shape[2:], _padding(padding, weight.shape[2:], steps, gaps)[0]
    size = tuple([
        (i - 1) * s - 2 * p + d * (k - 1) + m + 1
        for i, s, p, d, k, m in zip(x.shape[-n:], steps, lower, gaps, kernel, more, strict=True)
    ])  # fmt: skip
    if min(size) <= 0 or 0 in x.shape[-n:]:
        raise RuntimeError(
            f"Given input size per channel: ({_times(x.shape[-n:])}). Calculated output size per "
            f"channel: ({_times(size)}). Output size is too small"
        )
    windows = Windows(size, kernel, steps, gaps, lower, x.shape[-n:])
    (images,) = _batched(n + 2, x)
    out = convolve.input_gradient(xp, images, weight, windows, groups)
    return _finished(out, x.ndim, bias)


TRANSPOSED_RULES: dict[str, Rule] = {
    "x": lambda ops, g, x_shape, weight, stride, padding, dilation, groups: _like_convolved(
        ops, g, weight, x_shape, stride=stride, padding=padding, dilation=dilation, groups=groups),
    "weight": lambda ops, g, x, weight_shape, stride, padding, dilation, groups: ops.conv_weight(
        x, g, shape=weight_shape, stride=stride, padding=padding, dilation=dilation, groups=groups),
    "bias": lambda ops, g, weight_shape: _sum_pixels(ops, g, weight_shape),
}  # fmt: skip


@op(vjp=TRANSPOSED_RULES, method=False)
def conv_transpose1d(
    xp, x, weight, bias=None, *, stride=1, padding=0, output_padding=0, groups=1, dilation=1
):
    """The transpose of `conv1d`, from its results to its inputs.

    Shapes: input `(n, in, length)` or `(in, length)`, weight `(in, out / groups, size)`.
    """
    return _transposed(
        xp, "conv_transpose1d", x, weight, bias, stride, padding, output_padding, groups, dilation
    )


@op(vjp=TRANSPOSED_RULES, method=False)
def conv_transpose2d(
    xp, x, weight, bias=None, *, stride=1, padding=0, output_padding=0, groups=1, dilation=1
):
    """The transpose of `conv2d`, from its results to its inputs.

    Shapes: input `(n, in, height, width)` or without `n`, weight
    `(in, out / groups, height, width)`.
    """
    return _transposed(
        xp, "conv_transpose2d", x, weight, bias, stride, padding, output_padding, groups, dilation
    )


@op(vjp=TRANSPOSED_RULES, method=False)
def conv_transpose3d(
    xp, x, weight, bias=None, *, stride=1, padding=0, output_padding=0, groups=1, dilation=1
):
    """The transpose of `conv3d`, from its results to its inputs.

    Shapes: input `(n, in, depth, height, width)` or without `n`, weight
    `(in, out / groups, depth, height, width)`.
    """
    return _transposed(
        xp, "conv_transpose3d", x, weight, bias, stride, padding, output_padding, groups, dilation
    )
