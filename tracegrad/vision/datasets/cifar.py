"""Small photographs of ten or a hundred kinds of things."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from tracegrad.vision.datasets.archive import unpack
from tracegrad.vision.datasets.base import ImagesByNumber, Transform
from tracegrad.vision.datasets.cifar_pickle import read_batch
from tracegrad.vision.datasets.download import RemoteFile, advice, fetch
from tracegrad.vision.transforms.functional import to_pil_image

SIDE = 32
PIXELS = 3 * SIDE * SIDE


@dataclass(frozen=True, slots=True)
class _Layout:
    """How the files of one of the two sets are called.

    Attributes:
        folder, train, test, names: of the binary version.
        label_bytes: before each image there; the last of them is the label.
        pickles, train_pickles, test_pickle, meta, names_key, labels_key: of the python version.
    """

    folder: str
    train: tuple[str, ...]
    test: str
    names: str
    label_bytes: int
    pickles: str
    train_pickles: tuple[str, ...]
    test_pickle: str
    meta: str
    names_key: str
    labels_key: str


class CIFAR10(ImagesByNumber):
    """Photographs of 32 x 32 pixels in ten classes: 50,000 for training and 10,000 for tests.

    Args:
        root: folder in which `cifar-10-batches-bin` lies, or `cifar-10-batches-py`. Nothing in the
            latter is run.
        train: which of the two parts.
        download: whether to fetch the binary version if neither is there.

    Attributes:
        data: `(n, 32, 32, 3)`, an array of uint8.
        targets: a list of numbers.
        classes, class_to_idx: names of the classes, and their numbers.

    Raises:
        RuntimeError: the files are not there; the message says where to get them.
        ValueError: a file is damaged.

    Source: Krizhevsky, "Learning multiple layers of features from tiny images", 2009.
    """

    remote: ClassVar[RemoteFile] = RemoteFile(
        "cifar-10-binary.tar.gz",
        ("https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",),
        "c32a1d4ab5d03f1284b67883e8d87530",
    )
    layout: ClassVar[_Layout] = _Layout(
        folder="cifar-10-batches-bin",
        train=tuple(f"data_batch_{n}.bin" for n in range(1, 6)),
        test="test_batch.bin",
        names="batches.meta.txt",
        label_bytes=1,
        pickles="cifar-10-batches-py",
        train_pickles=tuple(f"data_batch_{n}" for n in range(1, 6)),
        test_pickle="test_batch",
        meta="batches.meta",
        names_key="label_names",
        labels_key="labels",
    )

    def __init__(
        self,
        root: str | Path,
        train: bool = True,
        transform: Transform | None = None,
        target_transform: Transform | None = None,
        download: bool = False,
    ) -> None:
        super().__init__(root, transform=transform, target_transform=target_transform)
        self.train = train
        if download:
            self.download()
        self.classes, images, self.targets = self._read()
        self.data = images.reshape(-1, 3, SIDE, SIDE).transpose(0, 2, 3, 1)
        self.class_to_idx = {name: number for number, name in enumerate(self.classes)}
        self._check_targets()

    def download(self) -> None:
        """Fetch and unpack the binary version, unless either version is there.

        Raises:
            DownloadError: it could not be had, or is not what it should be.
        """
        folder = Path(self.root or ".")
        if not any((folder / name).is_dir() for name in (self.layout.folder, self.layout.pickles)):
            unpack(fetch(self.remote, folder), folder, self.layout.folder)

    def _read(self) -> tuple[list[str], np.ndarray[Any, Any], list[int]]:
        """Names of the classes, rows of pixels, labels; from whichever version is there."""
        root, layout = Path(self.root or "."), self.layout
        try:
            if (root / layout.folder).is_dir():
                return _read_binary(root / layout.folder, layout, self.train)
            if (root / layout.pickles).is_dir():
                return _read_pickles(root / layout.pickles, layout, self.train)
        except FileNotFoundError as error:
            raise RuntimeError(
                f"Dataset not found or corrupted: there is no {error.filename}\n"
                "  try: delete its folder, and download=True"
            ) from error
        raise RuntimeError(
            "Dataset not found or corrupted. You can use download=True to download it\n"
            f"{advice([self.remote], root)}\n    and unpack it there: tar -xzf {self.remote.name}"
        )

    def _check_targets(self) -> None:
        if self.targets and not 0 <= min(self.targets) <= max(self.targets) < len(self.classes):
            raise ValueError(
                f"{type(self).__name__} in {self.root}: labels from {min(self.targets)} to "
                f"{max(self.targets)}, but there are {len(self.classes)} names of classes\n"
                "  try: delete its folder, and download=True"
            )

    def example(self, index: int) -> tuple[Any, int]:
        return to_pil_image(self.data[index]), self.targets[index]

    def __len__(self) -> int:
        return len(self.data)

    def extra_repr(self) -> str:
        return f"Split: {'Train' if self.train else 'Test'}"


class CIFAR100(CIFAR10):
    """Photographs of 32 x 32 pixels in a hundred classes, otherwise as `CIFAR10`.

    The folders are `cifar-100-binary` and `cifar-100-python`. Labels are the fine ones.
    """

    remote: ClassVar[RemoteFile] = RemoteFile(
        "cifar-100-binary.tar.gz",
        ("https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz",),
        "03b5dce01913d631647c71ecec9e9cb8",
    )
    layout: ClassVar[_Layout] = _Layout(
        folder="cifar-100-binary",
        train=("train.bin",),
        test="test.bin",
        names="fine_label_names.txt",
        label_bytes=2,
        pickles="cifar-100-python",
        train_pickles=("train",),
        test_pickle="test",
        meta="meta",
        names_key="fine_label_names",
        labels_key="fine_labels",
    )


def _read_binary(folder: Path, layout: _Layout, train: bool) -> Any:
    """Records of label and pixels, one after the other without anything between them."""
    size = layout.label_bytes + PIXELS
    parts = []
    for name in layout.train if train else (layout.test,):
        raw = np.fromfile(folder / name, np.uint8)
        if raw.size == 0 or raw.size % size:
            raise ValueError(
                f"{folder / name} has {raw.size:,} bytes: no whole number of records of {size} "
                "bytes (label and 32 x 32 pixels of three colours)\n  try: fetch it again"
            )
        parts.append(raw.reshape(-1, size))
    records = np.concatenate(parts)
    names = (folder / layout.names).read_text().split()
    labels = records[:, layout.label_bytes - 1].tolist()
    return names, np.ascontiguousarray(records[:, layout.label_bytes :]), labels


def _read_pickles(folder: Path, layout: _Layout, train: bool) -> Any:
    """The dicts of the python version, with the same rows of pixels."""
    images, labels = [], []
    for name in layout.train_pickles if train else (layout.test_pickle,):
        batch = read_batch(folder / name)
        pixels, numbers = batch.get("data"), batch.get(layout.labels_key)
        if not isinstance(pixels, np.ndarray) or pixels.shape[1:] != (PIXELS,):
            raise ValueError(f"{folder / name} has no rows of {PIXELS} pixels under 'data'")
        if not isinstance(numbers, list) or len(numbers) != len(pixels):
            raise ValueError(
                f"{folder / name} has no label under {layout.labels_key!r} for each of its "
                f"{len(pixels)} images"
            )
        images.append(pixels)
        labels += [int(n) for n in numbers]
    names = read_batch(folder / layout.meta).get(layout.names_key)
    if not isinstance(names, list):
        raise ValueError(f"{folder / layout.meta} has no list under {layout.names_key!r}")
    return [str(name) for name in names], np.concatenate(images), labels
