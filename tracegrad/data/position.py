"""How far a pass over the data has come, and what it takes to come there again.

Note [Positions]
~~~~~~~~~~~~~~~~
A position holds no order of examples: it holds the states of the generators from just before the
order was drawn. A later program draws the same order from them and goes past the batches that were
given already, without reading their examples. What it goes past is hashed on both sides, so a
sampler that draws from somewhere else, or a dataset of another length, is noticed.

Worker processes give the state of their own random numbers with each batch, so random augmentation
goes on where it was. The random numbers of the main process are left as they are found: a program
that resumes puts them back itself, with the rest of its checkpoint.
"""

from __future__ import annotations

import marshal
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from tracegrad._tensor import Tensor
from tracegrad.backend.random import Generator
from tracegrad.data.messages import Earlier
from tracegrad.data.random_state import random_state, set_random_state
from tracegrad.ops.install import functions

FORMAT = "tracegrad.data.DataLoader 1"
"""What a state says it is."""


class Position:
    """Where one pass stands.

    Attributes:
        given: batches that the program has got.
        in_progress: whether there may be more.
        seeded: whether the pass drew a seed when it began: workers that live on need no other.
        base_seed: of the workers.
        last_worker: who read the last batch; -1 before the first.
        batches: how many batches each worker gave.
        random: state of each worker's random numbers after its last batch; `None` before.
    """

    def __init__(self, generators: Sequence[Generator], num_workers: int) -> None:
        self._generators = generators
        self._before = [generator.state() for generator in generators]
        self._hash = 0
        self.given = 0
        self.in_progress = True
        self.seeded = True
        self.base_seed = 0
        self.last_worker = -1
        self.batches = [0] * num_workers
        self.random: list[bytes | None] = [None] * num_workers

    def go_past(self, index: Any) -> None:
        """One more batch was given, of these examples."""
        self.given += 1
        self._hash = zlib.crc32(_as_bytes(index), self._hash)

    def came_from(self, worker: int) -> None:
        """The last batch was that worker's."""
        self.last_worker = worker
        self.batches[worker] += 1

    # -- workers that live on ------------------------------------------------------------------

    def follow(self, earlier: Position) -> None:
        """Be the next pass of the same workers."""
        self.seeded = False
        self.base_seed, self.random = earlier.base_seed, earlier.random

    def earlier(self, worker: int) -> Earlier:
        """What a process that takes a worker's place must know."""
        return Earlier(self.batches[worker], self.random[worker])

    # -- as a dict -----------------------------------------------------------------------------

    def state(self) -> dict[str, Any]:
        """All of it in numbers and tensors, which `tracegrad.save` takes."""
        return {
            "format": FORMAT,
            "in_progress": self.in_progress,
            "given": self.given,
            "hash": self._hash,
            "seeded": self.seeded,
            "base_seed": self.base_seed,
            "last_worker": self.last_worker,
            "batches": list(self.batches),
            "random": [None if state is None else _as_tensor(state) for state in self.random],
            "generators": [_as_tensor(state) for state in self._before],
        }

    def resume_workers(self, state: Mapping[str, Any]) -> None:
        """Take over what workers need to go on."""
        self.base_seed = state["base_seed"]
        self.seeded = state["in_progress"] and state["seeded"]
        self.random = [None if one is None else _as_bytes_again(one) for one in state["random"]]
        if state["in_progress"]:
            self.last_worker, self.batches = state["last_worker"], list(state["batches"])

    @contextmanager
    def drawing_again(self, state: Mapping[str, Any]) -> Iterator[None]:
        """Inside, the generators are where they were before the order was drawn.

        Raises:
            RuntimeError: other examples were drawn than those that the state went past.
        """
        found = random_state()
        for generator, before in zip(self._generators, state["generators"], strict=True):
            generator.restore(before.numpy())
        self._before = [generator.state() for generator in self._generators]
        try:
            yield
        finally:
            set_random_state(found)
        if (self.given, self._hash) != (state["given"], state["hash"]):
            raise RuntimeError(
                "DataLoader.load_state_dict: this loader draws other examples than the one that "
                f"the state is of: the first {state['given']} batches differ\n"
                "  try: the same dataset, sampler and batch_size; a sampler of your own that draws "
                "from a `generator` which it has as an attribute"
            )


def check_state(state: Any, num_workers: int, generators: int) -> None:
    """Refuse what is no state, or that of a loader with other options.

    Raises:
        TypeError: it is none of a DataLoader.
        ValueError: it is of one with other workers or generators.
    """
    if not isinstance(state, Mapping) or state.get("format") != FORMAT:
        raise TypeError(
            f"DataLoader.load_state_dict: expected what state_dict() gave, got {state!r:.80}"
        )
    for what, got, expected in (
        ("num_workers", len(state["random"]), num_workers),
        ("generators of its sampler and its own", len(state["generators"]), generators),
    ):
        if got != expected:
            raise ValueError(
                f"DataLoader.load_state_dict: the state is of a loader with another number of "
                f"{what}: expected {expected}, got {got}\n  try: the options it had then"
            )


def _as_bytes(index: Any) -> bytes:
    try:
        return marshal.dumps(index, 2)  # the last version in which equal things give equal bytes
    except ValueError:  # NumPy's numbers, or an object of the program's
        text = repr(index)
        return (type(index).__name__ if " at 0x" in text else text).encode()


def _as_tensor(state: Any) -> Tensor:
    tensor: Tensor = functions["tensor"](np.frombuffer(bytes(state), np.uint8))
    return tensor


def _as_bytes_again(state: Tensor) -> bytes:
    array: np.ndarray[Any, Any] = state.numpy()
    return array.tobytes()
