"""Files from the network: from the first mirror that works, resumed, checked, whole or absent."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from tracegrad.errors import DownloadError, with_details

CHUNK = 2**18
TIMEOUT = 30.0
"""Seconds without a byte after which a server counts as gone."""


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file of the network.

    Attributes:
        name: in the folder that it is put into.
        urls: where it can be had, in the order of preference.
        md5: its checksum, as its makers publish it.
    """

    name: str
    urls: tuple[str, ...]
    md5: str


def fetch(file: RemoteFile, folder: Path) -> Path:
    """The file in the folder, fetched unless it is there with the right checksum.

    What was fetched before a connection broke is kept as `name.part`, and the next call goes on
    from there. Progress is shown if stderr is a terminal.

    Raises:
        DownloadError: no mirror gave it; the message says what each did, and what to do by hand.
    """
    target = folder / file.name
    if target.is_file() and md5_of(target) == file.md5:
        return target
    folder.mkdir(parents=True, exist_ok=True)
    part = target.with_name(target.name + ".part")
    attempts: list[tuple[str, str]] = []
    for url in file.urls:
        problem = _attempt(url, part, file.md5)
        if problem is None:
            os.replace(part, target)
            return target
        attempts.append((url, problem))
    raise DownloadError(
        with_details(f"Error downloading {file.name}:", attempts) + "\n" + advice([file], folder)
    )


def _attempt(url: str, part: Path, md5: str) -> str | None:
    """Fetch to the unfinished file; what went wrong, or `None`."""
    import http.client

    resumed = part.is_file() and part.stat().st_size > 0
    try:
        _transfer(url, part)
    except (OSError, http.client.HTTPException, ValueError) as error:
        return str(error) or type(error).__name__
    found = md5_of(part)
    if found == md5:
        return None
    part.unlink()
    if resumed:  # the beginning may have been of another file: once more, all of it
        return _attempt(url, part, md5)
    return f"its MD5 is {found}, expected {md5}: another file, or damaged on the way"


def _transfer(url: str, part: Path) -> None:
    """Write what the address gives to the unfinished file, after what is there already.

    Raises:
        OSError: the connection failed or ended early.
        ValueError: it is no address of HTTP.
    """
    import urllib.error
    import urllib.request

    if not url.startswith(("http://", "https://")):
        raise ValueError("only addresses of http and https are fetched")
    have = part.stat().st_size if part.is_file() else 0
    request = urllib.request.Request(url, headers={"User-Agent": "tracegrad"})
    if have:
        request.add_header("Range", f"bytes={have}-")
    try:
        response: Any = urllib.request.urlopen(request, timeout=TIMEOUT)
    except urllib.error.HTTPError as error:
        if error.code == 416 and have:  # nothing follows: what is there is all, or of another file
            return
        raise OSError(f"HTTP {error.code} {error.reason}") from error
    with response:
        span = response.headers.get("Content-Range", "")
        if not (response.status == 206 and span.startswith(f"bytes {have}-")):
            have = 0
        total = None if response.length is None else have + response.length
        with open(part, "ab" if have else "wb") as file, _progress(part.stem, have, total) as bar:
            while chunk := response.read(CHUNK):
                file.write(chunk)
                have += len(chunk)
                bar.advance(len(chunk))
    if total is not None and have < total:
        raise OSError(
            f"the connection ended after {have:,} of {total:,} bytes; call again to go on"
        )


def md5_of(path: Path) -> str:
    """The checksum of a file. Against accidents and with a list of the makers: no secret."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def advice(files: Sequence[RemoteFile], folder: Path) -> str:
    """What to do where there is no network."""
    lines = ["  without a network: fetch elsewhere, and put into the folder"]
    lines += [f"    {url}" for file in files for url in file.urls[:1]]
    return "\n".join([*lines, f"    -> {folder.absolute()}{os.sep}"])


# -- progress --------------------------------------------------------------------------------------


class _Bar(Protocol):
    def advance(self, count: int) -> None: ...


class _Quiet:
    def advance(self, count: int) -> None:
        pass


@contextmanager
def _progress(name: str, done: int, total: int | None) -> Iterator[_Bar]:
    """A bar on a terminal, nothing elsewhere."""
    if not sys.stderr.isatty():
        yield _Quiet()
        return
    from rich.console import Console
    from rich.progress import DownloadColumn, Progress, TimeRemainingColumn, TransferSpeedColumn

    columns = (*Progress.get_default_columns()[:2], DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True)) as shown:
        task = shown.add_task(name, completed=done, total=total)

        class Bar:
            def advance(self, count: int) -> None:
                shown.advance(task, count)

        yield Bar()
