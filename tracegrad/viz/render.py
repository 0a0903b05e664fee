"""From a plan to a file: which engine draws it, with a time limit, written whole or not at all.

The engines, best first: `dot` on the PATH; the Graphviz that the pygraphviz wheel carries; the
built-in layout, which writes SVG alone. DOT text needs none.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal

from tracegrad.errors import PictureError, with_details
from tracegrad.viz.dot import to_dot
from tracegrad.viz.plan import Plan
from tracegrad.viz.style import Theme
from tracegrad.viz.svg import to_svg

Engine = Literal["dot", "pygraphviz", "builtin"]

TIMEOUT = 60.0  # seconds for one layout; 9,739 boxes took 6 s
_PNG_RESOLUTION = 144  # dots per inch: sharp on a screen of twice the usual density
_TEXT_SUFFIXES = (".dot", ".gv")
_FORMATS = (".svg", ".png", ".pdf")
_MISSING = (
    "pip install 'tracegrad[render]' (brings Graphviz), or install Graphviz so that `dot` is on "
    "the PATH; .svg and .dot need neither"
)


def engine() -> Engine:
    """The engine that draws pictures here."""
    if shutil.which("dot"):
        return "dot"
    return "pygraphviz" if importlib.util.find_spec("pygraphviz") else "builtin"


def save(plan: Plan, theme: Theme, path: str | os.PathLike[str], timeout: float = TIMEOUT) -> Path:
    """Write a picture; the suffix says which kind: .svg, .png, .pdf, .dot or .gv.

    Raises:
        PictureError: When the suffix is unknown, no engine can draw the kind, an engine fails or
            takes longer than `timeout` seconds, or the file cannot be written.
    """
    target = Path(path)
    suffix = target.suffix.lower()
    if suffix in _TEXT_SUFFIXES:
        data = to_dot(plan, theme).encode()
    elif suffix in _FORMATS:
        data = draw(plan, theme, suffix[1:], timeout)
    else:
        raise PictureError(
            with_details(
                f"cannot tell from {target.name!r} what kind of picture to draw",
                [
                    ("expected", f"a name ending in {', '.join((*_FORMATS, *_TEXT_SUFFIXES))}"),
                    ("got", repr(target.suffix) if target.suffix else "no suffix"),
                ],
                f"{target.stem or 'picture'}.svg",
            )
        )
    _write(target, data)
    return target


def draw(plan: Plan, theme: Theme, format: str, timeout: float = TIMEOUT) -> bytes:
    """The picture as `svg`, `png` or `pdf`, by the best engine there is.

    Raises:
        PictureError: When no engine can draw the format, or the engine fails or takes too long.
    """
    chosen = engine()
    if chosen == "builtin":
        if format == "svg":
            return to_svg(plan, theme).encode()
        raise PictureError(with_details(f"no Graphviz here to draw a .{format} with", [], _MISSING))
    text = to_dot(plan, theme)
    if format == "png":
        text = text.replace("{", f"{{\n  graph [dpi={_PNG_RESOLUTION}];", 1)
    try:
        return _GRAPHVIZ[chosen](text, format, timeout)
    except subprocess.TimeoutExpired:
        raise PictureError(
            with_details(
                f"the layout of {len(plan.boxes):,} boxes was not done after {timeout:g} s",
                [("engine", chosen)],
                "a lower max_boxes, a smaller selection, or a longer timeout",
            )
        ) from None
    except subprocess.CalledProcessError as error:
        said = (error.stderr or b"").decode(errors="replace").strip()
        raise PictureError(
            with_details(
                f"Graphviz could not draw the picture (exit status {error.returncode})",
                [("engine", chosen), ("it said", said.splitlines()[-1] if said else "nothing")],
                "save it as .dot to see what Graphviz was given",
            )
        ) from error


# -- Graphviz ----------------------------------------------------------------------------------


def _with_dot(text: str, format: str, timeout: float) -> bytes:
    from graphviz.backend import dot_command, execute

    # `graphviz.pipe` has no timeout; this is what it calls.
    command = dot_command.command("dot", format)
    done = execute.run_check(
        command, input=text.encode(), capture_output=True, quiet=True, timeout=timeout
    )
    return bytes(done.stdout)


def _with_pygraphviz(text: str, format: str, timeout: float) -> bytes:
    """In a process of its own: the library holds the GIL throughout, and may crash."""
    done = subprocess.run(
        [sys.executable, "-m", "tracegrad.viz._pygraphviz_render", format],
        input=text.encode(),
        capture_output=True,
        check=True,
        timeout=timeout,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)},
    )
    return done.stdout


_GRAPHVIZ: Mapping[str, Callable[[str, str, float], bytes]] = {
    "dot": _with_dot,
    "pygraphviz": _with_pygraphviz,
}


# -- files -------------------------------------------------------------------------------------


def _write(target: Path, data: bytes) -> None:
    """Write beside the target and rename, so that no reader ever sees half a picture."""
    unfinished: str | None = None
    try:
        handle, unfinished = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.chmod(unfinished, 0o666 & ~_umask())
        os.replace(unfinished, target)
    except OSError as error:
        if unfinished is not None:
            Path(unfinished).unlink(missing_ok=True)
        raise PictureError(
            with_details(
                f"cannot write {target}",
                [("because", error.strerror or str(error))],
                "a folder that exists and that you may write to",
            )
        ) from error


def _umask() -> int:
    """The permissions that new files lose; can only be read by setting it."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
