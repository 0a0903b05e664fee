"""Whole messages, as somebody reads them who wrote the little program above them."""

# ruff: noqa: E501  whole messages

from __future__ import annotations

import runpy
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

import tracegrad as tg

CASES: dict[str, tuple[str, str]] = {
    "a saved input was written": (
        """
        import tracegrad as tg
        x = tg.tensor([1.0, 2.0], requires_grad=True)
        h = x * 2
        loss = (x * h).sum()
        h[0] = 5.0
        loss.backward()
        """,
        """
        one of the variables needed for gradient computation has been modified by an inplace operation: h is at version 1; expected version 0 instead.
          saved      h (f32[2], version 0) by mul   train.py:4   loss = (x * h).sum()
          changed    version 0 -> 1 by __setitem__   train.py:5   h[0] = 5.0   through a view of shape []
          needed by  mul backward
          try: build it with where(), cat() or stack() instead of assigning to a part of it; or change it before line 4; or write to a clone() of h
        """,
    ),
    "a saved output was written": (
        """
        import tracegrad as tg
        x = tg.ones(3, requires_grad=True)
        y = x.exp()
        y += 1
        y.sum().backward()
        """,
        """
        one of the variables needed for gradient computation has been modified by an inplace operation: y is at version 1; expected version 0 instead.
          saved      y (f32[3], version 0) by exp   train.py:3   y = x.exp()
          changed    version 0 -> 1 by add_   train.py:4   y += 1
          needed by  exp backward
          try: y = y + 1; or write to a clone() of y
        """,
    ),
    "an alias was written": (
        """
        import tracegrad as tg
        x = tg.ones(3, requires_grad=True)
        alias = x.detach()
        loss = tg.mul(x, x).sum()
        alias.mul_(2)
        loss.backward()
        """,
        """
        one of the variables needed for gradient computation has been modified by an inplace operation: x is at version 1; expected version 0 instead.
          saved      x (f32[3], version 0) by mul   train.py:4   loss = tg.mul(x, x).sum()
          changed    version 0 -> 1 by mul_   train.py:5   alias.mul_(2)
          needed by  mul backward
          try: alias = alias.mul(2); or change it before line 4; or write to a clone() of x
        """,
    ),
    "an optimizer stepped too early": (
        """
        import tracegrad as tg
        model = tg.nn.Linear(2, 1)
        optimizer = tg.optim.SGD(model.parameters(), lr=0.1)
        x = tg.ones(4, 2, requires_grad=True)
        loss = model(x).sum()
        loss.backward(retain_graph=True)
        optimizer.step()
        loss.backward()
        """,
        """
        one of the variables needed for gradient computation has been modified by an inplace operation: the weight of linear is at version 2; expected version 1 instead.
          saved      the weight of linear (f32[1, 2], version 1) by linear   train.py:5   loss = model(x).sum()
          changed    version 1 -> 2 by SGD.step   train.py:7   optimizer.step()
          needed by  linear backward
          try: call backward() before the optimizer's step(); or change it before line 5; or write to a clone() of it
        """,
    ),
    "the hidden state of the last iteration": (
        """
        import tracegrad as tg
        x = tg.ones(5, requires_grad=True)
        h = tg.zeros(5)
        for _ in range(2):
            h = (h + x).tanh()
            h.sum().backward()
        """,
        """
        Trying to backward through the graph a second time (or directly access saved tensors after they have already been freed). Saved intermediate values of the graph are freed when you call .backward() or autograd.grad(). Specify retain_graph=True if you need to backward through the graph a second time or if you need to access saved tensors after calling backward.
          needed by  tanh backward   train.py:5   h = (h + x).tanh()
          freed by   the backward call   train.py:6   h.sum().backward()
          try: backward(retain_graph=True) on the first call; or compute the loss again before the second; or, when something is carried from one iteration to the next, .detach() it there
        """,
    ),
    "a leaf was written": (
        """
        import tracegrad as tg
        w = tg.ones(3, requires_grad=True)
        w -= 0.1
        """,
        """
        a leaf Variable that requires grad is being used in an in-place operation.
          sub_ would overwrite a value whose gradient is asked for
          try: do the update inside `with no_grad():`, or out of place, or on a .clone()
        """,
    ),
    "rows written while iterating": (
        """
        import tracegrad as tg
        x = tg.ones(4, 3, requires_grad=True) * 2
        for row in x:
            row *= 2
        """,
        """
        Output of unbind is a view and is being modified inplace. This view is the output of a function that returns multiple views. Such functions do not allow the output views to be modified inplace. You should replace the inplace operation by an out-of-place one.
          mul_ on a view that unbind() or iterating made
          try: take each view by indexing, x[n], which may be written to; or .clone() it first
        """,
    ),
    "shapes that do not broadcast": (
        """
        import tracegrad as tg
        x, w, b = tg.ones(32, 10), tg.ones(10, 5), tg.ones(32)
        out = x @ w + b
        """,
        """
        The size of tensor a (5) must match the size of tensor b (32) at non-singleton dimension 1
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
        mat1 and mat2 shapes cannot be multiplied (32x10 and 5x10)
          op  matmul(f32[32, 10], f32[5, 10])
          at  train.py:3   out = x @ w
          try: transpose the second: .T
        """,
    ),
    "a loss that is no scalar": (
        """
        import tracegrad as tg
        x = tg.ones(3, requires_grad=True)
        loss = x * 3
        loss.backward()
        """,
        """
        grad can be implicitly created only for scalar outputs
          got  shape [3]
          at   train.py:4   loss.backward()
          try: .sum() or .mean() before backward(), or pass gradient=
        """,
    ),
    "a loss without history": (
        """
        import tracegrad as tg
        scores = tg.ones(4, 3, requires_grad=True) * 2
        loss = scores.argmax(1).float().mean()
        loss.backward()
        """,
        """
        element 0 of tensors does not require grad and does not have a grad_fn
          tensor  of shape []
          at      train.py:4   loss.backward()
          try: requires_grad=True on what it is computed from; and look for no_grad(), detach(), .data, item() or numpy() on the way, and for what has no gradient: argmax, comparisons, integers
        """,
    ),
}  # fmt: skip


def script(folder: Path, program: str) -> Path:
    path = folder / "train.py"
    path.write_text(textwrap.dedent(program).lstrip())
    return path


@pytest.mark.parametrize(("program", "message"), CASES.values(), ids=CASES)
def test_message(tmp_path: Path, program: str, message: str):
    with pytest.raises(RuntimeError) as raised:
        runpy.run_path(str(script(tmp_path, program)))
    assert str(raised.value) == textwrap.dedent(message).strip()


ADVICE = {
    "y = y + 1": "x = tg.ones(3, requires_grad=True)\ny = x.exp()\ny = y + 1\ny.sum().backward()",
    "before line": "x = tg.ones(2, requires_grad=True)\nh = x * 2\nh[0] = 5.0\n(x * h).sum().backward()",
    "clone()": "x = tg.ones(2, requires_grad=True)\nh = x * 2\nl = (x * h).sum()\nh.clone()[0] = 5.0\nl.backward()",
    "x[n]": "x = tg.ones(4, 3, requires_grad=True) * 2\nfor n in range(4):\n    x[n] *= 2\nx.sum().backward()",
    "no_grad": "w = tg.ones(3, requires_grad=True)\nwith tg.no_grad():\n    w -= 0.1",
    ".detach()": "x = tg.ones(5, requires_grad=True)\nh = tg.zeros(5)\nfor _ in range(2):\n    h = (h.detach() + x).tanh()\n    h.sum().backward()",
    "unsqueeze(1)": "tg.ones(32, 5) + tg.ones(32).unsqueeze(1)",
    ".T": "tg.ones(32, 10) @ tg.ones(5, 10).T",
}  # fmt: skip
"""By what a message says to try: the program with that done."""


@pytest.mark.parametrize("advice", ADVICE)
def test_what_the_message_says_to_try_works(advice: str):
    assert any(advice in message for _, message in CASES.values())
    exec(ADVICE[advice], {"tg": tg})


def test_a_crashing_program_ends_with_the_message_and_shows_its_own_line(tmp_path: Path):
    path = script(tmp_path, CASES["a saved output was written"][0])
    ended = subprocess.run(
        [sys.executable, str(path)], capture_output=True, text=True, check=False, timeout=60
    )
    assert ended.returncode == 1
    assert ended.stdout == ""
    lines = ended.stderr.splitlines()
    assert lines[0] == "Traceback (most recent call last):"
    assert f'  File "{path}", line 5, in <module>' in lines
    assert "    y.sum().backward()" in lines
    assert lines[-5].startswith("tracegrad.errors.InplaceModificationError: one of the variables")
    assert lines[-1] == "  try: y = y + 1; or write to a clone() of y"


def test_an_error_inside_a_rule_names_the_op_and_the_users_line(tmp_path: Path):
    program = """
        import tracegrad as tg
        x = tg.ones(2, requires_grad=True)
        y = x * 2
        y.register_hook(lambda g: [][0])
        z = (y * y).sum()
        z.backward()
    """
    with pytest.raises(IndexError) as raised:
        runpy.run_path(str(script(tmp_path, program)))
    assert "list index out of range" in str(raised.value)


def test_the_error_has_its_parts_as_attributes():
    y = tg.ones(2, requires_grad=True).exp()
    y.mul_(2)
    with pytest.raises(tg.InplaceModificationError) as raised:
        y.sum().backward()
    error = raised.value
    assert (error.saved_by, error.needed_by) == ("exp", "exp backward")
    assert len(error.changes) == 1
    assert error.suggestions[0] == "y = y.mul(2)"
