"""Arguments to try each op of the table with: a new op that needs more than that is in `calls.py`,
or, of a kind of its own, in a `samples_<kind>.py`, which has a `CALLS` like it.

Values lie where the op's declaration says that it is defined, away from kinks,
and are all different,
so that a finite difference never crosses a jump and no maximum is shared.
"""

from __future__ import annotations

import importlib
import inspect
import pathlib
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tests.ops import calls
from tests.ops.calls import BINARY, TERNARY, UNARY, Shape
from tracegrad.ops.declare import TABLE, Domain, Op

KINDS = [
    calls,
    *(
        importlib.import_module(f"tests.ops.{path.stem}")
        for path in sorted(pathlib.Path(__file__).parent.glob("samples_*.py"))
    ),
]
"""Files of calls. Each has `CALLS`, and may have `INTEGER_ONLY` and `TIED_TO_LAYOUT`."""

CALLS = {name: made for kind in KINDS for name, made in kind.CALLS.items()}
INTEGER_ONLY = {name for kind in KINDS for name in getattr(kind, "INTEGER_ONLY", ())}
TIED_TO_LAYOUT = {name for kind in KINDS for name in getattr(kind, "TIED_TO_LAYOUT", ())}

CLEARANCE = 0.06
"""How far from a kink the values stay: more than any finite difference step."""


@dataclass(frozen=True)
class Sample:
    """One call of an op.

    Attributes:
        inputs: arrays in the order of the op's inputs (all of the list's for an op of a list);
            `None` for an optional one left out.
        options: keyword arguments.
        tied_to_layout: the options only fit row-major memory.
    """

    op: Op
    inputs: tuple[Any, ...]
    options: dict[str, Any] = field(default_factory=dict)
    tied_to_layout: bool = False

    def __str__(self) -> str:
        shapes = ",".join(
            "-" if a is None else "x".join(map(str, a.shape)) or "0d" for a in self.inputs
        )
        given = ",".join(f"{k}={_brief(v)}" for k, v in self.options.items())
        return f"{self.op.name}-{shapes}" + (f"-{given}" if given else "")

    @property
    def differentiable(self) -> tuple[int, ...]:
        """Positions of the inputs that have a rule."""
        d = self.op.declaration
        if d.is_list:
            return tuple(range(len(self.inputs))) if d.rules else ()
        return tuple(
            n
            for n, (i, a) in enumerate(zip(self.op.inputs, self.inputs, strict=True))
            if i in d.rules and a is not None and a.dtype.kind in "fc"
        )

    def call(self, *tensors: Any) -> Any:
        """The op's public function on tensors in place of the arrays."""
        if self.op.declaration.is_list:
            return self.op.call(list(tensors), **self.options)
        return self.op.call(*tensors, **self.options)


def _brief(value: Any) -> str:
    text = repr(value)
    return text if len(text) < 30 else type(value).__name__


# -- values ----------------------------------------------------------------------------------------


def values(shape: tuple[int, ...], domain: Domain, seed: int) -> np.ndarray[Any, Any]:
    """Different numbers spread over a domain in random order, away from what it avoids."""
    random = np.random.default_rng(seed)
    n = int(np.prod(shape))
    steps = (random.permutation(n) + random.uniform(0.3, 0.7, n)) / max(n, 1)
    numbers = domain.low + (domain.high - domain.low) * steps
    for kink in domain.avoid:
        side = np.where(numbers < kink, -1.0, 1.0)
        near = np.abs(numbers - kink) < CLEARANCE
        # Scaled by rank, so that two that were near stay different.
        numbers = np.where(near, kink + side * CLEARANCE * (1 + 0.1 * steps), numbers)
    return numbers.reshape(shape)


# -- samples ---------------------------------------------------------------------------------------

_BY_ARITY = {1: UNARY, 2: BINARY, 3: TERNARY}


def samples(op: Op) -> Iterator[Sample]:
    """Calls of an op in float64 (integers where it takes nothing else).

    Raises:
        LookupError: the op needs options or shapes that only `CALLS` could tell.
    """
    d = op.declaration
    calls = CALLS.get(op.name)
    if calls is None:
        no_options = all(default is not _REQUIRED for default in d.options.values())
        if d.is_list or not no_options or (d.family != "elementwise" and len(op.inputs) > 1):
            raise LookupError(f"no sample for op {op.name}: add one to CALLS in {__file__}")
        calls = _BY_ARITY[len(op.inputs)]
    for n, (inputs, options) in enumerate(calls):
        yield Sample(op, _arrays(op, inputs, n), options, op.name in TIED_TO_LAYOUT)


_REQUIRED = inspect.Parameter.empty


def _arrays(op: Op, inputs: tuple[Any, ...], n: int) -> tuple[Any, ...]:
    arrays: list[Any] = []
    for position, given in enumerate(inputs):
        name = op.inputs[0 if op.declaration.is_list else position]
        if isinstance(given, Shape):
            domain = op.declaration.domain.get(name, Domain())
            given = values(given.sizes, domain, zlib.crc32(f"{op.name} {n} {position}".encode()))
            if op.name in INTEGER_ONLY:
                given = np.asarray(given * 10).astype(np.int64)
        arrays.append(given)
    return tuple(arrays)


def every_sample() -> list[Sample]:
    """All samples of all ops; `test_every_op_has_a_sample` names those that have none."""
    found: list[Sample] = []
    for op in TABLE.values():
        try:
            found += samples(op)
        except LookupError:
            continue
    return found


ALL = every_sample()
DIFFERENTIABLE = [sample for sample in ALL if sample.differentiable]
