"""The command line: `tracegrad record`, `open`, `summary`, `draw`, `demo`; one file per command."""

from tracegrad.cli.program import main as main

__all__ = ["main"]
