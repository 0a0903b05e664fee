"""Training on another device, by a stand-in that refuses to mix its arrays with NumPy's."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

import tracegrad as tg
from tests.backend.strict import StrictArray, strict_cuda
from tests.training.networks import classes, recipe
from tracegrad import nn
from tracegrad.training import Accelerator, Callback, NonFiniteLossError, metrics, setup


@pytest.fixture(autouse=True)
def cuda() -> Iterator[None]:
    with strict_cuda():
        yield


@pytest.mark.parametrize("accelerator", ["cuda", "cuda:0", Accelerator])
def test_network_and_batches_are_moved(accelerator):
    accelerator = accelerator("cuda") if accelerator is Accelerator else accelerator
    seen = []

    class Where(Callback):
        def on_train_batch_begin(self, ctx):
            seen.extend([ctx.input, ctx.target, *ctx.model.parameters()])

    x, y = classes()
    tg.manual_seed(4)
    here = recipe().fit((x, y), 2, valid_data=(x, y), verbose=False)
    tg.manual_seed(4)
    there = recipe().fit(
        (x, y), 2, valid_data=(x, y), callbacks=Where(), accelerator=accelerator, verbose=False
    )
    assert {type(tensor._array) for tensor in seen} == {StrictArray}
    assert there.records.rows() == pytest.approx(here.records.rows())
    np.testing.assert_allclose(
        there.predict(x, verbose=False).cpu().numpy(), here.predict(x, verbose=False).numpy(), 1e-4
    )


def test_nested_batches_are_moved_too():
    class Nested(nn.Linear):
        def step(self, ctx):
            first, (second, named) = ctx.batch["pair"], ctx.batch["more"]
            assert {str(t.device) for t in (first, second, named["deep"])} == {"cuda:0"}
            ctx.optimize(self(first + second + named["deep"]).square().mean())

    example = {
        "pair": np.ones(2, np.float32),
        "more": (np.ones(2, np.float32), {"deep": np.ones(2, np.float32)}),
    }
    fitted = setup(Nested(2, 1), optimizer=tg.optim.SGD).fit(
        [example] * 4, 1, accelerator="cuda", verbose=False
    )
    assert fitted.records.last("train", "loss") >= 0


def test_batches_follow_a_network_that_is_there_already():
    net = nn.Linear(2, 1).to("cuda")
    fitted = setup(net, nn.MSELoss(), tg.optim.SGD, [metrics.MAE()]).fit(
        (np.ones((4, 2)), np.ones((4, 1))), 1, verbose=False
    )
    assert str(fitted.context.device) == "cuda:0"


@pytest.mark.parametrize(
    ("metric", "target"),
    [
        (metrics.Accuracy(), [0, 1, 1]),
        (metrics.MulticlassAUROC(True), [0, 1, 1]),
        (metrics.BinaryAccuracyWithLogits(), [[0.0, 1.0]] * 3),
        (metrics.BinaryAUROC(), [[0.0, 1.0]] * 3),
        (metrics.RMSE(), [[0.0, 1.0]] * 3),
    ],
)
def test_metrics_measure_there_what_they_measure_here(metric, target):
    pred, target = tg.tensor([[0.1, 0.4], [2.0, -1.0], [0.3, 0.2]]), tg.tensor(target)
    metric.update(pred, target)
    here = metric.compute()
    metric.reset()
    metric.update(pred.to("cuda"), target.to("cuda"))
    assert metric.compute() == pytest.approx(here)


def test_a_nan_is_found_there_too():
    x, y = classes()
    x[3] = np.nan
    with pytest.raises(NonFiniteLossError, match="NaN came in with"):
        recipe().fit((x, y), 1, accelerator="cuda", verbose=False)


def test_a_device_that_there_is_not_says_so():
    with pytest.raises(RuntimeError, match="Expected one of cpu, cuda device type"):
        recipe().fit(classes(), 1, accelerator="gpu", verbose=False)
