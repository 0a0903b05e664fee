"""How to make and call every class of `torch.nn`: constructors as text, and inputs.

Each line is evaluated in both libraries, as `nn` and `t`. Floats among the inputs require grad,
unless a case says how many of them do.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Case:
    """One layer or loss, and what to call it with.

    Attributes:
        inputs: arrays; `None` stands for itself.
        before: what to do with the first input `x`, evaluated like the constructor.
        draws: what it gives in training depends on a random sequence that is not PyTorch's.
        warns: making or calling it warns in both, and how.
        differentiable: how many of the first inputs require grad; `None` for all floats.
    """

    text: str
    inputs: tuple[Array | None, ...] = ()
    before: str = "x"
    draws: bool = False
    warns: str = ""
    differentiable: int | None = None

    @property
    def name(self) -> str:
        """The class."""
        return self.text.partition("(")[0]

    def __str__(self) -> str:
        return self.text


# -- inputs ----------------------------------------------------------------------------------------


def real(*shape: int, seed: int = 0) -> Array:
    """Normal numbers, other ones for each shape and seed."""
    source = np.random.default_rng(zlib.crc32(repr((shape, seed)).encode()))
    return source.standard_normal(shape).astype(np.float32)


def shares(*shape: int, seed: int = 0) -> Array:
    """Numbers between 0.05 and 0.95."""
    return (0.05 + 0.9 / (1 + np.exp(-real(*shape, seed=seed)))).astype(np.float32)


def distribution(*shape: int) -> Array:
    """Positive numbers that add up to 1 along dimension 1."""
    drawn = np.exp(real(*shape, seed=5))
    return (drawn / drawn.sum(1, keepdims=True)).astype(np.float32)


def classes(*shape: int, below: int = 4, seed: int = 0) -> Array:
    """Integers from 0."""
    return np.random.default_rng(seed + sum(shape)).integers(0, below, shape)


def signs(*shape: int) -> Array:
    """1 and -1."""
    return (np.random.default_rng(len(shape)).integers(0, 2, shape) * 2 - 1).astype(np.float32)


M, N, L, P, V = real(4, 6), real(4, 6, seed=1), real(3, 6, 9), real(3, 6, 8, 8), real(2, 4, 5, 6, 5)
"""Matrices, sequences, pictures and volumes."""

TREE = "nn.Sequential(nn.Linear(6, 4), nn.ReLU(), nn.Linear(4, 2))"


def several(texts: list[str], *inputs: Array, **kind: Any) -> list[Case]:
    """The same inputs for several constructors."""
    return [Case(text, inputs, **kind) for text in texts]


# -- layers ----------------------------------------------------------------------------------------

LAYERS = [
    *several(["Identity()", "Identity(3, a=4)"], M),
    *several(["Linear(6, 3)", "Linear(6, 3, bias=False)"], M),
    Case("Linear(6, 0)", (M,), warns="zero-element tensors is a no-op"),
    Case("Linear(9, 2)", (L,)),
    Case("Linear(6, 2)", (real(6),)),
    Case("Bilinear(6, 6, 3)", (M, N)),
    Case("Bilinear(6, 6, 3, bias=False)", (M, N)),
    *several(["Flatten()", "Flatten(0, 1)", "Flatten(start_dim=1, end_dim=2)"], L),
    *several(["Unflatten(1, (2, 3))", "Unflatten(1, t.Size([3, 2]))"], M),
    Case(TREE.removeprefix("nn."), (M,)),
    Case("Sequential()", (M,)),
    Case("ModuleList([nn.Linear(2, 2)] * 3 + [nn.ReLU()])"),
    Case("ModuleList()"),
    Case("ModuleDict({'a': nn.ReLU(), 'b': nn.Linear(1, 2)})"),
    Case("ParameterList([t.zeros(2, 3), t.ones(1)])"),
    Case("ParameterDict({'w': t.zeros(2)})"),
    Case("Module()"),
    Case("DataParallel(nn.Linear(6, 2))", (M,)),
    Case("Embedding(5, 3)", (classes(4, 3),)),
    Case("Embedding(5, 3, padding_idx=-1, max_norm=1.0, scale_grad_by_freq=True)",
         (classes(4, 3, below=5),)),
    *several(["PixelShuffle(2)"], real(2, 8, 3, 3)),
    *several(["PixelUnshuffle(2)"], P),
    *several(["ChannelShuffle(3)"], P),
    *several(["Unfold(3, stride=2)", "Unfold((2, 3), dilation=2, padding=1)"], P),
    Case("Fold((4, 5), 2)", (real(2, 8, 12),)),
    *several(["Upsample(scale_factor=2)", "Upsample(size=(5, 7), mode='bilinear', "
              "align_corners=True)", "Upsample(scale_factor=(1.5, 2.0), mode='bicubic')",
              "Upsample(scale_factor=1.7, mode='bilinear', recompute_scale_factor=True)",
              "UpsamplingNearest2d(scale_factor=2)", "UpsamplingBilinear2d(size=(5, 7))"], P),
    Case("Upsample(scale_factor=2, mode='linear')", (L,)),
    Case("Upsample(size=(4, 5, 6), mode='trilinear')", (V,)),
    *several(["PairwiseDistance(p=1.0)", "PairwiseDistance(keepdim=True)", "CosineSimilarity()",
              "CosineSimilarity(dim=0, eps=0.1)"], M, N),
]  # fmt: skip

ACTIVATIONS = [
    *several([f"{name}()" for name in (
        "Tanh", "Sigmoid", "LogSigmoid", "Softsign", "Tanhshrink", "ReLU", "SiLU", "Mish", "SELU",
        "Hardswish", "Hardsigmoid", "CELU", "GELU", "Hardtanh", "ReLU6", "Hardshrink", "Softshrink",
        "GLU", "PReLU", "LeakyReLU", "ELU", "Softplus", "RReLU")], M),
    *several([
        "ELU(0.5, inplace=False)", "CELU(0.5)", "GELU(approximate='tanh')", "Hardtanh(-0.3, 0.6)",
        "Threshold(0.1, 2.0)", "PReLU(6, init=0.1)", "Softmin(1)", "LeakyReLU(0.3)",
        "Softplus(beta=2.0, threshold=1.0)", "Softmax(dim=1)", "LogSoftmax(dim=0)",
        "RReLU(0.2, 0.4)", "Softshrink(0.3)", "Hardshrink(0.2)", "GLU(0)", "ReLU(inplace=False)",
        "Softmax(dim=-2)",
    ], M),
    Case("Softmax2d()", (P,)),
]  # fmt: skip

CONVOLUTIONS = [
    *several([
        "Conv1d(6, 4, 3)", "Conv1d(6, 4, 3, padding='same', dilation=2, padding_mode='circular')",
        "ConvTranspose1d(6, 4, 3, 2, output_padding=1)", "LazyConv1d(4, 3)",
        "LazyConvTranspose1d(4, 3, 2, output_padding=1)",
    ], L),
    Case("Conv1d(6, 4, 3)", (real(6, 9),)),
    *several([
        "Conv2d(6, 4, (3, 2), stride=2, padding=1, bias=False)",
        "Conv2d(6, 6, 3, groups=3, padding=(1, 2), padding_mode='reflect')",
        "Conv2d(6, 4, 3, padding='valid', padding_mode='replicate')",
        "ConvTranspose2d(6, 4, 3, stride=2, padding=1, output_padding=1, groups=2)",
        "ConvTranspose2d(6, 2, 3, padding_mode='zeros', bias=False)",
        "LazyConv2d(4, (3, 2), stride=2, bias=False)", "LazyConv2d(6, 3, groups=2, padding=1)",
        "LazyConvTranspose2d(4, 3, stride=2, padding=1, groups=2)",
    ], P),
    *several(["Conv3d(4, 2, 2, dilation=2)", "ConvTranspose3d(4, 2, 2, dilation=2)",
              "LazyConv3d(2, 2)", "LazyConvTranspose3d(2, 2)"], V),
    Case("LazyLinear(3)", (M,)),
    Case("LazyLinear(3, bias=False)", (L,)),
]  # fmt: skip

POOLING = [
    *several(["MaxPool1d(2)", "MaxPool1d(3, 2, 1, return_indices=True)", "AvgPool1d(2, padding=1)",
              "AdaptiveAvgPool1d(4)", "AdaptiveMaxPool1d(4)",
              "AdaptiveMaxPool1d(4, return_indices=True)", "LPPool1d(2, 3)",
              "LPPool1d(3, 2, stride=1, ceil_mode=True)"], L),
    *several([
        "MaxPool2d(3, stride=2, padding=1)", "MaxPool2d((2, 3), ceil_mode=True)",
        "MaxPool2d(2, return_indices=True)", "AvgPool2d(2)",
        "AvgPool2d(3, 2, 1, count_include_pad=False)", "AvgPool2d(2, divisor_override=3)",
        "AdaptiveAvgPool2d((3, 5))", "AdaptiveAvgPool2d((None, 2))", "AdaptiveMaxPool2d(3)",
        "LPPool2d(2, (2, 3))", "FractionalMaxPool2d(3, output_size=(4, 3))",
        "FractionalMaxPool2d((2, 3), output_ratio=(0.5, 0.6), return_indices=True)",
    ], P),
    *several(["MaxPool3d(2)", "AvgPool3d(2, 1)", "AdaptiveAvgPool3d(2)", "AdaptiveMaxPool3d(2)",
              "LPPool3d(2, 2)", "FractionalMaxPool3d(2, output_size=3)",
              "FractionalMaxPool3d((2, 3, 2), output_ratio=0.5, return_indices=True)"], V),
    Case("MaxUnpool1d(2)", (real(2, 3, 2), np.array([[[0, 3], [1, 2], [1, 3]]] * 2))),
    Case("MaxUnpool2d(2, stride=2)", (real(1, 2, 1, 2), np.array([[[[0, 7]], [[5, 2]]]]))),
    Case("MaxUnpool3d((1, 2, 2))", (real(1, 1, 1, 1, 2), np.array([[[[[0, 7]]]]]))),
]  # fmt: skip

NORMALISATION = [
    *several(["BatchNorm1d(6)", "BatchNorm1d(6, bias=False)", "LazyBatchNorm1d()",
              "LayerNorm(6)", "LayerNorm(6, bias=False)", "LayerNorm(6, elementwise_affine=False)",
              "RMSNorm(6)", "RMSNorm((6,), eps=1e-3, elementwise_affine=False)",
              "SyncBatchNorm(6)"], M),
    *several(["BatchNorm1d(6, momentum=None)", "InstanceNorm1d(6, affine=True)",
              "LayerNorm((6, 9), eps=1e-3)", "GroupNorm(2, 6, affine=False)",
              "LazyInstanceNorm1d(affine=False)", "SyncBatchNorm(6, momentum=None)"], L),
    *several(["BatchNorm2d(6, eps=1e-3, momentum=0.3)", "BatchNorm2d(6, affine=False)",
              "BatchNorm2d(6, track_running_stats=False)", "GroupNorm(3, 6)",
              "InstanceNorm2d(6, track_running_stats=True)", "LazyBatchNorm2d(momentum=0.2)",
              "LazyInstanceNorm2d()", "GroupNorm(3, 6, bias=False)", "LocalResponseNorm(3)",
              "LocalResponseNorm(4, alpha=0.3, beta=0.5, k=2.0)",
              "SyncBatchNorm(6, affine=False, track_running_stats=False)"], P),
    *several(["BatchNorm3d(4)", "InstanceNorm3d(4)", "LazyBatchNorm3d(affine=False)",
              "LazyInstanceNorm3d(bias=False)", "SyncBatchNorm(4)"], V),
    # With more channels PyTorch's keeps the first in every window; and its gradient is wrong.
    Case("CrossMapLRN2d(5, alpha=0.3)", (real(3, 3, 4, 4),), differentiable=0),
]  # fmt: skip

DROPOUT = [
    *several([f"{name}({p})" for name in ("Dropout", "AlphaDropout") for p in ("", "0.3")], M,
             draws=True),
    *several(["Dropout1d(0.3)", "FeatureAlphaDropout(0.3)"], L, draws=True),
    Case("Dropout2d(0.3)", (P,), draws=True),
    Case("Dropout3d(0.3, inplace=False)", (V,), draws=True),
    *several([f"{name}(0.0)" for name in ("Dropout", "AlphaDropout", "FeatureAlphaDropout",
                                          "Dropout1d")], M),
    *several(["Dropout(1.0)", "AlphaDropout(1.0)", "FeatureAlphaDropout(1.0)"], L),
]  # fmt: skip

SEQUENCE, STATE = real(5, 3, 6), real(3, 4)
RECURRENT = [
    *several(["RNN(6, 4)", "RNN(6, 4, 2, 'relu', bidirectional=True)",
              "LSTM(6, 4, batch_first=True)", "LSTM(6, 4, 2, proj_size=2, bias=False)",
              "GRU(6, 4, num_layers=2, bidirectional=True)", "GRU(6, 4, batch_first=True)"],
             SEQUENCE),
    Case("LSTM(6, 4)", (real(5, 6),)),
    Case("RNNBase('LSTM', 6, 4)"),
    Case("RNNCellBase(6, 4, True, 3)"),
    *several(["RNNCell(6, 4)", "RNNCell(6, 4, bias=False, nonlinearity='relu')", "GRUCell(6, 4)"],
             real(3, 6), STATE),
    Case("LSTMCell(6, 4)", (real(3, 6),)),
]  # fmt: skip

BAGS = classes(7, below=5), np.array([0, 2, 5])
ATTENTION = [
    *several(["MultiheadAttention(6, 2)", "MultiheadAttention(6, 3, bias=False, add_bias_kv=True, "
              "add_zero_attn=True)"], *(real(5, 3, 6, seed=n) for n in range(3))),
    Case("MultiheadAttention(6, 2, kdim=4, vdim=8, batch_first=True)",
         (real(3, 5, 6), real(3, 2, 4), real(3, 2, 8))),
    *several(["TransformerEncoderLayer(6, 2, 8, dropout=0.0)",
              "TransformerEncoderLayer(6, 3, 8, 0.0, 'gelu', norm_first=True, bias=False)",
              "TransformerEncoder(nn.TransformerEncoderLayer(6, 2, 8, 0.0), 2, nn.LayerNorm(6), "
              "enable_nested_tensor=False)"], SEQUENCE),
    *several(["TransformerDecoderLayer(6, 2, 8, dropout=0.0)",
              "TransformerDecoder(nn.TransformerDecoderLayer(6, 2, 8, 0.0, norm_first=True), 2)"],
             SEQUENCE, real(4, 3, 6)),
    Case("Transformer(6, 2, 1, 2, 8, dropout=0.0, batch_first=True)", (SEQUENCE, real(5, 4, 6))),
    *several(["EmbeddingBag(5, 3)", "EmbeddingBag(5, 3, mode='sum', padding_idx=1)",
              "EmbeddingBag(5, 3, mode='max')",
              "EmbeddingBag(5, 3, max_norm=0.5, scale_grad_by_freq=True)"], *BAGS),
]  # fmt: skip

PADDING = [
    *(Case(f"{kind}{n}d({size}{', 3.5' * (kind == 'ConstantPad')})", (x,))
      for n, x, size in ((1, L, "(1, 2)"), (2, P, "1"), (3, V, "1"))
      for kind in ("ConstantPad", "ZeroPad", "ReflectionPad", "ReplicationPad", "CircularPad")),
    Case("ReflectionPad2d((1, 2, 0, 3))", (P,)),
]  # fmt: skip

# -- losses ----------------------------------------------------------------------------------------

REDUCTIONS = ("'mean'", "'sum'", "'none'")
TARGET, IMAGE_TARGET = classes(5), classes(2, 3, 3, below=3)
SCORES, IMAGE = real(5, 4), real(2, 3, 3, 3)
CTC_LENGTHS = (np.array([7, 6]), np.array([3, 2]))
WEIGHT = "weight=t.tensor([0.5, 2.0, 1.5, 0.7])"


def reduced(name: str, options: str, *inputs: Array, **kind: Any) -> list[Case]:
    """A loss with each reduction."""
    more = f"{options}, " if options else ""
    return several([f"{name}({more}reduction={r})" for r in REDUCTIONS], *inputs, **kind)


LOSSES = [
    *(case for name in ("MSELoss", "L1Loss", "SmoothL1Loss", "HuberLoss")
      for case in reduced(name, "", M, N)),
    *reduced("SmoothL1Loss", "beta=0.3", M, N),
    *reduced("HuberLoss", "delta=0.3", M, N),
    *reduced("BCELoss", "", shares(4, 3), shares(4, 3, seed=1)),
    *reduced("BCELoss", "t.tensor([0.5, 1.0, 2.0])", shares(4, 3), shares(4, 3, seed=1)),
    *reduced("BCEWithLogitsLoss", "", M, shares(4, 6)),
    *reduced("BCEWithLogitsLoss", "pos_weight=t.tensor([0.5, 1, 2, 3, 1, 1.5])", M, shares(4, 6)),
    Case("BCEWithLogitsLoss(weight=t.tensor([0.5, 1, 2, 3, 1, 1.5]))", (M, shares(4, 6))),
    *(case for name in ("NLLLoss", "CrossEntropyLoss")
      for options in ("", WEIGHT, "ignore_index=1", f"{WEIGHT}, ignore_index=2")
      for case in reduced(name, options, SCORES, TARGET)),
    *reduced("NLLLoss", "", IMAGE, IMAGE_TARGET),
    Case("NLLLoss2d()", (IMAGE, IMAGE_TARGET), warns="NLLLoss2d"),
    *reduced("CrossEntropyLoss", "", IMAGE, IMAGE_TARGET),
    *reduced("CrossEntropyLoss", "label_smoothing=0.2", SCORES, TARGET),
    *reduced("CrossEntropyLoss", f"{WEIGHT}, label_smoothing=0.2, ignore_index=0", SCORES, TARGET),
    *reduced("CrossEntropyLoss", "", SCORES, distribution(5, 4)),
    *reduced("CrossEntropyLoss", f"{WEIGHT}, label_smoothing=0.1", SCORES, distribution(5, 4)),
    Case("CrossEntropyLoss()", (real(4), np.array(2))),
    *reduced("LinearCrossEntropyLoss", "6, 4", real(5, 6), TARGET),
    *reduced("LinearCrossEntropyLoss", f"6, 4, bias=True, label_smoothing=0.1, {WEIGHT}",
             real(5, 6), TARGET),
    *reduced("LinearCrossEntropyLoss", "6, 4, ignore_index=2", real(5, 6), TARGET),
    Case("LinearCrossEntropyLoss(6, 4, out_features=(2,), bias=True)", (real(5, 6), classes(5, 2))),
    Case("LinearCrossEntropyLoss(6, 4)", (real(5, 6), distribution(5, 4))),
    Case("LinearCrossEntropyLoss(6, 4)", (real(6), np.array(3))),
    *(case for options in ("", "log_target=True") for case in reduced("KLDivLoss", options, M,
                                                                    shares(4, 6))
      if "mean" not in case.text),
    Case("KLDivLoss(reduction='batchmean', log_target=True)", (M, N)),
    Case("KLDivLoss()", (M, shares(4, 6)), warns="reduction: 'mean' divides"),
    *reduced("PoissonNLLLoss", "", M, shares(4, 6), differentiable=1),
    *reduced("PoissonNLLLoss", "log_input=False, full=True, eps=1e-3", shares(4, 6),
             4 * shares(4, 6, seed=1), differentiable=1),
    *reduced("GaussianNLLLoss", "", M, N, shares(4, 6)),
    *reduced("GaussianNLLLoss", "full=True, eps=0.3", M, N, shares(4, 1)),
    # Through log_softmax: for a change that keeps no distribution PyTorch's gradient is none.
    *(Case(f"CTCLoss(reduction={r}{more})", (real(7, 2, 5), 1 + classes(2, 3), *CTC_LENGTHS),
           before="x.log_softmax(2)")
      for r in REDUCTIONS for more in ("", ", zero_infinity=True")),
    Case("CTCLoss(blank=4)", (real(7, 2, 5), classes(2, 3), *CTC_LENGTHS),
         before="x.log_softmax(2)"),
    *reduced("SoftMarginLoss", "", M, signs(4, 6), differentiable=1),
    *reduced("MultiLabelMarginLoss", "", SCORES, np.array([[1, 2, -1, 0], [3, -1, 0, 0],
                                                           [0, 1, 2, 3], [-1, 0, 0, 0],
                                                           [2, 0, -1, 1]])),
    *reduced("MultiLabelSoftMarginLoss", WEIGHT, SCORES, (shares(5, 4) > 0.5).astype(np.float32),
             differentiable=1),
    *reduced("MultiLabelSoftMarginLoss", "", SCORES, (shares(5, 4) > 0.5).astype(np.float32),
             differentiable=1),
    *reduced("MultiMarginLoss", "", SCORES, TARGET),
    *reduced("MultiMarginLoss", f"p=2, margin=0.5, {WEIGHT}", SCORES, TARGET),
    *reduced("MarginRankingLoss", "margin=0.2", real(5), real(5, seed=1), signs(5),
             differentiable=2),
    *reduced("CosineEmbeddingLoss", "margin=0.1", M, N, signs(4), differentiable=2),
    *reduced("HingeEmbeddingLoss", "", M, signs(4, 6), differentiable=1),
    *reduced("HingeEmbeddingLoss", "margin=0.3", M, signs(4, 6), differentiable=1),
    *reduced("TripletMarginLoss", "margin=0.5, swap=True", M, N, real(4, 6, seed=2)),
    *reduced("TripletMarginLoss", "p=1.0", M, N, real(4, 6, seed=2)),
    *reduced("TripletMarginWithDistanceLoss", "", M, N, real(4, 6, seed=2)),
    *reduced("TripletMarginWithDistanceLoss",
             "distance_function=nn.CosineSimilarity(), margin=0.5, swap=True", M, N,
             real(4, 6, seed=2)),
    Case("AdaptiveLogSoftmaxWithLoss(8, 20, [5, 10], div_value=2.0)",
         (real(6, 8), np.array([1, 7, 19, 12, 5, 0]))),
    Case("AdaptiveLogSoftmaxWithLoss(8, 12, [4], head_bias=True)", (real(8), np.array(6))),
    *several([f"{name}(size_average=False)" for name in ("MSELoss", "L1Loss")], M, N,
             warns="size_average and reduce args will be deprecated"),
]  # fmt: skip

CASES = [
    *LAYERS, *ACTIVATIONS, *CONVOLUTIONS, *POOLING, *NORMALISATION, *DROPOUT, *PADDING,
    *RECURRENT, *ATTENTION, *LOSSES,
]  # fmt: skip

# -- classes without a line here -------------------------------------------------------------------

NO_MODULES = {
    "Parameter", "Buffer", "UninitializedParameter", "UninitializedBuffer",
    "LinearCrossEntropyOptions",
}  # fmt: skip
"""Compared in `test_layers.py`."""

REFUSED = {
    "Container": "PyTorch's own warning: all of its functionality is in nn.Module",
}
