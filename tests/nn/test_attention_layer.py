"""Attention and bags away from NumPy, in a recording, and with dropout: without PyTorch at hand."""

from __future__ import annotations

import pytest

import tracegrad as tg
from tests.backend.strict import strict_cuda
from tracegrad import nn

MODULES = [
    (lambda: nn.Transformer(8, 2, 1, 1, 16, 0.0), ((5, 3, 8), (4, 3, 8))),
    (lambda: nn.TransformerEncoderLayer(8, 2, 16, 0.0, "gelu", norm_first=True), ((5, 3, 8),)),
]


def gradients(module: nn.Module, *inputs: tg.Tensor) -> list[list]:
    """The result and the parameters' gradients, as numbers."""
    result = module(*inputs)
    result.square().sum().backward()
    return [result.detach().cpu().tolist(), *(p.grad.cpu().tolist() for p in module.parameters())]


@pytest.mark.parametrize("n", range(len(MODULES)))
def test_a_transformer_computes_on_a_device_what_it_computes_on_the_host(n):
    make, shapes = MODULES[n]
    tg.manual_seed(0)
    module, inputs = make(), [tg.randn(shape) for shape in shapes]
    wanted = gradients(module, *inputs)
    module.zero_grad()
    with strict_cuda():
        found = gradients(module.to("cuda"), *(x.to("cuda") for x in inputs))
    for mine, yours in zip(found, wanted, strict=True):
        assert tg.allclose(tg.tensor(mine), tg.tensor(yours), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("mode", ["sum", "mean", "max"])
def test_a_bag_computes_on_a_device_what_it_computes_on_the_host(mode):
    tg.manual_seed(0)
    bag = nn.EmbeddingBag(5, 3, mode=mode, padding_idx=2)
    numbers, offsets = tg.tensor([1, 4, 2, 4, 0]), tg.tensor([0, 3, 3])
    wanted = gradients(bag, numbers, offsets)
    bag.zero_grad()
    with strict_cuda():
        found = gradients(bag.to("cuda"), numbers.to("cuda"), offsets.to("cuda"))
    for mine, yours in zip(found, wanted, strict=True):
        assert tg.allclose(tg.tensor(mine), tg.tensor(yours), rtol=1e-5, atol=1e-6)


def test_attention_drops_weights_in_training_only():
    tg.manual_seed(0)
    module, x = nn.MultiheadAttention(8, 2, dropout=0.5), tg.randn(6, 4, 8)
    _, weights = module(x, x, x, average_attn_weights=False)
    assert 0.3 < (weights == 0).float().mean().item() < 0.7
    module.eval()
    _, weights = module(x, x, x)
    assert tg.allclose(weights.sum(-1), tg.ones(4, 6))


def test_a_recording_shows_attention_inside_of_its_layer():
    encoder, x = nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2, 16), 1), tg.randn(5, 3, 8)
    with tg.record() as trace:
        encoder(x)
    paths = {trace.scope(e.scope).path for e in trace.events() if e.op == "attention_softmax"}
    assert len(paths) == 1
    (path,) = paths
    assert "layers.0.self_attn" in path
    assert path.endswith("multi_head_attention_forward.scaled_dot_product_attention")
