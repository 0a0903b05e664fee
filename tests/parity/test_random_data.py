"""Random nests of datasets, samplers and loaders give PyTorch's batches, from the same seed."""

from __future__ import annotations

from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

import tracegrad as tg
from tests.parity.programs import refused
from tests.parity.test_loader import plain

torch = pytest.importorskip("torch", reason="compares with PyTorch")
pytestmark = pytest.mark.parity

Draw = Any
switch = st.booleans()


# -- programs, as text -----------------------------------------------------------------------------


@st.composite
def datasets(draw: Draw, depth: int = 2) -> str:
    """A dataset of up to about 20 examples, most of them parts or sums of others."""
    size = draw(st.integers(0, 9))
    if depth == 0 or draw(st.integers(0, 2)) == 0:
        return draw(st.sampled_from([
            f"D.TensorDataset(T.arange({size}), T.arange({3 * size}.0).view({size}, 3))",
            f"[{{'n': n, 'x': [float(n), 'text']}} for n in range({size})]",
            f"[(np.float32(n), n % 2 == 0) for n in range({size})]",
        ]))  # fmt: skip
    inner = draw(datasets(depth - 1))
    part = draw(st.lists(st.integers(0, 3), max_size=5))
    shares = draw(st.sampled_from([[0.5, 0.5], [0.3, 0.3, 0.4], [1.0]]))
    which = draw(st.integers(0, len(shares) - 1))
    seeded = draw(st.sampled_from(["", ", T.Generator().manual_seed(5)"]))
    return draw(st.sampled_from([
        f"D.Subset({inner}, {part})",
        f"D.random_split({inner}, {shares}{seeded})[{which}]",
        f"D.ConcatDataset([{inner}, {inner}])",
        f"D.StackDataset({inner}, {inner})",
        f"D.StackDataset(a={inner}, b={inner})",
    ]))  # fmt: skip


@st.composite
def samplers(draw: Draw) -> str:
    """What `DataLoader` is told about the order; the dataset is `data`."""
    seeded = draw(st.sampled_from(["", ", generator=T.Generator().manual_seed(9)"]))
    count = draw(st.integers(1, 12))
    size, drop_last = draw(st.integers(1, 4)), draw(switch)
    replicas = draw(st.integers(1, 4))
    rank = draw(st.integers(0, replicas - 1))
    return draw(st.sampled_from([
        "", "shuffle=True", f"shuffle=True{seeded}",
        f"sampler=D.RandomSampler(data, True, {count}{seeded})",
        f"sampler=D.RandomSampler(data, num_samples={count}{seeded})",
        f"sampler=D.SubsetRandomSampler([0, 2, 1, 1]{seeded})",
        f"sampler=D.WeightedRandomSampler([0.1, 2.0, 0.0, 1.0], {count}{seeded})",
        f"sampler=D.DistributedSampler(data, {replicas}, {rank}, drop_last={drop_last})",
        f"batch_sampler=D.BatchSampler(D.RandomSampler(data), {size}, {drop_last})",
        "sampler=D.SequentialSampler(data)", "sampler=range(2)",
    ]))  # fmt: skip


@st.composite
def loaders(draw: Draw, workers: int = 0) -> tuple[str, str]:
    """A dataset and a loader of `data`."""
    order = draw(samplers())
    said = ["data", order]
    if not order.startswith("batch_sampler"):
        batch = draw(st.sampled_from([1, 2, 3, 7, None]))
        said.append(f"batch_size={batch}")
        said.append(f"drop_last={draw(switch)}" if batch else "")
    if workers:
        said += [f"num_workers={workers}", f"prefetch_factor={draw(st.integers(1, 3))}"]
        said.append(f"persistent_workers={draw(switch)}")
    return draw(datasets()), f"D.DataLoader({', '.join(filter(None, said))})"


# -- running them ----------------------------------------------------------------------------------


def told(library: Any, dataset: str, loader: str, broken_off: int) -> list[Any]:
    """Batches of two passes, the first of which may be broken off; and the next random numbers."""
    library.manual_seed(11)
    names = {"D": library.utils.data, "T": library, "np": np}
    found: list[Any] = []
    try:
        data = eval(dataset, names)
        made = eval(loader, {**names, "data": data})
        found.append(len(made))
        for last in (broken_off, None):
            for n, batch in enumerate(made):
                found.append(plain(batch))
                if n == last:
                    break
            found.append(library.randperm(9).tolist())
    except Exception as error:
        found.append(error)
    return found


def assert_same(dataset: str, loader: str, broken_off: int) -> None:
    ours, theirs = (told(library, dataset, loader, broken_off) for library in (tg, torch))
    if isinstance(theirs[-1], Exception):
        error = ours.pop()
        assert isinstance(error, Exception), (ours, theirs)
        assert refused(error, theirs[-1]), (error, theirs.pop())
        theirs = theirs[: len(ours)]
    assert ours == theirs


@settings(max_examples=settings.default.max_examples // 2)  # type: ignore[union-attr]
@given(loaders(), st.integers(-1, 3))
def test_a_loader_gives_pytorchs_batches_and_leaves_its_random_numbers(program, broken_off):
    assert_same(*program, broken_off)


@settings(max_examples=settings.default.max_examples // 40)  # type: ignore[union-attr]
@given(st.integers(1, 2).flatmap(loaders))
def test_a_loader_with_workers_gives_pytorchs_batches(program):
    assert_same(*program, broken_off=-1)
