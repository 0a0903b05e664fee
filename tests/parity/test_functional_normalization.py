"""Normalisation, attention, embedding and distances, evaluated by tracegrad and by PyTorch."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import tracegrad as tg
from tests.parity.both import assert_same
from tests.parity.half import assert_near

pytestmark = pytest.mark.parity


@pytest.mark.parametrize(
    "expression",
    [
        "F.layer_norm(a, (3,))", "F.layer_norm(a, (3,), row)", "F.layer_norm(a, [3], row, row * 2)",
        "F.layer_norm(c, (3, 4), m, m * 2, 0.1)", "F.layer_norm(c, (4,), v, None)",
        "F.layer_norm(n, (4,), v, v)", "F.layer_norm(e, (3,), row, row)",
        "F.layer_norm(d, (3,))",
        "F.layer_norm(a + 1, (3,))", "F.layer_norm(c.transpose(0, 2), (2,))",
        "F.layer_norm(a, (4,))", "F.layer_norm(a, (3,), v)", "F.layer_norm(a, ())",
        "F.layer_norm(a, (3,), bias=v)", "F.layer_norm(s, (1,))",
        "F.rms_norm(a, (3,))", "F.rms_norm(a, (3,), row, 0.1)", "F.rms_norm(c, (3, 4), m)",
        "F.rms_norm(n, (4,), v)", "F.rms_norm(d, (3,))", "F.rms_norm(e, (3,))",
        "F.rms_norm(a, (4,))", "F.rms_norm(a, (3,), v)",
        "F.group_norm(c, 1)", "F.group_norm(c, 3, row, row)", "F.group_norm(c, 3, row)",
        "F.group_norm(n, 2, v, v, 0.1)", "F.group_norm(c, 2)", "F.group_norm(row, 1)",
        "F.group_norm(c, 3, v)", "F.group_norm(e, 3)",
        "F.group_norm(c[:1, :1, :1], 1)",
        "F.instance_norm(c)", "F.instance_norm(c, weight=row, bias=row)",
        "F.instance_norm(c, eps=0.1)", "F.instance_norm(c[:, :, :1])",
        "F.instance_norm(c, use_input_stats=False)", "F.instance_norm(c.permute(1, 0, 2))",
        "F.instance_norm(c, weight=v)",
        "F.local_response_norm(c, 2)", "F.local_response_norm(c, 3, 0.5, 2.0, 0.1)",
        "F.local_response_norm(c.unsqueeze(0), 2, 1.0)", "F.local_response_norm(a, 2)",
        "F.normalize(a)", "F.normalize(a, 1.0)", "F.normalize(a, dim=0)", "F.normalize(a, 3, 1)",
        "F.normalize(c, dim=(0, 2))", "F.normalize(a * 0)", "F.normalize(a, float('inf'))",
    ],
)  # fmt: skip
def test_a_normalisation_or_a_refusal_agrees(expression):
    assert_same(expression)


RUNNING = "mu = row.detach().clone(); nu = p[0].detach().clone(); "


@pytest.mark.parametrize(
    "call",
    [
        "F.batch_norm(a, mu, nu)", "F.batch_norm(c, mu, nu, row, row * 2)",
        "F.batch_norm(c, mu, nu, row)", "F.batch_norm(c, mu, nu, None, row, eps=0.1)",
        "F.batch_norm(T.cat([a, b, p]), mu, nu, training=True)",
        "F.batch_norm(T.cat([a, b, p]), mu, nu, row, row * 2, True)",
        "F.batch_norm(c, mu, nu, row, row, True, 0.3, 0.1)",
        "F.batch_norm(c, mu, None, training=True)",
        "F.batch_norm(c.permute(2, 1, 0), mu, nu, row, training=True)",
        "F.batch_norm(c.unsqueeze(3), mu, nu, row, training=True, momentum=1.0)",
        "F.batch_norm(c, None, None, row, row, True)",
        "F.batch_norm(c, None, None, row, row)", "F.batch_norm(a[:1], mu, nu, training=True)",
        "F.batch_norm(c, mu, nu, eps=-1.0)", "F.batch_norm(c, mu, nu, training=True, eps=0.0)",
        "F.batch_norm(c, mu, nu, v)", "F.batch_norm(c, mu[:2], nu)",
        "F.instance_norm(c, mu, nu)", "F.instance_norm(c, mu, nu, row, row, False)",
        "F.instance_norm(c, mu, nu, row, None, True, 0.5)",
    ],
)  # fmt: skip
def test_batch_norm_agrees_and_leaves_the_running_statistics_that_pytorch_leaves(call):
    assert_same(f"{RUNNING}made = {call}; (made, mu, nu)")


def test_running_statistics_changed_after_the_forward_do_not_change_the_gradient():
    gradients = []
    for library in (tg, torch):
        x = library.tensor([[1.0, 2.0], [3.0, 5.0]], requires_grad=True)
        mean, var = library.zeros(2), library.ones(2)
        y = library.nn.functional.batch_norm(x, mean, var)
        library.nn.functional.batch_norm(x.detach(), mean, var, training=True)
        y.sum().backward()
        gradients.append(x.grad.tolist())
    assert gradients[0] == pytest.approx(np.array(gradients[0]))
    np.testing.assert_allclose(gradients[0], np.full((2, 2), 1 / np.sqrt(1 + 1e-5)), rtol=1e-6)


@pytest.mark.parametrize(
    "expression",
    [
        "F.layer_norm(a.half(), (3,), row.half())", "F.rms_norm(a.half(), (3,), row.half())",
        "F.group_norm(c.half(), 3)", "F.instance_norm(c.half())",
        "F.batch_norm(c.half(), row.detach().half(), p[0].detach().half(), training=True)",
        "F.batch_norm(c.half(), row.detach(), p[0].detach(), row, row, training=True)",
        "F.batch_norm(c.half(), row.detach(), p[0].detach(), row, row)",
        "F.scaled_dot_product_attention(c.half(), c.half(), c.half(), is_causal=True)",
        "F.cosine_similarity(a.half(), b.half())", "F.normalize(a.half())",
        "F.embedding(idx, a.half())", "F.cross_entropy(a.half(), y)",
        "F.mse_loss(a.half(), b.half())",
    ],
)  # fmt: skip
def test_half_precision_agrees_to_its_digits(expression):
    assert_near(expression)


# -- attention -------------------------------------------------------------------------------------

Q = "q = c; k = T.cat([c * 2, c[:, :2]], 1); w = T.cat([c[:, :, :2] * 3, c[:, :2, 1:3]], 1); "
BOTH_MASKED = "mask = (T.arange(15).view(3, 5) % 3 > 0); "


@pytest.mark.parametrize(
    "call",
    [
        "attend(q, k, w)", "attend(q, k, w, scale=0.7)", "attend(q, k, w, is_causal=True)",
        "attend(q, k, w, mask)", "attend(q, k, w, mask.float())",
        "attend(q, k, w, T.zeros(3, 5, dtype=T.bool))", "attend(q, k, w, mask, is_causal=True)",
        "attend(q[0], k[0], w[0])", "attend(q, k, w, d[:, :1])", "attend(q[0, 0], k, w)",
        "attend(q, k, w.double())", "attend(q[:, None], k[:, None], w[:, None], mask)",
        "attend(q * 200, k, w, is_causal=True)", "attend(k, q, q, is_causal=True)",
        "attend(q.view(1, 6, 1, 4), k.view(1, 2, 5, 4), w.view(1, 2, 5, 2), enable_gqa=True)",
        "attend(q.view(1, 6, 1, 4), k.view(1, 2, 5, 4), w.view(1, 2, 5, 2))",
    ],
)  # fmt: skip
def test_attention_or_a_refusal_agrees(call):
    attend = call.replace("attend", "F.scaled_dot_product_attention")
    assert_same(f"{Q}{BOTH_MASKED}{attend}")


@pytest.mark.parametrize("size", [1, 31, 32, 33, 100])
@pytest.mark.parametrize("large", [1.0, 10.0])
def test_causal_attention_agrees_at_every_size(size, large):
    random = np.random.default_rng(0)
    arrays = [random.normal(size=(2, size, 8)).astype(np.float32) for _ in range(3)]
    arrays[0] *= large
    found = []
    for library in (tg, torch):
        inputs = [library.tensor(x, requires_grad=True) for x in arrays]
        y = library.nn.functional.scaled_dot_product_attention(*inputs, is_causal=True)
        y.square().sum().backward()
        found.append([y.detach().numpy(), *(x.grad.numpy() for x in inputs)])
    for ours, theirs in zip(*found, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-3, atol=1e-4)


def test_attention_leaves_weights_out_at_the_rate_it_is_given():
    tg.manual_seed(0)
    value = tg.eye(300).unsqueeze(0)
    query = tg.zeros(1, 300, 4)
    weights = tg.nn.functional.scaled_dot_product_attention(query, query, value, dropout_p=0.25)
    kept = weights != 0
    assert kept.float().mean().item() == pytest.approx(0.75, abs=0.01)
    assert weights.max().item() == pytest.approx(1 / 300 / 0.75)


# -- embedding -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "expression",
    [
        "F.embedding(idx, a)", "F.embedding(pos, a, 1)", "F.embedding(pos, a, -1)",
        "F.embedding(pos, a, scale_grad_by_freq=True)", "F.embedding(idx[0, 0], a)",
        "F.embedding(idx, a, 0, scale_grad_by_freq=True)", "F.embedding(idx + 5, a)",
        "F.embedding(i32 - 1, m)", "F.embedding(idx.float(), a)", "F.embedding(idx - 1, a)",
        "F.embedding(pos, a, 7)", "F.embedding(idx[:0], a)", "F.embedding(idx, d)",
        "F.embedding(idx, n)", "F.embedding(idx, a.half())",
        "w = m.detach().clone(); made = F.embedding(idx, w, max_norm=0.5); (made, w)",
        "w = m.detach().clone(); made = F.embedding(idx, w, max_norm=1.0,"
        " norm_type=1.0); (made, w)",
        "F.embedding_bag(idx, a)", "F.embedding_bag(idx, a, mode='sum')",
        "F.embedding_bag(idx, a, mode='max')", "F.embedding_bag(pos, a, T.tensor([0, 2]))",
        "F.embedding_bag(pos, a, T.tensor([0, 1, 1]), mode='sum')",
        "F.embedding_bag(pos, a, T.tensor([0, 1, 1]), mode='max')",
        "F.embedding_bag(pos, a, T.tensor([0, 2, 3]), include_last_offset=True)",
        "F.embedding_bag(idx, a, padding_idx=1)",
        "F.embedding_bag(idx, a, mode='max', padding_idx=1)",
        "F.embedding_bag(idx, m, per_sample_weights=b, mode='sum')",
        "F.embedding_bag(idx, m, per_sample_weights=b)", "F.embedding_bag(pos, a)",
        "F.embedding_bag(idx, a, pos)", "F.embedding_bag(idx, a, mode='median')",
        "F.embedding_bag(pos, a, T.tensor([1, 2]))",
        "F.embedding_bag(idx, m, per_sample_weights=s)",
        "F.one_hot(idx)", "F.one_hot(y, 5)", "F.one_hot(y, 2)", "F.one_hot(j)", "F.one_hot(a)",
        "F.one_hot(y[:0], 4)", "F.one_hot(y[:0])",
    ],
)  # fmt: skip
def test_an_embedding_or_a_refusal_agrees(expression):
    assert_same(expression)


@pytest.mark.parametrize("name", ["embedding", "embedding_bag"])
def test_sparse_gradients_are_refused(name):
    with pytest.raises(NotImplementedError, match="try: sparse=False"):
        getattr(tg.nn.functional, name)(tg.tensor([[0, 1]]), tg.zeros(3, 2), sparse=True)


# -- distances and products ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "expression",
    [
        "F.cosine_similarity(a, b)", "F.cosine_similarity(a, b, 0)",
        "F.cosine_similarity(c, a[0, 0])",
        "F.cosine_similarity(a, b * 0)", "F.cosine_similarity(a, d)", "F.cosine_similarity(i, i)",
        "T.cosine_similarity(a, row)", "F.pairwise_distance(a, b)",
        "F.pairwise_distance(a, b, 1.0, keepdim=True)", "F.pairwise_distance(row, row + 1)",
        "F.pairwise_distance(a, b, inf)", "T.pairwise_distance(a, b, 3.0)",
        "F.pdist(a)", "F.pdist(m, 1.0)", "F.pdist(m, 3.0)", "F.pdist(m, inf)", "F.pdist(c)",
        "F.pdist(m, 0.0)", "F.pdist(m[:1])", "F.pdist(T.cat([a, a]))",
        "T.cdist(a, b)", "T.cdist(a, b, 1.0)", "T.cdist(a, b, 1.5)", "T.cdist(a, b, inf)",
        "T.cdist(c, m)", "T.cdist(a, b, 0.0)", "T.cdist(a, a)", "T.cdist(e, a)", "T.cdist(a, m)",
        "T.cdist(row, a)", "T.cdist(a, b, -1)", "T.cdist(i, i)",
        "T.cdist(a, b, compute_mode='use_mm_for_euclid_dist')", "T.cdist(a, b, compute_mode='x')",
        "T.cdist(m.repeat(20, 1), m * 2)",
        "F.bilinear(a, b[:, :2], c.view(4, 3, 2), v)", "F.bilinear(a, b[:, :2], c.view(4, 3, 2))",
        "F.bilinear(row, row[:2], c.view(4, 3, 2))", "F.bilinear(a, b, c)",
        "F.linear(a, q, row)", "F.linear(c, m)",
    ],
)  # fmt: skip
def test_a_distance_or_a_product_agrees(expression):
    assert_same(expression)
