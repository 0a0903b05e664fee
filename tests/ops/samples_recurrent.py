"""How to call the ops of recurrent layers: two or three examples, one or two units wide."""

from __future__ import annotations

from tests.ops.calls import Call, real

CALLS: dict[str, list[Call]] = {
    "recurrent_linear": [
        ((real(2, 4), real(2, 3), real(3, 4)), {}),
        ((real(4), real(2, 3), real(3, 4)), {}),
        ((real(0, 4), real(0, 3), real(3, 4)), {}),
    ],
    "lstm_gates": [((real(2, 8),), {}), ((real(3, 4),), {}), ((real(0, 8),), {})],
    "lstm_gates_backward": [
        ((real(4, 2, 2), real(4, 2, 2)), {}),
        ((real(4, 3, 1), real(4, 3, 1)), {}),
    ],
    "lstm_cell_backward": [
        ((real(2, 2), real(4, 2, 2), real(2, 2), real(2, 2)), {}),
        ((real(3, 1), real(4, 3, 1), real(3, 1), None), {}),
    ],
    "lstm_shown": [
        ((real(4, 2, 2), real(2, 2), None), {}),
        ((real(4, 3, 1), real(3, 1), None), {}),
    ],
    "lstm_state": [
        ((real(4, 2, 2), real(2, 2)), {}),
        ((real(4, 3, 1), real(3, 1)), {}),
        ((real(4, 0, 2), real(0, 2)), {}),
    ],
    "gru_gates": [
        ((real(2, 6), real(2, 6)), {}),
        ((real(3, 3), real(3, 3)), {}),
        ((real(0, 6), real(0, 6)), {}),
    ],
    "gru_state": [
        ((real(3, 2, 2), real(2, 2)), {}),
        ((real(3, 3, 1), real(3, 1)), {}),
        ((real(3, 0, 2), real(0, 2)), {}),
    ],
}
