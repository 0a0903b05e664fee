"""`assert_close` says what PyTorch's says: how many elements differ, by how much, and where."""

from __future__ import annotations

import pytest

import tracegrad as tg
from tracegrad.testing import assert_close, make_tensor


def message(*values, **options) -> str:
    with pytest.raises(AssertionError) as caught:
        assert_close(*values, **options)
    return str(caught.value)


def test_what_is_close_passes():
    assert_close(tg.tensor([1.0, 2.0]), tg.tensor([1.0, 2.000001]))
    assert_close({"a": [tg.ones(2), 1.5]}, {"a": [tg.ones(2), 1.5]})
    assert_close(tg.tensor(float("nan")), tg.tensor(float("nan")), equal_nan=True)


def test_the_message_counts_and_places_the_differences():
    one, other = tg.tensor([[1.0, 2, 3], [4, 5, 6]]), tg.tensor([[1.0, 2.5, 3], [4, 5, 7]])
    assert message(one, other) == (
        "Tensor-likes are not close!\n\nMismatched elements: 2 / 6 (33.3%)\n"
        "Greatest absolute difference: 1.0 at index (1, 2) (up to 1e-05 allowed)\n"
        "Greatest relative difference: 0.20000000298023224 at index (0, 1) (up to 1.3e-06 allowed)"
    )


def test_an_item_of_a_container_is_named():
    text = message({"a": [tg.ones(1)]}, {"a": [tg.zeros(1)]})
    assert text.endswith("The failure occurred for item ['a'][0]")


@pytest.mark.parametrize(("one", "other", "words"), [
    (tg.ones(2), tg.ones(3), "The values for attribute 'shape' do not match"),
    (tg.ones(2), tg.ones(2).double(), "The values for attribute 'dtype' do not match"),
    (tg.tensor([1, 2]), tg.tensor([1, 3]), "Tensor-likes are not equal!"),
    (1.0, 2.0, "Scalars are not close!"), ([1.0], [1.0, 2.0], "length of the sequences mismatch"),
    ({"a": 1}, {"b": 1}, "Missing keys in the actual mapping: ['b']"), (None, 1, "None mismatch"),
    (True, False, "Booleans mismatch"),
])  # fmt: skip
def test_other_differences(one, other, words):
    assert words in message(one, other)


def test_a_message_of_ones_own():
    assert message(1.0, 2.0, msg="hello") == "hello"
    assert message(1.0, 2.0, msg=lambda text: text[:7]) == "Scalars"


def test_one_tolerance_alone_is_refused():
    with pytest.raises(ValueError, match="no atol"):
        assert_close(1.0, 1.0, rtol=0.1)


def test_what_cannot_be_compared_is_refused():
    with pytest.raises(TypeError, match="No comparison pair"):
        assert_close("a", "b")


@pytest.mark.parametrize("dtype", [tg.bool, tg.uint8, tg.int64, tg.bfloat16, tg.float32,
                                   tg.complex64], ids=str)  # fmt: skip
def test_make_tensor(dtype):
    t = make_tensor(20, 3, dtype=dtype, noncontiguous=True, exclude_zero=True)
    assert t.dtype is dtype
    assert t.shape == (20, 3)
    assert not t.is_contiguous()
    assert (t != 0).all()


def test_make_tensor_keeps_to_its_bounds():
    t = make_tensor(1000, dtype=tg.float32, low=2, high=3)
    assert 2 <= t.min() < 2.1 < 2.9 < t.max() < 3
    with pytest.raises(ValueError, match="less than"):
        make_tensor(1, dtype=tg.float32, low=3, high=3)


def test_summary_is_one_line_about_the_numbers():
    nan = float("nan")
    text = tg.tensor([[0.0, 1.0], [2.0, nan]]).summary()
    assert text.startswith("f32[2, 2]  min 0  mean 1  max 2  1 NaN  1 zero  █")
    assert tg.zeros(0, 3).summary() == "f32[0, 3]  no elements"
    assert tg.tensor(2.5).summary() == "f32[]  = 2.5"
    assert tg.tensor([nan, nan]).bfloat16().summary() == "bf16[2]  2 NaN"


def test_an_unknown_print_profile_is_refused():
    with pytest.raises(ValueError, match="default, short, full"):
        tg.set_printoptions(profile="x")
