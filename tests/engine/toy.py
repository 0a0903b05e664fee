"""A tensor library that shares no memory, to check the real one against.

Memory is a list of numbers and every tensor a table of indices into it, so that a view is fancy
indexing and a write makes a new list. A base and its views have one history between them, about
all elements of the base. See `toy_steps` for what a history is made of.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import numpy as np

from tests.engine.actions import ADVANCED, BASIC, BINARY, LOW, POINTWISE, VIEWS
from tests.engine.toy_steps import (
    NO_GRADIENT,
    OTHER,
    WRITE,
    Array,
    Matrix,
    Memory,
    Refused,
    Saved,
    Step,
    Storage,
    above,
    leading_to,
    walk,
)
from tests.engine.toy_tensor import (
    Family,
    Origin,
    ToyTensor,
    chosen,
    overlap,
    read,
    slopes_of,
    spread,
)

Hooks = Literal["none", "identity", "clone"]


class Toy:
    """The operations of the machine.

    Attributes:
        grad: whether gradients are recorded.
        hooks: on what is saved from here on.
        preserves: whether saved values may be written to.
        checks: whether writes are found that no counter saw.
    """

    def __init__(self) -> None:
        self.grad = True
        self.hooks: Hooks = "none"
        self.preserves = self.checks = False
        self._leaves: list[Family] = []
        self._steps: list[Step] = []

    def enter(self, mode: str) -> None:
        self.preserves, self.checks = mode == "preserving", mode == "checking writes"

    def close(self) -> None:
        pass

    # -- tensors -------------------------------------------------------------------------------

    def leaf(self, values: Array, requires_grad: bool, dtype: str) -> ToyTensor:
        made = self._new(values.astype(dtype))
        self.require(made, requires_grad)
        return made

    def _new(self, values: Array) -> ToyTensor:
        cells = np.arange(values.size)
        family = Family(Storage(Memory(values.ravel().copy())), cells)
        return ToyTensor(family, cells.reshape(values.shape))

    def require(self, x: ToyTensor, requires_grad: bool) -> None:
        """`requires_grad_` of a leaf that is no view."""
        if requires_grad and x.family.leaf is None:
            x.family.leaf = Step([], leaf=len(self._leaves))
            self._leaves.append(x.family)
        x.family.step = x.family.leaf if requires_grad else None

    def values(self, t: ToyTensor) -> Array:
        return t.values

    def requires_grad(self, t: ToyTensor) -> bool:
        if not t.is_view:
            return t.family.step is not None
        return (t.step if t.seen == t.version else t.family.step) is not None

    def detach(self, x: ToyTensor) -> ToyTensor:
        return self._alias(x, x.family.storage)

    def data(self, x: ToyTensor) -> ToyTensor:
        self._about_to_write(x.family.storage)  # which nothing will notice
        return self._alias(x, Storage(x.family.storage.memory))

    def _alias(self, x: ToyTensor, storage: Storage) -> ToyTensor:
        family = Family(storage, x.cells.ravel())
        places = np.arange(x.places.size).reshape(x.places.shape)
        return ToyTensor(family, places, array=x.array)

    def detach_in_place(self, x: ToyTensor) -> None:
        if x.is_view:
            raise Refused(OTHER)
        x.family.step = None

    def view(self, name: str, x: ToyTensor) -> list[ToyTensor]:
        made = self._view(VIEWS[name].of_array, x)
        return made if isinstance(made, list) else [made]

    def _view(self, how: Callable[[Array], Any], x: ToyTensor, origin: Origin | None = None) -> Any:
        positions = how(np.arange(x.places.size).reshape(x.places.shape))
        if isinstance(positions, list):
            return [self._view(lambda _, one=one: one, x, "several") for one in positions]
        positions = np.asarray(positions)
        step = self._step_of(x) if self.grad else None
        return ToyTensor(
            x.family,
            x.places.ravel()[positions],
            True,
            (origin or x.origin) if self.grad else "no_grad",
            self._step([(step, lambda: chosen(positions, x.places.size))]),
            x.version,
        )

    # -- out of place --------------------------------------------------------------------------

    def unary(self, name: str, x: ToyTensor) -> ToyTensor:
        op = POINTWISE[name]
        step = self._recorded(x)
        out = self._new(op.function(x.values))
        saved = {"input": self._saved(x), "out": self._saved(out), "": None}[op.keeps]

        def slopes() -> Array:
            return np.diag(op.slopes(read(saved, x)).ravel())

        out.family.step = self._step([(step, slopes)], [saved], frees=saved is not None)
        return out

    def convert(self, x: ToyTensor, dtype: str) -> ToyTensor:
        out = self._new(x.values.astype(dtype))
        out.family.step = self._step([(self._recorded(x), lambda: np.eye(x.places.size))])
        return out

    def binary(self, name: str, x: ToyTensor, y: ToyTensor) -> ToyTensor:
        op = BINARY[name]
        steps = self._recorded(x), self._recorded(y)
        out = self._new(op.function(x.values, y.values))
        shape = out.places.shape
        needed: list[Saved | None] = [None, None]
        if op.keeps:
            needed = [self._saved(x) if steps[1] else None, self._saved(y) if steps[0] else None]
        parents = [
            (step, slopes_of(op.slopes[n], shape, tensor, needed[1 - n]))
            for n, (step, tensor) in enumerate(zip(steps, (x, y), strict=True))
        ]
        out.family.step = self._step(parents, needed, frees=op.keeps)
        return out

    def function(self, name: str, x: ToyTensor) -> ToyTensor:
        """A custom `autograd.Function`: none of them looks like an op to the view engine."""
        step = self._recorded(x)
        if name == "square":
            saved = self._saved(x)
            out = self._new(x.values**2)
            parent = step, lambda: np.diag(2 * saved.read().ravel())
            out.family.step = self._step([parent], [saved], frees=True)
            return out
        if name == "twice_":
            self._refuse_repetitions(x)
            self._change(x, 2 * x.values)  # before anybody knows that gradients are wanted
            self._refuse_history(x, step is not None)
            twice = np.full(x.places.size, 2.0)
            self._rebase(x, [], (step, lambda: twice))
            return x
        shown: ToyTensor = self._view(lambda a: a[:1], x, "function")
        return shown

    # -- in place ------------------------------------------------------------------------------

    def write(self, name: str, x: ToyTensor, y: ToyTensor | None = None) -> None:
        if y is not None:
            self._write_binary(name, x, y)
            return
        op = POINTWISE[name]
        step = self._recorded(x)
        self._check_may_write(x, step is not None, op.only_in_place)
        old = x.values  # a rule's need of the target's old value is met by a copy
        new = op.function(old)
        if op.keeps == "out":
            saved = self._saved(x, x.version + 1, new)
        else:
            saved = self._saved(x, copy=old)
        own = step, lambda: op.slopes(saved.read())
        self._overwrite(x, new, [saved], own, frees=bool(op.keeps))

    def _write_binary(
        self, name: str, x: ToyTensor, y: ToyTensor, broadcast_first: bool = False
    ) -> None:
        op = BINARY[name]
        own, other = self._recorded(x), self._recorded(y)
        self._check_may_write(x, own is not None or other is not None)
        read_cells = np.broadcast_to(y.cells, x.cells.shape) if broadcast_first else y.cells
        if overlap(x, y, read_cells) == "partial":
            raise Refused(WRITE)
        old, shape = x.values, x.places.shape
        value = op.function(old, y.values)
        saved = self._saved(y) if op.keeps and own is not None else None

        def by_own() -> Array:
            return np.broadcast_to(op.slopes[0](read(saved, y)), shape)

        kept = self._saved(x, copy=old)
        by_other = slopes_of(op.slopes[1], shape, y, kept)
        self._overwrite(x, value, [saved], (own, by_own), (other, by_other), frees=op.keeps)

    def masked_fill(self, x: ToyTensor, mask: Array) -> None:
        step = self._recorded(x)
        self._check_may_write(x, step is not None)
        value = np.where(mask, LOW, x.values)
        self._overwrite(x, value, [], (step, lambda: 1.0 - mask.ravel()), frees=True)

    def assign(self, key: str, x: ToyTensor, y: ToyTensor | float, augmented: bool) -> None:
        """`x[key] = y`, or `x[key] += y`."""
        shown = target = self._view(lambda a: a[BASIC[key].key], x)
        if augmented:
            self._write_binary("add", shown, y)
            y, target = shown, self._view(lambda a: a[BASIC[key].key], x)
        if key == "all":
            target = x  # the tensor itself is written to, not a view of it
        y = y if isinstance(y, ToyTensor) else self._number(y, x)
        self._write_binary("copy", target, y, broadcast_first=True)

    def assign_at(self, key: str, x: ToyTensor, mask: Any, y: ToyTensor | float) -> None:
        """The same where the key is a mask or names elements one by one."""
        first, rest = ADVANCED[key].parts(mask)
        if first is not None:
            x = self._view(lambda a: a[first], x)
        y = y if isinstance(y, ToyTensor) else self._number(y, x)
        own, other = self._recorded(x), self._recorded(y)
        self._check_may_write(x, own is not None or other is not None)
        one_number = key == "mask" and y.places.size == 1  # which is read before anything else
        if overlap(x, y) in ("partial", "full") and not one_number:
            raise Refused(WRITE)
        positions = np.arange(x.places.size).reshape(x.places.shape)[rest]
        value, untouched = x.values.ravel().copy(), np.ones(x.places.size)
        value[positions] = y.values
        untouched[positions] = 0.0

        def by_other() -> Array:
            return chosen(positions, x.places.size).T @ spread(y, positions.shape)

        value = value.reshape(x.places.shape)
        self._overwrite(x, value, [], (own, lambda: untouched), (other, by_other), frees=True)

    def _number(self, value: float, like: ToyTensor) -> ToyTensor:
        return self._new(np.array(value, like.values.dtype))

    def _overwrite(
        self,
        x: ToyTensor,
        value: Array,
        saved: list[Saved | None],
        own: tuple[Step | None, Matrix],
        other: tuple[Step | None, Matrix] = (None, lambda: np.empty(0)),
        frees: bool = False,
    ) -> None:
        for one in saved if self.preserves else []:
            if one is not None and one.storage is x.family.storage:
                one.keep_a_copy()
        self._change(x, value)
        self._rebase(x, saved, own, other, frees)

    def _change(self, x: ToyTensor, value: Array) -> None:
        storage = x.family.storage
        self._about_to_write(storage)
        values = storage.memory.values.copy()
        values[x.cells] = value
        storage.memory.values = values
        storage.version += 1
        if self.checks:
            self._find_unseen_writes()

    def _rebase(
        self,
        x: ToyTensor,
        saved: list[Saved | None],
        own: tuple[Step | None, Matrix],
        other: tuple[Step | None, Matrix] = (None, lambda: np.empty(0)),
        frees: bool = False,
    ) -> None:
        """Let the base have one more step.

        Args:
            own: the target's step, and the slope of each new element for the old one there.
            other: the operand's step, and the slopes for it.
        """
        family = x.family
        if own[0] is None and other[0] is None:
            return
        here, size = x.places.ravel(), family.cells.size

        def by_base() -> Array:
            slopes = np.ones(size)
            slopes[here] = own[1]().ravel()
            return np.diag(slopes)

        parents = [
            (family.step, by_base),
            (other[0], lambda: chosen(here, size).T @ other[1]()),
        ]
        family.step = self._step(parents, saved, frees=frees or x.is_view, write=True)

    def _check_may_write(self, x: ToyTensor, records: bool, idempotent: bool = False) -> None:
        if not idempotent:
            self._refuse_repetitions(x)
        self._refuse_history(x, records)

    def _refuse_repetitions(self, x: ToyTensor) -> None:
        if np.unique(x.cells).size < x.places.size:
            raise Refused(WRITE)

    def _refuse_history(self, x: ToyTensor, records: bool) -> None:
        if not self.grad:
            return
        base = x.family.step
        if not x.is_view:
            if base is not None and base.leaf is not None:
                raise Refused(WRITE)
            return
        if not records and base is None:
            return
        if x.origin != "default":
            raise Refused(WRITE)
        if base is not None and base.leaf is not None:
            raise Refused(WRITE)

    # -- backward ------------------------------------------------------------------------------

    def backward(self, root: ToyTensor, weights: Array, retain: bool) -> list[Array | None]:
        """The gradient for each leaf, flat; `None` where nothing flows."""
        return self._gradients(root, weights, retain, list(range(len(self._leaves))), above)

    def grad_of(self, root: ToyTensor, weights: Array, leaves: list[int]) -> list[Array | None]:
        """The gradients for some leaves only: other ways back are not gone."""
        return self._gradients(
            root, weights, True, leaves, lambda step: leading_to(above(step), leaves)
        )

    def _gradients(
        self, root: ToyTensor, weights: Array, retain: bool, leaves: list[int], steps: Any
    ) -> list[Array | None]:
        step = self._step_of(root)
        if step is None:
            raise Refused(NO_GRADIENT)
        found = walk(steps(step), step, weights, retain)
        return [found.get(leaf) if self._leaves[leaf].is_leaf else None for leaf in leaves]

    # -- inside --------------------------------------------------------------------------------

    def _recorded(self, x: ToyTensor) -> Step | None:
        """The step through which an op's gradient would go on to this operand."""
        step = self._step_of(x)
        return step if self.grad else None

    def _step_of(self, x: ToyTensor) -> Step | None:
        if not x.is_view:
            return x.family.step
        if x.seen != x.version:
            if x.family.step is not None:
                if x.origin != "default":
                    if not self.grad:
                        return x.step
                    raise Refused(OTHER)
                places, size = x.places, x.family.cells.size
                x.step = Step([(x.family.step, lambda: chosen(places, size))])
            x.seen = x.version
        return x.step

    def _step(
        self,
        parents: list[tuple[Step | None, Matrix]],
        saved: list[Saved | None] | None = None,
        frees: bool = False,
        write: bool = False,
    ) -> Step | None:
        known = [(step, matrix) for step, matrix in parents if step is not None]
        if not known:
            return None
        made = Step(known, [s for s in saved or [] if s is not None], frees, write)
        if self.hooks == "clone":
            for one in made.saved:
                one.keep_a_copy()
        self._steps.append(made)
        return made

    def _saved(
        self,
        x: ToyTensor,
        version: int | None = None,
        values: Array | None = None,
        copy: Array | None = None,
    ) -> Saved:
        return Saved(
            x.family.storage,
            x.cells,
            x.version if version is None else version,
            x.values if values is None else values,
            copy,
        )

    def _kept(self) -> list[Saved]:
        return [saved for step in self._steps for saved in step.saved if not saved.stale]

    def _about_to_write(self, storage: Storage) -> None:
        for saved in self._kept() if self.preserves else []:
            if saved.storage is storage:
                saved.keep_a_copy()

    def _find_unseen_writes(self) -> None:
        """Count a write where saved values are different although the counter stood still."""
        for saved in self._kept():
            # By their bits, as a fingerprint does: of 0 and -0 the slope of 1/x is not the same.
            if not saved.stale and saved.read().tobytes() != saved.before.tobytes():
                saved.storage.version += 1
