"""Parametrized modules: what is better here than in PyTorch, and what any library must keep."""

from __future__ import annotations

import copy
import pickle

import pytest

import tracegrad as tg
from tracegrad import nn
from tracegrad.nn.utils import parametrizations, parametrize


class Positive(nn.Module):
    def forward(self, x):
        return x.exp()

    def right_inverse(self, x):
        return x.log()


def positive():
    layer = nn.Linear(3, 2)
    nn.init.constant_(layer.weight, 2.0)
    return parametrize.register_parametrization(layer, "weight", Positive())


def test_a_copy_keeps_its_parametrization_when_the_original_loses_it():
    layer = positive()
    twin = copy.deepcopy(layer)
    parametrize.remove_parametrizations(layer, "weight")
    assert type(layer) is nn.Linear
    assert tg.allclose(twin.weight, tg.full((2, 3), 2.0))
    parametrize.remove_parametrizations(twin, "weight", leave_parametrized=False)
    assert tg.allclose(twin.weight, tg.full((2, 3), 2.0).log())


def test_a_parametrized_module_is_saved_by_its_state_and_not_pickled():
    with pytest.raises(RuntimeError, match="only supported through state_dict"):
        pickle.dumps(positive())


def test_training_moves_what_is_stored():
    layer = positive()
    optimizer = tg.optim.SGD(layer.parameters(), lr=0.1)
    layer(tg.ones(1, 3)).sum().backward()
    optimizer.step()
    # d exp(s) / ds = exp(s) = 2
    assert tg.allclose(layer.weight, (tg.tensor(2.0).log() - 0.1 * 2).exp().expand(2, 3))


def test_the_value_that_is_assigned_is_the_one_that_is_read():
    layer = positive()
    layer.weight = tg.full((2, 3), 5.0)
    assert tg.allclose(layer.weight, tg.full((2, 3), 5.0))
    assert [name for name, _ in layer.named_parameters()] == [
        "bias",
        "parametrizations.weight.original",
    ]
    with pytest.raises(KeyError, match="already exists"):  # no second parameter in its place
        layer.weight = nn.Parameter(tg.full((2, 3), 5.0))


def test_an_op_that_is_missing_is_no_missing_inverse():
    class Broken(nn.Module):
        def forward(self, x):
            return x

        def right_inverse(self, x):
            return nn.functional.interpolate(x, 2)  # of too few dimensions

    class Silent(Broken):
        def right_inverse(self, x):
            raise NotImplementedError

    with pytest.raises(NotImplementedError, match="Only 3D, 4D and 5D input"):
        parametrize.register_parametrization(nn.Linear(3, 2), "weight", Broken())
    layer = nn.Linear(3, 2)
    before = layer.weight.tolist()
    parametrize.register_parametrization(layer, "weight", Silent())
    assert layer.weight.tolist() == before


@pytest.mark.parametrize("how", ["matrix_exp", "cayley", "householder"])
def test_a_gradient_through_an_orthogonal_map_is_right(how):
    layer = nn.Linear(2, 3, dtype=tg.float64)
    parametrizations.orthogonal(layer, orthogonal_map=how)
    stored = layer.parametrizations.weight
    offset = tg.tensor([[0.0, 0.0], [0.3, 0.0], [-0.2, 0.4]], dtype=tg.float64)

    def weight(moved):
        return stored[0](stored.original.detach() + moved * (offset != 0))

    assert tg.autograd.gradcheck(weight, offset.requires_grad_())


def test_inside_of_cached_an_exception_ends_the_cache():
    layer, kept = positive(), []

    def fail():
        kept.append(layer.weight)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), parametrize.cached():
        fail()
    assert layer.weight is not kept[0]
