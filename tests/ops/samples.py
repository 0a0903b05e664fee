"""Arguments to try each op of the table with: a new op that needs more than that is in `CALLS`.

Values lie where the op's declaration says that it is defined, away from kinks,
and are all different,
so that a finite difference never crosses a jump and no maximum is shared.
"""

from __future__ import annotations

import inspect
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tracegrad import dtypes
from tracegrad.engine.views import Layout
from tracegrad.ops.declare import TABLE, Domain, Op
from tracegrad.storage import geometry_of

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
            if i in d.rules and a is not None and a.dtype.kind == "f"
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


def real(*shape: int) -> Shape:
    return Shape(shape)


@dataclass(frozen=True)
class Shape:
    """Stands for values of a shape from the input's domain."""

    sizes: tuple[int, ...]


def integers(*numbers: Any) -> np.ndarray[Any, Any]:
    return np.array(numbers, np.int64)


# -- calls -----------------------------------------------------------------------------------------

Call = tuple[tuple[Any, ...], dict[str, Any]]

UNARY: list[Call] = [((real(2, 3),), {}), ((real(),), {}), ((real(0, 3),), {})]
BINARY: list[Call] = [
    ((real(2, 3), real(2, 3)), {}),
    ((real(2, 3), real(3)), {}),
    ((real(3, 1), real(2, 1, 4)), {}),
    ((real(), real(2)), {}),
    ((real(), real()), {}),
    ((real(0, 3), real(3)), {}),
]
TERNARY: list[Call] = [
    ((real(2, 3), real(2, 3), real(2, 3)), {}),
    ((real(2, 1), real(3), real()), {}),
    ((real(0, 3), real(3), real(1)), {}),
]
ANY_DIMS: list[Call] = [
    ((real(2, 3),), {}),
    ((real(2, 3),), {"dim": 0}),
    ((real(2, 3),), {"dim": -1, "keepdim": True}),
    ((real(2, 3, 4),), {"dim": (0, 2)}),
    ((real(),), {}),
    ((real(),), {"dim": -1}),
]
ONE_DIM: list[Call] = [
    ((real(2, 3),), {"dim": 0}),
    ((real(2, 3, 2),), {"dim": -2, "keepdim": True}),
    ((real(),), {"dim": 0}),
]
NOTHING_TO_REDUCE: list[Call] = [((real(0, 3),), {}), ((real(0, 3),), {"dim": 1})]
EMPTY_ROWS: list[Call] = [((real(0, 3),), {"dim": 1})]
LOSS: list[Call] = [
    ((real(2, 3), real(2, 3)), {"reduction": reduction}) for reduction in ("mean", "sum", "none")
] + [((real(), real()), {})]
MATRIX: list[Call] = [
    ((real(2, 3), real(3, 4)), {}),
    ((real(0, 3), real(3, 2)), {}),
    ((real(2, 0), real(0, 2)), {}),
]


def _without(*names: str) -> Callable[[list[Call]], list[Call]]:
    return lambda calls: [(i, {k: v for k, v in o.items() if k not in names}) for i, o in calls]


def _strided_options(key: Any) -> tuple[tuple[int, ...], dict[str, Any]]:
    """Geometry and layout of `base[key]` for a 3x4 base; `key` may be a function of the base."""
    base = np.zeros((3, 4))
    shown = key(base) if callable(key) else base[key]
    return shown.shape, {"geometry": geometry_of(shown, base), "layout": Layout.of(base)}


STRIDED = [
    _strided_options(key)
    for key in (
        np.s_[1:, ::2],
        np.s_[2],
        np.s_[:, ::-1],
        lambda base: base.T,
        lambda base: np.lib.stride_tricks.sliding_window_view(base, 2, axis=1),
    )
]
DISJOINT = STRIDED[:4]
"""Without the one that shows elements twice: it cannot be written through."""

PICKED = integers([0], [2])

CALLS: dict[str, list[Call]] = {
    "pow": [*BINARY, ((real(3), np.array([2.0, 3.0, 1.0])), {})],
    "where": [
        ((np.array([[True, False, True]]), real(2, 3), real(2, 1)), {}),
        ((np.array(True), real(), real(2)), {}),
    ],
    "keep_where": [
        ((real(2, 3), np.array([[True, False, True], [False, True, True]])), {}),
        ((real(2, 1), np.array([True, False, True])), {}),
        ((real(), np.array(False)), {}),
    ],
    "lerp": TERNARY,
    "round": [((real(2, 3),), {}), ((real(2, 3),), {"decimals": 0})],
    "softplus": [*UNARY, ((real(2, 3),), {"beta": 2.0, "threshold": 3.03})],
    "leaky_relu": [*UNARY, ((real(2, 3),), {"negative_slope": 0.3})],
    "elu": [*UNARY, ((real(2, 3),), {"alpha": 0.7})],
    "clamp": [
        ((real(2, 3),), {"min": -1.0, "max": 1.0}),
        ((real(4),), {"max": 1.0}),
        ((real(),), {"min": -1.0}),
        ((real(0, 3),), {"min": -1.0}),
    ],
    "clamp_mask": [((real(2, 3),), {"min": -1.0, "max": 1.0})],
    "to_dtype": [((real(2, 3),), {"dtype": dtypes.float64})],
    "to_integer": [((real(2, 3),), {"dtype": dtypes.int32})],
    "index": [
        ((real(3, 4),), {"key": (integers(0, 2, 0), slice(None))}),
        ((real(3, 4),), {"key": (integers(0, 2), integers(3, 3))}),
        ((real(3, 4),), {"key": (slice(None), integers([0], [1]))}),
        ((real(3),), {"key": (integers().reshape(0),)}),
    ],
    "index_backward": [
        ((real(3, 4),), {"key": (integers(0, 2, 0), slice(None)), "shape": (3, 4)}),
        ((real(2),), {"key": (integers(1, 1),), "shape": (3,)}),
    ],
    "index_put": [
        ((real(3, 4), real(2, 4)), {"key": (integers(0, 2), slice(None))}),
        ((real(3, 4), real()), {"key": (integers(0, 1), integers(3, 2))}),
    ],
    "gather": [
        ((real(3, 4), integers([0, 2, 0, 1])), {"dim": 0}),
        ((real(3, 4), integers([3, 3], [0, 1])), {"dim": -1}),
        ((real(), np.array(0)), {"dim": 0}),
    ],
    "gather_backward": [
        ((real(1, 4), integers([0, 2, 0, 1])), {"dim": 0, "shape": (3, 4)}),
        ((real(2, 2), integers([3, 3], [0, 1])), {"dim": -1, "shape": (3, 4)}),
        ((real(), np.array(0)), {"dim": 0, "shape": ()}),
    ],
    "scatter_add": [
        ((real(3, 4), integers([0, 2, 0, 1]), real(1, 4)), {"dim": 0}),
        ((real(3, 4), integers([3, 3], [0, 1]), real(2, 2)), {"dim": 1}),
        ((real(3), integers(1, 1), real(3)), {"dim": -1}),
    ],
    "index_select": [
        ((real(3, 4), integers(2, 0, 2)), {"dim": 0}),
        ((real(3, 4), integers(1)), {"dim": -1}),
    ],
    "index_select_backward": [
        ((real(3, 4), integers(2, 0, 2)), {"dim": 0, "shape": (3, 4)}),
        ((real(3, 1), integers(1)), {"dim": -1, "shape": (3, 4)}),
    ],
    "masked_fill": [
        ((real(2, 3), np.array([[True, False, True]])), {"value": 7.0}),
        ((real(), np.array(False)), {"value": 7.0}),
    ],
    "copy": [((real(2, 3), real(2, 3)), {}), ((real(2, 3), real(3)), {}), ((real(), real()), {})],
    "fill": [((real(2, 3),), {"value": 7.0}), ((real(),), {"value": 7.0})],
    "cat": [
        ((real(2, 3), real(1, 3)), {}),
        ((real(2, 1), real(2, 2), real(2, 3)), {"dim": -1}),
        ((real(0), real(2, 3)), {}),
        ((real(0, 3), real(2, 3)), {}),
    ],
    "stack": [
        ((real(2, 3), real(2, 3)), {}),
        ((real(2), real(2), real(2)), {"dim": -1}),
        ((real(), real()), {}),
        ((real(0, 2), real(0, 2)), {"dim": 1}),
    ],
    "matmul": [
        *MATRIX,
        ((real(3), real(3)), {}),
        ((real(3), real(3, 2)), {}),
        ((real(2, 3), real(3)), {}),
        ((real(2, 2, 3), real(3)), {}),
        ((real(3), real(2, 3, 2)), {}),
        ((real(2, 2, 3), real(3, 2)), {}),
        ((real(2, 1, 2, 3), real(3, 3, 2)), {}),
    ],
    "mm": MATRIX,
    "bmm": [((real(2, 2, 3), real(2, 3, 4)), {}), ((real(0, 2, 3), real(0, 3, 4)), {})],
    "mv": [((real(2, 3), real(3)), {}), ((real(0, 3), real(3)), {})],
    "dot": [((real(3), real(3)), {}), ((real(0), real(0)), {})],
    "outer": [((real(2), real(3)), {}), ((real(0), real(3)), {})],
    "linear": [
        ((real(2, 3), real(4, 3), real(4)), {}),
        ((real(3), real(4, 3), real(4)), {}),
        ((real(2, 2, 3), real(4, 3), None), {}),
        ((real(0, 3), real(4, 3), real(4)), {}),
    ],
    "softmax": [*_without("keepdim")(ONE_DIM), *EMPTY_ROWS],
    "log_softmax": [*_without("keepdim")(ONE_DIM), *EMPTY_ROWS],
    "mse_loss": LOSS,
    "l1_loss": LOSS,
    "binary_cross_entropy_with_logits": LOSS,
    "binary_cross_entropy": LOSS,
    "nll_loss": [
        ((real(3, 4), integers(1, 3, 1), None), {}),
        ((real(4), np.array(2), None), {}),
        ((real(3, 4), integers(1, -100, 0), np.array([1.0, 2.0, 0.5, 1.5])), {}),
        ((real(3, 4), integers(1, 3, 1), None), {"reduction": "none"}),
        ((real(2, 3, 2), integers([0, 2], [1, 1]), None), {"reduction": "sum"}),
    ],
    "nll_loss_backward": [
        ((real(), np.array([0.5, 0.25]), PICKED), {"shape": (2, 3)}),
        ((real(2), np.array([0.5, 0.25]), PICKED), {"shape": (2, 3)}),
    ],
    "nll_loss_again": [
        ((real(2, 3), np.array([0.5, 0.25]), PICKED), {"shape": ()}),
        ((real(2, 3), np.array([0.5, 0.25]), PICKED), {"shape": (2,)}),
    ],
    "apply_mask": [((real(2, 3), np.array([[0.0, 2.0, 2.0], [2.0, 0.0, 2.0]])), {})],
    "sum": [*ANY_DIMS, *NOTHING_TO_REDUCE],
    "mean": [*ANY_DIMS, *EMPTY_ROWS],
    "prod": [
        ((real(2, 3),), {}),
        ((real(2, 3),), {"dim": 0}),
        ((real(2, 3),), {"dim": -1, "keepdim": True}),
        ((np.array([[1.0, 0.0, 2.0], [0.0, 0.0, 3.0]]),), {"dim": 1}),
        ((real(),), {}),
    ],
    "product_of_others": [
        ((real(2, 3),), {"dim": 1}),
        ((real(2, 3),), {}),
        ((real(2, 3, 2),), {"dim": (0, 2)}),
    ],
    "identity_mask": [((real(2, 3),), {"size": 3})],
    "cumsum": [*_without("keepdim")(ONE_DIM), *EMPTY_ROWS],
    "var": [
        *[c for c in ANY_DIMS if c[0] != (real(),)],
        ((real(4),), {"correction": 0}),
        *EMPTY_ROWS,
    ],
    "logsumexp": [*ONE_DIM, ((real(2, 3),), {"dim": (0, 1)}), *EMPTY_ROWS],
    "amax": [*ANY_DIMS, *EMPTY_ROWS],
    "amin": [*ANY_DIMS, *EMPTY_ROWS],
    "max_dim": [*ONE_DIM, *EMPTY_ROWS],
    "min_dim": [*ONE_DIM, *EMPTY_ROWS],
    "argmax": [((real(2, 3),), {}), *ONE_DIM],
    "argmin": [((real(2, 3),), {}), *ONE_DIM],
    "argsort": [((real(2, 3),), {"dim": 0, "descending": True}), ((real(),), {})],
    "all": [*ANY_DIMS, *NOTHING_TO_REDUCE],
    "any": [*ANY_DIMS, *NOTHING_TO_REDUCE],
    "count_nonzero": _without("keepdim")(ANY_DIMS),
    "norm2": [*ANY_DIMS, *NOTHING_TO_REDUCE],
    "safe_ratio": BINARY,
    "view": [
        ((real(2, 3),), {"shape": (3, -1)}),
        ((real(),), {"shape": (1, 1)}),
        ((real(0, 3),), {"shape": (3, 0)}),
    ],
    "reshape_copy": [((real(2, 3),), {"shape": (6,)})],
    "permute": [
        ((real(2, 3, 4),), {"dims": (2, 0, 1)}),
        ((real(2, 3),), {"dims": (-1, 0)}),
        ((real(),), {"dims": ()}),
    ],
    "transpose": [
        ((real(2, 3, 4),), {"dim0": 0, "dim1": -1}),
        ((real(),), {"dim0": 0, "dim1": -1}),
    ],
    "t": [((real(2, 3),), {}), ((real(3),), {}), ((real(),), {})],
    "squeeze": [
        ((real(1, 3, 1),), {}),
        ((real(1, 3, 1),), {"dim": -1}),
        ((real(2, 3),), {"dim": 0}),
        ((real(),), {}),
    ],
    "unsqueeze": [((real(2, 3),), {"dim": 1}), ((real(),), {"dim": -1})],
    "expand": [
        ((real(3, 1),), {"shape": (2, -1, 4)}),
        ((real(),), {"shape": (2, 3)}),
        ((real(1),), {"shape": (0,)}),
        ((real(0, 3),), {"shape": (2, 0, 3)}),
    ],
    "sum_to_size": [
        ((real(2, 3),), {"shape": (3,)}),
        ((real(2, 3, 4),), {"shape": (3, 1)}),
        ((real(2, 3),), {"shape": (2, 3)}),
    ],
    "select": [((real(2, 3),), {"dim": 1, "index": -1}), ((real(3),), {"dim": 0, "index": 1})],
    "slice": [
        ((real(4, 3),), {"key": (slice(1, None, 2), None, 2)}),
        ((real(4),), {"key": (slice(3, 1),)}),
    ],
    "slice_backward": [((real(2, 1),), {"key": (slice(1, None, 2), None, 2), "shape": (4, 3)})],
    "narrow": [
        ((real(2, 3),), {"dim": -1, "start": 1, "length": 2}),
        ((real(3),), {"dim": 0, "start": -2, "length": 1}),
        ((real(3),), {"dim": 0, "start": 3, "length": 0}),
    ],
    "diagonal": [((real(3, 4),), {}), ((real(2, 3, 4),), {"offset": 1, "dim1": -1, "dim2": 0})],
    "diagonal_backward": [
        ((real(3),), {"shape": (3, 4), "offset": 0, "dim1": 0, "dim2": 1}),
        ((real(3, 1),), {"shape": (2, 3, 4), "offset": 1, "dim1": -1, "dim2": 0}),
    ],
    "unbind": [((real(2, 3),), {}), ((real(2, 3),), {"dim": -1}), ((real(3),), {})],
    "split_sections": [
        ((real(5, 2),), {"sections": (2, 0, 3)}),
        ((real(2, 3),), {"sections": (1, 2), "dim": -1}),
    ],
    "to_like": [((np.array([True, False]), real(2)), {})],
    "zeros_of": [((real(2, 3),), {"shape": (4,)})],
    "repeat": [
        ((real(2, 3),), {"repeats": (2, 1, 2)}),
        ((real(),), {"repeats": (3,)}),
        ((real(2),), {"repeats": (0,)}),
    ],
    "repeat_backward": [((real(2, 2, 6),), {"shape": (2, 3), "repeats": (2, 1, 2)})],
    "flip": [
        ((real(2, 3),), {"dims": (0, -1)}),
        ((real(2, 3),), {"dims": ()}),
        ((real(0, 3),), {"dims": (1,)}),
    ],
    "tril": [((real(3, 3),), {}), ((real(2, 3, 4),), {"diagonal": -1})],
    "triu": [((real(3, 3),), {}), ((real(2, 3, 4),), {"diagonal": 1})],
    "as_strided_forward": [((real(3, 4),), options) for _, options in STRIDED],
    "as_strided_backward": [((Shape(shape),), options) for shape, options in STRIDED],
    "as_strided_scatter": [((real(3, 4), Shape(shape)), options) for shape, options in DISJOINT],
}

INTEGER_ONLY = {"bitwise_and", "bitwise_or", "bitwise_xor", "bitwise_not"}
TIED_TO_LAYOUT = {"view", "as_strided_forward", "as_strided_backward", "as_strided_scatter"}

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
