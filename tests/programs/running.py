"""The programs of this folder, run on tracegrad in a process of their own."""

from __future__ import annotations

import json
import subprocess
import sys
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


@cache
def losses_on_tracegrad(program: str) -> dict[str, list[float]]:
    """The losses of every step by dtype, of `tracegrad run --as-torch`."""
    words = ["run", "--as-torch", str(FOLDER / f"{program}.py"), "--", str(STEPS)]
    # Not through `-W error`: what a program is warned of is the user's to see.
    done = subprocess.run(
        [sys.executable, "-m", "tracegrad", *words], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
