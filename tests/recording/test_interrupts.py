"""Ctrl-c waits for the recorder, and for nothing else."""

from __future__ import annotations

import signal
import threading

import pytest

from tracegrad.recording import interrupts
from tracegrad.recording.interrupts import interrupts_between_events


@pytest.fixture(autouse=True)
def python_handles_interrupts():
    """As at the start of a program, whoever started the tests."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def in_the_recorder(text: str) -> dict[str, object]:
    """Run code as if it were a file of the recorder."""
    namespace: dict[str, object] = {"signal": signal, "threading": threading}
    exec(compile(text, interrupts.RECORDING + "imagined.py", "exec"), namespace)
    return namespace


def test_an_interrupt_of_the_program_raises_at_once():
    with pytest.raises(KeyboardInterrupt), interrupts_between_events():
        signal.raise_signal(signal.SIGINT)


def test_an_interrupt_of_the_recorder_comes_when_that_is_done():
    done = []
    record = in_the_recorder(
        "def record(done):\n"
        "    signal.raise_signal(signal.SIGINT)\n"
        "    for _ in range(1000):\n"
        "        done.append(1)\n"
    )["record"]
    with interrupts_between_events():
        record(done)
        with pytest.raises(KeyboardInterrupt):
            threading.Event().wait(60)  # for the interrupt, which ends it
    assert len(done) == 1000


def test_a_program_with_its_own_handler_keeps_it():
    heard = []

    def own(number, frame):
        heard.append(number)

    with interrupts_between_events():
        signal.signal(signal.SIGINT, own)
        signal.raise_signal(signal.SIGINT)
    assert heard == [signal.SIGINT]
    assert signal.getsignal(signal.SIGINT) is own


def test_afterwards_interrupts_are_as_before():
    with interrupts_between_events():
        assert signal.getsignal(signal.SIGINT) is not signal.default_int_handler
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_thread_other_than_the_main_one_cannot_hear_of_it_and_goes_on():
    seen = []

    def work():
        with interrupts_between_events():
            seen.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [signal.default_int_handler]
