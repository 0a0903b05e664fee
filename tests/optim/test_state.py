"""What an optimizer keeps of its parameters: programs read it, write it, save it and move it."""

from __future__ import annotations

import copy
import pickle
from collections import defaultdict
from typing import Any

import numpy as np
import pytest

import tracegrad as tg
from tests.backend.strict import strict_cuda
from tests.optim.test_optimizers import bits, every_kind, parameters, run
from tracegrad import nn

every_dtype = pytest.mark.parametrize(
    "dtype", [tg.float64, tg.float16, tg.bfloat16], ids=lambda d: d.name
)


def one_step(p: Any, optimizer: Any) -> None:
    p.grad = tg.ones_like(p)
    optimizer.step()


# -- reading and writing ---------------------------------------------------------------------------


def test_state_that_is_read_before_a_step_shows_what_the_step_did():
    p = nn.Parameter(tg.zeros(3))
    optimizer = tg.optim.Adam([p], lr=0.1)
    one_step(p, optimizer)
    mean, steps = optimizer.state[p]["exp_avg"], optimizer.state[p]["step"]
    one_step(p, optimizer)
    assert optimizer.state[p]["exp_avg"] is mean
    assert mean.tolist() == pytest.approx([0.19] * 3)
    assert steps.item() == 2.0


@pytest.mark.parametrize("others", [0, 2], ids=["alone", "in a bucket"])
def test_momentum_that_a_program_zeroes_is_zero_in_the_next_step(others):
    ps = [nn.Parameter(tg.zeros(2)) for _ in range(1 + others)]
    optimizer = tg.optim.SGD(ps, lr=1.0, momentum=0.5)
    for _ in range(2):
        for p in ps:
            p.grad = tg.ones(2)
        optimizer.step()
    optimizer.state[ps[0]]["momentum_buffer"].zero_()
    before = ps[0].tolist()
    optimizer.step()
    assert [b - a for b, a in zip(before, ps[0].tolist(), strict=True)] == [1.0, 1.0]
    for p in ps[1:]:
        assert p.tolist() == [-1.0 - 1.5 - 1.75] * 2


@pytest.mark.parametrize("reset", [
    lambda o, p: o.state.clear(),
    lambda o, p: o.state.pop(p),
    lambda o, p: o.state[p].clear(),
    lambda o, p: o.state.update({p: {}}),
    lambda o, p: setattr(o, "state", defaultdict(dict)),
    lambda o, p: o.state[p].update(
        step=tg.tensor(0.0), exp_avg=tg.zeros(2), exp_avg_sq=tg.zeros(2)
    ),
    lambda o, p: o.state[p].update(step=0, exp_avg=None, exp_avg_sq=None),
    lambda o, p: [v.zero_() for v in o.state[p].values()],
])  # fmt: skip
def test_state_that_a_program_throws_away_is_begun_anew(reset):
    p, fresh = nn.Parameter(tg.zeros(2)), nn.Parameter(tg.zeros(2))
    optimizer, other = tg.optim.Adam([p], lr=0.1), tg.optim.Adam([fresh], lr=0.1)
    for _ in range(3):
        one_step(p, optimizer)
    reset(optimizer, p)
    with tg.no_grad():
        p.zero_()
    for _ in range(2):
        one_step(p, optimizer)
        one_step(fresh, other)
    assert p.tolist() == fresh.tolist()
    assert optimizer.state[p]["step"].item() == 2.0


def test_a_step_count_that_a_program_sets_steers_the_next_step():
    p, q = nn.Parameter(tg.zeros(1)), nn.Parameter(tg.zeros(1))
    optimizer = tg.optim.Adam([p, q], lr=0.1)
    for x in (p, q):
        x.grad = tg.ones(1)
    optimizer.step()
    optimizer.state[p]["step"] += 1000
    optimizer.step()
    assert [optimizer.state[x]["step"].item() for x in (p, q)] == [1002.0, 2.0]
    assert p.item() != q.item()


def test_what_a_program_adds_to_the_state_stays_there():
    p = nn.Parameter(tg.zeros(1))
    optimizer = tg.optim.Adam([p])
    optimizer.state[p]["note"] = "mine"
    optimizer.state["all"] = 3
    for _ in range(2):
        one_step(p, optimizer)
    assert optimizer.state[p]["note"] == "mine"
    saved = optimizer.state_dict()
    assert saved["state"]["all"] == 3
    other = tg.optim.Adam([p])
    other.load_state_dict(saved)
    assert other.state[p]["note"] == "mine"
    assert other.state["all"] == 3


def test_state_of_another_shape_is_refused_and_names_the_parameter():
    p = nn.Parameter(tg.zeros(2, 3))
    optimizer = tg.optim.Adam([("fc.weight", p)])
    optimizer.state[p]["exp_avg"] = tg.zeros(6)
    with pytest.raises(
        ValueError,
        match=r"'exp_avg' of shape \[6\] .* \[2, 3\]\n.*parameter 0 'fc.weight' of group 0",
    ):
        one_step(p, optimizer)


@pytest.mark.parametrize(("name", "before", "after", "entry"), [
    ("Adam", {"amsgrad": False}, {"amsgrad": True}, "max_exp_avg_sq"),
    ("SGD", {"momentum": 0.0}, {"momentum": 0.9}, "momentum_buffer"),
    ("RMSprop", {"centered": False}, {"centered": True}, "grad_avg"),
])  # fmt: skip
def test_an_option_that_is_switched_on_later_gets_its_state_then(name, before, after, entry):
    p = nn.Parameter(tg.zeros(2))
    optimizer = getattr(tg.optim, name)([p], lr=0.1, **before)
    one_step(p, optimizer)
    assert entry not in optimizer.state[p]
    optimizer.param_groups[0].update(after)
    one_step(p, optimizer)
    assert optimizer.state[p][entry].abs().sum() > 0


@pytest.mark.parametrize(("name", "entry"), [("Adam", "exp_avg"), ("Adafactor", "variance")])
def test_a_recorded_state_keeps_its_values_when_later_steps_write_to_it(name, entry):
    p = nn.Parameter(tg.zeros(2))
    optimizer = getattr(tg.optim, name)([p], lr=0.1)
    one_step(p, optimizer)
    with tg.record() as trace:
        doubled = optimizer.state[p][entry] * 2
        before = optimizer.state[p][entry].tolist()
        p.grad = tg.full((2,), 3.0)
        optimizer.step()
    (event,) = [e for e in trace.events() if e.op == "mul"]
    assert trace.array(event.inputs[0]).tolist() == before
    assert trace.array(event.outputs[0]).tolist() == doubled.tolist()
    assert optimizer.state[p][entry].tolist() != before


# -- parameters that change under the optimizer ----------------------------------------------------


@every_kind
@every_dtype
def test_a_net_that_is_converted_goes_on_training(kind, options, dtype):
    tg.manual_seed(0)
    net = nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 1))
    ps = list(net.parameters())
    optimizer = kind(ps, **options)
    run(ps, optimizer, range(2))
    net.to(dtype)
    for p in ps:
        p.grad = None
    others = copy.deepcopy(ps)
    other = kind(others)
    other.load_state_dict(optimizer.state_dict())
    before = bits(ps)
    for p, twin in zip(ps, others, strict=True):
        p.grad, twin.grad = tg.ones_like(p), tg.ones_like(p)
    optimizer.step()
    other.step()
    assert bits(ps) == bits(others) != before
    for p in ps:
        assert p.dtype is dtype
        assert all(v.dtype is dtype for v in optimizer.state[p].values() if v.ndim)


@every_kind
def test_values_that_come_through_data_are_stepped_from(kind, options):
    p, q = nn.Parameter(tg.ones(3)), nn.Parameter(tg.ones(3))
    optimizer, other = kind([p], **options), kind([q], **options)
    for x, o in ((p, optimizer), (q, other)):
        one_step(x, o)
    p.data = tg.full((3,), 5.0)
    with tg.no_grad():
        q.fill_(5.0)
    for x, o in ((p, optimizer), (q, other)):
        one_step(x, o)
    assert p.tolist() == q.tolist() != [5.0] * 3


def test_a_parameter_that_shows_one_element_several_times_is_refused():
    p = nn.Parameter(tg.ones(1).expand(3))
    optimizer = tg.optim.SGD([p])
    with pytest.raises(RuntimeError, match=r"parameter 0 of group 0 .* several indices"):
        one_step(p, optimizer)


def test_a_gradient_on_another_device_is_refused_where_it_is_set():
    with strict_cuda():
        p = nn.Parameter(tg.ones(2))
        with pytest.raises(RuntimeError, match="gradient with device type 'cuda' to a tensor"):
            p.grad = tg.ones(2, device="cuda")


def test_an_added_group_is_trained_beside_the_first_one():
    first, second = nn.Parameter(tg.zeros(2)), nn.Parameter(tg.zeros(2))
    optimizer = tg.optim.Adam([first], lr=0.1)
    one_step(first, optimizer)
    group = {"params": [second], "lr": 0.2}
    optimizer.add_param_group(group)
    assert optimizer.param_groups[1] is group
    second.grad = tg.ones(2)
    optimizer.step()
    assert [optimizer.state[p]["step"].item() for p in (first, second)] == [2.0, 1.0]
    assert second.tolist() == pytest.approx([-0.2, -0.2])
    group["lr"] = 0.0
    before = second.tolist()
    optimizer.step()
    assert second.tolist() == before


def test_a_group_that_goes_takes_its_parameters_along():
    ps = [nn.Parameter(tg.zeros(1)) for _ in range(3)]
    optimizer = tg.optim.SGD([{"params": [p]} for p in ps], lr=1.0, momentum=0.5)
    for p in ps:
        p.grad = tg.ones(1)
    optimizer.step()
    optimizer.param_groups.pop(0)
    optimizer.step()
    assert [p.item() for p in ps] == [-1.0, -2.5, -2.5]


# -- saving ----------------------------------------------------------------------------------------


@every_kind
def test_a_pickled_optimizer_goes_on_bit_for_bit(kind, options):
    ps = parameters()
    optimizer = kind(ps, **options)
    run(ps, optimizer, range(3), 0.7)
    optimizer.register_step_post_hook(lambda *_: pytest.fail("hooks are not pickled"))
    others, other = pickle.loads(pickle.dumps((ps, optimizer)))
    optimizer._optimizer_step_post_hooks.clear()
    run(ps, optimizer, range(3, 6), 0.7)
    run(others, other, range(3, 6), 0.7)
    assert bits(ps) == bits(others)
    assert repr(other) == repr(optimizer)


def test_a_copy_shares_no_state_with_the_optimizer():
    p = nn.Parameter(tg.zeros(2))
    optimizer = tg.optim.Adam([p], lr=0.1)
    one_step(p, optimizer)
    twin = copy.deepcopy(optimizer)
    before = twin.state_dict()
    one_step(p, optimizer)
    after = twin.state_dict()
    for name, value in before["state"][0].items():
        assert value.tolist() == after["state"][0][name].tolist()
    assert twin.param_groups[0]["params"][0] is not p


def test_a_loaded_state_takes_dtype_and_options_that_are_missing():
    p = nn.Parameter(tg.zeros(2))
    optimizer = tg.optim.Adam([p])
    one_step(p, optimizer)
    saved = optimizer.state_dict()
    for name in ("foreach", "fused", "decoupled_weight_decay"):
        del saved["param_groups"][0][name]
    saved["state"][0]["step"] = 7
    q = nn.Parameter(tg.zeros(2, dtype=tg.float64))
    other = tg.optim.AdamW([q])
    other.load_state_dict(saved)
    assert other.param_groups[0]["decoupled_weight_decay"] is True
    assert other.param_groups[0]["foreach"] is None
    assert other.state[q]["exp_avg"].dtype is tg.float64
    one_step(q, other)
    assert other.state[q]["step"].item() == 8.0


def test_a_state_made_of_numpy_arrays_is_taken():
    p = nn.Parameter(tg.zeros(2))
    optimizer = tg.optim.SGD([p], lr=1.0, momentum=0.5)
    saved = optimizer.state_dict()
    saved["state"] = {0: {"momentum_buffer": np.array([2.0, 4.0])}}
    optimizer.load_state_dict(saved)
    one_step(p, optimizer)
    assert p.tolist() == [-2.0, -3.0]


# -- names -----------------------------------------------------------------------------------------


def test_parameters_may_have_names_which_are_saved_and_loaded():
    net = nn.Linear(2, 1)
    optimizer = tg.optim.SGD(net.named_parameters(), lr=0.1)
    assert optimizer.param_groups[0]["param_names"] == ["weight", "bias"]
    saved = optimizer.state_dict()
    assert saved["param_groups"][0]["param_names"] == ["weight", "bias"]
    optimizer.load_state_dict(saved)
    assert optimizer.param_groups[0]["param_names"] == ["weight", "bias"]
    del saved["param_groups"][0]["param_names"]
    optimizer.load_state_dict(saved)
    assert optimizer.param_groups[0]["param_names"] == ["weight", "bias"]


def test_names_are_given_to_all_parameters_or_to_none():
    ps = [nn.Parameter(tg.ones(1)) for _ in range(2)]
    with pytest.raises(ValueError, match="Some param names are missing"):
        tg.optim.SGD([("a", ps[0]), ps[1]])
    optimizer = tg.optim.SGD([("a", ps[0])])
    with pytest.raises(ValueError, match="cannot add param group without names"):
        optimizer.add_param_group({"params": [ps[1]]})
    assert len(optimizer.param_groups) == 1


# -- other parameters for a while ------------------------------------------------------------------


def test_an_optimizer_works_on_other_parameters_inside_of_a_swap():
    p, q = nn.Parameter(tg.zeros(2)), nn.Parameter(tg.ones(2))
    optimizer = tg.optim.Adam([p], lr=0.1)
    one_step(p, optimizer)
    saved = optimizer.state_dict()
    saved["param_groups"][0]["lr"] = 0.5
    before = p.tolist(), optimizer.state[p]["step"].item()
    with tg.optim.swap_in_optimizer_params_and_state(optimizer, {"p": q}, saved):
        one_step(q, optimizer)
    assert (p.tolist(), optimizer.state[p]["step"].item()) == before
    assert q.tolist() == pytest.approx([0.5, 0.5])
    assert saved["state"][0]["step"].item() == 2.0
    assert optimizer.param_groups[0]["params"][0] is p
    assert optimizer.param_groups[0]["lr"] == 0.1
    with (
        pytest.raises(RuntimeError, match=r"match optimizer\.param_groups ordering"),
        tg.optim.swap_in_optimizer_params_and_state(optimizer, {}, saved),
    ):
        pass
