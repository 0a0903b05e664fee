"""A small trace made by hand: what readers are tested against without running the engine.

The program is `loss = ((x @ net.weight).relu() - y).pow(2).mean(); loss.backward()` with a fan-in
(`h` is used twice), one in-place write afterwards (an SGD step), and numbers computed by NumPy.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tracegrad.recording.memory import MemoryTrace
from tracegrad.recording.model import (
    EventRow,
    LocationRow,
    ScopeRow,
    TraceInfo,
    ValueRow,
)

SOURCE = """\
import tracegrad as tg

x, y = load()
h = net(x)
out = h * h
loss = (out - y).pow(2).mean()
loss.backward()
optimizer.step()
"""


class RowsTrace(MemoryTrace):
    """A trace from lists of rows, which a test fills as it likes."""

    def __init__(self) -> None:
        super().__init__(
            TraceInfo(
                "train.py",
                ("train.py",),
                "2026-01-02T03:04:05+00:00",
                "complete",
                "",
                9_000_000,
                {},
            )
        )

    @property
    def trace_info(self) -> TraceInfo:
        return self._info

    @trace_info.setter
    def trace_info(self, info: TraceInfo) -> None:
        self._info = info

    def array(self, value: int) -> np.ndarray | None:
        return self.arrays.get(value)

    # -- building ------------------------------------------------------------------------------

    def add_value(self, array: np.ndarray, role: str, **fields: object) -> int:
        id = len(self.value_rows)
        row = ValueRow(
            id=id,
            event=None,
            output=0,
            role=role,
            name="",
            shape=array.shape,
            dtype=str(array.dtype),
            device="cpu",
            requires_grad=False,
            storage=id,
            version=0,
            of=None,
            nbytes=array.nbytes,
            kept=True,
        )
        self.value_rows.append(replace(row, **fields))
        self.arrays[id] = array
        return id

    def add_event(
        self,
        kind: str,
        op: str,
        inputs: tuple[int | None, ...],
        results: list[np.ndarray | None],
        role: str = "result",
        of: tuple[int | None, ...] = (),
        value_fields: dict[str, object] | None = None,
        **fields: object,
    ) -> EventRow:
        id = len(self.event_rows)
        outputs: list[int | None] = []
        for n, array in enumerate(results):
            if array is None:
                outputs.append(None)
                continue
            extra: dict[str, object] = {"event": id, "output": n, **(value_fields or {})}
            if of:
                extra |= {"of": of[n], "storage": None}
            outputs.append(self.add_value(array, role, **extra))
        row = EventRow(
            id=id,
            kind=kind,
            op=op,
            inputs=inputs,
            outputs=tuple(outputs),
            options="",
            location=None,
            scope=0,
            step=0,
            backward_pass=0,
            forward=None,
            grad_enabled=True,
            start=id * 10_000,
            duration=2_000 + 100 * id,
            thread=0,
        )
        self.event_rows.append(replace(row, **fields))
        return self.event_rows[-1]


def sample_trace() -> RowsTrace:
    """One training step of a one-layer network; every number is right."""
    trace = RowsTrace()
    file = "/home/ada/train.py"
    trace.sources[file] = SOURCE

    def at(line: int, column: int, end: int, expression: str, variable: str = "") -> int:
        row = LocationRow(
            len(trace.location_rows),
            file,
            "<module>",
            line,
            line,
            column,
            end,
            expression,
            variable,
        )
        trace.location_rows.append(row)
        return row.id

    trace.scope_rows.append(ScopeRow(1, 0, "net", "net", "module", "Sequential", "Sequential"))
    trace.scope_rows.append(ScopeRow(2, 1, "0", "net.0", "module", "Linear", "Linear(3, 2)"))
    trace.scope_rows.append(ScopeRow(3, 1, "1", "net.1", "module", "ReLU", "ReLU()"))
    on_net, on_square = at(4, 4, 10, "net(x)", "h"), at(5, 6, 11, "h * h", "out")
    on_sub = at(6, 8, 15, "out - y")
    on_pow, on_mean = (
        at(6, 7, 23, "(out - y).pow(2)"),
        at(6, 7, 30, "(out - y).pow(2).mean()", "loss"),
    )
    on_backward, on_step = at(7, 0, 15, "loss.backward()"), at(8, 0, 16, "optimizer.step()")

    random = np.random.default_rng(0)
    x = random.standard_normal((4, 3)).astype(np.float32)
    y = random.standard_normal((4, 2)).astype(np.float32)
    w = random.standard_normal((3, 2)).astype(np.float32)
    vx, vw = (
        trace.add_value(x, "input"),
        trace.add_value(w, "parameter", name="net.0.weight", requires_grad=True),
    )
    grad = {"requires_grad": True}

    z = x @ w
    matmul = trace.add_event(
        "forward", "matmul", (vx, vw), [z], location=on_net, scope=2, value_fields=grad
    )
    (vz,) = matmul.outputs
    h = np.maximum(z, 0)
    relu = trace.add_event(
        "forward", "relu", (vz,), [h], location=on_net, scope=3, value_fields=grad
    )
    (vh,) = relu.outputs
    out = h * h
    mul = trace.add_event("forward", "mul", (vh, vh), [out], location=on_square, value_fields=grad)
    vy = trace.add_value(y, "input")
    diff = out - y
    sub = trace.add_event(
        "forward", "sub", (mul.outputs[0], vy), [diff], location=on_sub, value_fields=grad
    )
    square = diff**2
    pow_ = trace.add_event(
        "forward",
        "pow",
        sub.outputs,
        [square],
        options="exponent=2",
        location=on_pow,
        value_fields=grad,
    )
    loss = np.asarray(square.mean())
    mean = trace.add_event(
        "forward", "mean", pow_.outputs, [loss], location=on_mean, value_fields=grad
    )

    def backward(
        forward: EventRow, gradient: int, contributions: list[np.ndarray | None]
    ) -> list[int | None]:
        event = trace.add_event(
            "backward",
            forward.op,
            (gradient,),
            contributions,
            role="gradient",
            of=forward.inputs,
            forward=forward.id,
            location=forward.location,
            scope=forward.scope,
            backward_pass=1,
        )
        return list(event.outputs)

    seed = trace.add_event(
        "seed",
        "backward",
        mean.outputs,
        [np.ones((), np.float32)],
        role="gradient",
        of=mean.outputs,
        location=on_backward,
        backward_pass=1,
    )
    g_square = np.full_like(square, 1 / square.size)
    (g1,) = backward(mean, seed.outputs[0], [g_square])
    g_diff = 2 * diff * g_square
    (g2,) = backward(pow_, g1, [g_diff])
    g3, _ = backward(sub, g2, [g_diff, None])
    a, b = backward(mul, g3, [g_diff * h, g_diff * h])
    g_h = 2 * g_diff * h
    fan_in = trace.add_event(
        "fan_in",
        "fan_in",
        (a, b),
        [g_h],
        role="gradient",
        of=(vh,),
        forward=relu.id,
        location=on_net,
        scope=3,
        backward_pass=1,
    )
    g_z = g_h * (z > 0)
    (g4,) = backward(relu, fan_in.outputs[0], [g_z])
    g_w = x.T @ g_z
    _, g5 = backward(matmul, g4, [None, g_w])
    trace.add_event(
        "accumulate",
        "accumulate",
        (g5,),
        [g_w],
        role="gradient",
        of=(vw,),
        location=on_backward,
        backward_pass=1,
    )
    trace.add_event(
        "write",
        "SGD.step",
        (vw, g5),
        [w - 0.1 * g_w],
        location=on_step,
        grad_enabled=False,
        value_fields={"requires_grad": True, "storage": vw, "version": 1, "name": "net.0.weight"},
    )
    return trace
