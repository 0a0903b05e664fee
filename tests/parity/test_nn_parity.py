"""Layers, losses and first weights as in PyTorch: values, gradients, text, distributions."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest

import tracegrad as tg
import tracegrad.nn.functional as F
from tracegrad import nn

torch = pytest.importorskip("torch", reason="extra `parity` is not installed")
pytestmark = pytest.mark.parity


def numbers(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def close(ours: Any, theirs: Any, tolerance: float = 2e-6) -> None:
    """Equal up to rounding, and of one shape and dtype."""
    ours, theirs = ours.detach().numpy(), theirs.detach().numpy()
    assert ours.shape == theirs.shape
    assert ours.dtype == theirs.dtype
    np.testing.assert_allclose(ours, theirs, rtol=tolerance, atol=tolerance)


def same_everywhere(ours: Any, theirs: Any, *arrays: np.ndarray, **options: Any) -> None:
    """Two functions agree on their value and on the gradient of every floating-point argument."""
    mine = [tg.tensor(a, requires_grad=a.dtype.kind == "f") for a in arrays]
    yours = [torch.tensor(a, requires_grad=a.dtype.kind == "f") for a in arrays]
    got, expected = ours(*mine, **options), theirs(*yours, **options)
    close(got, expected)
    weights = numbers(*expected.shape, seed=9)
    got.backward(tg.tensor(weights))
    expected.backward(torch.tensor(weights))
    for one, other in zip(mine, yours, strict=True):
        if other.grad is not None:
            close(one.grad, other.grad)


# -- layers ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("shape", [(3,), (5, 3), (2, 4, 3)])
def test_linear_agrees_for_inputs_of_any_rank(shape, bias):
    ours, theirs = nn.Linear(3, 6, bias=bias), torch.nn.Linear(3, 6, bias=bias)
    load(ours, theirs)
    assert repr(ours) == repr(theirs)
    same_everywhere(ours, theirs, numbers(*shape))
    for one, other in zip(ours.parameters(), theirs.parameters(), strict=True):
        close(one.grad, other.grad)


def load(ours: nn.Module, theirs: Any) -> None:
    """Give PyTorch's module our weights."""
    theirs.load_state_dict(
        {k: torch.tensor(v.numpy().copy()) for k, v in ours.state_dict().items()}
    )


def pair() -> tuple[nn.Module, Any]:
    """The same network twice, with equal weights."""

    def build(nn: Any) -> Any:
        shared = nn.Linear(8, 8)
        return nn.Sequential(
            nn.Linear(3, 8), nn.ReLU(), shared, nn.Sequential(nn.Tanh(), nn.Dropout(0.5)), shared,
            nn.Linear(8, 2, bias=False), nn.LogSoftmax(dim=1),
        )  # fmt: skip

    ours, theirs = build(nn), build(torch.nn)
    load(ours, theirs)
    return ours, theirs


def test_a_network_agrees_in_text_state_values_and_gradients():
    ours, theirs = pair()
    assert repr(ours) == repr(theirs)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    assert [n for n, _ in ours.named_parameters()] == [n for n, _ in theirs.named_parameters()]
    assert [n for n, _ in ours.named_modules()] == [n for n, _ in theirs.named_modules()]
    same_everywhere(ours.eval(), theirs.eval(), numbers(5, 3))
    for one, other in zip(ours.parameters(), theirs.parameters(), strict=True):
        close(one.grad, other.grad)


def test_weights_saved_by_pytorch_can_be_loaded():
    ours, theirs = pair()
    with torch.no_grad():
        for p in theirs.parameters():
            p.add_(1.0)
    ours.load_state_dict(theirs.state_dict())
    for one, other in zip(ours.parameters(), theirs.parameters(), strict=True):
        close(one, other)


def test_a_refused_load_reads_as_in_pytorch():
    ours, theirs = pair()
    state = {**theirs.state_dict(), "more": torch.zeros(1)}
    del state["0.bias"]
    messages = []
    for model in (ours, theirs):
        with pytest.raises(RuntimeError) as error:
            model.load_state_dict(state)
        messages.append(str(error.value))
    assert messages[0] == messages[1]


# -- losses ----------------------------------------------------------------------------------------

REDUCTIONS = ("mean", "sum", "none")


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("name", ["MSELoss", "L1Loss", "BCEWithLogitsLoss", "BCELoss"])
def test_a_loss_of_two_equal_shapes_agrees(name, reduction):
    ours, theirs = (
        getattr(nn, name)(reduction=reduction),
        getattr(torch.nn, name)(reduction=reduction),
    )
    assert repr(ours) == repr(theirs)
    for shape in [(7,), (4, 3), ()]:
        x, y = numbers(*shape, seed=1), numbers(*shape, seed=2)
        if name.startswith("BCE"):
            y = np.asarray(1 / (1 + np.exp(-y)))
        if name == "BCELoss":
            x = np.asarray(1 / (1 + np.exp(-x)))
        if name == "L1Loss":
            x.reshape(-1)[:1] = y.reshape(-1)[:1]  # no slope there
        same_everywhere(ours, theirs, x, y)


@pytest.mark.filterwarnings("ignore:divide by zero encountered:RuntimeWarning")
@pytest.mark.parametrize("extreme", [0.0, 1.0, 1e-30])
def test_binary_cross_entropy_is_finite_at_the_ends_as_in_pytorch(extreme):
    x = np.array([extreme], np.float32)
    for y in (0.0, 1.0):
        # Not for the target: PyTorch's gradient of that is infinite where its loss is not.
        ours = lambda x, y=y: F.binary_cross_entropy(x, tg.tensor([y]))  # noqa: E731  a pair, one line each
        theirs = lambda x, y=y: torch.nn.BCELoss()(x, torch.tensor([y]))  # noqa: E731  a pair, one line each
        same_everywhere(ours, theirs, x)


@pytest.mark.parametrize("logit", [-1000.0, -30.0, 0.0, 30.0, 1000.0])
def test_binary_cross_entropy_of_large_logits_does_not_overflow(logit):
    for y in (0.0, 1.0):
        same_everywhere(
            F.binary_cross_entropy_with_logits,
            torch.nn.functional.binary_cross_entropy_with_logits,
            np.array([logit], np.float32),
            np.array([y], np.float32),
        )


CLASS_SHAPES = [((4, 3), (4,)), ((3,), ()), ((2, 3, 4), (2, 4)), ((2, 3, 4, 5), (2, 4, 5))]


@pytest.mark.parametrize("ignored", [-100, 1])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(("shape", "targets"), CLASS_SHAPES)
@pytest.mark.parametrize("name", ["NLLLoss", "CrossEntropyLoss"])
def test_a_loss_of_classes_agrees(name, shape, targets, weighted, ignored):
    x = numbers(*shape)
    y = np.random.default_rng(3).integers(0, 3, targets)
    if not targets and ignored == 1:
        y = np.asarray(2)  # all ignored is a case of its own, below
    weight = np.array([0.5, 2.0, 1.5], np.float32) if weighted else None
    for reduction in REDUCTIONS:
        ours = getattr(nn, name)(
            weight=None if weight is None else tg.tensor(weight),
            ignore_index=ignored,
            reduction=reduction,
        )
        theirs = getattr(torch.nn, name)(
            weight=None if weight is None else torch.tensor(weight),
            ignore_index=ignored,
            reduction=reduction,
        )
        assert repr(ours) == repr(theirs)
        assert list(ours.state_dict()) == list(theirs.state_dict())
        same_everywhere(ours, theirs, x, y)


@pytest.mark.filterwarnings("ignore:invalid value encountered:RuntimeWarning")
def test_the_mean_over_nothing_but_ignored_targets_is_nan_as_in_pytorch():
    x, y = numbers(2, 3), np.array([1, 1])
    ours = F.cross_entropy(tg.tensor(x), tg.tensor(y), ignore_index=1)
    theirs = torch.nn.functional.cross_entropy(torch.tensor(x), torch.tensor(y), ignore_index=1)
    assert math.isnan(ours.item())
    assert math.isnan(theirs.item())


@pytest.mark.parametrize("scale", [1.0, 1e4])
def test_cross_entropy_of_large_logits_stays_finite(scale):
    x, y = numbers(4, 3) * np.float32(scale), np.array([0, 1, 2, 0])
    same_everywhere(F.cross_entropy, torch.nn.functional.cross_entropy, x, y)


@pytest.mark.parametrize(
    ("call", "what"),
    [
        (lambda t, nn: nn.functional.cross_entropy(t.zeros(2, 3), t.tensor([0, 3])), IndexError),
        (lambda t, nn: nn.functional.nll_loss(t.zeros(2, 3), t.tensor([-1, 0])), IndexError),
        (lambda t, nn: nn.functional.nll_loss(t.zeros(2, 3), t.tensor([1, 0, 1])), ValueError),
        (lambda t, nn: nn.functional.mse_loss(t.zeros(2), t.zeros(2), reduction="max"), ValueError),
        (
            lambda t, nn: nn.functional.binary_cross_entropy(t.tensor([1.5]), t.tensor([1.0])),
            RuntimeError,
        ),
        (lambda t, nn: nn.functional.binary_cross_entropy(t.zeros(2), t.zeros(3)), ValueError),
        (lambda t, nn: nn.functional.dropout(t.zeros(2), 1.5), ValueError),
        (lambda t, nn: nn.Dropout(-0.1), ValueError),
    ],
)
def test_wrong_arguments_raise_the_class_that_pytorch_raises(call, what):
    for library, layers in ((tg, nn), (torch, torch.nn)):
        with pytest.raises(what):
            call(library, layers)


# -- functional ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("relu", {}),
        ("tanh", {}),
        ("sigmoid", {}),
        ("silu", {}),
        ("logsigmoid", {}),
        ("leaky_relu", {}),
        ("leaky_relu", {"negative_slope": 0.2}),
        ("elu", {"alpha": 2.0}),
        ("softplus", {}),
        ("softplus", {"beta": 3.0, "threshold": 2.0}),
        ("softmax", {"dim": 0}),
        ("log_softmax", {"dim": -1}),
    ],
)
def test_a_function_agrees_for_small_large_and_zero_inputs(name, options):
    ours, theirs = getattr(F, name), getattr(torch.nn.functional, name)
    x = np.array([[-1e4, -90.0, -3.0, -1e-3], [0.0, 1e-3, 90.0, 1e4]], np.float32)
    same_everywhere(ours, theirs, x, **options)


@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
def test_softmax_converts_before_it_computes(name):
    x = numbers(2, 3)
    ours = getattr(F, name)(tg.tensor(x), 1, dtype=tg.float64)
    theirs = getattr(torch.nn.functional, name)(torch.tensor(x), 1, dtype=torch.float64)
    close(ours, theirs, 1e-14)


@pytest.mark.parametrize("count", [-1, 5])
def test_one_hot_agrees(count):
    y = np.array([[0, 2], [1, 2]])
    close(F.one_hot(tg.tensor(y), count), torch.nn.functional.one_hot(torch.tensor(y), count))


@pytest.mark.parametrize("classes", [[-1, 0], [3, 0]])
def test_one_hot_refuses_what_is_no_class_with_pytorchs_words(classes):
    messages = []
    for library, functional in ((tg, F), (torch, torch.nn.functional)):
        with pytest.raises(RuntimeError) as error:
            functional.one_hot(library.tensor(classes), 3)
        messages.append(str(error.value).splitlines()[0])
    assert messages[0] == messages[1]


# -- first weights ---------------------------------------------------------------------------------


def distance(one: np.ndarray, other: np.ndarray) -> float:
    """Kolmogorov and Smirnov's: the largest difference of two empirical distribution functions."""
    everything = np.sort(np.concatenate([one, other]))
    return float(
        np.abs(
            np.searchsorted(np.sort(one), everything, side="right") / one.size
            - np.searchsorted(np.sort(other), everything, side="right") / other.size
        ).max()
    )


def critical(n: int, m: int) -> float:
    """Larger distances happen by chance in one of a million comparisons."""
    return math.sqrt(-math.log(1e-6 / 2) / 2 * (n + m) / (n * m))


@pytest.mark.parametrize(("inputs", "outputs"), [(1, 4000), (7, 700), (30, 300)])
def test_a_linear_layer_starts_from_pytorchs_distribution(inputs, outputs):
    tg.manual_seed(0)
    torch.manual_seed(0)
    ours, theirs = nn.Linear(inputs, outputs), torch.nn.Linear(inputs, outputs)
    for name in ("weight", "bias"):
        one = getattr(ours, name).detach().numpy().reshape(-1)
        other = getattr(theirs, name).detach().numpy().reshape(-1)
        assert distance(one, other) < critical(one.size, other.size)
        assert np.abs(one).max() <= 1 / math.sqrt(inputs)
        # The comparison would notice if they were twice as large.
        assert distance(2 * one, other) > critical(one.size, other.size)


INITS = [
    ("uniform_", (-2.0, 3.0)), ("normal_", (1.0, 2.0)), ("kaiming_uniform_", ()),
    ("kaiming_uniform_", (0.0, "fan_out", "relu")), ("kaiming_normal_", (0.0, "fan_in", "relu")),
    ("xavier_uniform_", (2.0,)), ("xavier_normal_", ()),
]  # fmt: skip


@pytest.mark.parametrize(("name", "arguments"), INITS)
def test_an_initialisation_draws_from_pytorchs_distribution(name, arguments):
    tg.manual_seed(1)
    torch.manual_seed(1)
    ours, theirs = tg.empty(40, 30, 5), torch.empty(40, 30, 5)
    assert getattr(nn.init, name)(ours, *arguments) is ours
    getattr(torch.nn.init, name)(theirs, *arguments)
    one, other = ours.numpy().reshape(-1), theirs.numpy().reshape(-1)
    assert distance(one, other) < critical(one.size, other.size)
    assert distance(1.25 * one, other) > critical(one.size, other.size)


@pytest.mark.parametrize(
    ("nonlinearity", "param"),
    [*itertools.product(["linear", "conv2d", "sigmoid", "tanh", "relu", "selu"], [None]),
     ("leaky_relu", None), ("leaky_relu", 0.2)],
)  # fmt: skip
def test_gains_are_pytorchs(nonlinearity, param):
    assert nn.init.calculate_gain(nonlinearity, param) == pytest.approx(
        torch.nn.init.calculate_gain(nonlinearity, param)
    )


@pytest.mark.parametrize("name", ["kaiming_uniform_", "xavier_normal_"])
def test_initialisations_that_need_two_dimensions_refuse_one(name):
    messages = []
    for library, init in ((tg, nn.init), (torch, torch.nn.init)):
        with pytest.raises(ValueError, match="Fan in and fan out") as error:
            getattr(init, name)(library.empty(3))
        messages.append(str(error.value))
    assert messages[0] == messages[1]


def test_constants_fill_without_being_recorded():
    w = nn.Parameter(tg.empty(2, 2))
    nn.init.constant_(w, 3.0)
    assert w.tolist() == [[3.0, 3.0], [3.0, 3.0]]
    assert nn.init.ones_(w).tolist() == [[1.0, 1.0], [1.0, 1.0]]
    assert nn.init.zeros_(w).is_leaf
    with pytest.raises(ValueError, match="Unsupported nonlinearity swish"):
        nn.init.calculate_gain("swish")


def test_dropout_keeps_the_share_and_the_mean_that_pytorch_keeps():
    tg.manual_seed(0)
    x = tg.ones(100_000)
    y = nn.Dropout(0.3)(x)
    kept = (y != 0).float().mean().item()
    assert kept == pytest.approx(0.7, abs=0.01)
    assert y.max().item() == pytest.approx(1 / 0.7)
    assert torch.nn.Dropout(0.3)(torch.ones(10_000)).max().item() == pytest.approx(1 / 0.7)
