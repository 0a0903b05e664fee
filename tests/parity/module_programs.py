"""Programs with modules, run by both libraries: each logs what it sees."""

from __future__ import annotations

import re
import textwrap
import warnings
from typing import Any

import numpy as np


class Numbers:
    """The elements of a tensor, equal to others up to rounding."""

    def __init__(self, array: Any) -> None:
        self.array = array.astype(float)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Numbers) or self.array.shape != other.array.shape:
            return False
        return np.allclose(self.array, other.array, rtol=1e-5, atol=1e-6)

    __hash__ = None  # type: ignore[assignment]  # compared by its numbers

    def __repr__(self) -> str:
        return repr(self.array.tolist())


def plain(value: Any) -> Any:
    """What both libraries can say in the same words."""
    if hasattr(value, "detach"):
        dtype = str(value.dtype).rpartition(".")[2]
        return ["tensor", dtype, value.requires_grad, Numbers(value.detach().numpy())]
    if isinstance(value, tuple | list):
        return [type(value).__name__, *(plain(one) for one in value)]
    if isinstance(value, dict):
        return {key: plain(one) for key, one in value.items()}
    if isinstance(value, str):
        return re.sub("tracegrad|torch", "the library", value)
    return type(value).__name__ if hasattr(value, "modules") else value


def said(error: Exception) -> list[Any]:
    """An error's class, and what it says before it says more than PyTorch's."""
    kind = next(c for c in type(error).__mro__ if c.__module__ == "builtins")
    text = re.sub(r"torch\.Size\((.*?)\)", r"\1", str(error)).partition("\n  ")[0]
    text = text.partition(" Please file an issue")[0]
    text = re.sub("tracegrad|torch", "the library", text)
    return [kind.__name__, text.replace("HookFunctionBackward is", "HookFunction is")]


def ran(library: Any, program: str, *, words: bool = True) -> list[Any]:
    """What a program logs: values, warnings by class, and the error that ends it, with its words or
    by class alone.
    """
    log: list[Any] = []

    def layer(rows: int, columns: int) -> Any:
        made = library.nn.Linear(rows, columns)
        with library.no_grad():
            made.weight.copy_(library.arange(rows * columns).reshape(columns, rows) * 0.25 - 0.5)
            made.bias.fill_(0.5)
        return made

    class Several(library.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.w = library.nn.Parameter(library.tensor([2.0, 3.0]))

        def forward(self, x: Any, n: int, y: Any = None, *, scale: Any = 1.0) -> Any:
            return x * self.w * n, "text", (y if y is not None else x) * self.w * scale

    names = {
        "T": library, "nn": library.nn, "layer": layer, "Several": Several, "everywhere":
        library.nn.modules.module, "log": lambda *values: log.append([plain(v) for v in values]),
        "x": library.tensor([[1.0, -2.0], [0.5, 3.0]], requires_grad=True),
        "data": library.tensor([[1.0, -2.0], [0.5, 3.0]]),
    }  # fmt: skip
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            exec(textwrap.dedent(program), names)
        except Exception as error:
            log.append(said(error) if words else said(error)[:1])
    log.append([warning.category.__name__ for warning in caught])
    return log
