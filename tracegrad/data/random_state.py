"""The state of all random numbers that a dataset may draw from, as bytes: no pickle."""

from __future__ import annotations

import ctypes
import math
import random
from array import array
from struct import Struct
from typing import Any

import numpy as np

from tracegrad.backend.random import STATE_BYTES, default_generator

_WORDS = 624
_FLOAT, _NUMPY_REST = Struct("<d"), Struct("<qqd")
_PYTHON = (_WORDS + 1) * 4 + _FLOAT.size  # the words, how many are used, the spare normal number
_NUMPY = _WORDS * 4 + _NUMPY_REST.size  # the words; used, whether there is a spare, the spare

RANDOM_STATE_BYTES = STATE_BYTES + _PYTHON + _NUMPY
"""Length of a state: tracegrad's, Python's `random`, NumPy's global one."""


def random_state() -> bytes:
    """Where `tracegrad`, `random` and `numpy.random` stand, in that order."""
    _, words, spare = random.getstate()
    python = array("I", words).tobytes() + _FLOAT.pack(math.nan if spare is None else spare)
    return default_generator.state().tobytes() + python + _numpy_global.read()


def set_random_state(state: bytes) -> None:
    """Go back to a state.

    Raises:
        ValueError: it is none.
    """
    if len(state) != RANDOM_STATE_BYTES:
        raise ValueError(
            f"a state of random numbers has {RANDOM_STATE_BYTES} bytes, got {len(state)}"
        )
    words = np.frombuffer(state, np.uint32, _WORDS + 1, STATE_BYTES)
    (spare,) = _FLOAT.unpack_from(state, STATE_BYTES + words.nbytes)
    default_generator.restore(np.frombuffer(state, np.uint8, STATE_BYTES))
    random.setstate((3, tuple(words.tolist()), None if math.isnan(spare) else spare))
    _numpy_global.write(state[STATE_BYTES + _PYTHON :])


class _NumpyGlobal:
    """The state of `numpy.random`, read only when it changed: NumPy takes 40 us to tell it, and a
    worker wants it with every batch.
    """

    def __init__(self) -> None:
        self._memory = b""
        self._state = b""

    def read(self) -> bytes:
        bits = np.random.get_bit_generator()  # type: ignore[attr-defined]  # NumPy's stub lacks it
        if type(bits) is not np.random.MT19937:
            return bytes(_NUMPY)  # a program put its own in this place, and looks after it itself
        memory = ctypes.string_at(bits.ctypes.state_address, _WORDS * 4 + 4)
        if memory != self._memory:
            state: Any = np.random.get_state(legacy=True)
            _, key, used, has_spare, spare = state
            self._state = key.tobytes() + _NUMPY_REST.pack(used, has_spare, spare)
            # A spare normal number is taken without any trace in that memory.
            self._memory = b"" if has_spare else memory
        return self._state

    def write(self, state: bytes) -> None:
        if state == bytes(_NUMPY):
            return
        key = np.frombuffer(state, np.uint32, _WORDS)
        np.random.set_state(("MT19937", key, *_NUMPY_REST.unpack_from(state, key.nbytes)))


_numpy_global = _NumpyGlobal()


def seed_worker(base_seed: int, worker: int) -> int:
    """Seed all three as PyTorch does in its workers: the seed of the first two."""
    seed = base_seed + worker
    random.seed(seed)
    default_generator.manual_seed(seed)
    # PyTorch has these four words from a copy of NumPy's own algorithm.
    words = [worker, base_seed & 0xFFFFFFFF, base_seed >> 32, 0]
    np.random.seed(np.random.SeedSequence(words).generate_state(4))
    return seed
