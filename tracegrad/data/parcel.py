"""A batch as bytes: a short pickle, and its arrays beside, which need no second copy."""

from __future__ import annotations

import io
import pickle
from multiprocessing.reduction import ForkingPickler
from time import perf_counter_ns
from typing import Any

from tracegrad._tensor import Tensor, rebuilt
from tracegrad.graph.observe import hub

OPS_NAME = "DataLoader"
"""What a recording calls the making of a tensor that a worker read."""

_IN_PLACE = 4096
"""Bytes: a longer pickle, of many texts, also goes beside."""


def packed(batch: Any) -> tuple[bytes, list[memoryview]]:
    """The pickle and the buffers beside it.

    Raises:
        RuntimeError: a tensor in it is the result of ops that record a gradient.
        PicklingError, TypeError, AttributeError: something in it cannot be pickled.
    """
    beside: list[pickle.PickleBuffer] = []
    file = io.BytesIO()
    _Pickler(file, 5, True, beside.append).dump(batch)
    buffers = [buffer.raw() for buffer in beside]
    body = file.getvalue()
    if len(body) > _IN_PLACE:
        return b"", [*buffers, memoryview(body)]
    return body, buffers


def unpacked(body: bytes, buffers: list[Any]) -> Any:
    """The batch, with its arrays in the buffers."""
    if not body:
        *buffers, long_body = buffers
        body = bytes(long_body)
    return pickle.loads(body, buffers=buffers)


class _Pickler(ForkingPickler):
    def reducer_override(self, value: Any) -> Any:
        if not isinstance(value, Tensor):
            return NotImplemented
        if not value.is_leaf:
            raise RuntimeError(
                "Cowardly refusing to serialize non-leaf tensor which requires_grad, since "
                "autograd does not support crossing process boundaries.\n"
                "  try: call detach() on the tensor in the dataset, or num_workers=0"
            )
        _, (kind, array, requires_grad, gradient, device) = value.__reduce_ex__(5)
        if not array.flags.forc:
            array = array.copy(order="C")  # or NumPy would put it into the pickle
        return _arrived, (kind, array, requires_grad, gradient, device)


def _arrived(kind: type[Tensor], *parts: Any) -> Tensor:
    """A tensor that comes from a worker."""
    tensor = rebuilt(kind, *parts)
    if hub.observer is not None:
        hub.observer.forward(OPS_NAME, (), {}, (tensor,), None, perf_counter_ns())
    return tensor
