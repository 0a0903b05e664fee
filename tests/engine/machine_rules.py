"""What the programs of the machine may do next, by kind."""

from __future__ import annotations

from typing import Any

import hypothesis.strategies as st
import numpy as np
from hypothesis.stateful import multiple, rule

from tests.engine.actions import (
    ADVANCED,
    ALIASES,
    BASIC,
    LARGEST,
    LOW,
    OUT_OF_PLACE,
    POINTWISE,
    SHAPES,
    VIEWS,
)
from tests.engine.machine import (
    TENSORS,
    Pair,
    Programs,
    broadcast,
    expanded,
    same_dtype,
    shape_of,
    too_large,
)

WRITES = ["add", "mul", "copy"]
"""Writes of another tensor."""


class Computing(Programs):
    """Leaves, and ops out of place."""

    @rule(target=TENSORS, shape=st.sampled_from(SHAPES), requires_grad=st.booleans())
    def leaf(self, shape: tuple[int, ...], requires_grad: bool) -> Any:
        return self.new_leaf(shape, requires_grad)

    @rule(target=TENSORS, shape=st.sampled_from(SHAPES[:2]), requires_grad=st.booleans())
    def narrow_leaf(self, shape: tuple[int, ...], requires_grad: bool) -> Any:
        return self.new_leaf(shape, requires_grad, "float32")

    @rule(target=TENSORS, name=st.sampled_from(OUT_OF_PLACE), x=TENSORS)
    def unary(self, name: str, x: Pair) -> Any:
        return self.compare(lambda library, t: [library.unary(name, t)], x)

    @rule(target=TENSORS, name=st.sampled_from(["add", "mul"]), x=TENSORS, y=TENSORS)
    def binary(self, name: str, x: Pair, y: Pair) -> Any:
        if broadcast(x, y) is None or too_large(x, y) or not same_dtype(x, y):
            return multiple()
        return self.compare(lambda library, s, t: [library.binary(name, s, t)], x, y)

    @rule(target=TENSORS, x=TENSORS)
    def convert(self, x: Pair) -> Any:
        self.narrow = True
        other = "float64" if x[0].dtype is self.subject.module.float32 else "float32"
        return self.compare(lambda library, t: [library.convert(t, other)], x)

    @rule()
    def switch_gradients_off(self) -> None:
        """Until the program next goes back."""
        for library in self.both:
            library.grad = False

    @rule(x=TENSORS)
    def require_grad(self, x: Pair) -> None:
        """Of data; or not any more, of a parameter."""
        if x[0]._base is None and x[0].is_leaf:
            wanted = not x[0].requires_grad
            if not self.has_views(x):
                self.happened |= set() if wanted else {"cut"}
                self.compare_change(lambda library, t: library.require(t, wanted), x)

    def compare_change(self, action: Any, x: Pair) -> None:
        """Run an action on both that changes a tensor, but not its elements."""
        self.compare(lambda library, t: action(library, t) or [], x)


class Aliasing(Computing):
    """Tensors over the same memory."""

    @rule(target=TENSORS, name=st.sampled_from(list(VIEWS)), x=TENSORS)
    def view(self, name: str, x: Pair) -> Any:
        if not VIEWS[name].fits(shape_of(x)) or (name == "flat" and not x[0].is_contiguous()):
            return multiple()
        return self.compare(lambda library, t: library.view(name, t), x)

    @rule(target=TENSORS, x=TENSORS)
    def detach(self, x: Pair) -> Any:
        if expanded(x):
            return multiple()
        return self.compare(lambda library, t: [library.detach(t)], x)

    @rule(x=TENSORS)
    def detach_in_place(self, x: Pair) -> None:
        if not self.has_views(x):
            self.happened.add("cut")
            self.compare_change(lambda library, t: library.detach_in_place(t), x)

    @rule(target=TENSORS, x=TENSORS)
    def data(self, x: Pair) -> Any:
        if expanded(x):
            return multiple()
        self.happened.add("data")
        return self.compare(lambda library, t: [library.data(t)], x)

    def alias(self, through: str, x: Pair) -> list[Pair]:
        """Another tensor over the same memory, or the tensor itself."""
        ways = {"itself": lambda _: multiple(x), "detach": self.detach, "data": self.data}
        made = ways[through](x) if through in ways else self.view(through, x)
        return list(made.values[:1]) or [x]


class Writing(Aliasing):
    """In-place ops and assignments."""

    @rule(name=st.sampled_from(list(POINTWISE)), x=TENSORS)
    def write(self, name: str, x: Pair) -> None:
        if POINTWISE[name].only_in_place and self.leaves_out(x):
            return
        self.compare_write(lambda library, t: library.write(name, t), x)

    @rule(name=st.sampled_from(WRITES), x=TENSORS, y=TENSORS)
    def write_other(self, name: str, x: Pair, y: Pair) -> None:
        fitting = broadcast(x, y) == shape_of(x) and (name == "copy" or same_dtype(x, y))
        if fitting and not too_large(x, y) and not self.leaves_out(x, y):
            self.compare_write(lambda library, s, t: library.write(name, s, t), x, y)

    def leaves_out(self, x: Pair, y: Pair | None = None) -> bool:
        """Whether a write (of `y`) to `x` is one that the oracle has no right answer for."""
        return False

    @rule(x=TENSORS, at=st.integers(0, LARGEST))
    def masked_fill(self, x: Pair, at: int) -> None:
        if self.leaves_out(x):
            return
        mask = self.mask(x, at)
        self.compare_write(lambda library, t: library.masked_fill(t, mask), x)

    def mask(self, x: Pair, at: int) -> Any:
        """The elements that are below one of them: made once, so that no rounding decides."""
        values = np.array(x[0].tolist())
        return np.asarray(values < values.ravel()[at % values.size])

    @rule(
        key=st.sampled_from(list(BASIC)), x=TENSORS, y=TENSORS | st.none(), augmented=st.booleans()
    )
    def assign(self, key: str, x: Pair, y: Pair | None, augmented: bool) -> None:
        """`x[1:] = y`, `x[..., ::2] = number`, `x[0] += y`."""
        if not BASIC[key].fits(shape_of(x)) or too_large(x):
            return
        shape = shape_at(key, x)
        if y is None:
            self.compare_write(lambda library, t: library.assign(key, t, LOW, False), x)
        elif fits(y, shape) and not too_large(y) and (same_dtype(x, y) or not augmented):
            if self.leaves_out(x, y):
                return
            self.compare_write(lambda library, s, t: library.assign(key, s, t, augmented), x, y)

    @rule(
        key=st.sampled_from(list(ADVANCED)),
        x=TENSORS,
        y=TENSORS | st.none(),
        at=st.integers(0, LARGEST),
    )
    def assign_at(self, key: str, x: Pair, y: Pair | None, at: int) -> None:
        """`x[x < 0] = 0`, `x[mask] = y`, `x[[1, 0]] = y`."""
        if not ADVANCED[key].fits(shape_of(x)) or self.leaves_out(x, y):
            return
        mask = self.mask(x, at)
        first, rest = ADVANCED[key].parts(mask)
        shape = np.empty(shape_of(x))[... if first is None else first][rest].shape
        if y is None:
            self.compare_write(lambda library, t: library.assign_at(key, t, mask, LOW), x)
        elif fits(y, shape) and same_dtype(x, y):
            self.compare_write(lambda library, s, t: library.assign_at(key, s, mask, t), x, y)

    @rule(
        target=TENSORS,
        name=st.sampled_from(list(VIEWS)),
        write=st.sampled_from([*POINTWISE, *WRITES]),
        x=TENSORS,
        y=TENSORS,
    )
    def write_through_view(self, name: str, write: str, x: Pair, y: Pair) -> Any:
        """What `x[...] *= y` does, and the commonest way in which views and writes meet."""
        made = self.view(name, x)
        for shown in made.values[:1]:
            if write in POINTWISE:
                self.write(write, shown)
            else:
                self.write_other(write, shown, y)
        return made


class GoingBack(Writing):
    """Backward, in all of its forms."""

    @rule(root=TENSORS)
    def backward(self, root: Pair) -> None:
        self.go_back(root)

    def go_back(self, root: Pair) -> bool:
        return self.compare_gradients("backward", lambda lib, t, w: lib.backward(t, w, True), root)

    @rule(root=TENSORS)
    def backward_twice(self, root: Pair) -> None:
        """What the first frees, the second misses."""
        if self.go_back(root):
            freeing = lambda library, t, w: library.backward(t, w, False)  # noqa: E731  one of several tables of actions
            self.compare_gradients("freeing backward", freeing, root)
            self.compare_gradients("second backward", freeing, root)

    @rule(root=TENSORS, data=st.data())
    def grad_of_some(self, root: Pair, data: st.DataObject) -> None:
        leaves = enumerate(self.subject.leaves)
        numbers = [n for n, leaf in leaves if leaf.requires_grad and leaf.is_leaf]
        if numbers:
            some = data.draw(st.lists(st.sampled_from(numbers), min_size=1, unique=True))
            self.compare_gradients("grad", lambda lib, t, w: lib.grad_of(t, w, some), root)

    @rule(
        target=TENSORS,
        use=st.sampled_from(["sin", "tanh", "relu", "clamp"]),
        through=st.sampled_from([*ALIASES, "data"]),
        write=st.sampled_from(["neg", "fill", "sin"]),
        x=TENSORS,
    )
    def use_write_and_go_back(self, use: str, through: str, write: str, x: Pair) -> Any:
        """What version counters are for: a value is used, then written, then needed."""
        used = self.unary(use, x)
        for result in used.values:
            target = result if POINTWISE[use].keeps == "out" else x
            self.write(write, *self.alias(through, target))
            self.backward(result)
        return used

    @rule(target=TENSORS, name=st.sampled_from(list(VIEWS)), x=TENSORS)
    def write_the_base_of_a_view(self, name: str, x: Pair) -> Any:
        """A view that is older than a write to its base goes back through the base."""
        shown = self.view(name, x)
        for view in shown.values[:1]:
            self.write("sin", x)
            self.backward(view)
        return shown


class Machine(GoingBack):
    """All of them; and what users bring along: hooks, and ops of their own."""

    @rule()
    def switch_the_hooks(self) -> None:
        self.switch_hooks()

    @rule(target=TENSORS, name=st.sampled_from(["square", "twice_", "head"]), x=TENSORS)
    def function(self, name: str, x: Pair) -> Any:
        """The user's own op: on leaves and results, on views and bases."""
        if (name == "head" and not shape_of(x)) or too_large(x):
            return multiple()
        self.happened.add(f"function: {name}")
        if name == "twice_":
            self.compare_write(lambda library, t: library.function(name, t), x)
            return multiple()
        return self.compare(lambda library, t: [library.function(name, t)], x)


def shape_at(key: str, x: Pair) -> tuple[int, ...]:
    """What a basic key shows."""
    return np.empty(shape_of(x))[BASIC[key].key].shape


def fits(pair: Pair, shape: tuple[int, ...]) -> bool:
    try:
        return bool(np.broadcast_shapes(shape_of(pair), shape) == shape)
    except ValueError:
        return False
