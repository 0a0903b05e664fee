"""Half precision: computed in float32, rounded once, as PyTorch does."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="compares with PyTorch")

import tracegrad as tg  # noqa: E402  after importorskip

pytestmark = pytest.mark.parity

HALVES = ["float16", "bfloat16"]
ROUNDING = {"float16": 2**-10, "bfloat16": 2**-7}

EXACT = [
    "x * 0.1", "x + y", "x * y", "x / y", "x - 1.5", "2.25 - x", "x.exp()", "x.abs().sqrt()",
    "x.sin()",
    "x.sum()", "x.sum(0)", "x.sum(1, keepdim=True)", "x.mean()", "x.mean(0)", "x.tanh()",
    "x.sigmoid()", "x.relu()", "x.clone()", "x.t()", "x[1]", "x[[0, 0, 2]]", "T.cat([x, y])",
    "x.amax(1)", "x.argmax(0)", "x > y", "x.view(-1)", "x.flip(0)", "x.masked_fill(x > 0, 0.3)",
    "T.where(x > 0, x, y)", "T.where(x > 0, x, 0.5)", "x ** 2", "-x", "x.float() * 0.1",
    "x * y.float()", "x * T.tensor(2.5)", "x + T.tensor(1, dtype=T.int64)", "x.clamp(-0.5, 0.5)",
    "x.expand(2, 3, 4).sum(0)", "x.unsqueeze(0)", "x.softmax(1)", "x.sort(1)[0]", "x.gather(1, i)",
    "x.index_select(0, i[0])", "x.cumsum(0)[-1]", "T.maximum(x, y)", "x.pow(3)", "x.floor()",
    "(x * 1).add_(y)", "(x * 1).mul_(0.1)", "(x * 1).relu_()", "(x * 1).zero_()", "x.square()",
    "x.var(1)", "x.norm()", "x.logsumexp(1)", "x.log_softmax(0)", "x.reciprocal()", "x.isnan()",
    "T.stack([x, y]).sum(0)", "x.std()", "x.prod(1)", "x @ y.t()", "T.nn.functional.linear(x, y)",
    "x.scatter_add(1, i, y)", "T.nn.functional.gelu(x)", "T.nn.functional.silu(x)",
    "T.nn.functional.mse_loss(x, y)", "T.nn.functional.cross_entropy(x, i[:, 0])",
    "T.nn.functional.layer_norm(x, (4,))", "T.outer(x[0], y[0])", "x.lerp(y, 0.3)",
    "T.addmm(x[:, :3], x, y.t())", "x.repeat(2, 1)", "x.roll(1, 0)", "x.tril()",
    "T.nn.functional.embedding(i, x)",
]  # fmt: skip


def environment(module: Any, half: str) -> dict[str, Any]:
    random = np.random.default_rng(5)
    x, y = (random.normal(size=(3, 4)) for _ in range(2))
    names = {
        name: module.tensor(array.tolist()).to(getattr(module, half)).requires_grad_()
        for name, array in (("x", x), ("y", y))
    }
    return names | {"T": module, "i": module.tensor([[0, 1, 2, 0], [2, 1, 0, 1], [0, 0, 2, 1]])}


def floats(tensor: Any) -> Any:
    return np.array(tensor.detach().float().tolist())


@pytest.mark.parametrize("half", HALVES)
@pytest.mark.parametrize("expression", EXACT)
def test_values_and_gradients(expression: str, half: str):
    found = []
    for module in (tg, torch):
        names = environment(module, half)
        out = eval(expression, names)
        if out.requires_grad:
            out.sum().backward()
        gradients = [names[n].grad for n in ("x", "y")]
        found.append((out, gradients))
    (ours, our_gradients), (theirs, their_gradients) = found
    assert str(ours.dtype).rpartition(".")[2] == str(theirs.dtype).rpartition(".")[2]
    assert tuple(ours.shape) == tuple(theirs.shape)
    assert ours.requires_grad == theirs.requires_grad
    tolerance = 2 * ROUNDING[half]
    np.testing.assert_allclose(floats(ours), floats(theirs), rtol=tolerance, atol=tolerance / 2)
    for mine, wanted in zip(our_gradients, their_gradients, strict=True):
        assert (mine is None) == (wanted is None)
        if mine is not None:
            assert str(mine.dtype).rpartition(".")[2] == half
            # PyTorch rounds between the steps of some rules.
            np.testing.assert_allclose(
                floats(mine), floats(wanted), rtol=4 * tolerance, atol=2 * tolerance
            )


@pytest.mark.parametrize("half", HALVES)
def test_a_number_is_not_rounded_before_it_is_used(half: str):
    expected = torch.arange(100).to(getattr(torch, half)) * 0.1
    assert (tg.arange(100).to(getattr(tg, half)) * 0.1).tolist() == expected.tolist()
    mine, theirs = (m.arange(100).to(getattr(m, half)) for m in (tg, torch))
    with tg.no_grad():
        mine *= 0.1
    theirs *= 0.1
    assert mine.tolist() == theirs.tolist()


@pytest.mark.parametrize("half", HALVES)
def test_a_long_sum_is_added_up_in_float32(half: str):
    ones = tg.ones(4096, 3, dtype=getattr(tg, half))
    assert ones.sum(0).tolist() == [4096.0] * 3
    row = tg.ones(3, dtype=getattr(tg, half), requires_grad=True)
    (ones * row).sum().backward()
    assert row.grad.tolist() == [4096.0] * 3


@pytest.mark.parametrize("half", HALVES)
@pytest.mark.parametrize("optimizer", ["SGD", "Adam"])
def test_a_network_trains_in_half_precision(half: str, optimizer: str):
    losses = []
    for module in (tg, torch):
        module.manual_seed(0)
        net = module.nn.Sequential(
            module.nn.Linear(4, 16), module.nn.Tanh(), module.nn.Linear(16, 1)
        ).to(getattr(module, half))
        x = module.randn(32, 4).to(getattr(module, half))
        # float16 has no 1e-8, which is Adam's default.
        more = {"eps": 1e-3} if optimizer == "Adam" else {}
        steps = getattr(module.optim, optimizer)(net.parameters(), lr=0.05, **more)
        for _ in range(20):
            loss = ((net(x) - x[:, :1]) ** 2).mean()
            steps.zero_grad()
            loss.backward()
            steps.step()
            assert all(p.dtype is getattr(module, half) for p in net.parameters())
        losses.append(loss.item())
    assert losses[0] == pytest.approx(losses[1], rel=0.15, abs=0.01)
    assert losses[0] < 0.5
