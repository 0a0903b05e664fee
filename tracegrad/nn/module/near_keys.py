"""What keys that do not match may have been meant to be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any

MOST = 5
"""Misspelt keys that a message names."""


def advice(keys: tuple[list[str], list[str]], state: Mapping[str, Any]) -> str:
    """The line that says what to try; `""` if nothing is near."""
    missing, unexpected = keys
    found = (
        _prefixed(unexpected, missing)
        or _unprefixed(unexpected, missing)
        or _inside(state, unexpected, missing)
        or _misspelt(unexpected, missing)
    )
    return f"\n  try: {found}" if found else ""


def _prefixed(unexpected: Sequence[str], missing: Sequence[str]) -> str:
    """Every key begins with something that the module does not have."""
    prefix = _common_prefix(unexpected, missing)
    if not prefix:
        return ""
    text = f'{{key.removeprefix("{prefix}"): value for key, value in state_dict.items()}}'
    return text + (", since DataParallel had wrapped the model" if prefix == "module." else "")


def _unprefixed(unexpected: Sequence[str], missing: Sequence[str]) -> str:
    """Every key would have to begin with something that it does not begin with."""
    prefix = _common_prefix(missing, unexpected)
    if not prefix:
        return ""
    return f'get_submodule("{prefix[:-1]}").load_state_dict(state_dict), where these keys belong'


def _common_prefix(longer: Sequence[str], shorter: Sequence[str]) -> str:
    """What all the longer keys begin with, if they are among the shorter without it."""
    wanted = set(shorter)
    if not longer or not wanted:
        return ""
    first = longer[0]
    for n in (n + 1 for n, letter in enumerate(first) if letter == "."):
        prefix = first[:n]
        if all(key.startswith(prefix) and key[n:] in wanted for key in longer):
            return prefix
    return ""


def _inside(state: Mapping[str, Any], unexpected: Sequence[str], missing: Sequence[str]) -> str:
    """The state is an entry of what was given, as in a checkpoint."""
    wanted = set(missing)
    for key in unexpected:
        entry = state.get(key)
        if isinstance(entry, Mapping) and wanted & set(entry):
            return f'load_state_dict(checkpoint["{key}"]): the state is in that entry'
    return ""


def _misspelt(unexpected: Sequence[str], missing: Sequence[str]) -> str:
    pairs = []
    for key in unexpected:
        near = get_close_matches(key, missing, n=1, cutoff=0.8)
        if near:
            pairs.append(f'"{near[0]}" for "{key}"')
    more = f", and {len(pairs) - MOST} more" if len(pairs) > MOST else ""
    return ", ".join(pairs[:MOST]) + more
