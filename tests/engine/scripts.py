"""Little programs, run as somebody runs them: `python train.py` in a folder of its own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path

ROOT = Path(__file__).parents[2]

HEADLINES = {
    "{MODIFIED}": (
        "one of the variables needed for gradient computation has been modified by an inplace "
        "operation:"
    ),
    "{FREED}": (
        "Trying to backward through the graph a second time (or directly access saved tensors "
        "after they have already been freed). Saved intermediate values of the graph are freed "
        "when you call .backward() or autograd.grad(). Specify retain_graph=True if you need to "
        "backward through the graph a second time or if you need to access saved tensors after "
        "calling backward."
    ),
    "{NO_GRADIENT}": "element 0 of tensors does not require grad and does not have a grad_fn",
}
"""PyTorch's words, under the names by which expected messages have them."""


def write_program(folder: Path, program: str) -> Path:
    """Put a program into `train.py`; what follows a line `--- name` into a file of that name."""
    main, *others = re.split(r"^--- (\S+)\n", textwrap.dedent(program).lstrip("\n"), flags=re.M)
    for name, text in zip(others[::2], others[1::2], strict=True):
        (folder / name).write_text(text)
    path = folder / "train.py"
    path.write_text(main)
    return path


def run_python(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Python in a folder, with this tracegrad."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, *arguments], cwd=folder, env=environment, capture_output=True, text=True,
        check=False, timeout=120,
    )  # fmt: skip


def assert_ends_with(folder: Path, program: str, message: str) -> None:
    """The program ends with this exception: the last lines that the user reads, to the letter.

    Args:
        message: class and text, without the module of the class.
    """
    write_program(folder, program)
    ended = run_python(folder, "train.py")
    expected = textwrap.dedent(message).strip("\n")
    for name, headline in HEADLINES.items():
        expected = expected.replace(name, headline)
    lines = ended.stderr.splitlines()
    last = "\n".join(lines[-expected.count("\n") - 1 :])
    assert last.removeprefix("tracegrad.errors.") == expected
    assert (ended.returncode, ended.stdout, lines[0]) == (
        1,
        "",
        "Traceback (most recent call last):",
    )
