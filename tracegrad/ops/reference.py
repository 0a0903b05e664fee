"""The op reference page: `python -m tracegrad.ops.reference` writes it, a test compares.

Everything in it is read off the op table: what an op computes, which gradients it has, what its
nodes keep for backward, and in which forms it can be called.
"""

from __future__ import annotations

import inspect
import pathlib
import sys
from collections.abc import Iterator

from tracegrad._methods import OpMethods
from tracegrad.ops.declare import PUBLIC_NAMES, TABLE, Op
from tracegrad.ops.install import functions

PAGE = pathlib.Path(__file__).parent.parent.parent / "docs" / "ops.md"

HEAD = """\
<!-- Made by `python -m tracegrad.ops.reference` from the op table. Do not edit. -->

# Op reference

{count} functions, by the file of `tracegrad/ops/` that has them. Names, arguments and results are
PyTorch's.

- *gradient for*: the arguments that a gradient comes back to; `-` where it is zero or does not
  exist.
- *keeps*: what a node holds on to until backward. A write to one of these in place is noticed, and
  refused by backward.
- *forms*: `f` a function `tracegrad.name`, `m` a method, `m_` a method that writes in place.

Functions that are made of others, such as `flatten` or `stack`, come last: their gradients are
those of their parts.
"""


def page() -> str:
    """The whole page as Markdown."""
    shown = [op for op in TABLE.values() if op.declaration.public]
    made_of_others = sorted(set(functions) - {op.name for op in shown})
    lines = [HEAD.format(count=len(shown) + len(made_of_others))]
    kinds: dict[str, list[Op]] = {}
    for op in shown:
        kinds.setdefault(op.declaration.kernel.__module__, []).append(op)
    for module, ops in sorted(kinds.items()):
        lines += _section(module, ops)
    lines += ["## made of others", "", "| function | |", "|---|---|"]
    for name in made_of_others:
        lines.append(f"| `{name}` | {_summary(functions[name].__doc__)} |")
    return "\n".join(lines) + "\n"


def _section(module: str, ops: list[Op]) -> Iterator[str]:
    """One kind of ops as a table."""
    yield f"## {module.rpartition('.')[2].strip('_')}"
    yield ""
    yield _summary(sys.modules[module].__doc__)
    yield ""
    yield "| op | | gradient for | keeps | forms |"
    yield "|---|---|---|---|---|"
    for op in sorted(ops, key=lambda op: op.name):
        yield f"| `{_call(op)}` | {_summary(op.declaration.doc)} | {_facts(op)} |"
    yield ""


def _call(op: Op) -> str:
    """`softmax(input, dim, dtype=None)`."""
    d = op.declaration
    parts = [_argument(i) + ("=None" if i in d.optional else "") for i in d.inputs]
    for option, default in d.options.items():
        if default is inspect.Parameter.empty:
            parts.append(f"*{option}" if option == d.variadic else option)
        else:
            parts.append(f"{option}={default!r}")
    return f"{op.name}({', '.join(parts)})".replace("|", "\\|")


def _facts(op: Op) -> str:
    """The last three columns."""
    d = op.declaration
    rules = ", ".join(f"`{_argument(i)}`" for i in d.inputs if i in d.rules) or "-"
    kept = [s for s in d.saves if s.kind in ("input", "out", "aux")]
    keeps = ", ".join("its result" if s.kind == "out" else f"`{_argument(s.name)}`" for s in kept)
    forms = ["f"] if op.name in functions else []
    forms += [f for f, name in (("m", op.name), ("m_", op.name + "_")) if hasattr(OpMethods, name)]
    return f"{rules} | {keeps or '-'} | {' '.join(forms)}"


def _argument(input: str) -> str:
    name = input.lstrip("*")
    return PUBLIC_NAMES.get(name, name)


def _summary(doc: str | None) -> str:
    """The first paragraph, as one line of a table."""
    first = (doc or "").strip().split("\n\n")[0]
    return " ".join(first.split()).replace("|", "\\|")


if __name__ == "__main__":
    PAGE.write_text(page())
    print(f"{PAGE}: {len(TABLE)} ops")
