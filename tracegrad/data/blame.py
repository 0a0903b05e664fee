"""Which example an error is about: its number, its file, and how it differs from the others.

The error stays what it is, class and text and traceback; what is known is added as a note, which
Python prints under it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

FILE_LISTS = (
    "samples", "imgs", "images", "image_paths", "image_files", "files", "file_names", "filenames",
    "paths",
)  # fmt: skip
"""Where datasets of files keep them: paths, or tuples that begin with a path, by number."""

_READING, _COLLATING = "while reading ", "while collating "


def blame_item(error: BaseException, dataset: Any, index: Any) -> None:
    """Note at the error which example was being read."""
    if _has_note(error):
        return  # a dataset inside this one has named its own
    file = file_of(dataset, index)
    place = f" (file {file})" if file else ""
    error.add_note(f"{_READING}item {index!r} of {type(dataset).__name__}{place}")


def blame_items(error: BaseException, dataset: Any, indices: Sequence[Any]) -> None:
    """The same of several that were read together."""
    if not _has_note(error):
        error.add_note(f"{_READING}items {shortened(indices)} of {type(dataset).__name__}")


def blame_collation(
    error: BaseException, dataset: Any, indices: Sequence[Any] | None, examples: Any
) -> None:
    """Note at the error which examples make no batch, and where they differ.

    Args:
        indices: their numbers; `None` for a stream, whose examples have none.
    """
    if not isinstance(examples, Sequence) or _has_note(error):
        return
    which = "examples of a stream" if indices is None else f"items {shortened(indices)}"
    lines = [f"{_COLLATING}{which} of {type(dataset).__name__}"]
    for n, example in enumerate(examples):
        found = _difference(examples[0], example, "")
        if found is not None:
            place, here, there = found
            at = f" at {place}" if place else ""
            for number, fact in ((0, here), (n, there)):
                lines.append(f"  {_named(dataset, indices, number)} has {fact}{at}")
            lines.append("  try: make them alike in the dataset, or DataLoader(collate_fn=...)")
            break
    error.add_note("\n".join(lines))


def file_of(dataset: Any, index: Any) -> str:
    """The file that an example comes from; `""` if the dataset does not tell."""
    try:
        while hasattr(dataset, "_inside"):  # our datasets that are made of others
            dataset, index = dataset._inside(index)
        for name in FILE_LISTS:
            entry = getattr(dataset, name)[index] if hasattr(dataset, name) else None
            first = entry[0] if isinstance(entry, tuple | list) and entry else entry
            if isinstance(first, str | os.PathLike):
                return os.fspath(first)
    except Exception:  # someone else's dataset, and an error is being explained already
        pass
    return ""


def shortened(indices: Any) -> str:
    """`[3, 1, 4, ..., 9]`: enough to find them."""
    if not isinstance(indices, list | tuple) or len(indices) <= 8:
        return repr(indices)
    return f"[{', '.join(map(repr, indices[:6]))}, ..., {indices[-1]!r}]"


def _has_note(error: BaseException) -> bool:
    return any(note.startswith((_READING, _COLLATING)) for note in getattr(error, "__notes__", ()))


def _named(dataset: Any, indices: Sequence[Any] | None, n: int) -> str:
    if indices is None:
        return f"example {n}"
    file = file_of(dataset, indices[n])
    return f"item {indices[n]!r}" + (f" (file {file})" if file else "")


def _difference(a: Any, b: Any, place: str) -> tuple[str, str, str] | None:
    """Where two examples differ so that they make no batch: the place, and how each is there."""
    if hasattr(a, "shape") and hasattr(b, "shape"):
        facts = [f"shape {list(one.shape)}" for one in (a, b)]
    elif isinstance(a, Mapping) and isinstance(b, Mapping):
        facts = [f"keys {list(one)}" for one in (a, b)]
        if set(a) <= set(b):
            return _first(_difference(a[key], b[key], f"{place}[{key!r}]") for key in a)
    elif isinstance(a, str | bytes) or not isinstance(a, Sequence) or not isinstance(b, Sequence):
        facts = [type(one).__name__ for one in (a, b)]
    else:
        facts = [f"{len(one)} parts" for one in (a, b)]
        if len(a) == len(b):
            pairs = enumerate(zip(a, b, strict=True))
            return _first(_difference(x, y, f"{place}[{n}]") for n, (x, y) in pairs)
    return None if facts[0] == facts[1] else (place, facts[0], facts[1])


def _first(found: Any) -> Any:
    return next((one for one in found if one is not None), None)
