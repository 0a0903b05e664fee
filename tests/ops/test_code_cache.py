"""Generated source is compiled once, and never taken for another version's."""

from __future__ import annotations

import builtins
import os
import sys
from pathlib import Path

import pytest

from tracegrad.ops.code_cache import compiled


@pytest.fixture
def compilations(monkeypatch):
    """The sources that were compiled, in order."""
    seen: list[str] = []
    real = builtins.compile

    def watched(source, *rest, **options):
        seen.append(source)
        return real(source, *rest, **options)

    monkeypatch.setattr("builtins.compile", watched)
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    monkeypatch.setattr(sys, "pycache_prefix", None)
    return seen


def value_of(source: str, place: Path) -> object:
    namespace: dict[str, object] = {}
    exec(compiled(source, "<made>", str(place)), namespace)
    return namespace["value"]


def cached(folder: Path) -> list[Path]:
    return sorted((folder / "__pycache__").glob("*"))


def test_the_same_source_is_compiled_once(tmp_path, compilations):
    assert value_of("value = 1", tmp_path / "made.py") == 1
    assert value_of("value = 1", tmp_path / "made.py") == 1
    assert compilations == ["value = 1"]
    (file,) = cached(tmp_path)
    assert file.stat().st_mode & 0o777 == file.parent.stat().st_mode & 0o666


def test_another_source_is_compiled_and_takes_its_place(tmp_path, compilations):
    for n in (1, 2, 2, 1):
        assert value_of(f"value = {n}", tmp_path / "made.py") == n
    assert compilations == ["value = 1", "value = 2", "value = 1"]
    assert len(cached(tmp_path)) == 1


@pytest.mark.parametrize("keep", [0, 10, 16, 17, -1])
def test_a_damaged_file_is_compiled_again(tmp_path, compilations, keep):
    value_of("value = [1, 2, 3]", tmp_path / "made.py")
    (file,) = cached(tmp_path)
    file.write_bytes(file.read_bytes()[:keep])
    assert value_of("value = [1, 2, 3]", tmp_path / "made.py") == [1, 2, 3]
    assert len(compilations) == 2


def test_without_a_place_to_write_it_is_compiled_each_time(tmp_path, compilations):
    (tmp_path / "__pycache__").write_text("a file where a folder should be")
    for _ in range(2):
        assert value_of("value = 1", tmp_path / "made.py") == 1
    assert len(compilations) == 2
    assert os.listdir(tmp_path) == ["__pycache__"]


def test_nothing_is_written_where_python_writes_nothing(tmp_path, compilations, monkeypatch):
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    assert value_of("value = 1", tmp_path / "made.py") == 1
    assert cached(tmp_path) == []
