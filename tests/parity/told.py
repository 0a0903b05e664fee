"""One story told by two libraries: a function of the library that notes what it sees."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

import tracegrad as tg

Story = Callable[[Any], list[Any]]
"""Gets `tracegrad` or `torch`, gives what is to be equal: tensors, text, numbers, errors."""


def refusal(call: Callable[[], Any]) -> str:
    """The class of the error that a call raises, and its message's first line."""
    try:
        call()
    except Exception as error:
        message = str(error).splitlines()[0].replace("tracegrad", "torch")
        return f"{type(error).__name__}: {message}"
    return "no error"


def assert_told_alike(story: Story, tolerance: float = 2e-5) -> None:
    """Both notes are equal; tensors in shape, dtype and up to the tolerance."""
    library: Any
    notes = []
    for library in (tg, torch):
        library.manual_seed(5)
        notes.append([_plain(note) for note in story(library)])
    assert len(notes[0]) == len(notes[1])
    for n, (ours, theirs) in enumerate(zip(*notes, strict=True)):
        if isinstance(theirs, np.ndarray):
            assert (ours.shape, ours.dtype) == (theirs.shape, theirs.dtype), f"note {n}"
            np.testing.assert_allclose(
                ours, theirs, rtol=tolerance, atol=tolerance, err_msg=f"note {n}"
            )
        else:
            assert ours == theirs, f"note {n}"


def _plain(note: Any) -> Any:
    if hasattr(note, "detach"):
        return np.array(note.detach().numpy())
    return note.replace("tracegrad", "torch") if isinstance(note, str) else note
