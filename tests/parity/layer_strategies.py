"""Random programs with a layer of any kind; those with sequences and losses are in files of their
own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import hypothesis.strategies as st

from tests.parity.layer_cases import CASES
from tests.parity.layer_programs import LAYOUTS, THEN, Given, Program, Round

Draw = Any
"""What `st.composite` gives to draw with."""

# -- what all programs share -----------------------------------------------------------------------


def options(draw: Draw, choices: Mapping[str, st.SearchStrategy[Any]]) -> str:
    """Keyword arguments: about half of the options that there are."""
    chosen = {name: draw(values) for name, values in choices.items() if draw(st.booleans())}
    return ", ".join(f"{name}={value}" for name, value in chosen.items())


def constructor(name: str, *parts: Any) -> str:
    """The text `nn.name(...)` of the parts that say something."""
    return f"nn.{name}({', '.join(str(part) for part in parts if part != '')})"


def kind(draw: Draw, *names: str) -> str:
    """Mostly the first kind of numbers."""
    return draw(st.sampled_from([*[names[0]] * 3, *names[1:]]))


def array(name: str, shape: Sequence[int], more: str = "") -> str:
    """The text of an array: `real(2, 3)`."""
    return f"{name}({', '.join(map(str, shape))}{more})"


def given(draw: Draw, text: str, *, differentiable: bool | None = None) -> Given:
    """An input in any layout; of floats most require grad."""
    layout = draw(st.sampled_from(["plain"] * 4 + list(LAYOUTS)))
    if differentiable is None:
        differentiable = draw(st.integers(0, 4)) > 0
    return Given(text, layout, differentiable)


def program(
    draw: Draw, layer: str, *inputs: Given, call: str = "layer(*x)", may_train: bool = True
) -> Program:
    """A layer and its inputs, in any course of events."""
    modes = st.booleans() if may_train else st.just(False)
    rounds = draw(
        st.lists(
            st.builds(Round, modes, st.integers(1, 3), st.sampled_from(list(THEN))),
            min_size=1,
            max_size=3,
        )
    )
    return Program(
        layer, inputs, call, tuple(rounds),
        dtype=kind(draw, "float64", "float32"),
        order=1 if any(ONCE.search(x.text) for x in inputs) else draw(st.integers(1, 2)),
        frozen=draw(st.sampled_from([0, 0, 2, 3])),
    )  # fmt: skip


def leading(draw: Draw, *sizes: int) -> tuple[int, ...]:
    """The batch before other dimensions: none, one of zero, one or a few."""
    batch = draw(st.sampled_from([(), (0,), (1,), (2,), (3,), (2,)]))
    return (*batch, *sizes)


def per_dimension(n: int, low: int, high: int) -> st.SearchStrategy[Any]:
    """One number for all of `n` dimensions, or a tuple of one for each."""
    one = st.integers(low, high)
    return one | st.tuples(*[one] * n)


LONGEST = {1: 9, 2: 6, 3: 4}
"""The largest size of a dimension, by their number."""


def spatial(draw: Draw, n: int) -> tuple[int, ...]:
    return draw(st.tuples(*[st.integers(1, LONGEST[n])] * n))


switch = st.booleans()

ONCE = re.compile("special|infinite|ties")
"""Numbers whose second derivatives are NaN here or there, choices at kinks, or mostly rounding."""


# -- convolutions ----------------------------------------------------------------------------------


@st.composite
def convolutions(draw: Draw) -> Program:
    """Convolutions, and the lazy ones."""
    n = draw(st.integers(1, 3))
    groups = draw(st.sampled_from([1, 1, 2, 4]))
    channels, out = groups * draw(st.integers(1, 2)), groups * draw(st.integers(1, 2))
    lazy = draw(st.integers(0, 5)) == 0
    more = options(draw, {
        "stride": per_dimension(n, 1, 3),
        "padding": per_dimension(n, 0, 3) | st.sampled_from(["'same'", "'valid'"]),
        "dilation": per_dimension(n, 1, 2),
        "bias": switch,
        "padding_mode": st.sampled_from(["'zeros'", "'reflect'", "'replicate'", "'circular'"]),
    })  # fmt: skip
    layer = constructor(
        f"{'Lazy' * lazy}Conv{n}d", "" if lazy else channels, out, draw(per_dimension(n, 1, 3)),
        f"groups={groups}", more,
    )  # fmt: skip
    x = given(
        draw, array(kind(draw, "real", "special"), leading(draw, channels, *spatial(draw, n)))
    )
    return program(draw, layer, x)


@st.composite
def transposed_convolutions(draw: Draw) -> Program:
    """Transposed convolutions, with and without a wanted size."""
    n = draw(st.integers(1, 3))
    groups = draw(st.sampled_from([1, 1, 2, 4]))
    channels, out = groups * draw(st.integers(1, 2)), groups * draw(st.integers(1, 2))
    more = options(draw, {
        "stride": per_dimension(n, 1, 3), "padding": per_dimension(n, 0, 2),
        "output_padding": per_dimension(n, 0, 2), "dilation": per_dimension(n, 1, 3),
        "bias": switch,
    })  # fmt: skip
    kernel = draw(per_dimension(n, 1, 3))
    layer = constructor(f"ConvTranspose{n}d", channels, out, kernel, f"groups={groups}", more)
    x = given(draw, array("real", leading(draw, channels, *spatial(draw, n))))
    call = "layer(*x)"
    if draw(st.integers(0, 3)) == 0:
        size = draw(st.lists(st.integers(1, 9), min_size=n, max_size=n))
        call = f"layer(*x, output_size={size})"
    return program(draw, layer, x, call=call)


@st.composite
def foldings(draw: Draw) -> Program:
    """Sliding blocks, their sums, and what moves channels."""
    window = options(draw, {
        "dilation": per_dimension(2, 1, 2), "padding": per_dimension(2, 0, 2),
        "stride": per_dimension(2, 1, 3),
    })  # fmt: skip
    kernel = draw(per_dimension(2, 1, 3))
    a, b = kernel if isinstance(kernel, tuple) else (kernel, kernel)
    channels, r = draw(st.integers(1, 2)), draw(st.integers(1, 3))
    picture = leading(draw, channels, *spatial(draw, 2))
    size = draw(st.tuples(st.integers(2, 6), st.integers(2, 6)))
    # Of an empty batch PyTorch gets the shape wrong.
    some = draw(st.sampled_from([(), (1,), (2,)]))
    choices = {
        constructor("Unfold", kernel, window): picture,
        constructor("Fold", size, kernel, window):
            leading(draw, channels * a * b, draw(st.integers(1, 12))),
        constructor("PixelShuffle", r): (*some, channels * r * r, 2, 3),
        constructor("PixelUnshuffle", r): (*some, channels, 2 * r, 3 * r),
        constructor("ChannelShuffle", r): (2, channels * r, 3, 2),
    }  # fmt: skip
    layer = draw(st.sampled_from(list(choices)))
    return program(draw, layer, given(draw, array("real", choices[layer])))


# -- pooling ---------------------------------------------------------------------------------------


@st.composite
def poolings(draw: Draw) -> Program:
    """Windows of every kind."""
    n = draw(st.integers(1, 3))
    name = draw(st.sampled_from(["MaxPool", "AvgPool", "LPPool"]))
    choices: dict[str, Any] = {"stride": per_dimension(n, 1, 3), "ceil_mode": switch}
    # Not both of these: of a dilated window that lies in the padding as a whole PyTorch writes the
    # gradient to memory that is somebody else's.
    spread = name == "MaxPool" and draw(switch)
    if spread:
        choices["dilation"] = per_dimension(n, 1, 2)
    elif name != "LPPool":
        choices["padding"] = per_dimension(n, 0, 2)
    if name == "MaxPool":
        choices["return_indices"] = switch
    if name == "AvgPool":
        choices["count_include_pad"] = switch
        if n > 1:
            choices["divisor_override"] = st.sampled_from([1, 3, -2])
    norm = draw(st.sampled_from(["1", "2", "3.0", "1.5"])) if name == "LPPool" else ""
    layer = constructor(f"{name}{n}d", norm, draw(per_dimension(n, 1, 3)), options(draw, choices))
    numbers = kind(draw, "real", "ties", "special")
    if name == "LPPool":  # whose roots are NaN on one side of 0
        numbers = kind(draw, "real", "shares")
    x = given(draw, array(numbers, leading(draw, draw(st.integers(1, 3)), *spatial(draw, n))))
    return program(draw, layer, x)


@st.composite
def adaptive_poolings(draw: Draw) -> Program:
    n = draw(st.integers(1, 3))
    name = draw(st.sampled_from(["Max", "Avg"]))
    one = st.integers(0, 5)
    size = draw(one | st.tuples(*[one | st.none()] * n))
    more = options(draw, {"return_indices": switch} if name == "Max" else {})
    layer = constructor(f"Adaptive{name}Pool{n}d", size, more)
    numbers = kind(draw, "real", "ties", "special")
    x = given(draw, array(numbers, leading(draw, draw(st.integers(1, 3)), *spatial(draw, n))))
    return program(draw, layer, x)


@st.composite
def unpoolings(draw: Draw) -> Program:
    """A maximum pool and its way back."""
    n = draw(st.integers(1, 3))
    window = ", ".join([
        str(draw(per_dimension(n, 1, 3))), options(draw, {"stride": per_dimension(n, 1, 3)}) or
        "stride=None", f"padding={draw(st.integers(0, 1))}",
    ])  # fmt: skip
    shape = leading(draw, draw(st.integers(1, 2)), *spatial(draw, n))
    x = given(draw, array("real", shape))
    back = draw(st.sampled_from(["", f", output_size={list(shape)}"]))
    call = f"layer(*nn.functional.max_pool{n}d(x[0], {window}, return_indices=True){back})"
    return program(draw, constructor(f"MaxUnpool{n}d", window), x, call=call)


# -- resizing and padding --------------------------------------------------------------------------


@st.composite
def upsamplings(draw: Draw) -> Program:
    n = draw(st.integers(1, 3))
    modes = ["nearest", "nearest-exact", "area", {1: "linear", 2: "bilinear", 3: "trilinear"}[n]]
    modes += ["bicubic"] * (n == 2)
    mode = draw(st.sampled_from(modes))
    # With other factors PyTorch's gradient of lines and volumes is not that of its values.
    factors = [0.5, 1.0, 2, 3] if mode == "nearest" and n != 2 else [0.5, 1.0, 1.5, 2, 2.3, 3, 0.7]
    scale = st.sampled_from(factors)
    target = (
        f"size={draw(per_dimension(n, 1, 7))}"
        if draw(switch)
        else f"scale_factor={draw(scale | st.tuples(*[scale] * n))}"
    )
    more = options(draw, {"align_corners": switch, "recompute_scale_factor": switch})
    layer = constructor("Upsample", target, f"mode={mode!r}", more)
    batch = draw(st.sampled_from([(2,), (1,), (3,), (0,), ()]))
    x = given(draw, array("real", (*batch, 2, *spatial(draw, n))))
    return program(draw, layer, x)


@st.composite
def paddings(draw: Draw) -> Program:
    n = draw(st.integers(1, 3))
    name = draw(
        st.sampled_from(
            ["ConstantPad", "ZeroPad", "ReflectionPad", "ReplicationPad", "CircularPad"]
        )
    )
    one = st.integers(-1, 3) if name in ("ConstantPad", "ZeroPad") else st.integers(0, 2)
    width = draw(one | st.tuples(*[one] * (2 * n)))
    layer = constructor(f"{name}{n}d", width, "2.5" if name == "ConstantPad" else "")
    x = given(draw, array("real", leading(draw, 2, *spatial(draw, n))))
    return program(draw, layer, x)


# -- normalisation ---------------------------------------------------------------------------------

affine = {"affine": switch, "bias": switch, "eps": st.sampled_from([1e-5, 1e-3, 0.5])}
numbers_of_each = {
    "BatchNorm": {"momentum": st.sampled_from([None, 0.0, 0.1, 0.7, 1.0])},
    "InstanceNorm": {"momentum": st.sampled_from([0.0, 0.1, 0.7, 1.0])},
}


@st.composite
def normalisations_by_channel(draw: Draw) -> Program:
    """Batch and instance normalisation, with running statistics or without."""
    n = draw(st.integers(1, 3))
    name = draw(st.sampled_from(list(numbers_of_each)))
    channels = draw(st.integers(1, 3))
    lazy = draw(st.integers(0, 5)) == 0
    choices = {**affine, "track_running_stats": switch, **numbers_of_each[name]}
    layer = constructor(
        f"{'Lazy' * lazy}{name}{n}d", "" if lazy else channels, options(draw, choices)
    )
    shape = leading(draw, channels, *spatial(draw, n))
    if n == 1 and draw(st.integers(0, 3)) == 0:
        shape = shape[:-1]
    x = given(draw, array(kind(draw, "real", "ties"), shape))
    if x.layout == "reversed":  # PyTorch takes some of these for channels_last, and sums up others
        x = replace(x, layout="gaps")
    return program(draw, layer, x)


@st.composite
def normalisations_by_example(draw: Draw) -> Program:
    groups, each = draw(st.integers(1, 3)), draw(st.integers(1, 2))
    channels = groups * each
    rest = draw(st.lists(st.integers(1, 4), max_size=3))
    shape = draw(st.lists(st.integers(0, 4), min_size=1, max_size=3))
    inner = draw(st.integers(1, len(shape)))
    eps = {"eps": st.sampled_from([1e-5, 1e-2])}
    elementwise = {**eps, "elementwise_affine": switch}
    size = draw(st.sampled_from([tuple(shape[-inner:]), shape[-inner:], shape[-1]]))
    response = {
        "alpha": st.sampled_from([1e-4, 0.5]), "beta": st.sampled_from([0.75, 0.3]),
        "k": st.sampled_from([1.0, 2.0]),
    }  # fmt: skip
    choices = {
        constructor("GroupNorm", groups, channels, options(draw, affine)):
            leading(draw, channels, *rest),
        constructor("LayerNorm", size, options(draw, {**elementwise, "bias": switch})): shape,
        constructor("RMSNorm", size, options(draw, elementwise)): shape,
        constructor("LocalResponseNorm", draw(st.integers(1, 4)), options(draw, response)):
            leading(draw, channels, *rest),
    }  # fmt: skip
    layer = draw(st.sampled_from(list(choices)))
    return program(draw, layer, given(draw, array(kind(draw, "real", "ties"), choices[layer])))


# -- what works on each element or row -------------------------------------------------------------

number = st.sampled_from([0.0, 0.1, 0.5, 1.0, 2.5])
ACTIVATIONS: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    **{name: {} for name in ("Tanh", "Sigmoid", "LogSigmoid", "Softsign", "Tanhshrink")},
    **{
        name: {"inplace": switch}
        for name in ("ReLU", "SiLU", "Mish", "SELU", "Hardswish", "Hardsigmoid", "ReLU6")
    },
    "CELU": {"alpha": st.sampled_from([0.3, 1.0, 2.5, -1.0]), "inplace": switch},
    "ELU": {"alpha": st.sampled_from([0.0, 0.3, 2.5, -1.0]), "inplace": switch},
    "GELU": {"approximate": st.sampled_from(["'tanh'", "'none'"])},
    "Hardtanh": {"min_val": st.sampled_from([-1.0, 0.0]), "max_val": number, "inplace": switch},
    "Hardshrink": {"lambd": number},
    "Softshrink": {"lambd": number},
    "LeakyReLU": {"negative_slope": st.sampled_from([0.0, 0.3, -0.5, 2.0]), "inplace": switch},
    "Softplus": {"beta": st.sampled_from([0.3, 1.0, 2.5, -1.0]), "threshold": number},
    "GLU": {"dim": st.integers(-2, 1)},
    "Softmax": {"dim": st.integers(-2, 2)},
    "LogSoftmax": {"dim": st.integers(-2, 2)},
    "Softmin": {"dim": st.integers(-2, 2)},
    "PReLU": {"num_parameters": st.integers(1, 3), "init": number},
    "RReLU": {"lower": st.just(0.1), "upper": st.just(0.1), "inplace": switch},
}

NOT_AT_ZERO = {"ELU", "CELU", "SELU", "PReLU", "Mish"}
"""Where a second derivative jumps at 0, or PyTorch's is NaN for large numbers in float32."""


@st.composite
def activations(draw: Draw) -> Program:
    name = draw(st.sampled_from(list(ACTIVATIONS)))
    layer = constructor(name, options(draw, ACTIVATIONS[name]))
    if name == "RReLU":
        layer = constructor(name, "0.1, 0.1", options(draw, {"inplace": switch}))
    shape = draw(st.lists(st.integers(0, 4), max_size=3))
    # Of NaN the gradients of PyTorch differ between long arrays and short ones.
    numbers = kind(draw, "real", "extreme", "ties", "infinite")
    if name in NOT_AT_ZERO:
        numbers = kind(draw, "real", "infinite")
    x = given(draw, array(numbers, shape))
    call = draw(st.sampled_from(["layer(*x)", "layer(x[0] * 1)", "layer(layer(x[0] * 1))"]))
    return program(draw, layer, x, call=call)


@st.composite
def linear_layers(draw: Draw) -> Program:
    sizes = st.integers(0, 4)
    n, m, out = draw(sizes), draw(sizes), draw(sizes)
    rest = draw(st.lists(st.integers(0, 3), max_size=3))
    bias = options(draw, {"bias": switch})
    other = draw(sizes) if draw(st.integers(0, 9)) == 0 else n
    x = given(draw, array("real", (*rest, other)))
    y = given(draw, array("real", (*rest, m), ", seed=1"))
    dim, keepdim = draw(st.integers(-2, 1)), options(draw, {"keepdim": switch})
    # Where a norm counts as eps, PyTorch's gradient goes on as if it did not.
    eps = options(draw, {"eps": st.sampled_from([1e-8, 1e-6])})
    row = given(draw, array("real", (other,), ", seed=2"))
    order = draw(st.sampled_from(["", 1.0, 0.0, 3.0, "t.inf"]))
    choices = {
        constructor("Linear", n, out, bias): (x,),
        constructor("LazyLinear", out, bias): (x,),
        constructor("Bilinear", n, m, out, bias): (x, y),
        constructor("CosineSimilarity", f"dim={dim}", eps):
            (x, draw(st.sampled_from([Given("", "same"), row]))),
        constructor("PairwiseDistance", order, keepdim):
            (x, given(draw, array("real", (*rest, other), ", seed=2"))),
        constructor("Flatten", options(draw, {"start_dim": st.integers(-3, 2),
                                              "end_dim": st.integers(-3, 2)})): (x,),
        constructor("Sequential", f"nn.Linear({n}, {n})", "nn.ReLU(inplace=True)",
                    f"nn.Linear({n}, {n})", "nn.Tanh()"): (x,),
    }  # fmt: skip
    layer = draw(st.sampled_from(list(choices)))
    call = "layer(*x)"
    if layer.startswith(("nn.Linear", "nn.Sequential")) and n == out and draw(switch):
        call = "layer(layer(*x))"
    return program(draw, layer, *choices[layer], call=call)


@st.composite
def embeddings(draw: Draw) -> Program:
    """Rows of a table, alone or in bags."""
    rows, width = draw(st.integers(1, 5)), draw(st.integers(1, 3))
    common = {
        "padding_idx": st.integers(-rows, rows - 1),
        "max_norm": st.sampled_from([0.5, 1.0]),
        "norm_type": st.sampled_from([1.0, 2.0, 3.0]),
    }
    if draw(switch):
        # Of bags PyTorch divides by the frequencies of other rows.
        common["scale_grad_by_freq"] = switch
        layer = constructor("Embedding", rows, width, options(draw, common))
        shape = draw(st.lists(st.integers(0, 4), max_size=3))
        return program(draw, layer, given(draw, array("classes", shape, f", below={rows}")))
    mode = draw(st.sampled_from(["sum", "mean", "max"]))
    more = {**common, "include_last_offset": switch}
    layer = constructor("EmbeddingBag", rows, width, f"mode={mode!r}", options(draw, more))
    length = draw(st.integers(0, 6))
    weighted = draw(st.integers(0, 2)) == 0
    if draw(switch):
        shape: Any = (draw(st.integers(0, 3)), length)
        inputs = [given(draw, array("classes", shape, f", below={rows}"))]
        call = "layer(x[0], None, x[1])" if weighted else "layer(x[0])"
    else:
        shape = (length,)
        offsets = sorted(draw(st.lists(st.integers(0, length), max_size=4)))
        if "include_last_offset=True" in layer:  # without a bag PyTorch crashes
            offsets.append(length)
        inputs = [
            given(draw, array("classes", shape, f", below={rows}")),
            Given(f"np.array({[0, *offsets]})"),
        ]
        call = "layer(x[0], x[1], x[2])" if weighted else "layer(*x)"
    if weighted:
        inputs.append(given(draw, array("real", shape, ", seed=2")))
    return program(draw, layer, *inputs, call=call)


# -- any class -------------------------------------------------------------------------------------

TABLE = [n for n, case in enumerate(CASES) if case.inputs and "eps=0.1" not in case.text]
"""Where they stand; but for norms that count as eps, see `linear_layers`."""


@st.composite
def table(draw: Draw) -> Program:
    """Any class at all, from the table of constructors and inputs."""
    n = draw(st.sampled_from(TABLE))
    case = CASES[n]
    some = len(case.inputs) if case.differentiable is None else case.differentiable
    inputs = [
        given(draw, f"case({n}, {k})", differentiable=k < some) for k in range(len(case.inputs))
    ]
    first = re.sub(r"\bx\b", "x[0]", case.before)
    return program(
        draw, f"nn.{case.text}", *inputs, call=f"layer({first}, *x[1:])", may_train=not case.draws
    )


FAMILIES = {
    strategy.__name__: strategy()
    for strategy in (
        convolutions, transposed_convolutions, foldings, poolings, adaptive_poolings, unpoolings,
        upsamplings, paddings, normalisations_by_channel, normalisations_by_example, activations,
        linear_layers, embeddings, table,
    )
}  # fmt: skip
