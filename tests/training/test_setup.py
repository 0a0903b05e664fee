"""Recipes: what `setup` and `set_…` accept, and what they say otherwise."""

from __future__ import annotations

import pytest

import tracegrad as tg
from tests.training.networks import Net, assert_same_weights, classes, recipe, weights
from tracegrad import nn
from tracegrad.training import TrainingError, metrics, setup


def test_each_setting_makes_a_new_recipe():
    first = setup(Net, loss=nn.CrossEntropyLoss(), optimizer=tg.optim.SGD)
    second = first.set_hparams(hidden=4)
    third = second.set_opt_hparams(lr=0.5).set_hparams(dropout=0.0)
    assert first.hparams == {}
    assert second.hparams == {"hidden": 4}
    assert second.opt_hparams == {}
    assert (third.hparams, third.opt_hparams) == ({"hidden": 4, "dropout": 0.0}, {"lr": 0.5})


def test_a_class_is_made_anew_by_each_fit():
    x, y = classes()
    made = recipe()
    tg.manual_seed(3)
    one = made.fit((x, y), epochs=1, verbose=False).model
    tg.manual_seed(3)
    other = made.fit((x, y), epochs=1, verbose=False).model
    assert one is not other
    assert_same_weights(one, other)


def test_an_instance_is_trained_itself_and_further_by_the_next_fit():
    net = Net(4)
    before = weights(net)
    made = setup(net, loss=nn.CrossEntropyLoss(), optimizer=tg.optim.SGD)
    first = made.fit(classes(), epochs=1, verbose=False)
    between = weights(net)
    made.fit(classes(), epochs=1, verbose=False)
    assert first.model is net
    assert (before["first.weight"] != between["first.weight"]).any()
    assert (between["first.weight"] != weights(net)["first.weight"]).any()


def test_an_instance_takes_no_arguments():
    made = setup(Net(4), loss=nn.CrossEntropyLoss(), optimizer=tg.optim.SGD)
    with pytest.raises(TypeError, match=r"an instance of Net.*\n  try: setup\(Net"):
        made.set_hparams(hidden=3)


# -- messages --------------------------------------------------------------------------------------


def test_an_unknown_argument_of_the_network_is_named_with_what_was_meant():
    with pytest.raises(TypeError, match=r"Net takes no argument 'hiden'\n  try: hidden=…"):
        setup(Net).set_hparams(hiden=3)


def test_an_argument_unlike_any_other_lists_what_there_is():
    with pytest.raises(TypeError, match="it takes: hidden, dropout"):
        setup(Net).set_hparams(zzz=3)


def test_a_missing_argument_of_the_network_is_named():
    made = setup(Net, loss=nn.CrossEntropyLoss(), optimizer=tg.optim.SGD)
    with pytest.raises(TypeError, match=r"Net needs 'hidden'\n  try: .set_hparams\(hidden=…\)"):
        made.fit(classes(), verbose=False)


def test_an_unknown_argument_of_the_optimizer_is_named():
    with pytest.raises(TypeError, match="Adam takes no argument 'learning_rate'"):
        recipe().set_opt_hparams(learning_rate=1)


def test_a_missing_argument_of_the_optimizer_is_named():
    class Steps(tg.optim.SGD):
        def __init__(self, params, size):
            super().__init__(params, lr=size)

    made = setup(Net(4), loss=nn.CrossEntropyLoss(), optimizer=Steps)
    with pytest.raises(TypeError, match=r"Steps needs 'size'\n  try: .set_opt_hparams\(size=…\)"):
        made.fit(classes(), verbose=False)


@pytest.mark.parametrize(
    ("missing", "words"),
    [
        ({"optimizer": tg.optim.SGD}, r"fit needs a loss\n  try: setup\(Net, loss="),
        ({"loss": nn.CrossEntropyLoss()}, r"fit needs an optimizer\n  try: .*set_optimizers"),
    ],
)
def test_a_fit_without_loss_or_optimizer_says_how_to_give_one(missing, words):
    with pytest.raises(TrainingError, match=words):
        setup(Net(4), **missing).fit(classes(), verbose=False)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"network": 3}, "expected a Module class or an instance"),
        ({"network": dict}, "got the class dict"),
        ({"optimizer": 0.1}, "optimizer must be a class"),
        ({"metrics": ["acc"]}, "metrics: expected .* got str"),
        ({"metrics": {"test": []}}, r"sets are 'train' and 'valid', got \['test'\]"),
        ({"metrics": [metrics.Accuracy(), metrics.BinaryAccuracy()]}, "two are called 'acc'"),
    ],
)
def test_setup_refuses_what_it_cannot_use(given, words):
    with pytest.raises((TypeError, ValueError), match=words):
        setup(**({"network": Net} | given))


def test_an_optimizer_that_was_made_already_is_refused_with_what_to_write():
    made = tg.optim.Adam(Net(4).parameters())
    with pytest.raises(TypeError, match=r"try: optimizer=Adam, and its arguments in set_opt_hp"):
        setup(Net, optimizer=made)


def test_a_loss_class_is_refused_with_what_to_write():
    made = setup(Net(4), loss=nn.CrossEntropyLoss, optimizer=tg.optim.SGD)
    with pytest.raises(TypeError, match=r"loss=CrossEntropyLoss\(\)"):
        made.fit(classes(), verbose=False)


@pytest.mark.parametrize("epochs", [-1, (3, 2), 1.5, True, "3", (1, 2, 3)])
def test_epochs_are_a_number_or_two(epochs):
    with pytest.raises(ValueError, match="expected a number, or"):
        recipe().fit(classes(), epochs=epochs, verbose=False)
