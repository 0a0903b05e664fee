"""Messages of ops, what messages say to try, and what errors carry besides their text."""

# ruff: noqa: E501  whole messages

from __future__ import annotations

import copy
import pickle
import runpy
from pathlib import Path

import pytest

import tracegrad as tg
from tests.engine import (
    test_freed_messages,
    test_modified_messages,
    test_modified_messages_by_place,
    test_no_gradient_messages,
    test_refused_write_messages,
)
from tests.engine.scripts import assert_ends_with, run_python, write_program

CASES: dict[str, tuple[str, str]] = {
    "shapes that do not broadcast": (
        """
        import tracegrad as tg
        x, w, b = tg.ones(32, 10), tg.ones(10, 5), tg.ones(32)
        out = x @ w + b
        """,
        """
        RuntimeError: The size of tensor a (5) must match the size of tensor b (32) at non-singleton dimension 1
          op  add(f32[32, 5], f32[32])
          at  train.py:3   out = x @ w + b
          try: unsqueeze(1) on the second, which makes it [32, 1]
        """,
    ),
    "matrices that do not fit": (
        """
        import tracegrad as tg
        x, w = tg.ones(32, 10), tg.ones(5, 10)
        out = x @ w
        """,
        """
        RuntimeError: mat1 and mat2 shapes cannot be multiplied (32x10 and 5x10)
          op  matmul(f32[32, 10], f32[5, 10])
          at  train.py:3   out = x @ w
          try: transpose the second: .T
        """,
    ),
}


@pytest.mark.parametrize(("program", "message"), CASES.values(), ids=CASES)
def test_an_op_that_cannot_run_is_named_with_its_shapes_and_line(
    tmp_path: Path, program: str, message: str
):
    assert_ends_with(tmp_path, program, message)


def test_a_program_without_a_file_is_told_its_lines(tmp_path: Path):
    program = "import tracegrad as tg\nx = tg.ones(3, requires_grad=True)\ny = x.exp()\ny += 1\ny.sum().backward()"
    ended = run_python(tmp_path, "-c", program)
    saved, changed, _, suggested = ended.stderr.splitlines()[-4:]
    assert saved.startswith("  saved ")
    assert "by exp   <string>:3" in saved
    assert "by add_   <string>:4" in changed
    assert "write to a clone() of" in suggested or "y.clone()" in suggested


def test_a_crashing_program_shows_its_own_line(tmp_path: Path):
    path = write_program(tmp_path, test_modified_messages.CASES["a saved output was added to"][0])
    ended = run_python(tmp_path, str(path))
    lines = ended.stderr.splitlines()
    assert f'  File "{path}", line 5, in <module>' in lines
    assert "    y.sum().backward()" in lines


def test_an_error_inside_a_hook_is_the_users_own(tmp_path: Path):
    program = """
        import tracegrad as tg
        x = tg.ones(2, requires_grad=True)
        y = x * 2
        y.register_hook(lambda g: [][0])
        z = (y * y).sum()
        z.backward()
    """
    with pytest.raises(IndexError, match="list index out of range"):
        runpy.run_path(str(write_program(tmp_path, program)))


# -- what a message says to try --------------------------------------------------------------------

ALL = {
    **test_modified_messages.CASES,
    **test_modified_messages_by_place.CASES,
    **test_refused_write_messages.CASES,
    **test_freed_messages.CASES,
    **test_no_gradient_messages.CASES,
    **CASES,
}

ADVICE: dict[str, tuple[str, str]] = {
    "unsqueeze(1) on the second": ("", "tg.ones(32, 5) + tg.ones(32).unsqueeze(1)"),
    "transpose the second: .T": ("", "tg.ones(32, 10) @ tg.ones(5, 10).T"),
    "y = y + 1": ("a saved output was added to", "y += 1 -> y = y + 1"),
    "y = y.clone() before line 4": ("a saved output was added to", "y += 1 -> y = y.clone(); y += 1"),
    "h = h.clone() before line 5": ("a saved input was assigned to", "h[0] -> h = h.clone(); h[0]"),
    "change h before line 4": (
        "a saved input was assigned to",
        "loss = (x * h).sum()\nh[0] = 5.0 -> h[0] = 5.0\nloss = (x * h).sum()",
    ),
    "alias = alias.mul(2)": ("an alias was written", "alias.mul_(2) -> alias = alias.mul(2)"),
    "take rows from h.clone()": ("a column of a view was written", "h.view -> h.clone().view"),
    "w = w.clone() before line 5": ("a saved view, whose base was written", "w[3] -> w = w.clone(); w[3]"),
    "b = b.sub(1)": ("several saved values were written", "a.add_(1)\nb.sub_(1) -> a = a.add(1)\nb = b.sub(1)"),
    "y = y.clone() before line 4; or build it": ("several writes", "y *= 2 -> y = y.clone(); y *= 2"),
    "backward() before line 7": ("an optimizer stepped too early", "optimizer.step()\nloss.backward() -> loss.backward()\noptimizer.step()"),
    "compute the loss again after it": ("an optimizer stepped too early", "optimizer.step()\n -> optimizer.step()\nloss = model(x).sum()\n"),
    "backward() before line 6": ("an update by hand came too early", "with tg.no_grad():\n    w -= 0.1 * w.grad\nloss.backward() -> loss.backward()\nwith tg.no_grad():\n    w -= 0.1 * w.grad"),
    "h = zeros_like(h)": ("zeroed", "h.zero_() -> h = tg.zeros_like(h)"),
    "buffer = x.detach().clone()": ("copied into", "buffer.copy_(x.detach()) -> buffer = x.detach().clone()"),
    "h = h.masked_fill(h < 1, 0)": ("masked assignment", "h[h < 1] = 0 -> h = h.masked_fill(h < 1, 0)"),
    "x.grad.clone() at line 4": ("the gradient of a leaf in a loss", "(x.grad * x) -> (x.grad.clone() * x)"),
    "t = t * 2, and return it": ("in a function", "    t *= 2 ->     t = t * 2\n    return t"),
    "self.scale = self.scale + 1": ("a state kept in a module", "self.scale += 1 -> self.scale = self.scale + 1"),
    ".add(1) instead of .add_(1)": ("in an expression", ".add_(1) -> .add(1)"),
    "y = y.mul(2); or y = y.clone() before line 5": ("through data, with check_writes", "y.data.mul_(2) -> y = y.mul(2)"),
    "as .numpy().copy() does": ("through NumPy, with check_writes", ".numpy() -> .numpy().copy()"),
    "h = h.clamp(max=1)": ("with a transposed view", "h.clamp_(max=1) -> h = h.clamp(max=1)"),
    "with no_grad(): w -= 0.1": ("leaf: augmented", "w -= 0.1 -> with tg.no_grad(): w -= 0.1"),
    "w = w - 0.1": ("leaf: augmented", "w -= 0.1 -> w = w - 0.1"),
    "write to a clone() of w": ("leaf: assigned", "w[0] = 1.0 -> w.clone()[0] = 1.0"),
    "weight = model.weight.mul(0.5)": ("leaf: parameter of a module", "model.weight.mul_(0.5) -> weight = model.weight.mul(0.5)"),
    "take the view again outside of no_grad()": ("no_grad view", "head.mul_(3) -> head = x[:2]; head.mul_(3)"),
    "do the write inside of it too": ("no_grad view", "head.mul_(3) ->     head.mul_(3)"),
    "such as x[0] or x[:2]": ("one of several chunks", "left += 1 -> left = x[:2]; left += 1"),
    "row = row * 2": ("rows written while iterating", "row *= 2 -> row = row * 2"),
    "row = row.clone() before the write": ("expanded", "row += 1 -> row = row.clone(); row += 1"),
    "x[1:] += x[:-1].clone()": ("overlapping", "x[1:] += x[:-1] -> x[1:] += x[:-1].clone()"),
    "loss.backward(retain_graph=True) at line 4": ("twice on one loss", "loss.backward()\nloss.backward() -> loss.backward(retain_graph=True)\nloss.backward()"),
    "compute loss again before each backward": ("twice on one loss", "loss.backward()\nloss -> loss.backward()\nloss = (w * w).sum()\nloss"),
    "h = h.detach() before line 5": ("the hidden state of the last iteration", "h = (h -> h = h.detach(); h = (h"),
    "(first + second).backward() instead of both": ("two losses that share a part", "first.backward()\nsecond.backward() -> (first + second).backward()"),
    "tg.autograd.grad(loss, x, retain_graph=True)": ("grad and then backward", "grad(loss, x) -> grad(loss, x, retain_graph=True)"),
    "state = state.detach() before line 5": ("through a write to a view", "state[n] -> state = state.detach(); state[n]"),
    "self.state = self.state.detach()": ("joined in a module", "        self.state = (self ->         self.state = self.state.detach(); self.state = (self"),
    "total = total.detach() before line 6": ("a running total", "    total += loss ->     total = total.detach() if n else total; total += loss"),
    "compute norm again after each backward()": ("computed once before the loop", "    loss = (w ->     norm = w.exp().sum(); loss = (w"),
    "`with enable_grad():` around line 4": ("no_grad block", "    y = x * 2 ->     with tg.enable_grad(): y = x * 2"),
    "move line 4 out of the no_grad()": ("no_grad block", "with tg.no_grad():\n    y -> y"),
    "take the no_grad() off the function": ("no_grad decorator", "@tg.no_grad()\n -> "),
    "move the call of loss_of() out": ("the caller's no_grad", "with tg.no_grad():\n    loss -> loss"),
    "set_grad_enabled(True) at line 3": ("set_grad_enabled", "set_grad_enabled(False) -> set_grad_enabled(True)"),
    "leave .detach() away": ("detach", ".detach() -> "),
    "the tensor itself instead of .data": ("data", "x.data -> x"),
    "leave .detach_() away": ("detached in place", "h.detach_() -> pass"),
    "a soft choice such as softmax()": ("argmax", "argmax(1).float() -> softmax(1)"),
    "something smooth such as sigmoid()": ("comparison", "(x > 0.5).float() -> (x - 0.5).sigmoid()"),
    "stay in floating point": ("int conversion", ".long() -> "),
    "requires_grad_(True) before the computation": ("frozen parameters", "loss = model -> model.requires_grad_(True); loss = model"),
    "requires_grad=True on what": ("nothing ever required grad", "tg.ones(3) -> tg.ones(3, requires_grad=True)"),
    "stack() the tensors": ("tensor of a tensor", "tg.tensor( -> tg.stack("),
    "x.requires_grad_() before": ("grad's input", "loss = -> x.requires_grad_(); loss ="),
    "create_graph=True) at line 4": ("a gradient penalty", "grad(loss, x) -> grad(loss, x, create_graph=True)"),
    "backward(create_graph=True), if": ("the gradient of a leaf", ".backward()\nx.grad -> .backward(create_graph=True)\nx.grad"),
    "allow_unused=True": ("the input of grad was not used", "w.sum(), x -> w.sum(), x, allow_unused=True"),
    ".sum() or .mean() before backward()": ("a loss that is no scalar", "loss.backward() -> loss.sum().backward()"),
}  # fmt: skip
"""By what a message says to try: the case whose message it is, and that done: `before -> after`."""


@pytest.mark.parametrize("advice", ADVICE)
def test_what_the_message_says_to_try_works(advice: str, tmp_path: Path):
    case, change = ADVICE[advice]
    if not case:
        assert any(advice in message for _, message in CASES.values())
        exec(change, {"tg": tg})
        return
    program, message = ALL[case]
    assert advice in message
    path = write_program(tmp_path, program)
    old, new = change.split(" -> ", 1)
    text = path.read_text()
    assert text.count(old) == 1
    path.write_text(text.replace(old, new))
    mode = tg.is_grad_enabled()
    try:
        runpy.run_path(str(path))
    finally:
        tg.set_grad_enabled(mode)


# -- what errors carry besides their text ----------------------------------------------------------


def modified() -> tg.InplaceModificationError:
    x = tg.ones(2, requires_grad=True)
    h = x * 2
    loss = (x * h).sum()
    h[0] = 5.0
    h.mul_(2)
    with pytest.raises(tg.InplaceModificationError) as raised:
        loss.backward()
    return raised.value


def refused() -> tg.InplaceRefusedError:
    w = tg.ones(2, requires_grad=True)
    with pytest.raises(tg.InplaceRefusedError) as raised:
        w.mul_(2)
    return raised.value


def freed() -> tg.FreedGraphError:
    x = tg.ones(2, requires_grad=True)
    h = x.exp()
    h.sum().backward()
    with pytest.raises(tg.FreedGraphError) as raised:
        (h + x).sum().backward()
    return raised.value


def without_gradient() -> tg.NoGradientError:
    x = tg.ones(2, requires_grad=True)
    with tg.no_grad():
        y = x * 2
    with pytest.raises(tg.NoGradientError) as raised:
        y.sum().backward()
    return raised.value


def test_a_modification_error_tells_values_writes_and_backward_apart():
    error = modified()
    (value,) = error.saved
    assert (value.what, value.shape, value.dtype, value.version) == ("h", (2,), "f32", 0)
    assert value.by == error.saved_by
    assert (error.saved_by.op, error.saved_by.statement) == ("mul", "loss = (x * h).sum()")
    assert error.saved_by.file == __file__
    assert [(w.version, w.by.op, w.through) for w in error.changes] == [
        (1, "__setitem__", ()),
        (2, "mul_", None),
    ]
    assert error.changes[1].by.line == error.saved_by.line + 2
    assert error.needed_by.op == "mul backward"
    assert error.suggestions[0] == f"h = h.clone() before line {error.changes[0].by.line}"


def test_a_refusal_tells_its_reason_and_the_write():
    error = refused()
    assert error.reason == "leaf"
    assert (error.written_by.op, error.written_by.statement) == ("mul_", "w.mul_(2)")
    assert error.suggestions[1] == "w = w.mul(2), if a gradient is to flow through it"


def test_an_error_about_a_freed_graph_tells_who_freed_and_who_joined():
    error = freed()
    assert [(value.what, value.by.op) for value in error.saved] == [("h", "exp")]
    assert (error.freed_by.op, error.freed_by.statement) == ("backward", "h.sum().backward()")
    assert (error.joined_by.op, error.joined_by.line) == ("add", error.freed_by.line + 2)
    assert error.needed_by.op == "exp backward"
    assert error.suggestions[0] == "compute h again after each backward()"


def test_an_error_about_no_gradient_tells_the_op_and_the_switch():
    error = without_gradient()
    assert (error.cut_by.op, error.cut_by.statement) == ("mul", "y = x * 2")
    assert (error.switched_off_by.op, error.switched_off_by.line) == (
        "no_grad",
        error.cut_by.line - 1,
    )


EXPLAINED = {
    tg.InplaceModificationError: modified,
    tg.InplaceRefusedError: refused,
    tg.FreedGraphError: freed,
    tg.NoGradientError: without_gradient,
}


@pytest.mark.parametrize("kind", EXPLAINED, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize(
    "copied", [copy.copy, copy.deepcopy, lambda e: pickle.loads(pickle.dumps(e))]
)
def test_an_error_crosses_processes_with_all_its_parts(kind, copied):
    error = EXPLAINED[kind]()
    again = copied(error)
    assert type(again) is kind
    assert issubclass(kind, RuntimeError)
    assert str(again) == str(error)
    assert {k: v for k, v in vars(again).items() if k != "__notes__"} == {
        k: v for k, v in vars(error).items() if k != "__notes__"
    }
    assert vars(again)["suggestions"]


def test_every_error_with_parts_is_public():
    for kind in EXPLAINED:
        assert kind.__name__ in tg.__all__
        assert getattr(tg, kind.__name__) is kind
