"""What `save` writes, `load` gives back; what is no such file is refused."""

from __future__ import annotations

import io
import json
import math
import os
import pickle
from collections import OrderedDict

import numpy as np
import pytest
import safetensors.numpy

import tracegrad as tg


def copied(obj):
    file = io.BytesIO()
    tg.save(obj, file)
    file.seek(0)
    return tg.load(file)


def same(one, other):
    assert type(one) is type(other)
    if isinstance(one, dict):
        assert list(one) == list(other)
        for key in one:
            same(one[key], other[key])
    elif isinstance(one, list | tuple):
        assert len(one) == len(other)
        for mine, theirs in zip(one, other, strict=True):
            same(mine, theirs)
    elif isinstance(one, tg.Tensor | np.ndarray):
        assert one.dtype == other.dtype
        assert tuple(one.shape) == tuple(other.shape)
        assert one.tolist() == other.tolist()
    else:
        assert one == other


@pytest.mark.parametrize("name", [
    "bool", "uint8", "int8", "int16", "int32", "int64", "float16", "bfloat16", "float32",
    "float64", "complex64", "complex128",
])  # fmt: skip
@pytest.mark.parametrize("shape", [(), (0, 3), (2, 3)])
def test_every_dtype_and_shape_comes_back(name, shape):
    tensor = tg.arange(6).reshape(2, 3).to(getattr(tg, name))
    tensor = tensor if shape == (2, 3) else tensor[:0] if shape else tensor[1, 0].clone()
    same(copied(tensor), tensor)


def test_containers_and_plain_data_come_back():
    obj = {
        "state": OrderedDict(a=tg.ones(2), b=[tg.zeros(1), (1, 2.5, "x")]), 3: None, "t": True,
        "big": 2**80, "inf": math.inf, "bytes": b"\x00\xff", "z": 1 - 2j, "set": {1, 2},
        "size": tg.Size([2, 3]), "dtype": tg.bfloat16, "device": tg.device("cpu"),
        "array": np.arange(3), (1, 2): "tuple as key", "numpy": np.float32(1.5), "empty": {},
    }  # fmt: skip
    expected = obj | {"numpy": 1.5}
    same(copied(obj), expected)


def test_nan_comes_back():
    assert math.isnan(copied({"x": math.nan})["x"])


def test_a_modules_state_comes_back_by_path(tmp_path):
    net = tg.nn.Sequential(tg.nn.Linear(3, 4), tg.nn.Linear(4, 2))
    tg.save(net.state_dict(), tmp_path / "net.pt")
    other = tg.nn.Sequential(tg.nn.Linear(3, 4), tg.nn.Linear(4, 2))
    other.load_state_dict(tg.load(tmp_path / "net.pt", weights_only=True))
    same(other.state_dict(), net.state_dict())
    assert os.listdir(tmp_path) == ["net.pt"]


def test_other_readers_of_safetensors_find_the_tensors_by_name(tmp_path):
    tg.save({"net": {"weight": tg.ones(2, 3)}}, tmp_path / "x")
    found = safetensors.numpy.load_file(tmp_path / "x")
    assert found["net.weight"].tolist() == [[1.0] * 3] * 2


def test_a_file_of_safetensors_that_others_wrote_is_a_dict_of_tensors(tmp_path):
    safetensors.numpy.save_file({"a": np.arange(3)}, tmp_path / "x")
    same(tg.load(tmp_path / "x"), {"a": tg.arange(3)})


def test_tensors_that_share_memory_still_do():
    base = tg.arange(12.0).reshape(3, 4)
    back = copied([base, base[1:, ::2], base.T, base])
    same(back, [base, base[1:, ::2], base.T, base])
    back[0][1, 0] = 99.0
    assert back[1][0, 0] == back[2][0, 1] == back[3][1, 0] == 99.0
    assert back[1]._version == back[0]._version == 1


def test_a_small_view_does_not_take_all_of_its_memory_along():
    file = io.BytesIO()
    tg.save(tg.zeros(100_000)[:2], file)
    assert file.tell() < 1000


def test_parameters_and_requires_grad_come_back():
    p = tg.nn.Parameter(tg.ones(2))
    back = copied([p, tg.ones(2, requires_grad=True)])
    assert isinstance(back[0], tg.nn.Parameter)
    assert [t.requires_grad for t in back] == [True, True]
    assert all(t.is_leaf for t in back)


def test_an_optimizers_state_comes_back():
    p = tg.nn.Parameter(tg.ones(2))
    optimizer = tg.optim.Adam([p])
    p.sum().backward()
    optimizer.step()
    same(copied(optimizer.state_dict()), optimizer.state_dict())


def test_what_fails_leaves_the_old_file(tmp_path):
    path = tmp_path / "x"
    tg.save(tg.ones(1), path)
    with pytest.raises(TypeError):
        tg.save({"a": object()}, path)
    assert tg.load(path).tolist() == [1.0]
    assert os.listdir(tmp_path) == ["x"]


@pytest.mark.parametrize(("obj", "message"), [
    (tg.nn.Linear(1, 1), "got a Linear\n  try: .state_dict()"),
    ({"a": [1, print]}, "got a builtin_function_or_method at a.1"),
])  # fmt: skip
def test_what_is_no_data_is_refused_with_its_place(obj, message):
    with pytest.raises(TypeError) as caught:
        tg.save(obj, io.BytesIO())
    assert message in str(caught.value)


def test_a_container_that_holds_itself_is_refused():
    loop: list = []
    loop.append(loop)
    with pytest.raises(ValueError, match="holds itself"):
        tg.save(loop, io.BytesIO())


# -- files that are not ours -----------------------------------------------------------------------


@pytest.mark.parametrize("data", [b"", b"abc", b"\x00" * 100, b"\xff" * 8 + b"{}", b"PK\x03\x04"])
def test_no_file_of_ours_is_refused(data):
    with pytest.raises(pickle.UnpicklingError):
        tg.load(io.BytesIO(data))


def test_a_pickle_is_not_opened():
    class Bomb:
        def __reduce__(self):
            return pytest.fail, ("it ran",)

    with pytest.raises(pickle.UnpicklingError, match="a bare pickle"):
        tg.load(io.BytesIO(pickle.dumps(Bomb())))


def file_of(structure, arrays=None):
    metadata = {"format": "tracegrad", "version": "1", "structure": json.dumps(structure)}
    return io.BytesIO(safetensors.numpy.save(arrays or {"x": np.ones(4, np.float32)}, metadata))


def described(**changes):
    return {"tensor": {
        "entry": "x", "dtype": "float32", "shape": [4], "strides": [1], "offset": 0,
        "requires_grad": False, "parameter": False, "device": "cpu",
    } | changes}  # fmt: skip


def test_the_hand_made_file_is_read():
    assert tg.load(file_of(described())).tolist() == [1.0] * 4


@pytest.mark.parametrize("structure", [
    described(shape=[5]), described(offset=1), described(offset=-1), described(strides=[2]),
    described(strides=[-1], offset=3), described(shape=[2**62, 4], strides=[1, 1]),
    described(shape=["4"]), described(shape=[True]), described(dtype="int64"),
    described(entry="y"), described(shape=[1] * 70, strides=[1] * 70), {"tensor": {}},
    {"module": "os"}, [1], {"dict": [[1], []]}, {"dtype": "object"}, {"a": 1, "b": 2},
    {"bytes": "?"}, {"dict": [[{"list": []}], [1]]}, described(device="moon"),
])  # fmt: skip
def test_a_structure_that_lies_is_refused(structure):
    with pytest.raises((pickle.UnpicklingError, RuntimeError)):
        tg.load(file_of(structure))


def test_another_version_of_the_format_is_named():
    metadata = {"format": "tracegrad", "version": "9", "structure": "null"}
    file = io.BytesIO(safetensors.numpy.save({}, metadata))
    with pytest.raises(pickle.UnpicklingError, match="version '9'"):
        tg.load(file)


def test_a_tensor_of_a_gpu_needs_a_map_location_here():
    with pytest.raises(RuntimeError, match="map_location='cpu'"):
        tg.load(file_of(described(device="cuda:0")))
    for place in ("cpu", tg.device("cpu"), {"cuda:0": "cpu"}, lambda storage, location: storage):
        assert (
            tg.load(file_of(described(device="cuda:0")), map_location=place).tolist() == [1.0] * 4
        )


def test_a_missing_file_is_a_missing_file(tmp_path):
    with pytest.raises(FileNotFoundError):
        tg.load(tmp_path / "none")
