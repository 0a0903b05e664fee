"""Complex numbers in the graph: leaves, parts, conversions, and what stays refused.

That every op of the tables is right for them is tested in `tests/ops/test_complex_gradients.py`.
"""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

import tracegrad as tg

both_worlds = pytest.mark.parametrize("create_graph", [False, True], ids=["raw", "lifted"])


@both_worlds
def test_a_complex_leaf_gets_the_direction_in_which_the_loss_grows_fastest(create_graph):
    z = tg.tensor([3 + 4j, 1 - 2j], requires_grad=True)
    (z.abs() ** 2).sum().backward(create_graph=create_graph)
    np.testing.assert_allclose(z.grad.detach().numpy(), [6 + 8j, 2 - 4j], rtol=1e-6)


@both_worlds
def test_an_analytic_rule_sees_conjugates(create_graph):
    z = tg.tensor([1 + 2j], requires_grad=True)
    (z * z).real.sum().backward(create_graph=create_graph)
    assert z.grad.tolist() == [2 - 4j]  # the conjugate of 2z


@both_worlds
def test_a_real_input_of_a_complex_op_gets_a_real_gradient(create_graph):
    x = tg.tensor([2.0], requires_grad=True)
    y = x * tg.tensor([3j])
    assert y.tolist() == [6j]
    y.imag.sum().backward(create_graph=create_graph)
    assert x.grad.dtype is tg.float32
    assert x.grad.tolist() == [3.0]


def test_parts_share_the_memory_of_the_whole():
    z = tg.tensor([1 + 2j, 3 + 4j])
    z.real.mul_(10)
    z.imag[0] = -1
    tg.view_as_real(z)[1, 1] = 7
    assert z.tolist() == [10 - 1j, 30 + 7j]
    z.real = tg.tensor([0.0, 1.0])
    assert z.tolist() == [-1j, 1 + 7j]
    pairs = tg.tensor([[1.0, 2.0]])
    tg.view_as_complex(pairs).add_(1j)
    assert pairs.tolist() == [[1.0, 3.0]]


@pytest.mark.parametrize("part", [lambda z: z.real, lambda z: z.imag, tg.view_as_real])
def test_a_recorded_write_through_a_part_is_refused(part):
    z = tg.tensor([1 + 2j], requires_grad=True) * 1
    with pytest.raises(tg.InplaceRefusedError, match="made a view of complex numbers"):
        part(z).mul_(2)
    assert z.tolist() == [1 + 2j]


def test_a_part_that_the_whole_was_written_after_is_refused():
    z = tg.tensor([1 + 2j], requires_grad=True) * 1
    real = z.real
    z.mul_(2)
    with pytest.raises(RuntimeError, match=r"view that real\(\) made of complex numbers"):
        real.sum().backward()


def test_a_saved_complex_value_that_was_written_is_found():
    z = tg.tensor([1 + 2j], requires_grad=True)
    y = z * 1
    out = y * y
    y.add_(1)
    with pytest.raises(tg.InplaceModificationError):
        out.abs().sum().backward()


def test_hooks_see_complex_gradients():
    z, seen = tg.tensor([1 + 2j], requires_grad=True), []
    y = z * 2j
    y.register_hook(lambda g: seen.append(g.tolist()))
    z.register_hook(lambda g: g * 1j)
    y.real.sum().backward()
    assert seen == [[1 + 0j]]
    assert z.grad.tolist() == [2 + 0j]  # -2j, turned


def test_an_op_that_is_not_known_to_be_right_is_refused():
    z = tg.tensor([1 + 2j], requires_grad=True)
    with pytest.raises(NotImplementedError, match="gelu does not support automatic differ"):
        tg.nn.functional.gelu(z).abs().sum().backward()
    assert z.grad is None


@pytest.mark.parametrize(
    ("start", "message"),
    [
        (lambda z: z.sum().backward(), "only for real scalar outputs but got tracegrad.complex64"),
        (lambda z: z.sum().backward(tg.tensor(1.0)), "output are required to have the same dtype"),
        (lambda z: z.abs().sum().backward(tg.tensor(1j)), "are required to have the same dtype"),
    ],
)
def test_where_a_pass_may_start(start, message):
    with pytest.raises(RuntimeError, match=message):
        start(tg.tensor([1 + 2j], requires_grad=True))


def test_a_gradient_of_a_gradient_of_complex_numbers():
    z = tg.tensor([1 + 2j], dtype=tg.complex128, requires_grad=True)
    (g,) = tg.autograd.grad((z**3).real.sum(), z, create_graph=True)
    assert g.tolist() == [(3 * (1 + 2j) ** 2).conjugate()]
    (again,) = tg.autograd.grad(g.real.sum(), z)
    np.testing.assert_allclose(again.numpy(), [(6 * (1 + 2j)).conjugate()])


def test_programs_with_real_numbers_run_the_plain_rules():
    code = (
        "import tracegrad as tg\n"
        "from tracegrad.engine import worlds\n"
        "rules = tg.ops.declare.TABLE['mul'].backward\n"
        "x = tg.ones(2, requires_grad=True)\n"
        "(x * x).sum().backward()\n"
        "assert len(worlds.on_complex) == 1\n"
        "assert tg.ops.declare.TABLE['mul'].backward is rules\n"
        "tg.tensor([1j], requires_grad=True)\n"
        "assert tg.ops.declare.TABLE['mul'].backward is not rules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_function_of_the_user_may_make_complex_numbers():
    code = (
        "import tracegrad as tg\n"
        "class Turn(tg.autograd.Function):\n"
        "    @staticmethod\n"
        "    def forward(ctx, x):\n"
        "        return tg.complex(x, x)\n"
        "    @staticmethod\n"
        "    def backward(ctx, g):\n"
        "        return g.real + g.imag\n"
        "x = tg.tensor([2.0], requires_grad=True)\n"
        "y = Turn.apply(x)\n"
        "(y * y).imag.sum().backward()\n"  # 2 x**2
        "assert x.grad.tolist() == [8.0], x.grad\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
