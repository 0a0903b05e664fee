"""The Transformer's layers and stacks, and bags of embeddings, as in PyTorch."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest

import tracegrad as tg
from tests.parity.test_attention import array, assert_as_in_pytorch, gradients, made, same

torch = pytest.importorskip("torch", reason="extra `parity` is not installed")
pytestmark = [
    pytest.mark.parity,
    pytest.mark.filterwarnings("ignore:enable_nested_tensor", "ignore:.*nested tensors"),
]

SOURCE, TARGET = (5, 3, 8), (4, 3, 8)
FIRST = ((3, 5, 8), (3, 4, 8))
"""The same with the batch first."""

PADDED = np.zeros((3, 5), bool)
PADDED[0, 3:] = PADDED[2, 4:] = True
CAUSAL = np.triu(np.full((5, 5), -np.inf, np.float32), 1)
SMALL = "8, 2, 16, 0.0"

OPTIONS = [
    "", "norm_first=True", "activation='gelu'", "bias=False", "batch_first=True",
    "activation=nn.SiLU()", "activation=torch.tanh, norm_first=True, layer_norm_eps=0.1",
]  # fmt: skip


@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("masks", [{}, {"src_key_padding_mask": PADDED}, {"src_mask": CAUSAL}])
def test_an_encoder_layer_is_pytorchs(options, masks):
    shape = FIRST[0] if "batch_first" in options else SOURCE
    assert_as_in_pytorch(f"nn.TransformerEncoderLayer({SMALL}, {options})", (shape,), masks)


@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize(
    "masks", [{}, {"memory_key_padding_mask": PADDED, "tgt_mask": CAUSAL[:4, :4]}]
)
def test_a_decoder_layer_is_pytorchs(options, masks):
    shapes = FIRST[::-1] if "batch_first" in options else (TARGET, SOURCE)
    assert_as_in_pytorch(f"nn.TransformerDecoderLayer({SMALL}, {options})", shapes, masks)


LAYER = f"nn.TransformerEncoderLayer({SMALL}, batch_first=True)"
STACKS: list[tuple[str, Any, dict[str, Any]]] = [
    (f"nn.TransformerEncoder({LAYER}, 2)", FIRST[:1], {}),
    (f"nn.TransformerEncoder({LAYER}, 2)", FIRST[:1], {"src_key_padding_mask": PADDED}),
    (f"nn.TransformerEncoder({LAYER}, 2, nn.LayerNorm(8))", FIRST[:1], {"mask": CAUSAL}),
    (f"nn.TransformerEncoder({LAYER}, 1)", FIRST[:1], {"mask": CAUSAL, "is_causal": True}),
    (f"nn.TransformerEncoder({LAYER}, 1)", ((5, 8),), {"mask": CAUSAL}),
    (f"nn.TransformerDecoder(nn.TransformerDecoderLayer({SMALL}), 2, nn.LayerNorm(8))",
     (SOURCE, TARGET), {"tgt_mask": CAUSAL}),
    ("nn.Transformer(8, 2, 2, 2, 16, 0.0)", (SOURCE, TARGET), {}),
    ("nn.Transformer(8, 2, 1, 2, 16, 0.0, 'gelu', batch_first=True, norm_first=True)", FIRST,
     {"src_key_padding_mask": PADDED, "memory_key_padding_mask": PADDED,
      "tgt_mask": CAUSAL[:4, :4]}),
    ("nn.Transformer(8, 2, 1, 1, 16, 0.0, bias=False)", ((5, 8), (4, 8)), {"src_mask": CAUSAL}),
]  # fmt: skip


@pytest.mark.parametrize("n", range(len(STACKS)))
def test_a_stack_of_layers_is_pytorchs(n):
    assert_as_in_pytorch(*STACKS[n])


def test_evaluation_leaves_dropout_out_and_gives_pytorchs_numbers_where_there_is_no_padding():
    found = []
    for library in (tg, torch):
        text = "nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2, batch_first=True), 2)"
        module, _ = made(library, text)
        module.eval()
        with library.no_grad():
            x = library.tensor(array(*FIRST[0]))
            found.append(module(x, src_key_padding_mask=library.tensor(PADDED)).numpy())
    ours, theirs = found
    np.testing.assert_allclose(ours[~PADDED], theirs[~PADDED], rtol=2e-4, atol=2e-5)
    assert (theirs[PADDED] == 0).all()  # its nested tensors; ours computes what training computes
    assert (ours[PADDED] != 0).all()


def test_an_encoder_copies_its_layer():
    layer = tg.nn.TransformerEncoderLayer(8, 2)
    encoder = tg.nn.TransformerEncoder(layer, 2)
    first, second = encoder.layers
    assert len({id(p) for m in (layer, first, second) for p in m.parameters()}) == 36
    for name, p in first.named_parameters():
        assert tg.equal(p, layer.get_parameter(name))
    again = copy.deepcopy(encoder)
    with tg.no_grad():
        again.layers[0].linear1.weight.zero_()
    assert first.linear1.weight.abs().sum() > 0


def test_a_square_subsequent_mask_is_pytorchs():
    for options in ({}, {"dtype": "float64"}):
        masks = [
            library.nn.Transformer.generate_square_subsequent_mask(
                4, **{key: getattr(library, name) for key, name in options.items()}
            )
            for library in (tg, torch)
        ]
        assert masks[0].tolist() == masks[1].tolist()
        assert str(masks[0].dtype).split(".")[1] == str(masks[1].dtype).split(".")[1]


# -- bags of embeddings ----------------------------------------------------------------------------

FLAT, STARTS = np.array([1, 4, 4, 0, 2, 1, 3, 3]), np.array([0, 3, 3, 6])
TABLE = np.array([[1, 4, 2], [2, 2, 0], [3, 1, 1]])


BAGS = [
    (mode, options)
    for mode in ("sum", "mean", "max")
    for options in (
        "", "padding_idx=2", "padding_idx=-1", "max_norm=1.0", "include_last_offset=True",
        "max_norm=2.0, norm_type=1.0, padding_idx=0",
    )
]  # fmt: skip


@pytest.mark.parametrize(("mode", "options"), BAGS)
@pytest.mark.parametrize("given", ["table", "offsets"])
def test_a_bag_of_embeddings_is_pytorchs(mode, options, given):
    found = []
    for library in (tg, torch):
        library.manual_seed(3)
        module = eval(f"library.nn.EmbeddingBag(5, 6, mode={mode!r}, {options})")
        start = module.weight.detach().numpy().copy()
        offsets = np.append(STARTS, FLAT.size) if "last" in options else STARTS
        arguments = [TABLE] if given == "table" else [FLAT, offsets]
        y = module(*map(library.tensor, arguments))
        after = module.weight.detach().numpy().copy()
        (gradient,) = gradients(library, [y], [module.weight])
        found.append([repr(module), start, after, y, gradient])
    assert found[0][0] == found[1][0]
    for n in (1, 2):
        np.testing.assert_allclose(found[0][n], found[1][n], rtol=1e-5, atol=1e-6)
    same(found[0][3], found[1][3])
    same(found[0][4], found[1][4])


@pytest.mark.parametrize("given", ["table", "offsets"])
def test_factors_of_a_bag_have_pytorchs_gradient(given):
    found = []
    for library in (tg, torch):
        library.manual_seed(3)
        module = library.nn.EmbeddingBag(5, 6, mode="sum", padding_idx=4)
        arguments = [TABLE] if given == "table" else [FLAT, STARTS]
        factors = library.tensor(array(*arguments[0].shape), requires_grad=True)
        y = module(*map(library.tensor, arguments), per_sample_weights=factors)
        found.append([y, *gradients(library, [y], [module.weight, factors])])
    for mine, yours in zip(*found, strict=True):
        same(mine, yours)


def test_gradients_scaled_by_frequency_are_those_of_pytorchs_embedding():
    """(PyTorch's own `EmbeddingBag` divides by the frequency of another row on the CPU.)"""
    ours = tg.nn.EmbeddingBag(5, 6, mode="sum", scale_grad_by_freq=True)
    theirs = torch.nn.Embedding(5, 6, scale_grad_by_freq=True)
    g = array(3, 6)
    ours(tg.tensor(TABLE)).backward(tg.tensor(g))
    theirs(torch.tensor(TABLE)).sum(1).backward(torch.tensor(g))
    same(ours.weight.grad, theirs.weight.grad)


def test_given_vectors_of_a_bag_are_frozen_unless_asked():
    for library in (tg, torch):
        vectors = library.arange(6.0).view(3, 2)
        bag = library.nn.EmbeddingBag.from_pretrained(vectors, mode="max", padding_idx=1)
        assert bag(library.tensor([[1, 0], [2, 0]])).tolist() == [[0.0, 1.0], [4.0, 5.0]]
        assert not bag.weight.requires_grad
        assert library.nn.EmbeddingBag.from_pretrained(vectors, freeze=False).weight.requires_grad
