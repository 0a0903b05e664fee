# Made by `python -m tracegrad.ops.stubs` from the op table. Do not edit.
import builtins
from collections.abc import Callable, Sequence
from typing import Any, overload

from tracegrad import dtypes
from tracegrad._tensor import Tensor
from tracegrad.backend import random
from tracegrad.backend.device import Device
from tracegrad.ops.arithmetic import MantissaAndExponent
from tracegrad.ops.matrices import QRResult, SlogdetResult, SVDResultOld
from tracegrad.ops.memory import UntypedStorage
from tracegrad.ops.ordered import Histogram
from tracegrad.ops.overloads import ValuesAndIndices
from tracegrad.ops.statistics import Extremes

DeviceLike = str | Device | None
Dim = builtins.int | Sequence[builtins.int] | None
Number = builtins.bool | builtins.int | builtins.float | builtins.complex

class OpMethods:
    @property
    def T(self) -> Tensor: ...
    @property
    def mT(self) -> Tensor: ...
    @property
    def H(self) -> Tensor: ...
    @property
    def mH(self) -> Tensor: ...
    real: Tensor
    imag: Tensor
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
    def __lshift__(self, other: Any) -> Tensor: ...
    def __rshift__(self, other: Any) -> Tensor: ...
    def __rsub__(self, other: Any) -> Tensor: ...
    def __rtruediv__(self, other: Any) -> Tensor: ...
    def __rpow__(self, other: Any) -> Tensor: ...
    def __rmatmul__(self, other: Any) -> Tensor: ...
    def __rfloordiv__(self, other: Any) -> Tensor: ...
    def __rmod__(self, other: Any) -> Tensor: ...
    def __rlshift__(self, other: Any) -> Tensor: ...
    def __rrshift__(self, other: Any) -> Tensor: ...
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
    def __ilshift__(self, other: Any) -> Tensor: ...
    def __irshift__(self, other: Any) -> Tensor: ...
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
    def acosh(self) -> Tensor:
        """The number whose hyperbolic cosine each element is; NaN below 1."""
    def acosh_(self) -> Tensor:
        """In place: The number whose hyperbolic cosine each element is; NaN below 1."""
    def add(self, other: Any, *, alpha: builtins.float = ...) -> Tensor:
        """`input + alpha * other`."""
    def add_(self, other: Tensor | Number, *, alpha: builtins.float = ...) -> Tensor:
        """In place: The sum of two tensors."""
    def addbmm(self, batch1: Tensor, batch2: Tensor, *, beta: builtins.float = ..., alpha: builtins.float = ...) -> Tensor:
        """`beta * input + alpha * bmm(batch1, batch2).sum(0)`."""
    def addbmm_(self, *args: Any, beta: builtins.float = ..., alpha: builtins.float = ..., **named: Any) -> Tensor:
        """In place: `beta * input + alpha * bmm(batch1, batch2).sum(0)`."""
    def addcdiv(self, tensor1: Tensor | Number, tensor2: Tensor | Number, value: builtins.complex = ...) -> Tensor:
        """`input + value * tensor1 / tensor2`."""
    def addcdiv_(self, tensor1: Tensor | Number, tensor2: Tensor | Number, value: builtins.complex = ...) -> Tensor:
        """In place: `input + value * tensor1 / tensor2`."""
    def addcmul(self, tensor1: Tensor | Number, tensor2: Tensor | Number, value: builtins.complex = ...) -> Tensor:
        """`input + value * tensor1 * tensor2`."""
    def addcmul_(self, tensor1: Tensor | Number, tensor2: Tensor | Number, value: builtins.complex = ...) -> Tensor:
        """In place: `input + value * tensor1 * tensor2`."""
    def addmm(self, mat1: Tensor, mat2: Tensor, *, beta: builtins.float = ..., alpha: builtins.float = ...) -> Tensor:
        """`beta * input + alpha * (mat1 @ mat2)`."""
    def addmm_(self, *args: Any, beta: builtins.float = ..., alpha: builtins.float = ..., **named: Any) -> Tensor:
        """In place: `beta * input + alpha * (mat1 @ mat2)`."""
    def addmv(self, mat: Tensor, vec: Tensor, *, beta: builtins.float = ..., alpha: builtins.float = ...) -> Tensor:
        """`beta * input + alpha * (mat @ vec)`."""
    def addmv_(self, *args: Any, beta: builtins.float = ..., alpha: builtins.float = ..., **named: Any) -> Tensor:
        """In place: `beta * input + alpha * (mat @ vec)`."""
    def addr(self, vec1: Tensor, vec2: Tensor, *, beta: builtins.float = ..., alpha: builtins.float = ...) -> Tensor:
        """`beta * input + alpha * outer(vec1, vec2)`."""
    def addr_(self, *args: Any, beta: builtins.float = ..., alpha: builtins.float = ..., **named: Any) -> Tensor:
        """In place: `beta * input + alpha * outer(vec1, vec2)`."""
    def adjoint(self) -> Tensor:
        """The conjugate transpose of matrices."""
    def all(self, dim: Dim = ..., keepdim: builtins.bool = ...) -> Tensor:
        """Whether all elements over `dim` are nonzero."""
    def allclose(self, other: Tensor, rtol: builtins.float = ..., atol: builtins.float = ..., equal_nan: builtins.bool = ...) -> builtins.bool:
        """Whether all elements differ by at most `atol + rtol * |other|`."""
    def amax(self, dim: Dim = ..., keepdim: builtins.bool = ...) -> Tensor:
        """The largest elements over `dim`. Equal ones share the gradient."""
    def amin(self, dim: Dim = ..., keepdim: builtins.bool = ...) -> Tensor:
        """The smallest elements over `dim`. Equal ones share the gradient."""
    def aminmax(self, *, dim: builtins.int | None = ..., keepdim: builtins.bool = ...) -> Extremes:
        """The smallest and the largest elements over `dim`."""
    def angle(self) -> Tensor:
        """The angle of each number in radians: of real ones 0 or pi. Its gradient at 0 is 0."""
    def any(self, dim: Dim = ..., keepdim: builtins.bool = ...) -> Tensor:
        """Whether some element over `dim` is nonzero."""
    def arccos(self) -> Tensor:
        """The angle in radians whose cosine each element is."""
    def arccos_(self, *args: Any, **options: Any) -> Tensor:
        """In place: The angle in radians whose cosine each element is."""
    def arccosh(self) -> Tensor:
        """The number whose hyperbolic cosine each element is; NaN below 1."""
    def arccosh_(self, *args: Any, **options: Any) -> Tensor:
        """In place: The number whose hyperbolic cosine each element is; NaN below 1."""
    def arcsin(self) -> Tensor:
        """The angle in radians whose sine each element is."""
    def arcsin_(self, *args: Any, **options: Any) -> Tensor:
        """In place: The angle in radians whose sine each element is."""
    def arcsinh(self) -> Tensor:
        """The number whose hyperbolic sine each element is."""
    def arcsinh_(self, *args: Any, **options: Any) -> Tensor:
        """In place: The number whose hyperbolic sine each element is."""
    def arctan(self) -> Tensor:
        """The angle in radians whose tangent each element is."""
    def arctan2(self, other: Tensor | Number) -> Tensor:
        """The angle in radians of the point with ordinate `input` and abscissa `other`."""
    def arctan2_(self, other: Tensor | Number) -> Tensor:
        """In place: The angle in radians of the point with ordinate `input` and abscissa `other`."""
    def arctan_(self, *args: Any, **options: Any) -> Tensor:
        """In place: The angle in radians whose tangent each element is."""
    def arctanh(self) -> Tensor:
        """The number whose hyperbolic tangent each element is; NaN outside of -1 to 1."""
    def arctanh_(self, *args: Any, **options: Any) -> Tensor:
        """In place: The number whose hyperbolic tangent each element is; NaN outside of -1 to 1."""
    def argmax(self, dim: Dim = ..., keepdim: builtins.bool = ...) -> Tensor:
        """Where the largest element along `dim` is; in the flattened tensor when `dim` is `None`."""
    def argmin(self, dim: Dim = ..., keepdim: builtins.bool = ...) -> Tensor:
        """Where the smallest element along `dim` is; in the flattened tensor when `dim` is `None`."""
    def argsort(self, dim: Dim = ..., descending: builtins.bool = ..., stable: builtins.bool = ...) -> Tensor:
        """Indices that sort the tensor along `dim`. Equal elements always stay in their order."""
    def argwhere(self) -> Tensor:
        """Indices of the elements that are not 0, one row each."""
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
    def asinh(self) -> Tensor:
        """The number whose hyperbolic sine each element is."""
    def asinh_(self) -> Tensor:
        """In place: The number whose hyperbolic sine each element is."""
    def atan(self) -> Tensor:
        """The angle in radians whose tangent each element is."""
    def atan2(self, other: Tensor | Number) -> Tensor:
        """The angle in radians of the point with ordinate `input` and abscissa `other`."""
    def atan2_(self, other: Tensor | Number) -> Tensor:
        """In place: The angle in radians of the point with ordinate `input` and abscissa `other`."""
    def atan_(self) -> Tensor:
        """In place: The angle in radians whose tangent each element is."""
    def atanh(self) -> Tensor:
        """The number whose hyperbolic tangent each element is; NaN outside of -1 to 1."""
    def atanh_(self) -> Tensor:
        """In place: The number whose hyperbolic tangent each element is; NaN outside of -1 to 1."""
    def baddbmm(self, batch1: Tensor, batch2: Tensor, *, beta: builtins.float = ..., alpha: builtins.float = ...) -> Tensor:
        """`beta * input + alpha * bmm(batch1, batch2)`."""
    def baddbmm_(self, *args: Any, beta: builtins.float = ..., alpha: builtins.float = ..., **named: Any) -> Tensor:
        """In place: `beta * input + alpha * bmm(batch1, batch2)`."""
    def bernoulli(self, p: builtins.float | None = ..., *, generator: random.Generator | None = ...) -> Tensor:
        """1 with the probability that each element is (or all with probability `p`), else 0."""
    def bernoulli_(self, p: Any = ..., *, generator: random.Generator | None = ...) -> Tensor:
        """Overwrite every element with 1, with probability `p` (a number or a tensor), else with 0."""
    def bfloat16(self, memory_format: Any = ...) -> Tensor:
        """The tensor as bfloat16."""
    def bincount(self, weights: Tensor | None = ..., minlength: builtins.int = ...) -> Tensor:
        """How often each whole number from 0 is there, or the sum of its weights."""
    def bitwise_and(self, other: Tensor | Number) -> Tensor:
        """The bits that both elements have."""
    def bitwise_and_(self, other: Tensor | Number) -> Tensor:
        """In place: The bits that both elements have."""
    def bitwise_left_shift(self, other: Tensor | Number) -> Tensor:
        """The bits of each element moved up by `other` places."""
    def bitwise_left_shift_(self, other: Tensor | Number) -> Tensor:
        """In place: The bits of each element moved up by `other` places."""
    def bitwise_not(self) -> Tensor:
        """Each element with all bits turned over; for bools, not."""
    def bitwise_not_(self) -> Tensor:
        """In place: Each element with all bits turned over; for bools, not."""
    def bitwise_or(self, other: Tensor | Number) -> Tensor:
        """The bits that either element has."""
    def bitwise_or_(self, other: Tensor | Number) -> Tensor:
        """In place: The bits that either element has."""
    def bitwise_right_shift(self, other: Tensor | Number) -> Tensor:
        """The bits of each element moved down by `other` places; the sign stays."""
    def bitwise_right_shift_(self, other: Tensor | Number) -> Tensor:
        """In place: The bits of each element moved down by `other` places; the sign stays."""
    def bitwise_xor(self, other: Tensor | Number) -> Tensor:
        """The bits that exactly one element has."""
    def bitwise_xor_(self, other: Tensor | Number) -> Tensor:
        """In place: The bits that exactly one element has."""
    def bmm(self, other: Tensor) -> Tensor:
        """The products of two batches of matrices, without broadcasting."""
    def bool(self, memory_format: Any = ...) -> Tensor:
        """The tensor as bool."""
    def broadcast_to(self, size: Sequence[builtins.int]) -> Tensor:
        """Dimensions of size 1 repeated without copying."""
    def bucketize(self, boundaries: Tensor, *, out_int32: builtins.bool = ..., right: builtins.bool = ...) -> Tensor:
        """Between which of the sorted boundaries each number lies."""
    def byte(self, memory_format: Any = ...) -> Tensor:
        """The tensor as uint8."""
    def cauchy_(self, median: builtins.float = ..., sigma: builtins.float = ..., *, generator: random.Generator | None = ...) -> Tensor:
        """Overwrite every element with a Cauchy random number."""
    def cdouble(self, memory_format: Any = ...) -> Tensor:
        """The tensor as complex128."""
    def ceil(self) -> Tensor:
        """The smallest integer not below each element."""
    def ceil_(self) -> Tensor:
        """In place: The smallest integer not below each element."""
    def cfloat(self, memory_format: Any = ...) -> Tensor:
        """The tensor as complex64."""
    def char(self, memory_format: Any = ...) -> Tensor:
        """The tensor as int8."""
    def cholesky(self, upper: builtins.bool = ...) -> Tensor:
        """The triangle `L` with `L @ L.mH = input` of positive-definite matrices, or `L.mH`."""
    def cholesky_inverse(self, upper: builtins.bool = ...) -> Tensor:
        """The inverse of `A`, given its triangle `L`."""
    def cholesky_solve(self, L: Tensor, upper: builtins.bool = ...) -> Tensor:
        """The `X` with `A @ X = B`, given the triangle `L` of `A`."""
    def chunk(self, chunks: builtins.int, dim: builtins.int = ...) -> tuple[Tensor, ...]:
        """At most `chunks` consecutive views along `dim`, equal but for the last."""
    def clamp(self, min: Any = ..., max: Any = ...) -> Tensor:
        """Each element brought between `min` and `max`: numbers or tensors, either may be left out."""
    def clamp_(self, min: Tensor | Number | None = ..., max: Tensor | Number | None = ...) -> Tensor:
        """In place: each element brought between `min` and `max`."""
    def clamp_max(self, max: Tensor | Number) -> Tensor:
        """Each element, but `max` where it is larger."""
    def clamp_max_(self, max: Tensor | Number) -> Tensor:
        """In place: Each element, but `max` where it is larger."""
    def clamp_min(self, min: Tensor | Number) -> Tensor:
        """Each element, but `min` where it is smaller."""
    def clamp_min_(self, min: Tensor | Number) -> Tensor:
        """In place: Each element, but `min` where it is smaller."""
    def clip(self, min: Any = ..., max: Any = ...) -> Tensor:
        """Each element brought between `min` and `max`: numbers or tensors, either may be left out."""
    def clip_(self, min: Tensor | Number | None = ..., max: Tensor | Number | None = ...) -> Tensor:
        """In place: each element brought between `min` and `max`."""
    def clone(self, memory_format: Any = ...) -> Tensor:
        """A copy in new memory."""
    def conj(self) -> Tensor:
        """The complex conjugate of each element, in memory of its own; a real tensor is its own."""
    def conj_physical(self) -> Tensor:
        """The complex conjugate of each element, in memory of its own; a real tensor is its own."""
    def contiguous(self, memory_format: Any = ...) -> Tensor:
        """The tensor itself if its elements lie in row-major order (or in that of the format), else"""
    def copy_(self, src: Tensor | Number, non_blocking: builtins.bool = ...) -> Tensor:
        """Overwrite this tensor with another's elements, or a number, broadcast and converted."""
    def copysign(self, other: Tensor | Number) -> Tensor:
        """The magnitude of `input` with the sign of `other`. Its gradient at 0 is 0."""
    def copysign_(self, other: Tensor | Number) -> Tensor:
        """In place: The magnitude of `input` with the sign of `other`. Its gradient at 0 is 0."""
    def corrcoef(self) -> Tensor:
        """Pearson's correlation matrix of variables in rows."""
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
    def cov(self, *, correction: builtins.float = ..., fweights: Tensor | None = ..., aweights: Tensor | None = ...) -> Tensor:
        """The covariance matrix of variables in rows, with columns as observations."""
    def cpu(self, memory_format: Any = ...) -> Tensor:
        """The tensor in the CPU's memory; itself if it is there."""
    def cross(self, other: Tensor, dim: builtins.int | None = ...) -> Tensor:
        """The vector product along `dim`, of size 3; by default along the first of that size."""
    def cuda(self, device: Any = ..., non_blocking: builtins.bool = ..., memory_format: Any = ...) -> Tensor:
        """The tensor in the memory of a GPU, the first one by default; itself if it is there."""
    def cummax(self, dim: builtins.int) -> ValuesAndIndices:
        """The largest elements so far along `dim`, and where each stood."""
    def cummin(self, dim: builtins.int) -> ValuesAndIndices:
        """The smallest elements so far along `dim`, and where each stood."""
    def cumprod(self, dim: Dim, dtype: Any = ...) -> Tensor:
        """Products of all elements up to each one, along `dim`, after conversion to `dtype`. Its"""
    def cumprod_(self, dim: builtins.int, *, dtype: dtypes.dtype | None = ...) -> Tensor:
        """In place: Products of all elements up to each one, along `dim`, after conversion to `dtype`. Its"""
    def cumsum(self, dim: Dim, dtype: Any = ...) -> Tensor:
        """Sums of all elements up to each one, along `dim`, after conversion to `dtype`."""
    def cumsum_(self, dim: builtins.int, *, dtype: dtypes.dtype | None = ...) -> Tensor:
        """In place: Sums of all elements up to each one, along `dim`, after conversion to `dtype`."""
    def data_ptr(self) -> builtins.int:
        """Address of the first element in memory; 0 if there are no elements."""
    def deg2rad(self) -> Tensor:
        """Angles in degrees as radians."""
    def deg2rad_(self) -> Tensor:
        """In place: Angles in degrees as radians."""
    def det(self) -> Tensor:
        """The determinant of square matrices. Its gradient is right for singular ones too."""
    def diag(self, diagonal: builtins.int = ...) -> Tensor:
        """The diagonal of a matrix; or a matrix with a vector on its diagonal."""
    def diag_embed(self, offset: builtins.int = ..., dim1: builtins.int = ..., dim2: builtins.int = ...) -> Tensor:
        """Matrices with the last dimension on their diagonal, zeros around it."""
    def diagflat(self, offset: builtins.int = ...) -> Tensor:
        """A matrix with all elements on its diagonal."""
    def diagonal(self, offset: builtins.int = ..., dim1: builtins.int = ..., dim2: builtins.int = ...) -> Tensor:
        """The diagonal of two dimensions, which become the last one."""
    def diagonal_scatter(self, src: Tensor, offset: builtins.int = ..., dim1: builtins.int = ..., dim2: builtins.int = ...) -> Tensor:
        """A copy of `input` with `src` on a diagonal."""
    def diff(self, n: builtins.int = ..., dim: builtins.int = ..., prepend: Tensor | None = ..., append: Tensor | None = ...) -> Tensor:
        """Differences of neighbours along `dim`, taken `n` times."""
    def digamma(self) -> Tensor:
        """The derivative of `lgamma`; minus or plus infinity at 0, NaN at negative whole numbers."""
    def digamma_(self) -> Tensor:
        """In place: The derivative of `lgamma`; minus or plus infinity at 0, NaN at negative whole numbers."""
    def dist(self, other: Tensor, p: builtins.float = ...) -> Tensor:
        """The norm of order `p` of the difference of two tensors."""
    def div(self, other: Any, *, rounding_mode: str | None = ...) -> Tensor:
        """`input / other`; `rounding_mode` may be `"floor"` or `"trunc"`."""
    def div_(self, other: Tensor | Number) -> Tensor:
        """In place: The quotient of two tensors; integers give floating point."""
    def divide(self, other: Any, *, rounding_mode: str | None = ...) -> Tensor:
        """`input / other`; `rounding_mode` may be `"floor"` or `"trunc"`."""
    def divide_(self, other: Tensor | Number) -> Tensor:
        """In place: The quotient of two tensors; integers give floating point."""
    def dot(self, other: Tensor) -> Tensor:
        """The inner product of two vectors."""
    def double(self, memory_format: Any = ...) -> Tensor:
        """The tensor as float64."""
    def dsplit(self, *args: Any, indices: Any = ..., sections: Any = ...) -> Any:
        """Views cut in depth: equal ones, or at indices."""
    def eq(self, other: Tensor | Number) -> Tensor:
        """Whether two elements are equal."""
    def eq_(self, other: Tensor | Number) -> Tensor:
        """In place: Whether two elements are equal."""
    def equal(self, other: Tensor) -> builtins.bool:
        """Whether two tensors have the same shape and elements."""
    def erf(self) -> Tensor:
        """The error function."""
    def erf_(self) -> Tensor:
        """In place: The error function."""
    def erfc(self) -> Tensor:
        """`1 - erf(x)`, exact where that is tiny."""
    def erfc_(self) -> Tensor:
        """In place: `1 - erf(x)`, exact where that is tiny."""
    def erfinv(self) -> Tensor:
        """The number whose error function each element is."""
    def erfinv_(self) -> Tensor:
        """In place: The number whose error function each element is."""
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
    def exponential_(self, lambd: builtins.float = ..., *, generator: random.Generator | None = ...) -> Tensor:
        """Overwrite every element with an exponential random number of rate `lambd`."""
    def fill_(self, value: Tensor | Number) -> Tensor:
        """Overwrite every element with a number, or with that of a 0-d tensor."""
    def fill_diagonal_(self, fill_value: builtins.float, wrap: builtins.bool = ...) -> Tensor:
        """In place: a number on the diagonal; with `wrap` again below a tall matrix's square."""
    def fix(self) -> Tensor:
        """Each element without its fraction."""
    def fix_(self, *args: Any, **options: Any) -> Tensor:
        """In place: Each element without its fraction."""
    def flatten(self, start_dim: builtins.int = ..., end_dim: builtins.int = ...) -> Tensor:
        """Dimensions `start_dim` to `end_dim` as one."""
    def flip(self, *args: Any, dims: Any = ...) -> Tensor:
        """The order of the indices along `dims` turned round."""
    def fliplr(self) -> Tensor:
        """The order of columns turned round."""
    def flipud(self) -> Tensor:
        """The order of rows turned round."""
    def float(self, memory_format: Any = ...) -> Tensor:
        """The tensor as float32."""
    def float_power(self, exponent: Any) -> Tensor:
        """The first tensor to the power of the second, computed in float64."""
    def float_power_(self, exponent: Any) -> Tensor:
        """In place: as `float_power`, for a tensor of float64."""
    def floor(self) -> Tensor:
        """The largest integer not above each element."""
    def floor_(self) -> Tensor:
        """In place: The largest integer not above each element."""
    def floor_divide(self, other: Tensor | Number) -> Tensor:
        """The quotient of two tensors, rounded down."""
    def floor_divide_(self, other: Tensor | Number) -> Tensor:
        """In place: The quotient of two tensors, rounded down."""
    def fmax(self, other: Tensor | Number) -> Tensor:
        """The larger of two elements; the other one if one is NaN."""
    def fmin(self, other: Tensor | Number) -> Tensor:
        """The smaller of two elements; the other one if one is NaN."""
    def fmod(self, other: Tensor | Number) -> Tensor:
        """What is left of `x / y` rounded toward 0; it has the sign of `x`."""
    def fmod_(self, other: Tensor | Number) -> Tensor:
        """In place: What is left of `x / y` rounded toward 0; it has the sign of `x`."""
    def frac(self) -> Tensor:
        """The fraction of each element, with its sign."""
    def frac_(self) -> Tensor:
        """In place: The fraction of each element, with its sign."""
    def frexp(self) -> MantissaAndExponent:
        """A mantissa between 0.5 and 1, with the element's sign, and a power of two."""
    def gather(self, dim: builtins.int, index: Tensor) -> Tensor:
        """`out[i][j] = input[index[i][j]][j]` for `dim=0`, and so on."""
    def gcd(self, other: Tensor | Number) -> Tensor:
        """The greatest common divisor of two whole numbers."""
    def gcd_(self, other: Tensor | Number) -> Tensor:
        """In place: The greatest common divisor of two whole numbers."""
    def ge(self, other: Tensor | Number) -> Tensor:
        """Whether the first element is not smaller."""
    def ge_(self, other: Tensor | Number) -> Tensor:
        """In place: Whether the first element is not smaller."""
    def geometric_(self, p: builtins.float, *, generator: random.Generator | None = ...) -> Tensor:
        """Overwrite every element with the number of trials until the first success."""
    def ger(self, other: Tensor | Number) -> Tensor:
        """The outer product of two vectors."""
    def greater(self, other: Tensor | Number) -> Tensor:
        """Whether the first element is larger."""
    def greater_(self, other: Tensor | Number) -> Tensor:
        """In place: Whether the first element is larger."""
    def greater_equal(self, other: Tensor | Number) -> Tensor:
        """Whether the first element is not smaller."""
    def greater_equal_(self, other: Tensor | Number) -> Tensor:
        """In place: Whether the first element is not smaller."""
    def gt(self, other: Tensor | Number) -> Tensor:
        """Whether the first element is larger."""
    def gt_(self, other: Tensor | Number) -> Tensor:
        """In place: Whether the first element is larger."""
    def half(self, memory_format: Any = ...) -> Tensor:
        """The tensor as float16."""
    def hardshrink(self, lambd: builtins.float = ...) -> Tensor:
        """`x`, but 0 between `-lambd` and `lambd`."""
    def heaviside(self, values: Tensor) -> Tensor:
        """0 where an element is negative, 1 where it is positive, `values` where it is 0."""
    def heaviside_(self, values: Tensor) -> Tensor:
        """In place: 0 where an element is negative, 1 where it is positive, `values` where it is 0."""
    def histc(self, bins: builtins.int = ..., min: builtins.float | None = ..., max: builtins.float | None = ...) -> Tensor:
        """How many elements fall in each of `bins` equal parts from `min` to `max` (those of the"""
    def histogram(self, bins: Any, *, range: Sequence[builtins.float] | None = ..., weight: Tensor | None = ..., density: builtins.bool = ...) -> Histogram:
        """How many elements (or how much weight) lie between edges, given as a count or a tensor."""
    def hsplit(self, *args: Any, indices: Any = ..., sections: Any = ...) -> Any:
        """Views cut in columns: equal ones, or at indices."""
    def hypot(self, other: Tensor | Number) -> Tensor:
        """The length of the hypotenuse of a right triangle with these legs."""
    def hypot_(self, other: Tensor | Number) -> Tensor:
        """In place: The length of the hypotenuse of a right triangle with these legs."""
    def i0(self) -> Tensor:
        """The modified Bessel function of the first kind, of order 0."""
    def i0_(self) -> Tensor:
        """In place: The modified Bessel function of the first kind, of order 0."""
    def igamma(self, other: Tensor) -> Tensor:
        """The lower incomplete gamma function of order `input` at `other`, between 0 and 1."""
    def igamma_(self, other: Tensor | Number) -> Tensor:
        """In place: The lower incomplete gamma function of order `input` at `other`, between 0 and 1."""
    def igammac(self, other: Tensor) -> Tensor:
        """The upper incomplete gamma function of order `input` at `other`, between 0 and 1."""
    def igammac_(self, other: Tensor | Number) -> Tensor:
        """In place: The upper incomplete gamma function of order `input` at `other`, between 0 and 1."""
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
    def index_reduce(self, dim: builtins.int, index: Tensor, source: Tensor, reduce: str, *, include_self: builtins.bool = ...) -> Tensor:
        """The tensor with slices of `source` reduced into its slices along `dim` at the indices, by"""
    def index_reduce_(self, dim: builtins.int, index: Tensor, source: Tensor, reduce: str, *, include_self: builtins.bool = ...) -> Tensor:
        """In place: slices of `source` reduced into the slices along `dim` at the indices."""
    def index_select(self, dim: builtins.int, index: Tensor) -> Tensor:
        """The slices along `dim` at the indices of a vector."""
    def inner(self, other: Tensor) -> Tensor:
        """Products summed over the last dimension of both."""
    def int(self, memory_format: Any = ...) -> Tensor:
        """The tensor as int32."""
    def inverse(self) -> Tensor:
        """The inverse of square matrices."""
    def is_complex(self) -> builtins.bool:
        """Whether the elements are complex numbers."""
    def is_conj(self) -> builtins.bool:
        """Whether the elements still wait to be conjugated: never."""
    def is_floating_point(self) -> builtins.bool:
        """Whether the elements are floating-point numbers."""
    def is_nonzero(self) -> builtins.bool:
        """Whether the only element of a tensor is not 0."""
    def is_same_size(self, other: Tensor) -> builtins.bool:
        """Whether two tensors have the same shape."""
    def isclose(self, other: Tensor, rtol: builtins.float = ..., atol: builtins.float = ..., equal_nan: builtins.bool = ...) -> Tensor:
        """Whether each pair of elements differs by at most `atol + rtol * |other|`."""
    def isfinite(self) -> Tensor:
        """Whether each element is neither NaN nor infinite."""
    def isinf(self) -> Tensor:
        """Whether each element is infinite."""
    def isnan(self) -> Tensor:
        """Whether each element is NaN."""
    def isneginf(self) -> Tensor:
        """Whether each element is minus infinity."""
    def isposinf(self) -> Tensor:
        """Whether each element is plus infinity."""
    def isreal(self) -> Tensor:
        """Whether the imaginary part of each element is 0."""
    def istft(self, n_fft: builtins.int, hop_length: builtins.int | None = ..., win_length: builtins.int | None = ..., window: Tensor | None = ..., center: builtins.bool = ..., normalized: builtins.bool = ..., onesided: builtins.bool | None = ..., length: builtins.int | None = ..., return_complex: builtins.bool = ...) -> Tensor:
        """The signal whose `stft` with the same arguments is nearest to `input`."""
    def kron(self, other: Tensor) -> Tensor:
        """Every element of `input` times all of `other`, as blocks."""
    def kthvalue(self, k: builtins.int, dim: builtins.int = ..., keepdim: builtins.bool = ...) -> ValuesAndIndices:
        """The `k`-th smallest elements along `dim`, counted from 1, and where each is."""
    def lcm(self, other: Tensor | Number) -> Tensor:
        """The least common multiple of two whole numbers."""
    def lcm_(self, other: Tensor | Number) -> Tensor:
        """In place: The least common multiple of two whole numbers."""
    def ldexp(self, other: Tensor) -> Tensor:
        """`input * 2 ** other`."""
    def ldexp_(self, other: Tensor) -> Tensor:
        """In place: `self * 2 ** other`."""
    def le(self, other: Tensor | Number) -> Tensor:
        """Whether the first element is not larger."""
    def le_(self, other: Tensor | Number) -> Tensor:
        """In place: Whether the first element is not larger."""
    def lerp(self, other: Tensor | Number, weight: Tensor | Number) -> Tensor:
        """`input + weight * (other - input)`."""
    def lerp_(self, other: Tensor | Number, weight: Tensor | Number) -> Tensor:
        """In place: `input + weight * (other - input)`."""
    def less(self, other: Tensor | Number) -> Tensor:
        """Whether the first element is smaller."""
    def less_(self, other: Tensor | Number) -> Tensor:
        """In place: Whether the first element is smaller."""
    def less_equal(self, other: Tensor | Number) -> Tensor:
        """Whether the first element is not larger."""
    def less_equal_(self, other: Tensor | Number) -> Tensor:
        """In place: Whether the first element is not larger."""
    def lgamma(self) -> Tensor:
        """The logarithm of the absolute value of the gamma function."""
    def lgamma_(self) -> Tensor:
        """In place: The logarithm of the absolute value of the gamma function."""
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
    def log_normal_(self, mean: builtins.float = ..., std: builtins.float = ..., *, generator: random.Generator | None = ...) -> Tensor:
        """Overwrite every element with the exponential of a normal random number."""
    def log_softmax(self, dim: Dim, dtype: Any = ...) -> Tensor:
        """The logarithm of `softmax`, exact where softmax would round to 0."""
    def logaddexp(self, other: Tensor | Number) -> Tensor:
        """`log(exp(x) + exp(y))`, without overflow."""
    def logaddexp2(self, other: Tensor | Number) -> Tensor:
        """`log2(2 ** x + 2 ** y)`, without overflow."""
    def logcumsumexp(self, dim: Dim) -> Tensor:
        """The logarithm of the sum of exponentials up to each element, along `dim`."""
    def logdet(self) -> Tensor:
        """The logarithm of the determinant; NaN where that is negative."""
    def logical_and(self, other: Tensor | Number) -> Tensor:
        """Whether both elements are nonzero."""
    def logical_and_(self, other: Tensor | Number) -> Tensor:
        """In place: Whether both elements are nonzero."""
    def logical_not(self) -> Tensor:
        """Whether each element is 0."""
    def logical_not_(self) -> Tensor:
        """In place: Whether each element is 0."""
    def logical_or(self, other: Tensor | Number) -> Tensor:
        """Whether one element is nonzero."""
    def logical_or_(self, other: Tensor | Number) -> Tensor:
        """In place: Whether one element is nonzero."""
    def logical_xor(self, other: Tensor | Number) -> Tensor:
        """Whether exactly one element is nonzero."""
    def logical_xor_(self, other: Tensor | Number) -> Tensor:
        """In place: Whether exactly one element is nonzero."""
    def logit(self, eps: Any = ...) -> Tensor:
        """`log(x / (1 - x))`; with `eps` each element is first brought between it and `1 - eps`."""
    def logit_(self, eps: Any = ...) -> Tensor:
        """In place: `log(x / (1 - x))`; with `eps` each element is first brought between it and `1 - eps`."""
    def logsumexp(self, dim: Dim, keepdim: builtins.bool = ...) -> Tensor:
        """The logarithm of the sum of exponentials over `dim`, without overflow."""
    def long(self, memory_format: Any = ...) -> Tensor:
        """The tensor as int64."""
    def lt(self, other: Tensor | Number) -> Tensor:
        """Whether the first element is smaller."""
    def lt_(self, other: Tensor | Number) -> Tensor:
        """In place: Whether the first element is smaller."""
    def lu_solve(self, LU_data: Any, LU_pivots: Any) -> Any:
        """"""
    def masked_fill(self, mask: Tensor, value: Any) -> Tensor:
        """The tensor with `value` where the mask is true: a number, or a 0-d tensor."""
    def masked_fill_(self, mask: Tensor, value: Tensor | Number) -> Tensor:
        """In place: `value` where the mask is true."""
    def masked_scatter(self, mask: Tensor, source: Tensor) -> Tensor:
        """The tensor with the elements of `source`, one after the other, where the mask is true."""
    def masked_scatter_(self, mask: Tensor, source: Tensor) -> Tensor:
        """In place: the elements of `source`, one after the other, where the mask is true."""
    def masked_select(self, mask: Tensor) -> Tensor:
        """The elements where the mask is true, in one row."""
    def matmul(self, other: Tensor) -> Tensor:
        """The matrix product; vectors are rows on the left and columns on the right, batches broadcast."""
    def matrix_exp(self) -> Tensor:
        """The exponential of square matrices: the limit of `(1 + x / n) ** n`."""
    def matrix_power(self, n: builtins.int) -> Tensor:
        """A square matrix multiplied with itself; of a negative `n` its inverse is."""
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
    def median(self, dim: builtins.int | None = ..., keepdim: builtins.bool = ...) -> Any:
        """The middle element, the lower of two; with `dim` (values, indices) along it."""
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
    def mode(self, dim: builtins.int = ..., keepdim: builtins.bool = ...) -> ValuesAndIndices:
        """The elements that stand most often along `dim`, the smallest of equals, and where."""
    def moveaxis(self, source: Any, destination: Any) -> Tensor:
        """Dimensions moved to other places; the rest keep their order."""
    def movedim(self, source: Any, destination: Any) -> Tensor:
        """Dimensions moved to other places; the rest keep their order."""
    def msort(self) -> Tensor:
        """Values in order along the first dimension."""
    def mul(self, other: Tensor | Number) -> Tensor:
        """The product of two tensors."""
    def mul_(self, other: Tensor | Number) -> Tensor:
        """In place: The product of two tensors."""
    def multinomial(self, num_samples: builtins.int, replacement: builtins.bool = ..., *, generator: random.Generator | None = ...) -> Tensor:
        """Indices drawn with the probabilities that each row's elements are proportional to."""
    def multiply(self, other: Tensor | Number) -> Tensor:
        """The product of two tensors."""
    def multiply_(self, other: Tensor | Number) -> Tensor:
        """In place: The product of two tensors."""
    def mv(self, other: Tensor) -> Tensor:
        """The product of a matrix and a vector."""
    def mvlgamma(self, p: builtins.int) -> Tensor:
        """The logarithm of the multivariate gamma function of dimension `p`."""
    def mvlgamma_(self, p: builtins.int) -> Tensor:
        """In place: as `mvlgamma`."""
    def nan_to_num(self, nan: builtins.float | None = ..., posinf: builtins.float | None = ..., neginf: builtins.float | None = ...) -> Tensor:
        """Each element, with NaN and the infinities replaced: by 0 and the largest numbers unless"""
    def nan_to_num_(self, nan: Any = ..., posinf: Any = ..., neginf: Any = ...) -> Tensor:
        """In place: Each element, with NaN and the infinities replaced: by 0 and the largest numbers unless"""
    def nanmean(self, dim: Any = ..., keepdim: builtins.bool = ..., *, dtype: dtypes.dtype | None = ...) -> Tensor:
        """The mean over `dim` of what is not NaN."""
    def nanmedian(self, dim: builtins.int | None = ..., keepdim: builtins.bool = ...) -> Any:
        """The middle of the elements that are not NaN; with `dim` (values, indices) along it."""
    def nanquantile(self, q: Any, dim: builtins.int | None = ..., keepdim: builtins.bool = ..., *, interpolation: str = ...) -> Tensor:
        """As `quantile`, of the elements that are not NaN."""
    def nansum(self, dim: Dim = ..., keepdim: builtins.bool = ..., dtype: Any = ...) -> Tensor:
        """The sum over `dim` of what is not NaN, after conversion to `dtype`."""
    def narrow(self, dim: Dim, start: Any, length: Any) -> Tensor:
        """`length` indices from `start` along `dim`."""
    def ne(self, other: Tensor | Number) -> Tensor:
        """Whether two elements differ."""
    def ne_(self, other: Tensor | Number) -> Tensor:
        """In place: Whether two elements differ."""
    def neg(self) -> Tensor:
        """The negative of each element."""
    def neg_(self) -> Tensor:
        """In place: The negative of each element."""
    def negative(self) -> Tensor:
        """The negative of each element."""
    def negative_(self, *args: Any, **options: Any) -> Tensor:
        """In place: The negative of each element."""
    def new(self, *data: Any, device: Any = ...) -> Tensor:
        """A tensor of this one's dtype, from sizes or a sequence."""
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
    def nextafter(self, other: Tensor | Number) -> Tensor:
        """The next number that the dtype can hold, from `input` toward `other`."""
    def nextafter_(self, other: Tensor | Number) -> Tensor:
        """In place: The next number that the dtype can hold, from `input` toward `other`."""
    def nonzero(self, *, as_tuple: builtins.bool = ...) -> Any:
        """Indices of the elements that are not 0, one row each."""
    def norm(self, p: Any = ..., dim: Any = ..., keepdim: builtins.bool = ..., dtype: Any = ...) -> Tensor:
        """The norm of all elements over `dim`: `(sum |x|^p)^(1/p)`, also `inf`, `-inf`, `"fro"` (2),"""
    def normal_(self, mean: builtins.float = ..., std: builtins.float = ..., *, generator: random.Generator | None = ...) -> Tensor:
        """Overwrite every element with a normal random number."""
    def not_equal(self, other: Tensor | Number) -> Tensor:
        """Whether two elements differ."""
    def not_equal_(self, other: Tensor | Number) -> Tensor:
        """In place: Whether two elements differ."""
    def numel(self) -> builtins.int:
        """Number of elements."""
    def outer(self, other: Tensor | Number) -> Tensor:
        """The outer product of two vectors."""
    def permute(self, *args: Any, dims: Any = ...) -> Tensor:
        """The dimensions in another order."""
    def pinverse(self, rcond: builtins.float = ...) -> Tensor:
        """The pseudoinverse: singular values up to `rcond` times the largest count as 0."""
    def polygamma(self, n: builtins.int) -> Tensor:
        """The derivative of order `n` of `digamma`."""
    def polygamma_(self, n: Any) -> Tensor:
        """In place: The derivative of order `n` of `digamma`."""
    def positive(self) -> Tensor:
        """Each element as it is."""
    def pow(self, other: Tensor | Number) -> Tensor:
        """The first tensor to the power of the second."""
    def pow_(self, other: Tensor | Number) -> Tensor:
        """In place: The first tensor to the power of the second."""
    def prelu(self, weight: Tensor) -> Tensor:
        """`x` where positive, `weight * x` elsewhere: one weight, or one for each channel (dimension"""
    def prod(self, dim: Dim = ..., keepdim: builtins.bool = ..., dtype: Any = ...) -> Tensor:
        """The product over `dim`, after conversion to `dtype`. Its gradient is right at zeros too."""
    def put(self, index: Tensor, source: Tensor, accumulate: builtins.bool = ...) -> Tensor:
        """A copy of `input` with elements at indices into the flattened tensor replaced, or added."""
    def put_(self, index: Tensor, source: Tensor, accumulate: builtins.bool = ...) -> Tensor:
        """In place: elements at indices into the flattened tensor replaced, or added to."""
    def qr(self, some: builtins.bool = ...) -> QRResult:
        """As `linalg.qr`; `some` for the smaller factors."""
    def quantile(self, q: Any, dim: builtins.int | None = ..., keepdim: builtins.bool = ..., *, interpolation: str = ...) -> Tensor:
        """The numbers below which a share `q` of the elements along `dim` lies."""
    def rad2deg(self) -> Tensor:
        """Angles in radians as degrees."""
    def rad2deg_(self) -> Tensor:
        """In place: Angles in radians as degrees."""
    def random_(self, from_: Any = ..., to: builtins.int | None = ..., *, generator: random.Generator | None = ...) -> Tensor:
        """Overwrite every element with a random integer: in [from, to), in [0, to), or all that the"""
    def ravel(self) -> Tensor:
        """All elements in one dimension."""
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
    def renorm(self, p: builtins.float, dim: builtins.int, maxnorm: builtins.float) -> Tensor:
        """Slices along `dim` scaled down to a norm of order `p` of at most `maxnorm`."""
    def renorm_(self, p: builtins.float, dim: builtins.int, maxnorm: builtins.float) -> Tensor:
        """In place: as `renorm`."""
    def repeat(self, *args: Any, repeats: Any = ...) -> Tensor:
        """The tensor copied `repeats` times along each dimension."""
    def repeat_interleave(self, repeats: Any = ..., dim: builtins.int | None = ..., *, output_size: builtins.int | None = ...) -> Tensor:
        """Each element repeated, along `dim` or in one row; counts may differ. With counts alone, the"""
    def reshape(self, *args: Any, shape: Any = ...) -> Tensor:
        """The same elements under another shape: a view if possible, else a copy."""
    def reshape_as(self, other: Tensor) -> Tensor:
        """Reshaped to the shape of another tensor."""
    def resize(self, *sizes: Any) -> Tensor:
        """Not supported: PyTorch deprecates it, and it only ever changed the shape."""
    def resize_(self, *sizes: Any, memory_format: Any = ...) -> Tensor:
        """Not supported: elements would appear or disappear under the views of the tensor."""
    def resize_as_(self, the_template: Tensor, *, memory_format: Any = ...) -> Tensor:
        """Resized in place to the shape of another tensor: only where it has that shape already."""
    def resolve_conj(self) -> Tensor:
        """The tensor itself: conjugates are computed when they are asked for."""
    def roll(self, shifts: Any, dims: Any = ...) -> Tensor:
        """Elements moved along dimensions; those that leave at the end come in at the start."""
    def rot90(self, k: builtins.int = ..., dims: Sequence[builtins.int] = ...) -> Tensor:
        """Turned by 90 degrees `k` times, from the first of two dimensions toward the second."""
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
    def scatter_reduce(self, dim: builtins.int, index: Tensor, src: Tensor, reduce: str, *, include_self: builtins.bool = ...) -> Tensor:
        """The tensor with `src[i][j]` reduced into `[index[i][j]][j]` for `dim=0`, and so on, by sum,"""
    def scatter_reduce_(self, dim: builtins.int, index: Tensor, src: Tensor, reduce: str, *, include_self: builtins.bool = ...) -> Tensor:
        """In place: `src[i][j]` reduced into `[index[i][j]][j]` for `dim=0`, and so on."""
    def searchsorted(self, input: Any, *, out_int32: builtins.bool = ..., right: builtins.bool = ..., side: str | None = ..., sorter: Tensor | None = ...) -> Tensor:
        """Where each number would go in a sorted row so that it stays sorted; before equal ones, or"""
    def select(self, dim: Dim, index: Any) -> Tensor:
        """The slice at one index along `dim`, which disappears."""
    def select_scatter(self, src: Tensor, dim: builtins.int, index: builtins.int) -> Tensor:
        """A copy of `input` with `src` at one index along `dim`."""
    def set_(self, *source: Any) -> Tensor:
        """Not supported: a tensor stays in its storage."""
    def sgn(self) -> Tensor:
        """-1, 0 or 1 by the sign of each element; for complex numbers the direction. 0 for NaN."""
    def sgn_(self) -> Tensor:
        """In place: -1, 0 or 1 by the sign of each element; for complex numbers the direction. 0 for NaN."""
    def short(self, memory_format: Any = ...) -> Tensor:
        """The tensor as int16."""
    def sigmoid(self) -> Tensor:
        """`1 / (1 + exp(-x))`, without overflow."""
    def sigmoid_(self) -> Tensor:
        """In place: `1 / (1 + exp(-x))`, without overflow."""
    def sign(self) -> Tensor:
        """-1, 0 or 1 by the sign of each element. 0 for NaN."""
    def sign_(self) -> Tensor:
        """In place: -1, 0 or 1 by the sign of each element. 0 for NaN."""
    def signbit(self) -> Tensor:
        """Whether the sign of each element is set: that of -0.0 is."""
    def sin(self) -> Tensor:
        """The sine of each element, in radians."""
    def sin_(self) -> Tensor:
        """In place: The sine of each element, in radians."""
    def sinc(self) -> Tensor:
        """`sin(pi x) / (pi x)`, and 1 at 0."""
    def sinc_(self) -> Tensor:
        """In place: `sin(pi x) / (pi x)`, and 1 at 0."""
    def sinh(self) -> Tensor:
        """The hyperbolic sine of each element."""
    def sinh_(self) -> Tensor:
        """In place: The hyperbolic sine of each element."""
    def slice_scatter(self, src: Tensor, dim: builtins.int = ..., start: builtins.int | None = ..., end: builtins.int | None = ..., step: builtins.int = ...) -> Tensor:
        """A copy of `input` with `src` in a slice along `dim`."""
    def slogdet(self) -> SlogdetResult:
        """The sign of the determinant and the logarithm of its absolute value, without overflow."""
    def softmax(self, dim: Dim, dtype: Any = ...) -> Tensor:
        """Exponentials along `dim` that sum to 1, without overflow."""
    def sort(self, dim: builtins.int = ..., descending: builtins.bool = ..., stable: builtins.bool = ...) -> ValuesAndIndices:
        """Values in order along `dim`, and where each came from. Equal values stay in their order."""
    def split(self, split_size_or_sections: Any, dim: builtins.int = ...) -> tuple[Tensor, ...]:
        """Consecutive views along `dim`: of a size (the last may be smaller), or of the given sizes."""
    def split_with_sizes(self, split_sizes: Sequence[builtins.int], dim: builtins.int = ...) -> Any:
        """Consecutive views along `dim`, of the given sizes."""
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
    def std(self, dim: Any = ..., unbiased: builtins.bool | None = ..., keepdim: builtins.bool = ..., *, correction: builtins.float | None = ...) -> Tensor:
        """The standard deviation over `dim`: the square root of `var`."""
    def stft(self, n_fft: builtins.int, hop_length: builtins.int | None = ..., win_length: builtins.int | None = ..., window: Tensor | None = ..., center: builtins.bool = ..., pad_mode: str = ..., normalized: builtins.bool = ..., onesided: builtins.bool | None = ..., return_complex: builtins.bool | None = ..., align_to_window: builtins.bool | None = ...) -> Tensor:
        """The spectra of windows of `n_fft` elements, one every `hop_length`."""
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
    def summary(self) -> str:
        """Type and shape, range and mean, how many are NaN, infinite or zero, and a histogram."""
    def svd(self, some: builtins.bool = ..., compute_uv: builtins.bool = ...) -> SVDResultOld:
        """As `linalg.svd`, with `V` for its adjoint; `some` for the smaller factors."""
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
    def take(self, index: Tensor) -> Tensor:
        """The elements at indices into the flattened tensor."""
    def take_along_dim(self, indices: Tensor, dim: builtins.int | None = ...) -> Tensor:
        """The elements at indices along `dim`; both tensors broadcast. Without `dim`, in one row."""
    def tan(self) -> Tensor:
        """The tangent of each element, in radians."""
    def tan_(self) -> Tensor:
        """In place: The tangent of each element, in radians."""
    def tanh(self) -> Tensor:
        """The hyperbolic tangent of each element."""
    def tanh_(self) -> Tensor:
        """In place: The hyperbolic tangent of each element."""
    def tensor_split(self, indices_or_sections: Any, dim: builtins.int = ...) -> tuple[Tensor, ...]:
        """Consecutive views along `dim`: a number of them, nearly equal; or cut at indices."""
    def tile(self, *dims: Any) -> Tensor:
        """The tensor copied along each dimension; missing counts are 1."""
    def to(self, *args: Any, dtype: Any = ..., device: Any = ..., copy: builtins.bool = ..., non_blocking: builtins.bool = ..., memory_format: Any = ...) -> Tensor:
        """The tensor with another dtype or on another device; itself when nothing changes."""
    def topk(self, k: builtins.int, dim: builtins.int = ..., largest: builtins.bool = ..., sorted: builtins.bool = ...) -> ValuesAndIndices:
        """The `k` largest (or smallest) elements along `dim`, and where they are; always in order."""
    def trace(self) -> Tensor:
        """The sum of a matrix's diagonal."""
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
    def true_divide_(self, other: Tensor | Number) -> Tensor:
        """In place: The quotient of two tensors; integers give floating point."""
    def trunc(self) -> Tensor:
        """Each element without its fraction."""
    def trunc_(self) -> Tensor:
        """In place: Each element without its fraction."""
    def type(self, dtype: Any = ..., non_blocking: builtins.bool = ...) -> Any:
        """The tensor's type by name; with a dtype or type, the tensor converted to it."""
    def type_as(self, other: Tensor) -> Tensor:
        """The tensor with the dtype and on the device of another."""
    def unbind(self, dim: Dim = ...) -> tuple[Tensor, ...]:
        """All slices along `dim`, which disappears."""
    def unflatten(self, dim: builtins.int, sizes: Sequence[builtins.int]) -> Tensor:
        """One dimension as several; one of the sizes may be -1."""
    def unfold(self, dimension: Any, size: Any, step: Any) -> Tensor:
        """All parts of `size` elements along a dimension, `step` apart, as a last dimension: a view."""
    def uniform_(self, from_: builtins.float = ..., to: builtins.float = ..., *, generator: random.Generator | None = ..., **named: Any) -> Tensor:
        """Overwrite every element with a random number, uniform in [from, to)."""
    def unique(self, sorted: builtins.bool = ..., return_inverse: builtins.bool = ..., return_counts: builtins.bool = ..., dim: builtins.int | None = ...) -> Any:
        """The different elements (or slices along `dim`), always in order; if asked where each element"""
    def unique_consecutive(self, return_inverse: builtins.bool = ..., return_counts: builtins.bool = ..., dim: builtins.int | None = ...) -> Any:
        """The elements (or slices along `dim`) that differ from the one before; if asked which of them"""
    def unsqueeze(self, dim: Dim) -> Tensor:
        """With a dimension of size 1 inserted before `dim`."""
    def unsqueeze_(self, dim: builtins.int) -> Tensor:
        """In place: with a dimension of size 1 inserted before `dim`."""
    def untyped_storage(self) -> UntypedStorage:
        """The memory that the tensor shares with its views."""
    def var(self, dim: Any = ..., unbiased: builtins.bool | None = ..., keepdim: builtins.bool = ..., *, correction: builtins.float | None = ...) -> Tensor:
        """The variance over `dim`, divided by the count less `correction` (`unbiased` means 1)."""
    def vdot(self, other: Tensor) -> Tensor:
        """The inner product of two vectors, the first one conjugated."""
    def view(self, *args: Any, size: Any = ..., dtype: Any = ...) -> Tensor:
        """The same elements in the same order under another shape, without copying."""
    def view_as(self, other: Tensor) -> Tensor:
        """A view with the shape of another tensor."""
    def vsplit(self, *args: Any, indices: Any = ..., sections: Any = ...) -> Any:
        """Views cut in rows: equal ones, or at indices."""
    def where(self, condition: Tensor, other: Any) -> Tensor:
        """This tensor where the condition holds, `other` elsewhere."""
    def xlogy(self, other: Tensor | Number) -> Tensor:
        """`input * log(other)`, and 0 where `input` is 0."""
    def xlogy_(self, other: Tensor | Number) -> Tensor:
        """In place: `input * log(other)`, and 0 where `input` is 0."""
    def zero_(self) -> Tensor:
        """Overwrite every element with 0."""
