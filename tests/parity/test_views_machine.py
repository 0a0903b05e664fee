"""Random programs of views and in-place writes, against PyTorch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import hypothesis.strategies as st
import pytest
from hypothesis.stateful import multiple, rule

torch = pytest.importorskip("torch", reason="compares with PyTorch")

from tests.engine.actions import ADVANCED, BASIC, LARGEST, OUT_OF_PLACE, POINTWISE, VIEWS  # noqa: E402
from tests.engine.machine import COMMON_SHARES, TENSORS, Pair, expanded, run, shape_of  # noqa: E402
from tests.engine.machine_rules import Machine  # noqa: E402
from tests.engine.subject import Library  # noqa: E402  after importorskip
from tests.engine.toy_steps import Array, Refused  # noqa: E402
from tracegrad.backend.geometry import overlap, overlaps_itself  # noqa: E402

pytestmark = pytest.mark.parity


STARTS_ALIKE = [
    "row", "head", "every other", "select", "transpose", "diagonal", "unsqueeze", "squeeze", "flat",
    "expand", "windows",
]  # fmt: skip
"""Views whose first element is that of what they show."""


class PyTorch(Library):
    """PyTorch takes a view older than its base's history for a leaf, until somebody asks."""

    def __init__(self) -> None:
        super().__init__(torch)

    def values(self, t: Any) -> Array:
        return super().values(t.detach())

    def assign(self, key: str, x: Any, y: Any, augmented: bool) -> None:
        if augmented:  # in the steps in which Python does it
            with self._acting():
                shown = x[BASIC[key].key]
                shown += y
            self.compute_history(x)
            y = shown
        super().assign(key, x, y, augmented=False)

    def compute_history(self, *tensors: Any) -> bool:
        """Ask, with gradients on; whether there is an answer."""
        try:
            with torch.enable_grad():
                for tensor in tensors:
                    tensor.grad_fn
        except RuntimeError:
            return False
        return True


class AgainstTorch(Machine):
    """As PyTorch, but for programs that it refuses, or answers differently.

    * A view made under `no_grad` of something that requires grad is a leaf of its own there, and
      one of several views cannot even be read under `no_grad` once its base was written.
    * Where memory that is read overlaps what is written, its result may depend on the order of its
      loops; and what hooks copy of it was not written yet, so that it has a gradient. Where a
      size is 1, it takes the same elements for others if a stride differs that does not matter.
    * It lets masks and lists of indices write to what `expand` shows, with a warning, and refuses
      to fill that if it has a history; to copy it to itself does nothing.
    * It writes to windows that overlap, in the order of its loops.
    * A leaf that requires grad no more, but got a history, makes older graphs fail, and so does a
      saved result after its `detach_`; the second derivative of what was saved of a leaf before its
      `detach_` is missing.
    * `allow_mutation_on_saved_tensors` tells saved values apart by the address of their first
      element and the version. So a write through a view that starts elsewhere gives silently wrong
      gradients, and a tensor and its `.data` may be taken for each other.
    * Its `relu` lets a gradient through where the result is above 0, ours where it is not 0, which
      is another thing once the result was written through `.data`: so it is not for plain programs.
    """

    modes: ClassVar[list[str]] = ["plain", "recording", "preserving", "clone hooks"]

    def oracle_library(self) -> Any:
        return PyTorch()

    def same_kind(self, ours: Refused, theirs: Refused) -> bool:
        return True  # PyTorch has one

    # -- what is left out ----------------------------------------------------------------------

    def outcomes(self, action: Callable[..., Any], *pairs: Pair) -> list[Any]:
        has_history = self.oracle.compute_history(*(pair[1] for pair in pairs))
        if not self.subject.grad and not has_history:
            return [Refused("")] * 2
        return super().outcomes(action, *pairs)

    @rule(target=TENSORS, name=st.sampled_from(list(VIEWS)), x=TENSORS)
    def view(self, name: str, x: Pair) -> Any:
        starts_elsewhere = self.mode == "preserving" and name not in STARTS_ALIKE
        if starts_elsewhere or not self.subject.grad:
            return multiple()
        return super().view(name, x)

    @rule(
        key=st.sampled_from(list(BASIC)), x=TENSORS, y=TENSORS | st.none(), augmented=st.booleans()
    )
    def assign(self, key: str, x: Pair, y: Pair | None, augmented: bool) -> None:
        if y is not None and share_memory(x, y) and BASIC[key].fits(shape_of(x)):
            shown = x[0]._array[BASIC[key].key]
            if 1 in shown.shape or overlap(shown, y[0]._array) == "unclear":
                return
        if self.mode != "preserving" or key not in ("last", "tail"):
            super().assign(key, x, y, augmented)

    @rule(
        key=st.sampled_from(list(ADVANCED)),
        x=TENSORS,
        y=TENSORS | st.none(),
        at=st.integers(0, LARGEST),
    )
    def assign_at(self, key: str, x: Pair, y: Pair | None, at: int) -> None:
        if key != "of a row" or y is None or not share_memory(x, y):
            super().assign_at(key, x, y, at)

    @rule(x=TENSORS)
    def detach_in_place(self, x: Pair) -> None:
        if x[0]._base is not None or x[0].is_leaf:
            super().detach_in_place(x)

    @rule(target=TENSORS, name=st.sampled_from(["square", "twice_", "head"]), x=TENSORS)
    def function(self, name: str, x: Pair) -> Any:
        left_out = {"head": not self.subject.grad, "twice_": repeats_itself(x)}
        return multiple() if left_out.get(name) else super().function(name, x)

    @rule(target=TENSORS, x=TENSORS)
    def data(self, x: Pair) -> Any:
        return super().data(x) if self.mode == "plain" else multiple()

    @rule(target=TENSORS, name=st.sampled_from(OUT_OF_PLACE), x=TENSORS)
    def unary(self, name: str, x: Pair) -> Any:
        written_behind = name == "relu" and self.mode == "plain"
        return multiple() if written_behind else super().unary(name, x)

    @rule(name=st.sampled_from(list(POINTWISE)), x=TENSORS)
    def write(self, name: str, x: Pair) -> None:
        if (name != "relu" or self.mode != "plain") and not repeats_itself(x):
            super().write(name, x)

    def leaves_out(self, x: Pair, y: Pair | None = None) -> bool:
        if repeats_itself(x):
            return True
        if y is not None and any(leaf is self.base(x) for leaf in self.subject.leaves):
            return not self.base(x).requires_grad
        if y is None or not share_memory(x, y):
            return expanded(x)
        if self.mode == "clone hooks":
            return True
        if 1 in (*shape_of(x), *shape_of(y)):
            return True
        if x[0] is y[0]:
            return expanded(x)
        return overlap(x[0]._array, y[0]._array[...]) == "unclear"

    # -- what the toy has no answer for --------------------------------------------------------

    @rule(root=TENSORS)
    def second_order(self, root: Pair) -> None:
        """The gradients, and those of the sum of their squares."""
        if "cut" in self.happened:
            return
        action = lambda library, t, w: library.second_order(t, w)  # noqa: E731
        self.compare_gradients("second order", action, root)


def share_memory(x: Pair, y: Pair) -> bool:
    return bool(x[1].untyped_storage().data_ptr() == y[1].untyped_storage().data_ptr())


def repeats_itself(x: Pair) -> bool:
    """By strides that PyTorch does not look into."""
    return overlaps_itself(x[0]._array) and not expanded(x)


def test_programs_give_the_gradients_of_pytorch_or_are_refused_by_both() -> None:
    run(AgainstTorch, at_least=COMMON_SHARES | {"second order": 0.05})
