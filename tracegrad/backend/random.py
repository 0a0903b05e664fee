"""Random numbers: one generator for the CPU, seeded by `manual_seed`."""

from __future__ import annotations

import numpy as np


class Generator:
    """A source of random numbers with a state of its own.

    Attributes:
        bits: the NumPy generator behind it.
    """

    __slots__ = ("_seed", "bits")

    def __init__(self, device: str = "cpu") -> None:
        self.manual_seed(int(np.random.SeedSequence().entropy) % 2**63)  # type: ignore[arg-type]

    def manual_seed(self, seed: int) -> Generator:
        """Start again from `seed`; negative seeds count as in PyTorch, modulo 2**64."""
        self._seed = int(seed)
        self.bits = np.random.Generator(np.random.PCG64(self._seed % 2**64))
        return self

    def initial_seed(self) -> int:
        """The seed that the generator was last started from."""
        return self._seed

    def seed(self) -> int:
        """Start from a seed that nobody can guess, and tell it."""
        self.manual_seed(int(np.random.SeedSequence().entropy) % 2**63)  # type: ignore[arg-type]
        return self._seed


_default: list[Generator] = []


def default_generator() -> Generator:
    """The generator that is used when none is given."""
    if not _default:
        _default.append(Generator())
    return _default[0]


def manual_seed(seed: int) -> Generator:
    """Seed the default generator of every device."""
    return default_generator().manual_seed(seed)


def bits(generator: Generator | None) -> np.random.Generator:
    """NumPy's generator of the given one, or of the default."""
    return (generator or default_generator()).bits
