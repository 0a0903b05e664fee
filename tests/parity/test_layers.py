"""Layers as in PyTorch: text, names of parameters, values and gradients from equal weights."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tracegrad as tg

torch = pytest.importorskip("torch", reason="extra `parity` is not installed")
pytestmark = pytest.mark.parity

L, P, V, M = (3, 6, 9), (3, 6, 8, 8), (2, 4, 5, 6, 5), (4, 6)

LAYERS = [
    ("Bilinear(6, 6, 3)", (M, M)),
    ("Unflatten(1, (2, 3))", (M,)),
    *((f"{name}()", (M,)) for name in (
        "LogSigmoid", "Softsign", "Tanhshrink", "ReLU", "SiLU", "Mish", "SELU", "Hardswish",
        "Hardsigmoid", "CELU", "GELU", "Hardtanh", "ReLU6", "Hardshrink", "Softshrink", "GLU",
        "PReLU", "AlphaDropout", "Dropout1d")),
    ("ELU(0.5, inplace=False)", (M,)),
    ("CELU(0.5)", (M,)),
    ("GELU(approximate='tanh')", (M,)),
    ("Hardtanh(-0.3, 0.6)", (M,)),
    ("Threshold(0.1, 2.0)", (M,)),
    ("PReLU(6, init=0.1)", (M,)),
    ("Softmin(1)", (M,)),
    ("Softmax2d()", (P,)),
    ("Sequential(torch.nn.Linear(6, 4), torch.nn.ReLU(), torch.nn.Linear(4, 2))", (M,)),
    ("Conv1d(6, 4, 3)", (L,)),
    ("Conv1d(6, 4, 3, padding='same', dilation=2, padding_mode='circular')", (L,)),
    ("Conv2d(6, 4, (3, 2), stride=2, padding=1, bias=False)", (P,)),
    ("Conv2d(6, 6, 3, groups=3, padding=(1, 2), padding_mode='reflect')", (P,)),
    ("Conv2d(6, 4, 3, padding='valid', padding_mode='replicate')", (P,)),
    ("Conv3d(4, 2, 2, dilation=2)", (V,)),
    ("ConvTranspose1d(6, 4, 3, 2, output_padding=1)", (L,)),
    ("ConvTranspose2d(6, 4, 3, stride=2, padding=1, output_padding=1, groups=2)", (P,)),
    ("ConvTranspose3d(4, 2, 2, dilation=2)", (V,)),
    ("MaxPool1d(2)", (L,)),
    ("MaxPool2d(3, stride=2, padding=1)", (P,)),
    ("MaxPool2d((2, 3), ceil_mode=True)", (P,)),
    ("MaxPool3d(2)", (V,)),
    ("AvgPool1d(2, padding=1)", (L,)),
    ("AvgPool2d(2)", (P,)),
    ("AvgPool2d(3, 2, 1, count_include_pad=False)", (P,)),
    ("AvgPool3d(2, 1)", (V,)),
    ("AdaptiveAvgPool1d(4)", (L,)),
    ("AdaptiveAvgPool2d((3, 5))", (P,)),
    ("AdaptiveAvgPool3d(2)", (V,)),
    ("AdaptiveMaxPool1d(4)", (L,)),
    ("AdaptiveMaxPool2d(3)", (P,)),
    ("AdaptiveMaxPool3d(2)", (V,)),
    ("BatchNorm1d(6)", (M,)),
    ("BatchNorm1d(6, momentum=None)", (L,)),
    ("BatchNorm2d(6, eps=1e-3, momentum=0.3)", (P,)),
    ("BatchNorm2d(6, affine=False)", (P,)),
    ("BatchNorm2d(6, track_running_stats=False)", (P,)),
    ("BatchNorm3d(4)", (V,)),
    ("InstanceNorm1d(6, affine=True)", (L,)),
    ("InstanceNorm2d(6, track_running_stats=True)", (P,)),
    ("InstanceNorm3d(4)", (V,)),
    ("LayerNorm(6)", (M,)),
    ("LayerNorm((6, 9), eps=1e-3)", (L,)),
    ("LayerNorm(6, bias=False)", (M,)),
    ("BatchNorm1d(6, bias=False)", (M,)),
    ("GroupNorm(3, 6, bias=False)", (P,)),
    ("LayerNorm(6, elementwise_affine=False)", (M,)),
    ("RMSNorm(6)", (M,)),
    ("RMSNorm((6,), eps=1e-3, elementwise_affine=False)", (M,)),
    ("GroupNorm(3, 6)", (P,)),
    ("GroupNorm(2, 6, affine=False)", (L,)),
    ("LocalResponseNorm(3)", (P,)),
    *((f"{kind}1d((1, 2){more})", (L,)) for kind, more in (
        ("ConstantPad", ", 3.5"), ("ZeroPad", ""), ("ReflectionPad", ""), ("ReplicationPad", ""),
        ("CircularPad", ""))),
    *((f"{kind}2d(1{more})", (P,)) for kind, more in (
        ("ConstantPad", ", 3.5"), ("ZeroPad", ""), ("ReflectionPad", ""), ("ReplicationPad", ""),
        ("CircularPad", ""))),
    *((f"{kind}3d(1{more})", (V,)) for kind, more in (
        ("ConstantPad", ", 3.5"), ("ZeroPad", ""), ("ReflectionPad", ""), ("ReplicationPad", ""),
        ("CircularPad", ""))),
    ("Upsample(scale_factor=2)", (P,)),
    ("Upsample(size=(5, 7), mode='bilinear', align_corners=True)", (P,)),
    ("UpsamplingNearest2d(scale_factor=2)", (P,)),
    ("UpsamplingBilinear2d(size=(5, 7))", (P,)),
    ("PixelShuffle(2)", ((2, 8, 3, 3),)),
    ("PixelUnshuffle(2)", (P,)),
    ("Unfold(3, stride=2)", (P,)),
    ("Fold((4, 5), 2)", ((2, 8, 12),)),
    ("PairwiseDistance(p=1.0)", (M, M)),
    ("CosineSimilarity()", (M, M)),
    *((f"{name}()", (M, M)) for name in ("MSELoss", "L1Loss", "SmoothL1Loss", "HuberLoss")),
    ("SmoothL1Loss(reduction='sum', beta=0.3)", (M, M)),
    ("HuberLoss(reduction='none', delta=0.3)", (M, M)),
    ("KLDivLoss(reduction='batchmean', log_target=True)", (M, M)),
    ("PoissonNLLLoss()", (M, M)),
    ("TripletMarginLoss(margin=0.5, swap=True)", (M, M, M)),
    ("DataParallel(torch.nn.Linear(6, 2))", (M,)),
]  # fmt: skip


def fill(module: Any, library: Any) -> None:
    """The same weights in either library."""
    random = np.random.default_rng(1)
    for p in module.parameters():
        drawn = random.standard_normal(tuple(p.shape)).astype(np.float32)
        p.data.copy_(library.from_numpy(np.array(drawn)))


def outcome(library: Any, text: str, shapes: tuple[tuple[int, ...], ...]) -> list[Any]:
    """Text, state after two calls, value, gradients of inputs and parameters."""
    nn = library.nn
    module = eval(f"nn.{text}", {"nn": nn, "torch": library})
    fill(module, library)
    module.train(not isinstance(module, nn.AlphaDropout | nn.Dropout1d))
    random = np.random.default_rng(2)
    arrays = [random.standard_normal(shape).astype(np.float32) for shape in shapes]
    inputs = [library.tensor(a, requires_grad=True) for a in arrays]
    module(*inputs)
    result = module(*inputs)
    weights = random.standard_normal(tuple(result.shape)).astype(np.float32)
    (result * library.tensor(weights)).sum().backward()
    state = {name: t.numpy() for name, t in module.state_dict().items()}
    gradients = [p.grad.numpy() for p in (*inputs, *module.parameters()) if p.grad is not None]
    return [repr(module), state, result.detach().numpy(), gradients]


@pytest.mark.parametrize(("text", "shapes"), LAYERS, ids=lambda v: v if isinstance(v, str) else "")
def test_a_layer_prints_computes_and_differentiates_as_in_pytorch(text, shapes):
    ours, theirs = outcome(tg, text, shapes), outcome(torch, text, shapes)
    assert ours[0] == theirs[0]
    assert list(ours[1]) == list(theirs[1])
    pairs = [
        *zip(ours[1].values(), theirs[1].values(), strict=True),
        (ours[2], theirs[2]),
        *zip(ours[3], theirs[3], strict=True),
    ]
    for mine, yours in pairs:
        assert mine.shape == yours.shape
        assert mine.dtype == yours.dtype
        np.testing.assert_allclose(mine, yours, rtol=2e-4, atol=2e-5)


@pytest.mark.parametrize(
    "text",
    [
        "ModuleList([torch.nn.Linear(2, 2)] * 3 + [torch.nn.ReLU()])",
        "ModuleList()",
        "ModuleDict({'a': torch.nn.ReLU(), 'b': torch.nn.Linear(1, 2)})",
        "ParameterList([torch.zeros(2, 3), torch.ones(1)])",
        "ParameterDict({'w': torch.zeros(2)})",
        "Embedding(5, 3)",
        "Embedding(5, 3, padding_idx=-1, max_norm=1.0, scale_grad_by_freq=True)",
        "Dropout2d(0.3)",
        "ConvTranspose2d(1, 2, 3, padding_mode='zeros', bias=False)",
        "CTCLoss()",
        "MultiMarginLoss(p=2)",
    ],
)  # fmt: skip
def test_what_prints_and_is_saved_reads_as_in_pytorch(text):
    ours, theirs = (eval(f"torch.nn.{text}", {"torch": library}) for library in (tg, torch))
    assert repr(ours).replace("tracegrad", "torch") == repr(theirs)
    assert list(ours.state_dict()) == list(theirs.state_dict())


@pytest.mark.parametrize(
    "text",
    [
        "Conv2d(3, 4, 3, groups=2)",
        "Conv2d(4, 3, 3, groups=2)",
        "Conv2d(4, 4, 3, groups=0)",
        "Conv2d(4, 4, 3, padding='half')",
        "Conv2d(4, 4, 3, stride=2, padding='same')",
        "Conv2d(4, 4, 3, padding_mode='mirror')",
        "ConvTranspose2d(4, 4, 3, padding_mode='reflect')",
        "BatchNorm2d(3)(torch.zeros(2, 3))",
        "BatchNorm1d(3)(torch.zeros(3))",
        "GroupNorm(4, 6)",
        "Embedding(3, 2, padding_idx=3)",
        "Dropout2d(1.5)",
        "ConvTranspose2d(1, 1, 3, stride=2)(torch.zeros(1, 1, 3, 3), output_size=(20, 20))",
        "Sequential(3)",
        "ModuleList([torch.nn.ReLU()])[4]",
        "ModuleList(3)",
        "Softmax2d()(torch.zeros(2, 2))",
    ],
)
def test_wrong_arguments_raise_pytorchs_class(text):
    errors = []
    for library in (tg, torch):
        with pytest.raises(Exception) as error:  # noqa: PT011 - the class is what is compared
            eval(f"torch.nn.{text}", {"torch": library})
        errors.append(error.type)
    assert errors[0] is errors[1]
