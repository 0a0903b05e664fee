"""What datasets of images have in common: transforms, a repr, errors that say which example."""

from __future__ import annotations

import operator
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from tracegrad.data.blame import blame_item
from tracegrad.data.dataset import Dataset
from tracegrad.errors import DatasetItemError

T_co = TypeVar("T_co", covariant=True)
Transform = Callable[[Any], Any]


class VisionDataset(Dataset[T_co]):
    """Base of datasets of images: define `__getitem__` and `__len__`.

    Args:
        root: folder of its files; `~` is the user's.
        transforms: takes image and target, gives both.
        transform, target_transform: take one of them; not together with `transforms`.

    Raises:
        ValueError: there are both.
    """

    _repr_indent = 4

    def __init__(
        self,
        root: str | Path | None = None,
        transforms: Callable[[Any, Any], Any] | None = None,
        transform: Transform | None = None,
        target_transform: Transform | None = None,
    ) -> None:
        self.root = os.path.expanduser(root) if isinstance(root, str) else root
        separate = transform is not None or target_transform is not None
        if transforms is not None and separate:
            raise ValueError(
                "Only transforms or transform/target_transform can be passed as argument"
            )
        self.transform = transform
        self.target_transform = target_transform
        self.transforms = StandardTransform(transform, target_transform) if separate else transforms

    def __len__(self) -> int:
        raise NotImplementedError(f"{type(self).__name__} should implement __len__.")

    def __repr__(self) -> str:
        body = [f"Number of datapoints: {len(self)}"]
        if self.root is not None:
            body.append(f"Root location: {self.root}")
        body += self.extra_repr().splitlines()
        if self.transforms is not None:
            body.append(repr(self.transforms))
        # Only first lines are set in, as in torchvision: what follows is in its own column.
        return "\n".join(
            [f"Dataset {type(self).__name__}", *(" " * self._repr_indent + b for b in body)]
        )

    def extra_repr(self) -> str:
        """More lines of the repr."""
        return ""


class StandardTransform:
    """A transform of images and one of targets as one of both."""

    def __init__(
        self, transform: Transform | None = None, target_transform: Transform | None = None
    ) -> None:
        self.transform = transform
        self.target_transform = target_transform

    def __call__(self, input: Any, target: Any) -> tuple[Any, Any]:
        if self.transform is not None:
            input = self.transform(input)
        if self.target_transform is not None:
            target = self.target_transform(target)
        return input, target

    def __repr__(self) -> str:
        lines = [type(self).__name__]
        for head, transform in (
            ("Transform: ", self.transform),
            ("Target transform: ", self.target_transform),
        ):
            if transform is not None:
                first, *rest = repr(transform).splitlines() or [""]
                lines += [head + first, *(" " * len(head) + line for line in rest)]
        return "\n".join(lines)


class ImagesByNumber(VisionDataset[tuple[Any, Any]]):
    """Images with targets by number: subclasses define `example` and `__len__`.

    An error on the way to an example keeps its class and gets a note with the example's number and
    file. Only errors that would end a loop over the dataset become another.
    """

    def example(self, index: int) -> tuple[Any, Any]:
        """Image and target of a number from 0 on, before transforms."""
        raise NotImplementedError(f"{type(self).__name__} should implement example.")

    def __getitem__(self, index: Any) -> tuple[Any, Any]:
        """Image and target, transformed.

        Raises:
            IndexError: there are fewer examples.
            CorruptImageError: its file is damaged.
            DatasetItemError: a loader or transform raised IndexError or StopIteration.
        """
        number, count = operator.index(index), len(self)
        if not -count <= number < count:
            raise IndexError(
                f"{type(self).__name__} index out of range\n  got {number}, there are {count}"
            )
        try:
            image, target = self.example(number % count)
            if self.transform is not None:
                image = self.transform(image)
            if self.target_transform is not None:
                target = self.target_transform(target)
            return image, target
        except (IndexError, StopIteration) as error:
            wrapped = DatasetItemError(
                f"{type(error).__name__} while item {number} of {type(self).__name__} was made: "
                f"{error}"
            )
            blame_item(wrapped, self, number)
            raise wrapped from error
        except Exception as error:
            blame_item(error, self, number)
            raise
