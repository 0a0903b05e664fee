"""How to call convolutions, pooling, padding and resizing. Small: each element is differenced."""

from __future__ import annotations

import numpy as np

from tests.ops.calls import Call, integers, real
from tracegrad.backend.windows import Spans, Windows
from tracegrad.ops.resize import _taps

# -- convolutions ----------------------------------------------------------------------------------

ONE = {"stride": 1, "padding": 0, "dilation": 1, "groups": 1}
STRIDED = {"stride": 2, "padding": 1, "dilation": 1, "groups": 1}
GROUPED = {"stride": (2, 1), "padding": (0, 1), "dilation": (1, 2), "groups": 2}

CONVOLUTIONS: dict[str, list[Call]] = {
    "conv1d": [
        ((real(2, 2, 5), real(3, 2, 3), real(3)), {}),
        ((real(2, 6), real(2, 2, 2), None), {"stride": 2, "padding": 1}),
        ((real(1, 2, 6), real(2, 1, 2), real(2)), {"groups": 2, "dilation": 2}),
        ((real(1, 2, 5), real(1, 2, 4), real(1)), {"padding": "same"}),
    ],
    "conv2d": [
        ((real(1, 2, 4, 3), real(2, 2, 3, 2), real(2)), {}),
        ((real(2, 3, 4), real(1, 2, 2, 2), None), {"stride": (2, 1), "padding": 1}),
        ((real(1, 2, 3, 4), real(4, 1, 2, 2), real(4)), GROUPED),
        ((real(2, 2, 2, 3), real(3, 2, 1, 1), real(3)), {}),
        ((real(1, 2, 3, 4), real(2, 1, 2, 2), real(2)), {"groups": 2, "stride": 2, "padding": 1}),
    ],
    "conv3d": [
        ((real(1, 1, 3, 2, 3), real(2, 1, 2, 2, 2), real(2)), {"padding": (0, 1, 0)}),
        ((real(2, 2, 2, 2), real(1, 2, 1, 2, 1), None), {"stride": 2}),
    ],
    "conv_transpose1d": [
        ((real(2, 2, 3), real(2, 3, 3), real(3)), {}),
        ((real(2, 3), real(2, 1, 2), None), {"stride": 3, "output_padding": 2}),
        ((real(1, 2, 3), real(2, 1, 2), real(2)), {"groups": 2, "dilation": 2, "padding": 1}),
        ((real(1, 1, 3), real(1, 1, 2), None), {"dilation": 3, "output_padding": 2}),
    ],
    "conv_transpose2d": [
        ((real(1, 2, 2, 3), real(2, 2, 2, 2), real(2)), {"stride": 2, "padding": 1}),
        ((real(2, 2, 2), real(2, 1, 3, 2), real(2)), {"groups": 2}),
    ],
    "conv_transpose3d": [
        ((real(1, 2, 2, 1, 2), real(2, 1, 2, 2, 2), real(1)), {"stride": 2, "output_padding": 1}),
    ],
    "conv_input": [
        ((real(1, 2, 2, 3), real(2, 1, 2, 2)), {"shape": (1, 1, 3, 4), **ONE}),
        ((real(2, 3), real(2, 2, 2)), {"shape": (2, 5), **STRIDED}),
    ],
    "conv_weight": [
        ((real(1, 2, 2, 3), real(1, 1, 3, 4)), {"shape": (2, 1, 2, 2), **ONE}),
        ((real(2, 3), real(2, 5)), {"shape": (2, 2, 2), **STRIDED}),
    ],
}  # fmt: skip

# -- pooling ---------------------------------------------------------------------------------------

PAIRS = Windows((4, 3), (2, 2), (2, 1), (1, 1), (0, 1), (2, 4))
APART = Windows((4, 5), (2, 2), (2, 2), (1, 1), (0, 0), (2, 2))
UNEVEN = Spans((5, 4), (3, 3))
WHICH = np.array([[1, 3, 1, 2], [3, 1, 0, 0]], np.uint8)  # none of them in the padding
UNEVEN_WHICH = np.array([[0, 1, 2], [3, 0, 1], [1, 2, 0]], np.uint8)

POOLS: dict[str, list[Call]] = {
    "max_pool1d": [
        ((real(1, 2, 6),), {"kernel_size": 2}),
        ((real(2, 5),), {"kernel_size": 3, "stride": 2, "padding": 1, "ceil_mode": True}),
    ],
    "max_pool2d": [
        ((real(1, 2, 4, 4),), {"kernel_size": 2}),
        ((real(1, 4, 5),), {"kernel_size": (2, 3), "stride": 1, "padding": (0, 1)}),
        ((real(1, 1, 5, 4),), {"kernel_size": 2, "stride": 2, "dilation": 2, "ceil_mode": True}),
    ],
    "max_pool3d": [((real(1, 2, 3, 4),), {"kernel_size": 2, "stride": (1, 1, 2)})],
    "max_pool_with_indices": [((real(1, 4, 3),), {"windows": PAIRS})],
    "pool_put": [
        ((real(2, 4), WHICH), {"windows": PAIRS}),
        ((real(2, 2), WHICH[:, :2]), {"windows": APART}),
        ((real(3, 3), UNEVEN_WHICH), {"windows": UNEVEN}),
    ],
    "pool_pick": [
        ((real(4, 3), WHICH), {"windows": PAIRS}),
        ((real(5, 4), UNEVEN_WHICH), {"windows": UNEVEN}),
    ],
    "avg_pool1d": [
        ((real(1, 2, 6),), {"kernel_size": 2}),
        ((real(2, 5),), {"kernel_size": 3, "stride": 2, "padding": 1, "ceil_mode": True}),
    ],
    "avg_pool2d": [
        ((real(1, 2, 4, 4),), {"kernel_size": 2}),
        ((real(1, 4, 5),), {"kernel_size": (2, 3), "padding": (0, 1), "count_include_pad": False}),
        ((real(1, 4, 4),), {"kernel_size": 3, "stride": 1, "divisor_override": 5}),
    ],
    "avg_pool3d": [((real(1, 2, 3, 4),), {"kernel_size": 2, "stride": (1, 1, 2)})],
    "pool_spread": [
        ((real(1, 2, 4), np.asarray(4.0)), {"windows": PAIRS}),
        ((real(2, 2, 4), np.asarray([[2.0, 4, 3, 1], [1.0, 5, 6, 2]])), {"windows": PAIRS}),
        ((real(3, 3), None), {"windows": UNEVEN}),
    ],
    "pool_total": [
        ((real(1, 4, 3),), {"windows": PAIRS}),
        ((real(5, 4),), {"windows": UNEVEN}),
    ],
    "adaptive_avg_pool1d": [((real(1, 2, 5),), {"output_size": 3}),
                            ((real(2, 4),), {"output_size": 2})],
    "adaptive_avg_pool2d": [
        ((real(2, 4, 5),), {"output_size": 1}),
        ((real(1, 4, 5),), {"output_size": (None, 7)}),
    ],
    "adaptive_avg_pool3d": [((real(1, 2, 3, 4),), {"output_size": (1, 2, 3)})],
    "adaptive_max_pool1d": [((real(1, 2, 5),), {"output_size": 3}),
                            ((real(2, 4),), {"output_size": 2})],
    "adaptive_max_pool2d": [
        ((real(2, 4, 5),), {"output_size": 1}),
        ((real(1, 4, 5),), {"output_size": (None, 7)}),
    ],
    "adaptive_max_pool3d": [((real(1, 2, 3, 4),), {"output_size": (1, 2, 3)})],
}  # fmt: skip

# -- blocks, padding, resizing ---------------------------------------------------------------------

LINEAR = _taps("bilinear", 3, 5, None, False)
SHRUNK = _taps("nearest", 5, 2, None, False)


def _resized(mode: str, *size: int, align_corners: bool = False) -> dict[str, object]:
    return {"size": size, "scales": (None,) * len(size), "mode": mode,
            "align_corners": align_corners}  # fmt: skip


IMAGES: dict[str, list[Call]] = {
    "unfold": [
        ((real(5, 2),), {"dimension": 0, "size": 3, "step": 2}),
        ((real(2, 4),), {"dimension": -1, "size": 3, "step": 1}),
        ((real(),), {"dimension": 0, "size": 1, "step": 1}),
    ],
    "unfold_backward": [
        ((real(2, 2, 3),), {"shape": (5, 2), "dimension": 0, "size": 3, "step": 2}),
        ((real(1),), {"shape": (), "dimension": 0, "size": 1, "step": 1}),
    ],
    "im2col": [
        ((real(2, 3, 3),), {"kernel_size": 2}),
        ((real(1, 1, 4, 3),), {"kernel_size": (2, 1), "dilation": 2, "padding": 1, "stride": 2}),
    ],
    "col2im": [
        ((real(4, 4),), {"output_size": (3, 3), "kernel_size": 2}),
        ((real(1, 2, 4),), {"output_size": (4, 3), "kernel_size": (2, 1), "stride": 2}),
    ],
    "constant_pad": [
        ((real(2, 3),), {"pad": (1, 2)}),
        ((real(2, 3),), {"pad": (-1, 2, 1, -2), "value": 3.0}),
        ((real(3),), {"pad": (-2, -1)}),
    ],
    "own_pad": [
        ((real(2, 3, 4),), {"pad": (1, 2, 2, 0), "mode": "reflect"}),
        ((real(2, 3),), {"pad": (3, -1), "mode": "replicate"}),
        ((real(2, 4),), {"pad": (-1, 2), "mode": "circular"}),
    ],
    "own_pad_backward": [
        ((real(2, 5, 7),), {"shape": (2, 3, 4), "pad": (1, 2, 2, 0), "mode": "reflect"}),
        ((real(2, 5),), {"shape": (2, 3), "pad": (3, -1), "mode": "replicate"}),
        ((real(2, 5),), {"shape": (2, 4), "pad": (-1, 2), "mode": "circular"}),
    ],
    "interpolate": [
        ((real(1, 2, 3),), _resized("nearest", 5)),
        ((real(1, 1, 5, 4),), _resized("nearest", 2, 3)),
        ((real(1, 1, 3, 2),), _resized("bilinear", 5, 3)),
        ((real(1, 1, 3),), {**_resized("linear", 3), "scales": (1.3,)}),
        ((real(1, 1, 3, 4),), _resized("bicubic", 4, 3, align_corners=True)),
        ((real(1, 1, 2, 2, 2),), _resized("trilinear", 3, 1, 4)),
    ],
    "resample": [
        ((real(2, 3),), {"taps": LINEAR[:1], "other": LINEAR[1:]}),
        ((real(2, 2),), {"taps": SHRUNK[1:], "other": SHRUNK[:1]}),
    ],
    "pick_pixels": [((real(2, 2, 3), integers([2, 0, 0, 1], [1, 1, 1, 1])), {})],
    "put_pixels": [((real(2, 2, 4), integers([2, 0, 0, 1], [1, 1, 1, 1])), {"pixels": 3})],
    "pixel_shuffle": [((real(4, 1, 2),), {"upscale_factor": 2})],
    "pixel_unshuffle": [((real(1, 1, 2, 4),), {"downscale_factor": 2})],
    "channel_shuffle": [((real(1, 6, 2),), {"groups": 2})],
}  # fmt: skip

CALLS = CONVOLUTIONS | POOLS | IMAGES
