"""What a metric is, and how those given to `setup` become metrics."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from copy import deepcopy
from typing import Any, ClassVar

from tracegrad._tensor import Tensor
from tracegrad.backend.device import Array


class Metric:
    """A number about predictions, gathered over the batches of a pass.

    A metric of one's own defines `reset`, `update` and `compute`, and lists in `STATE` the
    attributes that `reset` sets: with them a pass can be resumed in its middle.

    Args:
        name: how it is called in records and progress; each class has its own.
    """

    name: str = "metric"
    STATE: ClassVar[tuple[str, ...]] = ()

    def __init__(self, name: str | None = None) -> None:
        self.name = name or type(self).name
        self.reset()

    def reset(self) -> None:
        """Begin a pass."""
        raise NotImplementedError(f"{type(self).__name__} does not define reset()")

    def update(self, pred: Any, target: Any) -> None:
        """See one batch."""
        raise NotImplementedError(f"{type(self).__name__} does not define update(pred, target)")

    def compute(self) -> float:
        """The number for all batches since `reset`; NaN if there is none."""
        raise NotImplementedError(f"{type(self).__name__} does not define compute()")

    def state_dict(self) -> dict[str, Any]:
        """What was gathered so far."""
        return {name: getattr(self, name) for name in self.STATE}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Go on from what `state_dict` gave."""
        for name in self.STATE:
            setattr(self, name, state_dict[name])

    def __repr__(self) -> str:
        return f"{type(self).__name__}(name={self.name!r})"


class MeanMetric(Metric):
    """A mean over elements: define `measure`."""

    STATE = ("total", "count")

    def reset(self) -> None:
        self.total, self.count = 0.0, 0

    def measure(self, pred: Array, target: Array) -> tuple[float, int]:
        """The sum over a batch, and of how many elements. The arguments are arrays."""
        raise NotImplementedError(
            f"{type(self).__name__} does not define measure(pred, target) -> (sum, count)"
        )

    def update(self, pred: Any, target: Any) -> None:
        total, count = self.measure(array_of(pred, "pred"), array_of(target, "target"))
        self.total += float(total)
        self.count += count

    def compute(self) -> float:
        return self.total / self.count if self.count else math.nan


class FunctionMetric(MeanMetric):
    """The mean of a function over all examples.

    Args:
        function: `(pred, target) -> number`, the mean over one batch; it gets what the network
            gave, under `no_grad`.
        name: by default the function's.
    """

    def __init__(self, function: Callable[[Any, Any], Any], name: str | None = None) -> None:
        self.function = function
        super().__init__(name or getattr(function, "__name__", "metric"))

    def update(self, pred: Any, target: Any) -> None:
        examples = examples_in(target if target is not None else pred)
        self.total += float(self.function(pred, target)) * examples
        self.count += examples


# -- of tensors ------------------------------------------------------------------------------------


def array_of(value: Any, what: str) -> Array:
    """The elements of a tensor.

    Raises:
        TypeError: it is no tensor.
    """
    if not isinstance(value, Tensor):
        raise TypeError(
            f"this metric needs {what} as one tensor, got {type(value).__name__}\n"
            "  try: metrics=[lambda pred, target: …], a function that knows the parts"
        )
    return value._array


def same_shape(pred: Array, target: Array, metric: str) -> None:
    """Refuse to compare each element with each.

    Raises:
        ValueError: the shapes differ.
    """
    if pred.shape != target.shape:
        raise ValueError(
            f"{metric}: pred has shape {list(pred.shape)}, target {list(target.shape)}; they must "
            "be the same\n  try: a forward() that ends in .squeeze(1), or targets of shape "
            f"{list(pred.shape)}"
        )


_PARTS = (Tensor, list, tuple, Mapping)  # the usual one first


def examples_in(batch: Any) -> int:
    """How many examples a batch has: the first size of its first tensor, 1 if it has none."""
    if isinstance(batch, Tensor):
        shape = batch._array.shape
        return int(shape[0]) if shape else 1
    parts: Iterable[Any] = ()
    if isinstance(batch, list | tuple):
        parts = batch
    elif isinstance(batch, Mapping):
        parts = batch.values()
    for part in parts:
        if isinstance(part, _PARTS):
            return examples_in(part)
    return 1


# -- of a recipe -----------------------------------------------------------------------------------

SETS = ("train", "valid")


def as_metrics(given: Any) -> dict[str, list[Metric]]:
    """Metrics for each set: one list for both, or `{"train": […], "valid": […]}`.

    Raises:
        TypeError: something is no metric. ValueError: unknown sets, or a name twice.
    """
    if not isinstance(given, Mapping):
        given = dict.fromkeys(SETS, given or [])
    unknown = sorted(set(given) - set(SETS))
    if unknown:
        raise ValueError(f"metrics: sets are 'train' and 'valid', got {unknown}")
    return {name: [_metric(one) for one in _listed(given.get(name) or [])] for name in SETS}


def _listed(given: Any) -> list[Any]:
    found = list(given) if isinstance(given, list | tuple) else [given]
    names = ["loss", *[one.name for one in map(_metric, found)]]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"metrics: two are called {twice[0]!r}\n  try: Metric(name='…')")
    return found


def _metric(given: Any) -> Metric:
    """A metric of its own for one pass: instances are copied."""
    if isinstance(given, Metric):
        return deepcopy(given)
    if isinstance(given, type) and issubclass(given, Metric):
        return given()
    if callable(given) and not isinstance(given, type):
        return FunctionMetric(given)
    raise TypeError(
        "metrics: expected tg.training.metrics such as Accuracy(), or functions "
        f"(pred, target) -> number; got {type(given).__name__}"
    )
