"""Folding: when there are too many boxes, calls become one box each, the deepest first."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from tracegrad.viz.modules import Call, Calls, members

_TOO_FEW = 10  # folding a level must leave more boxes than this, or the picture says nothing

_Unit = tuple[int, int | None, str]
"""A piece of a stretch: its first event, its call (`None` for an event by itself), its name."""


def fold(calls: Calls, readers: Mapping[int, Sequence[int]], limit: int) -> None:
    """Fold the deepest calls, level by level, until at most `limit` boxes are left.

    Whole levels are folded, so that equal modules look equal. Where that would leave next to
    nothing (one module of 400 layers) or there are no calls (a long program without modules),
    stretches of neighbours are folded instead.

    Args:
        calls: is changed: `folded`, and new calls for stretches.
        readers: for each value that is drawn as a box of its own, the events that read it.
        limit: the most boxes.
    """
    for depth in range(max((call.depth for call in calls.calls), default=0), 0, -1):
        if _visible(calls) <= limit:
            return
        boxes, before = members(calls), set(calls.folded)
        level = {n for n, c in enumerate(calls.calls) if c.depth == depth and boxes[n] > 1}
        calls.folded |= level
        if _visible(calls) <= min(_TOO_FEW, limit // 2):
            calls.folded = before
            _fold_stretches(calls, readers, limit, level)
            return
    if _visible(calls) > limit:
        _fold_stretches(calls, readers, limit, {None})


def _visible(calls: Calls) -> int:
    """How many boxes there are with the present folds."""
    boxes = [*calls.event_call.values(), *calls.value_call.values()]
    folds = [calls.fold_of(call) for call in boxes]
    return folds.count(None) + len(set(folds) - {None})


# -- stretches ---------------------------------------------------------------------------------


def _fold_stretches(
    calls: Calls,
    readers: Mapping[int, Sequence[int]],
    limit: int,
    parents: Collection[int | None],
) -> None:
    """Fold neighbours within each of the parents (`None`: the top) into stretches of equal length.

    Values that only one stretch reads go into it. Values that several read stay visible when there
    are few, since those are the parameters of a program without modules.
    """
    units = {parent: _units(calls, parent) for parent in parents}
    total = sum(map(len, units.values()))
    values = [v for v, call in calls.value_call.items() if call in units and readers[v]]
    shared = [v for v in values if len(readers[v]) > 1]
    keep_shared = len(shared) <= limit // 2
    others = _visible(calls) - total - len(values)
    room = limit - others - (len(shared) if keep_shared else 0) - len(units)
    length = -(-total // max(1, room))
    for parent, pieces in units.items():
        for start in range(0, len(pieces), length):
            _fold_stretch(calls, parent, pieces[start : start + length])
    for value in values:
        homes = [calls.fold_of(calls.event_call[event]) for event in readers[value]]
        if homes[0] is not None and (len(set(homes)) == 1 or not keep_shared):
            calls.value_call[value] = homes[0]


def _units(calls: Calls, parent: int | None) -> list[_Unit]:
    """What lies directly in a call, in order of time."""
    boxes = members(calls)
    units: list[_Unit] = [
        (call.first, n, call.name)
        for n, call in enumerate(calls.calls)
        if call.parent == parent and boxes[n]
    ]
    units += [
        (event, None, calls.lone.get(event, ""))
        for event, call in calls.event_call.items()
        if call == parent
    ]
    return sorted(units, key=lambda unit: unit[0])


def _fold_stretch(calls: Calls, parent: int | None, units: Sequence[_Unit]) -> None:
    first, last = units[0][2], units[-1][2]
    name = ""
    if all(name for _, _, name in units):
        name = first if first == last else f"{first} to {last.removeprefix('step ')}"
    index = len(calls.calls)
    path = calls.calls[parent].path if parent is not None else ""
    calls.calls.append(Call(parent, path, name, "", "stretch", 0, units[0][0]))
    calls.folded.add(index)
    for event, call, _ in units:
        if call is None:
            calls.event_call[event] = index
        else:
            calls.calls[call].parent = index
