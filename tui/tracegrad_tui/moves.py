"""Where a move leads: questions about the time line, answered from the rows alone.

Each returns the event to go to, or a `Dead` end that says why there is none.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable
from dataclasses import dataclass

from tracegrad._util.text import count
from tracegrad.recording.history import History
from tracegrad.recording.model import EventRow
from tracegrad.recording.source import TraceSource

FARTHEST = 200_000
"""Events that one move looks through at most, about a second's work for a trace file."""


@dataclass(frozen=True, slots=True)
class Dead:
    """There is no such event, and why."""

    reason: str


Target = int | Dead
Find = Callable[[int], Target]


def within(source: TraceSource, scope: int, of: int) -> bool:
    """Whether a scope is another one or lies inside it."""
    walk: int | None = scope
    while walk is not None:
        if walk == of:
            return True
        walk = source.scope(walk).parent
    return False


def over(source: TraceSource, id: int, direction: int) -> Target:
    """The next event outside of the module call that an event ran in, in either direction.

    In the program itself, outside of all modules, it is the next event of the program: the module
    calls in between are stepped over.
    """
    scope = source.event(id).scope
    memo: dict[int, bool] = {}
    for other in _away(source, id, direction):
        here = source.event(other).scope
        if here not in memo:
            inside = within(source, here, scope)
            memo[here] = not inside if scope else here == 0
        if memo[here]:
            return other
    side = "after" if direction > 0 else "before"
    place = f"outside {source.scope(scope).path}" if scope else "of the program itself"
    if _cut_short(source, id, direction):
        return Dead(f"no event {place} within {count(FARTHEST, 'event')} {side} this one")
    return Dead(f"no event {place} {side} this one")


@dataclass(frozen=True, slots=True)
class Call:
    """A module's call: events `start..stop-1`."""

    start: int
    stop: int
    path: str


def call_around(source: TraceSource, id: int) -> Call | Dead:
    """The module call around an event.

    A call of a single event is no use to fold, so it widens to the enclosing call.
    """
    scope = source.scope(source.event(id).scope)
    start, stop = id, id + 1
    while scope.id != 0:
        while start > 0 and id - start < FARTHEST and _inside(source, start - 1, scope.id):
            start -= 1
        end = min(source.event_count, id + FARTHEST)
        while stop < end and _inside(source, stop, scope.id):
            stop += 1
        if stop - start > 1:
            return Call(start, stop, scope.path)
        scope = source.scope(scope.parent or 0)
    return Dead("no module call of several events is around this one: there is nothing to fold")


def counterpart(source: TraceSource, id: int) -> Target:
    """The backward event of a forward event, the forward event of any other."""
    event = source.event(id)
    if event.kind in ("forward", "write", "exit", "warning"):
        visits = source.backward_events(id)
        return visits[-1] if visits else Dead(f"#{id} {event.op}: {why_no_backward(source, event)}")
    if event.forward is not None:
        return event.forward
    if event.kind == "seed":
        made_by = next((source.value(v).event for v in event.inputs if v is not None), None)
        return Dead("what backward() started from was not recorded") if made_by is None else made_by
    if event.kind == "accumulate":
        return Dead("a leaf was made by no op, so there is no forward event")
    return Dead("its forward event was not recorded")


def why_no_backward(source: TraceSource, event: EventRow) -> str:
    """The reason why no backward event belongs to a forward event."""
    if event.kind == "warning":
        return "a warning is no op, so no gradient flows through it"
    if event.kind == "exit":
        return "a value that leaves the graph has no backward event"
    outputs = [source.value(v) for v in event.outputs if v is not None]
    if not event.grad_enabled:
        return "it ran with autograd switched off (no_grad), so no gradient flows to it"
    if not any(value.requires_grad for value in outputs):
        return "its output does not require a gradient"
    if source.info.state == "recording":
        return "no backward pass has reached it so far"
    return "no backward pass reached it"


def producer(source: TraceSource, id: int) -> Target:
    """The event that made the first input that any event made."""
    event = source.event(id)
    inputs = [source.value(v) for v in event.inputs if v is not None]
    if not inputs:
        return Dead(f"#{id} {event.op} has no inputs")
    for value in inputs:
        if value.event is not None:
            return value.event
    return Dead(f"all inputs of #{id} {event.op} entered from outside: no recorded event made them")


def consumer(source: TraceSource, id: int) -> Target:
    """The first event that reads one of the outputs."""
    event = source.event(id)
    outputs = [v for v in event.outputs if v is not None]
    if not outputs:
        return Dead(f"#{id} {event.op} has no outputs")
    readers = [reader for v in outputs for reader in source.consumers(v)]
    if readers:
        return min(readers)
    return Dead(f"no recorded event reads the output of #{id} {event.op}")


def version(history: History, id: int, direction: int) -> Target:
    """The next (or previous) event that changed the memory, or, before all of them, made it."""
    events = [row.event for row in history.versions if row.event is not None]
    away = [event for event in events if (event > id if direction > 0 else event < id)]
    if away:
        return away[0] if direction > 0 else away[-1]
    if direction > 0:
        return Dead("nothing that was recorded writes to this memory after this event")
    if history.origin.event is None and not history.cut:
        return Dead("nothing writes to this memory before: it entered from outside")
    return Dead("nothing that was recorded writes to this memory before this event")


def warning(source: TraceSource, id: int, direction: int) -> Target:
    """The next (or previous) warning, around the end of the trace if need be."""
    warnings = source.warnings()
    if not warnings:
        return Dead("there is no warning in this trace")
    if direction > 0:
        n = bisect_right(warnings, id)
        return warnings[n % len(warnings)]
    return warnings[bisect_left(warnings, id) - 1]


def _away(source: TraceSource, id: int, direction: int) -> range:
    if direction > 0:
        return range(id + 1, min(source.event_count, id + 1 + FARTHEST))
    return range(id - 1, max(-1, id - 1 - FARTHEST), -1)


def _cut_short(source: TraceSource, id: int, direction: int) -> bool:
    return source.event_count - id > FARTHEST + 1 if direction > 0 else id > FARTHEST


def _inside(source: TraceSource, id: int, scope: int) -> bool:
    return within(source, source.event(id).scope, scope)
