"""Where a name of PyTorch stands in a library: as a function, a method, a loss or layer."""

from __future__ import annotations

from typing import Any

LAYERS = {
    "F.linear": "Linear", "F.dropout": "Dropout", "F.relu": "ReLU", "F.conv2d": "Conv2d",
    "F.cross_entropy": "CrossEntropyLoss", "F.embedding": "Embedding", "F.gelu": "GELU",
    "F.layer_norm": "LayerNorm", "F.batch_norm": "BatchNorm2d", "F.max_pool2d": "MaxPool2d",
    "F.silu": "SiLU", "F.mse_loss": "MSELoss", "F.leaky_relu": "LeakyReLU", "F.pad": "ZeroPad2d",
    "F.interpolate": "Upsample", "F.nll_loss": "NLLLoss", "F.avg_pool2d": "AvgPool2d",
    "F.conv_transpose2d": "ConvTranspose2d", "F.adaptive_avg_pool2d": "AdaptiveAvgPool2d",
    "F.dropout2d": "Dropout2d", "F.instance_norm": "InstanceNorm2d",
    "F.binary_cross_entropy": "BCELoss", "F.l1_loss": "L1Loss",
    "F.binary_cross_entropy_with_logits": "BCEWithLogitsLoss", "F.conv1d": "Conv1d",
    "F.conv3d": "Conv3d", "F.kl_div": "KLDivLoss", "F.rms_norm": "RMSNorm",
    "F.logsigmoid": "LogSigmoid", "F.softplus": "Softplus", "F.smooth_l1_loss": "SmoothL1Loss",
    "F.pixel_shuffle": "PixelShuffle", "softmax": "Softmax", "log_softmax": "LogSoftmax",
    "tanh": "Tanh", "sigmoid": "Sigmoid", "flatten": "Flatten", "unflatten": "Unflatten",
    "unfold": "Unfold",
}  # fmt: skip
"""Ops that have a layer, and its name."""

NO_FORM = {"__rdiv__"}
"""Counted under a name that PyTorch 2 has not any more."""


def found(library: Any, path: str) -> Any:
    """What a dotted name leads to, `None` if it leads nowhere."""
    place = library
    for name in path.split("."):
        try:
            place = getattr(place, name, None)
        except NotImplementedError:  # refused: there is the name, and a reason
            return None
        if place is None:
            return None
    return place


def forms(library: Any, name: str) -> set[str]:
    """The forms that a library has of one op of the list."""
    functional = library.nn.functional
    short = name.removeprefix("F.")
    tensor = library.Tensor
    places = {
        f"torch.{short}": found(library, short),
        f"torch.{short}_": None if short.endswith("_") else found(library, f"{short}_"),
        f"Tensor.{short}": found(tensor, short),
        f"Tensor.{short}_": None if short.endswith("_") else found(tensor, f"{short}_"),
        f"F.{short}": found(functional, short),
        f"F.{short}_": found(functional, f"{short}_"),
    }
    if name in LAYERS:
        places[f"nn.{LAYERS[name]}"] = found(library.nn, LAYERS[name])
    return {form for form, value in places.items() if callable(value)}


def place_of(library: Any, name: str) -> Any:
    """What a name of the second list is: in the library, or as a method of tensors."""
    value = found(library, name)
    return found(library.Tensor, name) if value is None else value
