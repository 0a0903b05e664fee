"""Tensors on a device whose arrays refuse to mix with NumPy's: what programs do with them."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

import tracegrad as tg
from tests.backend.strict import StrictArray, strict_cuda
from tracegrad import nn
from tracegrad.autograd import detect_anomaly
from tracegrad.recording.reader import open_trace

F = nn.functional


@pytest.fixture(autouse=True)
def cuda() -> Iterator[None]:
    with strict_cuda():
        yield


def matrix(device: str = "cuda") -> tg.Tensor:
    return tg.tensor([[1.0, 2.0], [3.0, 4.0]], device=device)


CREATIONS: dict[str, Callable[[], tg.Tensor]] = {
    "zeros": lambda: tg.zeros(2, 3, device="cuda"),
    "full": lambda: tg.full((2,), 7.0, device="cuda"),
    "arange": lambda: tg.arange(3, device="cuda:0"),
    "eye": lambda: tg.eye(2, device=tg.device("cuda", 0)),
    "randn": lambda: tg.randn(3, device="cuda"),
    "randint": lambda: tg.randint(0, 9, (3,), device="cuda"),
    "zeros_like": lambda: tg.zeros_like(matrix()),
    "randn_like": lambda: tg.randn_like(matrix()),
    "new_ones": lambda: matrix().new_ones(2),
    "to": lambda: tg.ones(2).to("cuda"),
    "cuda": lambda: tg.ones(2).cuda(),
    "dropout": lambda: F.dropout(matrix()),
}


@pytest.mark.parametrize("name", CREATIONS)
def test_a_tensor_is_made_on_the_device(name: str):
    made = CREATIONS[name]()
    assert type(made._array) is StrictArray
    assert (str(made.device), made.is_cuda) == ("cuda:0", True)


def test_random_numbers_are_those_of_the_cpu():
    tg.manual_seed(3)
    here = tg.randn(5)
    tg.manual_seed(3)
    assert tg.randn(5, device="cuda").tolist() == here.tolist()


WRITES: dict[str, Callable[[tg.Tensor], object]] = {
    "a number by index": lambda x: x.__setitem__(0, 5.0),
    "a row": lambda x: x.__setitem__(1, x[0] * 2),
    "where a mask holds": lambda x: x.__setitem__(x > 2, 0.0),
    "by lists of indices": lambda x: x.__setitem__(([0, 1], [1, 0]), 9.0),
    "by an index of the cpu": lambda x: x.__setitem__(tg.tensor([1]), 9.0),
    "through a view": lambda x: x[:, 1].mul_(3),
    "through a transposed view": lambda x: x.t()[0].add_(x[0, 0]),
    "copy_ from the cpu": lambda x: x.copy_(tg.eye(2)),
    "fill_": lambda x: x.fill_(2.5),
    "zero_": lambda x: x.zero_(),
    "relu_": lambda x: x.sub_(2).relu_(),
    "masked_fill_": lambda x: x.masked_fill_(x > 1, -1.0),
    "index_add_": lambda x: x.index_add_(
        0, tg.tensor([0, 0], device=x.device), tg.ones(2, 2, device=x.device)
    ),
    "as_strided": lambda x: x.as_strided((2,), (3,)).mul_(10),
}


@pytest.mark.parametrize("requires_grad", [False, True])
@pytest.mark.parametrize("name", WRITES)
def test_a_write_does_the_same_on_the_device(name: str, requires_grad: bool):
    results = []
    for device in ("cpu", "cuda"):
        leaf = matrix(device).requires_grad_(requires_grad)
        x = leaf * 1
        WRITES[name](x)
        if requires_grad:
            (x * x).sum().backward()
        assert x.device.type == device
        results.append((x.tolist(), x._version, leaf.grad.tolist() if requires_grad else None))
    assert results[0] == results[1]


def test_indexing_gives_the_same_as_on_the_cpu():
    keys = [0, (0, 1), [1, 0], ([0, 1], [1, 0]), (slice(None), None, -1), tg.tensor([True, False])]
    assert [matrix()[key].tolist() for key in keys] == [matrix("cpu")[key].tolist() for key in keys]


# -- devices do not mix ----------------------------------------------------------------------------


def test_tensors_of_two_devices_are_refused_with_both_named():
    with pytest.raises(RuntimeError) as raised:
        matrix() + tg.ones(2)
    lines = str(raised.value).splitlines()
    assert lines[0] == (
        "Expected all tensors to be on the same device, but found at least two devices, cuda:0 and "
        "cpu!"
    )
    assert lines[1] == "  op  add"
    assert "matrix() + tg.ones(2)" in lines[2]
    assert lines[3] == "  try: .to('cpu') on the first, or .to('cuda:0') on the second"


def test_a_0d_tensor_of_the_cpu_goes_with_any_and_gets_its_gradient_there():
    scale = tg.tensor(2.0, requires_grad=True)
    out = matrix() * scale
    out.sum().backward()
    assert out.device.type == "cuda"
    assert (scale.grad.device.type, scale.grad.item()) == ("cpu", 10.0)


def test_gradients_cross_from_one_device_to_the_other():
    x = tg.ones(3, requires_grad=True)
    y = (x.cuda() * 3).cpu() * 2
    y.sum().backward()
    assert (x.grad.device.type, x.grad.tolist()) == ("cpu", [6.0, 6.0, 6.0])


def test_numpy_is_refused_with_pytorchs_words():
    with pytest.raises(TypeError, match="can't convert cuda:0 device type tensor to numpy"):
        matrix().numpy()


# -- training --------------------------------------------------------------------------------------


def trained(device: str, optimizer: str) -> list:
    tg.manual_seed(0)
    net = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 1)).to(device)
    options = {"momentum": 0.9} if optimizer == "SGD" else {}
    steps = getattr(tg.optim, optimizer)(net.parameters(), lr=0.05, **options)
    losses = []
    for _ in range(4):
        loss = F.mse_loss(net(matrix(device)), tg.zeros(2, 1, device=device))
        steps.zero_grad()
        loss.backward()
        steps.step()
        losses.append(loss.item())
    assert {str(p.device.type) for p in net.parameters()} == {device}
    return losses


@pytest.mark.parametrize("optimizer", ["SGD", "Adam"])
def test_training_gives_the_losses_of_the_cpu(optimizer: str):
    assert trained("cuda", optimizer) == pytest.approx(trained("cpu", optimizer), rel=1e-6)


def test_a_recording_holds_values_of_the_device(tmp_path: Path):
    with tg.record() as trace:
        trained("cuda", "Adam")
    with tg.record(tmp_path / "run.trace") as streamed:
        trained("cuda", "Adam")
    del streamed
    with open_trace(tmp_path / "run.trace") as read:
        assert read.event_count == trace.event_count
        for id in range(trace.value_count):
            assert read.value(id).device == trace.value(id).device
            # Not of `empty`, where parameters begin: that may be anything.
            if read.value(id).role == "gradient":
                np.testing.assert_array_equal(read.array(id), trace.array(id))
        assert {read.value(id).device for id in range(read.value_count)} == {"cpu", "cuda:0"}


def test_anomalies_are_found_on_the_device():
    x = tg.zeros(2, device="cuda", requires_grad=True)
    with pytest.raises(RuntimeError, match="Function 'SqrtBackward0' returned nan"):  # noqa: SIM117  one line would be too long
        with detect_anomaly(check_writes=True):
            (x.sqrt() * 0).sum().backward()


def test_copies_stay_on_the_device():
    x = matrix()
    for twin in (copy.deepcopy(x), pickle.loads(pickle.dumps(x)), x.clone(), x.detach()):
        assert (str(twin.device), twin.tolist()) == ("cuda:0", x.tolist())


def test_a_tensor_prints_with_its_device():
    assert repr(matrix()[0]) == "tensor([1., 2.], device='cuda:0')"


# -- without a GPU ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "call", ["tg.zeros(2, device='cuda')", "tg.ones(2).cuda()", "tg.nn.Linear(1, 1).to('cuda')"]
)
def test_each_way_to_a_device_that_is_not_there_says_what_is_missing(call: str):
    program = (
        "import sys; sys.modules['cupy'] = None\n"
        f"import tracegrad as tg\ntry:\n    {call}\nexcept RuntimeError as error:\n    print(error)"
    )
    said = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    ).stdout
    assert said.startswith("CUDA is not available: CuPy cannot be imported (")
    assert 'pip install "tracegrad[cuda12]"' in said
