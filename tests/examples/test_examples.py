"""The examples run, do what they say, and stay small."""

from __future__ import annotations

import ast
import re
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tracegrad.recording.reader import open_trace

EXAMPLES = Path(__file__).parents[2] / "examples"
SEEDS = ("01_seed_manual", "02_seed_autograd", "03_seed_modules")


@pytest.fixture
def run(monkeypatch):
    """Run an example with arguments, and give its variables."""

    def run(name: str, *arguments: str) -> dict[str, Any]:
        path = str(EXAMPLES / f"{name}.py")
        monkeypatch.setattr(sys, "argv", [path, *arguments])
        return runpy.run_path(path, run_name="__main__")

    return run


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.py")), ids=lambda path: path.stem)
def test_an_example_is_short_numbered_and_says_what_it_shows(path):
    text = path.read_text()
    assert len(text.splitlines()) < 120
    assert re.match(r"\d\d_", path.name)
    docstring = ast.get_docstring(ast.parse(text)) or ""
    assert f"python {path.name}" in docstring


def test_every_example_has_a_test():
    here = Path(__file__).read_text()
    assert [path.stem for path in EXAMPLES.glob("*.py") if f'"{path.stem}"' not in here] == []


# -- the seed network, written three ways ----------------------------------------------------------


def weights(variables: dict[str, Any]) -> list[np.ndarray]:
    """Both layers' weights and biases, as (inputs, outputs)."""
    if "net" in variables:
        first, second = variables["net"][0], variables["net"][2]
        tensors = [first.weight.t(), first.bias, second.weight.t(), second.bias]
    else:
        tensors = [variables[name] for name in ("w1", "b1", "w2", "b2")]
    return [tensor.detach().numpy() for tensor in tensors]


@pytest.mark.parametrize("name", SEEDS[1:])
def test_the_seed_network_gives_the_same_numbers_however_it_is_written(run, name, capsys):
    by_hand, other = run(SEEDS[0], "60"), run(name, "60")
    assert len(other["losses"]) == 60
    np.testing.assert_allclose(other["losses"], by_hand["losses"], rtol=0, atol=1e-5)
    for one, two in zip(weights(other), weights(by_hand), strict=True):
        np.testing.assert_allclose(one, two, rtol=0, atol=1e-5)


@pytest.mark.parametrize("name", SEEDS)
def test_the_seed_network_learns(run, name, capsys):
    losses = run(name, "100")["losses"]
    assert losses[-1] < losses[0] / 3
    assert capsys.readouterr().out.count("step ") == 3


# -- penguins --------------------------------------------------------------------------------------


def test_penguins_are_told_apart(run, capsys):
    run("04_penguins")
    out = capsys.readouterr().out
    assert "257 penguins to learn from, 85 to be tested on" in out
    assert float(re.search(r"([\d.]+)% of the test penguins", out)[1]) > 95


def test_penguins_are_recorded_as_asked(run, tmp_path, capsys):
    path = tmp_path / "penguins.trace"
    run("04_penguins", "--steps", "4", "--record", str(path), "--record-steps", "3")
    with open_trace(path) as trace:
        assert sum(event.kind == "seed" for event in trace.events()) == 3


def test_penguins_without_measurements_are_dropped_and_the_rest_is_whole(run, monkeypatch, capsys):
    x, y = run("04_penguins", "--steps", "1")["load_penguins"]()
    assert x.shape == (342, 4)
    assert np.isfinite(x).all()
    # Adélie, Chinstrap, Gentoo: 152, 68 and 124 birds, of which two were not measured.
    assert np.bincount(y).tolist() == [151, 68, 123]


# -- debugging -------------------------------------------------------------------------------------


def test_the_trace_tells_which_op_made_nan_and_from_what(run, tmp_path, capsys):
    picture = tmp_path / "nan.svg"
    run("05_why_is_it_nan", str(picture))
    out = capsys.readouterr().out
    assert "[nan, nan]" in out
    assert re.search(r"first in the backward of sqrt, 05_why_is_it_nan.py:\d+: .*\.sqrt\(\)", out)
    assert "its input was [1.0, 25.0, 0.0]" in out
    assert "nan" not in out.split("with an epsilon")[1].split("picture in")[0]
    assert "</svg>" in picture.read_text()


def test_writes_in_place_are_explained_allowed_listed_and_found(run, capsys):
    run("06_written_in_place")
    out = capsys.readouterr().out
    assert re.search(r"the culprit alone: 06_written_in_place.py:\d+   scores\[0\] = 5.0\n", out)
    gradient = "[1.0, 2.718, 7.389]"
    assert f"out of place: {gradient}" in out
    assert f"in place, allowed: {gradient} for 1 copy" in out
    assert re.search(r"2 -> 3 +mul_ .* table.t\(\)\[2\] .* \[5 1\] -> \[50 10\]", out)
    assert "wrong, and nobody says so: [0.0, 0.0, 0.0]" in out
    assert re.search(r"found: a write that no op made, after mul \(line \d+: doubled", out)


# -- programs written for PyTorch ------------------------------------------------------------------


def test_an_unchanged_pytorch_program_learns_the_spiral():
    path = EXAMPLES / ("07_unchanged_pytorch" + ".py")
    command = [sys.executable, "-m", "tracegrad", "run", "--as-torch", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    accuracies = [float(number) for number in re.findall(r"accuracy ([\d.]+)", done.stdout)]
    assert len(accuracies) == 4
    assert accuracies[-1] > 0.97
