"""Gradients clipped, parameters as one vector, sequences of different lengths."""

from tracegrad.nn.utils import rnn as rnn
from tracegrad.nn.utils.clip_grad import clip_grad_norm_ as clip_grad_norm_
from tracegrad.nn.utils.clip_grad import clip_grad_value_ as clip_grad_value_
from tracegrad.nn.utils.clip_grad import clip_grads_with_norm_ as clip_grads_with_norm_
from tracegrad.nn.utils.clip_grad import get_total_norm as get_total_norm
from tracegrad.nn.utils.convert_parameters import parameters_to_vector as parameters_to_vector
from tracegrad.nn.utils.convert_parameters import vector_to_parameters as vector_to_parameters

__all__ = [
    "clip_grad_norm_",
    "clip_grad_value_",
    "clip_grads_with_norm_",
    "get_total_norm",
    "parameters_to_vector",
    "rnn",
    "vector_to_parameters",
]
