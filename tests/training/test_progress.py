"""What is shown: plain lines elsewhere, a bar in a terminal, nothing if so asked."""

from __future__ import annotations

import io
import re
import time

import pytest

from tests.training.networks import classes, recipe
from tracegrad.training import Callback, Progress, progress


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def as_terminal(monkeypatch):
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.delenv("NO_COLOR", raising=False)
    return Terminal()


def plain(text: str) -> str:
    """Text without control sequences."""
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text)


def test_without_a_terminal_each_epoch_is_one_plain_line_on_standard_error(capsys):
    recipe().fit(classes(), 2, valid_data=0.25)
    out, err = capsys.readouterr()
    assert out == ""
    for epoch, line in enumerate(err.splitlines(), 1):
        assert re.fullmatch(
            rf"Epoch {epoch}/2  loss [\d.]+  acc [\d.]+ \| valid loss [\d.]+  acc [\d.]+  \S+ s",
            line,
        )
    assert len(err.splitlines()) == 2


def test_nothing_is_shown_where_nothing_is_wanted(capsys):
    fitted = recipe().fit(classes(), 1, verbose=False)
    fitted.predict(classes()[0], verbose=False)
    fitted.evaluate(classes(), verbose=False)
    assert capsys.readouterr() == ("", "")


def test_prediction_shows_nothing_without_a_terminal(capsys):
    fitted = recipe().fit(classes(), 1, verbose=False)
    fitted.predict(classes()[0])
    fitted.evaluate(classes())
    assert capsys.readouterr() == ("", "")


def test_a_terminal_gets_a_bar_and_keeps_a_line_an_epoch(as_terminal):
    class Waits(Callback):
        """Makes each batch long enough to be shown."""

        def on_train_batch_end(self, ctx):
            progress._shown = 0.0

    progress = Progress(as_terminal)
    options = {"batch_size": 20}
    recipe().fit(classes(), 2, callbacks=[Waits(), progress], dataloader_options=options)
    shown = plain(as_terminal.getvalue())
    assert re.search(r"Epoch 1/2  [━╸╺]{20} +2/3 +loss [\d.]+  acc [\d.]+", shown)
    assert re.search(r"Epoch 1/2  ━{20}  3/3  loss [\d.]+  acc [\d.]+  \S+ s\n", shown)
    assert re.search(r"Epoch 2/2  ━{20}  3/3  loss", shown)
    assert as_terminal.getvalue().count("\x1b[?25h") == 1  # the cursor is back


def test_short_epochs_do_not_redraw_the_screen_each_time(as_terminal, monkeypatch):
    drawn = []
    progress = Progress(as_terminal)

    class Counts(Callback):
        def on_fit_begin(self, ctx):
            from rich.live import Live

            refresh = Live.refresh
            monkeypatch.setattr(
                Live, "refresh", lambda live: (drawn.append(time.perf_counter()), refresh(live))
            )

    started = time.perf_counter()
    recipe().fit(classes(), 60, callbacks=[Counts(), progress])
    seconds = time.perf_counter() - started
    lines = re.findall(r"Epoch +\d+/60  ━{20}  2/2 .* s\n", plain(as_terminal.getvalue()))
    assert len(lines) == 60
    assert len(drawn) <= 3 * (10 * seconds + 3)  # a refresh, and one before and after each print


def test_in_a_narrow_terminal_numbers_come_before_the_bar_and_are_never_broken(
    as_terminal, monkeypatch
):
    monkeypatch.setenv("COLUMNS", "50")
    recipe().fit(classes(), 2, valid_data=0.25, callbacks=[Progress(as_terminal)])
    shown = plain(as_terminal.getvalue())
    assert "━" not in shown
    assert not re.search(r"(loss|acc|valid)\s*\n", shown)
    assert re.search(r"\n    \S.* s\nEpoch 2/2  loss", shown)
    assert max(map(len, re.split(r"[\r\n]+", shown))) <= 50


def test_the_running_line_stays_one_line(as_terminal, monkeypatch):
    monkeypatch.setenv("COLUMNS", "30")
    monkeypatch.setattr(progress, "SECONDS_BETWEEN", 0)
    recipe().fit(classes(), 1, callbacks=[Progress(as_terminal)])
    running = [row for row in plain(as_terminal.getvalue()).splitlines() if "1/2  loss" in row]
    assert running
    assert all(row.rstrip().endswith("…") for row in running)


def test_an_error_gives_the_terminal_back(as_terminal):
    class Fails(Callback):
        def on_train_batch_end(self, ctx):
            raise ValueError("no")

    with pytest.raises(Exception, match="no"):
        recipe().fit(classes(), 2, callbacks=[Fails(), Progress(as_terminal)])
    assert as_terminal.getvalue().count("\x1b[?25h") == 1


def test_why_a_fit_ended_early_is_said(capsys):
    class Stops(Callback):
        def on_epoch_end(self, ctx):
            ctx.stop("good enough")

    recipe().fit(classes(), 5, callbacks=Stops())
    assert capsys.readouterr().err.endswith("ended after epoch 1: good enough\n")


def test_an_error_in_a_prediction_gives_the_terminal_back(as_terminal):
    class Fails(Callback):
        def on_predict_batch_end(self, ctx):
            raise ValueError("no")

    fitted = recipe().fit(classes(), 1, verbose=False)
    with pytest.raises(Exception, match="no"):
        fitted.predict(classes()[0], callbacks=[Fails(), Progress(as_terminal)])
    assert as_terminal.getvalue().count("\x1b[?25h") == 1
