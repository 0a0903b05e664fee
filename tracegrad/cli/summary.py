"""`tracegrad summary`: a recorded run in one screen of text."""

from __future__ import annotations

import sys
from pathlib import Path

import click
from rich.console import Console

from tracegrad.cli.complaint import PATH
from tracegrad.recording.reader import open_trace


@click.command()
@click.argument("trace", type=PATH)
@click.option("--all", "everything", is_flag=True, help="Every parameter, op and line.")
def summary(trace: Path, everything: bool) -> None:
    """Show what TRACE holds: ops, gradients, time, memory, NaN."""
    from tracegrad.cli.summary_text import summary_text
    from tracegrad.diagnose import findings
    from tracegrad.diagnose.tally import run_facts

    with open_trace(trace) as source:
        facts = run_facts(source)
        told = summary_text(facts, findings(source, facts), everything=everything)
        console().print(told)


def console() -> Console:
    """A console on stdout: no colour where it is unwanted, `?` for what its encoding lacks."""
    if (sys.stdout.encoding or "").lower().replace("-", "") != "utf8":
        reconfigure = getattr(sys.stdout, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="replace")
    return Console(highlight=False)
