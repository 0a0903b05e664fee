"""The programs of this folder, run on tracegrad in a process of their own, and what they tell."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent
NOT_PROGRAMS = {"__init__", "running", "shared"}
PROGRAMS = sorted(
    path.stem
    for path in FOLDER.glob("*.py")
    if path.stem not in NOT_PROGRAMS and not path.stem.startswith("test_")
)
STEPS = 12


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a program found in one precision.

    Attributes:
        losses: of every step, and some numbers after the last.
        weights: parameters and buffers at the end, flat, by the network's number and their names.
    """

    losses: list[float]
    weights: dict[str, list[float]]


def outcomes(printed: str) -> dict[str, Outcome]:
    """What a program printed, by dtype."""
    return {dtype: Outcome(**found) for dtype, found in json.loads(printed).items()}


@cache
def on_tracegrad(program: str) -> dict[str, Outcome]:
    """The outcomes of `tracegrad run --as-torch`."""
    words = ["run", "--as-torch", str(FOLDER / f"{program}.py"), "--", str(STEPS)]
    # Not through `-W error`: what a program is warned of is the user's to see.
    done = subprocess.run(
        [sys.executable, "-m", "tracegrad", *words], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return outcomes(done.stdout)
