"""Averages of weights, their schedule and batch statistics, as PyTorch's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tracegrad as tg

torch = pytest.importorskip("torch", reason="extra `parity` is not installed")
pytestmark = [
    pytest.mark.parity,
    pytest.mark.filterwarnings("ignore:Detected call of"),
]


def net(library: Any) -> Any:
    library.manual_seed(3)
    nn = library.nn
    return nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3), nn.ReLU(), nn.Linear(3, 1))


def moved(library: Any, model: Any, seed: int) -> None:
    """Other weights and statistics."""
    random = np.random.default_rng(seed)
    with library.no_grad():
        for tensor in [*model.parameters(), *model.buffers()]:
            if tensor.is_floating_point():
                tensor.copy_(library.tensor(random.standard_normal(tuple(tensor.shape))))
            else:
                tensor.add_(seed)


CHOICES = {
    "mean": lambda u: {},
    "swa": lambda u: {"avg_fn": u.get_swa_avg_fn()},
    "ema": lambda u: {"avg_fn": u.get_ema_avg_fn(0.9)},
    "swa of all": lambda u: {"multi_avg_fn": u.get_swa_multi_avg_fn()},
    "ema of all": lambda u: {"multi_avg_fn": u.get_ema_multi_avg_fn(0.9)},
    "own": lambda u: {"avg_fn": lambda average, current, count: (average + current) / (count + 1)},
}


COMBINATIONS = [(choice, buffers) for choice in CHOICES for buffers in (False, True)]
COMBINATIONS.remove(("swa of all", True))  # PyTorch 2.13 divides integer buffers, and raises


@pytest.mark.parametrize(("choice", "use_buffers"), COMBINATIONS)
def test_averages_are_those_of_pytorch(choice, use_buffers):
    averaged = []
    for library in (tg, torch):
        utils = library.optim.swa_utils
        model = net(library)
        mean = utils.AveragedModel(model, use_buffers=use_buffers, **CHOICES[choice](utils))
        for seed in range(1, 5):
            moved(library, model, seed)
            mean.update_parameters(model)
        averaged.append({k: v.numpy() for k, v in mean.state_dict().items()})
    ours, theirs = averaged
    assert list(ours) == list(theirs)
    assert ours["n_averaged"] == 4
    for name, value in theirs.items():
        np.testing.assert_allclose(ours[name], value, rtol=1e-6, err_msg=name)
        assert ours[name].dtype == value.dtype


def test_the_average_is_a_model_of_its_own():
    model = net(tg)
    mean = tg.optim.swa_utils.AveragedModel(model)
    mean.update_parameters(model)
    x = tg.randn(5, 4)
    mean.eval()
    model.eval()
    assert mean(x).tolist() == model(x).tolist()
    before = mean(x).tolist()
    moved(tg, model, 1)
    assert mean(x).tolist() == before


def test_statistics_are_computed_over_all_data_with_their_momenta_kept():
    results = []
    data = np.random.default_rng(0).standard_normal((3, 8, 4)).astype(np.float32)
    for library in (tg, torch):
        model = net(library).eval()
        model[1].momentum = 0.3
        moved(library, model, 2)
        loader = [(library.tensor(batch), None) for batch in data]
        library.optim.swa_utils.update_bn(loader, model)
        assert model[1].momentum == 0.3
        assert not model.training
        results.append((model[1].running_mean.numpy(), model[1].running_var.numpy()))
    np.testing.assert_allclose(results[0], results[1], rtol=1e-5)


@pytest.mark.parametrize("arguments", [
    {"swa_lr": 0.05}, {"swa_lr": [0.01, 0.5], "anneal_epochs": 4, "anneal_strategy": "linear"},
    {"swa_lr": 0.2, "anneal_epochs": 0},
], ids=str)  # fmt: skip
def test_the_schedule_goes_to_the_averages_rate_and_stays(arguments):
    rates = []
    for library in (tg, torch):
        groups = [{"params": [library.zeros(1)]}, {"params": [library.zeros(1)], "lr": 0.3}]
        optimizer = library.optim.SGD(groups, lr=0.1)
        schedule = library.optim.swa_utils.SWALR(optimizer, **arguments)
        seen = []
        for step in range(15):
            schedule.step()
            seen.append(schedule.get_last_lr())
            if step == 6:
                again = library.optim.swa_utils.SWALR(optimizer, **arguments)
                again.load_state_dict(schedule.state_dict())
                schedule = again
        rates.append(seen)
    np.testing.assert_allclose(rates[0], rates[1], rtol=1e-12)


@pytest.mark.parametrize("call", [
    lambda u, o: u.get_ema_avg_fn(1.5),
    lambda u, o: u.get_ema_multi_avg_fn(-0.1),
    lambda u, o: u.SWALR(o, 0.1, anneal_strategy="steps"),
    lambda u, o: u.SWALR(o, 0.1, anneal_epochs=-1),
    lambda u, o: u.SWALR(o, [0.1, 0.2]),
])  # fmt: skip
def test_wrong_arguments_are_refused_in_pytorchs_words(call):
    errors = []
    for library in (tg, torch):
        optimizer = library.optim.SGD([library.zeros(1)], lr=0.1)
        with pytest.raises(ValueError, match=r".") as error:
            call(library.optim.swa_utils, optimizer)
        errors.append(str(error.value))
    assert errors[0] == errors[1]
