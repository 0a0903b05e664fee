"""Modules as nested clusters, and which of them are folded into one box.

Note [One cluster per call]
~~~~~~~~~~~~~~~~~~~~~~~~~~~
A cluster is one uninterrupted run of events in a scope, not all events of a module: a recurrent
cell called a hundred times is a hundred clusters. So clusters of one thread are disjoint stretches
of time, an edge between two of them always points to the later one, and folding them to single
boxes can never close a loop in the picture.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from tracegrad.recording.model import EventRow, ScopeRow
from tracegrad.recording.source import TraceSource


@dataclass(slots=True)
class Call:
    """One cluster while the plan is being made.

    Attributes:
        parent: index of the enclosing call.
        kind: a scope's kind, or `step`, or `stretch` for neighbours that were folded together.
        depth: how many calls it is in, itself included; 0 for a stretch.
        first: id of its first event.
        events: ids of the events directly in it.
        children: indices of the calls directly in it.
    """

    parent: int | None
    path: str
    name: str
    label: str
    kind: str
    depth: int
    first: int
    events: list[int] = field(default_factory=list)
    children: list[int] = field(default_factory=list)


@dataclass(slots=True)
class Calls:
    """The tree of calls, and where each event and each source value belongs.

    Attributes:
        event_call: the innermost call of each event, `None` at the top.
        value_call: likewise for values drawn as boxes of their own.
        folded: calls drawn as one box.
        lone: name of the module of each event that has no frame because it is alone in it.
    """

    calls: list[Call]
    event_call: dict[int, int | None]
    value_call: dict[int, int | None] = field(default_factory=dict)
    folded: set[int] = field(default_factory=set)
    lone: dict[int, str] = field(default_factory=dict)

    def fold_of(self, call: int | None) -> int | None:
        """The outermost folded call around a call, itself included."""
        outermost = None
        while call is not None:
            if call in self.folded:
                outermost = call
            call = self.calls[call].parent
        return outermost

    def within(self, call: int | None, ancestor: int) -> bool:
        """Whether `call` is `ancestor` or lies in it."""
        while call is not None and call != ancestor:
            call = self.calls[call].parent
        return call == ancestor

    def common(self, calls: Iterable[int | None]) -> int | None:
        """The innermost call that all of these lie in."""
        shared: list[int] | None = None
        for call in calls:
            chain = self._chain(call)
            if shared is None:
                shared = chain
            length = 0
            for a, b in zip(shared, chain, strict=False):
                if a != b:
                    break
                length += 1
            shared = shared[:length]
        return shared[-1] if shared else None

    def _chain(self, call: int | None) -> list[int]:
        """The calls around a call from the outermost inwards, itself last."""
        chain = []
        while call is not None:
            chain.append(call)
            call = self.calls[call].parent
        return chain[::-1]


# -- building the tree -------------------------------------------------------------------------


def find_calls(source: TraceSource, events: Sequence[EventRow]) -> Calls:
    """Group events by the module calls and scopes they ran in, and by step if there are several."""
    steps = len({row.step for row in events}) > 1
    scopes: dict[int, tuple[ScopeRow, ...]] = {}
    found = Calls([], {})
    open_calls: dict[
        int, list[tuple[object, int]]
    ] = {}  # by thread: (identity, call), outermost first
    for row in events:
        if row.scope not in scopes:
            scopes[row.scope] = _scope_chain(source, row.scope)
        wanted: list[tuple[object, ScopeRow | None]] = [
            (scope.id, scope) for scope in scopes[row.scope]
        ]
        if steps:
            wanted.insert(0, (("step", row.step), None))
        stack = open_calls.setdefault(row.thread, [])
        same = 0
        while same < min(len(stack), len(wanted)) and stack[same][0] == wanted[same][0]:
            same += 1
        del stack[same:]
        for identity, scope in wanted[same:]:
            stack.append(
                (identity, _open(found.calls, stack[-1][1] if stack else None, scope, row))
            )
        call = stack[-1][1] if stack else None
        found.event_call[row.id] = call
        if call is not None:
            found.calls[call].events.append(row.id)
    return _without_lone_nesting(found)


def _scope_chain(source: TraceSource, scope: int) -> tuple[ScopeRow, ...]:
    """Scopes from the outermost inwards, the program itself left out."""
    chain: list[ScopeRow] = []
    row = source.scope(scope)
    while row.parent is not None:
        chain.append(row)
        row = source.scope(row.parent)
    return tuple(chain[::-1])


def _open(calls: list[Call], parent: int | None, scope: ScopeRow | None, event: EventRow) -> int:
    depth = 1 if parent is None else calls[parent].depth + 1
    if scope is None:
        calls.append(Call(parent, "", f"step {event.step}", "", "step", depth, event.id))
    else:
        label = scope.label or scope.type
        name = scope.name or scope.path
        calls.append(Call(parent, scope.path, name, label, scope.kind, depth, event.id))
    if parent is not None:
        calls[parent].children.append(len(calls) - 1)
    return len(calls) - 1


def _without_lone_nesting(found: Calls) -> Calls:
    """A call that holds nothing but one other call is drawn as one: `decoder.0`, not two frames."""
    kept: list[Call] = []
    becomes: dict[int, int] = {}
    pending_name: dict[int, str] = {}  # old index of a dropped call -> the name its child inherits
    for old, call in enumerate(found.calls):
        prefix = pending_name.get(call.parent, "") if call.parent is not None else ""
        name = f"{prefix}.{call.name}" if prefix else call.name
        if call.kind != "step" and not call.events and len(call.children) == 1:
            pending_name[old] = name
            if call.parent is not None and call.parent in becomes:
                becomes[old] = becomes[call.parent]
            continue
        parent = becomes.get(call.parent) if call.parent is not None else None
        depth = 1 if parent is None else kept[parent].depth + 1
        becomes[old] = len(kept)
        kept.append(
            Call(parent, call.path, name, call.label, call.kind, depth, call.first, call.events)
        )
        if parent is not None:
            kept[parent].children.append(becomes[old])
    places = {e: becomes[c] if c is not None else None for e, c in found.event_call.items()}
    return Calls(kept, places)


# -- values with boxes of their own ------------------------------------------------------------


def place_parameter(calls: Calls, name: str, readers: Sequence[int]) -> int | None:
    """The call that a parameter is drawn in: its module's, or the one that all its readers share.

    Args:
        calls: the tree, with all events in place.
        name: path of the parameter, `net.0.weight`; `""` if it has none.
        readers: ids of the events that read it, in order.
    """
    first = calls.event_call[readers[0]]
    module = name.rpartition(".")[0]
    around = first
    while module and around is not None:
        if calls.calls[around].path == module:
            return around
        around = calls.calls[around].parent
    return calls.common(calls.event_call[event] for event in readers)


def place_input(calls: Calls, readers: Sequence[int]) -> int | None:
    """Inputs stay outside modules, but within their step if only one step reads them."""
    call = calls.common(calls.event_call[event] for event in readers)
    while call is not None and calls.calls[call].kind != "step":
        call = calls.calls[call].parent
    return call


# -- sizes -------------------------------------------------------------------------------------


def members(calls: Calls) -> list[int]:
    """How many events and values lie in each call, nested ones included."""
    counts = [0] * len(calls.calls)
    for innermost, times in Counter(
        [*calls.event_call.values(), *calls.value_call.values()]
    ).items():
        call = innermost
        while call is not None:
            counts[call] += times
            call = calls.calls[call].parent
    return counts


def dissolve_lone_boxes(calls: Calls) -> None:
    """A call that holds a single box gets no frame: the frame would say what the box says."""
    boxes = members(calls)
    lone = {n for n, call in enumerate(calls.calls) if boxes[n] <= 1 and call.kind == "module"}
    for event, call in calls.event_call.items():
        if call in lone:
            calls.lone[event] = calls.calls[call].name
    for places in (calls.event_call, calls.value_call):
        for id, call in places.items():
            while call in lone:
                call = calls.calls[call].parent
            places[id] = call
