"""How to call the ops that networks are made of: activations, normalisation, attention, losses."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.ops.calls import BINARY, LOSS, UNARY, Call, integers, real


def with_options(calls: list[Call], *options: dict[str, Any]) -> list[Call]:
    """Each call with each of the options."""
    return [(inputs, {**given, **more}) for inputs, given in calls for more in options]


PICKED = integers([0], [2])
BANDS = np.array([[[True, False, True], [False, False, False]]])
NORMALISED: list[Call] = [
    ((real(2, 4), None, None), {"normalized_shape": (4,)}),
    ((real(2, 3, 4), real(4), real(4)), {"normalized_shape": (4,)}),
    ((real(2, 3, 4), real(3, 4), real(3, 4)), {"normalized_shape": (3, 4), "eps": 0.1}),
    ((real(4), real(4), None), {"normalized_shape": (4,)}),
    ((real(0, 4), real(4), real(4)), {"normalized_shape": (4,)}),
]
GROUPED: list[Call] = [
    ((real(2, 4, 3), real(4), real(4)), {}),
    ((real(2, 4, 2, 2), None, None), {"eps": 0.1}),
    ((real(2, 4, 3), real(4), None), {}),
]
CHANNELS: list[Call] = [
    ((real(5, 2), real(2), real(2), None, None), {}),
    ((real(3, 2, 4), None, None, None, None), {"eps": 0.1}),
    ((real(2, 2, 2, 2), real(2), None, None, None), {}),
    (
        (real(3, 2), real(2), real(2), np.array([0.5, -1.0]), np.array([0.25, 2.0])),
        {"frozen": True},
    ),
    (
        (real(2, 2, 3), None, None, np.array([0.5, -1.0]), np.array([0.25, 2.0])),
        {"frozen": True},
    ),
]
STANDARDISED: list[Call] = [
    ((real(2, 5), None, None), {"eps": 1e-5}),
    ((real(2, 5), None, None), {"eps": 0.1, "centred": False}),
    ((real(3, 2, 4), None, None), {"eps": 0.1}),
    ((real(5, 2, 1), None, None), {"eps": 0.1}),
    ((real(2, 2, 2, 3), None, None), {"eps": 0.1}),
    ((real(1, 2, 65), None, None), {"eps": 0.1}),
]
CLASSES: list[Call] = [
    ((real(3, 4), integers(1, 3, 1), None), {}),
    ((real(4), np.array(2), None), {}),
    ((real(3, 4), integers(1, -100, 0), np.array([1.0, 2.0, 0.5, 1.5])), {}),
    ((real(3, 4), integers(1, 3, 1), None), {"reduction": "none"}),
    ((real(2, 3, 2), integers([0, 2], [1, 1]), None), {"reduction": "sum"}),
    ((real(2, 3, 2), integers([0, 2], [1, 1]), None), {"reduction": "none"}),
]
SCALES = np.array([0.5, 0.25])
LOOKED_UP = integers([0, 2, 2], [3, 0, 0])

CALLS: dict[str, list[Call]] = {
    "gelu": with_options(UNARY, {}, {"approximate": "tanh"}),
    "gelu_backward": [
        (given, {"approximate": approximate})
        for approximate in ("none", "tanh")
        for given in ((real(2, 3), real(2, 3), None), (real(), real(), None))
    ],
    "threshold": with_options(UNARY, {"threshold": 0.5, "value": -7.0}),
    "celu": with_options(UNARY, {}, {"alpha": 2.0}),
    "elu": with_options(UNARY, {}, {"alpha": 2.0}),
    "prelu_kernel": BINARY,
    "rrelu_with_noise": [((real(2, 3), np.array([[1.0, 0.2, 0.3], [1.0, 1.0, 0.25]])), {})],
    "softmax_backward": [
        ((real(2, 3), real(2, 3)), {"dim": 1}),
        ((real(2, 3, 2), real(2, 3, 2)), {"dim": -2}),
        ((real(0, 3), real(0, 3)), {"dim": 1}),
    ],
    "log_softmax_backward": [
        ((real(2, 3), real(2, 3)), {"dim": 1}),
        ((real(2, 3, 2), real(2, 3, 2)), {"dim": -2}),
        ((real(), real()), {"dim": 0}),
    ],
    "attention_softmax": [
        ((real(2, 2, 3), None, None), {}),
        ((real(2, 2, 3), BANDS, None), {}),
        ((real(2, 2, 3), None, real(2, 3)), {}),
        ((real(2, 2, 3), None, real(2, 1, 3)), {"is_causal": True}),
        ((real(2, 3, 3), None, None), {"is_causal": True}),
        ((real(40, 35), None, None), {"is_causal": True}),
        ((real(2, 0, 3), None, None), {}),
    ],
    "standardized": STANDARDISED,
    "standardized_backward": [
        *[((given[0], *given, None, None, None), options) for given, options in STANDARDISED],
        ((real(2, 5), real(2, 5), None, None, real(5), None, None), {"eps": 0.1}),
        ((real(2, 5), real(2, 5), None, None, real(5), None, None), {"eps": 0.1, "centred": False}),
        ((real(2, 3, 4), real(2, 3, 4), None, None, real(1, 3, 1), None, None), {"eps": 0.1}),
    ],
    "weight_gradient": [
        ((given[0], *given), options) for given, options in STANDARDISED if len(given[0].sizes) == 2
    ],
    "plane_sums": [
        *[
            ((given[0], *given), options)
            for given, options in STANDARDISED
            if len(given[0].sizes) > 2
        ],
        (
            (real(2, 2, 3), real(2, 2, 3), real(1, 2, 1), np.array([[[2.0], [0.5]]])),
            {"eps": 0.1, "frozen": True},
        ),
    ],
    "inverse_spread": STANDARDISED,
    "layer_norm": NORMALISED,
    "rms_norm": [
        (given[:2], {"eps": 1e-5, **options}) for given, options in NORMALISED
    ],
    "batch_statistics": [((real(3, 2),), {}), ((real(3, 2, 2),), {})],
    "batch_norm": CHANNELS,
    "group_norm": with_options(GROUPED, {"groups": 2}),
    "instance_norm": GROUPED,
    "smooth_l1_loss": with_options(LOSS, {}, {"beta": 3.0}),
    "huber_loss": with_options(LOSS, {}, {"delta": 3.0}),
    "soft_margin_loss": LOSS,
    "kl_div": with_options(LOSS, {}, {"log_target": True}),
    "cross_entropy": CLASSES,
    "cross_entropy_backward": [
        ((real(), real(2, 3), SCALES, PICKED, None), {}),
        ((real(2), real(2, 3), SCALES, PICKED, None), {}),
        ((real(), real(3), np.array(0.5), integers(1), None), {}),
    ],
    "embedding": [
        ((real(4, 3), LOOKED_UP), {}),
        ((real(4, 3), np.array(2)), {}),
    ],
    "embedding_backward": [
        ((real(2, 3, 2), LOOKED_UP), {"count": 4}),
        ((real(2, 3, 2), LOOKED_UP), {"count": 4, "padding_idx": 2, "by_frequency": True}),
    ],
    "embedding_again": [
        ((real(4, 2), LOOKED_UP), {}),
        ((real(4, 2), LOOKED_UP), {"padding_idx": 2, "by_frequency": True}),
    ],
    "bag_sum": [
        ((real(3, 2), integers(0, 2, 2)), {"bags": 4}),
        ((real(0, 2), integers()), {"bags": 1}),
    ],
    "cdist": [
        *[((real(3, 2), real(4, 2)), {"p": p}) for p in (0.0, 1.0, 2.0, 3.0, float("inf"))],
        ((real(2, 3, 2), real(4, 2)), {"p": 1.5}),
        ((real(1, 3, 2), real(2, 4, 2)), {"through_products": True}),
    ],
}  # fmt: skip
