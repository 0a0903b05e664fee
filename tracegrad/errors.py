"""The exceptions of tracegrad, and how their messages are built.

::

    Exception
    ├── RuntimeError, TypeError, ValueError, IndexError, NotImplementedError
    │     what PyTorch raises, raised here for the same mistakes; the message adds where and what to
    │     try. Those about gradients can be taken apart:
    │     ├── InplaceModificationError   a saved value was changed before backward used it
    │     ├── InplaceRefusedError        a write that would make gradients wrong or ambiguous
    │     ├── FreedGraphError            backward through a graph whose values were freed
    │     ├── NoGradientError            backward from a tensor that no gradient can flow from
    │     └── LinAlgError                a matrix has no inverse, or not the factors asked for
    └── TracegradError                   what PyTorch has no word for
          ├── TraceFileError             a trace file cannot be read or written
          ├── PictureError               a picture cannot be made
          ├── DownloadError              a file could not be had (a RuntimeError too)
          ├── CorruptImageError          a file is no whole image (an OSError too)
          └── DatasetItemError           an example could not be made (a RuntimeError too)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class TracegradError(Exception):
    """A mistake that PyTorch has no exception for. The message says what to try."""


class TraceFileError(TracegradError):
    """A trace file cannot be read or written."""


class PictureError(TracegradError):
    """A picture cannot be made."""


class DownloadError(TracegradError, RuntimeError):
    """A file could not be fetched, or is not what it should be; the message says where it is."""


class CorruptImageError(TracegradError, OSError):
    """A file holds no image, or only a part of one.

    Attributes:
        file: its path, `""` if the image came from elsewhere.
    """

    def __init__(self, message: str, file: str = "") -> None:
        super().__init__(message)
        self.file = file


class DatasetItemError(TracegradError, RuntimeError):
    """An example could not be made, and the error that stopped it would have meant something else:
    an `IndexError` out of a transform ends a `for` loop over the dataset without a word.
    """


class LinAlgError(RuntimeError):
    """A matrix has no inverse, or not the factors asked for: `torch.linalg.LinAlgError`."""


# -- what happened where ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Occurrence:
    """Something that ran at one place of the user's program.

    Attributes:
        op: its name, such as `mul_` or `backward`.
        file, line: where it was called; `""` and 0 if that is unknown. Lines count from 1.
        statement: the text of that line; `""` without a source.
    """

    op: str
    file: str = ""
    line: int = 0
    statement: str = ""

    @property
    def short(self) -> str:
        """`train.py:4`, or `""`."""
        name = self.file.replace("\\", "/").rpartition("/")[2]
        return f"{name}:{self.line}" if self.file else ""

    @property
    def where(self) -> str:
        """`train.py:4   y += 1`, or `""`."""
        return f"{self.short}   {self.statement}".rstrip()

    def __str__(self) -> str:
        return f"{self.op}   {self.where}" if self.file else self.op


@dataclass(frozen=True, slots=True)
class SavedValue:
    """A value that was kept for backward.

    Attributes:
        what: the value in the user's words: a variable, or such as "the result of exp".
        dtype: short, as `f32`; `""` if it is not known any more.
        version: of its memory when it was saved, `None` likewise.
    """

    what: str
    shape: tuple[int, ...]
    dtype: str
    version: int | None
    by: Occurrence

    def __str__(self) -> str:
        facts = f"{self.dtype}{list(self.shape)}" if self.dtype else f"shape {list(self.shape)}"
        if self.version is not None:
            facts += f", version {self.version}"
        return f"{self.what} ({facts}) by {self.by}"


@dataclass(frozen=True, slots=True)
class Write:
    """A change of memory: it made `version` out of the one before.

    Attributes:
        through: shape of the view that was written through, `None` for the whole tensor.
    """

    version: int
    by: Occurrence
    through: tuple[int, ...] | None = None

    def __str__(self) -> str:
        return self.text()

    def text(self, times: int = 1) -> str:
        """As a message shows it, with those after it that are the same but for the version."""
        versions = f"version {self.version - 1} -> {self.version + times - 1}"
        by = self.by.op if times == 1 else f"{self.by.op}, {times} times"
        where = f"   {self.by.where}" if self.by.file else ""
        through = (
            f"   through a view of shape {list(self.through)}" if self.through is not None else ""
        )
        return f"{versions} by {by}{where}{through}"


# -- errors that can be taken apart ----------------------------------------------------------------


class _Explained(RuntimeError):
    """An error with its parts.

    Attributes:
        suggestions: what to change in the program, in the order of preference.
    """

    def __init__(self, message: str, *, suggestions: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.suggestions = tuple(suggestions)


class InplaceModificationError(_Explained):
    """A value that backward needs was changed in place after it was saved.

    Attributes:
        saved: the values that were changed.
        saved_by: the op that saved them, and where.
        changes: each write since, oldest first (the last few if there were many).
        needed_by: the backward that could not run, and where its op was called.
    """

    def __init__(
        self,
        message: str,
        *,
        saved: Sequence[SavedValue] = (),
        saved_by: Occurrence | None = None,
        changes: Sequence[Write] = (),
        needed_by: Occurrence | None = None,
        suggestions: Sequence[str] = (),
    ) -> None:
        super().__init__(message, suggestions=suggestions)
        self.saved = tuple(saved)
        self.saved_by = saved_by
        self.changes = tuple(changes)
        self.needed_by = needed_by


class InplaceRefusedError(_Explained):
    """A write was not allowed, and nothing was written.

    Attributes:
        reason: `leaf`, `view of a leaf`, `no_grad view`, `several views`, `function view`,
            `repeats` (one element is shown several times), `overlaps` or `no gradient`.
        written_by: the op, and where it was called.
    """

    def __init__(
        self,
        message: str,
        *,
        reason: str = "",
        written_by: Occurrence | None = None,
        suggestions: Sequence[str] = (),
    ) -> None:
        super().__init__(message, suggestions=suggestions)
        self.reason = reason
        self.written_by = written_by


class FreedGraphError(_Explained):
    """Backward reached an op whose saved values an earlier backward had freed.

    Attributes:
        saved: the values that are gone.
        freed_by: the call that freed them.
        joined_by: the op that reads, after that call, a value from before it; `None` if the same
            graph was used twice.
        needed_by: the backward that could not run, and where its op was called.
    """

    def __init__(
        self,
        message: str,
        *,
        saved: Sequence[SavedValue] = (),
        freed_by: Occurrence | None = None,
        joined_by: Occurrence | None = None,
        needed_by: Occurrence | None = None,
        suggestions: Sequence[str] = (),
    ) -> None:
        super().__init__(message, suggestions=suggestions)
        self.saved = tuple(saved)
        self.freed_by = freed_by
        self.joined_by = joined_by
        self.needed_by = needed_by


class NoGradientError(_Explained):
    """Backward was asked of a tensor that does not require grad.

    Attributes:
        cut_by: the op after which nothing was recorded, and where; `None` if nothing on the way
            ever required grad.
        switched_off_by: what had switched gradients off for it, and where; `None` if they were on.
    """

    def __init__(
        self,
        message: str,
        *,
        cut_by: Occurrence | None = None,
        switched_off_by: Occurrence | None = None,
        suggestions: Sequence[str] = (),
    ) -> None:
        super().__init__(message, suggestions=suggestions)
        self.cut_by = cut_by
        self.switched_off_by = switched_off_by


def with_details(headline: str, rows: Sequence[tuple[str, str]], tries: str = "") -> str:
    """A message: the headline as PyTorch words it, aligned `label  text` rows, and what to try."""
    width = max((len(label) for label, _ in rows), default=0)
    lines = [headline, *(f"  {label:<{width}}  {text}" for label, text in rows if text)]
    if tries:
        lines.append(f"  try: {tries}")
    return "\n".join(lines)


def taken_apart(message: str) -> tuple[str, list[tuple[str, str]], str]:
    """Headline, rows and what to try, of a message made `with_details` or written like one."""
    headline: list[str] = []
    rows: list[tuple[str, str]] = []
    tries = ""
    for line in message.split("\n"):
        label, gap, text = line.strip().partition("  ")
        if line.startswith("  try: "):
            tries = line.removeprefix("  try: ")
        elif line.startswith("  ") and gap:
            rows.append((label, text.strip()))
        else:
            headline.append(line)
    return "\n".join(headline), rows, tries
