"""Functions of functions: `grad(f)` is the gradient of `f`. PyTorch's `torch.func`.

Each takes a function of tensors, or of lists, tuples and dicts of them, and gives a function. They
nest: `grad(grad(f))`. What they compute can be differentiated for everything that requires grad
outside of them, their own arguments included, and takes no notice of an outer `no_grad` inside.
"""

from tracegrad.func.batched import vmap as vmap
from tracegrad.func.gradients import grad as grad
from tracegrad.func.gradients import grad_and_value as grad_and_value
from tracegrad.func.gradients import hessian as hessian
from tracegrad.func.gradients import jacfwd as jacfwd
from tracegrad.func.gradients import jacrev as jacrev
from tracegrad.func.gradients import jvp as jvp
from tracegrad.func.gradients import vjp as vjp
from tracegrad.func.modules import functional_call as functional_call
from tracegrad.func.modules import stack_module_state as stack_module_state

__all__ = [
    "functional_call",
    "grad",
    "grad_and_value",
    "hessian",
    "jacfwd",
    "jacrev",
    "jvp",
    "stack_module_state",
    "vjp",
    "vmap",
]
