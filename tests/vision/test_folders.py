"""ImageFolder, DatasetFolder and what all datasets of images do with errors."""

from __future__ import annotations

import pickle

import pytest
from PIL import Image

import tracegrad as tg
from tests.vision.pictures import save
from tracegrad.errors import CorruptImageError, DatasetItemError
from tracegrad.vision import transforms as T
from tracegrad.vision.datasets import DatasetFolder, FakeData, ImageFolder, VisionDataset


@pytest.fixture
def animals(tmp_path):
    for name in ("dog/2.PNG", "dog/1.jpg", "cat/deep/er/3.png", "cat/4.webp"):
        save(tmp_path / name)
    (tmp_path / "cat" / "notes.txt").write_text("no image")
    (tmp_path / "list.txt").write_text("no folder")
    return tmp_path


# -- finding ---------------------------------------------------------------------------------------


def test_folders_are_classes_in_sorted_order(animals):
    data = ImageFolder(animals)
    assert data.classes == ["cat", "dog"]
    assert data.class_to_idx == {"cat": 0, "dog": 1}
    names = [path[len(str(animals)) + 1 :] for path, _ in data.samples]
    assert names == ["cat/4.webp", "cat/deep/er/3.png", "dog/1.jpg", "dog/2.PNG"]
    assert data.targets == [0, 0, 1, 1]
    assert data.imgs is data.samples
    image, target = data[-1]
    assert (image.mode, target, len(data)) == ("RGB", 1, 4)


def test_files_that_count_can_be_chosen(animals):
    assert len(ImageFolder(animals, is_valid_file=lambda path: path.endswith(("jpg", "txt")))) == 2
    with pytest.raises(
        FileNotFoundError, match=r"no valid file for the classes cat, dog. Supported"
    ):
        DatasetFolder(animals, loader=str, extensions=(".gif",))
    assert len(DatasetFolder(animals, str, (".txt",), allow_empty=True)) == 1
    with pytest.raises(ValueError, match="cannot be None or not None at the same time"):
        DatasetFolder(animals, loader=str)


def test_subclasses_choose_their_classes(animals):
    class Dogs(ImageFolder):
        def find_classes(self, directory):
            return ["dog"], {"dog": 7}

    assert Dogs(animals).targets == [7, 7]


def test_a_folder_without_folders_says_what_was_expected(tmp_path):
    with pytest.raises(
        FileNotFoundError, match=r"Couldn't find any class folder(.|\n)*root/cat/1.png"
    ):
        ImageFolder(tmp_path)
    with pytest.raises(FileNotFoundError, match="there is no folder"):
        ImageFolder(tmp_path / "none")


def test_transforms_apply_to_image_and_target(animals):
    data = ImageFolder(animals, T.ToTensor(), lambda target: target * 10)
    image, target = data[3]
    assert (image.shape, target) == ((3, 24, 17), 10)
    data.transform = None
    assert isinstance(data[3][0], Image.Image)


def test_a_dataset_prints_itself_with_its_transforms(animals):
    data = ImageFolder(animals, T.Compose([T.CenterCrop(3), T.ToTensor()]))
    assert repr(data).splitlines() == [
        "Dataset ImageFolder",
        "    Number of datapoints: 4",
        f"    Root location: {animals}",
        "    StandardTransform",
        "Transform: Compose(",
        "               CenterCrop(size=(3, 3))",
        "               ToTensor()",
        "           )",
    ]


def test_both_kinds_of_transforms_exclude_each_other():
    with pytest.raises(ValueError, match="Only transforms or transform/target_transform"):
        VisionDataset("x", transforms=lambda a, b: (a, b), transform=str)


# -- errors ----------------------------------------------------------------------------------------


def notes(caught):
    return " ".join(caught.value.__notes__)


def test_a_damaged_image_names_number_and_file(animals):
    (animals / "cat" / "deep" / "er" / "3.png").write_bytes(b"\x89PNG\r\n\x1a\nbroken")
    data = ImageFolder(animals)
    with pytest.raises(CorruptImageError, match="cannot read the image") as caught:
        data[1]
    assert caught.value.file.endswith("cat/deep/er/3.png")
    assert "while reading item 1 of ImageFolder (file " in notes(caught)


def test_a_file_that_went_away_names_number_and_file(animals):
    data = ImageFolder(animals)
    (animals / "dog" / "1.jpg").unlink()
    with pytest.raises(FileNotFoundError) as caught:
        data[2]
    assert "item 2 of ImageFolder (file " in notes(caught)


def test_a_raising_transform_names_number_file_and_step_and_keeps_its_class(animals):
    data = ImageFolder(animals, T.Compose([T.ToTensor(), T.RandomCrop(99)]))
    with pytest.raises(ValueError, match="Required crop size") as caught:
        data[3]
    assert "in step 2 of 2 of Compose: RandomCrop" in notes(caught)
    assert "item 3 of ImageFolder (file " in notes(caught)
    assert "dog/2.PNG" in notes(caught)


@pytest.mark.parametrize("kind", [IndexError, StopIteration])
def test_an_error_that_would_end_a_loop_over_the_dataset_becomes_another(animals, kind):
    def transform(image):
        raise kind("out of colours")

    data = ImageFolder(animals, transform)
    with pytest.raises(
        DatasetItemError, match=f"{kind.__name__} while item 0 .*out of colours"
    ) as caught:
        list(data)
    assert isinstance(caught.value.__cause__, kind)
    assert "(file " in notes(caught)


def test_a_loop_ends_after_the_last_example(animals):
    assert [target for _, target in ImageFolder(animals)] == [0, 0, 1, 1]
    with pytest.raises(IndexError, match=r"index out of range\n  got 4, there are 4"):
        ImageFolder(animals)[4]
    with pytest.raises(TypeError):
        ImageFolder(animals)[0:2]


def test_the_loader_of_batches_names_the_image_too(animals):
    (animals / "dog" / "2.PNG").write_bytes(b"")
    data = ImageFolder(animals, T.Compose([T.CenterCrop(8), T.ToTensor()]))
    loader = tg.utils.data.DataLoader(data, batch_size=2)
    with pytest.raises(CorruptImageError, match=r"dog/2.PNG: it is empty"):
        list(loader)


def test_worker_processes_read_the_same_images(animals):
    data = ImageFolder(animals, T.Compose([T.CenterCrop(8), T.ToTensor()]))
    here = list(tg.utils.data.DataLoader(data, batch_size=3))
    there = list(tg.utils.data.DataLoader(data, 3, num_workers=1, multiprocessing_context="spawn"))
    assert len(here) == len(there) == 2
    for (images, targets), (others, other_targets) in zip(here, there, strict=True):
        assert (images == others).all()
        assert (targets == other_targets).all()


# -- fake data -------------------------------------------------------------------------------------


def test_fake_data_is_the_same_whenever_it_is_read_and_moves_no_generator():
    data = FakeData(5, (1, 8, 9), num_classes=3, transform=T.PILToTensor())
    tg.manual_seed(4)
    expected = tg.rand(3)
    tg.manual_seed(4)
    first = [data[n] for n in range(5)]
    assert (tg.rand(3) == expected).all()
    for n, (image, target) in enumerate(first):
        again, again_target = pickle.loads(pickle.dumps(data))[n]
        assert (image == again).all()
        assert target == again_target
        assert 0 <= target < 3
    assert not (first[0][0] == first[1][0]).all()
    assert not (
        FakeData(5, (1, 8, 9), random_offset=1, transform=T.PILToTensor())[0][0] == first[0][0]
    ).all()
