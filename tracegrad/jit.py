"""`torch.jit`: not here. Eager ops are the whole library."""

from tracegrad.compat.absent import absent, answer

is_scripting = answer(False, "Whether a function is being compiled: never.")
is_tracing = answer(False, "Whether a function is being traced for compilation: never.")

__getattr__ = absent(
    "jit", "the module or function as it is; save weights with tracegrad.save(model.state_dict())"
)
