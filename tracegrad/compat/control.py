"""Switches of the whole library: threads, precision, determinism; and names of types."""

from __future__ import annotations

import os
import warnings
from typing import Any

from threadpoolctl import threadpool_info, threadpool_limits

from tracegrad._tensor import Tensor

# -- threads ---------------------------------------------------------------------------------------


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def get_num_threads() -> int:
    """How many threads NumPy's matrix products may use; everything else uses one."""
    return max((int(pool["num_threads"]) for pool in threadpool_info()), default=_cores())


def set_num_threads(num: int) -> None:
    """Let NumPy's matrix products use so many threads.

    Raises:
        RuntimeError: it is not positive.
    """
    if num <= 0:
        raise RuntimeError(f"set_num_threads expects a positive integer, got {num}")
    threadpool_limits(limits=num)


def get_num_interop_threads() -> int:
    """How many ops run at the same time: one."""
    return 1


def set_num_interop_threads(num: int) -> None:
    """Let so many ops run at the same time.

    Raises:
        RuntimeError: it is not positive.
    """
    if num <= 0:
        raise RuntimeError(f"set_num_interop_threads expects a positive integer, got {num}")
    # More than one is a permission that goes unused.


# -- precision and determinism ---------------------------------------------------------------------

_precision = ["highest"]
_deterministic = [False, False]


def get_float32_matmul_precision() -> str:
    """What `set_float32_matmul_precision` was set to; products are always exact float32."""
    return _precision[0]


def set_float32_matmul_precision(precision: str) -> None:
    """Allow products of float32 to be less exact: a permission that goes unused."""
    if precision not in ("highest", "high", "medium"):
        warnings.warn(
            f"{precision} is not one of 'highest', 'high', or 'medium'; the current "
            "setFloat32MatmulPrecision call has no effect.",
            UserWarning,
            stacklevel=2,
        )
        return
    _precision[0] = precision


def use_deterministic_algorithms(mode: bool, *, warn_only: bool = False) -> None:
    """Ask for the same numbers from the same program: on the CPU they always are."""
    _deterministic[:] = [bool(mode), bool(warn_only)]


def are_deterministic_algorithms_enabled() -> bool:
    """Whether `use_deterministic_algorithms` was asked for."""
    return _deterministic[0]


def is_deterministic_algorithms_warn_only_enabled() -> bool:
    """Whether it was asked for with `warn_only`."""
    return all(_deterministic)


def set_flush_denormal(mode: bool) -> bool:
    """Treat the smallest numbers as 0: `False`, for NumPy cannot."""
    return False


def set_warn_always(b: bool) -> None:
    """Repeat warnings that PyTorch gives once: Python's filters decide here."""


# -- types -----------------------------------------------------------------------------------------


def is_tensor(obj: Any) -> bool:
    """Whether something is a tensor."""
    return isinstance(obj, Tensor)


def typename(obj: Any) -> str:
    """What something is called: `tracegrad.FloatTensor`, `int`."""
    if isinstance(obj, Tensor):
        return str(obj.type()) if hasattr(obj, "type") else type(obj).__name__
    kind = obj if isinstance(obj, type) else type(obj)
    module = getattr(obj, "__module__", None) or kind.__module__
    name = getattr(obj, "__qualname__", kind.__qualname__)
    return name if module in ("builtins", "__builtin__", None) else f"{module}.{name}"
