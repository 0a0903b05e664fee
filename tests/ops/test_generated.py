"""What is made from the op table is up to date, readable and complete."""

from __future__ import annotations

import inspect
import pathlib

import pytest

import tracegrad
import tracegrad as tg
from tracegrad.ops import stubs
from tracegrad.ops.compile import NAMESPACE
from tracegrad.ops.declare import POSITIVE, TABLE, op
from tracegrad.ops.install import OPERATORS, REFLECTED, functions

PACKAGE = pathlib.Path(tracegrad.__file__).parent


@pytest.mark.parametrize(
    ("file", "text"),
    [("ops/functions.pyi", stubs.functions_stub), ("_methods.pyi", stubs.methods_stub)],
)
def test_stub_files_are_what_the_table_gives(file, text):
    assert (PACKAGE / file).read_text() == text(), "run: python -m tracegrad.ops.stubs"


def test_the_source_of_a_generated_function_can_be_read():
    source = inspect.getsource(tg.mul)
    assert source.startswith("def mul(input, other, *, out=None):")
    assert "ufunc_mul(x_array, y_array)" in source


def test_every_public_function_of_the_table_is_exported_by_the_package():
    missing = set(functions) - set(tracegrad.__all__)
    assert missing == set()


def test_every_op_that_is_a_method_is_one():
    missing = [
        o.name for o in TABLE.values() if o.declaration.method and not hasattr(tg.Tensor, o.name)
    ]
    assert missing == []


def test_every_operator_is_an_op_of_the_table():
    assert {*OPERATORS.values(), *REFLECTED.values()} <= set(TABLE)


def test_a_rule_that_names_something_unknown_fails_when_it_is_declared():
    with pytest.raises(TypeError) as caught:

        @op(vjp=lambda ops, g, slope: g * slope, domain=POSITIVE)
        def misspelt(xp, x, *, scale=1.0):
            return x * scale

    assert str(caught.value) == (
        "the rule misspelt.vjp[x] names 'slope', which is none of out, scale, x, x_shape"
    )
    assert "misspelt" not in TABLE


def test_something_shared_that_no_rule_names_fails_when_it_is_declared():
    with pytest.raises(TypeError, match="unshared shares \\['half'\\], which no rule names"):

        @op(vjp={"x": lambda ops, g: g}, shared={"half": lambda ops, g: g * 0.5})
        def unshared(xp, x, y):
            return x + y


def test_what_rules_share_is_computed_once_for_all_of_them(monkeypatch):
    seen = []
    batch_norm = TABLE["batch_norm"]
    name = "rule_batch_norm_sums"
    rule = NAMESPACE[name]
    monkeypatch.setitem(NAMESPACE, name, lambda *given: seen.append(1) or rule(*given))
    for needed in ([True, True, True], [False, True, False]):
        x, weight, bias = (
            tg.randn(*shape, requires_grad=is_needed)
            for shape, is_needed in zip([(4, 2), (2,), (2,)], needed, strict=True)
        )
        batch_norm.call(x, weight, bias).sum().backward()
        assert [t.grad is not None for t in (x, weight, bias)] == needed
    assert len(seen) == 2


def test_a_second_op_of_the_same_name_is_refused():
    with pytest.raises(TypeError, match="op exp is declared twice"):

        @op(name="exp")
        def other(xp, x):
            return x


def test_tracebacks_name_a_rule_by_its_op():
    assert TABLE["sin"].declaration.rules["x"].__code__.co_name == "sin.vjp[x]"
