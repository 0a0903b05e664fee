"""PyTorch's path for what switches gradients on and off."""

from tracegrad.autograd.inference import inference_mode as inference_mode
from tracegrad.autograd.mode import enable_grad as enable_grad
from tracegrad.autograd.mode import no_grad as no_grad
from tracegrad.autograd.mode import set_grad_enabled as set_grad_enabled
