"""Every form that PyTorch has of an op that programs use, tracegrad has too."""

from __future__ import annotations

import pytest

import tracegrad as tg
from tests.compat.forms import NO_FORM, forms, place_of
from tests.compat.names import AROUND, OPS

torch = pytest.importorskip("torch", reason="extra `parity` is not installed")
pytestmark = pytest.mark.parity

NOT_A_FORM = {
    # Dtypes there, by the name of a method.
    "torch.float", "torch.double", "torch.long", "torch.int", "torch.bool", "torch.half",
    "torch.bfloat16",
}  # fmt: skip


@pytest.mark.parametrize("name", [name for name in OPS if name not in NO_FORM])
def test_all_forms_of_an_op_are_here(name):
    missing = forms(torch, name) - forms(tg, name) - NOT_A_FORM
    assert not missing


def test_what_is_missing_around_them_is_known():
    missing = [
        name for name in AROUND if place_of(tg, name) is None and place_of(torch, name) is not None
    ]
    assert missing == ["profiler.schedule"]  # recording stands in for profiles
