"""Tensors with automatic differentiation whose computation graph you can see, query and step
through.

PyTorch's names and semantics (`import tracegrad as tg`), and beyond them `record`, `Trace`, `scope`
and `viz`.
"""

from tracegrad import autograd as autograd
from tracegrad import nn as nn
from tracegrad import optim as optim
from tracegrad import viz as viz
from tracegrad._printing import set_printoptions as set_printoptions
from tracegrad._tensor import Tensor as Tensor
from tracegrad._util.size import Size as Size
from tracegrad._version import __version__ as __version__
from tracegrad.autograd import enable_grad as enable_grad
from tracegrad.autograd import is_grad_enabled as is_grad_enabled
from tracegrad.autograd import no_grad as no_grad
from tracegrad.autograd import set_grad_enabled as set_grad_enabled
from tracegrad.backend.device import Device as device
from tracegrad.backend.random import Generator as Generator
from tracegrad.dtypes import bool_ as bool
from tracegrad.dtypes import complex64 as complex64
from tracegrad.dtypes import complex128 as complex128
from tracegrad.dtypes import dtype as dtype
from tracegrad.dtypes import float16 as float16
from tracegrad.dtypes import float16 as half
from tracegrad.dtypes import float32 as float
from tracegrad.dtypes import float32 as float32
from tracegrad.dtypes import float64 as double
from tracegrad.dtypes import float64 as float64
from tracegrad.dtypes import get_default_dtype as get_default_dtype
from tracegrad.dtypes import int8 as int8
from tracegrad.dtypes import int16 as int16
from tracegrad.dtypes import int16 as short
from tracegrad.dtypes import int32 as int
from tracegrad.dtypes import int32 as int32
from tracegrad.dtypes import int64 as int64
from tracegrad.dtypes import int64 as long
from tracegrad.dtypes import promote_types as promote_types
from tracegrad.dtypes import set_default_dtype as set_default_dtype
from tracegrad.dtypes import uint8 as uint8
from tracegrad.errors import FreedGraphError as FreedGraphError
from tracegrad.errors import InplaceModificationError as InplaceModificationError
from tracegrad.errors import InplaceRefusedError as InplaceRefusedError
from tracegrad.errors import NoGradientError as NoGradientError
from tracegrad.errors import TracegradError as TracegradError
from tracegrad.graph.scope import scope as scope
from tracegrad.ops.functions import abs as abs
from tracegrad.ops.functions import absolute as absolute
from tracegrad.ops.functions import acos as acos
from tracegrad.ops.functions import add as add
from tracegrad.ops.functions import addmm as addmm
from tracegrad.ops.functions import all as all
from tracegrad.ops.functions import allclose as allclose
from tracegrad.ops.functions import amax as amax
from tracegrad.ops.functions import amin as amin
from tracegrad.ops.functions import any as any
from tracegrad.ops.functions import arange as arange
from tracegrad.ops.functions import arctan2 as arctan2
from tracegrad.ops.functions import argmax as argmax
from tracegrad.ops.functions import argmin as argmin
from tracegrad.ops.functions import argsort as argsort
from tracegrad.ops.functions import as_strided as as_strided
from tracegrad.ops.functions import as_strided_scatter as as_strided_scatter
from tracegrad.ops.functions import as_tensor as as_tensor
from tracegrad.ops.functions import asin as asin
from tracegrad.ops.functions import atan as atan
from tracegrad.ops.functions import atan2 as atan2
from tracegrad.ops.functions import bitwise_and as bitwise_and
from tracegrad.ops.functions import bitwise_not as bitwise_not
from tracegrad.ops.functions import bitwise_or as bitwise_or
from tracegrad.ops.functions import bitwise_xor as bitwise_xor
from tracegrad.ops.functions import bmm as bmm
from tracegrad.ops.functions import cat as cat
from tracegrad.ops.functions import ceil as ceil
from tracegrad.ops.functions import chunk as chunk
from tracegrad.ops.functions import clamp as clamp
from tracegrad.ops.functions import clip as clip
from tracegrad.ops.functions import clone as clone
from tracegrad.ops.functions import concat as concat
from tracegrad.ops.functions import concatenate as concatenate
from tracegrad.ops.functions import cos as cos
from tracegrad.ops.functions import cosh as cosh
from tracegrad.ops.functions import count_nonzero as count_nonzero
from tracegrad.ops.functions import cumsum as cumsum
from tracegrad.ops.functions import diagonal as diagonal
from tracegrad.ops.functions import div as div
from tracegrad.ops.functions import divide as divide
from tracegrad.ops.functions import dot as dot
from tracegrad.ops.functions import empty as empty
from tracegrad.ops.functions import empty_like as empty_like
from tracegrad.ops.functions import eq as eq
from tracegrad.ops.functions import equal as equal
from tracegrad.ops.functions import exp as exp
from tracegrad.ops.functions import exp2 as exp2
from tracegrad.ops.functions import expm1 as expm1
from tracegrad.ops.functions import eye as eye
from tracegrad.ops.functions import flatten as flatten
from tracegrad.ops.functions import flip as flip
from tracegrad.ops.functions import floor as floor
from tracegrad.ops.functions import floor_divide as floor_divide
from tracegrad.ops.functions import from_numpy as from_numpy
from tracegrad.ops.functions import full as full
from tracegrad.ops.functions import full_like as full_like
from tracegrad.ops.functions import gather as gather
from tracegrad.ops.functions import ge as ge
from tracegrad.ops.functions import ger as ger
from tracegrad.ops.functions import greater as greater
from tracegrad.ops.functions import greater_equal as greater_equal
from tracegrad.ops.functions import gt as gt
from tracegrad.ops.functions import index_add as index_add
from tracegrad.ops.functions import index_copy as index_copy
from tracegrad.ops.functions import index_fill as index_fill
from tracegrad.ops.functions import index_put as index_put
from tracegrad.ops.functions import index_select as index_select
from tracegrad.ops.functions import isfinite as isfinite
from tracegrad.ops.functions import isinf as isinf
from tracegrad.ops.functions import isnan as isnan
from tracegrad.ops.functions import le as le
from tracegrad.ops.functions import lerp as lerp
from tracegrad.ops.functions import less as less
from tracegrad.ops.functions import less_equal as less_equal
from tracegrad.ops.functions import linspace as linspace
from tracegrad.ops.functions import log as log
from tracegrad.ops.functions import log1p as log1p
from tracegrad.ops.functions import log2 as log2
from tracegrad.ops.functions import log10 as log10
from tracegrad.ops.functions import log_softmax as log_softmax
from tracegrad.ops.functions import logical_and as logical_and
from tracegrad.ops.functions import logical_not as logical_not
from tracegrad.ops.functions import logical_or as logical_or
from tracegrad.ops.functions import logical_xor as logical_xor
from tracegrad.ops.functions import logsumexp as logsumexp
from tracegrad.ops.functions import lt as lt
from tracegrad.ops.functions import manual_seed as manual_seed
from tracegrad.ops.functions import masked_fill as masked_fill
from tracegrad.ops.functions import masked_scatter as masked_scatter
from tracegrad.ops.functions import matmul as matmul
from tracegrad.ops.functions import max as max
from tracegrad.ops.functions import maximum as maximum
from tracegrad.ops.functions import mean as mean
from tracegrad.ops.functions import min as min
from tracegrad.ops.functions import minimum as minimum
from tracegrad.ops.functions import mm as mm
from tracegrad.ops.functions import mul as mul
from tracegrad.ops.functions import multiply as multiply
from tracegrad.ops.functions import mv as mv
from tracegrad.ops.functions import narrow as narrow
from tracegrad.ops.functions import ne as ne
from tracegrad.ops.functions import neg as neg
from tracegrad.ops.functions import negative as negative
from tracegrad.ops.functions import nonzero as nonzero
from tracegrad.ops.functions import norm as norm
from tracegrad.ops.functions import not_equal as not_equal
from tracegrad.ops.functions import ones as ones
from tracegrad.ops.functions import ones_like as ones_like
from tracegrad.ops.functions import outer as outer
from tracegrad.ops.functions import permute as permute
from tracegrad.ops.functions import positive as positive
from tracegrad.ops.functions import pow as pow
from tracegrad.ops.functions import prod as prod
from tracegrad.ops.functions import rand as rand
from tracegrad.ops.functions import rand_like as rand_like
from tracegrad.ops.functions import randint as randint
from tracegrad.ops.functions import randn as randn
from tracegrad.ops.functions import randn_like as randn_like
from tracegrad.ops.functions import randperm as randperm
from tracegrad.ops.functions import reciprocal as reciprocal
from tracegrad.ops.functions import relu as relu
from tracegrad.ops.functions import remainder as remainder
from tracegrad.ops.functions import reshape as reshape
from tracegrad.ops.functions import round as round
from tracegrad.ops.functions import rsqrt as rsqrt
from tracegrad.ops.functions import scatter as scatter
from tracegrad.ops.functions import scatter_add as scatter_add
from tracegrad.ops.functions import select as select
from tracegrad.ops.functions import sgn as sgn
from tracegrad.ops.functions import sigmoid as sigmoid
from tracegrad.ops.functions import sign as sign
from tracegrad.ops.functions import sin as sin
from tracegrad.ops.functions import sinh as sinh
from tracegrad.ops.functions import softmax as softmax
from tracegrad.ops.functions import sort as sort
from tracegrad.ops.functions import split as split
from tracegrad.ops.functions import sqrt as sqrt
from tracegrad.ops.functions import square as square
from tracegrad.ops.functions import squeeze as squeeze
from tracegrad.ops.functions import stack as stack
from tracegrad.ops.functions import std as std
from tracegrad.ops.functions import sub as sub
from tracegrad.ops.functions import subtract as subtract
from tracegrad.ops.functions import sum as sum
from tracegrad.ops.functions import swapaxes as swapaxes
from tracegrad.ops.functions import swapdims as swapdims
from tracegrad.ops.functions import t as t
from tracegrad.ops.functions import tan as tan
from tracegrad.ops.functions import tanh as tanh
from tracegrad.ops.functions import tensor as tensor
from tracegrad.ops.functions import topk as topk
from tracegrad.ops.functions import transpose as transpose
from tracegrad.ops.functions import tril as tril
from tracegrad.ops.functions import triu as triu
from tracegrad.ops.functions import true_divide as true_divide
from tracegrad.ops.functions import trunc as trunc
from tracegrad.ops.functions import unbind as unbind
from tracegrad.ops.functions import unsqueeze as unsqueeze
from tracegrad.ops.functions import var as var
from tracegrad.ops.functions import where as where
from tracegrad.ops.functions import zeros as zeros
from tracegrad.ops.functions import zeros_like as zeros_like
from tracegrad.recording.live import Trace as Trace
from tracegrad.recording.live import record as record
from tracegrad.recording.reader import open_trace as open_trace

__all__ = [
    "FreedGraphError",
    "Generator",
    "InplaceModificationError",
    "InplaceRefusedError",
    "NoGradientError",
    "Size",
    "Tensor",
    "Trace",
    "TracegradError",
    "__version__",
    "abs",
    "absolute",
    "acos",
    "add",
    "addmm",
    "all",
    "allclose",
    "amax",
    "amin",
    "any",
    "arange",
    "arctan2",
    "argmax",
    "argmin",
    "argsort",
    "as_strided",
    "as_strided_scatter",
    "as_tensor",
    "asin",
    "atan",
    "atan2",
    "autograd",
    "bitwise_and",
    "bitwise_not",
    "bitwise_or",
    "bitwise_xor",
    "bmm",
    "bool",
    "cat",
    "ceil",
    "chunk",
    "clamp",
    "clip",
    "clone",
    "complex128",
    "complex64",
    "concat",
    "concatenate",
    "cos",
    "cosh",
    "count_nonzero",
    "cumsum",
    "device",
    "diagonal",
    "div",
    "divide",
    "dot",
    "double",
    "dtype",
    "empty",
    "empty_like",
    "enable_grad",
    "eq",
    "equal",
    "exp",
    "exp2",
    "expm1",
    "eye",
    "flatten",
    "flip",
    "float",
    "float16",
    "float32",
    "float64",
    "floor",
    "floor_divide",
    "from_numpy",
    "full",
    "full_like",
    "gather",
    "ge",
    "ger",
    "get_default_dtype",
    "greater",
    "greater_equal",
    "gt",
    "half",
    "index_add",
    "index_copy",
    "index_fill",
    "index_put",
    "index_select",
    "int",
    "int16",
    "int32",
    "int64",
    "int8",
    "is_grad_enabled",
    "isfinite",
    "isinf",
    "isnan",
    "le",
    "lerp",
    "less",
    "less_equal",
    "linspace",
    "log",
    "log10",
    "log1p",
    "log2",
    "log_softmax",
    "logical_and",
    "logical_not",
    "logical_or",
    "logical_xor",
    "logsumexp",
    "long",
    "lt",
    "manual_seed",
    "masked_fill",
    "masked_scatter",
    "matmul",
    "max",
    "maximum",
    "mean",
    "min",
    "minimum",
    "mm",
    "mul",
    "multiply",
    "mv",
    "narrow",
    "ne",
    "neg",
    "negative",
    "nn",
    "no_grad",
    "nonzero",
    "norm",
    "not_equal",
    "ones",
    "ones_like",
    "open_trace",
    "optim",
    "outer",
    "permute",
    "positive",
    "pow",
    "prod",
    "promote_types",
    "rand",
    "rand_like",
    "randint",
    "randn",
    "randn_like",
    "randperm",
    "reciprocal",
    "record",
    "relu",
    "remainder",
    "reshape",
    "round",
    "rsqrt",
    "scatter",
    "scatter_add",
    "scope",
    "select",
    "set_default_dtype",
    "set_grad_enabled",
    "set_printoptions",
    "sgn",
    "short",
    "sigmoid",
    "sign",
    "sin",
    "sinh",
    "softmax",
    "sort",
    "split",
    "sqrt",
    "square",
    "squeeze",
    "stack",
    "std",
    "sub",
    "subtract",
    "sum",
    "swapaxes",
    "swapdims",
    "t",
    "tan",
    "tanh",
    "tensor",
    "topk",
    "transpose",
    "tril",
    "triu",
    "true_divide",
    "trunc",
    "uint8",
    "unbind",
    "unsqueeze",
    "var",
    "viz",
    "where",
    "zeros",
    "zeros_like",
]
