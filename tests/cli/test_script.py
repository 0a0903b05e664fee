"""A script that is run by us sees what `python script.py` would show it."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
import traceback
from pathlib import Path

import pytest

from tracegrad.cli import script as scripts
from tracegrad.cli.complaint import Complaint


@pytest.fixture
def write(tmp_path):
    def write(text: str, name: str = "program.py") -> Path:
        path = tmp_path / name
        path.write_text(text)
        return path

    return write


def run(path: Path, *arguments: str) -> tuple[int, BaseException | None]:
    code = scripts.load(path)
    with scripts.as_main(path, arguments) as namespace:
        return scripts.run(code, namespace)


REPORT = """\
import json, pickle, sys
class Thing: pass
print(json.dumps({
    "argv": sys.argv, "path": sys.path[0], "name": __name__, "file": __file__, "cached": __cached__,
    "package": __package__, "spec": __spec__, "main": sys.modules["__main__"].__file__,
    "builtins": type(__builtins__).__name__, "loader": type(__loader__).__name__,
    "pickled": len(pickle.dumps(Thing())),
}))
"""


def test_a_script_sees_what_python_would_show_it(write, capsys):
    path = write(REPORT)
    assert run(path, "a", "--b") == (0, None)
    ours = json.loads(capsys.readouterr().out)
    python = subprocess.run(
        [sys.executable, path, "a", "--b"], capture_output=True, text=True, check=True
    )
    assert ours == json.loads(python.stdout)


def test_a_script_imports_its_neighbours(write, capsys):
    write("ANSWER = 42", "a_neighbour_of_the_script.py")
    assert run(write("from a_neighbour_of_the_script import ANSWER\nprint(ANSWER)"))[0] == 0
    assert capsys.readouterr().out == "42\n"
    del sys.modules["a_neighbour_of_the_script"]


def test_afterwards_the_process_is_as_before(write):
    before = list(sys.argv), list(sys.path), sys.modules["__main__"]
    run(write("import sys\nsys.argv.append('x')\nsys.path.insert(0, 'x')\n1 / 0"))
    assert (list(sys.argv), list(sys.path), sys.modules["__main__"]) == before


@pytest.mark.parametrize(
    ("ending", "code"),
    [("pass", 0), ("sys.exit()", 0), ("sys.exit(0)", 0), ("sys.exit(7)", 7), ("sys.exit('no')", 1)],
)
def test_the_exit_code_is_that_of_python(write, capsys, ending, code):
    path = write(f"import sys\n{ending}")
    assert run(path) == (code, None)
    python = subprocess.run([sys.executable, path], capture_output=True, text=True, check=False)
    assert (python.returncode, python.stderr) == (code, capsys.readouterr().err)


def test_a_traceback_begins_in_the_script(write):
    path = write("def f():\n    return 1 / 0\n\nf()")
    code, error = run(path)
    assert code == 1
    assert isinstance(error, ZeroDivisionError)
    frames = traceback.extract_tb(error.__traceback__)
    assert [(frame.filename, frame.lineno) for frame in frames] == [(str(path), 4), (str(path), 2)]


def test_an_interrupt_is_the_exit_code_of_ctrl_c(write):
    code, error = run(write("raise KeyboardInterrupt"))
    assert code == 130
    assert isinstance(error, KeyboardInterrupt)


def test_threads_that_the_script_left_are_waited_for(write, capsys):
    path = write(
        "import threading\n"
        "go = threading.Event()\n"
        "def work():\n"
        "    go.wait()\n"
        "    print('done')\n"
        "threading.Thread(target=work).start()\n"
        "threading.Timer(0.05, go.set).start()\n"
    )
    assert run(path) == (0, None)
    assert capsys.readouterr().out == "done\n"


# -- tracebacks ------------------------------------------------------------------------------------

FAILS_INSIDE = (
    "import tracegrad.dtypes\nfrom tracegrad.recording.stats import describe\ndescribe(None)\n"
)


def test_our_own_frames_at_the_end_are_hidden_and_counted(write, capsys):
    path = write(FAILS_INSIDE)
    _, error = run(path)
    scripts.show_traceback(error)
    text = capsys.readouterr().err
    assert f'File "{path}", line 3' in text
    assert "stats.py" not in text
    assert "inside tracegrad" in text
    assert "--full-traceback" in text


def test_our_frames_between_the_users_are_hidden_too(write, capsys):
    path = write(
        "from tracegrad import nn, ones\n"
        "class Net(nn.Module):\n"
        "    def forward(self, x):\n"
        "        return x @ ones(3)\n"
        "nn.Sequential(nn.Sequential(Net()))(ones(2))\n"
    )
    _, error = run(path)
    scripts.show_traceback(error)
    text = capsys.readouterr().err
    frames = [line.strip() for line in text.splitlines() if line.startswith("  File ")]
    assert frames == [
        f'File "{path}", line 5, in <module>',
        f'File "{path}", line 4, in forward',
    ]
    assert "inside tracegrad hidden" in text


def test_the_full_traceback_shows_them(write, capsys):
    _, error = run(write(FAILS_INSIDE))
    scripts.show_traceback(error, full=True)
    text = capsys.readouterr().err
    assert "stats.py" in text
    assert "hidden" not in text


def test_an_error_that_led_to_it_loses_our_frames_too(write, capsys):
    path = write(
        "from tracegrad.recording.stats import describe\n"
        "try:\n"
        "    describe(None)\n"
        "except Exception as error:\n"
        "    raise ValueError('mine') from error\n"
    )
    _, error = run(path)
    scripts.show_traceback(error)
    text = capsys.readouterr().err
    assert "stats.py" not in text
    assert "direct cause" in text
    assert "ValueError: mine" in text


def test_the_hook_that_a_script_sets_shows_its_errors(write, capsys):
    hook = sys.excepthook
    try:
        _, error = run(
            write(
                "import sys\nsys.excepthook = lambda type, value, tb: print('hook', value)\n"
                "raise ValueError('x')"
            )
        )
        scripts.show_traceback(error)
    finally:
        sys.excepthook = hook
    assert capsys.readouterr().out == "hook x\n"


# -- bad input -------------------------------------------------------------------------------------


def test_a_missing_script_is_named_with_the_one_that_was_meant(write, tmp_path):
    write("", "train.py")
    with pytest.raises(Complaint, match=r"there is no script .*trian\.py") as error:
        scripts.load(tmp_path / "trian.py")
    assert error.value.tries == str(tmp_path / "train.py")


def test_a_folder_is_no_script(tmp_path):
    with pytest.raises(Complaint, match="is a folder, not a script") as error:
        scripts.load(tmp_path)
    assert error.value.tries == str(tmp_path / "__main__.py")


@pytest.mark.parametrize(
    "content", [b"x = = 1\n", b"a\x00b", b"# -*- coding: utf-8 -*-\nx = '\xff'\n"]
)
def test_what_is_not_python_is_said_to_be_so(tmp_path, content):
    path = tmp_path / "x.py"
    path.write_bytes(content)
    with pytest.raises(Complaint, match="is not valid Python"):
        scripts.load(path)


def test_a_syntax_error_shows_the_place(write):
    with pytest.raises(Complaint, match=r'(?s)File ".*program\.py", line 2.*x = = 1') as error:
        scripts.load(write("pass\nx = = 1\n"))
    assert "SyntaxError" in error.value.message


def test_an_unreadable_script_is_said_to_be_so(write, monkeypatch):
    path = write("")

    def denied(self: Path) -> bytes:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(self))

    monkeypatch.setattr(Path, "read_bytes", denied)  # root, who runs the tests in CI, may read all
    with pytest.raises(Complaint, match=r"cannot read .*program\.py: Permission denied"):
        scripts.load(path)
