"""Every op of the table on arrays that refuse to mix with NumPy's: same numbers, same gradients."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

import tracegrad as tg
from tests.backend.strict import StrictArray, strict_cuda
from tests.ops.calculus import first_gradients, float_outputs, tensors, weights_for
from tests.ops.samples import ALL as EVERYWHERE
from tests.ops.samples import Sample

NOT_IN_CUPY = {
    "airy_ai", "airy_ai_slope", "chebyshev_polynomial_t", "chebyshev_polynomial_u",
    "hermite_polynomial_h", "hermite_polynomial_he", "laguerre_polynomial_l",
    "legendre_polynomial_p", "shifted_chebyshev_polynomial_t", "shifted_chebyshev_polynomial_u",
}  # fmt: skip
LEAVES_THE_DEVICE = {"to_device"}  # see test_device
ALL = [s for s in EVERYWHERE if s.op.name not in NOT_IN_CUPY | LEAVES_THE_DEVICE]
DIFFERENTIABLE = [sample for sample in ALL if sample.differentiable]


@pytest.fixture(autouse=True)
def cuda() -> Iterator[None]:
    with strict_cuda():
        yield


def on_cuda(inputs: list) -> list:
    """Leaves like these on the device."""
    return [
        None if t is None else t.detach().to("cuda").requires_grad_(t.requires_grad) for t in inputs
    ]


def moved(option):
    """An option's index arrays on the device, where indexing puts them."""
    if isinstance(option, tuple):
        return tuple(moved(part) for part in option)
    return tg.tensor(option).to("cuda")._array if isinstance(option, np.ndarray) else option


def called_on_cuda(sample: Sample) -> Sample:
    return replace(sample, options={name: moved(o) for name, o in sample.options.items()})


def several(outputs) -> tuple:
    return outputs if isinstance(outputs, tuple) else (outputs,)


def same(got, wanted, sample: Sample) -> None:
    assert type(got._array) is StrictArray
    assert got.device == tg.device("cuda:0")
    assert (got.dtype, got.shape) == (wanted.dtype, wanted.shape)
    np.testing.assert_allclose(
        got.detach().cpu().numpy(), wanted.detach().numpy(), rtol=1e-12, atol=1e-12
    )


@pytest.mark.parametrize("sample", ALL, ids=str)
def test_an_op_gives_the_same_on_the_device(sample: Sample):
    inputs = tensors(sample)
    got = called_on_cuda(sample).call(*on_cuda(inputs))
    wanted = sample.call(*inputs)
    for one, other in zip(several(got), several(wanted), strict=True):
        same(one, other, sample)


@pytest.mark.parametrize("create_graph", [False, True], ids=["raw", "lifted"])
@pytest.mark.parametrize("sample", DIFFERENTIABLE, ids=str)
def test_gradients_stay_on_the_device(sample: Sample, create_graph: bool):
    inputs = tensors(sample)
    leaves = on_cuda(inputs)
    outputs = [out for out in float_outputs(sample.call(*inputs)) if out.requires_grad]
    weights = weights_for(outputs)
    wanted = first_gradients(sample, inputs, weights)
    on_device = called_on_cuda(sample)
    got = first_gradients(on_device, leaves, [w.to("cuda") for w in weights], create_graph)
    for one, other in zip(got, wanted, strict=True):
        same(one, other, sample)


@pytest.mark.parametrize("sample", [s for s in EVERYWHERE if s.op.name in NOT_IN_CUPY], ids=str)
def test_what_cupy_does_not_have_is_refused_with_a_way_out(sample: Sample):
    with pytest.raises(NotImplementedError, match=r"CuPy has no such function\n  try: \.cpu\(\)"):
        sample.call(*on_cuda(tensors(sample)))
