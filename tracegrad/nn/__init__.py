"""Neural networks: modules, layers, losses."""

from tracegrad.nn import functional as functional
from tracegrad.nn import init as init
from tracegrad.nn.layers import ELU as ELU
from tracegrad.nn.layers import BCELoss as BCELoss
from tracegrad.nn.layers import BCEWithLogitsLoss as BCEWithLogitsLoss
from tracegrad.nn.layers import CrossEntropyLoss as CrossEntropyLoss
from tracegrad.nn.layers import Dropout as Dropout
from tracegrad.nn.layers import Flatten as Flatten
from tracegrad.nn.layers import Identity as Identity
from tracegrad.nn.layers import L1Loss as L1Loss
from tracegrad.nn.layers import LeakyReLU as LeakyReLU
from tracegrad.nn.layers import Linear as Linear
from tracegrad.nn.layers import LogSoftmax as LogSoftmax
from tracegrad.nn.layers import MSELoss as MSELoss
from tracegrad.nn.layers import NLLLoss as NLLLoss
from tracegrad.nn.layers import ReLU as ReLU
from tracegrad.nn.layers import Sequential as Sequential
from tracegrad.nn.layers import Sigmoid as Sigmoid
from tracegrad.nn.layers import SiLU as SiLU
from tracegrad.nn.layers import Softmax as Softmax
from tracegrad.nn.layers import Softplus as Softplus
from tracegrad.nn.layers import Tanh as Tanh
from tracegrad.nn.module import Module as Module
from tracegrad.nn.parameter import Parameter as Parameter

__all__ = [
    "ELU", "BCELoss", "BCEWithLogitsLoss", "CrossEntropyLoss", "Dropout", "Flatten", "Identity",
    "L1Loss",
    "LeakyReLU", "Linear", "LogSoftmax", "MSELoss", "Module", "NLLLoss", "Parameter", "ReLU",
    "Sequential",
    "SiLU", "Sigmoid", "Softmax", "Softplus", "Tanh", "functional", "init",
]  # fmt: skip
