"""How to call the ops of mathematics: special functions, running results, sorting, sums."""

from __future__ import annotations

import numpy as np

from tests.ops.calls import BINARY, TERNARY, UNARY, Call, integers, real

ALONG: list[Call] = [
    ((real(2, 3),), {"dim": 0}),
    ((real(2, 4, 3),), {"dim": -2}),
    ((real(),), {"dim": 0}),
    ((real(0, 3),), {"dim": 0}),
]
KEEPING: list[Call] = [
    ((real(2, 3),), {"dim": 0}),
    ((real(3, 4),), {"dim": 1, "keepdim": True}),
    ((real(),), {"dim": 0}),
]
ZEROS = np.array([[1.5, 0.0, 2.0, 3.0], [0.0, 0.0, 3.0, 1.0], [1.0, 2.0, 3.0, -1.0]])
GAPS = np.array([[1.5, np.nan, 2.0, 3.0], [0.0, -np.inf, 3.0, 1.0]])
WHOLE = integers([3, 1, 2, 1], [5, 3, 3, 0])

CALLS: dict[str, list[Call]] = {
    "put_along": [
        ((real(2, 1), integers([1], [0])), {"dim": 1, "shape": (2, 3)}),
        ((real(), integers(0).reshape(())), {"dim": 0, "shape": ()}),
    ],
    "take_along": [
        ((real(2, 3), integers([1], [0])), {"dim": 1}),
        ((real(3, 2), integers([2, 0])), {"dim": 0}),
    ],
    "frexp": UNARY,
    "nan_to_num": [*UNARY, ((real(2, 3),), {"nan": 1.0, "posinf": 2.0, "neginf": -2.0})],
    "isclose": [*BINARY, ((real(2, 3), real(2, 3)), {"rtol": 0.5, "equal_nan": True})],
    "isin": [
        ((WHOLE, integers(1, 3)), {}),
        ((WHOLE, integers(1, 3)), {"invert": True}),
        ((real(), real(3)), {}),
    ],
    "addcmul": [*TERNARY, ((real(2, 3), real(3), real(2, 1)), {"value": -0.5})],
    "addcdiv": [*TERNARY, ((real(2, 3), real(3), real(2, 1)), {"value": -0.5})],
    "logit": [*UNARY, ((real(2, 3),), {"eps": 0.01})],
    "polygamma": [((shape,), {"n": n}) for n in (1, 2, 3) for shape in (real(2, 3), real())],
    "scan": [
        ((real(2, 3), real(2, 3)), {"dim": 1}),
        ((real(5), real(5)), {"dim": 0}),
    ],
    "shifted": [
        ((real(2, 3),), {"dim": 1, "by": 1, "fill": 2.0}),
        ((real(3, 2),), {"dim": 0, "by": -1, "fill": 0.0}),
    ],
    "cumprod": [*ALONG, ((ZEROS,), {"dim": 1}), ((ZEROS,), {"dim": 0})],
    "logcumsumexp": ALONG,
    "cummax": ALONG,
    "cummin": ALONG,
    "nansum": [((real(2, 3),), {}), *KEEPING, ((real(2, 3, 4),), {"dim": (0, 2)})],
    "std": [
        ((real(2, 3),), {}),
        ((real(2, 3),), {"dim": 0}),
        ((real(2, 3),), {"dim": -1, "keepdim": True}),
        ((real(2, 3, 4),), {"dim": (0, 2), "correction": 0}),
    ],
    "sort": [
        ((real(2, 3),), {}),
        ((real(3, 4),), {"dim": 0, "descending": True, "stable": True}),
        ((real(),), {"dim": 0}),
        ((real(0, 3),), {}),
    ],
    "topk": [
        ((real(2, 5),), {"k": 2}),
        ((real(5, 2),), {"k": 3, "dim": 0, "largest": False}),
        ((real(2, 3),), {"k": 3}),
        ((real(2, 3),), {"k": 0}),
        ((real(),), {"k": 1}),
    ],
    "kthvalue": [
        ((real(2, 5),), {"k": 2}),
        ((real(5, 2),), {"k": 5, "dim": 0, "keepdim": True}),
        ((real(),), {"k": 1}),
    ],
    "median_dim": [
        *KEEPING,
        ((GAPS[:, [0, 2, 3]],), {"dim": 1}),
        ((real(2, 4),), {"dim": 1, "ignore_nan": True}),
    ],
    "mode": [*KEEPING],
    "unique": [
        ((WHOLE,), {}),
        ((WHOLE,), {"inverse": True, "counts": True}),
        ((WHOLE,), {"inverse": True, "dim": 0}),
        ((integers(3).reshape(()),), {}),
    ],
    "unique_consecutive": [
        ((WHOLE,), {}),
        ((WHOLE,), {"inverse": True, "counts": True}),
        ((WHOLE,), {"counts": True, "dim": 1}),
        ((integers().reshape(0),), {"counts": True}),
    ],
    "searchsorted": [
        ((np.array([1.0, 2.0, 3.0]), real(2, 3)), {}),
        ((np.array([[1.0, 2.0], [0.5, 3.0]]), real(2, 3)), {"right": True, "out_int32": True}),
    ],
    "histc": [((real(2, 3),), {"bins": 4}), ((real(6),), {"bins": 3, "min": -1, "max": 1})],
    "bincount": [
        ((integers(1, 3, 1), None), {}),
        ((integers(1, 3, 1), np.array([0.5, 1.0, 2.0])), {"minlength": 6}),
    ],
    "einsum": [
        ((real(2, 3), real(3, 4)), {"equation": "ab,bc->ac"}),
        ((real(2, 3), real(2, 4)), {"equation": "ab,ac->cab"}),
        ((real(2, 3, 4), real(4, 2)), {"equation": "abc,cd->dab"}),
        ((real(2, 3, 4), real(2, 4, 3)), {"equation": "aij,ajk->kai"}),
        ((real(3), real(3)), {"equation": "a,a->"}),
        ((real(), real(2)), {"equation": ",a->a"}),
        ((real(0, 3), real(3, 2)), {"equation": "ab,bc->ac"}),
    ],
    "roll": [
        ((real(2, 3),), {"shifts": (1,), "dims": (1,)}),
        ((real(2, 3),), {"shifts": (1, -2), "dims": (0, -1)}),
    ],
    "repeat_index": [((integers(2, 0, 3),), {})],
}

INTEGER_ONLY = {"gcd", "lcm", "bitwise_left_shift", "bitwise_right_shift"}
