"""Queues of a GPU's work, and marks in them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tracegrad.cuda.devices import index_of, runtime


class Stream:
    """A queue of work that a GPU does in order.

    Raises:
        RuntimeError: there is no GPU.
    """

    def __init__(self, device: Any = None, priority: int = 0, *, _of: Any = None) -> None:
        if _of is None:
            with runtime().Device(index_of(device)):
                _of = runtime().Stream(non_blocking=True, priority=priority)
        self._stream = _of

    @property
    def cuda_stream(self) -> int:
        """The driver's handle."""
        return int(self._stream.ptr)

    def synchronize(self) -> None:
        """Wait until all its work is done."""
        self._stream.synchronize()

    def query(self) -> bool:
        """Whether all its work is done."""
        return bool(self._stream.done)

    def wait_event(self, event: Event) -> None:
        """Do what is queued from here on only after a mark was reached."""
        self._stream.wait_event(event._event)

    def wait_stream(self, stream: Stream) -> None:
        """Do what is queued from here on only after all that is in another stream now."""
        event = Event()
        event.record(stream)
        self.wait_event(event)

    def record_event(self, event: Event | None = None) -> Event:
        """Put a mark at the end."""
        event = Event() if event is None else event
        event.record(self)
        return event

    def __enter__(self) -> Stream:
        self._stream.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self._stream.__exit__(*error)


class Event:
    """A mark in a stream.

    Raises:
        RuntimeError: there is no GPU.
    """

    def __init__(
        self, enable_timing: bool = False, blocking: bool = False, interprocess: bool = False
    ) -> None:
        self._event = runtime().Event(
            block=blocking, disable_timing=not enable_timing, interprocess=interprocess
        )

    def record(self, stream: Stream | None = None) -> None:
        """Put the mark at the end of a stream, the current one if none is given."""
        self._event.record((current_stream() if stream is None else stream)._stream)

    def wait(self, stream: Stream | None = None) -> None:
        """Let a stream wait for the mark."""
        (current_stream() if stream is None else stream).wait_event(self)

    def query(self) -> bool:
        """Whether the mark was reached."""
        return bool(self._event.done)

    def synchronize(self) -> None:
        """Wait until the mark is reached."""
        self._event.synchronize()

    def elapsed_time(self, end_event: Event) -> float:
        """Milliseconds from this mark to another."""
        return float(runtime().get_elapsed_time(self._event, end_event._event))


def current_stream(device: Any = None) -> Stream:
    """The stream that work is queued in now."""
    return Stream(_of=runtime().get_current_stream(index_of(device)))


def default_stream(device: Any = None) -> Stream:
    """The stream that work is queued in unless another is chosen."""
    return Stream(_of=runtime().Stream.null)


@contextmanager
def stream(stream: Stream | None) -> Iterator[None]:
    """A block whose work is queued in another stream; `None` changes nothing."""
    if stream is None:
        yield
        return
    with stream:
        yield
