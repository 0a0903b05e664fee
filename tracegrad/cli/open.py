"""`tracegrad open`: the debugger on a trace file."""

from __future__ import annotations

import shutil
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from tracegrad.cli.complaint import PATH, Complaint, to_type
from tracegrad.recording.reader import open_trace
from tracegrad.recording.source import TraceSource

SMALLEST = (60, 15)
"""Columns and rows below which the debugger's panes hold nothing that can be read."""


@click.command("open")
@click.argument("trace", type=PATH)
@click.option(
    "-e", "--event", type=click.IntRange(min=0), help="Begin at the event of this number."
)
def open_(trace: Path, event: int | None) -> None:
    """Step through TRACE in the terminal, both ways in time."""
    problem = terminal_problem()
    if problem:
        raise Complaint(problem, to_type("summary", trace))
    with open_trace(trace) as source:
        if event is not None and event >= source.event_count:
            last = source.event_count - 1
            raise Complaint(
                f"there is no event {event:,}: the last is {last:,}",
                to_type("open", trace, "--event", str(last)),
            )
        run_debugger(source, start=event)


def terminal_problem() -> str:
    """Why the debugger cannot be shown here; `""` if it can."""
    for name, stream in (("input", sys.stdin), ("output", sys.stdout)):
        if not stream.isatty():
            return f"the debugger needs a terminal, and the standard {name} is not one"
    size = shutil.get_terminal_size()
    if size.columns < SMALLEST[0] or size.lines < SMALLEST[1]:
        return (
            f"the terminal is too small for the debugger: {size.columns} columns by {size.lines}"
            f" rows, and it needs {SMALLEST[0]} by {SMALLEST[1]}"
        )
    return ""


def run_debugger(source: TraceSource, *, start: int | None = None) -> None:
    """Show a trace in the debugger until the user leaves it.

    Args:
        start: the event to begin at; by default the debugger's own choice.
    """
    # By name: `tracegrad_tui` is the layer above, and the command line must start without Textual.
    app: Any = import_module("tracegrad_tui.app")
    app.run(source, start=start)
