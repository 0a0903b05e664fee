"""The command line, `tracegrad record`, `run`, `open` and so on: one file per command."""

from tracegrad.cli.program import main as main

__all__ = ["main"]
