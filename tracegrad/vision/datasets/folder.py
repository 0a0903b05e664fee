"""Files in one folder for each class."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from tracegrad.vision.datasets.base import ImagesByNumber, Transform
from tracegrad.vision.io import pil_loader

IMG_EXTENSIONS = (".jpg", ".jpeg", ".png", ".ppm", ".bmp", ".pgm", ".tif", ".tiff", ".webp")

Extensions = str | Sequence[str]
Sample = tuple[str, int]


def has_file_allowed_extension(filename: str, extensions: Extensions) -> bool:
    """Whether a name ends with one of the extensions, which are in small letters."""
    allowed = extensions if isinstance(extensions, str) else tuple(extensions)
    return filename.lower().endswith(allowed)


def is_image_file(filename: str) -> bool:
    """Whether a name is one of an image."""
    return has_file_allowed_extension(filename, IMG_EXTENSIONS)


def default_loader(path: str | os.PathLike[str]) -> Any:
    """The PIL image of a file in RGB."""
    return pil_loader(path)


def find_classes(directory: str | Path) -> tuple[list[str], dict[str, int]]:
    """The names of the folders in a folder, sorted, and their numbers.

    Raises:
        FileNotFoundError: there are none.
    """
    if not os.path.isdir(directory):
        raise FileNotFoundError(f"there is no folder {directory}: its folders would be the classes")
    classes = sorted(entry.name for entry in os.scandir(directory) if entry.is_dir())
    if not classes:
        raise FileNotFoundError(
            f"Couldn't find any class folder in {directory}.\n"
            "  expected a folder for each class, with its files: root/cat/1.png"
        )
    return classes, {name: number for number, name in enumerate(classes)}


def make_dataset(
    directory: str | Path,
    class_to_idx: dict[str, int] | None = None,
    extensions: Extensions | None = None,
    is_valid_file: Callable[[str], bool] | None = None,
    allow_empty: bool = False,
) -> list[Sample]:
    """Paths of the files of each class with the class's number, sorted.

    Args:
        extensions, is_valid_file: which files count; one of the two.
        allow_empty: whether a class may have no file.

    Raises:
        ValueError: there are no classes, or not just one of `extensions` and `is_valid_file`.
        FileNotFoundError: a class has no file.
    """
    directory = os.path.expanduser(directory)
    if class_to_idx is None:
        _, class_to_idx = find_classes(directory)
    elif not class_to_idx:
        raise ValueError("'class_to_index' must have at least one entry to collect any samples.")
    if (extensions is None) == (is_valid_file is None):
        raise ValueError(
            "Both extensions and is_valid_file cannot be None or not None at the same time"
        )
    if is_valid_file is None:
        allowed: Extensions = extensions or ()
        is_valid_file = lambda path: has_file_allowed_extension(path, allowed)  # noqa: E731  as if it was given
    samples, empty = [], []
    for name, number in sorted(class_to_idx.items()):
        files = list(_files_below(os.path.join(directory, name)))
        found = [(path, number) for path in files if is_valid_file(path)]
        samples += found
        if not found:
            empty.append(name)
    if empty and not allow_empty:
        supported = "" if extensions is None else f"Supported extensions are: {_joined(extensions)}"
        raise FileNotFoundError(
            f"Found no valid file for the classes {', '.join(empty)}. {supported}\n"
            f"  in {directory}\n  try: allow_empty=True if they are meant to be empty"
        )
    return samples


def _files_below(directory: str) -> list[str]:
    """Paths of all files in a folder and the folders in it, each folder's own first."""
    return [
        os.path.join(folder, name)
        for folder, _, names in sorted(os.walk(directory, followlinks=True))
        for name in sorted(names)
    ]


def _joined(extensions: Extensions) -> str:
    return extensions if isinstance(extensions, str) else ", ".join(extensions)


class DatasetFolder(ImagesByNumber):
    """Files in one folder for each class: `root/cat/1.ext`, `root/cat/more/2.ext`.

    Args:
        loader: makes an example of a path.
        extensions, is_valid_file: which files count; one of the two.
        allow_empty: whether a class may have no file.

    Attributes:
        classes: names of the folders, sorted.
        class_to_idx: their numbers.
        samples: paths with the class's number.
        targets: the numbers alone.

    Raises:
        FileNotFoundError: there are no folders, or no files in one.
    """

    def __init__(
        self,
        root: str | Path,
        loader: Callable[[str], Any],
        extensions: Sequence[str] | None = None,
        transform: Transform | None = None,
        target_transform: Transform | None = None,
        is_valid_file: Callable[[str], bool] | None = None,
        allow_empty: bool = False,
    ) -> None:
        super().__init__(root, transform=transform, target_transform=target_transform)
        assert self.root is not None  # it is an argument
        self.classes, self.class_to_idx = self.find_classes(self.root)
        self.samples = self.make_dataset(
            self.root, self.class_to_idx, extensions, is_valid_file, allow_empty
        )
        self.loader = loader
        self.extensions = extensions
        self.targets = [number for _, number in self.samples]

    @staticmethod
    def make_dataset(
        directory: str | Path,
        class_to_idx: dict[str, int],
        extensions: Sequence[str] | None = None,
        is_valid_file: Callable[[str], bool] | None = None,
        allow_empty: bool = False,
    ) -> list[Sample]:
        """Paths with the class's number. Subclasses may find them in another way.

        Raises:
            ValueError: there are no classes.
            FileNotFoundError: a class has no file.
        """
        if class_to_idx is None:  # or the function below would look for classes in its own way
            raise ValueError("The class_to_idx parameter cannot be None.")
        return make_dataset(directory, class_to_idx, extensions, is_valid_file, allow_empty)

    def find_classes(self, directory: str | Path) -> tuple[list[str], dict[str, int]]:
        """Names of the classes and their numbers. Subclasses may choose among the folders.

        Raises:
            FileNotFoundError: there are none.
        """
        return find_classes(directory)

    def example(self, index: int) -> tuple[Any, int]:
        path, target = self.samples[index]
        return self.loader(path), target

    def __len__(self) -> int:
        return len(self.samples)


class ImageFolder(DatasetFolder):
    """Images in one folder for each class, read in RGB: `root/cat/1.png`, `root/dog/2.jpg`.

    Args:
        loader: makes an example of a path.
        is_valid_file: which files count, instead of those whose names end as images' do.
        allow_empty: whether a class may have no file.

    Attributes:
        classes, class_to_idx, samples, targets: as in `DatasetFolder`.
        imgs: another name of `samples`.
    """

    def __init__(
        self,
        root: str | Path,
        transform: Transform | None = None,
        target_transform: Transform | None = None,
        loader: Callable[[str], Any] = default_loader,
        is_valid_file: Callable[[str], bool] | None = None,
        allow_empty: bool = False,
    ) -> None:
        super().__init__(
            root,
            loader,
            IMG_EXTENSIONS if is_valid_file is None else None,
            transform=transform,
            target_transform=target_transform,
            is_valid_file=is_valid_file,
            allow_empty=allow_empty,
        )
        self.imgs = self.samples
