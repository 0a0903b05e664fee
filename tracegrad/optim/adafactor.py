"""Adafactor."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from tracegrad import dtypes
from tracegrad._tensor import Tensor
from tracegrad.backend.device import Array, Namespace, namespace_of
from tracegrad.optim.one_by_one import OneByOneOptimizer, wide
from tracegrad.optim.options import check_rate, number, switches


class Adafactor(OneByOneOptimizer):
    """Adam without a mean, and with one mean of squares for each row and column of a matrix.

    Args:
        lr: greatest relative step, and the share of the weight decay.
        beta2_decay: power of the step by which the means of squares come to rest.
        eps: least mean of squares (`None`: the dtype's resolution), and least size of a parameter.
        d: steps longer than this, relative to the parameter, are cut.
        weight_decay: times the learning rate and the parameter, taken off the parameter.
        maximize: go up instead of down.

    Source: Shazeer and Stern 2018, "Adafactor: adaptive learning rates with sublinear memory cost",
        algorithms 4 and 5.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float | Tensor = 1e-2,
        beta2_decay: float = -0.8,
        eps: tuple[float | None, float] = (None, 1e-3),
        d: float = 1.0,
        weight_decay: float = 0.0,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
    ) -> None:
        check_rate(lr, "Learning rate should be >= 0 but is: {}")
        if not beta2_decay <= 0.0:
            raise ValueError(f"beta2_decay should be <= 0 but is: {beta2_decay}")
        if eps[0] is not None and not eps[0] >= 0.0:
            raise ValueError(f"epsilon1 should be >= 0 but is: {eps[0]}")
        if not eps[1] >= 0.0:
            raise ValueError(f"epsilon2 should be >= 0 but is: {eps[1]}")
        if not d >= 1.0:
            raise ValueError(f"Clipping threshold d should be >= 1 but is: {d}")
        if not weight_decay >= 0.0:
            raise ValueError(f"weight_decay should be >= 0 but is: {weight_decay}")
        options = {
            "lr": lr, "beta2_decay": beta2_decay, "eps": eps, "d": d, "weight_decay": weight_decay,
            "maximize": maximize,
        } | switches(foreach=foreach)  # fmt: skip
        super().__init__(params, options)

    def _updated(self, p: Tensor, group: Mapping[str, Any]) -> Array:
        g: Array = wide(p.grad._array)  # type: ignore[union-attr]
        values = wide(p._array)
        if not values.size:
            return values
        if group["maximize"]:
            g = -g
        xp = namespace_of(g)
        lr, (eps1, eps2) = number(group["lr"]), group["eps"]
        if eps1 is None:
            eps1 = dtypes.finfo(p.dtype).eps
        steps = self._count(p)
        rate = max(eps2, _size(xp, values)) * min(lr, steps**-0.5)
        share = steps ** group["beta2_decay"]
        if g.ndim > 1:
            spread = self._factored(p, g, share, eps1)
        else:
            spread = self._mean(p, "variance", g * g, share)
        update = g / xp.sqrt(xp.maximum(spread, eps1 * eps1))
        rate /= max(1.0, _size(xp, update) / group["d"])
        return values * (1 - lr * group["weight_decay"]) - update * rate

    def _factored(self, p: Tensor, g: Array, share: float, eps: float) -> Array:
        """Mean squares of the gradient, from those of its rows and columns."""
        squares = g * g
        rows = self._mean(p, "row_var", squares.mean(-1, keepdims=True), share)
        columns = self._mean(p, "col_var", squares.mean(-2, keepdims=True), share)
        least = namespace_of(g).maximum(rows.mean(-2, keepdims=True), eps)
        return rows @ columns / least


def _size(xp: Namespace, x: Array) -> float:
    """The root of the mean square."""
    return float(xp.linalg.norm(x)) / x.size**0.5
