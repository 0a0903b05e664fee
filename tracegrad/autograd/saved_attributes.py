"""`y.grad_fn._saved_self`: what a node keeps, by PyTorch's names.

They are properties of the class, one for each name in the op table, and not `__getattr__`: a class
that has that loses Python's fast way to every other attribute, and backward reads several of each
node.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tracegrad._tensor import Tensor
from tracegrad.engine.explain import modified_error
from tracegrad.engine.saved import edge_of, opened
from tracegrad.graph.node import AccumulateGrad, Node, Output
from tracegrad.ops.declare import TABLE, Declaration, Saved
from tracegrad.storage import changes_since

RENAMED = {"x": "self", "y": "other", "out": "result", "x_shape": "self_sym_sizes",
           "y_shape": "other_sym_sizes"}  # fmt: skip
"""What PyTorch calls what our rules call by the mathematician's names."""


def install() -> None:
    """Give nodes a property for each name under which some op keeps something."""
    names = {_shown(saved) for op in TABLE.values() for saved in op.declaration.saves}
    for name in names:
        setattr(Node, f"_saved_{name}", _property(name))
        setattr(Output, f"_saved_{name}", _of_its_node(f"_saved_{name}"))


def _shown(saved: Saved) -> str:
    return RENAMED.get(saved.name, saved.name)


def _property(name: str) -> property:
    def read(node: Node) -> Any:
        declaration: Declaration | None = getattr(node.op, "declaration", None)
        for saved in () if declaration is None else declaration.saves:
            if _shown(saved) == name:
                return _value(node, declaration, saved)
        raise AttributeError(f"{node.name()} has no attribute '_saved_{name}'")

    return property(read, doc=f"What the node keeps as `{name}`.")


def _of_its_node(attribute: str) -> property:
    return property(lambda output: getattr(output.node, attribute))


def _value(node: Node, declaration: Declaration | None, wanted: Saved) -> Any:
    """What a node keeps under a name, a tensor with the history that it had.

    Raises:
        FreedGraphError: a backward freed it.
        InplaceModificationError: it was changed in place since.
    """
    assert declaration is not None
    kept = node.saved if type(node.saved) is tuple else opened(node)
    place = 0
    for saved in declaration.saves:
        width = 3 if saved.kind in ("input", "out") else 1
        if saved is wanted:
            break
        place += width
    value = kept[place]
    if width == 1:
        is_result = wanted.kind == "aux" and isinstance(value, np.ndarray | np.generic)
        return Tensor._from_saved(np.asarray(value), None, None) if is_result else value
    if not hasattr(value, "dtype"):
        return value  # a number, or `None` where no gradient needs it
    storage, version = kept[place + 1 : place + 3]
    if changes_since(value, storage, version):
        raise modified_error(node, kept)
    edge = edge_of(node, wanted.name)
    tensor = Tensor._from_saved(value, edge, storage)
    if isinstance(edge, AccumulateGrad):
        tensor._accumulator = edge  # with the leaf's own `.grad`
    return tensor
