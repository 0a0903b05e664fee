"""The real program in a real terminal: a pseudo-terminal with a process in it."""

from __future__ import annotations

import fcntl
import os
import select
import signal
import struct
import subprocess
import sys
import termios
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic

import pytest

if sys.platform == "win32":
    pytest.skip("pseudo-terminals are a Unix thing", allow_module_level=True)
import pty

ROOT = Path(__file__).parents[2]
PROGRAM = "from tests.tui.traces import {0}; from tracegrad_tui.app import run; run({0}())"
LEAVE_ALTERNATE_SCREEN, SHOW_CURSOR = b"\x1b[?1049l", b"\x1b[?25h"


class Terminal:
    """A process that believes to be in a terminal of 100 x 30."""

    def __init__(self, code: str, **environment: str) -> None:
        self.master, slave = pty.openpty()
        self.resize(100, 30)
        self.attributes = termios.tcgetattr(slave)
        self.seen = b""
        # A size in the environment outranks the terminal's, and picture tests leave one there.
        unwanted = ("NO_COLOR", "COLUMNS", "LINES")
        plain = {key: value for key, value in os.environ.items() if key not in unwanted}
        self.process = subprocess.Popen(
            [sys.executable, "-c", code],
            cwd=ROOT,
            env={
                **plain,
                "TERM": "xterm-256color",
                "PYTHONPATH": f"{ROOT}:{ROOT / 'tui'}",
                **environment,
            },
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
        )
        self.slave = slave

    def resize(self, columns: int, rows: int) -> None:
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def press(self, keys: bytes) -> None:
        self.seen = b""
        os.write(self.master, keys)

    def wait_for(self, text: str) -> None:
        wanted = text.encode()
        deadline = monotonic() + 60
        while wanted not in self.seen:
            assert monotonic() < deadline, f"{text!r} did not come; last came {self.seen[-500:]!r}"
            ready, _, _ = select.select([self.master], [], [], 0.1)
            if ready:
                self.seen += os.read(self.master, 1 << 16)

    def finish(self) -> int:
        """Read what comes until the process ends; tell its exit status."""
        deadline = monotonic() + 60
        while self.process.poll() is None:
            assert monotonic() < deadline, "the process does not end"
            self._drain(0.05)
        self._drain(0)
        return self.process.returncode

    def _drain(self, seconds: float) -> None:
        while select.select([self.master], [], [], seconds)[0]:
            self.seen += os.read(self.master, 1 << 16)


@contextmanager
def terminal(make: str, **environment: str) -> Iterator[Terminal]:
    running = Terminal(PROGRAM.format(make), **environment)
    try:
        yield running
    finally:
        if running.process.poll() is None:
            running.process.kill()
        running.process.wait()
        os.close(running.master)
        os.close(running.slave)


@pytest.mark.parametrize("quit_key", [b"q", b"\x03"])
def test_it_starts_steps_and_quits_and_leaves_the_terminal_as_it_was(quit_key: bytes) -> None:
    with terminal("sample_trace") as it:
        it.wait_for("#0 matmul")
        it.press(b"s")
        it.wait_for("#1 relu")
        it.press(b"\x1b[B")  # arrow down
        it.wait_for("#2 mul")
        it.press(quit_key)
        assert it.finish() == 0
        assert LEAVE_ALTERNATE_SCREEN in it.seen
        assert SHOW_CURSOR in it.seen
        assert termios.tcgetattr(it.slave) == it.attributes


def test_it_redraws_when_the_terminal_changes_its_size() -> None:
    with terminal("sample_trace") as it:
        it.wait_for("#0 matmul")
        for columns, rows, text in ((40, 10, "terminal is 40x10"), (160, 50, "▐matmul 0▌")):
            it.seen = b""
            it.resize(columns, rows)
            os.killpg(it.process.pid, signal.SIGWINCH)
            it.wait_for(text)
        it.press(b"q")
        assert it.finish() == 0


def test_it_sends_no_colour_where_none_is_wanted() -> None:
    with terminal("sample_trace", NO_COLOR="1") as it:
        it.wait_for("#0 matmul")
        it.press(b"s")
        it.wait_for("#1 relu")
        assert b"38;2;" not in it.seen
        assert b"48;2;" not in it.seen
        it.press(b"q")
        assert it.finish() == 0


def test_a_damaged_part_of_a_trace_ends_the_debugger_with_that_error_alone() -> None:
    with terminal("damaged_trace") as it:
        it.wait_for("#0 matmul")
        it.press(b"\x1b[4~G")
        assert it.finish() == 1
        assert LEAVE_ALTERNATE_SCREEN in it.seen
        after = it.seen[it.seen.index(LEAVE_ALTERNATE_SCREEN) :]
        assert b"TraceFileError: chunk 3 of 'run.trace' is damaged" in after
        assert termios.tcgetattr(it.slave) == it.attributes


def test_an_old_terminal_with_sixteen_colours_works() -> None:
    with terminal("odd_trace", TERM="xterm", COLORTERM="") as it:
        it.wait_for("holes")
        assert b"38;2;" not in it.seen
        it.press(b"q")
        assert it.finish() == 0
