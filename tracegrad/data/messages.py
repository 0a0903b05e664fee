"""What the program and its worker processes tell each other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tracegrad.data.failure import Failure
from tracegrad.data.fetch import Reading
from tracegrad.data.segments import Placed


@dataclass(frozen=True, slots=True)
class Job:
    """What all workers of a pass have in common."""

    reading: Reading
    base_seed: int
    num_workers: int
    init: Callable[[int], None] | None


@dataclass(frozen=True, slots=True)
class Earlier:
    """What a worker had done when a program that ended kept its position.

    Attributes:
        batches: that it had read, of a stream.
        random: state of its random numbers then, `None` if it had not begun.
    """

    batches: int
    random: bytes | None


@dataclass(frozen=True, slots=True)
class Task:
    """Read one batch.

    Attributes:
        number: of the batch, counted over all passes.
        index: of its examples.
        returned: segments that are free again.
    """

    number: int
    index: Any
    returned: list[int]


class NextPass:
    """Begin the dataset again."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to a task.

    Attributes:
        number: of the task.
        body: the batch, see `parcel`; its buffers are in `placed`, the first of them the state of
            the worker's random numbers.
        failure: what happened instead.
        ended: there is no more in the worker's part of a stream.
    """

    number: int
    body: bytes = b""
    placed: Placed | None = None
    failure: Failure | None = None
    ended: bool = False
