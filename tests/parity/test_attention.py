"""Attention of several heads as in PyTorch: weights of equal seeds, results, gradients, errors."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

import tracegrad as tg

torch = pytest.importorskip("torch", reason="extra `parity` is not installed")
pytestmark = pytest.mark.parity

E, HEADS, N, L, S = 8, 2, 3, 4, 5


def array(*shape: int, seed: int = 0) -> np.ndarray[Any, Any]:
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


PADDED = np.zeros((N, S), bool)
PADDED[0, 3:] = PADDED[2, 1] = True
HIDDEN = np.random.default_rng(5).random((L, S)) < 0.3
HIDDEN[:, 0] = False
OF_HEADS = np.random.default_rng(6).random((N * HEADS, L, S)) < 0.3
OF_HEADS[..., 0] = False
CAUSAL = np.triu(np.ones((S, S), bool), 1)


def same(ours: Any, theirs: Any) -> None:
    """Equal tensors, or `None` in both."""
    if theirs is None:
        assert ours is None
        return
    assert tuple(ours.shape) == tuple(theirs.shape)
    np.testing.assert_allclose(ours.detach().numpy(), theirs.detach().numpy(), rtol=2e-4, atol=2e-5)


def gradients(library: Any, results: Any, leaves: list[Any]) -> list[Any]:
    """Of all leaves, from gradients of all results that differ for each element."""
    total = sum(
        (r * library.tensor(array(*r.shape, seed=9))).sum() for r in results if r is not None
    )
    total.backward()
    return [leaf.grad for leaf in leaves]


def made(library: Any, text: str) -> tuple[Any, dict[str, Any]]:
    """A module whose weights were drawn after the same seed, and whose biases are not 0."""
    library.manual_seed(3)
    module = eval(text, {"nn": library.nn, "torch": library})
    state = {name: t.detach().numpy().copy() for name, t in module.state_dict().items()}
    with library.no_grad():
        for n, p in enumerate(module.parameters()):
            if p.dim() == 1:
                p.add_(library.tensor(array(*p.shape, seed=n)))
    return module, state


def outcome(library: Any, text: str, shapes: Any, options: dict[str, Any]) -> list[Any]:
    """State after initialisation, results, gradients of inputs, floating masks and parameters."""
    module, state = made(library, text)
    arrays = {shape: array(*shape, seed=1 + n) for n, shape in enumerate(dict.fromkeys(shapes))}
    shared = {s: library.tensor(a, requires_grad=True) for s, a in arrays.items()}
    given, leaves = {}, [*shared.values(), *module.parameters()]
    for name, option in options.items():
        given[name] = option
        if isinstance(option, np.ndarray):
            given[name] = library.tensor(option)
            if option.dtype == np.float32 and np.isfinite(option).all():
                leaves.append(given[name].requires_grad_())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PyTorch's on nested tensors; ours are tested below
        results = module(*(shared[s] for s in shapes), **given)
    results = results if isinstance(results, tuple) else (results,)
    return [repr(module), state, results, gradients(library, results, leaves)]


def assert_as_in_pytorch(text: str, shapes: Any, options: dict[str, Any]) -> None:
    ours, theirs = outcome(tg, text, shapes, options), outcome(torch, text, shapes, options)
    assert ours[0] == theirs[0]
    assert list(ours[1]) == list(theirs[1])
    for name, state in theirs[1].items():
        np.testing.assert_allclose(ours[1][name], state, rtol=1e-5, atol=1e-6)
    for mine, yours in zip((*ours[2], *ours[3]), (*theirs[2], *theirs[3]), strict=True):
        same(mine, yours)


# -- MultiheadAttention ----------------------------------------------------------------------------

QUERY, KEY = (L, N, E), (S, N, E)
BIAS = array(L, S, seed=8)
MASKS: list[dict[str, Any]] = [
    {},
    {"attn_mask": HIDDEN},
    {"attn_mask": BIAS},
    {"attn_mask": OF_HEADS},
    {"attn_mask": array(N * HEADS, L, S)},
    {"key_padding_mask": PADDED},
    {"key_padding_mask": array(N, S)},
    {"attn_mask": HIDDEN, "key_padding_mask": PADDED},
    {"attn_mask": OF_HEADS, "key_padding_mask": PADDED},
    {"attn_mask": BIAS, "key_padding_mask": array(N, S)},
]


@pytest.mark.parametrize("need_weights", [False, True])
@pytest.mark.parametrize("n", range(len(MASKS)))
@pytest.mark.parametrize(
    "options", ["", "add_bias_kv=True", "add_zero_attn=True, add_bias_kv=True, bias=False"]
)
def test_masks_hide_keys_as_in_pytorch(options, n, need_weights):
    text = f"nn.MultiheadAttention({E}, {HEADS}, {options})"
    assert_as_in_pytorch(text, (QUERY, KEY, KEY), {**MASKS[n], "need_weights": need_weights})


@pytest.mark.parametrize("need_weights", [False, True])
@pytest.mark.parametrize(
    ("text", "shapes", "options"),
    [
        ("", (QUERY, QUERY, QUERY), {}),
        ("", (QUERY, QUERY, QUERY), {"average_attn_weights": False}),
        ("", (QUERY, KEY, KEY), {"average_attn_weights": False}),
        ("batch_first=True", ((N, L, E), (N, S, E), (N, S, E)), {"key_padding_mask": PADDED}),
        ("batch_first=True", ((N, L, E),) * 3, {}),
        ("batch_first=True", ((N, S, E),) * 3, {"attn_mask": CAUSAL, "is_causal": True}),
        ("", (KEY, KEY, KEY), {"attn_mask": CAUSAL, "is_causal": True}),
        ("", (KEY, KEY, KEY),
         {"attn_mask": CAUSAL, "is_causal": True, "key_padding_mask": PADDED}),
        ("kdim=3, vdim=6", (QUERY, (S, N, 3), (S, N, 6)), {"attn_mask": HIDDEN}),
        ("kdim=3, bias=False", (QUERY, (S, N, 3), KEY), {}),
        ("vdim=6, add_bias_kv=True, batch_first=True",
         ((N, L, E), (N, S, E), (N, S, 6)), {"key_padding_mask": PADDED}),
        ("", ((L, E), (S, E), (S, E)), {"key_padding_mask": PADDED[0], "attn_mask": HIDDEN}),
        ("", ((L, E),) * 3, {"average_attn_weights": False}),
        ("batch_first=True", ((L, E), (S, E), (S, E)), {"attn_mask": OF_HEADS[:HEADS]}),
    ],
)  # fmt: skip
def test_layouts_and_sizes_give_what_pytorch_gives(text, shapes, options, need_weights):
    module = f"nn.MultiheadAttention({E}, {HEADS}, {text})"
    assert_as_in_pytorch(module, shapes, {**options, "need_weights": need_weights})


def test_the_weights_of_a_pytorch_model_load_and_give_its_result():
    theirs = torch.nn.MultiheadAttention(E, HEADS, batch_first=True)
    ours = tg.nn.MultiheadAttention(E, HEADS, batch_first=True)
    ours.load_state_dict({name: t.numpy() for name, t in theirs.state_dict().items()})
    x = array(N, L, E)
    same(ours(*[tg.tensor(x)] * 3)[0], theirs(*[torch.tensor(x)] * 3)[0])


@pytest.mark.parametrize("need_weights", [False, True])
def test_a_query_that_may_attend_to_nothing_finds_what_pytorch_finds(need_weights):
    mask = np.ones((L, S), bool)
    mask[0] = False
    found = []
    for library in (tg, torch):
        module, _ = made(library, f"nn.MultiheadAttention({E}, {HEADS})")
        q, k = library.tensor(array(*QUERY)), library.tensor(array(*KEY))
        y, _ = module(q, k, k, attn_mask=library.tensor(mask), need_weights=need_weights)
        found.append(y.detach().numpy())
    np.testing.assert_allclose(found[0], found[1], rtol=1e-4, atol=1e-5)
    assert np.isnan(found[0][1:]).all() == need_weights


@pytest.mark.parametrize("static", ["k", "v", "kv"])
@pytest.mark.parametrize("zeros", [False, True])
def test_given_keys_and_values_replace_projected_ones(static, zeros):
    found = []
    for library in (tg, torch):
        q, k = (library.tensor(array(*shape), requires_grad=True) for shape in (QUERY, KEY))
        weight, bias = library.tensor(array(3 * E, E)), library.tensor(array(3 * E))
        out = library.tensor(array(E, E, seed=4))
        given = {f"static_{c}": library.tensor(array(N * HEADS, S, E // HEADS)) for c in static}
        y = library.nn.functional.multi_head_attention_forward(
            q, k, k, E, HEADS, weight, bias, None, None, zeros, 0.0, out, None, **given
        )
        found.append([*y, *gradients(library, y, [q])])
    for mine, yours in zip(*found, strict=True):
        same(mine, yours)


# -- errors ----------------------------------------------------------------------------------------

ATTEND = f"nn.MultiheadAttention({E}, {HEADS})"
REFUSED = [
    "nn.MultiheadAttention(6, 4)",
    "nn.MultiheadAttention(0, 1)",
    f"{ATTEND}(z(3), z(3), z(3))",
    f"{ATTEND}(z(2, 3, {E}), z(3, {E}), z(3, {E}))",
    f"{ATTEND}(z(2, {E}), z(3, 1, {E}), z(3, 1, {E}))",
    f"{ATTEND}(z(2, 3, 6), z(2, 3, 6), z(2, 3, 6))",
    f"{ATTEND}(z(2, 3, {E}), z(2, 3, {E}), z(4, 3, {E}))",
    f"nn.MultiheadAttention({E}, 2, kdim=4)(z(2, 3, {E}), z(2, 3, 4), z(4, 3, {E}))",
    f"{ATTEND}(x := z(2, 3, {E}), x, x, is_causal=True)",
    f"{ATTEND}(x := z(2, 3, {E}), x, x, z(3, 1))",
    f"{ATTEND}(x := z(2, 3, {E}), x, x, z(1, 2))",
    f"{ATTEND}(x := z(2, 3, {E}), x, x, z(2))",
    f"{ATTEND}(x := z(2, 3, {E}), x, x, z(3, 2).int())",
    f"{ATTEND}(x := z(2, 3, {E}), x, x, attn_mask=z(2))",
    f"{ATTEND}(x := z(2, 3, {E}), x, x, attn_mask=z(2, 2).int())",
    f"{ATTEND}(x := z(2, 3, {E}), x, x, attn_mask=z(3, 2))",
    f"{ATTEND}(x := z(2, 3, {E}), x, x, attn_mask=z(3, 2, 2))",
    f"{ATTEND}(x := z(2, {E}), x, x, attn_mask=z(3, 2, 2))",
    f"{ATTEND}(x := z(2, {E}), x, x, z(1, 2))",
    "nn.TransformerEncoderLayer(8, 2, activation='tanh')",
    "nn.Transformer(8, 2, 1, 1, 8)(z(2, 3, 8), z(2, 4, 8))",
    "nn.Transformer(8, 2, 1, 1, 8, batch_first=True)(z(3, 2, 8), z(4, 2, 8))",
    "nn.Transformer(8, 2, 1, 1, 8)(z(2, 3, 8), z(2, 3, 6))",
    "nn.TransformerEncoderLayer(8, 2)(z(2, 3, 8), z(2, 2).int())",
    "nn.EmbeddingBag(3, 2, padding_idx=3)",
    "nn.EmbeddingBag(3, 2, mode='median')(i)",
    "nn.EmbeddingBag(3, 2)(i, i)",
    "nn.EmbeddingBag(3, 2)(i[0])",
    "nn.EmbeddingBag(3, 2)(i[0], i)",
    "nn.EmbeddingBag(3, 2)(i[None])",
    "nn.EmbeddingBag(3, 2)(i, per_sample_weights=z(2, 2))",
    "nn.EmbeddingBag(3, 2, mode='sum')(i, per_sample_weights=z(2, 3))",
    "nn.EmbeddingBag(3, 2, mode='max', scale_grad_by_freq=True)(i)",
    "nn.EmbeddingBag.from_pretrained(z(3))",
    "nn.EmbeddingBag(3, 2, _weight=z(2, 3))",
    "nn.functional.embedding_bag(i, z(3, 2, 2))",
    "nn.EmbeddingBag(3, 2)(i[0], i[1] - 1)",
    "nn.EmbeddingBag(3, 2)(i[0], i[0] * 3)",
    "nn.EmbeddingBag(3, 2)(i[0], i[0].float())",
    "nn.EmbeddingBag(3, 2, include_last_offset=True)(i[0], i[0, :0])",
]


@pytest.mark.parametrize("text", REFUSED)
@pytest.mark.filterwarnings("ignore:enable_nested_tensor")
def test_what_pytorch_refuses_is_refused_in_its_words(text):
    errors = []
    for library in (tg, torch):
        names = {"nn": library.nn, "z": library.zeros, "i": library.tensor([[0, 1], [2, 1]])}
        with pytest.raises(Exception) as error:  # noqa: PT011 - the class is what is compared
            eval(text, names)
        errors.append(error)
    assert errors[0].type is errors[1].type
    ours, theirs = (set(str(e.value).split()) for e in errors)
    assert len(ours & theirs) >= 0.6 * len(theirs), (errors[0].value, errors[1].value)


def test_masks_of_two_kinds_draw_pytorchs_warning():
    for library in (tg, torch):
        module, x = library.nn.MultiheadAttention(E, HEADS), library.zeros(S, N, E)
        with pytest.warns(UserWarning, match="mismatched key_padding_mask and attn_mask"):
            module(x, x, x, library.tensor(PADDED), attn_mask=library.zeros(S, S))


@pytest.mark.parametrize(("queries", "keys"), [(3, 1), (1, 3), (2, 3)])
def test_a_batch_is_not_broadcast_to_another(queries, keys):
    for library in (tg, torch):
        module, k = library.nn.MultiheadAttention(E, HEADS), library.zeros(S, keys, E)
        with pytest.raises(RuntimeError):
            module(library.zeros(L, queries, E), k, k)
