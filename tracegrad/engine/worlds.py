"""The two worlds that a gradient rule can run in.

Note [Two worlds]
~~~~~~~~~~~~~~~~~
A rule is written once, over `ops` and a gradient `g`::

    lambda ops, g, x: g * ops.cos(x)

In the *raw* world, `ops.cos` is the kernel of `cos` with the array namespace filled in, and `g`,
`x` are
arrays: this is every ordinary backward pass. In the *lifted* world, `ops.cos` is the public
    function, `g` and
`x` are tensors, and what the rule computes is itself recorded: this is `create_graph=True`, and all
there is to second derivatives. Option names and defaults are equal in both, since `ops` is made
from the op table and is never the `numpy` module itself.

The engine is below tensors and ops, so it is told of them: `ops/install.py` fills in both worlds.
"""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np

from tracegrad.backend import kernels
from tracegrad.backend.device import Array, namespace_of
from tracegrad.graph.node import Node


class World:
    """What the engine needs to know of the kind of gradients that it carries.

    Attributes:
        ops: every op of the table by name.
        sum_to: adds up what broadcasting repeated, `(gradient, shape) -> gradient`.
        visit: one node's rules, `(node, gradient) -> contributions`.
        tensor: a gradient as the tensor that hooks and `.grad` show.
        gradient: the other way round.
    """

    __slots__ = ("gradient", "lifted", "ops", "sum_to", "tensor", "visit")

    def __init__(self, lifted: bool) -> None:
        self.lifted = lifted
        self.ops = SimpleNamespace()
        self.sum_to: Callable[[Any, tuple[int, ...]], Any] = sum_to
        self.visit: Callable[[Node, Any], tuple[Any, ...]] = _visit_raw
        self.tensor: Callable[[Any], Any] = _unset
        self.gradient: Callable[[Any], Any] = _unset


def _visit_raw(node: Node, g: Any) -> tuple[Any, ...]:
    return node.op.backward(node, g)


def _visit_lifted(node: Node, g: Any) -> tuple[Any, ...]:
    return node.op.lifted_backward(node, g)


def _unset(_: Any) -> Any:
    raise RuntimeError("tracegrad.ops is not imported yet")


def sum_to(g: Array, shape: tuple[int, ...]) -> Array:
    """An array's gradient for an input of that shape: broadcasting undone."""
    return kernels.sum_to(np if type(g) is np.ndarray else namespace_of(g), g, shape)


on_complex: list[Callable[[], None]] = []
"""What is to be done when a complex tensor first meets a graph: see `ops/complex_gradients.py`."""


def meet_complex() -> None:
    """Say that gradients may be complex from now on; real programs never pay for that question."""
    while on_complex:
        on_complex.pop()()


raw = World(lifted=False)

raw_ops: dict[int, SimpleNamespace] = {}
"""What `raw.ops` is for arrays of other namespaces than NumPy, by the namespace's `id`."""


def make_raw_ops(xp: Any) -> SimpleNamespace:
    """Every op of the table over arrays of one namespace. Set by `ops/install.py`."""
    raise RuntimeError("tracegrad.ops is not imported yet")


def raw_ops_for(g: Any) -> SimpleNamespace:
    """The ops for a rule's gradient, which is no plain NumPy array: an array of another device, a
    NumPy scalar, or a list of gradients.
    """
    xp = namespace_of(*g) if isinstance(g, list | tuple) else namespace_of(g)
    if xp is np:
        return raw.ops
    if id(xp) not in raw_ops:
        raw_ops[id(xp)] = make_raw_ops(xp)
    return raw_ops[id(xp)]


lifted = World(lifted=True)
lifted.visit = _visit_lifted
