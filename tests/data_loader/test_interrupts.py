"""Ctrl-c, a killed program, an exception: no worker is left, and none speaks up."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap

import pytest

PROGRAM = """
    import os, signal, sys
    import tracegrad as tg
    from tests.data_loader.datasets import Faulty, Squares, hang
    from tracegrad.utils.data import DataLoader

    def main():
        loader = DataLoader({dataset}, 4, num_workers=2, persistent_workers={lives_on},
                            multiprocessing_context={method!r})
        for n, batch in enumerate(loader):
            if n == 1:
                print("reading", flush=True)
                {then}

    if __name__ == "__main__":
        main()
"""


class Running:
    """A program that reads with workers; all its processes write to one stderr."""

    def __init__(self, path, then, dataset="Squares(10_000)", lives_on=False, method="fork"):
        file = path / "program.py"
        then = textwrap.indent(textwrap.dedent(then), " " * 16).strip()
        text = PROGRAM.format(then=then, dataset=dataset, lives_on=lives_on, method=method)
        file.write_text(textwrap.dedent(text))
        self.process = subprocess.Popen(
            [sys.executable, str(file)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join([".", *sys.path])},
        )
        assert self.process.stdout.readline() == "reading\n", self.ended()

    def ended(self):
        """What was written to stderr, which ends with the last of the processes."""
        return self.process.communicate(timeout=60)[1]


@pytest.mark.parametrize("lives_on", [False, True])
def test_ctrl_c_ends_in_one_keyboard_interrupt(tmp_path, lives_on):
    program = Running(tmp_path, "pass", lives_on=lives_on)
    os.killpg(program.process.pid, signal.SIGINT)  # as a terminal does: to all of them
    errors = program.ended()
    assert program.process.returncode == -signal.SIGINT
    assert errors.count("Traceback") == 1
    assert errors.rstrip().endswith("KeyboardInterrupt")
    assert "Process" not in errors


def test_ctrl_c_while_workers_hang_ends_too(tmp_path):
    program = Running(tmp_path, "next(iter(loader))", dataset="Faulty(hang)")
    os.killpg(program.process.pid, signal.SIGINT)
    errors = program.ended()
    assert program.process.returncode == -signal.SIGINT
    assert errors.count("Traceback") == 1


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_a_killed_program_leaves_no_worker(tmp_path, method):
    program = Running(tmp_path, "signal.pause()", method=method)
    program.process.kill()
    assert program.ended() == ""


def test_an_exception_of_the_program_ends_the_workers(tmp_path):
    program = Running(tmp_path, "raise RuntimeError('loss is NaN')", lives_on=True)
    errors = program.ended()
    assert program.process.returncode == 1
    assert errors.count("Traceback") == 1
    assert errors.rstrip().endswith("RuntimeError: loss is NaN")


def test_the_programs_signal_handlers_stay_in_the_program(tmp_path):
    then = """
        signal.signal(signal.SIGTERM, print)
        iterator = iter(loader)
        next(iterator)
        worker = iterator._crew._processes[0]
        os.kill(worker.pid, signal.SIGTERM)
        worker.join(30)
        assert worker.exitcode == -signal.SIGTERM, worker.exitcode
        break
    """
    program = Running(tmp_path, then)
    assert program.ended() == ""
    assert program.process.returncode == 0
