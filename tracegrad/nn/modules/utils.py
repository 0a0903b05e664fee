"""One number or several, for layers of one to three dimensions; and prefixes of states."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any


def tupled(value: Any, n: int) -> tuple[Any, ...]:
    """The value for each of `n` dimensions: itself if it is a sequence, else repeated."""
    return tuple(value) if isinstance(value, Iterable) else (value,) * n


def _ntuple(n: int, name: str = "parse") -> Callable[[Any], tuple[Any, ...]]:
    def parse(x: Any) -> tuple[Any, ...]:
        return tupled(x, n)

    parse.__name__ = name
    return parse


def _single(value: Any) -> tuple[Any, ...]:
    return tupled(value, 1)


def _pair(value: Any) -> tuple[Any, ...]:
    return tupled(value, 2)


def _triple(value: Any) -> tuple[Any, ...]:
    return tupled(value, 3)


def _quadruple(value: Any) -> tuple[Any, ...]:
    return tupled(value, 4)


def _reverse_repeat_tuple(t: Sequence[Any], n: int) -> tuple[Any, ...]:
    """Each element `n` times, from the last to the first: as `pad` takes sizes of both sides."""
    return tuple(x for x in reversed(t) for _ in range(n))


def _list_with_default(out_size: Any, defaults: Sequence[int]) -> Any:
    """Sizes, where `None` stands for the default's."""
    if isinstance(out_size, int):
        return out_size
    if len(defaults) <= len(out_size):
        raise ValueError(f"Input dimension should be at least {len(out_size) + 1}")
    pairs = zip(out_size, defaults[-len(out_size) :], strict=True)
    return [default if size is None else size for size, default in pairs]


def consume_prefix_in_state_dict_if_present(state_dict: dict[str, Any], prefix: str) -> None:
    """Take a prefix such as `module.` off the keys of a state, in place."""
    for key in list(state_dict):
        if key.startswith(prefix):
            state_dict[key.removeprefix(prefix)] = state_dict.pop(key)
    metadata = getattr(state_dict, "_metadata", None) or {}
    for key in list(metadata):
        if key and (key == prefix.replace(".", "") or key.startswith(prefix)):
            metadata[key[len(prefix) :]] = metadata.pop(key)
