"""Images that are tensors `(..., c, h, w)`, on any device. See Note [Two sides]."""

from tracegrad.vision.transforms.functional.on_tensors.color import (
    adjust_brightness as adjust_brightness,
)
from tracegrad.vision.transforms.functional.on_tensors.color import (
    adjust_contrast as adjust_contrast,
)
from tracegrad.vision.transforms.functional.on_tensors.color import adjust_gamma as adjust_gamma
from tracegrad.vision.transforms.functional.on_tensors.color import adjust_hue as adjust_hue
from tracegrad.vision.transforms.functional.on_tensors.color import (
    adjust_saturation as adjust_saturation,
)
from tracegrad.vision.transforms.functional.on_tensors.color import (
    adjust_sharpness as adjust_sharpness,
)
from tracegrad.vision.transforms.functional.on_tensors.color import autocontrast as autocontrast
from tracegrad.vision.transforms.functional.on_tensors.color import equalize as equalize
from tracegrad.vision.transforms.functional.on_tensors.color import grayscale as grayscale
from tracegrad.vision.transforms.functional.on_tensors.color import invert as invert
from tracegrad.vision.transforms.functional.on_tensors.color import posterize as posterize
from tracegrad.vision.transforms.functional.on_tensors.color import solarize as solarize
from tracegrad.vision.transforms.functional.on_tensors.geometry import affine as affine
from tracegrad.vision.transforms.functional.on_tensors.geometry import crop as crop
from tracegrad.vision.transforms.functional.on_tensors.geometry import erase as erase
from tracegrad.vision.transforms.functional.on_tensors.geometry import (
    gaussian_blur as gaussian_blur,
)
from tracegrad.vision.transforms.functional.on_tensors.geometry import hflip as hflip
from tracegrad.vision.transforms.functional.on_tensors.geometry import pad as pad
from tracegrad.vision.transforms.functional.on_tensors.geometry import perspective as perspective
from tracegrad.vision.transforms.functional.on_tensors.geometry import resize as resize
from tracegrad.vision.transforms.functional.on_tensors.geometry import rotate as rotate
from tracegrad.vision.transforms.functional.on_tensors.geometry import vflip as vflip
from tracegrad.vision.transforms.functional.on_tensors.images import convert_dtype as convert_dtype
from tracegrad.vision.transforms.functional.on_tensors.images import dimensions as dimensions
