"""Transforms of images, with torchvision's names: of PIL images and of tensors `(..., c, h, w)`."""

from tracegrad.vision.transforms import functional as functional
from tracegrad.vision.transforms.color import ColorJitter as ColorJitter
from tracegrad.vision.transforms.color import GaussianBlur as GaussianBlur
from tracegrad.vision.transforms.color import Grayscale as Grayscale
from tracegrad.vision.transforms.color import RandomGrayscale as RandomGrayscale
from tracegrad.vision.transforms.compose import Compose as Compose
from tracegrad.vision.transforms.compose import Lambda as Lambda
from tracegrad.vision.transforms.compose import RandomApply as RandomApply
from tracegrad.vision.transforms.compose import RandomChoice as RandomChoice
from tracegrad.vision.transforms.compose import RandomOrder as RandomOrder
from tracegrad.vision.transforms.compose import RandomTransforms as RandomTransforms
from tracegrad.vision.transforms.conversion import ConvertImageDtype as ConvertImageDtype
from tracegrad.vision.transforms.conversion import Normalize as Normalize
from tracegrad.vision.transforms.conversion import PILToTensor as PILToTensor
from tracegrad.vision.transforms.conversion import ToPILImage as ToPILImage
from tracegrad.vision.transforms.conversion import ToTensor as ToTensor
from tracegrad.vision.transforms.geometry import CenterCrop as CenterCrop
from tracegrad.vision.transforms.geometry import FiveCrop as FiveCrop
from tracegrad.vision.transforms.geometry import Pad as Pad
from tracegrad.vision.transforms.geometry import RandomHorizontalFlip as RandomHorizontalFlip
from tracegrad.vision.transforms.geometry import RandomVerticalFlip as RandomVerticalFlip
from tracegrad.vision.transforms.geometry import Resize as Resize
from tracegrad.vision.transforms.geometry import TenCrop as TenCrop
from tracegrad.vision.transforms.interpolation import InterpolationMode as InterpolationMode
from tracegrad.vision.transforms.random_crop import RandomCrop as RandomCrop
from tracegrad.vision.transforms.random_crop import RandomErasing as RandomErasing
from tracegrad.vision.transforms.random_crop import RandomResizedCrop as RandomResizedCrop
from tracegrad.vision.transforms.random_curves import RandomAdjustSharpness as RandomAdjustSharpness
from tracegrad.vision.transforms.random_curves import RandomAutocontrast as RandomAutocontrast
from tracegrad.vision.transforms.random_curves import RandomEqualize as RandomEqualize
from tracegrad.vision.transforms.random_curves import RandomInvert as RandomInvert
from tracegrad.vision.transforms.random_curves import RandomPosterize as RandomPosterize
from tracegrad.vision.transforms.random_curves import RandomSolarize as RandomSolarize
from tracegrad.vision.transforms.random_motion import RandomAffine as RandomAffine
from tracegrad.vision.transforms.random_motion import RandomPerspective as RandomPerspective
from tracegrad.vision.transforms.random_motion import RandomRotation as RandomRotation

__all__ = [
    "CenterCrop",
    "ColorJitter",
    "Compose",
    "ConvertImageDtype",
    "FiveCrop",
    "GaussianBlur",
    "Grayscale",
    "InterpolationMode",
    "Lambda",
    "Normalize",
    "PILToTensor",
    "Pad",
    "RandomAdjustSharpness",
    "RandomAffine",
    "RandomApply",
    "RandomAutocontrast",
    "RandomChoice",
    "RandomCrop",
    "RandomEqualize",
    "RandomErasing",
    "RandomGrayscale",
    "RandomHorizontalFlip",
    "RandomInvert",
    "RandomOrder",
    "RandomPerspective",
    "RandomPosterize",
    "RandomResizedCrop",
    "RandomRotation",
    "RandomSolarize",
    "RandomTransforms",
    "RandomVerticalFlip",
    "Resize",
    "TenCrop",
    "ToPILImage",
    "ToTensor",
    "functional",
]
