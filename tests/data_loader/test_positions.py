"""A pass that was broken off goes on in another program with the batches that were to come."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import numpy as np
import pytest

import tracegrad as tg
from tests.data_loader.datasets import Noisy, NoisyStream, Split
from tests.data_loader.test_workers import plain
from tracegrad.data.random_state import RANDOM_STATE_BYTES, random_state, set_random_state
from tracegrad.utils.data import DataLoader, RandomSampler, Sampler, TensorDataset


class Sampled(Sampler):
    """An order that is drawn as the pass goes on, from a generator of its own."""

    def __init__(self):
        self.generator = tg.Generator().manual_seed(8)

    def __iter__(self):
        for _ in range(21):
            yield int(tg.randint(0, 24, (), generator=self.generator))

    def __len__(self):
        return 21


LOADERS = {
    "in order": lambda **how: DataLoader(Noisy(), 5, **how),
    "shuffled": lambda **how: DataLoader(Noisy(), 5, shuffle=True, **how),
    "own generator": lambda **how: DataLoader(
        Noisy(), 5, shuffle=True, generator=tg.Generator().manual_seed(7), **how
    ),
    "own sampler": lambda **how: DataLoader(Noisy(), 4, sampler=Sampled(), **how),
    "drawn with replacement": lambda **how: DataLoader(
        Noisy(), 9, sampler=RandomSampler(Noisy(), True, 70), **how
    ),
    "one by one": lambda **how: DataLoader(Noisy(6), batch_size=None, shuffle=True, **how),
    "stream": lambda **how: DataLoader(NoisyStream(), 4, **how),
}
WORKERS = {
    "here": {},
    "two workers": {"num_workers": 2},
    "workers that live on": {"num_workers": 2, "persistent_workers": True},
}


@pytest.mark.parametrize("name", LOADERS)
@pytest.mark.parametrize("workers", WORKERS)
@pytest.mark.parametrize("given", [0, 1, 3])
def test_a_pass_goes_on_with_the_same_batches_and_random_numbers(name, workers, given):
    tg.manual_seed(1)
    loader = LOADERS[name](**WORKERS[workers])
    list(loader)  # an earlier pass, so that random numbers are somewhere
    iterator = iter(loader)
    for _ in range(given):
        next(iterator)
    position, numbers = loader.state_dict(), random_state()
    expected = [plain(batch) for batch in iterator]
    expected += [plain(batch) for batch in loader]  # and the next pass

    tg.manual_seed(99)
    resumed = LOADERS[name](**WORKERS[workers])
    resumed.load_state_dict(position)
    set_random_state(numbers)
    found = [plain(batch) for batch in resumed] + [plain(batch) for batch in resumed]
    assert found == expected


def test_between_passes_workers_that_live_on_go_on_with_their_random_numbers():
    loader = DataLoader(Noisy(), 5, num_workers=2, persistent_workers=True)
    list(loader)
    position, numbers = loader.state_dict(), random_state()
    expected = [plain(batch) for batch in loader]
    resumed = DataLoader(Noisy(), 5, num_workers=2, persistent_workers=True)
    resumed.load_state_dict(position)
    set_random_state(numbers)
    assert [plain(batch) for batch in resumed] == expected


def test_examples_that_were_given_are_not_read_again():
    class Counted:
        read = 0

        def __len__(self):
            return 20

        def __getitem__(self, n):
            Counted.read += 1
            return n

    loader = DataLoader(Counted(), 4)
    iterator = iter(loader)
    next(iterator), next(iterator), next(iterator)
    resumed = DataLoader(Counted(), 4)
    resumed.load_state_dict(loader.state_dict())
    Counted.read = 0
    assert [batch.tolist() for batch in resumed] == [[12, 13, 14, 15], [16, 17, 18, 19]]
    assert Counted.read == 8


def test_a_state_is_numbers_and_tensors_that_save_takes(tmp_path):
    tg.manual_seed(2)
    loader = DataLoader(Noisy(), 5, shuffle=True, num_workers=2)
    iterator = iter(loader)
    next(iterator)
    tg.save(loader.state_dict(), tmp_path / "position")
    expected = [plain(batch) for batch in iterator]
    resumed = DataLoader(Noisy(), 5, shuffle=True, num_workers=2)
    resumed.load_state_dict(tg.load(tmp_path / "position"))
    assert [plain(batch) for batch in resumed] == expected


def test_after_the_last_batch_nothing_is_left_of_the_pass():
    loader = DataLoader(TensorDataset(tg.arange(6)), 2)
    iterator = iter(loader)
    for _ in range(3):
        next(iterator)
    resumed = DataLoader(TensorDataset(tg.arange(6)), 2)
    resumed.load_state_dict(loader.state_dict())
    assert list(resumed) == []
    assert len(list(resumed)) == 3


def test_a_finished_pass_is_followed_by_a_whole_one():
    loader = DataLoader(TensorDataset(tg.arange(6)), 2)
    list(loader)
    resumed = DataLoader(TensorDataset(tg.arange(6)), 2)
    resumed.load_state_dict(loader.state_dict())
    assert len(list(resumed)) == 3


def test_a_loaded_state_that_nobody_used_yet_can_be_saved_again():
    loader = DataLoader(TensorDataset(tg.arange(6)), 2)
    next(iter(loader))
    resumed = DataLoader(TensorDataset(tg.arange(6)), 2)
    resumed.load_state_dict(loader.state_dict())
    assert resumed.state_dict()["given"] == 1


def test_random_numbers_of_this_process_are_left_as_they_are():
    loader = DataLoader(TensorDataset(tg.arange(20)), 2, shuffle=True)
    iterator = iter(loader)
    next(iterator)
    resumed = DataLoader(TensorDataset(tg.arange(20)), 2, shuffle=True)
    resumed.load_state_dict(loader.state_dict())
    before = random_state()
    iter(resumed)
    assert random_state() == before


# -- what is refused -------------------------------------------------------------------------------


def test_a_sampler_that_draws_from_elsewhere_is_noticed():
    class Elsewhere(Sampler):
        def __iter__(self):
            return iter(np.random.permutation(50).tolist())

        def __len__(self):
            return 50

    loader = DataLoader(range(50), 5, sampler=Elsewhere())
    next(iter(loader))
    resumed = DataLoader(range(50), 5, sampler=Elsewhere())
    resumed.load_state_dict(loader.state_dict())
    with pytest.raises(
        RuntimeError, match=r"draws other examples(.|\n)*the first 1 batches differ"
    ):
        iter(resumed)


def test_another_dataset_is_noticed():
    loader = DataLoader(range(50), 5, shuffle=True)
    next(iter(loader))
    resumed = DataLoader(range(40), 5, shuffle=True)
    resumed.load_state_dict(loader.state_dict())
    with pytest.raises(RuntimeError, match="try: the same dataset, sampler and batch_size"):
        iter(resumed)


@pytest.mark.parametrize("workers", [0, 1])
def test_a_stream_that_has_become_shorter_is_noticed(workers):
    loader = DataLoader(Split(9), 2, num_workers=workers)
    iterator = iter(loader)
    next(iterator), next(iterator), next(iterator)
    resumed = DataLoader(Split(3), 2, num_workers=workers)
    resumed.load_state_dict(loader.state_dict())
    with pytest.raises(RuntimeError, match="load_state_dict"):
        list(resumed)


def test_numbers_of_numpy_are_compared_too():
    loaders = [DataLoader(range(9), 2, sampler=np.array([n, 1, 2, 3])) for n in (0, 5)]
    next(iter(loaders[0]))
    loaders[1].load_state_dict(loaders[0].state_dict())
    with pytest.raises(RuntimeError, match="draws other examples"):
        iter(loaders[1])


def test_the_state_of_another_loader_is_refused():
    state = DataLoader(range(5)).state_dict()
    with pytest.raises(ValueError, match="number of num_workers: expected 1, got 0"):
        DataLoader(range(5), num_workers=1).load_state_dict(state)
    with pytest.raises(ValueError, match=r"number of generators.*expected 2, got 1"):
        DataLoader(range(5), generator=tg.Generator()).load_state_dict(state)
    with pytest.raises(TypeError, match="expected what state_dict"):
        DataLoader(range(5)).load_state_dict({"epoch": 3})


def test_batches_that_come_as_they_are_ready_have_no_position():
    with pytest.raises(RuntimeError, match="in_order=False"):
        DataLoader(Split(4), num_workers=1, in_order=False).state_dict()


def test_bytes_that_are_no_state_of_random_numbers_are_refused():
    with pytest.raises(ValueError, match=f"has {RANDOM_STATE_BYTES} bytes, got 3"):
        set_random_state(b"abc")


# -- across a kill ---------------------------------------------------------------------------------

PROGRAM = """
import os, signal, sys
import tracegrad as tg
from tests.data_loader.datasets import Noisy
from tracegrad.utils.data import DataLoader

path, until = sys.argv[1], int(sys.argv[2])
tg.manual_seed(6)
loader = DataLoader(Noisy(), 4, shuffle=True, num_workers=2)
if os.path.exists(path):
    loader.load_state_dict(tg.load(path))
for batch in loader:
    print([part.tolist() for part in batch], flush=True)
    tg.save(loader.state_dict(), path)
    until -= 1
    if not until:
        os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_program_that_is_killed_goes_on_with_the_same_batches(tmp_path):
    def run(name, until):
        (tmp_path / "program.py").write_text(PROGRAM)
        command = [sys.executable, tmp_path / "program.py", tmp_path / name, str(until)]
        run = subprocess.run(command, capture_output=True, text=True, env=_with_tests())
        return run.returncode, run.stdout.splitlines()

    code, whole = run("whole", 100)
    assert (code, len(whole)) == (0, 6)
    code, before = run("position", 3)
    assert code == -signal.SIGKILL
    code, after = run("position", 100)
    assert code == 0
    assert before + after == whole


def _with_tests():
    return {**os.environ, "PYTHONPATH": os.pathsep.join([".", *sys.path])}
