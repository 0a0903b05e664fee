"""Type stubs from the op table: `python -m tracegrad.ops.stubs` writes them, a test compares.

Functions and methods are made at import, where no type checker or editor can see them;
`functions.pyi` and `_methods.pyi` declare each with its signature and first line of documentation.
"""

from __future__ import annotations

import inspect
import pathlib
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from tracegrad.ops.declare import PUBLIC_NAMES, TABLE, Op
from tracegrad.ops.install import INPLACE_OPERATORS, OPERATORS, REFLECTED, functions

PACKAGE = pathlib.Path(__file__).parent.parent

OPTION_TYPES = {
    "dim": "Dim", "keepdim": "builtins.bool", "dtype": "Any", "dims": "Sequence[builtins.int]",
    "shape": "Sequence[builtins.int]",
    "min": "builtins.float | None", "max": "builtins.float | None", "memory_format": "Any",
    "value": "builtins.complex",
}  # fmt: skip
"""Types of options whose default does not tell."""

_EXTREME = [
    "(input: Tensor) -> Tensor",
    "(input: Tensor, dim: Tensor, keepdim: builtins.bool = ...) -> Tensor",
    "(input: Tensor, dim: builtins.int, keepdim: builtins.bool = ...) -> ValuesAndIndices",
    "(input: Tensor, *, other: Tensor) -> Tensor",
]
_WHERE = [
    "(condition: Tensor) -> tuple[Tensor, ...]",
    "(condition: Tensor, input: Tensor | Number, other: Tensor | Number) -> Tensor",
]
OVERLOADS = {"max": _EXTREME, "min": _EXTREME, "where": _WHERE}
"""Functions whose result depends on how they are called."""

HEADER = """\
# Made by `python -m tracegrad.ops.stubs` from the op table. Do not edit.
import builtins
from collections.abc import Callable, Sequence
from typing import Any, overload

{imports}

DeviceLike = str | Device | None
Dim = builtins.int | Sequence[builtins.int] | None
Number = builtins.bool | builtins.int | builtins.float | builtins.complex
"""


def functions_stub() -> str:
    """Text of `ops/functions.pyi`."""
    imports = _imports(functions.values())
    listed = "".join(f'    "{name}",\n' for name in sorted(functions))
    lines = [HEADER.format(imports=imports), f"__all__ = [\n{listed}]\n"]
    for name in sorted(functions):
        lines += _function(name, functions[name], "")
    return "\n".join(lines) + "\n"


def _imports(made: Iterable[Callable[..., Any]]) -> str:
    """Imports of the modules and classes that the functions' annotations name."""
    found = {
        "from tracegrad import dtypes",
        "from tracegrad._tensor import Tensor",
        "from tracegrad.backend import random",
        "from tracegrad.backend.device import Device",
        "from tracegrad.ops.overloads import ValuesAndIndices",
    }
    for function in made:
        named = " ".join(str(a) for a in getattr(function, "__annotations__", {}).values())
        for word in re.findall(r"(?<![\w.])[A-Z]\w*", named):
            value = getattr(inspect.unwrap(function), "__globals__", {}).get(word)
            if isinstance(value, type) and value.__module__.startswith("tracegrad."):
                found.add(f"from {value.__module__} import {value.__name__}")
    modules: dict[str, set[str]] = {}
    for line in found:
        module, name = line.removeprefix("from ").split(" import ")
        modules.setdefault(module, set()).add(name)
    return "\n".join(
        f"from {module} import {', '.join(sorted(names, key=_like_ruff))}"
        for module, names in sorted(modules.items())
    )


def _like_ruff(name: str) -> tuple[bool, bool, str]:
    """CONSTANTS, then Classes, then functions."""
    return not name.isupper(), not name[:1].isupper(), name.lower()


def methods_stub() -> str:
    """Text of `_methods.pyi`."""
    imports = _imports(_methods().values())
    lines = [HEADER.format(imports=imports), "class OpMethods:"]
    lines += [
        "    @property",
        "    def T(self) -> Tensor: ...",
        "    @property",
        "    def mT(self) -> Tensor: ...",
        "    @property",
        "    def H(self) -> Tensor: ...",
        "    @property",
        "    def mH(self) -> Tensor: ...",
        "    real: Tensor",
        "    imag: Tensor",
    ]
    lines += [
        "    def backward(self, gradient: Tensor | None = ..., "
        "retain_graph: builtins.bool | None = ..., create_graph: builtins.bool = ..., "
        "inputs: Tensor | Sequence[Tensor] | None = ...) -> None: ..."
    ]
    lines += ["    def __getitem__(self, key: Any) -> Tensor: ..."]
    lines += ["    def __setitem__(self, key: Any, value: Any) -> None: ..."]
    binary = {**OPERATORS, **REFLECTED, **INPLACE_OPERATORS}
    for dunder, name in binary.items():
        unary = len(TABLE[name].inputs) == 1
        ignore = "  # type: ignore[override]" if dunder in ("__eq__", "__ne__") else ""
        lines.append(
            f"    def {dunder}(self{'' if unary else ', other: Any'}) -> Tensor: ...{ignore}"
        )
    for name in sorted(_methods()):
        lines += _function(name, _methods()[name], "    ")
    return "\n".join(lines) + "\n"


def _methods() -> dict[str, Callable[..., Any]]:
    from tracegrad._methods import OpMethods

    skipped = {"T", "mT", "backward"}
    return {
        name: member
        for name, member in vars(OpMethods).items()
        if not name.startswith("__") and name not in skipped and callable(member)
    }


def _function(name: str, function: Callable[..., Any], indent: str) -> Iterator[str]:
    """One declaration."""
    entry = next((op for op in TABLE.values() if op.call is function), None)
    parameters, result = _of_op(entry) if entry is not None else _of_function(name, function)
    made_of_table = "options" in inspect.signature(function).parameters
    if indent and made_of_table and name.endswith("_") and name.rstrip("_") in TABLE:
        parameters, result = _of_op(TABLE[name.rstrip("_")], inplace=True)
    doc = (inspect.getdoc(function) or "").split("\n")[0]
    if name in OVERLOADS and not (indent and name == "where"):
        for signature in OVERLOADS[name]:
            if indent:
                signature = signature.replace("input: Tensor", "self")
            yield f"{indent}@overload"
            yield f"{indent}def {name}{signature}:"
            yield f'{indent}    """{doc}"""'
        return
    if indent:
        parameters = ["self", *parameters[1:]]
    yield f"{indent}def {name}({', '.join(parameters)}) -> {result}:"
    yield f'{indent}    """{doc}"""'


def _of_op(op: Op, inplace: bool = False) -> tuple[list[str], str]:
    """Parameters and result of a function that an op is."""
    d = op.declaration
    if d.is_list:
        parameters = [f"{PUBLIC_NAMES.get(d.inputs[0], d.inputs[0].lstrip('*'))}: Sequence[Tensor]"]
    else:
        kind = "Tensor | Number" if d.promotes != "none" and len(d.inputs) > 1 else "Tensor"
        parameters = [
            f"{PUBLIC_NAMES.get(i, i)}: {kind if i not in d.optional else kind + ' | None = ...'}"
            for i in d.inputs
        ]
    for option, default in d.options.items():
        if option == d.variadic:
            continue
        parameters.append(_option(option, default))
    if d.variadic is not None:
        parameters += ["*args: Any", f"{d.variadic}: Any = ..."]
    many = {0: "tuple[Tensor, ...]", 1: "Tensor", 2: "tuple[Tensor, Tensor]"}
    return parameters, "Tensor" if inplace else many[op.outputs]


def _option(name: str, default: Any) -> str:
    kind = OPTION_TYPES.get(name)
    if kind is None and isinstance(default, bool | int | float | str):
        kind = {
            "bool": "builtins.bool",
            "int": "builtins.int",
            "float": "builtins.float",
            "str": "str",
        }[type(default).__name__]
    kind = kind or "Any"
    return f"{name}: {kind}" if default is inspect.Parameter.empty else f"{name}: {kind} = ..."


def _of_function(name: str, function: Callable[..., Any]) -> tuple[list[str], str]:
    """Parameters and result from a function's own annotations."""
    signature = inspect.signature(function)
    parameters = []
    starred = False
    for parameter in signature.parameters.values():
        if parameter.kind is parameter.KEYWORD_ONLY and not starred:
            parameters.append("*")
            starred = True
        star = {"VAR_POSITIONAL": "*", "VAR_KEYWORD": "**"}.get(parameter.kind.name, "")
        starred = starred or star == "*"
        kind = parameter.annotation if isinstance(parameter.annotation, str) else "Any"
        default = "" if parameter.default is parameter.empty else " = ..."
        parameters.append(f"{star}{parameter.name}: {_spelled(kind)}{default}")
    result = signature.return_annotation
    return parameters, _spelled(result) if isinstance(result, str) else "Any"


def _spelled(kind: str) -> str:
    """Builtins that the stub's own functions would shadow, named in full."""
    words = {name: f"builtins.{name}" for name in ("bool", "complex", "float", "int", "type")}
    pattern = r"(?<![\w.])(bool|complex|float|int|type)(?!\w)"
    return re.sub(pattern, lambda found: words[found.group()], kind)


def write() -> None:
    """Write both stub files."""
    (PACKAGE / "ops" / "functions.pyi").write_text(functions_stub())
    (PACKAGE / "_methods.pyi").write_text(methods_stub())


if __name__ == "__main__":
    write()
