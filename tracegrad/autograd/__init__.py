"""What users call to differentiate."""

from tracegrad.autograd import graph as graph
from tracegrad.autograd.anomaly import detect_anomaly as detect_anomaly
from tracegrad.autograd.anomaly import is_anomaly_check_nan_enabled as is_anomaly_check_nan_enabled
from tracegrad.autograd.anomaly import is_anomaly_enabled as is_anomaly_enabled
from tracegrad.autograd.anomaly import set_detect_anomaly as set_detect_anomaly
from tracegrad.autograd.backward import backward as backward
from tracegrad.autograd.backward import grad as grad
from tracegrad.autograd.function import Function as Function
from tracegrad.autograd.mode import enable_grad as enable_grad
from tracegrad.autograd.mode import is_grad_enabled as is_grad_enabled
from tracegrad.autograd.mode import no_grad as no_grad
from tracegrad.autograd.mode import set_grad_enabled as set_grad_enabled

__all__ = [
    "Function",
    "backward",
    "detect_anomaly",
    "enable_grad",
    "grad",
    "graph",
    "is_anomaly_check_nan_enabled",
    "is_anomaly_enabled",
    "is_grad_enabled",
    "no_grad",
    "set_detect_anomaly",
    "set_grad_enabled",
]
