"""Kernels call `xp.` and `kernels.` only: a bare `sum(x)` would be our op, or the builtin."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path

import pytest

import tracegrad
from tracegrad.ops.declare import TABLE, Op

OPS = Path(tracegrad.__file__).parent / "ops"
DECORATORS = {"op", "elementwise", "reduction", "view"}


def kernels(text: str) -> list[ast.FunctionDef]:
    """The functions that an op decorator declares."""
    return [
        node
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef)
        and any(_decorator_name(decorator) in DECORATORS for decorator in node.decorator_list)
    ]


def _decorator_name(decorator: ast.expr) -> str:
    called = decorator.func if isinstance(decorator, ast.Call) else decorator
    return ast.unparse(called).rsplit(".", 1)[-1]


def bare_calls(kernel: ast.FunctionDef, module: Mapping[str, object]) -> list[str]:
    """Names that a kernel's body calls without a prefix and that are ops in its module."""
    return [
        node.func.id
        for statement in kernel.body
        for node in ast.walk(statement)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and isinstance(module.get(node.func.id), Op)
    ]


FILES = sorted(path for path in OPS.rglob("*.py") if kernels(path.read_text()))


def test_every_op_of_the_table_is_a_kernel_that_is_checked():
    checked = {kernel.name.rstrip("_") for path in FILES for kernel in kernels(path.read_text())}
    assert len(checked) > 30
    assert len(checked & set(TABLE)) > 30


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_no_kernel_calls_an_op_by_its_bare_name(path):
    module = vars(import_module(f"tracegrad.ops.{path.stem}"))
    found = {kernel.name: bare_calls(kernel, module) for kernel in kernels(path.read_text())}
    assert {kernel: calls for kernel, calls in found.items() if calls} == {}


def test_the_check_finds_a_bare_call():
    (kernel,) = kernels("@elementwise(vjp=None)\ndef log(xp, x):\n    return sum(xp.log(x))\n")
    assert bare_calls(kernel, {"sum": TABLE["sum"]}) == ["sum"]
    assert bare_calls(kernel, {}) == []
