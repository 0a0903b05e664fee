"""Which module, or `with scope(...)`, the program is in. Kept up only while somebody records."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Scope:
    """One call of a module or one `with` block; equal only to itself.

    Attributes:
        name: own name within the parent, such as `0` or `attention`.
        kind: `module` or `user`.
        type: a module's class name.
        label: a module's one-line repr.
        module_path: a module's path from the outermost one: what its parameters' names begin with.
        paths: where each submodule of the outermost module is, by `id()`: how children find their
            names.
    """

    parent: Scope | None
    name: str
    kind: Literal["module", "user"]
    type: str = ""
    label: str = ""
    module_path: str = ""
    paths: Mapping[int, str] | None = None

    @property
    def path(self) -> str:
        """Names from the root, joined with dots."""
        names = []
        scope: Scope | None = self
        while scope is not None:
            names.append(scope.name)
            scope = scope.parent
        return ".".join(reversed(names))


current_scope: ContextVar[Scope | None] = ContextVar("tracegrad scope", default=None)


@contextmanager
def scope(name: str) -> Iterator[None]:
    """Mark a part of the program: what is recorded inside is shown under this name.

    `with scope("attention"):`, or `@scope("attention")` on a function.
    """
    token = current_scope.set(Scope(current_scope.get(), name, "user"))
    try:
        yield
    finally:
        current_scope.reset(token)
