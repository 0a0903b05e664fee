"""Sequences of different lengths in one tensor."""

from __future__ import annotations

from collections.abc import Iterable

from tracegrad._tensor import Tensor
from tracegrad.ops.install import functions


def pad_sequence(
    sequences: Iterable[Tensor],
    batch_first: bool = False,
    padding_value: float = 0.0,
    padding_side: str = "right",
) -> Tensor:
    """Sequences `(L_n, *)` as one tensor `(L, N, *)` for the longest `L`, the rest filled.

    Raises:
        ValueError: `padding_side` is neither `left` nor `right`.
    """
    if padding_side not in ("left", "right"):
        raise ValueError(f"padding_side must be 'left' or 'right', got {padding_side!r}")
    parts = list(sequences)
    if not parts:
        raise RuntimeError("received an empty list of sequences")
    longest = max(part.shape[0] for part in parts)
    cat, stack = functions["cat"], functions["stack"]
    padded = []
    for part in parts:
        rest = part.new_full((longest - part.shape[0], *part.shape[1:]), padding_value)
        padded.append(cat([part, rest] if padding_side == "right" else [rest, part]))
    return stack(padded, dim=0 if batch_first else 1)


def unpad_sequence(
    padded_sequences: Tensor, lengths: Tensor, batch_first: bool = False
) -> list[Tensor]:
    """The sequences that `pad_sequence` joined, as views without the padding."""
    if not batch_first:
        padded_sequences = padded_sequences.transpose(0, 1)
    return [padded_sequences[n, :length] for n, length in enumerate(lengths.tolist())]
