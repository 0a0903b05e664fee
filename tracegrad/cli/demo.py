"""`tracegrad demo`: the penguin example, recorded, summed up, drawn and opened."""

from __future__ import annotations

import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

import click

from tracegrad.cli import script as scripts
from tracegrad.cli.complaint import PATH, Complaint, to_type
from tracegrad.cli.open import run_debugger, terminal_problem
from tracegrad.cli.summary import console
from tracegrad.cli.trace_file import check_room
from tracegrad.recording.reader import open_trace
from tracegrad.recording.source import TraceSource

_CHECKOUT = Path(__file__).parents[2] / "examples"
_INSTALLED = Path(__file__).parent / "data"
"""Where the example is: one copy in git, which the wheel carries as data of this package."""


@dataclass(frozen=True, slots=True)
class _Files:
    """What the demo leaves in its folder."""

    folder: Path

    @property
    def script(self) -> Path:
        return self.folder / "penguins.py"

    @property
    def data(self) -> Path:
        return self.folder / "data" / "penguins.csv"

    @property
    def trace(self) -> Path:
        return self.folder / "penguins.trace"

    @property
    def picture(self) -> Path:
        return self.folder / "penguins.svg"


@click.command()
@click.option(
    "-o",
    "--output",
    type=PATH,
    default=Path("tracegrad-demo"),
    show_default=True,
    help="The folder to write into; made if it is not there.",
)
@click.option("--no-open", is_flag=True, help="Do not open the debugger at the end.")
def demo(output: Path, no_open: bool) -> int:
    """Train a small classifier on real data, and look into it.

    Tells three species of penguins apart by four measurements; records the first training steps,
    sums them up, draws one of them and, in a terminal, opens the debugger on them.
    """
    files = _Files(output)
    _lay_out(files)
    click.echo(f"training on the Palmer penguins: {files.script}\n")
    code = scripts.load(files.script)
    with scripts.as_main(files.script, ["--record", str(files.trace)]) as namespace:
        exit_code, error = scripts.run(code, namespace)
    if error is not None:
        scripts.show_traceback(error, full=True)
    if exit_code:
        return exit_code
    with open_trace(files.trace) as source:
        _show(source, files)
        problem = "" if no_open else terminal_problem()
        if problem and sys.stdout.isatty():
            click.echo(f"\n{problem}")
        if no_open or problem:
            click.echo(f"\nstep through it with: {to_type('open', files.trace)}")
            return 0
        click.echo("\nopening the debugger; q leaves it")
        run_debugger(source)
    click.echo(f"open it again with: {to_type('open', files.trace)}")
    return 0


def _show(source: TraceSource, files: _Files) -> None:
    """Print the summary, draw the picture, and say where everything is."""
    from tracegrad import viz
    from tracegrad.cli.summary_text import summary_text
    from tracegrad.diagnose import findings
    from tracegrad.diagnose.tally import run_facts

    screen = console()
    screen.print()
    facts = run_facts(source)
    screen.print(summary_text(facts, findings(source, facts)))
    viz.draw(source, files.picture)
    click.echo(f"\nin {files.folder}{'' if files.folder.is_absolute() else '/'}")
    click.echo(f"  {files.trace.name:<16} every op, value and gradient of these steps")
    click.echo(f"  {files.picture.name:<16} a picture of the last of them")
    click.echo(f"  {files.script.name:<16} the program, to change and to run again")


def _lay_out(files: _Files) -> None:
    """Copy the example into the folder and make room for its trace.

    Raises:
        Complaint: if the folder cannot be written to, or holds something else by these names.
    """
    script, data = _sources()
    try:
        files.data.parent.mkdir(parents=True, exist_ok=True)
        for source, target in ((script, files.script), (data, files.data)):
            if target.exists() and target.read_bytes() != source.read_bytes():
                _keep_aside(target)
            shutil.copyfile(source, target)
    except OSError as error:
        raise Complaint(
            f"cannot write into {files.folder}: {error.strerror}",
            to_type("demo", "-o", "another-folder"),
        ) from None
    check_room(files.trace, overwrite=True)


def _sources() -> tuple[Path, Path]:
    """The example's script and data: in the installed package, or in the checkout."""
    if (_INSTALLED / "penguins.py").exists():
        return _INSTALLED / "penguins.py", _INSTALLED / "penguins.csv"
    return _CHECKOUT / "04_penguins.py", _CHECKOUT / "data" / "penguins.csv"


def _keep_aside(path: Path) -> None:
    """Rename a file that somebody changed: the demo must not cost them their work."""
    n = 1
    while (aside := path.with_name(f"{path.stem}.{n}{path.suffix}")).exists():
        n += 1
    path.rename(aside)
    click.echo(f"{path} was changed: kept as {aside.name}")
