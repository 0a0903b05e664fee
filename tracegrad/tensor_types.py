"""PyTorch's legacy tensor types of the CPU: `FloatTensor` and its like."""

from __future__ import annotations

from tracegrad.ops.conversion import TENSOR_TYPES

FloatTensor = TENSOR_TYPES["cpu"]["FloatTensor"]
DoubleTensor = TENSOR_TYPES["cpu"]["DoubleTensor"]
HalfTensor = TENSOR_TYPES["cpu"]["HalfTensor"]
BFloat16Tensor = TENSOR_TYPES["cpu"]["BFloat16Tensor"]
LongTensor = TENSOR_TYPES["cpu"]["LongTensor"]
IntTensor = TENSOR_TYPES["cpu"]["IntTensor"]
ShortTensor = TENSOR_TYPES["cpu"]["ShortTensor"]
CharTensor = TENSOR_TYPES["cpu"]["CharTensor"]
ByteTensor = TENSOR_TYPES["cpu"]["ByteTensor"]
BoolTensor = TENSOR_TYPES["cpu"]["BoolTensor"]
