"""`tracegrad.cuda` without a GPU, and over a stand-in for CuPy that counts what it is asked."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import pytest

import tracegrad as tg
from tracegrad.backend import device as devices


@pytest.fixture
def no_gpu(monkeypatch):
    """No CuPy, whatever this machine has."""
    monkeypatch.setitem(sys.modules, "cupy", None)
    before = list(devices._cuda)
    devices.uninstall_cuda()
    yield
    for backend in before:
        devices.install_cuda(backend)


@pytest.mark.usefixtures("no_gpu")
def test_without_a_gpu_questions_are_answered_and_work_is_refused():
    assert not tg.cuda.is_available()
    assert not tg.accelerator.is_available()
    assert tg.accelerator.current_accelerator() is None
    assert tg.cuda.device_count() == tg.accelerator.device_count() == 0
    assert tg.cuda.memory_allocated() == tg.cuda.max_memory_allocated() == 0
    tg.cuda.reset_peak_memory_stats()
    tg.cuda.empty_cache()
    tg.cuda.manual_seed_all(0)
    refused = (tg.cuda.synchronize, tg.cuda.current_device, tg.cuda.Event, tg.cuda.Stream)
    for work in (*refused, tg.cuda.get_device_name, tg.cuda.mem_get_info):
        with pytest.raises(RuntimeError, match="CUDA is not available") as error:
            work()
        assert "try:" in str(error.value)
    with pytest.raises(RuntimeError, match="Cannot access accelerator device when none"):
        tg.accelerator.synchronize()


@pytest.mark.usefixtures("no_gpu")
def test_scaling_and_autocast_switch_themselves_off_without_a_gpu():
    with pytest.warns(UserWarning, match="CUDA is not available"):
        scaler = tg.cuda.amp.GradScaler()
    assert not scaler.is_enabled()
    loss = tg.ones(1)
    assert scaler.scale(loss) is loss
    with pytest.warns(UserWarning, match="CUDA is not available"), tg.cuda.amp.autocast():
        assert (tg.ones(1) + 1).dtype is tg.float32


# -- over a stand-in -------------------------------------------------------------------------------


class Device:
    """CuPy's device, of two."""

    current = 0

    def __init__(self, index=None):
        self.id = Device.current if index is None else index

    def use(self):
        Device.current = self.id

    def synchronize(self):
        ASKED.append(("synchronize", self.id))

    def __enter__(self):
        self.before, Device.current = Device.current, self.id

    def __exit__(self, *_):
        Device.current = self.before


class Pool:
    used = (100, 7)

    def used_bytes(self):
        return self.used[Device.current]

    def total_bytes(self):
        return 1000 + Device.current

    def free_all_blocks(self):
        ASKED.append(("free", Device.current))


class MemoryHook:
    def __enter__(self):
        HOOKS.append(self)


ASKED: list[tuple[str, int]] = []
HOOKS: list[MemoryHook] = []


@pytest.fixture
def gpus(monkeypatch):
    """Two GPUs."""
    runtime = SimpleNamespace(
        getDeviceCount=lambda: 2,
        memGetInfo=lambda: (3, 4),
        getDeviceProperties=lambda n: {
            "name": b"Stand-in", "major": 9, "minor": n, "totalGlobalMem": 5,
            "multiProcessorCount": 6,
        },
    )  # fmt: skip
    cuda = SimpleNamespace(Device=Device, runtime=runtime, MemoryHook=MemoryHook)
    cupy = SimpleNamespace(cuda=cuda, get_default_memory_pool=Pool)
    backend = SimpleNamespace(namespace=cupy, array_type=type("Array", (), {}))
    monkeypatch.setattr(devices, "_cuda", [backend])
    monkeypatch.setattr(Device, "current", 0)
    monkeypatch.setattr(tg.cuda.memory, "_peaks", {})
    monkeypatch.setattr(tg.cuda.memory, "_hooks", [])
    ASKED.clear()
    HOOKS.clear()


@pytest.mark.usefixtures("gpus")
def test_devices_are_counted_chosen_and_waited_for():
    assert tg.cuda.is_available()
    assert str(tg.accelerator.current_accelerator()) == "cuda"
    assert tg.cuda.device_count() == 2
    with tg.cuda.device("cuda:1"):
        assert tg.cuda.current_device() == 1
        tg.cuda.synchronize()
    assert tg.cuda.current_device() == 0
    tg.cuda.set_device(1)
    tg.cuda.set_device(-1)
    assert tg.accelerator.current_device_index() == 1
    tg.cuda.synchronize(0)
    assert ASKED == [("synchronize", 1), ("synchronize", 0)]
    with pytest.raises(ValueError, match="Expected a cuda device"):
        tg.cuda.synchronize("cpu")


@pytest.mark.usefixtures("gpus")
def test_memory_is_the_pools_of_the_device_that_is_meant():
    assert (tg.cuda.memory_allocated(), tg.cuda.memory_allocated(1)) == (100, 7)
    assert tg.cuda.memory_reserved("cuda:1") == 1001
    assert tg.cuda.mem_get_info() == (3, 4)
    assert tg.cuda.get_device_capability(1) == (9, 1)
    assert tg.cuda.get_device_name() == "Stand-in"
    tg.cuda.empty_cache()
    assert ASKED == [("free", 0)]


@pytest.mark.usefixtures("gpus")
def test_the_peak_is_exact_once_it_is_asked_for(monkeypatch):
    assert tg.cuda.max_memory_allocated() == 1000  # the pool: at least as much
    tg.cuda.reset_peak_memory_stats()
    tg.cuda.reset_peak_memory_stats()
    assert len(HOOKS) == 1
    for used in (150, 420, 30):
        monkeypatch.setattr(Pool, "used", (used, 0))
        HOOKS[0].malloc_postprocess(device_id=0, size=1, mem_size=1, mem_ptr=0, pmem_id=0)
    assert tg.cuda.max_memory_allocated() == 420
    tg.cuda.reset_peak_memory_stats()
    assert tg.cuda.max_memory_allocated() == 30
