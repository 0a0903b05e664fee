"""What users call to differentiate."""

from tracegrad.autograd import anomaly_mode as anomaly_mode
from tracegrad.autograd import forward_ad as forward_ad
from tracegrad.autograd import function as function
from tracegrad.autograd import functional as functional
from tracegrad.autograd import grad_mode as grad_mode
from tracegrad.autograd import graph as graph
from tracegrad.autograd import profiler as profiler
from tracegrad.autograd import saved_attributes as _saved_attributes
from tracegrad.autograd import variable as variable
from tracegrad.autograd.anomaly import detect_anomaly as detect_anomaly
from tracegrad.autograd.anomaly import is_anomaly_check_nan_enabled as is_anomaly_check_nan_enabled
from tracegrad.autograd.anomaly import is_anomaly_enabled as is_anomaly_enabled
from tracegrad.autograd.anomaly import set_detect_anomaly as set_detect_anomaly
from tracegrad.autograd.backward import backward as backward
from tracegrad.autograd.backward import grad as grad
from tracegrad.autograd.function import Function as Function
from tracegrad.autograd.gradcheck import gradcheck as gradcheck
from tracegrad.autograd.gradcheck import gradgradcheck as gradgradcheck
from tracegrad.autograd.inference import inference_mode as inference_mode
from tracegrad.autograd.mode import enable_grad as enable_grad
from tracegrad.autograd.mode import is_grad_enabled as is_grad_enabled
from tracegrad.autograd.mode import no_grad as no_grad
from tracegrad.autograd.mode import set_grad_enabled as set_grad_enabled
from tracegrad.autograd.variable import Variable as Variable

__all__ = [
    "Function",
    "Variable",
    "anomaly_mode",
    "backward",
    "detect_anomaly",
    "enable_grad",
    "forward_ad",
    "function",
    "functional",
    "grad",
    "grad_mode",
    "gradcheck",
    "gradgradcheck",
    "graph",
    "inference_mode",
    "is_anomaly_check_nan_enabled",
    "is_anomaly_enabled",
    "is_grad_enabled",
    "no_grad",
    "profiler",
    "set_detect_anomaly",
    "set_grad_enabled",
    "variable",
]

_saved_attributes.install()
