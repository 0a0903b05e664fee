"""What the rows say about themselves."""

from __future__ import annotations

import pytest

from tracegrad.recording.model import TraceInfo, dtype_short

ONE_LINE = """Traceback (most recent call last):
  File "train.py", line 4, in <module>
    step()
ValueError: the rate is negative"""

SEVERAL_LINES = """Traceback (most recent call last):
  File "train.py", line 4, in <module>
    z = y @ w
        ~~^~~
RuntimeError: mat1 and mat2 shapes cannot be multiplied (2x3 and 4x5)
  op  matmul(f32[2, 3], f32[4, 5])
  try: transpose the second: .mT
in backward of mul, called at train.py:3"""

CHAINED = """Traceback (most recent call last):
  File "train.py", line 2, in load
    open(path)
FileNotFoundError: no such file

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "train.py", line 9, in <module>
    load()
KeyError: 'weights'"""


@pytest.mark.parametrize(
    ("error", "headline"),
    [
        (ONE_LINE, "ValueError: the rate is negative"),
        (SEVERAL_LINES, "RuntimeError: mat1 and mat2 shapes cannot be multiplied (2x3 and 4x5)"),
        (CHAINED, "KeyError: 'weights'"),
        ("KeyboardInterrupt", "KeyboardInterrupt"),
        ("  odd", "odd"),
        ("", ""),
    ],
)
def test_the_headline_of_an_error_is_its_class_and_the_first_line_of_its_message(error, headline):
    info = TraceInfo("t", (), "", "failed", error, 0, {})
    assert info.error_headline == headline


@pytest.mark.parametrize(
    ("dtype", "short"),
    [("float32", "f32"), ("int64", "i64"), ("uint8", "u8"), ("complex64", "c64"), ("bool", "bool")],
)
def test_dtypes_have_short_names(dtype, short):
    assert dtype_short(dtype) == short
