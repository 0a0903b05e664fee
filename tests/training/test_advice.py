"""A beginner's mistakes, and what is said to each."""

from __future__ import annotations

import re

import numpy as np
import pytest

import tracegrad as tg
from tests.training.networks import Net, classes, line, recipe
from tracegrad import nn
from tracegrad.training import Callback, NonFiniteLossError, TrainingError, setup

X, Y = classes(40)


def fit(network: object, loss: object, data: object = (X, Y), **options: object):
    return setup(network, loss, tg.optim.SGD).fit(data, 1, verbose=False, **options)


def notes(error: BaseException) -> str:
    return "\n".join(error.__notes__)


# -- networks --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("layers", "kind"), [([nn.Linear(4, 3)], "List"), ({"only": nn.Linear(4, 3)}, "Dict")]
)
def test_layers_in_a_plain_container_are_named_with_what_to_write(layers, kind):
    class Hides(nn.Module):
        def __init__(self):
            super().__init__()
            self.layers = layers

    with pytest.raises(TrainingError, match=rf"self.layers.*\n  try: .* = nn.Module{kind}\("):
        fit(Hides, nn.CrossEntropyLoss())


def test_a_network_without_parameters_says_so():
    with pytest.raises(TrainingError, match="ReLU has no parameters: there is nothing to train"):
        fit(nn.ReLU(), nn.CrossEntropyLoss())


def test_a_forgotten_return_is_named():
    class Forgets(nn.Linear):
        def forward(self, x):
            super().forward(x)

    with pytest.raises(TypeError, match="NoneType") as caught:
        fit(Forgets(4, 3), nn.CrossEntropyLoss())
    assert "Forgets.forward returned None\n  try: return ... at its end" in notes(caught.value)


def test_a_forgotten_forward_says_what_to_define():
    with pytest.raises(NotImplementedError, match=r"\n  try: def forward\(self, x\): in the class"):
        fit(type("Empty", (nn.Linear,), {"forward": nn.Module.forward})(4, 3), nn.MSELoss())


# -- data ------------------------------------------------------------------------------------------


def test_forgotten_targets_are_told_by_what_the_data_gave():
    with pytest.raises(AttributeError, match=r"ctx\.target is not there") as caught:
        recipe().fit(X, 1, verbose=False)
    expected = "a batch of the data is f32[32, 4], without targets\n  try: (x, y) as data"
    assert expected in notes(caught.value)


def test_a_class_too_many_names_the_layer_that_says_how_many_there_are():
    with pytest.raises(IndexError, match=r"Target 3 is out of bounds.*\n(.*\n)*  try: target - 1"):
        fit(Net(8), nn.CrossEntropyLoss(), (X, Y + 1))
    with pytest.raises(IndexError, match=r"\n  try: scores of 6 classes") as caught:
        fit(Net(8), nn.CrossEntropyLoss(), (X, 5 * (Y == 0)))
    assert "f32[32, 3]: Net.last   Linear(in_features=8, out_features=3" in notes(caught.value)


@pytest.mark.parametrize(
    ("target", "tries"),
    [
        (Y[:, None], r"target.squeeze\(-1\)"),
        (np.eye(3, dtype=np.int64)[Y], r"target.argmax\(1\); or target.float\(\)"),
        (Y - 1, "ignore_index=-1"),
    ],
)
def test_targets_of_another_form_say_what_to_write(target, tries):
    with pytest.raises((ValueError, IndexError), match=rf"\n  try: .*{tries}"):
        fit(Net(8), nn.CrossEntropyLoss(), (X, target))


def test_targets_of_text_are_told_to_be_numbered():
    examples = [(row, ("cat", "dog", "owl")[label]) for row, label in zip(X, Y, strict=True)]
    with pytest.raises(TypeError) as caught:
        fit(Net(8), nn.CrossEntropyLoss(), examples)
    assert re.search(
        r"the targets are text, as '(\w+)'\n  try: .*index\('\1'\)", notes(caught.value)
    )


def test_an_example_that_cannot_be_read_is_told_between_the_batches():
    examples = [*zip(X[:35], Y, strict=False), None]
    with pytest.raises(TypeError) as caught:
        recipe().fit(examples, 1, verbose=False, dataloader_options={"shuffle": False})
    assert caught.value.__notes__[-1] == "while training: epoch 1, after batch 1"
    with pytest.raises(TypeError) as caught:
        recipe().fit([None], 1, verbose=False)
    assert caught.value.__notes__[-1] == "while training: epoch 1, before the first batch"


@pytest.mark.parametrize("where", ["input", "target"])
def test_a_number_that_is_none_is_found_in_the_data(where):
    x, y = np.ones((8, 2), np.float32), np.ones((8, 1), np.float32)
    (x if where == "input" else y)[5, 0] = np.inf
    with pytest.raises(NonFiniteLossError) as caught:
        line().fit((x, y), 1, verbose=False, dataloader_options={"shuffle": False})
    shape = "f32[8, 2]" if where == "input" else "f32[8, 1]"
    assert f"  data       {where} {shape}: inf at [5, 0], 1 such in all" in str(caught.value)
    assert "try: np.isfinite(x)" in str(caught.value)


# -- losses ----------------------------------------------------------------------------------------


def test_scores_instead_of_log_probabilities_are_warned_of_once():
    with pytest.warns(UserWarning, match="NLLLoss expects log probabilities") as caught:
        fit(Net(8), nn.NLLLoss())
    assert len(caught) == 1
    assert caught[0].filename == __file__


def test_a_softmax_too_many_is_warned_of():
    network = nn.Sequential(nn.Linear(4, 3), nn.Softmax(dim=1))
    with pytest.warns(UserWarning, match="does the softmax itself"):
        fit(network, nn.functional.cross_entropy)


def test_nothing_is_said_where_scores_and_loss_fit():
    fit(Net(8), nn.CrossEntropyLoss())
    fit(nn.Sequential(nn.Linear(4, 3), nn.LogSoftmax(dim=1)), nn.NLLLoss())


# -- arguments -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"batch_size": 8}, r"it is the loader's\n  try: dataloader_options={'batch_size': 8}"),
        ({"valid": 0.2}, r"fit takes no argument 'valid'\n  try: valid_data=…"),
        (
            {"dataloader_options": {"batchsize": 8}},
            r"DataLoader takes no argument.*\n.*batch_size=…",
        ),
    ],
)
def test_an_argument_that_fit_does_not_take_is_told_where_it_belongs(given, words):
    with pytest.raises(TypeError, match=words):
        recipe().fit((X, Y), 1, verbose=False, **given)


def test_predict_and_evaluate_refuse_as_fit_does():
    fitted = recipe().fit((X, Y), 1, verbose=False)
    with pytest.raises(TypeError, match="predict takes no argument 'batch_size'"):
        fitted.predict(X, batch_size=8)
    with pytest.raises(TypeError, match="evaluate takes no argument 'metric'\n  try: metrics=…"):
        fitted.evaluate((X, Y), metric=None)


def test_an_event_without_a_context_is_refused_before_training():
    class Short(Callback):
        def on_epoch_end(self):
            raise AssertionError("called")

    with pytest.raises(TypeError, match=r"Short.on_epoch_end .*\n  try: def on_epoch_end\(self, c"):
        recipe().fit((X, Y), 1, callbacks=[Short()], verbose=False)


# -- errors outside of a fit -----------------------------------------------------------------------


def test_an_error_in_predict_says_which_batch_it_was_and_callbacks_hear_of_it():
    heard = []

    class Hears(Callback):
        def on_error(self, ctx):
            heard.append((ctx.stage, ctx.batch_number))

    fitted = recipe().fit((X, Y), 1, verbose=False)
    data = [(tg.ones(4),)] * 40 + [(tg.ones(5),)] * 8
    with pytest.raises(RuntimeError) as caught:
        fitted.predict(data, callbacks=Hears(), verbose=False, dataloader_options={"batch_size": 8})
    assert caught.value.__notes__[0] == "while predicting: batch 6"
    assert heard == [("predict", 6)]
