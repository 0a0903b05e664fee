"""Where training runs: the network and each batch are moved there."""

from __future__ import annotations

from typing import Any

from tracegrad._tensor import Tensor
from tracegrad._util.tree import Tree
from tracegrad.backend.device import CPU, Device, as_device
from tracegrad.nn.module import Module


class Accelerator:
    """A device to train on.

    Args:
        device: `"cpu"`, `"cuda"`, `"cuda:1"` or a device; `None` leaves the network where it is
            and moves batches to it.

    Raises:
        RuntimeError: there is no such device here; the message says what is missing.
    """

    def __init__(self, device: str | int | Device | None = None) -> None:
        self._given = None if device is None else as_device(device)
        self.device: Device = _one(self._given or as_device(None))

    def prepare(self, model: Module) -> Module:
        """The network on the device; where none was chosen, its place becomes the device."""
        if self._given is not None:
            return model.to(self._given)
        first = next(iter((*model.parameters(), *model.buffers())), None)
        self.device = _one(as_device(None) if first is None else first.device)
        return model

    def place(self, batch: Any) -> Any:
        """A batch, of whatever structure, with its tensors on the device."""
        if isinstance(batch, list | tuple):
            for part in batch:
                if not isinstance(part, Tensor) or part.device is not self.device:
                    break
            else:
                return batch  # as nearly always on the CPU, whose device there is one of
        tree = Tree.of(batch)
        return tree.like([tensor.to(self.device) for tensor in tree.tensors])

    def __repr__(self) -> str:
        return f"Accelerator(device={str(self.device)!r})"


def _one(device: Device) -> Device:
    """The CPU as the one object that tensors there have."""
    return CPU if device == CPU else device


def as_accelerator(given: Any) -> Accelerator:
    """What was given as `accelerator=`: a device by name, an `Accelerator`, or `None`."""
    return given if isinstance(given, Accelerator) else Accelerator(given)
