"""What the tests of `Function` share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tracegrad as tg
from tracegrad.autograd import Function


def leaf(*numbers: float) -> tg.Tensor:
    return tg.tensor(numbers or (1.0, 2.0, 3.0), requires_grad=True)


def function(
    forward: Callable[..., Any], backward: Callable[..., Any] | None = None, **more: Any
) -> type[Function]:
    parts: dict[str, Any] = {"forward": staticmethod(forward), **more}
    if backward is not None:
        parts["backward"] = staticmethod(backward)
    return type("Mine", (Function,), parts)
