"""The loader gives PyTorch's batches in PyTorch's order, from the same seed."""

from __future__ import annotations

import random
from collections import OrderedDict, UserList, namedtuple
from collections.abc import Mapping, Sequence
from types import MappingProxyType
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
    if isinstance(value, Mapping):
        return {key: plain(one) for key, one in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
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


# -- worker processes ------------------------------------------------------------------------------


class Drawing:
    """Examples with random numbers of every kind, of either library."""

    def __init__(self, library):
        self.library = library

    def __len__(self):
        return 11

    def __getitem__(self, n):
        info = self.library.utils.data.get_worker_info()
        drawn = self.library.rand(2), np.random.rand(2), random.random()
        return n, *drawn, -1 if info is None else info.id, 0 if info is None else info.seed


class Shard:
    """What a stream of either library iterates over: each worker's own part, of its own length."""

    def __init__(self, library):
        self.library = library

    def __iter__(self):
        info = self.library.utils.data.get_worker_info()
        yield from range(info.id, 30 - 9 * info.id, info.num_workers)


WORKERS = [
    "D.DataLoader(drawing, 3, num_workers=2)",
    "D.DataLoader(drawing, 2, shuffle=True, num_workers=2, drop_last=True)",
    "D.DataLoader(drawing, 2, shuffle=True, num_workers=2, generator=generator)",
    "D.DataLoader(drawing, 2, shuffle=True, num_workers=2, persistent_workers=True)",
    "D.DataLoader(drawing, batch_size=None, num_workers=1, prefetch_factor=5)",
    "D.DataLoader(stream, 3, num_workers=2)",
    "D.DataLoader(stream, 3, num_workers=2, drop_last=True, persistent_workers=True)",
    "D.DataLoader(stream, batch_size=None, num_workers=2)",
]


@pytest.mark.parametrize("text", WORKERS)
def test_workers_give_pytorchs_batches_and_random_numbers(text):
    seen = []
    for library in (tg, torch):
        library.manual_seed(11)
        D = library.utils.data
        given = {
            "D": D,
            "generator": library.Generator().manual_seed(3),
            "drawing": Drawing(library),
            "stream": type("Stream", (Shard, D.IterableDataset), {})(library),
        }
        loader = eval(text, given)
        passes = [[plain(batch) for batch in loader] for _ in range(2)]
        seen.append([passes, library.randperm(20).tolist()])
    assert seen[0] == seen[1]


# -- the rest of the package -----------------------------------------------------------------------

SAMPLERS = [
    "D.WeightedRandomSampler([0.1, 0.5, 2.0, 0.0, 1.0], 20)",
    "D.WeightedRandomSampler([0.1, 0.5, 2.0, 1.0], 3, replacement=False)",
    "D.WeightedRandomSampler([1.0, 2.0], 9, generator=T.Generator().manual_seed(2))",
    "D.RandomSampler(range(10), replacement=True, num_samples=45)",
    "D.RandomSampler(range(10), num_samples=25)",
    "D.DistributedSampler(range(17), num_replicas=4, rank=1)",
    "D.DistributedSampler(range(17), num_replicas=4, rank=3, drop_last=True, seed=5)",
    "D.DistributedSampler(range(3), num_replicas=8, rank=7, shuffle=False)",
    "D.DistributedSampler(range(16), num_replicas=4, rank=0, drop_last=True)",
    "D.DistributedSampler(range(2), num_replicas=4, rank=0, drop_last=True)",
    "[s.indices for s in D.random_split(range(11), [0.5, 0.3, 0.2])]",
    "[s.indices for s in D.random_split(range(11), [5, 6], T.Generator().manual_seed(1))]",
]


@pytest.mark.parametrize("text", SAMPLERS)
def test_samplers_draw_pytorchs_numbers(text):
    seen = []
    for library in (tg, torch):
        library.manual_seed(4)
        sampler = eval(text, {"D": library.utils.data, "T": library})
        seen.append([list(sampler), list(sampler), len(sampler), library.randperm(9).tolist()])
    assert seen[0] == seen[1]


def test_the_epoch_of_a_distributed_sampler_is_pytorchs():
    orders = []
    for library in (tg, torch):
        sampler = library.utils.data.DistributedSampler(range(20), 2, 1, seed=3)
        sampler.set_epoch(5)
        orders.append(list(sampler))
    assert orders[0] == orders[1]


COLLATED = [
    "[np.float32(1), np.float32(2)]",
    "[np.int16(1), np.int16(2)]",
    "[np.bool_(True), np.bool_(False)]",
    "[True, False]",
    "[1, 2]",
    "[1.5, 2]",
    "['a', 'b']",
    "('a', 'b')",
    "[b'a', b'b']",
    "[(1, 2.0, 'x'), (3, 4.0, 'y')]",
    "[[1, [2]], [3, [4]]]",
    "[range(2), range(2)]",
    "[{'a': 1, 'b': {'c': T.ones(2)}}, {'a': 2, 'b': {'c': T.zeros(2)}}]",
    "[OrderedDict(a=1), OrderedDict(a=2)]",
    "[MappingProxyType({'a': 1}), MappingProxyType({'a': 2})]",
    "[Pair(1, [T.ones(1)]), Pair(2, [T.ones(1)])]",
    "[UserList([1, 2.5]), UserList([3, 4.5])]",
    "[(), ()]",
    "[T.tensor(1), T.tensor(2)]",
    "[np.ones((2, 2)), np.zeros((2, 2))]",
    "[None, None]",
    "[object()]",
    "[np.array(['a'])]",
    "[[1], [1, 2]]",
    "[{'a': 1}, {'b': 2}]",
    "[T.ones(2), T.ones(3)]",
    "[]",
]
Pair = namedtuple("Pair", "x y")


@pytest.mark.parametrize("text", COLLATED)
@pytest.mark.parametrize("function", ["default_collate", "default_convert"])
def test_collating_is_pytorchs(text, function):
    seen: list[Any] = []
    for library in (tg, torch):
        names = {"T": library, "np": np, "Pair": Pair, "OrderedDict": OrderedDict}
        names |= {"UserList": UserList, "MappingProxyType": MappingProxyType}
        try:
            made = getattr(library.utils.data, function)(eval(text, names))
            seen.append((type(made).__name__, plain(made)))
        except Exception as error:
            seen.append(type(error))
    if isinstance(seen[1], tuple) and seen[1][0] == "list" and "object()" in text:
        seen = [kind for kind, _ in seen]  # the objects themselves are two
    assert seen[0] == seen[1]


def test_an_own_table_of_collating_is_followed_as_in_pytorch():
    seen = []
    for library in (tg, torch):
        collate = library.utils.data._utils.collate
        table = {
            **collate.default_collate_fn_map,
            str: lambda batch, *, collate_fn_map=None: "+".join(batch),
            (list, set): lambda batch, *, collate_fn_map=None: sum(map(len, batch)),
        }
        batch = collate.collate(
            [{"t": "a", "l": [1]}, {"t": "b", "l": [2, 3]}], collate_fn_map=table
        )
        seen.append(batch)
    assert seen[0] == seen[1] == {"t": "a+b", "l": 3}


REFUSED = [
    "D.DataLoader(data, num_workers=-1)",
    "D.DataLoader(data, timeout=-1)",
    "D.DataLoader(data, prefetch_factor=2)",
    "D.DataLoader(data, num_workers=1, prefetch_factor=-1)",
    "D.DataLoader(data, persistent_workers=True)",
    "D.DataLoader(data, multiprocessing_context='fork')",
    "D.DataLoader(data, num_workers=1, multiprocessing_context='thread')",
    "D.DataLoader(data, num_workers=1, multiprocessing_context=1)",
    "iter(D.DataLoader(data, timeout=1))",
    "D.DataLoader(data, shuffle=True, sampler=[1])",
    "setattr(D.DataLoader(data), 'batch_size', 2)",
    "D.DistributedSampler(data, 2, 2)",
    "D.random_split(data, [1, 2])",
    "D.random_split(data, [0.2, 0.2])",
    "D.StackDataset()",
    "D.StackDataset(data, [1])",
    "D.ConcatDataset([])",
    "D.ConcatDataset([data])[-9]",
    "type('S', (D.Subset,), {'__getitem__': lambda self, n: n})(data, [1])",
    "D.Dataset()[0]",
    "D.BatchSampler(data, 0, False)",
    "D.WeightedRandomSampler([1.0], 0)",
    "D.RandomSampler([])",
]


@pytest.mark.parametrize("text", REFUSED)
def test_what_pytorch_refuses_is_refused_with_its_class_and_words(text):
    seen = []
    for library in (tg, torch):
        with pytest.raises(Exception) as raised:  # noqa: PT011 - the two are compared
            eval(text, {"D": library.utils.data, "data": list(range(5))})
        seen.append(raised.value)
    ours, theirs = seen
    assert type(ours) is type(theirs)
    assert set(str(theirs).lower().split()[:3]) & set(str(ours).lower().split())


def test_every_public_name_is_here_or_says_why_not():
    for name in torch.utils.data.__all__:
        if name.startswith("_"):
            continue
        try:
            assert getattr(tg.utils.data, name).__name__ == name
        except NotImplementedError as error:
            assert "there are no data pipes" in str(error)  # noqa: PT017 - either is right
    for module, missing in (
        ("dataset", set()),
        ("sampler", set()),
        ("distributed", set()),
        ("dataloader", {"_DatasetKind"}),
    ):
        names = set(getattr(torch.utils.data, module).__all__) - missing
        assert names <= set(dir(getattr(tg.utils.data, module)))
