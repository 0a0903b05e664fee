"""What a fit gives: predictions, evaluations, a file, a text."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections import namedtuple
from pathlib import Path

import numpy as np
import pytest

import tracegrad as tg
from tests.training.networks import Net, assert_same_weights, classes, line, recipe
from tracegrad import nn, training
from tracegrad.training import CheckpointError, TrainingError, metrics, setup

Pair = namedtuple("Pair", ["low", "high"])


@pytest.fixture
def fitted() -> training.Fitted:
    tg.manual_seed(2)
    return recipe().fit(classes(), 2, valid_data=0.25, verbose=False)


# -- predict and evaluate --------------------------------------------------------------------------


def test_predictions_are_those_of_the_network_in_the_order_of_the_data(fitted):
    x, y = classes(70)
    with tg.no_grad():
        expected = fitted.model(tg.from_numpy(x))
    for data in (x, tg.from_numpy(x), (x, y)):
        found = fitted.predict(data, verbose=False)
        assert not found.requires_grad
        np.testing.assert_allclose(found.numpy(), expected.numpy(), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    "give",
    [
        lambda x: {"sum": x.sum(1), "rest": [x, x * 2]},
        lambda x: (x, x.mean()),
        lambda x: Pair(x, x),
    ],
)
def test_outputs_in_containers_are_joined_part_by_part(give):
    class Gives(nn.Linear):
        def forward(self, x):
            return give(x)

    x = tg.arange(10.0).reshape(5, 2)
    fitted = setup(Gives(2, 1), nn.MSELoss(), tg.optim.SGD).fit((x, x), 0, verbose=False)
    found = fitted.predict(x, verbose=False, dataloader_options={"batch_size": 2})
    whole = give(x)
    assert type(found) is type(whole)
    if isinstance(found, dict):
        assert (found["sum"] == whole["sum"]).all()
        assert (found["rest"][1] == whole["rest"][1]).all()
    else:
        assert (found[0] == whole[0]).all()
        assert found[1].shape[0] == (3 if found[1].dim() == 1 else 5)


def test_outputs_that_cannot_be_joined_are_refused():
    class Talks(nn.Linear):
        def forward(self, x):
            return "hello"

    made = setup(Talks(2, 1), nn.MSELoss(), tg.optim.SGD).fit((tg.ones(2, 2),), 0, verbose=False)
    with pytest.raises(TypeError, match="the network gave str"):
        made.predict(tg.ones(2, 2), verbose=False)


def test_a_network_may_predict_in_its_own_way():
    class Rounds(nn.Linear):
        def predict(self, x):
            return self(x).round()

    fitted = setup(Rounds(2, 1), nn.MSELoss(), tg.optim.SGD).fit((tg.ones(2, 2),), 0, verbose=False)
    found = fitted.predict(tg.randn(6, 2), verbose=False)
    assert (found == found.round()).all()


def test_an_evaluation_is_a_table_and_a_mapping(fitted):
    x, y = classes(50, seed=9)
    found = fitted.evaluate((x, y), verbose=False)
    with tg.no_grad():
        pred = fitted.model(tg.from_numpy(x))
    assert found["acc"] == pytest.approx((pred.numpy().argmax(1) == y).mean())
    assert re.fullmatch(
        r"Evaluation of Net on 50 examples\n  loss  [\d.]+\n  acc   [\d.]+", repr(found)
    )
    with pytest.raises(KeyError, match="no 'f1' was measured; there is: loss, acc"):
        found["f1"]


def test_an_evaluation_takes_other_metrics(fitted):
    found = fitted.evaluate(classes(), metrics=[metrics.MulticlassAUROC(True)], verbose=False)
    assert set(found.values) == {"loss", "auroc"}


def test_a_fit_says_how_it_went(fitted):
    lines = repr(fitted).splitlines()
    assert re.fullmatch(r"Fitted Net after 2 epochs \([\d.e-]+ s, [\d.e-]+ s an epoch\)", lines[0])
    assert lines[2].split() == ["loss", "acc"]
    assert [line.split()[0] for line in lines[3:5]] == ["train", "valid"]
    assert float(lines[4].split()[1]) == pytest.approx(
        fitted.records.last("valid", "loss"), rel=1e-3
    )
    assert lines[6] == "Net("


# -- files -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("network", [Net, recipe(), Net(8)], ids=["class", "recipe", "instance"])
def test_a_loaded_fit_predicts_the_same(fitted, tmp_path, network):
    fitted.save(tmp_path / "net.fit")
    again = training.load(tmp_path / "net.fit", network)
    x, y = classes(20, seed=4)
    assert (again.predict(x, verbose=False) == fitted.predict(x, verbose=False)).all()
    assert again.records.rows() == fitted.records.rows()
    assert repr(again) == repr(fitted)
    if isinstance(network, training.Recipe):
        assert again.evaluate((x, y), verbose=False) == fitted.evaluate((x, y), verbose=False)


def test_arguments_of_the_network_are_in_the_file(tmp_path):
    recipe(hidden=3, dropout=0.0).fit(classes(), 1, verbose=False).save(tmp_path / "net.fit")
    again = training.load(tmp_path / "net.fit", Net)
    assert again.model.first.out_features == 3
    assert again.recipe.hparams == {"hidden": 3, "dropout": 0.0}


class Acts(nn.Module):
    def __init__(self, act):
        super().__init__()
        self.act, self.layer = act, nn.Linear(2, 1)

    def forward(self, x):
        return self.act(self.layer(x))


def test_an_argument_that_no_file_can_hold_is_asked_for_again(tmp_path):
    made = setup(Acts, nn.MSELoss(), tg.optim.SGD).set_hparams(act=tg.relu)
    made.fit((tg.ones(2, 2), tg.ones(2, 1)), 1, verbose=False).save(tmp_path / "net.fit")
    with pytest.raises(CheckpointError, match=r"needs 'act'(.|\n)*not in the file: act"):
        training.load(tmp_path / "net.fit", Acts)
    assert training.load(tmp_path / "net.fit", made).model.act is tg.relu


def test_a_loaded_fit_without_a_loss_says_how_to_give_one(fitted, tmp_path):
    fitted.save(tmp_path / "net.fit")
    again = training.load(tmp_path / "net.fit", Net)
    with pytest.raises(TrainingError, match="nothing to measure"):
        again.evaluate(classes(), verbose=False)
    found = again.evaluate(classes(), metrics=[metrics.Accuracy()], verbose=False)
    assert set(found.values) == {"acc"}


def test_weights_of_another_network_are_refused(fitted, tmp_path):
    fitted.save(tmp_path / "net.fit")
    with pytest.raises(CheckpointError, match=r"size mismatch for first\.weight"):
        training.load(tmp_path / "net.fit", Net(5))
    with pytest.raises(CheckpointError, match="Linear takes no argument 'hidden'"):
        training.load(tmp_path / "net.fit", nn.Linear)


def test_a_file_of_something_else_is_refused(tmp_path):
    tg.save(Net(3).state_dict(), tmp_path / "weights")
    with pytest.raises(CheckpointError, match=r"was not written by Fitted\.save"):
        training.load(tmp_path / "weights", Net)
    tg.save([1, 2], tmp_path / "list")
    with pytest.raises(CheckpointError, match="it holds a list, not a dict"):
        training.load(tmp_path / "list", Net)


def test_a_damaged_file_is_refused_wherever_it_is_cut(fitted, tmp_path):
    fitted.save(tmp_path / "net.fit")
    whole = (tmp_path / "net.fit").read_bytes()
    for length in (0, 1, 7, 8, 100, len(whole) // 2, len(whole) - 1):
        (tmp_path / "cut").write_bytes(whole[:length])
        with pytest.raises(CheckpointError, match="is no checkpoint, or is damaged"):
            training.load(tmp_path / "cut", Net)


def test_a_pickle_is_never_run(tmp_path):
    harmful = b"cos\nsystem\n(S'touch " + bytes(tmp_path / "ran") + b"'\ntR."
    for data in (harmful, b"\x80\x04" + harmful):
        (tmp_path / "bad").write_bytes(data)
        with pytest.raises(CheckpointError):
            training.load(tmp_path / "bad", Net)
    assert not (tmp_path / "ran").exists()


def test_a_missing_file_or_folder_is_named(fitted, tmp_path):
    with pytest.raises(CheckpointError, match=r"nowhere cannot be read: No such file"):
        training.load(tmp_path / "nowhere", Net)
    with pytest.raises(CheckpointError, match=r"cannot be written: there is no folder .*no$"):
        fitted.save(tmp_path / "no" / "folder")


def test_a_full_disk_leaves_the_old_file(tmp_path):
    script = Path(__file__).with_name("full_disk.py")
    done = subprocess.run(
        [sys.executable, script, tmp_path / "net.fit"],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    assert done.returncode == 0, done.stderr
    assert "cannot be written" in done.stdout
    assert os.listdir(tmp_path) == ["net.fit"]
    assert training.load_checkpoint(tmp_path / "net.fit")["numbers"].tolist() == [1.0, 2.0]


def test_something_that_no_file_can_hold_is_named_with_its_place(tmp_path):
    with pytest.raises(TypeError, match=r"got a function at deep\.er"):
        training.save_checkpoint(tmp_path / "x", {"deep": {"er": line}})
    assert os.listdir(tmp_path) == []


def test_a_checkpoint_keeps_nested_containers(tmp_path):
    content = {"a": [1, 2.5, None, "x"], 3: {"t": tg.arange(3), "n": np.eye(2)}, "p": (True, b"z")}
    training.save_checkpoint(tmp_path / "x", content)
    found = training.load_checkpoint(tmp_path / "x")
    assert found["a"] == content["a"]
    assert found["p"] == content["p"]
    assert (found[3]["t"] == content[3]["t"]).all()
    np.testing.assert_array_equal(found[3]["n"], np.eye(2))


def test_a_fit_of_a_network_with_an_instance_can_be_saved(tmp_path):
    net = Net(4)
    made = setup(net, nn.CrossEntropyLoss(), tg.optim.SGD).fit(classes(), 1, verbose=False)
    made.save(tmp_path / "net.fit")
    assert_same_weights(training.load(tmp_path / "net.fit", Net(4)).model, net)
