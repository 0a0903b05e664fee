"""Networks' functions without modules: PyTorch's `nn.functional`, by kind."""

from tracegrad.nn.functional.activation import elu as elu
from tracegrad.nn.functional.activation import leaky_relu as leaky_relu
from tracegrad.nn.functional.activation import log_softmax as log_softmax
from tracegrad.nn.functional.activation import logsigmoid as logsigmoid
from tracegrad.nn.functional.activation import relu as relu
from tracegrad.nn.functional.activation import sigmoid as sigmoid
from tracegrad.nn.functional.activation import silu as silu
from tracegrad.nn.functional.activation import softmax as softmax
from tracegrad.nn.functional.activation import softplus as softplus
from tracegrad.nn.functional.activation import tanh as tanh
from tracegrad.nn.functional.dropout import dropout as dropout
from tracegrad.nn.functional.embedding import one_hot as one_hot
from tracegrad.nn.functional.linear import linear as linear
from tracegrad.nn.functional.loss import binary_cross_entropy as binary_cross_entropy
from tracegrad.nn.functional.loss import (
    binary_cross_entropy_with_logits as binary_cross_entropy_with_logits,
)
from tracegrad.nn.functional.loss import cross_entropy as cross_entropy
from tracegrad.nn.functional.loss import l1_loss as l1_loss
from tracegrad.nn.functional.loss import mse_loss as mse_loss
from tracegrad.nn.functional.loss import nll_loss as nll_loss
