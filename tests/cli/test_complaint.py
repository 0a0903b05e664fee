"""What the command line tells people to type works where they are."""

from __future__ import annotations

import sys

import pytest

from tracegrad.cli import complaint
from tracegrad.cli.complaint import similar_file, to_type


@pytest.fixture
def environment(tmp_path, monkeypatch):
    """An environment that is not on the PATH, in a current folder with a space in its name."""
    folder = tmp_path / "my project"
    (folder / ".venv" / "bin").mkdir(parents=True)
    monkeypatch.chdir(folder)
    monkeypatch.setattr(complaint, "_on_the_path", lambda: False)
    monkeypatch.setattr(sys, "executable", str(folder / ".venv" / "bin" / "python"))
    return folder


def test_on_the_path_it_is_the_plain_command():
    assert to_type("open", "my run.trace") == "tracegrad open 'my run.trace'"


def test_off_the_path_it_is_the_program_of_the_environment(environment):
    (environment / ".venv" / "bin" / "tracegrad").touch()
    assert to_type("open", "run.trace") == ".venv/bin/tracegrad open run.trace"


def test_from_another_folder_it_is_the_whole_path(environment, tmp_path, monkeypatch):
    (environment / ".venv" / "bin" / "tracegrad").touch()
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert to_type("open", "x") == f"'{environment}/.venv/bin/tracegrad' open x"


def test_without_a_program_python_runs_the_module(environment):
    assert to_type("open", "x") == ".venv/bin/python -m tracegrad open x"


def test_a_similar_file_is_one_of_nearly_that_name(tmp_path):
    (tmp_path / "train.py").touch()
    assert similar_file(tmp_path / "trian.py") == str(tmp_path / "train.py")
    assert similar_file(tmp_path / "something.else") == ""
    assert similar_file(tmp_path / "none" / "train.py") == ""
