"""`tracegrad run`: a script as Python runs it, under the name torch, recorded if asked for."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tracegrad.recording.reader import open_trace

SCRIPT = """\
import sys
import torch
from torch import nn

if __name__ == "__main__":
    net = nn.Linear(2, 1)
    net(torch.ones(1, 2)).sum().backward()
    print(torch.__name__, sys.argv[1:], net.weight.grad.tolist())
    sys.exit(int(sys.argv[1]))
"""


def tracegrad(*words: str | Path) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own: this one may have imported PyTorch."""
    command = [sys.executable, "-m", "tracegrad", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True)


@pytest.fixture
def script(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = Path("train.py")
    path.write_text(SCRIPT)
    return path


def test_a_program_for_pytorch_runs_with_its_arguments_and_exit_code(script):
    done = tracegrad("run", "--as-torch", script, "3", "x")
    assert done.stdout == "tracegrad ['3', 'x'] [[1.0, 1.0]]\n"
    assert (done.returncode, done.stderr) == (3, "")


def test_it_is_recorded_if_asked_for(script):
    done = tracegrad("run", "--as-torch", "--record", "run.trace", script, "0")
    assert done.returncode == 0, done.stderr
    assert "open it with: " in done.stderr
    with open_trace("run.trace") as trace:
        assert "linear" in [event.op for event in trace.events()]
    again = tracegrad("run", "--as-torch", "--record", "run.trace", script, "0")
    assert again.returncode == 2
    assert "--overwrite" in again.stderr
    done = tracegrad("run", "--as-torch", "--record", "run.trace", "--overwrite", script, "0")
    assert done.returncode == 0


def test_without_as_torch_the_name_is_not_taken(script):
    script.write_text("import sys, tracegrad\nprint('torch' in sys.modules)\n")
    assert tracegrad("run", script).stdout == "False\n"


def test_a_traceback_is_the_scripts_own(script):
    script.write_text("import torch\ntorch.zeros(2) @ torch.zeros(3)\n")
    done = tracegrad("run", "--as-torch", script)
    assert done.returncode == 1
    assert done.stderr.startswith("Traceback (most recent call last):\n")
    assert 'train.py", line 2' in done.stderr
    assert "inside tracegrad hidden" in done.stderr
    full = tracegrad("run", "--as-torch", "--full-traceback", script).stderr
    assert full.count('  File "') > done.stderr.count('  File "') == 1


def test_a_missing_part_of_pytorch_is_named(script):
    script.write_text("import torch.quantum\n")
    done = tracegrad("run", "--as-torch", script)
    assert done.returncode == 1
    assert "No module named 'torch.quantum'" in done.stderr


def test_mistakes_are_explained(script):
    done = tracegrad("run", "--as-torch", "--depth", "3", script)
    assert done.returncode == 2
    assert "tracegrad run SCRIPT -- --depth" in done.stderr
    done = tracegrad("run", "--overwrite", script)
    assert "--overwrite is for a trace file" in done.stderr
    done = tracegrad("run", "tran.py")
    assert "there is no script tran.py" in done.stderr
    assert "train.py" in done.stderr
