"""Random programs with layers, sequences and losses, against PyTorch."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

pytest.importorskip("torch", reason="compares with PyTorch")

from tests.parity import layer_strategies, loss_strategies, sequence_strategies
from tests.parity.layer_programs import difference

pytestmark = pytest.mark.parity

FAMILIES = layer_strategies.FAMILIES | sequence_strategies.FAMILIES | loss_strategies.FAMILIES


@pytest.mark.parametrize("family", FAMILIES)
def test_programs_give_the_outputs_gradients_and_states_of_pytorch(family):
    @settings(max_examples=settings.default.max_examples // 20)  # type: ignore[union-attr]
    @given(FAMILIES[family])
    def agrees(program):
        assert not difference(program)

    agrees()
