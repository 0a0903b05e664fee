"""There is no forward mode: PyTorch's names for it, which say what does the same."""

from __future__ import annotations

from typing import Any, NoReturn


def _refused(name: str) -> NoReturn:
    raise NotImplementedError(
        f"forward_ad.{name}: there is no forward mode\n"
        "  try: tracegrad.func.jvp(f, (x,), (tangent,)), which takes two backward passes"
    )


class dual_level:
    """Not supported.

    Raises:
        NotImplementedError: always.
    """

    def __init__(self) -> None:
        _refused("dual_level")

    def __enter__(self) -> int:
        _refused("dual_level")

    def __exit__(self, *_: object) -> None: ...


def make_dual(tensor: Any, tangent: Any, *, level: int | None = None) -> NoReturn:
    """Not supported."""
    _refused("make_dual")


def unpack_dual(tensor: Any, *, level: int | None = None) -> NoReturn:
    """Not supported."""
    _refused("unpack_dual")
