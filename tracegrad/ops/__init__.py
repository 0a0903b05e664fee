"""The op table: what tensors can do. See Note [What a rule keeps] in `declare.py` for how an op is
written.
"""

from tracegrad.ops import (
    binary,
    compare,
    elementwise,
    index,
    join,
    linalg,
    loss,
    reduce,
    shape,
)
from tracegrad.ops.install import functions as functions
from tracegrad.ops.install import install

install()
