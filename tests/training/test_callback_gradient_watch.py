"""GradientWatch: chosen steps are recorded, explained and kept."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import tracegrad as tg
from tests.training.networks import Roots, assert_same_weights, classes, recipe
from tracegrad import nn
from tracegrad.graph.observe import hub
from tracegrad.recording.reader import open_trace
from tracegrad.recording.recorder import Recorder
from tracegrad.training import (
    Callback,
    CallbackError,
    NonFiniteGradientError,
    NonFiniteLossError,
    load_checkpoint,
    save_checkpoint,
    setup,
)
from tracegrad.training.callback import SAVING
from tracegrad.training.callbacks import GradientClip, GradientWatch, Interrupt
from tracegrad.training.callbacks import gradient_watch as watching

BATCHES = {"batch_size": 20}
"""Options for three batches an epoch."""


def fit(watch, *more, epochs=2):
    return recipe().fit(
        classes(60), epochs, callbacks=[watch, *more], verbose=False, dataloader_options=BATCHES
    )


def places(watch) -> list[tuple[int, int, int]]:
    return [(one.step, one.epoch, one.batch) for one in watch.watched]


# -- which steps -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        (1, [1, 2, 3, 4, 5, 6]),
        (4, [1, 5]),
        ([2, 6, 99], [2, 6]),
        ((n for n in (3, 4)), [3, 4]),
        (np.int64(5), [1, 6]),
        (lambda ctx: ctx.batch_number == 2, [2, 5]),
    ],
)
def test_the_chosen_steps_are_recorded_and_no_others(steps, expected):
    recorded = []

    class Sees(Callback):
        def on_train_batch_before_step(self, ctx):
            if hub.find(Recorder) is not None:
                recorded.append(3 * (ctx.epoch - 1) + ctx.batch_number)

    watch = GradientWatch(steps, report=False)
    fit(watch, Sees())
    assert recorded == expected
    assert places(watch) == [(n, (n + 2) // 3, (n - 1) % 3 + 1) for n in expected]
    assert hub.find(Recorder) is None


@pytest.mark.parametrize(
    ("steps", "error", "words"),
    [
        (0, ValueError, "steps: expected numbers from 1, got 0"),
        ([3, -1], ValueError, "steps: expected numbers from 1, got [3, -1]"),
        ("first", TypeError,
         "steps: expected a number, several, or a function of the context; got 'first'"),
        (1.5, TypeError,
         "steps: expected a number, several, or a function of the context; got 1.5"),
    ],
)  # fmt: skip
def test_what_says_no_steps_is_refused(steps, error, words):
    with pytest.raises(error) as caught:
        GradientWatch(steps)
    assert str(caught.value) == words


def test_a_watched_fit_gives_the_weights_of_an_unwatched_one():
    tg.manual_seed(0)
    plain = recipe().fit(classes(60), 2, verbose=False, dataloader_options=BATCHES)
    tg.manual_seed(0)
    watched = fit(GradientWatch(1, report=False))
    assert_same_weights(watched.model, plain.model)


# -- norms -----------------------------------------------------------------------------------------


def test_norms_are_those_of_each_parameter_before_clipping():
    expected = []

    class Measures(Callback):
        order = -50

        def on_train_batch_before_step(self, ctx):
            named = ctx.model.named_parameters()
            expected.append({name: float(np.linalg.norm(p.grad.numpy())) for name, p in named})

    watch = GradientWatch(2, report=False)
    fit(watch, Measures(), GradientClip(1e-3))
    assert [dict(one.norms) for one in watch.watched] == [
        pytest.approx(expected[n], rel=1e-5) for n in (0, 2, 4)
    ]
    assert list(watch.watched[0].norms)[:2] == ["first.weight", "first.bias"]


class Two(nn.Module):
    """Two optimizers, each with its own loss, and a parameter that belongs to neither."""

    def __init__(self):
        super().__init__()
        self.one, self.other = nn.Linear(4, 1), nn.Linear(4, 1)
        self.frozen = nn.Parameter(tg.ones(1), requires_grad=False)

    def set_optimizers(self):
        return {
            "one": tg.optim.SGD(self.one.parameters(), lr=0.0),
            "other": tg.optim.SGD(self.other.parameters(), lr=0.0),
        }

    def step(self, ctx):
        ctx.optimize(self.one(ctx.input).mean(), "one")
        ctx.optimize(100 * (self.one(ctx.input) + self.other(ctx.input)).mean(), "other")


def test_of_several_optimizers_each_has_the_gradients_that_it_stepped_by():
    watch = GradientWatch(report=False)
    setup(Two).fit(classes(20)[0], 1, callbacks=watch, verbose=False)
    assert dict(watch.watched[0].norms) == {
        "frozen": None,
        "one.weight": watch.watched[0].norms["one.weight"], "one.bias": pytest.approx(1),
        "other.weight": watch.watched[0].norms["other.weight"], "other.bias": pytest.approx(100),
    }  # fmt: skip


class Alone(nn.Module):
    """Does everything itself."""

    def __init__(self):
        super().__init__()
        self.inner = nn.Linear(4, 1, bias=False)
        self.optimizer = tg.optim.SGD(self.inner.parameters(), lr=0.1)

    def set_optimizers(self):
        return self.optimizer

    def step(self, ctx):
        self.optimizer.zero_grad()
        ctx.loss = self.inner(ctx.input).sum()
        ctx.loss.backward()
        self.optimizer.step()


def test_a_step_that_does_everything_itself_has_norms_too():
    watch = GradientWatch(report=False)
    setup(Alone).fit(np.ones((1, 4), np.float32), 1, callbacks=watch, verbose=False)
    assert dict(watch.watched[0].norms) == {"inner.weight": 2.0}


# -- findings --------------------------------------------------------------------------------------


class Detached(nn.Module):
    """A layer whose gradient never arrives."""

    def __init__(self):
        super().__init__()
        self.cut, self.last = nn.Linear(4, 4), nn.Linear(4, 3)

    def forward(self, x):
        return self.last(self.cut(x).detach())


def detached(watch):
    made = setup(Detached, nn.CrossEntropyLoss(), tg.optim.SGD)
    return made.fit(classes(60), 2, callbacks=watch, verbose=False, dataloader_options=BATCHES)


def test_findings_are_kept_with_each_step_and_printed_once(capsys, tmp_path):
    watch = GradientWatch(1, folder=tmp_path / "watch")
    detached(watch)
    assert all(
        [one.kind for one in step.findings] == ["no_gradient", "no_gradient"]
        for step in watch.watched
    )
    assert [step.norms["cut.weight"] for step in watch.watched] == [None] * 6
    printed = capsys.readouterr().err
    assert printed.startswith("step 1 (epoch 1, batch 1)\n  Detached.cut.weight never got a grad")
    assert printed.count("never got a gradient") == 2
    assert f"\n  see it with: tracegrad open {tmp_path}/watch/step-000001.trace\n" in printed
    detached(GradientWatch(1, report=False))
    assert capsys.readouterr().err == ""


def test_traces_are_kept_where_one_asked_for_them(tmp_path):
    watch = GradientWatch(3, folder=tmp_path / "deep" / "watch", report=False)
    fit(watch)
    files = sorted((tmp_path / "deep" / "watch").iterdir())
    assert [one.file for one in watch.watched] == files
    assert [file.name for file in files] == ["step-000001.trace", "step-000004.trace"]
    with open_trace(files[1]) as trace:
        assert trace.info.title == "step 4"
        ops = {trace.event(n).op for n in range(trace.event_count)}
    assert {"linear", "batch_norm", "cross_entropy"} <= {op.removeprefix("_") for op in ops}


# -- NaN -------------------------------------------------------------------------------------------

BAD = np.array([1, 1, 1, 1, -1, 1, 1, 1], np.float32)[:, None]
"""The third of four batches is bad."""


def roots(watch, *more, data=BAD):
    made = setup(Roots, lambda pred, target: pred.sum(), tg.optim.SGD).set_opt_hparams(lr=1e-3)
    made.fit((data, data), 1, callbacks=[watch, *more], verbose=False,
             dataloader_options={"batch_size": 2, "shuffle": False})  # fmt: skip


@pytest.mark.parametrize("steps", [[99], 1])
@pytest.mark.parametrize(
    ("bad", "error"), [(-1.0, NonFiniteLossError), (0.0, NonFiniteGradientError)]
)
def test_the_trace_of_a_nan_is_kept_whether_the_step_was_chosen_or_not(
    tmp_path, capsys, steps, bad, error
):
    watch = GradientWatch(steps, folder=tmp_path)
    with pytest.raises(error) as caught:
        roots(watch, data=np.where(BAD < 0, np.float32(bad), BAD))
    file = tmp_path / "nan-000003.trace"
    last = watch.watched[-1]
    assert (last.step, last.epoch, last.batch, last.file) == (3, 1, 3, file)
    (finding,) = [one for one in last.findings if one.kind == "not_finite"][:1]
    assert f"see it with: tracegrad open {file} --event {finding.event}" in caught.value.__notes__
    assert finding.headline in "\n".join([str(caught.value), *caught.value.__notes__])
    if error is NonFiniteGradientError:
        assert np.isnan(last.norms["weight"])
    with open_trace(file) as trace:
        assert trace.info.state == "complete"  # nothing failed: the step ended where it should
        assert trace.event(finding.event).op == "sqrt"
    assert capsys.readouterr().err.count(f"\n  {finding.headline}\n") == 1


def test_the_trace_of_a_nan_is_kept_among_temporary_files_if_no_place_was_given(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(watching.tempfile, "tempdir", str(tmp_path))
    watch = GradientWatch([99], report=False)
    with pytest.raises(NonFiniteLossError):
        roots(watch)
    (file,) = tmp_path.rglob("*.trace")
    assert watch.watched[0].file == file
    assert file.name == "nan-000003.trace"


def test_of_a_nan_that_came_in_the_event_is_the_first_that_it_reached(tmp_path):
    watch = GradientWatch([99], folder=tmp_path, report=False)
    with pytest.raises(NonFiniteLossError) as caught:
        roots(watch, data=np.where(BAD < 0, np.float32(np.nan), BAD))
    (file,) = tmp_path.iterdir()
    assert watch.watched[0].findings[0].event is None
    with open_trace(file) as trace:
        inputs = [n for n in range(trace.value_count) if trace.value(n).role == "input"]
        bad = {n for n in inputs if np.isnan(trace.array(n)).any()}
        readers = [n for n in range(trace.event_count) if bad & {*trace.event(n).inputs}]
    assert f"see it with: tracegrad open {file} --event {readers[0]}" in caught.value.__notes__
    assert readers[0] > 0


class Terminal:
    """Stands for standard input and output that are a terminal, and notes what is started."""

    def __init__(self, monkeypatch):
        self.started = []
        for stream in (sys.stdin, sys.stdout):
            monkeypatch.setattr(stream, "isatty", lambda: True, raising=False)
        monkeypatch.setattr(subprocess, "run", self.run)

    def run(self, command, check):
        self.started.append(command)


def test_the_debugger_opens_at_the_nan_when_all_others_have_closed(tmp_path, monkeypatch):
    terminal = Terminal(monkeypatch)
    closed = []

    class Closes(Callback):
        order = SAVING + 10

        def on_error(self, ctx):
            closed.append(list(terminal.started))

    watch = GradientWatch([99], folder=tmp_path, open_on_nan=True, report=False)
    with pytest.raises(NonFiniteLossError):
        roots(watch, Closes())
    event = str(watch.watched[0].findings[0].event)
    file = str(tmp_path / "nan-000003.trace")
    assert terminal.started == [[sys.executable, "-m", "tracegrad", "open", file, "--event", event]]
    assert closed == [[]]


@pytest.mark.parametrize("asked", [True, False])
def test_the_debugger_opens_only_if_asked_and_where_somebody_can_see_it(
    tmp_path, monkeypatch, asked
):
    terminal = Terminal(monkeypatch)
    if asked:
        monkeypatch.setattr(sys.stdout, "isatty", lambda: False, raising=False)
    watch = GradientWatch(folder=tmp_path, open_on_nan=asked, report=False)
    with pytest.raises(NonFiniteLossError):
        roots(watch)
    assert terminal.started == []


# -- other ends, and other recordings --------------------------------------------------------------


class Breaks(Callback):
    def __init__(self, error):
        self.error = error

    def on_train_batch_after_pred(self, ctx):
        raise self.error


@pytest.mark.parametrize(
    ("error", "expected"), [(KeyboardInterrupt(), KeyboardInterrupt), (OSError(), CallbackError)]
)
def test_no_recording_is_left_behind_by_a_step_that_broke(error, expected):
    watch = GradientWatch(report=False)
    with pytest.raises(expected):
        fit(watch, Breaks(error))
    assert hub.find(Recorder) is None
    fit(watch, Breaks(KeyboardInterrupt()), Interrupt())
    assert hub.find(Recorder) is None
    assert watch.watched == []


def test_in_a_program_that_is_recorded_norms_are_kept_and_the_rest_is_left_to_it(capsys, tmp_path):
    watch = GradientWatch(2, folder=tmp_path / "watch")
    with tg.record() as trace:
        fit(watch)
    assert trace.event_count > 100
    assert places(watch) == [(1, 1, 1), (3, 1, 3), (5, 2, 2)]
    assert all(one.norms["first.weight"] > 0 for one in watch.watched)
    assert all((one.findings, one.file) == ((), None) for one in watch.watched)
    assert capsys.readouterr().err == (
        "GradientWatch: the program is recorded already; look there for traces\n"
    )
    assert not (tmp_path / "watch").exists()


# -- again -----------------------------------------------------------------------------------------


def test_its_state_survives_a_file(tmp_path):
    watch = GradientWatch(1, folder=tmp_path / "watch", report=False)
    detached(watch)
    save_checkpoint(tmp_path / "state", watch.state_dict())
    again = GradientWatch(1)
    again.load_state_dict(load_checkpoint(tmp_path / "state"))
    assert again.watched == watch.watched
    assert isinstance(again.watched[0].file, Path)
    assert again.state_dict() == watch.state_dict()


def test_a_watch_that_is_used_again_begins_anew(capsys):
    watch = GradientWatch(1)
    detached(watch)
    first, _ = capsys.readouterr().err, detached(watch)
    assert len(watch.watched) == 6
    assert capsys.readouterr().err == first
