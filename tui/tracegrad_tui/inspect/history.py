"""Tab `history`: what happened to the memory of a value: aliases, versions, writes."""

from __future__ import annotations

from tracegrad_tui.inspect.view import View, and_brief
from tracegrad_tui.operands import name
from tracegrad_tui.pieces import Line, Piece, Sheet
from tracegrad_tui.session import Session

SHOWN = 1000


def history(session: Session, view: View) -> Sheet:
    """Every recorded value of the storage, the one looked at marked."""
    operand = session.operand
    if operand is None:
        return Sheet([[Piece("this event has no value", "quiet")]])
    row = session.source.value(operand.value)
    if row.storage is None:
        return Sheet([[Piece("a gradient's memory is not followed", "quiet")]])
    if not session.ready:
        return Sheet([[Piece(f"reading the links of this trace: {session.progress:.0%}", "quiet")]])
    ids = session.source.in_storage(row.storage)
    writes = sum(_is_write(session, id) for id in ids)
    lines: list[Line] = [
        [
            Piece(f"storage {row.storage}", "strong"),
            Piece(f"  values {len(ids):,}, written in place {writes:,} times", "quiet"),
        ]
    ]
    lines += [_entry(session, id, row.id, view) for id in ids[:SHOWN]]
    if len(ids) > SHOWN:
        lines.append([Piece(f"  and {len(ids) - SHOWN:,} more", "quiet")])
    return Sheet(lines)


def _is_write(session: Session, value: int) -> bool:
    made_by = session.source.value(value).event
    return made_by is not None and session.source.event(made_by).kind == "write"


def _entry(session: Session, value: int, current: int, view: View) -> Line:
    source = session.source
    row = source.value(value)
    event = source.event(row.event) if row.event is not None else None
    where = ""
    if event is not None and event.location is not None:
        where = source.location(event.location).short
    if event is None:
        how = "entered from outside"
    else:
        how = f"{'written' if event.kind == 'write' else 'made'} by #{event.id} {event.op}"
    line = [
        Piece("▶ " if value == current else "  "),
        Piece(f"v{row.version} ", "strong" if value == current else ""),
        Piece(how, "write" if event is not None and event.kind == "write" else ""),
        Piece(f"  {where}  " if where else "  ", "quiet"),
        Piece(f"{name(source, row)}  " if row.name else "", "parameter"),
    ]
    return and_brief(line, session, value, view)
