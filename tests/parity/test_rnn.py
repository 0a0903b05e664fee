"""Recurrent layers and cells as in PyTorch: text, parameters, first values, outputs, gradients."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tracegrad as tg

torch = pytest.importorskip("torch", reason="extra `parity` is not installed")
pytestmark = [
    pytest.mark.parity,
    pytest.mark.filterwarnings("ignore:LSTM with projections is not supported with oneDNN"),
]

LAYERS = [
    "RNN(3, 4)",
    "RNN(3, 4, 2, 'relu', bidirectional=True)",
    "RNN(3, 4, bias=False, batch_first=True)",
    "RNN(3, 4, nonlinearity='relu', num_layers=3)",
    "GRU(3, 4)",
    "GRU(3, 4, 2, bidirectional=True)",
    "GRU(3, 4, bias=False)",
    "GRU(3, 1, 2, True, True)",
    "LSTM(3, 4)",
    "LSTM(3, 4, 2, bidirectional=True)",
    "LSTM(3, 4, bias=False, batch_first=True)",
    "LSTM(3, 4, proj_size=2)",
    "LSTM(3, 5, 2, False, bidirectional=True, proj_size=3)",
    "LSTM(3, 4, num_layers=3, dtype=torch.float64)",
]
SIZES = {"batch": (5, 2), "one step": (1, 3), "alone": (5,)}
LENGTHS = {"equal": [3, 3], "falling": [4, 4, 2, 1], "mixed": [1, 4, 2, 4], "one": [3]}


def made(library: Any, text: str) -> Any:
    """A module from its text, with the first values of one seed."""
    library.manual_seed(3)
    return eval(f"torch.nn.{text}", {"torch": library})


def drawn(library: Any, shape: tuple[int, ...], module: Any, seed: int) -> Any:
    array = np.random.default_rng(seed).standard_normal(shape)
    dtype = next(module.parameters()).dtype
    return library.tensor(array.tolist(), dtype=dtype, requires_grad=True).reshape(shape)


def leaf(library: Any, shape: tuple[int, ...], module: Any, seed: int) -> Any:
    return drawn(library, shape, module, seed).detach().requires_grad_()


def flat(result: Any) -> list[Any]:
    """The tensors of nested tuples, in order."""
    if isinstance(result, tuple):
        return [t for part in result for t in flat(part) if t is not None]
    return [result]


def states(library: Any, module: Any, batch: tuple[int, ...], seed: int = 5) -> tuple[Any, ...]:
    """The states to begin with, as leaves."""
    count = module.num_layers * (2 if module.bidirectional else 1)
    sizes = [module.proj_size or module.hidden_size, module.hidden_size]
    kept = sizes if module.mode == "LSTM" else sizes[:1]
    return tuple(
        leaf(library, (count, *batch, size), module, seed + n) for n, size in enumerate(kept)
    )


def differentiated(library: Any, outputs: list[Any], leaves: list[Any]) -> list[np.ndarray]:
    """Gradients of differently weighted outputs."""
    random = np.random.default_rng(9)
    floats = [out for out in outputs if out.is_floating_point()]
    loss = sum(
        (out * library.tensor(random.standard_normal(tuple(out.shape)), dtype=out.dtype)).sum()
        for out in floats
    )
    return [g.detach().numpy() for g in library.autograd.grad(loss, leaves)]


def assert_same(ours: list[np.ndarray], theirs: list[np.ndarray]) -> None:
    assert len(ours) == len(theirs)
    for mine, yours in zip(ours, theirs, strict=True):
        assert (mine.shape, mine.dtype) == (yours.shape, yours.dtype)
        tolerance = 1e-10 if mine.dtype == np.float64 else 2e-5
        np.testing.assert_allclose(mine, yours, rtol=tolerance, atol=tolerance)


def values(tensors: list[Any]) -> list[np.ndarray]:
    return [t.detach().numpy() for t in tensors]


@pytest.mark.parametrize("text", LAYERS)
def test_a_layer_has_pytorchs_text_parameters_and_first_values(text):
    ours, theirs = made(tg, text), made(torch, text)
    assert repr(ours) == repr(theirs)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    assert_same(values(list(ours.parameters())), values(list(theirs.parameters())))
    mine, yours = ours.all_weights, theirs.all_weights
    assert [len(part) for part in mine] == [len(part) for part in yours]


@pytest.mark.parametrize("given", [False, True], ids=["zeros", "hx"])
@pytest.mark.parametrize("sizes", SIZES.values(), ids=list(SIZES))
@pytest.mark.parametrize("text", LAYERS)
def test_a_layer_computes_and_differentiates_as_in_pytorch(text, sizes, given):
    results = []
    for library in (tg, torch):
        module = made(library, text)
        order = sizes[::-1] if module.batch_first else sizes
        x = leaf(library, (*order, 3), module, 4)
        hx = states(library, module, sizes[1:]) if given else ()
        hidden = hx if module.mode == "LSTM" else hx[0] if given else None
        outputs = flat(module(x, hidden) if given else module(x))
        leaves = [x, *hx, *module.parameters()]
        results.append([*values(outputs), *differentiated(library, outputs, leaves)])
    assert_same(*results)


@pytest.mark.parametrize("given", [False, True], ids=["zeros", "hx"])
@pytest.mark.parametrize("lengths", LENGTHS.values(), ids=list(LENGTHS))
@pytest.mark.parametrize("text", [t for t in LAYERS if "batch_first" not in t])
def test_packed_sequences_give_what_pytorch_gives(text, lengths, given):
    results = []
    for library in (tg, torch):
        rnn = library.nn.utils.rnn
        module = made(library, text)
        parts = [leaf(library, (n, 3), module, 20 + k) for k, n in enumerate(lengths)]
        packed = rnn.pack_sequence(parts, enforce_sorted=False)
        hx = states(library, module, (len(lengths),)) if given else ()
        hidden = hx if module.mode == "LSTM" else hx[0] if given else None
        output, last = module(packed, hidden) if given else module(packed)
        padded, counts = rnn.pad_packed_sequence(output, padding_value=-7.0)
        assert counts.tolist() == lengths
        outputs = [*flat(tuple(output)), padded, *flat(last)]
        leaves = [*parts, *hx, *module.parameters()]
        results.append([*values(outputs), *differentiated(library, outputs, leaves)])
    assert_same(*results)


@pytest.mark.parametrize("text", ["LSTM(3, 4, 3, dropout=1.0)", "GRU(3, 4, 2, dropout=1.0)"])
def test_dropout_falls_between_the_layers_that_pytorch_puts_it_between(text):
    results = []
    for library in (tg, torch):
        module = made(library, text)
        x = leaf(library, (5, 2, 3), module, 4)
        outputs = flat(module(x))
        outputs += flat(module.eval()(x))
        results.append([*values(outputs), *differentiated(library, outputs, [x])])
    assert_same(*results)


CELLS = [
    "RNNCell(3, 4)", "RNNCell(3, 4, False, 'relu')", "GRUCell(3, 4)", "GRUCell(3, 4, bias=False)",
    "LSTMCell(3, 4)", "LSTMCell(3, 4, bias=False, dtype=torch.float64)",
]  # fmt: skip


@pytest.mark.parametrize("given", [False, True], ids=["zeros", "hx"])
@pytest.mark.parametrize("batch", [(2,), ()], ids=["batch", "alone"])
@pytest.mark.parametrize("text", CELLS)
def test_a_cell_is_pytorchs(text, batch, given):
    results, texts = [], []
    for library in (tg, torch):
        cell = made(library, text)
        x = leaf(library, (*batch, 3), cell, 1)
        count = 2 if text.startswith("LSTM") else 1
        hx = [leaf(library, (*batch, 4), cell, 2 + n) for n in range(count)] if given else []
        first = () if not given else (tuple(hx),) if count == 2 else (hx[0],)
        outputs = flat(cell(x, *first))
        leaves = [x, *hx, *cell.parameters()]
        texts.append([repr(cell), *cell.state_dict()])
        results.append([*values(outputs), *differentiated(library, outputs, leaves)])
    assert texts[0] == texts[1]
    assert_same(*results)


@pytest.mark.parametrize(
    ("mode", "name"), [("LSTM", "lstm"), ("GRU", "gru"), ("RNN", "rnn_tanh"), ("RNN", "rnn_relu")]
)
def test_the_functions_take_both_of_pytorchs_orders_of_arguments(mode, name):
    results = []
    for library in (tg, torch):
        module = made(library, f"{mode}(3, 4, 2)")
        function = getattr(library, name)
        params = list(module.parameters())
        hx = states(library, module, (2,))
        first = hx if mode == "LSTM" else hx[0]
        x = leaf(library, (3, 2, 3), module, 1)
        batch = function(x, first, params, True, 2, 0.0, True, False, batch_first=False)
        sizes = library.tensor([2, 2, 1])
        rows = leaf(library, (5, 3), module, 2)
        packed = function(rows, sizes, first, params, True, 2, 0.0, True, False)
        outputs = [*batch, *packed]
        results.append([*values(outputs), *differentiated(library, outputs, [x, rows, *params])])
    assert_same(*results)


REFUSED = [
    "LSTM(3, 4)(torch.zeros(3))",
    "GRU(3, 4)(torch.zeros(2, 2, 5, 3))",
    "RNN(3, 4)(torch.zeros(2, 2, 5, 3))",
    "LSTM(3, 4)(torch.zeros(5, 2, 4))",
    "LSTM(3, 4)(torch.zeros(5, 2, 3, dtype=torch.float64))",
    "LSTM(3, 4)(torch.zeros(5, 2, 3, dtype=torch.int64))",
    "LSTM(3, 4, 2)(torch.zeros(5, 2, 3), (torch.zeros(2, 3, 4), torch.zeros(2, 2, 4)))",
    "LSTM(3, 4, 2)(torch.zeros(5, 2, 3), (torch.zeros(2, 2, 4), torch.zeros(2, 2, 5)))",
    "LSTM(3, 4, 2)(torch.zeros(5, 2, 3), (torch.zeros(2, 4), torch.zeros(2, 4)))",
    "LSTM(3, 4, 2)(torch.zeros(5, 3), (torch.zeros(2, 1, 4), torch.zeros(2, 1, 4)))",
    "LSTM(3, 4, proj_size=2)(torch.zeros(5, 2, 3), (torch.zeros(1, 2, 4), torch.zeros(1, 2, 4)))",
    "GRU(3, 4)(torch.zeros(5, 2, 3), torch.zeros(2, 2, 4))",
    "GRU(3, 4)(torch.zeros(5, 3), torch.zeros(2, 2, 4))",
    "GRU(3, 4)(torch.zeros(5, 3), torch.zeros(3, 4))",
    "RNN(3, 4)(torch.zeros(5, 2, 3), torch.zeros(1, 4))",
    "RNN(3, 4)(torch.zeros(0, 2, 3))",
    "RNN(3, 4, nonlinearity='sine')",
    "RNN(3, 4, proj_size=2)",
    "GRU(3, 4, proj_size=2)",
    "LSTM(3, 4, proj_size=4)",
    "LSTM(3, 4, proj_size=-1)",
    "LSTM(3, 0)",
    "LSTM(0, 4)",
    "LSTM(3, 4, 0)",
    "LSTM(3, 4.0)",
    "LSTM(3.0, 4)",
    "LSTM(3, 4, bias=3)",
    "LSTM(3, 4, batch_first=1)",
    "LSTM(3, 4, dropout=2)",
    "LSTM(3, 4, dropout=True)",
    "LSTMCell(3, 4)(torch.zeros(2, 4))",
    "LSTMCell(3, 4)(torch.zeros(2, 2, 3))",
    "LSTMCell(3, 4)(torch.zeros(2, 3), (torch.zeros(3, 4), torch.zeros(3, 4)))",
    "LSTMCell(3, 4)(torch.zeros(2, 3), (torch.zeros(2, 5), torch.zeros(2, 4)))",
    "LSTMCell(3, 4)(torch.zeros(2, 3), (torch.zeros(2, 2, 4), torch.zeros(2, 4)))",
    "GRUCell(3, 4)(torch.zeros(2, 3), torch.zeros(1, 1, 4))",
    "GRUCell(3, 4)(torch.zeros(2, 3), torch.zeros(3, 4))",
    "RNNCell(3, 4)(torch.zeros(2, 2, 3))",
    "RNNCell(3, 4, nonlinearity='sine')(torch.zeros(2, 3))",
]


@pytest.mark.parametrize("text", REFUSED)
def test_what_does_not_fit_is_refused_in_pytorchs_words(text):
    errors = []
    for library in (tg, torch):
        with pytest.raises(Exception) as error:  # noqa: PT011 - the class is what is compared
            eval(f"torch.nn.{text}", {"torch": library})
        errors.append(error.value)
    assert type(errors[0]) is type(errors[1])
    words = str(errors[1]).replace("torch.", "tracegrad.")
    assert str(errors[0]).partition("\n")[0] == words.partition("\n")[0]


def test_pytorchs_weights_give_pytorchs_outputs():
    theirs = made(torch, "LSTM(3, 4, 2, bidirectional=True, proj_size=2)")
    ours = tg.nn.LSTM(3, 4, 2, bidirectional=True, proj_size=2)
    ours.load_state_dict({n: tg.from_numpy(t.numpy()) for n, t in theirs.state_dict().items()})
    x = np.random.default_rng(0).standard_normal((4, 2, 3)).astype(np.float32)
    assert_same(values(flat(ours(tg.from_numpy(x)))), values(flat(theirs(torch.from_numpy(x)))))
