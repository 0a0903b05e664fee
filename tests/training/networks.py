"""Networks and data that the tests of training share."""

from __future__ import annotations

import numpy as np

import tracegrad as tg
from tracegrad import nn
from tracegrad.training import Recipe, metrics, setup


class Net(nn.Module):
    """With everything that a step changes: weights, running statistics, random numbers."""

    def __init__(self, hidden: int, dropout: float = 0.2) -> None:
        super().__init__()
        self.first = nn.Linear(4, hidden)
        self.norm = nn.BatchNorm1d(hidden)
        self.drop = nn.Dropout(dropout)
        self.last = nn.Linear(hidden, 3)

    def forward(self, x: tg.Tensor) -> tg.Tensor:
        return self.last(self.drop(self.norm(self.first(x)).relu()))


class Roots(nn.Module):
    """Its loss is NaN where the input is negative, its gradient where that is zero."""

    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.BatchNorm1d(1, affine=False)
        self.weight = nn.Parameter(tg.ones(1))

    def forward(self, x: tg.Tensor) -> tg.Tensor:
        self.norm(x)
        return (x * self.weight).sqrt()


def classes(examples: int = 60, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Points of four measurements, the class being which of the first three is largest."""
    x = np.random.default_rng(seed).standard_normal((examples, 4)).astype(np.float32)
    return x, x[:, :3].argmax(1)


def recipe(**hparams: object) -> Recipe:
    return (
        setup(
            Net,
            loss=nn.CrossEntropyLoss(),
            optimizer=tg.optim.Adam,
            metrics=[metrics.Accuracy()],
        )
        .set_hparams(**({"hidden": 8} | hparams))
        .set_opt_hparams(lr=0.01)
    )


def line(**options: object) -> Recipe:
    """One linear layer, by least squares."""
    made = setup(nn.Linear, loss=nn.MSELoss(), optimizer=tg.optim.SGD)
    return made.set_hparams(in_features=2, out_features=1).set_opt_hparams(lr=0.1, **options)


def weights(module: nn.Module) -> dict[str, np.ndarray]:
    return {name: tensor.numpy().copy() for name, tensor in module.state_dict().items()}


def assert_same_weights(one: nn.Module, other: nn.Module | dict[str, np.ndarray]) -> None:
    expected = other if isinstance(other, dict) else weights(other)
    for name, value in weights(one).items():
        np.testing.assert_array_equal(value, expected[name], err_msg=name)
