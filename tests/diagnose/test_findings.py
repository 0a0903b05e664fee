"""Findings of recorded programs, by their whole text where it is short."""

from __future__ import annotations

import numpy as np
import pytest

import tracegrad as tg
from tests.sample_trace import sample_trace
from tracegrad import nn
from tracegrad.diagnose import findings, report


def kinds(trace: object) -> list[str]:
    return [finding.kind for finding in findings(trace)]


def test_a_trace_in_which_all_is_well_has_no_findings():
    assert findings(sample_trace()) == []
    assert report(sample_trace()) == "nothing found"


def test_the_first_infinity_names_op_line_input_and_reason():
    x = tg.tensor([0.0, 1.0, 2.0])
    with tg.record() as trace:
        y = x.log()
    assert y.isinf().any()
    (finding,) = findings(trace)
    line = finding.rows[2][1]
    assert line.startswith("test_findings.py:")
    assert line.endswith("   x.log()")
    assert str(finding) == (
        "the first inf was made by log\n"
        "  values   1 of f32[3]\n"
        f"  line     {line}\n"
        "  input 0  f32[3]  1 zero, from 0 to 2\n"
        "  why      the logarithm of 0 is -inf\n"
        "  try: (x + 1e-8).log(), or log_softmax for probabilities"
    )


def test_a_nan_of_a_gradient_names_the_module_and_the_gradient():
    class Distance(nn.Module):
        def forward(self, x):
            return (x * x).sum().sqrt()

    measure = Distance()
    x = tg.zeros(2, requires_grad=True)
    with tg.record() as trace:
        measure(x).backward()
    inf, nan = findings(trace)
    assert inf.headline == "the first inf was made by the gradient of sqrt in measure"
    assert dict(inf.rows)["module"] == "measure   Distance()"
    assert dict(inf.rows)["why"].startswith("the slope of a square root at 0 is infinite")
    assert nan.headline == "the first NaN was made by the gradient of mul in measure"
    assert dict(nan.rows)["why"].startswith("an input was not finite already")
    assert dict(nan.rows)["before it"].startswith(inf.headline)
    assert dict(nan.rows)["why there"] == dict(inf.rows)["why"]
    assert nan.tries == inf.tries == "(x + 1e-8).sqrt()"


# Each op with an input outside of where it is defined, and a word of the reason.
REASONS = [
    (lambda x: x.log(), [-1.0], "negative"),
    (lambda x: x.log1p(), [-1.0], "-inf at -1"),
    (lambda x: x.sqrt(), [-1.0], "negative"),
    (lambda x: x.rsqrt(), [0.0], "1 / 0"),
    (lambda x: x.reciprocal(), [0.0], "1 / 0"),
    (lambda x: 1 / x, [0.0], "0"),
    (lambda x: tg.ones(1) / x, [0.0], "division by 0"),
    (lambda x: x.exp(), [1000.0], "overflows"),
    (lambda x: x.acos(), [2.0], "from -1 to 1"),
    (lambda x: x.atanh(), [1.0], "infinite at -1 and 1"),
    (lambda x: x**0.5, [-1.0], "negative"),
    (lambda x: x**1.5, [-1.0], "negative number to a power"),
    (lambda x: x**-1.5, [0.0], "0 to a negative power"),
    (lambda x: x * 1e30, [1e30], "larger than the dtype's largest"),
    (lambda x: x[:0].mean(), [1.0], "nothing to take the mean of"),
]


@pytest.mark.parametrize(("op", "values", "word"), REASONS)
def test_the_reason_for_a_value_that_is_not_finite_is_told(op, values, word):
    x = tg.tensor(values)
    with tg.record() as trace:
        op(x)
    (finding,) = findings(trace)
    assert word in dict(finding.rows)["why"]
    assert finding.tries


def test_a_row_that_is_masked_throughout_is_told_as_the_reason_of_softmax():
    x = tg.full((2, 3), float("-inf"))
    with tg.record() as trace:
        x.softmax(dim=1)
    nan = findings(trace)[-1]
    assert "mask that hides everything" in dict(nan.rows)["why"]


def test_an_infinity_that_the_program_wrote_itself_is_no_finding():
    scores, later = tg.zeros(3, 3), tg.ones(3, 3, dtype=tg.bool).triu(1)
    with tg.record() as trace:
        scores.masked_fill(later, -tg.inf).softmax(dim=1)
        (scores + tg.full((3, 3), -tg.inf).triu(1)).softmax(dim=1)
    assert findings(trace) == []
    with tg.record() as trace:
        scores.masked_fill(later, -tg.inf)
        scores.log()
    assert [finding.headline for finding in findings(trace)] == ["the first inf was made by log"]


def empty_of_nan(monkeypatch: pytest.MonkeyPatch, *shape: int) -> tg.Tensor:
    """What `empty` gives where memory happens to hold NaN."""
    with monkeypatch.context() as patch:
        patch.setattr(np, "empty", lambda shape, dtype: np.full(shape, np.nan, dtype))
        return tg.empty(*shape)


def test_what_memory_holds_before_it_is_written_is_no_finding(monkeypatch):
    with tg.record() as trace:
        weight = nn.Parameter(empty_of_nan(monkeypatch, 3, 2))
        other = empty_of_nan(monkeypatch, 2)
        assert weight.isnan().all()
        weight.data.normal_()
        other.fill_(1.0)
        (weight @ other).sum().backward()
    assert findings(trace) == []


def test_memory_that_is_read_before_it_is_written_is_one(monkeypatch):
    with tg.record() as trace:
        y = empty_of_nan(monkeypatch, 2) * 2
    assert y.isnan().all()
    (finding,) = findings(trace)
    assert finding.headline == "the first NaN was made by mul"


def test_a_nan_that_was_there_before_is_told_as_such():
    x = tg.tensor([float("nan")])
    with tg.record() as trace:
        x * 1
    (finding,) = findings(trace)
    assert finding.headline == "NaN came in with the input"
    assert dict(finding.rows)["read by"].startswith("mul   test_findings.py:")


# -- gradients -------------------------------------------------------------------------------------


class TwoHeads(nn.Module):
    """Two layers that the tests connect as they like."""

    def __init__(self) -> None:
        super().__init__()
        self.used = nn.Linear(3, 1)
        self.other = nn.Linear(3, 1)

    def forward(self, x, connect):
        return self.used(x).sum() + connect(self.other(x)).sum()


@pytest.mark.parametrize(
    ("connect", "kind"),
    [
        (lambda y: y.detach(), "no_gradient"),
        (lambda y: y * 0, "zero_gradient"),
        (lambda y: y * 1e-12, "vanishing"),
    ],
)
def test_a_gradient_that_does_not_arrive_is_found_by_parameter(connect, kind):
    tg.manual_seed(0)
    net, x = TwoHeads(), tg.ones(2, 3)
    with tg.record() as trace:
        net(x, connect).backward()
    found = [finding for finding in findings(trace) if finding.kind == kind]
    assert [finding.headline.split("net.")[1].split()[0] for finding in found] == [
        "other.weight",
        "other.bias",
    ]
    assert kinds(trace) == [kind, kind]


def test_a_gradient_that_grows_by_orders_of_magnitude_explodes():
    w = nn.Parameter(tg.ones(2))
    optimizer = tg.optim.SGD([w], lr=1.0)
    with tg.record() as trace:
        for _ in range(8):
            optimizer.zero_grad()
            (w * w).sum().mul(5).backward()
            optimizer.step()
    (finding,) = findings(trace)
    assert finding.kind == "exploding"
    assert "in 8 steps" in str(finding)


def test_a_trace_without_backward_says_nothing_of_gradients():
    net = nn.Linear(2, 1)
    with tg.record() as trace:
        net(tg.ones(1, 2))
    assert findings(trace) == []


def test_memory_written_behind_the_counter_is_a_finding():
    x = tg.ones(3, requires_grad=True)
    with tg.record() as trace, tg.autograd.detect_anomaly(check_writes=True):
        y = x.exp()
        y.detach().numpy()[0] = 7
        (y * 1).sum()
    assert y[0].item() == 7
    found = [finding for finding in findings(trace) if finding.kind == "warning"]
    assert len(found) == 1
    assert "memory was written past its version counter" in found[0].headline
