"""Pictures of a recorded computation: one box per op, gradients flowing back in green.

`draw` plans a picture from the rows of a trace; `Picture.save` writes it as SVG, PNG, PDF or DOT.
Graphviz makes the layout where there is one, the built-in layout where there is none.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from tracegrad._tensor import Tensor
    from tracegrad.recording.source import TraceSource
    from tracegrad.viz.plan import Plan

__all__ = ["Picture", "draw"]


@dataclass(frozen=True, slots=True)
class Picture:
    """A planned picture. Nothing is laid out before it is saved or shown.

    Attributes:
        plan: what it shows, without any output format.
        theme: `light` or `dark`.
        dot: the picture in Graphviz's language.
    """

    plan: Plan = field(repr=False)
    theme: Literal["light", "dark"] = "light"

    @property
    def dot(self) -> str:
        from tracegrad.viz.dot import to_dot
        from tracegrad.viz.style import THEMES

        return to_dot(self.plan, THEMES[self.theme])

    def save(self, path: str | os.PathLike[str], *, timeout: float = 60.0) -> Path:
        """Write the picture; the suffix says which kind: .svg, .png, .pdf, .dot or .gv.

        Args:
            path: the file; it is replaced only when the whole picture is ready.
            timeout: seconds that the layout may take.

        Raises:
            PictureError: When the picture cannot be drawn or written; the message says why.
        """
        from tracegrad.viz import render
        from tracegrad.viz.style import THEMES

        return render.save(self.plan, THEMES[self.theme], path, timeout)

    def _repr_svg_(self) -> str:
        """What a notebook shows."""
        from tracegrad.viz import render
        from tracegrad.viz.style import THEMES

        svg = render.draw(self.plan, THEMES[self.theme], "svg").decode()
        return svg[svg.index("<svg") :]

    def __str__(self) -> str:
        header = self.plan.header
        size = f"{len(self.plan.boxes)} boxes"
        return " · ".join((header.title, *header.facts, size, *header.alarms))


def draw(
    source: TraceSource | Tensor,
    path: str | os.PathLike[str] | None = None,
    *,
    step: int | None = None,
    events: tuple[int, int] | None = None,
    value: int | None = None,
    backward: bool = True,
    values: bool = True,
    max_boxes: int = 300,
    theme: Literal["light", "dark"] = "light",
    title: str | None = None,
) -> Picture:
    """Draw a part of a trace or the graph behind a tensor, and save the picture if a path is given.

    Without `step`, `events` or `value` it is the last complete step that has a backward pass, or
    everything if there was no backward pass.

    Args:
        source: the trace; or a tensor, of which the graph behind it is drawn, with the values that
            nodes keep for backward and the gradients that leaves hold.
        path: where to save it: .svg, .png, .pdf, .dot or .gv.
        step: draw this training step.
        events: draw the events `(start, stop)`, `stop` not included; `(0, n)` for all.
        value: draw what this value was made from, within its step.
        backward: draw gradients.
        values: tell statistics of values and draw their histograms.
        max_boxes: with more boxes than this, modules are folded into one box each, the deepest
            first.
        theme: `light` or `dark`.
        title: the title; by default the name of the loss.

    Raises:
        PictureError: When there is no such selection, or the picture cannot be drawn or written.

    Example:
        >>> picture = draw(trace, "loss.svg")
        >>> print(picture)
        loss · 6 ops forward, 6 backward · 6 parameters · 188 B of values · 9 boxes
    """
    from tracegrad.errors import PictureError
    from tracegrad.recording.snapshot import snapshot
    from tracegrad.recording.source import TraceSource
    from tracegrad.viz.planning import make_plan
    from tracegrad.viz.style import THEMES

    if theme not in THEMES:
        raise PictureError(f"no theme {theme!r}\n  try: {' or '.join(map(repr, THEMES))}")
    plan = make_plan(
        source if isinstance(source, TraceSource) else snapshot(source),
        step=step,
        events=events,
        value=value,
        backward=backward,
        values=values,
        max_boxes=max_boxes,
        title=title,
    )
    picture = Picture(plan, theme)
    if path is not None:
        picture.save(path)
    return picture
