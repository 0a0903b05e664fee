"""`torch.backends.cudnn`: not used. Switches keep what they are set to and change nothing.

`deterministic = True` is kept in truth: every kernel here gives the same numbers each time.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

enabled = True
benchmark = False
benchmark_limit = 10
deterministic = False
allow_tf32 = True


def is_available() -> bool:
    """Whether cuDNN is used: no."""
    return False


def version() -> int | None:
    """The version of cuDNN: none."""
    return None


@contextmanager
def flags(
    enabled: bool = False,
    benchmark: bool = False,
    benchmark_limit: int = 10,
    deterministic: bool = False,
    allow_tf32: bool = True,
) -> Iterator[None]:
    """Switches set in a block and set back after it."""
    names = ("enabled", "benchmark", "benchmark_limit", "deterministic", "allow_tf32")
    values = (enabled, benchmark, benchmark_limit, deterministic, allow_tf32)
    before = {name: globals()[name] for name in names}
    globals().update(zip(names, values, strict=True))
    try:
        yield
    finally:
        globals().update(before)
