"""`detect_anomaly(check_writes=True)`: writes that no version counter saw."""

from __future__ import annotations

import gc
import re
import tracemalloc

import numpy as np
import pytest

import tracegrad as tg
from tracegrad.autograd import detect_anomaly
from tracegrad.autograd.graph import saved_tensors_hooks
from tracegrad.autograd.write_check import fingerprint, write_check
from tracegrad.graph.observe import hub


def leaf(*values: float) -> tg.Tensor:
    return tg.tensor(list(values), dtype=tg.float64, requires_grad=True)


@pytest.fixture(autouse=True)
def nobody_watches_afterwards():
    yield
    assert hub.observer is None
    assert write_check._prints == {}


checked = detect_anomaly(check_nan=False, check_writes=True)


# -- ways to write unseen --------------------------------------------------------------------------


def by_data(y):
    y.data.mul_(2)


def by_data_and_index(y):
    y.data[0] = 7.0


def by_a_view_of_data(y):
    y.data.view(1, 2)[0, 1:].zero_()


def by_numpy(y):
    y.detach().numpy()[0] = 7.0


def by_asarray(y):
    np.asarray(y.detach())[0] = 7.0


def by_a_view_of_an_array(y):
    y.detach().numpy()[1:][...] = 7.0


def by_an_array_of_a_view(y):
    y.detach()[1:].numpy()[0] = 7.0


def by_numpy_with_force(y):
    y.numpy(force=True).fill(0)


WRITES = [
    by_data, by_data_and_index, by_a_view_of_data, by_numpy, by_asarray, by_a_view_of_an_array,
    by_an_array_of_a_view, by_numpy_with_force,
]  # fmt: skip
each_write = pytest.mark.parametrize("write", WRITES, ids=lambda write: write.__name__)


@each_write
@pytest.mark.parametrize("create_graph", [False, True], ids=["raw", "lifted"])
def test_an_unseen_write_is_refused(write, create_graph: bool):
    with checked:
        y = leaf(1.0, 2.0).exp()
        loss = (y + 0).sum()
        write(y)
        with pytest.raises(tg.InplaceModificationError) as raised:
            loss.backward(create_graph=create_graph)
    assert raised.value.saved_by.op == "exp"
    assert len(raised.value.changes) == 1


@each_write
def test_an_unseen_write_to_what_nothing_saved_is_no_matter(write):
    x = leaf(1.0, 2.0)
    with checked:
        y = x + 1
        loss = y.sum()
        write(y)
        loss.backward()
    assert x.grad.tolist() == [1.0, 1.0]


@each_write
def test_an_unseen_write_before_the_value_was_saved_is_no_matter(write):
    x = leaf(1.0, 2.0)
    with checked:
        h = x * 1
        write(h)
        h.square().sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), 2 * h.detach().numpy())


def test_without_the_check_unseen_writes_pass():
    x = leaf(1.0, 2.0)
    y = x.exp()
    loss = y.sum()
    by_data(y)
    loss.backward()
    np.testing.assert_allclose(x.grad.numpy(), 2 * np.exp([1.0, 2.0]))


def test_a_write_of_the_same_numbers_is_no_matter():
    x = leaf(1.0, 2.0)
    with checked:
        y = x.exp()
        y.data.mul_(1)
        array = y.detach().numpy()
        array[0] = array[0]
        y.sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), np.exp([1.0, 2.0]))


def test_a_counted_write_gives_the_ordinary_error():
    with checked:
        y = leaf(1.0, 2.0).exp()
        y.detach().numpy()  # shared, but not written
        y.add_(1)
        with pytest.raises(tg.InplaceModificationError) as raised:
            y.sum().backward()
    assert [write.by.op for write in raised.value.changes] == ["add_"]


def test_a_counted_write_that_no_rule_minds_gives_no_error():
    x = leaf(1.0, 2.0)
    with checked:
        y = x + 1
        y.detach().numpy()
        y.mul_(2)
        y.sum().backward()
    assert x.grad.tolist() == [2.0, 2.0]


def test_a_numpy_array_from_before_the_save_is_watched():
    array = np.array([1.0, 2.0])
    w = tg.from_numpy(array)
    x = leaf(3.0, 4.0)
    with checked:
        loss = (x * w).sum()
        array[0] = 9.0
        with pytest.raises(tg.InplaceModificationError, match="w is at version 1"):
            loss.backward()


@pytest.mark.parametrize("wrap", [tg.from_numpy, tg.as_tensor], ids=["from_numpy", "as_tensor"])
def test_a_numpy_view_of_what_a_tensor_was_made_of_is_watched(wrap):
    array = np.arange(6.0).reshape(2, 3)
    column = array[:, 1]
    w = wrap(array)
    x = tg.ones(2, 3, dtype=tg.float64, requires_grad=True)
    with checked:
        loss = (x * w).sum()
        column += 1
        with pytest.raises(tg.InplaceModificationError):
            loss.backward()


def test_a_hook_that_writes_during_backward_is_found():
    with checked:
        x = leaf(1.0, 2.0)
        h = x * 1
        y = h * h
        array = h.detach().numpy()

        def write(_):
            array[0] = 100.0

        y.register_hook(write)
        with pytest.raises(tg.InplaceModificationError, match="h is at version 1"):
            y.sum().backward()


def test_data_that_was_replaced_is_watched():
    x = leaf(1.0, 2.0)
    other = tg.zeros(2, dtype=tg.float64)
    with checked:
        w = tg.ones(2, dtype=tg.float64)
        w.data = other
        loss = (x * w).sum()
        other.add_(1)
        with pytest.raises(tg.InplaceModificationError):
            loss.backward()


# -- kinds of values -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "make",
    [
        lambda: tg.ones(2, 3),
        lambda: tg.ones(3, 2).t(),
        lambda: tg.ones(4, 6)[::2, ::2],
        lambda: tg.tensor(2.0),
        lambda: tg.ones(2, 1).expand(2, 3),
    ],
    ids=["plain", "transposed", "with gaps", "0-d", "expanded"],
)
def test_every_kind_of_value_is_watched(make):
    w = make()
    x = tg.ones(2, 3, requires_grad=True)
    with checked:
        loss = (x * w).sum()
        array = w.numpy()
        array[(0,) * array.ndim] = 5
        with pytest.raises(tg.InplaceModificationError):
            loss.backward()


def test_indices_are_watched():
    index = tg.tensor([[0, 1, 1]])
    x = tg.ones(2, 3, requires_grad=True)
    with checked:
        loss = x.gather(0, index).sum()
        index.numpy()[0, 0] = 1
        with pytest.raises(tg.InplaceModificationError, match="index is at version 1"):
            loss.backward()


def test_half_precision_is_watched():
    x = tg.ones(3, dtype=tg.float16, requires_grad=True)
    with checked:
        y = x.exp()
        y.data[0] = 1.0
        with pytest.raises(tg.InplaceModificationError):
            y.sum().backward()


def test_a_mask_is_watched():
    mask = tg.tensor([True, False])
    x = leaf(1.0, 2.0)
    with checked:
        loss = x.masked_fill(mask, 0.0).sum()
        mask.numpy()[1] = True
        with pytest.raises(tg.InplaceModificationError):
            loss.backward()


def test_empty_values_have_a_fingerprint():
    x = tg.ones(0, 3, requires_grad=True)
    with checked:
        y = x.exp()
        y.data.mul_(2)
        y.sum().backward()
    assert x.grad.shape == (0, 3)


def test_a_fingerprint_tells_order_and_place_apart():
    a = np.arange(6.0)
    assert fingerprint(a) == fingerprint(a.copy()) == fingerprint(np.repeat(a, 2)[::2])
    assert fingerprint(a) != fingerprint(a[::-1])
    assert fingerprint(np.array(-0.0)) != fingerprint(np.array(0.0))
    assert fingerprint(np.array(np.nan)) == fingerprint(np.array(np.nan))


# -- what is told ----------------------------------------------------------------------------------


def told(error: tg.InplaceModificationError) -> tuple[str, str, str]:
    """The op before the write and its line, and the one after."""
    (write,) = error.changes
    found = re.fullmatch(
        r"a write that no op made, after (\w+) \(line \d+: (.*)\) and before (\w+)", write.by.op
    )
    assert found is not None, write.by.op
    return found[1], found[2], found[3]


def test_the_interval_is_between_two_neighbouring_ops():
    with checked:
        y = leaf(1.0, 2.0).exp()
        array = y.detach().numpy()
        a = tg.ones(2) + 1
        array[0] = 7.0
        b = a.sqrt()
        a = b + a
        with pytest.raises(tg.InplaceModificationError) as raised:
            y.sum().backward()
    assert told(raised.value) == ("add", "a = tg.ones(2) + 1", "sqrt")
    assert raised.value.changes[0].by.statement == "b = a.sqrt()"


def test_a_write_just_before_backward_is_put_there():
    with checked:
        y = leaf(1.0, 2.0).exp()
        array = y.detach().numpy()
        loss = y.sum()
        array[0] = 7.0
        with pytest.raises(tg.InplaceModificationError) as raised:
            loss.backward()
    assert told(raised.value) == ("sum", "loss = y.sum()", "backward")


def test_a_write_through_data_is_told_by_its_op_and_line():
    with checked:
        y = leaf(1.0, 2.0).exp()
        y.data.mul_(3)
        with pytest.raises(tg.InplaceModificationError) as raised:
            y.sum().backward()
    (write,) = raised.value.changes
    assert (write.by.op, write.by.statement) == ("mul_ through .data", "y.data.mul_(3)")


def test_two_memories_are_told_apart():
    with checked:
        x = leaf(1.0, 2.0)
        y, z = x.exp(), x.sin().exp()
        arrays = [y.detach().numpy(), z.detach().numpy()]
        total = y.sum() + z.sum()
        arrays[1][0] = 5.0
        with pytest.raises(tg.InplaceModificationError) as raised:
            total.backward()
    assert raised.value.saved_by.statement == "y, z = x.exp(), x.sin().exp()"
    assert raised.value.saved[0].what == "z"


def test_one_write_to_what_several_ops_saved_is_counted_once():
    with checked:
        h = leaf(1.0, 2.0) * 1
        a, b = h.sin().sum(), h.cos().sum()
        h.detach().numpy()[0] = 5.0
        for loss in (a, b):
            with pytest.raises(tg.InplaceModificationError) as raised:
                loss.backward()
            assert len(raised.value.changes) == 1
    assert h._version == 1


def test_nested_blocks_end_with_the_outer_one():
    with checked:
        y = leaf(1.0, 2.0).exp()
        with detect_anomaly(check_writes=True):
            y.data.mul_(2)
        with pytest.raises(tg.InplaceModificationError):
            y.sum().backward()


def test_values_kept_by_hooks_are_left_to_the_hooks():
    x = leaf(1.0, 2.0)
    with checked, saved_tensors_hooks(lambda t: t.clone(), lambda t: t):
        y = x.exp()
    with checked:
        y.data.mul_(2)
        y.sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), np.exp([1.0, 2.0]))


# -- memory ----------------------------------------------------------------------------------------


def test_a_training_loop_keeps_its_memory():
    model = tg.nn.Linear(64, 64)
    optimizer = tg.optim.SGD(model.parameters(), lr=0.01)
    x = tg.randn(32, 64)

    def steps(n: int) -> int:
        for _ in range(n):
            y = model(x)
            y.detach().numpy()
            optimizer.zero_grad()
            y.square().mean().backward()
            optimizer.step()
        gc.collect()
        return tracemalloc.get_traced_memory()[0]

    tracemalloc.start()
    try:
        with checked:
            before = steps(400)
            after = steps(800)
            assert len(write_check._shared) < 10
    finally:
        tracemalloc.stop()
    assert after - before < 200_000  # one step's activations alone are 24 kB


# -- in a recording --------------------------------------------------------------------------------


def recorded(path=None) -> tg.Trace:
    with tg.record(path) as trace, checked:
        x = leaf(1.0, 2.0)
        y = x.exp()
        array = y.detach().numpy()
        array[0] = 9.0
        y.sum()
    return trace


@pytest.mark.parametrize("in_a_file", [False, True], ids=["memory", "file"])
def test_a_recording_has_a_warning_with_the_value_before_and_after(in_a_file: bool, tmp_path):
    path = tmp_path / "run.trace" if in_a_file else None
    trace = recorded(path)
    source = tg.open_trace(path) if path is not None else trace
    (number,) = source.warnings()
    event = source.event(number)
    made = next(event for event in source.events() if event.op == "exp")
    assert (event.kind, event.op) == ("warning", "unseen_write")
    assert event.inputs == made.outputs
    np.testing.assert_allclose(source.array(event.inputs[0]), np.exp([1.0, 2.0]))
    np.testing.assert_allclose(source.array(event.outputs[0]), [9.0, np.exp(2.0)])
    assert "after numpy" in event.options
    assert "before sum" in event.options
    source.close()
    if source is not trace:
        trace.close()


def test_a_recording_without_the_check_has_no_warning():
    with tg.record() as trace:
        y = leaf(1.0, 2.0).exp()
        y.detach().numpy()[0] = 9.0
        y.sum()
    assert list(trace.warnings()) == []
