"""One reading of one trace: where one is, what one looks at, and every way to move. No Textual.

Everything that a key does is a method here, so most of the debugger is tested without a screen. A
method changes the session and leaves a `notice` if there is something to say; the screen then shows
what the session says.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from time import perf_counter
from typing import Literal

from tracegrad._util.text import count
from tracegrad.recording.history import History
from tracegrad.recording.model import EventRow, TraceInfo, ValueRow, warning_text
from tracegrad.recording.source import TraceSource
from tracegrad_tui import moves
from tracegrad_tui.folds import Folds
from tracegrad_tui.journey import Journey
from tracegrad_tui.measures import Measures
from tracegrad_tui.operands import Operand, operands
from tracegrad_tui.rails import Rails
from tracegrad_tui.search import Search, Texts

TABS = ("value", "gradient", "links", "about", "history")

PREPARED_AT_ONCE = 1024
"""Rows, a chunk of a trace file: some milliseconds."""

HISTORY_READ = 1000
"""Values of one memory that are read at once, around the one looked at: a weight has many."""

Tone = Literal["", "bad"]
Change = Literal["links", "search", "stats"]


@dataclass(frozen=True, slots=True)
class Notice:
    """What the status line says."""

    text: str = ""
    tone: Tone = ""


class Session:
    """State and navigation over a trace.

    Attributes:
        cursor: the event one is at; 0 when there is none.
        notice: what the last action has to say.
        digits: a number being typed, for `12G`.
        ready: whether the links between values and events are all read; until then, moves and
            columns that need them say so.
    """

    def __init__(self, source: TraceSource, *, start: int | None = None) -> None:
        self.source = source
        self.info: TraceInfo = source.info
        self.folds = Folds()
        self.journey = Journey()
        self.measures = Measures(source)
        self.rails = Rails(source)
        self.notice = Notice()
        self.digits = ""
        self.search: Search | None = None
        self.ready = False
        self._prepared = 0
        self._texts = Texts(source)
        self._tabs = {"forward": "value", "backward": "gradient", "failure": "error"}
        self._operand = 0
        self._history: tuple[tuple[int, int], History] | None = None
        self._slices: dict[tuple[int, ...], int] = {}
        self.cursor = self._clamped(self._default_start() if start is None else start)
        self.prepare(seconds=0.05)

    # -- what is there -------------------------------------------------------------------------

    @property
    def count(self) -> int:
        """Number of events."""
        return self.source.event_count

    @property
    def event(self) -> EventRow | None:
        """The event one is at; `None` in an empty trace."""
        return self.source.event(self.cursor) if self.count else None

    @property
    def at_failure(self) -> bool:
        """Whether this is where the program stopped with an exception."""
        return self.info.state == "failed" and self.cursor >= self.count - 1

    @property
    def rows(self) -> int:
        """Rows of the op list."""
        return self.folds.rows(self.count)

    @property
    def row(self) -> int:
        """The cursor's row."""
        return self.folds.row(self.cursor)

    # -- steps ---------------------------------------------------------------------------------

    def step(self, by: int) -> None:
        """Events forward (or back) in time."""
        target = self.cursor + by
        if self._has_events() and self._in_range(target):
            self._arrive(target)

    def down(self, by: int) -> None:
        """Rows down (or up) the list; further than its end, to the end."""
        if not self._has_events():
            return
        row = self.row
        target = min(max(row + by, 0), self.rows - 1)
        if target == row:
            self._in_range(self.count if by > 0 else -1)
            return
        self._arrive(self.folds.event(target))

    def over(self, direction: int) -> None:
        """To the next event outside of the module call."""
        self._move(lambda id: moves.over(self.source, id, direction))

    def goto(self, event: int, *, jump: bool = True) -> None:
        """To an event by number."""
        if not self._has_events():
            return
        if not 0 <= event < self.count:
            self._say(f"there is no event {event:,}: the last is {self.count - 1:,}", "bad")
            return
        if jump and event != self.cursor:
            self.journey.left(self.cursor)
        self._arrive(event)

    def first(self) -> None:
        """To the first event."""
        self.goto(0)

    def last(self) -> None:
        """To the last event, or to the one whose number was typed."""
        number, self.digits = self.digits, ""
        self.goto(int(number) if number else self.count - 1)

    def digit(self, digit: int) -> None:
        """One more digit of the number for `last`."""
        self.digits = (self.digits + str(digit)).lstrip("0")[:12] or "0"
        self._say(f"{self.digits}   G goes to event {int(self.digits):,}")

    # -- along the graph -----------------------------------------------------------------------

    def counterpart(self) -> None:
        """From an op to its backward event and back."""
        self._move(lambda id: moves.counterpart(self.source, id), links=True)

    def producer(self) -> None:
        """To the event that made the first input."""
        self._move(lambda id: moves.producer(self.source, id))

    def consumer(self) -> None:
        """To the first event that reads the output."""
        self._move(lambda id: moves.consumer(self.source, id), links=True)

    def version(self, direction: int) -> None:
        """To the next (or previous) event that wrote to the memory of the value looked at."""
        history = self.history()
        if self.operand is None:
            self._say("this event has no value")
        elif history is not None:
            self._move(lambda id: moves.version(history, id, direction))
        else:
            self._say(self._still_reading())

    def warning(self, direction: int) -> None:
        """To the next (or previous) warning."""
        self._move(lambda id: moves.warning(self.source, id, direction), links=True)

    # -- folds ---------------------------------------------------------------------------------

    def fold(self) -> None:
        """Fold the module call around the cursor into one row, or unfold it."""
        if not self._has_events():
            return
        if self.folds.at(self.cursor):
            self.folds.unfold(self.cursor)
            self._say("")
            return
        found = moves.call_around(self.source, self.cursor)
        if isinstance(found, moves.Dead):
            self._say(found.reason)
            return
        self.folds.fold(found.start, found.stop)
        self._arrive(found.start)
        self._say(f"folded {found.path}: {count(found.stop - found.start, 'event')}")

    # -- search --------------------------------------------------------------------------------

    def find(self, needle: str, origin: int) -> None:
        """Begin a search from an event; an empty needle ends it."""
        self.search = None
        self.cursor = self._clamped(origin)
        if not needle or not self._has_events():
            self._say("")
            return
        self.search = Search(self.source, self._texts, needle, self.cursor)
        self.look_on(seconds=0.03)

    def look_on(self, seconds: float) -> None:
        """Search on for a while, and show what is known."""
        search = self.search
        if search is None:
            return
        found_before = search.nearest() is not None
        deadline = perf_counter() + seconds
        while not search.done and perf_counter() < deadline:
            search.scan(256)
        nearest = search.nearest()
        if nearest is not None and not found_before:
            self._arrive(nearest)
        self._say_search()

    def accept_search(self, origin: int) -> None:
        """Keep the search; where it began is a jump to come back to."""
        if self.search is not None and self.cursor != origin:
            self.journey.left(origin)

    def hit(self, direction: int) -> None:
        """To the next (or previous) hit."""
        if self.search is None:
            self._say("nothing was searched yet: / searches")
            return
        found = self.search.next(self.cursor, direction)
        if found is None:
            self._say_search()
            return
        event, wrapped = found
        self.goto(event)
        self._say_search(("  from the start" if direction > 0 else "  from the end") * wrapped)

    # -- marks and jumps -----------------------------------------------------------------------

    def mark(self, letter: str) -> None:
        """Remember this event under a letter."""
        if self._has_events() and self._is_letter(letter):
            self.journey.marks[letter] = self.cursor
            self._say(f"marked event {self.cursor:,} as {letter}")

    def to_mark(self, letter: str) -> None:
        """To the event under a letter."""
        if not self._is_letter(letter):
            return
        if letter not in self.journey.marks:
            known = ", ".join(sorted(self.journey.marks)) or "none"
            self._say(f"no mark {letter}; marks: {known}", "bad")
            return
        self.goto(self.journey.marks[letter])

    def jump_back(self) -> None:
        """To where the last jump came from."""
        self._jump(self.journey.back(self.cursor), "no earlier place: no jump was made from there")

    def jump_forward(self) -> None:
        """Undo `jump_back`."""
        self._jump(self.journey.forward(self.cursor), "no later place to jump to")

    # -- what to look at -----------------------------------------------------------------------

    @property
    def tabs(self) -> tuple[str, ...]:
        """Tabs of the inspector here."""
        return ("error", *TABS) if self.at_failure else TABS

    @property
    def tab(self) -> str:
        """The tab shown. Forward events, backward events and the failure each remember theirs."""
        return self._tabs[self._phase()]

    def turn_tab(self, by: int) -> None:
        """To the next (or previous) tab."""
        tabs = self.tabs
        self._tabs[self._phase()] = tabs[(tabs.index(self.tab) + by) % len(tabs)]
        self._say("")

    def operands(self) -> list[Operand]:
        """The values to look at here."""
        event = self.event
        return operands(self.source, event) if event is not None else []

    @property
    def operand(self) -> Operand | None:
        """The value looked at; `None` where an event has none."""
        choices = self.operands()
        return choices[self._operand % len(choices)] if choices else None

    def history(self) -> History | None:
        """What happened to the memory of the value looked at, around it; `None` if there is no
        value, or the links are still being read.
        """
        operand = self.operand
        if operand is None or not self.ready:
            return None
        key = (operand.value, self.source.value_count)
        if self._history is None or self._history[0] != key:
            self._history = key, self.source.history(operand.value, most=HISTORY_READ)
        return self._history[1]

    def turn_operand(self, by: int) -> None:
        """Look at the next (or previous) value of this event."""
        choices = self.operands()
        if len(choices) < 2:
            self._say("this event has no other value" if choices else "this event has no value")
            return
        self._operand = (self._operand + by) % len(choices)
        chosen = choices[self._operand]
        self._say(f"{chosen.label}  {self._operand + 1} of {len(choices)}")

    def slice_of(self, value: ValueRow) -> tuple[int, ...]:
        """Indices of the leading dimensions, for a picture of the last two."""
        leading = value.shape[:-2]
        flat = self._slices.get(leading, 0)
        index = []
        for extent in reversed(leading):
            flat, n = divmod(flat, extent)
            index.append(n)
        return tuple(reversed(index))

    def turn_slice(self, by: int) -> None:
        """To the next (or previous) slice of an array of more than two dimensions."""
        operand = self.operand
        if operand is None:
            self._say("this event has no value")
            return
        leading = self.source.value(operand.value).shape[:-2]
        slices = math.prod(leading)
        if not leading or slices < 2:
            self._say("there is one slice: only arrays of more than two dimensions have several")
            return
        flat = (self._slices.get(leading, 0) + by) % slices
        self._slices[leading] = flat
        self._say(f"slice {flat + 1:,} of {slices:,}")

    # -- time passes ---------------------------------------------------------------------------

    def refresh(self) -> bool:
        """Look for new events and a new state of the program; tell whether there is any."""
        before = (self.info.state, self.count)
        grew = self.source.refresh()
        self.info = self.source.info
        if self.info.state == "failed" and before[0] == "recording":
            self.say_failure()
        return grew or (self.info.state, self.count) != before

    @property
    def busy(self) -> bool:
        """Whether `work` has something to do."""
        return not self.ready or self.searching or self.measures.waiting

    @property
    def searching(self) -> bool:
        """Whether the search has not yet seen every event."""
        return self.search is not None and not self.search.done

    def work(self, seconds: float) -> set[Change]:
        """Do some of what takes long; tell what there is to show."""
        changes: set[Change] = set()
        if self.searching:
            self.look_on(seconds)
            changes.add("search")
        elif self.measures.waiting:
            self.measures.work()
            changes.add("stats")
        elif not self.ready:
            self.prepare(seconds)
            changes.add("links")
        return changes

    def prepare(self, seconds: float) -> None:
        """Read links for a while."""
        deadline = perf_counter() + seconds
        while not self.ready and perf_counter() < deadline:
            self.ready = self.source.prepare(PREPARED_AT_ONCE)
            self._prepared += PREPARED_AT_ONCE

    @property
    def progress(self) -> float:
        """How much of the links is read, 0 to 1."""
        whole = max(self.count, self.source.value_count, 1)
        return 1.0 if self.ready else min(1.0, self._prepared / whole)

    @property
    def error_line(self) -> str:
        """Class and message of the exception that ended the program."""
        return self.info.error_headline or "no traceback was recorded"

    def state_of_view(self) -> tuple[object, ...]:
        """What else than the cursor decides what the panes show; equal states show the same."""
        return (self.ready, self.count, self.info.state, tuple(self._slices.items()))

    def say(self, text: str) -> None:
        """Say something in the status line."""
        self._say(text)

    def say_failure(self) -> None:
        """Say that the program failed, and how to read more."""
        self._say(f"the program failed (e shows the traceback): {self.error_line}", "bad")

    def clear_notice(self) -> None:
        """Forget what the last action said."""
        self.notice = Notice()

    # -- inside --------------------------------------------------------------------------------

    def _default_start(self) -> int:
        """A failed program is opened where it stopped, any other at its beginning."""
        return self.count - 1 if self.info.state == "failed" else 0

    def _clamped(self, event: int) -> int:
        return min(max(event, 0), max(self.count - 1, 0))

    def _phase(self) -> str:
        event = self.event
        if self.at_failure:
            return "failure"
        return "backward" if event is not None and event.backward_pass else "forward"

    def _has_events(self) -> bool:
        if self.count:
            return True
        recording = self.info.state == "recording"
        self._say("no event was recorded so far" if recording else "this trace has no events")
        return False

    def _in_range(self, event: int) -> bool:
        if 0 <= event < self.count:
            return True
        if event < 0:
            self._say("this is the first event")
        elif self.info.state == "recording":
            self._say("this is the last event so far; the program is still running")
        else:
            self._say("this is the last event")
        return False

    def _move(self, find: moves.Find, *, links: bool = False) -> None:
        if not self._has_events():
            return
        if links and not self.ready:
            self._say(self._still_reading())
            return
        target = find(self.cursor)
        if isinstance(target, moves.Dead):
            self._say(target.reason)
        else:
            self.goto(target)

    def _still_reading(self) -> str:
        return f"the links of this trace are still being read ({self.progress:.0%})"

    def _jump(self, target: int | None, otherwise: str) -> None:
        if target is None:
            self._say(otherwise)
        else:
            self.goto(target, jump=False)

    def _arrive(self, event: int) -> None:
        self.cursor = event
        self._operand = 0
        fold = self.folds.at(event)
        if fold is not None and fold[0] != event:
            self.folds.unfold(event)
        row = self.source.event(event)
        self._say(warning_text(row) if row.kind == "warning" else "", "bad")

    def _is_letter(self, letter: str) -> bool:
        if len(letter) == 1 and letter.isalpha():
            return True
        self._say("a mark is a letter")
        return False

    def _say(self, text: str, tone: Tone = "") -> None:
        self.notice = Notice(text, tone)

    def _say_search(self, suffix: str = "") -> None:
        search = self.search
        if search is None:
            return
        so_far = "" if search.done else f" so far ({search.seen / max(self.count, 1):.0%} searched)"
        if not len(search):
            self._say(f"no match for {search.needle}{so_far}", "bad" if search.done else "")
            return
        place = search.place(self.cursor)
        nth = f"hit {place:,} of {len(search):,}" if place else count(len(search), "hit")
        self._say(f"/{search.needle}  {nth}{so_far}{suffix}")
