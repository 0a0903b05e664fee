"""Every op that says it is right for complex numbers is, by finite differences."""

from __future__ import annotations

import zlib
from typing import Any

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
from tests.ops.samples import ALL, Sample
from tracegrad.ops.complex_gradients import ANALYTIC, OWN
from tracegrad.ops.declare import TABLE

ALWAYS_COMPLEX = {"view_as_complex", "complex", "fft_r2c", "linalg_eig"}
"""Ops that take real numbers only, or whose answer for complex ones has a free phase."""

FREE_PHASE = {"linalg_svd", "linalg_eigh"}
"""Ops whose complex vectors may be turned; see `test_gradients_of_complex_vectors`."""


def turned(array: Any, seed: int, everywhere: bool) -> Any:
    """Complex numbers out of a sample's real ones, off the real axis, where branches are cut; in
    all four quadrants if they may be `everywhere`.
    """
    if array is None or array.dtype.kind != "f":
        return array
    random = np.random.default_rng(seed)
    signs = random.choice([-1, 1], (2, *array.shape)) if everywhere else np.ones((2, *array.shape))
    parts = array * signs[0], random.uniform(0.2, 0.8, array.shape) * signs[1]
    return np.asarray(parts[0] + 1j * parts[1])


def hermitian(array: Any) -> Any:
    """Positive-definite matrices near a sample's."""
    return (array + array.conj().swapaxes(-1, -2)) / 2


def of_complex_numbers() -> list[Sample]:
    found = []
    for sample in ALL:
        name = sample.op.name
        if name not in (ANALYTIC | OWN) - ALWAYS_COMPLEX - FREE_PHASE or sample.tied_to_layout:
            continue
        arrays = tuple(
            turned(
                a,
                zlib.crc32(f"{sample} {n}".encode()),
                sample.op.declaration.family == "elementwise",
            )
            for n, a in enumerate(sample.inputs)
        )
        if name in {"linalg_cholesky", "linalg_eigvalsh"}:
            arrays = tuple(hermitian(a) for a in arrays)
        if name in {"keep_where"}:
            arrays = (arrays[0], sample.inputs[1])
        made = Sample(sample.op, arrays, sample.options)
        if made.differentiable and "dtype" not in sample.options:
            found.append(made)
    return found


COMPLEX = of_complex_numbers()
each_sample = pytest.mark.parametrize("sample", COMPLEX, ids=str)


def test_the_tables_name_ops():
    assert set(TABLE) >= ANALYTIC | OWN
    assert not ANALYTIC & OWN


def test_nearly_every_op_of_the_tables_is_tried():
    tied = {s.op.name for s in ALL if s.tied_to_layout}
    without_rules = {name for name in ANALYTIC | OWN if not TABLE[name].declaration.rules}
    missing = (ANALYTIC | OWN) - {s.op.name for s in COMPLEX} - tied - without_rules
    assert missing - ALWAYS_COMPLEX - FREE_PHASE <= {"to_dtype", "to_device"}


@each_sample
def test_gradient_equals_the_finite_difference(sample: Sample):
    def weighted(arrays):
        moved = with_arrays(sample, arrays)
        outputs = float_outputs(moved.call(*tensors(moved)))
        return dot(weights_for(outputs), [out.detach() for out in outputs])

    found = first_gradients(sample, tensors(sample))
    for got, wanted in zip(found, differences(weighted, arrays_of(sample)), strict=True):
        np.testing.assert_allclose(got.numpy(), wanted, rtol=1e-5, atol=1e-7)


@each_sample
def test_lifted_rules_give_the_numbers_of_the_raw_ones(sample: Sample):
    raw = first_gradients(sample, tensors(sample))
    lifted = first_gradients(sample, tensors(sample), create_graph=True)
    for got, wanted in zip(lifted, raw, strict=True):
        assert got.dtype is wanted.dtype
        np.testing.assert_allclose(got.detach().numpy(), wanted.numpy(), rtol=1e-13, atol=1e-14)


@each_sample
def test_second_gradient_equals_the_finite_difference_of_the_first(sample: Sample):
    inputs = tensors(sample)
    outputs = [out for out in float_outputs(sample.call(*inputs)) if out.requires_grad]
    weights = [w.requires_grad_() for w in weights_for(outputs)]
    first = first_gradients(sample, inputs, weights, create_graph=True)
    pushes = weights_for(first)
    wanted = [*leaves(sample, inputs), *weights]
    rooted = [(g, p) for g, p in zip(first, pushes, strict=True) if g.requires_grad]
    found = tg.autograd.grad(
        [g for g, _ in rooted], wanted, [p for _, p in rooted], allow_unused=True,
        materialize_grads=True,
    ) if rooted else [tg.zeros_like(t) for t in wanted]  # fmt: skip
    count = len(sample.differentiable)

    def pushed(arrays):
        moved = with_arrays(sample, arrays[:count])
        given = [tg.tensor(w) for w in arrays[count:]]
        return dot(pushes, first_gradients(moved, tensors(moved), given))

    start = [*arrays_of(sample), *(w.detach().numpy().copy() for w in weights)]
    for got, difference in zip(found, differences(pushed, start), strict=True):
        np.testing.assert_allclose(got.numpy(), difference, rtol=5e-5, atol=5e-7)


# -- vectors of a free phase -----------------------------------------------------------------------


def random_complex(*shape: int) -> np.ndarray[Any, Any]:
    random = np.random.default_rng(11)
    return random.normal(size=shape) + 1j * random.normal(size=shape)


def outer_products(u: Any, v: Any) -> Any:
    """The same for vectors that are turned together: all that is left of a phase is gone."""
    return u.unsqueeze(-2) * v.conj().unsqueeze(-3)


FREE = {
    "svd": (lambda x: outer_products(*_left_and_right(x)), random_complex(3, 2)),
    "svd of a wide matrix": (lambda x: outer_products(*_left_and_right(x)), random_complex(2, 4)),
    "eigh": (lambda x: _projections(tg.linalg.eigh(x + x.mH).eigenvectors), random_complex(3, 3)),
    "eig": (lambda x: tg.linalg.eig(x).eigenvectors.abs(), random_complex(3, 3)),
    "eigvals": (lambda x: (tg.linalg.eigvals(x) ** 3).sum(), random_complex(3, 3)),
}


def _left_and_right(x: Any) -> tuple[Any, Any]:
    u, _, vh = tg.linalg.svd(x, full_matrices=False)
    return u, vh.mH


def _projections(vectors: Any) -> Any:
    return outer_products(vectors, vectors)


@pytest.mark.parametrize("name", FREE)
def test_gradients_of_complex_vectors(name: str):
    function, at = FREE[name]
    x = tg.tensor(at, requires_grad=True)
    out = function(x)
    (weights,) = weights_for([out])

    def weighted(arrays):
        return dot([weights], [function(tg.tensor(arrays[0]))])

    (found,) = tg.autograd.grad(out, x, weights)
    (wanted,) = differences(weighted, [at.copy()])
    np.testing.assert_allclose(found.numpy(), wanted, rtol=1e-5, atol=1e-7)
