"""`nn.functional`'s losses, evaluated by tracegrad and by PyTorch."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch

import tracegrad as tg
from tests.parity.both import assert_same

pytestmark = pytest.mark.parity

REDUCTIONS = ("mean", "sum", "none")
PAIRS = [
    "F.mse_loss(a, b, reduction={r})", "F.mse_loss(a, b, reduction={r}, weight=p)",
    "F.l1_loss(a, b, reduction={r})", "F.l1_loss(a, b, reduction={r}, weight=p)",
    "F.smooth_l1_loss(a, b, reduction={r})", "F.smooth_l1_loss(a, b, reduction={r}, beta=0.3)",
    "F.smooth_l1_loss(a, b, reduction={r}, beta=0.0)", "F.huber_loss(a, b, reduction={r})",
    "F.huber_loss(a, b, {r}, 0.5, p)",
    "F.binary_cross_entropy(p, t.float(), reduction={r})",
    "F.binary_cross_entropy(p, t.float(), row.detach(), reduction={r})",
    "F.binary_cross_entropy_with_logits(a, p, reduction={r})",
    "F.binary_cross_entropy_with_logits(a * 60, t.float(), reduction={r})",
    "F.binary_cross_entropy_with_logits(a, p, row.detach(), reduction={r})",
    "F.binary_cross_entropy_with_logits(a, p, reduction={r}, pos_weight=row.detach().abs())",
    "F.binary_cross_entropy_with_logits(a * 9, p.detach(), b.detach(),"
    " reduction={r}, pos_weight=s.detach())",
    "F.soft_margin_loss(a, b.detach().sign(), reduction={r})",
    "F.kl_div(a.log_softmax(1), p, reduction={r})",
    "F.kl_div(a.log_softmax(1), b, reduction={r}, log_target=True)",
    "F.kl_div(a, t.float(), reduction={r})", "F.kl_div(a, row.detach().abs(), reduction={r})",
    "F.poisson_nll_loss(a, p * 9, reduction={r})",
    "F.poisson_nll_loss(a.exp(), p.detach() * 9, False, True, reduction={r})",
    "F.gaussian_nll_loss(a, b, p, reduction={r})",
    "F.gaussian_nll_loss(a, b, p * 0 + 1e-9, reduction={r})",
    "F.gaussian_nll_loss(a, b, p[:, 0], True, reduction={r})",
    "F.gaussian_nll_loss(a, b, p[:, :1], eps=0.5, reduction={r})",
    "F.gaussian_nll_loss(a, b, 0.5, reduction={r})",
    "F.margin_ranking_loss(a, b, p.detach().sub(0.5).sign(), 0.1, reduction={r})",
    "F.hinge_embedding_loss(a, p.detach().sub(0.5).sign(), reduction={r})",
    "F.cosine_embedding_loss(a, b, T.tensor([1, -1]), -0.9, reduction={r})",
    "F.cosine_embedding_loss(row, v[:3], T.tensor(1), reduction={r})",
    "F.triplet_margin_loss(a, b, p, reduction={r})",
    "F.triplet_margin_loss(a, b, p, 0.5, 1.0, swap=True, reduction={r})",
    "F.triplet_margin_with_distance_loss(a, b, p, swap=True, reduction={r})",
    "F.triplet_margin_with_distance_loss(a, b, p, margin=3.0, reduction={r},"
    " distance_function=lambda one, other: (one - other).abs().amax(-1))",
    "F.multilabel_soft_margin_loss(a, t.float(), reduction={r})",
    "F.multilabel_soft_margin_loss(row, f.float(), row.detach(), reduction={r})",
    "F.multi_margin_loss(a, y, reduction={r})", "F.multi_margin_loss(row, y[0], reduction={r})",
    "F.multi_margin_loss(a, y, 2, 0.5, row.detach().abs(), reduction={r})",
    "F.multilabel_margin_loss(a, T.tensor([[1, -1, 0], [2, 0, -1]]), reduction={r})",
    "F.multilabel_margin_loss(a, T.tensor([[0, 1, 2], [-1, 0, 1]]), reduction={r})",
    "F.multilabel_margin_loss(v, T.tensor([3, 0, -1, 1]), reduction={r})",
]  # fmt: skip


@pytest.mark.filterwarnings("ignore:reduction. 'mean' divides the total loss:UserWarning")
@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("expression", PAIRS)
def test_a_loss_agrees(expression, reduction):
    assert_same(expression.replace("{r}", repr(reduction)))


REFUSED = [
    "F.l1_loss(a, b, reduction='max')", "F.smooth_l1_loss(a, b, beta=-1.0)",
    "F.huber_loss(a, b, delta=0.0)", "F.huber_loss(a, b, weight=row)",
    "F.binary_cross_entropy(p, row)", "F.binary_cross_entropy_with_logits(a, row)",
    "F.gaussian_nll_loss(a, b, -p)", "F.gaussian_nll_loss(a, b, -1.0)",
    "F.gaussian_nll_loss(a, b, v)", "F.gaussian_nll_loss(a, b, p, reduction='max')",
    "F.margin_ranking_loss(a, b, row)", "F.cosine_embedding_loss(a, b, t)",
    "F.cosine_embedding_loss(row, row, T.tensor([1]))", "F.triplet_margin_loss(a, b, p, 0.0)",
    "F.triplet_margin_loss(a, b, row)", "F.triplet_margin_with_distance_loss(a, b, p, margin=-1.0)",
    "F.multi_margin_loss(a, y, 3)", "F.multi_margin_loss(a, y, weight=q)",
    "F.cross_entropy(a, y, label_smoothing=1.5)", "F.cross_entropy(a, p, ignore_index=1)",
    "F.cross_entropy(a, y, weight=v)", "F.poisson_nll_loss(a, b, reduction='max')",
    "F.kl_div(a, b, reduction='max')",
]  # fmt: skip


@pytest.mark.parametrize("expression", REFUSED)
def test_a_wrong_argument_raises_the_class_that_pytorch_raises(expression):
    assert_same(f"1 / 0 if False else {expression}")


@pytest.mark.parametrize("reduction", ["batchmean", "sum"])
@pytest.mark.parametrize("input", ["a", "row", "s"])
def test_the_divergence_by_batch_agrees(input, reduction):
    assert_same(f"F.kl_div({input}, {input}.detach().abs(), reduction={reduction!r})")


def test_the_divergence_by_mean_warns_as_in_pytorch():
    messages = []
    for library in (tg, torch):
        x = library.zeros(2, 3)
        with pytest.warns(UserWarning, match="batchmean") as seen:
            library.nn.functional.kl_div(x, x)
        messages.append(str(seen[0].message))
    assert messages[0] == messages[1]


@pytest.mark.parametrize("older", itertools.product([None, False, True], repeat=2), ids=str)
def test_the_older_arguments_choose_the_reduction_with_pytorchs_warning(older):
    if older == (None, None):
        assert_same("F.mse_loss(a, b, None, None)")
        return
    messages = []
    for library in (tg, torch):
        x, y = library.tensor([1.0, 2.0]), library.tensor([3.0, 7.0])
        with pytest.warns(UserWarning, match="size_average and reduce") as seen:
            found = library.nn.functional.l1_loss(x, y, *older)
        messages.append((str(seen[0].message), found.tolist()))
    assert messages[0] == messages[1]


# -- classes ---------------------------------------------------------------------------------------

CLASS_SHAPES = [((4, 3), (4,)), ((3,), ()), ((2, 3, 4), (2, 4)), ((2, 3, 2, 2), (2, 2, 2))]


def both(function, x, *arrays, **options):
    """Values and gradients of `x` in both libraries."""
    found = []
    for library in (tg, torch):
        leaf = library.tensor(x, requires_grad=True)
        others = [None if a is None else library.tensor(a) for a in arrays]
        loss = function(library.nn.functional)(leaf, *others, **options)
        loss.backward(library.ones_like(loss))
        found.append((loss.detach().numpy(), leaf.grad.numpy()))
    (ours, our_gradient), (theirs, their_gradient) = found
    assert ours.shape == theirs.shape
    np.testing.assert_allclose(ours, theirs, rtol=2e-5, atol=1e-6)
    np.testing.assert_allclose(our_gradient, their_gradient, rtol=2e-5, atol=1e-6)


@pytest.mark.parametrize("smoothing", [0.0, 0.2, 1.0])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize(("shape", "targets"), CLASS_SHAPES)
def test_cross_entropy_agrees(shape, targets, reduction, weighted, smoothing):
    random = np.random.default_rng(5)
    x = random.normal(size=shape).astype(np.float32)
    weight = np.array([0.5, 2.0, 1.5], np.float32) if weighted else None
    options = {"reduction": reduction, "label_smoothing": smoothing}
    classes = random.integers(0, 3, targets)
    both(lambda f: f.cross_entropy, x, classes, weight, **options)
    if targets:
        classes.flat[1] = -100
        both(lambda f: f.cross_entropy, x, classes, weight, **options)
    shares = random.dirichlet([1, 1, 1], targets).astype(np.float32)
    shares = np.moveaxis(shares, -1, 0 if len(shape) == 1 else 1)
    both(lambda f: f.cross_entropy, x, shares, weight, **options)


@pytest.mark.parametrize("scale", [1.0, 40.0, 1e4])
def test_cross_entropy_keeps_the_small_loss_of_a_class_that_is_nearly_certain(scale):
    x = np.array([[1.0, 0.0, -1.0], [0.5, 1.0, 0.25]], np.float32) * np.float32(scale)
    both(lambda f: f.cross_entropy, x, np.array([0, 1]), reduction="none")


def test_the_gradient_of_a_probability_target_agrees():
    assert_same("F.cross_entropy(a, p)")
    assert_same("F.cross_entropy(a, p, row.detach().abs(), label_smoothing=0.1)")


# -- sequences -------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["matrix", "row"])
@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("blank", [0, 4])
def test_ctc_loss_of_log_softmax_agrees(reduction, blank, form):
    random = np.random.default_rng(2)
    x = random.normal(size=(9, 3, 5)).astype(np.float32)
    labels = np.array([[1, 2, 2, 3], [3, 1, 0, 0], [2, 2, 1, 0]])
    if blank == 4:
        labels = labels.clip(0, 3)
    lengths, inputs = [4, 2, 3], [9, 7, 8]
    if form == "row":
        labels = np.concatenate([row[:n] for row, n in zip(labels, lengths, strict=True)])

    def loss(functional):
        return lambda leaf, target: functional.ctc_loss(
            functional.log_softmax(leaf, 2), target, inputs, lengths, blank, reduction
        )

    both(loss, x, labels)


@pytest.mark.parametrize("zero_infinity", [False, True])
def test_ctc_loss_of_a_target_that_is_too_long_agrees(zero_infinity):
    found = []
    for library in (tg, torch):
        x = library.zeros(3, 2, 4).log_softmax(2)
        loss = library.nn.functional.ctc_loss(
            x, library.tensor([[1, 1, 1], [1, 2, 3]]), library.tensor([3, 3]),
            library.tensor([3, 3]), reduction="none", zero_infinity=zero_infinity,
        )  # fmt: skip
        found.append(loss.tolist())
    assert found[0] == pytest.approx(found[1])


def test_the_second_gradient_of_ctc_loss_is_that_of_its_finite_differences():
    random = np.random.default_rng(4)
    x = tg.tensor(random.normal(size=(4, 1, 3)), requires_grad=True)

    def gradient(logits):
        logs = tg.log_softmax(logits, 2)
        loss = tg.nn.functional.ctc_loss(logs, tg.tensor([[1, 2]]), [4], [2])
        return tg.autograd.grad(loss, logits, create_graph=True)[0]

    push = tg.tensor(random.normal(size=(4, 1, 3)))
    (second,) = tg.autograd.grad((gradient(x) * push).sum(), x)
    step = 1e-6 * push
    moved = [gradient((x.detach() + sign * step).requires_grad_()).detach() for sign in (1, -1)]
    np.testing.assert_allclose(
        second.numpy(), ((moved[0] - moved[1]) / 2e-6).numpy(), rtol=1e-5, atol=1e-8
    )
