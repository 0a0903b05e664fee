"""Modules on several devices: on one, which is all that there is here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tracegrad.nn.module import Module


class DataParallel(Module):
    """A module called as it is, whose parameters stand under `module.` in the state.

    Raises:
        NotImplementedError: `device_ids` names more than one device.
    """

    def __init__(
        self, module: Module, device_ids: Sequence[Any] | None = None, output_device: Any = None,
        dim: int = 0,
    ) -> None:  # fmt: skip
        super().__init__()
        if device_ids is not None and len(device_ids) > 1:
            raise NotImplementedError(
                f"DataParallel over {len(device_ids)} devices: everything runs on one here\n"
                f"  try: DataParallel(module, device_ids=[{device_ids[0]!r}])"
            )
        self.module, self.dim = module, dim
        self.device_ids, self.output_device = device_ids, output_device

    def forward(self, *inputs: Any, **kwargs: Any) -> Any:
        return self.module(*inputs, **kwargs)


class DistributedDataParallel(Module):
    """Refused when it is made: programs import it at their head and use it on clusters only.

    Raises:
        NotImplementedError: always.
    """

    def __init__(self, module: Module, *args: Any, **kwargs: Any) -> None:
        raise NotImplementedError(
            "DistributedDataParallel is not supported: there is one process\n"
            "  try: the module itself; guard this with distributed.is_initialized()"
        )
