"""Where the panes of the main screen are, at which size of the terminal."""

from __future__ import annotations

SMALLEST = (60, 15)
"""Columns and rows below which nothing but a request for more is shown."""

WIDTHS = [(0, "-tiny"), (SMALLEST[0], "-narrow"), (120, "-wide")]
HEIGHTS = [(0, "-flat"), (SMALLEST[1], "-short"), (34, "-tall")]
"""Classes of the screen from so many columns and rows on."""

RULES = """
#body { height: 1fr; }
#left, #right { width: 1fr; height: 1fr; }
#columns { height: 1fr; }
#left { width: 3fr; } #right { width: 2fr; }

#pane-1 { height: 2fr; min-height: 5; }
#pane-2 { height: 3fr; }
#pane-3 { height: 3fr; }
#pane-4 { height: 2fr; }

PanesScreen.-narrow #columns { layout: vertical; }
PanesScreen.-narrow #left { width: 100%; height: 3fr; }
PanesScreen.-narrow #right { width: 100%; height: 2fr; }
PanesScreen.-narrow #pane-4 { display: none; }
PanesScreen.-narrow.graph #pane-4 { display: block; height: 1fr; }
PanesScreen.-narrow.graph #pane-3 { display: none; }
PanesScreen.-narrow.-short Pane { border: none; border-top: solid $panel-lighten-2; }
PanesScreen.-narrow.-short Pane:focus { border-top: solid $primary; }
PanesScreen.-narrow.-short Pane:focus:nocolor { border-top: double $primary; }
PanesScreen.-narrow.-short #pane-1 { height: 5; }

PanesScreen.zoomed Pane { display: none; }
PanesScreen.zoomed .side { display: none; }
PanesScreen.zoomed .side.kept { display: block; width: 100%; height: 100%; }
PanesScreen.zoomed Pane.kept { display: block; height: 1fr; }

PanesScreen.-tiny > *, PanesScreen.-flat > * { display: none; }
PanesScreen.-tiny > TooSmall, PanesScreen.-flat > TooSmall { display: block; }
"""
