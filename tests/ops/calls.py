"""How to call each op of the table: inputs, and options by name. `samples.py` fills in values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from tracegrad import dtypes
from tracegrad.backend.device import CPU
from tracegrad.backend.geometry import Layout, geometry_of


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


def _placed(size: tuple[int, ...], stride: tuple[int, ...], storage_offset: int) -> dict[str, Any]:
    """Options of `as_strided` for a 3x4 input that is all of its storage."""
    return {
        "size": size, "stride": stride, "storage_offset": storage_offset, "input_offset": 0,
        "layout": Layout.of(np.zeros((3, 4))),
    }  # fmt: skip


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
    "to_device": [((real(2, 3),), {"device": CPU, "origin": CPU})],
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
        ((real(3, 4), real(3, 4)), {"key": (integers(0, 2, 0),), "accumulate": True}),
    ],
    "index_add": [
        ((real(3, 4), integers(2, 0, 2), real(3, 4)), {"dim": 0}),
        ((real(3, 4), integers(1), real(3, 1)), {"dim": -1, "alpha": -2.0}),
        ((real(), np.array(0), real()), {"dim": 0}),
    ],
    "index_copy": [
        ((real(3, 4), integers(2, 0), real(2, 4)), {"dim": 0}),
        ((real(3, 4), integers(1), real(3, 1)), {"dim": -1}),
        ((real(), np.array(0), real()), {"dim": 0}),
    ],
    "index_fill": [
        ((real(3, 4), integers(2, -3)), {"dim": 0, "value": 7.0}),
        ((real(3, 4), integers(1)), {"dim": -1, "value": 7.0}),
        ((real(), np.array(0)), {"dim": 0, "value": 7.0}),
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
    "scatter": [
        ((real(3, 4), integers([0, 2, 0, 1]), real(1, 4)), {"dim": 0}),
        ((real(3, 4), integers([3, 2], [0, 1]), real(2, 3)), {"dim": 1}),
        ((real(), np.array(0), real()), {"dim": 0}),
    ],
    "scatter_value": [
        ((real(3, 4), integers([0, 2, 0, 1])), {"dim": 0, "value": 7.0}),
        ((real(3, 4), integers([3, 2], [0, 1])), {"dim": 1, "value": 7.0}),
    ],
    "scatter_add": [
        ((real(3, 4), integers([0, 2, 0, 1]), real(1, 4)), {"dim": 0}),
        ((real(3, 4), integers([3, 3], [0, 1]), real(2, 2)), {"dim": 1}),
        ((real(3), integers(1, 1), real(3)), {"dim": -1}),
    ],
    "scatter_reduce": [
        (
            (real(3, 4), integers([0, 2, 0, 1], [0, 2, 1, 0]), real(2, 4)),
            {"dim": 0, "reduce": reduce, "include_self": include_self},
        )
        for reduce in ("sum", "prod", "mean", "amax", "amin")
        for include_self in (True, False)
    ]
    + [
        ((real(3, 4), integers([3, 3], [0, 1]), real(2, 3)), {"dim": -1, "reduce": "prod"}),
        ((real(), np.array(0), real()), {"dim": 0, "reduce": "mean"}),
        ((real(3), integers().reshape(0), real(2)), {"dim": 0, "reduce": "amax"}),
    ],
    "scatter_count": [
        ((real(3, 4), integers([0, 2, 0, 1])), {"dim": 0, "include_self": True}),
        ((real(3), integers(1, 1)), {"dim": 0, "include_self": False}),
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
    "masked_fill_tensor": [
        ((real(2, 3), np.array([[True, False, True]]), real()), {}),
        ((real(), np.array(True), real()), {}),
    ],
    "masked_scatter": [
        ((real(2, 3), np.array([[True, False, True], [False, True, True]]), real(5)), {}),
        ((real(2, 3), np.array([True, False, True]), real(3, 2)), {}),
        ((real(), np.array(True), real(1)), {}),
    ],
    "masked_gather": [
        ((real(2, 3), np.array([[True, False, True], [False, True, True]])), {"shape": (5,)}),
        ((real(2, 3), np.array([True, False, True])), {"shape": (3, 2)}),
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
    "as_strided": [
        ((real(3, 4),), _placed((2, 2), (4, 2), 1)),
        ((real(3, 4),), _placed((3, 2), (1, 1), 2)),
        ((real(3, 4),), _placed((), (), 11)),
        ((real(3, 4),), _placed((2, 0), (1, 1), 5)),
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
TIED_TO_LAYOUT = {
    "view", "as_strided", "as_strided_forward", "as_strided_backward", "as_strided_scatter",
}  # fmt: skip
