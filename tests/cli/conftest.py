"""A trace file and a terminal for tests of the command line."""

from __future__ import annotations

import os
import shutil
import sys
import types
from pathlib import Path

import pytest

from tests.sample_trace import sample_trace
from tracegrad.cli import complaint
from tracegrad.recording.writer import save_trace


@pytest.fixture(autouse=True, scope="module")
def tracegrad_on_the_path():
    """As in an activated environment, however the tests were started."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(complaint, "_on_the_path", lambda: True)
        yield


@pytest.fixture
def trace_file(tmp_path) -> Path:
    """The sample trace as a file."""
    path = tmp_path / "sample.trace"
    save_trace(sample_trace(), path)
    return path


@pytest.fixture
def terminal(monkeypatch):
    """Give the process a terminal of some size, and a debugger that only lists its traces."""
    shown: list[int] = []

    def terminal(columns: int = 120, lines: int = 40) -> list[int]:
        monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
        monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
        size = os.terminal_size((columns, lines))
        monkeypatch.setattr(shutil, "get_terminal_size", lambda *_: size)
        app = types.ModuleType("tracegrad_tui.app")
        app.run = lambda source, start=None: shown.append(source.event_count)
        monkeypatch.setitem(sys.modules, "tracegrad_tui.app", app)
        return shown

    return terminal
