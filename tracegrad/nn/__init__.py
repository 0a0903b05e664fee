"""Neural networks: modules, layers, losses."""

from tracegrad.nn import common_types as common_types
from tracegrad.nn import functional as functional
from tracegrad.nn import grad as grad
from tracegrad.nn import init as init
from tracegrad.nn import modules as modules
from tracegrad.nn import parallel as parallel
from tracegrad.nn import parameter as parameter
from tracegrad.nn import utils as utils
from tracegrad.nn.factory import factory_kwargs as factory_kwargs
from tracegrad.nn.functional.linear_cross_entropy import (
    LinearCrossEntropyOptions as LinearCrossEntropyOptions,
)
from tracegrad.nn.module import Module as Module
from tracegrad.nn.modules import CELU as CELU
from tracegrad.nn.modules import ELU as ELU
from tracegrad.nn.modules import GELU as GELU
from tracegrad.nn.modules import GLU as GLU
from tracegrad.nn.modules import GRU as GRU
from tracegrad.nn.modules import LSTM as LSTM
from tracegrad.nn.modules import RNN as RNN
from tracegrad.nn.modules import SELU as SELU
from tracegrad.nn.modules import AdaptiveAvgPool1d as AdaptiveAvgPool1d
from tracegrad.nn.modules import AdaptiveAvgPool2d as AdaptiveAvgPool2d
from tracegrad.nn.modules import AdaptiveAvgPool3d as AdaptiveAvgPool3d
from tracegrad.nn.modules import AdaptiveLogSoftmaxWithLoss as AdaptiveLogSoftmaxWithLoss
from tracegrad.nn.modules import AdaptiveMaxPool1d as AdaptiveMaxPool1d
from tracegrad.nn.modules import AdaptiveMaxPool2d as AdaptiveMaxPool2d
from tracegrad.nn.modules import AdaptiveMaxPool3d as AdaptiveMaxPool3d
from tracegrad.nn.modules import AlphaDropout as AlphaDropout
from tracegrad.nn.modules import AvgPool1d as AvgPool1d
from tracegrad.nn.modules import AvgPool2d as AvgPool2d
from tracegrad.nn.modules import AvgPool3d as AvgPool3d
from tracegrad.nn.modules import BatchNorm1d as BatchNorm1d
from tracegrad.nn.modules import BatchNorm2d as BatchNorm2d
from tracegrad.nn.modules import BatchNorm3d as BatchNorm3d
from tracegrad.nn.modules import BCELoss as BCELoss
from tracegrad.nn.modules import BCEWithLogitsLoss as BCEWithLogitsLoss
from tracegrad.nn.modules import Bilinear as Bilinear
from tracegrad.nn.modules import ChannelShuffle as ChannelShuffle
from tracegrad.nn.modules import CircularPad1d as CircularPad1d
from tracegrad.nn.modules import CircularPad2d as CircularPad2d
from tracegrad.nn.modules import CircularPad3d as CircularPad3d
from tracegrad.nn.modules import ConstantPad1d as ConstantPad1d
from tracegrad.nn.modules import ConstantPad2d as ConstantPad2d
from tracegrad.nn.modules import ConstantPad3d as ConstantPad3d
from tracegrad.nn.modules import Conv1d as Conv1d
from tracegrad.nn.modules import Conv2d as Conv2d
from tracegrad.nn.modules import Conv3d as Conv3d
from tracegrad.nn.modules import ConvTranspose1d as ConvTranspose1d
from tracegrad.nn.modules import ConvTranspose2d as ConvTranspose2d
from tracegrad.nn.modules import ConvTranspose3d as ConvTranspose3d
from tracegrad.nn.modules import CosineEmbeddingLoss as CosineEmbeddingLoss
from tracegrad.nn.modules import CosineSimilarity as CosineSimilarity
from tracegrad.nn.modules import CrossEntropyLoss as CrossEntropyLoss
from tracegrad.nn.modules import CrossMapLRN2d as CrossMapLRN2d
from tracegrad.nn.modules import CTCLoss as CTCLoss
from tracegrad.nn.modules import DataParallel as DataParallel
from tracegrad.nn.modules import Dropout as Dropout
from tracegrad.nn.modules import Dropout1d as Dropout1d
from tracegrad.nn.modules import Dropout2d as Dropout2d
from tracegrad.nn.modules import Dropout3d as Dropout3d
from tracegrad.nn.modules import Embedding as Embedding
from tracegrad.nn.modules import EmbeddingBag as EmbeddingBag
from tracegrad.nn.modules import FeatureAlphaDropout as FeatureAlphaDropout
from tracegrad.nn.modules import Flatten as Flatten
from tracegrad.nn.modules import Fold as Fold
from tracegrad.nn.modules import FractionalMaxPool2d as FractionalMaxPool2d
from tracegrad.nn.modules import FractionalMaxPool3d as FractionalMaxPool3d
from tracegrad.nn.modules import GaussianNLLLoss as GaussianNLLLoss
from tracegrad.nn.modules import GroupNorm as GroupNorm
from tracegrad.nn.modules import GRUCell as GRUCell
from tracegrad.nn.modules import Hardshrink as Hardshrink
from tracegrad.nn.modules import Hardsigmoid as Hardsigmoid
from tracegrad.nn.modules import Hardswish as Hardswish
from tracegrad.nn.modules import Hardtanh as Hardtanh
from tracegrad.nn.modules import HingeEmbeddingLoss as HingeEmbeddingLoss
from tracegrad.nn.modules import HuberLoss as HuberLoss
from tracegrad.nn.modules import Identity as Identity
from tracegrad.nn.modules import InstanceNorm1d as InstanceNorm1d
from tracegrad.nn.modules import InstanceNorm2d as InstanceNorm2d
from tracegrad.nn.modules import InstanceNorm3d as InstanceNorm3d
from tracegrad.nn.modules import KLDivLoss as KLDivLoss
from tracegrad.nn.modules import L1Loss as L1Loss
from tracegrad.nn.modules import LayerNorm as LayerNorm
from tracegrad.nn.modules import LazyBatchNorm1d as LazyBatchNorm1d
from tracegrad.nn.modules import LazyBatchNorm2d as LazyBatchNorm2d
from tracegrad.nn.modules import LazyBatchNorm3d as LazyBatchNorm3d
from tracegrad.nn.modules import LazyConv1d as LazyConv1d
from tracegrad.nn.modules import LazyConv2d as LazyConv2d
from tracegrad.nn.modules import LazyConv3d as LazyConv3d
from tracegrad.nn.modules import LazyConvTranspose1d as LazyConvTranspose1d
from tracegrad.nn.modules import LazyConvTranspose2d as LazyConvTranspose2d
from tracegrad.nn.modules import LazyConvTranspose3d as LazyConvTranspose3d
from tracegrad.nn.modules import LazyInstanceNorm1d as LazyInstanceNorm1d
from tracegrad.nn.modules import LazyInstanceNorm2d as LazyInstanceNorm2d
from tracegrad.nn.modules import LazyInstanceNorm3d as LazyInstanceNorm3d
from tracegrad.nn.modules import LazyLinear as LazyLinear
from tracegrad.nn.modules import LeakyReLU as LeakyReLU
from tracegrad.nn.modules import Linear as Linear
from tracegrad.nn.modules import LinearCrossEntropyLoss as LinearCrossEntropyLoss
from tracegrad.nn.modules import LocalResponseNorm as LocalResponseNorm
from tracegrad.nn.modules import LogSigmoid as LogSigmoid
from tracegrad.nn.modules import LogSoftmax as LogSoftmax
from tracegrad.nn.modules import LPPool1d as LPPool1d
from tracegrad.nn.modules import LPPool2d as LPPool2d
from tracegrad.nn.modules import LPPool3d as LPPool3d
from tracegrad.nn.modules import LSTMCell as LSTMCell
from tracegrad.nn.modules import MarginRankingLoss as MarginRankingLoss
from tracegrad.nn.modules import MaxPool1d as MaxPool1d
from tracegrad.nn.modules import MaxPool2d as MaxPool2d
from tracegrad.nn.modules import MaxPool3d as MaxPool3d
from tracegrad.nn.modules import MaxUnpool1d as MaxUnpool1d
from tracegrad.nn.modules import MaxUnpool2d as MaxUnpool2d
from tracegrad.nn.modules import MaxUnpool3d as MaxUnpool3d
from tracegrad.nn.modules import Mish as Mish
from tracegrad.nn.modules import ModuleDict as ModuleDict
from tracegrad.nn.modules import ModuleList as ModuleList
from tracegrad.nn.modules import MSELoss as MSELoss
from tracegrad.nn.modules import MultiheadAttention as MultiheadAttention
from tracegrad.nn.modules import MultiLabelMarginLoss as MultiLabelMarginLoss
from tracegrad.nn.modules import MultiLabelSoftMarginLoss as MultiLabelSoftMarginLoss
from tracegrad.nn.modules import MultiMarginLoss as MultiMarginLoss
from tracegrad.nn.modules import NLLLoss as NLLLoss
from tracegrad.nn.modules import NLLLoss2d as NLLLoss2d
from tracegrad.nn.modules import PairwiseDistance as PairwiseDistance
from tracegrad.nn.modules import ParameterDict as ParameterDict
from tracegrad.nn.modules import ParameterList as ParameterList
from tracegrad.nn.modules import PixelShuffle as PixelShuffle
from tracegrad.nn.modules import PixelUnshuffle as PixelUnshuffle
from tracegrad.nn.modules import PoissonNLLLoss as PoissonNLLLoss
from tracegrad.nn.modules import PReLU as PReLU
from tracegrad.nn.modules import ReflectionPad1d as ReflectionPad1d
from tracegrad.nn.modules import ReflectionPad2d as ReflectionPad2d
from tracegrad.nn.modules import ReflectionPad3d as ReflectionPad3d
from tracegrad.nn.modules import ReLU as ReLU
from tracegrad.nn.modules import ReLU6 as ReLU6
from tracegrad.nn.modules import ReplicationPad1d as ReplicationPad1d
from tracegrad.nn.modules import ReplicationPad2d as ReplicationPad2d
from tracegrad.nn.modules import ReplicationPad3d as ReplicationPad3d
from tracegrad.nn.modules import RMSNorm as RMSNorm
from tracegrad.nn.modules import RNNBase as RNNBase
from tracegrad.nn.modules import RNNCell as RNNCell
from tracegrad.nn.modules import RNNCellBase as RNNCellBase
from tracegrad.nn.modules import RReLU as RReLU
from tracegrad.nn.modules import Sequential as Sequential
from tracegrad.nn.modules import Sigmoid as Sigmoid
from tracegrad.nn.modules import SiLU as SiLU
from tracegrad.nn.modules import SmoothL1Loss as SmoothL1Loss
from tracegrad.nn.modules import SoftMarginLoss as SoftMarginLoss
from tracegrad.nn.modules import Softmax as Softmax
from tracegrad.nn.modules import Softmax2d as Softmax2d
from tracegrad.nn.modules import Softmin as Softmin
from tracegrad.nn.modules import Softplus as Softplus
from tracegrad.nn.modules import Softshrink as Softshrink
from tracegrad.nn.modules import Softsign as Softsign
from tracegrad.nn.modules import SyncBatchNorm as SyncBatchNorm
from tracegrad.nn.modules import Tanh as Tanh
from tracegrad.nn.modules import Tanhshrink as Tanhshrink
from tracegrad.nn.modules import Threshold as Threshold
from tracegrad.nn.modules import Transformer as Transformer
from tracegrad.nn.modules import TransformerDecoder as TransformerDecoder
from tracegrad.nn.modules import TransformerDecoderLayer as TransformerDecoderLayer
from tracegrad.nn.modules import TransformerEncoder as TransformerEncoder
from tracegrad.nn.modules import TransformerEncoderLayer as TransformerEncoderLayer
from tracegrad.nn.modules import TripletMarginLoss as TripletMarginLoss
from tracegrad.nn.modules import TripletMarginWithDistanceLoss as TripletMarginWithDistanceLoss
from tracegrad.nn.modules import Unflatten as Unflatten
from tracegrad.nn.modules import Unfold as Unfold
from tracegrad.nn.modules import Upsample as Upsample
from tracegrad.nn.modules import UpsamplingBilinear2d as UpsamplingBilinear2d
from tracegrad.nn.modules import UpsamplingNearest2d as UpsamplingNearest2d
from tracegrad.nn.modules import ZeroPad1d as ZeroPad1d
from tracegrad.nn.modules import ZeroPad2d as ZeroPad2d
from tracegrad.nn.modules import ZeroPad3d as ZeroPad3d
from tracegrad.nn.parameter import Buffer as Buffer
from tracegrad.nn.parameter import Parameter as Parameter
from tracegrad.nn.parameter import UninitializedBuffer as UninitializedBuffer
from tracegrad.nn.parameter import UninitializedParameter as UninitializedParameter

__all__ = [
    "AdaptiveAvgPool1d",
    "AdaptiveAvgPool2d",
    "AdaptiveAvgPool3d",
    "AdaptiveLogSoftmaxWithLoss",
    "AdaptiveMaxPool1d",
    "AdaptiveMaxPool2d",
    "AdaptiveMaxPool3d",
    "AlphaDropout",
    "AvgPool1d",
    "AvgPool2d",
    "AvgPool3d",
    "BCELoss",
    "BCEWithLogitsLoss",
    "BatchNorm1d",
    "BatchNorm2d",
    "BatchNorm3d",
    "Bilinear",
    "Buffer",
    "CELU",
    "CTCLoss",
    "ChannelShuffle",
    "CircularPad1d",
    "CircularPad2d",
    "CircularPad3d",
    "ConstantPad1d",
    "ConstantPad2d",
    "ConstantPad3d",
    "Conv1d",
    "Conv2d",
    "Conv3d",
    "ConvTranspose1d",
    "ConvTranspose2d",
    "ConvTranspose3d",
    "CosineEmbeddingLoss",
    "CosineSimilarity",
    "CrossEntropyLoss",
    "CrossMapLRN2d",
    "DataParallel",
    "Dropout",
    "Dropout1d",
    "Dropout2d",
    "Dropout3d",
    "ELU",
    "Embedding",
    "EmbeddingBag",
    "FeatureAlphaDropout",
    "Flatten",
    "Fold",
    "FractionalMaxPool2d",
    "FractionalMaxPool3d",
    "GELU",
    "GLU",
    "GRU",
    "GRUCell",
    "GaussianNLLLoss",
    "GroupNorm",
    "Hardshrink",
    "Hardsigmoid",
    "Hardswish",
    "Hardtanh",
    "HingeEmbeddingLoss",
    "HuberLoss",
    "Identity",
    "InstanceNorm1d",
    "InstanceNorm2d",
    "InstanceNorm3d",
    "KLDivLoss",
    "L1Loss",
    "LPPool1d",
    "LPPool2d",
    "LPPool3d",
    "LSTM",
    "LSTMCell",
    "LayerNorm",
    "LazyBatchNorm1d",
    "LazyBatchNorm2d",
    "LazyBatchNorm3d",
    "LazyConv1d",
    "LazyConv2d",
    "LazyConv3d",
    "LazyConvTranspose1d",
    "LazyConvTranspose2d",
    "LazyConvTranspose3d",
    "LazyInstanceNorm1d",
    "LazyInstanceNorm2d",
    "LazyInstanceNorm3d",
    "LazyLinear",
    "LeakyReLU",
    "Linear",
    "LinearCrossEntropyLoss",
    "LinearCrossEntropyOptions",
    "LocalResponseNorm",
    "LogSigmoid",
    "LogSoftmax",
    "MSELoss",
    "MarginRankingLoss",
    "MaxPool1d",
    "MaxPool2d",
    "MaxPool3d",
    "MaxUnpool1d",
    "MaxUnpool2d",
    "MaxUnpool3d",
    "Mish",
    "Module",
    "ModuleDict",
    "ModuleList",
    "MultiLabelMarginLoss",
    "MultiLabelSoftMarginLoss",
    "MultiMarginLoss",
    "MultiheadAttention",
    "NLLLoss",
    "NLLLoss2d",
    "PReLU",
    "PairwiseDistance",
    "Parameter",
    "ParameterDict",
    "ParameterList",
    "PixelShuffle",
    "PixelUnshuffle",
    "PoissonNLLLoss",
    "RMSNorm",
    "RNN",
    "RNNBase",
    "RNNCell",
    "RNNCellBase",
    "RReLU",
    "ReLU",
    "ReLU6",
    "ReflectionPad1d",
    "ReflectionPad2d",
    "ReflectionPad3d",
    "ReplicationPad1d",
    "ReplicationPad2d",
    "ReplicationPad3d",
    "SELU",
    "Sequential",
    "SiLU",
    "Sigmoid",
    "SmoothL1Loss",
    "SoftMarginLoss",
    "Softmax",
    "Softmax2d",
    "Softmin",
    "Softplus",
    "Softshrink",
    "Softsign",
    "SyncBatchNorm",
    "Tanh",
    "Tanhshrink",
    "Threshold",
    "Transformer",
    "TransformerDecoder",
    "TransformerDecoderLayer",
    "TransformerEncoder",
    "TransformerEncoderLayer",
    "TripletMarginLoss",
    "TripletMarginWithDistanceLoss",
    "Unflatten",
    "Unfold",
    "UninitializedBuffer",
    "UninitializedParameter",
    "Upsample",
    "UpsamplingBilinear2d",
    "UpsamplingNearest2d",
    "ZeroPad1d",
    "ZeroPad2d",
    "ZeroPad3d",
    "common_types",
    "factory_kwargs",
    "functional",
    "grad",
    "init",
    "modules",
    "parallel",
    "parameter",
    "utils",
]
