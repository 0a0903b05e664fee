"""One time step of a recurrent layer, as few nodes with values that one wants to see.

A product with the hidden weights, added to the input's part; the gates, that is what their sigmoids
and `tanh` make of it; the next state.
"""

from __future__ import annotations

from typing import Any

from tracegrad.ops.declare import op
from tracegrad.ops.linalg import check_same_dtype

Array = Any

# -- the product with the hidden weights -----------------------------------------------------------


@op(
    vjp={
        "x": lambda ops, g: g,
        # Not `g @ weight.T`, which BLAS does in 58 us against 43 (g of 32x512, weight of 128x512).
        "h": lambda ops, g, weight: ops.t(ops.matmul(weight, ops.t(g))),
        "weight": lambda ops, g, h: ops.matmul(ops.t(h), g),
    },
    public=False,
)
def recurrent_linear(xp, x, h, weight):
    """`x + h @ weight`: the input's part of a step, or a bias, and the hidden state's.

    Shapes: x `(N, G)` or `(G,)`, h `(N, H)`, weight `(H, G)`; the result is `(N, G)`.
    """
    check_same_dtype(h, weight)
    check_same_dtype(x, h)
    out = xp.dot(h, weight)
    if x.shape not in (out.shape, out.shape[1:]):
        raise RuntimeError(
            f"recurrent_linear: expected an input's part of shape {list(out.shape)} (or a bias of "
            f"{list(out.shape[1:])}), got {list(x.shape)}"
        )
    out += x
    return out


# -- gates -----------------------------------------------------------------------------------------


def _activate(xp: Any, halved: Array) -> None:
    """Sigmoids over an array of half the arguments: `sigmoid(x) = (1 + tanh(x / 2)) / 2`."""
    xp.tanh(halved, out=halved)
    halved *= 0.5
    halved += 0.5


def _by_gate(x: Array, gates: int) -> Array:
    """`(N, gates * H)` as a view `(gates, N, H)`."""
    return x.reshape(x.shape[0], gates, x.shape[1] // gates).swapaxes(0, 1)


def _sigmoid_slope(s: Array) -> Array:
    """The derivative of `sigmoid`, from its value."""
    return s * (1 - s)


def _tanh_slope(t: Array) -> Array:
    """The derivative of `tanh`, from its value."""
    return 1 - t * t


# -- long short-term memory ------------------------------------------------------------------------


@op(vjp=lambda ops, g, out: ops.lstm_gates_backward(g, out), public=False)
def lstm_gates(xp, x):
    """The gates `i`, `f` and `o`, which are sigmoids, and the new `n`, a `tanh`.

    Shapes: x `(N, 4 H)`, in PyTorch's order of the weights `i`, `f`, `n`, `o`; the result is
    `(4, N, H)` in the order above.
    """
    if x.ndim != 2 or x.shape[1] % 4:
        raise RuntimeError(f"lstm_gates: expected a matrix of 4 H columns, got {list(x.shape)}")
    parts = _by_gate(x, 4)
    gates = xp.empty(parts.shape, x.dtype)
    xp.multiply(parts[:2], 0.5, out=gates[:2])
    xp.multiply(parts[3], 0.5, out=gates[2])
    _activate(xp, gates[:3])
    xp.tanh(parts[2], out=gates[3])
    return gates


@op(
    vjp={
        "g": lambda ops, h, gates: _in_gate_order(ops, h) * _lstm_slopes(ops, gates),
        "gates": lambda ops, h, g, gates: _in_gate_order(ops, h) * g * _lstm_curves(ops, gates),
    },
    public=False,
)
def lstm_gates_backward(xp, g, gates):
    """The gradient of `lstm_gates`, from its result."""
    slopes = gates * gates
    xp.subtract(gates[:3], slopes[:3], out=slopes[:3])
    xp.subtract(1, slopes[3], out=slopes[3])
    _, rows, size = gates.shape
    out = xp.empty((rows, 4 * size), gates.dtype)
    parts = _by_gate(out, 4)
    xp.multiply(g[:2], slopes[:2], out=parts[:2])
    xp.multiply(g[2], slopes[2], out=parts[3])
    xp.multiply(g[3], slopes[3], out=parts[2])
    return out


def _in_gate_order(ops: Any, h: Array) -> Array:
    """`(N, 4 H)` in the order of the weights, as `(4, N, H)` in that of the gates."""
    i, f, n, o = ops.split_sections(h, sections=(h.shape[1] // 4,) * 4, dim=1)
    return ops.stack([i, f, o, n], dim=0)


def _lstm_slopes(ops: Any, gates: Array) -> Array:
    i, f, o, n = ops.unbind(gates, dim=0)
    return ops.stack([*map(_sigmoid_slope, (i, f, o)), _tanh_slope(n)], dim=0)


def _lstm_curves(ops: Any, gates: Array) -> Array:
    """The derivatives of the slopes with respect to the gates."""
    i, f, o, n = ops.unbind(gates, dim=0)
    return ops.stack([1 - 2 * i, 1 - 2 * f, 1 - 2 * o, -2 * n], dim=0)


def _cell_backward_g(ops: Any, h: Array, gates: Array, c: Array) -> Array:
    h_i, h_f, _, h_n = ops.unbind(h, dim=0)
    i, _, _, n = ops.unbind(gates, dim=0)
    return h_i * n + h_f * c + h_n * i


def _cell_backward_gates(ops: Any, h: Array, g: Array) -> Array:
    h_i, _, _, h_n = ops.unbind(h, dim=0)
    zero = ops.zeros_of(g, shape=g.shape)
    return ops.stack([h_n * g, zero, zero, h_i * g], dim=0)


@op(vjp={
    "g": lambda ops, h, gates, c: _cell_backward_g(ops, h, gates, c),
    "gates": lambda ops, h, g: _cell_backward_gates(ops, h, g),
    "c": lambda ops, h, g: g * ops.select(h, dim=0, index=1),
    "g_o": lambda ops, h: ops.select(h, dim=0, index=2),
}, public=False)  # fmt: skip
def lstm_cell_backward(xp, g, gates, c, g_o=None):
    """The gradient of the gates, from those of the next cell state and of the output gate."""
    found = xp.empty(gates.shape, gates.dtype)
    xp.multiply(g, gates[3], out=found[0])
    xp.multiply(g, c, out=found[1])
    found[2] = 0 if g_o is None else g_o
    xp.multiply(g, gates[0], out=found[3])
    return found


@op(
    vjp={
        "gates": lambda ops, g, gates, c, out: ops.lstm_cell_backward(
            g * _tanh_slope(out), gates, c
        ),
        "c": lambda ops, g, gates, out: g * _tanh_slope(out) * ops.select(gates, dim=0, index=1),
    },
    public=False,
)
def lstm_shown(xp, gates, c, known=None):
    """`tanh` of the next cell state.

    `known` only tells what it is already. A node keeps it, so that backward need not compute it
    again; but a second gradient must go through it: then the rule for `gates` accounts for it.
    """
    if known is not None:
        return known
    i, f, _, n = gates
    return xp.tanh(f * c + i * n)


def _lstm_cell(ops: Any, g: Any, gates: Array, c: Array, shown: Array) -> Array:
    """The gradient of the next cell state: its own, and what comes through the hidden state."""
    g_h, g_c = g
    if g_h is None:
        return g_c
    slope = _tanh_slope(ops.lstm_shown(gates, c, shown))
    through = slope * ops.select(gates, dim=0, index=2) * g_h
    return through if g_c is None else through + g_c


def _lstm_state_gates(
    ops: Any, g: Any, gates: Array, c: Array, shown: Array, g_cell: Array
) -> Array:
    g_o = None if g[0] is None else g[0] * ops.lstm_shown(gates, c, shown)
    return ops.lstm_cell_backward(g_cell, gates, c, g_o)


@op(vjp={
    "gates": lambda ops, g, gates, c, shown, g_cell: _lstm_state_gates(
        ops, g, gates, c, shown, g_cell),
    "c": lambda ops, g, gates, g_cell: g_cell * ops.select(gates, dim=0, index=1),
}, shared={
    "g_cell": lambda ops, g, gates, c, shown: _lstm_cell(ops, g, gates, c, shown),
}, outputs=2, aux=("shown",), public=False)  # fmt: skip
def lstm_state(xp, gates, c):
    """The next hidden and cell state: `c' = f * c + i * n` and `h' = o * tanh(c')`.

    Shapes: gates `(4, N, H)` from `lstm_gates`, c `(N, H)`.

    Source: Hochreiter and Schmidhuber 1997; Gers, Schmidhuber and Cummins 2000, eq. 1-6.
    """
    check_same_dtype(gates, c)
    if gates.shape != (4, *c.shape):
        raise RuntimeError(
            f"lstm_state: expected gates of shape {[4, *c.shape]} for a cell state of shape "
            f"{list(c.shape)}, got {list(gates.shape)}"
        )
    i, f, o, n = gates
    cell = f * c
    cell += i * n
    shown = xp.tanh(cell)
    return o * shown, cell, shown


# -- gated recurrent unit --------------------------------------------------------------------------


def _gru_before(ops: Any, g: Array, hidden: Array, gates: Array, of_hidden: bool) -> Array:
    """The gradient of `x` or of `hidden`: they differ in the new state, which `r` resets."""
    r, z, n = ops.unbind(gates, dim=0)
    g_r, g_z, g_n = ops.unbind(g, dim=0)
    size = hidden.shape[1] // 3
    new = g_n * _tanh_slope(n)
    reset = g_r + new * ops.narrow(hidden, dim=1, start=2 * size, length=size)
    parts = [reset * _sigmoid_slope(r), g_z * _sigmoid_slope(z), new * r if of_hidden else new]
    return ops.cat(parts, dim=1)


@op(vjp={
    "x": lambda ops, g, hidden, out: _gru_before(ops, g, hidden, out, of_hidden=False),
    "hidden": lambda ops, g, hidden, out: _gru_before(ops, g, hidden, out, of_hidden=True),
}, public=False)  # fmt: skip
def gru_gates(xp, x, hidden):
    """The reset gate `r` and the update gate `z`, sigmoids of sums of the two inputs' parts, and
    the new state `n = tanh(x_n + r * hidden_n)`.

    Shapes: both `(N, 3 H)`; the result is `(3, N, H)`.

    Source: Cho et al. 2014, eq. 5-8, with the reset gate after the product as in cuDNN.
    """
    check_same_dtype(x, hidden)
    if x.ndim != 2 or x.shape != hidden.shape or x.shape[1] % 3:
        raise RuntimeError(
            "gru_gates: expected two matrices of one shape with 3 H columns, got "
            f"{list(x.shape)} and {list(hidden.shape)}"
        )
    from_x, from_hidden = _by_gate(x, 3), _by_gate(hidden, 3)
    gates = xp.add(from_x, from_hidden, out=xp.empty(from_x.shape, x.dtype))
    gates[:2] *= 0.5
    _activate(xp, gates[:2])
    n = xp.multiply(gates[0], from_hidden[2], out=gates[2])
    n += from_x[2]
    xp.tanh(n, out=n)
    return gates


def _gru_state_gates(ops: Any, g: Array, gates: Array, h: Array) -> Array:
    _, z, n = ops.unbind(gates, dim=0)
    return ops.stack([ops.zeros_of(z, shape=z.shape), g * (h - n), g * (1 - z)], dim=0)


@op(vjp={
    "gates": lambda ops, g, gates, h: _gru_state_gates(ops, g, gates, h),
    "h": lambda ops, g, gates: g * ops.select(gates, dim=0, index=1),
}, public=False)  # fmt: skip
def gru_state(xp, gates, h):
    """The next hidden state, `(1 - z) * n + z * h`.

    Shapes: gates `(3, N, H)` from `gru_gates`, h `(N, H)`.
    """
    check_same_dtype(gates, h)
    if gates.shape != (3, *h.shape):
        raise RuntimeError(
            f"gru_state: expected gates of shape {[3, *h.shape]} for a hidden state of shape "
            f"{list(h.shape)}, got {list(gates.shape)}"
        )
    _, z, n = gates
    out = h - n
    out *= z
    out += n
    return out
