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

class OpMethods:
    @property
    def T(self) -> Tensor: ...
    @property
    def mT(self) -> Tensor: ...
    def backward(self, gradient: Tensor | None = ..., retain_graph: builtins.bool | None = ..., create_graph: builtins.bool = ..., inputs: Tensor | Sequence[Tensor] | None = ...) -> None: ...
    def __getitem__(self, key: Any) -> Tensor: ...
    def __setitem__(self, key: Any, value: Any) -> None: ...
    def __add__(self, other: Any) -> Tensor: ...
    def __radd__(self, other: Any) -> Tensor: ...
    def __sub__(self, other: Any) -> Tensor: ...
    def __mul__(self, other: Any) -> Tensor: ...
    def __rmul__(self, other: Any) -> Tensor: ...
    def __truediv__(self, other: Any) -> Tensor: ...
    def __pow__(self, other: Any) -> Tensor: ...
    def __matmul__(self, other: Any) -> Tensor: ...
    def __neg__(self) -> Tensor: ...
    def __pos__(self) -> Tensor: ...
    def __abs__(self) -> Tensor: ...
    def __floordiv__(self, other: Any) -> Tensor: ...
    def __mod__(self, other: Any) -> Tensor: ...
    def __eq__(self, other: Any) -> Tensor: ...  # type: ignore[override]
    def __ne__(self, other: Any) -> Tensor: ...  # type: ignore[override]
    def __lt__(self, other: Any) -> Tensor: ...
    def __le__(self, other: Any) -> Tensor: ...
    def __gt__(self, other: Any) -> Tensor: ...
    def __ge__(self, other: Any) -> Tensor: ...
    def __invert__(self) -> Tensor: ...
    def __and__(self, other: Any) -> Tensor: ...
    def __or__(self, other: Any) -> Tensor: ...
    def __xor__(self, other: Any) -> Tensor: ...
    def __rand__(self, other: Any) -> Tensor: ...
    def __ror__(self, other: Any) -> Tensor: ...
    def __rxor__(self, other: Any) -> Tensor: ...
    def __rsub__(self, other: Any) -> Tensor: ...
    def __rtruediv__(self, other: Any) -> Tensor: ...
    def __rpow__(self, other: Any) -> Tensor: ...
    def __rmatmul__(self, other: Any) -> Tensor: ...
    def __rfloordiv__(self, other: Any) -> Tensor: ...
    def __rmod__(self, other: Any) -> Tensor: ...
    def __iadd__(self, other: Any) -> Tensor: ...
    def __isub__(self, other: Any) -> Tensor: ...
    def __imul__(self, other: Any) -> Tensor: ...
    def __itruediv__(self, other: Any) -> Tensor: ...
    def __ipow__(self, other: Any) -> Tensor: ...
    def __iand__(self, other: Any) -> Tensor: ...
    def __ior__(self, other: Any) -> Tensor: ...
    def __ixor__(self, other: Any) -> Tensor: ...
    def __ifloordiv__(self, other: Any) -> Tensor: ...
    def __imod__(self, other: Any) -> Tensor: ...
    def abs(self) -> Tensor:
        """The absolute value of each element. Its gradient at 0 is 0."""
    def abs_(self) -> Tensor:
        """In place: The absolute value of each element. Its gradient at 0 is 0."""
    def absolute(self) -> Tensor:
        """The absolute value of each element. Its gradient at 0 is 0."""
    def absolute_(self, *args: Any, **options: Any) -> Tensor:
        """In place: The absolute value of each element. Its gradient at 0 is 0."""
    def acos(self) -> Tensor:
        """The angle in radians whose cosine each element is."""
    def acos_(self) -> Tensor:
        """In place: The angle in radians whose cosine each element is."""
    def add(self, other: Any, *, alpha: builtins.float = ...) -> Tensor:
        """`input + alpha * other`."""
    def add_(self, other: Tensor | Number, *, alpha: builtins.float = ...) -> Tensor:
        """In place: The sum of two tensors."""
    def addmm(self, mat1: Tensor, mat2: Tensor, *, beta: builtins.float = ..., alpha: builtins.float = ...) -> Tensor:
        """`beta * input + alpha * (mat1 @ mat2)`."""
    def all(self, dim: Dim = ..., keepdim: builtins.bool = ...) -> Tensor:
        """Whether all elements over `dim` are nonzero."""
    def allclose(self, other: Tensor, rtol: builtins.float = ..., atol: builtins.float = ..., equal_nan: builtins.bool = ...) -> builtins.bool:
        """Whether all elements differ by at most `atol + rtol * |other|`."""
    def amax(self, dim: Dim = ..., keepdim: builtins.bool = ...) -> Tensor:
        """The largest elements over `dim`. Equal ones share the gradient."""
    def amin(self, dim: Dim = ..., keepdim: builtins.bool = ...) -> Tensor:
        """The smallest elements over `dim`. Equal ones share the gradient."""
    def any(self, dim: Dim = ..., keepdim: builtins.bool = ...) -> Tensor:
        """Whether some element over `dim` is nonzero."""
    def arctan2(self, other: Tensor | Number) -> Tensor:
        """The angle in radians of the point with ordinate `input` and abscissa `other`."""
    def arctan2_(self, *args: Any, **options: Any) -> Tensor:
        """In place: The angle in radians of the point with ordinate `input` and abscissa `other`."""
    def argmax(self, dim: Dim = ..., keepdim: builtins.bool = ...) -> Tensor:
        """Where the largest element along `dim` is; in the flattened tensor when `dim` is `None`."""
    def argmin(self, dim: Dim = ..., keepdim: builtins.bool = ...) -> Tensor:
        """Where the smallest element along `dim` is; in the flattened tensor when `dim` is `None`."""
    def argsort(self, dim: Dim = ..., descending: builtins.bool = ..., stable: builtins.bool = ...) -> Tensor:
        """Indices that would sort the tensor along `dim`."""
    def as_strided(self, size: Sequence[builtins.int], stride: Sequence[builtins.int], storage_offset: builtins.int | None = ...) -> Tensor:
        """A view of any elements of the tensor's storage."""
    def as_strided_(self, size: Sequence[builtins.int], stride: Sequence[builtins.int], storage_offset: builtins.int | None = ...) -> Tensor:
        """In place: show other elements of the tensor's storage."""
    def as_strided_scatter(self, src: Tensor, size: Sequence[builtins.int], stride: Sequence[builtins.int], storage_offset: builtins.int | None = ...) -> Tensor:
        """A copy of the tensor with the elements that `as_strided` would show replaced."""
    def asin(self) -> Tensor:
        """The angle in radians whose sine each element is."""
    def asin_(self) -> Tensor:
        """In place: The angle in radians whose sine each element is."""
    def atan(self) -> Tensor:
        """The angle in radians whose tangent each element is."""
    def atan2(self, other: Tensor | Number) -> Tensor:
        """The angle in radians of the point with ordinate `input` and abscissa `other`."""
    def atan2_(self, other: Tensor | Number) -> Tensor:
        """In place: The angle in radians of the point with ordinate `input` and abscissa `other`."""
    def atan_(self) -> Tensor:
        """In place: The angle in radians whose tangent each element is."""
    def bitwise_and(self, other: Tensor | Number) -> Tensor:
        """The bits that both elements have."""
    def bitwise_and_(self, other: Tensor | Number) -> Tensor:
        """In place: The bits that both elements have."""
    def bitwise_not(self) -> Tensor:
        """Each element with all bits turned over; for bools, not."""
    def bitwise_not_(self) -> Tensor:
        """In place: Each element with all bits turned over; for bools, not."""
    def bitwise_or(self, other: Tensor | Number) -> Tensor:
        """The bits that either element has."""
    def bitwise_or_(self, other: Tensor | Number) -> Tensor:
        """In place: The bits that either element has."""
    def bitwise_xor(self, other: Tensor | Number) -> Tensor:
        """The bits that exactly one element has."""
    def bitwise_xor_(self, other: Tensor | Number) -> Tensor:
        """In place: The bits that exactly one element has."""
    def bmm(self, other: Tensor) -> Tensor:
        """The products of two batches of matrices, without broadcasting."""
    def bool(self) -> Tensor:
        """The tensor as bool."""
    def byte(self) -> Tensor:
        """The tensor as uint8."""
    def ceil(self) -> Tensor:
        """The smallest integer not below each element."""
    def ceil_(self) -> Tensor:
        """In place: The smallest integer not below each element."""
    def chunk(self, chunks: builtins.int, dim: builtins.int = ...) -> tuple[Tensor, ...]:
        """At most `chunks` consecutive views along `dim`, equal but for the last."""
    def clamp(self, min: Any = ..., max: Any = ...) -> Tensor:
        """Each element brought between `min` and `max`: numbers or tensors, either may be left out."""
    def clamp_(self, min: Tensor | Number | None = ..., max: Tensor | Number | None = ...) -> Tensor:
        """In place: each element brought between `min` and `max`."""
    def clip(self, min: Any = ..., max: Any = ...) -> Tensor:
        """Each element brought between `min` and `max`: numbers or tensors, either may be left out."""
    def clip_(self, min: Tensor | Number | None = ..., max: Tensor | Number | None = ...) -> Tensor:
        """In place: each element brought between `min` and `max`."""
    def clone(self, memory_format: Any = ...) -> Tensor:
        """A copy in new memory."""
    def contiguous(self) -> Tensor:
        """The tensor itself if its elements lie in row-major order, else such a copy."""
    def copy_(self, src: Tensor | Number, non_blocking: builtins.bool = ...) -> Tensor:
        """Overwrite this tensor with another's elements, or a number, broadcast and converted."""
    def cos(self) -> Tensor:
        """The cosine of each element, in radians."""
    def cos_(self) -> Tensor:
        """In place: The cosine of each element, in radians."""
    def cosh(self) -> Tensor:
        """The hyperbolic cosine of each element."""
    def cosh_(self) -> Tensor:
        """In place: The hyperbolic cosine of each element."""
    def count_nonzero(self, dim: Dim = ...) -> Tensor:
        """How many elements over `dim` are nonzero."""
    def cpu(self) -> Tensor:
        """The tensor in the CPU's memory."""
    def cumsum(self, dim: Dim, dtype: Any = ...) -> Tensor:
        """Sums of all elements up to each one, along `dim`, after conversion to `dtype`."""
    def data_ptr(self) -> builtins.int:
        """Address of the first element in memory."""
    def diagonal(self, offset: builtins.int = ..., dim1: builtins.int = ..., dim2: builtins.int = ...) -> Tensor:
        """The diagonal of two dimensions, which become the last one."""
    def div(self, other: Any, *, rounding_mode: str | None = ...) -> Tensor:
        """`input / other`; `rounding_mode` may be `"floor"` or `"trunc"`."""
    def div_(self, other: Tensor | Number) -> Tensor:
        """In place: The quotient of two tensors; integers give floating point."""
    def divide(self, other: Any, *, rounding_mode: str | None = ...) -> Tensor:
        """`input / other`; `rounding_mode` may be `"floor"` or `"trunc"`."""
    def divide_(self, *args: Any, **options: Any) -> Tensor:
        """In place: The quotient of two tensors; integers give floating point."""
    def dot(self, other: Tensor) -> Tensor:
        """The inner product of two vectors."""
    def double(self) -> Tensor:
        """The tensor as float64."""
    def eq(self, other: Tensor | Number) -> Tensor:
        """Whether two elements are equal."""
    def equal(self, other: Tensor) -> builtins.bool:
        """Whether two tensors have the same shape and elements."""
    def exp(self) -> Tensor:
        """e to the power of each element."""
    def exp2(self) -> Tensor:
        """2 to the power of each element."""
    def exp2_(self) -> Tensor:
        """In place: 2 to the power of each element."""
    def exp_(self) -> Tensor:
        """In place: e to the power of each element."""
    def expand(self, *args: Any, shape: Any = ...) -> Tensor:
        """Dimensions of size 1 repeated without copying; -1 keeps a size."""
    def expand_as(self, other: Tensor) -> Tensor:
        """Expanded to the shape of another tensor."""
    def expm1(self) -> Tensor:
        """`exp(x) - 1`, exact near 0."""
    def expm1_(self) -> Tensor:
        """In place: `exp(x) - 1`, exact near 0."""
    def fill_(self, value: Tensor | Number) -> Tensor:
        """Overwrite every element with a number, or with that of a 0-d tensor."""
    def flatten(self, start_dim: builtins.int = ..., end_dim: builtins.int = ...) -> Tensor:
        """Dimensions `start_dim` to `end_dim` as one."""
    def flip(self, *args: Any, dims: Any = ...) -> Tensor:
        """The order of the indices along `dims` turned round."""
    def float(self) -> Tensor:
        """The tensor as float32."""
    def floor(self) -> Tensor:
        """The largest integer not above each element."""
    def floor_(self) -> Tensor:
        """In place: The largest integer not above each element."""
    def floor_divide(self, other: Tensor | Number) -> Tensor:
        """The quotient of two tensors, rounded down."""
    def floor_divide_(self, other: Tensor | Number) -> Tensor:
        """In place: The quotient of two tensors, rounded down."""
    def gather(self, dim: builtins.int, index: Tensor) -> Tensor:
        """`out[i][j] = input[index[i][j]][j]` for `dim=0`, and so on."""
    def ge(self, other: Tensor | Number) -> Tensor:
        """Whether the first element is not smaller."""
    def ger(self, other: Tensor | Number) -> Tensor:
        """The outer product of two vectors."""
    def greater(self, other: Tensor | Number) -> Tensor:
        """Whether the first element is larger."""
    def greater_equal(self, other: Tensor | Number) -> Tensor:
        """Whether the first element is not smaller."""
    def gt(self, other: Tensor | Number) -> Tensor:
        """Whether the first element is larger."""
    def half(self) -> Tensor:
        """The tensor as float16."""
    def index_add(self, dim: builtins.int, index: Tensor, source: Tensor, *, alpha: builtins.float = ...) -> Tensor:
        """The tensor with `alpha * source` added to its slices along `dim` at the indices."""
    def index_add_(self, dim: builtins.int, index: Tensor, source: Tensor, *, alpha: builtins.float = ...) -> Tensor:
        """In place: `alpha * source` added to the slices along `dim` at the indices."""
    def index_copy(self, dim: builtins.int, index: Tensor, source: Tensor) -> Tensor:
        """The tensor with its slices along `dim` at the indices replaced."""
    def index_copy_(self, dim: builtins.int, index: Tensor, source: Tensor) -> Tensor:
        """In place: the slices along `dim` at the indices replaced."""
    def index_fill(self, dim: builtins.int, index: Tensor, value: Tensor | Number) -> Tensor:
        """The tensor with a number, or a 0-d tensor, in its slices along `dim` at the indices."""
    def index_fill_(self, dim: builtins.int, index: Tensor, value: Tensor | Number) -> Tensor:
        """In place: a number, or a 0-d tensor, in the slices along `dim` at the indices."""
    def index_put(self, indices: Sequence[Tensor], values: Tensor, accumulate: builtins.bool = ...) -> Tensor:
        """The tensor with `values` at `input[indices]`, or added there."""
    def index_put_(self, indices: Sequence[Tensor], values: Tensor, accumulate: builtins.bool = ...) -> Tensor:
        """In place: `values` at `self[indices]`, or added there."""
    def index_select(self, dim: builtins.int, index: Tensor) -> Tensor:
        """The slices along `dim` at the indices of a vector."""
    def int(self) -> Tensor:
        """The tensor as int32."""
    def isfinite(self) -> Tensor:
        """Whether each element is neither NaN nor infinite."""
    def isinf(self) -> Tensor:
        """Whether each element is infinite."""
    def isnan(self) -> Tensor:
        """Whether each element is NaN."""
    def le(self, other: Tensor | Number) -> Tensor:
        """Whether the first element is not larger."""
    def lerp(self, other: Tensor | Number, weight: Tensor | Number) -> Tensor:
        """`input + weight * (other - input)`."""
    def lerp_(self, other: Tensor | Number, weight: Tensor | Number) -> Tensor:
        """In place: `input + weight * (other - input)`."""
    def less(self, other: Tensor | Number) -> Tensor:
        """Whether the first element is smaller."""
    def less_equal(self, other: Tensor | Number) -> Tensor:
        """Whether the first element is not larger."""
    def log(self) -> Tensor:
        """The natural logarithm of each element."""
    def log10(self) -> Tensor:
        """The logarithm to base 10 of each element."""
    def log10_(self) -> Tensor:
        """In place: The logarithm to base 10 of each element."""
    def log1p(self) -> Tensor:
        """`log(1 + x)`, exact near 0."""
    def log1p_(self) -> Tensor:
        """In place: `log(1 + x)`, exact near 0."""
    def log2(self) -> Tensor:
        """The logarithm to base 2 of each element."""
    def log2_(self) -> Tensor:
        """In place: The logarithm to base 2 of each element."""
    def log_(self) -> Tensor:
        """In place: The natural logarithm of each element."""
    def log_softmax(self, dim: Dim, dtype: Any = ...) -> Tensor:
        """The logarithm of `softmax`, exact where softmax would round to 0."""
    def logical_and(self, other: Tensor | Number) -> Tensor:
        """Whether both elements are nonzero."""
    def logical_not(self) -> Tensor:
        """Whether each element is 0."""
    def logical_or(self, other: Tensor | Number) -> Tensor:
        """Whether one element is nonzero."""
    def logical_xor(self, other: Tensor | Number) -> Tensor:
        """Whether exactly one element is nonzero."""
    def logsumexp(self, dim: Dim, keepdim: builtins.bool = ...) -> Tensor:
        """The logarithm of the sum of exponentials over `dim`, without overflow."""
    def long(self) -> Tensor:
        """The tensor as int64."""
    def lt(self, other: Tensor | Number) -> Tensor:
        """Whether the first element is smaller."""
    def masked_fill(self, mask: Tensor, value: Any) -> Tensor:
        """The tensor with `value` where the mask is true: a number, or a 0-d tensor."""
    def masked_fill_(self, mask: Tensor, value: Tensor | Number) -> Tensor:
        """In place: `value` where the mask is true."""
    def masked_scatter(self, mask: Tensor, source: Tensor) -> Tensor:
        """The tensor with the elements of `source`, one after the other, where the mask is true."""
    def masked_scatter_(self, mask: Tensor, source: Tensor) -> Tensor:
        """In place: the elements of `source`, one after the other, where the mask is true."""
    def matmul(self, other: Tensor) -> Tensor:
        """The matrix product; vectors are rows on the left and columns on the right, batches broadcast."""
    @overload
    def max(self) -> Tensor:
        """The largest element; with `dim` (values, indices) along it; with a tensor the elementwise"""
    @overload
    def max(self, dim: Tensor, keepdim: builtins.bool = ...) -> Tensor:
        """The largest element; with `dim` (values, indices) along it; with a tensor the elementwise"""
    @overload
    def max(self, dim: builtins.int, keepdim: builtins.bool = ...) -> ValuesAndIndices:
        """The largest element; with `dim` (values, indices) along it; with a tensor the elementwise"""
    @overload
    def max(self, *, other: Tensor) -> Tensor:
        """The largest element; with `dim` (values, indices) along it; with a tensor the elementwise"""
    def maximum(self, other: Tensor | Number) -> Tensor:
        """The larger of two elements; NaN if either is. Equal elements share the gradient."""
    def mean(self, dim: Dim = ..., keepdim: builtins.bool = ..., dtype: Any = ...) -> Tensor:
        """The mean over `dim`, after conversion to `dtype`; NaN of nothing."""
    @overload
    def min(self) -> Tensor:
        """The smallest element; with `dim` (values, indices) along it; with a tensor the elementwise"""
    @overload
    def min(self, dim: Tensor, keepdim: builtins.bool = ...) -> Tensor:
        """The smallest element; with `dim` (values, indices) along it; with a tensor the elementwise"""
    @overload
    def min(self, dim: builtins.int, keepdim: builtins.bool = ...) -> ValuesAndIndices:
        """The smallest element; with `dim` (values, indices) along it; with a tensor the elementwise"""
    @overload
    def min(self, *, other: Tensor) -> Tensor:
        """The smallest element; with `dim` (values, indices) along it; with a tensor the elementwise"""
    def minimum(self, other: Tensor | Number) -> Tensor:
        """The smaller of two elements; NaN if either is. Equal elements share the gradient."""
    def mm(self, other: Tensor) -> Tensor:
        """The product of two matrices."""
    def mul(self, other: Tensor | Number) -> Tensor:
        """The product of two tensors."""
    def mul_(self, other: Tensor | Number) -> Tensor:
        """In place: The product of two tensors."""
    def multiply(self, other: Tensor | Number) -> Tensor:
        """The product of two tensors."""
    def multiply_(self, *args: Any, **options: Any) -> Tensor:
        """In place: The product of two tensors."""
    def mv(self, other: Tensor) -> Tensor:
        """The product of a matrix and a vector."""
    def narrow(self, dim: Dim, start: Any, length: Any) -> Tensor:
        """`length` indices from `start` along `dim`."""
    def ne(self, other: Tensor | Number) -> Tensor:
        """Whether two elements differ."""
    def neg(self) -> Tensor:
        """The negative of each element."""
    def neg_(self) -> Tensor:
        """In place: The negative of each element."""
    def negative(self) -> Tensor:
        """The negative of each element."""
    def negative_(self, *args: Any, **options: Any) -> Tensor:
        """In place: The negative of each element."""
    def new_empty(self, *args: Any, **options: Any) -> Tensor:
        """As `empty`, with this tensor's dtype."""
    def new_full(self, *args: Any, **options: Any) -> Tensor:
        """As `full`, with this tensor's dtype."""
    def new_ones(self, *args: Any, **options: Any) -> Tensor:
        """As `ones`, with this tensor's dtype."""
    def new_tensor(self, *args: Any, **options: Any) -> Tensor:
        """As `tensor`, with this tensor's dtype."""
    def new_zeros(self, *args: Any, **options: Any) -> Tensor:
        """As `zeros`, with this tensor's dtype."""
    def nonzero(self, *, as_tuple: builtins.bool = ...) -> Any:
        """Indices of the elements that are not 0, one row each."""
    def norm(self, p: Any = ..., dim: Any = ..., keepdim: builtins.bool = ...) -> Tensor:
        """The vector norm of order `p` over `dim`: `(sum |x|^p)^(1/p)`; also `inf` and `-inf`."""
    def normal_(self, mean: builtins.float = ..., std: builtins.float = ..., *, generator: random.Generator | None = ...) -> Tensor:
        """Overwrite every element with a normal random number."""
    def not_equal(self, other: Tensor | Number) -> Tensor:
        """Whether two elements differ."""
    def outer(self, other: Tensor | Number) -> Tensor:
        """The outer product of two vectors."""
    def permute(self, *args: Any, dims: Any = ...) -> Tensor:
        """The dimensions in another order."""
    def positive(self) -> Tensor:
        """Each element as it is."""
    def pow(self, other: Tensor | Number) -> Tensor:
        """The first tensor to the power of the second."""
    def pow_(self, other: Tensor | Number) -> Tensor:
        """In place: The first tensor to the power of the second."""
    def prod(self, dim: Dim = ..., keepdim: builtins.bool = ..., dtype: Any = ...) -> Tensor:
        """The product over `dim`, after conversion to `dtype`. Its gradient is right at zeros too."""
    def reciprocal(self) -> Tensor:
        """One over each element."""
    def reciprocal_(self) -> Tensor:
        """In place: One over each element."""
    def relu(self) -> Tensor:
        """`max(x, 0)`, with gradient 0 at 0; NaN stays NaN."""
    def relu_(self) -> Tensor:
        """In place: `max(x, 0)`, with gradient 0 at 0; NaN stays NaN."""
    def remainder(self, other: Tensor | Number) -> Tensor:
        """What is left of `x / y` rounded down; it has the sign of `y`."""
    def remainder_(self, other: Tensor | Number) -> Tensor:
        """In place: What is left of `x / y` rounded down; it has the sign of `y`."""
    def repeat(self, *args: Any, repeats: Any = ...) -> Tensor:
        """The tensor copied `repeats` times along each dimension."""
    def reshape(self, *args: Any, shape: Any = ...) -> Tensor:
        """The same elements under another shape: a view if possible, else a copy."""
    def resize_(self, *sizes: Any, memory_format: Any = ...) -> Tensor:
        """Not supported: elements would appear or disappear under the views of the tensor."""
    def round(self, decimals: builtins.int = ...) -> Tensor:
        """Each element rounded to `decimals` digits after the point, halves to even."""
    def round_(self, decimals: builtins.int = ...) -> Tensor:
        """In place: Each element rounded to `decimals` digits after the point, halves to even."""
    def rsqrt(self) -> Tensor:
        """One over the square root of each element."""
    def rsqrt_(self) -> Tensor:
        """In place: One over the square root of each element."""
    def scatter(self, dim: builtins.int, index: Tensor, src: Tensor | Number | None = ..., *, value: Number | None = ..., reduce: str | None = ...) -> Tensor:
        """The tensor with `src[i][j]`, or a number, at `[index[i][j]][j]` for `dim=0`, and so on."""
    def scatter_(self, dim: builtins.int, index: Tensor, src: Tensor | Number | None = ..., *, value: Number | None = ..., reduce: str | None = ...) -> Tensor:
        """In place: `src[i][j]`, or a number, at `[index[i][j]][j]` for `dim=0`, and so on."""
    def scatter_add(self, dim: builtins.int, index: Tensor, src: Tensor) -> Tensor:
        """`input` with `src[i][j]` added at `[index[i][j]][j]` for `dim=0`, and so on."""
    def scatter_add_(self, dim: builtins.int, index: Tensor, src: Tensor) -> Tensor:
        """In place: `src[i][j]` added at `[index[i][j]][j]` for `dim=0`, and so on."""
    def select(self, dim: Dim, index: Any) -> Tensor:
        """The slice at one index along `dim`, which disappears."""
    def set_(self, *source: Any) -> Tensor:
        """Not supported: a tensor stays in its storage."""
    def sgn(self) -> Tensor:
        """-1, 0 or 1 by the sign of each element; for complex numbers the direction. 0 for NaN."""
    def sgn_(self) -> Tensor:
        """In place: -1, 0 or 1 by the sign of each element; for complex numbers the direction. 0 for NaN."""
    def short(self) -> Tensor:
        """The tensor as int16."""
    def sigmoid(self) -> Tensor:
        """`1 / (1 + exp(-x))`, without overflow."""
    def sigmoid_(self) -> Tensor:
        """In place: `1 / (1 + exp(-x))`, without overflow."""
    def sign(self) -> Tensor:
        """-1, 0 or 1 by the sign of each element. 0 for NaN."""
    def sign_(self) -> Tensor:
        """In place: -1, 0 or 1 by the sign of each element. 0 for NaN."""
    def sin(self) -> Tensor:
        """The sine of each element, in radians."""
    def sin_(self) -> Tensor:
        """In place: The sine of each element, in radians."""
    def sinh(self) -> Tensor:
        """The hyperbolic sine of each element."""
    def sinh_(self) -> Tensor:
        """In place: The hyperbolic sine of each element."""
    def softmax(self, dim: Dim, dtype: Any = ...) -> Tensor:
        """Exponentials along `dim` that sum to 1, without overflow."""
    def sort(self, dim: builtins.int = ..., descending: builtins.bool = ..., stable: builtins.bool = ...) -> ValuesAndIndices:
        """Values in order along `dim`, and where each came from."""
    def split(self, split_size_or_sections: Any, dim: builtins.int = ...) -> tuple[Tensor, ...]:
        """Consecutive views along `dim`: of a size (the last may be smaller), or of the given sizes."""
    def sqrt(self) -> Tensor:
        """The square root of each element; NaN below 0, and an infinite gradient at 0."""
    def sqrt_(self) -> Tensor:
        """In place: The square root of each element; NaN below 0, and an infinite gradient at 0."""
    def square(self) -> Tensor:
        """Each element times itself."""
    def square_(self) -> Tensor:
        """In place: Each element times itself."""
    def squeeze(self, dim: Dim = ...) -> Tensor:
        """Without dimensions of size 1: all of them, or those in `dim`."""
    def squeeze_(self, dim: builtins.int | Sequence[builtins.int] | None = ...) -> Tensor:
        """In place: without dimensions of size 1, all of them or those in `dim`."""
    def std(self, dim: Any = ..., unbiased: builtins.bool | None = ..., keepdim: builtins.bool = ..., *, correction: builtins.float = ...) -> Tensor:
        """The standard deviation over `dim`: the square root of `var`."""
    def storage_offset(self) -> builtins.int:
        """Elements from the first one of the tensor's storage to its own first one."""
    def sub(self, other: Any, *, alpha: builtins.float = ...) -> Tensor:
        """`input - alpha * other`."""
    def sub_(self, other: Tensor | Number, *, alpha: builtins.float = ...) -> Tensor:
        """In place: The difference of two tensors."""
    def subtract(self, other: Any, *, alpha: builtins.float = ...) -> Tensor:
        """`input - alpha * other`."""
    def subtract_(self, other: Tensor | Number, *, alpha: builtins.float = ...) -> Tensor:
        """In place: The difference of two tensors."""
    def sum(self, dim: Dim = ..., keepdim: builtins.bool = ..., dtype: Any = ...) -> Tensor:
        """The sum over `dim`, after conversion to `dtype`. Bools and integers sum up as int64."""
    def sum_to_size(self, *args: Any, shape: Any = ...) -> Tensor:
        """Summed over the dimensions that broadcasting `shape` to this tensor's would repeat."""
    def swapaxes(self, dim0: Any, dim1: Any) -> Tensor:
        """Two dimensions exchanged."""
    def swapaxes_(self, dim0: builtins.int, dim1: builtins.int) -> Tensor:
        """In place: two dimensions exchanged."""
    def swapdims(self, dim0: Any, dim1: Any) -> Tensor:
        """Two dimensions exchanged."""
    def swapdims_(self, dim0: builtins.int, dim1: builtins.int) -> Tensor:
        """In place: two dimensions exchanged."""
    def t(self) -> Tensor:
        """A matrix transposed; a vector as it is."""
    def t_(self) -> Tensor:
        """In place: the matrix transposed; a vector as it is."""
    def tan(self) -> Tensor:
        """The tangent of each element, in radians."""
    def tan_(self) -> Tensor:
        """In place: The tangent of each element, in radians."""
    def tanh(self) -> Tensor:
        """The hyperbolic tangent of each element."""
    def tanh_(self) -> Tensor:
        """In place: The hyperbolic tangent of each element."""
    def to(self, *args: Any, dtype: Any = ..., device: Any = ..., copy: builtins.bool = ..., non_blocking: builtins.bool = ...) -> Tensor:
        """The tensor with another dtype or on another device; itself when nothing changes."""
    def topk(self, k: builtins.int, dim: builtins.int = ..., largest: builtins.bool = ..., sorted: builtins.bool = ...) -> ValuesAndIndices:
        """The `k` largest (or smallest) elements along `dim`, and where they are."""
    def transpose(self, dim0: Any, dim1: Any) -> Tensor:
        """Two dimensions exchanged."""
    def transpose_(self, dim0: builtins.int, dim1: builtins.int) -> Tensor:
        """In place: two dimensions exchanged."""
    def tril(self, diagonal: builtins.int = ...) -> Tensor:
        """The lower triangle of a matrix, zeros above."""
    def tril_(self, diagonal: builtins.int = ...) -> Tensor:
        """In place: The lower triangle of a matrix, zeros above."""
    def triu(self, diagonal: builtins.int = ...) -> Tensor:
        """The upper triangle of a matrix, zeros below."""
    def triu_(self, diagonal: builtins.int = ...) -> Tensor:
        """In place: The upper triangle of a matrix, zeros below."""
    def true_divide(self, other: Any, *, rounding_mode: str | None = ...) -> Tensor:
        """`input / other`; `rounding_mode` may be `"floor"` or `"trunc"`."""
    def true_divide_(self, *args: Any, **options: Any) -> Tensor:
        """In place: The quotient of two tensors; integers give floating point."""
    def trunc(self) -> Tensor:
        """Each element without its fraction."""
    def trunc_(self) -> Tensor:
        """In place: Each element without its fraction."""
    def type_as(self, other: Tensor) -> Tensor:
        """The tensor with the dtype of another."""
    def unbind(self, dim: Dim = ...) -> tuple[Tensor, ...]:
        """All slices along `dim`, which disappears."""
    def uniform_(self, from_: builtins.float = ..., to: builtins.float = ..., *, generator: random.Generator | None = ...) -> Tensor:
        """Overwrite every element with a random number, uniform in [from, to)."""
    def unsqueeze(self, dim: Dim) -> Tensor:
        """With a dimension of size 1 inserted before `dim`."""
    def unsqueeze_(self, dim: builtins.int) -> Tensor:
        """In place: with a dimension of size 1 inserted before `dim`."""
    def var(self, dim: Any = ..., unbiased: builtins.bool | None = ..., keepdim: builtins.bool = ..., *, correction: builtins.float = ...) -> Tensor:
        """The variance over `dim`, divided by the count less `correction` (`unbiased` means 1)."""
    def view(self, *args: Any, size: Any = ..., dtype: Any = ...) -> Tensor:
        """The same elements in the same order under another shape, without copying."""
    def view_as(self, other: Tensor) -> Tensor:
        """A view with the shape of another tensor."""
    def where(self, condition: Tensor, other: Any) -> Tensor:
        """This tensor where the condition holds, `other` elsewhere."""
    def zero_(self) -> Tensor:
        """Overwrite every element with 0."""
