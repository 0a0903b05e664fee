"""Larger traces for tests of pictures, made without the engine; the numbers are NumPy's."""

from __future__ import annotations

import numpy as np

from tests.sample_trace import RowsTrace
from tracegrad.recording.model import EventRow, LocationRow, ScopeRow

FILE = "/home/ada/mlp.py"


class Recorder:
    """Writes the rows of a small program while NumPy computes it."""

    def __init__(self) -> None:
        self.trace = RowsTrace()
        self.random = np.random.default_rng(7)

    def scope(self, parent: int, name: str, type: str, label: str) -> int:
        rows = self.trace.scope_rows
        path = f"{rows[parent].path}.{name}".strip(".")
        rows.append(ScopeRow(len(rows), parent, name, path, "module", type, label))
        return rows[-1].id

    def at(self, line: int, expression: str, variable: str = "") -> int:
        rows = self.trace.location_rows
        rows.append(LocationRow(len(rows), FILE, "main", line, line, 0, 9, expression, variable))
        return rows[-1].id

    def parameter(self, name: str, *shape: int) -> int:
        array = self.random.standard_normal(shape).astype(np.float32) / np.sqrt(shape[-1])
        return self.trace.add_value(array, "parameter", name=name, requires_grad=True)

    def array(self, value: int) -> np.ndarray:
        return self.trace.arrays[value]

    def op(
        self, op: str, inputs: tuple[int, ...], result: np.ndarray, **fields: object
    ) -> EventRow:
        grad = {"requires_grad": any(self.trace.value(v).requires_grad for v in inputs)}
        return self.trace.add_event("forward", op, inputs, [result], value_fields=grad, **fields)

    def visit(
        self, forward: EventRow, gradient: int, contributions: list[np.ndarray | None]
    ) -> tuple[int | None, ...]:
        event = self.trace.add_event(
            "backward", forward.op, (gradient,), contributions, role="gradient", of=forward.inputs,
            forward=forward.id, location=forward.location, scope=forward.scope,
            step=forward.step, backward_pass=forward.step + 1,
        )  # fmt: skip
        return event.outputs


def mlp_trace(layers: int = 2, width: int = 8, steps: int = 1) -> RowsTrace:
    """Training steps of a network of Linear and ReLU: `loss = ((net(x) - y) ** 2).mean()`."""
    r = Recorder()
    trace = r.trace
    net = r.scope(0, "net", "Sequential", "Sequential")
    scopes = [
        r.scope(net, str(n), "Linear", f"Linear({width}, {width})")
        if n % 2 == 0
        else r.scope(net, str(n), "ReLU", "ReLU()")
        for n in range(2 * layers)
    ]
    x = trace.add_value(r.random.standard_normal((16, width)).astype(np.float32), "input")
    y = trace.add_value(r.random.standard_normal((16, width)).astype(np.float32), "input")
    weights = [
        (r.parameter(f"net.{2 * n}.weight", width, width), r.parameter(f"net.{2 * n}.bias", width))
        for n in range(layers)
    ]
    on_net, on_loss = r.at(9, "net(x)", "h"), r.at(10, "((h - y) ** 2).mean()", "loss")
    on_sub, on_pow = r.at(10, "h - y"), r.at(10, "(h - y) ** 2")
    on_backward, on_step = r.at(11, "loss.backward()"), r.at(12, "optimizer.step()")
    for step in range(steps):
        here = {"step": step}
        h, made = x, []
        for n, (w, b) in enumerate(weights):
            z = r.array(h) @ r.array(w).T + r.array(b)
            made.append(r.op("linear", (h, w, b), z, scope=scopes[2 * n], location=on_net, **here))
            (h,) = made[-1].outputs
            relu = np.maximum(z, 0)
            made.append(r.op("relu", (h,), relu, scope=scopes[2 * n + 1], location=on_net, **here))
            (h,) = made[-1].outputs
        sub = r.op("sub", (h, y), r.array(h) - r.array(y), location=on_sub, **here)
        d = r.array(sub.outputs[0])
        pow_ = r.op("pow", sub.outputs, d**2, options="exponent=2", location=on_pow, **here)
        mean = r.op("mean", pow_.outputs, np.asarray((d**2).mean()), location=on_loss, **here)
        seed = trace.add_event(
            "seed", "backward", mean.outputs, [np.ones((), np.float32)], role="gradient",
            of=mean.outputs, location=on_backward, backward_pass=step + 1, **here,
        )  # fmt: skip
        (g,) = r.visit(mean, seed.outputs[0], [np.full_like(d, 1 / d.size)])
        (g,) = r.visit(pow_, g, [2 * d * r.array(g)])
        g, _ = r.visit(sub, g, [r.array(g), None])
        grads = {}
        for n in range(layers - 1, -1, -1):
            linear = made[2 * n]
            (g,) = r.visit(made[2 * n + 1], g, [r.array(g) * (r.array(linear.outputs[0]) > 0)])
            w, b = weights[n]
            down = r.array(g)
            needs = down @ r.array(w) if n else None
            g, *grads[n] = r.visit(
                linear, g, [needs, down.T @ r.array(linear.inputs[0]), down.sum(0)]
            )
        updated = []
        for n, pair in enumerate(weights):
            new = []
            for value, gradient in zip(pair, grads[n], strict=True):
                row = trace.value(value)
                write = trace.add_event(
                    "write", "SGD.step", (value, gradient),
                    [r.array(value) - 0.01 * r.array(gradient)], location=on_step,
                    grad_enabled=False, **here,
                    value_fields={
                        "requires_grad": True, "storage": row.storage, "name": row.name,
                        "version": row.version + 1,
                    },
                )  # fmt: skip
                new.append(write.outputs[0])
            updated.append(tuple(new))
        weights = updated
    return trace


def plain_trace(ops: int) -> RowsTrace:
    """A long program without modules or backward: `h = h.tanh() * w` over and over."""
    r = Recorder()
    h = r.trace.add_value(r.random.standard_normal(4).astype(np.float32), "input")
    w = r.parameter("", 4)
    lines = r.at(3, "h.tanh()"), r.at(3, "h.tanh() * w", "h")
    for n in range(ops):
        if n % 2 == 0:
            (h,) = r.op("tanh", (h,), np.tanh(r.array(h)), location=lines[0]).outputs
        else:
            (h,) = r.op("mul", (h, w), r.array(h) * r.array(w), location=lines[1]).outputs
    return r.trace
