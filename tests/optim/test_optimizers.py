"""Optimizers: groups, state, buckets, and tensors that share a parameter's memory."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest

import tracegrad as tg
from tracegrad import nn
from tracegrad.optim import bucket

SHAPES = [(3, 4), (4,), (), (200, 100), (2, 3, 2), (0, 3)]

KINDS: list[tuple[type[tg.optim.Optimizer], dict[str, Any]]] = [
    (tg.optim.SGD, {"lr": 0.1}),
    (tg.optim.SGD, {"lr": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 0.1}),
    (tg.optim.SGD, {"lr": 0.1, "momentum": 0.9, "dampening": 0.5, "maximize": True}),
    (tg.optim.Adam, {"lr": 0.1}),
    (tg.optim.Adam, {"lr": 0.1, "amsgrad": True, "weight_decay": 0.1, "maximize": True}),
    (tg.optim.AdamW, {"lr": 0.1, "weight_decay": 0.1}),
    (tg.optim.Adamax, {"lr": 0.1, "weight_decay": 0.1}),
    (tg.optim.NAdam, {"lr": 0.1}),
    (tg.optim.RAdam, {"lr": 0.1, "betas": (0.9, 0.9)}),
    (tg.optim.RMSprop, {"lr": 0.1, "centered": True, "momentum": 0.5}),
    (tg.optim.Adagrad, {"lr": 0.1, "initial_accumulator_value": 0.1}),
    (tg.optim.Adadelta, {"lr": 0.1}),
    (tg.optim.ASGD, {"lr": 0.1, "t0": 2}),
    (tg.optim.Rprop, {"lr": 0.1}),
    (tg.optim.Adafactor, {"lr": 0.1, "weight_decay": 0.1}),
]
every_kind = pytest.mark.parametrize(
    ("kind", "options"), KINDS, ids=lambda v: v.__name__ if isinstance(v, type) else ",".join(v)
)


def parameters(dtype: Any = np.float32) -> list[nn.Parameter]:
    random = np.random.default_rng(0)
    return [nn.Parameter(tg.tensor(np.asarray(random.standard_normal(s), dtype))) for s in SHAPES]


def run(
    ps: list[Any], optimizer: Any, steps: range, share: float = 1.0, skip: int | None = None
) -> None:
    """Steps with gradients that depend on the step's number alone.

    Args:
        skip: where gradients are drawn for a parameter of `SHAPES` that `ps` does not have.
    """
    for step in steps:
        random = np.random.default_rng(step)
        for n, p in enumerate(ps):
            if n == skip:
                random.standard_normal(SHAPES[n])
                random.random()
            g = np.asarray(random.standard_normal(p.shape), p.detach().numpy().dtype)
            p.grad = tg.tensor(g) if random.random() < share else None
        optimizer.step()


def bits(ps: list[Any]) -> list[bytes]:
    return [p.detach().numpy().tobytes() for p in ps]


# -- buckets ---------------------------------------------------------------------------------------


@every_kind
@pytest.mark.parametrize("share", [1.0, 0.6])
def test_buckets_change_no_bit_of_the_result(kind, options, share, monkeypatch):
    together = parameters()
    run(together, kind(together, **options), range(10), share)
    monkeypatch.setattr(bucket, "SMALL", -1)
    alone = parameters()
    run(alone, kind(alone, **options), range(10), share)
    assert bits(together) == bits(alone)


def test_small_parameters_share_a_bucket_and_large_ones_do_not():
    ps = parameters() + parameters(np.float64)[:2]
    optimizer = tg.optim.SGD(ps)
    for p in ps:
        p.grad = tg.zeros_like(p)
    made = optimizer._current_buckets(0, optimizer.param_groups[0])
    sizes = sorted([p.numel() for p in b.parameters] for b in made)
    assert sizes == [[12, 4], [12, 4, 1, 12, 0], [20_000]]


@every_kind
@pytest.mark.parametrize("length", [7, 1000])
def test_stretches_change_no_bit_of_the_result(kind, options, length, monkeypatch):
    at_once = parameters()
    run(at_once, kind(at_once, **options), range(4))
    monkeypatch.setattr(bucket, "STRETCH", length)
    in_stretches = parameters()[:3] + parameters()[4:]  # the large one would take long
    run(in_stretches, kind(in_stretches, **options), range(4), skip=3)
    assert bits(in_stretches) == bits(at_once[:3] + at_once[4:])


@every_kind
def test_parameters_that_share_memory_are_updated_one_after_the_other(kind, options):
    def run_shared(small: int) -> tg.Tensor:
        memory = tg.arange(8.0)
        ps = [nn.Parameter(tg.ones(3)), nn.Parameter(memory[:5]), nn.Parameter(memory[3:])]
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(bucket, "SMALL", small)
            run(ps, kind(ps, **options), range(3))
        return memory.tolist()

    assert run_shared(bucket.SMALL) == run_shared(-1)


@every_kind
def test_parameters_of_several_dtypes_keep_theirs(kind, options):
    ps = parameters()[:2] + parameters(np.float64)[:2]
    run(ps, kind(ps, **options), range(3))
    assert [p.dtype for p in ps] == [tg.float32] * 2 + [tg.float64] * 2


@every_kind
def test_a_parameter_that_is_not_contiguous_is_updated_like_any_other(kind, options):
    straight = [nn.Parameter(tg.arange(6.0).reshape(2, 3))]
    turned = [nn.Parameter(tg.tensor(np.arange(6, dtype=np.float32).reshape(2, 3).T.copy()).t())]
    assert not turned[0].is_contiguous()
    run(straight, kind(straight, **options), range(5))
    run(turned, kind(turned, **options), range(5))
    assert turned[0].tolist() == straight[0].tolist()


# -- gradients that come and go --------------------------------------------------------------------


@every_kind
def test_a_parameter_without_a_gradient_does_not_change(kind, options):
    ps = parameters()
    optimizer = kind(ps, **options)
    run(ps, optimizer, range(2))
    before = bits(ps)
    for p in ps:
        p.grad = None
    optimizer.step()
    assert bits(ps) == before
    ps[0].grad = tg.ones(3, 4)
    optimizer.step()
    assert bits(ps)[0] != before[0]
    assert bits(ps)[1:] == before[1:]


@pytest.mark.parametrize("set_to_none", [True, False])
def test_zero_grad_drops_gradients_or_zeroes_them_in_their_memory(set_to_none):
    ps = parameters()
    optimizer = tg.optim.SGD(ps, lr=0.1)
    run(ps[:-1], optimizer, range(1))
    held = ps[0].grad
    optimizer.zero_grad(set_to_none=set_to_none)
    assert ps[-1].grad is None
    if set_to_none:
        assert all(p.grad is None for p in ps)
        assert held.abs().sum() > 0
    else:
        assert all((p.grad == 0).all() for p in ps[:-1])
        assert (held == 0).all()
        assert held._version == 1


def test_zeroing_a_gradient_that_has_history_cuts_the_history_off():
    w = nn.Parameter(tg.ones(2))
    (w**3).sum().backward(create_graph=True)
    assert w.grad.grad_fn is not None
    tg.optim.SGD([w]).zero_grad(set_to_none=False)
    assert w.grad.grad_fn is None
    assert w.grad.tolist() == [0.0, 0.0]


def test_a_step_does_not_change_the_gradients():
    ps = parameters()
    optimizer = tg.optim.SGD(ps, lr=0.1, momentum=0.9, weight_decay=0.1, maximize=True)
    run(ps, optimizer, range(3))
    before = [p.grad.tolist() for p in ps]
    optimizer.step()
    assert [p.grad.tolist() for p in ps] == before


# -- versions and aliases --------------------------------------------------------------------------


@every_kind
def test_a_step_counts_as_one_write_to_each_parameter(kind, options):
    ps = parameters()
    run(ps, kind(ps, **options), range(3))
    assert [p._version for p in ps] == [3] * len(ps)


@every_kind
def test_a_step_counts_as_a_write_to_the_state_that_a_graph_saved(kind, options):
    p = nn.Parameter(tg.ones(2))
    optimizer = kind([p], **options)
    run([p], optimizer, range(1))
    arrays = [v for v in optimizer.state[p].values() if v.ndim]
    x = tg.ones(2, requires_grad=True)
    losses = [(x * array).sum() for array in arrays]
    run([p], optimizer, range(1, 2))
    for loss in losses:
        with pytest.raises(tg.InplaceModificationError, match=f"{kind.__name__}.step"):
            loss.backward()


@every_kind
def test_a_step_between_forward_and_backward_is_caught_and_named(kind, options):
    w = nn.Parameter(tg.ones(2))
    optimizer = kind([w], **options)
    loss = (w * w).sum()
    w.grad = tg.ones(2)
    optimizer.step()
    with pytest.raises(tg.InplaceModificationError, match=f"by {kind.__name__}.step") as error:
        loss.backward()
    assert "test_optimizers.py" in str(error.value)
    assert "optimizer.step()" in str(error.value)


@every_kind
def test_tensors_that_share_a_parameters_memory_see_the_step(kind, options):
    w = nn.Parameter(tg.ones(2, 2))
    detached, row, array = w.detach(), w[0], w.detach().numpy()
    view = row.detach()
    w.grad = tg.ones(2, 2)
    kind([w], **options).step()
    assert detached.tolist() == w.tolist() == array.tolist()
    assert row.tolist() == view.tolist() == w[0].tolist()
    assert detached._version == row._version == 1


# -- groups ----------------------------------------------------------------------------------------


def test_groups_follow_their_own_options_and_those_that_change():
    ps = [nn.Parameter(tg.zeros(1)) for _ in range(3)]
    optimizer = tg.optim.SGD([{"params": ps[0], "lr": 1.0}, {"params": ps[1:2]}], lr=0.5)
    optimizer.add_param_group({"params": ps[2:], "lr": 0.25})
    for p in ps:
        p.grad = tg.ones(1)
    optimizer.step()
    assert [p.item() for p in ps] == [-1.0, -0.5, -0.25]
    optimizer.param_groups[0]["lr"] = 0.0
    optimizer.step()
    assert [p.item() for p in ps] == [-1.0, -1.0, -0.5]


def test_parameters_may_come_from_a_generator_and_options_print():
    optimizer = tg.optim.SGD(nn.Linear(2, 2).parameters(), lr=0.5)
    assert len(optimizer.param_groups[0]["params"]) == 2
    assert repr(optimizer).splitlines()[:3] == ["SGD (", "Parameter Group 0", "    dampening: 0"]
    assert "    lr: 0.5" in repr(optimizer)


@pytest.mark.parametrize(
    ("params", "error", "message"),
    [
        (lambda p: [], ValueError, "optimizer got an empty parameter list"),
        (lambda p: p, TypeError, "should be an iterable of Tensors or dicts, but got Parameter"),
        (lambda p: [p, p], ValueError, "some parameters appear twice in a parameter group"),
        (lambda p: [{"params": [p]}, {"params": [p]}], ValueError, "more than one parameter group"),
        (lambda p: [p * 2], ValueError, "can't optimize a non-leaf Tensor"),
        (lambda p: ["w"], TypeError, "one of the params is str"),
        (lambda p: [{"params": {p}}], TypeError, "ordered collections"),
    ],
)
def test_parameters_that_cannot_be_optimized_are_refused(params, error, message):
    with pytest.raises(error, match=message):
        tg.optim.Adam(params(nn.Parameter(tg.ones(1))))


def test_a_group_that_is_refused_is_not_added():
    p = nn.Parameter(tg.ones(1))
    optimizer = tg.optim.SGD([p])
    with pytest.raises(ValueError, match="more than one parameter group"):
        optimizer.add_param_group({"params": [nn.Parameter(tg.ones(1)), p]})
    assert len(optimizer.param_groups) == 1


def test_an_optimizer_without_an_update_says_so():
    class Idle(tg.optim.Optimizer):
        pass

    p = nn.Parameter(tg.ones(1))
    p.grad = tg.ones(1)
    with pytest.raises(NotImplementedError, match="Idle does not say how to update"):
        Idle([p], {}).step()


def test_a_closure_is_run_with_gradients_and_its_loss_returned():
    w = nn.Parameter(tg.tensor([3.0]))
    optimizer = tg.optim.SGD([w], lr=0.5)

    def closure() -> tg.Tensor:
        optimizer.zero_grad()
        loss = (w * w).sum()
        loss.backward()
        return loss

    with tg.no_grad():
        assert optimizer.step(closure).item() == 9.0
    assert w.item() == 0.0
    assert optimizer.step() is None


# -- state -----------------------------------------------------------------------------------------


@every_kind
@pytest.mark.parametrize("share", [1.0, 0.5])
def test_training_goes_on_bit_for_bit_from_a_saved_state(kind, options, share):
    ps = parameters()
    optimizer = kind(ps, **options)
    run(ps, optimizer, range(5), share)
    optimizer.param_groups[0]["lr"] *= 0.5
    saved = pickle.loads(pickle.dumps(optimizer.state_dict()))
    others = copy.deepcopy(ps)
    other = kind(others)  # all options come with the state
    other.load_state_dict(saved)
    run(ps, optimizer, range(5, 10), share)
    run(others, other, range(5, 10), share)
    assert bits(ps) == bits(others)


@every_kind
def test_a_copied_optimizer_goes_on_bit_for_bit(kind, options):
    ps = parameters()
    optimizer = kind(ps, **options)
    run(ps, optimizer, range(3), 0.7)
    others, other = copy.deepcopy((ps, optimizer))
    run(ps, optimizer, range(3, 6), 0.7)
    run(others, other, range(3, 6), 0.7)
    assert bits(ps) == bits(others)


def test_saved_state_is_a_copy_that_later_steps_do_not_change():
    ps = parameters()
    optimizer = tg.optim.Adam(ps, lr=0.1)
    run(ps, optimizer, range(2))
    saved = optimizer.state_dict()
    before = saved["state"][0]["exp_avg"].tolist()
    assert saved["state"][0]["step"].item() == 2.0
    assert saved["param_groups"][0]["params"] == list(range(len(ps)))
    run(ps, optimizer, range(2, 4))
    assert saved["state"][0]["exp_avg"].tolist() == before
    other = tg.optim.Adam(ps)
    other.load_state_dict(saved)
    run(ps, other, range(4, 6))
    assert saved["state"][0]["exp_avg"].tolist() == before


@pytest.mark.parametrize(
    ("groups", "message"),
    [
        ([[0], [1]], "different number of parameter groups"),
        ([[0, 1, 2]], "doesn't match the size of optimizer's group"),
    ],
)
def test_a_state_of_other_groups_is_refused(groups, message):
    ps = [nn.Parameter(tg.ones(2)) for _ in range(3)]
    saved = tg.optim.SGD([{"params": [ps[n] for n in group]} for group in groups]).state_dict()
    optimizer = tg.optim.SGD(ps[:2], lr=0.7)
    with pytest.raises(ValueError, match=message):
        optimizer.load_state_dict(saved)
    assert optimizer.param_groups[0]["lr"] == 0.7


def test_a_state_of_another_shape_is_refused_and_changes_nothing():
    ps, others = [nn.Parameter(tg.ones(2))], [nn.Parameter(tg.ones(1))]
    optimizer, other = tg.optim.Adam(ps, lr=0.7), tg.optim.Adam(others)
    run(ps, optimizer, range(2))
    run(others, other, range(1))
    before = pickle.dumps(optimizer.state_dict()["state"][0]["exp_avg"].tolist())
    with pytest.raises(
        ValueError, match=r"'exp_avg' of shape \[1\] for a parameter of shape \[2\]"
    ):
        optimizer.load_state_dict(other.state_dict())
    assert optimizer.param_groups[0]["lr"] == 0.7
    assert pickle.dumps(optimizer.state_dict()["state"][0]["exp_avg"].tolist()) == before


def test_state_lists_only_parameters_that_were_updated():
    ps = parameters()
    optimizer = tg.optim.Adam(ps)
    assert optimizer.state == {}
    run(ps[1:2], optimizer, range(1))
    assert list(optimizer.state) == [ps[1]]
    assert list(optimizer.state_dict()["state"]) == [1]
