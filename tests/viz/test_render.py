"""Engines, their order, time limits, and files written whole or not at all."""

from __future__ import annotations

import importlib.util
import os
import shlex
import shutil
import stat
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.sample_trace import sample_trace
from tests.viz.test_dot import hostile_trace
from tracegrad.errors import PictureError
from tracegrad.viz import draw, render
from tracegrad.viz.style import LIGHT

has_pygraphviz = importlib.util.find_spec("pygraphviz") is not None
needs_pygraphviz = pytest.mark.skipif(not has_pygraphviz, reason="extra `render` not installed")
needs_dot = pytest.mark.skipif(not shutil.which("dot"), reason="no `dot` on the PATH")
MAGIC = {"svg": b"<", "png": b"\x89PNG", "pdf": b"%PDF"}


@pytest.fixture
def no_dot(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))


@pytest.fixture
def no_graphviz(no_dot: None, monkeypatch: pytest.MonkeyPatch) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util,
        "find_spec",
        lambda name, *a: None if name == "pygraphviz" else find(name, *a),
    )


# -- engines -----------------------------------------------------------------------------------


@needs_dot
def test_dot_on_the_path_comes_first() -> None:
    assert render.engine() == "dot"


@needs_pygraphviz
@pytest.mark.usefixtures("no_dot")
def test_without_dot_the_graphviz_of_pygraphviz_draws() -> None:
    assert render.engine() == "pygraphviz"


@pytest.mark.usefixtures("no_graphviz")
def test_without_any_graphviz_the_built_in_layout_draws() -> None:
    assert render.engine() == "builtin"


@needs_dot
@pytest.mark.parametrize("suffix", ["svg", "png", "pdf"])
def test_dot_draws_every_format(tmp_path: Path, suffix: str) -> None:
    target = tmp_path / f"loss.{suffix}"
    draw(sample_trace(), target)
    assert target.read_bytes().startswith(MAGIC[suffix])


@needs_pygraphviz
@pytest.mark.usefixtures("no_dot")
@pytest.mark.parametrize("suffix", ["svg", "png", "pdf"])
def test_pygraphviz_draws_every_format_in_a_process_of_its_own(tmp_path: Path, suffix: str) -> None:
    target = tmp_path / f"loss.{suffix}"
    draw(hostile_trace(), target)
    assert target.read_bytes().startswith(MAGIC[suffix])
    assert "pygraphviz" not in sys.modules


@pytest.mark.usefixtures("no_graphviz")
def test_svg_and_dot_need_no_graphviz(tmp_path: Path) -> None:
    picture = draw(sample_trace(), tmp_path / "loss.svg")
    root = ElementTree.parse(tmp_path / "loss.svg").getroot()
    ids = {element.get("id") for element in root.iter() if element.get("id")}
    assert ids == {box.key for box in picture.plan.boxes}
    assert picture.save(tmp_path / "loss.dot").read_text() == picture.dot
    assert picture.save(tmp_path / "loss.gv").read_text() == picture.dot


@pytest.mark.usefixtures("no_graphviz")
@pytest.mark.parametrize("suffix", ["png", "pdf"])
def test_png_without_graphviz_names_what_to_install(tmp_path: Path, suffix: str) -> None:
    with pytest.raises(PictureError, match=r"pip install 'tracegrad\[render\]'") as raised:
        draw(sample_trace(), tmp_path / f"loss.{suffix}")
    assert f"no Graphviz here to draw a .{suffix} with" in str(raised.value)
    assert list(tmp_path.iterdir()) == []


def test_png_is_drawn_at_twice_the_usual_resolution(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    monkeypatch.setattr(render, "engine", lambda: "dot")
    monkeypatch.setattr(render, "_GRAPHVIZ", {"dot": lambda *a: seen.append(a) or b""})
    picture = draw(sample_trace())
    for kind in ("png", "svg"):
        render.draw(picture.plan, LIGHT, kind)
    assert ["dpi=144" in text for text, _, _ in seen] == [True, False]


# -- failures ----------------------------------------------------------------------------------


def fake_dot(folder: Path, script: str) -> None:
    program = folder / "dot"
    # Through the shell: a first line cannot name an interpreter whose path has spaces.
    (folder / "fake_dot.py").write_text(script)
    words = shlex.join([sys.executable, str(folder / "fake_dot.py")])
    program.write_text(f"#!/bin/sh\nexec {words}\n")
    program.chmod(0o755)


def test_a_layout_that_takes_too_long_is_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_dot(tmp_path, "import time; time.sleep(600)")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(PictureError, match="the layout of 9 boxes was not done after") as raised:
        draw(sample_trace()).save(tmp_path / "loss.svg", timeout=0.2)
    assert "a lower max_boxes" in str(raised.value)
    assert not (tmp_path / "loss.svg").exists()


@needs_pygraphviz
@pytest.mark.usefixtures("no_dot")
def test_pygraphviz_is_stopped_after_the_timeout_too(tmp_path: Path) -> None:
    with pytest.raises(PictureError, match="not done after"):
        draw(sample_trace()).save(tmp_path / "loss.svg", timeout=0.001)


def test_what_graphviz_complained_about_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_dot(tmp_path, "import sys; sys.stderr.write('Error: out of memory\\n'); sys.exit(3)")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(PictureError, match=r"exit status 3") as raised:
        draw(sample_trace(), tmp_path / "loss.svg")
    assert "it said  Error: out of memory" in str(raised.value)


@pytest.mark.parametrize("name", ["loss", "loss.jpeg", "loss.svgz"])
def test_an_unknown_suffix_is_refused_with_the_known_ones(tmp_path: Path, name: str) -> None:
    with pytest.raises(PictureError, match="what kind of picture to draw") as raised:
        draw(sample_trace(), tmp_path / name)
    assert ".svg, .png, .pdf, .dot, .gv" in str(raised.value)


def test_a_folder_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(PictureError, match=r"cannot write .*nowhere") as raised:
        draw(sample_trace(), tmp_path / "nowhere" / "loss.dot")
    assert "No such file or directory" in str(raised.value)


def test_a_failed_write_leaves_the_old_picture_and_no_rubbish(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "loss.dot"
    target.write_text("old")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(PictureError, match="No space left on device"):
        draw(sample_trace(), target)
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_a_picture_has_the_permissions_of_any_new_file(tmp_path: Path) -> None:
    ordinary = tmp_path / "ordinary"
    ordinary.touch()
    saved = draw(sample_trace()).save(tmp_path / "loss.dot")
    assert stat.S_IMODE(saved.stat().st_mode) == stat.S_IMODE(ordinary.stat().st_mode)


def test_suffixes_may_be_upper_case(tmp_path: Path) -> None:
    assert draw(sample_trace()).save(tmp_path / "LOSS.DOT").read_text().startswith("digraph")


# -- the picture -------------------------------------------------------------------------------


@pytest.mark.usefixtures("no_graphviz")
def test_a_notebook_gets_an_svg_element() -> None:
    svg = draw(sample_trace())._repr_svg_()
    assert svg.startswith("<svg ")
    assert ElementTree.fromstring(svg).tag.endswith("svg")


def test_a_picture_prints_what_it_shows() -> None:
    assert str(draw(sample_trace())) == (
        "loss · 6 ops forward, 6 backward · 1 write in place · 6 parameters · 188 B of values · "
        "9 boxes"
    )


def test_an_unknown_theme_is_refused() -> None:
    with pytest.raises(PictureError, match="no theme 'pink'"):
        draw(sample_trace(), theme="pink")


def test_importing_and_planning_load_no_graphviz() -> None:
    program = (
        "import sys; from tests.sample_trace import sample_trace; from tracegrad.viz import draw; "
        "draw(sample_trace()).dot; print([m for m in sys.modules if 'graphviz' in m])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60,
        cwd=Path(__file__).parents[2],
    )  # fmt: skip
    assert done.stdout.strip() == "[]"
