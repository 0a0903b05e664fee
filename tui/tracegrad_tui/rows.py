"""One row of the op list as text: what each kind of event shows, and how wide each column is."""

from __future__ import annotations

from dataclasses import dataclass

from tracegrad._util.text import number
from tracegrad.recording.model import EventKind, EventRow, Stats, ValueRow
from tracegrad.recording.source import TraceSource
from tracegrad_tui.measures import Pending
from tracegrad_tui.pieces import Line, Piece, fit, fit_end
from tracegrad_tui.pieces import width as width_of
from tracegrad_tui.session import Session


@dataclass(frozen=True, slots=True)
class Mark:
    """How a kind of event is marked: one character, a role, and what it means."""

    sign: str
    role: str
    meaning: str


MARKS: dict[EventKind, Mark] = {
    "forward": Mark("→", "forward", "forward op"),
    "write": Mark("=", "write", "changed values in place"),
    "exit": Mark("↗", "quiet", "left the graph for Python"),
    "seed": Mark("∂", "backward", "backward() began"),
    "backward": Mark("←", "backward", "backward of an op"),
    "fan_in": Mark("Σ", "backward", "gradients added up"),
    "accumulate": Mark("+", "backward", ".grad received a gradient"),
    "warning": Mark("!", "bad", "the recording noticed something wrong"),
}


@dataclass(frozen=True, slots=True)
class Columns:
    """Widths in cells; 0 leaves a column out."""

    id: int
    rail: int
    op: int
    scope: int
    signature: int
    value: int
    grad: int
    code: int

    @property
    def end_of_value(self) -> int:
        """One past the last cell of the |value| column."""
        return self.end_of_grad - self.grad - 1

    @property
    def end_of_grad(self) -> int:
        """One past the last cell of the |grad| column."""
        front = 2 + self.id + 1 + self.rail + 2 + self.op
        middle = 1 + self.scope + 1 + self.signature
        return front + middle + 1 + self.value + 1 + self.grad


def columns(width: int, count: int) -> Columns:
    """Column widths for a list of so many cells and events."""
    id = max(4, len(f"{max(count - 1, 0)}"))
    number = 9
    fixed = 2 + id + 1 + 2 + 2 * (number + 1)  # cursor, number, mark, two numbers
    rest = max(0, width - fixed)
    if rest < 22:  # op alone
        return Columns(id, 0, max(0, rest - 2), 0, 0, number, number, 0)
    rail = 0 if rest < 40 else min(24, rest // 7)
    rest -= rail + 3  # a space after op, scope and signature
    code = rest // 3 if rest > 78 else 0
    rest -= code + 1 if code else 0
    op = min(16, max(8, rest // 4))
    signature = min(22, max(9, rest // 3))
    scope = max(0, rest - op - signature)
    return Columns(id, rail, op, scope, signature, number, number, code)


def title(widths: Columns, count: int, room: int, shift: int, edge: str) -> Line:
    """The pane's title, with the titles of the number columns above them.

    Args:
        widths: of the columns.
        count: number of events.
        room: cells of the edge that the title may take.
        shift: where the list's first cell is, seen from the title's first.
        edge: the role of the pane's edge, which shows between the titles.
    """
    line: Line = [
        Piece("ops ", "strong"),
        Piece(f"{count:,} {'event' if count == 1 else 'events'} ", "quiet"),
    ]
    for word, end in (("|value|", widths.end_of_value), ("|grad|", widths.end_of_grad)):
        start = min(end + shift, room) - len(word)
        gap = start - width_of(line)
        if gap < 1:
            continue
        line += [Piece("─" * (gap - 1) + " ", edge), Piece(word, "quiet")]
    return line


def row(session: Session, id: int, widths: Columns) -> Line:
    """An event's row, without the cursor."""
    source = session.source
    event = source.event(id)
    mark = MARKS[event.kind]
    fold = session.folds.at(id)
    if fold is not None:
        return _folded(session, event, fold, widths)
    value, grad = shown(session, event)
    hit = session.search is not None and session.search.is_hit(id)
    line = _front(session, id, widths)
    line += [
        Piece(mark.sign + " ", mark.role),
        Piece(fit(event.op, widths.op), "hit" if hit else _op_role(event)),
        _where(source, event, widths),
        Piece(" " + fit(_signature(source, event), widths.signature)),
        Piece(" "),
        _measure(session, value, widths.value),
        Piece(" "),
        _measure(session, grad, widths.grad),
    ]
    if widths.code:
        line.append(Piece(" " + fit(code(source, event), widths.code), "quiet"))
    return line


def _op_role(event: EventRow) -> str:
    return "bad" if event.kind == "warning" else "strong"


def shown(session: Session, event: EventRow) -> tuple[int | None, int | None]:
    """The value and the gradient whose magnitudes a row shows."""
    source = session.source
    first_out = next((v for v in event.outputs if v is not None), None)
    first_in = next((v for v in event.inputs if v is not None), None)
    if event.kind in ("forward", "write", "exit", "warning"):
        value = first_in if event.kind == "exit" else first_out
        changed = event.kind in ("write", "warning")  # its gradient is that of the value before
        owners = [value, first_in] if changed else [value]
        grads = [source.gradient(v) for v in owners if v is not None] if session.ready else []
        return value, next((grad for grad in grads if grad is not None), None)
    gradient = first_in if event.kind == "backward" else first_out
    of = source.value(gradient).of if gradient is not None else None
    return of, gradient


def magnitude(value: ValueRow, stats: Stats | Pending | None) -> Piece:
    """One number that says how large a value is: a scalar itself, else its norm."""
    if stats == "pending":
        return Piece("…", "quiet")
    if stats is None:
        return Piece("–", "faint")
    if stats.nan:
        return Piece("NaN" if stats.count == 1 else f"NaN×{_short(stats.nan)}", "nan")
    if stats.inf:
        return Piece("∞" if stats.count == 1 else f"∞×{_short(stats.inf)}", "inf")
    if not stats.count:
        return Piece("empty", "quiet")
    if value.dtype == "bool":
        return Piece(f"{1 - stats.zero / stats.count:.0%} true")
    if value.shape == () and not value.dtype.startswith("complex"):
        return Piece(number(stats.mean))
    return Piece(number(stats.norm), "quiet" if stats.norm == 0 else "")


def code(source: TraceSource, event: EventRow) -> str:
    """The user's expression, with the variable that it is assigned to."""
    if event.location is None:
        return ""
    location = source.location(event.location)
    variable, expression = location.variable, location.expression
    if not variable or expression.startswith(f"{variable} "):  # `y += 1` is an expression here
        return expression
    return f"{variable} = {expression}"


def _where(source: TraceSource, event: EventRow, widths: Columns) -> Piece:
    """The module; outside of all modules, the expression, unless that has its own column."""
    path = source.scope(event.scope).path
    if path or widths.code:
        return Piece(" " + fit_end(path, widths.scope), "quiet")
    return Piece(" " + fit(code(source, event), widths.scope), "comment")


def _front(session: Session, id: int, widths: Columns) -> Line:
    line = [Piece(fit(str(id), widths.id, right=True) + " ", "quiet")]
    if widths.rail:
        rail = session.rails.of(id)
        if len(rail) > widths.rail - 1:
            rail = rail[: widths.rail - 2] + "…"
        line.append(Piece(fit(rail, widths.rail), "faint"))
    return line


def _folded(session: Session, event: EventRow, fold: tuple[int, int], widths: Columns) -> Line:
    start, stop = fold
    source = session.source
    path = source.scope(_common_scope(source, start, stop - 1)).path
    text = f"{path or 'program'} · {stop - start:,} events to #{stop - 1:,}"
    cells = 1 + widths.op + widths.scope + widths.signature + widths.value + widths.grad + 4
    return [*_front(session, start, widths), Piece("▸ ", "strong"), Piece(fit(text, cells))]


def _common_scope(source: TraceSource, first: int, last: int) -> int:
    """The innermost scope that holds both ends of a fold."""
    around: set[int] = set()
    walk: int | None = source.event(first).scope
    while walk is not None:
        around.add(walk)
        walk = source.scope(walk).parent
    walk = source.event(last).scope
    while walk is not None and walk not in around:
        walk = source.scope(walk).parent
    return walk or 0


def _signature(source: TraceSource, event: EventRow) -> str:
    values = [v for v in event.outputs if v is not None] or [
        v for v in event.inputs if v is not None
    ]
    if not values:
        return ""
    more = f" +{len(values) - 1}" if event.kind == "forward" and len(values) > 1 else ""
    return source.value(values[0]).signature + more


def _measure(session: Session, value: int | None, cells: int) -> Piece:
    if value is None:
        return Piece(" " * cells)
    piece = magnitude(session.source.value(value), session.measures.of(value))
    return piece._replace(text=fit(piece.text, cells, right=True))


def _short(n: int) -> str:
    return str(n) if n < 1000 else number(n, 2)
