"""tracegrad, or PyTorch: the operations of the machine, in the words that both share."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Any

import numpy as np

import tracegrad as tg
from tests.engine.actions import ADVANCED, BASIC, LOW, POINTWISE, VIEWS
from tests.engine.toy_steps import Array, Refused
from tracegrad.recording.source import TraceSource

HOOKS: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    "identity": (lambda t: t, lambda t: t),
    "clone": (lambda t: t.clone(), lambda t: t),
}
"""By name: `pack` and `unpack` of `saved_tensors_hooks`."""


class Library:
    """Drives a library through its public names; what it refuses becomes `Refused`.

    Attributes:
        grad: whether gradients are recorded.
        hooks: name of the hooks on what is saved from here on, or `none`.
        modes: context managers for a whole program.
    """

    def __init__(self, module: Any) -> None:
        self.module = module
        self.leaves: list[Any] = []
        self.grad = True
        self.hooks = "none"
        self.modes: dict[str, Callable[[], AbstractContextManager[Any]]] = {
            "preserving": lambda: module.autograd.graph.allow_mutation_on_saved_tensors(),
        }
        self._program = ExitStack()
        self._functions = custom_functions(module) if hasattr(module.autograd, "Function") else {}

    def enter(self, mode: str) -> None:
        if mode in self.modes:
            self._program.enter_context(self.modes[mode]())

    def close(self) -> None:
        self._program.close()

    # -- tensors -------------------------------------------------------------------------------

    def leaf(self, values: Array, requires_grad: bool, dtype: str) -> Any:
        tensor = self.module.tensor(values.tolist(), dtype=getattr(self.module, dtype))
        if requires_grad:
            self.require(tensor, True)
        return tensor

    def require(self, x: Any, requires_grad: bool) -> None:
        x.requires_grad_(requires_grad)
        if requires_grad and all(leaf is not x for leaf in self.leaves):
            self.leaves.append(x)

    def values(self, t: Any) -> Array:
        return np.array(t.tolist())  # not through detach(), which gives a tensor a storage

    def requires_grad(self, t: Any) -> bool:
        return bool(t.requires_grad)

    def detach(self, x: Any) -> Any:
        return x.detach()

    def data(self, x: Any) -> Any:
        return x.data

    def detach_in_place(self, x: Any) -> None:
        with self._acting():
            x.detach_()

    def view(self, name: str, x: Any) -> list[Any]:
        with self._acting():
            shown = VIEWS[name].of_tensor(x)
        return list(shown) if isinstance(shown, tuple) else [shown]

    # -- out of place --------------------------------------------------------------------------

    def unary(self, name: str, x: Any) -> Any:
        with self._acting():
            return getattr(self.module, name)(x, *POINTWISE[name].arguments)

    def convert(self, x: Any, dtype: str) -> Any:
        with self._acting():
            return x.to(getattr(self.module, dtype))

    def binary(self, name: str, x: Any, y: Any) -> Any:
        with self._acting():
            return getattr(self.module, name)(x, y)

    def function(self, name: str, x: Any) -> Any:
        with self._acting():
            return self._functions[name].apply(x)

    # -- in place ------------------------------------------------------------------------------

    def write(self, name: str, x: Any, y: Any = None) -> None:
        with self._acting():
            getattr(x, name + "_")(*(POINTWISE[name].arguments if y is None else [y]))

    def masked_fill(self, x: Any, mask: Array) -> None:
        with self._acting():
            x.masked_fill_(self.module.tensor(mask.tolist()), LOW)

    def assign(self, key: str, x: Any, y: Any, augmented: bool) -> None:
        with self._acting():
            if augmented:
                x[BASIC[key].key] += y
            else:
                x[BASIC[key].key] = y

    def assign_at(self, key: str, x: Any, mask: Array, y: Any) -> None:
        first, rest = ADVANCED[key].parts(self.module.tensor(mask.tolist()))
        with self._acting():
            x[rest if first is None else (first, rest)] = y

    # -- backward ------------------------------------------------------------------------------

    def backward(self, root: Any, weights: Array, retain: bool) -> list[Array | None]:
        for leaf in self.leaves:
            leaf.grad = None
        with self._acting():
            root.backward(self._weights(root, weights), retain_graph=retain)
        return [self._flat(leaf.grad) if leaf.is_leaf else None for leaf in self.leaves]

    def grad_of(self, root: Any, weights: Array, leaves: list[int]) -> list[Array | None]:
        with self._acting():
            return self._several(
                self.module.autograd.grad(
                    root,
                    [self.leaves[n] for n in leaves],
                    self._weights(root, weights),
                    retain_graph=True,
                    allow_unused=True,
                )
            )

    def second_order(self, root: Any, weights: Array) -> list[Array | None]:
        """The gradients; and those of the sum of their squares, which are zeros where there are
        none: PyTorch has a graph for some that we have none for.
        """
        wanted = [leaf for leaf in self.leaves if leaf.requires_grad and leaf.is_leaf]
        with self._acting():
            first = self.module.autograd.grad(
                root, wanted, self._weights(root, weights), create_graph=True, allow_unused=True
            )
            squares = [(g * g).sum() for g in first if g is not None and g.requires_grad]
            second = [None] * len(wanted)
            if squares:
                total = sum(squares[1:], squares[0])
                second = self.module.autograd.grad(
                    total, wanted, retain_graph=True, allow_unused=True
                )
        zeros = [np.zeros(leaf.numel()) for leaf in wanted]
        return [
            *self._several(first),
            *(none if g is None else self._flat(g) for g, none in zip(second, zeros, strict=True)),
        ]

    # -- inside --------------------------------------------------------------------------------

    def _weights(self, root: Any, weights: Array) -> Any:
        return self.module.tensor(weights.tolist(), dtype=root.dtype)

    def _flat(self, g: Any) -> Array | None:
        return None if g is None else self.values(g).ravel()

    def _several(self, gradients: Sequence[Any]) -> list[Array | None]:
        return [self._flat(g) for g in gradients]

    @contextmanager
    def _acting(self) -> Iterator[None]:
        """An op runs in the modes that the program is in now."""
        with ExitStack() as modes, self._refusing():
            modes.enter_context(self.module.set_grad_enabled(self.grad))
            if self.hooks != "none":
                hooks = self.module.autograd.graph.saved_tensors_hooks(*HOOKS[self.hooks])
                modes.enter_context(hooks)
            yield

    @contextmanager
    def _refusing(self) -> Iterator[None]:
        try:
            yield
        except RuntimeError as error:
            raise Refused(type(error).__name__, str(error)) from None


class Tracegrad(Library):
    """The library under test, with what PyTorch does not have.

    Attributes:
        trace: of the program, if it is recorded.
    """

    def __init__(self) -> None:
        super().__init__(tg)
        self.trace: TraceSource | None = None
        self.modes |= {
            "recording": self._recording,
            "checking writes": lambda: tg.autograd.detect_anomaly(check_writes=True),
        }

    @contextmanager
    def _recording(self) -> Iterator[None]:
        with tg.record() as self.trace:
            yield


def custom_functions(module: Any) -> dict[str, Any]:
    """The user's own ops; by name as the toy knows them."""
    Function = module.autograd.Function

    class Square(Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x)
            return x * x

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            (x,) = ctx.saved_tensors
            return 2 * g * x

    class Twice(Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.mark_dirty(x)
            return x.mul_(2)

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return 2 * g

    class Head(Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.size = x.shape
            return x[:1]

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            rest = module.zeros(ctx.size[0] - 1, *ctx.size[1:], dtype=g.dtype)
            return module.cat([g, rest])

    return {"square": Square, "twice_": Twice, "head": Head}
