"""Reading examples by number, so that an error says which one it was."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tracegrad.data.blame import blame_item, blame_items


def read_item(dataset: Any, index: Any) -> Any:
    """One example; an error says which."""
    return _read_each(dataset, [index])[0]


def read_items(dataset: Any, indices: Sequence[Any]) -> list[Any]:
    """Several examples, together where the dataset can; an error says which."""
    together = getattr(dataset, "__getitems__", None)
    if not callable(together):
        return _read_each(dataset, indices)
    try:
        examples: list[Any] = together(indices)
    except Exception as error:
        blame_items(error, dataset, indices)
        raise
    return examples


def _read_each(dataset: Any, indices: Sequence[Any]) -> list[Any]:
    examples = []
    index = None
    try:
        for index in indices:
            examples.append(dataset[index])
    except StopIteration as error:
        # It would end the loop over the loader, as if there were no more.
        ended = RuntimeError("the dataset raised StopIteration")
        blame_item(ended, dataset, index)
        raise ended from error
    except Exception as error:
        blame_item(error, dataset, index)
        raise
    return examples
