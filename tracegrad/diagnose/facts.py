"""What a run summary says, as data. `tally.py` works it out, `cli/summary_text.py` words it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from tracegrad.recording.model import EventKind, EventRow, LocationRow, TraceInfo, ValueRow

BACKWARD: frozenset[EventKind] = frozenset({"seed", "backward", "fan_in", "accumulate"})
"""The kinds of event that belong to a backward pass."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What one thing took, in the forward and in the backward pass: nanoseconds or bytes.

    Attributes:
        count: how many times it happened: calls, or values.
    """

    name: str
    count: int
    forward: int
    backward: int

    @property
    def total(self) -> int:
        return self.forward + self.backward


@dataclass(frozen=True, slots=True)
class LineFacts:
    """What one line of the program took.

    Attributes:
        location: its first expression.
        text: the line as it was recorded, `""` if its source was not.
    """

    location: LocationRow
    text: str
    cost: Cost


@dataclass(frozen=True, slots=True)
class WarningFacts:
    """One thing that the recording noticed, however often it noticed it there.

    Attributes:
        event: the first event that tells of it.
        location: where that was; `None` if it is not known.
        text: the source line, `""` if it is not in the trace.
        count: how many events tell of the same at the same place.
    """

    event: EventRow
    location: LocationRow | None
    text: str
    count: int


@dataclass(frozen=True, slots=True)
class ParameterFacts:
    """One parameter over the recorded steps.

    Attributes:
        name: its path (`net.0.weight`), else the variable it was assigned to.
        signature: type and shape.
        norm: of its last version; `None` if the trace has no statistics of it.
        gradient_norms: of `.grad` in each step: `None` where there was none, NaN where it held
            NaN or infinities.
        update_ratio: how far the last step moved it: |after - before| / |before|. `None` where
            nothing wrote to it or the elements are not in the trace.
    """

    name: str
    signature: str
    norm: float | None
    gradient_norms: tuple[float | None, ...]
    update_ratio: float | None


@dataclass(frozen=True, slots=True)
class Occurrence:
    """The first value with NaN, or with infinities, and the event that made it."""

    what: str
    count: int
    value: ValueRow
    event: EventRow | None
    location: LocationRow | None


@dataclass(frozen=True, slots=True)
class RunFacts:
    """A recorded run in numbers.

    Attributes:
        kinds: number of events of each kind.
        steps: training steps with a backward pass in them.
        kept_bytes: memory of the kept values; what aliases is counted once.
        time: by op, the slowest first.
        memory: of kept values by the op that made them, the largest first.
        lines: time by line of the program, the slowest first.
        warnings: what the recording noticed, in order of time.
    """

    info: TraceInfo
    kinds: Counter[EventKind]
    steps: int
    backward_passes: int
    values: int
    kept_values: int
    kept_bytes: int
    time: tuple[Cost, ...]
    memory: tuple[Cost, ...]
    lines: tuple[LineFacts, ...]
    parameters: tuple[ParameterFacts, ...]
    not_finite: tuple[Occurrence, ...]
    warnings: tuple[WarningFacts, ...]

    @property
    def forward_events(self) -> int:
        return self.kinds.total() - self.backward_events - self.kinds["warning"]

    @property
    def backward_events(self) -> int:
        return sum(self.kinds[kind] for kind in BACKWARD)
