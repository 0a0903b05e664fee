"""Optimizers on the arrays of a device: every one steps as on the CPU."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

import tracegrad as tg
from tests.backend.strict import strict_cuda
from tests.optim.test_optimizers import KINDS
from tracegrad import nn

EVERY = [*KINDS, (tg.optim.Muon, {"lr": 0.1}), (tg.optim.LBFGS, {"max_iter": 4})]
EVERY += [(tg.optim.LBFGS, {"max_iter": 4, "line_search_fn": "strong_wolfe"})]


@pytest.fixture(autouse=True)
def device() -> Iterator[None]:
    with strict_cuda():
        yield


def trained(kind: Any, options: dict[str, Any], where: str, dtype: tg.dtype) -> list[float]:
    tg.manual_seed(0)
    net = nn.Sequential(nn.Linear(3, 5, bias=False), nn.Tanh(), nn.Linear(5, 1, bias=False))
    net = net.to(where).to(dtype)
    x = tg.linspace(-1, 1, 12).reshape(4, 3).to(where).to(dtype)
    optimizer = kind(net.parameters(), **options)

    def closure() -> tg.Tensor:
        optimizer.zero_grad()
        loss = ((net(x) - x.sum(1, keepdim=True)) ** 2).mean()
        loss.backward()
        return loss

    return [optimizer.step(closure).item() for _ in range(5)]


@pytest.mark.parametrize("dtype", [tg.float32, tg.bfloat16], ids=lambda d: d.name)
@pytest.mark.parametrize(("kind", "options"), EVERY, ids=lambda v: getattr(v, "__name__", str(v)))
def test_losses_are_those_of_the_cpu(kind, options, dtype):
    there, here = (trained(kind, options, where, dtype) for where in ("cuda", "cpu"))
    assert there == pytest.approx(here, rel=1e-5 if dtype is tg.float32 else 0.05)


def test_a_net_that_moves_takes_its_state_along():
    p, q = nn.Linear(2, 1, bias=False), nn.Linear(2, 1, bias=False)
    q.load_state_dict(p.state_dict())
    optimizers = [tg.optim.Adam(net.parameters(), lr=0.1) for net in (p, q)]
    for step in range(3):
        if step == 1:
            p.to("cuda")
        for net, optimizer in zip((p, q), optimizers, strict=True):
            net.weight.grad = tg.ones(1, 2).to(net.weight.device)
            optimizer.step()
    state = optimizers[0].state[p.weight]
    assert state["exp_avg"].device.type == "cuda"
    assert state["step"].device.type == "cpu"
    assert p.weight.cpu().tolist() == q.weight.tolist()
