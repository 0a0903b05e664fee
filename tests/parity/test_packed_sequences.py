"""Packing and padding as in PyTorch: values, indices, lengths, gradients, errors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tracegrad as tg

torch = pytest.importorskip("torch", reason="extra `parity` is not installed")
pytestmark = pytest.mark.parity

EXPRESSIONS = [
    "pack_padded_sequence(x, [4, 2, 1])",
    "pack_padded_sequence(x, T.tensor([2, 4, 1]), enforce_sorted=False)",
    "pack_padded_sequence(x, [3, 3, 3])",
    "pack_padded_sequence(x, T.tensor([3.0, 2.0, 1.0]))",
    "pack_padded_sequence(x, [1, 4, 2, 4][:3], batch_first=False, enforce_sorted=False)",
    "pack_padded_sequence(x, [2, 1, 3, 2], batch_first=True, enforce_sorted=False)",
    "pack_padded_sequence(T.cat([x, x], -1), [4, 2, 1])",
    "pack_sequence([x[:, 0], x[:2, 1], x[:1, 2]])",
    "pack_sequence([x[:1, 0], x[:2, 1], x[:3, 2], x[:2, 0]], enforce_sorted=False)",
    "pad_packed_sequence(pack_padded_sequence(x, [4, 2, 1]))",
    "pad_packed_sequence(pack_padded_sequence(x, [4, 2, 1]), True, -1.5, 6)",
    "pad_packed_sequence(pack_padded_sequence(x, [2, 3, 1], enforce_sorted=False))",
    "pad_packed_sequence(pack_padded_sequence(x, [2, 3, 1], False, False), True, 7.0)",
    "pad_packed_sequence(pack_sequence([T.tensor([1, 2]), T.tensor([3])]), padding_value=9)",
    "unpack_sequence(pack_sequence([x[:1, 0], x[:3, 1], x[:2, 2]], enforce_sorted=False))",
    "invert_permutation(T.tensor([2, 0, 3, 1]))",
    "invert_permutation(None)",
    "PackedSequence((x, T.tensor([2, 2])))",
    "PackedSequence(x, T.tensor([2, 2]), T.tensor([1, 0]))",
    "pack_padded_sequence(x, [2, 3, 1], enforce_sorted=False).double()",
    "pack_padded_sequence(x, [2, 3, 1], enforce_sorted=False).to(T.int32)",
]

REFUSED = [
    "pack_padded_sequence(x, [4, 2])",
    "pack_padded_sequence(x, [2, 4, 1])",
    "pack_padded_sequence(x, [4, 2, 0])",
    "pack_padded_sequence(x[:0], [1, 1, 1])",
    "pad_packed_sequence(pack_padded_sequence(x, [3, 2, 1]), total_length=2)",
    "pack_sequence([])",
    "pack_sequence([x[:1], x])",
    "PackedSequence(x)",
]


def evaluated(library: Any, text: str) -> tuple[Any, Any]:
    rnn = library.nn.utils.rnn
    names = {name: getattr(rnn, name) for name in torch.nn.utils.rnn.__all__}
    x = library.tensor(np.arange(24.0).reshape(4, 3, 2).tolist(), requires_grad=True)
    return eval(text, {**names, "T": library, "x": x}), x


def flat(result: Any) -> list[Any]:
    if isinstance(result, tuple | list):
        return [t for part in result for t in flat(part)]
    return [result]


@pytest.mark.parametrize("text", EXPRESSIONS)
def test_an_expression_gives_pytorchs_tensors_and_gradients(text):
    results = []
    for library in (tg, torch):
        result, x = evaluated(library, text)
        parts = flat(result)
        found = [
            None if t is None else (t.tolist(), str(t.dtype).rpartition(".")[2]) for t in parts
        ]
        roots = [t for t in parts if t is not None and t.requires_grad]
        if roots:
            sum((t * library.arange(t.numel()).reshape(t.shape)).sum() for t in roots).backward()
        results.append((type(result).__name__, found, None if not roots else x.grad.tolist()))
    assert results[0] == results[1]


@pytest.mark.parametrize("text", REFUSED)
def test_what_cannot_be_packed_is_refused_in_pytorchs_words(text):
    errors = []
    for library in (tg, torch):
        with pytest.raises(Exception) as error:  # noqa: PT011 - the class is what is compared
            evaluated(library, text)
        errors.append(error.value)
    assert type(errors[0]) is type(errors[1])
    first = str(errors[0]).partition("\n")[0]
    assert str(errors[1]).partition("\n")[0].startswith(first.rstrip("."))
