"""One thing in a trace that deserves a look, in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from tracegrad.errors import with_details

FindingKind = Literal[
    "not_finite", "no_gradient", "zero_gradient", "vanishing", "exploding", "warning"
]
"""What a finding is about.

not_finite     the first value with NaN, or with infinities
no_gradient    a parameter that the forward pass read and that never got a gradient
zero_gradient  a parameter whose gradient was zero in every step
vanishing      a gradient that is tiny beside those of the other parameters
exploding      a gradient that grew by orders of magnitude
warning        what the recording noticed: memory that was written past its version counter
"""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that went wrong, or is about to.

    Attributes:
        headline: what, in one line.
        rows: label and text: where, from what, why.
        tries: what to change; `""` if nothing is known to help.
        event: the event to look at, `None` if there is none.
        value: the value to look at, `None` if there is none.
    """

    kind: FindingKind
    headline: str
    rows: tuple[tuple[str, str], ...] = ()
    tries: str = ""
    event: int | None = None
    value: int | None = None

    def __str__(self) -> str:
        return with_details(self.headline, self.rows, self.tries)
