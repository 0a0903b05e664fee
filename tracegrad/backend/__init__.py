"""Arrays and devices. Nothing here knows tensors."""

from tracegrad.backend.device import Device as Device
from tracegrad.backend.device import as_device as as_device
from tracegrad.backend.device import device_of as device_of
from tracegrad.backend.device import namespace_of as namespace_of
