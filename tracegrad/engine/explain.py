"""Messages for what a backward pass or an in-place write refuses. See DESIGN: errors are
interface.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import CodeType
from typing import Any

from tracegrad.errors import InplaceModificationError, with_details
from tracegrad.graph.location import Place, place
from tracegrad.graph.node import Freed, Node
from tracegrad.storage import Change, Storage


def freed_error(node: Node) -> RuntimeError:
    """Backward reached a node whose saved values are gone."""
    freed = node.saved
    rows = [("needed by", f"{node.op.name} backward{_at(node.code, node.lasti)}")]
    if isinstance(freed, Freed):
        rows.append(("freed by", f"the backward call{_at(freed.code, freed.lasti)}"))
    return RuntimeError(
        with_details(
            "Trying to backward through the graph a second time (or directly access saved tensors "
            "after they have already been freed). Saved intermediate values of the graph are "
            "freed when you call .backward() or autograd.grad(). Specify retain_graph=True if you "
            "need to backward through the graph a second time or if you need to access saved "
            "tensors after calling backward.",
            rows,
            "backward(retain_graph=True) on the first call; or compute the loss again before the "
            "second; or, when something is carried from one iteration to the next, .detach() it "
            "there",
        )
    )


def modified_error(
    node: Node, saved: Sequence[tuple[str, Any, Storage | None, int | None]]
) -> InplaceModificationError:
    """A saved value's storage was written since.

    Args:
        node: whose backward needs the values.
        saved: for each saved value its name in the op, the array, storage, and version when saved.
    """
    name, array, storage, version = next(
        entry for entry in saved if entry[2] is not None and entry[2].version != entry[3]
    )
    assert storage is not None
    assert version is not None
    where = place(node.code, node.lasti)
    what = _variable(where, name)
    signature = f"{_dtype(array)}{list(array.shape)}"
    changes = storage.changes_since(version)
    rows = [
        (
            "saved",
            f"{what} ({signature}, version {version}) by "
            f"{node.op.name}{_at(node.code, node.lasti)}",
        )
    ]
    missing = storage.version - version - len(changes)
    if missing > 0:
        rows.append(("changed", f"{missing} times before the writes below"))
    rows += [("changed", _change(change)) for change in changes]
    rows.append(("needed by", f"{node.op.name} backward"))
    suggestions = _suggestions(what, where, changes)
    message = with_details(
        "one of the variables needed for gradient computation has been modified by an inplace "
        f"operation: {what} is at version {storage.version}; expected version {version} instead.",
        rows,
        ", or ".join(suggestions),
    )
    return InplaceModificationError(
        message,
        saved_by=node.op.name,
        changes=[_change(change) for change in changes],
        needed_by=f"{node.op.name} backward",
        suggestions=suggestions,
    )


def _suggestions(what: str, where: Place | None, changes: Sequence[Change]) -> list[str]:
    tries = []
    if changes:
        op = changes[-1].op
        out_of_place = op.rstrip("_")
        tries.append(f"{out_of_place} out of place instead of {op}")
    tries.append(f"change it before line {where.line}" if where else "change it before it is used")
    tries.append(
        f"write to a clone() of {what}" if what.isidentifier() else "write to a clone() of it"
    )
    return tries


def _variable(where: Place | None, name: str) -> str:
    """What to call the saved value: for an output the variable it was assigned to."""
    if name == "out":
        return where.variable if where and where.variable else "the result"
    return f"input '{name}'"


def _change(change: Change) -> str:
    through = "" if change.through is None else f"   through a view of shape {list(change.through)}"
    versions = f"version {change.version - 1} -> {change.version}"
    return f"{versions} by {change.op}{_at(change.code, change.lasti)}{through}"


def _at(code: CodeType | None, lasti: int) -> str:
    where = place(code, lasti)
    return f"   {where}" if where else ""


def _dtype(array: Any) -> str:
    name = str(array.dtype)
    return (
        name.replace("float", "f").replace("uint", "u").replace("int", "i").replace("complex", "c")
    )
