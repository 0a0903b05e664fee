"""Random programs with layers that read sequences: recurrent ones, attention, transformers."""

from __future__ import annotations

from typing import Any

import hypothesis.strategies as st

from tests.parity.layer_programs import Given, Program
from tests.parity.layer_strategies import Draw, array, constructor, given, options, program, switch

# -- recurrent layers ------------------------------------------------------------------------------


@st.composite
def recurrent_layers(draw: Draw) -> Program:
    """Layers over padded and packed sequences, with a first state or without."""
    name = draw(st.sampled_from(["RNN", "LSTM", "GRU"]))
    width, hidden, depth = draw(st.integers(1, 3)), draw(st.integers(2, 3)), draw(st.integers(1, 2))
    both, batch_first = draw(switch), draw(switch)
    more = options(draw, {
        "bias": switch,
        **({"nonlinearity": st.sampled_from(["'tanh'", "'relu'"])} if name == "RNN" else {}),
    })  # fmt: skip
    projected = name == "LSTM" and draw(switch)
    layer = constructor(
        name, width, hidden, f"num_layers={depth}", f"bidirectional={both}",
        f"batch_first={batch_first}", f"proj_size={hidden - 1}" if projected else "", more,
    )  # fmt: skip
    length = draw(st.integers(1, 5))
    batch = draw(st.sampled_from([(), (1,), (2,), (3,), (3,), (0,)]))
    leading = (*batch, length) if batch_first else (length, *batch)
    sequence = given(draw, array("real", (*leading, width)))
    states = [(hidden - projected), hidden][: 2 if name == "LSTM" else 1]
    inputs = [sequence]
    first = ""
    if draw(switch):
        shapes = [(depth * (1 + both), *batch, size) for size in states]
        inputs += [given(draw, array("real", shape, f", seed={n}")) for n, shape in
                   enumerate(shapes)]  # fmt: skip
        first = ", (x[1], x[2])" if len(states) == 2 else ", x[1]"
    call = f"layer(x[0]{first})"
    if batch and batch[0] and draw(switch):
        lengths = draw(st.lists(st.integers(1, length), min_size=batch[0], max_size=batch[0]))
        packed = f"nn.utils.rnn.pack_padded_sequence(x[0], {lengths}, batch_first={batch_first}, "
        call = (
            f"layer({packed}enforce_sorted={draw(st.sampled_from([False, False, True]))}){first})"
        )
        if draw(switch):
            value = draw(st.sampled_from([0.0, -2.0]))
            call = f"nn.utils.rnn.pad_packed_sequence({call}[0], {draw(switch)}, {value}, {length})"
    return program(draw, layer, *inputs, call=call)


@st.composite
def recurrent_cells(draw: Draw) -> Program:
    """One to three steps of a cell."""
    name = draw(st.sampled_from(["RNNCell", "LSTMCell", "GRUCell"]))
    width, hidden = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    more = {"bias": switch}
    if name == "RNNCell":
        more["nonlinearity"] = st.sampled_from(["'tanh'", "'relu'"])
    batch = draw(st.sampled_from([(), (1,), (2,), (0,)]))
    inputs = [given(draw, array("real", (*batch, width)))]
    state = "None"
    if draw(switch):
        inputs += [given(draw, array("real", (*batch, hidden), f", seed={n}")) for n in (1, 2)]
        state = "(x[1], x[2])" if name == "LSTMCell" else "x[1]"
    call = f"layer(x[0], {state})"
    for _ in range(draw(st.integers(0, 2))):
        call = f"layer(x[0], {call})"
    return program(draw, constructor(name, width, hidden, options(draw, more)), *inputs, call=call)


# -- attention -------------------------------------------------------------------------------------


def mask(draw: Draw, shape: tuple[int, ...], seed: int) -> Given:
    """True where something is not looked at, or numbers to add."""
    if draw(switch):
        return Given(array("coins", shape, f", seed={seed}"))
    return given(draw, array("real", shape, f", seed={seed}"))


def causal(length: int) -> Given:
    return Given(f"np.triu(np.ones(({length}, {length}), bool), 1)")


class Inputs:
    """The inputs of a call, and what the call says of them."""

    def __init__(self) -> None:
        self.given: list[Given] = []
        self.said: list[str] = []

    def add(self, one: Given, name: str = "") -> None:
        self.said.append(f"{name}{'=' * bool(name)}x[{len(self.given)}]")
        self.given.append(one)


@st.composite
def attentions(draw: Draw) -> Program:
    """Attention with masks of every kind."""
    heads = draw(st.integers(1, 3))
    width = heads * draw(st.integers(1, 2))
    batch_first = draw(switch)
    batch = draw(st.sampled_from([(), (1,), (2,), (2,)]))
    queries, keys = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    own = draw(switch)  # query, key and value are one
    keys = queries if own else keys
    kdim, vdim = (width, width) if own else draw(st.tuples(*[st.sampled_from([width, 3])] * 2))
    more = options(draw, {"bias": switch, "add_bias_kv": switch, "add_zero_attn": switch})
    layer = constructor(
        "MultiheadAttention", width, heads, f"batch_first={batch_first}",
        f"kdim={kdim}, vdim={vdim}", more,
    )  # fmt: skip

    def shape(length: int, size: int) -> tuple[int, ...]:
        return (*batch, length, size) if batch_first else (length, *batch, size)

    inputs = Inputs()
    inputs.add(given(draw, array("real", shape(queries, width))))
    for seed, size in ((1, kdim), (2, vdim)):
        other = given(draw, array("real", shape(keys, size), f", seed={seed}"))
        inputs.add(Given(inputs.given[0].text, "same") if own else other)
    if draw(switch):
        inputs.add(mask(draw, (*batch, keys), 3), "key_padding_mask")
    form = draw(st.integers(0, 3))
    if form == 1:
        inputs.add(mask(draw, (queries, keys), 4), "attn_mask")
    if form == 2:
        all_heads = heads * (batch[0] if batch else 1)
        inputs.add(mask(draw, (all_heads, queries, keys), 4), "attn_mask")
    if form == 3 and queries == keys:
        inputs.add(causal(queries), "attn_mask")
        # Keys that are added PyTorch hides where it takes the hint for the mask.
        inputs.said.append(f"is_causal={draw(switch) and 'add_' not in more}")
    said = [*inputs.said, options(draw, {"need_weights": switch, "average_attn_weights": switch})]
    return program(draw, layer, *inputs.given, call=f"layer({', '.join(filter(None, said))})")


# -- transformers ----------------------------------------------------------------------------------


@st.composite
def transformers(draw: Draw) -> Program:
    """Encoders and decoders, single layers and stacks of them, and both together."""
    heads = draw(st.integers(1, 2))
    width = heads * draw(st.integers(1, 3))
    batch_first = draw(switch)
    batch = draw(st.sampled_from([(), (1,), (2,), (2,)]))
    more = options(draw, {
        "activation": st.sampled_from(["'relu'", "'gelu'", "nn.functional.silu"]),
        "layer_norm_eps": st.sampled_from([1e-5, 1e-2]), "norm_first": switch, "bias": switch,
    })  # fmt: skip
    common = f"{width}, {heads}, dim_feedforward=3, dropout=0.0, batch_first={batch_first}"
    common += f", {more}" * bool(more)
    source, target = draw(st.integers(1, 3)), draw(st.integers(1, 3))

    def sequence(length: int, seed: int) -> Given:
        shape = (*batch, length, width) if batch_first else (length, *batch, width)
        return given(draw, array("real", shape, f", seed={seed}"))

    def masks(inputs: Inputs, named: dict[str, tuple[int, ...]]) -> None:
        for seed, (name, shape) in enumerate(named.items(), 3):
            if draw(switch):
                # Of kinds that differ PyTorch warns, and means to refuse them. Some key is seen, as
                # its gradient is NaN where nothing is.
                coins = array("coins", shape, f", seed={seed}")
                inputs.add(Given(f"{coins} & (np.arange({shape[-1]}) > 0)"), name)

    inputs = Inputs()
    kind = draw(st.sampled_from(["Encoder", "Decoder", ""]))
    if kind == "Encoder":
        inputs.add(sequence(source, 0))
        stacked = draw(switch)
        name = "mask" if stacked else "src_mask"
        masks(inputs, {name: (source, source), "src_key_padding_mask": (*batch, source)})
    else:
        if kind == "":
            inputs.add(sequence(source, 0))
            inputs.add(sequence(target, 1))
        else:
            inputs.add(sequence(target, 1))
            inputs.add(sequence(source, 0))
        named: dict[str, Any] = {"src_mask": (source, source)} if kind == "" else {}
        masks(inputs, named | {
            "tgt_mask": (target, target), "memory_mask": (target, source),
            "tgt_key_padding_mask": (*batch, target), "memory_key_padding_mask": (*batch, source),
        })  # fmt: skip
        stacked = draw(switch)
    if kind == "":
        layer = f"nn.Transformer({common}, num_encoder_layers=1, num_decoder_layers=1)"
    else:
        layer = f"nn.Transformer{kind}Layer({common})"
        if stacked:
            norm = draw(st.sampled_from(["", f", norm=nn.LayerNorm({width})"]))
            plain = ", enable_nested_tensor=False" * (kind == "Encoder")
            layer = f"nn.Transformer{kind}({layer}, 2{norm}{plain})"
    return program(draw, layer, *inputs.given, call=f"layer({', '.join(inputs.said)})")


FAMILIES = {
    strategy.__name__: strategy()
    for strategy in (recurrent_layers, recurrent_cells, attentions, transformers)
}
