"""Every op's in-place form against the op itself."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tracegrad as tg
from tests.ops.calculus import leaves, tensors, weights_for
from tests.ops.samples import ALL, Sample
from tracegrad.ops.declare import PUBLIC_NAMES, TABLE


def fits(sample: Sample) -> bool:
    """Whether the result has the shape of the first input, as an in-place form must."""
    shape = sample.inputs[0].shape
    others = [a.shape for a in sample.inputs[1:] if a is not None]
    elementwise = sample.op.declaration.family == "elementwise"
    return not elementwise or np.broadcast_shapes(shape, *others) == shape


INPLACE = [s for s in ALL if s.op.declaration.inplace and fits(s)]
DIFFERENTIABLE = [s for s in INPLACE if s.differentiable and s.inputs[0].dtype.kind == "f"]


def written(sample: Sample, inputs: list[Any]) -> Any:
    """The in-place form, called on the first input, with the others by their public names."""
    target, *others = inputs
    named = {PUBLIC_NAMES.get(i, i): t for i, t in zip(sample.op.inputs[1:], others, strict=True)}
    return getattr(target, sample.op.name + "_")(**named, **sample.options)


@pytest.mark.parametrize(
    "op", [op for op in TABLE.values() if op.declaration.inplace], ids=lambda op: op.name
)
def test_every_inplace_form_is_tried_by_some_sample(op):
    assert any(sample.op is op for sample in INPLACE)


@pytest.mark.parametrize("sample", INPLACE, ids=str)
def test_inplace_form_writes_the_same_values_to_the_same_memory_once(sample: Sample):
    inputs = [None if t is None else t.detach() for t in tensors(sample)]
    expected = sample.call(*inputs).numpy().copy()
    target = inputs[0]
    memory, version = target.data_ptr(), target._version
    result = written(sample, inputs)
    assert result is target
    assert target.data_ptr() == memory
    assert target._version == version + 1
    np.testing.assert_array_equal(target.numpy(), expected.astype(target.numpy().dtype))


@pytest.mark.parametrize("create_graph", [False, True], ids=["raw", "lifted"])
@pytest.mark.parametrize("sample", DIFFERENTIABLE, ids=str)
def test_inplace_form_has_the_gradients_of_the_op(sample: Sample, create_graph: bool):
    inputs = tensors(sample)
    out = sample.call(*inputs)
    weights = weights_for([out])
    expected = tg.autograd.grad(out, leaves(sample, inputs), weights)

    again = tensors(sample)
    result = written(sample, [again[0].clone(), *again[1:]])
    found = tg.autograd.grad(result, leaves(sample, again), weights, create_graph=create_graph)
    for got, wanted in zip(found, expected, strict=True):
        np.testing.assert_array_equal(got.detach().numpy(), wanted.numpy())


@pytest.mark.parametrize("create_graph", [False, True], ids=["raw", "lifted"])
@pytest.mark.parametrize("sample", DIFFERENTIABLE, ids=str)
def test_inplace_form_on_a_view_has_the_gradients_of_the_op(sample: Sample, create_graph: bool):
    inputs = tensors(sample)
    out = sample.call(*inputs)
    weights = weights_for([out])
    expected = tg.autograd.grad(out, leaves(sample, inputs), weights)

    again = tensors(sample)
    base = tg.stack([again[0], again[0].detach()], dim=-1)
    shown = base[..., 0]
    written(sample, [shown, *again[1:]])
    for result in (shown, base[..., 0]):
        found = tg.autograd.grad(
            result, leaves(sample, again), weights, create_graph=create_graph, retain_graph=True
        )
        for got, wanted in zip(found, expected, strict=True):
            np.testing.assert_allclose(got.detach().numpy(), wanted.numpy(), rtol=1e-14)


@pytest.mark.parametrize("sample", [s for s in DIFFERENTIABLE if len(s.inputs) > 1], ids=str)
def test_gradients_of_other_inputs_survive_when_the_target_needs_none(sample: Sample):
    inputs = tensors(sample)
    out = sample.call(*inputs)
    places = [n for n in sample.differentiable if n > 0] if out.requires_grad else []
    others = [inputs[n] for n in places]
    expected = tg.autograd.grad(out, others, weights_for([out])) if others else ()

    again = tensors(sample)
    result = written(sample, [again[0].detach().clone(), *again[1:]])
    assert result.requires_grad == bool(others)
    found = (
        tg.autograd.grad(result, [again[n] for n in places], weights_for([out])) if others else ()
    )
    for got, wanted in zip(found, expected, strict=True):
        np.testing.assert_array_equal(got.numpy(), wanted.numpy())
