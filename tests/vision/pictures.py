"""Small images and official files of datasets, made by the tests."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

Array = np.ndarray[Any, Any]


def noise(*shape: int, seed: int = 0) -> Array:
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def photo(height: int = 24, width: int = 17) -> Image.Image:
    return Image.fromarray(noise(height, width, 3))


def save(path: Path, image: Image.Image | None = None) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    (image or photo()).save(path)
    return path


def idx_bytes(array: Array) -> bytes:
    """Written from the format's description, for arrays of bytes."""
    return struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape) + array.tobytes()


def write_mnist(root: Path, name: str = "MNIST", count: int = 7, compressed: bool = True) -> None:
    folder = root / name / "raw"
    folder.mkdir(parents=True)
    for part, seed in (("train", 1), ("t10k", 2)):
        files = {
            "images-idx3": noise(count, 28, 28, seed=seed),
            "labels-idx1": noise(count, seed=seed) % 10,
        }
        for kind, array in files.items():
            path = folder / f"{part}-{kind}-ubyte"
            if compressed:
                path.with_name(path.name + ".gz").write_bytes(gzip.compress(idx_bytes(array)))
            else:
                path.write_bytes(idx_bytes(array))


def write_tiny_imagenet(root: Path) -> Path:
    """Two classes in the official layout."""
    folder = root / "tiny-imagenet-200"
    folder.mkdir(parents=True)
    (folder / "wnids.txt").write_text("n02\nn01\n")
    (folder / "words.txt").write_text("n01\tgoldfish, Carassius auratus\nn02\tbee\nn99\tunused\n")
    for wnid in ("n01", "n02"):
        for n in range(3):
            save(folder / "train" / wnid / "images" / f"{wnid}_{n}.JPEG")
        (folder / "train" / wnid / f"{wnid}_boxes.txt").write_text(f"{wnid}_0.JPEG\t0\t0\t9\t9\n")
    lines = []
    for n, wnid in enumerate(("n02", "n01", "n02")):
        save(folder / "val" / "images" / f"val_{n}.JPEG")
        lines.append(f"val_{n}.JPEG\t{wnid}\t0\t0\t9\t9\n")
    (folder / "val" / "val_annotations.txt").write_text("".join(lines))
    save(folder / "test" / "images" / "test_0.JPEG")
    return folder
