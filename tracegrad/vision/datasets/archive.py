"""Archives unpacked into a folder: plain files below it and nothing else.

Neither `tarfile` nor `zipfile` writes here: names are checked, links and devices refused, and bytes
counted while they are written, whatever the archive says of itself.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from tracegrad.errors import DownloadError

MOST_BYTES = 2 * 2**30
MOST_FILES = 500_000
"""Ten times what the largest of our archives unpacks to, and four times as many files."""

CHUNK = 2**20


@dataclass(frozen=True, slots=True)
class _Entry:
    name: str
    contents: IO[bytes]


def unpack(archive: Path, folder: Path, wanted: str) -> Path:
    """The folder `wanted` of an archive, unpacked into `folder`: all of it, or nothing.

    Args:
        archive: `.tar.gz`, `.tar` or `.zip`.

    Raises:
        DownloadError: it is damaged, holds no such folder, or what no such archive should.
    """
    import tarfile

    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=f".{wanted}.") as place:
        try:
            _write_entries(archive, Path(place))
        except (
            EOFError, NotImplementedError, RuntimeError, tarfile.TarError, zipfile.BadZipFile,
            zlib.error,
        ) as error:  # fmt: skip
            if isinstance(error, DownloadError):
                raise
            raise DownloadError(
                f"{archive} is damaged: {error}\n  try: delete it, and fetch it again"
            ) from error
        unpacked = Path(place) / wanted
        if not unpacked.is_dir():
            found = ", ".join(sorted(p.name for p in Path(place).iterdir())[:5]) or "nothing"
            raise DownloadError(f"{archive} has no folder {wanted!r}, but {found}")
        target = folder / wanted
        if target.exists():
            shutil.rmtree(target)
        os.replace(unpacked, target)
        return target


def _write_entries(archive: Path, place: Path) -> None:
    """Write all files below a folder, as long as they are not too many."""
    room = MOST_BYTES
    for number, entry in enumerate(_entries(archive), 1):
        if number > MOST_FILES:
            raise DownloadError(f"{archive} has more than {MOST_FILES:,} files")
        target = place / _inside(archive, entry.name)
        target.parent.mkdir(parents=True, exist_ok=True)
        with open(target, "xb") as file:
            while chunk := entry.contents.read(CHUNK):
                room -= len(chunk)
                if room < 0:
                    raise DownloadError(
                        f"{archive} unpacks to more than {MOST_BYTES:,} bytes (at {entry.name!r})"
                    )
                file.write(chunk)


def _entries(archive: Path) -> Iterator[_Entry]:
    """The plain files of an archive; folders are made for them."""
    if zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as zipped:
            for info in zipped.infolist():
                if not info.is_dir():
                    with zipped.open(info) as contents:
                        yield _Entry(info.filename, contents)
        return
    import tarfile

    with tarfile.open(archive, "r:*") as tarred:
        for member in tarred:
            if member.isdir():
                continue
            found = tarred.extractfile(member) if member.isreg() else None
            if found is None:
                raise DownloadError(f"{archive} holds {member.name!r}, which is no plain file")
            yield _Entry(member.name, found)


def _inside(archive: Path, name: str) -> PurePosixPath:
    """The name of an entry, which has to stay below the folder."""
    path = PurePosixPath(name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or ":" in name or "\0" in name or not path.parts:
        raise DownloadError(f"{archive} holds {name!r}, which leads out of its folder")
    return path
