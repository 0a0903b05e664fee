"""The exceptions of tracegrad, and how their messages are built.

::

    Exception
    ├── RuntimeError, TypeError, ValueError, IndexError, NotImplementedError
    │     what PyTorch raises, raised here for the same mistakes; the message adds where and what to
    try │     └── InplaceModificationError   (a RuntimeError) a saved value was changed before
    backward used it └── TracegradError                   what PyTorch has no word for
          ├── TraceFileError             a trace file cannot be read or written
          └── PictureError               a picture cannot be made
"""

from __future__ import annotations

from collections.abc import Sequence


class TracegradError(Exception):
    """A mistake that PyTorch has no exception for. The message says what to try."""


class TraceFileError(TracegradError):
    """A trace file cannot be read or written."""


class PictureError(TracegradError):
    """A picture cannot be made."""


class InplaceModificationError(RuntimeError):
    """A value that backward needs was changed in place after it was saved.

    Attributes:
        saved_by: name of the op that saved the value.
        changes: one line for each write since, oldest first.
        needed_by: name of the backward that could not run.
        suggestions: what to change in the program.
    """

    def __init__(
        self,
        message: str,
        *,
        saved_by: str = "",
        changes: Sequence[str] = (),
        needed_by: str = "",
        suggestions: Sequence[str] = (),
    ) -> None:
        super().__init__(message)
        self.saved_by = saved_by
        self.changes = tuple(changes)
        self.needed_by = needed_by
        self.suggestions = tuple(suggestions)


def with_details(headline: str, rows: Sequence[tuple[str, str]], tries: str = "") -> str:
    """A message: the headline as PyTorch words it, aligned `label  text` rows, and what to try."""
    width = max((len(label) for label, _ in rows), default=0)
    lines = [headline, *(f"  {label:<{width}}  {text}" for label, text in rows if text)]
    if tries:
        lines.append(f"  try: {tries}")
    return "\n".join(lines)
