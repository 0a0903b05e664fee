"""Every op's gradient rules: against finite differences, twice, and in both worlds."""

from __future__ import annotations

import numpy as np
import pytest

import tracegrad as tg
from tests.ops.calculus import (
    arrays_of,
    differences,
    dot,
    first_gradients,
    float_outputs,
    leaves,
    tensors,
    weights_for,
    with_arrays,
)
from tests.ops.samples import DIFFERENTIABLE, Sample, samples
from tracegrad.ops.declare import TABLE

each_sample = pytest.mark.parametrize("sample", DIFFERENTIABLE, ids=str)

IGNORED_FIRST = {"fill"}
"""Ops whose rule says that no gradient flows to their only input."""


@pytest.mark.parametrize("op", TABLE.values(), ids=lambda op: op.name)
def test_every_op_has_a_sample(op):
    assert list(samples(op))


@pytest.mark.parametrize(
    "op", [op for op in TABLE.values() if op.declaration.rules], ids=lambda op: op.name
)
def test_every_rule_is_tried_by_some_sample(op):
    tried = {n for sample in samples(op) for n in sample.differentiable}
    expected = {0} if op.declaration.is_list else {op.inputs.index(i) for i in op.declaration.rules}
    assert tried >= expected


@each_sample
def test_gradient_equals_the_finite_difference(sample: Sample):
    def weighted(arrays):
        outputs = float_outputs(sample_call(sample, arrays))
        return dot([out.detach() for out in outputs], weights_for(outputs))

    expected = differences(weighted, arrays_of(sample))
    found = first_gradients(sample, tensors(sample))
    for got, wanted in zip(found, expected, strict=True):
        np.testing.assert_allclose(got.numpy(), wanted, rtol=1e-5, atol=1e-7)


def sample_call(sample: Sample, arrays):
    return sample.call(*tensors(with_arrays(sample, arrays)))


@each_sample
def test_lifted_rules_give_the_numbers_of_the_raw_ones(sample: Sample):
    raw = first_gradients(sample, tensors(sample))
    lifted = first_gradients(sample, tensors(sample), create_graph=True)
    for got, wanted in zip(lifted, raw, strict=True):
        assert got.dtype is wanted.dtype
        np.testing.assert_array_equal(got.detach().numpy(), wanted.numpy())


@each_sample
def test_second_gradient_equals_the_finite_difference_of_the_first(sample: Sample):
    inputs = tensors(sample)
    outputs = [out for out in float_outputs(sample.call(*inputs)) if out.requires_grad]
    if not outputs:
        assert sample.op.name in IGNORED_FIRST
        return
    weights = [w.requires_grad_() for w in weights_for(outputs)]
    first = first_gradients(sample, inputs, weights, create_graph=True)
    pushes = weights_for(first)
    wanted = [*leaves(sample, inputs), *weights]
    if all(not g.requires_grad for g in first):
        found = [tg.zeros_like(t) for t in wanted]
    else:
        rooted = [(g, p) for g, p in zip(first, pushes, strict=True) if g.requires_grad]
        found = list(
            tg.autograd.grad(
                [g for g, _ in rooted],
                wanted,
                [p for _, p in rooted],
                allow_unused=True,
                materialize_grads=True,
            )
        )

    count = len(sample.differentiable)

    def pushed(arrays):
        moved = with_arrays(sample, arrays[:count])
        given = [tg.tensor(w) for w in arrays[count:]]
        return dot(first_gradients(moved, tensors(moved), given), pushes)

    start = [*arrays_of(sample), *(w.detach().numpy().copy() for w in weights)]
    for got, difference in zip(found, differences(pushed, start), strict=True):
        np.testing.assert_allclose(got.numpy(), difference, rtol=2e-5, atol=2e-7)
