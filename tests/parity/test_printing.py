"""Tensors print as PyTorch's do, character by character."""

from __future__ import annotations

from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="compares with PyTorch")

import tracegrad as tg  # noqa: E402  after importorskip

pytestmark = pytest.mark.parity

TENSORS = [
    "T.tensor(1)", "T.tensor(1.5)", "T.tensor(True)", "T.tensor(-0.0)", "T.tensor(float('nan'))",
    "T.tensor(2.0)", "T.tensor(1e10)", "T.tensor(1e-10)", "T.tensor(123456.789)",
    "T.tensor([1, 2, 3])", "T.tensor([1.0, 2.5])", "T.tensor([1.0, 2.0])",
    "T.tensor([[1, -20], [300, 4]])", "T.tensor([True, False])", "T.tensor([])", "T.zeros(0, 3)",
    "T.zeros(2, 0)", "T.tensor([], dtype=T.int64)", "T.zeros(0, 3, dtype=T.bool)",
    "T.zeros(1, 0, 2, requires_grad=True)",
    "T.tensor([1.0, float('inf')])", "T.tensor([1.5, float('nan'), -float('inf')])",
    "T.tensor([float('nan')])", "T.tensor([0.0, -0.0])", "T.tensor([1e-5, 1.0])",
    "T.tensor([1e5, 1.0])", "T.tensor([1e8, 1.5])", "T.tensor([1e9, 1.0])",
    "T.tensor([1000.0, 1.0])", "T.tensor([1001.0, 1.0])", "T.tensor([100000.0])",
    "T.tensor([123456789.0])", "T.tensor([0.0001])", "T.tensor([0.00001])",
    "T.tensor([-1.0, 22.75])", "T.tensor([1e-45, 1.0])", "T.tensor([1e38])",
    "T.tensor([1, 2], dtype=T.int32)", "T.tensor([1.5], dtype=T.float64)",
    "T.tensor([1.5], dtype=T.float16)", "T.tensor([1], dtype=T.uint8)", "T.tensor([1 + 2j, -0.5j])",
    "T.tensor([1.0 + 2j])", "T.tensor(1 - 1j)", "T.tensor([1e-6 + 1j, 200.0])",
    "T.arange(30)", "T.arange(25.0) / 3", "T.arange(24).reshape(2, 3, 4)",
    "T.arange(16.0).reshape(2, 2, 2, 2)", "T.arange(2000)", "T.arange(2000.0).reshape(40, 50)",
    "T.arange(3000).reshape(10, 10, 30)", "T.zeros(1001)", "T.zeros(1000)[:40]",
    "T.arange(8.0).reshape(1, 1, 8)", "T.ones(3, 1)", "T.arange(1100).reshape(1100, 1)",
    "T.arange(1100).reshape(1, 1100)",
    "T.ones(2, requires_grad=True)", "T.ones(2, requires_grad=True) * 2",
    "T.ones(2, requires_grad=True).sum()", "T.ones(2, requires_grad=True).double().exp()",
    "T.ones(2, 2, requires_grad=True).log_softmax(1)", "T.ones(30, requires_grad=True) * 1.5",
    "T.arange(40.0, dtype=T.float64).requires_grad_() + 0",
    "T.ones(2, requires_grad=True).detach()", "T.ones(2, 2, requires_grad=True).T",
    "T.ones(2, requires_grad=True)[0]", "T.ones(2, requires_grad=True).unbind()[1]",
    "T.mm(T.ones(2, 2, requires_grad=True), T.ones(2, 2))", "T.ones(2, requires_grad=True)[[0, 1]]",
    "T.nn.functional.relu(T.ones(2, requires_grad=True))",
    "T.cat([T.ones(1, requires_grad=True)] * 2)", "T.ones(2, requires_grad=True).mean()",
    "T.ones(2, requires_grad=True) ** 2", "T.ones(2, 2, requires_grad=True).view(4)",
    "T.ones(1, requires_grad=True).expand(3)", "T.ones(2, requires_grad=True).clone()",
    "-T.ones(2, requires_grad=True)", "T.ones(2, requires_grad=True) / 2",
    "T.ones(2, requires_grad=True) - 1", "T.ones(2, 1, requires_grad=True).squeeze()",
    "T.ones(2, requires_grad=True).unsqueeze(0)",
    "T.ones(3).max(0)", "T.Size([2, 3])", "T.ones(2, 3).shape", "T.float32", "T.int64", "T.bool",
    "[T.ones(2)]", "{'a': T.tensor(1.0)}", "T.device('cpu')", "T.ones(2).device", "T.ones(2).dtype",
    "T.zeros(2, 3).size()", "T.ones(2, requires_grad=True).sigmoid().grad_fn.name()",
    "T.ones(2, 3, requires_grad=True).permute(1, 0)",
    "f'{T.tensor(1.23456):.2f}'", "f'{T.tensor(3):d}'", "str(T.tensor([1.0]))",
    "'%.3f' % T.tensor(2.0)", "f'{T.ones(2)}'", "T.full((3, 3), -1.25)",
    "T.tensor([[0.1, 10.0], [100.0, 1000.0]])", "T.tensor([0.5, 99999.0])", "T.tensor([3.0, 1e4])",
    "T.tensor([2.5e-3, 0.1])", "T.tensor([[1.0, float('nan')], [float('inf'), 2.5]])",
]  # fmt: skip


def text(module: Any, expression: str) -> str:
    return repr(eval(expression, {"T": module})).replace("torch.", "tracegrad.")


@pytest.mark.parametrize("expression", TENSORS)
def test_text(expression: str):
    expected = text(torch, expression)
    if "ValuesAndIndices" in (
        got := text(tg, expression)
    ):  # PyTorch's class is called torch.return_types.max
        got, expected = got.partition("(")[2], " ".join(expected.partition("(")[2].split())
        got = " ".join(got.split())
    assert got == expected


@pytest.mark.parametrize("options", [
    {"precision": 2}, {"threshold": 5}, {"edgeitems": 1, "threshold": 3}, {"linewidth": 40},
    {"sci_mode": True}, {"sci_mode": False, "precision": 8},
])  # fmt: skip
@pytest.mark.parametrize(
    "expression",
    ["T.arange(12.0) / 7", "T.arange(12).reshape(3, 4)", "T.tensor([1e-6, 1.0])", "T.tensor(1e10)"],
)
def test_text_under_print_options(expression: str, options: dict[str, Any]):
    standard = {"precision": 4, "threshold": 1000, "edgeitems": 3, "linewidth": 80}
    try:
        for module in (tg, torch):
            module.set_printoptions(**options)
        assert text(tg, expression) == text(torch, expression)
    finally:
        for module in (tg, torch):
            module.set_printoptions(
                profile="default"
            ) if module is torch else module.set_printoptions(**standard)
        tg._printing._options[0] = tg._printing.PrintOptions()
