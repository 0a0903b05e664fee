"""Random numbers: seeds, states, and the distributions that have no fixed sequence."""

from __future__ import annotations

import numpy as np
import pytest

import tracegrad as tg


def test_a_state_brings_the_same_numbers_back():
    generator = tg.Generator().manual_seed(3)
    tg.randn(5, generator=generator)  # leaves a spare normal number
    state = generator.get_state()
    first = tg.randn(4, generator=generator).tolist()
    tg.rand(1000, generator=generator)
    assert tg.randn(4, generator=generator.set_state(state)).tolist() == first
    assert state.dtype is tg.uint8


def test_the_state_of_the_default_generator_brings_the_same_numbers_back():
    state = tg.get_rng_state()
    first = tg.rand(3).tolist()
    tg.set_rng_state(state)
    assert tg.rand(3).tolist() == first


def test_a_state_that_is_none_is_refused():
    with pytest.raises(RuntimeError, match="wrong size or type"):
        tg.set_rng_state(tg.zeros(3, dtype=tg.uint8))
    with pytest.raises(TypeError, match="expected a tensor of bytes"):
        tg.Generator().set_state(b"abc")


def test_a_state_that_used_more_words_than_there_are_is_refused():
    state = tg.Generator().get_state()
    state[624 * 4] = 255
    with pytest.raises(RuntimeError, match="Invalid mt19937 state"):
        tg.Generator().set_state(state)


def test_drawing_inside_fork_rng_changes_nothing_outside():
    tg.manual_seed(1)
    expected = tg.rand(2).tolist()
    tg.manual_seed(1)
    with tg.random.fork_rng():
        tg.rand(100)
    assert tg.rand(2).tolist() == expected


def test_seed_starts_somewhere_else_each_time():
    assert tg.seed() != tg.seed()
    tg.manual_seed(11)
    assert tg.initial_seed() == 11


def test_a_seed_of_more_than_64_bits_is_refused():
    with pytest.raises(RuntimeError, match="Overflow when unpacking long long"):
        tg.manual_seed(2**64)


def test_generators_do_not_disturb_each_other():
    tg.manual_seed(0)
    expected = tg.rand(2).tolist()
    tg.manual_seed(0)
    tg.rand(5, generator=tg.Generator())
    assert tg.rand(2).tolist() == expected


@pytest.mark.parametrize(("draw", "mean", "std"), [
    (lambda: tg.empty(20000).exponential_(2.0), 0.5, 0.5),
    (lambda: tg.poisson(tg.full((20000,), 4.0)), 4.0, 2.0),
    (lambda: tg.empty(20000).bernoulli_(0.25), 0.25, 0.433),
    (lambda: tg.bernoulli(tg.empty(20000), 0.25), 0.25, 0.433),
    (lambda: tg.empty(20000).geometric_(0.5), 2.0, 1.414),
    (lambda: tg.randn(20000), 0.0, 1.0),
    (lambda: tg.empty(20000).log_normal_(0.0, 0.5), 1.133, 0.604),
])  # fmt: skip
def test_mean_and_spread_are_those_of_the_distribution(draw, mean, std):
    tg.manual_seed(0)
    numbers = draw()
    assert numbers.mean().item() == pytest.approx(mean, abs=0.03 * (1 + std))
    assert numbers.std().item() == pytest.approx(std, rel=0.05)


def test_multinomial_without_replacement_draws_each_index_once_and_by_weight():
    tg.manual_seed(0)
    weights = tg.tensor([1.0, 0.0, 3.0, 6.0]).expand(3000, 4)
    drawn = tg.multinomial(weights, 3)
    assert all(len(set(row)) == 3 and 1 not in row for row in drawn.tolist())
    firsts = np.bincount(drawn[:, 0].numpy(), minlength=4) / 3000
    np.testing.assert_allclose(firsts, [0.1, 0.0, 0.3, 0.6], atol=0.03)


def test_a_draw_in_place_counts_as_a_write():
    x = tg.zeros(3)
    before = x._version
    for name in ("uniform_", "normal_", "exponential_", "cauchy_", "log_normal_", "random_"):
        assert getattr(x, name)() is x
    assert x._version == before + 6


def test_a_draw_in_place_over_what_backward_needs_is_noticed():
    x = tg.ones(3, requires_grad=True)
    y = x.exp()
    y.detach().uniform_()
    with pytest.raises(tg.InplaceModificationError, match="uniform_"):
        y.sum().backward()


def test_a_draw_from_parameters_takes_no_part_in_autograd():
    p = tg.full((3,), 0.5, requires_grad=True)
    assert not tg.bernoulli(p).requires_grad
    assert not tg.normal(p, 1.0).requires_grad


def test_a_recording_shows_draws():
    with tg.record() as trace:
        tg.rand(2)
        tg.empty(2).normal_()
    assert [event.op for event in trace.events()] == ["rand", "empty", "normal_"]
