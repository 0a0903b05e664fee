"""Rules that the whole repository keeps: files, names, notes, versions, imports."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections import Counter
from pathlib import Path

import pytest

import tracegrad

ROOT = Path(__file__).parents[2]
PACKAGES = [ROOT / "tracegrad", ROOT / "tui" / "tracegrad_tui"]
PYTHON = sorted(path for package in PACKAGES for path in package.rglob("*.py"))
OWN = sorted(
    path
    for folder in ("tracegrad", "tui", "tests", "examples", "benchmarks")
    for path in (ROOT / folder).rglob("*.py")
)


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_there_is_something_to_check():
    assert len(PYTHON) > 50
    assert {name(path) for path in OWN} >= {"tracegrad/__init__.py", "tests/sample_trace.py"}


def test_no_file_is_over_500_lines():
    lengths = {name(path): len(path.read_text().splitlines()) for path in OWN}
    assert {path: length for path, length in lengths.items() if length > 500} == {}


# -- notes -----------------------------------------------------------------------------------------


def test_every_note_that_is_referred_to_is_written_once():
    written: Counter[str] = Counter()
    referred: dict[str, str] = {}
    for path in OWN:
        if path == Path(__file__):
            continue
        # A reference may run over the end of a comment line.
        text = re.sub(r"\s*\n\s*(#\s*)?", " ", path.read_text())
        written.update(re.findall(r"Note \[([^\]]+)\](?= ~~~)", text))
        for title in re.findall(r"[Ss]ee Note \[([^\]]+)\]", text):
            referred.setdefault(title, name(path))
    assert {title: count for title, count in written.items() if count > 1} == {}
    assert {title: path for title, path in referred.items() if not written[title]} == {}
    assert "Rows, not tensors" in written


# -- public names ----------------------------------------------------------------------------------


def declared_names(path: Path) -> list[str] | None:
    """What `__all__` of a file lists, `None` if it has none that is written out."""
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.Assign) and [ast.unparse(t) for t in node.targets] == ["__all__"]:
            return list(ast.literal_eval(node.value)) if isinstance(node.value, ast.List) else None
    return None


LISTED = {name(path): names for path in PYTHON if (names := declared_names(path)) is not None}


@pytest.mark.parametrize("path", LISTED)
def test_public_names_are_sorted_and_listed_once(path):
    names = LISTED[path]
    assert Counter(names) == Counter(set(names))
    assert names in (sorted(names), sorted(names, key=str.lower), sorted(names, key=_like_ruff))


def _like_ruff(name: str) -> tuple[int, str]:
    """CONSTANTS, then Classes, then functions: the order that ruff's RUF022 gives `__all__`."""
    return (0 if name.isupper() else 1 if name.lstrip("_")[:1].isupper() else 2, name)


@pytest.mark.parametrize("public", sorted(getattr(tracegrad, "__all__", ())))
def test_every_public_name_is_there(public):
    assert hasattr(tracegrad, public)


# -- versions --------------------------------------------------------------------------------------


def test_the_version_is_written_in_one_place():
    literal = re.compile(rf"""["']{re.escape(tracegrad.__version__)}["']""")
    places = [name(path) for path in PYTHON if literal.search(path.read_text())]
    assert places == ["tracegrad/_version.py"]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert "version" not in project
    assert project["dynamic"] == ["version"]


def test_the_changelog_has_the_version_and_a_place_for_what_comes():
    headings = re.findall(r"(?m)^## \[([^\]]+)\]", (ROOT / "CHANGELOG.md").read_text())
    assert headings[:2] == ["Unreleased", tracegrad.__version__]


# -- imports ---------------------------------------------------------------------------------------

HEAVY = ("textual", "cupy", "graphviz", "pygraphviz", "torch", "rich", "click")


def test_import_tracegrad_loads_nothing_heavy():
    code = f"import sys, tracegrad; print(*[m for m in {HEAVY} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_the_command_line_loads_no_textual():
    code = (
        "import sys, tracegrad.cli; print(*[m for m in ('textual', 'torch') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_the_layers_hold():
    code = "import sys; from importlinter.cli import lint_imports_command; lint_imports_command()"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"Contracts: [1-9]\d* kept, 0 broken", done.stdout)
