"""Which events of a trace a picture is about: a step, a range, or what a value was made from."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from tracegrad.errors import PictureError, with_details
from tracegrad.recording.model import EventRow, Stats, ValueRow
from tracegrad.recording.source import TraceSource

Measured = Callable[[int], Stats | None]
"""Statistics of a value, remembered: a picture needs them several times, an array takes a while."""

_DRAWN = ("forward", "write")
_GRADIENT = ("seed", "backward", "fan_in", "accumulate")


@dataclass(frozen=True, slots=True)
class Selection:
    """The rows that a picture is drawn from.

    Attributes:
        events: forward and write events, in order.
        backward: visits of nodes in backward passes whose forward event is among `events`.
        gradients: the whole gradient (value id) of each value that has one, from its last pass.
        contributions: how many contributions a value's gradient has, by value and pass.
        seeds: values that a backward pass began from.
        differentiated: whether there was a backward pass at all.
        value: the value that the picture was asked to be about.
        words: what was selected: `step 11`; `""` when it is everything.
    """

    events: tuple[EventRow, ...]
    backward: tuple[EventRow, ...]
    gradients: Mapping[int, int]
    contributions: Mapping[tuple[int, int], int]
    seeds: tuple[int, ...]
    differentiated: bool
    value: int | None
    words: str


def select(
    source: TraceSource,
    *,
    step: int | None = None,
    events: tuple[int, int] | None = None,
    value: int | None = None,
) -> Selection:
    """Choose the events; with no argument the last complete step that has a backward pass.

    Raises:
        PictureError: When more than one choice is made, or the trace has no such rows.
    """
    chosen = {"step": step, "events": events, "value": value}
    given = [name for name, what in chosen.items() if what is not None]
    if len(given) > 1:
        raise PictureError(f"choose one of {' and '.join(given)}: a picture shows one selection")
    if value is not None:
        about, drawn = _ancestors(source, value)
        found = _from_rows(source, drawn, None, f"all that value {about} is made of")
        return replace(found, value=about)
    if events is not None:
        start, stop = _checked_range(source, events)
        kept = (row for row in source.events(start, stop) if row.kind in _DRAWN)
        rows = [_reading_ops(source, row) for row in kept]
        everything = start == 0 and stop >= source.event_count
        return _from_rows(source, rows, None, "" if everything else f"events {start} to {stop - 1}")
    if step is None:
        step = _last_step(source)
    if step is None:
        return _from_range(source, 0, source.event_count, "")
    start, stop = _step_range(source, step)
    if start == stop:
        raise PictureError(_no_such_step(source, step))
    everything = start == 0 and stop == source.event_count
    return _from_range(source, start, stop, "" if everything else f"step {step}")


def _no_such_step(source: TraceSource, step: int) -> str:
    steps = f"0 to {source.event(source.event_count - 1).step}" if source.event_count else "none"
    return with_details(
        f"no step {step} in this trace", [("steps", steps)], "leave step out to draw the last one"
    )


def is_parameter(row: ValueRow) -> bool:
    """Whether a value is a parameter at any version: as it entered, or as an optimizer left it."""
    return row.of is None and (row.role == "parameter" or bool(row.name))


# -- steps and ranges --------------------------------------------------------------------------


def _step_range(source: TraceSource, step: int) -> tuple[int, int]:
    """First event of a step and one past its last; steps never go down along the time line."""
    ids = range(source.event_count)
    start = bisect_left(ids, step, key=lambda id: source.event(id).step)
    return start, bisect_left(ids, step + 1, key=lambda id: source.event(id).step)


def _last_step(source: TraceSource) -> int | None:
    """The last complete step with a backward pass; else the last with one; else `None`."""
    stop = source.event_count
    unfinished: int | None = None
    while stop:
        step = source.event(stop - 1).step
        complete = stop < source.event_count or source.info.state == "complete"
        start, _ = _step_range(source, step)
        if any(row.kind == "backward" for row in source.events(start, stop)):
            if complete:
                return step
            unfinished = step if unfinished is None else unfinished
        stop = min(start, stop - 1)
    return unfinished


def _checked_range(source: TraceSource, events: tuple[int, int]) -> tuple[int, int]:
    start, stop = events
    if 0 <= start <= stop and start <= source.event_count:
        return start, min(stop, source.event_count)
    raise PictureError(
        with_details(
            f"events=({start}, {stop}) is no range of this trace",
            [
                ("expected", "(start, stop) with 0 <= start <= stop, stop not included"),
                ("the trace has", f"{source.event_count} events"),
            ],
        )
    )


def _ancestors(source: TraceSource, value: int) -> tuple[int, list[EventRow]]:
    """The value and the events that it was made from, back to what entered its own step.

    Through a parameter, every earlier step is an ancestor; the walk stops where the step begins, so
    that the picture is of one forward pass and not of the whole training. A gradient has the
    ancestors of the value it is the gradient of.
    """
    if not 0 <= value < source.value_count:
        raise PictureError(
            with_details(
                f"no value {value} in this trace",
                [("the trace has", f"{source.value_count} values")],
            )
        )
    of = source.value(value).of
    value = _before_warnings(source, value if of is None else of)
    first = source.value(value).event
    if first is None:
        return value, []
    step = source.event(first).step
    found: dict[int, EventRow] = {}
    waiting = [first]
    while waiting:
        id = waiting.pop()
        if id in found:
            continue
        row = _reading_ops(source, source.event(id))
        if row.kind not in _DRAWN or row.step != step:
            continue
        found[id] = row
        makers = (source.value(v).event for v in row.inputs if v is not None)
        waiting.extend(maker for maker in makers if maker is not None)
    return value, [found[id] for id in sorted(found)]


# -- warnings ------------------------------------------------------------------------------------


def _before_warnings(source: TraceSource, value: int) -> int:
    """The value that an op made, of one that a warning found in its place."""
    row = source.value(value)
    while row.earlier is not None and row.event is not None:
        if source.event(row.event).kind != "warning":
            break
        row = source.value(row.earlier)
    return row.id


def _reading_ops(source: TraceSource, event: EventRow) -> EventRow:
    """The event as if it had read what ops made: warnings have no box, and must cut no edge."""
    inputs = tuple(None if v is None else _before_warnings(source, v) for v in event.inputs)
    return event if inputs == event.inputs else replace(event, inputs=inputs)


# -- gathering gradients -----------------------------------------------------------------------


def _from_range(source: TraceSource, start: int, stop: int, words: str) -> Selection:
    """All events of a range, gradients among them: one pass over the rows, no index."""
    rows = list(source.events(start, stop))
    drawn = [_reading_ops(source, row) for row in rows if row.kind in _DRAWN]
    return _from_rows(source, drawn, [row for row in rows if row.kind in _GRADIENT], words)


def _from_rows(
    source: TraceSource,
    drawn: list[EventRow],
    gradient_events: Iterable[EventRow] | None,
    words: str,
) -> Selection:
    """The selection of some forward events; their gradients are looked up unless given."""
    if gradient_events is None:
        gradient_events = _gradient_events(source, drawn)
    drawn_ids = {row.id for row in drawn}
    backward: list[EventRow] = []
    gradients: dict[int, int] = {}
    contributions: Counter[tuple[int, int]] = Counter()
    seeds: list[int] = []
    for row in gradient_events:
        if row.kind == "backward" and row.forward in drawn_ids:
            backward.append(row)
        for id in row.outputs:
            of = source.value(id).of if id is not None else None
            if id is None or of is None:
                continue
            if row.kind == "accumulate":
                # `.grad` over several passes: only where the pass's own gradient is not known.
                gradients.setdefault(of, id)
                continue
            gradients[of] = id  # a sum comes after its contributions, so the last one is the whole
            if row.kind == "seed":
                seeds.append(of)
            if row.kind == "backward":
                contributions[of, row.backward_pass] += 1
    return Selection(
        events=tuple(drawn),
        backward=tuple(backward),
        gradients=gradients,
        contributions=contributions,
        seeds=tuple(dict.fromkeys(seeds)),
        differentiated=bool(backward or seeds or gradients),
        value=None,
        words=words,
    )


def _gradient_events(source: TraceSource, drawn: list[EventRow]) -> list[EventRow]:
    """The events that made gradients of the values that these events read and made."""
    values = {v for row in drawn for v in (*row.inputs, *row.outputs) if v is not None}
    makers = {source.value(g).event for v in values for g in source.gradients(v)}
    return [source.event(id) for id in sorted(id for id in makers if id is not None)]
