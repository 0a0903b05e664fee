"""The examples run, do what they say, and stay small."""

from __future__ import annotations

import ast
import math
import re
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import tracegrad as tg
from tracegrad.recording.model import EventRow
from tracegrad.recording.reader import FileTrace, open_trace
from tracegrad.vision.datasets import TinyImageNet

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


# -- training --------------------------------------------------------------------------------------


def opened(path: Path) -> FileTrace:
    """The trace file that an example wrote."""
    assert path.exists()
    return open_trace(path)


def forward(trace: FileTrace, op: str) -> list[EventRow]:
    return [event for event in trace.events() if event.op == op and event.kind == "forward"]


def losses(out: str) -> list[float]:
    """What was printed of each step."""
    return [float(number) for number in re.findall(r"^step +\d+ +(?:loss )?([\d.]+)", out, re.M)]


def test_lbfgs_reaches_the_end_of_the_valley_and_gradient_descent_does_not(run, capsys):
    run("08_rosenbrock", "--steps", "2000")
    descent, newton = capsys.readouterr().out.splitlines()
    assert re.search(r"\(1.000000, 1.000000\)", newton)
    assert int(re.search(r"(\d+) evaluations", newton)[1]) < 60
    assert float(re.search(r"height ([\d.e-]+)", newton)[1]) < 1e-20
    assert float(re.search(r"height ([\d.e-]+)", descent)[1]) > 1e-3


def test_the_way_down_the_valley_is_the_history_of_one_tensor(run, tmp_path, capsys):
    run("08_rosenbrock", "--steps", "1", "--record", str(tmp_path / "valley.trace"))
    with opened(tmp_path / "valley.trace") as trace:
        writes = [event for event in trace.events() if event.op == "LBFGS.step"]
        way = [trace.array(event.outputs[0]) for event in writes]
    np.testing.assert_allclose(way[-1], [1, 1], atol=1e-6)
    assert len(way) > 20
    assert {point.shape for point in way} == {(2,)}


def test_handwritten_digits_are_told_right_after_three_epochs(run, tmp_path, capsys):
    run("09_digits", "--epochs", "3", "--watch", str(tmp_path))
    out = capsys.readouterr().out
    assert "1400 digits to learn from, 397 to be tested on" in out
    assert float(re.search(r"([\d.]+)% of the test digits", out)[1]) > 95
    assert re.search(r"^mistaken: \d as \d", out, re.M)
    recorded = sorted(path.name for path in tmp_path.iterdir())
    assert recorded == [f"step-{n:06}.trace" for n in (1, 51, 101)]  # of 3 x 44
    with opened(tmp_path / "step-000001.trace") as trace:
        first = forward(trace, "conv2d")[0]
        assert trace.scope(first.scope).path == "Net.features.0"
        assert trace.gradients(first.outputs[0])


def test_a_folder_in_the_layout_of_tiny_imagenet_is_read_and_told_apart(run, capsys):
    run("10_tiny_imagenet", "--epochs", "4")
    out = capsys.readouterr().out
    assert "180 images of 3 classes to learn from" in out
    assert float(re.search(r"([\d.]+)% of 45 others told right", out)[1]) > 60  # by chance: 33


def test_the_drawn_folder_says_the_class_of_each_image(tmp_path):
    drawn = runpy.run_path(str(EXAMPLES / "10_tiny_imagenet.py"))
    root = drawn["draw_folder"](tmp_path, images=4)
    for split, count in (("train", 12), ("val", 3)):
        data = TinyImageNet(root, split)
        assert len(data) == count
        for path, label in data.samples:
            assert data.wnids[label] in Path(path).name
        assert data[0][0].size == (64, 64)


def test_five_convolutions_halve_the_images_and_double_the_channels(run, tmp_path, capsys):
    run("10_tiny_imagenet", "--epochs", "1", "--watch", str(tmp_path))
    with opened(tmp_path / "step-000001.trace") as trace:
        shapes = [trace.value(event.outputs[0]).shape for event in forward(trace, "conv2d")]
    assert shapes == [(32, 8 << n, 64 >> n, 64 >> n) for n in range(5)]


def test_the_lstm_learns_letters_and_writes(run, capsys):
    run("11_char_lstm", "--steps", "60", "--width", "32")
    out = capsys.readouterr().out
    first, last = losses(out)
    assert first == pytest.approx(math.log(55), abs=0.1)  # of 55 letters, none is likelier
    assert last < 2.8
    assert len(out[out.index("Shall I ") :].strip("\n")) >= 160


def test_the_recorded_lstm_goes_from_letter_to_letter(run, tmp_path, capsys):
    path = tmp_path / "lstm.trace"
    run("11_char_lstm", "--steps", "2", "--width", "8", "--record", str(path))
    with opened(path) as trace:
        states = [event for event in forward(trace, "lstm_state") if event.step == 0]
        paths = [trace.scope(event.scope).path for event in states]
        assert paths == [f"net.memory.l0.t{n}" for n in range(32)]
        assert all(trace.gradients(event.outputs[0]) for event in states)


def test_the_gpt_learns_letters_and_writes(run, capsys):
    small = ["--layers", "1", "--width", "32", "--context", "32"]
    run("12_small_gpt", "--steps", "60", *small)
    out = capsys.readouterr().out
    first, last = losses(out)
    assert first == pytest.approx(math.log(55), abs=0.3)
    assert last < 3
    assert len(out[out.index("Shall I ") :].strip("\n")) >= 160


def test_each_letter_of_the_recorded_gpt_looks_only_at_those_before_it(run, tmp_path, capsys):
    path = tmp_path / "gpt.trace"
    small = ["--layers", "2", "--width", "16", "--context", "12"]
    run("12_small_gpt", "--steps", "1", *small, "--record", str(path))
    with opened(path) as trace:
        weights = [trace.array(event.outputs[0]) for event in forward(trace, "softmax")]
        assert tg.diagnose.findings(trace) == []  # the mask's infinities are meant
    assert len(weights) == 2
    for weight in weights:
        assert weight.shape == (16, 4, 12, 12)
        np.testing.assert_allclose(weight.sum(-1), 1, rtol=1e-5)
        assert not np.triu(weight, 1).any()


def test_the_vae_learns_digits_and_draws_some(run, tmp_path, capsys):
    picture = tmp_path / "digits.png"
    run("13_vae", "--steps", "200", str(picture))
    out = capsys.readouterr().out
    first, last = losses(out)
    assert first > 40
    assert last < 28
    drawn = [line for line in out.splitlines() if re.fullmatch(r"[ .:\-=+*#%@]{73,}", line)]
    assert len(drawn) == 8
    assert set("".join(drawn)) >= set(" .:-=+*#%")  # from paper to ink
    with Image.open(picture) as image:
        assert image.size == (16 * 10 + 2, 4 * 10 + 2)


def test_the_gradient_passes_the_random_draw_of_the_vae(run, tmp_path, capsys):
    path = tmp_path / "vae.trace"
    run("13_vae", "--steps", "1", "--record", str(path))
    with opened(path) as trace:
        (noise,), spread = forward(trace, "randn_like"), forward(trace, "exp")[0]
        assert trace.gradients(spread.outputs[0])
        assert not trace.gradients(noise.outputs[0])
