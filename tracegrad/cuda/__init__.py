"""`torch.cuda`: GPUs through CuPy. Importing it loads no CuPy; asking for a GPU does."""

from tracegrad.cuda import amp as amp
from tracegrad.cuda import memory as memory
from tracegrad.cuda import random as random
from tracegrad.cuda import streams as streams
from tracegrad.cuda.devices import can_device_access_peer as can_device_access_peer
from tracegrad.cuda.devices import current_device as current_device
from tracegrad.cuda.devices import device as device
from tracegrad.cuda.devices import device_count as device_count
from tracegrad.cuda.devices import get_arch_list as get_arch_list
from tracegrad.cuda.devices import get_device_capability as get_device_capability
from tracegrad.cuda.devices import get_device_name as get_device_name
from tracegrad.cuda.devices import get_device_properties as get_device_properties
from tracegrad.cuda.devices import init as init
from tracegrad.cuda.devices import is_available as is_available
from tracegrad.cuda.devices import is_bf16_supported as is_bf16_supported
from tracegrad.cuda.devices import is_initialized as is_initialized
from tracegrad.cuda.devices import set_device as set_device
from tracegrad.cuda.devices import synchronize as synchronize
from tracegrad.cuda.memory import empty_cache as empty_cache
from tracegrad.cuda.memory import max_memory_allocated as max_memory_allocated
from tracegrad.cuda.memory import max_memory_reserved as max_memory_reserved
from tracegrad.cuda.memory import mem_get_info as mem_get_info
from tracegrad.cuda.memory import memory_allocated as memory_allocated
from tracegrad.cuda.memory import memory_reserved as memory_reserved
from tracegrad.cuda.memory import reset_max_memory_allocated as reset_max_memory_allocated
from tracegrad.cuda.memory import reset_peak_memory_stats as reset_peak_memory_stats
from tracegrad.cuda.random import manual_seed as manual_seed
from tracegrad.cuda.random import manual_seed_all as manual_seed_all
from tracegrad.cuda.random import seed as seed
from tracegrad.cuda.random import seed_all as seed_all
from tracegrad.cuda.streams import Event as Event
from tracegrad.cuda.streams import Stream as Stream
from tracegrad.cuda.streams import current_stream as current_stream
from tracegrad.cuda.streams import default_stream as default_stream
from tracegrad.cuda.streams import stream as stream
from tracegrad.ops.conversion import TENSOR_TYPES as _TYPES

FloatTensor, DoubleTensor, HalfTensor, BFloat16Tensor, LongTensor, IntTensor, ShortTensor = (
    _TYPES["cuda"][f"{kind}Tensor"]
    for kind in ("Float", "Double", "Half", "BFloat16", "Long", "Int", "Short")
)
CharTensor, ByteTensor, BoolTensor = (
    _TYPES["cuda"][f"{kind}Tensor"] for kind in ("Char", "Byte", "Bool")
)
