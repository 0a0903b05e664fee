"""Rows made up by Hypothesis, as any program might record them."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from tracegrad.recording.model import EventRow, LocationRow, ScopeRow, Stats, TraceInfo, ValueRow
from tracegrad.recording.schema import DTYPES, EVENT, SCOPE, VALUE
from tracegrad.recording.writer import Batch

INFO = TraceInfo(
    "train.py", ("train.py", "--lr", "0.1"), "2026-01-02T03:04:05+00:00", "recording", "", 0,
    {"python": "3.11.7", "tracegrad": "0.1.0"},
)  # fmt: skip

ANY = st.integers(-(2**63), 2**63 - 1)
COUNT = st.integers(0, 2**63 - 1) | st.integers(0, 9)
TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=9)
FLOAT = st.floats(allow_nan=False)


def _ids(count: int) -> st.SearchStrategy[int | None]:
    return st.none() | st.integers(0, count - 1) if count else st.none()


def _words(layout: object, name: str) -> st.SearchStrategy[str]:
    return st.sampled_from(next(c.words for c in layout.columns if c.name == name))


def stats() -> st.SearchStrategy[Stats]:
    histogram = st.lists(COUNT, min_size=16, max_size=16).map(tuple)
    return st.builds(Stats, COUNT, COUNT, COUNT, COUNT, *[FLOAT] * 5, histogram)


@st.composite
def batches(draw: st.DrawFn) -> Batch:
    """One batch: every kind of row, all references to rows that are there."""
    number = st.integers(0, 4)
    events, values, locations, scopes = (draw(number) for _ in range(4))
    scopes += 1
    ids = st.lists(_ids(values), max_size=4).map(tuple)
    built = draw(
        st.fixed_dictionaries(
            {
                "events": _list(
                    EventRow, events, _words(EVENT, "kind"), TEXT, ids, ids, TEXT, _ids(locations),
                    st.integers(0, scopes - 1), ANY, ANY, _ids(events), st.booleans(), *[ANY] * 3,
                ),
                "locations": _list(
                    LocationRow, locations, TEXT, TEXT, ANY, ANY, ANY, ANY, TEXT, TEXT
                ),
                "scopes": _list(
                    ScopeRow, scopes, _ids(scopes), TEXT, TEXT, _words(SCOPE, "kind"), TEXT, TEXT
                ),
                "sources": st.dictionaries(TEXT, TEXT),
            }
        )
    )  # fmt: skip
    rows, contents = [], {"arrays": [], "stats": []}
    for id in range(values):
        array = draw(st.sampled_from(sorted(DTYPES)).flatmap(_array))
        known = draw(st.sampled_from(["arrays", "stats", "neither"]))
        rows.append(
            ValueRow(
                id, draw(_ids(events)), draw(ANY), draw(_words(VALUE, "role")), draw(TEXT),
                array.shape, array.dtype.name, draw(TEXT), draw(st.booleans()),
                draw(st.none() | COUNT), draw(ANY), draw(_ids(values)), array.nbytes,
                known == "arrays",
            )
        )  # fmt: skip
        if known != "neither":
            contents[known].append((id, array if known == "arrays" else draw(stats())))
    return Batch(values=rows, **contents, **built)


def _list(row: type, count: int, *fields: st.SearchStrategy) -> st.SearchStrategy[list]:
    return st.tuples(*[st.builds(row, st.just(id), *fields) for id in range(count)]).map(list)


def arrays_of(dtype: str, shapes: st.SearchStrategy) -> st.SearchStrategy:
    """Arrays of any dtype; those of bfloat16, which Hypothesis does not know, from their bits."""
    if dtype == "bfloat16":
        return arrays.arrays("uint16", shapes).map(lambda bits: bits.view(DTYPES[dtype]))
    return arrays.arrays(dtype, shapes)


def _array(dtype: str) -> st.SearchStrategy:
    return arrays_of(dtype, arrays.array_shapes(min_dims=0, min_side=0, max_side=4))
