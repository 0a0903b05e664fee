"""The op table: what tensors can do. See Note [What a rule keeps] in `declare.py` for how an op is
written.
"""

from tracegrad.ops import (
    activation,
    attention,
    binary,
    blocks,
    channels,
    classes,
    compare,
    complex_,
    complex_gradients,
    contract,
    conv,
    cumulative,
    decompose,
    elementwise,
    embedding,
    fourier,
    index,
    join,
    linalg,
    loss,
    normalize,
    pad,
    pixels,
    pool,
    recurrent,
    reduce,
    resize,
    scattered,
    shape,
    sort,
    special,
    spectral,
    transfer,
)
from tracegrad.ops.install import install

install()
