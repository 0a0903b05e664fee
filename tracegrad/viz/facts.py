"""Statistics in a few words: what is worth saying about a value depends on the value."""

from __future__ import annotations

from tracegrad._util import text
from tracegrad.recording.model import Stats, ValueRow
from tracegrad.viz.plan import Span, Tone
from tracegrad.viz.selection import is_parameter

_FEW, _MANY = 6, 64  # elements: below the first no histogram, from the second on with all its bins
_MANY_ZEROS = 0.05  # share from which zeros are worth a word: a relu, a mask, dropout


def single(stats: Stats, row: ValueRow) -> Span:
    """The only element of a value: `2.5531`, `True`, `nan`."""
    if stats.nan or stats.inf:
        return Span("nan" if stats.nan else "inf", "alarm")
    if row.dtype == "bool":
        return Span(str(stats.mean != 0), "value")
    return Span(text.number(stats.mean, 5), "value")


def facts(stats: Stats, row: ValueRow) -> list[Span]:
    """Two numbers that tell most: `mean 0.27  zero 52%`, `mean -0.03  std 0.71`, `0 to 9`."""
    finite = stats.count - stats.nan - stats.inf
    if finite <= 0:
        return [Span("empty")] if stats.count == 0 else []
    if row.dtype == "bool":
        return [Span(f"true {_percent(stats.count - stats.zero, stats.count)}")]
    if stats.minimum == stats.maximum:
        return [Span(f"all {text.number(stats.minimum)}")]
    if "int" in row.dtype:
        return [Span(f"{text.number(stats.minimum)} to {text.number(stats.maximum)}")]
    mean = f"mean {text.number(stats.mean)}"
    if is_parameter(row):
        return [Span(f"|w| {text.number(stats.norm)}"), Span(f"std {text.number(stats.std)}")]
    if stats.zero >= _MANY_ZEROS * stats.count:
        return [Span(mean), Span(f"zero {_percent(stats.zero, stats.count)}")]
    if stats.minimum >= 0:
        return [Span(mean), Span(f"max {text.number(stats.maximum)}")]
    return [Span(mean), Span(f"std {text.number(stats.std)}")]


def histogram(stats: Stats, row: ValueRow) -> tuple[int, ...]:
    """The histogram to draw: fewer bins for fewer elements, none where one number says it all."""
    one_bin = sum(1 for n in stats.histogram if n) < 2
    if one_bin or stats.count < _FEW or row.dtype == "bool":
        return ()
    if stats.count >= _MANY:
        return stats.histogram
    return tuple(a + b for a, b in zip(stats.histogram[::2], stats.histogram[1::2], strict=True))


def alarms(stats: Stats) -> list[Span]:
    """`3 nan`, `1 inf`; nothing when every element is finite."""
    counted = (("nan", stats.nan), ("inf", stats.inf))
    return [Span(f"{n:,} {word}", "alarm") for word, n in counted if n]


def gradient_tone(stats: Stats) -> Tone:
    """A gradient that is zero everywhere alarms: nothing before it will learn."""
    return "alarm" if stats.count and stats.zero == stats.count else "gradient"


def statistics(stats: Stats) -> str:
    """All numbers, for a tooltip."""
    number = text.number
    words = (
        f"mean {number(stats.mean)}, std {number(stats.std)}, {number(stats.minimum)} to "
        f"{number(stats.maximum)}, norm {number(stats.norm)}, "
        f"{_percent(stats.zero, max(1, stats.count))} zero"
    )
    bad = ", ".join(span.text for span in alarms(stats))
    return f"{words}, {bad}" if bad else words


def _percent(part: int, whole: int) -> str:
    """`52%`, `<1%` rather than a false `0%`, `>99%` rather than a false `100%`."""
    share = 100 * part / whole
    if 0 < share < 1:
        return "<1%"
    return ">99%" if 99 < share < 100 else f"{share:.0f}%"
