"""Tiny ImageNet in its official layout."""

from __future__ import annotations

import zipfile

import pytest

import tracegrad as tg
from tests.vision.pictures import write_tiny_imagenet
from tracegrad.vision import transforms as T
from tracegrad.vision.datasets import ImageFolder, TinyImageNet


@pytest.fixture
def folder(tmp_path):
    return write_tiny_imagenet(tmp_path)


def test_splits_are_read_with_the_numbers_of_sorted_classes(folder):
    train = TinyImageNet(folder.parent)
    assert train.wnids == ["n01", "n02"]
    assert train.targets == [0, 0, 0, 1, 1, 1]
    assert train.classes == [("goldfish", "Carassius auratus"), ("bee",)]
    assert train.class_to_idx == {"goldfish": 0, "Carassius auratus": 0, "bee": 1}
    val = TinyImageNet(folder.parent, split="val")
    assert val.targets == [1, 0, 1]
    assert [path.rsplit("/", 1)[1] for path, _ in val.samples] == [
        f"val_{n}.JPEG" for n in range(3)
    ]
    test = TinyImageNet(folder.parent, "test")
    assert test.targets == [-1]
    assert "    Split: test" in repr(test).splitlines()


def test_its_numbers_are_those_of_its_training_folder(folder):
    ours, plain = TinyImageNet(folder), ImageFolder(folder / "train")
    assert {p: t for p, t in ours.samples} == {p: t for p, t in plain.samples}  # noqa: C416


def test_batches_come_out_of_it(folder):
    data = TinyImageNet(folder, transform=T.Compose([T.CenterCrop(8), T.ToTensor()]))
    images, targets = next(iter(tg.utils.data.DataLoader(data, batch_size=6)))
    assert images.shape == (6, 3, 8, 8)
    assert targets.tolist() == [0, 0, 0, 1, 1, 1]


def test_names_of_classes_may_be_missing(folder):
    (folder / "words.txt").unlink()
    assert TinyImageNet(folder).classes == [("n01",), ("n02",)]


def test_a_split_that_there_is_not_is_refused(folder):
    with pytest.raises(
        ValueError, match=r"Unknown value 'valid' for argument split. Valid values are"
    ):
        TinyImageNet(folder, split="valid")


def test_what_is_missing_is_said_with_its_address_and_its_place(tmp_path):
    with pytest.raises(RuntimeError, match="Dataset not found") as caught:
        TinyImageNet(tmp_path)
    assert "http://cs231n.stanford.edu/tiny-imagenet-200.zip" in str(caught.value)
    assert str(tmp_path) in str(caught.value)


def test_a_list_that_names_what_is_not_there_is_refused_with_its_line(folder):
    listing = folder / "val" / "val_annotations.txt"
    text = listing.read_text()
    listing.write_text(text + "val_9.JPEG\tn01\t0\t0\t1\t1\n")
    with pytest.raises(ValueError, match=r"val_annotations.txt:4: there is no file 'val_9.JPEG'"):
        TinyImageNet(folder, "val")
    listing.write_text(text.replace("n01", "n77"))
    with pytest.raises(ValueError, match=r"val_annotations.txt:2: there is no class 'n77'"):
        TinyImageNet(folder, "val")
    listing.unlink()
    with pytest.raises(RuntimeError, match="which says the class of each image"):
        TinyImageNet(folder, "val")


def test_a_class_without_its_folder_is_said(folder):
    (folder / "wnids.txt").write_text("n01\nn03\n")
    with pytest.raises(RuntimeError, match=r"there is no folder .*n03"):
        TinyImageNet(folder)


def test_an_archive_of_it_is_unpacked_where_it_is_wanted(folder, tmp_path, monkeypatch):
    archive = tmp_path / "tiny.zip"
    with zipfile.ZipFile(archive, "w") as zipped:
        for path in folder.rglob("*"):
            zipped.write(path, path.relative_to(folder.parent))
    monkeypatch.setattr(
        "tracegrad.vision.datasets.tiny_imagenet.fetch", lambda file, place: archive
    )
    data = TinyImageNet(tmp_path / "new", "val", download=True)
    assert data.targets == [1, 0, 1]
    assert [p.name for p in (tmp_path / "new").iterdir()] == ["tiny-imagenet-200"]
