"""A program with one layer, run by tracegrad and by PyTorch: both compute the same, or both refuse.

A program makes a layer, calls it several times, goes backward, does something to the layer, and
begins again. Compared are outputs, gradients of inputs and parameters, gradients of gradients,
and the state that is left.
"""

from __future__ import annotations

import copy
import math
import pickle
import re
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

import tracegrad as tg
from tests.parity import layer_cases
from tests.parity.both import flat
from tests.parity.programs import refused

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Given:
    """An input.

    Attributes:
        text: an array, made by the functions of `layer_cases` and of this file.
        layout: how it lies in memory: a name of `LAYOUTS`.
        differentiable: whether it requires grad; it is scaled from call to call then.
    """

    text: str
    layout: str = "plain"
    differentiable: bool = False


@dataclass(frozen=True)
class Round:
    """Calls that are differentiated together, and what is done to the layer afterwards."""

    training: bool = True
    calls: int = 1
    then: str = "nothing"


@dataclass(frozen=True)
class Program:
    """What is done with a layer. Texts are evaluated with `nn`, `t` and `x`, the inputs."""

    layer: str
    inputs: tuple[Given, ...]
    call: str = "layer(*x)"
    rounds: tuple[Round, ...] = (Round(),)
    dtype: str = "float64"
    order: int = 1
    frozen: int = 0
    """Every so many parameters one is frozen; 0 for none."""


@dataclass
class Outcome:
    """What a program showed: facts by name, and the error that ended it."""

    facts: dict[str, Any] = field(default_factory=dict)
    error: Exception | None = None
    stage: str = ""


# -- inputs ----------------------------------------------------------------------------------------


def ties(*shape: int) -> Array:
    """Few different numbers, so that many are equal."""
    return layer_cases.classes(*shape, below=3).astype(np.float32) - 1


def extreme(*shape: int) -> Array:
    """Numbers for which a careless exponential overflows, and zeros of both signs."""
    known = np.array([-800.0, -90.0, -20.0, -0.0, 0.0, 1e-7, 3.0, 90.0, 800.0], np.float32)
    return known[layer_cases.classes(*shape, below=len(known), seed=3)]


def infinite(*shape: int) -> Array:
    """Normal numbers, some of them infinite."""
    drawn = layer_cases.real(*shape, seed=4)
    where = layer_cases.classes(*shape, below=12, seed=5)
    for n, value in enumerate((math.inf, -math.inf)):
        drawn[where == n] = value
    return drawn


def special(*shape: int) -> Array:
    """The same with NaN among them."""
    drawn = infinite(*shape)
    drawn[layer_cases.classes(*shape, below=12, seed=6) == 0] = math.nan
    return drawn


def coins(*shape: int, seed: int = 0) -> Array:
    """True and false."""
    return layer_cases.classes(*shape, below=2, seed=seed).astype(bool)


def case(n: int, k: int) -> Array:
    """An input of a case of the table in `layer_cases`."""
    found = layer_cases.CASES[n].inputs[k]
    assert found is not None
    return found


KINDS = {
    name: getattr(layer_cases, name)
    for name in ("real", "shares", "distribution", "classes", "signs")
} | {
    "ties": ties,
    "extreme": extreme,
    "infinite": infinite,
    "special": special,
    "coins": coins,
    "case": case,
    "np": np,
}


LAYOUTS: dict[str, tuple[Callable[[Array], Array], Callable[[Any, tuple[int, ...]], Any]]] = {
    "plain": (lambda array: array, lambda stored, shape: stored),
    "reversed": (
        lambda array: array.transpose(),
        lambda stored, shape: stored.permute(tuple(reversed(range(len(shape))))),
    ),
    "gaps": (lambda array: np.stack([array, array], -1), lambda stored, shape: stored[..., 1]),
    "inside": (lambda array: np.stack([array] * 3), lambda stored, shape: stored[1]),
    "expanded": (
        lambda array: array[:1] if array.ndim else array,
        lambda stored, shape: stored.expand(shape),
    ),
}
"""What is stored of an array, and how that shows a tensor of its shape."""


def arguments(library: Any, program: Program) -> tuple[list[Any], list[Any]]:
    """Leaves, and the tensors that show them. `same` as a layout is the first input once more."""
    leaves: list[Any] = []
    shown: list[Any] = []
    for given in program.inputs:
        if given.layout == "same":
            leaves.append(leaves[0])
            shown.append(shown[0])
            continue
        array = np.asarray(eval(given.text, dict(KINDS)))
        is_real = array.dtype.kind == "f"
        store, show = LAYOUTS[given.layout]
        dtype = getattr(library, program.dtype) if is_real else None
        leaf = library.tensor(store(array).copy(), dtype=dtype)
        leaf.requires_grad_(is_real and given.differentiable)
        leaves.append(leaf)
        shown.append(show(leaf, array.shape))
    return leaves, shown


# -- the layer -------------------------------------------------------------------------------------


def made(library: Any, program: Program) -> Any:
    """The layer, with numbers that are nowhere 0 or 1 throughout."""
    library.manual_seed(3)
    layer = eval(program.layer, {"nn": library.nn, "t": library})
    layer.to(getattr(library, program.dtype))
    if ".Lazy" in program.layer:
        _, x = arguments(library, program)
        eval(program.call, {"layer": layer.eval(), "x": x})
    random = np.random.default_rng(6)
    with library.no_grad():
        for name, tensor in layer.state_dict().items():
            if tensor.is_floating_point():
                drawn = random.uniform(0.2, 1.2, tuple(tensor.shape))
                numbers = drawn if "var" in name or name == "weight" else drawn - 0.7
                tensor.copy_(library.tensor(numbers))
    for n, p in enumerate(layer.parameters()):
        if program.frozen and n % program.frozen == program.frozen - 1:
            p.requires_grad_(False)
    return layer


def exchanged(library: Any, layer: Any) -> Any:
    """The layer with its own state, which went through the other library's tensors."""
    other = torch if library is tg else tg
    state = {
        name: other.tensor(np.array(tensor.detach().numpy()) * 0.5)
        if tensor.is_floating_point()
        else other.tensor(np.array(tensor.numpy()))
        for name, tensor in layer.state_dict().items()
    }
    if library is torch:  # which takes nobody else's
        state = {name: torch.tensor(tensor.numpy()) for name, tensor in state.items()}
    layer.load_state_dict(state)
    return layer


def written(library: Any, layer: Any) -> Any:
    """The layer after a step of its own."""
    with library.no_grad():
        for p in layer.parameters():
            p.mul_(0.75).add_(0.1)
    return layer


def thawed(library: Any, layer: Any) -> Any:
    """The layer with its frozen and its other parameters exchanged."""
    for p in layer.parameters():
        p.requires_grad_(not p.requires_grad)
    return layer


THEN: dict[str, Callable[[Any, Any], Any]] = {
    "nothing": lambda library, layer: layer,
    "copy": lambda library, layer: copy.deepcopy(layer),
    "pickle": lambda library, layer: pickle.loads(pickle.dumps(layer)),
    "exchange": exchanged,
    "write": written,
    "thaw": thawed,
    "zero": lambda library, layer: [layer.zero_grad(set_to_none=False), layer][1],
    "drop": lambda library, layer: [layer.zero_grad(), layer][1],
}


# -- running ---------------------------------------------------------------------------------------


def run(library: Any, program: Program) -> Outcome:
    """All rounds, until something is refused."""
    outcome = Outcome()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for outcome.stage, name, value in told(library, program):
                kept = value.detach().clone() if hasattr(value, "detach") else value
                outcome.facts[f"{outcome.stage}: {name}"] = kept
    except Exception as error:
        outcome.error = error
    return outcome


def told(library: Any, program: Program) -> Iterator[tuple[str, str, Any]]:
    """What the program shows, as stage, name and value."""
    layer = made(library, program)
    leaves, x = arguments(library, program)
    names = {"nn": library.nn, "t": library}
    for n, round in enumerate(program.rounds):
        layer.train(round.training)
        outputs: list[Any] = []
        for call in range(round.calls):
            library.manual_seed(4)
            scale = 0.875 ** (n + call)
            scaled = [
                tensor * scale if call + n and scales(given, tensor) else tensor
                for tensor, given in zip(x, program.inputs, strict=True)
            ]
            outputs += flat(eval(program.call, {**names, "layer": layer, "x": scaled}))
        for at, output in enumerate(outputs):
            yield f"forward {n}", f"output {at}", output
            yield f"forward {n}", f"has history {at}", getattr(output, "requires_grad", None)
        own = {f"input {at}": leaf for at, leaf in enumerate(leaves) if leaf.requires_grad}
        own |= {k: p for k, p in layer.named_parameters() if p.requires_grad}
        is_last = n == len(program.rounds) - 1
        yield from differentiated(library, outputs, own, program.order if is_last else 1, n)
        for name, tensor in layer.state_dict().items():
            yield f"state {n}", name, tensor
        layer = THEN[round.then](library, layer)


def scales(given: Given, tensor: Any) -> bool:
    """Whether an input may be multiplied by something: it is no class and no target."""
    return given.differentiable and bool(tensor.is_floating_point())


def differentiated(
    library: Any, outputs: list[Any], leaves: dict[str, Any], order: int, n: int
) -> Iterator[tuple[str, str, Any]]:
    """Gradients of the outputs, from starts that differ for each element."""
    roots = [o for o in outputs if getattr(o, "requires_grad", False)]
    yield f"backward {n}", "roots", len(roots)
    if not roots:
        return
    random = np.random.default_rng(8)
    starts = [
        library.tensor(np.asarray(random.uniform(0.5, 1.5, tuple(o.shape))), dtype=o.dtype)
        for o in roots
    ]
    if order == 1:
        library.autograd.backward(roots, starts)
        for name, leaf in leaves.items():
            yield f"backward {n}", f"gradient of {name}", leaf.grad
        return
    grad, tensors = library.autograd.grad, list(leaves.values())
    first = grad(roots, tensors, starts, create_graph=True, allow_unused=True)
    for name, g in zip(leaves, first, strict=True):
        yield f"backward {n}", f"gradient of {name}", g
    squares = [(g * g).sum() for g in first if g is not None and g.requires_grad]
    if squares:
        second = grad(sum(squares[1:], squares[0]), tensors, allow_unused=True)
        for name, g in zip(leaves, second, strict=True):
            yield f"second backward {n}", f"second gradient of {name}", g


# -- comparing -------------------------------------------------------------------------------------

TOLERANCE = {"float64": 1e-9, "float32": 2e-4}

ROUGH = r"Hardsigmoid|Hardswish|CELU"
"""Layers whose gradients PyTorch computes with constants in float32, whatever the dtype."""


def difference(program: Program) -> str:
    """What tracegrad does otherwise than PyTorch; nothing if they agree."""
    ours, theirs = run(tg, program), run(torch, program)
    tolerance = 1e-6 if re.search(ROUGH, program.layer) else 0.0
    tolerance = max(tolerance, TOLERANCE[program.dtype])
    for name in theirs.facts.keys() & ours.facts.keys():
        if told_otherwise := compared(ours.facts[name], theirs.facts[name], tolerance):
            return f"{name}: {told_otherwise}"
    if _is_known(program, ours.error, OURS) or _is_known(program, theirs.error, THEIRS):
        return ""
    if theirs.error is not None and ours.error is None:
        return f"only PyTorch refuses, after {theirs.stage!r}: {theirs.error!r}"
    if ours.error is not None and not refused(ours.error, theirs.error):
        return f"refused with {ours.error!r}, in PyTorch {theirs.error!r}"
    return ""


def compared(got: Any, wanted: Any, tolerance: float) -> str:
    """How a value differs; nothing if it does not."""
    if not hasattr(wanted, "detach"):
        if not hasattr(got, "detach"):
            return "" if got == wanted else f"{got}, in PyTorch {wanted}"
        return "" if _is_nothing(got) and wanted is None else f"{got}, in PyTorch {wanted}"
    if got is None and _is_nothing(wanted):
        return ""
    if got is None:
        return f"None, in PyTorch {wanted}"
    for name in ("shape", "dtype"):
        one, other = (re.sub(r"\w*\.", "", str(getattr(t, name))) for t in (got, wanted))
        if one != other:
            return f"{name} is {one}, in PyTorch {other}"
    a, b = (t.detach().numpy() for t in (got, wanted))
    if b.dtype.kind != "f":
        return "" if np.array_equal(a, b) else f"{a.tolist()}, in PyTorch {b.tolist()}"
    finite = np.abs(b[np.isfinite(b)])
    near = tolerance * max(1.0, finite.max(initial=0.0))
    if np.allclose(a, b, rtol=tolerance, atol=near, equal_nan=True):
        return ""
    return f"{a.tolist()}, in PyTorch {b.tolist()}"


def _is_nothing(tensor: Any) -> bool:
    """Zeros: a gradient that one library computes and the other knows to be none."""
    return not np.any(tensor.detach().numpy())


# -- what only one of the two refuses --------------------------------------------------------------

Refusals = list[tuple[str, str]]
"""Layer and message, as regular expressions."""

THEIRS: Refusals = [
    ("", "derivative for .* is not implemented"),
    # Windows that reach over the edge: it checks the size of volumes before `ceil_mode`,
    ("(Avg|LP)Pool3d", "smaller than kernel size"),
    # and compares the padding with the kernel before it is dilated.
    ("MaxPool", "(be smaller than or equal to|be at most) half of kernel size"),
    ("LPPool1d", "must be Tensor, not tuple"),
    ("Adaptive...Pool1d", "found element of type NoneType"),
    ("Adaptive...Pool|Upsample", "Expected grad_output to have non-zero size"),
    ("InstanceNorm", "index 0 out of range for tensor of size .0."),
    # It takes the second dimension for the channels, also of one example alone.
    ("LazyInstanceNorm", "match num_features|running_mean should contain"),
    ("LocalResponseNorm", "view size is not compatible with"),
    # What was overwritten is kept here, where that is cheaper than to begin again.
    ("inplace=True", "has been modified by an inplace operation|with a negative slope"),
    ("Bilinear", "cannot reshape tensor of 0 elements into shape"),
    ("EmbeddingBag", "step must be nonzero"),
    # Rows are kept here as they were used, not as `max_norm` leaves them for the next call.
    ("EmbeddingBag.*max_norm", "has been modified by an inplace operation"),
    ("InstanceNorm", "Expected more than 1 spatial element"),
    ("NLLLoss", "grad_input must be contiguous"),
    ("SoftMarginLoss", "not differentiable with respect to argument 'target'"),
]

OURS: Refusals = [
    # It does not look at the options when there is nothing to compute.
    ("ConvTranspose", "output padding must be smaller|Output size is too small"),
    ("MaxUnpool", r"output volumes are of size (\d+x)*0"),
    ("InstanceNorm", "should contain 0 elements"),
    # It warns, and takes the mean over every pair.
    ("Loss", "broadcasting them would average over every pair"),
]


def _is_known(program: Program, error: Exception | None, known: Refusals) -> bool:
    return error is not None and any(
        re.search(layer, program.layer) and re.search(message, str(error))
        for layer, message in known
    )
