"""What a worker process knows of itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class WorkerInfo:
    """One of the processes that read for a loader.

    Attributes:
        id: its number, from 0.
        num_workers: how many there are.
        seed: of its random numbers: the pass's seed plus `id`.
        dataset: its own copy of the dataset.
    """

    id: int
    num_workers: int
    seed: int
    dataset: Any


_this_process: WorkerInfo | None = None


def get_worker_info() -> WorkerInfo | None:
    """This worker of a loader; `None` in the main process.

    Datasets and `worker_init_fn` ask it to know which part of a stream is theirs.
    """
    return _this_process


def set_worker_info(info: WorkerInfo) -> None:
    """From here on this process is that worker."""
    global _this_process
    _this_process = info
