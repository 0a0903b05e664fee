"""Recurrent layers: what is seen of their steps, second gradients, dtypes, devices, refusals."""

from __future__ import annotations

import numpy as np
import pytest

import tracegrad as tg
from tests.backend.strict import StrictArray, strict_cuda
from tracegrad.nn.utils.rnn import PackedSequence, pack_sequence, pad_packed_sequence

KINDS = {"RNN": tg.nn.RNN, "GRU": tg.nn.GRU, "LSTM": tg.nn.LSTM}
PER_STEP = {
    "RNN": ["recurrent_linear", "tanh"],
    "GRU": ["recurrent_linear", "gru_gates", "gru_state"],
    "LSTM": ["recurrent_linear", "lstm_gates", "lstm_state"],
}
each_kind = pytest.mark.parametrize("kind", KINDS)


def states_of(result):
    """The last states of a layer's result, as a tuple."""
    last = result[1]
    return last if isinstance(last, tuple) else (last,)


# -- what a recording shows ------------------------------------------------------------------------


def recorded_ops(module, x):
    """Op names by the path of their scope."""
    with tg.record() as trace:
        module(x)
    found: dict[str, list[str]] = {}
    for event in trace.events():
        found.setdefault(trace.scope(event.scope).path, []).append(event.op)
    return found


@each_kind
def test_each_time_step_is_a_few_nodes_in_a_scope_of_its_own(kind):
    net = KINDS[kind](3, 4, num_layers=2, bidirectional=True)
    found = recorded_ops(net, tg.randn(3, 2, 3))
    for layer in ("l0", "l0_reverse", "l1", "l1_reverse"):
        for step in range(3):
            assert found[f"module.{layer}.t{step}"] == PER_STEP[kind]


@each_kind
def test_recording_changes_no_number(kind):
    net = KINDS[kind](3, 4, num_layers=2)
    x = tg.randn(3, 2, 3)
    before = net(x)[0]
    with tg.record():
        during = net(x)[0]
    assert tg.equal(before, during)


def test_the_gates_of_an_lstm_are_a_value_of_the_graph():
    net = tg.nn.LSTM(3, 4)
    with tg.record() as trace:
        net(tg.randn(2, 5, 3))
    gates = [event.outputs[0] for event in trace.events() if event.op == "lstm_gates"]
    assert [trace.value(value).shape for value in gates] == [(4, 5, 4)] * 2


# -- gradients -------------------------------------------------------------------------------------


@each_kind
def test_first_and_second_gradients_are_those_of_finite_differences(kind):
    tg.manual_seed(0)
    net = KINDS[kind](2, 2, num_layers=2, bidirectional=True, dtype=tg.float64)
    names = [name for name, _ in net.named_parameters()]
    packed = pack_sequence([tg.randn(n, 2, dtype=tg.float64) for n in (1, 3)], enforce_sorted=False)

    def run(data, *parameters):
        state = dict(zip(names, parameters, strict=True))
        input = PackedSequence(data, *packed[1:])
        output, last = tg.func.functional_call(net, state, (input,))
        return (output.data, *(last if isinstance(last, tuple) else (last,)))

    leaves = [packed.data, *(p.detach() for p in net.parameters())]
    inputs = tuple(leaf.clone().requires_grad_() for leaf in leaves)
    assert tg.autograd.gradcheck(run, inputs)
    assert tg.autograd.gradgradcheck(run, inputs[:5] + tuple(t.detach() for t in inputs[5:]))


@each_kind
def test_only_the_last_state_needs_no_gradient_of_the_outputs(kind):
    net = KINDS[kind](3, 4)
    x = tg.randn(3, 2, 3, requires_grad=True)
    for last in states_of(net(x)):
        (gradient,) = tg.autograd.grad(last.sum(), x, retain_graph=True)
        assert (gradient.abs().sum((1, 2)) > 0).all()


@each_kind
def test_weights_changed_between_forward_and_backward_are_noticed(kind):
    net = KINDS[kind](3, 4)
    x = tg.randn(3, 2, 3, requires_grad=True)
    output, _ = net(x)
    with tg.no_grad():
        net.weight_ih_l0.mul_(2)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        output.sum().backward()


def test_a_packed_example_has_the_gradient_that_it_has_alone():
    net = tg.nn.LSTM(3, 4, 2, bidirectional=True, dtype=tg.float64)
    lengths = [2, 5, 3]
    parts = [tg.randn(n, 3, dtype=tg.float64, requires_grad=True) for n in lengths]
    output, _ = net(pack_sequence(parts, enforce_sorted=False))
    padded, counts = pad_packed_sequence(output, batch_first=True)
    assert counts.tolist() == lengths
    together = tg.autograd.grad(padded.square().sum(), parts)
    for n, part in enumerate(parts):
        alone, _ = net(part)
        assert tg.allclose(alone, padded[n, : lengths[n]])
        (gradient,) = tg.autograd.grad(alone.square().sum(), part)
        assert tg.allclose(gradient, together[n])


# -- dtypes, devices, modes ------------------------------------------------------------------------


@each_kind
@pytest.mark.parametrize("dtype", [tg.float16, tg.bfloat16])
def test_half_precision_is_close_to_single(kind, dtype):
    net = KINDS[kind](3, 4, num_layers=2)
    x = tg.randn(3, 2, 3)
    single = net(x)[0]
    half = net.to(dtype)(x.to(dtype))[0]
    assert half.dtype is dtype
    assert tg.allclose(half.float(), single, atol=0.03)
    half.sum().backward()
    assert net.weight_hh_l0.grad.dtype is dtype


@each_kind
def test_layers_and_packed_sequences_stay_on_the_device(kind):
    net = KINDS[kind](3, 4, num_layers=2, bidirectional=True)
    parts = [tg.randn(n, 3) for n in (1, 3, 2)]
    wanted = net(pack_sequence(parts, enforce_sorted=False))
    with strict_cuda():
        net.to("cuda")
        packed = pack_sequence([part.to("cuda") for part in parts], enforce_sorted=False)
        assert packed.is_cuda
        assert packed.batch_sizes.device.type == "cpu"
        found = net(packed)
        padded, _ = pad_packed_sequence(found[0])
        padded.sum().backward()
        pairs = [
            (found[0].data, wanted[0].data),
            *zip(states_of(found), states_of(wanted), strict=True),
        ]
        for got, expected in pairs:
            assert type(got._array) is StrictArray
            assert tg.allclose(got.cpu(), expected, atol=1e-6)
        assert type(net.weight_hh_l1_reverse.grad._array) is StrictArray
        assert packed.cpu().data.device.type == "cpu"


def test_dropout_is_drawn_between_layers_in_training_only():
    net = tg.nn.LSTM(3, 4, num_layers=2, dropout=0.5)
    x = tg.randn(3, 2, 3)
    assert not tg.equal(net(x)[0], net(x)[0])
    net.eval()
    assert tg.equal(net(x)[0], net(x)[0])


def test_dropout_in_a_single_layer_is_warned_of():
    with pytest.warns(UserWarning, match="dropout option adds dropout after all but last") as seen:
        tg.nn.GRU(3, 4, dropout=0.5)
    assert seen[0].filename == __file__


def test_an_empty_batch_has_empty_outputs():
    output, (h, c) = tg.nn.LSTM(3, 4)(tg.zeros(5, 0, 3))
    assert (output.shape, h.shape, c.shape) == ((5, 0, 4), (1, 0, 4), (1, 0, 4))


def test_a_layer_is_saved_and_loaded_with_its_state():
    net, other = tg.nn.GRU(3, 4, 2), tg.nn.GRU(3, 4, 2)
    other.load_state_dict(net.state_dict())
    x = tg.randn(3, 2, 3)
    assert tg.equal(net(x)[0], other(x)[0])


def test_flatten_parameters_changes_nothing():
    net = tg.nn.LSTM(3, 4)
    before = [p.detach().clone() for p in net.parameters()]
    net.flatten_parameters()
    for one, other in zip(before, net.parameters(), strict=True):
        assert tg.equal(one, other)


# -- what is refused -------------------------------------------------------------------------------


def test_a_state_of_another_dtype_is_refused_with_a_way_out():
    with pytest.raises(
        RuntimeError, match=r"(?s)dtype tracegrad\.float32, got tracegrad\.float64.*try: \.to\("
    ):
        tg.nn.GRU(3, 4)(tg.zeros(5, 2, 3), tg.zeros(1, 2, 4, dtype=tg.float64))


def test_one_tensor_for_the_two_states_of_an_lstm_is_refused():
    with pytest.raises(RuntimeError, match=r"pair of hidden and cell states \(h_0, c_0\)"):
        tg.nn.LSTM(3, 4)(tg.zeros(5, 2, 3), tg.zeros(1, 2, 4))
    with pytest.raises(TypeError, match=r"pair of tensors \(h, c\)"):
        tg.nn.LSTMCell(3, 4)(tg.zeros(2, 3), tg.zeros(2, 4))


@pytest.mark.parametrize("sizes", [[1, 2], [2, 2], [4], [2], []])
def test_batch_sizes_that_are_not_those_of_the_rows_are_refused(sizes):
    packed = PackedSequence(tg.ones(3, 2), tg.tensor(sizes, dtype=tg.int64))
    words = "larger than 0" if not sizes else "batch_sizes that fall and sum to the 3 rows"
    with pytest.raises(RuntimeError, match=words):
        tg.nn.GRU(2, 4)(packed)


def test_lengths_beyond_the_input_are_refused():
    pack = tg.nn.utils.rnn.pack_padded_sequence
    with pytest.raises(RuntimeError, match="at most the 4 steps of the input, got 5"):
        pack(tg.zeros(4, 2), [5, 1])


def test_what_is_no_batch_of_sequences_is_refused():
    with pytest.raises(IndexError, match="at least 2 dimensions, got 1"):
        tg.nn.utils.rnn.pack_padded_sequence(tg.zeros(4), [1, 1])
    with pytest.raises(RuntimeError, match="1D CPU int64 tensor, but got 2D"):
        tg.nn.utils.rnn.pack_padded_sequence(tg.zeros(4, 2), tg.tensor([[4, 2]]))
    with pytest.raises(TypeError, match="expected data to be a Tensor, got <class 'list'>"):
        PackedSequence([[1.0]], tg.tensor([1]))


def test_parameters_that_are_too_few_for_the_layers_are_refused():
    net = tg.nn.GRU(3, 4)
    with pytest.raises(RuntimeError, match=r"gru\(\): got 3 params for 1 directions"):
        tg.gru(
            tg.zeros(5, 2, 3), tg.zeros(1, 2, 4), list(net.parameters())[:3], True, 1, 0.0, False,
            False, False,
        )  # fmt: skip
    with pytest.raises(TypeError, match="invalid combination of arguments"):
        tg.lstm(tg.zeros(5, 2, 3))


def test_packed_sequences_refuse_batch_sizes_on_a_device():
    with strict_cuda(), pytest.raises(ValueError, match="batch_sizes should always be on CPU"):
        PackedSequence(tg.ones(2), tg.tensor([1, 1]).to("cuda"))


def test_a_packed_sequence_that_is_so_already_is_given_back():
    packed = pack_sequence([tg.ones(2, 3)])
    assert packed.to(tg.float32) is packed
    assert packed.cpu() is packed
    assert not packed.is_cuda
    kinds = {"double": tg.float64, "half": tg.float16, "long": tg.int64, "int": tg.int32,
             "short": tg.int16, "char": tg.int8, "byte": tg.uint8, "float": tg.float32}  # fmt: skip
    for name, dtype in kinds.items():
        assert getattr(packed, name)().data.dtype is dtype


def test_numbers_of_a_gru_step_are_those_of_its_formula():
    cell = tg.nn.GRUCell(3, 2, dtype=tg.float64)
    x, h = tg.randn(4, 3, dtype=tg.float64), tg.randn(4, 2, dtype=tg.float64)
    from_x = (x @ cell.weight_ih.T + cell.bias_ih).detach().numpy()
    from_h = (h @ cell.weight_hh.T + cell.bias_hh).detach().numpy()
    r, z = (1 / (1 + np.exp(-(from_x + from_h)[:, part])) for part in (slice(0, 2), slice(2, 4)))
    n = np.tanh(from_x[:, 4:] + r * from_h[:, 4:])
    np.testing.assert_allclose(cell(x, h).detach().numpy(), (1 - z) * n + z * h.numpy(), rtol=1e-12)
