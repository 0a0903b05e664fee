"""`tracegrad draw`: the picture of a trace."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import click

from tracegrad.cli.complaint import PATH
from tracegrad.recording.reader import open_trace


@click.command()
@click.argument("trace", type=PATH)
@click.option(
    "-o",
    "--output",
    type=PATH,
    required=True,
    help="The picture to write; its suffix says the format: .svg .png .pdf .dot",
)
@click.option("--theme", type=click.Choice(["light", "dark"]), default="light", show_default=True)
@click.option("--step", type=int, help="The training step to draw.  [default: the last whole one]")
def draw(trace: Path, output: Path, theme: Literal["light", "dark"], step: int | None) -> None:
    """Draw one training step of TRACE."""
    from tracegrad import viz

    with open_trace(trace) as source:
        picture = viz.draw(source, output, step=step, theme=theme)
    click.echo(f"{output}: {picture}")
