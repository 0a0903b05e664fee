"""CIFAR's two versions, and that nothing in the one made of pickles is run."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from tests.vision.pictures import noise
from tracegrad.vision import transforms as T
from tracegrad.vision.datasets import CIFAR10, CIFAR100

NAMES = [f"thing{n}" for n in range(10)]


def records(count, seed, label_bytes=1):
    """Labels and pixels in the official order: each colour's plane after the other."""
    pixels = noise(count, 3072, seed=seed)
    labels = noise(count, label_bytes, seed=seed + 50) % 10
    return labels, pixels


def write_binary(root, kind=CIFAR10):
    layout = kind.layout
    folder = root / layout.folder
    folder.mkdir(parents=True)
    for seed, name in enumerate((*layout.train, layout.test)):
        labels, pixels = records(4, seed, layout.label_bytes)
        (folder / name).write_bytes(np.concatenate([labels, pixels], 1).tobytes())
    (folder / layout.names).write_text("\n".join(NAMES) + "\n\n")


class OldArrays(pickle._Pickler):
    """A pickler that names things as the Python 2 and NumPy 1 of the official files did."""

    def save_global(self, obj, name=None):
        if getattr(obj, "__name__", "") == "_reconstruct":
            self.write(b"cnumpy.core.multiarray\n_reconstruct\n")
            self.memoize(obj)
        else:
            super().save_global(obj, name)


def dump(path, value):
    with open(path, "wb") as file:
        OldArrays(file, 2).dump(value)
    has_array = any(isinstance(part, np.ndarray) for part in value.values())
    assert (b"cnumpy.core.multiarray\n_reconstruct\n" in path.read_bytes()) == has_array


def write_pickles(root, kind=CIFAR10):
    layout = kind.layout
    folder = root / layout.pickles
    folder.mkdir(parents=True)
    for seed, name in enumerate((*layout.train_pickles, layout.test_pickle)):
        labels, pixels = records(4, seed, layout.label_bytes)
        batch = {
            "data": pixels,
            layout.labels_key: labels[:, -1].tolist(),
            "batch_label": "training batch",
            "filenames": ["a.png"] * 4,
        }
        dump(folder / name, batch)
    dump(folder / layout.meta, {layout.names_key: NAMES, "num_vis": 3072})


# -- reading ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [CIFAR10, CIFAR100])
@pytest.mark.parametrize("write", [write_binary, write_pickles])
def test_both_versions_are_read_and_agree(kind, write, tmp_path):
    write(tmp_path, kind)
    for train in (True, False):
        data = kind(tmp_path, train=train)
        count = len(kind.layout.train) if train else 1
        first = 0 if train else len(kind.layout.train)
        labels, pixels = records(4, first, kind.layout.label_bytes)
        assert len(data) == 4 * count
        assert data.classes == NAMES
        assert data.class_to_idx["thing3"] == 3
        image, target = data[2]
        assert target == labels[2, -1]
        assert (np.asarray(image) == pixels[2].reshape(3, 32, 32).transpose(1, 2, 0)).all()
        assert data.data.shape == (4 * count, 32, 32, 3)


def test_it_prints_and_goes_to_other_processes(tmp_path):
    write_binary(tmp_path)
    data = CIFAR10(tmp_path, transform=T.ToTensor())
    assert "    Split: Train" in repr(data).splitlines()
    assert (pickle.loads(pickle.dumps(data))[3][0] == data[3][0]).all()


def test_an_array_may_lie_in_columns(tmp_path):
    write_pickles(tmp_path)
    _, pixels = records(3, 7)
    batch = {"data": np.asfortranarray(pixels), "labels": [1, 2, 3]}
    dump(tmp_path / "cifar-10-batches-py" / "test_batch", batch)
    data = CIFAR10(tmp_path, train=False)
    assert (data.data.transpose(0, 3, 1, 2).reshape(3, -1) == pixels).all()


# -- damage ----------------------------------------------------------------------------------------


def test_what_is_missing_is_said_with_its_address_and_its_place(tmp_path):
    with pytest.raises(
        RuntimeError, match=r"Dataset not found or corrupted\. You can use"
    ) as caught:
        CIFAR10(tmp_path)
    assert "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz" in str(caught.value)
    assert "tar -xzf cifar-10-binary.tar.gz" in str(caught.value)
    write_binary(tmp_path)
    (tmp_path / "cifar-10-batches-bin" / "data_batch_3.bin").unlink()
    with pytest.raises(RuntimeError, match=r"there is no .*data_batch_3.bin"):
        CIFAR10(tmp_path)


@pytest.mark.parametrize("size", [0, 3072, 3074, 5 * 3073 - 1])
def test_a_batch_of_a_broken_record_is_refused_by_name(size, tmp_path):
    write_binary(tmp_path)
    path = tmp_path / "cifar-10-batches-bin" / "data_batch_2.bin"
    path.write_bytes(bytes(size))
    with pytest.raises(ValueError, match=rf"data_batch_2.bin has {size:,} bytes: no whole number"):
        CIFAR10(tmp_path)


def test_a_label_without_a_name_is_refused(tmp_path):
    write_binary(tmp_path)
    path = tmp_path / "cifar-10-batches-bin" / "test_batch.bin"
    path.write_bytes(b"\x63" + bytes(3072))
    with pytest.raises(ValueError, match="labels from 99 to 99, but there are 10 names"):
        CIFAR10(tmp_path, train=False)


# -- pickles ---------------------------------------------------------------------------------------


class Evil:
    def __init__(self, function, *args):
        self.call = function, args

    def __reduce__(self):
        return self.call


class Builder:
    """Sets the state of something that may be named."""

    def __init__(self, made, state):
        self.made, self.state = made, state

    def __reduce__(self):
        return (self.made[0], self.made[1], self.state)


def hostile(marker):
    """Pickles that would run something, or change what the reader is made of."""
    evil = Evil(exec, f"open({str(marker)!r}, 'w').write('ran')")
    nested = {"data": [evil], "labels": []}
    array = np.zeros(3, object)
    array[1] = evil
    return {
        "exec": pickle.dumps(evil),
        "nested": pickle.dumps(nested, 2),
        "in an array of objects": pickle.dumps({"data": array, "labels": [1]}, 2),
        "eval by its old name": b"c__builtin__\neval\n(S'1'\ntR.",
        "a submodule": b"cnumpy.core.multiarray\n_reconstruct.__globals__\n.",
        "stack global": b"\x80\x04\x8c\x02os\x8c\x06system\x93\x8c\x04true\x85R.",
        "numpy's own loader": b"cnumpy\nload\n(S'x'\ntR.",
        "another dtype": b"cnumpy\ndtype\n(S'O8'\ntR.",
        "state of what is called": b"cnumpy\ndtype\n}S'_make'\nI1\nsb.",
        "an extension": b"\x82\x01.",
        "a persistent id": b"Pid\n.",
        "no dict": pickle.dumps([1, 2]),
        "cut off": pickle.dumps(nested)[:-4],
        "text": b"hello",
        "empty": b"",
    }


@pytest.mark.parametrize("name", list(hostile("x")))
def test_a_pickle_that_is_no_batch_is_refused_and_runs_nothing(name, tmp_path):
    write_pickles(tmp_path)
    marker = tmp_path / "ran"
    path = tmp_path / "cifar-10-batches-py" / "data_batch_1"
    path.write_bytes(hostile(marker)[name])
    with pytest.raises(ValueError, match=r"data_batch_1 is no batch of CIFAR(.|\n)*nothing is run"):
        CIFAR10(tmp_path)
    assert not marker.exists()


@pytest.mark.parametrize(
    ("batch", "message"),
    [
        ({"labels": [1]}, "has no rows of 3072 pixels"),
        ({"data": noise(2, 9), "labels": [1, 2]}, "has no rows of 3072 pixels"),
        ({"data": noise(2, 3072), "labels": [1]}, "no label under 'labels' for each of its 2"),
        ({"data": noise(2, 3072)}, "no label under 'labels'"),
        ({"data": noise(2, 3072).astype(np.int32), "labels": [1, 2]}, "an array of 'i4'"),
    ],
)
def test_a_batch_that_does_not_fit_is_refused_by_name(batch, message, tmp_path):
    write_pickles(tmp_path)
    dump(tmp_path / "cifar-10-batches-py" / "test_batch", batch)
    with pytest.raises(ValueError, match=message):
        CIFAR10(tmp_path, train=False)
