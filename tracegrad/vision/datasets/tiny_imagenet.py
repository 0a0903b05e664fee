"""Two hundred classes of ImageNet in 64 x 64 pixels."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

from tracegrad.vision.datasets.archive import unpack
from tracegrad.vision.datasets.base import ImagesByNumber, Transform
from tracegrad.vision.datasets.download import RemoteFile, advice, fetch
from tracegrad.vision.datasets.folder import Sample, default_loader, is_image_file

SPLITS = ("train", "val", "test")
NO_LABEL = -1
"""The target of what has none; losses refuse it as a class."""


class TinyImageNet(ImagesByNumber):
    """Photographs of 64 x 64 pixels: 200 classes of 500 for training, 50 for validation, 50 for
    tests.

    Args:
        root: the folder `tiny-imagenet-200`, or the one that it lies in.
        split: `train`, `val`, or `test`, whose labels were never published: its targets are -1.
        download: whether to fetch and unpack it if it is not there.
        loader: makes an image of a path.

    Attributes:
        wnids: WordNet's names of the classes, sorted; their order is that of the numbers.
        wnid_to_idx: their numbers.
        classes: what each is called, in one or more ways.
        class_to_idx: the number of each of these names; of two classes with one, the first's.
        samples, targets: paths with the class's number, and the numbers alone.

    Raises:
        ValueError: there is no such split, or a list names what is not there.
        RuntimeError: the files are not there; the message says where to get them.
    """

    remote: ClassVar[RemoteFile] = RemoteFile(
        "tiny-imagenet-200.zip",
        ("http://cs231n.stanford.edu/tiny-imagenet-200.zip",),
        "90528d7ca1a48142e341f4ef8d21d0de",
    )
    base_folder = "tiny-imagenet-200"

    def __init__(
        self,
        root: str | Path,
        split: str = "train",
        transform: Transform | None = None,
        target_transform: Transform | None = None,
        download: bool = False,
        loader: Callable[[str], Any] = default_loader,
    ) -> None:
        super().__init__(root, transform=transform, target_transform=target_transform)
        if split not in SPLITS:
            raise ValueError(
                f"Unknown value '{split}' for argument split. Valid values are "
                f"{{{', '.join(map(repr, SPLITS))}}}."
            )
        self.split = split
        self.loader = loader
        if download and self._folder() is None:
            place = Path(self.root or ".")
            unpack(fetch(self.remote, place), place, self.base_folder)
        folder = self._folder()
        if folder is None:
            place = Path(self.root or ".")
            raise RuntimeError(
                "Dataset not found. You can use download=True to download it\n"
                f"{advice([self.remote], place)}\n    and unpack it there: unzip {self.remote.name}"
            )
        self.wnids = sorted(_lines(folder / "wnids.txt"))
        self.wnid_to_idx = {wnid: number for number, wnid in enumerate(self.wnids)}
        self.classes = _names(folder / "words.txt", self.wnids)
        self.class_to_idx: dict[str, int] = {}
        for number, names in enumerate(self.classes):
            for name in names:
                self.class_to_idx.setdefault(name, number)
        read = {"train": _train_samples, "val": _val_samples, "test": _test_samples}[split]
        self.samples = read(folder / split, self.wnid_to_idx)
        if not self.samples:
            raise RuntimeError(f"there is no image in {folder / split}")
        self.targets = [number for _, number in self.samples]

    def _folder(self) -> Path | None:
        """The folder of the data, `None` if it is not there."""
        root = Path(self.root or ".")
        for folder in (root, root / self.base_folder):
            if (folder / "wnids.txt").is_file():
                return folder
        return None

    def example(self, index: int) -> tuple[Any, int]:
        path, target = self.samples[index]
        return self.loader(path), target

    def __len__(self) -> int:
        return len(self.samples)

    def extra_repr(self) -> str:
        return f"Split: {self.split}"


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").split()


def _names(path: Path, wnids: list[str]) -> list[tuple[str, ...]]:
    """What WordNet calls each class; its own name if the list is not there."""
    found: dict[str, tuple[str, ...]] = {}
    if path.is_file():
        for line in path.read_text(encoding="utf-8").splitlines():
            wnid, _, names = line.partition("\t")
            found[wnid] = tuple(name.strip() for name in names.split(","))
    return [found.get(wnid, (wnid,)) for wnid in wnids]


def _images(folder: Path) -> list[str]:
    """Paths of the images in a folder, sorted."""
    if not folder.is_dir():
        raise RuntimeError(
            f"there is no folder {folder}\n  try: delete the folder of the data, and download=True"
        )
    return [
        os.path.join(folder, name) for name in sorted(os.listdir(folder)) if is_image_file(name)
    ]


def _train_samples(folder: Path, numbers: dict[str, int]) -> list[Sample]:
    """A folder for each class."""
    return [
        (path, number)
        for wnid, number in numbers.items()
        for path in _images(folder / wnid / "images")
    ]


def _val_samples(folder: Path, numbers: dict[str, int]) -> list[Sample]:
    """One folder for all, and a list: name of the file, class, corners of a box."""
    listing = folder / "val_annotations.txt"
    if not listing.is_file():
        raise RuntimeError(f"there is no {listing}, which says the class of each image")
    there = set(_images(folder / "images"))
    samples = []
    for line_number, line in enumerate(listing.read_text().splitlines(), 1):
        name, wnid, *_ = [*line.split("\t"), "", ""]
        path = os.path.join(folder, "images", name)
        if wnid not in numbers or path not in there:
            reason = f"class {wnid!r}" if wnid not in numbers else f"file {name!r}"
            raise ValueError(f"{listing}:{line_number}: there is no {reason}\n  {line!r}")
        samples.append((path, numbers[wnid]))
    return samples


def _test_samples(folder: Path, numbers: dict[str, int]) -> list[Sample]:
    """One folder for all, without labels."""
    return [(path, NO_LABEL) for path in _images(folder / "images")]
