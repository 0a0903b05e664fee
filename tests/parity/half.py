"""One expression of half precision, evaluated by tracegrad and by PyTorch."""

from __future__ import annotations

import numpy as np

from tests.parity.both import dtype_name, evaluate, flat, numbers


def assert_near(expression: str) -> None:
    """Dtypes are equal, values and gradients to the digits that half precision has."""
    ours, theirs = evaluate("tracegrad", expression), evaluate("torch", expression)
    assert theirs.error is None, theirs.error
    if ours.error is not None:
        raise ours.error
    assert sorted(ours.gradients) == sorted(theirs.gradients)
    pairs = list(zip(flat(ours.result), flat(theirs.result), strict=True))
    pairs += [(ours.gradients[name], g) for name, g in theirs.gradients.items()]
    for got, expected in pairs:
        assert dtype_name(got) == dtype_name(expected)
        np.testing.assert_allclose(numbers(got), numbers(expected), rtol=5e-3, atol=3e-3)
