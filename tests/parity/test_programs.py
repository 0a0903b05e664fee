"""The programs of tests/programs give the same losses under both libraries, step by step."""

from __future__ import annotations

import json
import runpy
import sys

import numpy as np
import pytest

from tests.programs.running import FOLDER, PROGRAMS, STEPS, losses_on_tracegrad

pytest.importorskip("torch", reason="extra `parity` is not installed")
pytestmark = pytest.mark.parity

TOLERANCE = {"float32": 1e-4, "float64": 1e-9}


@pytest.mark.parametrize("program", PROGRAMS)
def test_losses_agree_with_pytorchs_step_by_step(program, monkeypatch, capsys):
    monkeypatch.syspath_prepend(str(FOLDER))  # for `from shared import ...`
    monkeypatch.setattr(sys, "argv", [program, str(STEPS)])
    runpy.run_path(str(FOLDER / f"{program}.py"), run_name="__main__")
    expected = json.loads(capsys.readouterr().out)
    got = losses_on_tracegrad(program)
    assert got.keys() == expected.keys() == TOLERANCE.keys()
    for dtype, tolerance in TOLERANCE.items():
        assert len(got[dtype]) == len(expected[dtype]) >= STEPS
        np.testing.assert_allclose(got[dtype], expected[dtype], rtol=tolerance)
