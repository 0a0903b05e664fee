"""What happened to a piece of memory: every version of it, and the write that made each.

Worked out from rows alone, so a trace file from another machine answers too. One walk along the
values of a storage, in order; see Note [Version counters] for what a version is.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from tracegrad.recording.model import EventRow, LocationRow, ValueRow

if TYPE_CHECKING:
    from tracegrad.recording.source import TraceSource


@dataclass(frozen=True, slots=True)
class Through:
    """The view that was written through.

    Attributes:
        shape: of the view, which is the shape of the written part.
        op: the op that made the view, `""` if it was made before the recording began.
        event: its event; `None` likewise.
        expression: the user's expression for it, `x[0]`; `""` if it is not known.
    """

    shape: tuple[int, ...]
    op: str = ""
    event: int | None = None
    expression: str = ""


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a storage, and what made it.

    Attributes:
        version: number of writes so far.
        since: the version that it was made from, `None` for the first row, which tells where the
            memory came from.
        event: what made it; `None` if that was not recorded.
        op: its op, `""` if it was not recorded.
        location: its place in the program.
        through: the view that was written through, `None` for the whole.
        before, after: value ids of what was written to: the view, or the whole.
        whole_before, whole_after: value ids of the whole; `None` where the trace has none.
    """

    version: int
    since: int | None
    event: int | None
    op: str
    location: LocationRow | None
    through: Through | None
    before: int | None
    after: int | None
    whole_before: int | None
    whole_after: int | None


@dataclass(frozen=True, slots=True)
class History:
    """Every version of the memory that a value lives in. `print` shows it as a table.

    Attributes:
        storage: number of its storage, `None` for a gradient that never had one.
        name: what the program calls it: a parameter's path, a variable; `""` if it is not known.
        versions: in order of time; the first tells where the memory came from.
        cut: whether there are values of the memory before or after those that were read.
        value: the value that was asked about; every value of the memory has the same history.
    """

    storage: int | None
    name: str
    versions: tuple[Version, ...]
    cut: bool
    value: int = field(compare=False)
    source: TraceSource = field(repr=False, compare=False)

    @property
    def origin(self) -> Version:
        """Where the memory came from."""
        return self.versions[0]

    @property
    def writes(self) -> tuple[Version, ...]:
        """Every change, in order."""
        return self.versions[1:]

    def shown(self, value: int) -> int:
        """Which of `versions` a value of this memory belongs to."""
        version = self.source.value(value).version
        at = 0
        for n, row in enumerate(self.versions):
            if row.version <= version:
                at = n
        return at

    def __str__(self) -> str:
        from tracegrad.recording.history_text import history_text  # which needs these classes

        return history_text(self)


def history_of(source: TraceSource, value: int, most: int | None = None) -> History:
    """The history of the memory that a value lives in; of at most so many of its values.

    Raises:
        IndexError: the trace has no such value.
    """
    row = source.value(value)
    ids: Sequence[int] = [value] if row.storage is None else source.in_storage(row.storage)
    whole = len(ids)
    if most is not None and whole > most:
        start = min(max(0, bisect_left(ids, value) - most // 2), whole - most)
        ids = ids[start : start + most]
    walk = _Walk(source)
    for id in ids:
        walk.see(source.value(id))
    name = _name(source, walk.versions, row)
    return History(row.storage, name, tuple(walk.versions), len(ids) < whole, value, source)


# -- the walk --------------------------------------------------------------------------------------


class _Walk:
    """Goes along the values of one storage, in order.

    Attributes:
        versions: what was found.
    """

    def __init__(self, source: TraceSource) -> None:
        self.versions: list[Version] = []
        self._source = source
        self._places: dict[int, LocationRow] = {}
        self._through: dict[int, Through | None] = {}  # of each value: the view that it is

    def see(self, row: ValueRow) -> None:
        """Take in the next value."""
        event = None if row.event is None else self._source.event(row.event)
        through = self._through[row.id] = self._view_of(row, event)
        wrote = event is not None and _wrote(row, event)
        if not self.versions:
            self._begin(row, event, wrote)
        last = self.versions[-1].version
        if event is not None and wrote and row.version > last:
            if row.version > last + 1:
                self._add_unknown(row.version - 1)
            self._add(row, event, through)
        elif row.version > last:
            self._add_unknown(row.version)
        last_row = self.versions[-1]
        if through is None and last_row.whole_after is None and last_row.version == row.version:
            # The first value of the whole at a version is what that version left behind.
            self.versions[-1] = replace(last_row, whole_after=row.id)

    def _begin(self, row: ValueRow, event: EventRow | None, wrote: bool) -> None:
        """Where the memory came from."""
        if event is not None and not wrote:
            made = self._version(row.version, None, event, row.id)
        elif event is not None and event.kind == "write" and event.inputs[0] is not None:
            # A gradient on its way has no storage yet; a tensor of it was written to.
            before = self._source.value(event.inputs[0])
            maker = None if before.event is None else self._source.event(before.event)
            whole = before.id if self._through[row.id] is None else None
            made = self._version(row.version - 1, None, maker, before.id, whole_after=whole)
        elif event is not None:
            made = self._version(row.version - 1, None, None, None)
        else:
            made = self._version(row.version, None, None, row.id)
        self.versions.append(made)

    def _add(self, row: ValueRow, event: EventRow, through: Through | None) -> None:
        """A write made a version."""
        since = row.version - 1
        last = self.versions[-1]
        whole_before = last.whole_after if last.version == since else None
        before = row.earlier
        if before is None and event.kind != "accumulate" and row.output < len(event.inputs):
            before = event.inputs[row.output]
        if before is None and through is None:
            before = whole_before
        whole_after = row.id if through is None else None
        self.versions.append(
            self._version(
                row.version, since, event, row.id, through, before, whole_before, whole_after
            )
        )

    def _add_unknown(self, version: int) -> None:
        """Versions that no recorded event made."""
        self.versions.append(self._version(version, self.versions[-1].version, None, None))

    def _version(
        self,
        version: int,
        since: int | None,
        event: EventRow | None,
        after: int | None,
        through: Through | None = None,
        before: int | None = None,
        whole_before: int | None = None,
        whole_after: int | None = None,
    ) -> Version:
        return Version(
            version=version,
            since=since,
            event=None if event is None else event.id,
            op="" if event is None else event.op,
            location=None if event is None else self._place(event),
            through=through,
            before=before,
            after=after,
            whole_before=whole_before,
            whole_after=whole_after,
        )

    def _place(self, event: EventRow) -> LocationRow | None:
        """The event's location. A loop writes at the same few: each is read once."""
        if event.location is None:
            return None
        if event.location not in self._places:
            self._places[event.location] = self._source.location(event.location)
        return self._places[event.location]

    def _view_of(self, row: ValueRow, event: EventRow | None) -> Through | None:
        """The view that a value is, `None` if it is the whole."""
        if row.earlier is not None and row.earlier in self._through:
            return self._through[row.earlier]
        made_here = event is not None and event.kind == "forward"
        if not row.view:
            # `detach` and its like: the same elements as what they were made from.
            inputs = event.inputs[:1] if event is not None and made_here else ()
            return next((self._through[i] for i in inputs if i in self._through), None)
        if event is None or not made_here:
            return Through(row.shape)
        place = self._place(event)
        return Through(row.shape, event.op, event.id, place.expression if place else "")


def _wrote(row: ValueRow, event: EventRow) -> bool:
    """Whether a value is what an event left of the memory that it wrote to."""
    if event.kind == "accumulate":
        return row.version > 0  # 0: `.grad` is new
    if event.kind == "warning":
        return row.earlier is not None and row.version > 0
    return event.kind == "write" and row.output == 0


# -- what the program calls it ---------------------------------------------------------------------


def _name(source: TraceSource, versions: Sequence[Version], asked: ValueRow) -> str:
    whole = next((id for v in versions for id in (v.whole_after, v.after) if id is not None), None)
    row = asked if whole is None else source.value(whole)
    if row.of is not None:
        of = _value_name(source, source.value(row.of))
        return f"gradient of {of}" if of else "gradient"
    return _value_name(source, row) or _written_name(source, versions)


def _value_name(source: TraceSource, row: ValueRow) -> str:
    """A parameter's path, else the variable that the value was assigned to when it was made."""
    event = None if row.event is None else source.event(row.event)
    if row.name or event is None or event.kind != "forward" or event.location is None:
        return row.name
    return source.location(event.location).variable


def _is_of_the_whole(source: TraceSource, view: Through) -> bool:
    """Whether a view was taken of the whole, not of another view."""
    taken_of = None if view.event is None else source.event(view.event).inputs[0]
    return taken_of is not None and not source.value(taken_of).view


def _written_name(source: TraceSource, versions: Sequence[Version]) -> str:
    """From the first write that tells: `x` of `x.add_(1)`, of `x += 1` and of `x[0] = 1`."""
    for version in versions:
        if version.event is None or version.location is None:
            continue
        text, variable = version.location.expression, version.location.variable
        if version.through is None and variable and text.startswith(f"{variable} "):
            return variable
        view = version.through
        if view is not None and not _is_of_the_whole(source, view):
            continue
        ending = "[" if view is not None else f".{version.op}("
        receiver, found, _ = (view or version.location).expression.partition(ending)
        if found and receiver.replace(".", "").isidentifier():
            return receiver
    return ""
