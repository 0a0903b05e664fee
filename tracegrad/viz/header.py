"""The words above a picture: what it shows, how much of it, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Sequence

from tracegrad._util import text
from tracegrad.viz.names import printable
from tracegrad.viz.plan import Box, Counts, Header
from tracegrad.viz.selection import Selection
from tracegrad.viz.wording import Wording


def make_header(
    selection: Selection,
    wording: Wording,
    counts: Counts,
    boxes: Sequence[Box],
    goals: Sequence[int],
    title: str | None,
) -> Header:
    """Title and place come from the goal if there is exactly one, else from the trace."""
    name, place = _goal(wording, goals)
    whole = wording.source.info.title or "trace"
    return Header(
        title=printable(title if title is not None else name or whole, 80),
        place=printable(place, 60),
        facts=tuple(_facts(selection, wording, counts)),
        alarms=tuple(_alarms(wording, boxes)),
    )


def _goal(wording: Wording, goals: Sequence[int]) -> tuple[str, str]:
    """What the program calls the goal, and where it makes it."""
    if len(goals) != 1:
        return "", ""
    row = wording.source.value(goals[0])
    if row.event is None:
        return row.name or wording.input_name(row.id), ""
    event = wording.source.event(row.event)
    location = wording.location(event)
    if location is None:
        return row.name or event.op, ""
    return row.name or location.variable or event.op, location.short


def _facts(selection: Selection, wording: Wording, counts: Counts) -> list[str]:
    forward = f"{text.count(counts.forward, 'op')} forward"
    facts = [
        selection.words,
        f"{forward}, {counts.backward:,} backward" if counts.backward else forward,
        text.count(counts.writes, "write in place", "writes in place") if counts.writes else "",
        text.count(counts.parameters, "parameter") if counts.parameters else "",
        f"{text.size(counts.nbytes)} of values" if counts.nbytes else "",
    ]
    if counts.folds:
        boxes = text.count(counts.folds, "folded box", "folded boxes")
        facts.append(f"{text.count(counts.folded_ops, 'op')} in {boxes}")
    if wording.values and not _any_kept(selection, wording):
        facts.append("values not kept")
    return [fact for fact in facts if fact]


def _any_kept(selection: Selection, wording: Wording) -> bool:
    results = [v for event in selection.events for v in event.outputs if v is not None]
    return not results or any(wording.source.value(v).kept for v in results)


def _alarms(wording: Wording, boxes: Sequence[Box]) -> list[str]:
    info = wording.source.info
    alarms = []
    bad = sum(box.alarm for box in boxes)
    if bad:
        alarms.append(f"nan or inf in {text.count(bad, 'box', 'boxes')}")
    if info.state == "failed":
        lines = info.error.strip().splitlines()
        alarms.append(printable(f"failed: {lines[-1]}" if lines else "failed", 100))
    if info.state == "recording":
        alarms.append("unfinished: the program still ran, or was killed")
    return alarms
