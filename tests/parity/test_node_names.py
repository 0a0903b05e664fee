"""`grad_fn` is called as in PyTorch: of every op that it has too, and of what users write."""

from __future__ import annotations

import re
import warnings
from typing import Any

import pytest
import torch

import tracegrad as tg
from tests.ops.calculus import tensors
from tests.ops.samples import DIFFERENTIABLE, Sample
from tests.parity.both import environment

pytestmark = pytest.mark.parity

DECOMPOSED = frozenset({
    "floor_divide", "real", "imag", "cross_entropy", "linear", "matmul", "positive", "ndtr",
    "l1_loss", "kl_div", "soft_margin_loss", "max_pool1d", "avg_pool1d", "adaptive_avg_pool1d",
    "adaptive_avg_pool2d", "adaptive_max_pool1d", "conv1d", "conv2d", "conv3d", "conv_transpose1d",
    "conv_transpose2d", "conv_transpose3d", "rms_norm", "instance_norm", "batch_norm", "einsum",
    "interpolate", "cdist", "nll_loss", "vector_norm",
})  # fmt: skip
"""Ops that are one node here and several in PyTorch, at least for some shapes: its `grad_fn` is the
last of them, such as a `MeanBackward0` that belongs to a loss.
"""

PLACES = (torch, torch.nn.functional, torch.linalg, torch.special, torch._C._nn, torch.Tensor)


def theirs(sample: Sample) -> Any:
    """PyTorch's function for the op and its arguments in our order; `None` if they don't fit."""
    op = sample.op
    inputs = [
        None if a is None else torch.tensor(a).requires_grad_(n in sample.differentiable)
        for n, a in enumerate(sample.inputs)
    ]
    for place in PLACES:
        function = getattr(place, op.name, None)
        if function is None:
            continue
        try:
            if op.declaration.is_list:
                return function(inputs, **sample.options)
            return function(*inputs, **sample.options)
        except (TypeError, RuntimeError, AttributeError):
            continue
    return None


def names(results: Any) -> list[str]:
    """Without the number at the end, which tells PyTorch's overloads apart."""
    several = results if isinstance(results, tuple | list) else (results,)
    found = [t.grad_fn.name() for t in several if t.requires_grad and t.grad_fn is not None]
    return [re.sub(r"\d+$", "", name) for name in found]


def comparable() -> list[Any]:
    """The samples that PyTorch takes too, and gives a gradient for, with what it shows."""
    found = []
    for sample in DIFFERENTIABLE:
        if sample.op.declaration.public and sample.op.name not in DECOMPOSED:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                results = theirs(sample)
            wanted = [] if results is None else names(results)
            if wanted:
                found.append(pytest.param(sample, wanted, id=str(sample)))
    return found


@pytest.mark.parametrize(("sample", "wanted"), comparable())
def test_every_op_that_pytorch_has_is_called_the_same(sample: Sample, wanted: list[str]):
    assert names(sample.call(*tensors(sample))) == wanted


EXPRESSIONS = [
    "a + 1", "a - b", "a * 2", "a / b", "-a", "a ** 2", "a.exp()", "a.log1p()", "a.abs()",
    "a.sum()", "a.sum(0)", "a.mean()", "a.mean(1)", "q.prod()", "q.prod(0)", "a.max(1)[0]",
    "a.min(1)[0]", "a.amax()", "a.std()", "a.var(1)", "a.norm()", "a.logsumexp(0)", "a.cumsum(0)",
    "a.clamp(0, 1)", "a.float().double()", "a.t()", "a.mT", "a.T", "a.reshape(6)",
    "a.t().reshape(6)", "a.view(3, 2)", "a.flatten()", "a[0]", "a[:1]", "a[t]", "a[pos]",
    "a.squeeze()", "a.unsqueeze(0)", "a.expand(2, 2, 3)", "a.repeat(2, 1)", "a.split(1)[0]",
    "a.chunk(2)[0]", "a.unbind()[0]", "T.cat([a, b])", "T.stack([a, b])", "a @ m", "m @ v",
    "v @ v", "T.mm(a, m)", "T.outer(v, v)", "F.linear(a, q, row)", "F.relu(a)", "F.softmax(a, 1)",
    "F.log_softmax(a, 1)", "T.sigmoid(a)", "T.tanh(a)", "F.gelu(a)", "F.mse_loss(a, b)",
    "F.cross_entropy(a, y)", "T.where(t, a, b)", "a.masked_fill(t, 0)", "a.gather(0, idx)",
    "a.index_select(0, pos)", "a.clone()", "T.tril(q)", "F.embedding(pos, a)", "a.clone().mul_(2)",
]  # fmt: skip


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_what_users_write_shows_the_same_grad_fn(expression: str):
    ours, wanted = (
        eval(expression, environment(library)).grad_fn.name() for library in ("tracegrad", "torch")
    )
    assert ours == wanted


@pytest.mark.parametrize("write", ["y[0] = a[1]", "y[:1].mul_(2)", "y.copy_(b)"])
def test_writes_show_the_same_grad_fn(write: str):
    shown = []
    for library in ("tracegrad", "torch"):
        known = environment(library)
        exec(f"y = a.clone(); {write}", known)
        shown.append(re.search(r"grad_fn=<(\w+)>", repr(known["y"]))[1])  # type: ignore[index]
    assert shown[0] == shown[1]


def test_a_leaf_ends_in_accumulate_grad_in_both():
    for library in (tg, torch):
        x: Any = library.ones(2, requires_grad=True)
        (node, index), _ = (x * 2).grad_fn.next_functions
        assert (node.name().rpartition("::")[2], index) == ("AccumulateGrad", 0)
