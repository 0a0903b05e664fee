"""PyTorch's profiler by name. What it is used for, `tracegrad.record()` does: every op with its
time, place and values.
"""

from __future__ import annotations

from typing import Any, NoReturn

from tracegrad.graph.scope import scope

record_function = scope
"""A named part of the program: in a recording, its ops stand under the name."""


def _refused(name: str) -> NoReturn:
    raise NotImplementedError(
        f"profiler.{name} is not supported\n"
        "  try: with tracegrad.record() as trace: ..., whose events have times and places"
    )


class profile:
    """Not supported.

    Raises:
        NotImplementedError: always.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        _refused(type(self).__name__)

    def __enter__(self) -> Any:
        _refused(type(self).__name__)

    def __exit__(self, *_: object) -> None: ...


class emit_nvtx(profile):
    """Not supported."""


class emit_itt(profile):
    """Not supported."""
