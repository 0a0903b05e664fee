"""The search for a learning rate, on problems whose answer is known."""

from __future__ import annotations

import random
from xml.etree import ElementTree

import numpy as np
import pytest

import tracegrad as tg
from tests.training.networks import assert_same_weights, classes, line, recipe, weights
from tracegrad import nn
from tracegrad.training import LRSearch, TrainingError, lr_finder, setup

ONES = (np.ones((4, 1), np.float32),) * 2
SVG = "{http://www.w3.org/2000/svg}"


class Bowl(nn.Module):
    """A loss of 2 w²: its curvature is 4, and gradient descent diverges above 2 / 4."""

    def __init__(self):
        super().__init__()
        self.w = nn.Parameter(tg.tensor([3.0]))

    def forward(self, x):
        return 2 * self.w.square() * x.mean()


def bowl(network=Bowl, **options):
    return lr_finder(setup(network, lambda pred, target: pred.sum(), tg.optim.SGD), ONES, **options)


def test_the_loss_rises_from_the_rate_on_where_gradient_descent_diverges():
    search = bowl(start_lr=0.3, end_lr=1.0, steps=40)
    rose = [lr for lr, a, b in zip(search.lrs, search.losses, search.losses[1:]) if b > a]  # noqa: B905 the first of each pair
    fell = [lr for lr, a, b in zip(search.lrs, search.losses, search.losses[1:]) if b < a]  # noqa: B905
    assert max(fell) < 0.5 < min(rose)
    assert min(rose) / max(fell) == pytest.approx((1 / 0.3) ** (1 / 39))


def test_the_suggestion_is_where_the_loss_falls_and_before_it_diverges():
    search = bowl(start_lr=1e-4, end_lr=100.0, steps=200)
    assert 1e-3 < search.suggestion < 0.5
    assert search.lrs[-1] < 10  # it does not go on when all is lost
    rate = search.suggestion
    fitted = setup(Bowl, lambda pred, target: pred.sum(), tg.optim.SGD).set_opt_hparams(lr=rate)
    losses = fitted.fit(ONES, 100, verbose=False).records.series("train", "loss")
    assert losses[100] < 0.5 * losses[1]


def test_noise_at_small_rates_is_no_suggestion():
    """While nothing is learnt yet, a lucky batch must not count."""
    found = []
    for seed in range(5):
        tg.manual_seed(seed)
        options = {"batch_size": 4}
        found.append(lr_finder(recipe(), classes(200), dataloader_options=options).suggestion)
    assert min(found) > 1e-4
    assert max(found) < 1


def test_a_loss_that_never_falls_has_no_suggestion():
    search = lr_finder(
        setup(Bowl, lambda pred, target: -pred.sum() + 30, tg.optim.SGD), ONES,
        start_lr=1e-9, end_lr=1e-8, steps=20,
    )  # fmt: skip
    flat = LRSearch(search.lrs, (1.0,) * 20, (1.0,) * 20, None)
    assert repr(flat).startswith("LRSearch over 20 steps, suggested learning rate: none: the loss")
    constant = setup(nn.Linear(1, 1), lambda pred, target: pred.sum() * 0 + 1, tg.optim.SGD)
    assert lr_finder(constant, ONES, steps=20).suggestion is None


def test_rates_grow_by_a_constant_factor_and_losses_are_from_before_each_step():
    search = bowl(start_lr=1e-3, end_lr=1e-2, steps=10)
    np.testing.assert_allclose(search.lrs, np.geomspace(1e-3, 1e-2, 10))
    w, losses = 3.0, []
    for lr in search.lrs:
        losses.append(2 * w * w)
        w -= lr * 4 * w
    np.testing.assert_allclose(search.losses, losses, rtol=1e-5)
    assert search.smoothed[0] == pytest.approx(search.losses[0])
    mean = [0.1 * sum(0.9 ** (n - k) * losses[k] for k in range(n + 1)) / (1 - 0.9 ** (n + 1))
            for n in range(10)]  # fmt: skip
    np.testing.assert_allclose(search.smoothed, mean, rtol=1e-5)


def test_the_network_and_the_random_numbers_are_as_they_were():
    net = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.Dropout(), nn.Linear(8, 3))
    net[0].weight.grad = gradient = tg.ones(8, 4)
    net[2].eval()
    before, modes = weights(net), [module.training for module in net.modules()]
    for seeding in (tg.manual_seed, np.random.seed, random.seed):
        seeding(5)
    expected = (tg.rand(3).tolist(), np.random.rand(), random.random())
    for seeding in (tg.manual_seed, np.random.seed, random.seed):
        seeding(5)
    lr_finder(setup(net, nn.CrossEntropyLoss(), tg.optim.Adam), classes(), steps=20, end_lr=1.0)
    assert (tg.rand(3).tolist(), np.random.rand(), random.random()) == expected
    assert_same_weights(net, before)
    assert net[0].weight.grad is gradient
    assert net[3].weight.grad is None
    assert [module.training for module in net.modules()] == modes


def test_the_network_is_as_it_was_also_where_the_search_fails():
    net = Bowl()

    def fails(pred, target):
        if pred.item() < 10:
            raise OSError("no more")
        return pred.sum()

    with pytest.raises(OSError, match="no more"):
        lr_finder(setup(net, fails, tg.optim.SGD), ONES, start_lr=1e-3)
    assert net.w.item() == 3.0


def test_all_optimizers_and_groups_get_the_rate():
    class Groups(nn.Linear):
        def set_optimizers(self):
            return {
                "one": tg.optim.SGD([{"params": [self.weight], "lr": 5.0}], lr=1.0),
                "other": tg.optim.SGD([self.bias], lr=7.0),
            }

        def active_optimizers(self, ctx):
            seen.append([one.param_groups[0]["lr"] for one in ctx.optimizers.values()])
            return ["one", "other"]

    seen = []
    search = lr_finder(setup(Groups(1, 1), nn.MSELoss()), ONES, start_lr=1e-4, end_lr=1e-3, steps=6)
    assert seen == [[lr, lr] for lr in search.lrs]


# -- what one sees ---------------------------------------------------------------------------------


def test_the_table_has_rates_and_losses():
    search = LRSearch((0.001, 0.01, 0.1), (4.0, 2.0, 8.0), (4.0, 3.0, 5.0), 0.01)
    assert repr(search).splitlines() == [
        "LRSearch over 3 steps, suggested learning rate: 0.01",
        "         lr       loss   smoothed",
        "      0.001          4          4  ██████████",
        "       0.01          2          3",
        "        0.1          8          5  ████████████████████",
    ]
    long = LRSearch(*[tuple(np.linspace(1, 2, 100).tolist())] * 3, 1.5)
    assert len(repr(long).splitlines()) == 14


def test_the_picture_has_both_curves_and_the_suggestion(tmp_path):
    search = bowl(start_lr=1e-3, end_lr=1e1, steps=50)
    search.plot(tmp_path / "lr.svg")
    root = ElementTree.parse(tmp_path / "lr.svg").getroot()
    assert root.tag == f"{SVG}svg"
    curves = {one[0].text: one.get("points").split() for one in root.iter(f"{SVG}polyline")}
    assert set(curves) == {"loss", "smoothed"}
    assert {len(points) for points in curves.values()} == {len(search.lrs)}
    across = [float(point.split(",")[0]) for point in curves["smoothed"]]
    np.testing.assert_allclose(np.diff(across), (across[-1] - across[0]) / (len(across) - 1),
                               atol=0.11)  # fmt: skip
    heights = [float(point.split(",")[1]) for point in curves["smoothed"]]
    assert np.argmax(heights) == np.argmin(search.smoothed)  # down is less
    texts = [one.text for one in root.iter(f"{SVG}text")]
    assert {"learning rate", "loss", "1e-3", "1e-2"} <= set(texts)
    orange = [one for one in root.iter() if "#d55e00" in one.attrib.values()]
    mark, label = orange
    assert label.text == f"{search.suggestion:.3g}"
    at = search.lrs.index(search.suggestion)
    assert float(mark.get("x1")) == pytest.approx(across[at], abs=0.1)
    width, height = float(root.get("width")), float(root.get("height"))
    for points in curves.values():
        for x, y in (map(float, point.split(",")) for point in points):
            assert 0 <= x <= width
            assert 0 <= y <= height


def test_a_picture_without_a_suggestion_or_of_equal_losses_can_be_drawn(tmp_path):
    LRSearch((0.1, 1.0), (2.0, 2.0), (2.0, 2.0), None).plot(tmp_path / "flat.svg")
    root = ElementTree.parse(tmp_path / "flat.svg").getroot()
    assert not [one for one in root.iter() if "#d55e00" in one.attrib.values()]


# -- what is refused -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "options", [{"start_lr": 0}, {"start_lr": 2.0, "end_lr": 1.0}, {"steps": 4}]
)
def test_rates_that_do_not_grow_and_too_few_steps_are_refused(options):
    with pytest.raises(ValueError, match=r"^expected 0 < start_lr < end_lr and 5 steps or more, "):
        lr_finder(line(), ONES, **options)


def test_only_recipes_are_searched():
    with pytest.raises(TypeError) as caught:
        lr_finder(nn.Linear(1, 1), ONES)
    assert str(caught.value) == (
        "lr_finder: expected what tg.training.setup gave, got Linear\n"
        "  try: setup(network, loss=..., optimizer=...)"
    )


def test_a_loss_that_is_no_number_from_the_start_is_an_error():
    with pytest.raises(TrainingError) as caught:
        lr_finder(setup(Bowl, lambda pred, target: (-pred).sqrt().sum(), tg.optim.SGD), ONES)
    assert str(caught.value) == (
        "the loss stopped being a number after 0 steps, at a learning rate of 1.0e-07\n"
        "  try: a smaller start_lr"
    )


def test_the_picture_is_an_svg(tmp_path):
    search = LRSearch((0.1, 1.0), (2.0, 1.0), (2.0, 1.0), 0.1)
    with pytest.raises(ValueError) as caught:  # noqa: PT011 its whole text is compared
        search.plot(tmp_path / "lr.png")
    assert str(caught.value) == (
        f"the picture is an SVG, and {tmp_path}/lr.png ends in '.png'\n  try: {tmp_path}/lr.svg"
    )
