"""Random programs of views and in-place writes, against PyTorch."""

from __future__ import annotations

from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import settings
from hypothesis.stateful import rule

torch = pytest.importorskip("torch", reason="compares with PyTorch")

from tests.engine.library import Library  # noqa: E402  after importorskip
from tests.engine.machine import VIEWS, Machine  # noqa: E402  after importorskip


class PyTorch(Library):
    """PyTorch takes a view older than its base's history for a leaf, until somebody asks."""

    def write(self, grad: bool, name: str, x: Any, y: Any = None) -> None:
        self._try(grad, lambda: x.grad_fn)
        super().write(grad, name, x, y)


class AgainstTorch(Machine):
    """As PyTorch, but for three programs that it refuses, or answers differently.

    A view made under `no_grad` of something that requires grad is a leaf of its own there, and an
    old view cannot even be read under `no_grad`: so gradients stay on. And PyTorch computes where
    it writes, and so cannot add a tensor to a part of itself.
    """

    def oracle_library(self) -> Any:
        return PyTorch(torch)

    def oracle_view(self, name: str) -> Any:
        return VIEWS[name][1]

    def switch_grad_mode(self) -> None:
        pass

    @rule(name=st.sampled_from(["add", "mul", "copy"]), x=Machine.tensors, y=Machine.tensors)
    def write_other(self, name: str, x: Any, y: Any) -> None:
        apart = not np.shares_memory(x[0].detach().numpy(), y[0].detach().numpy())
        if apart:
            super().write_other(name, x, y)


TestViewsAndWrites = pytest.mark.parity(AgainstTorch.TestCase)
TestViewsAndWrites.settings = settings(stateful_step_count=30)
