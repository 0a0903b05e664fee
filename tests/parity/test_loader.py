"""The loader gives PyTorch's batches in PyTorch's order, from the same seed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tracegrad as tg

torch = pytest.importorskip("torch", reason="extra `parity` is not installed")
pytestmark = pytest.mark.parity

LOADERS = [
    "D.DataLoader(dataset, batch_size=4)",
    "D.DataLoader(dataset, batch_size=5, shuffle=True)",
    "D.DataLoader(dataset, 4, shuffle=True, drop_last=True)",
    "D.DataLoader(dataset, 4, shuffle=True, generator=T.Generator().manual_seed(3))",
    "D.DataLoader(dataset, 3, sampler=D.RandomSampler(dataset, True, 50))",
    "D.DataLoader(dataset, 3, sampler=D.RandomSampler(dataset, num_samples=40))",
    "D.DataLoader(dataset, 4, sampler=D.SubsetRandomSampler([3, 5, 7, 9, 11]))",
    "D.DataLoader(D.random_split(dataset, [12, 5])[0], batch_size=4, shuffle=True)",
    "D.DataLoader(D.random_split(dataset, [0.3, 0.3, 0.4])[1], batch_size=2)",
    "D.DataLoader(D.ConcatDataset([dataset, dataset]), 7, shuffle=True)",
    "D.DataLoader(dataset, batch_sampler=D.BatchSampler(range(10), 3, False))",
    "D.DataLoader(dataset, batch_size=None)",
    "D.DataLoader([{'a': 1, 'b': [2.0, 'c']}] * 5, batch_size=2)",
    "D.DataLoader([(np.ones(2), np.int32(3), True)] * 3, batch_size=2)",
]


def plain(value: Any) -> Any:
    """Tensors as lists with their dtypes."""
    if isinstance(value, dict):
        return {key: plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    if hasattr(value, "tolist"):
        return str(value.dtype).split(".")[-1], value.tolist()
    return value


@pytest.mark.parametrize("text", LOADERS)
def test_batches_of_two_passes_are_pytorchs(text):
    seen = []
    for library in (tg, torch):
        library.manual_seed(11)
        D = library.utils.data
        dataset = D.TensorDataset(library.arange(17), library.arange(34.0).view(17, 2))
        loader = eval(text, {"D": D, "T": library, "dataset": dataset, "np": np})
        passes = [[plain(batch) for batch in loader] for _ in range(2)]
        seen.append([passes, len(loader), library.randperm(20).tolist()])
    assert seen[0] == seen[1]
