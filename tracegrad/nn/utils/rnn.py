"""Sequences of different lengths in one tensor: padded, or packed step by step.

A packed batch has no padding: the first rows of all sequences, then the second rows of those that
have one, and so on; the sequences stand in the order of their lengths, the longest first.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from tracegrad import dtypes
from tracegrad._tensor import Tensor
from tracegrad.nn.utils.packed_sequence import PackedSequence as PackedSequence
from tracegrad.nn.utils.packed_sequence import invert_permutation as invert_permutation
from tracegrad.ops.install import functions

# -- between padded and packed ---------------------------------------------------------------------


def _present(sizes: np.ndarray[Any, Any], steps: int, batch: int) -> np.ndarray[Any, Any]:
    """Which of the sequences, the longest first, have each step: `(steps, batch)`."""
    counts = np.zeros((steps, 1), np.int64)
    counts[: len(sizes), 0] = sizes
    return np.arange(batch) < counts


def _picked(input: Tensor, index: np.ndarray[Any, Any]) -> Tensor:
    """Rows of a tensor, in the shape of the index: one node, whose gradient adds rows up."""
    flat = functions["from_numpy"](index.reshape(-1)).to(input.device)
    rows = functions["index_select"](input, 0, flat)
    return rows.reshape(*index.shape, *input.shape[1:])


def pack_padded_sequence(
    input: Tensor,
    lengths: Tensor | Sequence[int],
    batch_first: bool = False,
    enforce_sorted: bool = True,
) -> PackedSequence:
    """A padded batch without its padding.

    Args:
        input: `(L, N, *)`, or `(N, L, *)` if `batch_first`.
        lengths: of each sequence, not more than `L`.
        enforce_sorted: refuse lengths that don't fall; else sort the sequences.

    Raises:
        IndexError: the input has no dimensions of steps and of sequences.
        RuntimeError: lengths are not as many as sequences, not positive, or not sorted.
    """
    found = functions["as_tensor"](lengths).to(dtypes.int64)
    if found.device.type != "cpu" or found.dim() != 1:
        raise RuntimeError(
            "'lengths' argument should be a 1D CPU int64 tensor, but got "
            f"{found.dim()}D {found.device.type} {found.dtype} tensor"
        )
    wanted = found.numpy()
    if input.dim() < 2:
        raise IndexError(
            f"pack_padded_sequence: expected input of at least 2 dimensions, got {input.dim()}"
        )
    steps, batch = input.shape[:2][::-1] if batch_first else input.shape[:2]
    _check_lengths(wanted, steps, batch, enforce_sorted)
    order = np.arange(batch) if enforce_sorted else np.argsort(-wanted, kind="stable")
    longest = int(wanted[order[0]])
    sizes = (wanted > np.arange(longest)[:, None]).sum(1)
    step, place = np.nonzero(_present(sizes, longest, batch))
    row = order[place] * steps + step if batch_first else step * batch + order[place]
    data = _picked(input.reshape(steps * batch, *input.shape[2:]), row)
    indices = None if enforce_sorted else functions["from_numpy"](order).to(input.device)
    return PackedSequence(data, functions["from_numpy"](sizes), indices)


def _check_lengths(
    lengths: np.ndarray[Any, Any], steps: int, batch: int, enforce_sorted: bool
) -> None:
    if steps * batch == 0:
        raise RuntimeError("Cannot pack empty tensors.")
    if len(lengths) != batch:
        raise RuntimeError(
            "Expected `len(lengths)` to be equal to batch_size, but got "
            f"{len(lengths)} (batch_size={batch})"
        )
    if enforce_sorted and (np.diff(lengths) > 0).any():
        raise RuntimeError(
            "`lengths` array must be sorted in decreasing order when `enforce_sorted` is True.\n"
            "  try: enforce_sorted=False"
        )
    if lengths.min() <= 0:
        raise RuntimeError(
            "Length of all samples has to be greater than 0, but found an element in 'lengths' "
            "that is <= 0"
        )
    if lengths.max() > steps:
        raise RuntimeError(
            f"Expected lengths of at most the {steps} steps of the input, got {lengths.max()}\n"
            "  try: batch_first, if the batch is the first dimension"
        )


def pad_packed_sequence(
    sequence: PackedSequence,
    batch_first: bool = False,
    padding_value: float = 0.0,
    total_length: int | None = None,
) -> tuple[Tensor, Tensor]:
    """A packed batch with padding, in the order that it was packed from, and the lengths.

    Args:
        total_length: how long the result is at least; by default as long as the longest sequence.

    Raises:
        ValueError: a sequence is longer than that.
    """
    sizes = sequence.batch_sizes.numpy()
    steps = len(sizes) if total_length is None else total_length
    if steps < len(sizes):
        raise ValueError(
            "Expected total_length to be at least the length of the longest sequence in input, but "
            f"got total_length={steps} and max sequence length being {len(sizes)}"
        )
    data, unsorted = sequence.data, sequence.unsorted_indices
    present = _present(sizes, steps, int(sizes[0]))
    index = np.full(present.shape, data.shape[0])  # the row of padding, below the others
    index[present] = np.arange(data.shape[0])
    if unsorted is not None:
        order = unsorted.cpu().numpy()
        index, present = index[:, order], present[:, order]
    padding = data.new_full((1, *data.shape[1:]), padding_value)
    padded = _picked(functions["cat"]([data, padding]), index.T if batch_first else index)
    return padded, functions["from_numpy"](present.sum(0))


def pack_sequence(sequences: Sequence[Tensor], enforce_sorted: bool = True) -> PackedSequence:
    """Sequences `(L_n, *)` packed into a batch.

    Raises:
        RuntimeError: they are not in the order of falling lengths, and `enforce_sorted`.
    """
    lengths = [sequence.shape[0] for sequence in sequences]
    return pack_padded_sequence(pad_sequence(sequences), lengths, enforce_sorted=enforce_sorted)


def unpack_sequence(packed_sequences: PackedSequence) -> list[Tensor]:
    """The sequences that `pack_sequence` packed."""
    padded, lengths = pad_packed_sequence(packed_sequences, batch_first=True)
    return unpad_sequence(padded, lengths, batch_first=True)


# -- padding ---------------------------------------------------------------------------------------


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
