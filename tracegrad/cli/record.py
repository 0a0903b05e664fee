"""`tracegrad record`: run a script and keep every op, value and gradient in a trace file."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from types import CodeType

import click

from tracegrad._util.text import count
from tracegrad.cli import script as scripts
from tracegrad.cli.complaint import INTERRUPTED, PATH, Complaint, to_type
from tracegrad.cli.trace_file import check_room


class ScriptCommand(click.Command):
    """Explains where the script's own options go when one of them is taken for ours."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            raise Complaint(
                f"{error.option_name} is not an option of tracegrad {self.name}",
                f"tracegrad {self.name} SCRIPT -- {error.option_name} ..., if it is one of the "
                "script's",
            ) from None


@click.command(cls=ScriptCommand)
@click.argument("script", type=PATH)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="[-- ARGUMENTS]")
@click.option(
    "-o",
    "--output",
    type=PATH,
    help="The trace file to write.  [default: the script's name with .trace, in this folder]",
)
@click.option("--no-values", is_flag=True, help="Keep statistics of each value, not its elements.")
@click.option(
    "--check-writes",
    is_flag=True,
    help="Find writes through NumPy arrays and .data to what backward needs.",
)
@click.option("--overwrite", is_flag=True, help="Replace the trace file if it exists.")
@click.option("--full-traceback", is_flag=True, help="Show tracegrad's own frames in tracebacks.")
def record(
    script: Path,
    arguments: tuple[str, ...],
    output: Path | None,
    no_values: bool,
    check_writes: bool,
    overwrite: bool,
    full_traceback: bool,
) -> int:
    """Run SCRIPT and keep every op, value and gradient.

    The script runs as with `python SCRIPT ARGUMENTS`, and its exit code is ours. When it raises,
    or is interrupted, the trace up to there is kept.
    """
    path = output or Path(script.stem + ".trace")
    code = scripts.load(script)
    check_room(path, overwrite=overwrite)
    result = recorded(
        code, script, arguments, path, values=not no_values, check_writes=check_writes
    )
    return finish(result, path, full_traceback=full_traceback)


def finish(run: Run, path: Path, *, full_traceback: bool) -> int:
    """Show how a recorded script ended and where its trace is; its exit code."""
    sys.stdout.flush()
    if run.raised is not None:
        scripts.show_traceback(run.raised, full=full_traceback)
    if run.trace_error is not None:
        raise run.trace_error
    ending = {0: "", INTERRUPTED: ", up to the interrupt"}.get(
        run.exit_code, ", up to where the script ended"
    )
    click.echo(f"tracegrad: {count(run.events, 'event')} in {path}{ending}", err=True)
    click.echo(f"open it with: {to_type('open', path)}", err=True)
    return run.exit_code


@dataclass(frozen=True, slots=True)
class Run:
    """How a recorded script ended.

    Attributes:
        raised: what ended the script, if anything did.
        trace_error: what went wrong with the trace itself: a full disk.
    """

    exit_code: int
    raised: BaseException | None
    trace_error: Exception | None
    events: int


def recorded(
    code: CodeType,
    script: Path,
    arguments: tuple[str, ...],
    path: Path,
    *,
    values: bool,
    check_writes: bool,
) -> Run:
    """Run the script under the recorder."""
    import tracegrad as tg

    with scripts.as_main(script, arguments) as namespace:
        recording = tg.record(path, values=values, title=script.name)
        trace = recording.__enter__()
        # Off, it does nothing at all.
        with tg.autograd.set_detect_anomaly(check_writes, check_nan=False, check_writes=True):
            exit_code, raised = scripts.run(code, namespace)
        trace_error = None
        try:
            # Not a `with` statement: the exception would gather our frames on its way through, and
            # the trace keeps its traceback.
            if raised is None:
                recording.__exit__(None, None, None)
            else:
                recording.__exit__(type(raised), raised, raised.__traceback__)
        except Exception as error:  # a full disk; the script's own error is shown all the same
            trace_error = error
    return Run(exit_code, raised, trace_error, trace.event_count)
