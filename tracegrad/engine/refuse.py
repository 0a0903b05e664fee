"""Which in-place writes are refused, and what the program reads then.

A write is refused where gradients would be wrong or ambiguous: see Note [In-place on a view]. The
headlines are PyTorch's.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tracegrad.backend.geometry import overlap, overlaps_itself, shows_more
from tracegrad.engine.instead import cloned_operand, without_writing, written_name
from tracegrad.engine.views import View, view_requires_grad
from tracegrad.engine.wording import here, operands
from tracegrad.errors import InplaceRefusedError, with_details
from tracegrad.graph.location import caller, place
from tracegrad.graph.mode import grad_enabled
from tracegrad.graph.node import AccumulateGrad


def check_may_write(tensor: Any, op: str, records: bool, uniform: bool = False) -> None:
    """Refuse a write that would make gradients wrong or ambiguous.

    Args:
        op: what the user called, such as `mul_`.
        records: whether a gradient flows through the write.
        uniform: whether it writes one number everywhere, however often an element is shown.

    Raises:
        InplaceRefusedError: the tensor is a leaf that requires grad, a view of one, a view that may
            not be written to, or shows one element several times.
    """
    base = tensor._view.base._array if records and tensor._view is not None else None
    # Also of the base: the gradient of a write to a part of it would miss the part's repetitions.
    repeats = overlaps_itself(tensor._array) or (base is not None and overlaps_itself(base))
    if repeats and not uniform:
        raise _repeating(tensor, op)
    # A base that is all of its storage shows whatever a view can.
    is_all = base is None or (tensor._storage.array is base and base.flags.forc)
    if base is not None and not is_all and shows_more(tensor._array, base):
        raise _beyond_base(tensor, op)
    check_may_rebase(tensor, op, records)


def check_may_rebase(tensor: Any, op: str, records: bool) -> None:
    """Refuse what would give the tensor a history that it cannot have; the rest of
    `check_may_write`, which is all that a change of shape has to pass.
    """
    if tensor._storage is not None:
        tensor._storage.check_writable()
    if not grad_enabled():
        return
    view: View | None = tensor._view
    if view is None:
        if isinstance(tensor._node, AccumulateGrad):
            raise _leaf_written("leaf", "a leaf Variable", tensor, op)
        return
    base_node = view.base._node
    if not records and base_node is None:
        return
    if view.origin != "default":
        raise _view_written(view, tensor, op)
    # A view that was made a leaf itself, and a view of that, have a base that requires no grad.
    if isinstance(base_node, AccumulateGrad) or (base_node is None and view_requires_grad(tensor)):
        raise _leaf_written("view of a leaf", "a view of a leaf Variable", tensor, op)


def check_apart(target: Any, others: Sequence[Any], op: str, strictly: bool = False) -> None:
    """Refuse to write to memory that is read in another order, as PyTorch does.

    Where it cannot tell, because a tensor has gaps or repeats itself, PyTorch gives a result that
    depends on the order of its loops. Here an op reads everything before it writes.

    Args:
        others: the other operands; numbers among them are passed over.
        strictly: refuse the very same elements in the same order too.

    Raises:
        InplaceRefusedError: an operand shares memory with the target.
    """
    for other in others:
        if not may_share(target, other):
            continue
        found = overlap(target._array, other._array)
        if found == "partial" or (strictly and found == "full"):
            raise _overlapping(target, op)


def may_share(tensor: Any, other: Any) -> bool:
    """Whether two tensors may have the same memory: a quick answer, and "no" for nearly all.

    All views of a tensor share its storage. What `.data` and NumPy see has a storage of its own,
    and both are marked as shared.
    """
    storage, other_storage = tensor._storage, getattr(other, "_storage", None)
    if storage is None or other_storage is None:
        return other is tensor
    return storage is other_storage or (storage.shared and other_storage.shared)


def write_refused(
    reason: str,
    headline: str,
    tensor: Any,
    op: str,
    suggestions: Sequence[str],
    facts: Sequence[tuple[str, str]] = (),
) -> InplaceRefusedError:
    """The error for a write that is not allowed.

    Args:
        op: what the user called; it runs now.
        facts: rows of the message beyond the tensor and the op.
    """
    written_by = here(op)
    name = _name(op)
    shape = list(tensor._array.shape)
    rows = [("tensor", f"{name} of shape {shape}" if name else f"of shape {shape}"), *facts]
    rows.append(("written by", str(written_by)))
    return InplaceRefusedError(
        with_details(headline, rows, "; or ".join(suggestions)),
        reason=reason,
        written_by=written_by,
        suggestions=suggestions,
    )


def _name(op: str) -> str:
    """The tensor that is written to, as the user's line calls it."""
    where = place(*caller())
    if op == "__setitem__":
        return where.expression if where else ""
    return next(iter(operands(where, op.rstrip("_"))), "")


def _out_of_place(op: str, otherwise: str) -> str:
    """The user's own statement without the write."""
    return without_writing(op, here(op).statement) or otherwise


def _cloned(op: str) -> str:
    name = written_name(here(op).statement)
    return f"{name} = {name}.clone()" if name else ".clone() it"


# -- the refusals ----------------------------------------------------------------------------------


def _leaf_written(reason: str, what: str, tensor: Any, op: str) -> InplaceRefusedError:
    statement = here(op).statement
    name = written_name(statement)
    instead = without_writing(op, statement) if reason == "leaf" else ""
    if "." in name and instead.startswith(f"{name} = "):
        # A module refuses a computed tensor in the place of its parameter.
        instead = name.rpartition(".")[2] + instead.removeprefix(name)
    update = f"with no_grad(): {statement}" if statement else "the write inside of no_grad()"
    return write_refused(
        reason,
        f"{what} that requires grad is being used in an in-place operation.",
        tensor,
        op,
        [
            f"{update}, if it is an update or an initial value, which no gradient flows through",
            f"{instead or f'write to a clone() of {name}'.removesuffix(' of ')}, if a gradient is "
            "to flow through it",
        ],
    )


def _repeating(tensor: Any, op: str) -> InplaceRefusedError:
    return write_refused(
        "repeats",
        "unsupported operation: more than one element of the written-to tensor refers to a single "
        "memory location. Please clone() the tensor before performing the operation.",
        tensor,
        op,
        [f"{_cloned(op)} before the write: expand() shows one element several times"],
    )


def _overlapping(tensor: Any, op: str) -> InplaceRefusedError:
    return write_refused(
        "overlap",
        "unsupported operation: some elements of the input tensor and the written-to tensor refer "
        "to a single memory location. Please clone() the tensor before performing the operation.",
        tensor,
        op,
        [cloned_operand(here(op).statement) or ".clone() the tensor that is read"],
    )


def _beyond_base(tensor: Any, op: str) -> InplaceRefusedError:
    return write_refused(
        "beyond its base",
        "a view that as_strided() made shows elements that the tensor it was made of does not, and "
        "a gradient cannot follow a write to those",
        tensor,
        op,
        ["as_strided of the whole tensor, with a larger storage_offset", "a .clone() of the view"],
    )


def _view_written(view: View, tensor: Any, op: str) -> InplaceRefusedError:
    if view.origin == "no_grad":
        return write_refused(
            "no_grad view",
            "A view was created in no_grad mode and is being modified inplace with grad mode "
            "enabled. Given that this use case is ambiguous and error-prone, it is forbidden. You "
            "can clarify your code by moving both the view and the inplace either both inside the "
            "no_grad block (if you don't want the inplace to be tracked) or both outside (if you "
            "want the inplace to be tracked).",
            tensor,
            op,
            ["take the view again outside of no_grad()", "do the write inside of it too"],
            [("view by", _BY_INDEX.get(view.op, view.maker))],
        )
    if view.origin == "function":
        return write_refused(
            "function view",
            f"Output 0 of {view.op} is a view and is being modified inplace. This view was "
            "created inside a custom Function (or because an input was returned as-is) and the "
            "autograd logic to handle view+inplace would override the custom backward associated "
            "with the custom Function, leading to incorrect gradients. This behavior is forbidden. "
            "You can fix this by cloning the output of the custom Function.",
            tensor,
            op,
            [
                f"return a .clone() from {view.op}.forward",
                _out_of_place(op, "write to a clone() of it"),
            ],
            [("view by", f"{view.op}.apply")],
        )
    if view.origin == "dtype":
        return write_refused(
            "complex view",
            f"{view.maker} made a view of complex numbers, or of their parts, and a gradient "
            "cannot follow a write through it to the tensor that it is a view of",
            tensor,
            op,
            ["complex(real, imag) of new parts", "a .clone() of the view"],
            [("view by", view.maker)],
        )
    return write_refused(
        "several views",
        f"Output of {view.op.partition('_')[0]} is a view and is being modified inplace. This view "
        "is the output of a function that returns multiple views. Such functions do not allow the "
        "output views to be modified inplace. You should replace the inplace operation by an "
        "out-of-place one.",
        tensor,
        op,
        [
            "take each view by indexing, such as x[0] or x[:2], which may be written to",
            _out_of_place(op, ".clone() it first"),
        ],
        [("view by", view.maker)],
    )


_BY_INDEX = {"select": "indexing", "slice": "indexing"}
