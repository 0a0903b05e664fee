"""One file for anything of a fit: tensors, numbers, text and containers; nothing that could run.

Written beside its place, brought to the disk, then moved there: whoever reads the path sees the old
file or the new one, after a kill or with a full disk too.
"""

from __future__ import annotations

import os
import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tracegrad.serialization import load as load_file
from tracegrad.serialization import save as save_file
from tracegrad.serialization.places import MapLocation
from tracegrad.training.errors import CheckpointError

FilePath = str | os.PathLike[str]


def save_checkpoint(path: FilePath, content: Mapping[str, Any]) -> None:
    """Write a dict to a file, whole or not at all.

    Raises:
        CheckpointError: the file cannot be written; one that was there is as it was.
        TypeError: there is something in the dict that a file cannot hold; the message says where.
    """
    try:
        save_file(dict(content), path)
    except OSError as error:
        folder = Path(path).parent
        reason = _reason(error) if folder.is_dir() else f"there is no folder {folder}"
        raise CheckpointError(f"{_shown(path)} cannot be written: {reason}") from error


def load_checkpoint(path: FilePath, map_location: MapLocation = None) -> dict[str, Any]:
    """Read what `save_checkpoint` wrote.

    Args:
        map_location: the device for its tensors; by default where each was.

    Raises:
        CheckpointError: there is no such file, or it is damaged or none of these.
    """
    try:
        content = load_file(path, map_location)
    except OSError as error:
        raise CheckpointError(f"{_shown(path)} cannot be read: {_reason(error)}") from error
    except (pickle.UnpicklingError, EOFError, ValueError) as error:
        text = str(error).removeprefix(f"{os.fspath(path)}: ")
        raise CheckpointError(f"{_shown(path)} is no checkpoint, or is damaged: {text}") from error
    if not isinstance(content, dict):
        raise CheckpointError(
            f"{_shown(path)} is no checkpoint: it holds a {type(content).__name__}, not a dict"
        )
    return content


def _shown(path: FilePath) -> str:
    return str(Path(path))


def _reason(error: OSError) -> str:
    return error.strerror or str(error)
