"""What PyTorch calls a `grad_fn`: users look for these names in what they print and read."""

from __future__ import annotations

import re

# Where PyTorch has one node for the op, under another name.
NAMES: dict[str, str] = {
    "batch_norm": "NativeBatchNormBackward0",
    "clamp": "ClampBackward1",
    "constant_pad": "ConstantPadNdBackward0",
    "conv1d": "ConvolutionBackward0",
    "conv2d": "ConvolutionBackward0",
    "conv3d": "ConvolutionBackward0",
    "conv_transpose1d": "ConvolutionBackward0",
    "conv_transpose2d": "ConvolutionBackward0",
    "conv_transpose3d": "ConvolutionBackward0",
    "copy": "CopyBackwards",
    "copy_slices": "CopySlices",
    "cross_entropy": "NllLossBackward0",
    "entr": "SpecialEntrBackward0",
    "erfcx": "SpecialErfcxBackward0",
    "group_norm": "NativeGroupNormBackward0",
    "i0e": "SpecialI0EBackward0",
    "i1": "SpecialI1Backward0",
    "i1e": "SpecialI1EBackward0",
    "layer_norm": "NativeLayerNormBackward0",
    "linalg_cholesky": "LinalgCholeskyExBackward0",
    "linalg_eigvalsh": "LinalgEighBackward0",
    "linalg_inv": "LinalgInvExBackward0",
    "linalg_lu_factor": "LinalgLuFactorExBackward0",
    "linalg_solve": "LinalgSolveExBackward0",
    "linalg_svdvals": "LinalgSvdBackward0",
    "linear": "AddmmBackward0",
    "log_ndtr": "SpecialLogNdtrBackward0",
    "logsigmoid": "LogSigmoidBackward0",
    "masked_fill_tensor": "MaskedFillBackward1",
    "matrix_exp": "LinalgMatrixExpBackward0",
    "max": "MaxBackward1",
    "max_dim": "MaxBackward0",
    "max_pool2d": "MaxPool2DWithIndicesBackward0",
    "max_pool3d": "MaxPool3DWithIndicesBackward0",
    "median_dim": "MedianBackward1",
    "min": "MinBackward1",
    "min_dim": "MinBackward0",
    "narrow": "SliceBackward0",
    "ndtri": "SpecialNdtriBackward0",
    "norm2": "LinalgVectorNormBackward0",
    "outer": "MulBackward0",
    "reshape_copy": "UnsafeViewBackward0",
    "scatter_value": "ScatterBackward1",
    "selu": "EluBackward0",
    "split_sections": "SplitBackward0",
    "square": "PowBackward0",
    "to_dtype": "ToCopyBackward0",
    "vector_norm": "LinalgVectorNormBackward0",
    "xlog1py": "SpecialXlog1PyBackward0",
    "zeta": "SpecialZetaBackward0",
}

# Where it has several, which differ in the number of dimensions of what they make: the first name
# is for none, the last one for more.
BY_DIMENSIONS: dict[str, tuple[str, ...]] = {
    "matmul": ("DotBackward0", "MvBackward0", "MmBackward0", "BmmBackward0"),
    "mean": ("MeanBackward0", "MeanBackward1"),
    "prod": ("ProdBackward0", "ProdBackward1"),
    "sum": ("SumBackward0", "SumBackward1"),
}


def backward_name(op: str, dimensions: int) -> str:
    """`log_softmax` -> `LogSoftmaxBackward0`, as PyTorch names a grad_fn.

    Args:
        dimensions: of what the op made.
    """
    if op in BY_DIMENSIONS:
        names = BY_DIMENSIONS[op]
        return names[min(dimensions, len(names) - 1)]
    return NAMES.get(op) or f"{_capitalised(op)}Backward0"


def _capitalised(op: str) -> str:
    """`max_pool1d` -> `MaxPool1D`."""
    words = "".join(word.capitalize() for word in op.strip("_").split("_"))
    return re.sub(r"(?<=\d)[a-z]", lambda letter: letter[0].upper(), words)
