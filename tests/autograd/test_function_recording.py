"""Recordings of programs with a `Function`: rows that fit together, grouped by the call."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import tracegrad as tg
from tests.autograd.functions import leaf
from tests.recording.consistency import assert_consistent
from tracegrad.autograd import Function
from tracegrad.recording.reader import open_trace
from tracegrad.recording.source import TraceSource


class Exp(Function):
    @staticmethod
    def forward(ctx, x, k=2, config=None):
        y = x.exp() * k
        ctx.save_for_backward(y)
        return y

    @staticmethod
    def backward(ctx, g):
        (y,) = ctx.saved_tensors
        return g * y, None, None


class Pair(Function):
    @staticmethod
    def forward(ctx, x, y):
        ctx.save_for_backward(x, y)
        return x * y, x > y, x + y, "no tensor"

    @staticmethod
    def backward(ctx, g, _, h, __):
        x, y = ctx.saved_tensors
        return g * y + h, g * x + h


class Grow_(Function):
    """Writes to its last argument."""

    @staticmethod
    def forward(ctx, k, x):
        ctx.mark_dirty(x)
        return x.mul_(2).add_(k)

    @staticmethod
    def backward(ctx, g):
        return g.sum(), g * 2


class Unseen_(Function):
    @staticmethod
    def forward(ctx, x):
        x.numpy(force=True)[:] *= 2
        ctx.mark_dirty(x)
        return x

    @staticmethod
    def backward(ctx, g):
        return g * 2


class GrowAndMore_(Function):
    @staticmethod
    def forward(ctx, x):
        ctx.mark_dirty(x)
        return x.mul_(2), x + 1

    @staticmethod
    def backward(ctx, g, h):
        return (g + h) * 2


class Same(Function):
    @staticmethod
    def forward(ctx, x):
        return x

    @staticmethod
    def backward(ctx, g):
        return -g


class Flat(Function):
    @staticmethod
    def forward(ctx, x):
        return x.view(-1)

    @staticmethod
    def backward(ctx, g):
        return g.view(3, 1)


class Twice(Function):
    @staticmethod
    def forward(ctx, x):
        y = x * 2
        return y, y

    @staticmethod
    def backward(ctx, g, h):
        return (g + h) * 2


def out_of_place() -> list[tg.Tensor]:
    x = leaf()
    y = Exp.apply(Exp.apply(x * 0.1, k=0.5), 3, object())
    (y * y).sum().backward()
    return [y, x.grad]


def several_outputs() -> list[tg.Tensor]:
    x, y = leaf(), leaf()
    product, larger, total, _ = Pair.apply(x, y * 2)
    (product * total).sum().backward()
    product.sum()
    return [product, larger, total, x.grad, y.grad]


def one_of_several_outputs() -> list[tg.Tensor]:
    x = leaf()
    Pair.apply(x, x * 2)[2].sum().backward()
    return [x.grad]


def second_derivatives() -> list[tg.Tensor]:
    x, y = leaf(), leaf()
    product, _, total, _ = Pair.apply(x, y * 2)
    (g,) = tg.autograd.grad((product * total).sum(), x, create_graph=True)
    g.sum().backward()
    return [g, x.grad, y.grad]


def in_place() -> list[tg.Tensor]:
    x, k = leaf(), tg.tensor(2.0, requires_grad=True)
    h = x * 1
    y = Grow_.apply(k, h)
    (y * h).sum().backward()
    return [h, x.grad, k.grad]


def in_place_on_a_view() -> list[tg.Tensor]:
    x, k = leaf(), tg.tensor(2.0, requires_grad=True)
    h = x * 1
    part, other = h[:2], h[1:]
    Grow_.apply(k, part)
    (other * h[:2] * part).sum().backward()
    return [h, part, other, x.grad, k.grad]


def in_place_and_another_output() -> list[tg.Tensor]:
    x = leaf()
    h = x * 1
    part = h[1:]
    y, z = GrowAndMore_.apply(h)
    (y * z).sum().backward()
    return [part * 1, y, z, x.grad]


def in_place_unseen() -> list[tg.Tensor]:
    x = leaf()
    y = Unseen_.apply(x * 1)
    (y * y).sum().backward()
    return [y, x.grad]


def views() -> list[tg.Tensor]:
    x = leaf()
    y = Flat.apply(Same.apply(x * 1).view(3, 1))
    (y * Same.apply(x)).sum().backward()
    return [y, x.grad]


def one_tensor_twice() -> list[tg.Tensor]:
    x = leaf()
    y, z = Twice.apply(x)
    (y * z).sum().backward()
    return [y, x.grad]


def without_gradients() -> list[tg.Tensor]:
    x, plain = leaf(), tg.ones(3)
    with tg.no_grad():
        results = [*GrowAndMore_.apply(x), Grow_.apply(1.0, x), Same.apply(x), Exp.apply(x)]
    return [*results, Grow_.apply(2.0, plain) * 1, Same.apply(plain)]


PROGRAMS: dict[str, Callable[[], list[tg.Tensor]]] = {
    program.__name__: program
    for program in (
        out_of_place, several_outputs, one_of_several_outputs, second_derivatives, in_place,
        in_place_on_a_view, in_place_and_another_output, in_place_unseen, views, one_tensor_twice,
        without_gradients,
    )
}  # fmt: skip
every_program = pytest.mark.parametrize("name", PROGRAMS)


def events_of(trace: TraceSource) -> list[tuple[str, str, str]]:
    return [(e.kind, e.op, trace.scope(e.scope).path) for e in trace.events()]


@every_program
def test_rows_and_numbers_fit_together(name: str):
    with tg.record() as trace:
        PROGRAMS[name]()
    assert_consistent(trace)


@every_program
def test_a_file_holds_the_same_events(name: str, tmp_path: Path):
    path = tmp_path / "run.tgt"
    with tg.record(path):
        PROGRAMS[name]()
    with tg.record() as trace:
        PROGRAMS[name]()
    with open_trace(path) as read:
        assert_consistent(read)
        assert events_of(read) == events_of(trace)


@every_program
def test_recording_changes_no_number(name: str):
    plain = PROGRAMS[name]()
    with tg.record():
        recorded = PROGRAMS[name]()
    for one, other in zip(plain, recorded, strict=True):
        np.testing.assert_array_equal(one.detach().numpy(), other.detach().numpy())


def test_a_call_is_one_event_and_its_ops_are_in_its_scope():
    with tg.record() as trace:
        Exp.apply(leaf(), k=3).sum().backward()
    assert events_of(trace) == [
        ("forward", "tensor", ""),
        ("forward", "exp", "Exp"),
        ("forward", "mul", "Exp"),
        ("forward", "Exp", ""),
        ("forward", "sum", ""),
        ("seed", "backward", ""),
        ("backward", "sum", ""),
        ("forward", "mul", "ExpBackward"),
        ("backward", "Exp", ""),
        ("accumulate", "accumulate", ""),
    ]


def test_backward_works_on_the_gradient_that_arrived():
    with tg.record() as trace:
        Exp.apply(leaf(), k=3).sum().backward()
    events = list(trace.events())
    arrived = events[6].outputs[0]
    assert events[7].inputs == (arrived, events[3].outputs[0])
    assert events[8].inputs == (arrived,)


def test_arguments_that_are_no_tensors_are_shown_by_name():
    class Config:
        def __repr__(self) -> str:
            raise AssertionError("a recording asks no object for its text")

    with tg.record() as trace:
        Exp.apply(leaf(), 3, Config())
        Exp.apply(leaf(), 2, [1.5, None])
    shown = [event.options for event in trace.events() if event.op == "Exp"]
    assert shown == ["k=3, config=<Config>", "k=2, config=(1.5, None)"]


def test_a_write_is_recorded_as_a_write_of_the_function():
    with tg.record() as trace:
        in_place_on_a_view()
    writes = [event for event in trace.events() if event.op == "Grow_"]
    assert [event.kind for event in writes] == ["write"]
    (write,) = writes
    before, after = trace.value(write.inputs[0]), trace.value(write.outputs[0])
    assert (after.storage, after.version) == (before.storage, before.version + 1)
    assert [trace.value(id).shape for id in write.inputs] == [(2,), ()]
