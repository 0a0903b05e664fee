"""`tracegrad run`: run a script, under the name `torch` if asked for, recorded if asked for."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import click

from tracegrad.cli import script as scripts
from tracegrad.cli.complaint import PATH, Complaint
from tracegrad.cli.record import ScriptCommand, finish, recorded
from tracegrad.cli.trace_file import check_room


@click.command(cls=ScriptCommand)
@click.argument("script", type=PATH)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="[-- ARGUMENTS]")
@click.option("--as-torch", is_flag=True, help="Let `import torch` give tracegrad.")
@click.option("--record", "trace", type=PATH, help="Keep every op in this trace file.")
@click.option("--overwrite", is_flag=True, help="Replace the trace file if it exists.")
@click.option("--full-traceback", is_flag=True, help="Show tracegrad's own frames in tracebacks.")
def run(
    script: Path,
    arguments: tuple[str, ...],
    as_torch: bool,
    trace: Path | None,
    overwrite: bool,
    full_traceback: bool,
) -> int:
    """Run SCRIPT as `python SCRIPT ARGUMENTS` would; its exit code is ours.

    With --as-torch a program written for PyTorch runs unchanged on tracegrad.
    """
    code = scripts.load(script)
    if trace is not None:
        check_room(trace, overwrite=overwrite)
    elif overwrite:
        raise Complaint("--overwrite is for a trace file", "--record FILE --overwrite")
    with _torch_is_ours() if as_torch else nullcontext():
        if trace is not None:
            result = recorded(code, script, arguments, trace, values=True, check_writes=False)
            return finish(result, trace, full_traceback=full_traceback)
        with scripts.as_main(script, arguments) as namespace:
            exit_code, raised = scripts.run(code, namespace)
    sys.stdout.flush()
    if raised is not None:
        scripts.show_traceback(raised, full=full_traceback)
    return exit_code


@contextmanager
def _torch_is_ours() -> Iterator[None]:
    """`import torch` gives tracegrad inside."""
    from tracegrad.as_torch import install_as_torch, uninstall_as_torch

    install_as_torch()
    try:
        yield
    finally:
        uninstall_as_torch()
