"""`python -m tracegrad.viz._pygraphviz_render svg`: DOT text in at stdin, a picture out at stdout.

Runs in a process of its own, see `render.py`.
"""

from __future__ import annotations

import sys


def main() -> None:
    """Lay out and draw with the Graphviz that pygraphviz carries."""
    import pygraphviz

    text = sys.stdin.buffer.read().decode()
    picture = pygraphviz.AGraph(string=text).draw(format=sys.argv[1], prog="dot")
    sys.stdout.buffer.write(picture)


if __name__ == "__main__":
    main()
