# Made by `python -m tracegrad.ops.stubs` from the op table. Do not edit.
import builtins
from collections.abc import Callable, Sequence
from typing import Any, overload

from tracegrad import dtypes
from tracegrad._tensor import Tensor
from tracegrad.backend import random
from tracegrad.backend.device import Device
from tracegrad.ops.arithmetic import MantissaAndExponent
from tracegrad.ops.matrices import LUResult, QRResult, SlogdetResult, SVDResultOld
from tracegrad.ops.ordered import Histogram
from tracegrad.ops.overloads import ValuesAndIndices
from tracegrad.ops.statistics import Extremes

DeviceLike = str | Device | None
Dim = builtins.int | Sequence[builtins.int] | None
Number = builtins.bool | builtins.int | builtins.float | builtins.complex

__all__ = [
    "abs",
    "abs_",
    "absolute",
    "acos",
    "acos_",
    "acosh",
    "acosh_",
    "adaptive_avg_pool1d",
    "adaptive_max_pool1d",
    "add",
    "addbmm",
    "addcdiv",
    "addcmul",
    "addmm",
    "addmv",
    "addmv_",
    "addr",
    "adjoint",
    "all",
    "allclose",
    "amax",
    "amin",
    "aminmax",
    "angle",
    "any",
    "arange",
    "arccos",
    "arccos_",
    "arccosh",
    "arccosh_",
    "arcsin",
    "arcsin_",
    "arcsinh",
    "arcsinh_",
    "arctan",
    "arctan2",
    "arctan_",
    "arctanh",
    "arctanh_",
    "argmax",
    "argmin",
    "argsort",
    "argwhere",
    "as_strided",
    "as_strided_scatter",
    "as_tensor",
    "asarray",
    "asin",
    "asin_",
    "asinh",
    "asinh_",
    "atan",
    "atan2",
    "atan_",
    "atanh",
    "atanh_",
    "atleast_1d",
    "atleast_2d",
    "atleast_3d",
    "avg_pool1d",
    "baddbmm",
    "bartlett_window",
    "bernoulli",
    "bincount",
    "bitwise_and",
    "bitwise_left_shift",
    "bitwise_not",
    "bitwise_or",
    "bitwise_right_shift",
    "bitwise_xor",
    "blackman_window",
    "block_diag",
    "bmm",
    "broadcast_shapes",
    "broadcast_tensors",
    "broadcast_to",
    "bucketize",
    "cartesian_prod",
    "cat",
    "ceil",
    "ceil_",
    "chain_matmul",
    "channel_shuffle",
    "cholesky",
    "cholesky_inverse",
    "cholesky_solve",
    "chunk",
    "clamp",
    "clamp_",
    "clamp_max",
    "clamp_max_",
    "clamp_min",
    "clamp_min_",
    "clip",
    "clip_",
    "clone",
    "column_stack",
    "combinations",
    "complex",
    "concat",
    "concatenate",
    "conj",
    "conj_physical",
    "conv1d",
    "conv2d",
    "conv3d",
    "conv_transpose1d",
    "conv_transpose2d",
    "conv_transpose3d",
    "copysign",
    "corrcoef",
    "cos",
    "cos_",
    "cosh",
    "cosh_",
    "count_nonzero",
    "cov",
    "cross",
    "cummax",
    "cummin",
    "cumprod",
    "cumsum",
    "cumulative_trapezoid",
    "deg2rad",
    "deg2rad_",
    "det",
    "diag",
    "diag_embed",
    "diagflat",
    "diagonal",
    "diagonal_scatter",
    "diff",
    "digamma",
    "dist",
    "div",
    "divide",
    "dot",
    "dsplit",
    "dstack",
    "einsum",
    "empty",
    "empty_like",
    "empty_strided",
    "eq",
    "equal",
    "erf",
    "erf_",
    "erfc",
    "erfc_",
    "erfinv",
    "exp",
    "exp2",
    "exp2_",
    "exp_",
    "expm1",
    "expm1_",
    "eye",
    "fill",
    "fill_",
    "fix",
    "fix_",
    "flatten",
    "flip",
    "fliplr",
    "flipud",
    "float_power",
    "floor",
    "floor_",
    "floor_divide",
    "fmax",
    "fmin",
    "fmod",
    "frac",
    "frac_",
    "frexp",
    "from_dlpack",
    "from_numpy",
    "frombuffer",
    "full",
    "full_like",
    "gather",
    "gcd",
    "gcd_",
    "ge",
    "ger",
    "gradient",
    "greater",
    "greater_equal",
    "gt",
    "hamming_window",
    "hann_window",
    "hardshrink",
    "heaviside",
    "histc",
    "histogram",
    "hsplit",
    "hstack",
    "hypot",
    "i0",
    "i0_",
    "igamma",
    "igammac",
    "imag",
    "index_add",
    "index_copy",
    "index_fill",
    "index_put",
    "index_put_",
    "index_reduce",
    "index_select",
    "inner",
    "inverse",
    "is_complex",
    "is_conj",
    "is_floating_point",
    "is_nonzero",
    "is_same_size",
    "is_tensor",
    "isclose",
    "isfinite",
    "isin",
    "isinf",
    "isnan",
    "isneginf",
    "isposinf",
    "isreal",
    "istft",
    "kaiser_window",
    "kron",
    "kthvalue",
    "lcm",
    "lcm_",
    "ldexp",
    "ldexp_",
    "le",
    "lerp",
    "less",
    "less_equal",
    "lgamma",
    "linspace",
    "log",
    "log10",
    "log10_",
    "log1p",
    "log1p_",
    "log2",
    "log2_",
    "log_",
    "log_softmax",
    "logaddexp",
    "logaddexp2",
    "logcumsumexp",
    "logdet",
    "logical_and",
    "logical_not",
    "logical_or",
    "logical_xor",
    "logit",
    "logit_",
    "logspace",
    "logsumexp",
    "lt",
    "lu_solve",
    "lu_unpack",
    "manual_seed",
    "masked_fill",
    "masked_scatter",
    "masked_select",
    "matmul",
    "matrix_exp",
    "matrix_power",
    "max",
    "max_pool1d",
    "max_pool2d",
    "max_pool3d",
    "maximum",
    "mean",
    "median",
    "meshgrid",
    "min",
    "minimum",
    "mm",
    "mode",
    "moveaxis",
    "movedim",
    "msort",
    "mul",
    "multinomial",
    "multiply",
    "mv",
    "mvlgamma",
    "nan_to_num",
    "nan_to_num_",
    "nanmean",
    "nanmedian",
    "nanquantile",
    "nansum",
    "narrow",
    "ne",
    "neg",
    "neg_",
    "negative",
    "negative_",
    "nextafter",
    "nonzero",
    "norm",
    "normal",
    "not_equal",
    "numel",
    "ones",
    "ones_like",
    "outer",
    "permute",
    "pinverse",
    "pixel_shuffle",
    "pixel_unshuffle",
    "poisson",
    "polar",
    "polygamma",
    "positive",
    "pow",
    "prelu",
    "prod",
    "put",
    "qr",
    "quantile",
    "rad2deg",
    "rad2deg_",
    "rand",
    "rand_like",
    "randint",
    "randint_like",
    "randn",
    "randn_like",
    "randperm",
    "ravel",
    "real",
    "reciprocal",
    "reciprocal_",
    "relu",
    "relu_",
    "remainder",
    "renorm",
    "repeat_interleave",
    "reshape",
    "resize_as_",
    "resolve_conj",
    "result_type",
    "roll",
    "rot90",
    "round",
    "round_",
    "row_stack",
    "rsqrt",
    "rsqrt_",
    "rsub",
    "scatter",
    "scatter_add",
    "scatter_reduce",
    "searchsorted",
    "select",
    "select_scatter",
    "set_default_tensor_type",
    "sgn",
    "sigmoid",
    "sigmoid_",
    "sign",
    "signbit",
    "sin",
    "sin_",
    "sinc",
    "sinc_",
    "sinh",
    "sinh_",
    "slice_scatter",
    "slogdet",
    "softmax",
    "sort",
    "split",
    "split_with_sizes",
    "sqrt",
    "sqrt_",
    "square",
    "square_",
    "squeeze",
    "stack",
    "std",
    "std_mean",
    "stft",
    "sub",
    "subtract",
    "sum",
    "svd",
    "swapaxes",
    "swapdims",
    "t",
    "take",
    "take_along_dim",
    "tan",
    "tan_",
    "tanh",
    "tanh_",
    "tensor",
    "tensor_split",
    "tensordot",
    "tile",
    "topk",
    "trace",
    "transpose",
    "trapezoid",
    "trapz",
    "tril",
    "triu",
    "true_divide",
    "trunc",
    "trunc_",
    "unbind",
    "unflatten",
    "unique",
    "unique_consecutive",
    "unravel_index",
    "unsqueeze",
    "vander",
    "var",
    "var_mean",
    "vdot",
    "view_as_complex",
    "view_as_real",
    "vsplit",
    "vstack",
    "where",
    "xlogy",
    "xlogy_",
    "zero_",
    "zeros",
    "zeros_like",
]

def abs(input: Tensor) -> Tensor:
    """The absolute value of each element. Its gradient at 0 is 0."""
def abs_(self: Tensor, *args: Any, **options: Any) -> Tensor:
    """In place: The absolute value of each element. Its gradient at 0 is 0."""
def absolute(input: Tensor) -> Tensor:
    """The absolute value of each element. Its gradient at 0 is 0."""
def acos(input: Tensor) -> Tensor:
    """The angle in radians whose cosine each element is."""
def acos_(self: Tensor, *args: Any, **options: Any) -> Tensor:
    """In place: The angle in radians whose cosine each element is."""
def acosh(input: Tensor) -> Tensor:
    """The number whose hyperbolic cosine each element is; NaN below 1."""
def acosh_(self: Tensor, *args: Any, **options: Any) -> Tensor:
    """In place: The number whose hyperbolic cosine each element is; NaN below 1."""
def adaptive_avg_pool1d(input: Tensor, output_size: Any) -> Tensor:
    """Means of windows that share a sequence out evenly."""
def adaptive_max_pool1d(input: Tensor, output_size: Any) -> tuple[Tensor, Tensor]:
    """Maxima of windows that share a sequence out evenly, and where they are."""
def add(input: Any, other: Any, *, alpha: builtins.float = ..., out: Any = ...) -> Tensor:
    """`input + alpha * other`."""
def addbmm(input: Tensor, batch1: Tensor, batch2: Tensor, *, beta: builtins.float = ..., alpha: builtins.float = ..., out: Any = ...) -> Tensor:
    """`beta * input + alpha * bmm(batch1, batch2).sum(0)`."""
def addcdiv(input: Tensor | Number, tensor1: Tensor | Number, tensor2: Tensor | Number, value: builtins.complex = ...) -> Tensor:
    """`input + value * tensor1 / tensor2`."""
def addcmul(input: Tensor | Number, tensor1: Tensor | Number, tensor2: Tensor | Number, value: builtins.complex = ...) -> Tensor:
    """`input + value * tensor1 * tensor2`."""
def addmm(input: Tensor, mat1: Tensor, mat2: Tensor, *, beta: builtins.float = ..., alpha: builtins.float = ..., out: Any = ...) -> Tensor:
    """`beta * input + alpha * (mat1 @ mat2)`."""
def addmv(input: Tensor, mat: Tensor, vec: Tensor, *, beta: builtins.float = ..., alpha: builtins.float = ..., out: Any = ...) -> Tensor:
    """`beta * input + alpha * (mat @ vec)`."""
def addmv_(self: Tensor, *args: Any, beta: builtins.float = ..., alpha: builtins.float = ..., **named: Any) -> Tensor:
    """In place: `beta * input + alpha * (mat @ vec)`."""
def addr(input: Tensor, vec1: Tensor, vec2: Tensor, *, beta: builtins.float = ..., alpha: builtins.float = ..., out: Any = ...) -> Tensor:
    """`beta * input + alpha * outer(vec1, vec2)`."""
def adjoint(input: Tensor) -> Tensor:
    """The conjugate transpose of matrices."""
def all(input: Tensor, dim: Dim = ..., keepdim: builtins.bool = ...) -> Tensor:
    """Whether all elements over `dim` are nonzero."""
def allclose(input: Tensor, other: Tensor, rtol: builtins.float = ..., atol: builtins.float = ..., equal_nan: builtins.bool = ...) -> builtins.bool:
    """Whether all elements differ by at most `atol + rtol * |other|`."""
def amax(input: Tensor, dim: Dim = ..., keepdim: builtins.bool = ...) -> Tensor:
    """The largest elements over `dim`. Equal ones share the gradient."""
def amin(input: Tensor, dim: Dim = ..., keepdim: builtins.bool = ...) -> Tensor:
    """The smallest elements over `dim`. Equal ones share the gradient."""
def aminmax(input: Tensor, *, dim: builtins.int | None = ..., keepdim: builtins.bool = ..., out: Any = ...) -> Extremes:
    """The smallest and the largest elements over `dim`."""
def angle(input: Tensor) -> Tensor:
    """The angle of each number in radians: of real ones 0 or pi. Its gradient at 0 is 0."""
def any(input: Tensor, dim: Dim = ..., keepdim: builtins.bool = ...) -> Tensor:
    """Whether some element over `dim` is nonzero."""
def arange(start: Any = ..., end: Any = ..., step: Any = ..., *, dtype: Any = ..., device: DeviceLike = ..., requires_grad: builtins.bool = ..., out: Any = ..., **harmless: Any) -> Tensor:
    """Numbers from `start` up to but without `end`; integers if all three are."""
def arccos(input: Tensor) -> Tensor:
    """The angle in radians whose cosine each element is."""
def arccos_(self: Tensor, *args: Any, **options: Any) -> Tensor:
    """In place: The angle in radians whose cosine each element is."""
def arccosh(input: Tensor) -> Tensor:
    """The number whose hyperbolic cosine each element is; NaN below 1."""
def arccosh_(self: Tensor, *args: Any, **options: Any) -> Tensor:
    """In place: The number whose hyperbolic cosine each element is; NaN below 1."""
def arcsin(input: Tensor) -> Tensor:
    """The angle in radians whose sine each element is."""
def arcsin_(self: Tensor, *args: Any, **options: Any) -> Tensor:
    """In place: The angle in radians whose sine each element is."""
def arcsinh(input: Tensor) -> Tensor:
    """The number whose hyperbolic sine each element is."""
def arcsinh_(self: Tensor, *args: Any, **options: Any) -> Tensor:
    """In place: The number whose hyperbolic sine each element is."""
def arctan(input: Tensor) -> Tensor:
    """The angle in radians whose tangent each element is."""
def arctan2(input: Tensor | Number, other: Tensor | Number) -> Tensor:
    """The angle in radians of the point with ordinate `input` and abscissa `other`."""
def arctan_(self: Tensor, *args: Any, **options: Any) -> Tensor:
    """In place: The angle in radians whose tangent each element is."""
def arctanh(input: Tensor) -> Tensor:
    """The number whose hyperbolic tangent each element is; NaN outside of -1 to 1."""
def arctanh_(self: Tensor, *args: Any, **options: Any) -> Tensor:
    """In place: The number whose hyperbolic tangent each element is; NaN outside of -1 to 1."""
def argmax(input: Tensor, dim: Dim = ..., keepdim: builtins.bool = ...) -> Tensor:
    """Where the largest element along `dim` is; in the flattened tensor when `dim` is `None`."""
def argmin(input: Tensor, dim: Dim = ..., keepdim: builtins.bool = ...) -> Tensor:
    """Where the smallest element along `dim` is; in the flattened tensor when `dim` is `None`."""
def argsort(input: Tensor, dim: Dim = ..., descending: builtins.bool = ..., stable: builtins.bool = ...) -> Tensor:
    """Indices that sort the tensor along `dim`. Equal elements always stay in their order."""
def argwhere(input: Tensor) -> Tensor:
    """Indices of the elements that are not 0, one row each."""
def as_strided(input: Tensor, size: Sequence[builtins.int], stride: Sequence[builtins.int], storage_offset: builtins.int | None = ...) -> Tensor:
    """A view of any elements of the tensor's storage."""
def as_strided_scatter(input: Tensor, src: Tensor, size: Sequence[builtins.int], stride: Sequence[builtins.int], storage_offset: builtins.int | None = ...) -> Tensor:
    """A copy of the tensor with the elements that `as_strided` would show replaced."""
def as_tensor(data: Any, dtype: Any = ..., device: DeviceLike = ...) -> Tensor:
    """A tensor of the data, sharing memory with an array or tensor of the right dtype."""
def asarray(obj: Any, *, dtype: Any = ..., device: DeviceLike = ..., copy: builtins.bool | None = ..., requires_grad: builtins.bool = ...) -> Tensor:
    """A tensor of the data: sharing memory where possible, or as `copy` demands."""
def asin(input: Tensor) -> Tensor:
    """The angle in radians whose sine each element is."""
def asin_(self: Tensor, *args: Any, **options: Any) -> Tensor:
    """In place: The angle in radians whose sine each element is."""
def asinh(input: Tensor) -> Tensor:
    """The number whose hyperbolic sine each element is."""
def asinh_(self: Tensor, *args: Any, **options: Any) -> Tensor:
    """In place: The number whose hyperbolic sine each element is."""
def atan(input: Tensor) -> Tensor:
    """The angle in radians whose tangent each element is."""
def atan2(input: Tensor | Number, other: Tensor | Number) -> Tensor:
    """The angle in radians of the point with ordinate `input` and abscissa `other`."""
def atan_(self: Tensor, *args: Any, **options: Any) -> Tensor:
    """In place: The angle in radians whose tangent each element is."""
def atanh(input: Tensor) -> Tensor:
    """The number whose hyperbolic tangent each element is; NaN outside of -1 to 1."""
def atanh_(self: Tensor, *args: Any, **options: Any) -> Tensor:
    """In place: The number whose hyperbolic tangent each element is; NaN outside of -1 to 1."""
def atleast_1d(*tensors: Any) -> Any:
    """Tensors with at least one dimension."""
def atleast_2d(*tensors: Any) -> Any:
    """Tensors with at least two dimensions; vectors become rows."""
def atleast_3d(*tensors: Any) -> Any:
    """Tensors with at least three dimensions; matrices get a last one of size 1."""
def avg_pool1d(input: Tensor, kernel_size: Any, stride: Any = ..., padding: builtins.int = ..., ceil_mode: builtins.bool = ..., count_include_pad: builtins.bool = ...) -> Tensor:
    """The mean of each window of a sequence."""
def baddbmm(input: Tensor, batch1: Tensor, batch2: Tensor, *, beta: builtins.float = ..., alpha: builtins.float = ..., out: Any = ...) -> Tensor:
    """`beta * input + alpha * bmm(batch1, batch2)`."""
def bartlett_window(window_length: builtins.int, periodic: builtins.bool = ..., *, dtype: Any = ..., device: DeviceLike = ..., requires_grad: builtins.bool = ..., **harmless: Any) -> Tensor:
    """A triangle, from 0 up to 1 and back."""
def bernoulli(input: Tensor, p: builtins.float | None = ..., *, generator: random.Generator | None = ..., out: Any = ...) -> Tensor:
    """1 with the probability that each element is (or all with probability `p`), else 0."""
def bincount(input: Tensor, weights: Tensor | None = ..., minlength: builtins.int = ...) -> Tensor:
    """How often each whole number from 0 is there, or the sum of its weights."""
def bitwise_and(input: Tensor | Number, other: Tensor | Number) -> Tensor:
    """The bits that both elements have."""
def bitwise_left_shift(input: Tensor | Number, other: Tensor | Number) -> Tensor:
    """The bits of each element moved up by `other` places."""
def bitwise_not(input: Tensor) -> Tensor:
    """Each element with all bits turned over; for bools, not."""
def bitwise_or(input: Tensor | Number, other: Tensor | Number) -> Tensor:
    """The bits that either element has."""
def bitwise_right_shift(input: Tensor | Number, other: Tensor | Number) -> Tensor:
    """The bits of each element moved down by `other` places; the sign stays."""
def bitwise_xor(input: Tensor | Number, other: Tensor | Number) -> Tensor:
    """The bits that exactly one element has."""
def blackman_window(window_length: builtins.int, periodic: builtins.bool = ..., *, dtype: Any = ..., device: DeviceLike = ..., requires_grad: builtins.bool = ..., **harmless: Any) -> Tensor:
    """Two cosines, narrower than `hann_window` and flatter at the ends."""
def block_diag(*tensors: Tensor) -> Tensor:
    """Matrices on the diagonal of one, zeros around them."""
def bmm(input: Tensor, other: Tensor) -> Tensor:
    """The products of two batches of matrices, without broadcasting."""
def broadcast_shapes(*shapes: Any) -> Any:
    """The shape that tensors of these shapes broadcast to."""
def broadcast_tensors(*tensors: Any) -> tuple[Tensor, ...]:
    """Tensors expanded to the shape that they broadcast to."""
def broadcast_to(input: Tensor, size: Sequence[builtins.int]) -> Tensor:
    """Dimensions of size 1 repeated without copying."""
def bucketize(input: Any, boundaries: Tensor, *, out_int32: builtins.bool = ..., right: builtins.bool = ..., out: Any = ...) -> Tensor:
    """Between which of the sorted boundaries each number lies."""
def cartesian_prod(*tensors: Tensor) -> Tensor:
    """All combinations with one element of each vector, in rows."""
def cat(tensors: Sequence[Tensor], dim: Dim = ...) -> Tensor:
    """Tensors joined along an existing dimension."""
def ceil(input: Tensor) -> Tensor:
    """The smallest integer not below each element."""
def ceil_(self: Tensor, *args: Any, **options: Any) -> Tensor:
    """In place: The smallest integer not below each element."""
def chain_matmul(*matrices: Any, out: Any = ...) -> Tensor:
    """The product of several matrices, in the order that takes the least time."""
def channel_shuffle(input: Tensor, groups: Any) -> Tensor:
    """Channels dealt out: the first of each group, then the second of each."""
def cholesky(input: Tensor, upper: builtins.bool = ..., *, out: Any = ...) -> Tensor:
    """The triangle `L` with `L @ L.mH = input` of positive-definite matrices, or `L.mH`."""
def cholesky_inverse(L: Tensor, upper: builtins.bool = ..., *, out: Any = ...) -> Tensor:
    """The inverse of `A`, given its triangle `L`."""
def cholesky_solve(B: Tensor, L: Tensor, upper: builtins.bool = ..., *, out: Any = ...) -> Tensor:
    """The `X` with `A @ X = B`, given the triangle `L` of `A`."""
def chunk(input: Tensor, chunks: builtins.int, dim: builtins.int = ...) -> tuple[Tensor, ...]:
    """At most `chunks` consecutive views along `dim`, equal but for the last."""
def clamp(input: Tensor, min: Any = ..., max: Any = ..., *, out: Any = ...) -> Tensor:
    """Each element brought between `min` and `max`: numbers or tensors, either may be left out."""
def clamp_(self: Tensor, min: Tensor | Number | None = ..., max: Tensor | Number | None = ...) -> Tensor:
    """In place: each element brought between `min` and `max`."""
def clamp_max(input: Tensor | Number, max: Tensor | Number) -> Tensor:
    """Each element, but `max` where it is larger."""
def clamp_max_(self: Tensor, *args: Any, **options: Any) -> Tensor:
    """In place: Each element, but `max` where it is larger."""
def clamp_min(input: Tensor | Number, min: Tensor | Number) -> Tensor:
    """Each element, but `min` where it is smaller."""
def clamp_min_(self: Tensor, *args: Any, **options: Any) -> Tensor:
    """In place: Each element, but `min` where it is smaller."""
def clip(input: Tensor, min: Any = ..., max: Any = ..., *, out: Any = ...) -> Tensor:
    """Each element brought between `min` and `max`: numbers or tensors, either may be left out."""
def clip_(self: Tensor, min: Tensor | Number | None = ..., max: Tensor | Number | None = ...) -> Tensor:
    """In place: each element brought between `min` and `max`."""
def clone(input: Tensor, memory_format: Any = ...) -> Tensor:
    """A copy in new memory."""
def column_stack(tensors: Sequence[Tensor], *, out: Any = ...) -> Tensor:
    """Tensors joined in columns; vectors are columns."""
def combinations(input: Tensor, r: builtins.int = ..., with_replacement: builtins.bool = ...) -> Tensor:
    """All ways to choose `r` elements of a vector, in rows."""
def complex(real: Tensor, imag: Tensor, *, out: Any = ...) -> Tensor:
    """Complex numbers of real and imaginary parts."""
def concat(tensors: Sequence[Tensor], dim: Dim = ...) -> Tensor:
    """Tensors joined along an existing dimension."""
def concatenate(tensors: Sequence[Tensor], dim: Dim = ...) -> Tensor:
    """Tensors joined along an existing dimension."""
def conj(input: Tensor) -> Tensor:
    """The complex conjugate of each element, in memory of its own; a real tensor is its own."""
def conj_physical(input: Tensor, *, out: Any = ...) -> Tensor:
    """The complex conjugate of each element, in memory of its own; a real tensor is its own."""
def conv1d(input: Tensor, weight: Tensor, bias: Tensor | None = ..., stride: builtins.int = ..., padding: builtins.int = ..., dilation: builtins.int = ..., groups: builtins.int = ...) -> Tensor:
    """The convolution (not flipped, as everywhere in deep learning) of sequences with kernels."""
def conv2d(input: Tensor, weight: Tensor, bias: Tensor | None = ..., stride: builtins.int = ..., padding: builtins.int = ..., dilation: builtins.int = ..., groups: builtins.int = ...) -> Tensor:
    """The convolution (not flipped, as everywhere in deep learning) of images with kernels."""
def conv3d(input: Tensor, weight: Tensor, bias: Tensor | None = ..., stride: builtins.int = ..., padding: builtins.int = ..., dilation: builtins.int = ..., groups: builtins.int = ...) -> Tensor:
    """The convolution (not flipped, as everywhere in deep learning) of volumes with kernels."""
def conv_transpose1d(input: Tensor, weight: Tensor, bias: Tensor | None = ..., stride: builtins.int = ..., padding: builtins.int = ..., output_padding: builtins.int = ..., groups: builtins.int = ..., dilation: builtins.int = ...) -> Tensor:
    """The transpose of `conv1d`, from its results to its inputs."""
def conv_transpose2d(input: Tensor, weight: Tensor, bias: Tensor | None = ..., stride: builtins.int = ..., padding: builtins.int = ..., output_padding: builtins.int = ..., groups: builtins.int = ..., dilation: builtins.int = ...) -> Tensor:
    """The transpose of `conv2d`, from its results to its inputs."""
def conv_transpose3d(input: Tensor, weight: Tensor, bias: Tensor | None = ..., stride: builtins.int = ..., padding: builtins.int = ..., output_padding: builtins.int = ..., groups: builtins.int = ..., dilation: builtins.int = ...) -> Tensor:
    """The transpose of `conv3d`, from its results to its inputs."""
def copysign(input: Tensor | Number, other: Tensor | Number) -> Tensor:
    """The magnitude of `input` with the sign of `other`. Its gradient at 0 is 0."""
def corrcoef(input: Tensor) -> Tensor:
    """Pearson's correlation matrix of variables in rows."""
def cos(input: Tensor) -> Tensor:
    """The cosine of each element, in radians."""
def cos_(self: Tensor, *args: Any, **options: Any) -> Tensor:
    """In place: The cosine of each element, in radians."""
def cosh(input: Tensor) -> Tensor:
    """The hyperbolic cosine of each element."""
def cosh_(self: Tensor, *args: Any, **options: Any) -> Tensor:
    """In place: The hyperbolic cosine of each element."""
def count_nonzero(input: Tensor, dim: Dim = ...) -> Tensor:
    """How many elements over `dim` are nonzero."""
def cov(input: Tensor, *, correction: builtins.float = ..., fweights: Tensor | None = ..., aweights: Tensor | None = ...) -> Tensor:
    """The covariance matrix of variables in rows, with columns as observations."""
def cross(input: Tensor, other: Tensor, dim: builtins.int | None = ..., *, out: Any = ...) -> Tensor:
    """The vector product along `dim`, of size 3; by default along the first of that size."""
def cummax(input: Tensor, dim: builtins.int, *, out: Any = ...) -> ValuesAndIndices:
    """The largest elements so far along `dim`, and where each stood."""
def cummin(input: Tensor, dim: builtins.int, *, out: Any = ...) -> ValuesAndIndices:
    """The smallest elements so far along `dim`, and where each stood."""
def cumprod(input: Tensor, dim: Dim, dtype: Any = ...) -> Tensor:
    """Products of all elements up to each one, along `dim`, after conversion to `dtype`. Its"""
def cumsum(input: Tensor, dim: Dim, dtype: Any = ...) -> Tensor:
    """Sums of all elements up to each one, along `dim`, after conversion to `dtype`."""
def cumulative_trapezoid(y: Tensor, x: Tensor | None = ..., *, dx: Any = ..., dim: builtins.int = ...) -> Tensor:
    """The integral up to each element along `dim` by the trapezoid rule."""
def deg2rad(input: Tensor) -> Tensor:
    """Angles in degrees as radians."""
def deg2rad_(self: Tensor, *args: Any, **options: Any) -> Tensor:
    """In place: Angles in degrees as radians."""
def det(input: Tensor) -> Tensor:
    """The determinant of square matrices. Its gradient is right for singular ones too."""
def diag(input: Tensor, diagonal: builtins.int = ..., *, out: Any = ...) -> Tensor:
    """The diagonal of a matrix; or a matrix with a vector on its diagonal."""
def diag_embed(input: Tensor, offset: builtins.int = ..., dim1: builtins.int = ..., dim2: builtins.int = ...) -> Tensor:
    """Matrices with the last dimension on their diagonal, zeros around it."""
def diagflat(input: Tensor, offset: builtins.int = ...) -> Tensor:
    """A matrix with all elements on its diagonal."""
def diagonal(input: Tensor, offset: builtins.int = ..., dim1: builtins.int = ..., dim2: builtins.int = ...) -> Tensor:
    """The diagonal of two dimensions, which become the last one."""
def diagonal_scatter(input: Tensor, src: Tensor, offset: builtins.int = ..., dim1: builtins.int = ..., dim2: builtins.int = ...) -> Tensor:
    """A copy of `input` with `src` on a diagonal."""
def diff(input: Tensor, n: builtins.int = ..., dim: builtins.int = ..., prepend: Tensor | None = ..., append: Tensor | None = ..., *, out: Any = ...) -> Tensor:
    """Differences of neighbours along `dim`, taken `n` times."""
def digamma(input: Tensor) -> Tensor:
    """The derivative of `lgamma`; minus or plus infinity at 0, NaN at negative whole numbers."""
def dist(input: Tensor, other: Tensor, p: builtins.float = ...) -> Tensor:
    """The norm of order `p` of the difference of two tensors."""
def div(input: Any, other: Any, *, rounding_mode: str | None = ..., out: Any = ...) -> Tensor:
    """`input / other`; `rounding_mode` may be `"floor"` or `"trunc"`."""
def divide(input: Any, other: Any, *, rounding_mode: str | None = ..., out: Any = ...) -> Tensor:
    """`input / other`; `rounding_mode` may be `"floor"` or `"trunc"`."""
def dot(input: Tensor, other: Tensor) -> Tensor:
    """The inner product of two vectors."""
def dsplit(input: Tensor, *args: Any, indices: Any = ..., sections: Any = ...) -> Any:
    """Views cut in depth: equal ones, or at indices."""
def dstack(tensors: Sequence[Tensor], *, out: Any = ...) -> Tensor:
    """Tensors joined in depth, along dimension 2."""
def einsum(equation: Any, *operands: Any) -> Tensor:
    """The sum of products that an equation such as `"ij,jk->ik"` describes."""
def empty(*args: Any, size: Any = ..., dtype: Any = ..., device: DeviceLike = ..., requires_grad: builtins.bool = ..., out: Any = ..., **harmless: Any) -> Tensor:
    """A tensor of the given size, filled with whatever the memory held."""
def empty_like(input: Tensor, *, dtype: Any = ..., device: DeviceLike = ..., requires_grad: builtins.bool = ..., **harmless: Any) -> Tensor:
    """A tensor of the shape and dtype of another, filled with whatever the memory held."""
def empty_strided(size: Any, stride: Any, *, dtype: Any = ..., device: DeviceLike = ..., requires_grad: builtins.bool = ..., **harmless: Any) -> Tensor:
    """A tensor of the given size and strides (in elements), filled with whatever memory held."""
def eq(input: Tensor | Number, other: Tensor | Number) -> Tensor:
    """Whether two elements are equal."""
def equal(input: Tensor, other: Tensor) -> builtins.bool:
    """Whether two tensors have the same shape and elements."""
def erf(input: Tensor) -> Tensor:
    """The error function."""
def erf_(self: Tensor, *args: Any, **options: Any) -> Tensor:
    """In place: The error function."""
def erfc(input: Tensor) -> Tensor:
    """`1 - erf(x)`, exact where that is tiny."""
def erfc_(self: Tensor, *args: Any, **options: Any) -> Tensor:
    """In place: `1 - erf(x)`, exact where that is tiny."""
def erfinv(input: Tensor) -> Tensor:
    """The number whose error function each element is."""
def exp(input: Tensor) -> Tensor:
    """e to the power of each element."""
def exp2(input: Tensor) -> Tensor:
    """2 to the power of each element."""
def exp2_(self: Tensor, *args: Any, **options: Any) -> Tensor:
    """In place: 2 to the power of each element."""
def exp_(self: Tensor, *args: Any, **options: Any) -> Tensor:
    """In place: e to the power of each element."""
def expm1(input: Tensor) -> Tensor:
    """`exp(x) - 1`, exact near 0."""
def expm1_(self: Tensor, *args: Any, **options: Any) -> Tensor:
    """In place: `exp(x) - 1`, exact near 0."""
def eye(n: builtins.int, m: builtins.int | None = ..., *, dtype: Any = ..., device: DeviceLike = ..., requires_grad: builtins.bool = ..., out: Any = ..., **harmless: Any) -> Tensor:
    """A matrix with ones on the diagonal."""
def fill(input: Tensor, value: Tensor | Number) -> Tensor:
    """A copy of the tensor with a number, or a 0-d tensor, everywhere."""
def fill_(self: Tensor, value: Tensor | Number) -> Tensor:
    """Overwrite every element with a number, or with that of a 0-d tensor."""
def fix(input: Tensor) -> Tensor:
    """Each element without its fraction."""
def fix_(self: Tensor, *args: Any, **options: Any) -> Tensor:
    """In place: Each element without its fraction."""
def flatten(input: Tensor, start_dim: builtins.int = ..., end_dim: builtins.int = ...) -> Tensor:
    """Dimensions `start_dim` to `end_dim` as one."""
def flip(input: Tensor, *args: Any, dims: Any = ...) -> Tensor:
    """The order of the indices along `dims` turned round."""
def fliplr(input: Tensor) -> Tensor:
    """The order of columns turned round."""
def flipud(input: Tensor) -> Tensor:
    """The order of rows turned round."""
def float_power(input: Any, exponent: Any, *, out: Any = ...) -> Tensor:
    """The first tensor to the power of the second, computed in float64."""
def floor(input: Tensor) -> Tensor:
    """The largest integer not above each element."""
def floor_(self: Tensor, *args: Any, **options: Any) -> Tensor:
    """In place: The largest integer not above each element."""
def floor_divide(input: Tensor | Number, other: Tensor | Number) -> Tensor:
    """The quotient of two tensors, rounded down."""
def fmax(input: Tensor | Number, other: Tensor | Number) -> Tensor:
    """The larger of two elements; the other one if one is NaN."""
def fmin(input: Tensor | Number, other: Tensor | Number) -> Tensor:
    """The smaller of two elements; the other one if one is NaN."""
def fmod(input: Tensor | Number, other: Tensor | Number) -> Tensor:
    """What is left of `x / y` rounded toward 0; it has the sign of `x`."""
def frac(input: Tensor) -> Tensor:
    """The fraction of each element, with its sign."""
def frac_(self: Tensor, *args: Any, **options: Any) -> Tensor:
    """In place: The fraction of each element, with its sign."""
def frexp(input: Tensor, *, out: Any = ...) -> MantissaAndExponent:
    """A mantissa between 0.5 and 1, with the element's sign, and a power of two."""
def from_dlpack(ext_tensor: Any, *, device: Any = ..., copy: builtins.bool | None = ...) -> Tensor:
    """A tensor over the memory of another library's array, or of a capsule of it."""
def from_numpy(ndarray: Any) -> Tensor:
    """A tensor over the memory of a NumPy array: a change of one shows in the other."""
def frombuffer(buffer: Any, *, dtype: Any, count: builtins.int = ..., offset: builtins.int = ..., requires_grad: builtins.bool = ...) -> Tensor:
    """A vector over the memory of any object with a buffer."""
def full(size: Any, fill_value: Any, *, dtype: Any = ..., device: DeviceLike = ..., requires_grad: builtins.bool = ..., out: Any = ..., **harmless: Any) -> Tensor:
    """A tensor of the given size filled with a number, with its dtype unless one is given."""
def full_like(input: Tensor, fill_value: Any, *, dtype: Any = ..., device: DeviceLike = ..., requires_grad: builtins.bool = ..., **harmless: Any) -> Tensor:
    """A tensor of the shape and dtype of another, filled with a number."""
def gather(input: Tensor, dim: builtins.int, index: Tensor, *, out: Any = ...) -> Tensor:
    """`out[i][j] = input[index[i][j]][j]` for `dim=0`, and so on."""
def gcd(input: Tensor | Number, other: Tensor | Number) -> Tensor:
    """The greatest common divisor of two whole numbers."""
def gcd_(self: Tensor, *args: Any, **options: Any) -> Tensor:
    """In place: The greatest common divisor of two whole numbers."""
def ge(input: Tensor | Number, other: Tensor | Number) -> Tensor:
    """Whether the first element is not smaller."""
def ger(input: Tensor | Number, other: Tensor | Number) -> Tensor:
    """The outer product of two vectors."""
def gradient(input: Tensor, *, spacing: Any = ..., dim: Any = ..., edge_order: builtins.int = ...) -> tuple[Tensor, ...]:
    """The slope of samples along each dimension of `dim` (all by default), to second order inside."""
def greater(input: Tensor | Number, other: Tensor | Number) -> Tensor:
    """Whether the first element is larger."""
def greater_equal(input: Tensor | Number, other: Tensor | Number) -> Tensor:
    """Whether the first element is not smaller."""
def gt(input: Tensor | Number, other: Tensor | Number) -> Tensor:
    """Whether the first element is larger."""
def hamming_window(window_length: builtins.int, periodic: builtins.bool = ..., alpha: builtins.float = ..., beta: builtins.float = ..., *, dtype: Any = ..., device: DeviceLike = ..., requires_grad: builtins.bool = ..., **harmless: Any) -> Tensor:
    """`alpha - beta * cos`: a cosine that does not go down to 0."""
def hann_window(window_length: builtins.int, periodic: builtins.bool = ..., *, dtype: Any = ..., device: DeviceLike = ..., requires_grad: builtins.bool = ..., **harmless: Any) -> Tensor:
    """One period of a cosine, from 0 up to 1 and back."""
def hardshrink(input: Tensor, lambd: builtins.float = ...) -> Tensor:
    """`x`, but 0 between `-lambd` and `lambd`."""
def heaviside(input: Tensor, values: Tensor) -> Tensor:
    """0 where an element is negative, 1 where it is positive, `values` where it is 0."""
def histc(input: Tensor, bins: builtins.int = ..., min: builtins.float | None = ..., max: builtins.float | None = ...) -> Tensor:
    """How many elements fall in each of `bins` equal parts from `min` to `max` (those of the"""
def histogram(input: Tensor, bins: Any, *, range: Sequence[builtins.float] | None = ..., weight: Tensor | None = ..., density: builtins.bool = ..., out: Any = ...) -> Histogram:
    """How many elements (or how much weight) lie between edges, given as a count or a tensor."""
def hsplit(input: Tensor, *args: Any, indices: Any = ..., sections: Any = ...) -> Any:
    """Views cut in columns: equal ones, or at indices."""
def hstack(tensors: Sequence[Tensor], *, out: Any = ...) -> Tensor:
    """Tensors joined in columns: along dimension 1, vectors along 0."""
def hypot(input: Tensor | Number, other: Tensor | Number) -> Tensor:
    """The length of the hypotenuse of a right triangle with these legs."""
def i0(input: Tensor) -> Tensor:
    """The modified Bessel function of the first kind, of order 0."""
def i0_(self: Tensor, *args: Any, **options: Any) -> Tensor:
    """In place: The modified Bessel function of the first kind, of order 0."""
def igamma(input: Tensor, other: Tensor, *, out: Any = ...) -> Tensor:
    """The lower incomplete gamma function of order `input` at `other`, between 0 and 1."""
def igammac(input: Tensor, other: Tensor, *, out: Any = ...) -> Tensor:
    """The upper incomplete gamma function of order `input` at `other`, between 0 and 1."""
def imag(input: Tensor) -> Tensor:
    """The imaginary part of each element, in the same memory."""
def index_add(input: Tensor, dim: builtins.int, index: Tensor, source: Tensor, *, alpha: builtins.float = ..., out: Any = ...) -> Tensor:
    """The tensor with `alpha * source` added to its slices along `dim` at the indices."""
def index_copy(input: Tensor, dim: builtins.int, index: Tensor, source: Tensor, *, out: Any = ...) -> Tensor:
    """The tensor with its slices along `dim` at the indices replaced."""
def index_fill(input: Tensor, dim: builtins.int, index: Tensor, value: Tensor | Number) -> Tensor:
    """The tensor with a number, or a 0-d tensor, in its slices along `dim` at the indices."""
def index_put(input: Tensor, indices: Sequence[Tensor], values: Tensor, accumulate: builtins.bool = ...) -> Tensor:
    """The tensor with `values` at `input[indices]`, or added there."""
def index_put_(self: Tensor, indices: Sequence[Tensor], values: Tensor, accumulate: builtins.bool = ...) -> Tensor:
    """In place: `values` at `self[indices]`, or added there."""
def index_reduce(input: Tensor, dim: builtins.int, index: Tensor, source: Tensor, reduce: str, *, include_self: builtins.bool = ..., out: Any = ...) -> Tensor:
    """The tensor with slices of `source` reduced into its slices along `dim` at the indices, by"""
def index_select(input: Tensor, dim: builtins.int, index: Tensor, *, out: Any = ...) -> Tensor:
    """The slices along `dim` at the indices of a vector."""
def inner(input: Tensor, other: Tensor, *, out: Any = ...) -> Tensor:
    """Products summed over the last dimension of both."""
def inverse(input: Tensor, *, out: Any = ...) -> Tensor:
    """The inverse of square matrices."""
def is_complex(input: Tensor) -> builtins.bool:
    """Whether the elements are complex numbers."""
def is_conj(input: Tensor) -> builtins.bool:
    """Whether the elements still wait to be conjugated: never."""
def is_floating_point(input: Tensor) -> builtins.bool:
    """Whether the elements are floating-point numbers."""
def is_nonzero(input: Tensor) -> builtins.bool:
    """Whether the only element of a tensor is not 0."""
def is_same_size(input: Tensor, other: Tensor) -> builtins.bool:
    """Whether two tensors have the same shape."""
def is_tensor(obj: Any) -> builtins.bool:
    """Whether an object is a tensor."""
def isclose(input: Tensor, other: Tensor, rtol: builtins.float = ..., atol: builtins.float = ..., equal_nan: builtins.bool = ...) -> Tensor:
    """Whether each pair of elements differs by at most `atol + rtol * |other|`."""
def isfinite(input: Tensor) -> Tensor:
    """Whether each element is neither NaN nor infinite."""
def isin(elements: Tensor | Number, test_elements: Tensor | Number, assume_unique: builtins.bool = ..., invert: builtins.bool = ...) -> Tensor:
    """Whether each element is among the test elements."""
def isinf(input: Tensor) -> Tensor:
    """Whether each element is infinite."""
def isnan(input: Tensor) -> Tensor:
    """Whether each element is NaN."""
def isneginf(input: Tensor) -> Tensor:
    """Whether each element is minus infinity."""
def isposinf(input: Tensor) -> Tensor:
    """Whether each element is plus infinity."""
def isreal(input: Tensor) -> Tensor:
    """Whether the imaginary part of each element is 0."""
def istft(input: Tensor, n_fft: builtins.int, hop_length: builtins.int | None = ..., win_length: builtins.int | None = ..., window: Tensor | None = ..., center: builtins.bool = ..., normalized: builtins.bool = ..., onesided: builtins.bool | None = ..., length: builtins.int | None = ..., return_complex: builtins.bool = ...) -> Tensor:
    """The signal whose `stft` with the same arguments is nearest to `input`."""
def kaiser_window(window_length: builtins.int, periodic: builtins.bool = ..., beta: builtins.float = ..., *, dtype: Any = ..., device: DeviceLike = ..., requires_grad: builtins.bool = ..., **harmless: Any) -> Tensor:
    """A Bessel function over half a circle: the larger `beta`, the narrower."""
def kron(input: Tensor, other: Tensor, *, out: Any = ...) -> Tensor:
    """Every element of `input` times all of `other`, as blocks."""
def kthvalue(input: Tensor, k: builtins.int, dim: builtins.int = ..., keepdim: builtins.bool = ..., *, out: Any = ...) -> ValuesAndIndices:
    """The `k`-th smallest elements along `dim`, counted from 1, and where each is."""
def lcm(input: Tensor | Number, other: Tensor | Number) -> Tensor:
    """The least common multiple of two whole numbers."""
def lcm_(self: Tensor, *args: Any, **options: Any) -> Tensor:
    """In place: The least common multiple of two whole numbers."""
def ldexp(input: Tensor, other: Tensor, *, out: Any = ...) -> Tensor:
    """`input * 2 ** other`."""
def ldexp_(self: Tensor, other: Tensor) -> Tensor:
    """In place: `self * 2 ** other`."""
def le(input: Tensor | Number, other: Tensor | Number) -> Tensor:
    """Whether the first element is not larger."""
def lerp(input: Tensor | Number, other: Tensor | Number, weight: Tensor | Number) -> Tensor:
    """`input + weight * (other - input)`."""
def less(input: Tensor | Number, other: Tensor | Number) -> Tensor:
    """Whether the first element is smaller."""
def less_equal(input: Tensor | Number, other: Tensor | Number) -> Tensor:
    """Whether the first element is not larger."""
def lgamma(input: Tensor) -> Tensor:
    """The logarithm of the absolute value of the gamma function."""
def linspace(start: Any, end: Any, steps: builtins.int, *, dtype: Any = ..., device: DeviceLike = ..., requires_grad: builtins.bool = ..., out: Any = ..., **harmless: Any) -> Tensor:
    """`steps` numbers at equal distances from `start` to `end`, both included."""
def log(input: Tensor) -> Tensor:
    """The natural logarithm of each element."""
def log10(input: Tensor) -> Tensor:
    """The logarithm to base 10 of each element."""
def log10_(self: Tensor, *args: Any, **options: Any) -> Tensor:
    """In place: The logarithm to base 10 of each element."""
def log1p(input: Tensor) -> Tensor:
    """`log(1 + x)`, exact near 0."""
def log1p_(self: Tensor, *args: Any, **options: Any) -> Tensor:
    """In place: `log(1 + x)`, exact near 0."""
def log2(input: Tensor) -> Tensor:
    """The logarithm to base 2 of each element."""
def log2_(self: Tensor, *args: Any, **options: Any) -> Tensor:
    """In place: The logarithm to base 2 of each element."""
def log_(self: Tensor, *args: Any, **options: Any) -> Tensor:
    """In place: The natural logarithm of each element."""
def log_softmax(input: Tensor, dim: Dim, dtype: Any = ...) -> Tensor:
    """The logarithm of `softmax`, exact where softmax would round to 0."""
def logaddexp(input: Tensor | Number, other: Tensor | Number) -> Tensor:
    """`log(exp(x) + exp(y))`, without overflow."""
def logaddexp2(input: Tensor | Number, other: Tensor | Number) -> Tensor:
    """`log2(2 ** x + 2 ** y)`, without overflow."""
def logcumsumexp(input: Tensor, dim: Dim) -> Tensor:
    """The logarithm of the sum of exponentials up to each element, along `dim`."""
def logdet(input: Tensor) -> Tensor:
    """The logarithm of the determinant; NaN where that is negative."""
def logical_and(input: Tensor | Number, other: Tensor | Number) -> Tensor:
    """Whether both elements are nonzero."""
def logical_not(input: Tensor) -> Tensor:
    """Whether each element is 0."""
def logical_or(input: Tensor | Number, other: Tensor | Number) -> Tensor:
    """Whether one element is nonzero."""
def logical_xor(input: Tensor | Number, other: Tensor | Number) -> Tensor:
    """Whether exactly one element is nonzero."""
def logit(input: Tensor, eps: Any = ...) -> Tensor:
    """`log(x / (1 - x))`; with `eps` each element is first brought between it and `1 - eps`."""
def logit_(self: Tensor, *args: Any, **options: Any) -> Tensor:
    """In place: `log(x / (1 - x))`; with `eps` each element is first brought between it and `1 - eps`."""
def logspace(start: Any, end: Any, steps: builtins.int, base: builtins.float = ..., *, dtype: Any = ..., device: DeviceLike = ..., requires_grad: builtins.bool = ..., out: Any = ..., **harmless: Any) -> Tensor:
    """`base` to the power of `steps` numbers at equal distances from `start` to `end`."""
def logsumexp(input: Tensor, dim: Dim, keepdim: builtins.bool = ...) -> Tensor:
    """The logarithm of the sum of exponentials over `dim`, without overflow."""
def lt(input: Tensor | Number, other: Tensor | Number) -> Tensor:
    """Whether the first element is smaller."""
def lu_solve(b: Any, LU_data: Any, LU_pivots: Any, *, out: Any = ...) -> Any:
    """"""
def lu_unpack(LU_data: Tensor, LU_pivots: Tensor, *, out: Any = ...) -> LUResult:
    """`P`, `L` and `U` of what `lu_factor` gave."""
def manual_seed(seed: builtins.int) -> random.Generator:
    """Seed the random numbers of every device."""
def masked_fill(input: Tensor, mask: Tensor, value: Any) -> Tensor:
    """The tensor with `value` where the mask is true: a number, or a 0-d tensor."""
def masked_scatter(input: Tensor, mask: Tensor, source: Tensor) -> Tensor:
    """The tensor with the elements of `source`, one after the other, where the mask is true."""
def masked_select(input: Tensor, mask: Tensor, *, out: Any = ...) -> Tensor:
    """The elements where the mask is true, in one row."""
def matmul(input: Tensor, other: Tensor) -> Tensor:
    """The matrix product; vectors are rows on the left and columns on the right, batches broadcast."""
def matrix_exp(input: Tensor) -> Tensor:
    """The exponential of square matrices: the limit of `(1 + x / n) ** n`."""
def matrix_power(input: Tensor, n: builtins.int, *, out: Any = ...) -> Tensor:
    """A square matrix multiplied with itself; of a negative `n` its inverse is."""
@overload
def max(input: Tensor) -> Tensor:
    """The largest element; with `dim` (values, indices) along it; with a tensor the elementwise"""
@overload
def max(input: Tensor, dim: Tensor, keepdim: builtins.bool = ...) -> Tensor:
    """The largest element; with `dim` (values, indices) along it; with a tensor the elementwise"""
@overload
def max(input: Tensor, dim: builtins.int, keepdim: builtins.bool = ...) -> ValuesAndIndices:
    """The largest element; with `dim` (values, indices) along it; with a tensor the elementwise"""
@overload
def max(input: Tensor, *, other: Tensor) -> Tensor:
    """The largest element; with `dim` (values, indices) along it; with a tensor the elementwise"""
def max_pool1d(input: Tensor, kernel_size: Any, stride: Any = ..., padding: builtins.int = ..., dilation: builtins.int = ..., ceil_mode: builtins.bool = ...) -> Tensor:
    """The largest element of each window of a sequence."""
def max_pool2d(input: Tensor, kernel_size: Any, stride: Any = ..., padding: builtins.int = ..., dilation: builtins.int = ..., ceil_mode: builtins.bool = ...) -> Tensor:
    """The largest element of each window of an image. The first of equal ones gets the gradient."""
def max_pool3d(input: Tensor, kernel_size: Any, stride: Any = ..., padding: builtins.int = ..., dilation: builtins.int = ..., ceil_mode: builtins.bool = ...) -> Tensor:
    """The largest element of each window of a volume."""
def maximum(input: Tensor | Number, other: Tensor | Number) -> Tensor:
    """The larger of two elements; NaN if either is. Equal elements share the gradient."""
def mean(input: Tensor, dim: Dim = ..., keepdim: builtins.bool = ..., dtype: Any = ...) -> Tensor:
    """The mean over `dim`, after conversion to `dtype`; NaN of nothing."""
def median(input: Tensor, dim: builtins.int | None = ..., keepdim: builtins.bool = ...) -> Any:
    """The middle element, the lower of two; with `dim` (values, indices) along it."""
def meshgrid(*tensors: Any, indexing: str | None = ...) -> tuple[Tensor, ...]:
    """Each vector expanded over the grid of all of them. `indexing="xy"` exchanges the first two"""
@overload
def min(input: Tensor) -> Tensor:
    """The smallest element; with `dim` (values, indices) along it; with a tensor the elementwise"""
@overload
def min(input: Tensor, dim: Tensor, keepdim: builtins.bool = ...) -> Tensor:
    """The smallest element; with `dim` (values, indices) along it; with a tensor the elementwise"""
@overload
def min(input: Tensor, dim: builtins.int, keepdim: builtins.bool = ...) -> ValuesAndIndices:
    """The smallest element; with `dim` (values, indices) along it; with a tensor the elementwise"""
@overload
def min(input: Tensor, *, other: Tensor) -> Tensor:
    """The smallest element; with `dim` (values, indices) along it; with a tensor the elementwise"""
def minimum(input: Tensor | Number, other: Tensor | Number) -> Tensor:
    """The smaller of two elements; NaN if either is. Equal elements share the gradient."""
def mm(input: Tensor, other: Tensor) -> Tensor:
    """The product of two matrices."""
def mode(input: Tensor, dim: builtins.int = ..., keepdim: builtins.bool = ..., *, out: Any = ...) -> ValuesAndIndices:
    """The elements that stand most often along `dim`, the smallest of equals, and where."""
def moveaxis(input: Tensor, source: Any, destination: Any) -> Tensor:
    """Dimensions moved to other places; the rest keep their order."""
def movedim(input: Tensor, source: Any, destination: Any) -> Tensor:
    """Dimensions moved to other places; the rest keep their order."""
def msort(input: Tensor, *, out: Any = ...) -> Tensor:
    """Values in order along the first dimension."""
def mul(input: Tensor | Number, other: Tensor | Number) -> Tensor:
    """The product of two tensors."""
def multinomial(input: Tensor, num_samples: builtins.int, replacement: builtins.bool = ..., *, generator: random.Generator | None = ..., out: Any = ...) -> Tensor:
    """Indices drawn with the probabilities that each row's elements are proportional to."""
def multiply(input: Tensor | Number, other: Tensor | Number) -> Tensor:
    """The product of two tensors."""
def mv(input: Tensor, other: Tensor) -> Tensor:
    """The product of a matrix and a vector."""
def mvlgamma(input: Tensor, p: builtins.int, *, out: Any = ...) -> Tensor:
    """The logarithm of the multivariate gamma function of dimension `p`."""
def nan_to_num(input: Tensor, nan: builtins.float | None = ..., posinf: builtins.float | None = ..., neginf: builtins.float | None = ..., *, out: Any = ...) -> Tensor:
    """Each element, with NaN and the infinities replaced: by 0 and the largest numbers unless"""
def nan_to_num_(self: Tensor, *args: Any, **options: Any) -> Tensor:
    """In place: Each element, with NaN and the infinities replaced: by 0 and the largest numbers unless"""
def nanmean(input: Tensor, dim: Any = ..., keepdim: builtins.bool = ..., *, dtype: dtypes.dtype | None = ..., out: Any = ...) -> Tensor:
    """The mean over `dim` of what is not NaN."""
def nanmedian(input: Tensor, dim: builtins.int | None = ..., keepdim: builtins.bool = ...) -> Any:
    """The middle of the elements that are not NaN; with `dim` (values, indices) along it."""
def nanquantile(input: Tensor, q: Any, dim: builtins.int | None = ..., keepdim: builtins.bool = ..., *, interpolation: str = ..., out: Any = ...) -> Tensor:
    """As `quantile`, of the elements that are not NaN."""
def nansum(input: Tensor, dim: Dim = ..., keepdim: builtins.bool = ..., dtype: Any = ...) -> Tensor:
    """The sum over `dim` of what is not NaN, after conversion to `dtype`."""
def narrow(input: Tensor, dim: Dim, start: Any, length: Any) -> Tensor:
    """`length` indices from `start` along `dim`."""
def ne(input: Tensor | Number, other: Tensor | Number) -> Tensor:
    """Whether two elements differ."""
def neg(input: Tensor) -> Tensor:
    """The negative of each element."""
def neg_(self: Tensor, *args: Any, **options: Any) -> Tensor:
    """In place: The negative of each element."""
def negative(input: Tensor) -> Tensor:
    """The negative of each element."""
def negative_(self: Tensor, *args: Any, **options: Any) -> Tensor:
    """In place: The negative of each element."""
def nextafter(input: Tensor | Number, other: Tensor | Number) -> Tensor:
    """The next number that the dtype can hold, from `input` toward `other`."""
def nonzero(input: Tensor, *, as_tuple: builtins.bool = ..., out: Any = ...) -> Any:
    """Indices of the elements that are not 0, one row each."""
def norm(input: Tensor, p: Any = ..., dim: Any = ..., keepdim: builtins.bool = ..., dtype: Any = ..., *, out: Any = ...) -> Tensor:
    """The norm of all elements over `dim`: `(sum |x|^p)^(1/p)`, also `inf`, `-inf`, `"fro"` (2),"""
def normal(mean: Any, std: Any = ..., size: Any = ..., *, generator: random.Generator | None = ..., dtype: Any = ..., device: DeviceLike = ..., requires_grad: builtins.bool = ..., out: Any = ..., **harmless: Any) -> Tensor:
    """Normal random numbers of the given means and standard deviations: numbers with a `size`, or"""
def not_equal(input: Tensor | Number, other: Tensor | Number) -> Tensor:
    """Whether two elements differ."""
def numel(input: Tensor) -> builtins.int:
    """Number of elements."""
def ones(*args: Any, size: Any = ..., dtype: Any = ..., device: DeviceLike = ..., requires_grad: builtins.bool = ..., out: Any = ..., **harmless: Any) -> Tensor:
    """A tensor of the given size, filled with 1."""
def ones_like(input: Tensor, *, dtype: Any = ..., device: DeviceLike = ..., requires_grad: builtins.bool = ..., **harmless: Any) -> Tensor:
    """A tensor of the shape and dtype of another, filled with 1."""
def outer(input: Tensor | Number, other: Tensor | Number) -> Tensor:
    """The outer product of two vectors."""
def permute(input: Tensor, *args: Any, dims: Any = ...) -> Tensor:
    """The dimensions in another order."""
def pinverse(input: Tensor, rcond: builtins.float = ...) -> Tensor:
    """The pseudoinverse: singular values up to `rcond` times the largest count as 0."""
def pixel_shuffle(input: Tensor, upscale_factor: Any) -> Tensor:
    """Channels as pixels: `(..., c * r * r, h, w)` gives `(..., c, h * r, w * r)`."""
def pixel_unshuffle(input: Tensor, downscale_factor: Any) -> Tensor:
    """Pixels as channels: `(..., c, h * r, w * r)` gives `(..., c * r * r, h, w)`."""
def poisson(input: Tensor, generator: random.Generator | None = ...) -> Tensor:
    """Poisson random numbers with the rates that the elements are."""
def polar(abs: Tensor, angle: Tensor, *, out: Any = ...) -> Tensor:
    """Complex numbers of absolute values and angles in radians."""
def polygamma(n: builtins.int, input: Tensor, *, out: Any = ...) -> Tensor:
    """The derivative of order `n` of `digamma`."""
def positive(input: Tensor) -> Tensor:
    """Each element as it is."""
def pow(input: Tensor | Number, other: Tensor | Number) -> Tensor:
    """The first tensor to the power of the second."""
def prelu(input: Tensor, weight: Tensor) -> Tensor:
    """`x` where positive, `weight * x` elsewhere: one weight, or one for each channel (dimension"""
def prod(input: Tensor, dim: Dim = ..., keepdim: builtins.bool = ..., dtype: Any = ...) -> Tensor:
    """The product over `dim`, after conversion to `dtype`. Its gradient is right at zeros too."""
def put(input: Tensor, index: Tensor, source: Tensor, accumulate: builtins.bool = ...) -> Tensor:
    """A copy of `input` with elements at indices into the flattened tensor replaced, or added."""
def qr(input: Tensor, some: builtins.bool = ..., *, out: Any = ...) -> QRResult:
    """As `linalg.qr`; `some` for the smaller factors."""
def quantile(input: Tensor, q: Any, dim: builtins.int | None = ..., keepdim: builtins.bool = ..., *, interpolation: str = ..., out: Any = ...) -> Tensor:
    """The numbers below which a share `q` of the elements along `dim` lies."""
def rad2deg(input: Tensor) -> Tensor:
    """Angles in radians as degrees."""
def rad2deg_(self: Tensor, *args: Any, **options: Any) -> Tensor:
    """In place: Angles in radians as degrees."""
def rand(*args: Any, size: Any = ..., generator: random.Generator | None = ..., dtype: Any = ..., device: DeviceLike = ..., requires_grad: builtins.bool = ..., out: Any = ..., **harmless: Any) -> Tensor:
    """A tensor of random numbers uniform in [0, 1)."""
def rand_like(input: Tensor, *, generator: random.Generator | None = ..., dtype: Any = ..., device: DeviceLike = ..., requires_grad: builtins.bool = ..., **harmless: Any) -> Tensor:
    """A tensor of the shape and dtype of another, with random numbers uniform in [0, 1)."""
def randint(low: builtins.int, high: Any = ..., size: Any = ..., *, generator: random.Generator | None = ..., dtype: Any = ..., device: DeviceLike = ..., requires_grad: builtins.bool = ..., out: Any = ..., **harmless: Any) -> Tensor:
    """Random integers in `[low, high)`; `randint(high, size)` starts at 0."""
def randint_like(input: Tensor, low: builtins.int, high: Any = ..., *, dtype: Any = ..., device: DeviceLike = ..., requires_grad: builtins.bool = ..., **harmless: Any) -> Tensor:
    """Random integers in `[low, high)` in the shape and dtype of another tensor."""
def randn(*args: Any, size: Any = ..., generator: random.Generator | None = ..., dtype: Any = ..., device: DeviceLike = ..., requires_grad: builtins.bool = ..., out: Any = ..., **harmless: Any) -> Tensor:
    """A tensor of random numbers from the standard normal distribution."""
def randn_like(input: Tensor, *, generator: random.Generator | None = ..., dtype: Any = ..., device: DeviceLike = ..., requires_grad: builtins.bool = ..., **harmless: Any) -> Tensor:
    """A tensor of the shape and dtype of another, with random numbers from the standard normal distribution."""
def randperm(n: builtins.int, *, generator: random.Generator | None = ..., dtype: Any = ..., device: DeviceLike = ..., requires_grad: builtins.bool = ..., out: Any = ..., **harmless: Any) -> Tensor:
    """The integers below `n` in random order."""
def ravel(input: Tensor) -> Tensor:
    """All elements in one dimension."""
def real(input: Tensor) -> Tensor:
    """The real part of each element, in the same memory; a real tensor is its own."""
def reciprocal(input: Tensor) -> Tensor:
    """One over each element."""
def reciprocal_(self: Tensor, *args: Any, **options: Any) -> Tensor:
    """In place: One over each element."""
def relu(input: Tensor) -> Tensor:
    """`max(x, 0)`, with gradient 0 at 0; NaN stays NaN."""
def relu_(self: Tensor, *args: Any, **options: Any) -> Tensor:
    """In place: `max(x, 0)`, with gradient 0 at 0; NaN stays NaN."""
def remainder(input: Tensor | Number, other: Tensor | Number) -> Tensor:
    """What is left of `x / y` rounded down; it has the sign of `y`."""
def renorm(input: Tensor, p: builtins.float, dim: builtins.int, maxnorm: builtins.float, *, out: Any = ...) -> Tensor:
    """Slices along `dim` scaled down to a norm of order `p` of at most `maxnorm`."""
def repeat_interleave(input: Tensor, repeats: Any = ..., dim: builtins.int | None = ..., *, output_size: builtins.int | None = ...) -> Tensor:
    """Each element repeated, along `dim` or in one row; counts may differ. With counts alone, the"""
def reshape(input: Tensor, *args: Any, shape: Any = ...) -> Tensor:
    """The same elements under another shape: a view if possible, else a copy."""
def resize_as_(self: Tensor, the_template: Tensor, *, memory_format: Any = ...) -> Tensor:
    """Resized in place to the shape of another tensor: only where it has that shape already."""
def resolve_conj(input: Tensor) -> Tensor:
    """The tensor itself: conjugates are computed when they are asked for."""
def result_type(tensor1: Any, tensor2: Any) -> dtypes.dtype:
    """The dtype of what an operator would make of two tensors or numbers."""
def roll(input: Tensor, shifts: Any, dims: Any = ...) -> Tensor:
    """Elements moved along dimensions; those that leave at the end come in at the start."""
def rot90(input: Tensor, k: builtins.int = ..., dims: Sequence[builtins.int] = ...) -> Tensor:
    """Turned by 90 degrees `k` times, from the first of two dimensions toward the second."""
def round(input: Tensor, decimals: builtins.int = ...) -> Tensor:
    """Each element rounded to `decimals` digits after the point, halves to even."""
def round_(self: Tensor, *args: Any, **options: Any) -> Tensor:
    """In place: Each element rounded to `decimals` digits after the point, halves to even."""
def row_stack(tensors: Sequence[Tensor], *, out: Any = ...) -> Tensor:
    """Tensors joined in rows."""
def rsqrt(input: Tensor) -> Tensor:
    """One over the square root of each element."""
def rsqrt_(self: Tensor, *args: Any, **options: Any) -> Tensor:
    """In place: One over the square root of each element."""
def rsub(input: Any, other: Any, *, alpha: builtins.float = ...) -> Tensor:
    """`other - alpha * input`."""
def scatter(input: Tensor, dim: builtins.int, index: Tensor, src: Tensor | Number | None = ..., *, value: Number | None = ..., reduce: str | None = ...) -> Tensor:
    """The tensor with `src[i][j]`, or a number, at `[index[i][j]][j]` for `dim=0`, and so on."""
def scatter_add(input: Tensor, dim: builtins.int, index: Tensor, src: Tensor) -> Tensor:
    """`input` with `src[i][j]` added at `[index[i][j]][j]` for `dim=0`, and so on."""
def scatter_reduce(input: Tensor, dim: builtins.int, index: Tensor, src: Tensor, reduce: str, *, include_self: builtins.bool = ..., out: Any = ...) -> Tensor:
    """The tensor with `src[i][j]` reduced into `[index[i][j]][j]` for `dim=0`, and so on, by sum,"""
def searchsorted(sorted_sequence: Tensor, input: Any, *, out_int32: builtins.bool = ..., right: builtins.bool = ..., side: str | None = ..., sorter: Tensor | None = ..., out: Any = ...) -> Tensor:
    """Where each number would go in a sorted row so that it stays sorted; before equal ones, or"""
def select(input: Tensor, dim: Dim, index: Any) -> Tensor:
    """The slice at one index along `dim`, which disappears."""
def select_scatter(input: Tensor, src: Tensor, dim: builtins.int, index: builtins.int) -> Tensor:
    """A copy of `input` with `src` at one index along `dim`."""
def set_default_tensor_type(t: Any) -> None:
    """Set the default dtype (and, for a type of `cuda`, the default device) by a legacy type."""
def sgn(input: Tensor) -> Tensor:
    """-1, 0 or 1 by the sign of each element; for complex numbers the direction. 0 for NaN."""
def sigmoid(input: Tensor) -> Tensor:
    """`1 / (1 + exp(-x))`, without overflow."""
def sigmoid_(self: Tensor, *args: Any, **options: Any) -> Tensor:
    """In place: `1 / (1 + exp(-x))`, without overflow."""
def sign(input: Tensor) -> Tensor:
    """-1, 0 or 1 by the sign of each element. 0 for NaN."""
def signbit(input: Tensor) -> Tensor:
    """Whether the sign of each element is set: that of -0.0 is."""
def sin(input: Tensor) -> Tensor:
    """The sine of each element, in radians."""
def sin_(self: Tensor, *args: Any, **options: Any) -> Tensor:
    """In place: The sine of each element, in radians."""
def sinc(input: Tensor) -> Tensor:
    """`sin(pi x) / (pi x)`, and 1 at 0."""
def sinc_(self: Tensor, *args: Any, **options: Any) -> Tensor:
    """In place: `sin(pi x) / (pi x)`, and 1 at 0."""
def sinh(input: Tensor) -> Tensor:
    """The hyperbolic sine of each element."""
def sinh_(self: Tensor, *args: Any, **options: Any) -> Tensor:
    """In place: The hyperbolic sine of each element."""
def slice_scatter(input: Tensor, src: Tensor, dim: builtins.int = ..., start: builtins.int | None = ..., end: builtins.int | None = ..., step: builtins.int = ...) -> Tensor:
    """A copy of `input` with `src` in a slice along `dim`."""
def slogdet(input: Tensor) -> SlogdetResult:
    """The sign of the determinant and the logarithm of its absolute value, without overflow."""
def softmax(input: Tensor, dim: Dim, dtype: Any = ...) -> Tensor:
    """Exponentials along `dim` that sum to 1, without overflow."""
def sort(input: Tensor, dim: builtins.int = ..., descending: builtins.bool = ..., stable: builtins.bool = ..., *, out: Any = ...) -> ValuesAndIndices:
    """Values in order along `dim`, and where each came from. Equal values stay in their order."""
def split(tensor: Tensor, split_size_or_sections: Any, dim: builtins.int = ...) -> tuple[Tensor, ...]:
    """Consecutive views along `dim`: of a size (the last may be smaller), or of the given sizes."""
def split_with_sizes(input: Tensor, split_sizes: Sequence[builtins.int], dim: builtins.int = ...) -> Any:
    """Consecutive views along `dim`, of the given sizes."""
def sqrt(input: Tensor) -> Tensor:
    """The square root of each element; NaN below 0, and an infinite gradient at 0."""
def sqrt_(self: Tensor, *args: Any, **options: Any) -> Tensor:
    """In place: The square root of each element; NaN below 0, and an infinite gradient at 0."""
def square(input: Tensor) -> Tensor:
    """Each element times itself."""
def square_(self: Tensor, *args: Any, **options: Any) -> Tensor:
    """In place: Each element times itself."""
def squeeze(input: Tensor, dim: Dim = ...) -> Tensor:
    """Without dimensions of size 1: all of them, or those in `dim`."""
def stack(tensors: Sequence[Tensor], dim: Dim = ...) -> Tensor:
    """Tensors of one shape joined along a new dimension."""
def std(input: Tensor, dim: Any = ..., unbiased: builtins.bool | None = ..., keepdim: builtins.bool = ..., *, correction: builtins.float | None = ..., out: Any = ...) -> Tensor:
    """The standard deviation over `dim`: the square root of `var`."""
def std_mean(input: Tensor, dim: Any = ..., unbiased: builtins.bool | None = ..., keepdim: builtins.bool = ..., *, correction: builtins.float | None = ..., out: Any = ...) -> tuple[Tensor, Tensor]:
    """The standard deviation and the mean over `dim`."""
def stft(input: Tensor, n_fft: builtins.int, hop_length: builtins.int | None = ..., win_length: builtins.int | None = ..., window: Tensor | None = ..., center: builtins.bool = ..., pad_mode: str = ..., normalized: builtins.bool = ..., onesided: builtins.bool | None = ..., return_complex: builtins.bool | None = ..., align_to_window: builtins.bool | None = ...) -> Tensor:
    """The spectra of windows of `n_fft` elements, one every `hop_length`."""
def sub(input: Any, other: Any, *, alpha: builtins.float = ..., out: Any = ...) -> Tensor:
    """`input - alpha * other`."""
def subtract(input: Any, other: Any, *, alpha: builtins.float = ..., out: Any = ...) -> Tensor:
    """`input - alpha * other`."""
def sum(input: Tensor, dim: Dim = ..., keepdim: builtins.bool = ..., dtype: Any = ...) -> Tensor:
    """The sum over `dim`, after conversion to `dtype`. Bools and integers sum up as int64."""
def svd(input: Tensor, some: builtins.bool = ..., compute_uv: builtins.bool = ..., *, out: Any = ...) -> SVDResultOld:
    """As `linalg.svd`, with `V` for its adjoint; `some` for the smaller factors."""
def swapaxes(input: Tensor, dim0: Any, dim1: Any) -> Tensor:
    """Two dimensions exchanged."""
def swapdims(input: Tensor, dim0: Any, dim1: Any) -> Tensor:
    """Two dimensions exchanged."""
def t(input: Tensor) -> Tensor:
    """A matrix transposed; a vector as it is."""
def take(input: Tensor, index: Tensor) -> Tensor:
    """The elements at indices into the flattened tensor."""
def take_along_dim(input: Tensor, indices: Tensor, dim: builtins.int | None = ..., *, out: Any = ...) -> Tensor:
    """The elements at indices along `dim`; both tensors broadcast. Without `dim`, in one row."""
def tan(input: Tensor) -> Tensor:
    """The tangent of each element, in radians."""
def tan_(self: Tensor, *args: Any, **options: Any) -> Tensor:
    """In place: The tangent of each element, in radians."""
def tanh(input: Tensor) -> Tensor:
    """The hyperbolic tangent of each element."""
def tanh_(self: Tensor, *args: Any, **options: Any) -> Tensor:
    """In place: The hyperbolic tangent of each element."""
def tensor(data: Any, *, dtype: Any = ..., device: DeviceLike = ..., requires_grad: builtins.bool = ..., pin_memory: builtins.bool = ...) -> Tensor:
    """A tensor with a copy of the data."""
def tensor_split(input: Tensor, indices_or_sections: Any, dim: builtins.int = ...) -> tuple[Tensor, ...]:
    """Consecutive views along `dim`: a number of them, nearly equal; or cut at indices."""
def tensordot(a: Tensor, b: Tensor, dims: Any = ..., *, out: Any = ...) -> Tensor:
    """Products summed over the last `dims` dimensions of `a` and the first of `b`; or over the"""
def tile(input: Tensor, *dims: Any) -> Tensor:
    """The tensor copied along each dimension; missing counts are 1."""
def topk(input: Tensor, k: builtins.int, dim: builtins.int = ..., largest: builtins.bool = ..., sorted: builtins.bool = ..., *, out: Any = ...) -> ValuesAndIndices:
    """The `k` largest (or smallest) elements along `dim`, and where they are; always in order."""
def trace(input: Tensor) -> Tensor:
    """The sum of a matrix's diagonal."""
def transpose(input: Tensor, dim0: Any, dim1: Any) -> Tensor:
    """Two dimensions exchanged."""
def trapezoid(y: Tensor, x: Tensor | None = ..., *, dx: Any = ..., dim: builtins.int = ...) -> Tensor:
    """The integral along `dim` by the trapezoid rule, with `x` or steps of `dx` (1 if neither)."""
def trapz(y: Tensor, x: Tensor | None = ..., *, dx: Any = ..., dim: builtins.int = ...) -> Tensor:
    """The integral along `dim` by the trapezoid rule, with `x` or steps of `dx` (1 if neither)."""
def tril(input: Tensor, diagonal: builtins.int = ...) -> Tensor:
    """The lower triangle of a matrix, zeros above."""
def triu(input: Tensor, diagonal: builtins.int = ...) -> Tensor:
    """The upper triangle of a matrix, zeros below."""
def true_divide(input: Any, other: Any, *, rounding_mode: str | None = ..., out: Any = ...) -> Tensor:
    """`input / other`; `rounding_mode` may be `"floor"` or `"trunc"`."""
def trunc(input: Tensor) -> Tensor:
    """Each element without its fraction."""
def trunc_(self: Tensor, *args: Any, **options: Any) -> Tensor:
    """In place: Each element without its fraction."""
def unbind(input: Tensor, dim: Dim = ...) -> tuple[Tensor, ...]:
    """All slices along `dim`, which disappears."""
def unflatten(input: Tensor, dim: builtins.int, sizes: Sequence[builtins.int]) -> Tensor:
    """One dimension as several; one of the sizes may be -1."""
def unique(input: Tensor, sorted: builtins.bool = ..., return_inverse: builtins.bool = ..., return_counts: builtins.bool = ..., dim: builtins.int | None = ...) -> Any:
    """The different elements (or slices along `dim`), always in order; if asked where each element"""
def unique_consecutive(input: Tensor, return_inverse: builtins.bool = ..., return_counts: builtins.bool = ..., dim: builtins.int | None = ...) -> Any:
    """The elements (or slices along `dim`) that differ from the one before; if asked which of them"""
def unravel_index(indices: Tensor, shape: Any) -> tuple[Tensor, ...]:
    """Indices into a flattened tensor as one index for each dimension."""
def unsqueeze(input: Tensor, dim: Dim) -> Tensor:
    """With a dimension of size 1 inserted before `dim`."""
def vander(x: Tensor, N: builtins.int | None = ..., increasing: builtins.bool = ...) -> Tensor:
    """The powers of each element in columns, `N` of them."""
def var(input: Tensor, dim: Any = ..., unbiased: builtins.bool | None = ..., keepdim: builtins.bool = ..., *, correction: builtins.float | None = ..., out: Any = ...) -> Tensor:
    """The variance over `dim`, divided by the count less `correction` (`unbiased` means 1)."""
def var_mean(input: Tensor, dim: Any = ..., unbiased: builtins.bool | None = ..., keepdim: builtins.bool = ..., *, correction: builtins.float | None = ..., out: Any = ...) -> tuple[Tensor, Tensor]:
    """The variance and the mean over `dim`."""
def vdot(input: Tensor, other: Tensor, *, out: Any = ...) -> Tensor:
    """The inner product of two vectors, the first one conjugated."""
def view_as_complex(input: Tensor) -> Tensor:
    """Pairs of real numbers along the last dimension, of size 2, seen as complex numbers."""
def view_as_real(input: Tensor) -> Tensor:
    """Complex numbers seen as pairs of real ones, along a new last dimension of size 2."""
def vsplit(input: Tensor, *args: Any, indices: Any = ..., sections: Any = ...) -> Any:
    """Views cut in rows: equal ones, or at indices."""
def vstack(tensors: Sequence[Tensor], *, out: Any = ...) -> Tensor:
    """Tensors joined in rows."""
@overload
def where(condition: Tensor) -> tuple[Tensor, ...]:
    """`input` where the condition holds, `other` elsewhere; alone, the indices where it holds."""
@overload
def where(condition: Tensor, input: Tensor | Number, other: Tensor | Number) -> Tensor:
    """`input` where the condition holds, `other` elsewhere; alone, the indices where it holds."""
def xlogy(input: Tensor | Number, other: Tensor | Number) -> Tensor:
    """`input * log(other)`, and 0 where `input` is 0."""
def xlogy_(self: Tensor, *args: Any, **options: Any) -> Tensor:
    """In place: `input * log(other)`, and 0 where `input` is 0."""
def zero_(self: Tensor) -> Tensor:
    """Overwrite every element with 0."""
def zeros(*args: Any, size: Any = ..., dtype: Any = ..., device: DeviceLike = ..., requires_grad: builtins.bool = ..., out: Any = ..., **harmless: Any) -> Tensor:
    """A tensor of the given size, filled with 0."""
def zeros_like(input: Tensor, *, dtype: Any = ..., device: DeviceLike = ..., requires_grad: builtins.bool = ..., **harmless: Any) -> Tensor:
    """A tensor of the shape and dtype of another, filled with 0."""
