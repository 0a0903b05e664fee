"""What stays alive after an op, and for how long."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import numpy as np
import pytest

import tracegrad as tg
from tests.ops.calculus import first_gradients, float_outputs, tensors, weights_for
from tests.ops.samples import DIFFERENTIABLE, Sample
from tracegrad.graph.node import Node, Output


@pytest.fixture(autouse=True, scope="module")
def no_garbage_collection() -> Iterator[None]:
    """What dies here dies because nothing refers to it; what there was before is not searched."""
    gc.collect()
    gc.freeze()
    gc.disable()
    yield
    gc.enable()
    gc.unfreeze()


def named_inputs(sample: Sample) -> set[int]:
    """Positions of the inputs that a rule names as values."""
    d = sample.op.declaration
    saved = {saved.source for saved in d.saves if saved.kind == "input"}
    if d.is_list:
        return set(range(len(sample.inputs))) if d.inputs[0].lstrip("*") in saved else set()
    return {n for n, name in enumerate(sample.op.inputs) if name in saved}


def as_results(sample: Sample) -> list:
    """The sample's inputs as tensors that nobody but the graph could hold."""
    return [None if t is None else t * 1 if t.requires_grad else t.clone() for t in tensors(sample)]


def node_of(out) -> Node:
    return out._node.node if isinstance(out._node, Output) else out._node


COPYING = [s for s in DIFFERENTIABLE if s.op.declaration.family != "view"]
"""Ops whose output does not hold its input's memory, as a view does and should."""


def kept_by_output(sample: Sample, inputs: list, out) -> set[int]:
    """Positions of the inputs whose memory the output shows: `copy` out of place is a broadcast."""
    return {
        n
        for n, t in enumerate(inputs)
        if t is not None and np.may_share_memory(t._array, out._array)
    }


@pytest.mark.parametrize("sample", COPYING, ids=str)
def test_only_inputs_that_a_rule_names_stay_alive(sample: Sample):
    inputs = as_results(sample)
    out = sample.call(*inputs)
    shown = kept_by_output(sample, inputs, out[0] if isinstance(out, tuple) else out)
    assert shown == ({1} if sample.op.name == "copy" else set())
    arrays = {n: weakref.ref(t._array) for n, t in enumerate(inputs) if t is not None}
    del inputs
    alive = {n for n, array in arrays.items() if array() is not None}
    assert alive - shown == named_inputs(sample) & set(arrays) - shown


@pytest.mark.parametrize("sample", COPYING, ids=str)
def test_backward_frees_what_was_saved_although_the_output_is_alive(sample: Sample):
    inputs = as_results(sample)
    outputs = [o for o in float_outputs(sample.call(*inputs)) if o.requires_grad]
    shown = kept_by_output(sample, inputs, outputs[0])
    arrays = {n: weakref.ref(t._array) for n, t in enumerate(inputs) if t is not None}
    del inputs
    tg.autograd.backward(outputs, weights_for(outputs))
    assert {n for n, array in arrays.items() if array() is not None} == shown


@pytest.mark.parametrize("create_graph", [False, True], ids=["raw", "lifted"])
@pytest.mark.parametrize("sample", DIFFERENTIABLE, ids=str)
def test_forward_and_backward_make_no_reference_cycle(sample: Sample, create_graph: bool):
    gc.collect()  # what pytest leaves between tests
    inputs = tensors(sample)
    outputs = float_outputs(sample.call(*inputs))
    nodes = [weakref.ref(node_of(o)) for o in outputs]
    first_gradients(sample, inputs, create_graph=create_graph)
    assert all(node() is not None for node in nodes)
    del outputs, inputs
    assert [node() for node in nodes] == [None] * len(nodes)
    assert gc.collect() == 0
