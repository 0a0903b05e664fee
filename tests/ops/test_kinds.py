"""Every op on unusual memory, in other dtypes, and with gradients for some of its outputs only."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tracegrad as tg
from tests.ops.calculus import first_gradients, float_outputs, leaves, tensors, weights_for
from tests.ops.samples import ALL, DIFFERENTIABLE, Sample
from tracegrad.dtypes import complex_of
from tracegrad.ops.declare import TABLE

FREE = [s for s in ALL if not s.tied_to_layout]


def everywhere(array: Any) -> Any:
    """The same numbers with gaps, in reverse order and with swapped dimensions in memory."""
    if array is None or array.ndim == 0:
        return array
    roomy = np.zeros([2 * n for n in array.shape[::-1]], array.dtype)
    shown = roomy.T[(slice(None, None, -2),) * array.ndim]
    shown[...] = array
    return shown


def strided(sample: Sample) -> list[Any]:
    """Tensors over the sample's numbers in non-contiguous memory."""
    made = []
    for n, array in enumerate(sample.inputs):
        if array is None:
            made.append(None)
            continue
        tensor = tg.from_numpy(everywhere(array))
        assert tensor.is_contiguous() == (array.ndim == 0 or array.size <= 1)
        made.append(tensor.requires_grad_() if n in sample.differentiable else tensor)
    return made


def values_of(out: Any) -> list[Any]:
    several = out if isinstance(out, tuple) else (out,)
    return [o.detach().numpy() for o in several]


@pytest.mark.parametrize("sample", FREE, ids=str)
def test_values_do_not_depend_on_how_the_inputs_lie_in_memory(sample: Sample):
    for got, wanted in zip(
        values_of(sample.call(*strided(sample))),
        values_of(sample.call(*tensors(sample))),
        strict=True,
    ):
        assert got.dtype == wanted.dtype
        np.testing.assert_allclose(got, wanted, rtol=1e-13)


@pytest.mark.parametrize("create_graph", [False, True], ids=["raw", "lifted"])
@pytest.mark.parametrize("sample", [s for s in DIFFERENTIABLE if not s.tied_to_layout], ids=str)
def test_gradients_do_not_depend_on_how_the_inputs_lie_in_memory(
    sample: Sample, create_graph: bool
):
    expected = first_gradients(sample, tensors(sample))
    inputs = strided(sample)
    outputs = [o for o in float_outputs(sample.call(*inputs)) if o.requires_grad]
    weights = [tg.from_numpy(everywhere(w.numpy())) for w in weights_for(outputs)]
    found = first_gradients(sample, inputs, weights, create_graph)
    for got, wanted in zip(found, expected, strict=True):
        np.testing.assert_allclose(got.detach().numpy(), wanted.numpy(), rtol=1e-12, atol=1e-14)


def test_every_kind_of_input_is_among_the_samples():
    for op in TABLE.values():
        if op.declaration.family == "elementwise" and op.declaration.public and op.name != "round":
            shapes = [s.inputs[0].shape for s in ALL if s.op is op] + [
                s.inputs[-1].shape for s in ALL if s.op is op
            ]
            assert () in shapes, f"{op.name} is tried with no 0-d tensor"


@pytest.mark.parametrize("dtype", [tg.float32, tg.float16], ids=str)
@pytest.mark.parametrize("create_graph", [False, True], ids=["raw", "lifted"])
@pytest.mark.parametrize("sample", DIFFERENTIABLE, ids=str)
def test_dtype_is_kept_in_values_and_gradients(sample: Sample, create_graph: bool, dtype: Any):
    if sample.op.name == "to_dtype" or sample.tied_to_layout:
        return  # whose options name a dtype
    inputs = tensors(sample, dtype)
    of_reals = all(a is None or a.dtype.kind != "c" for a in sample.inputs)
    outputs = float_outputs(sample.call(*inputs))
    if dtype is tg.float16 and not (of_reals and all(not out.is_complex() for out in outputs)):
        return  # there are no complex numbers of that precision
    for out in outputs:
        assert out.dtype in (dtype, complex_of(dtype))
    for g, leaf in zip(
        first_gradients(sample, inputs, create_graph=create_graph),
        leaves(sample, inputs),
        strict=True,
    ):
        assert g.dtype is leaf.dtype


@pytest.mark.parametrize("create_graph", [False, True], ids=["raw", "lifted"])
@pytest.mark.parametrize("sample", [s for s in DIFFERENTIABLE if s.op.outputs == 0], ids=str)
def test_an_output_without_gradient_counts_as_zero(sample: Sample, create_graph: bool):
    inputs = tensors(sample)
    outputs = sample.call(*inputs)
    for n, out in enumerate(outputs):
        weights = weights_for([out])
        full = [tg.zeros_like(o) for o in outputs]
        full[n] = weights[0]
        expected = tg.autograd.grad(outputs, leaves(sample, inputs), full, retain_graph=True)
        found = tg.autograd.grad(
            out, leaves(sample, inputs), weights, retain_graph=True, create_graph=create_graph
        )
        for got, wanted in zip(found, expected, strict=True):
            np.testing.assert_array_equal(got.detach().numpy(), wanted.numpy())
