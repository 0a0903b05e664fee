"""Ctrl-c between two events of a recording, never inside one.

Python raises `KeyboardInterrupt` at whatever bytecode it happens to be. Inside the recorder that
leaves half an event, and a trace that ends there is broken at its end. So an interrupt that finds
the recorder at work comes again a moment later.
"""

from __future__ import annotations

import _thread
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from tracegrad.graph.location import LIBRARY

RECORDING = os.path.join(LIBRARY, "recording", "")
MOMENT = 0.001
"""Seconds until the next try: the recorder takes microseconds for an event."""


@contextmanager
def interrupts_between_events() -> Iterator[None]:
    """Inside the block ctrl-c raises `KeyboardInterrupt`, but not in the middle of an event.

    A program that handles the signal itself, before or in the block, keeps its own way.
    """
    in_main_thread = threading.current_thread() is threading.main_thread()
    if not in_main_thread or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield
        return
    signal.signal(signal.SIGINT, _interrupt)
    try:
        yield
    finally:
        if signal.getsignal(signal.SIGINT) is _interrupt:
            signal.signal(signal.SIGINT, signal.default_int_handler)


def _interrupt(number: int, frame: FrameType | None) -> None:
    if not _recorder_at_work(frame):
        raise KeyboardInterrupt
    again = threading.Timer(MOMENT, _interrupt_main_thread)
    again.daemon = True
    again.start()


def _interrupt_main_thread() -> None:
    main = threading.main_thread().ident
    if hasattr(signal, "pthread_kill") and main is not None:
        signal.pthread_kill(main, signal.SIGINT)  # also wakes it from a sleep
    else:
        _thread.interrupt_main()


def _recorder_at_work(frame: FrameType | None) -> bool:
    while frame is not None:
        if frame.f_code.co_filename.startswith(RECORDING):
            return True
        frame = frame.f_back
    return False
