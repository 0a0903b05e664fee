"""Every name that real programs use of PyTorch is here, in some form."""

from __future__ import annotations

import pytest

import tracegrad as tg
from tests.compat.forms import LAYERS, NO_FORM, forms, place_of
from tests.compat.names import AROUND, OPS


def test_the_lists_are_whole():
    assert len(OPS) == len({*OPS}) > 170
    assert len(AROUND) == len({*AROUND}) > 120
    assert {*LAYERS} <= {*OPS}


@pytest.mark.parametrize("name", [name for name in OPS if name not in NO_FORM])
def test_every_op_that_programs_use_has_a_form(name):
    assert forms(tg, name), f"neither a function, a method nor in nn.functional: {name}"


@pytest.mark.parametrize("name", LAYERS)
def test_an_op_with_a_layer_has_it(name):
    assert f"nn.{LAYERS[name]}" in forms(tg, name)


def test_nine_tenths_of_what_is_around_them_are_here():
    missing = [name for name in AROUND if place_of(tg, name) is None]
    assert len(missing) <= len(AROUND) // 10, missing
