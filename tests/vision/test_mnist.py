"""MNIST's files: read as they are or compressed, refused when they do not fit."""

from __future__ import annotations

import gzip
import pickle
import struct

import numpy as np
import pytest

import tracegrad as tg
from tests.vision.pictures import idx_bytes, noise, write_mnist
from tracegrad.vision import transforms as T
from tracegrad.vision.datasets import MNIST, FashionMNIST
from tracegrad.vision.datasets.idx import MOST_BYTES, read_idx


@pytest.mark.parametrize("compressed", [True, False])
@pytest.mark.parametrize("kind", [MNIST, FashionMNIST])
def test_official_files_are_read_plain_or_compressed(kind, compressed, tmp_path):
    write_mnist(tmp_path, kind.__name__, compressed=compressed)
    for train, seed in ((True, 1), (False, 2)):
        data = kind(tmp_path, train=train)
        images, labels = noise(7, 28, 28, seed=seed), noise(7, seed=seed) % 10
        assert (data.data.dtype, data.targets.dtype) == (tg.uint8, tg.int64)
        assert (data.data.numpy() == images).all()
        image, target = data[3]
        assert image.mode == "L"
        assert (np.asarray(image) == images[3]).all()
        assert target == labels[3]
        assert len(data) == 7


def test_it_prints_and_names_its_classes_as_torchvisions(tmp_path):
    write_mnist(tmp_path)
    data = MNIST(str(tmp_path), train=False)
    assert data.classes[7] == "7 - seven"
    assert data.class_to_idx["7 - seven"] == 7
    assert repr(data).splitlines() == [
        "Dataset MNIST",
        "    Number of datapoints: 7",
        f"    Root location: {tmp_path}",
        "    Split: Test",
    ]


def test_a_part_of_it_is_chosen_by_assigning_data_and_targets(tmp_path):
    write_mnist(tmp_path)
    data = MNIST(tmp_path, transform=T.PILToTensor())
    kept = data.data[2:4].clone()
    data.data, data.targets = data.data[2:4], data.targets[2:4]
    assert len(data) == 2
    assert (data[1][0][0] == kept[1]).all()


def test_it_goes_to_other_processes(tmp_path):
    write_mnist(tmp_path)
    data = MNIST(tmp_path, transform=T.ToTensor())
    other = pickle.loads(pickle.dumps(data))
    assert (other[5][0] == data[5][0]).all()


def test_what_is_missing_is_said_with_its_address_and_its_place(tmp_path):
    with pytest.raises(
        RuntimeError, match=r"Dataset not found. You can use download=True"
    ) as caught:
        MNIST(tmp_path)
    assert "https://ossci-datasets.s3.amazonaws.com/mnist/train-images-idx3-ubyte.gz" in str(
        caught.value
    )
    assert str(tmp_path / "MNIST" / "raw") in str(caught.value)


def test_images_and_labels_have_to_belong_together(tmp_path):
    write_mnist(tmp_path, compressed=False)
    path = tmp_path / "MNIST" / "raw" / "train-labels-idx1-ubyte"
    path.write_bytes(idx_bytes(noise(6)))
    with pytest.raises(
        ValueError, match=r"7 images and 6 labels do not belong together\n  images  "
    ):
        MNIST(tmp_path)
    path.write_bytes(idx_bytes(noise(7, 1)))
    with pytest.raises(
        ValueError, match=r"holds uint8 of shape \[7, 1\], expected uint8 with 1 dim"
    ):
        MNIST(tmp_path)


# -- the format ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "dtype"), [(8, ">u1"), (9, ">i1"), (11, ">i2"), (12, ">i4"), (13, ">f4"), (14, ">f8")]
)
def test_every_type_of_the_format_is_read(code, dtype, tmp_path):
    array = np.arange(-6, 6).reshape(3, 4).astype(dtype)
    path = tmp_path / "x-idx2"
    path.write_bytes(struct.pack(">BBBB2I", 0, 0, code, 2, 3, 4) + array.tobytes())
    read = read_idx(path)
    assert read.dtype.isnative
    assert (read == array).all()


GOOD = idx_bytes(noise(3, 4))
DAMAGED = {
    "empty": (b"", "is no idx file: it starts with b''"),
    "another format": (b"<html><body>404", r"is no idx file: it starts with b'<htm'"),
    "unknown type": (b"\0\0\x0a\x01" + b"\0\0\0\x01" + b"x", "is no idx file"),
    "ends in the sizes": (GOOD[:7], "ends within the sizes"),
    "too short": (GOOD[:-1], "is 12 bytes, the file has 11 bytes"),
    "too long": (GOOD + b"x", "is 12 bytes, the file has more bytes"),
    "too large": (struct.pack(">BBBB2I", 0, 0, 8, 2, 2**31, 2**31), "and so no MNIST"),
}


@pytest.mark.parametrize("damage", DAMAGED)
@pytest.mark.parametrize("compressed", [False, True])
def test_a_file_that_does_not_fit_the_format_is_refused_by_name(damage, compressed, tmp_path):
    data, message = DAMAGED[damage]
    path = tmp_path / ("x-idx2.gz" if compressed else "x-idx2")
    path.write_bytes(gzip.compress(data) if compressed else data)
    with pytest.raises(ValueError, match=message) as caught:
        read_idx(path)
    assert str(path) in str(caught.value)


def test_a_compressed_file_that_ends_early_or_is_none_is_damaged(tmp_path):
    path = tmp_path / "x.gz"
    for data in (gzip.compress(GOOD)[:-12], b"nothing of the kind", gzip.compress(GOOD)[:12]):
        path.write_bytes(data)
        with pytest.raises(ValueError, match=r"x.gz (is damaged|is no idx|does not fit)"):
            read_idx(path)


def test_a_small_file_cannot_make_much_memory(tmp_path):
    """A hundred times what it says of itself is in it: no more than that is unpacked."""
    head = struct.pack(">BBBB1I", 0, 0, 8, 1, 1000)
    path = tmp_path / "bomb.gz"
    path.write_bytes(gzip.compress(head + bytes(100_000)))
    with pytest.raises(ValueError, match="1,000 bytes, the file has more bytes"):
        read_idx(path)
    assert MOST_BYTES < 2**31
