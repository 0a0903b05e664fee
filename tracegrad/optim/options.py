"""Options of optimizers: what they may be, and as the numbers that the mathematics needs."""

from __future__ import annotations

from typing import Any

from tracegrad._tensor import Tensor


def number(value: Any) -> float:
    """An option as a Python number: it may be a tensor of one element."""
    return float(value)


def scalar(value: Any) -> Any:
    """A tensor of one element as a 0-d one; anything else as it is."""
    if isinstance(value, Tensor) and value.ndim:
        return value.squeeze()
    return value


def check_rate(lr: Any, message: str = "Invalid learning rate: {}") -> None:
    """Refuse a learning rate that is none.

    Raises:
        ValueError: it is negative, or a tensor of several elements. TypeError: it is text.
    """
    if isinstance(lr, Tensor) and lr.numel() != 1:
        raise ValueError("Tensor lr must be 1-element")
    if isinstance(lr, str):
        raise TypeError(f"lr must be a number, got {lr!r}")
    if not lr >= 0.0:
        raise ValueError(message.format(lr))


def check_not_negative(**options: float) -> None:
    """Refuse negative options, in PyTorch's words.

    Raises:
        ValueError: one is.
    """
    for name, value in options.items():
        if not value >= 0.0:
            raise ValueError(f"Invalid {'epsilon' if name == 'eps' else name} value: {value}")


def check_betas(betas: tuple[Any, Any]) -> None:
    """Refuse shares of running means that are none.

    Raises:
        ValueError: one is not in [0, 1).
    """
    for n, beta in enumerate(betas):
        if not 0.0 <= beta < 1.0:
            raise ValueError(f"Invalid beta parameter at index {n}: {beta}")


def switches(**chosen: bool | None) -> dict[str, bool | None]:
    """PyTorch's choices between its implementations, kept in the groups for its sake.

    There is one here, which is as fast as the fastest, so `foreach`, `fused` and `capturable`
    change nothing.

    Raises:
        NotImplementedError: gradients through a step are asked for.
        RuntimeError: the choices contradict each other.
    """
    if chosen.get("fused") and chosen.get("differentiable"):
        raise RuntimeError("`fused` does not support `differentiable`")
    if chosen.get("fused") and chosen.get("foreach"):
        raise RuntimeError("`fused` and `foreach` cannot be `True` together.")
    if chosen.get("differentiable"):
        raise NotImplementedError(
            "differentiable=True: a step is no part of the graph\n"
            "  try: new = p - lr * g with g of autograd.grad(..., create_graph=True)"
        )
    return chosen
