"""Products with a Jacobian, from both sides: what `functional` and `tracegrad.func` are made of."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tracegrad._tensor import Tensor
from tracegrad.autograd.backward import grad
from tracegrad.backend.device import namespace_of
from tracegrad.engine.worlds import lifted

Gradients = tuple[Tensor | None, ...]
"""One per tensor that was asked for; `None` where nothing depends on it."""

ops = lifted.ops
"""Every op of the table, over tensors."""


def pull(
    outputs: Sequence[Tensor],
    inputs: Sequence[Tensor],
    cotangents: Sequence[Tensor],
    create_graph: bool,
) -> Gradients:
    """Cotangents of the outputs times the Jacobian, by backward. The graph is kept."""
    flowing = [(o, v) for o, v in zip(outputs, cotangents, strict=True) if o.requires_grad]
    if not flowing:
        return (None,) * len(inputs)
    return grad(
        [o for o, _ in flowing], inputs, [v for _, v in flowing],
        retain_graph=True, create_graph=create_graph, allow_unused=True,
    )  # fmt: skip


def push(
    outputs: Sequence[Tensor], inputs: Sequence[Tensor]
) -> Callable[[Sequence[Tensor], bool], Gradients]:
    """The Jacobian times tangents of the inputs, by two backward passes.

    The first gives `u -> u @ J` for a `u` that is not known yet. It is linear in `u`, and so its
    derivative for `u` is `J`, with no forward mode needed.
    """
    starts = [zeros_like(o).requires_grad_() for o in outputs]
    pulled = pull(outputs, inputs, starts, create_graph=True)

    def pushed(tangents: Sequence[Tensor], create_graph: bool) -> Gradients:
        known = [(p, t) for p, t in zip(pulled, tangents, strict=True) if p is not None]
        return pull([p for p, _ in known], starts, [t for _, t in known], create_graph)

    return pushed


def rows(output: Tensor, inputs: Sequence[Tensor], create_graph: bool) -> Gradients:
    """The Jacobian of one output for each input, row by row: one backward per output element."""
    shapes = [tuple(output.shape) + tuple(x.shape) for x in inputs]
    found = [pull([output], inputs, [one], create_graph) for one in basis(output)]
    parts = [[row[n] for row in found] for n in range(len(inputs))]
    return tuple(
        _stacked(part, x, 0, shape) for part, x, shape in zip(parts, inputs, shapes, strict=True)
    )


def columns(
    outputs: Sequence[Tensor], inputs: Sequence[Tensor], create_graph: bool
) -> list[Gradients]:
    """The Jacobian of each output for each input, column by column: for few inputs."""
    pushed = push(outputs, inputs)
    by_input = []
    for n, x in enumerate(inputs):
        others = [zeros_like(other) for other in inputs]
        found = []
        for one in basis(x):
            others[n] = one
            found.append(pushed(others, create_graph))
        by_input.append(found)
    return [
        tuple(
            _stacked([c[i] for c in found], y, -1, tuple(y.shape) + tuple(x.shape))
            for found, x in zip(by_input, inputs, strict=True)
        )
        for i, y in enumerate(outputs)
    ]


def basis(tensor: Tensor) -> list[Tensor]:
    """For each element a tensor of the same shape that is 1 there and else 0."""
    array, size = tensor._array, tensor.numel()
    ones = []
    for n in range(size):
        one = namespace_of(array).zeros_like(array, order="C", shape=(size,))
        one[n] = 1
        ones.append(Tensor._of(one.reshape(array.shape)))
    return ones


def _stacked(
    parts: Sequence[Tensor | None], like: Tensor, dim: int, shape: tuple[int, ...]
) -> Tensor | None:
    """Rows or columns as one tensor; `None` if none of them depends on anything."""
    if not parts:
        return zeros_like(like, shape)
    if all(part is None for part in parts):
        return None
    zeros = zeros_like(like)
    return ops.stack([zeros if part is None else part for part in parts], dim=dim).reshape(shape)


def zeros_like(tensor: Tensor, shape: tuple[int, ...] | None = None) -> Tensor:
    """Zeros of the tensor's dtype, without history; of its shape if none is given."""
    array = tensor._array
    made: Tensor = Tensor._of(namespace_of(array).zeros_like(array, order="C", shape=shape))
    return made


def ones_like(tensor: Tensor) -> Tensor:
    """Ones of the tensor's shape and dtype, without history."""
    made: Tensor = Tensor._of(namespace_of(tensor._array).ones_like(tensor._array, order="C"))
    return made


def filled(gradients: Gradients, like: Sequence[Tensor]) -> tuple[Tensor, ...]:
    """The gradients with zeros in place of `None`."""
    return tuple(zeros_like(t) if g is None else g for g, t in zip(gradients, like, strict=True))
