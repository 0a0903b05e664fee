"""Writing to parameters: those who keep values are told before, the version counts it after."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from time import perf_counter_ns
from types import CodeType
from typing import Any, NamedTuple

from tracegrad._tensor import Tensor
from tracegrad.graph.location import caller
from tracegrad.graph.observe import hub
from tracegrad.storage import Storage, preserving, storage_of


class Place(NamedTuple):
    """Whose step it is, as an error names it, and where the program called it."""

    name: str
    code: CodeType | None
    lasti: int


def place_of(optimizer: Any) -> Place:
    """The place of the step that runs now."""
    return Place(f"{type(optimizer).__name__}.step", *caller())


def about_to_write(storages: Iterable[Storage]) -> None:
    """Let those who keep values of this memory copy them. (One test each where nobody does.)"""
    for storage in storages:
        if storage.recorded is not None or preserving:
            storage.about_to_write()


def begin_writes(parameters: Sequence[Tensor]) -> list[tuple[Any, int]]:
    """Parameters change next.

    Returns:
        What `end_writes` needs: an observer's notes and the times, empty when nobody watches.
    """
    observer = hub.observer
    if observer is None:
        about_to_write([p._storage or storage_of(p) for p in parameters])
        return []
    noted = []
    for p in parameters:
        started = perf_counter_ns()
        noted.append((observer.before_write((p, p.grad)), started))
        storage_of(p).about_to_write()
    return noted


def end_writes(
    parameters: Sequence[Tensor], noted: Sequence[tuple[Any, int]], place: Place
) -> None:
    """Parameters have changed."""
    name, code, lasti = place
    for p in parameters:
        storage_of(p).wrote(name, code, lasti, None)
    observer = hub.observer
    if noted and observer is not None:
        for p, (read, started) in zip(parameters, noted, strict=True):
            observer.write(name, read, {}, p, None, started)
