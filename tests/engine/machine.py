"""Random programs of views, in-place writes and backwards, run on two libraries at once.

The libraries must compute the same values and gradients, or both must refuse.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import hypothesis.strategies as st
import numpy as np
from hypothesis.stateful import (
    Bundle,
    MultipleResults,
    RuleBasedStateMachine,
    initialize,
    multiple,
    rule,
)

import tracegrad as tg
from tests.engine.library import Library
from tests.engine.toy import Refused

LARGEST = 12
"""Elements of a tensor: enough for every kind of overlap, small enough for hundreds of programs."""

VIEWS: dict[
    str, tuple[Callable[[tuple[int, ...]], bool], Callable[[Any], Any], Callable[[Any], Any]]
] = {
    "row": (lambda s: len(s) > 0, lambda t: t[0], lambda a: a[0]),
    "last column": (lambda s: len(s) > 1, lambda t: t[:, -1], lambda a: a[:, -1]),
    "tail": (lambda s: len(s) > 0 and s[0] > 1, lambda t: t[1:], lambda a: a[1:]),
    "every other": (
        lambda s: len(s) > 0 and s[-1] > 1,
        lambda t: t[..., ::2],
        lambda a: a[..., ::2],
    ),
    "transpose": (lambda s: len(s) > 1, lambda t: t.transpose(0, -1), lambda a: a.swapaxes(0, -1)),
    "diagonal": (lambda s: len(s) == 2, lambda t: t.diagonal(), lambda a: a.diagonal()),
    "unsqueeze": (lambda s: len(s) < 3, lambda t: t.unsqueeze(0), lambda a: a[None]),
    "flat": (lambda s: True, lambda t: t.view(-1), lambda a: a.reshape(-1)),
    "expand": (
        lambda s: len(s) < 3 and 2 * int(np.prod(s)) <= LARGEST,
        lambda t: t.expand(2, *t.shape),
        lambda a: np.broadcast_to(a, (2, *a.shape)),
    ),
    "unbind": (
        lambda s: len(s) > 0,
        lambda t: t.unbind(0),
        lambda a: list(a.reshape(a.shape[0], *a.shape[1:])),
    ),
    "split": (
        lambda s: len(s) > 0,
        lambda t: t.split(2),
        lambda a: [a[n : n + 2] for n in range(0, len(a), 2)],
    ),
}
"""By name: whether it fits a shape, the view of a tensor, the same of a table of indices."""

ALIASES = ["itself", "detach", "unsqueeze", "row"]
"""Through what a tensor may be written."""

SHAPES = [(2, 3), (3, 3), (3,), (2,), ()]


class Machine(RuleBasedStateMachine):
    """Runs each rule on tracegrad and on an oracle, and compares."""

    tensors = Bundle("tensors")

    def oracle_library(self) -> Any:
        raise NotImplementedError

    def oracle_view(self, name: str) -> Any:
        """What the oracle's `view` takes."""
        raise NotImplementedError

    def __init__(self) -> None:
        super().__init__()
        self.subject = Library(tg)
        self.oracle = self.oracle_library()
        self.grad = True
        self.made = 0
        self.shown: list[tuple[Any, Any]] = []

    # -- rules ---------------------------------------------------------------------------------

    @initialize(target=tensors)
    def begin(self) -> Any:
        """A parameter, data, and something computed of each: what most programs are made of."""
        parameter, data = (self.new_leaf((2, 3), requires_grad) for requires_grad in (True, False))
        results = self.compare(lambda library, t: [library.unary(True, "neg", t)], parameter)
        return multiple(parameter, data, *results.values)

    @rule(target=tensors, shape=st.sampled_from(SHAPES), requires_grad=st.booleans())
    def leaf(self, shape: tuple[int, ...], requires_grad: bool) -> Any:
        return self.new_leaf(shape, requires_grad)

    def new_leaf(self, shape: tuple[int, ...], requires_grad: bool) -> tuple[Any, Any]:
        n = int(np.prod(shape))
        self.made += 1
        values = (np.linspace(-1.2, 1.1, n) if n > 1 else np.full(n, 0.7)).reshape(
            shape
        ) + 0.1 * self.made
        return self.remember(*(library.leaf(values, requires_grad) for library in self.both))

    @rule(target=tensors, name=st.sampled_from(["neg", "sin", "tanh"]), x=tensors)
    def unary(self, name: str, x: Any) -> Any:
        return self.compare(lambda library, t: [library.unary(self.grad, name, t)], x)

    @rule(target=tensors, name=st.sampled_from(["add", "mul"]), x=tensors, y=tensors)
    def binary(self, name: str, x: Any, y: Any) -> Any:
        if not broadcast(x, y) or too_large(x, y):
            return multiple()
        return self.compare(lambda library, s, t: [library.binary(self.grad, name, s, t)], x, y)

    @rule(target=tensors, name=st.sampled_from(list(VIEWS)), x=tensors)
    def view(self, name: str, x: Any) -> Any:
        fits, how, _ = VIEWS[name]
        if not fits(shape_of(x)) or (name == "flat" and not x[0].is_contiguous()):
            return multiple()
        return self.compare(
            lambda library, t: library.view(
                self.grad, how if library is self.subject else self.oracle_view(name), t
            ),
            x,
        )

    @rule(
        target=tensors,
        name=st.sampled_from(list(VIEWS)),
        write=st.sampled_from(["add", "mul", "copy", "sin", "tanh"]),
        x=tensors,
        y=tensors,
    )
    def write_through_view(self, name: str, write: str, x: Any, y: Any) -> Any:
        """What `x[...] *= y` does, and the commonest way in which views and writes meet."""
        made = self.view(name, x)
        for shown in made.values[:1]:
            if write in ("sin", "tanh"):
                self.write(write, shown)
            else:
                self.write_other(write, shown, y)
        return made

    @rule(target=tensors, x=tensors)
    def detach(self, x: Any) -> Any:
        if not expanded(x):
            return self.compare(lambda library, t: [library.detach(t)], x)
        return multiple()

    @rule(name=st.sampled_from(["neg", "sin", "tanh"]), x=tensors)
    def write(self, name: str, x: Any) -> None:
        self.compare(lambda library, t: [library.write(self.grad, name, t)], x)

    @rule(name=st.sampled_from(["add", "mul", "copy"]), x=tensors, y=tensors)
    def write_other(self, name: str, x: Any, y: Any) -> None:
        if broadcast(x, y) == shape_of(x) and not too_large(x, y):
            self.compare(lambda library, s, t: [library.write(self.grad, name, s, t)], x, y)

    @rule(
        target=tensors,
        use=st.sampled_from(["sin", "tanh"]),
        through=st.sampled_from(ALIASES),
        x=tensors,
    )
    def use_write_and_go_back(self, use: str, through: str, x: Any) -> Any:
        """What version counters are for: a value is used, then written, then needed."""
        used = self.unary(use, x)
        for result in used.values:
            self.write("neg", *self.alias(through, result if use == "tanh" else x))
            self.backward(result)
        return used

    @rule(target=tensors, name=st.sampled_from(list(VIEWS)), x=tensors)
    def write_the_base_of_a_view(self, name: str, x: Any) -> Any:
        """A view that is older than a write to its base goes back through the base."""
        shown = self.view(name, x)
        for view in shown.values[:1]:
            self.write("sin", x)
            self.backward(view)
        return shown

    def alias(self, through: str, x: Any) -> list[Any]:
        """Another tensor over the same memory, or the tensor itself."""
        if through == "itself":
            return [x]
        made = self.detach(x) if through == "detach" else self.view(through, x)
        return list(made.values[:1]) or [x]

    @rule()
    def switch_grad_mode(self) -> None:
        self.grad = not self.grad

    @rule(root=tensors)
    def backward(self, root: Any) -> None:
        weights = np.linspace(0.5, 1.5, int(np.prod(shape_of(root)))).reshape(shape_of(root))
        outcomes = [
            self.outcome(lambda library, t: library.gradients(t, weights), library, t)
            for library, t in zip(self.both, root, strict=True)
        ]
        self.same_refusal(outcomes)
        if isinstance(outcomes[0], Refused):
            return
        for got, wanted in zip(*outcomes, strict=True):
            assert (got is None) == (wanted is None)
            if got is not None:
                np.testing.assert_allclose(
                    got, np.broadcast_to(wanted, got.shape), rtol=1e-9, atol=1e-9
                )

    # -- inside --------------------------------------------------------------------------------

    @property
    def both(self) -> tuple[Any, Any]:
        return self.subject, self.oracle

    def outcome(self, action: Callable[..., Any], library: Any, *tensors: Any) -> Any:
        try:
            return action(library, *tensors)
        except Refused as refused:
            return refused

    def compare(self, action: Callable[..., list[Any]], *pairs: Any) -> MultipleResults[Any]:
        """Run an action on both; new tensors go into the bundle."""
        outcomes = [
            self.outcome(action, library, *(pair[n] for pair in pairs))
            for n, library in enumerate(self.both)
        ]
        self.same_refusal(outcomes)
        if not isinstance(outcomes[0], Refused):
            made = [pair for pair in zip(*outcomes, strict=True) if pair[0] is not None]
            result = multiple(*(self.remember(*pair) for pair in made))
        else:
            result = multiple()
        for got, wanted in self.shown:
            np.testing.assert_allclose(
                self.subject.values(got), self.oracle.values(wanted), rtol=1e-12
            )
            assert self.subject.requires_grad(got) == self.oracle.requires_grad(wanted)
        return result

    def same_refusal(self, outcomes: list[Any]) -> None:
        ours, theirs = (isinstance(outcome, Refused) for outcome in outcomes)
        assert ours == theirs, f"tracegrad: {outcomes[0]!r}; oracle: {outcomes[1]!r}"

    def remember(self, got: Any, wanted: Any) -> tuple[Any, Any]:
        self.shown.append((got, wanted))
        return got, wanted


def shape_of(pair: Any) -> tuple[int, ...]:
    return tuple(pair[0].shape)


def broadcast(x: Any, y: Any) -> tuple[int, ...] | None:
    """The common shape of two tensors, if there is one."""
    try:
        shape = np.broadcast_shapes(shape_of(x), shape_of(y))
    except ValueError:
        return None
    return shape if np.prod(shape) <= LARGEST else None


def too_large(*pairs: Any) -> bool:
    """Whether repeated products are about to overflow: then both libraries would compare NaNs."""
    return any(abs(x) > 30 for pair in pairs for x in np.ravel(pair[0].tolist()))


def expanded(pair: Any) -> bool:
    return any(s == 0 and n > 1 for s, n in zip(pair[0].stride(), pair[0].shape, strict=True))
