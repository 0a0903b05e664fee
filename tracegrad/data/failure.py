"""An exception on its way from a worker process to the program."""

from __future__ import annotations

import pickle
import traceback
from dataclasses import dataclass
from typing import NoReturn


class KeyErrorText(str):
    """`KeyError` prints the repr of what it is about: this one's is the text, lines and all."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


@dataclass(frozen=True, slots=True)
class Failure:
    """What happened in a worker.

    Attributes:
        kind: the exception's class; `None` if another process cannot import it.
        name: of the class.
        text: the traceback there, with its notes.
        where: `in DataLoader worker process 0`.
    """

    kind: type[BaseException] | None
    name: str
    text: str
    where: str

    @classmethod
    def of(cls, error: BaseException, worker: int) -> Failure:
        kind: type[BaseException] | None = type(error)
        try:
            pickle.dumps(kind)
        except Exception:  # a class inside of a function
            kind = None
        text = "".join(traceback.format_exception(error))
        return cls(kind, type(error).__name__, text, f"in DataLoader worker process {worker}")

    def raise_again(self) -> NoReturn:
        """Raise the same class with the traceback of the worker as text.

        A class that is not made from one text comes as a RuntimeError that names it.
        """
        message = f"Caught {self.name} {self.where}.\nOriginal {self.text}"
        kind = RuntimeError if self.kind is None else self.kind
        try:
            error = kind(KeyErrorText(message) if issubclass(kind, KeyError) else message)
        except Exception:
            error = RuntimeError(message)
        raise error
