"""Tensors in nested lists, tuples and dicts: taking them out, and putting others in."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Tree:
    """A structure and its tensors in order. Everything else in it stays where it is."""

    structure: Any
    tensors: tuple[Any, ...]

    @classmethod
    def of(cls, structure: Any) -> Tree:
        return cls(structure, tuple(leaf for leaf in leaves_of(structure) if is_tensor(leaf)))

    def like(self, replacements: Sequence[Any]) -> Any:
        """The structure with other things in the place of its tensors."""
        rest = iter(replacements)
        return _mapped(self.structure, lambda leaf: next(rest) if is_tensor(leaf) else leaf)


def is_tensor(value: Any) -> bool:
    """Whether it is a tensor; by what it has, since tensors are a layer above."""
    return hasattr(value, "_array")


def leaves_of(structure: Any) -> Iterator[Any]:
    """The tensors of a structure in order."""
    if isinstance(structure, Mapping):
        for part in structure.values():
            yield from leaves_of(part)
    elif isinstance(structure, list | tuple):
        for part in structure:
            yield from leaves_of(part)
    elif is_tensor(structure):
        yield structure


def _mapped(structure: Any, change: Callable[[Any], Any]) -> Any:
    if isinstance(structure, Mapping):
        made = {key: _mapped(part, change) for key, part in structure.items()}
        return type(structure)(made) if type(structure) is not dict else made  # type: ignore[call-arg]
    if isinstance(structure, tuple) and hasattr(structure, "_fields"):
        return type(structure)(*(_mapped(part, change) for part in structure))
    if isinstance(structure, list | tuple):
        return type(structure)([_mapped(part, change) for part in structure])
    return change(structure)
