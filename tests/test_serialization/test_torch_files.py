"""Files in PyTorch's format, made by hand: what is read, and that nothing in them runs."""

from __future__ import annotations

import io
import pickle
import pickletools
import zipfile

import numpy as np
import pytest

import tracegrad as tg


class Global:
    """A name in a pickle."""

    def __init__(self, module: str, name: str) -> None:
        self.names = module, name


class Call:
    """A call of a name, and perhaps a state to set on the result."""

    def __init__(self, function: Global, *args, state=None) -> None:
        self.function, self.args, self.state = function, args, state


class Storage:
    """A reference to memory."""

    def __init__(self, *pid) -> None:
        self.pid = pid


def written(obj) -> bytes:
    """A pickle of protocol 2 with those, without importing what they name."""
    out = io.BytesIO()
    out.write(b"\x80\x02")

    def put(item) -> None:
        if isinstance(item, Global):
            out.write(b"c" + "\n".join(item.names).encode() + b"\n")
        elif isinstance(item, Call):
            put(item.function)
            put(tuple(item.args))
            out.write(b"R")
            if item.state is not None:
                put(item.state)
                out.write(b"b")
        elif isinstance(item, Storage):
            put(tuple(item.pid))
            out.write(b"Q")
        elif isinstance(item, tuple):
            out.write(b"(")
            for part in item:
                put(part)
            out.write(b"t")
        elif isinstance(item, dict):
            out.write(b"}")
            for key, value in item.items():
                put(key)
                put(value)
                out.write(b"s")
        else:
            text = pickle.dumps(item, 2)
            body = text[2:-1]
            ops = [op.name for op, _, _ in pickletools.genops(text)]
            assert "GLOBAL" not in ops
            out.write(body.replace(b"q\x00", b""))

    put(obj)
    out.write(b".")
    return out.getvalue()


def archive(obj, compression=zipfile.ZIP_STORED, **entries: bytes) -> io.BytesIO:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as zipped:
        zipped.writestr("m/data.pkl", obj if isinstance(obj, bytes) else written(obj))
        zipped.writestr("m/byteorder", b"little")
        zipped.writestr("m/data/0", np.arange(6, dtype=np.float32).tobytes())
        for name, data in entries.items():
            zipped.writestr(f"m/{name}", data)
    file.seek(0)
    return file


FLOATS = Global("torch", "FloatStorage")
MEMORY = Storage("storage", FLOATS, "0", "cpu", 6)
REBUILD = Global("torch._utils", "_rebuild_tensor_v2")


def tensor(size=(2, 3), stride=(3, 1), offset=0, memory=MEMORY) -> Call:
    hooks = Call(Global("collections", "OrderedDict"))
    return Call(REBUILD, memory, offset, size, stride, False, hooks)


def test_the_hand_made_file_is_read():
    assert tg.load(archive(tensor())).tolist() == [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]
    assert tg.load(archive(tensor((3, 2), (1, 3)))).tolist() == [[0.0, 3.0], [1.0, 4.0], [2.0, 5.0]]


def test_tensors_over_one_storage_share_memory():
    one, other = tg.load(archive((tensor(), tensor((2,), (1,), 4))))
    one[1, 1] = 9.0
    assert other.tolist() == [9.0, 5.0]


def test_parameters_are_parameters():
    call = Call(Global("torch._utils", "_rebuild_parameter"), tensor(), True, {})
    assert isinstance(tg.load(archive(call)), tg.nn.Parameter)


@pytest.mark.parametrize("name", [
    ("os", "system"), ("builtins", "eval"), ("builtins", "getattr"), ("torch", "load"),
    ("torch.nn.modules.linear", "Linear"), ("tracegrad", "load"), ("numpy", "array"),
    ("subprocess", "Popen"), ("collections", "namedtuple"), ("torch", "__dict__"),
])  # fmt: skip
def test_a_name_that_is_not_allowed_is_refused_with_pytorchs_words(name):
    with pytest.raises(pickle.UnpicklingError) as caught:
        tg.load(archive(Call(Global(*name), "echo it ran")))
    assert "Weights only load failed. Unsupported global: GLOBAL " + ".".join(name) in str(
        caught.value
    )


@pytest.mark.parametrize("call", [
    tensor((3, 3)), tensor(offset=1), tensor(offset=-1), tensor(stride=(-3, 1)),
    tensor((2, 3), (3,)), tensor((2**62, 3), (1, 1)), tensor(("2", "3")), tensor((2.0, 3.0)),
    tensor(memory="no storage"), tensor(memory=Storage("storage", FLOATS, "9", "cpu", 6)),
    tensor(memory=Storage("storage", FLOATS, "0", "cpu", 7)),
    tensor(memory=Storage("storage", FLOATS, "../../etc/passwd", "cpu", 6)),
    tensor(memory=Storage("module", FLOATS, "0", "cpu", 6)),
    tensor(memory=Storage("storage", REBUILD, "0", "cpu", 6)),
    tensor(memory=Storage("storage", Global("torch", "LongStorage"), "0", "cpu", 6)),
    tensor(memory=Storage("storage")), Call(REBUILD), Call(FLOATS, 1),
    Call(Global("torch", "Size"), 3), Call(Global("_codecs", "encode"), "x", "zlib"),
    Call(Global("torch._utils", "_rebuild_parameter"), 1, True, {}),
])  # fmt: skip
def test_a_tensor_that_lies_is_refused(call):
    with pytest.raises(pickle.UnpicklingError):
        tg.load(archive(call))


@pytest.mark.parametrize("target", [
    REBUILD, Global("torch", "float32"), Global("torch", "FloatStorage"),
    Global("collections", "OrderedDict"), Global("torch", "Size"),
])  # fmt: skip
def test_what_names_stand_for_cannot_be_changed(target):
    state = b"\x80\x02" + f"c{target.names[0]}\n{target.names[1]}\n".encode() + b"N}X\x04\x00\x00"
    attack = state + b"\x00makeK\x01s\x86b."  # (None, {"make": 1}) as the state of the name
    before = tg.load(archive(tensor())).tolist()
    with pytest.raises(pickle.UnpicklingError):
        tg.load(archive(attack))
    assert tg.load(archive(tensor())).tolist() == before


def test_a_tensor_cannot_be_given_other_insides():
    attack = tensor()
    attack.state = (None, {"memory": 1})
    with pytest.raises(pickle.UnpicklingError):
        tg.load(archive(attack))


def test_a_compressed_file_may_be_a_bomb_and_is_refused():
    with pytest.raises(pickle.UnpicklingError, match="compressed"):
        tg.load(archive(tensor(), zipfile.ZIP_DEFLATED))


def test_containers_of_containers_do_not_grow_by_being_read():
    # Ten lists, each of which holds the one before ten times: ten thousand million items in all.
    text = b"\x80\x02]q\x00"
    for n in range(10):
        again = b"h" + bytes([n])
        text += b"](" + again * 10 + b"eq" + bytes([n + 1])
    found = tg.load(archive(text + b"."))
    assert all(part is found[0] for part in found)


def test_deep_nesting_is_refused():
    with pytest.raises(pickle.UnpicklingError):
        tg.load(archive(b"\x80\x02" + b"]" * 100_000 + b"a" * 99_999 + b"."))


def test_a_cut_off_file_is_refused():
    data = archive(tensor()).getvalue()
    for length in range(4, len(data), 37):
        with pytest.raises(pickle.UnpicklingError):
            tg.load(io.BytesIO(data[:length]))


def test_a_torchscript_archive_is_named():
    with pytest.raises(pickle.UnpicklingError, match="TorchScript"):
        tg.load(archive(tensor(), **{"constants.pkl": b""}))


def test_big_endian_memory_is_turned_round():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as zipped:
        zipped.writestr("m/data.pkl", written(tensor()))
        zipped.writestr("m/byteorder", b"big")
        zipped.writestr("m/data/0", np.arange(6, dtype=">f4").tobytes())
    file.seek(0)
    assert tg.load(file).tolist() == [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]
