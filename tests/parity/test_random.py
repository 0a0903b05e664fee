"""The same seed gives the same numbers as PyTorch, and the same errors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="compares with PyTorch")

import tracegrad as tg  # noqa: E402  after importorskip
from tests.parity.both import numbers  # noqa: E402  after importorskip

pytestmark = pytest.mark.parity

SEEDS = [0, 42, 2**40 + 7, -3]

TO_THE_BIT = [
    "T.rand(5)", "T.rand(3, 4)", "T.rand(1000)", "T.rand(7, dtype=T.float64)",
    "T.rand(9, dtype=T.float16)", "T.rand(9, dtype=T.bfloat16)", "T.rand(())",
    "T.rand_like(T.zeros(2, 3))", "T.empty(20).uniform_(-0.5, 0.25)", "T.empty(0).uniform_()",
    "T.randn(1)", "T.randn(15)", "T.randn(3, 5)", "T.randn(7, dtype=T.float64)",
    "T.empty(8).normal_(1.0, 2.0)", "T.randint(10, (50,))", "T.randint(-5, 2**27, (50,))",
    "T.randint(2**29, (20,))", "T.randint(0, 2**33, (20,))", "T.randint(-(2**62), 2**63 - 1, (9,))",
    "T.randint(3, 9, (2, 3), dtype=T.int32)", "T.randint_like(T.zeros(4, dtype=T.int64), 7)",
    "T.randperm(0)", "T.randperm(1)", "T.randperm(7)", "T.randperm(5000)",
    "T.bernoulli(T.full((50,), 0.3))", "T.bernoulli(T.full((50,), 0.3, dtype=T.float64))",
    "T.empty(20).random_()", "T.empty(20, dtype=T.int64).random_()", "T.zeros(9).random_(5)",
    "T.zeros(9, dtype=T.int32).random_(-3, 5)", "T.empty(20).geometric_(0.3)",
    "T.multinomial(T.tensor([0.1, 0.2, 0.3, 0.4]), 8, replacement=True)",
    "T.multinomial(T.rand(7, 9), 1)", "T.multinomial(T.rand(7, 9), 3)",
    "T.bernoulli(T.zeros(4, 30).t(), 0.3)", "T.zeros(50).bernoulli_(0.7)", "T.ones(3).bernoulli_()",
    "T.zeros(50, dtype=T.int64).bernoulli_(0.9)", "T.zeros(50).bernoulli_(T.rand(50))",
]  # fmt: skip

BY_MEMORY = [
    "T.empty(3, 40).t().uniform_()", "T.zeros(5, 8)[:, 1:7].normal_()",
    "T.empty(5, 8).t().normal_()",
    "T.empty(4, 5).t().random_(100)", "T.empty(4, 5).t().exponential_()",
    "T.empty(3, 4).t().bernoulli_(0.4)", "T.empty(3, 4).t().bernoulli_(T.rand(4, 3))",
    "T.rand_like(T.empty(3, 4, 5).permute(2, 0, 1))", "T.rand_like(T.empty(5, 1).expand(5, 4))",
    "T.randn_like(T.empty(5, 8).t())", "T.randn_like(T.empty(5, 9)[:, :6])",
    "T.randint_like(T.empty(4, 5).t(), 100)",
]  # fmt: skip
"""What is filled in the order of its memory, which is not that of its dimensions."""

DROPOUT = [
    "F.dropout(T.arange(1.0, 400), 0.1)", "F.dropout(T.arange(1.0, 400, dtype=T.float64), 0.3)",
    "F.dropout(T.ones(300, dtype=T.float16), 0.3)", "F.dropout(T.ones(300, dtype=T.bfloat16), 0.9)",
    "F.dropout(T.ones(5, 4, 20).permute(1, 2, 0), 0.5)", "F.dropout(T.ones(8, 8).t()[::2], 0.4)",
    "F.dropout(T.ones(5, 1, 4).expand(5, 3, 4), 0.5)", "F.dropout(T.ones(50), 1.0)",
    "F.dropout(T.ones(50), 0.0)", "F.dropout(T.ones(50), 0.3, inplace=True)",
    "F.dropout1d(T.ones(5, 6, 3), 0.5)", "F.dropout2d(T.ones(6, 5, 3, 3).permute(1, 0, 2, 3), 0.2)",
    "F.dropout3d(T.ones(5, 6, 2, 2, 2), 0.5)", "F.alpha_dropout(T.arange(90.0), 0.3, True)",
    "F.alpha_dropout(T.arange(90.0), 1.0, True)",
    "F.feature_alpha_dropout(T.arange(90.0).view(3, 10, 3), 0.3, True)",
    "F.gumbel_softmax(T.ones(9, 4).t(), dim=0)", "F.rrelu(-T.ones(40), training=True)",
    "F.scaled_dot_product_attention(T.ones(2, 3, 4, 5), T.ones(2, 3, 4, 5), T.rand(2, 3, 4, 5), "
    "dropout_p=0.4)",
    "T.nn.LSTM(4, 6, 3, dropout=0.3, batch_first=True)(T.rand(5, 3, 4))[0]",
    "T.nn.MultiheadAttention(8, 2, dropout=0.3)(*[T.rand(5, 3, 8)] * 3)[0]",
    "T.nn.TransformerEncoderLayer(8, 2, 16, dropout=0.2)(T.rand(3, 5, 8))",
    "T.nn.TransformerEncoderLayer(8, 2, 16, 0.2, batch_first=True, norm_first=True)"
    "(T.rand(3, 5, 8))",
    "T.nn.Transformer(8, 2, 2, 2, 16, batch_first=True)(T.rand(3, 5, 8), T.rand(3, 4, 8))",
]  # fmt: skip

TO_THE_LAST_DIGITS = [
    "T.randn(16)", "T.randn(100)", "T.randn(17, 3)", "T.randn(33, dtype=T.float64)",
    "T.empty(40).normal_(3.0, 0.5)", "T.normal(2.0, 3.0, (20,))",
    "T.normal(T.zeros(20), T.ones(20))", "T.normal(T.arange(4.0), 0.5)",
    "T.empty(20).exponential_(2.0)", "T.empty(20).cauchy_(1.0, 2.0)",
    "T.empty(20).log_normal_(1.0, 2.0)", "T.randn(20, dtype=T.float16)",
]  # fmt: skip


def drawn(module: Any, expression: str, seed: int) -> tuple[Any, str, float]:
    module.manual_seed(seed)
    found = eval(expression, {"T": module, "F": module.nn.functional})
    return numbers(found), str(found.dtype).rpartition(".")[2], module.rand(1).item()


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("expression", TO_THE_BIT)
def test_the_same_numbers_and_the_same_next_one(expression: str, seed: int):
    ours, theirs = (drawn(module, expression, seed) for module in (tg, torch))
    np.testing.assert_array_equal(ours[0], theirs[0])
    assert ours[1:] == theirs[1:]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("expression", TO_THE_LAST_DIGITS)
def test_nearly_the_same_numbers_and_the_same_next_one(expression: str, seed: int):
    ours, theirs = (drawn(module, expression, seed) for module in (tg, torch))
    tolerance = 2e-3 if "float16" in expression else 2e-5
    np.testing.assert_allclose(ours[0], theirs[0], rtol=tolerance, atol=tolerance)
    assert ours[1:] == theirs[1:]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("expression", BY_MEMORY)
def test_a_tensor_is_filled_in_the_order_of_its_memory(expression: str, seed: int):
    ours, theirs = (drawn(module, expression, seed) for module in (tg, torch))
    np.testing.assert_allclose(ours[0], theirs[0], rtol=2e-5, atol=2e-5)
    assert ours[1:] == theirs[1:]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("expression", DROPOUT)
@pytest.mark.filterwarnings("ignore:enable_nested_tensor")
def test_what_is_left_out_is_what_pytorch_leaves_out(expression: str, seed: int):
    ours, theirs = (drawn(module, expression, seed) for module in (tg, torch))
    np.testing.assert_allclose(ours[0], theirs[0], rtol=2e-5, atol=2e-5)
    assert ours[1:] == theirs[1:]


def test_a_network_starts_with_pytorchs_weights():
    weights = []
    for module in (tg, torch):
        module.manual_seed(7)
        nn = module.nn
        net = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3), nn.Embedding(5, 3))
        weights.append([numbers(p) for p in net.parameters()])
    for ours, theirs in zip(*weights, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-6, atol=1e-6)


def test_a_generator_of_its_own_starts_where_pytorchs_does():
    assert tg.Generator().initial_seed() == torch.Generator().initial_seed()
    ours, theirs = tg.Generator().manual_seed(5), torch.Generator().manual_seed(5)
    assert tg.rand(3, generator=ours).tolist() == torch.rand(3, generator=theirs).tolist()
    assert ours.initial_seed() == theirs.initial_seed() == 5


WRONG = [
    "T.randint(5, 5, (2,))", "T.randperm(-1)", "T.normal(0.0, -1.0, (2,))",
    "T.bernoulli(T.tensor([1.5]))", "T.multinomial(T.tensor([0.0, 0.0]), 1)",
    "T.multinomial(T.tensor([1.0, 1.0]), 3)", "T.multinomial(T.tensor([1.0, -1.0]), 1)",
    "T.multinomial(T.ones(2, 2, 2), 1)", "T.multinomial(T.tensor([1, 2]), 1)",
    "T.poisson(T.tensor([-1.0]))", "T.empty(2).uniform_(1, 0)", "T.empty(2).exponential_(-1.0)",
    "T.empty(2).geometric_(2.0)", "T.empty(2).cauchy_(0.0, -1.0)", "T.empty(2).log_normal_(0, -1)",
    "T.empty(2, dtype=T.int64).uniform_()", "T.empty(2, dtype=T.int8).random_(0, 1000)",
    "T.rand(2, dtype=T.int64)", "T.randn(2, dtype=T.bool)", "T.empty(2).random_(5, 5)",
    "T.rand(-1)", "T.rand(2.5)", "T.empty(2).bernoulli_(2.0)",
    "T.set_rng_state(T.zeros(3))",
    "T.nn.functional.dropout(T.arange(8))", "T.nn.functional.alpha_dropout(T.arange(8), 0.5, True)",
]  # fmt: skip


@pytest.mark.parametrize("expression", WRONG)
def test_what_cannot_be_drawn_is_refused_in_pytorchs_words(expression: str):
    errors = []
    for module in (tg, torch):
        with pytest.raises((RuntimeError, TypeError, ValueError)) as caught:
            eval(expression, {"T": module})
        errors.append(caught.value)
    ours, theirs = errors
    assert isinstance(ours, type(theirs)), (ours, theirs)


@pytest.mark.parametrize(("expression", "words"), [
    ("T.randint(5, 5, (2,))", "random_ expects 'from' to be less than 'to'"),
    ("T.empty(2).uniform_(1, 0)", "uniform_ expects to return a [from, to) range"),
    ("T.empty(2).exponential_(-1.0)", "exponential_ expects lambda > 0.0"),
    ("T.empty(2).geometric_(2.0)", "geometric_ expects p to be in (0, 1)"),
    ("T.multinomial(T.tensor([1.0, -1.0]), 1)", "element < 0"),
    ("T.rand(2, dtype=T.int64)", "not implemented for 'Long'"),
    ("T.nn.functional.dropout(T.arange(8))", "Float can't be cast to the desired output type Long"),
])  # fmt: skip
def test_key_phrases_of_refusals(expression: str, words: str):
    for module in (tg, torch):
        with pytest.raises((RuntimeError, NotImplementedError)) as caught:
            eval(expression, {"T": module})
        assert words in str(caught.value)
