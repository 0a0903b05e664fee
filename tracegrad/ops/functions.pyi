# Made by `python -m tracegrad.ops.stubs` from the op table. Do not edit.
import builtins
from collections.abc import Callable, Sequence
from typing import Any, overload

from tracegrad import dtypes
from tracegrad._tensor import Tensor
from tracegrad.backend import random
from tracegrad.backend.device import Device
from tracegrad.ops.overloads import ValuesAndIndices

DeviceLike = str | Device | None
Dim = builtins.int | Sequence[builtins.int] | None
Number = builtins.bool | builtins.int | builtins.float | complex

def abs(input: Tensor) -> Tensor:
    """The absolute value of each element. Its gradient at 0 is 0."""
def absolute(input: Tensor) -> Tensor:
    """The absolute value of each element. Its gradient at 0 is 0."""
def acos(input: Tensor) -> Tensor:
    """The angle in radians whose cosine each element is."""
def add(input: Any, other: Any, *, alpha: builtins.float = ...) -> Tensor:
    """`input + alpha * other`."""
def addmm(input: Tensor, mat1: Tensor, mat2: Tensor, *, beta: builtins.float = ..., alpha: builtins.float = ...) -> Tensor:
    """`beta * input + alpha * (mat1 @ mat2)`."""
def all(input: Tensor, dim: Dim = ..., keepdim: builtins.bool = ...) -> Tensor:
    """Whether all elements over `dim` are nonzero."""
def allclose(input: Tensor, other: Tensor, rtol: builtins.float = ..., atol: builtins.float = ..., equal_nan: builtins.bool = ...) -> builtins.bool:
    """Whether all elements differ by at most `atol + rtol * |other|`."""
def amax(input: Tensor, dim: Dim = ..., keepdim: builtins.bool = ...) -> Tensor:
    """The largest elements over `dim`. Equal ones share the gradient."""
def amin(input: Tensor, dim: Dim = ..., keepdim: builtins.bool = ...) -> Tensor:
    """The smallest elements over `dim`. Equal ones share the gradient."""
def any(input: Tensor, dim: Dim = ..., keepdim: builtins.bool = ...) -> Tensor:
    """Whether some element over `dim` is nonzero."""
def arange(start: Any, end: Any = ..., step: Any = ..., *, dtype: Any = ..., device: DeviceLike = ..., requires_grad: builtins.bool = ...) -> Tensor:
    """Numbers from `start` up to but without `end`; integers if all three are."""
def arctan2(input: Tensor | Number, other: Tensor | Number) -> Tensor:
    """The angle in radians of the point with ordinate `input` and abscissa `other`."""
def argmax(input: Tensor, dim: Dim = ..., keepdim: builtins.bool = ...) -> Tensor:
    """Where the largest element along `dim` is; in the flattened tensor when `dim` is `None`."""
def argmin(input: Tensor, dim: Dim = ..., keepdim: builtins.bool = ...) -> Tensor:
    """Where the smallest element along `dim` is; in the flattened tensor when `dim` is `None`."""
def argsort(input: Tensor, dim: Dim = ..., descending: builtins.bool = ..., stable: builtins.bool = ...) -> Tensor:
    """Indices that would sort the tensor along `dim`."""
def as_strided(input: Tensor, size: Sequence[builtins.int], stride: Sequence[builtins.int], storage_offset: builtins.int | None = ...) -> Tensor:
    """A view of any elements of the tensor's storage."""
def as_strided_scatter(input: Tensor, src: Tensor, size: Sequence[builtins.int], stride: Sequence[builtins.int], storage_offset: builtins.int | None = ...) -> Tensor:
    """A copy of the tensor with the elements that `as_strided` would show replaced."""
def as_tensor(data: Any, dtype: Any = ..., device: DeviceLike = ...) -> Tensor:
    """A tensor of the data, sharing memory with an array or tensor of the right dtype."""
def asin(input: Tensor) -> Tensor:
    """The angle in radians whose sine each element is."""
def atan(input: Tensor) -> Tensor:
    """The angle in radians whose tangent each element is."""
def atan2(input: Tensor | Number, other: Tensor | Number) -> Tensor:
    """The angle in radians of the point with ordinate `input` and abscissa `other`."""
def bitwise_and(input: Tensor | Number, other: Tensor | Number) -> Tensor:
    """The bits that both elements have."""
def bitwise_not(input: Tensor) -> Tensor:
    """Each element with all bits turned over; for bools, not."""
def bitwise_or(input: Tensor | Number, other: Tensor | Number) -> Tensor:
    """The bits that either element has."""
def bitwise_xor(input: Tensor | Number, other: Tensor | Number) -> Tensor:
    """The bits that exactly one element has."""
def bmm(input: Tensor, other: Tensor) -> Tensor:
    """The products of two batches of matrices, without broadcasting."""
def cat(tensors: Sequence[Tensor], dim: Dim = ...) -> Tensor:
    """Tensors joined along an existing dimension."""
def ceil(input: Tensor) -> Tensor:
    """The smallest integer not below each element."""
def chunk(input: Tensor, chunks: builtins.int, dim: builtins.int = ...) -> tuple[Tensor, ...]:
    """At most `chunks` consecutive views along `dim`, equal but for the last."""
def clamp(input: Tensor, min: Any = ..., max: Any = ...) -> Tensor:
    """Each element brought between `min` and `max`: numbers or tensors, either may be left out."""
def clip(input: Tensor, min: Any = ..., max: Any = ...) -> Tensor:
    """Each element brought between `min` and `max`: numbers or tensors, either may be left out."""
def clone(input: Tensor, memory_format: Any = ...) -> Tensor:
    """A copy in new memory."""
def concat(tensors: Sequence[Tensor], dim: Dim = ...) -> Tensor:
    """Tensors joined along an existing dimension."""
def concatenate(tensors: Sequence[Tensor], dim: Dim = ...) -> Tensor:
    """Tensors joined along an existing dimension."""
def cos(input: Tensor) -> Tensor:
    """The cosine of each element, in radians."""
def cosh(input: Tensor) -> Tensor:
    """The hyperbolic cosine of each element."""
def count_nonzero(input: Tensor, dim: Dim = ...) -> Tensor:
    """How many elements over `dim` are nonzero."""
def cumsum(input: Tensor, dim: Dim, dtype: Any = ...) -> Tensor:
    """Sums of all elements up to each one, along `dim`, after conversion to `dtype`."""
def diagonal(input: Tensor, offset: builtins.int = ..., dim1: builtins.int = ..., dim2: builtins.int = ...) -> Tensor:
    """The diagonal of two dimensions, which become the last one."""
def div(input: Any, other: Any, *, rounding_mode: str | None = ...) -> Tensor:
    """`input / other`; `rounding_mode` may be `"floor"` or `"trunc"`."""
def divide(input: Any, other: Any, *, rounding_mode: str | None = ...) -> Tensor:
    """`input / other`; `rounding_mode` may be `"floor"` or `"trunc"`."""
def dot(input: Tensor, other: Tensor) -> Tensor:
    """The inner product of two vectors."""
def empty(*size: Any, dtype: Any = ..., device: DeviceLike = ..., requires_grad: builtins.bool = ...) -> Tensor:
    """A tensor of the given size, filled with whatever the memory held."""
def empty_like(input: Tensor, *, dtype: Any = ..., device: DeviceLike = ..., requires_grad: builtins.bool = ...) -> Tensor:
    """A tensor of the shape and dtype of another, filled with whatever the memory held."""
def eq(input: Tensor | Number, other: Tensor | Number) -> Tensor:
    """Whether two elements are equal."""
def equal(input: Tensor, other: Tensor) -> builtins.bool:
    """Whether two tensors have the same shape and elements."""
def exp(input: Tensor) -> Tensor:
    """e to the power of each element."""
def exp2(input: Tensor) -> Tensor:
    """2 to the power of each element."""
def expm1(input: Tensor) -> Tensor:
    """`exp(x) - 1`, exact near 0."""
def eye(n: builtins.int, m: builtins.int | None = ..., *, dtype: Any = ..., requires_grad: builtins.bool = ...) -> Tensor:
    """A matrix with ones on the diagonal."""
def flatten(input: Tensor, start_dim: builtins.int = ..., end_dim: builtins.int = ...) -> Tensor:
    """Dimensions `start_dim` to `end_dim` as one."""
def flip(input: Tensor, *args: Any, dims: Any = ...) -> Tensor:
    """The order of the indices along `dims` turned round."""
def floor(input: Tensor) -> Tensor:
    """The largest integer not above each element."""
def floor_divide(input: Tensor | Number, other: Tensor | Number) -> Tensor:
    """The quotient of two tensors, rounded down."""
def from_numpy(ndarray: Any) -> Tensor:
    """A tensor over the memory of a NumPy array: a change of one shows in the other."""
def full(size: Any, fill_value: Any, *, dtype: Any = ..., device: DeviceLike = ..., requires_grad: builtins.bool = ...) -> Tensor:
    """A tensor of the given size filled with a number, with its dtype unless one is given."""
def full_like(input: Tensor, fill_value: Any, *, dtype: Any = ..., requires_grad: builtins.bool = ...) -> Tensor:
    """A tensor of the shape and dtype of another, filled with a number."""
def gather(input: Tensor, dim: builtins.int, index: Tensor) -> Tensor:
    """`out[i][j] = input[index[i][j]][j]` for `dim=0`, and so on."""
def ge(input: Tensor | Number, other: Tensor | Number) -> Tensor:
    """Whether the first element is not smaller."""
def ger(input: Tensor | Number, other: Tensor | Number) -> Tensor:
    """The outer product of two vectors."""
def greater(input: Tensor | Number, other: Tensor | Number) -> Tensor:
    """Whether the first element is larger."""
def greater_equal(input: Tensor | Number, other: Tensor | Number) -> Tensor:
    """Whether the first element is not smaller."""
def gt(input: Tensor | Number, other: Tensor | Number) -> Tensor:
    """Whether the first element is larger."""
def index_add(input: Tensor, dim: builtins.int, index: Tensor, source: Tensor, *, alpha: builtins.float = ...) -> Tensor:
    """The tensor with `alpha * source` added to its slices along `dim` at the indices."""
def index_copy(input: Tensor, dim: builtins.int, index: Tensor, source: Tensor) -> Tensor:
    """The tensor with its slices along `dim` at the indices replaced."""
def index_fill(input: Tensor, dim: builtins.int, index: Tensor, value: Tensor | Number) -> Tensor:
    """The tensor with a number, or a 0-d tensor, in its slices along `dim` at the indices."""
def index_put(input: Tensor, indices: Sequence[Tensor], values: Tensor, accumulate: builtins.bool = ...) -> Tensor:
    """The tensor with `values` at `input[indices]`, or added there."""
def index_select(input: Tensor, dim: builtins.int, index: Tensor) -> Tensor:
    """The slices along `dim` at the indices of a vector."""
def isfinite(input: Tensor) -> Tensor:
    """Whether each element is neither NaN nor infinite."""
def isinf(input: Tensor) -> Tensor:
    """Whether each element is infinite."""
def isnan(input: Tensor) -> Tensor:
    """Whether each element is NaN."""
def le(input: Tensor | Number, other: Tensor | Number) -> Tensor:
    """Whether the first element is not larger."""
def lerp(input: Tensor | Number, other: Tensor | Number, weight: Tensor | Number) -> Tensor:
    """`input + weight * (other - input)`."""
def less(input: Tensor | Number, other: Tensor | Number) -> Tensor:
    """Whether the first element is smaller."""
def less_equal(input: Tensor | Number, other: Tensor | Number) -> Tensor:
    """Whether the first element is not larger."""
def linspace(start: builtins.float, end: builtins.float, steps: builtins.int, *, dtype: Any = ..., requires_grad: builtins.bool = ...) -> Tensor:
    """`steps` numbers at equal distances from `start` to `end`, both included."""
def log(input: Tensor) -> Tensor:
    """The natural logarithm of each element."""
def log10(input: Tensor) -> Tensor:
    """The logarithm to base 10 of each element."""
def log1p(input: Tensor) -> Tensor:
    """`log(1 + x)`, exact near 0."""
def log2(input: Tensor) -> Tensor:
    """The logarithm to base 2 of each element."""
def log_softmax(input: Tensor, dim: Dim, dtype: Any = ...) -> Tensor:
    """The logarithm of `softmax`, exact where softmax would round to 0."""
def logical_and(input: Tensor | Number, other: Tensor | Number) -> Tensor:
    """Whether both elements are nonzero."""
def logical_not(input: Tensor) -> Tensor:
    """Whether each element is 0."""
def logical_or(input: Tensor | Number, other: Tensor | Number) -> Tensor:
    """Whether one element is nonzero."""
def logical_xor(input: Tensor | Number, other: Tensor | Number) -> Tensor:
    """Whether exactly one element is nonzero."""
def logsumexp(input: Tensor, dim: Dim, keepdim: builtins.bool = ...) -> Tensor:
    """The logarithm of the sum of exponentials over `dim`, without overflow."""
def lt(input: Tensor | Number, other: Tensor | Number) -> Tensor:
    """Whether the first element is smaller."""
def manual_seed(seed: builtins.int) -> random.Generator:
    """Seed the random numbers of every device."""
def masked_fill(input: Tensor, mask: Tensor, value: Any) -> Tensor:
    """The tensor with `value` where the mask is true: a number, or a 0-d tensor."""
def masked_scatter(input: Tensor, mask: Tensor, source: Tensor) -> Tensor:
    """The tensor with the elements of `source`, one after the other, where the mask is true."""
def matmul(input: Tensor, other: Tensor) -> Tensor:
    """The matrix product; vectors are rows on the left and columns on the right, batches broadcast."""
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
def maximum(input: Tensor | Number, other: Tensor | Number) -> Tensor:
    """The larger of two elements; NaN if either is. Equal elements share the gradient."""
def mean(input: Tensor, dim: Dim = ..., keepdim: builtins.bool = ..., dtype: Any = ...) -> Tensor:
    """The mean over `dim`, after conversion to `dtype`; NaN of nothing."""
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
def mul(input: Tensor | Number, other: Tensor | Number) -> Tensor:
    """The product of two tensors."""
def multiply(input: Tensor | Number, other: Tensor | Number) -> Tensor:
    """The product of two tensors."""
def mv(input: Tensor, other: Tensor) -> Tensor:
    """The product of a matrix and a vector."""
def narrow(input: Tensor, dim: Dim, start: Any, length: Any) -> Tensor:
    """`length` indices from `start` along `dim`."""
def ne(input: Tensor | Number, other: Tensor | Number) -> Tensor:
    """Whether two elements differ."""
def neg(input: Tensor) -> Tensor:
    """The negative of each element."""
def negative(input: Tensor) -> Tensor:
    """The negative of each element."""
def nonzero(input: Tensor, *, as_tuple: builtins.bool = ...) -> Any:
    """Indices of the elements that are not 0, one row each."""
def norm(input: Tensor, p: Any = ..., dim: Any = ..., keepdim: builtins.bool = ...) -> Tensor:
    """The vector norm of order `p` over `dim`: `(sum |x|^p)^(1/p)`; also `inf` and `-inf`."""
def not_equal(input: Tensor | Number, other: Tensor | Number) -> Tensor:
    """Whether two elements differ."""
def ones(*size: Any, dtype: Any = ..., device: DeviceLike = ..., requires_grad: builtins.bool = ...) -> Tensor:
    """A tensor of the given size, filled with 1."""
def ones_like(input: Tensor, *, dtype: Any = ..., device: DeviceLike = ..., requires_grad: builtins.bool = ...) -> Tensor:
    """A tensor of the shape and dtype of another, filled with 1."""
def outer(input: Tensor | Number, other: Tensor | Number) -> Tensor:
    """The outer product of two vectors."""
def permute(input: Tensor, *args: Any, dims: Any = ...) -> Tensor:
    """The dimensions in another order."""
def positive(input: Tensor) -> Tensor:
    """Each element as it is."""
def pow(input: Tensor | Number, other: Tensor | Number) -> Tensor:
    """The first tensor to the power of the second."""
def prod(input: Tensor, dim: Dim = ..., keepdim: builtins.bool = ..., dtype: Any = ...) -> Tensor:
    """The product over `dim`, after conversion to `dtype`. Its gradient is right at zeros too."""
def rand(*size: Any, generator: random.Generator | None = ..., dtype: Any = ..., device: DeviceLike = ..., requires_grad: builtins.bool = ...) -> Tensor:
    """A tensor of random numbers uniform in [0, 1)."""
def rand_like(input: Tensor, *, dtype: Any = ..., requires_grad: builtins.bool = ...) -> Tensor:
    """A tensor of the shape and dtype of another, with random numbers uniform in [0, 1)."""
def randint(low: builtins.int, high: Any = ..., size: Any = ..., *, generator: random.Generator | None = ..., dtype: Any = ...) -> Tensor:
    """Random integers in `[low, high)`; `randint(high, size)` starts at 0."""
def randn(*size: Any, generator: random.Generator | None = ..., dtype: Any = ..., device: DeviceLike = ..., requires_grad: builtins.bool = ...) -> Tensor:
    """A tensor of random numbers from the standard normal distribution."""
def randn_like(input: Tensor, *, dtype: Any = ..., requires_grad: builtins.bool = ...) -> Tensor:
    """A tensor of the shape and dtype of another, with random numbers from the standard normal distribution."""
def randperm(n: builtins.int, *, generator: random.Generator | None = ..., dtype: Any = ...) -> Tensor:
    """The integers below `n` in random order."""
def reciprocal(input: Tensor) -> Tensor:
    """One over each element."""
def relu(input: Tensor) -> Tensor:
    """`max(x, 0)`, with gradient 0 at 0; NaN stays NaN."""
def remainder(input: Tensor | Number, other: Tensor | Number) -> Tensor:
    """What is left of `x / y` rounded down; it has the sign of `y`."""
def reshape(input: Tensor, *args: Any, shape: Any = ...) -> Tensor:
    """The same elements under another shape: a view if possible, else a copy."""
def round(input: Tensor, decimals: builtins.int = ...) -> Tensor:
    """Each element rounded to `decimals` digits after the point, halves to even."""
def rsqrt(input: Tensor) -> Tensor:
    """One over the square root of each element."""
def scatter(input: Tensor, dim: builtins.int, index: Tensor, src: Tensor | Number | None = ..., *, value: Number | None = ..., reduce: str | None = ...) -> Tensor:
    """The tensor with `src[i][j]`, or a number, at `[index[i][j]][j]` for `dim=0`, and so on."""
def scatter_add(input: Tensor, dim: builtins.int, index: Tensor, src: Tensor) -> Tensor:
    """`input` with `src[i][j]` added at `[index[i][j]][j]` for `dim=0`, and so on."""
def select(input: Tensor, dim: Dim, index: Any) -> Tensor:
    """The slice at one index along `dim`, which disappears."""
def sgn(input: Tensor) -> Tensor:
    """-1, 0 or 1 by the sign of each element; for complex numbers the direction. 0 for NaN."""
def sigmoid(input: Tensor) -> Tensor:
    """`1 / (1 + exp(-x))`, without overflow."""
def sign(input: Tensor) -> Tensor:
    """-1, 0 or 1 by the sign of each element. 0 for NaN."""
def sin(input: Tensor) -> Tensor:
    """The sine of each element, in radians."""
def sinh(input: Tensor) -> Tensor:
    """The hyperbolic sine of each element."""
def softmax(input: Tensor, dim: Dim, dtype: Any = ...) -> Tensor:
    """Exponentials along `dim` that sum to 1, without overflow."""
def sort(input: Tensor, dim: builtins.int = ..., descending: builtins.bool = ..., stable: builtins.bool = ...) -> ValuesAndIndices:
    """Values in order along `dim`, and where each came from."""
def split(tensor: Tensor, split_size_or_sections: Any, dim: builtins.int = ...) -> tuple[Tensor, ...]:
    """Consecutive views along `dim`: of a size (the last may be smaller), or of the given sizes."""
def sqrt(input: Tensor) -> Tensor:
    """The square root of each element; NaN below 0, and an infinite gradient at 0."""
def square(input: Tensor) -> Tensor:
    """Each element times itself."""
def squeeze(input: Tensor, dim: Dim = ...) -> Tensor:
    """Without dimensions of size 1: all of them, or those in `dim`."""
def stack(tensors: Sequence[Tensor], dim: Dim = ...) -> Tensor:
    """Tensors of one shape joined along a new dimension."""
def std(input: Tensor, dim: Any = ..., unbiased: builtins.bool | None = ..., keepdim: builtins.bool = ..., *, correction: builtins.float = ...) -> Tensor:
    """The standard deviation over `dim`: the square root of `var`."""
def sub(input: Any, other: Any, *, alpha: builtins.float = ...) -> Tensor:
    """`input - alpha * other`."""
def subtract(input: Any, other: Any, *, alpha: builtins.float = ...) -> Tensor:
    """`input - alpha * other`."""
def sum(input: Tensor, dim: Dim = ..., keepdim: builtins.bool = ..., dtype: Any = ...) -> Tensor:
    """The sum over `dim`, after conversion to `dtype`. Bools and integers sum up as int64."""
def swapaxes(input: Tensor, dim0: Any, dim1: Any) -> Tensor:
    """Two dimensions exchanged."""
def swapdims(input: Tensor, dim0: Any, dim1: Any) -> Tensor:
    """Two dimensions exchanged."""
def t(input: Tensor) -> Tensor:
    """A matrix transposed; a vector as it is."""
def tan(input: Tensor) -> Tensor:
    """The tangent of each element, in radians."""
def tanh(input: Tensor) -> Tensor:
    """The hyperbolic tangent of each element."""
def tensor(data: Any, *, dtype: Any = ..., device: DeviceLike = ..., requires_grad: builtins.bool = ...) -> Tensor:
    """A tensor with a copy of the data."""
def topk(input: Tensor, k: builtins.int, dim: builtins.int = ..., largest: builtins.bool = ..., sorted: builtins.bool = ...) -> ValuesAndIndices:
    """The `k` largest (or smallest) elements along `dim`, and where they are."""
def transpose(input: Tensor, dim0: Any, dim1: Any) -> Tensor:
    """Two dimensions exchanged."""
def tril(input: Tensor, diagonal: builtins.int = ...) -> Tensor:
    """The lower triangle of a matrix, zeros above."""
def triu(input: Tensor, diagonal: builtins.int = ...) -> Tensor:
    """The upper triangle of a matrix, zeros below."""
def true_divide(input: Any, other: Any, *, rounding_mode: str | None = ...) -> Tensor:
    """`input / other`; `rounding_mode` may be `"floor"` or `"trunc"`."""
def trunc(input: Tensor) -> Tensor:
    """Each element without its fraction."""
def unbind(input: Tensor, dim: Dim = ...) -> tuple[Tensor, ...]:
    """All slices along `dim`, which disappears."""
def unsqueeze(input: Tensor, dim: Dim) -> Tensor:
    """With a dimension of size 1 inserted before `dim`."""
def var(input: Tensor, dim: Any = ..., unbiased: builtins.bool | None = ..., keepdim: builtins.bool = ..., *, correction: builtins.float = ...) -> Tensor:
    """The variance over `dim`, divided by the count less `correction` (`unbiased` means 1)."""
@overload
def where(condition: Tensor) -> tuple[Tensor, ...]:
    """`input` where the condition holds, `other` elsewhere; alone, the indices where it holds."""
@overload
def where(condition: Tensor, input: Tensor | Number, other: Tensor | Number) -> Tensor:
    """`input` where the condition holds, `other` elsewhere; alone, the indices where it holds."""
def zeros(*size: Any, dtype: Any = ..., device: DeviceLike = ..., requires_grad: builtins.bool = ...) -> Tensor:
    """A tensor of the given size, filled with 0."""
def zeros_like(input: Tensor, *, dtype: Any = ..., device: DeviceLike = ..., requires_grad: builtins.bool = ...) -> Tensor:
    """A tensor of the shape and dtype of another, filled with 0."""
