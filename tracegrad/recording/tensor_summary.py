"""`t.summary()`: one line about a tensor's numbers, for debuggers and logs."""

from __future__ import annotations

from tracegrad._methods import OpMethods
from tracegrad._tensor import Tensor
from tracegrad._util.text import number
from tracegrad.backend.device import on_host
from tracegrad.recording.model import Stats, dtype_short
from tracegrad.recording.stats import describe, sparkline


def summary(self: Tensor) -> str:
    """Type and shape, range and mean, how many are NaN, infinite or zero, and a histogram.

    Example:
        >>> tg.tensor([[0.0, 1.0], [2.0, float("nan")]]).summary()
        'f32[2, 2]  min 0  mean 1  max 2  1 NaN  1 zero  █      █       █'
    """
    shape = ", ".join(map(str, self.shape))
    parts = [f"{dtype_short(self.dtype.name)}[{shape}]"]
    if self.is_cuda:
        parts.append(str(self.device))
    parts += _numbers(describe(on_host(self._array)), self.dtype.is_complex)
    return "  ".join(parts)


def _numbers(stats: Stats, is_complex: bool) -> list[str]:
    """What there is to say; counts of nothing are left out."""
    if not stats.count:
        return ["no elements"]
    if stats.count == 1 and not stats.nan and not stats.inf:
        return [("|x| " if is_complex else "= ") + number(stats.mean, 6)]
    counts = {"NaN": stats.nan, "inf": stats.inf, "zero": stats.zero}
    said = [f"{count:,} {word}" for word, count in counts.items() if count]
    if stats.nan + stats.inf == stats.count:
        return said
    of = " |x|" if is_complex else ""
    extremes = {"min": stats.minimum, "mean": stats.mean, "max": stats.maximum}
    ranges = [f"{word}{of} {number(x)}" for word, x in extremes.items()]
    return [*ranges, *said, sparkline(stats).rstrip()]


setattr(OpMethods, "summary", summary)
