"""Reading images: modes, damage, too many pixels; writing them whole."""

from __future__ import annotations

import io
import pickle

import numpy as np
import pytest
from PIL import Image

import tracegrad as tg
from tests.vision.pictures import noise, photo, save
from tracegrad.errors import CorruptImageError
from tracegrad.vision.io import ImageReadMode, decode_image, pil_loader, read_image
from tracegrad.vision.utils import make_grid, save_image

# -- reading ---------------------------------------------------------------------------------------


def test_an_image_is_read_as_it_was_written(tmp_path):
    image = photo()
    made = read_image(save(tmp_path / "a.png", image))
    assert made.dtype is tg.uint8
    assert (made.permute(1, 2, 0).numpy() == np.asarray(image)).all()


@pytest.mark.parametrize(
    ("image", "channels"),
    [
        (Image.fromarray(noise(6, 5)), 1),
        (Image.fromarray(noise(6, 5, 4)), 4),
        (Image.fromarray(noise(6, 5)).convert("LA"), 2),
        (Image.fromarray(noise(6, 5) > 99), 1),
        (photo(6, 5).quantize(4), 3),
        (Image.fromarray(noise(6, 5, 4), None).convert("CMYK"), 3),
    ],
    ids=lambda value: value.mode if isinstance(value, Image.Image) else str(value),
)
def test_every_mode_is_read_in_colours_and_loaded_in_rgb(image, channels, tmp_path):
    path = save(tmp_path / ("a.jpg" if image.mode == "CMYK" else "a.png"), image)
    made = read_image(path)
    assert made.shape == (channels, 6, 5)
    assert made.dtype is tg.uint8
    assert pil_loader(path).mode == "RGB"
    assert read_image(path, ImageReadMode.RGB).shape == (3, 6, 5)
    assert read_image(path, "GRAY").shape == (1, 6, 5)
    assert (decode_image(path.read_bytes()) == made).all()


def test_sixteen_bits_are_kept_or_halved_but_never_cut_off(tmp_path):
    values = np.array([[0, 255, 256], [30_000, 65_280, 65_535]], np.uint16)
    path = save(tmp_path / "deep.png", Image.fromarray(values))
    made = read_image(path)
    assert made.dtype is tg.uint16
    assert (made.numpy()[0] == values).all()
    assert np.asarray(pil_loader(path))[:, :, 0].tolist() == [[0, 0, 1], [117, 255, 255]]


def test_floats_beyond_a_byte_are_refused_with_another_way(tmp_path):
    path = save(tmp_path / "a.tiff", Image.fromarray(np.full((2, 2), 900.0, np.float32)))
    with pytest.raises(
        ValueError, match=r"mode 'F' with values from 900.0 to 900.0(.|\n)*try: a loa"
    ):
        pil_loader(path)


def test_transparent_palettes_are_read_without_a_warning(tmp_path):
    image = photo(6, 5).quantize(4)
    image.info["transparency"] = b"\x00\x80\xff\xff"
    path = tmp_path / "a.png"
    image.save(path, transparency=b"\x00\x80\xff\xff")
    assert pil_loader(path).mode == "RGB"
    assert read_image(path).shape == (4, 6, 5)


def test_exif_orientation_is_left_alone_unless_asked_for(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    path = tmp_path / "a.jpg"
    photo(24, 16).save(path, exif=exif)
    assert pil_loader(path).size == (16, 24)
    assert read_image(path).shape == (3, 24, 16)
    assert read_image(path, apply_exif_orientation=True).shape == (3, 16, 24)


# -- damage ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", ["png", "jpg", "bmp", "tiff", "webp", "ppm"])
@pytest.mark.parametrize("kept", [0, 5, 0.6])
def test_a_truncated_image_names_its_file(suffix, kept, tmp_path):
    path = save(tmp_path / f"a.{suffix}", photo(60, 50))
    data = path.read_bytes()
    path.write_bytes(data[: kept if kept > 1 else int(kept * len(data))])
    with pytest.raises(CorruptImageError, match=f"cannot read the image .*a.{suffix}") as caught:
        pil_loader(path)
    assert caught.value.file == str(path)
    assert ("it is empty" in str(caught.value)) == (kept == 0)
    assert isinstance(caught.value, OSError)
    assert caught.value.__cause__ is not None


def test_damage_inside_of_a_png_is_an_image_that_cannot_be_read(tmp_path):
    path = save(tmp_path / "a.png", photo(60, 50))
    for place in range(8, 120, 7):
        data = bytearray(path.read_bytes())
        data[place] ^= 0xFF
        try:
            decode_image(bytes(data))  # Pillow does not look at the checksum of every chunk
        except CorruptImageError as error:
            assert "cannot read the image (bytes)" in str(error)  # noqa: PT017


def test_a_text_file_with_the_name_of_an_image_says_how_it_starts(tmp_path):
    (tmp_path / "a.png").write_text("<html>404</html>")
    with pytest.raises(CorruptImageError, match=r"16 bytes and starts with b'<html>40'"):
        read_image(tmp_path / "a.png")


def test_a_file_that_is_not_there_is_not_called_damaged(tmp_path):
    with pytest.raises(FileNotFoundError):
        pil_loader(tmp_path / "none.png")


def test_an_image_of_too_many_pixels_is_refused_before_it_is_unpacked(tmp_path, monkeypatch):
    path = save(tmp_path / "a.png", photo(60, 50))
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
    with pytest.raises(CorruptImageError, match="too many pixels"):
        pil_loader(path)


def test_the_error_of_a_damaged_image_can_come_from_another_process():
    error = pickle.loads(pickle.dumps(CorruptImageError("cannot", file="a.png")))
    assert (str(error), error.file) == ("cannot", "a.png")


# -- writing ---------------------------------------------------------------------------------------


def test_a_saved_image_is_rounded_to_bytes(tmp_path):
    pixels = noise(3, 5, 6)
    for name in ("a.png", "a.bmp", "a.PNG"):
        save_image(tg.tensor(pixels.astype(np.float32) / 255), tmp_path / name)
        assert (read_image(tmp_path / name).numpy() == pixels).all()


def test_an_image_goes_into_an_open_file_in_a_given_format():
    file = io.BytesIO()
    save_image(tg.rand(3, 4, 4), file, format="png")
    assert file.getvalue().startswith(b"\x89PNG")


def test_what_fails_while_it_is_written_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "a.png"
    save_image(tg.zeros(3, 4, 4), path)
    before = path.read_bytes()

    def half(self, file, format=None):
        file.write(b"half")
        raise OSError("the disk is full")

    monkeypatch.setattr(Image.Image, "save", half)
    with pytest.raises(OSError, match="the disk is full"):
        save_image(tg.ones(3, 4, 4), path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_there_is_not_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"there is no folder .*nowhere\n  try: .*mkdir"):
        save_image(tg.zeros(3, 4, 4), tmp_path / "nowhere" / "a.png")


def test_a_suffix_that_is_no_format_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"unknown file extension: '.xyz'(.|\n)*try: .png"):
        save_image(tg.zeros(3, 4, 4), tmp_path / "a.xyz")
    assert list(tmp_path.iterdir()) == []


# -- grids -----------------------------------------------------------------------------------------


def test_a_grid_puts_images_in_rows_with_padding_between_them():
    images = tg.arange(5.0).reshape(5, 1, 1, 1).expand(5, 3, 2, 2)
    grid = make_grid(images, nrow=3, padding=1, pad_value=9.0)
    rows = [
        "9999999999",
        "9009119229",
        "9009119229",
        "9999999999",
        "9339449999",
        "9339449999",
        "9" * 10,
    ]
    assert grid.shape == (3, 7, 10)
    assert ["".join(str(int(n)) for n in row) for row in grid[0].tolist()] == rows


def test_a_grid_keeps_no_history_and_leaves_its_images_alone():
    images = tg.rand(2, 3, 4, 4, requires_grad=True)
    before = images.detach().clone()
    grid = make_grid(images, normalize=True, scale_each=True)
    assert not grid.requires_grad
    assert (images == before).all()


def test_an_image_of_one_colour_is_normalised_without_dividing_by_zero():
    assert make_grid(tg.full((2, 3, 4, 4), 7.0), padding=0, normalize=True).max().item() == 0


@pytest.mark.parametrize("images", [[], tg.zeros(0, 3, 4, 4), tg.zeros(1, 1, 1, 1, 1)])
def test_no_image_makes_no_grid(images):
    with pytest.raises(ValueError, match="make_grid expects images"):
        make_grid(images)
    with pytest.raises(TypeError, match="tensor or list of tensors expected, got a list"):
        make_grid([3])
