"""Every action of the debugger, once: its keys, its name and what it does.

Bindings, the footer, the help screen and the command palette are all made from `KEYS`, and so are
the tests that press every key.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from textual.binding import Binding


@dataclass(frozen=True, slots=True)
class Key:
    """One action.

    Attributes:
        keys: in Textual's spelling; the first is the one that is shown.
        action: name of the `action_…` method of the main screen, with its argument if it takes one.
        group: heading in the help screen.
        name: a few words, for the command palette.
        help: one sentence, for the help screen.
        footer: the word in the footer, `""` to leave it out.
    """

    keys: tuple[str, ...]
    action: str
    group: str
    name: str
    help: str
    footer: str = ""

    @property
    def shown(self) -> str:
        """The keys as a person reads them: `s →`."""
        return " ".join(spelled(key) for key in self.keys)


TIME, LIST, GRAPH = "Steps in time", "Op list", "Along the graph"
FIND, PANES, VALUE, OTHER = "Finding the way", "Panes", "Inspector", "Program"

PANE_NAMES = ("source", "op list", "inspector", "graph")

KEYS: tuple[Key, ...] = (
    # -- time ----------------------------------------------------------------------------------
    Key(("s", "right"), "step(1)", TIME, "Step", "one event forward in time", "step"),
    Key(("S", "left"), "step(-1)", TIME, "Step back", "one event back in time", "back"),
    Key(("n",), "over(1)", TIME, "Step over", "over the module call: the next event outside it",
        "over"),
    Key(("N",), "over(-1)", TIME, "Step over, back", "the last event before the module call"),
    Key(("x",), "counterpart", TIME, "Swap forward and backward",
        "from an op to its backward event, and back", "fwd/bwd"),
    # -- list ----------------------------------------------------------------------------------
    Key(("j", "down"), "down(1)", LIST, "Down", "one row down in the pane that has the focus"),
    Key(("k", "up"), "down(-1)", LIST, "Up", "one row up in the pane that has the focus"),
    Key(("ctrl+d",), "half_page(1)", LIST, "Half a page down", "half a page down"),
    Key(("ctrl+u",), "half_page(-1)", LIST, "Half a page up", "half a page up"),
    Key(("pagedown",), "page(1)", LIST, "Page down", "one page down"),
    Key(("pageup",), "page(-1)", LIST, "Page up", "one page up"),
    Key(("g", "home"), "first", LIST, "First event", "to the first event"),
    Key(("G", "end"), "last", LIST, "Last event",
        "to the last event; after a number, to the event with that number (`12G`)"),
    Key(("space",), "fold", LIST, "Fold", "fold a module call into one row, or unfold it",
        "fold"),
    # -- graph ---------------------------------------------------------------------------------
    Key(("h",), "producer", GRAPH, "Producer", "to the event that made the first input", "input"),
    Key(("l",), "consumer", GRAPH, "Consumer", "to the first event that reads the output", "user"),
    Key(("v",), "version(1)", GRAPH, "Next version",
        "to the next event that writes to the memory of the value looked at"),
    Key(("V",), "version(-1)", GRAPH, "Previous version",
        "to the event before that wrote to that memory, or made it"),
    # -- finding -------------------------------------------------------------------------------
    Key(("slash",), "search", FIND, "Search",
        "search op, module, variable, signature and source expression", "find"),
    Key(("full_stop",), "hit(1)", FIND, "Next hit", "to the next hit of the search"),
    Key(("comma",), "hit(-1)", FIND, "Previous hit", "to the previous hit of the search"),
    Key(("w",), "warning(1)", FIND, "Next warning",
        "to the next warning: something wrong that the recording noticed"),
    Key(("W",), "warning(-1)", FIND, "Previous warning", "to the previous warning"),
    Key(("m",), "mark", FIND, "Mark", "then a letter: remember this event under that letter",
        "mark"),
    Key(("apostrophe",), "to_mark", FIND, "Go to mark", "then a letter: to the event marked so"),
    Key(("ctrl+o",), "jump_back", FIND, "Back in the jumps", "to where the last jump came from"),
    Key(("ctrl+i", "O"), "jump_forward", FIND, "Forward in the jumps",
        "undo ctrl+o (many terminals send ctrl+i as tab: use O there)"),
    # -- panes ---------------------------------------------------------------------------------
    *(
        Key((str(digit),), f"digit({digit})", PANES, f"Digit {digit}",
            (f"to the {PANE_NAMES[digit - 1]}; also " if digit in (1, 2, 3, 4) else "")
            + "a digit of an event's number")
        for digit in range(10)
    ),
    Key(("tab",), "next_pane(1)", PANES, "Next pane", "to the next pane"),
    Key(("shift+tab",), "next_pane(-1)", PANES, "Previous pane", "to the previous pane"),
    Key(("z",), "zoom", PANES, "Zoom", "the pane with the focus on the whole screen, and back",
        "zoom"),
    Key(("H",), "pan(-1)", PANES, "Pan left", "source, inspector and graph: to the left"),
    Key(("L",), "pan(1)", PANES, "Pan right", "source, inspector and graph: to the right"),
    # -- inspector -----------------------------------------------------------------------------
    Key(("right_square_bracket",), "tab(1)", VALUE, "Next tab", "next tab of the inspector",
        "tabs"),
    Key(("left_square_bracket",), "tab(-1)", VALUE, "Previous tab",
        "previous tab of the inspector"),
    Key(("o",), "operand(1)", VALUE, "Next operand",
        "look at the next value of this event: its outputs, then its inputs", "operand"),
    Key(("right_parenthesis",), "slice(1)", VALUE, "Next slice",
        "next slice of an array with more than two dimensions"),
    Key(("left_parenthesis",), "slice(-1)", VALUE, "Previous slice", "previous slice"),
    # -- program -------------------------------------------------------------------------------
    Key(("e",), "failure", OTHER, "Error", "the exception that ended a failed program"),
    Key(("colon",), "palette", OTHER, "Commands", "every command by name (also ctrl+p)"),
    Key(("question_mark",), "help", OTHER, "Keys", "this list of keys", "keys"),
    Key(("q", "ctrl+c"), "leave", OTHER, "Quit", "leave the debugger", "quit"),
)  # fmt: skip

_SPELLED = {
    "right": "→", "left": "←", "up": "↑", "down": "↓", "slash": "/", "full_stop": ".", "comma": ",",
    "apostrophe": "'", "colon": ":", "question_mark": "?", "right_square_bracket": "]",
    "left_square_bracket": "[", "right_parenthesis": ")", "left_parenthesis": "(",
    "pagedown": "pgdn", "pageup": "pgup",
}  # fmt: skip


def spelled(key: str) -> str:
    """A key as a person reads it: `/` for `slash`."""
    return _SPELLED.get(key, key)


def bindings() -> list[Binding]:
    """The table as Textual's bindings."""
    return [
        Binding(",".join(key.keys), key.action, key.name, show=False, id=key.action) for key in KEYS
    ]


def footer() -> list[tuple[str, str]]:
    """Key and word for each action that the footer may show, the most important first."""
    return [(spelled(key.keys[0]), key.footer) for key in KEYS if key.footer]


def by_group(keys: Iterable[Key] = KEYS) -> dict[str, list[Key]]:
    """The table under its headings, the nine digits as one entry."""
    groups: dict[str, list[Key]] = {}
    for key in keys:
        if key.action.startswith("digit(") and key.keys[0] in "056789":
            continue
        groups.setdefault(key.group, []).append(key)
    return groups
