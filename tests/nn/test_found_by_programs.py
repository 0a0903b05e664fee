"""What the random programs of tests/parity found, each as one small case without PyTorch."""

from __future__ import annotations

import copy
import math
import pickle

import numpy as np
import pytest

import tracegrad as tg
from tracegrad import nn
from tracegrad.nn import functional as F

INF = math.inf

# -- copies ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "copied", [copy.copy, copy.deepcopy, lambda p: pickle.loads(pickle.dumps(p))]
)
def test_a_copied_parameter_has_no_gradient_and_a_copied_leaf_keeps_it(copied):
    p = nn.Parameter(tg.ones(2))
    p.sum().backward()
    again = copied(p)
    assert again.grad is None
    assert p.grad.tolist() == [1.0, 1.0]
    assert again.requires_grad
    assert not copied(nn.Parameter(tg.ones(2), requires_grad=False)).requires_grad
    leaf = tg.ones(2, requires_grad=True)
    leaf.sum().backward()
    assert copy.deepcopy(leaf).grad.tolist() == [1.0, 1.0]


# -- classes ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_an_ignored_row_counts_nothing_where_the_first_class_is_masked_out(reduction):
    scores = tg.tensor([[-INF, 1.0, 2.0], [-INF, 0.5, 0.5]], requires_grad=True)
    target = tg.tensor([-100, 1])
    loss = F.cross_entropy(scores, target, reduction=reduction)
    loss.backward()
    assert loss.item() == pytest.approx(math.log(2))
    np.testing.assert_allclose(scores.grad.numpy(), [[0, 0, 0], [0, -0.5, 0.5]])


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_the_mean_of_no_losses_is_nan_but_leaves_the_weights_alone(smoothing):
    scores = tg.zeros(2, 3, requires_grad=True)
    loss = F.cross_entropy(scores, tg.tensor([-100, -100]), label_smoothing=smoothing)
    loss.backward()
    assert loss.isnan()
    assert not scores.grad.any()
    logs = tg.zeros(2, 3, requires_grad=True)
    F.nll_loss(logs, tg.tensor([-100, -100])).backward()
    assert not logs.grad.any()


def test_an_infinite_score_for_a_no_costs_infinitely_much_and_is_no_nan():
    loss = F.binary_cross_entropy_with_logits(tg.tensor([INF]), tg.tensor([0.0]))
    assert loss.item() == INF


@pytest.mark.parametrize("p", [1, 2])
def test_a_margin_that_is_just_kept_has_no_gradient(p):
    scores = tg.tensor([[1.0, 0.0, -3.0]], requires_grad=True)
    F.multi_margin_loss(scores, tg.tensor([0]), p=p).backward()
    assert not scores.grad.any()
    F.multilabel_margin_loss(scores, tg.tensor([[0, -1, -1]])).backward()
    assert not scores.grad.any()


# -- windows ---------------------------------------------------------------------------------------


def test_the_mean_of_one_window_as_long_as_its_sequence_counts_the_padding():
    x = tg.tensor([[1.0, 2.0, 30.0]], requires_grad=True)
    out = F.avg_pool1d(x, 3, padding=1)  # of 0 1 2 30 0 the first three
    out.sum().backward()
    assert out.tolist() == [[1.0]]
    np.testing.assert_allclose(x.grad.numpy(), [[1 / 3, 1 / 3, 0]], rtol=1e-6)


def test_a_kernel_of_one_element_sees_the_padding_that_strides_take_it_to():
    x = tg.tensor([[[2.0, 3.0]]], requires_grad=True)
    weight = tg.ones(1, 1, 1, requires_grad=True)
    out = F.conv1d(x, weight, stride=3, padding=2)  # of 0 0 2 3 0 0 the first and the fourth
    out.backward(tg.tensor([[[1.0, 10.0]]]))
    assert out.tolist() == [[[0.0, 3.0]]]
    assert x.grad.tolist() == [[[0.0, 10.0]]]
    assert weight.grad.item() == 30.0
    back = F.conv_transpose1d(tg.tensor([[[5.0, 7.0]]]), tg.ones(1, 1, 1), stride=3, padding=1)
    assert back.tolist() == [[[0.0, 0.0]]]


@pytest.mark.parametrize("wrong", [math.nan, INF])
def test_what_is_not_finite_stays_in_its_channel_and_within_reach_of_its_kernel(wrong):
    x = tg.ones(1, 3, 8)
    x[0, 1, 2] = wrong
    x.requires_grad_()
    layer = nn.Conv1d(3, 3, 3, padding=1, groups=3, bias=False)
    out = layer(x)
    out.sum().backward()
    assert (~out.isfinite()).nonzero().tolist() == [[0, 1, 1], [0, 1, 2], [0, 1, 3]]
    assert x.grad.isfinite().all()
    assert (~layer.weight.grad.isfinite()).nonzero()[:, 0].unique().tolist() == [1]


# -- nothing to compute ----------------------------------------------------------------------------


@pytest.mark.parametrize("norm", ["batch_norm", "instance_norm"])
def test_an_empty_batch_teaches_running_statistics_nothing(norm):
    x = tg.zeros(0, 3, 4) if norm == "batch_norm" else tg.zeros(2, 3, 0)
    mean, variance = tg.full((3,), 2.0), tg.full((3,), 5.0)
    getattr(F, norm)(x, mean, variance, **{"training": True} if norm == "batch_norm" else {})
    assert mean.tolist() == [2.0] * 3
    assert variance.tolist() == [5.0] * 3


@pytest.mark.filterwarnings("ignore:Initializing zero-element tensors")
@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (lambda: nn.Linear(0, 2), (2, 3, 0)), (lambda: nn.Linear(3, 0), (2, 0, 3)),
        (lambda: nn.Linear(3, 2), (0, 4, 3)), (lambda: nn.LayerNorm(0), (4, 0)),
        (lambda: nn.LayerNorm((0, 2)), (3, 0, 2)), (lambda: nn.RMSNorm(0), (4, 0)),
        (lambda: nn.Conv1d(2, 2, 3, groups=2), (0, 2, 8)),
    ],
)  # fmt: skip
def test_gradients_of_no_elements_have_their_shapes(layer, shape):
    made = layer()
    x = tg.zeros(shape, requires_grad=True)
    made(x).sum().backward()
    assert x.grad.shape == shape
    for p in made.parameters():
        assert p.grad.shape == p.shape


def test_bilinear_takes_no_rows_and_gives_none():
    layer = nn.Bilinear(3, 2, 0)
    x, y = tg.zeros(2, 0, 3, requires_grad=True), tg.zeros(2, 0, 2)
    out = layer(x, y)
    out.sum().backward()
    assert out.shape == (2, 0, 0)
    assert x.grad.shape == (2, 0, 3)


@pytest.mark.parametrize("mode", ["sum", "mean", "max"])
def test_empty_bags_have_a_history(mode):
    layer = nn.EmbeddingBag(3, 2, mode=mode)
    out = layer(tg.zeros(0, dtype=tg.int64), tg.tensor([0, 0]))
    out.sum().backward()
    assert out.tolist() == [[0.0, 0.0]] * 2
    assert not layer.weight.grad.any()


# -- options ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("dims", "expected"),
    [(1, [0, 0, 0, 1, 1, 2]), (2, [0, 0, 1, 1, 2, 2]), (3, [0, 0, 0, 1, 1, 2])],
)
def test_the_nearest_elements_of_a_picture_that_doubles_are_each_taken_twice(dims, expected):
    """As in PyTorch, whatever the scale; and not of lines and volumes."""
    x = tg.arange(3.0).expand((1, 1) + (1,) * (dims - 1) + (3,)).clone().requires_grad_()
    out = F.interpolate(x, scale_factor=(1,) * (dims - 1) + (2.3,))
    assert out.flatten().tolist() == expected
    out.sum().backward()
    assert x.grad.flatten().tolist() == [expected.count(n) for n in range(3)]


def test_instance_norm_names_the_dimension_of_one_example_that_does_not_fit():
    with pytest.raises(
        ValueError, match=r"input's size at dim=0 to match num_features \(2\), but got: 3"
    ):
        nn.InstanceNorm1d(2, affine=True)(tg.zeros(3, 4))


# -- numbers that are drawn ------------------------------------------------------------------------


def test_one_number_is_drawn_alike_with_and_without_replacement():
    weights = tg.tensor([0.1, 2.0, 0.0, 1.0])
    draws = []
    for replacement in (True, False):
        tg.manual_seed(11)
        draws.append([tg.multinomial(weights, 1, replacement).item() for _ in range(20)])
    assert draws[0] == draws[1]
    assert set(draws[0]) == {0, 1, 3}


# -- parameters that show one memory ---------------------------------------------------------------


def test_lbfgs_adds_the_updates_of_both_parameters_that_show_an_element():
    base = tg.zeros(3)
    one, other = nn.Parameter(base[:2]), nn.Parameter(base[1:])
    optimizer = tg.optim.LBFGS([one, other], lr=1.0, max_iter=1)

    def closure():
        optimizer.zero_grad()
        loss = 0.01 * (one.sum() + other.sum())
        loss.backward()
        return loss

    optimizer.step(closure)
    np.testing.assert_allclose(base.numpy(), [-0.01, -0.02, -0.01], rtol=1e-6)


def test_parameters_that_share_an_element_are_stepped_as_by_optimizers_of_their_own():
    """Also if they have seen different numbers of gradients, which other buckets are for."""

    def trained(together):
        base = tg.tensor([1.0, 2.0, 3.0])
        ps = [nn.Parameter(tg.ones(1)), nn.Parameter(base[:2]), nn.Parameter(base[1:])]
        groups = [ps] if together else [[p] for p in ps]
        options = {"lr": 0.5, "momentum": 0.9, "weight_decay": 0.3}
        optimizers = [tg.optim.SGD(group, **options) for group in groups]
        for present in ((0, 2), (0, 1, 2)):
            for n, p in enumerate(ps):
                p.grad = tg.ones_like(p) if n in present else None
            for optimizer in optimizers:
                optimizer.step()
        return base.tolist()

    assert trained(together=True) == trained(together=False)


def test_a_target_of_kl_div_that_is_no_probability_gives_nan_and_one_of_zero_does_not():
    target = tg.tensor([-0.5, 0.0, 0.5], requires_grad=True)
    loss = F.kl_div(tg.zeros(3), target, reduction="none")
    assert loss.isnan().tolist() == [True, False, False]
    (g,) = tg.autograd.grad(loss.sum(), target)
    assert g.isnan().tolist() == [True, False, False]
