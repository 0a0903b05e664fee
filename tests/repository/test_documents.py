"""What README and CONTRIBUTING tell people to type does what they say."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

import click
import pytest

from tracegrad.cli import main
from tracegrad.cli.program import program

ROOT = Path(__file__).parents[2]
DOCUMENTS = ("README.md", "CONTRIBUTING.md", "docs/training.md", "docs/vision.md")
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LANGUAGES = {"python", "sh", "text"}
"""`text` shows what a command prints; the others are run."""


@dataclass(frozen=True, slots=True)
class Block:
    document: str
    language: str
    text: str
    line: int


def blocks(document: str) -> list[Block]:
    text = (ROOT / document).read_text()
    return [
        Block(document, found[1], found[2], text.count("\n", 0, found.start()) + 1)
        for found in FENCE.finditer(text)
    ]


BLOCKS = [block for document in DOCUMENTS for block in blocks(document)]
COMMANDS = [
    pytest.param(shlex.split(line, comments=True), id=f"{block.document}: {line.split('#')[0]}")
    for block in BLOCKS
    if block.language == "sh"
    for line in block.text.splitlines()
    if line.split("#")[0].strip()
]


def test_every_block_of_code_is_of_a_kind_that_is_checked():
    assert {block.language for block in BLOCKS} <= LANGUAGES
    assert len(COMMANDS) > 5


# -- commands --------------------------------------------------------------------------------------


def _check_make(words: list[str]) -> None:
    makefile = (ROOT / "Makefile").read_text()
    for target in words[1:]:
        if "=" not in target:
            assert re.search(rf"(?m)^{re.escape(target)}:", makefile), f"no target {target}"


def _check_tracegrad(words: list[str]) -> None:
    if words[1].startswith("-"):
        return
    with click.Context(program) as context:
        command = program.get_command(context, words[1])
        assert command is not None
        command.make_context(words[1], words[2:], parent=context)


def _check_python(words: list[str]) -> None:
    assert words[1] == "-m" or (ROOT / words[1]).exists()


def _check_pip(words: list[str]) -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"][
        "optional-dependencies"
    ]
    for name in re.findall(r"\[([\w,]+)\]", words[-1]):
        assert set(name.split(",")) <= set(extras)


def _check_file(words: list[str]) -> None:
    assert (ROOT / words[0]).exists()


def _nothing_of_ours(words: list[str]) -> None:
    """`git clone` and `cd` are not ours to check."""


CHECKS = {
    "make": _check_make,
    "tracegrad": _check_tracegrad,
    "python": _check_python,
    "pip": _check_pip,
    ".ci/run": _check_file,
    "git": _nothing_of_ours,
    "cd": _nothing_of_ours,
}


@pytest.mark.parametrize("words", COMMANDS)
def test_a_command_in_the_documents_is_one_that_there_is(words):
    CHECKS[words[0]](words)


def test_the_commands_of_the_readme_run_one_after_the_other(tmp_path, monkeypatch, capsys):
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    monkeypatch.chdir(tmp_path)
    ran = []
    for words in (param.values[0] for param in COMMANDS):
        # `open` needs a terminal: the debugger's own tests give it one.
        if words[0] == "tracegrad" and words[1] != "open":
            assert main(words[1:]) == 0, f"{shlex.join(words)}\n{capsys.readouterr().err}"
            ran.append(words[1])
    assert {"demo", "record", "summary", "draw"} <= set(ran)


# -- Python ----------------------------------------------------------------------------------------

PYTHON = [
    pytest.param(block, id=f"{block.document}:{block.line}")
    for block in BLOCKS
    if block.language == "python"
]


def promised_output(block: Block) -> str:
    """What a block prints, as the document says: in comments, or in the block below it."""
    comments = re.findall(r"(?m)^print\(.*\)  # (.+)$", block.text)
    if comments:
        return "".join(f"{line}\n" for line in comments)
    rest = "\n".join((ROOT / block.document).read_text().splitlines()[block.line - 1 :])
    below = re.match(r"```python\n.*?^```\n\n```text\n(.*?)^```", rest, re.MULTILINE | re.DOTALL)
    return below[1] if below else ""


@pytest.mark.parametrize("block", PYTHON)
def test_a_python_block_runs_by_itself_and_prints_what_it_says(block, tmp_path):
    (tmp_path / "train.py").write_text(block.text)
    done = subprocess.run(
        [sys.executable, "-W", "error", "train.py"], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == promised_output(block)


def test_some_blocks_promise_an_output():
    assert sum(promised_output(param.values[0]) != "" for param in PYTHON) >= 2


# -- links -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("document", [*DOCUMENTS, "examples/data/README.md"])
def test_links_into_the_repository_lead_somewhere(document):
    text = (ROOT / document).read_text()
    links = re.findall(r"\]\(([^)#]+)\)|src=\"([^\"]+)\"", text)
    local = [one or two for one, two in links if not (one or two).startswith("http")]
    assert [link for link in local if not ((ROOT / document).parent / link).exists()] == []
