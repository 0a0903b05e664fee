"""Making and converting tensors: values, dtypes, shapes and errors are PyTorch's."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="compares with PyTorch")

import tracegrad as tg  # noqa: E402  after importorskip
from tests.parity.both import assert_equal, flat  # noqa: E402  after importorskip

pytestmark = [
    pytest.mark.parity,
    pytest.mark.filterwarnings("ignore:Casting complex", "ignore:.*set_default_tensor_type"),
]

SAME = [
    "T.tensor([True, 1.5])", "T.tensor([[1, 2], [3, 4]])", "T.tensor(2**40)", "T.tensor([])",
    "T.tensor([1 + 2j])", "T.tensor(N.float64(1.5))", "T.tensor(N.arange(3, dtype='int16'))",
    "T.tensor([N.float64(1.5)])", "T.tensor([T.tensor(1.5), 2])", "T.tensor([-1], dtype=T.uint8)",
    "T.tensor([1.7], dtype=T.int64)", "T.tensor([T.tensor(1.0, dtype=T.float64)])",
    "T.tensor([1, 2], dtype=T.bfloat16)", "T.tensor((1, (2))[0])", "T.tensor([[]])",
    "T.as_tensor([1, 2.5])", "T.as_tensor(N.ones(2, 'f4'), dtype=T.float64)", "T.asarray([1, 2])",
    "T.asarray(N.ones(3))", "T.asarray(2.5)", "T.asarray(T.ones(2), dtype=T.int32)",
    "T.frombuffer(bytearray(b'abcdefgh'), dtype=T.int16)",
    "T.frombuffer(bytearray(b'abcdefgh'), dtype=T.uint8, count=3, offset=2)",
    "T.zeros(2, 3)", "T.zeros((2, 3))", "T.zeros(size=(2,))", "T.zeros(())",
    "T.ones(2, dtype=T.bool)",
    "T.zeros(T.Size([2, 1]))", "T.zeros(N.int64(2), 3)", "T.full((2,), 1.5, dtype=T.int64)",
    "T.full((2, 2), 7)", "T.full((2,), True)", "T.full((), 1j)", "T.full((2,), T.tensor(3.0))",
    "T.zeros(2, dtype=float)", "T.zeros(2, dtype=int)", "T.zeros(2, dtype=bool)",
    "T.full_like(T.ones(2, 2), 3)", "T.full_like(T.ones(2), 2.7, dtype=T.int32)",
    "T.zeros_like(T.ones(2, dtype=T.int16))", "T.ones_like(T.ones(2), dtype=T.bfloat16)",
    "T.empty(0, 3)", "T.empty_like(T.zeros(0, 2))", "T.eye(3)", "T.eye(2, 3, dtype=T.int64)",
    "T.eye(0)", "T.arange(5)", "T.arange(1, 5)", "T.arange(1, 2, 0.25)", "T.arange(5, 0, -2)",
    "T.arange(0, 1, 0.1, dtype=T.float64)", "T.arange(5.0)", "T.arange(3, dtype=T.float16)",
    "T.arange(2, 9, 3, dtype=T.uint8)", "T.arange(end=4)", "T.arange(T.tensor(3))",
    "T.arange(0, 10, 3)", "T.arange(-3)[:0] if False else T.arange(0)", "T.arange(1, 1)",
    "T.linspace(0, 1, 5)", "T.linspace(3, -3, 4, dtype=T.float64)",
    "T.linspace(0, 10, 5, dtype=T.int64)",
    "T.linspace(0, 1, 1)", "T.linspace(0, 1, 0)", "T.linspace(0, 1j, 3)", "T.logspace(0, 2, 3)",
    "T.logspace(-1, 1, 3, base=2)", "T.empty_strided((2, 3), (1, 2)).zero_()",
    "T.ones(2).new_zeros(3)", "T.ones(2, dtype=T.int32).new_ones((2, 2))",
    "T.ones(2).new_full((2,), 3.5)", "T.ones(2).new_tensor([1, 2])", "T.ones(2).new_empty(0, 2)",
    "T.ones(2).long().new_full((1,), 2.5)", "T.ones(2).new([1, 2])", "T.FloatTensor([1, 2])",
    "T.LongTensor([1.5, 2])", "T.DoubleTensor([[1], [2]])", "T.BoolTensor([0, 2])",
    "T.ByteTensor([1, 2])", "T.HalfTensor([1])", "T.FloatTensor(N.arange(3))", "T.FloatTensor()",
    "T.IntTensor((1, 2))", "T.Tensor([1, 2])", "T.FloatTensor(T.Size([0, 2]))",
]  # fmt: skip

CONVERTED = [
    "x.to(T.float64)", "x.to('cpu')", "x.to('cpu', T.int32)", "x.to(T.ones(1, dtype=T.int16))",
    "x.to(dtype=T.bool)", "x.to(T.float16, copy=True)", "x.to(device='cpu', dtype=T.bfloat16)",
    "x.to('cpu', T.float64, True, True)", "x.to(float)", "x.type(T.int64)",
    "x.type('torch.DoubleTensor')", "x.type(T.LongTensor)", "x.type_as(T.ones(1, dtype=T.int8))",
    "x.float()", "x.double()", "x.half()", "x.bfloat16()", "x.long()", "x.int()", "x.short()",
    "x.char()", "x.byte()", "x.bool()", "x.cfloat()", "x.cdouble()", "x.cpu()", "x.contiguous()",
    "x.t().contiguous()", "x.t().is_contiguous()", "x.storage_offset()", "x[1:].storage_offset()",
    "x[:, 1:].storage_offset()", "x.t()[2:].storage_offset()", "x.untyped_storage().nbytes()",
    "x[1:].untyped_storage().nbytes()", "len(x.untyped_storage())", "x.element_size()",
    "x.itemsize",
    "x[1:].data_ptr() - x.data_ptr()", "x[1:].untyped_storage().data_ptr() == x.data_ptr()",
    "T.is_tensor(x)", "T.is_tensor(1)", "T.is_floating_point(x)", "T.is_complex(x)", "T.numel(x)",
    "T.result_type(x, 1.5)", "T.result_type(x.long(), 1.5)", "T.result_type(T.tensor(1), x.half())",
    "T.result_type(1, 2.5)", "T.result_type(x, 1j)", "T.can_cast(T.float32, T.int64)",
    "T.can_cast(T.int64, T.bfloat16)", "T.float32.is_floating_point", "T.bfloat16.itemsize",
    "T.int8.is_signed", "T.uint8.is_signed", "T.bool.is_signed", "T.float64.to_complex()",
    "T.complex64.to_real()", "T.float32.to_real()", "isinstance(x, T.FloatTensor)",
    "isinstance(x.long(), T.FloatTensor)", "isinstance(x.long(), T.LongTensor)", "x.tolist()",
    "x.bfloat16().tolist()", "x[0, 0].item()", "T.inf", "T.pi", "T.e", "T.newaxis",
    "x[:, T.newaxis].shape", "x.dtype", "x.is_cuda", "T.is_nonzero(T.tensor(2))",
    "T.from_dlpack(x)", "T.from_dlpack(x.long().t())", "x.__dlpack_device__()[1]",
    "T.ones(1, 3, 2, 2).contiguous(memory_format=T.channels_last).stride()",
    "T.ones(1, 3, 2, 2).to(memory_format=T.channels_last).is_contiguous()",
    "T.ones(1, 3, 2, 2).to(memory_format=T.channels_last)"
    ".is_contiguous(memory_format=T.channels_last)",
    "x.is_contiguous(memory_format=T.channels_last)",
    "x.contiguous(memory_format=T.contiguous_format)",
    "x.float(memory_format=T.preserve_format)", "N.asarray(x)", "x.numpy()",
    "x.__array__(N.float64)",
    "T.ones(2, layout=T.strided, pin_memory=False)",
    "T.zeros(3, out=T.ones(3))", "T.arange(3, out=T.empty(3))",
]  # fmt: skip

WRONG = [
    "T.tensor([1, 2**63])", "T.tensor([1, 'a'])", "T.tensor([[1], [1, 2]])", "T.tensor(None)",
    "T.tensor(2**40, dtype=T.int32)", "T.tensor([300], dtype=T.uint8)", "T.tensor({})",
    "T.full((2,), 300, dtype=T.uint8)", "T.full((2,), None)", "T.full((2,), 'a')", "T.zeros(-1)",
    "T.zeros(2.5)", "T.zeros('a')", "T.zeros(2, dtype='x')", "T.eye(-1)", "T.eye(2, -1)",
    "T.arange(0, 1, -1)", "T.arange(0, 1, 0)", "T.arange(float('nan'))",
    "T.arange(0, float('inf'))", "T.arange(5, dtype=T.bool)", "T.linspace(0, 1, -1)",
    "T.empty_strided((2, 3), (1,))", "T.frombuffer(b'', dtype=T.int8)",
    "T.frombuffer(bytearray(5), dtype=T.int16)",
    "T.frombuffer(bytearray(4), dtype=T.int16, offset=4)",
    "T.frombuffer(bytearray(4), dtype=T.int16, count=3)", "T.from_numpy([1])",
    "T.from_numpy(N.array(['a']))", "T.finfo(T.int8)", "T.iinfo(T.float32)", "T.iinfo(T.bool)",
    "T.promote_types(1, 2)", "T.promote_types(T.uint16, T.int8)", "T.set_default_dtype(T.int8)",
    "T.set_default_dtype('x')", "T.ones(2).to('x')", "T.ones(2).to('cpu:x')",
    "T.ones(2).type('x.y')",
    "T.FloatTensor(2.5)", "T.LongTensor(T.ones(2))", "T.result_type(1, 'a')",
    "T.set_default_tensor_type(1)", "T.set_default_tensor_type(T.LongTensor)",
    "T.ones(2).contiguous(memory_format=T.channels_last)", "T.zeros(2, bogus=1)",
    "T.from_dlpack(1)", "T.asarray(N.ones(2), dtype=T.int64, copy=False)",
    "T.asarray([1], copy=False)", "T.tensor([1.5], requires_grad=True).numpy()",
    "T.ones(2, requires_grad=True).__dlpack__()", "T.tensor([1], requires_grad=True)",
    "T.tensor([1, 2]).item()",
]  # fmt: skip


def value(module: Any, expression: str) -> Any:
    x = module.arange(6.0).reshape(2, 3)
    return eval(expression.replace("torch.", "tracegrad.") if module is tg else expression,
                {"T": module, "N": np, "x": x})  # fmt: skip


@pytest.mark.parametrize("expression", [*SAME, *CONVERTED])
def test_same_value_dtype_and_shape(expression: str):
    ours, theirs = flat(value(tg, expression)), flat(value(torch, expression))
    assert len(ours) == len(theirs)
    for got, expected in zip(ours, theirs, strict=True):
        if isinstance(expected, np.ndarray):
            assert got.dtype == expected.dtype
            np.testing.assert_array_equal(got, expected)
        else:
            assert_equal(got, expected)


@pytest.mark.parametrize("expression", WRONG)
def test_same_class_of_error(expression: str):
    with pytest.raises(Exception) as theirs:  # noqa: PT011  whatever PyTorch raises
        value(torch, expression)
    with pytest.raises(Exception) as ours:  # noqa: PT011  the same class and words are asked for
        value(tg, expression)
    assert isinstance(ours.value, theirs.type), (ours.value, theirs.value)


@pytest.mark.parametrize("name", ["float16", "bfloat16", "float32", "float64", "complex64"])
def test_finfo(name: str):
    ours, theirs = tg.finfo(getattr(tg, name)), torch.finfo(getattr(torch, name))
    assert repr(ours) == repr(theirs)
    for attribute in (
        "bits",
        "eps",
        "max",
        "min",
        "tiny",
        "smallest_normal",
        "resolution",
        "dtype",
    ):
        assert getattr(ours, attribute) == pytest.approx(getattr(theirs, attribute), rel=1e-12)


@pytest.mark.parametrize("name", ["uint8", "int8", "int16", "int32", "int64", "uint16", "uint32"])
def test_iinfo(name: str):
    assert repr(tg.iinfo(getattr(tg, name))) == repr(torch.iinfo(getattr(torch, name)))


def test_the_default_dtype_decides_what_floats_become():
    try:
        found = []
        for module in (tg, torch):
            module.set_default_dtype(module.float64)
            found.append([
                str(t.dtype).rpartition(".")[2]
                for t in (module.tensor(1.5), module.zeros(1), module.tensor([1, 2]) / 2,
                          module.tensor(1j), module.arange(0, 1, 0.5), module.rand(1))
            ])  # fmt: skip
        assert found[0] == found[1]
    finally:
        for module in (tg, torch):
            module.set_default_dtype(module.float32)


def test_a_file_of_pytorch_is_read():
    model = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.BatchNorm1d(4))
    base = torch.arange(12.0).reshape(3, 4)
    dtypes = ["bool", "uint8", "int8", "int16", "int32", "int64", "float16", "bfloat16", "float32",
              "float64", "complex64", "complex128"]  # fmt: skip
    optimizer = torch.optim.Adam(model.parameters())
    model(torch.ones(2, 3)).sum().backward()
    optimizer.step()
    obj = {
        "model": model.state_dict(), "optimizer": optimizer.state_dict(), "epoch": 3,
        "weight": model[0].weight, "views": (base, base.t(), base[1:, ::2]),
        "each": [torch.arange(3).to(getattr(torch, name)) for name in dtypes],
        "plain": [None, 1.5, "x", b"y", {1, 2}, 1j, torch.Size([2]), 2**70, True],
        "types": [torch.float32, torch.device("cpu")], "scalar": torch.tensor(1.5),
        "none": torch.zeros(0, 3),
    }  # fmt: skip
    file = io.BytesIO()
    torch.save(obj, file)
    file.seek(0)
    found = tg.load(file)
    for name, expected in model.state_dict().items():
        assert_equal(found["model"][name], expected)
    for got, expected in zip(found["each"], obj["each"], strict=True):
        assert_equal(got, expected)
    for got, expected in zip(found["views"], obj["views"], strict=True):
        assert_equal(got, expected)
        assert got.stride() == expected.stride()
    found["views"][0][1, 0] = 77.0
    assert found["views"][1][0, 1] == found["views"][2][0, 0] == 77.0
    assert found["plain"] == [None, 1.5, "x", b"y", {1, 2}, 1j, tg.Size([2]), 2**70, True]
    assert found["types"] == [tg.float32, tg.device("cpu")]
    assert isinstance(found["weight"], tg.nn.Parameter)
    assert_equal(found["scalar"], obj["scalar"])
    assert_equal(found["none"], obj["none"])
    state = found["optimizer"]["state"][0]
    assert_equal(state["exp_avg"], optimizer.state_dict()["state"][0]["exp_avg"])


def test_a_whole_module_of_pytorch_is_refused_in_its_words():
    file = io.BytesIO()
    torch.save(torch.nn.Linear(2, 2), file)
    for module in (tg, torch):
        file.seek(0)
        with pytest.raises(Exception, match=r"Unsupported global: GLOBAL torch\.nn") as caught:
            module.load(file, weights_only=True)
        assert caught.type.__name__ == "UnpicklingError"


def test_memory_is_shared_both_ways_through_dlpack():
    ours = tg.zeros(3)
    theirs = torch.from_dlpack(ours)
    theirs[0] = 5.0
    assert ours.tolist() == [5.0, 0.0, 0.0]
    back = tg.from_dlpack(theirs)
    back[1] = 7.0
    assert theirs.tolist() == [5.0, 7.0, 0.0]
    capsule = torch.utils.dlpack.to_dlpack(torch.ones(2))
    assert tg.from_dlpack(capsule).tolist() == [1.0, 1.0]
