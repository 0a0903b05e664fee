"""Datasets, samplers, the loader: which examples come in which batch, and what is refused."""

from __future__ import annotations

from collections import namedtuple

import numpy as np
import pytest

import tracegrad as tg
from tracegrad import data
from tracegrad.utils.data import DataLoader, Dataset, IterableDataset, TensorDataset

Pair = namedtuple("Pair", "x y")


class Squares(Dataset):
    def __init__(self, count):
        self.count = count

    def __len__(self):
        return self.count

    def __getitem__(self, n):
        return tg.tensor([float(n)]), n * n


class Stream(IterableDataset):
    def __iter__(self):
        return iter(range(7))

    def __len__(self):
        return 7


def numbers(loader):
    return [batch[1].tolist() for batch in loader]


# -- batches ---------------------------------------------------------------------------------------


def test_batches_come_in_order_and_the_last_may_be_smaller():
    loader = DataLoader(Squares(7), batch_size=3)
    assert numbers(loader) == [[0, 1, 4], [9, 16, 25], [36]]
    assert len(loader) == 3
    x, y = next(iter(loader))
    assert x.tolist() == [[0.0], [1.0], [2.0]]
    assert y.dtype is tg.int64


def test_the_last_batch_is_left_out_when_asked():
    loader = DataLoader(Squares(7), batch_size=3, drop_last=True)
    assert numbers(loader) == [[0, 1, 4], [9, 16, 25]]
    assert len(loader) == 2


def test_shuffling_reads_each_example_once_in_an_order_that_changes():
    tg.manual_seed(0)
    loader = DataLoader(Squares(50), batch_size=8, shuffle=True)
    first, second = ([n for batch in numbers(loader) for n in batch] for _ in range(2))
    assert sorted(first) == sorted(second) == [n * n for n in range(50)]
    assert first != second
    tg.manual_seed(0)
    assert [n for batch in numbers(loader) for n in batch] == first


def test_an_own_generator_decides_the_order_alone():
    def order():
        generator = tg.Generator().manual_seed(5)
        return numbers(DataLoader(Squares(20), 4, shuffle=True, generator=generator))

    first = order()
    tg.rand(10)
    assert order() == first


def test_streams_are_batched_as_they_come():
    assert [b.tolist() for b in DataLoader(Stream(), batch_size=3)] == [[0, 1, 2], [3, 4, 5], [6]]
    assert [b.tolist() for b in DataLoader(Stream(), 3, drop_last=True)] == [[0, 1, 2], [3, 4, 5]]
    assert list(DataLoader(Stream(), batch_size=None)) == [*range(7)]
    assert [len(DataLoader(Stream(), size)) for size in (3, None)] == [3, 7]


def test_without_batches_arrays_become_tensors_one_by_one():
    loader = DataLoader([np.ones(2), np.zeros(2)], batch_size=None)
    assert [x.tolist() for x in loader] == [[1.0, 1.0], [0.0, 0.0]]
    assert len(loader) == 2


def test_samplers_and_batch_samplers_are_followed():
    assert numbers(DataLoader(Squares(9), 2, sampler=[4, 0, 8])) == [[16, 0], [64]]
    loader = DataLoader(Squares(9), batch_sampler=[[1], [2, 3, 4]])
    assert numbers(loader) == [[1], [4, 9, 16]]
    assert (len(loader), loader.batch_size) == (2, None)


def test_examples_may_be_fetched_together():
    class Together(Squares):
        def __getitems__(self, indices):
            return [("all", n) for n in indices]

    texts, numbers = next(iter(DataLoader(Together(4), 3)))
    assert texts == ("all",) * 3
    assert numbers.tolist() == [0, 1, 2]


def test_rows_of_tensors_taken_at_once_are_the_single_ones_together():
    class OneByOne(TensorDataset):
        """Not the class itself, so read row by row."""

    tensors = tg.arange(12), tg.rand(12, 3, requires_grad=True), tg.rand(12, 2).t().t()
    order = [3, -1, 3, 0, 11]
    found = []
    for kind in (TensorDataset, OneByOne):
        dataset = data.Subset(data.Subset(kind(*tensors), range(12)), range(12))
        (batch,) = DataLoader(dataset, batch_sampler=[order])
        (gradient,) = tg.autograd.grad(batch[1].square().sum(), tensors[1])
        found.append([*batch, gradient])
    for together, single in zip(*found, strict=True):
        assert type(together) is type(single)
        assert together.dtype is single.dtype
        assert tg.equal(together, single)
    assert found[0][1].requires_grad


def test_a_changed_table_of_collating_is_followed_for_rows_too(monkeypatch):
    monkeypatch.setitem(
        data.collate.default_collate_fn_map,
        tuple,
        lambda batch, *, collate_fn_map=None: f"{len(batch)} rows",
    )
    assert list(DataLoader(TensorDataset(tg.ones(5)), 3)) == ["3 rows", "2 rows"]


# -- collating -------------------------------------------------------------------------------------


def test_examples_are_put_together_inside_of_containers():
    examples = [
        {"x": tg.ones(2), "n": 1, "f": 0.5, "t": "a", "p": Pair(np.float32(1), [True])},
        {"x": tg.zeros(2), "n": 2, "f": 1.5, "t": "b", "p": Pair(np.float32(2), [False])},
    ]
    batch = data.default_collate(examples)
    assert batch["x"].tolist() == [[1.0, 1.0], [0.0, 0.0]]
    assert batch["n"].tolist() == [1, 2]
    assert (batch["f"].dtype, batch["f"].tolist()) == (tg.float64, [0.5, 1.5])
    assert batch["t"] == ["a", "b"]
    assert isinstance(batch["p"], Pair)
    assert (batch["p"].x.dtype, batch["p"].y[0].tolist()) == (tg.float32, [True, False])


def test_what_cannot_be_put_together_is_refused():
    with pytest.raises(RuntimeError, match="should be of equal size"):
        data.default_collate([[1, 2], [1]])
    with pytest.raises(TypeError, match="batch must contain tensors, numpy arrays, numbers"):
        data.default_collate([object()])
    with pytest.raises(RuntimeError, match="stack expects each tensor to be equal size"):
        data.default_collate([tg.ones(2), tg.ones(3)])


# -- datasets --------------------------------------------------------------------------------------


def test_tensors_give_their_rows_together():
    dataset = TensorDataset(tg.arange(3), tg.eye(3))
    assert [t.tolist() for t in dataset[1]] == [1, [0.0, 1.0, 0.0]]
    assert len(dataset) == 3
    with pytest.raises(AssertionError, match="Size mismatch between tensors"):
        TensorDataset(tg.ones(3), tg.ones(4))


def test_datasets_stand_one_after_the_other_or_side_by_side():
    both = Squares(2) + Squares(3)
    assert [both[n][1] for n in range(len(both))] == [0, 1, 0, 1, 4]
    assert both[-1][1] == 4
    with pytest.raises(ValueError, match="should not exceed dataset length"):
        both[-6]
    beside = data.StackDataset(a=Squares(2), b=["x", "y"])
    assert beside[1]["b"] == "y"
    assert list(Stream() + Stream()) == [*range(7), *range(7)]
    with pytest.raises(ValueError, match="Size mismatch"):
        data.StackDataset(Squares(2), Squares(3))


def test_datasets_side_by_side_read_together_where_they_can():
    class Together(Squares):
        def __getitems__(self, indices):
            return [-n for n in indices]

    class Short(Together):
        def __getitems__(self, indices):
            return [0]

    assert data.StackDataset(Together(9), range(9)).__getitems__([1, 4]) == [(-1, 1), (-4, 4)]
    named = data.StackDataset(a=Together(9), b=range(9))
    assert named.__getitems__([1, 4]) == [{"a": -1, "b": 1}, {"a": -4, "b": 4}]
    with pytest.raises(ValueError, match=r"Expected 2, got 1\n  from Short"):
        data.StackDataset(Short(9)).__getitems__([1, 4])
    with pytest.raises(ValueError, match="At least one dataset"):
        data.StackDataset()
    with pytest.raises(ValueError, match="both types are given"):
        data.StackDataset([1], a=[1])


def test_a_subset_reads_what_its_class_says():
    class Doubled(data.Subset):
        def __getitem__(self, n):
            return 2 * super().__getitem__(n)

    with pytest.raises(NotImplementedError, match="Doubled overrides __getitem__ but not"):
        Doubled(range(5), [1])


def test_each_of_several_programs_has_its_own_part():
    parts = [[*data.DistributedSampler(range(10), 3, rank)] for rank in range(3)]
    assert {n for part in parts for n in part} == {*range(10)}
    assert [len(part) for part in parts] == [4, 4, 4]
    with pytest.raises(RuntimeError, match=r"Requires distributed(.|\n)*num_replicas=..., rank="):
        data.DistributedSampler(range(10))
    with pytest.raises(ValueError, match="Invalid rank 3"):
        data.DistributedSampler(range(10), 3, 3)


def test_a_split_gives_each_example_to_one_part():
    parts = data.random_split(Squares(10), [0.25, 0.25, 0.5])
    assert [len(part) for part in parts] == [3, 2, 5]
    assert sorted(n for part in parts for n in part.indices) == [*range(10)]
    assert parts[0][0][1] == parts[0].indices[0] ** 2
    with pytest.raises(ValueError, match="Sum of input lengths does not equal"):
        data.random_split(Squares(10), [3, 3])
    with pytest.warns(UserWarning, match="Length of split at index 1 is 0"):
        data.random_split(Squares(1), [0.5, 0.5])


def test_weights_decide_what_is_drawn():
    tg.manual_seed(0)
    drawn = [*data.WeightedRandomSampler([0.0, 1.0, 3.0], 400)]
    assert drawn.count(0) == 0
    assert 220 < drawn.count(2) < 380
    once = [*data.WeightedRandomSampler([1.0, 1.0, 3.0], 3, replacement=False)]
    assert sorted(once) == [0, 1, 2]


# -- what is refused -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"shuffle": True, "sampler": [0]}, "sampler option is mutually exclusive with shuffle"),
        ({"batch_sampler": [[0]], "batch_size": 2}, "batch_sampler option is mutually exclusive"),
        ({"batch_size": None, "drop_last": True}, "disables auto-batching"),
        ({"batch_size": 0}, "batch_size should be a positive integer value"),
        ({"num_workers": -1}, "num_workers option should be non-negative"),
        ({"prefetch_factor": 2}, "could only be specified in multiprocessing"),
        ({"persistent_workers": True}, "persistent_workers option needs num_workers > 0"),
        ({"timeout": -1}, "timeout option should be non-negative"),
    ],
)
def test_options_that_exclude_each_other_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        DataLoader(Squares(3), **options)


def test_a_stream_has_no_order_to_choose():
    with pytest.raises(ValueError, match="expected unspecified shuffle option"):
        DataLoader(Stream(), shuffle=True)


def test_data_pipes_are_refused_with_a_reason():
    with pytest.raises(
        NotImplementedError, match=r"IterDataPipe is not supported.*\n  try: a Data"
    ):
        from tracegrad.utils.data import IterDataPipe  # noqa: F401  the import is what is refused
    with pytest.raises(AttributeError, match="no attribute 'DataPump'"):
        tg.utils.data.DataPump


def test_an_empty_dataset_has_no_random_order():
    assert list(DataLoader(Squares(0))) == []
    with pytest.raises(ValueError, match="num_samples should be a positive integer value"):
        DataLoader(Squares(0), shuffle=True)
