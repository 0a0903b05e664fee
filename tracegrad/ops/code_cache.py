"""Generated source, compiled once for each version of it and not in each process.

Compiling the functions of all ops takes half of the import's time (0.2 s). Python keeps what it
compiles of a module in `__pycache__`, valid for one hash of the source (PEP 552); the generated
source, which has no file, is kept there in the same way: trusted as much as the modules beside it.
"""

from __future__ import annotations

import marshal
import os
import sys
import tempfile
from importlib.util import MAGIC_NUMBER, cache_from_source, source_hash
from types import CodeType

HASHED = (0b11).to_bytes(4, "little")
"""PEP 552's flags of a file that is checked against the hash of its source."""


def compiled(source: str, name: str, place: str) -> CodeType:
    """The code of some source, from the cache if it holds that of this very source.

    Args:
        name: what tracebacks call the source.
        place: a path whose entry in the cache is used; there need be no such file.
    """
    head = MAGIC_NUMBER + HASHED + source_hash(source.encode())
    path = _path(place)
    code = _read(path, head) if path else None
    if code is None:
        code = compile(source, name, "exec")
        if path and not sys.dont_write_bytecode:
            _write(path, head + marshal.dumps(code))
    return code


def _path(place: str) -> str:
    try:
        return cache_from_source(place)
    except NotImplementedError:  # a Python without caches
        return ""


def _read(path: str, head: bytes) -> CodeType | None:
    try:
        with open(path, "rb") as file:
            if file.read(len(head)) != head:
                return None
            found = marshal.loads(file.read())
    except (OSError, EOFError, ValueError, TypeError):  # none, or a damaged one
        return None
    return found if isinstance(found, CodeType) else None


def _write(path: str, content: bytes) -> None:
    """Write beside the path, then take its place; where that cannot be done, do without."""
    temporary = ""
    try:
        folder = os.path.dirname(path)
        os.makedirs(folder, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=folder)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        os.chmod(temporary, os.stat(folder).st_mode & 0o666)  # for all who may read the modules
        os.replace(temporary, path)
    except OSError:
        if temporary:
            try:
                os.unlink(temporary)
            except OSError:
                pass
