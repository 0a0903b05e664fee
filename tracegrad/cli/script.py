"""Run a user's script in this process as `python script.py` would."""

from __future__ import annotations

import builtins
import os
import sys
import threading
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.machinery import SourceFileLoader
from itertools import zip_longest
from pathlib import Path
from types import CodeType, ModuleType, TracebackType

from tracegrad._util.text import count
from tracegrad.cli.complaint import INTERRUPTED, SCRIPT_FAILED, Complaint, similar_file
from tracegrad.graph.location import inside_library


def load(script: Path) -> CodeType:
    """Compile a script.

    Raises:
        Complaint: if it is missing, not a file, cannot be read or is no Python.
    """
    if script.is_dir():
        raise Complaint(f"{script} is a folder, not a script", f"{script / '__main__.py'}")
    if not script.exists():
        raise Complaint(f"there is no script {script}", similar_file(script))
    path = os.path.abspath(script)
    try:
        return compile(script.read_bytes(), path, "exec", dont_inherit=True)
    except OSError as error:
        raise Complaint(f"cannot read {script}: {error.strerror}") from None
    except (SyntaxError, ValueError) as error:
        lines = traceback.format_exception_only(error)
        raise Complaint(f"{script} is not valid Python\n" + "".join(lines).rstrip()) from None


def run(code: CodeType, namespace: dict[str, object]) -> tuple[int, BaseException | None]:
    """Run compiled code in the namespace that `as_main` gives.

    Returns:
        The exit code that Python would give, and the exception that ended the script: its traceback
        begins in the script. `SystemExit` is an ending like any other, not an exception.
    """
    threads_before = set(threading.enumerate())
    try:
        exec(code, namespace)
        _wait_for_threads(threads_before)
    except SystemExit as stop:
        return _exit_code(stop), None
    except KeyboardInterrupt as error:
        return INTERRUPTED, error.with_traceback(_from_user(error.__traceback__))
    except BaseException as error:
        return SCRIPT_FAILED, error.with_traceback(_from_user(error.__traceback__))
    return 0, None


def show_traceback(error: BaseException, *, full: bool = False) -> None:
    """Print the traceback as Python does, without the frames that are tracegrad's own.

    `full` keeps those.
    """
    hidden = 0 if full else _hide_library(error)
    interrupted = isinstance(error, KeyboardInterrupt)  # wherever it was: that explains nothing
    # Not `traceback.print_exception`: the script may have set a hook (rich, IPython) for its own.
    sys.excepthook(type(error), error, error.__traceback__)
    if hidden and not interrupted:
        frames = count(hidden, "frame")
        print(f"({frames} inside tracegrad hidden: --full-traceback shows all)", file=sys.stderr)


def _wait_for_threads(before: set[threading.Thread]) -> None:
    """Wait for the threads that the script left running, as Python does before it exits."""
    for thread in threading.enumerate():
        if thread not in before and not thread.daemon:
            thread.join()


# -- as Python starts and ends a script ------------------------------------------------------------


@contextmanager
def as_main(script: Path, arguments: Sequence[str]) -> Iterator[dict[str, object]]:
    """`sys.argv`, `sys.path[0]` and `__main__` as the script would find them; undone afterwards."""
    path = os.path.abspath(script)
    module = ModuleType("__main__")
    module.__file__ = path
    module.__loader__ = SourceFileLoader("__main__", path)
    namespace = vars(module)
    namespace |= {"__builtins__": builtins, "__cached__": None, "__package__": None}
    before = sys.argv, sys.path[:], sys.modules["__main__"]
    sys.argv = [str(script), *arguments]
    if not sys.flags.safe_path:
        sys.path[:1] = [os.path.dirname(os.path.realpath(script))]
    sys.modules["__main__"] = module
    try:
        yield namespace
    finally:
        sys.argv, sys.path[:], sys.modules["__main__"] = before


def _exit_code(stop: SystemExit) -> int:
    """What `sys.exit(code)` makes the process return; a text is printed and means 1."""
    if stop.code is None:
        return 0
    if isinstance(stop.code, int):
        return stop.code
    print(stop.code, file=sys.stderr)
    return SCRIPT_FAILED


# -- tracebacks without our frames -----------------------------------------------------------------


def _from_user(tb: TracebackType | None) -> TracebackType | None:
    """The traceback from the first frame that is not tracegrad's."""
    while tb is not None and inside_library[tb.tb_frame.f_code.co_filename]:
        tb = tb.tb_next
    return tb


def _hide_library(error: BaseException) -> int:
    """Leave the user's frames, also in errors that led to it, and count the others.

    An error that never was in the user's code keeps all of its frames.
    """
    hidden = 0
    seen: set[int] = set()
    pending: list[BaseException | None] = [error]
    while pending:
        one = pending.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        pending += [one.__cause__, one.__context__]
        frames = []
        tb = one.__traceback__
        while tb is not None:
            frames.append(tb)
            tb = tb.tb_next
        users = [frame for frame in frames if not _is_ours(frame)]
        if not users:
            continue
        hidden += len(frames) - len(users)
        one.__traceback__ = users[0]
        for frame, following in zip_longest(users, users[1:]):
            frame.tb_next = following
    return hidden


def _is_ours(frame: TracebackType) -> bool:
    return inside_library[frame.tb_frame.f_code.co_filename]
