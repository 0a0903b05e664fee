"""Random numbers of GPUs. They are drawn on the host, so one seed is for every device."""

from __future__ import annotations

from tracegrad import random
from tracegrad.cuda.devices import is_available


def manual_seed(seed: int) -> None:
    """Seed the random numbers of every device, if there is a GPU; else nothing, as in PyTorch."""
    if is_available():
        random.manual_seed(seed)


manual_seed_all = manual_seed


def seed() -> None:
    """Start from a seed that nobody can guess, if there is a GPU."""
    if is_available():
        random.seed()


seed_all = seed
