"""Which part of a loader cannot be sent to a worker process."""

from __future__ import annotations

from multiprocessing.reduction import ForkingPickler
from typing import Any

from tracegrad.data.messages import Job

_DEEPEST = 8


def blame_pickling(error: Exception, job: Job, start_method: str) -> None:
    """Note at the error which attribute it is about, if it is about pickling."""
    parts = {
        "dataset": job.reading.dataset,
        "collate_fn": job.reading.collate_fn,
        "worker_init_fn": job.init,
    }
    for name, part in parts.items():
        found = _unpicklable(name, part, 0)
        if found is not None:
            place, value = found
            error.add_note(
                f"DataLoader: {place} cannot be sent to a worker process, which the start method "
                f"{start_method!r} does by pickling: {value!r:.120}\n"
                "  try: a function or class at the top level of a module in its place, or "
                "multiprocessing_context='fork'"
            )
            return


def _unpicklable(place: str, value: Any, depth: int) -> tuple[str, Any] | None:
    """The innermost part that no pickle takes: where it is, and itself."""
    try:
        ForkingPickler.dumps(value)
    except Exception:
        if depth < _DEEPEST:
            for name, part in _parts(value):
                found = _unpicklable(place + name, part, depth + 1)
                if found is not None:
                    return found
        return place, value
    return None


def _parts(value: Any) -> list[tuple[str, Any]]:
    if isinstance(value, dict):
        return [(f"[{key!r}]", part) for key, part in value.items()]
    if isinstance(value, list | tuple):
        return [(f"[{n}]", part) for n, part in enumerate(value)]
    if isinstance(value, type) or not hasattr(value, "__dict__"):
        return []
    return [(f".{name}", part) for name, part in vars(value).items()]
