"""Random programs with losses: targets, weights and reductions of every kind, extreme scores."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import hypothesis.strategies as st

from tests.parity.layer_programs import Given, Program
from tests.parity.layer_strategies import (
    Draw,
    array,
    constructor,
    given,
    kind,
    options,
    program,
    switch,
)

reductions = st.sampled_from(["'mean'", "'sum'", "'none'"])
rate = st.sampled_from([0.0, 0.1, 0.5, 1.0, 2.0])


def weights(count: int) -> st.SearchStrategy[str]:
    """One factor for each class; some are 0."""
    factor = st.sampled_from([0.0, 0.5, 1.0, 2.0])
    several = st.lists(factor, min_size=count, max_size=count)
    return several.map(lambda numbers: f"t.tensor({numbers}, dtype=t.float32)")


def any_shape(draw: Draw) -> tuple[int, ...]:
    return tuple(draw(st.lists(st.integers(0, 4), max_size=3)))


# -- two of one shape ------------------------------------------------------------------------------

Inputs = tuple[Given, ...]


def two(draw: Draw, first: str, second: str) -> Inputs:
    """Two inputs of one shape, of shapes that broadcast, or one twice."""
    shape = any_shape(draw)
    x = given(draw, array(first, shape))
    if draw(st.integers(0, 9)) == 0:
        return x, Given("", "same")
    other = tuple([draw(st.sampled_from([n, n, n, n, 1])) for n in shape])
    return x, given(draw, array(second, other, ", seed=1" * (second != "signs")))


ELEMENTWISE: dict[str, tuple[str, str, dict[str, Any]]] = {
    "MSELoss": ("real", "real", {}),
    "L1Loss": ("ties", "real", {}),
    "SmoothL1Loss": ("real", "real", {"beta": rate}),
    "HuberLoss": ("real", "real", {"delta": st.sampled_from([0.1, 1.0, 2.0])}),
    "BCELoss": ("shares", "shares", {}),
    "BCEWithLogitsLoss": ("extreme", "shares", {}),
    "KLDivLoss": ("real", "shares", {"log_target": switch}),
    "PoissonNLLLoss": ("real", "shares", {"log_input": switch, "full": switch,
                                          "eps": st.sampled_from([1e-8, 0.1])}),
    "SoftMarginLoss": ("real", "signs", {}),
    "HingeEmbeddingLoss": ("real", "signs", {"margin": rate}),
}  # fmt: skip


@st.composite
def losses_by_element(draw: Draw) -> Program:
    name = draw(st.sampled_from(list(ELEMENTWISE)))
    first, second, choices = ELEMENTWISE[name]
    x, y = two(draw, first, second)
    if name == "PoissonNLLLoss" and y.layout != "same":
        y = Given(y.text, y.layout)  # PyTorch's full form has no second gradient of its target
    reduction = reductions
    if name == "KLDivLoss":
        reduction = st.sampled_from(["'mean'", "'sum'", "'none'", "'batchmean'"])
    layer = constructor(name, options(draw, {**choices, "reduction": reduction}))
    return program(draw, layer, x, y)


@st.composite
def losses_of_shares(draw: Draw) -> Program:
    """Binary cross entropies with weights."""
    rows, columns = draw(st.integers(0, 3)), draw(st.integers(1, 3))
    name = draw(st.sampled_from(["BCELoss", "BCEWithLogitsLoss", "MultiLabelSoftMarginLoss"]))
    choices: dict[str, Any] = {"weight": weights(columns), "reduction": reductions}
    if name == "BCEWithLogitsLoss":
        choices["pos_weight"] = weights(columns)
    numbers = "shares" if name == "BCELoss" else kind(draw, "real", "extreme")
    x = given(draw, array(numbers, (rows, columns)))
    target = draw(st.sampled_from(["shares", "coins"]))
    y = given(draw, array(target, (rows, columns), ", seed=1") + ".astype(np.float32)")
    return program(draw, constructor(name, options(draw, choices)), x, y)


# -- classes ---------------------------------------------------------------------------------------


@st.composite
def losses_of_classes(draw: Draw) -> Program:
    """Scores for classes, and the classes or shares of them."""
    count = draw(st.integers(1, 4))
    batch = draw(st.sampled_from([(), (0,), (1,), (3,)]))
    rest = tuple(draw(st.lists(st.integers(1, 3), max_size=2))) if batch else ()
    scores, labels = (*batch, count, *rest), (*batch, *rest)
    ignored = st.integers(-1, count)
    name = draw(st.sampled_from(["CrossEntropyLoss", "CrossEntropyLoss", "NLLLoss"]))
    choices: dict[str, Any] = {
        "weight": weights(count), "reduction": reductions, "ignore_index": ignored,
    }  # fmt: skip
    if name == "CrossEntropyLoss":
        choices["label_smoothing"] = st.sampled_from([0.0, 0.1, 1.0])
    x = given(draw, array(kind(draw, "real", "extreme", "infinite"), scores))
    y = given(draw, array("classes", labels, f", below={count}"))
    if name == "CrossEntropyLoss" and draw(st.integers(0, 2)) == 0:
        y = given(draw, array("shares", scores, ", seed=1"))
        choices.pop("ignore_index")
    return program(draw, constructor(name, options(draw, choices)), x, y)


@st.composite
def losses_through_layers(draw: Draw) -> Program:
    """Losses with parameters."""
    width, count, rows = (draw(st.integers(low, 4)) for low in (1, 2, 1))
    more = options(draw, {
        "bias": switch, "reduction": reductions, "weight": weights(count),
        "label_smoothing": st.sampled_from([0.1, 0.5]), "ignore_index": st.integers(0, count),
    })  # fmt: skip
    cutoffs = draw(st.sampled_from([[1], [2], [1, 3], [2, 4]]))
    adaptive = options(draw, {"div_value": st.sampled_from([1.0, 2.0, 4.0]), "head_bias": switch})
    labels = array("classes", (rows,), f", below={count}")
    layer, target = draw(
        st.sampled_from([
            (constructor("LinearCrossEntropyLoss", width, count, more), labels),
            (constructor("AdaptiveLogSoftmaxWithLoss", width, 6, cutoffs, adaptive),
             array("classes", (rows,), ", below=6")),
        ])
    )  # fmt: skip
    return program(draw, layer, given(draw, array("real", (rows, width))), Given(target))


# -- margins and distances -------------------------------------------------------------------------


def margins_of_classes(draw: Draw) -> tuple[str, Inputs]:
    # Of no rows PyTorch gives what the memory held.
    count, rows = draw(st.integers(1, 4)), draw(st.sampled_from([(), (1,), (3,)]))
    choices = {
        "p": st.integers(1, 2), "margin": rate, "weight": weights(count), "reduction": reductions,
    }  # fmt: skip
    y = Given(array("classes", rows, f", below={count}"))
    layer = constructor("MultiMarginLoss", options(draw, choices))
    return layer, (given(draw, array(kind(draw, "real", "ties"), (*rows, count))), y)


def margins_of_several(draw: Draw) -> tuple[str, Inputs]:
    count, rows = draw(st.integers(1, 4)), draw(st.sampled_from([(), (1,), (3,)]))
    y = Given(array("classes", (*rows, count), f", below={count + 1}") + " - 1")
    layer = constructor("MultiLabelMarginLoss", options(draw, {"reduction": reductions}))
    return layer, (given(draw, array(kind(draw, "real", "ties"), (*rows, count))), y)


def margins_of_ranks(draw: Draw) -> tuple[str, Inputs]:
    shape = any_shape(draw)
    layer = constructor(
        "MarginRankingLoss", options(draw, {"margin": rate, "reduction": reductions})
    )
    x, y = (given(draw, array(k, shape, s)) for k, s in (("real", ", seed=1"), ("ties", "")))
    return layer, (x, y, Given(array("signs", shape)))


def cosines(draw: Draw) -> tuple[str, Inputs]:
    rows = draw(st.sampled_from([(), (0,), (1,), (3,)]))
    shape = (*rows, draw(st.integers(1, 4)))
    layer = constructor(
        "CosineEmbeddingLoss",
        options(draw, {"margin": st.sampled_from([0.0, 0.3, -0.5]), "reduction": reductions}),
    )
    x, y = (given(draw, array("real", shape, f", seed={n}")) for n in (1, 2))
    return layer, (x, y, Given(array("signs", rows)))


def triplets(draw: Draw) -> tuple[str, Inputs]:
    shape = (*any_shape(draw)[:2], draw(st.integers(1, 4)))
    choices = {
        "margin": st.sampled_from([0.5, 1.0, 3.0]), "p": st.sampled_from([1.0, 2.0, 3.0]),
        "swap": switch, "reduction": reductions,
    }  # fmt: skip
    layer = constructor("TripletMarginLoss", options(draw, choices))
    return layer, tuple([given(draw, array("real", shape, f", seed={n}")) for n in range(3)])


def gaussians(draw: Draw) -> tuple[str, Inputs]:
    shape = (draw(st.integers(1, 3)), draw(st.integers(1, 3)))
    other = draw(st.sampled_from([shape, (*shape[:-1], 1), shape[:-1]]))
    choices = {"full": switch, "eps": st.sampled_from([1e-6, 0.3]), "reduction": reductions}
    layer = constructor("GaussianNLLLoss", options(draw, choices))
    x, y = (given(draw, array("real", shape, f", seed={n}")) for n in (1, 2))
    return layer, (x, y, given(draw, array("shares", other)))


@st.composite
def losses_of_several(draw: Draw) -> Program:
    make: Callable[[Draw], tuple[str, Inputs]] = draw(
        st.sampled_from([
            margins_of_classes, margins_of_several, margins_of_ranks, cosines, triplets, gaussians,
        ])
    )  # fmt: skip
    layer, inputs = make(draw)
    return program(draw, layer, *inputs)


@st.composite
def alignments(draw: Draw) -> Program:
    """CTC, with targets too long for their input among the others."""
    steps, batch, count = draw(st.integers(1, 6)), draw(st.integers(1, 3)), draw(st.integers(2, 4))
    longest = draw(st.integers(1, 3))
    several = lambda low, high: st.lists(  # noqa: E731  used twice below
        st.integers(low, high), min_size=batch, max_size=batch
    )
    lengths, sizes = draw(several(1, steps)), draw(several(0, longest))
    blank = draw(st.integers(0, count - 1))
    symbols = array("classes", (batch, longest), f", below={count - 1}")
    target = f"(lambda drawn: drawn + (drawn >= {blank}))({symbols})"
    # What is impossible has no gradient there, but NaN; here it is 0, beside an infinite loss.
    certain = min(lengths) >= 2 * longest
    layer = constructor(
        "CTCLoss", f"blank={blank}", f"zero_infinity={not certain or draw(switch)}",
        options(draw, {"reduction": reductions}),
    )  # fmt: skip
    x = given(draw, array("real", (steps, batch, count)))
    # Through log_softmax: for a change that keeps no distribution PyTorch's gradient is none.
    return program(
        draw, layer, x, Given(target), Given(f"np.array({lengths})"), Given(f"np.array({sizes})"),
        call="layer(x[0].log_softmax(2), *x[1:])",
    )  # fmt: skip


FAMILIES = {
    strategy.__name__: strategy()
    for strategy in (
        losses_by_element, losses_of_shares, losses_of_classes, losses_through_layers,
        losses_of_several, alignments,
    )
}  # fmt: skip
