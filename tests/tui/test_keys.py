"""The table of keys, and every key of it pressed."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from tests.sample_trace import RowsTrace
from tests.tui.driving import LARGE, Driver, drive
from tests.tui.traces import failed_trace
from tracegrad_tui.keys import KEYS, Key, bindings, by_group, footer, spelled
from tracegrad_tui.pieces import plain
from tracegrad_tui.screens.main import MainScreen
from tracegrad_tui.screens.sheet import FailureScreen, HelpScreen, help_lines

# -- the table -------------------------------------------------------------------------------------


def test_no_key_has_two_actions() -> None:
    keys = Counter(key for entry in KEYS for key in entry.keys)
    assert [key for key, times in keys.items() if times > 1] == []


def test_no_action_stands_twice() -> None:
    assert len({entry.action for entry in KEYS}) == len(KEYS)


def test_every_action_exists_on_the_main_screen() -> None:
    for entry in KEYS:
        name = re.sub(r"\(.*", "", entry.action)
        assert callable(getattr(MainScreen, f"action_{name}")), entry


def test_every_action_of_the_main_screen_has_a_key() -> None:
    bound = {re.sub(r"\(.*", "", entry.action) for entry in KEYS}
    own = {name[7:] for name in vars(MainScreen) if name.startswith("action_")}
    assert own == bound


def test_the_exclamation_mark_is_left_free() -> None:
    keys = {key for binding in bindings() for key in binding.key.split(",")}
    assert "exclamation_mark" not in keys
    assert "!" not in keys


def test_help_lists_every_key_with_what_it_does() -> None:
    text = "\n".join(plain(line) for line in help_lines(200))
    for entries in by_group().values():
        for entry in entries:
            assert entry.help in text
            assert any(
                line.split("  ")[1] == entry.shown or f"  {entry.shown}  " in line
                for line in text.split("\n")
                if entry.help in line
            ), entry


def test_the_footer_shows_short_words_and_ends_with_help_and_quit() -> None:
    shown = footer()
    assert shown[-2:] == [("?", "keys"), ("q", "quit")]
    assert all(len(word) <= 8 for _, word in shown)


# -- every key pressed -----------------------------------------------------------------------------

STEP = 15


@dataclass(frozen=True)
class Effect:
    """What a key must lead to: from `start`, after `before`, `check` must hold and not before."""

    check: Callable[[Driver], bool]
    start: int = 5
    before: tuple[str, ...] = ()


def cursor(event: int) -> Callable[[Driver], bool]:
    return lambda driver: driver.session.cursor == event


def focus(pane: int) -> Callable[[Driver], bool]:
    return lambda driver: driver.main.focused is driver.main.query_one(f"#pane-{pane}")


def says(text: str) -> Callable[[Driver], bool]:
    return lambda driver: text in driver.status


def on_top(screen: type[object]) -> Callable[[Driver], bool]:
    return lambda driver: isinstance(driver.app.screen, screen)


EFFECTS: dict[str, Effect] = {
    "step(1)": Effect(cursor(6)),
    "step(-1)": Effect(cursor(4)),
    "over(1)": Effect(cursor(14), start=10),
    "over(-1)": Effect(cursor(10), start=14),
    "counterpart": Effect(cursor(7)),
    "down(1)": Effect(cursor(6)),
    "down(-1)": Effect(cursor(4)),
    "half_page(1)": Effect(lambda driver: driver.session.cursor > 5),
    "half_page(-1)": Effect(lambda driver: driver.session.cursor < 5),
    "page(1)": Effect(lambda driver: driver.session.cursor == STEP),
    "page(-1)": Effect(cursor(0)),
    "first": Effect(cursor(0)),
    "last": Effect(cursor(STEP)),
    "fold": Effect(lambda driver: "▸ net · 2 events" in driver.cursor_row, start=1),
    "producer": Effect(cursor(4)),
    "consumer": Effect(cursor(6)),
    "version(1)": Effect(cursor(STEP), start=0, before=("o", "o")),
    "version(-1)": Effect(says("it entered from outside"), start=STEP),
    "warning(1)": Effect(says("no warning")),
    "warning(-1)": Effect(says("no warning")),
    "search": Effect(lambda driver: driver.status.startswith("/")),
    "hit(1)": Effect(cursor(10), before=("slash", *"mul", "enter", "g", "j", "j")),
    "hit(-1)": Effect(cursor(14), before=("slash", *"mul", "enter", "G")),
    "mark": Effect(says("mark this event as")),
    "to_mark": Effect(says("go to mark")),
    "jump_back": Effect(cursor(5), before=("G",)),
    "jump_forward": Effect(cursor(STEP), before=("G", "ctrl+o")),
    "digit(1)": Effect(focus(1)),
    "digit(2)": Effect(focus(2), before=("3",)),
    "digit(3)": Effect(focus(3)),
    "digit(4)": Effect(focus(4)),
    **{f"digit({n})": Effect(says(f"G goes to event {n}")) for n in (0, 5, 6, 7, 8, 9)},
    "next_pane(1)": Effect(focus(3)),
    "next_pane(-1)": Effect(focus(1)),
    "zoom": Effect(lambda driver: driver.main.query_one("#pane-2").size.width > 150),
    "pan(-1)": Effect(lambda driver: driver.main.source.left == 0, before=("1", "L")),
    "pan(1)": Effect(lambda driver: driver.main.source.left > 0, before=("1",)),
    "tab(1)": Effect(lambda driver: driver.session.tab == "gradient"),
    "tab(-1)": Effect(lambda driver: driver.session.tab == "history"),
    "operand(1)": Effect(says("input  2 of 2")),
    "slice(1)": Effect(says("one slice")),
    "slice(-1)": Effect(says("one slice")),
    "failure": Effect(on_top(FailureScreen)),
    "palette": Effect(lambda driver: "CommandPalette" in type(driver.app.screen).__name__),
    "help": Effect(on_top(HelpScreen)),
    "leave": Effect(lambda driver: driver.app._exit),
}


def test_every_action_has_an_effect_to_check() -> None:
    assert set(EFFECTS) == {entry.action for entry in KEYS}


def sample() -> RowsTrace:
    """The failed sample: every key has something to do in it."""
    return failed_trace()


@pytest.mark.parametrize(
    ("entry", "key"),
    [pytest.param(entry, key, id=f"{key}") for entry in KEYS for key in entry.keys],
)
def test_every_key_does_what_its_help_says(entry: Key, key: str) -> None:
    effect = EFFECTS[entry.action]

    async def script(driver: Driver) -> None:
        await driver.settle()
        if effect.before:
            await driver.press(*effect.before)
        driver.session.clear_notice()
        driver.main.show_all()
        await driver.pilot.pause()
        assert not effect.check(driver), f"{spelled(key)}: it was so before the key"
        await driver.pilot.press(key)
        await driver.until(lambda: effect.check(driver), f"{spelled(key)}: {entry.help}: not so")

    drive(sample(), script, size=LARGE, start=effect.start)
