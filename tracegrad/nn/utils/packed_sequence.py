"""A batch of sequences of different lengths without padding."""

from __future__ import annotations

from typing import Any, NamedTuple

from tracegrad import dtypes
from tracegrad._tensor import Tensor
from tracegrad.ops.install import functions


class PackedSequence_(NamedTuple):
    """The fields of a `PackedSequence`."""

    data: Tensor
    batch_sizes: Tensor
    sorted_indices: Tensor | None
    unsorted_indices: Tensor | None


class PackedSequence(PackedSequence_):
    """A batch of sequences without padding, made by `pack_padded_sequence` and `pack_sequence`.

    Attributes:
        data: the rows of step 0, then those of step 1, and so on.
        batch_sizes: how many sequences have each step; int64, always on the CPU.
        sorted_indices: where each sequence, by length, stood in the batch; `None` if it was sorted.
        unsorted_indices: the other way round.

    Raises:
        AssertionError: `batch_sizes` is given neither as argument nor in a pair with `data`.
        TypeError: `data` is no tensor.
        ValueError: `batch_sizes` is not on the CPU.
    """

    def __new__(
        cls,
        data: Tensor | tuple[Tensor, Tensor],
        batch_sizes: Tensor | None = None,
        sorted_indices: Tensor | None = None,
        unsorted_indices: Tensor | None = None,
    ) -> PackedSequence:
        if batch_sizes is None:
            if not isinstance(data, list | tuple) or len(data) != 2:
                raise AssertionError("Expected data to be a list or tuple of length 2")
            data, batch_sizes = data
        if not isinstance(data, Tensor):
            raise TypeError(f"PackedSequence: expected data to be a Tensor, got {type(data)}")
        if batch_sizes.device.type != "cpu":
            raise ValueError(
                "batch_sizes should always be on CPU. Instances of PackedSequence should never be "
                "created manually.\n  try: pack_sequence or pack_padded_sequence"
            )
        if unsorted_indices is None:
            unsorted_indices = invert_permutation(sorted_indices)
        return super().__new__(cls, data, batch_sizes, sorted_indices, unsorted_indices)

    def to(self, *args: Any, **kwargs: Any) -> PackedSequence:
        """With the data in another dtype or on another device; itself if it is so already."""
        data = self.data.to(*args, **kwargs)
        if data is self.data:
            return self
        indices = [
            None if index is None else index.to(data.device)
            for index in (self.sorted_indices, self.unsorted_indices)
        ]
        return type(self)(data, self.batch_sizes, *indices)

    def cpu(self) -> PackedSequence:
        """With the data on the host."""
        return self.to("cpu")

    def cuda(self, device: Any = None) -> PackedSequence:
        """With the data on a GPU."""
        return self.to("cuda" if device is None else device)

    def double(self) -> PackedSequence:
        """With the data as float64."""
        return self.to(dtypes.float64)

    def float(self) -> PackedSequence:
        """With the data as float32."""
        return self.to(dtypes.float32)

    def half(self) -> PackedSequence:
        """With the data as float16."""
        return self.to(dtypes.float16)

    def long(self) -> PackedSequence:
        """With the data as int64."""
        return self.to(dtypes.int64)

    def int(self) -> PackedSequence:
        """With the data as int32."""
        return self.to(dtypes.int32)

    def short(self) -> PackedSequence:
        """With the data as int16."""
        return self.to(dtypes.int16)

    def char(self) -> PackedSequence:
        """With the data as int8."""
        return self.to(dtypes.int8)

    def byte(self) -> PackedSequence:
        """With the data as uint8."""
        return self.to(dtypes.uint8)

    @property
    def is_cuda(self) -> bool:
        """Whether the data is on a GPU."""
        return self.data.is_cuda


def invert_permutation(permutation: Tensor | None) -> Tensor | None:
    """The permutation that undoes another one; `None` of `None`."""
    if permutation is None:
        return None
    order = functions["arange"](permutation.numel(), device=permutation.device)
    return functions["empty_like"](permutation).scatter_(0, permutation, order)
