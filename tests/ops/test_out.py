"""`out=`: the same numbers, in a tensor that was there already, and nothing for autograd."""

from __future__ import annotations

import inspect

import numpy as np
import pytest

import tracegrad as tg
from tests.ops.calculus import tensors
from tests.ops.samples import ALL, Sample
from tracegrad.ops.compile_names import takes_out
from tracegrad.ops.install import functions
from tracegrad.ops.out import TAKES_OUT

SAMPLES = [s for s in ALL if takes_out(s.op)]


def detached(sample: Sample) -> list:
    return [None if t is None else t.detach() for t in tensors(sample)]


def test_every_name_of_the_list_is_a_function_with_out():
    assert TAKES_OUT - functions.keys() == set()
    without = [n for n in TAKES_OUT if "out" not in inspect.signature(functions[n]).parameters]
    assert without == []


@pytest.mark.parametrize("sample", SAMPLES, ids=str)
def test_an_op_writes_its_result_into_out(sample: Sample):
    wanted = sample.call(*detached(sample))
    out = tg.zeros_like(wanted)
    args = detached(sample)
    args = [args] if sample.op.declaration.is_list else args
    given = sample.op.call(*args, **sample.options, out=out)
    assert given is out
    assert out._version == 1
    np.testing.assert_array_equal(out.numpy(), wanted.numpy())


def test_out_of_another_dtype_gets_the_converted_numbers():
    out = tg.empty(2, dtype=tg.float64)
    assert tg.add(tg.ones(2), 1.5, out=out).tolist() == [2.5, 2.5]
    with pytest.raises(RuntimeError, match=r"result type Float can't be cast .* output type Long"):
        tg.add(tg.ones(2), 1.5, out=tg.empty(2, dtype=tg.int64))


def test_an_empty_out_gets_the_shape_of_the_result_and_another_one_with_a_warning():
    assert tg.mul(tg.ones(2, 3), 2, out=tg.empty(0)).shape == (2, 3)
    with pytest.warns(UserWarning, match="was resized since it had shape \\[5\\]"):
        assert tg.mul(tg.ones(2), 2, out=tg.ones(5)).shape == (2,)


def test_several_results_go_into_several_tensors():
    values, indices = tg.empty(0), tg.empty(0, dtype=tg.int64)
    result = tg.sort(tg.tensor([3.0, 1.0, 2.0]), out=(values, indices))
    assert result.values is values
    assert (values.tolist(), indices.tolist()) == ([1.0, 2.0, 3.0], [1, 2, 0])
    with pytest.raises(TypeError, match="argument 'out' must be tuple of 2 Tensors, not Tensor"):
        tg.sort(tg.ones(2), out=values)


def test_functions_made_of_others_take_out_too():
    out = tg.empty(2, 2)
    a = tg.arange(4.0).reshape(2, 2)
    assert tg.tensordot(a, a, 1, out=out) is out
    assert out.tolist() == (a @ a).tolist()
    assert tg.zeros(2, 2, out=out).tolist() == [[0.0, 0.0], [0.0, 0.0]]


def test_out_takes_no_part_in_autograd():
    x = tg.ones(2, requires_grad=True)
    for call in (lambda: tg.exp(x, out=tg.empty(2)), lambda: tg.exp(tg.ones(2), out=x)):
        with pytest.raises(RuntimeError, match=r"with out=\.\.\. arguments don't support"):
            call()
    with tg.no_grad():
        assert not tg.exp(x, out=tg.empty(2)).requires_grad


def test_a_saved_value_that_out_overwrites_is_noticed():
    x = tg.ones(2, requires_grad=True)
    y = x.exp()
    with tg.no_grad():
        tg.add(y, 1, out=y)
    with pytest.raises(tg.InplaceModificationError, match="by add"):
        y.sum().backward()
