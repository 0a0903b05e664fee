"""What must hold of every trace, whatever was recorded. Not to be called while one is recorded."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

import tracegrad as tg
from tracegrad.recording.model import WARNINGS, EventRow, ScopeRow, ValueRow
from tracegrad.recording.source import TraceSource

IN_PASS = {"seed", "backward", "fan_in", "accumulate"}
REPLAYED = {
    "add", "copy_", "div", "exp", "linear", "matmul", "mul", "neg", "relu", "sin", "sqrt", "sub",
    "tanh",
}  # fmt: skip


def assert_consistent(trace: TraceSource, numbers: bool = True) -> None:
    """Rows fit together, point the right way, and their numbers follow from each other.

    Args:
        numbers: whether they do: not where memory was written behind the counters' back.
    """
    events = list(trace.events())
    values = [trace.value(id) for id in range(trace.value_count)]
    assert [event.id for event in events] == list(range(trace.event_count))
    assert [value.id for value in values] == list(range(trace.value_count))
    for value in values:
        _check_value(trace, value, values, events)
    for event in events:
        _check_event(trace, event, values, events)
        _check_kind(event, values, events)
        if numbers:
            _check_numbers(trace, event)
    _check_storages(values)
    _check_passes(events)
    _check_times(events)
    _check_scopes(trace, events)
    _check_locations(trace)


# -- values ----------------------------------------------------------------------------------------


def _check_value(
    trace: TraceSource, value: ValueRow, values: Sequence[ValueRow], events: Sequence[EventRow]
) -> None:
    if value.event is None:
        assert value.role in ("input", "parameter"), value
    else:
        event = events[value.event]
        if value.output < len(event.outputs):
            assert event.outputs[value.output] == value.id
        else:
            # Another tensor over memory that was written: its value is that write's doing.
            assert event.kind in ("write", "accumulate", "warning"), (value, event)
            assert value.role == "result"
            written = values[event.outputs[0]]
            assert value.storage == written.storage
            assert value.version >= written.version
    if value.earlier is not None:
        before = values[value.earlier]
        assert before.id < value.id
        assert (before.shape, before.dtype, before.view) == (value.shape, value.dtype, value.view)
        assert before.storage in (value.storage, None)  # a gradient on its way has none yet
        assert before.version < value.version, value
    assert (value.of is not None) <= (value.role == "gradient"), value
    if value.of is not None:
        assert value.of < value.id
        assert values[value.of].shape == value.shape, (value, values[value.of])
    itemsize = np.dtype(value.dtype).itemsize
    assert value.nbytes == math.prod(value.shape) * itemsize
    array = trace.array(value.id)
    assert (array is not None) == value.kept
    if array is not None:
        assert (array.shape, array.dtype.name) == (value.shape, value.dtype)
        assert not array.flags.writeable


def _check_storages(values: Sequence[ValueRow]) -> None:
    """The versions of a storage only grow."""
    versions: dict[int, int] = {}
    for value in values:
        if value.storage is not None:
            assert value.version >= versions.get(value.storage, 0), value
            versions[value.storage] = value.version


# -- events ----------------------------------------------------------------------------------------


def _check_event(
    trace: TraceSource, event: EventRow, values: Sequence[ValueRow], events: Sequence[EventRow]
) -> None:
    outputs = [id for id in event.outputs if id is not None]
    for n, id in enumerate(event.outputs):
        if id is not None:
            assert (values[id].event, values[id].output) == (event.id, n)
    for id in event.inputs:
        if id is not None:
            made_by = values[id].event
            assert made_by is None or made_by < event.id, (event, values[id])
            assert all(id < output for output in outputs), event
    if event.location is not None:
        assert trace.location(event.location).id == event.location
    if event.forward is not None:
        assert event.forward < event.id
        assert events[event.forward].kind in ("forward", "write")


def _check_kind(event: EventRow, values: Sequence[ValueRow], events: Sequence[EventRow]) -> None:
    """What `model.EventKind` says of each kind."""
    assert (event.kind in IN_PASS) <= (event.backward_pass > 0), event
    made = [values[id] for id in event.outputs if id is not None]
    read = [None if id is None else values[id] for id in event.inputs]
    if event.kind in IN_PASS:
        assert all(value.role == "gradient" for value in made)
    match event.kind:
        case "exit":
            assert len(read) == 1
            assert not made
        case "write":
            assert read[0] is not None
            assert len(made) == 1
            # A gradient on its way has no storage until somebody writes to it.
            assert read[0].storage == made[0].storage or read[0].role == "gradient"
            assert made[0].earlier == read[0].id
            assert made[0].shape == read[0].shape
            assert made[0].version == read[0].version + 1
        case "seed":
            assert [value.of for value in made] == list(event.inputs)
        case "fan_in":
            assert len(read) == 2
            assert len(made) == 1
            assert all(value is not None and value.of == made[0].of for value in read)
        case "accumulate":
            assert len(read) == len(made) == 1
            assert read[0] is not None
            assert read[0].of == made[0].of
        case "warning":
            assert event.op in WARNINGS
            assert made
            for before, after in zip(read, made, strict=True):
                assert before is not None
                assert after.earlier == before.id
                assert after.storage == before.storage
                assert after.version == before.version + 1
        case "backward" if event.forward is not None:
            _check_backward(event, events[event.forward], values)


def _check_backward(event: EventRow, forward: EventRow, values: Sequence[ValueRow]) -> None:
    assert (event.location, event.scope) == (forward.location, forward.scope)
    assert len(event.outputs) == len(forward.inputs)
    if forward.kind == "forward":
        assert event.op == forward.op
        assert len(event.inputs) == len(forward.outputs)
        for gradient, output in zip(event.inputs, forward.outputs, strict=True):
            assert gradient is None or values[gradient].of == output, (event, forward)
    for gradient, read in zip(event.outputs, forward.inputs, strict=True):
        if gradient is not None and values[gradient].of is not None:
            assert read is not None
            of = values[gradient].of
            # Of the input itself; of the base, where a view was written to; or of the same tensor
            # at a later version, since a leaf keeps its place.
            assert of == read or values[of].storage == values[read].storage, (event, forward)


def _check_numbers(trace: TraceSource, event: EventRow) -> None:
    arrays = [None if id is None else trace.array(id) for id in event.inputs]
    if not event.outputs or any(array is None for array in arrays):
        return
    result = None if event.outputs[0] is None else trace.array(event.outputs[0])
    if event.kind == "fan_in":
        np.testing.assert_array_equal(result, arrays[0] + arrays[1])
    op = event.op if event.op in REPLAYED else event.op.rstrip("_")
    if event.kind in ("forward", "write") and op in REPLAYED and not event.options:
        with np.errstate(all="ignore"):
            np.testing.assert_array_equal(result, _replayed(op, arrays), err_msg=str(event))


def _replayed(op: str, arrays: Sequence[np.ndarray | None]) -> np.ndarray:
    tensors = [tg.tensor(array) for array in arrays]
    if op == "copy_":
        return np.broadcast_to(arrays[1], arrays[0].shape).astype(arrays[0].dtype)
    call = tg.nn.functional.linear if op == "linear" else getattr(tg, op)
    return call(*tensors).to(tensors[0].dtype).numpy()


def _check_passes(events: Sequence[EventRow]) -> None:
    seeds = [event.backward_pass for event in events if event.kind == "seed"]
    assert seeds == list(range(1, len(seeds) + 1))


def _check_times(events: Sequence[EventRow]) -> None:
    """An event ends after the one before it, in each thread; steps never go back."""
    ends: dict[int, int] = {}
    for event in events:
        assert event.start >= 0
        assert event.duration >= 0
        assert event.start + event.duration >= ends.get(event.thread, 0), event
        ends[event.thread] = event.start + event.duration
    steps = [event.step for event in events]
    assert steps == sorted(steps)


# -- places ----------------------------------------------------------------------------------------


def _check_scopes(trace: TraceSource, events: Sequence[EventRow]) -> None:
    assert trace.scope(0) == ScopeRow(0, None, "", "", "program", "", "")
    for id in {event.scope for event in events}:
        while id:
            scope = trace.scope(id)
            assert scope.id == id
            assert scope.parent is not None
            assert scope.parent < id
            parent = trace.scope(scope.parent)
            assert scope.path == (f"{parent.path}.{scope.name}" if parent.path else scope.name)
            assert (scope.kind == "module") == bool(scope.type)
            id = scope.parent


def _check_locations(trace: TraceSource) -> None:
    """An expression's text is what stands in the source at its columns."""
    for row in trace.locations():
        text = trace.source_text(row.file)
        if not row.expression:
            assert text is None or row.column == row.end_column == 0, row
            continue
        assert text is not None, row
        lines = text.splitlines()[row.line - 1 : row.end_line]
        lines[-1] = lines[-1][: row.end_column]
        lines[0] = lines[0][row.column :]
        assert " ".join(line.strip() for line in lines) == row.expression, row
