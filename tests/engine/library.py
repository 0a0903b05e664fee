"""tracegrad, or PyTorch: the operations of the machine, in the words that both share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tests.engine.toy import Array, Refused


class Library:
    """Drives a library through its public names; what it refuses becomes `Refused`."""

    def __init__(self, module: Any) -> None:
        self.module = module
        self.leaves: list[Any] = []

    def leaf(self, values: Array, requires_grad: bool) -> Any:
        tensor = self.module.tensor(values.tolist(), dtype=self.module.float64)
        if requires_grad:
            self.leaves.append(tensor.requires_grad_())
        return tensor

    def values(self, t: Any) -> Array:
        return np.array(t.detach().tolist())

    def requires_grad(self, t: Any) -> bool:
        return bool(t.requires_grad)

    def unary(self, grad: bool, name: str, x: Any) -> Any:
        return self._try(grad, lambda: getattr(self.module, name)(x))

    def binary(self, grad: bool, name: str, x: Any, y: Any) -> Any:
        return self._try(grad, lambda: getattr(self.module, name)(x, y))

    def view(self, grad: bool, how: Callable[[Any], Any], x: Any) -> list[Any]:
        shown = self._try(grad, lambda: how(x))
        return list(shown) if isinstance(shown, tuple) else [shown]

    def detach(self, x: Any) -> Any:
        return x.detach()

    def write(self, grad: bool, name: str, x: Any, y: Any = None) -> None:
        self._try(grad, lambda: getattr(x, name + "_")(*([] if y is None else [y])))

    def gradients(self, root: Any, weights: Array) -> list[Array | None]:
        for leaf in self.leaves:
            leaf.grad = None
        given = self.module.tensor(weights.tolist(), dtype=self.module.float64)
        self._try(True, lambda: root.backward(given, retain_graph=True))
        return [
            None if leaf.grad is None else self.values(leaf.grad).ravel() for leaf in self.leaves
        ]

    def _try(self, grad: bool, action: Callable[[], Any]) -> Any:
        with self.module.set_grad_enabled(grad):
            try:
                return action()
            except RuntimeError as error:
                raise Refused(str(error)) from None
