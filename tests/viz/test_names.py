"""Names read off expressions, and text made safe for pictures."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracegrad.viz.names import argument_name, printable, short_label


@pytest.mark.parametrize(
    ("expression", "op", "slot", "in_module", "name"),
    [
        ("x @ w1", "matmul", 0, False, "x"),
        ("x @ w1", "matmul", 1, False, "w1"),
        ("out - self.target", "sub", 1, False, "self.target"),
        ("x.matmul(w)", "matmul", 0, False, "x"),
        ("x.matmul(w)", "matmul", 1, False, "w"),
        ("tg.matmul(x, w)", "matmul", 1, False, "w"),
        ("F.linear(x, w, b)", "linear", 2, False, "b"),
        ("net(x)", "linear", 0, True, "x"),
    ],
)
def test_an_argument_is_named_where_the_expression_says_it(
    expression: str, op: str, slot: int, in_module: bool, name: str
) -> None:
    assert argument_name(expression, op, slot, in_module) == name


@pytest.mark.parametrize(
    ("expression", "op", "slot", "in_module"),
    [
        ("f(x, y)", "add", 0, False),  # whatever f does
        ("net(x, y)", "linear", 0, True),  # which of the two?
        ("net(x)", "linear", 1, True),  # the module's own parameter
        ("x + y", "mul", 0, False),
        ("(x + 1) * y", "mul", 0, False),
        ("tg.stack(*parts)", "stack", 0, False),
        ("x @", "matmul", 0, False),
        ("", "matmul", 0, False),
        ("x @ w1", "matmul", 5, False),
        ("x\x00y", "add", 0, False),
    ],
)
def test_no_name_is_given_where_the_expression_leaves_a_doubt(
    expression: str, op: str, slot: int, in_module: bool
) -> None:
    assert argument_name(expression, op, slot, in_module) == ""


@given(st.text(st.characters(codec=None)))
def test_any_text_becomes_one_printable_line(text: str) -> None:
    made = printable(text, 40)
    assert len(made) <= 40
    made.encode()  # fails for half of a surrogate pair
    assert not any(ord(c) < 32 or 0x202A <= ord(c) <= 0x202E for c in made)


def test_long_text_is_cut_with_an_ellipsis_and_line_breaks_become_spaces() -> None:
    assert printable("abcdef", 4) == "abc…"
    assert printable("a\n\tb") == "a b"
    assert printable("a\x00b") == "a\N{REPLACEMENT CHARACTER}b"


def test_labels_leave_out_the_names_of_sizes_and_keep_the_others() -> None:
    assert short_label("Linear(in_features=3, out_features=32, bias=True)") == (
        "Linear(3, 32, bias=True)"
    )
    assert short_label("Conv2d(3, 8, kernel_size=(3, 3))") == "Conv2d(3, 8, kernel_size=(3, 3))"
