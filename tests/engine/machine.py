"""Random programs of views, in-place writes and backwards, run on two libraries at once.

The libraries must compute the same values and gradients, or both must refuse. What a program can
do is in `machine_rules`; here is how the two are compared, and what is counted of the programs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any, ClassVar

import hypothesis.strategies as st
import numpy as np
from hypothesis import settings
from hypothesis.stateful import (
    Bundle,
    MultipleResults,
    RuleBasedStateMachine,
    initialize,
    multiple,
    run_state_machine_as_test,
)

from tests.engine.actions import LARGEST
from tests.engine.subject import HOOKS, Tracegrad
from tests.engine.toy_steps import Refused
from tests.recording.consistency import assert_consistent

Pair = tuple[Any, Any]
"""One tensor in both libraries: tracegrad's first."""

TENSORS: Bundle[Pair] = Bundle("tensors")

MODES = [
    "plain",
    "recording",
    "preserving",
    "checking writes",
    "identity hooks",
    "clone hooks",
]
"""What a whole program runs in."""


class Programs(RuleBasedStateMachine):
    """Runs each action on tracegrad and on an oracle, and compares.

    Attributes:
        modes: what the oracle can do.
        tally: by what programs did: how many did it.
        happened: what this program did.
    """

    modes: ClassVar[list[str]] = MODES
    tally: ClassVar[Counter[str]] = Counter()

    def oracle_library(self) -> Any:
        raise NotImplementedError

    def __init__(self) -> None:
        super().__init__()
        self.subject = Tracegrad()
        self.oracle = self.oracle_library()
        self.mode = "plain"
        self.made = 0
        self.narrow = False  # whether a float32 was made
        self.shown: list[Pair] = []
        self.written: list[Any] = []  # bases with a write in their history
        self.happened: set[str] = {"program"}

    @initialize(target=TENSORS, data=st.data())
    def begin(self, data: st.DataObject) -> Any:
        """A parameter, data, and something computed of each: what most programs are made of."""
        self.mode = data.draw(st.sampled_from(self.modes))
        self.happened.add(self.mode)
        for library in self.both:
            library.enter(self.mode)
        self.switch_hooks()
        parameter, given = (self.new_leaf((2, 3), requires_grad) for requires_grad in (True, False))
        results = self.compare(lambda library, t: [library.unary("neg", t)], parameter)
        return multiple(parameter, given, *results.values)

    def switch_hooks(self) -> None:
        """Pack what is saved from here on, or not any more, in a program with hooks."""
        name = self.mode.removesuffix(" hooks")
        for library in self.both:
            library.hooks = name if library.hooks == "none" and name in HOOKS else "none"

    def teardown(self) -> None:
        self.tally.update(self.happened)
        for library in self.both:
            library.close()
        if self.subject.trace is not None:
            # Writes through `.data` are counted nowhere: rows call the old and the new value one.
            assert_consistent(self.subject.trace, numbers="data" not in self.happened)

    # -- comparing -----------------------------------------------------------------------------

    @property
    def both(self) -> tuple[Any, Any]:
        return self.subject, self.oracle

    def new_leaf(self, shape: tuple[int, ...], requires_grad: bool, dtype: str = "float64") -> Pair:
        n = int(np.prod(shape))
        self.made += 1
        self.narrow |= dtype == "float32"
        values = (np.linspace(-1.2, 1.1, n) if n > 1 else np.full(n, 0.7)).reshape(
            shape
        ) + 0.1 * self.made
        return self.remember(*(library.leaf(values, requires_grad, dtype) for library in self.both))

    def compare(self, action: Callable[..., list[Any]], *pairs: Pair) -> MultipleResults[Pair]:
        """Run an action on both; new tensors go into the bundle."""
        outcomes = self.outcomes(action, *pairs)
        result: MultipleResults[Pair] = multiple()
        if not isinstance(outcomes[0], Refused):
            made = [pair for pair in zip(*outcomes, strict=True) if pair[0] is not None]
            result = multiple(*(self.remember(*pair) for pair in made))
            if any(self.has_writes(pair) for pair in pairs):
                self.written += [self.base(pair) for pair in result.values]
        self.compare_values()
        return result

    def compare_values(self) -> None:
        """All tensors that there are: a write may show in any of them."""
        for got, wanted in self.shown:
            np.testing.assert_allclose(
                self.subject.values(got), self.oracle.values(wanted), **self.tolerance
            )
            ours, theirs = self.subject.requires_grad(got), self.oracle.requires_grad(wanted)
            assert ours == theirs, f"requires_grad: tracegrad {ours}, oracle {theirs} of {got}"

    def compare_write(self, action: Callable[..., Any], target: Pair, *others: Pair) -> None:
        """Run an action on both that writes to the first tensor."""
        outcome, _ = self.outcomes(action, target, *others)
        self.compare_values()
        if isinstance(outcome, Refused):
            self.happened.add("refused write" if outcome.kind else "left out")
            return
        self.happened.add("write")
        recorded = self.subject.grad and self.subject.requires_grad(target[0])
        if recorded:
            self.happened.add("recorded write")
        if recorded or any(self.has_writes(pair) for pair in others):
            self.written.append(self.base(target))

    def compare_gradients(self, name: str, action: Callable[..., Any], root: Pair) -> bool:
        """Go back on both, with gradients switched on from here; whether they did."""
        for library in self.both:
            library.grad = True
        shape = shape_of(root)
        weights = np.linspace(0.5, 1.5, int(np.prod(shape))).reshape(shape)
        outcomes = self.outcomes(lambda library, t: action(library, t, weights), root)
        if isinstance(outcomes[0], Refused):
            self.happened |= {f"refused {name}", f"{name}: {outcomes[0].kind}"}
            return False
        self.happened.add(name)
        if self.has_writes(root):
            self.happened.add(f"{name} through a write")
        for got, wanted in zip(*outcomes, strict=True):
            assert (got is None) == (wanted is None), outcomes
            if got is not None:
                np.testing.assert_allclose(got, wanted, **self.tolerance)
        return True

    def outcomes(self, action: Callable[..., Any], *pairs: Pair) -> list[Any]:
        """What both give; a `Refused` where one refused, and then the other must have too."""
        found: list[Any] = []
        for n, library in enumerate(self.both):
            try:
                found.append(action(library, *(pair[n] for pair in pairs)))
            except Refused as refused:
                found.append(refused)
        ours, theirs = found
        refused = isinstance(ours, Refused), isinstance(theirs, Refused)
        same = refused[0] == refused[1] and (not refused[0] or self.same_kind(ours, theirs))
        assert same, f"tracegrad: {ours!r}; oracle: {theirs!r}"
        return found

    def same_kind(self, ours: Refused, theirs: Refused) -> bool:
        """Whether both refused for the same reason, as far as the oracle has reasons."""
        return ours.kind in theirs.kind.split(" or ")

    def remember(self, got: Any, wanted: Any) -> Pair:
        self.shown.append((got, wanted))
        return got, wanted

    @property
    def tolerance(self) -> dict[str, float]:
        if self.narrow:
            return {"rtol": 1e-4, "atol": 1e-4}
        return {"rtol": 1e-9, "atol": 1e-9}

    # -- about tensors -------------------------------------------------------------------------

    def base(self, pair: Pair) -> Any:
        return pair[0] if pair[0]._base is None else pair[0]._base

    def has_writes(self, pair: Pair) -> bool:
        return any(base is self.base(pair) for base in self.written)

    def has_views(self, pair: Pair) -> bool:
        return any(shown._base is pair[0] for shown, _ in self.shown)


def shape_of(pair: Pair) -> tuple[int, ...]:
    return tuple(pair[0].shape)


def same_dtype(x: Pair, y: Pair) -> bool:
    return bool(x[0].dtype is y[0].dtype)


def broadcast(x: Pair, y: Pair) -> tuple[int, ...] | None:
    """The common shape of two tensors, if there is one."""
    try:
        shape = np.broadcast_shapes(shape_of(x), shape_of(y))
    except ValueError:
        return None
    return shape if np.prod(shape) <= LARGEST else None


def too_large(*pairs: Pair) -> bool:
    """Whether repeated products are about to overflow: then both libraries would compare NaNs."""
    return any(abs(x) > 30 for pair in pairs for x in np.ravel(pair[0].tolist()))


def expanded(pair: Pair) -> bool:
    strides = pair[0].stride()
    return any(s == 0 and n > 1 for s, n in zip(strides, pair[0].shape, strict=True))


# -- running ---------------------------------------------------------------------------------------


COMMON_SHARES = {
    "recorded write": 0.3,
    "refused write": 0.2,
    "backward": 0.3,
    "backward through a write": 0.05,
    "backward: InplaceModificationError": 0.02,
    "second backward: FreedGraphError": 0.01,
    "grad": 0.05,
    "function: square": 0.03,
    "function: twice_": 0.03,
    "function: head": 0.03,
    "recording": 0.03,
    "preserving": 0.03,
    "clone hooks": 0.03,
}
"""What programs must be seen to do, and in which share of them at least: a third of what was
measured over thousands, since 200 that Hypothesis made from each other vary.
"""


def run(machine: type[Programs], at_least: dict[str, float]) -> Counter[str]:
    """Run random programs; each thing named must happen in at least that share of them."""
    machine.tally = Counter()
    how = settings(stateful_step_count=30)
    run_state_machine_as_test(machine, settings=how)  # type: ignore[no-untyped-call]  # no types
    shares = {name: machine.tally[name] / machine.tally["program"] for name in at_least}
    rare = {name: share for name, share in shares.items() if share < at_least[name]}
    assert not rare, f"hardly any program does this: {rare}"
    return machine.tally
