"""Where a module's tensors are made: `device` and `dtype`, taken out of keyword arguments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

KEYS = ("device", "dtype", "memory_format")


def factory_kwargs(kwargs: Mapping[str, Any] | None) -> dict[str, Any]:
    """`device`, `dtype` and `memory_format` from keyword arguments, also from `factory_kwargs=`.

    Raises:
        TypeError: there is another argument, or one is there twice.
    """
    given = dict(kwargs or {})
    found = dict(given.pop("factory_kwargs", {}))
    unknown = given.keys() - set(KEYS)
    if unknown:
        raise TypeError(f"unexpected kwargs {unknown}, expected some of {KEYS}")
    for key, value in given.items():
        if key in found:
            raise TypeError(f"{key} specified twice, in **kwargs and in factory_kwargs")
        found[key] = value
    return found
