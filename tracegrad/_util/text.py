"""Numbers as people read them."""

from __future__ import annotations

import math
from collections.abc import Sequence

BLOCKS = "▁▂▃▄▅▆▇█"


def number(x: float, digits: int = 3) -> str:
    """`x` in at most `digits` significant digits: `0.71`, `19.3`, `4.0e-05`, `nan`, `-inf`."""
    if x != x or x in (math.inf, -math.inf):
        return str(float(x))
    if x == 0:
        return "0"
    if 1e-3 <= abs(x) < 10 ** (digits + 2):
        text = f"{x:.{digits}g}" if abs(x) < 10**digits else f"{x:.0f}"
        return text
    return f"{x:.{digits - 2}e}"


def size(nbytes: float) -> str:
    """Bytes with a decimal unit: `61 kB`, `1.3 MB`."""
    for unit in ("B", "kB", "MB", "GB"):
        if nbytes < 999.5:
            return f"{nbytes:.3g} {unit}" if unit != "B" else f"{nbytes:.0f} B"
        nbytes /= 1000
    return f"{nbytes:.3g} TB"


def duration(nanoseconds: float) -> str:
    """A time with a unit: `850 ns`, `12.3 µs`, `4.5 ms`, `2.1 s`."""
    for unit in ("ns", "µs", "ms"):
        if nanoseconds < 999.5:
            return f"{nanoseconds:.3g} {unit}"
        nanoseconds /= 1000
    return f"{nanoseconds:.3g} s" if nanoseconds < 99.95 else f"{nanoseconds:.0f} s"


def count(n: int, noun: str, plural: str = "") -> str:
    """`1 op`, `2 ops`, `1,204 entries`."""
    return f"{n:,} {noun if n == 1 else plural or noun + 's'}"


def spark(heights: Sequence[float]) -> str:
    """One block character per height, scaled to the largest: `▁▂▅█▅▂▁`. Zero and NaN are a
    space.
    """
    finite = [h for h in heights if h == h and h > 0]
    top = max(finite, default=0)
    return "".join(BLOCKS[min(7, int(8 * h / top))] if h == h and h > 0 else " " for h in heights)
