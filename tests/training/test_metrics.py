"""Metrics against formulas written another way."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from scipy import stats

import tracegrad as tg
from tests.training.networks import classes, line, recipe
from tracegrad.training import TrainingError, metrics

RANDOM = np.random.default_rng(5)


def measured(metric: metrics.Metric, pred: np.ndarray, target: np.ndarray, parts: int = 3) -> float:
    """The metric over data that come in batches of different sizes."""
    cuts = np.linspace(0, len(pred), parts + 1).astype(int) ** 2 // max(len(pred), 1)
    cuts[-1] = len(pred)
    metric.reset()
    for low, high in pairwise(cuts):
        metric.update(tg.from_numpy(pred[low:high]), tg.from_numpy(target[low:high]))
    return metric.compute()


@pytest.mark.parametrize("shape", [(40, 5), (40, 5, 3), (40, 2, 4, 4)])
def test_accuracy_is_the_share_of_examples_whose_largest_score_is_their_class(shape):
    pred = RANDOM.standard_normal(shape).astype(np.float32)
    target = RANDOM.integers(0, shape[1], (shape[0], *shape[2:]))
    scores = np.moveaxis(pred, 1, -1).reshape(-1, shape[1]).tolist()
    right = [row.index(max(row)) == t for row, t in zip(scores, target.ravel(), strict=True)]
    assert measured(metrics.Accuracy(), pred, target) == pytest.approx(sum(right) / len(right))


@pytest.mark.parametrize("threshold", [0.0, 0.2, 0.5, 1.0])
def test_binary_accuracy_compares_with_the_threshold(threshold):
    pred = RANDOM.random(50).astype(np.float32)
    target = RANDOM.integers(0, 2, 50)
    expected = sum((p > threshold) == t for p, t in zip(pred, target, strict=True)) / 50
    assert measured(metrics.BinaryAccuracy(threshold), pred, target) == pytest.approx(expected)
    logits = np.log(pred / (1 - pred))
    with_logits = metrics.BinaryAccuracyWithLogits(threshold)
    assert measured(with_logits, logits, target) == pytest.approx(expected)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_distances_are_over_all_elements(dtype):
    pred, target = RANDOM.standard_normal((2, 31, 4)).astype(dtype)
    difference = pred.astype(float) - target.astype(float)
    expected = {
        metrics.MAE: np.abs(difference).mean(),
        metrics.MSE: (difference**2).mean(),
        metrics.RMSE: np.sqrt((difference**2).mean()),
    }
    for kind, value in expected.items():
        assert measured(kind(), pred, target) == pytest.approx(value, rel=1e-12), kind


def pairs_won(scores: np.ndarray, positive: np.ndarray) -> float:
    """The share of pairs in which the positive example scores higher; equal ones count half."""
    above = scores[positive][:, None] - scores[~positive][None, :]
    return float(((above > 0) + 0.5 * (above == 0)).mean())


@pytest.mark.parametrize("levels", [3, 20, 10_000])
def test_binary_auroc_is_the_share_of_pairs_that_are_in_order(levels):
    pred = RANDOM.integers(0, levels, 80) / levels
    target = RANDOM.integers(0, 2, 80)
    area = measured(metrics.BinaryAUROC(), pred, target)
    assert area == pytest.approx(pairs_won(pred, target == 1))
    # Mann and Whitney's statistic is the same thing, in SciPy's hands.
    u = stats.mannwhitneyu(pred[target == 1], pred[target == 0]).statistic
    assert area == pytest.approx(u / ((target == 1).sum() * (target == 0).sum()))


@pytest.mark.parametrize("from_logits", [False, True])
@pytest.mark.parametrize("average", ["micro", "macro", "weighted"])
def test_multiclass_auroc_is_that_of_each_class_against_the_others(average, from_logits):
    logits = RANDOM.standard_normal((60, 4))
    target = RANDOM.choice(4, 60, p=[0.1, 0.2, 0.3, 0.4])
    given = logits
    scores = np.exp(logits) / np.exp(logits).sum(1, keepdims=True) if from_logits else logits
    onehot = np.eye(4, dtype=bool)[target]
    each = [pairs_won(scores[:, c], onehot[:, c]) for c in range(4)]
    expected = {
        "micro": pairs_won(scores.ravel(), onehot.ravel()),
        "macro": sum(each) / 4,
        "weighted": sum(a * n for a, n in zip(each, onehot.sum(0), strict=True)) / 60,
    }[average]
    metric = metrics.MulticlassAUROC(from_logits, average)
    assert measured(metric, given, target) == pytest.approx(expected)


def test_an_area_of_one_kind_of_examples_only_is_no_number():
    assert math.isnan(measured(metrics.BinaryAUROC(), np.arange(4.0), np.ones(4)))
    two = np.array([0, 0, 1, 1])
    pred = RANDOM.random((4, 3))
    assert measured(metrics.MulticlassAUROC(average="macro"), pred, two) == pytest.approx(
        np.mean([pairs_won(pred[:, c], two == c) for c in (0, 1)])
    )


@pytest.mark.parametrize(
    "kind",
    [
        metrics.Accuracy, metrics.BinaryAccuracy, metrics.BinaryAccuracyWithLogits,
        metrics.BinaryAUROC, metrics.MulticlassAUROC, metrics.MAE, metrics.MSE, metrics.RMSE,
    ],
)  # fmt: skip
def test_a_metric_of_nothing_is_no_number_and_resets(kind):
    metric = kind()
    assert math.isnan(metric.compute())
    state = metric.state_dict()
    assert set(state) == set(metric.STATE)
    metric.load_state_dict(state)
    assert math.isnan(metric.compute())
    assert kind(name="mine").name == "mine"


def test_a_metric_goes_on_from_its_state():
    pred, target = RANDOM.random(40), RANDOM.integers(0, 2, 40)
    for kind in (metrics.BinaryAUROC, metrics.BinaryAccuracy, metrics.MSE):
        whole = measured(kind(), pred, target)
        first, second = kind(), kind()
        first.update(tg.from_numpy(pred[:15]), tg.from_numpy(target[:15]))
        second.load_state_dict(first.state_dict())
        second.update(tg.from_numpy(pred[15:]), tg.from_numpy(target[15:]))
        assert second.compute() == pytest.approx(whole)


# -- in a fit --------------------------------------------------------------------------------------


def test_a_function_is_averaged_by_examples():
    def largest(pred, target):
        return pred.max()

    x, y = np.arange(10, dtype=np.float32)[:, None].repeat(2, 1), np.zeros((10, 1))
    fitted = line().fit((x, y), 1, verbose=False)
    fitted.model.load_state_dict({"weight": tg.tensor([[1.0, 0.0]]), "bias": tg.zeros(1)})
    options = {"batch_size": 6}
    found = fitted.evaluate((x, y), metrics=[largest], verbose=False, dataloader_options=options)
    assert found["largest"] == pytest.approx((5 * 6 + 9 * 4) / 10)


def test_a_metric_given_to_setup_stays_as_it_was():
    given = metrics.Accuracy()
    made = recipe()
    object.__setattr__(made, "metrics", [given])
    made.fit(classes(), 2, verbose=False)
    assert (given.total, given.count) == (0.0, 0)


def test_metrics_without_targets_say_what_is_missing():
    class Untargeted(tg.nn.Linear):
        def step(self, ctx):
            ctx.pred = self(ctx.input)
            ctx.optimize(ctx.pred.mean())

    made = tg.training.setup(Untargeted(2, 1), optimizer=tg.optim.SGD, metrics=[metrics.MAE()])
    with pytest.raises(TrainingError, match=r"there is no ctx.target\n  try: set it in step"):
        made.fit(np.ones((4, 2)), 1, verbose=False)


@pytest.mark.parametrize(
    ("metric", "pred", "target", "words"),
    [
        (metrics.MAE(), (4, 1), (4,), r"pred has shape \[4, 1\], target \[4\]"),
        (metrics.Accuracy(), (4,), (4,), "BinaryAccuracyWithLogits for one score"),
        (metrics.Accuracy(), (4, 3), (4, 3), "one-hot targets"),
        (metrics.BinaryAUROC(), (4, 1), (4,), "BinaryAUROC: pred has shape"),
        (metrics.MulticlassAUROC(), (4,), (4,), r"are not \(N, C\) scores"),
    ],
)
def test_shapes_that_do_not_fit_are_refused_instead_of_broadcast(metric, pred, target, words):
    with pytest.raises(ValueError, match=words):
        metric.update(tg.ones(pred), tg.ones(target))


def test_predictions_in_parts_need_a_function():
    with pytest.raises(TypeError, match="needs pred as one tensor, got tuple"):
        metrics.MAE().update((tg.ones(2), tg.ones(2)), tg.ones(2))


@pytest.mark.parametrize("wrong", [{"threshold": 1.5}, {"average": "none"}])
def test_options_that_mean_nothing_are_refused(wrong):
    kind = metrics.BinaryAccuracy if "threshold" in wrong else metrics.MulticlassAUROC
    with pytest.raises(ValueError, match="must be"):
        kind(**wrong)
