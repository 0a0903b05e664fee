"""Where an op was called: file, line, columns, the expression, the name it is assigned to."""

from __future__ import annotations

import linecache
import textwrap
from pathlib import Path

import pytest

import tracegrad as tg
from tracegrad.graph.location import Place, caller, place

BEFORE = "import tracegrad as tg\nx, y = tg.ones(2), tg.ones(2)\n"


def places(path: Path, source: str) -> list[Place]:
    """The place of each op that a file's program calls, after the two lines above."""
    path.write_text(BEFORE + textwrap.dedent(source), encoding="utf-8")
    return run(path.read_text(encoding="utf-8"), str(path))[2:]


def run(source: str, file: str) -> list[Place]:
    linecache.checkcache(file)
    with tg.record() as trace:
        exec(compile(source, file, "exec"), {"__name__": "program"})
    found = []
    for event in trace.events():
        row = trace.location(event.location)
        found.append(row)
    return found


# -- expressions and the names they are assigned to ------------------------------------------------

SHAPES = {
    "a plain assignment": ("z = x + y", [("x + y", "z")]),
    "a call": ("z = tg.add(x, y)", [("tg.add(x, y)", "z")]),
    "no assignment": ("x + y", [("x + y", "")]),
    "a part of a larger expression": (
        "z = (x + y) * x",
        [("x + y", ""), ("(x + y) * x", "z")],
    ),
    "chained methods": (
        "z = x.exp().tanh().sum()",
        [("x.exp()", ""), ("x.exp().tanh()", ""), ("x.exp().tanh().sum()", "z")],
    ),
    "a call on several lines": (
        "z = tg.add(\n    x,\n    y,  # a comment\n)",
        [("tg.add( x, y,  # a comment )", "z")],
    ),
    "an expression on several lines": ("z = (\n    x\n    + y\n)", [("x + y", "z")]),
    "a chain on several lines": (
        "z = (\n    x.exp()\n    .tanh()\n)",
        [("x.exp()", ""), ("x.exp() .tanh()", "z")],
    ),
    "a continued line": ("z = x + \\\n    y", [("x + \\ y", "z")]),
    "an augmented assignment": ("x += y", [("x += y", "x")]),
    "an augmented item": (
        "x[0] *= 2",
        [("x[0]", ""), ("x[0] *= 2", "x[0]"), ("x[0]", ""), ("x[0]", "")],
    ),
    "an item": ("x[0] = 3.0", [("x[0]", ""), ("x[0]", "")]),
    "a tuple": ("a, b = x + 1, y + 2", [("x + 1", "a"), ("y + 2", "b")]),
    "a nested tuple": ("(a, [b, c]) = x + 1, (y + 2, 3)", [("x + 1", "a"), ("y + 2", "b")]),
    "a tuple of one result": ("a, b = x.unbind()", [("x.unbind()", "(a, b)")]),
    "a starred target": ("a, *b = x + 1, y + 2", [("x + 1", "a"), ("y + 2", "")]),
    "two targets": ("a = b = x + y", [("x + y", "b")]),
    "an annotation": ("a: object = x + y", [("x + y", "a")]),
    "a walrus": ("if (a := x + y) is not None: pass", [("x + y", "a")]),
    "an attribute": (
        "class C: pass\nc = C()\nc.h = x + y",
        [("x + y", "c.h")],
    ),
    "a dictionary's item": ("d = {}\nd['h'] = x + y", [("x + y", "d['h']")]),
    "a comprehension": ("z = [t + 1 for t in (x, y)]", [("t + 1", ""), ("t + 1", "")]),
    "a generator": ("z = list(t + 1 for t in (x, y))", [("t + 1", ""), ("t + 1", "")]),
    "a lambda": ("f = lambda t: t * 2\nz = f(x)", [("t * 2", "")]),
    "a conditional": ("z = x + 1 if True else y", [("x + 1", "")]),
    "two statements on a line": ("a = x + 1; b = y + 2", [("x + 1", "a"), ("y + 2", "b")]),
    "not only ASCII": ("größe = x + y  # ∂", [("x + y", "größe")]),
    "wide characters before": ("'日本語'; z = '🙂' and x + y", [("x + y", "")]),
    "a string before on the line": ("z = ('é' * 3, x + y)[1]", [("x + y", "")]),
    "a format string": ("s = f'{x + y}'", [("x + y", "")]),
    "a decorator": (
        "def twice(f):\n    return f(x) * 2\n@twice\ndef z(t):\n    return t + 1",
        [("t + 1", ""), ("f(x) * 2", "")],
    ),
    "a default": ("def f(t=x + y): return t", [("x + y", "")]),
    "a with block": ("with tg.no_grad():\n    z = x + y", [("x + y", "z")]),
    "a comparison": ("z = x < y", [("x < y", "z")]),
    "a unary minus": ("z = -x", [("-x", "z")]),
    "a conversion": ("z = float(x[0])", [("x[0]", ""), ("float(x[0])", "z")]),
    "a truth value": ("if x.sum():\n    pass", [("x.sum()", ""), ("x.sum()", "")]),
    "an assertion": ("assert x.sum(), 'why'", [("x.sum()", ""), ("x.sum()", "")]),
    "a condition of a loop": (
        "while x.sum() > 0:\n    break",
        [("x.sum()", ""), ("x.sum() > 0", ""), ("x.sum() > 0", "")],
    ),
    "a loop": ("for t in x:\n    t + 1", [("x", ""), ("t + 1", ""), ("t + 1", "")]),
    "a function through map": ("z = list(map(tg.exp, [x]))", [("list(map(tg.exp, [x]))", "z")]),
    "a tab": ("if x is not None:\n\tz = x + y", [("x + y", "z")]),
}  # fmt: skip


@pytest.mark.parametrize("name", SHAPES)
def test_an_op_knows_its_expression_and_its_name(name, tmp_path):
    source, expected = SHAPES[name]
    found = places(tmp_path / "program.py", source)
    assert [(p.expression, p.variable) for p in found] == expected
    lines = (BEFORE + source).splitlines()
    for p in found:
        text = [lines[n - 1] for n in range(p.line, p.end_line + 1)]
        text[-1] = text[-1][: p.end_column]
        text[0] = text[0][p.column :]
        assert " ".join(part.strip() for part in text) == p.expression


def test_a_place_names_its_file_function_and_lines(tmp_path):
    source = """
        class Net:
            def forward(self, t):
                return tg.add(
                    t,
                    y,
                )
        Net().forward(x)
    """
    (found,) = places(tmp_path / "program.py", source)
    assert found.file == str(tmp_path / "program.py")
    assert found.function == "Net.forward"
    assert (found.line, found.end_line, found.column, found.end_column) == (6, 9, 15, 9)
    assert found.short == "program.py:6"


# -- sources of all kinds --------------------------------------------------------------------------


def test_code_without_source_has_a_line_and_no_text():
    (_, _, found) = run(BEFORE + "\nz = x + y", "<string>")
    assert (found.file, found.line, found.expression, found.variable) == ("<string>", 4, "", "")
    assert (found.column, found.end_column) == (0, 0)


def cell(name: str, source: str) -> list[Place]:
    """As a notebook runs a cell: the source is only in the line cache."""
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    return run(source, name)


def test_cells_of_a_notebook_have_text_and_equal_ones_are_told_apart():
    source = BEFORE + "z = x + y\n"
    one, two = cell("<ipython-input-1-a>", source)[2], cell("<ipython-input-2-a>", source)[2]
    assert (one.expression, one.variable) == (two.expression, two.variable) == ("x + y", "z")
    assert (one.file, two.file) == ("<ipython-input-1-a>", "<ipython-input-2-a>")


def test_a_cell_that_is_changed_and_run_again_shows_its_new_text():
    name = "<ipython-input-9-b>"
    assert cell(name, BEFORE + "z = x + y\n")[2].variable == "z"
    changed = cell(name, BEFORE + "w = x * y\n")[2]
    assert (changed.expression, changed.variable) == ("x * y", "w")
    # The same columns, another name: code objects that are equal but for what they store to.
    assert cell(name, BEFORE + "q = x * y\n")[2].variable == "q"


def test_a_file_that_became_shorter_since_gives_a_line_and_no_wrong_text(tmp_path):
    path = tmp_path / "program.py"
    path.write_text(BEFORE)
    (*_, found) = run(BEFORE + "\n\n\nz = x + y", str(path))
    assert (found.line, found.expression, found.variable) == (6, "", "")


def test_a_file_that_is_no_python_any_more_still_gives_its_expression(tmp_path):
    path = tmp_path / "program.py"
    path.write_text(BEFORE + "z = x + y\n)))")
    (*_, found) = run(BEFORE + "z = x + y", str(path))
    assert (found.expression, found.variable) == ("x + y", "")


def test_code_without_columns_gives_the_line_alone(tmp_path):
    path = tmp_path / "program.py"
    path.write_text(BEFORE + "z = x + y")
    code = compile(path.read_text(), str(path), "exec").replace(co_linetable=b"")
    where = place(code, 10)
    assert where is not None
    assert (where.line, where.column, where.end_column, where.expression) == (1, 0, 0, "")
    assert where.statement == "import tracegrad as tg"
    assert str(where) == "program.py:1   import tracegrad as tg"


# -- whose frame -----------------------------------------------------------------------------------


def test_the_caller_is_the_innermost_frame_outside_the_library():
    code, lasti = caller()
    assert code is test_the_caller_is_the_innermost_frame_outside_the_library.__code__
    where = place(code, lasti)
    assert where is not None
    assert where.expression == "caller()"
    assert where.variable == "(code, lasti)"
    assert place(None, -1) is None


def test_an_op_inside_a_module_of_ours_is_placed_where_the_program_calls_the_module():
    layer = tg.nn.Linear(2, 2)
    with tg.record() as trace:
        y = layer(tg.ones(1, 2))
        y.sum().backward()
    expressions = [
        (e.kind, trace.location(e.location).expression) for e in trace.events() if "linear" in e.op
    ]
    assert expressions == [
        ("forward", "layer(tg.ones(1, 2))"),
        ("backward", "layer(tg.ones(1, 2))"),
    ]
    seed = next(e for e in trace.events() if e.kind == "seed")
    assert trace.location(seed.location).expression == "y.sum().backward()"


def test_an_optimizer_step_is_placed_at_the_step():
    w = tg.ones(2, requires_grad=True)
    optimizer = tg.optim.SGD([w], lr=0.1)
    (w * w).sum().backward()
    with tg.record() as trace:
        optimizer.step()
    assert trace.location(trace.event(0).location).expression == "optimizer.step()"
