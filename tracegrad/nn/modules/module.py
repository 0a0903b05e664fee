"""`nn.modules.module`, where PyTorch keeps `Module` and the hooks of every module."""

from tracegrad.nn.module.hooks import register_module_backward_hook as register_module_backward_hook
from tracegrad.nn.module.hooks import (
    register_module_buffer_registration_hook as register_module_buffer_registration_hook,
)
from tracegrad.nn.module.hooks import register_module_forward_hook as register_module_forward_hook
from tracegrad.nn.module.hooks import (
    register_module_forward_pre_hook as register_module_forward_pre_hook,
)
from tracegrad.nn.module.hooks import (
    register_module_full_backward_hook as register_module_full_backward_hook,
)
from tracegrad.nn.module.hooks import (
    register_module_full_backward_pre_hook as register_module_full_backward_pre_hook,
)
from tracegrad.nn.module.hooks import (
    register_module_module_registration_hook as register_module_module_registration_hook,
)
from tracegrad.nn.module.hooks import (
    register_module_parameter_registration_hook as register_module_parameter_registration_hook,
)
from tracegrad.nn.module.loading import _IncompatibleKeys as _IncompatibleKeys
from tracegrad.nn.module.module import Module as Module
