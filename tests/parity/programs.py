"""A program as text, run by tracegrad and by PyTorch: both compute the same, or both refuse.

A program uses the names of `names()` and leaves tensors called `y`, `v` and `u` behind. Compared
are their values, shapes, versions, gradients, gradients of gradients, and what they know of their
history.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

import tracegrad as tg

ROOTS = ("y", "v", "u")
"""What a program may leave behind, and is compared: the written tensor, a view, another view."""

LEAVES = ("l", "w", "s")

KINDS = {"CopySlices": "copy_slices", "AsStridedBackward0": "as_strided"}
"""The nodes that only writes make, as PyTorch and tracegrad call them."""


# -- running a program -----------------------------------------------------------------------------


@dataclass
class Outcome:
    """What a program left behind: facts by name, or the error that stopped it."""

    error: Exception | None = None
    facts: dict[str, Any] = field(default_factory=dict)


def names(module: Any) -> dict[str, Any]:
    """`T` is the library, `N` is NumPy; `l`, `w` and `s` are leaves; `x` is data, `i` indices."""

    def tensor(array: Any) -> Any:
        return module.tensor(array.tolist(), dtype=module.float64)

    random = np.random.default_rng(3)
    found = {
        "T": module,
        "N": np,
        "l": tensor(random.uniform(0.5, 2, (3, 4))).requires_grad_(),
        "w": tensor(random.uniform(0.5, 2, (3, 4))).requires_grad_(),
        "s": tensor(random.uniform(0.5, 2, ())).requires_grad_(),
        "x": tensor(random.uniform(0.5, 2, (3, 4))),
        "i": module.tensor([0, 2]),
        "like": lambda shown, kind: operand(module, found, shown, kind),
    }
    return found


def operand(module: Any, known: dict[str, Any], shown: Any, kind: str) -> Any:
    """Something to write to `shown`."""
    shape = tuple(shown.shape)
    size = int(np.prod(shape))
    flat = known["w"].reshape(-1)
    match kind:
        case "leaf":
            return module.cat([flat, flat])[:size].reshape(shape)
        case "row":
            return flat[: shape[-1]] if shape else known["s"] * 1
        case "0-d":
            return known["s"] * 1
        case "float32":
            return module.cat([flat, flat])[:size].reshape(shape).to(module.float32)
        case "integers":
            return (known["x"].reshape(-1)[:1] * 10).to(module.int64).expand(shape)
        case "data":
            values = [0.25 + n for n in range(size)]
            return module.tensor(values, dtype=module.float64).reshape(shape)
        case "number":
            return 1.5
    raise LookupError(kind)


def run(module: Any, program: str) -> Outcome:
    """Execute the program, then differentiate what it left twice."""
    known = names(module)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PyTorch's, of what it will not support any more
        try:
            exec(program, known)
        except Exception as error:
            return Outcome(error)
        outcome = Outcome()
        for name in ROOTS:
            if name in known:
                outcome.facts |= {f"{name}.{k}": v for k, v in facts(module, known, name).items()}
    return outcome


def facts(module: Any, known: dict[str, Any], name: str) -> dict[str, Any]:
    """What can be observed of a tensor that a program left behind."""
    tensor = known[name]
    found: dict[str, Any] = {
        "shape": tuple(tensor.shape),
        "values": tensor.tolist(),
        "version": tensor._version,
        "offset": tensor.storage_offset(),
        "is a view": tensor._base is not None,
    }
    try:
        found["requires_grad"] = tensor.requires_grad
        found["is_leaf"] = tensor.is_leaf
        found["kind"] = kind_of(tensor.grad_fn)
    except RuntimeError:
        found["grad_fn"] = "refused"
        return found
    if tensor.requires_grad:
        found |= gradients(module, known, tensor)
    return found


def kind_of(grad_fn: Any) -> str:
    """Which of the nodes that only writes make it is, or `other`, or nothing."""
    if grad_fn is None:
        return ""
    name = grad_fn.op.name if hasattr(grad_fn, "op") else KINDS.get(type(grad_fn).__name__)
    return name if name in KINDS.values() else "other"


def gradients(module: Any, known: dict[str, Any], tensor: Any) -> dict[str, Any]:
    """First and second gradients of a sum in which every element counts differently."""
    leaves = [known[name] for name in LEAVES]
    weights = module.arange(1.0, tensor.numel() + 1, dtype=module.float64).reshape(tensor.shape)
    try:
        first = module.autograd.grad(
            (tensor * tensor * weights).sum(), leaves, create_graph=True, allow_unused=True
        )
    except RuntimeError:
        return {"gradients": "refused"}
    found = {f"gradient of {n}": listed(g) for n, g in zip(LEAVES, first, strict=True)}
    squares = [(g * g).sum() for g in first if g is not None and g.requires_grad]
    if not squares:
        return found
    total = squares[0] + sum(squares[1:])
    second = module.autograd.grad(total, leaves, retain_graph=True, allow_unused=True)
    return found | {f"second of {n}": listed(g) for n, g in zip(LEAVES, second, strict=True)}


def listed(g: Any) -> Any:
    return None if g is None else g.tolist()


# -- comparing -------------------------------------------------------------------------------------


def difference(program: str) -> str:
    """What tracegrad does otherwise than PyTorch; nothing if they agree."""
    ours, theirs = run(tg, program), run(torch, program)
    tolerance = 1e-4 if "float32" in program else 1e-10
    if theirs.error is not None or ours.error is not None:
        if refused(ours.error, theirs.error):
            return ""
        return f"{program!r}: ours {ours.error!r}, PyTorch {theirs.error!r}"
    for name in theirs.facts | ours.facts:
        got, wanted = ours.facts.get(name), theirs.facts.get(name)
        if not same(got, wanted, tolerance):
            return f"{program!r}: {name} is {got}, in PyTorch {wanted}"
    return ""


def refused(ours: Exception | None, theirs: Exception | None) -> bool:
    """Whether both refuse, for the same kind of reason. (Of an index that is wrong and a write that
    is not allowed, either may be noticed first.)
    """
    either = (RuntimeError, IndexError)
    if isinstance(ours, either) and isinstance(theirs, either):
        return True
    return theirs is not None and isinstance(ours, type(theirs))


def same(got: Any, wanted: Any, tolerance: float = 1e-10) -> bool:
    if not isinstance(wanted, list | float) or not isinstance(got, list | float):
        return bool(got == wanted) or no_gradient(got, wanted) or no_gradient(wanted, got)
    a, b = np.array(got, float), np.array(wanted, float)
    return a.shape == b.shape and np.allclose(a, b, rtol=tolerance, atol=tolerance)


def no_gradient(one: Any, other: Any) -> bool:
    """PyTorch may give zeros where nothing flows, and the other way round."""
    return one is None and isinstance(other, list | float) and not np.any(other)


def assert_same(programs: Iterable[str]) -> None:
    programs = list(programs)
    found = [d for program in programs if (d := difference(program))]
    assert not found, f"{len(found)} of {len(programs)} differ:\n" + "\n".join(found)
