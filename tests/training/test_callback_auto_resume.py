"""A fit that is killed and started again ends as one that was left alone."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import tracegrad as tg
from tests.training.killed_fit import BATCHES, EPOCHS, SCENARIOS
from tests.training.networks import assert_same_weights, classes, recipe
from tracegrad import nn
from tracegrad.training import (
    Callback,
    CallbackError,
    CheckpointError,
    callbacks,
    load_checkpoint,
    save_checkpoint,
)
from tracegrad.training.callbacks import AutoResume, Interrupt, KeepBestModel, Resume

ROOT = Path(__file__).parents[2]
KINDS = ("train", "valid", "before", "half", "after")


def moments(name: str) -> list[str]:
    """One in each epoch but the last two, every kind once, in an order that the name decides."""
    chance = random.Random(name)
    every = SCENARIOS[name]["resume"].get("every")
    found = []
    for epoch, kind in enumerate(chance.sample(KINDS, len(KINDS)), 1):
        writes = [0, *range(every, BATCHES + 1, every)] if every else [0]
        batch = chance.randint(1, BATCHES) if kind == "train" else chance.choice(writes)
        found.append(f"{kind}:{epoch}:{batch}")
    return found


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the program forks")
@pytest.mark.parametrize("name", SCENARIOS)
def test_a_fit_that_is_killed_again_and_again_ends_as_one_that_never_was(tmp_path, name):
    done = subprocess.run(
        [sys.executable, "-m", "tests.training.killed_fit", tmp_path, name, *moments(name)],
        cwd=ROOT, capture_output=True, text=True, timeout=120,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    killed = [int(signal.SIGKILL)] * len(KINDS)
    assert [int(word) for word in done.stdout.split()] == [0, *killed, 0]
    whole, again = (load_checkpoint(tmp_path / one / "result") for one in ("whole", "killed"))
    for path, weight in whole["weights"].items():
        np.testing.assert_array_equal(again["weights"][path].numpy(), weight.numpy(), err_msg=path)
    assert whole["stopped"].endswith("for 5 epochs")
    assert {key: again[key] for key in ("stopped", "records", "watched")} == {
        key: whole[key] for key in ("stopped", "records", "watched")
    }
    files = [sorted(os.listdir(tmp_path / one)) for one in ("whole", "killed")]
    assert files[0] == files[1]
    assert "fit.state" not in files[0]
    logs = [(tmp_path / one / "log.csv").read_text() for one in ("whole", "killed")]
    assert logs[0] == logs[1]
    assert logs[0].count(",train,loss,") == 6 < EPOCHS


# -- what ends with the file, and what with it gone ------------------------------------------------


class Breaks(Callback):
    """Raises in an epoch."""

    def __init__(self, epoch: int, error: type[BaseException] = OSError) -> None:
        self.epoch, self.error = epoch, error

    def on_train_batch_after_pred(self, ctx):
        if ctx.epoch == self.epoch:
            raise self.error("the disk is gone")


def fit(path, *more, epochs=4, hidden=8, lr=0.01, **options):
    made = recipe(hidden=hidden).set_opt_hparams(lr=lr)
    given = [AutoResume(path, **options), *more]
    return made.fit(classes(40), epochs, callbacks=given, verbose=False)


def broken(path, *more, **options):
    """A fit that ended with an error in epoch 3."""
    tg.manual_seed(0)
    with pytest.raises(CallbackError, match="the disk is gone"):
        fit(path, Breaks(3), *more, **options)


def refusal(of, *arguments, **options) -> str:
    """What a fit says that does not go on."""
    with pytest.raises(CallbackError) as caught:
        of(*arguments, **options)
    assert isinstance(caught.value.__cause__, CheckpointError)
    return str(caught.value.__cause__)


def test_a_fit_that_has_ended_leaves_no_file_and_the_next_begins_anew(tmp_path):
    fit(tmp_path / "deep" / "state")
    assert list((tmp_path / "deep").iterdir()) == []
    assert fit(tmp_path / "deep" / "state", epochs=2).records.epochs == 2


def test_a_fit_that_a_callback_ends_at_once_has_ended(tmp_path):
    class Ends(Callback):
        def on_train_batch_end(self, ctx):
            if ctx.epoch == 2:
                ctx.stop("enough", at_once=True)

    fit(tmp_path / "state", Ends(), every=1)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("ends", [[], [Interrupt()]])
def test_ctrl_c_keeps_the_file_whether_the_fit_ends_in_order_or_not(tmp_path, ends):
    tg.manual_seed(0)
    whole = fit(tmp_path / "other")
    tg.manual_seed(0)
    given = [Breaks(3, KeyboardInterrupt), *ends]
    if ends:
        assert fit(tmp_path / "state", *given).stop_reason == "interrupted in epoch 3, batch 1"
    else:
        with pytest.raises(KeyboardInterrupt):
            fit(tmp_path / "state", *given)
    resumed = fit(tmp_path / "state")
    assert_same_weights(resumed.model, whole.model)
    assert list(tmp_path.iterdir()) == []


def test_it_writes_when_enough_seconds_have_passed(tmp_path, monkeypatch):
    clock = [0.0]
    monkeypatch.setattr(callbacks.resume, "monotonic", lambda: clock[0])
    written = []

    class Ticks(Callback):
        order = 1000

        def on_train_batch_end(self, ctx):
            if (tmp_path / "state").exists():
                state = load_checkpoint(tmp_path / "state")["fit"]
                written.append((state["epoch"], state["batch"]))
            clock[0] += 1.0

    made = recipe().set_opt_hparams(lr=0.01)
    given = [AutoResume(tmp_path / "state", seconds=2.5), Ticks()]
    options = {"batch_size": 5}
    made.fit(classes(40), 1, callbacks=given, verbose=False, dataloader_options=options)
    assert written == [(1, 4), (1, 4), (1, 4), (1, 7), (1, 7)]


def test_what_a_kill_left_of_a_file_is_removed_and_nothing_else(tmp_path):
    kept = [".state.swp", ".state.backup1", "state.k2j3h4k5", ".other.k2j3h4k5"]
    for name in [*kept, ".state.k2j3h4k5"]:
        (tmp_path / name).write_text("")
    fit(tmp_path / "state", epochs=1)
    assert sorted(one.name for one in tmp_path.iterdir()) == sorted(kept)


# -- what does not go on ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"hidden": 9}, "set_hparams had hidden=8, now hidden=9"),
        ({"lr": 0.1}, "set_opt_hparams had lr=0.01, now lr=0.1"),
    ],
)
def test_other_arguments_are_refused_and_the_file_is_kept(tmp_path, arguments, words):
    path = tmp_path / "state"
    broken(path)
    assert refusal(fit, path, **arguments) == (
        f"{path} has a fit that was cut off, with other arguments: {words}\n"
        "  try: the old argument to go on with it; or remove the file to begin anew"
    )
    assert path.exists()


def test_arguments_that_are_no_numbers_are_compared_by_what_they_are():
    text = callbacks.resume._text
    assert text({"a": [1, (2.5, None)], "b": "x"}) == "{'a': (1, (2.5, None)), 'b': 'x'}"
    assert [text(nn.ReLU), text(nn.GELU), text(nn.ReLU())] == ["ReLU", "GELU", "ReLU"]
    assert text([object()]) == text([object()])


def test_another_optimizer_is_refused(tmp_path):
    path = tmp_path / "state"
    broken(path)
    made = tg.training.setup(
        recipe().network, recipe().loss, tg.optim.AdamW, recipe().metrics
    ).set_hparams(hidden=8)
    with pytest.raises(CallbackError) as caught:
        made.set_opt_hparams(lr=0.01).fit(classes(40), 4, callbacks=AutoResume(path), verbose=False)
    assert str(caught.value.__cause__) == (
        "the saved fit was made with Adam, this one has AdamW\n  try: the same optimizer"
    )


def test_another_way_to_validate_is_refused(tmp_path):
    path = tmp_path / "state"
    broken(path)
    with pytest.raises(CallbackError, match="differ in valid_data: a share of the data, or not"):
        recipe().set_opt_hparams(lr=0.01).fit(
            classes(40), 4, valid_data=0.2, callbacks=AutoResume(path), verbose=False
        )


def test_a_callback_whose_knowledge_would_be_lost_is_asked_for(tmp_path):
    path = tmp_path / "state"
    broken(path, KeepBestModel("train_loss"))
    assert refusal(fit, path) == (
        "the saved fit had callbacks that this one lacks, and what they knew would be lost: "
        "KeepBestModel\n  try: fit(..., callbacks=[...]) with the same ones"
    )
    assert fit(path, KeepBestModel("train_loss")).records.epochs == 4


def test_a_file_of_something_else_is_refused_and_kept(tmp_path):
    path = tmp_path / "state"
    save_checkpoint(path, {"weights": tg.ones(2)})
    assert refusal(fit, path) == (
        f"{path} holds something else than a fit to go on with: it was not written by AutoResume\n"
        "  try: another path"
    )
    path.write_bytes(b"no checkpoint at all")
    assert refusal(fit, path).startswith(f"{path} is no checkpoint, or is damaged: ")
    assert path.read_bytes() == b"no checkpoint at all"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"every": 0}, "every: expected a number above 0, got 0"),
        ({"seconds": -1.5}, "seconds: expected a number above 0, got -1.5"),
    ],
)
def test_a_distance_that_is_none_is_refused(options, words):
    with pytest.raises(ValueError) as caught:  # noqa: PT011 its whole text is compared
        AutoResume("state", **options)
    assert str(caught.value) == words


# -- Resume ----------------------------------------------------------------------------------------


def test_resume_goes_on_with_a_whole_fit_and_leaves_the_file_alone(tmp_path):
    path = tmp_path / "state"
    broken(path)
    content = path.read_bytes()
    tg.manual_seed(0)
    whole = fit(tmp_path / "other")
    resumed = recipe().fit(classes(40), 4, callbacks=Resume(path), verbose=False)
    assert_same_weights(resumed.model, whole.model)
    assert resumed.records.rows() == whole.records.rows()
    assert path.read_bytes() == content


def test_resume_takes_weights_from_where_there_are_only_weights(tmp_path):
    fitted = recipe().fit(classes(40), 1, verbose=False)
    fitted.save(tmp_path / "net.fit")
    tg.save(fitted.model.state_dict(), tmp_path / "net.tg")
    for name in ("net.fit", "net.tg"):
        resumed = recipe().fit(classes(40), 0, callbacks=Resume(tmp_path / name), verbose=False)
        assert_same_weights(resumed.model, fitted.model)
        assert resumed.records.epochs == 0


def test_resume_refuses_a_file_that_has_neither(tmp_path):
    path = tmp_path / "file"
    save_checkpoint(path, {"model": 3})
    begin = recipe().fit
    given = {"callbacks": Resume(path), "verbose": False}
    assert refusal(begin, classes(), 1, **given) == (
        f"{path} holds neither a fit nor the weights of a network"
    )
    save_checkpoint(path, {"weight": tg.ones(2)})
    assert refusal(begin, classes(), 1, **given).startswith(
        f"{path} is of another network: Error(s) in loading state_dict for Net:"
    )
    given["callbacks"] = Resume(tmp_path / "nowhere")
    assert refusal(begin, classes(), 1, **given) == (
        f"{tmp_path / 'nowhere'} cannot be read: No such file or directory"
    )
