"""How fast a trace file is written, opened and read: `python benchmarks/trace_file.py [events]`.

The trace is made up: training steps of a small network, forward and backward, with every value kept
(256 bytes each) unless `--no-arrays` is given. Making the rows is not counted.
"""

from __future__ import annotations

import argparse
import random
import resource
import statistics
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from tracegrad._util.text import size
from tracegrad.recording.model import EventRow, LocationRow, ScopeRow, TraceInfo, ValueRow
from tracegrad.recording.reader import open_trace
from tracegrad.recording.writer import Batch, TraceWriter

INFO = TraceInfo("made_up.py", (), "2026-01-01T00:00:00+00:00", "recording", "", 0, {})
OPS = ("matmul", "add", "relu", "mul", "softmax", "sum", "transpose", "sub")
FORWARD = 40  # events in a step's forward pass, and as many in its backward pass
PARAMETERS = 16
PLACES = 60
SCOPES = 12


def batches(count: int, arrays: bool, at_once: int = 4_000) -> Iterator[Batch]:
    """`count` events with one output each, in batches as a recorder flushes them."""
    yield Batch(
        locations=[
            LocationRow(n, "/home/ada/train.py", "forward", n + 1, n + 1, 4, 20, f"f{n}(x, w)", "h")
            for n in range(PLACES)
        ],
        scopes=[ScopeRow(0, None, "", "", "program", "", "")]
        + [
            ScopeRow(n, n - 1, f"{n}", f"net.{n}", "module", "Linear", "Linear(8, 8)")
            for n in range(1, SCOPES)
        ],
        values=[
            replace(_value(n, False), id=n, event=None, role="parameter", name=f"net.{n}.weight")
            for n in range(PARAMETERS)
        ],
    )
    elements = np.random.default_rng(0).standard_normal((at_once, 8, 8)).astype(np.float32)
    for start in range(0, count, at_once):
        ids = range(start, min(start + at_once, count))
        yield Batch(
            events=[_event(id) for id in ids],
            values=[_value(id, arrays) for id in ids],
            arrays=[(PARAMETERS + id, elements[id - start]) for id in ids] if arrays else (),
        )


def _event(id: int) -> EventRow:
    step, at = divmod(id, 2 * FORWARD)
    backward = at >= FORWARD
    own = PARAMETERS + id
    partner = id - 2 * (at - FORWARD) - 1 if backward else id
    return EventRow(
        id=id,
        kind="backward" if backward else "forward",
        op=OPS[partner % len(OPS)],
        inputs=(own - 1,) if at % 3 == 0 else (own - 1, partner % PARAMETERS),
        outputs=(own,),
        options="" if at % 5 else "dim=1, keepdim=True",
        location=partner % PLACES,
        scope=partner % SCOPES,
        step=step,
        backward_pass=step + 1 if backward else 0,
        forward=partner if backward else None,
        grad_enabled=True,
        start=id * 5_000 + id % 977,
        duration=1_500 + id % 3_001,
        thread=0,
    )


def _value(event: int, kept: bool) -> ValueRow:
    at = event % (2 * FORWARD)
    backward = at >= FORWARD
    partner = event - 2 * (at - FORWARD) - 1
    return ValueRow(
        id=PARAMETERS + event,
        event=event,
        output=0,
        role="gradient" if backward else "result",
        name="",
        shape=(8, 8),
        dtype="float32",
        device="cpu",
        requires_grad=not backward,
        storage=None if backward else event,
        version=0,
        of=PARAMETERS + partner if backward else None,
        nbytes=256,
        kept=kept,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("events", nargs="?", type=int, default=1_000_000)
    parser.add_argument("--no-arrays", action="store_true", help="rows only")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "run.trace"
        _write(path, options.events, not options.no_arrays)
        _read(path, options.events)


def _write(path: Path, count: int, arrays: bool) -> None:
    spent, slowest = 0.0, 0.0
    with TraceWriter(path, INFO) as writer:
        for batch in batches(count, arrays):
            begin = time.perf_counter()
            writer.append(batch)
            taken = time.perf_counter() - begin
            spent, slowest = spent + taken, max(slowest, taken)
        begin = time.perf_counter()
    closing = time.perf_counter() - begin
    print(
        f"write             {count / spent / 1e3:8.0f} k events/s, "
        f"slowest append {slowest * 1e3:.0f} ms"
    )
    print(f"close             {closing * 1e3:8.0f} ms")
    nbytes = path.stat().st_size
    print(f"file              {size(nbytes)}, {nbytes / count:.0f} bytes per event")


def _read(path: Path, count: int) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    begin = time.perf_counter()
    trace = open_trace(path)
    opened = time.perf_counter()
    rows = list(trace.events(0, 50))
    values = [
        trace.value(id) for row in rows for id in (*row.inputs, *row.outputs) if id is not None
    ]
    shown = time.perf_counter()
    print(f"open              {(opened - begin) * 1e3:8.1f} ms")
    print(f"first 50 events   {(shown - opened) * 1e3:8.1f} ms with their {len(values)} values")

    pick = random.Random(0)
    _times("random event", lambda: trace.event(pick.randrange(count)))
    _times("random statistics", lambda: trace.stats(PARAMETERS + pick.randrange(count)))
    _times("random array", lambda: trace.array(PARAMETERS + pick.randrange(count)))
    begin = time.perf_counter()
    trace.consumers(count // 2)
    print(f"first consumers   {(time.perf_counter() - begin) * 1e3:8.0f} ms, which makes the index")
    _times("random consumers", lambda: trace.consumers(PARAMETERS + pick.randrange(count)))
    _times("random gradients", lambda: trace.gradients(PARAMETERS + pick.randrange(count)))
    begin = time.perf_counter()
    number = sum(1 for _ in trace.events())
    print(f"all events        {number / (time.perf_counter() - begin) / 1e3:8.0f} k events/s")
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    print(f"memory            {grown / 1e3:8.0f} MB more at the peak than before opening")
    trace.close()


def _times(name: str, question: object) -> None:
    taken = []
    for _ in range(2_000):
        begin = time.perf_counter()
        question()  # type: ignore[operator]  # typed as object in the table
        taken.append((time.perf_counter() - begin) * 1e3)
    taken.sort()
    print(f"{name:<18}{statistics.median(taken):8.3f} ms median, {taken[-20]:.3f} ms p99")


if __name__ == "__main__":
    main()
