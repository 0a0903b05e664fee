"""The programs of tests/programs train the same under both libraries: every loss, every weight."""

from __future__ import annotations

import runpy
import sys
import warnings
from importlib.util import find_spec

import numpy as np
import pytest

from tests.programs.running import FOLDER, PROGRAMS, STEPS, Outcome, on_tracegrad, outcomes

pytest.importorskip("torch", reason="extra `parity` is not installed")
pytestmark = pytest.mark.parity

TOLERANCE = {"float32": 1e-4, "float64": 1e-9}
"""By dtype, of losses; of weights against the largest of their tensor.

Only sums in another order are between the two. Some steps make that larger: line searches and
adaptive steps divide by what is nearly 0.
"""


@pytest.fixture
def on_pytorch(monkeypatch, capsys):
    """A function that runs a program in this process, on PyTorch."""
    if find_spec("torchvision") is not None:
        from tests.parity.with_torchvision import import_torchvision

        import_torchvision()

    def run(program: str) -> dict[str, Outcome]:
        monkeypatch.syspath_prepend(str(FOLDER))  # for `from shared import ...`
        monkeypatch.setattr(sys, "argv", [program, str(STEPS)])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            runpy.run_path(str(FOLDER / f"{program}.py"), run_name="__main__")
        return outcomes(capsys.readouterr().out)

    return run


@pytest.mark.parametrize("program", PROGRAMS)
def test_losses_and_weights_agree_with_pytorchs_step_by_step(program, on_pytorch):
    expected, got = on_pytorch(program), on_tracegrad(program)
    assert got.keys() == expected.keys() == TOLERANCE.keys()
    for dtype, tolerance in TOLERANCE.items():
        ours, theirs = got[dtype], expected[dtype]
        assert len(ours.losses) == len(theirs.losses) >= STEPS
        np.testing.assert_allclose(ours.losses, theirs.losses, rtol=tolerance, atol=1e-12)
        assert list(ours.weights) == list(theirs.weights) != []
        for name, values in theirs.weights.items():
            largest = float(np.max(np.abs(values), initial=1e-3))
            np.testing.assert_allclose(
                ours.weights[name], values, rtol=0, atol=10 * tolerance * largest, err_msg=name
            )
