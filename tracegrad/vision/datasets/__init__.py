"""Datasets of images."""

from tracegrad.vision.datasets.base import StandardTransform as StandardTransform
from tracegrad.vision.datasets.base import VisionDataset as VisionDataset
from tracegrad.vision.datasets.cifar import CIFAR10 as CIFAR10
from tracegrad.vision.datasets.cifar import CIFAR100 as CIFAR100
from tracegrad.vision.datasets.fake import FakeData as FakeData
from tracegrad.vision.datasets.folder import DatasetFolder as DatasetFolder
from tracegrad.vision.datasets.folder import ImageFolder as ImageFolder
from tracegrad.vision.datasets.mnist import MNIST as MNIST
from tracegrad.vision.datasets.mnist import FashionMNIST as FashionMNIST
from tracegrad.vision.datasets.tiny_imagenet import TinyImageNet as TinyImageNet

__all__ = [
    "CIFAR10",
    "CIFAR100",
    "DatasetFolder",
    "FakeData",
    "FashionMNIST",
    "ImageFolder",
    "MNIST",
    "StandardTransform",
    "TinyImageNet",
    "VisionDataset",
]
