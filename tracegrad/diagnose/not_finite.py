"""The first NaN and the first infinity of a trace: which op made it, where, and out of what."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from tracegrad._util.text import count, number
from tracegrad.diagnose.facts import BACKWARD, Occurrence
from tracegrad.diagnose.finding import Finding
from tracegrad.diagnose.reasons import INHERITED, reason
from tracegrad.recording.model import EventRow, Stats, ValueRow
from tracegrad.recording.source import TraceSource


def first_not_finite(source: TraceSource) -> tuple[Occurrence, ...]:
    """The first value that holds NaN and the first that holds infinities, in order of time.

    Infinities that the program wrote itself, as `masked_fill(mask, -inf)` does before a softmax,
    and those that only come of them, are left out. So is what memory happens to hold that `empty`
    gives out: every layer begins so, and nothing is wrong before somebody reads it.
    """
    found: dict[str, Occurrence] = {}
    meant: set[int] = set()
    unwritten = _Unwritten()
    for value in (source.value(id) for id in range(source.value_count)):
        if not value.dtype.startswith(_INEXACT) or _is_small_and_finite(source, value):
            continue
        stats = source.stats(value.id)
        if stats is None:
            continue
        event = source.event(value.event) if value.event is not None else None
        if unwritten.holds(value, event):
            continue
        if stats.inf and _is_meant(event, meant):
            meant.add(value.id)
        unmeant = 0 if value.id in meant else stats.inf
        for what, many in (("NaN", stats.nan), ("inf", unmeant)):
            if many and what not in found:
                place = event.location if event else None
                location = source.location(place) if place is not None else None
                found[what] = Occurrence(what, many, value, event, location)
        if len(found) == 2:
            break
    return tuple(found.values())


class _Unwritten:
    """Values that are what memory held before anybody wrote to it."""

    def __init__(self) -> None:
        self._values: set[int] = set()
        self._memory: set[tuple[int, int]] = set()  # storages, each at one version

    def holds(self, value: ValueRow, event: EventRow | None) -> bool:
        """Whether a value, which is later than all that were asked for, is one of them."""
        if value.storage is None:
            return False
        memory = (value.storage, value.version)
        made = event is not None and (
            event.op in UNWRITTEN or (event.op == "data" and event.inputs[0] in self._values)
        )
        if not made and memory not in self._memory:
            return False
        self._memory.add(memory)
        self._values.add(value.id)
        return True


def _is_meant(event: EventRow | None, meant: set[int]) -> bool:
    """Whether an infinity was an option of the op, or came in with one that was."""
    if event is None:
        return False
    return bool(_INFINITE.search(event.options)) or not meant.isdisjoint(event.inputs)


UNWRITTEN = frozenset({"empty", "empty_like", "empty_strided", "new_empty", "new_empty_strided"})
"""Ops whose results are memory that nobody has written yet."""

_INFINITE = re.compile(r"(?<![\w.])-?inf\b")
_INEXACT = ("float", "bfloat", "complex")


def _is_small_and_finite(source: TraceSource, value: ValueRow) -> bool:
    """A quick look, enough for most values: statistics take three times as long."""
    array = source.array(value.id) if value.kept and value.nbytes < 100_000 else None
    return array is not None and bool(np.isfinite(array).all())


# -- in words --------------------------------------------------------------------------------------


def not_finite_findings(
    source: TraceSource, occurrences: Sequence[Occurrence] | None = None
) -> list[Finding]:
    """What made the first NaN and the first infinity, the earlier first.

    A NaN that only comes of infinities names what made the first of those, and what helps there.

    Args:
        occurrences: what `first_not_finite` gave, if it is known already.
    """
    first = first_not_finite(source) if occurrences is None else occurrences
    found = [_finding(source, one) for one in first]
    if len(found) == 2 and dict(found[1].rows).get("why") == INHERITED[0] and found[0].tries:
        before, rows = dict(found[0].rows), list(found[1].rows)
        rows.append(("before it", f"{found[0].headline}   {before.get('line', '')}".rstrip()))
        rows.append(("why there", before.get("why", "")))
        found[1] = replace(found[1], rows=tuple(rows), tries=found[0].tries)
    return found


def _finding(source: TraceSource, one: Occurrence) -> Finding:
    rows = [("values", f"{one.count:,} of {one.value.signature}")]
    if one.event is None:
        name = f" {one.value.name}" if one.value.name else ""
        headline = f"{one.what} came in with the {one.value.role}{name}"
        rows.append(("read by", _reader(source, one.value.id)))
        tries = f"look at where it comes from: its elements were {one.what} before recording began"
        return Finding("not_finite", headline, tuple(rows), tries, value=one.value.id)
    backward = one.event.kind in BACKWARD
    op = f"the gradient of {one.event.op}" if backward else one.event.op
    scope = source.scope(one.event.scope)
    rows.append(("module", f"{scope.path}   {scope.label}" if scope.path else ""))
    rows.append(("line", _place(one)))
    why, tries = reason(source, one)
    rows += [(f"input {n}", text) for n, text in enumerate(_inputs(source, one.event))]
    rows.append(("why", why))
    where = f" in {scope.path}" if scope.path else ""
    headline = f"the first {one.what} was made by {op}{where}"
    return Finding(
        "not_finite", headline, tuple(rows), tries, event=one.event.id, value=one.value.id
    )


def _reader(source: TraceSource, value: int) -> str:
    """The first op that reads a value, and its line; nothing if none does."""
    for id in source.consumers(value)[:1]:
        event = source.event(id)
        place = source.location(event.location) if event.location is not None else None
        return f"{event.op}   {place.short}   {place.expression}" if place else event.op
    return ""


def _place(one: Occurrence) -> str:
    """`train.py:14   x.log()`; nothing if it is not known."""
    place = one.location
    return f"{place.short}   {place.expression}".rstrip() if place else ""


def inputs_of(source: TraceSource, event: EventRow) -> Sequence[int]:
    """Values that an event worked on: of a backward event, the gradients and then the inputs of
    its forward event.
    """
    ids = list(event.inputs)
    if event.kind == "backward" and event.forward is not None:
        ids += source.event(event.forward).inputs
    return [id for id in ids if id is not None]


def _inputs(source: TraceSource, event: EventRow) -> list[str]:
    """Each input in a line: its name, type and what its numbers look like."""
    lines = []
    for id in inputs_of(source, event):
        value, stats = source.value(id), source.stats(id)
        kind = "gradient " if value.of is not None else ""
        text = f"{kind}{_name(source, value)}{value.signature}"
        if stats is not None and stats.count:
            counts = [
                f"{many:,} {what}"
                for many, what in ((stats.nan, "NaN"), (stats.inf, "inf"), (stats.zero, "zero"))
                if many
            ]
            text += "  " + ", ".join([*counts, *_spread(stats)])
        elif stats is None:
            text += f"  {count(int(np.prod(value.shape)), 'number')}, not kept"
        lines.append(text)
    return lines


def _spread(stats: Stats) -> list[str]:
    """Where the finite numbers lie; nothing if there are none, or only zeros, which are counted."""
    if stats.count == stats.nan + stats.inf or stats.minimum == stats.maximum == 0:
        return []
    if stats.minimum == stats.maximum:
        return [f"all {number(stats.minimum)}"]
    return [f"from {number(stats.minimum)} to {number(stats.maximum)}"]


def _name(source: TraceSource, value: ValueRow) -> str:
    """`net.0.weight ` or the variable `h `, with a space; nothing if it has no name."""
    if value.of is not None:
        return _name(source, source.value(value.of))
    if value.name:
        return f"{value.name} "
    event = source.event(value.event) if value.event is not None else None
    place = source.location(event.location) if event and event.location is not None else None
    return f"{place.variable} " if place and place.variable else ""
