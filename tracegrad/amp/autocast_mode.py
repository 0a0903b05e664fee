"""`autocast`: no arithmetic changes its dtype behind the program's back here."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import wraps
from typing import Any

from tracegrad.backend.device import Device, cuda_is_available


class autocast:
    """A block in which ops choose a narrower dtype: only as far as that is none.

    Args:
        enabled: `False` makes the block an ordinary one.

    Raises:
        NotImplementedError: it is enabled on a device that is here. (On one that is not here it is
            switched off with a warning, as in PyTorch.)
    """

    def __init__(
        self,
        device_type: str,
        dtype: Any = None,
        enabled: bool = True,
        cache_enabled: bool | None = None,
    ) -> None:
        if not isinstance(device_type, str):
            raise ValueError(
                f"Expected `device_type` of type `str`, got: `{type(device_type).__name__}`"
            )
        self.device = Device(device_type).type
        if enabled and self.device == "cuda" and not cuda_is_available():
            warnings.warn(
                "User provided device_type of 'cuda', but CUDA is not available. Disabling",
                UserWarning,
                stacklevel=2,
            )
            enabled = False
        if enabled:
            wanted = "dtype" if dtype is None else str(dtype).removeprefix("tracegrad.")
            raise NotImplementedError(
                f"autocast({device_type!r}): tracegrad does not choose dtypes by op\n"
                f"  try: model.to(tracegrad.{'bfloat16' if dtype is None else wanted}) and inputs "
                "alike, or autocast(..., enabled=False)"
            )
        self._enabled = False

    def __enter__(self) -> autocast:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(function)
        def inside(*args: Any, **kwargs: Any) -> Any:
            return function(*args, **kwargs)

        return inside


def is_autocast_available(device_type: str) -> bool:
    """Whether `autocast` can be enabled on a device: no."""
    Device(device_type)
    return False


def is_autocast_enabled(device_type: str | None = None) -> bool:
    """Whether ops choose narrower dtypes: never."""
    return False
