"""Programs written for PyTorch run unchanged on tracegrad, and what they train gets better."""

from __future__ import annotations

import math

import pytest

from tests.programs.running import PROGRAMS, STEPS, on_tracegrad

# Where the losses of several networks alternate, or one after the other: the one to look at.
PARTS = {
    "distillation": slice(STEPS + 2, None),
    "gan": slice(0, None, 2),
    "second_order": slice(0, STEPS),
    "spectral_gan": slice(0, None, 2),
}


def test_there_are_programs_of_more_than_twenty_kinds():
    assert len(PROGRAMS) > 20
    assert {"cnn", "gan", "policy_gradient", "rnn", "second_order", "transformer"} <= {*PROGRAMS}


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_program_written_for_pytorch_runs_and_learns(program):
    found = on_tracegrad(program)
    assert sorted(found) == ["float32", "float64"]
    for outcome in found.values():
        assert len(outcome.losses) >= STEPS
        assert all(math.isfinite(loss) for loss in outcome.losses)
        assert all(math.isfinite(x) for values in outcome.weights.values() for x in values)
        if program != "policy_gradient":  # its loss says nothing; it looks for itself
            seen = outcome.losses[PARTS.get(program, slice(None))]
            assert min(seen[-3:]) < 0.95 * seen[0]


def test_newton_steps_reach_the_bottom_of_a_convex_loss():
    losses = on_tracegrad("second_order")["float64"].losses[STEPS:]
    assert losses == sorted(losses, reverse=True)
    assert losses[-2] - losses[-1] < 1e-3 * losses[0]
