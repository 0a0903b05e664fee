"""What users call to differentiate."""

from tracegrad.autograd.backward import backward as backward
from tracegrad.autograd.backward import grad as grad
from tracegrad.autograd.mode import enable_grad as enable_grad
from tracegrad.autograd.mode import is_grad_enabled as is_grad_enabled
from tracegrad.autograd.mode import no_grad as no_grad
from tracegrad.autograd.mode import set_grad_enabled as set_grad_enabled

__all__ = ["backward", "enable_grad", "grad", "is_grad_enabled", "no_grad", "set_grad_enabled"]
