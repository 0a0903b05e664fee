"""Handwritten digits, and clothes in their form."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from tracegrad._tensor import Tensor
from tracegrad.backend.device import on_host
from tracegrad.ops import functions as ops
from tracegrad.vision.datasets.base import ImagesByNumber, Transform
from tracegrad.vision.datasets.download import RemoteFile, advice, fetch
from tracegrad.vision.datasets.idx import read_idx
from tracegrad.vision.transforms.functional import to_pil_image


class MNIST(ImagesByNumber):
    """Handwritten digits, 28 x 28 greys: 60,000 for training and 10,000 for tests.

    Args:
        root: folder in which `MNIST/raw/train-images-idx3-ubyte` and so on lie, as they are or with
            `.gz`.
        train: which of the two parts.
        download: whether to fetch the files if they are not there.

    Attributes:
        data: `(n, 28, 28)`, uint8.
        targets: `(n,)`, int64.
        classes, class_to_idx: names of the classes, and their numbers.

    Raises:
        RuntimeError: the files are not there; the message says where to get them.
        ValueError: a file is damaged, or images and labels do not belong together.

    Source: LeCun, Cortes and Burges, "The MNIST database of handwritten digits", 1998.
    """

    mirrors: ClassVar[list[str]] = [
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        "http://yann.lecun.com/exdb/mnist/",
    ]
    resources: ClassVar[list[tuple[str, str]]] = [
        ("train-images-idx3-ubyte.gz", "f68b3c2dcbeaaa9fbdd348bbdeb94873"),
        ("train-labels-idx1-ubyte.gz", "d53e105ee54ea40749a09fcbcd1e9432"),
        ("t10k-images-idx3-ubyte.gz", "9fb629c4189551a2d022fa330f9573f3"),
        ("t10k-labels-idx1-ubyte.gz", "ec29112dd5afa0611ce80d1b7f02629c"),
    ]
    classes: ClassVar[list[str]] = [
        "0 - zero", "1 - one", "2 - two", "3 - three", "4 - four", "5 - five", "6 - six",
        "7 - seven", "8 - eight", "9 - nine",
    ]  # fmt: skip

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
        self.data, self.targets = self._read()

    @property
    def raw_folder(self) -> str:
        """The folder of the files."""
        return str(Path(self.root or ".") / type(self).__name__ / "raw")

    @property
    def class_to_idx(self) -> dict[str, int]:
        """The numbers of the classes."""
        return {name: number for number, name in enumerate(self.classes)}

    def download(self) -> None:
        """Fetch the files that are not there, plain or compressed.

        Raises:
            DownloadError: one could not be had from any mirror.
        """
        for file in self._remote_files():
            if self._there(file.name) is None:
                fetch(file, Path(self.raw_folder))

    def _remote_files(self) -> list[RemoteFile]:
        return [
            RemoteFile(name, tuple(mirror + name for mirror in self.mirrors), md5)
            for name, md5 in self.resources
        ]

    def _there(self, name: str) -> Path | None:
        """The plain file, or else the compressed one, or else `None`."""
        compressed = Path(self.raw_folder) / name
        plain = compressed.with_suffix("")
        return next((path for path in (plain, compressed) if path.is_file()), None)

    def _read(self) -> tuple[Tensor, Tensor]:
        part = "train" if self.train else "t10k"
        files = [file for file in self._remote_files() if file.name.startswith(part)]
        paths = [self._there(file.name) for file in files]
        missing = [file for file, path in zip(files, paths, strict=True) if path is None]
        if missing:
            raise RuntimeError(
                "Dataset not found. You can use download=True to download it\n"
                + advice(missing, Path(self.raw_folder))
            )
        image_path, label_path = (path for path in paths if path is not None)
        images, labels = read_idx(image_path), read_idx(label_path)
        for path, array, ndim in ((image_path, images, 3), (label_path, labels, 1)):
            if array.dtype != np.uint8 or array.ndim != ndim:
                raise ValueError(
                    f"{path} holds {array.dtype} of shape {list(array.shape)}, expected uint8 with "
                    f"{ndim} dimensions"
                )
        if len(images) != len(labels):
            raise ValueError(
                f"{len(images)} images and {len(labels)} labels do not belong together\n"
                f"  images  {image_path}\n  labels  {label_path}"
            )
        return ops.tensor(images), ops.tensor(labels.astype(np.int64))

    def example(self, index: int) -> tuple[Any, int]:
        # The arrays themselves: nothing here is worth a row of a recording.
        images, targets = on_host(self.data._array), on_host(self.targets._array)
        return to_pil_image(images[index], mode="L"), int(targets[index])

    def __len__(self) -> int:
        return len(self.data)

    def extra_repr(self) -> str:
        return f"Split: {'Train' if self.train else 'Test'}"


class FashionMNIST(MNIST):
    """Clothes of ten kinds in the form of `MNIST`; the folder is `FashionMNIST/raw`.

    Source: Xiao, Rasul and Vollgraf, "Fashion-MNIST", 2017.
    """

    mirrors: ClassVar[list[str]] = [
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
    ]
    resources: ClassVar[list[tuple[str, str]]] = [
        ("train-images-idx3-ubyte.gz", "8d4fb7e6c68d591d4c3dfef9ec88bf0d"),
        ("train-labels-idx1-ubyte.gz", "25c81989df183df01b3e8a0aad5dffbe"),
        ("t10k-images-idx3-ubyte.gz", "bef4ecab320f06d8554ea6380940ec79"),
        ("t10k-labels-idx1-ubyte.gz", "bb300cfdad3c16e7a12a480ee83cd310"),
    ]
    classes: ClassVar[list[str]] = [
        "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag",
        "Ankle boot",
    ]  # fmt: skip
