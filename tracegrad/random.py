"""Random numbers: the seeds and states of the default generator, as `torch.random`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from tracegrad._tensor import Tensor
from tracegrad.backend.random import Generator, default_generator

__all__ = [
    "default_generator",
    "fork_rng",
    "get_rng_state",
    "initial_seed",
    "manual_seed",
    "seed",
    "set_rng_state",
]


def manual_seed(seed: int) -> Generator:
    """Seed the random numbers of every device."""
    return default_generator.manual_seed(seed)


def seed() -> int:
    """Start from a seed that nobody can guess, and tell it."""
    return default_generator.seed()


def initial_seed() -> int:
    """The seed that random numbers were last started from."""
    return default_generator.initial_seed()


def get_rng_state() -> Tensor:
    """The state of the default generator, as a tensor of bytes."""
    state: Tensor = default_generator.get_state()
    return state


def set_rng_state(new_state: Tensor) -> None:
    """Go back to a state of the default generator.

    Raises:
        RuntimeError: it is no such state.
    """
    default_generator.set_state(new_state)


@contextmanager
def fork_rng(
    devices: Iterable[Any] | None = None, enabled: bool = True, **device_type: Any
) -> Iterator[None]:
    """Random numbers drawn inside leave those after it as they would have been."""
    before = default_generator.state()
    try:
        yield
    finally:
        if enabled:
            default_generator.restore(before)
