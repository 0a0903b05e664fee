"""Transforms as functions, of PIL images and of tensors `(..., c, h, w)`. See Note [Two sides]."""

from tracegrad.vision.transforms.functional.color import adjust_brightness as adjust_brightness
from tracegrad.vision.transforms.functional.color import adjust_contrast as adjust_contrast
from tracegrad.vision.transforms.functional.color import adjust_gamma as adjust_gamma
from tracegrad.vision.transforms.functional.color import adjust_hue as adjust_hue
from tracegrad.vision.transforms.functional.color import adjust_saturation as adjust_saturation
from tracegrad.vision.transforms.functional.color import adjust_sharpness as adjust_sharpness
from tracegrad.vision.transforms.functional.color import autocontrast as autocontrast
from tracegrad.vision.transforms.functional.color import equalize as equalize
from tracegrad.vision.transforms.functional.color import invert as invert
from tracegrad.vision.transforms.functional.color import posterize as posterize
from tracegrad.vision.transforms.functional.color import rgb_to_grayscale as rgb_to_grayscale
from tracegrad.vision.transforms.functional.color import solarize as solarize
from tracegrad.vision.transforms.functional.color import to_grayscale as to_grayscale
from tracegrad.vision.transforms.functional.conversion import (
    convert_image_dtype as convert_image_dtype,
)
from tracegrad.vision.transforms.functional.conversion import normalize as normalize
from tracegrad.vision.transforms.functional.conversion import pil_to_tensor as pil_to_tensor
from tracegrad.vision.transforms.functional.conversion import to_pil_image as to_pil_image
from tracegrad.vision.transforms.functional.conversion import to_tensor as to_tensor
from tracegrad.vision.transforms.functional.geometry import affine as affine
from tracegrad.vision.transforms.functional.geometry import center_crop as center_crop
from tracegrad.vision.transforms.functional.geometry import crop as crop
from tracegrad.vision.transforms.functional.geometry import erase as erase
from tracegrad.vision.transforms.functional.geometry import five_crop as five_crop
from tracegrad.vision.transforms.functional.geometry import gaussian_blur as gaussian_blur
from tracegrad.vision.transforms.functional.geometry import hflip as hflip
from tracegrad.vision.transforms.functional.geometry import pad as pad
from tracegrad.vision.transforms.functional.geometry import perspective as perspective
from tracegrad.vision.transforms.functional.geometry import resize as resize
from tracegrad.vision.transforms.functional.geometry import resized_crop as resized_crop
from tracegrad.vision.transforms.functional.geometry import rotate as rotate
from tracegrad.vision.transforms.functional.geometry import ten_crop as ten_crop
from tracegrad.vision.transforms.functional.geometry import vflip as vflip
from tracegrad.vision.transforms.functional.sides import get_dimensions as get_dimensions
from tracegrad.vision.transforms.functional.sides import (
    get_image_num_channels as get_image_num_channels,
)
from tracegrad.vision.transforms.functional.sides import get_image_size as get_image_size
from tracegrad.vision.transforms.interpolation import InterpolationMode as InterpolationMode

__all__ = [
    "InterpolationMode",
    "adjust_brightness",
    "adjust_contrast",
    "adjust_gamma",
    "adjust_hue",
    "adjust_saturation",
    "adjust_sharpness",
    "affine",
    "autocontrast",
    "center_crop",
    "convert_image_dtype",
    "crop",
    "equalize",
    "erase",
    "five_crop",
    "gaussian_blur",
    "get_dimensions",
    "get_image_num_channels",
    "get_image_size",
    "hflip",
    "invert",
    "normalize",
    "pad",
    "perspective",
    "pil_to_tensor",
    "posterize",
    "resize",
    "resized_crop",
    "rgb_to_grayscale",
    "rotate",
    "solarize",
    "ten_crop",
    "to_grayscale",
    "to_pil_image",
    "to_tensor",
    "vflip",
]
