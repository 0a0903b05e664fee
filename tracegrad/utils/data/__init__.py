"""`torch.utils.data`: `tracegrad.data` under PyTorch's name."""

from typing import Any

from tracegrad.data import *  # noqa: F403
from tracegrad.data import __all__ as __all__
from tracegrad.utils.data import _utils as _utils
from tracegrad.utils.data import dataloader as dataloader
from tracegrad.utils.data import dataset as dataset
from tracegrad.utils.data import distributed as distributed
from tracegrad.utils.data import sampler as sampler

_PIPES = {
    "DFIterDataPipe", "DataChunk", "IterDataPipe", "MapDataPipe", "argument_validation",
    "datapipes", "functional_datapipe", "graph", "graph_settings",
    "guaranteed_datapipes_determinism", "non_deterministic", "runtime_validation",
    "runtime_validation_disabled",
}  # fmt: skip
"""Names of PyTorch's data pipes."""


def __getattr__(name: str) -> Any:
    if name in _PIPES:
        raise NotImplementedError(
            f"utils.data.{name} is not supported: there are no data pipes, which PyTorch itself "
            "develops no further\n"
            "  try: a Dataset, or an IterableDataset that reads from another one"
        )
    raise AttributeError(f"module 'tracegrad.utils.data' has no attribute '{name}'")
