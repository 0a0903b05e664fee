"""One value that a node keeps for its backward. See Note [Saved values]."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from tracegrad.backend.device import is_array
from tracegrad.graph.node import Node
from tracegrad.storage import Change, Storage, changes_since


class Kept(NamedTuple):
    """A value as it was when it was saved.

    Attributes:
        place: where in `node.saved` it stands.
        name: what the op's rules call it.
        storage, version: `None` where nobody had needed a storage yet.
    """

    place: int
    name: str
    array: Any
    storage: Storage | None
    version: int | None

    @property
    def changes(self) -> list[Change]:
        """The remembered writes since; empty if it is as it was."""
        return changes_since(self.array, self.storage, self.version)


def kept_in(node: Node, saved: Sequence[Any]) -> list[Kept]:
    """The values among what `node` saved."""
    entries = [Kept(n, name, *saved[n : n + 3]) for name, n in node.op.places]
    return [entry for entry in entries if is_array(entry.array)]
