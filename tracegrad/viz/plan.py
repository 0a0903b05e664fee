"""What a picture shows, before any output format: boxes, nested clusters, edges, a header.

`make_plan` turns the rows of a trace into a `Plan`. The DOT writer, the built-in SVG and the tests
read the plan; nothing in it knows Graphviz, pixels or colours. A box is rows of spans, and a span's
tone says what its text means, which is all that a renderer needs to give it a colour and a font.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Tone = Literal["title", "label", "quiet", "code", "value", "gradient", "alarm"]
"""title: the op's or value's name; label: what a module is; quiet: context; code: type and shape;
value: a number that is the value itself; gradient: about a gradient; alarm: NaN, infinity, none."""

Kind = Literal["op", "write", "input", "parameter", "gradient", "earlier", "fold"]
"""What a box stands for.

op         a forward event                       write      an event that changed values in place
input      a value from outside                  parameter  a leaf that learns
gradient   a gradient that a forward op reads    earlier    a value of an event not drawn
fold       several events (a module's call, or a stretch of the program) as one box
"""


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of text on one line."""

    text: str
    tone: Tone = "quiet"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a box: text at the left, text at the right, or a histogram at the right."""

    left: tuple[Span, ...] = ()
    right: tuple[Span, ...] = ()
    histogram: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Slot:
    """A way into a box: one tensor argument.

    Attributes:
        position: the argument's position in the call, from 0.
        number: the position as shown, `""` where there is only one.
        contribution: norm of what flows back here, where the value's gradient has several
            contributions; elsewhere the box of the value itself tells it.
    """

    position: int
    number: str
    contribution: str


@dataclass(frozen=True, slots=True)
class Box:
    """One box.

    Attributes:
        key: unique in the plan and stable between plans of one trace: `op12`, `value3`, `fold2`.
        slots: ways in that are worth telling apart, in order; empty where there is only one
            (one tensor argument, a fold, very many arguments).
        cluster: index into `Plan.clusters`, `None` at the top.
        goal: whether this is the loss, or the value that the picture is about.
        differentiable: whether a gradient can flow to its result.
        alarm: whether a value or gradient shown in it holds NaN or infinity.
        gradient_line: index into `lines` of its result's gradient, `None` if there is none.
        events: ids of the events that it stands for.
        value: id of the value that it stands for, of an op its first output.
        tooltip: more about it, several lines.
    """

    key: str
    kind: Kind
    lines: tuple[Line, ...]
    slots: tuple[Slot, ...]
    cluster: int | None
    goal: bool
    differentiable: bool
    alarm: bool
    gradient_line: int | None
    events: tuple[int, ...]
    value: int | None
    tooltip: str


@dataclass(frozen=True, slots=True)
class Cluster:
    """A module's call, or another scope, drawn around its boxes.

    Attributes:
        parent: index of the enclosing cluster, which is always smaller than its own.
        path: module path from the root, `net.0`.
        name: last part of the path, or several where nothing else is in between.
        label: what it is: `Linear(3, 32)`.
    """

    parent: int | None
    path: str
    name: str
    label: str


@dataclass(frozen=True, slots=True)
class ForwardEdge:
    """A value on its way from the box that made it to a box that reads it.

    Attributes:
        source, target: indices into `Plan.boxes`.
        slot: the argument position it enters at; `None` where the target shows no slots.
        write: whether the target changes this value in place.
        count: how many values (between folds) the edge stands for.
        tooltip: the value's name, type and shape.
    """

    source: int
    target: int
    slot: int | None
    write: bool
    count: int
    tooltip: str


@dataclass(frozen=True, slots=True)
class GradientEdge:
    """A contribution to a gradient, flowing from the op that read a value to the box that made it.

    Attributes:
        source: index of the box whose backward made it (lower in the picture).
        target: index of the box whose value it is the gradient of.
        slot: the argument of `source` that it belongs to; pairs it with a `ForwardEdge`.
        norm: Euclidean norm; `None` if the numbers were not kept. Between folds the largest.
        alarm: whether it holds NaN or infinity.
        fan_in: whether it is one of several contributions, so that its norm is told nowhere else.
        count: how many contributions (between folds) the edge stands for.
        backward_pass: the pass it belongs to, from 1.
        tooltip: in words.
    """

    source: int
    target: int
    slot: int | None
    norm: float | None
    alarm: bool
    fan_in: bool
    count: int
    backward_pass: int
    tooltip: str


@dataclass(frozen=True, slots=True)
class Counts:
    """What the header counts, over the whole selection, folded away or not.

    Attributes:
        forward: ops that made new values.
        writes: ops that changed values in place, those told in a parameter's box included.
        backward: visits of nodes in backward passes.
        parameters: elements of all parameters that are read.
        nbytes: bytes of results, memory that several results share counted once.
        folded_ops: ops inside fold boxes.
        folds: fold boxes.
    """

    forward: int
    writes: int
    backward: int
    parameters: int
    nbytes: int
    folded_ops: int
    folds: int


@dataclass(frozen=True, slots=True)
class Header:
    """The words above the picture: a title, facts beside and below it, and what is wrong."""

    title: str
    place: str
    facts: tuple[str, ...]
    alarms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """A picture, ready for any output format. Clusters come before their children."""

    header: Header
    counts: Counts
    boxes: tuple[Box, ...]
    clusters: tuple[Cluster, ...]
    forward: tuple[ForwardEdge, ...]
    gradients: tuple[GradientEdge, ...]
