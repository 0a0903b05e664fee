"""The rows of a trace: frozen data, in plain Python types. Imports nothing of ours.

Note [Rows, not tensors]
~~~~~~~~~~~~~~~~~~~~~~~~
Everything that shows a run (pictures, explanations, the command line, the debugger) reads these
rows and never a live tensor. So a trace looks the same whether it is still in memory, was written
by a process that is gone, or comes from a machine that has none of the user's code; and a reader
cannot keep a tensor alive, change it, or see it half changed.

How the rows hang together::

    EventRow ──inputs──►  ValueRow ──of──► ValueRow     (a gradient points at the value it belongs
    to)
       │ └────outputs──►  ValueRow ──event──► EventRow  (the event that made it)
       ├─location──► LocationRow    file, line and columns of the user's own expression
       ├─scope─────► ScopeRow       which module, or `with tg.scope(...)`, it ran in
       └─forward───► EventRow       a backward event points at the forward event it differentiates

Numbers (`id`) count from 0 in the order of happening; events are the trace's time line.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

EventKind = Literal[
    "forward", "write", "exit", "seed", "backward", "fan_in", "accumulate", "warning"
]
"""What an event is.

forward      an op that made new values (arithmetic, creation, views, everything out of place); in a
             backward pass also `hook`: what a hook put in the place of a gradient
write        an op that changed values in place (`add_`, `x[0] = 1`, an optimizer's update);
             its output has the same storage as the written input and a higher version
exit         a value left the graph for Python (`item`, `numpy`, `tolist`, `bool`); no outputs
seed         a call of `backward()` or `grad()`; its outputs are the gradients it starts from, its
             inputs the values that those belong to
backward     one visit of one node: input 0 is the gradient of the forward event's output (one per
             output, `None` where there is none), outputs are the contributions for its inputs
fan_in       contributions to one value's gradient are added up: inputs are the contributions
accumulate   a leaf's `.grad` receives the gradient of this pass; output is the new `.grad`
warning      something that the recording noticed and that is no op: `op` is one of `WARNINGS`, the
             inputs and outputs are the values that it is about, `options` is the details as text

             `unseen_write`: inputs are a value as it was recorded, outputs the same memory as it
             was found later: something wrote to it past the version counter, and the write is
             counted now, when it is noticed
"""

WARNINGS: Mapping[str, str] = {
    "unseen_write": "memory was written past its version counter, through .data or NumPy",
}
"""What the op of a warning means."""


def warning_meaning(op: str) -> str:
    """What a warning means; of one that only a newer tracegrad knows, its name in words."""
    return WARNINGS.get(op, op.replace("_", " "))


Role = Literal["input", "parameter", "result", "gradient"]
"""input: entered from outside (data, or made before recording began); parameter: an `nn.Parameter`
or a leaf that requires grad; result: made by a recorded event; gradient: a gradient of any of
them.
"""

TraceState = Literal["recording", "complete", "failed"]


@dataclass(frozen=True, slots=True)
class EventRow:
    """One tick of the trace's time line.

    Attributes:
        id: position on the time line, from 0.
        op: the op's name (`matmul`, `add_`); for `seed` the call (`backward`, `grad`); for `fan_in`
            and `accumulate` those words; for `warning` what was noticed.
        inputs: value ids in the op's argument order; `None` where an argument was no tensor, or
            (backward) where a gradient is undefined.
        outputs: value ids; `None` where a backward event gave an input no gradient.
        options: the arguments that are no tensors, as text: `dim=1, keepdim=True`; `""` if none.
        location: id of a `LocationRow`, `None` if unknown. A backward event has that of its forward
            event.
        scope: id of a `ScopeRow`; scope 0 is the program itself.
        step: training step: how many times an optimizer had stepped before.
        backward_pass: 0 in the forward pass, `n` in the n-th backward pass of the trace, from 1.
        forward: for `backward`: the id of the forward event that it differentiates, `None` if that
            was not recorded. For `fan_in` and `accumulate`: the event that made the value.
        grad_enabled: whether autograd was on.
        start: nanoseconds since the recording began.
        duration: nanoseconds that the op took.
        thread: number of the thread, 0 for the one that started recording.
    """

    id: int
    kind: EventKind
    op: str
    inputs: tuple[int | None, ...]
    outputs: tuple[int | None, ...]
    options: str
    location: int | None
    scope: int
    step: int
    backward_pass: int
    forward: int | None
    grad_enabled: bool
    start: int
    duration: int
    thread: int


@dataclass(frozen=True, slots=True)
class ValueRow:
    """One value: a tensor at one version, or a gradient.

    Attributes:
        event: the event that made it, `None` for what entered from outside.
        output: which of that event's outputs it is. After a write, 1 for other tensors over the
            same memory, such as a view's base: they changed too, without being its output.
        name: parameter path (`net.0.weight`) or `""`. Variable names are the location's.
        dtype: as `float32`; `dtype_short` gives `f32`.
        requires_grad: whether a gradient can flow to it.
        storage: number of the memory it lives in; values that alias share it. `None` for gradients
            on their way; `.grad` lives in memory that the program may write to.
        version: the storage's version when it was recorded.
        of: for a gradient, the value it is the gradient of. Several gradients of one value: the
            contributions, their sum (`fan_in`), one set per backward pass.
        nbytes: size of the elements in bytes.
        kept: whether the elements are in the trace.
        view: whether its tensor shows memory of another one (`x[0]`, `x.t()`), which a write to it
            changes too.
        earlier: the value that the same tensor had before this one, `None` if this is its first.
    """

    id: int
    event: int | None
    output: int
    role: Role
    name: str
    shape: tuple[int, ...]
    dtype: str
    device: str
    requires_grad: bool
    storage: int | None
    version: int
    of: int | None
    nbytes: int
    kept: bool
    view: bool = False
    earlier: int | None = None

    @property
    def signature(self) -> str:
        """Type and shape in one word: `f32[100, 3]`, `f32[]` for a scalar."""
        return f"{dtype_short(self.dtype)}{list(self.shape)}"


@dataclass(frozen=True, slots=True)
class LocationRow:
    """Where in the user's program: one expression.

    Attributes:
        line: first line, from 1. `end_line` likewise, inclusive.
        column: first column in characters, from 0; `end_column` is one past the last.
            Both are 0 where Python kept no columns.
        expression: the source text of the expression on one line, `""` if the source is not known.
        variable: the name it is assigned to (`h` in `h = x @ w`), or `""`.
    """

    id: int
    file: str
    function: str
    line: int
    end_line: int
    column: int
    end_column: int
    expression: str
    variable: str

    @property
    def short(self) -> str:
        """`train.py:14`."""
        return f"{self.file.replace(chr(92), '/').rsplit('/', 1)[-1]}:{self.line}"


@dataclass(frozen=True, slots=True)
class ScopeRow:
    """A module's call, or `with tg.scope(name)`. Scope 0 is the whole program (`path` is `""`).

    Attributes:
        parent: the enclosing scope; `None` only for scope 0.
        name: own name within the parent: `0`, `attention`.
        path: names from the root, joined with dots: `net.0`.
        kind: `module`, `user` or `program`.
        type: for a module its class, `Linear`.
        label: for a module its one-line repr, `Linear(3, 32)`.
    """

    id: int
    parent: int | None
    name: str
    path: str
    kind: Literal["program", "module", "user"]
    type: str
    label: str


@dataclass(frozen=True, slots=True)
class Stats:
    """What the numbers of one value look like. NaN and infinities are counted, then left out.

    Attributes:
        count: number of elements. The other fields are about the finite ones.
        minimum, maximum, mean, std: `nan` when there is no finite element; std of the population.
        norm: Euclidean norm; `nan` when no element is finite, 0 of an empty array.
        histogram: 16 counts of equal bins from minimum to maximum; all in the first when they are
            equal.
    """

    count: int
    nan: int
    inf: int
    zero: int
    minimum: float
    maximum: float
    mean: float
    std: float
    norm: float
    histogram: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class TraceInfo:
    """The trace as a whole.

    Attributes:
        title: what was recorded, usually the script's name.
        created: local time with zone, ISO 8601.
        state: `recording` while the program runs (or if it was killed), `failed` if it raised.
        error: the traceback as text when `failed`, else `""`.
        duration: nanoseconds recorded so far.
        versions: of python, numpy and tracegrad.
    """

    title: str
    argv: tuple[str, ...]
    created: str
    state: TraceState
    error: str
    duration: int
    versions: dict[str, str]

    @property
    def error_headline(self) -> str:
        """Class and first line of the exception: `ValueError: no such thing`; `""` without one.

        A message may go on for more lines after it, and notes may follow: it is the first line at
        the margin after the last frame, not the last line of all.
        """
        lines = [line for line in self.error.splitlines() if line.strip()]
        frames = [n for n, line in enumerate(lines) if line.startswith("  File ")]
        for line in lines[frames[-1] + 1 :] if frames else lines:
            if not line.startswith((" ", "Traceback (")):
                return line
        return lines[-1].strip() if lines else ""


_SHORT = {"float": "f", "bfloat": "bf", "int": "i", "uint": "u", "complex": "c"}


def warning_text(event: EventRow) -> str:
    """What a warning says: its meaning and the details."""
    return ", ".join(text for text in (warning_meaning(event.op), event.options) if text)


def dtype_short(dtype: str) -> str:
    """`f32` for `float32`, `i64` for `int64`, `bool` as it is."""
    word = dtype.rstrip("0123456789")
    return _SHORT[word] + dtype[len(word) :] if word in _SHORT else dtype
