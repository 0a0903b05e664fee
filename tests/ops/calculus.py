"""Gradients by autograd and by finite differences, for comparing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import tracegrad as tg
from tests.ops.samples import Sample
from tests.ops.samples_linalg import SYMMETRIC
from tracegrad.dtypes import complex_of

Arrays = Sequence[np.ndarray[Any, Any]]
STEP = 1e-6


def tensors(sample: Sample, dtype: Any = None) -> list[Any]:
    """The sample's inputs as tensors; those with a rule require grad."""
    made: list[Any] = []
    for n, array in enumerate(sample.inputs):
        if array is None:
            made.append(None)
            continue
        wanted = {"f": dtype, "c": None if dtype is None else complex_of(dtype)}
        tensor = tg.tensor(array, dtype=wanted.get(array.dtype.kind))
        made.append(tensor.requires_grad_() if n in sample.differentiable else tensor)
    return made


def leaves(sample: Sample, inputs: Sequence[Any]) -> list[Any]:
    return [inputs[n] for n in sample.differentiable]


def float_outputs(outputs: Any) -> list[Any]:
    """The outputs that a gradient can come from."""
    several = outputs if isinstance(outputs, tuple) else (outputs,)
    return [out for out in several if out.is_floating_point() or out.is_complex()]


def weights_for(outputs: Sequence[Any]) -> list[Any]:
    """A fixed gradient for each output, with no two elements equal."""
    random = np.random.default_rng(len(outputs))
    made = []
    for out in outputs:
        numbers = random.normal(size=tuple(out.shape))
        if out.is_complex():
            numbers = numbers + 1j * random.normal(size=tuple(out.shape))
        made.append(tg.tensor(numbers, dtype=out.dtype))
    return made


def first_gradients(
    sample: Sample, inputs: Sequence[Any], weights: Any = None, create_graph: bool = False
) -> list[Any]:
    """Gradients of the weighted outputs; zeros where none flows."""
    outputs = [out for out in float_outputs(sample.call(*inputs)) if out.requires_grad]
    targets = leaves(sample, inputs)
    if not outputs:
        return [tg.zeros_like(t) for t in targets]
    return list(
        tg.autograd.grad(
            outputs, targets, weights_for(outputs) if weights is None else weights,
            create_graph=create_graph, allow_unused=True, materialize_grads=True,
        )
    )  # fmt: skip


def differences(function: Callable[[Arrays], float], at: Arrays) -> list[np.ndarray[Any, Any]]:
    """Central differences of a scalar function, for every element of every array; of a complex one
    those for its real part, plus `1j` times those for its imaginary part.
    """
    found = []
    for array in at:
        slope = np.zeros_like(array)
        for index in np.ndindex(array.shape):
            kept = array[index]
            for direction in (1, 1j) if array.dtype.kind == "c" else (1,):
                array[index] = kept + STEP * direction
                above = function(at)
                array[index] = kept - STEP * direction
                below = function(at)
                array[index] = kept
                slope[index] += (above - below) / (2 * STEP) * direction
        found.append(slope)
    return found


def with_arrays(sample: Sample, arrays: Arrays) -> Sample:
    """The sample with other values for its differentiable inputs."""
    replaced = list(sample.inputs)
    for n, array in zip(sample.differentiable, arrays, strict=True):
        if sample.op.name in SYMMETRIC:
            array = (array + array.conj().swapaxes(-1, -2)) / 2
        replaced[n] = array
    return Sample(sample.op, tuple(replaced), sample.options, sample.tied_to_layout)


def arrays_of(sample: Sample) -> list[np.ndarray[Any, Any]]:
    """Copies of the differentiable inputs."""
    return [sample.inputs[n].copy() for n in sample.differentiable]


def dot(xs: Sequence[Any], ys: Sequence[Any]) -> float:
    """The inner product of two lists of arrays, of which the parts of complex numbers take part
    apart.
    """
    products = [np.conj(np.asarray(x)) * np.asarray(y) for x, y in zip(xs, ys, strict=True)]
    return float(sum(product.sum().real for product in products))
