"""What to try when one of our layers cannot take its input: from its options and what it got."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from inspect import Parameter as Argument
from inspect import signature
from typing import Any

from tracegrad import dtypes
from tracegrad._tensor import Tensor


@dataclass(frozen=True, slots=True)
class Advice:
    """What a layer takes, and what to change.

    Attributes:
        expected: and got.
        tries: in the order of preference; `{x}` stands for the input, `{net}` for the model.
        input: what `forward` calls that.
        instead: whether this is better than what the op says to try.
    """

    expected: str = ""
    tries: tuple[str, ...] = ()
    input: str = "input"
    instead: bool = False

    def text(self, argument: str, model: str, tries: str) -> tuple[str, str]:
        """Expected and got, and what to try: `argument` and `model` are the program's names for the
        input and the module that it called, `tries` is what the op said.
        """
        names = {"{x}": argument or self.input, "{net}": model or "the model"}
        own = list(self.tries)
        for name, value in names.items():
            own = [one.replace(name, value) for one in own]
        others = [] if self.instead or not tries else [tries]
        return self.expected, "; or ".join([*others, *own])


def advice_for(module: Any, args: tuple[Any, ...], headline: str) -> Advice:
    """What is known about a layer of ours that could not take `args[0]`."""
    ours = type(module).forward.__module__.startswith("tracegrad.nn.")
    if not ours or not args or not isinstance(args[0], Tensor):
        return Advice()
    name = next(iter(signature(module.forward).parameters))
    for rule in (_other_device, _other_dtype, _too_few_rows, _other_rank, _other_size):
        found = rule(module, args[0], headline, name)
        if found is not None:
            return found
    return Advice()


# -- dtype and device ------------------------------------------------------------------------------

_METHODS = {
    dtypes.float16: "half()", dtypes.bfloat16: "bfloat16()", dtypes.float32: "float()",
    dtypes.float64: "double()",
}  # fmt: skip


def _other_device(module: Any, x: Tensor, headline: str, name: str) -> Advice | None:
    for parameter, value in module.named_parameters(recurse=False):
        if value.device != x.device:
            expected = f"{name} on {value.device}, as {parameter}; got {x.device}"
            return Advice(expected, (f'{{x}}.to("{value.device}")',), name, instead=True)
    return None


def _other_dtype(module: Any, x: Tensor, headline: str, name: str) -> Advice | None:
    """The input would fit but for its dtype. (An embedding's indices have another by right.)"""
    own = dict(module.named_parameters(recurse=False))
    wanted = {value.dtype for value in own.values()}
    if "type" not in headline or hasattr(module, "num_embeddings"):
        return None
    if len(wanted) != 1 or x.dtype in wanted:
        return None
    (dtype,) = wanted
    tries = [f"{{x}}.{_METHODS.get(dtype, f'to({dtype})')}"]
    if x.dtype in _METHODS:
        tries.append(f"{{net}}.{_METHODS[x.dtype]}")
    expected = f"{_name(dtype)} {name}, as {next(iter(own))}; got {_name(x.dtype)}"
    return Advice(expected, tuple(tries), name, instead=True)


def _name(dtype: dtypes.dtype) -> str:
    return str(dtype).rpartition(".")[2]


# -- sizes -----------------------------------------------------------------------------------------


def _last(module: Any, x: Tensor) -> int:
    return -1


def _channels(module: Any, x: Tensor) -> int:
    """The dimension of the channels, which comes before those of space."""
    space = module.weight.ndim - 2
    return -1 - space if x.ndim > space else 0


def _second(module: Any, x: Tensor) -> int:
    return 1


SIZES: dict[str, Callable[[Any, Tensor], int]] = {
    "in_features": _last,
    "in_channels": _channels,
    "num_features": _second,
    "num_channels": _second,
    "input_size": _last,
    "embed_dim": _last,
}
"""Options that say how large one dimension of the input is -> which one."""


def _other_size(module: Any, x: Tensor, headline: str, name: str) -> Advice | None:
    for option, of in SIZES.items():
        size, dim = getattr(module, option, None), of
        if not isinstance(size, int):
            continue
        at = dim(module, x)
        if not -x.ndim <= at < x.ndim or x.shape[at] == size:
            continue
        got = x.shape[at]
        tries = [*_reshaped(option, size, x), constructed(module, option, got)]
        return Advice(
            f"size {size} at dimension {at} of {name} ({option}), got {got}", tuple(tries), name
        )
    shape = getattr(module, "normalized_shape", ())
    if shape and len(shape) <= x.ndim and tuple(x.shape[-len(shape) :]) != tuple(shape):
        fitting = tuple(x.shape[-len(shape) :])
        wanted = fitting if len(fitting) > 1 else fitting[0]
        return Advice("", (constructed(module, "normalized_shape", wanted),), name)
    return None


def _reshaped(option: str, size: int, x: Tensor) -> Iterator[str]:
    """Other shapes of the same input that fit."""
    if option == "in_features" and x.ndim > 2 and math.prod(x.shape[1:]) == size:
        yield "{x}.flatten(1)"
    if option == "in_channels" and size == 1:
        yield "{x}.unsqueeze(1)"


def _other_rank(module: Any, x: Tensor, headline: str, name: str) -> Advice | None:
    """A layer for another number of dimensions, as a one-dimensional one for images."""
    kind = re.fullmatch(r"(\w+)([123])d", type(module).__name__)
    if kind is None or not re.search(r"\dD\b", headline):
        return None
    space, known = x.ndim - 2, 1 <= x.ndim - 2 <= 3 and x.ndim - 2 != int(kind[2])
    return Advice("", (f"nn.{kind[1]}{space}d",) if known else (), name)


def _too_few_rows(module: Any, x: Tensor, headline: str, name: str) -> Advice | None:
    """An index beyond the end of an embedding's table."""
    rows = getattr(module, "num_embeddings", None)
    if not isinstance(rows, int) or "index out of range" not in headline or not x.numel():
        return None
    largest = int(x.max())
    if largest < rows:
        return Advice(f"indices from 0 to {rows - 1}, got {int(x.min())}", (), name)
    expected = f"indices from 0 to {rows - 1} (num_embeddings={rows}), got {largest}"
    return Advice(expected, (constructed(module, "num_embeddings", largest + 1),), name)


# -- the layer that would fit ----------------------------------------------------------------------


def constructed(module: Any, option: str, value: Any) -> str:
    """The program's text for a layer like this one but for one option: `nn.Linear(5, 4)`."""
    parts = []
    for name, argument in list(signature(type(module).__init__).parameters.items())[1:]:
        if name in ("device", "dtype") or name.startswith("_"):
            continue
        named = argument.kind in (Argument.POSITIONAL_OR_KEYWORD, Argument.KEYWORD_ONLY)
        if not named or not hasattr(module, name):
            return f"{option}={value!r}"
        own = _plain(getattr(module, name), argument.default)
        set_to = value if name == option else own
        if argument.default is Argument.empty:
            parts.append(repr(set_to))
        elif set_to != argument.default:
            parts.append(f"{name}={set_to!r}")
    where = "nn." if type(module).__module__.startswith("tracegrad.nn.") else ""
    return f"{where}{type(module).__name__}({', '.join(parts)})"


def _plain(value: Any, default: Any) -> Any:
    """An option as it was given: `bias` is kept as the parameter that it asks for, `3` as `(3, 3)`
    for a window.
    """
    if isinstance(default, bool):
        return value if isinstance(value, bool) else value is not None
    same = isinstance(value, tuple) and len(set(value)) == 1
    return value[0] if same else value
