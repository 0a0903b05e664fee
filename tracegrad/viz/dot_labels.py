"""HTML-like labels for Graphviz: the header, the captions of clusters, and the tables of boxes."""

from __future__ import annotations

import html
from collections.abc import Iterator, Sequence

from tracegrad.viz.plan import Box, Cluster, Header, Line, Slot, Span
from tracegrad.viz.style import MONO, TEXT, Paint, Theme

_BARS_WIDTH, _BARS_HEIGHT = 48, 13  # points
_TABLE = '<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="0">'


def header_label(header: Header, theme: Theme) -> str:
    """Title and place; facts; alarms."""
    quiet = theme.text["quiet"]
    title = _font(header.title, 16, theme.header, bold=True)
    if header.place:
        title += " " + _font("  " + header.place, 10, quiet)
    rows = [title]
    if header.facts:
        rows.append(_font(" · ".join(header.facts), 10, quiet))
    if header.alarms:
        rows.append(_font(" · ".join(header.alarms), 10, theme.text["alarm"], bold=True))
    cells = "".join(f'<TR><TD ALIGN="LEFT">{row}</TD></TR>' for row in rows)
    return (
        _TABLE.replace('PADDING="0"', 'PADDING="1"')
        + f'{cells}<TR><TD HEIGHT="8"></TD></TR></TABLE>'
    )


def caption(cluster: Cluster, theme: Theme) -> str:
    """A cluster's name, and what it is."""
    label = _font(cluster.name, 10, theme.text["label"], bold=True)
    if cluster.label:
        label += _font("  " + cluster.label, 10, theme.text["label"], italic=True)
    return label


# -- boxes -------------------------------------------------------------------------------------


def box_label(box: Box, theme: Theme) -> str:
    """A table with ports: `i0`, `i1`, … or `i` where values enter, `g0`, … or `g` beside them where
    gradients leave; `o` where the result leaves, `h` beside it where its gradient arrives.
    """
    paint = theme.paint(box)
    rows = [_entries(box, theme)]
    rows += [_line(box, n, theme, paint) for n in range(len(box.lines))]
    rows.append(_way("h", "o"))
    return (
        f'<TABLE BORDER="1" CELLBORDER="0" CELLSPACING="0" CELLPADDING="0" COLOR="{paint.line}" '
        f'BGCOLOR="{paint.fill}" STYLE="ROUNDED">{"".join(rows)}</TABLE>'
    )


def _entries(box: Box, theme: Theme) -> str:
    """The top row: where each argument enters, and beside it where its gradient leaves."""
    if not box.slots:
        return _way("g", "i")
    cells = "".join(f"<TD>{_slot(slot, theme)}</TD>" for slot in box.slots)
    return f'<TR><TD COLSPAN="2">{_TABLE}<TR>{cells}</TR></TABLE></TD></TR>'


def _slot(slot: Slot, theme: Theme) -> str:
    """A contribution's norm at its way out, an argument's number at its way in, side by side."""
    side = max(11, round(len(slot.contribution) * 4.4 + 4))
    norm = _font(slot.contribution, 7, theme.text["gradient"], mono=True)
    number = _font(slot.number, 7, theme.text["quiet"], mono=True)
    size = f'FIXEDSIZE="TRUE" WIDTH="{side}" HEIGHT="10"'
    return (
        f'{_TABLE}<TR><TD PORT="g{slot.position}" {size}>{norm}</TD>'
        f'<TD PORT="i{slot.position}" {size}>{number}</TD></TR></TABLE>'
    )


def _way(gradient: str, value: str) -> str:
    """A row with two ports in its middle: a gradient's at the left, a value's at the right."""
    port = '<TD PORT="{}" FIXEDSIZE="TRUE" WIDTH="11" HEIGHT="3"></TD>'
    table = _TABLE.replace(">", ' FIXEDSIZE="TRUE" WIDTH="22" HEIGHT="3">')
    inner = f"{table}<TR>{port.format(gradient)}{port.format(value)}</TR></TABLE>"
    return f'<TR><TD COLSPAN="2">{inner}</TD></TR>'


def _line(box: Box, n: int, theme: Theme, paint: Paint) -> str:
    line = box.lines[n]
    left = "".join(_spans(line.left, theme))
    if line.histogram:
        right = _bars(line, paint)
    else:
        right = "".join(_spans(line.right, theme))
    if not right:
        return f'<TR><TD COLSPAN="2" ALIGN="LEFT" CELLPADDING="2">{left} </TD></TR>'
    return (
        f'<TR><TD ALIGN="LEFT" CELLPADDING="2">{left} </TD>'
        f'<TD ALIGN="RIGHT" CELLPADDING="2">{right}</TD></TR>'
    )


def _spans(spans: Sequence[Span], theme: Theme) -> Iterator[str]:
    for n, span in enumerate(spans):
        style = TEXT[span.tone]
        words = ("   " if n else "") + span.text
        yield _font(
            words, style.size, theme.text[span.tone], mono=style.mono, bold=style.bold,
            italic=style.italic,
        )  # fmt: skip


def _bars(line: Line, paint: Paint) -> str:
    """A histogram of table cells: block characters look right in few fonts, cells in all."""
    top = max(line.histogram)
    width = _BARS_WIDTH // len(line.histogram)
    bars = []
    for count in line.histogram:
        height = max(1, round(_BARS_HEIGHT * count / top)) if count else 0
        parts = [(_BARS_HEIGHT - height, ""), (height, f' BGCOLOR="{paint.line}"')]
        cells = "".join(
            f'<TR><TD FIXEDSIZE="TRUE" WIDTH="{width}" HEIGHT="{part}"{fill}></TD></TR>'
            for part, fill in parts
            if part
        )
        bars.append(f"<TD>{_TABLE}{cells}</TABLE></TD>")
    return f"{_TABLE}<TR>{''.join(bars)}</TR></TABLE>"


# -- escaping ----------------------------------------------------------------------------------


def _font(
    words: str,
    size: float,
    colour: str,
    *,
    mono: bool = False,
    bold: bool = False,
    italic: bool = False,
) -> str:
    if not words:
        return ""  # Graphviz takes an empty FONT element for a syntax error
    inner = _html(words)
    inner = f"<B>{inner}</B>" if bold else inner
    inner = f"<I>{inner}</I>" if italic else inner
    face = f' FACE="{MONO}"' if mono else ""
    return f'<FONT POINT-SIZE="{size:g}" COLOR="{colour}"{face}>{inner}</FONT>'


def _html(words: str) -> str:
    """Text for an HTML-like label. Spaces are made unbreakable, or Graphviz drops all but one."""
    return html.escape(words, quote=True).replace(" ", "&#160;")
