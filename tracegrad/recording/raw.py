"""Raw facts: what the recorder keeps of each event and value until `rows.py` makes rows of them."""

from __future__ import annotations

from collections.abc import Mapping
from types import CodeType
from typing import Any, NamedTuple

import numpy as np

from tracegrad.graph.scope import Scope
from tracegrad.recording.model import EventKind, Role


class RawEvent(NamedTuple):
    """One event as the program told it; `EventRow` says what the fields mean.

    Attributes:
        operands: inputs that are no tensors, with `None` at the places of those that are.
    """

    kind: EventKind
    op: str
    inputs: tuple[int | None, ...]
    outputs: tuple[int | None, ...]
    options: Mapping[str, Any]
    operands: tuple[Any, ...]
    code: CodeType | None
    lasti: int
    scope: Scope | None
    step: int
    backward_pass: int
    forward: int | None
    grad_enabled: bool
    start: int
    duration: int
    thread: int


class ArrayShape(NamedTuple):
    """What is known of an array that is not kept."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    nbytes: int
    device: str


class RawValue(NamedTuple):
    """One value as it was when recorded.

    Attributes:
        array: tells shape and dtype, not the elements: those are in `Recorder.arrays`, where a copy
            may have taken the array's place.
    """

    event: int | None
    output: int
    role: Role
    name: str
    array: np.ndarray | ArrayShape
    requires_grad: bool
    storage: int | None
    version: int
    of: int | None
    kept: bool
    view: bool
    earlier: int | None
