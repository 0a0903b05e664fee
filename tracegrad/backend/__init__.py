"""Arrays and devices. Nothing here knows tensors."""

import warnings

from tracegrad.backend.device import Device as Device
from tracegrad.backend.device import as_device as as_device
from tracegrad.backend.device import device_of as device_of
from tracegrad.backend.device import namespace_of as namespace_of

# log(0) is -inf without a word, as in PyTorch. NumPy warns, in the name of the module that called
# it: only what is called from inside tracegrad is quiet. (`np.errstate` around each kernel costs
# 0.5 us of 1.2, and `np.seterr` would silence the user's own arrays too.)
warnings.filterwarnings("ignore", category=RuntimeWarning, module=r"tracegrad\.")
