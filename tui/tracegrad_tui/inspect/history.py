"""Tab `history`: every version of the memory that a value lives in, and the write that made it."""

from __future__ import annotations

from rich.cells import cell_len

from tracegrad._util.text import count
from tracegrad.recording.history import History, Version
from tracegrad.recording.history_text import written_through
from tracegrad.recording.model import ValueRow
from tracegrad_tui.inspect.view import View, and_brief, label
from tracegrad_tui.pieces import Line, Piece, Sheet, fit, flow
from tracegrad_tui.pieces import width as cells_of
from tracegrad_tui.rows import MARKS
from tracegrad_tui.session import Session

MOST = (8, 10, 16, 24, 24)
"""Cells of each column at most."""

BRIEF = 22
"""Cells from which a value has room after the columns."""


def history(session: Session, view: View) -> Sheet:
    """One line per version, the one looked at marked."""
    operand = session.operand
    if operand is None:
        return Sheet([[Piece("this event has no value", "quiet")]])
    found = session.history()
    if found is None:
        return Sheet([[Piece(f"reading the links of this trace: {session.progress:.0%}", "quiet")]])
    here = found.shown(operand.value)
    gap: list[Line] = [[Piece("  … more before and after this part", "quiet")]] if found.cut else []
    return Sheet([*_head(found, view), *gap, *_entries(session, found, here, view), *gap])


def step_parts(session: Session, row: ValueRow) -> list[Line]:
    """For the value tab: which version of its memory this is; nothing if there is only one."""
    found = session.history() if row.storage is not None else None
    if found is None or len(found.versions) < 2:
        return []
    versions = found.versions
    here = found.shown(row.id)
    last = "" if found.cut else f" of {versions[-1].version}"
    parts: list[Line] = [[*label("version", f"{versions[here].version}"), Piece(last, "quiet")]]
    for n, word, key in ((here, "made by", "V"), (here + 1, "changed by", "v")):
        version = versions[n] if n < len(versions) else None
        if version is None or version.event is None:
            continue
        place = f" {version.location.short}" if version.location else ""
        part = [
            Piece(f"{word} ", "quiet"),
            Piece(f"#{version.event} {version.op}", _role(session, version)),
            Piece(place, "quiet"),
        ]
        if version.event != session.cursor:
            part += [Piece(" "), Piece(key, "key")]
        parts.append(part)
    return parts


def _head(found: History, view: View) -> list[Line]:
    writes = f"{count(len(found.writes), 'write')}" + (" around here" if found.cut else "")
    memory = "a gradient on its way" if found.storage is None else f"storage {found.storage}"
    return flow(
        [
            [Piece(found.name, "strong")] if found.name else [],
            [Piece(memory, "quiet")],
            [Piece(writes if found.writes else "never written in place", "quiet")],
            [Piece("v", "key"), Piece(" next", "quiet")],
            [Piece("V", "key"), Piece(" previous", "quiet")],
        ],
        view.width,
    )  # fmt: skip


def _entries(session: Session, found: History, here: int, view: View) -> list[Line]:
    """The versions, in aligned columns: version, event, op, line, view, value."""
    cells = [_cells(found, n) for n in range(len(found.versions))]
    widths = [
        min(most, max(cell_len(row[column]) for row in cells)) for column, most in enumerate(MOST)
    ]
    lines = []
    for n, (version, texts) in enumerate(zip(found.versions, cells, strict=True)):
        roles = ("strong" if n == here else "", "quiet", _role(session, version), "quiet", "")
        line = [Piece("▶ " if n == here else "  ")]
        for text, width, role in zip(texts, widths, roles, strict=True):
            if width and cells_of(line) + width < view.width:
                line.append(Piece(fit(text, width) + " ", role))
        if version.after is not None and cells_of(line) + BRIEF <= view.width:
            line = and_brief(line, session, version.after, view)
        lines.append(line)
    return lines


def _cells(found: History, n: int) -> tuple[str, str, str, str, str]:
    version = found.versions[n]
    step = f"v{version.version}"
    if version.event is None:
        told = "" if n or found.cut else "from outside"
        return step, "", told or "not recorded", "", ""
    place = version.location.short if version.location else ""
    through = written_through(version) if n else ""
    return step, f"#{version.event}", version.op, place, through


def _role(session: Session, version: Version) -> str:
    if version.event is None:
        return "quiet"
    return MARKS[session.source.event(version.event).kind].role
