"""The op reference page says what the table says."""

from __future__ import annotations

from tracegrad.ops import reference
from tracegrad.ops.declare import TABLE


def test_the_page_is_what_the_table_gives():
    assert reference.PAGE.read_text() == reference.page(), "run: python -m tracegrad.ops.reference"


def test_every_public_op_is_on_the_page():
    text = reference.page()
    assert [
        op.name for op in TABLE.values() if op.declaration.public and f"| `{op.name}(" not in text
    ] == []


def test_a_row_tells_gradients_what_is_kept_and_the_forms():
    assert "| `exp(input)` |" in reference.page()
    row = next(line for line in reference.page().splitlines() if line.startswith("| `div("))
    assert row.endswith("| `input`, `other` | `other`, its result | f m m_ |")
