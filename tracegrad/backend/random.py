"""Random numbers: PyTorch's own sequence for the CPU, from the same seed.

Both are a Mersenne Twister (MT19937) seeded with 32 bits, and PyTorch's ways from its words to
numbers are few: so a model initialised after `manual_seed(0)` has the weights that PyTorch gives
it, and leaves out what PyTorch leaves out. Equal to the bit are uniform numbers, integers,
permutations and dropout's masks, and normal numbers of up to 15 elements; longer normal ones agree
to the last digits (PyTorch's vector `log` and `cos` round in their own way). Only `poisson` has a
sequence of its own.

Source: Matsumoto and Nishimura (1998), Mersenne Twister; Box and Muller (1958), normal deviates.
"""

from __future__ import annotations

import ctypes
import math
import secrets
import struct
import sys
from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

from tracegrad.backend.device import CPU, Device, as_device

DEFAULT_SEED = 67280421310721
"""What a new `Generator` starts from, as in PyTorch."""

_WORDS = 624
STATE_BYTES = _WORDS * 4 + 8 + 8 + 8
"""Length of a state: the words, how many are used, the seed, the spare normal number."""

_NO_SPARE = math.nan

Floats = np.ndarray[Any, np.dtype[Any]]


class Generator:
    """A source of random numbers with a state of its own.

    Attributes:
        device: what it draws numbers for; they are drawn on the host and copied.
        bits: NumPy's generator over the same words, for the distributions that PyTorch has no
            fixed sequence of.
    """

    __slots__ = ("_seed", "_spare", "_twister", "bits", "device")

    get_state: ClassVar[Callable[[Generator], Any]]
    set_state: ClassVar[Callable[[Generator, Any], Generator]]
    """The state as a tensor: `ops/random.py` sets these two, since nothing here knows tensors."""

    def __init__(self, device: str | Device = "cpu") -> None:
        self.device = CPU if device == "cpu" else as_device(device)
        self._twister = np.random.MT19937(0)
        self.bits = np.random.Generator(self._twister)
        self.manual_seed(DEFAULT_SEED)

    # -- seeds ---------------------------------------------------------------------------------

    def manual_seed(self, seed: int) -> Generator:
        """Start again from `seed`; negative seeds count from 2**64 downwards.

        Raises:
            RuntimeError: it has more than 64 bits.
        """
        seed = int(seed)
        if not -(2**63) <= seed < 2**64:
            raise RuntimeError(
                "Overflow when unpacking long long: a seed has 64 bits, "
                f"got {seed}\n  try: seed % 2**64"
            )
        self._seed = seed % 2**64
        self._twister._legacy_seeding(self._seed & 0xFFFFFFFF)
        self._spare = _NO_SPARE
        return self

    def initial_seed(self) -> int:
        """The seed that the generator was last started from."""
        return self._seed

    def seed(self) -> int:
        """Start from a seed that nobody can guess, and tell it."""
        return self.manual_seed(secrets.randbits(63))._seed

    # -- states --------------------------------------------------------------------------------

    def state(self) -> np.ndarray[Any, np.dtype[np.uint8]]:
        """All there is to the generator, as bytes."""
        return state_of(self.glance())

    def glance(self) -> tuple[bytes, int, float]:
        """The same as it lies in memory, in 0.5 us, for `state_of`: a training loop that can repeat
        any step takes one each time, and NumPy's own `.state` takes 35 us.
        """
        memory = ctypes.string_at(self._twister.ctypes.state_address, _WORDS * 4 + 4)
        return memory, self._seed, self._spare

    def restore(self, state: Any) -> None:
        """Go back to a state.

        Raises:
            TypeError: it is no bytes.
            RuntimeError: it is none of a tracegrad generator.
        """
        data = np.ascontiguousarray(state)
        if data.dtype != np.uint8:
            raise TypeError(f"RNG state must be a ByteTensor, got elements of {data.dtype}")
        if data.shape != (STATE_BYTES,):
            raise RuntimeError(
                f"RNG state is wrong size or type: expected {STATE_BYTES} elements of uint8, got "
                f"{data.size} of {data.dtype}\n  try: a state that get_state() of tracegrad gave"
            )
        text = data.tobytes()
        key = np.frombuffer(text, "<u4", _WORDS)
        position, seed = (int(n) for n in np.frombuffer(text, "<u8", 2, _WORDS * 4))
        if position > _WORDS:
            raise RuntimeError("Invalid mt19937 state: more words are used than there are")
        self._twister.state = {
            "bit_generator": "MT19937",
            "state": {"key": key.astype(np.uint32), "pos": position},
        }
        self._seed = seed
        self._spare = float(np.frombuffer(text, "<f8", 1, STATE_BYTES - 8)[0])

    # -- numbers -------------------------------------------------------------------------------

    def words(self, n: int) -> np.ndarray[Any, np.dtype[np.uint32]]:
        """The next `n` words of 32 bits."""
        return self.bits.integers(0, 2**32, n, np.uint32)

    def long_words(self, n: int) -> np.ndarray[Any, np.dtype[np.uint64]]:
        """The next `n` words of 64 bits, the upper half first."""
        return self.bits.integers(0, 2**64, n, np.uint64)

    def uniform(self, n: int, dtype: Any, low: float = 0.0, high: float = 1.0) -> Floats:
        """Uniform numbers in [low, high): 53 random bits each in float64, else 24."""
        if dtype == np.float64:
            drawn = (self.long_words(n) & np.uint64(2**53 - 1)) * 2.0**-53
        else:
            drawn = (self.words(n) & np.uint32(2**24 - 1)).astype(np.float32)
            drawn *= np.float32(2.0**-24)
        if (low, high) != (0.0, 1.0):
            start, end = drawn.dtype.type(low), drawn.dtype.type(high)
            # In float64, and so rounded once: PyTorch multiplies and adds in one instruction.
            drawn = drawn.astype(np.float64) * float(end - start) + float(start)
        return drawn.astype(dtype, copy=False)

    def bernoulli(self, n: int, chance: float) -> np.ndarray[Any, np.dtype[np.bool_]]:
        """True with a probability: where a uniform number of 53 bits is below it."""
        drawn = self.long_words(n)
        drawn &= np.uint64(2**53 - 1)
        return drawn < np.uint64(math.ceil(chance * 2.0**53))  # as integers: twice as fast

    def normal(
        self, n: int, dtype: Any, mean: float = 0.0, std: float = 1.0, *, grouped: bool = True
    ) -> Floats:
        """Normal numbers, by Box and Muller's method.

        Args:
            grouped: 16 numbers at a time, which PyTorch does where they lie side by side.
        """
        if n < 16 or not grouped:
            return (self.normals_one_by_one(n) * std + mean).astype(dtype)
        kind = np.float64 if dtype == np.float64 else np.float32
        whole = n - n % 16
        numbers = np.empty(n, kind)
        drawn_for = n if dtype in (np.float32, np.float64) else whole
        numbers[:drawn_for] = self.uniform(drawn_for, np.dtype(kind))
        _box_muller(numbers[:whole], mean, std)
        if whole < n:  # the last 16 are drawn anew, over some of the others
            numbers[-16:] = self.uniform(16, np.dtype(kind))
            _box_muller(numbers[-16:], mean, std)
        return numbers.astype(dtype, copy=False)

    def normals_one_by_one(self, n: int) -> Floats:
        """Standard normal numbers in pairs, the second of which may be left for the next call."""
        few = n if n < 16 else int(not math.isnan(self._spare))
        numbers = np.empty(n, np.float64)
        numbers[:few] = [self._one_normal() for _ in range(few)]
        pairs, left = divmod(n - few, 2)
        if pairs:  # not for few numbers: NumPy's functions round otherwise than those of `math`
            angles, radii = self.uniform(2 * pairs, np.dtype(np.float64)).reshape(-1, 2).T
            angles, lengths = 2.0 * math.pi * angles, np.sqrt(-2.0 * np.log1p(-radii))
            numbers[few : n - left : 2] = lengths * np.cos(angles)
            numbers[few + 1 : n - left : 2] = lengths * np.sin(angles)
        if left:
            numbers[-1] = self._one_normal()
        return numbers

    def _one_normal(self) -> float:
        if not math.isnan(self._spare):
            spare, self._spare = self._spare, _NO_SPARE
            return spare
        angle, radius = self.uniform(2, np.dtype(np.float64)).tolist()
        length = math.sqrt(-2.0 * math.log1p(-radius))
        self._spare = length * math.sin(2.0 * math.pi * angle)
        return length * math.cos(2.0 * math.pi * angle)

    def integers(self, n: int, low: int, high: int) -> np.ndarray[Any, Any]:
        """Integers in [low, high), as int64; `high` may be 2**63."""
        size = high - low
        # With few bits to spare the remainder would prefer small numbers.
        drawn = self.long_words(n) if size >= 2**28 else self.words(n).astype(np.uint64)
        if size < 2**64:
            drawn %= np.uint64(size)
        return (drawn + np.uint64(low % 2**64)).view(np.int64)

    def permutation(self, n: int) -> np.ndarray[Any, np.dtype[np.int64]]:
        """The integers below `n` in random order: each place in turn swaps with a later one."""
        order = list(range(n))
        steps = np.arange(max(n - 1, 0), dtype=np.uint32)
        chosen = steps + self.words(steps.size) % (np.uint32(n) - steps)
        for here, there in enumerate(chosen.tolist()):
            order[here], order[there] = order[there], order[here]
        return np.array(order, np.int64)


def _box_muller(numbers: Floats, mean: float, std: float) -> None:
    """Uniform numbers to normal ones in place, in groups of 16: 8 lengths, then 8 angles."""
    groups = numbers.reshape(-1, 16)
    lengths = np.sqrt(-2.0 * np.log(1.0 - groups[:, :8]))
    angles = groups.dtype.type(2.0 * math.pi) * groups[:, 8:]
    groups[:, :8] = lengths * np.cos(angles) * std + mean
    groups[:, 8:] = lengths * np.sin(angles) * std + mean


def state_of(glance: tuple[bytes, int, float]) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """What a generator's `state()` was at a glance: 624 words, how many are used, and the rest."""
    memory, seed, spare = glance
    words, used = memory[:-4], int.from_bytes(memory[-4:], sys.byteorder)
    if sys.byteorder == "big":
        words = np.frombuffer(words, ">u4").astype("<u4").tobytes()
    rest = struct.pack("<QQd", used, seed, spare)
    return np.frombuffer(bytearray(words + rest), np.uint8)


# -- from numbers in a row to arrays ---------------------------------------------------------------


def along_memory(numbers: Any, array: Any) -> Any:
    """Numbers in an array's shape, in the order in which PyTorch fills it: that of its memory."""
    shape, order = array.shape, _memory_order(array)
    if order is None:
        return numbers.reshape(shape)
    return numbers.reshape([shape[axis] for axis in order]).transpose(np.argsort(order))


def row_of_memory(values: Any, array: Any) -> Any:
    """The inverse: values of an array's shape in a row, in the order of that array's memory."""
    order = _memory_order(array)
    return (values if order is None else values.transpose(order)).ravel()


def is_ordered(array: Any) -> bool:
    """Whether the order of an array's elements is that of its memory, gaps or not."""
    return _memory_order(array) is None


def _memory_order(array: Any) -> list[int] | None:
    """Axes from the longest stride to the shortest, `None` where that is how they stand.

    Expanded axes have no place in memory; an array that has some is filled as it stands.
    """
    strides = [abs(step) for step, size in zip(array.strides, array.shape, strict=True) if size > 1]
    if 0 in strides or strides == sorted(strides, reverse=True):
        return None
    return sorted(range(array.ndim), key=lambda axis: -abs(array.strides[axis]))


# -- the default -----------------------------------------------------------------------------------

default_generator = Generator()
"""The generator that is used when none is given; nobody can guess where it starts."""

default_generator.seed()


def manual_seed(seed: int) -> Generator:
    """Seed the default generator of every device."""
    return default_generator.manual_seed(seed)


def chosen(generator: Generator | None) -> Generator:
    """The given generator, or the default."""
    return generator or default_generator


def bits(generator: Generator | None) -> np.random.Generator:
    """NumPy's generator of the given one, or of the default."""
    return chosen(generator).bits
