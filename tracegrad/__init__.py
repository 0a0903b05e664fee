"""Tensors with automatic differentiation whose computation graph you can see, query and step
through.

PyTorch's names and semantics (`import tracegrad as tg`), and beyond them `record`, `Trace`,
`scope`, `viz`, `diagnose`, `training` and `vision`.
"""

import typing as _typing
from math import e as e
from math import inf as inf
from math import nan as nan
from math import pi as pi

from tracegrad import accelerator as accelerator
from tracegrad import amp as amp
from tracegrad import autograd as autograd
from tracegrad import backends as backends
from tracegrad import compiler as compiler
from tracegrad import cuda as cuda
from tracegrad import data as data
from tracegrad import diagnose as diagnose
from tracegrad import distributed as distributed
from tracegrad import export as export
from tracegrad import fft as fft
from tracegrad import func as func
from tracegrad import fx as fx
from tracegrad import hub as hub
from tracegrad import jit as jit
from tracegrad import linalg as linalg
from tracegrad import mps as mps
from tracegrad import nn as nn
from tracegrad import onnx as onnx
from tracegrad import optim as optim
from tracegrad import profiler as profiler
from tracegrad import random as random
from tracegrad import serialization as serialization
from tracegrad import special as special
from tracegrad import testing as testing
from tracegrad import types as types
from tracegrad import utils as utils
from tracegrad import version as version
from tracegrad import vision as vision
from tracegrad import viz as viz
from tracegrad import xpu as xpu
from tracegrad._printing import set_printoptions as set_printoptions
from tracegrad._tensor import Tensor as Tensor
from tracegrad._util.formats import channels_last as channels_last
from tracegrad._util.formats import channels_last_3d as channels_last_3d
from tracegrad._util.formats import contiguous_format as contiguous_format
from tracegrad._util.formats import layout as layout
from tracegrad._util.formats import memory_format as memory_format
from tracegrad._util.formats import preserve_format as preserve_format
from tracegrad._util.formats import strided as strided
from tracegrad._util.size import Size as Size
from tracegrad._version import __version__ as __version__
from tracegrad.amp.autocast_mode import autocast as autocast
from tracegrad.amp.autocast_mode import is_autocast_available as is_autocast_available
from tracegrad.amp.autocast_mode import is_autocast_enabled as is_autocast_enabled
from tracegrad.as_torch import install_as_torch as install_as_torch
from tracegrad.as_torch import uninstall_as_torch as uninstall_as_torch
from tracegrad.autograd import enable_grad as enable_grad
from tracegrad.autograd import inference_mode as inference_mode
from tracegrad.autograd import is_grad_enabled as is_grad_enabled
from tracegrad.autograd import no_grad as no_grad
from tracegrad.autograd import set_grad_enabled as set_grad_enabled
from tracegrad.autograd.inference import is_inference as is_inference
from tracegrad.autograd.inference import is_inference_mode_enabled as is_inference_mode_enabled
from tracegrad.backend.device import Device as device
from tracegrad.backend.device import get_default_device as get_default_device
from tracegrad.backend.device import set_default_device as set_default_device
from tracegrad.backend.random import Generator as Generator
from tracegrad.compat.control import (
    are_deterministic_algorithms_enabled as are_deterministic_algorithms_enabled,
)
from tracegrad.compat.control import get_float32_matmul_precision as get_float32_matmul_precision
from tracegrad.compat.control import get_num_interop_threads as get_num_interop_threads
from tracegrad.compat.control import get_num_threads as get_num_threads
from tracegrad.compat.control import (
    is_deterministic_algorithms_warn_only_enabled as is_deterministic_algorithms_warn_only_enabled,
)
from tracegrad.compat.control import set_float32_matmul_precision as set_float32_matmul_precision
from tracegrad.compat.control import set_flush_denormal as set_flush_denormal
from tracegrad.compat.control import set_num_interop_threads as set_num_interop_threads
from tracegrad.compat.control import set_num_threads as set_num_threads
from tracegrad.compat.control import set_warn_always as set_warn_always
from tracegrad.compat.control import typename as typename
from tracegrad.compat.control import use_deterministic_algorithms as use_deterministic_algorithms
from tracegrad.compiler import compile as compile
from tracegrad.dtypes import bfloat16 as bfloat16
from tracegrad.dtypes import bool_ as bool
from tracegrad.dtypes import can_cast as can_cast
from tracegrad.dtypes import complex64 as cfloat
from tracegrad.dtypes import complex64 as complex64
from tracegrad.dtypes import complex128 as cdouble
from tracegrad.dtypes import complex128 as complex128
from tracegrad.dtypes import dtype as dtype
from tracegrad.dtypes import finfo as finfo
from tracegrad.dtypes import float16 as float16
from tracegrad.dtypes import float16 as half
from tracegrad.dtypes import float32 as float
from tracegrad.dtypes import float32 as float32
from tracegrad.dtypes import float64 as double
from tracegrad.dtypes import float64 as float64
from tracegrad.dtypes import get_default_dtype as get_default_dtype
from tracegrad.dtypes import iinfo as iinfo
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
from tracegrad.dtypes import uint16 as uint16
from tracegrad.dtypes import uint32 as uint32
from tracegrad.dtypes import uint64 as uint64
from tracegrad.errors import FreedGraphError as FreedGraphError
from tracegrad.errors import InplaceModificationError as InplaceModificationError
from tracegrad.errors import InplaceRefusedError as InplaceRefusedError
from tracegrad.errors import NoGradientError as NoGradientError
from tracegrad.errors import TracegradError as TracegradError
from tracegrad.func import vmap as vmap
from tracegrad.graph.scope import scope as scope
from tracegrad.nn.functional import alpha_dropout as alpha_dropout
from tracegrad.nn.functional import bilinear as bilinear
from tracegrad.nn.functional import celu as celu
from tracegrad.nn.functional import celu_ as celu_
from tracegrad.nn.functional import conv_tbc as conv_tbc
from tracegrad.nn.functional import cosine_similarity as cosine_similarity
from tracegrad.nn.functional import dropout as dropout
from tracegrad.nn.functional import feature_alpha_dropout as feature_alpha_dropout
from tracegrad.nn.functional import group_norm as group_norm
from tracegrad.nn.functional import layer_norm as layer_norm
from tracegrad.nn.functional import native_channel_shuffle as native_channel_shuffle
from tracegrad.nn.functional import pairwise_distance as pairwise_distance
from tracegrad.nn.functional import pdist as pdist
from tracegrad.nn.functional import rms_norm as rms_norm
from tracegrad.nn.functional import rrelu as rrelu
from tracegrad.nn.functional import rrelu_ as rrelu_
from tracegrad.nn.functional import selu as selu
from tracegrad.nn.functional import selu_ as selu_
from tracegrad.nn.functional import threshold as threshold
from tracegrad.nn.functional import threshold_ as threshold_
from tracegrad.nn.functional.distance import cdist as cdist
from tracegrad.nn.functional.inside import alpha_dropout_ as alpha_dropout_
from tracegrad.nn.functional.inside import batch_norm as batch_norm
from tracegrad.nn.functional.inside import (
    binary_cross_entropy_with_logits as binary_cross_entropy_with_logits,
)
from tracegrad.nn.functional.inside import dropout_ as dropout_
from tracegrad.nn.functional.inside import embedding as embedding
from tracegrad.nn.functional.inside import feature_alpha_dropout_ as feature_alpha_dropout_
from tracegrad.nn.functional.inside import instance_norm as instance_norm
from tracegrad.nn.functional.inside import kl_div as kl_div
from tracegrad.nn.functional.recurrent_calls import gru as gru
from tracegrad.nn.functional.recurrent_calls import gru_cell as gru_cell
from tracegrad.nn.functional.recurrent_calls import lstm as lstm
from tracegrad.nn.functional.recurrent_calls import lstm_cell as lstm_cell
from tracegrad.nn.functional.recurrent_calls import rnn_relu as rnn_relu
from tracegrad.nn.functional.recurrent_calls import rnn_relu_cell as rnn_relu_cell
from tracegrad.nn.functional.recurrent_calls import rnn_tanh as rnn_tanh
from tracegrad.nn.functional.recurrent_calls import rnn_tanh_cell as rnn_tanh_cell
from tracegrad.ops import functions
from tracegrad.ops.functions import *  # noqa: F403  hundreds of names, which functions.pyi declares
from tracegrad.random import default_generator as default_generator
from tracegrad.random import get_rng_state as get_rng_state
from tracegrad.random import initial_seed as initial_seed
from tracegrad.random import seed as seed
from tracegrad.random import set_rng_state as set_rng_state
from tracegrad.recording import tensor_summary as _tensor_summary  # sets Tensor.summary
from tracegrad.recording.live import Trace as Trace
from tracegrad.recording.live import record as record
from tracegrad.recording.reader import open_trace as open_trace
from tracegrad.serialization import load as load
from tracegrad.serialization import save as save
from tracegrad.tensor_types import BFloat16Tensor as BFloat16Tensor
from tracegrad.tensor_types import BoolTensor as BoolTensor
from tracegrad.tensor_types import ByteTensor as ByteTensor
from tracegrad.tensor_types import CharTensor as CharTensor
from tracegrad.tensor_types import DoubleTensor as DoubleTensor
from tracegrad.tensor_types import FloatTensor as FloatTensor
from tracegrad.tensor_types import HalfTensor as HalfTensor
from tracegrad.tensor_types import IntTensor as IntTensor
from tracegrad.tensor_types import LongTensor as LongTensor
from tracegrad.tensor_types import ShortTensor as ShortTensor

newaxis = None
"""A new dimension of size 1, in an index."""

__all__ = [
    "BFloat16Tensor",
    "BoolTensor",
    "ByteTensor",
    "CharTensor",
    "DoubleTensor",
    "FloatTensor",
    "FreedGraphError",
    "Generator",
    "HalfTensor",
    "InplaceModificationError",
    "InplaceRefusedError",
    "IntTensor",
    "LongTensor",
    "NoGradientError",
    "ShortTensor",
    "Size",
    "Tensor",
    "Trace",
    "TracegradError",
    "__version__",
    "accelerator",
    "alpha_dropout",
    "alpha_dropout_",
    "amp",
    "are_deterministic_algorithms_enabled",
    "autocast",
    "autograd",
    "backends",
    "batch_norm",
    "bfloat16",
    "bilinear",
    "binary_cross_entropy_with_logits",
    "bool",
    "can_cast",
    "cdist",
    "cdouble",
    "celu",
    "celu_",
    "cfloat",
    "channels_last",
    "channels_last_3d",
    "compile",
    "compiler",
    "complex128",
    "complex64",
    "contiguous_format",
    "conv_tbc",
    "cosine_similarity",
    "cuda",
    "data",
    "default_generator",
    "device",
    "diagnose",
    "distributed",
    "double",
    "dropout",
    "dropout_",
    "dtype",
    "e",
    "embedding",
    "enable_grad",
    "export",
    "feature_alpha_dropout",
    "feature_alpha_dropout_",
    "fft",
    "finfo",
    "float",
    "float16",
    "float32",
    "float64",
    "func",
    "fx",
    "get_default_device",
    "get_default_dtype",
    "get_float32_matmul_precision",
    "get_num_interop_threads",
    "get_num_threads",
    "get_rng_state",
    "group_norm",
    "gru",
    "gru_cell",
    "half",
    "hub",
    "iinfo",
    "inf",
    "inference_mode",
    "initial_seed",
    "install_as_torch",
    "instance_norm",
    "int",
    "int16",
    "int32",
    "int64",
    "int8",
    "is_autocast_available",
    "is_autocast_enabled",
    "is_deterministic_algorithms_warn_only_enabled",
    "is_grad_enabled",
    "is_inference",
    "is_inference_mode_enabled",
    "jit",
    "kl_div",
    "layer_norm",
    "layout",
    "linalg",
    "load",
    "long",
    "lstm",
    "lstm_cell",
    "memory_format",
    "mps",
    "nan",
    "native_channel_shuffle",
    "newaxis",
    "nn",
    "no_grad",
    "onnx",
    "open_trace",
    "optim",
    "pairwise_distance",
    "pdist",
    "pi",
    "preserve_format",
    "profiler",
    "promote_types",
    "random",
    "record",
    "rms_norm",
    "rnn_relu",
    "rnn_relu_cell",
    "rnn_tanh",
    "rnn_tanh_cell",
    "rrelu",
    "rrelu_",
    "save",
    "scope",
    "seed",
    "selu",
    "selu_",
    "serialization",
    "set_default_device",
    "set_default_dtype",
    "set_float32_matmul_precision",
    "set_flush_denormal",
    "set_grad_enabled",
    "set_num_interop_threads",
    "set_num_threads",
    "set_printoptions",
    "set_rng_state",
    "set_warn_always",
    "short",
    "special",
    "strided",
    "testing",
    "threshold",
    "threshold_",
    "training",
    "typename",
    "types",
    "uint16",
    "uint32",
    "uint64",
    "uint8",
    "uninstall_as_torch",
    "use_deterministic_algorithms",
    "utils",
    "version",
    "vision",
    "viz",
    "vmap",
    "xpu",
]
__all__ += functions.__all__

if _typing.TYPE_CHECKING:
    from tracegrad import training as training
else:

    def __getattr__(name):
        """`training`, which is loaded when it is first used: it is a tenth of the import's time."""
        if name != "training":
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module

        return import_module("tracegrad.training")
