"""How the elements of arrays lie in memory: what a view shows, and whether two arrays meet there.

Note [Geometry and layout]
~~~~~~~~~~~~~~~~~~~~~~~~~~
A *geometry* says which elements of another array a view shows, in bytes from that array's first
element. A *layout* says how the elements of that other array lie. A gradient has neither the
memory nor the strides of the value that it belongs to: to take "the view" of a gradient, it is laid
out as the value was, in new memory that reaches as far as the view does (`as_strided` may show what
the array itself does not), and the geometry is applied there.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from tracegrad.backend.device import Array, backend_of, namespace_of

# -- geometry and layout ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Geometry:
    """Which elements of its base a view shows, in bytes of the base's own layout.

    Attributes:
        offset: bytes from the base's first element to the view's.
        strides: bytes from one element to the next along each dimension.
    """

    shape: tuple[int, ...]
    strides: tuple[int, ...]
    offset: int


@dataclass(frozen=True, slots=True)
class Layout:
    """How an array's elements lie: enough to make another array to which a geometry fits."""

    shape: tuple[int, ...]
    strides: tuple[int, ...]
    dtype: Any

    @classmethod
    def of(cls, array: Array) -> Layout:
        return cls(array.shape, array.strides, array.dtype)

    @property
    def whole(self) -> Geometry:
        """The geometry of the array in itself."""
        return Geometry(self.shape, self.strides, 0)


def address(array: Array) -> int:
    """Of the first element."""
    backend = backend_of(array)
    if backend is not None:
        return backend.address(array)
    return int(array.__array_interface__["data"][0])


def geometry_of(view: Array, base: Array) -> Geometry:
    """The geometry of array `view`, which shares memory with array `base`."""
    return Geometry(view.shape, view.strides, address(view) - address(base))


def _reach(geometry: Geometry) -> tuple[int, int]:
    """Lowest and highest first byte of an element, from the base's first element."""
    if 0 in geometry.shape:
        return 0, 0
    spans = [s * (n - 1) for s, n in zip(geometry.strides, geometry.shape, strict=True)]
    low, high = sum(s for s in spans if s < 0), sum(s for s in spans if s > 0)
    return geometry.offset + low, geometry.offset + high


@dataclass(frozen=True, slots=True)
class Memory:
    """New memory in which an array with a layout and a view of it have their places.

    Attributes:
        elements: all of it, one-dimensional.
        start: bytes from there to the array's first element.
    """

    elements: Array
    start: int
    layout: Layout

    @classmethod
    def fitting(cls, layout: Layout, geometry: Geometry, like: Array) -> Memory:
        """Zeros that reach as far as array and view do, of the device and dtype of `like`."""
        lows, highs = zip(_reach(layout.whole), _reach(geometry), strict=True)
        itemsize = layout.dtype.itemsize
        xp = namespace_of(like)
        elements = xp.zeros((max(highs) - min(lows)) // itemsize + 1, like.dtype)
        return cls(elements, -min(lows) // itemsize * elements.itemsize, layout)

    def part(self, geometry: Geometry) -> Array:
        """A view of the elements that a geometry shows."""
        # Strides and offsets count bytes of the layout's dtype; gradients may have another.
        if 0 in geometry.shape:
            return namespace_of(self.elements).empty(geometry.shape, self.elements.dtype)
        old, new = self.layout.dtype.itemsize, self.elements.itemsize
        strides = tuple([s // old * new for s in geometry.strides])
        offset = self.start + geometry.offset // old * new
        return buffer_view(self.elements, geometry.shape, strides, offset)

    def places(self, geometry: Geometry) -> Array:
        """Where in `elements` those that a geometry shows stand."""
        numbers = namespace_of(self.elements).arange(self.elements.size)
        start = self.start // self.elements.itemsize * numbers.itemsize
        return Memory(numbers, start, self.layout).part(geometry)

    def add(self, geometry: Geometry, values: Array) -> None:
        """Add to a part, every time where it shows one element more than once."""
        part = self.part(geometry)
        if overlaps_itself(part):
            namespace_of(values).add.at(self.elements, self.places(geometry), values)
        else:
            part += values

    def shares(self) -> Array | None:
        """How often the array shows each of its elements; `None` where that is once."""
        whole = self.layout.whole
        if not overlaps_itself(self.part(whole)):
            return None
        places = self.places(whole)
        counts = namespace_of(places).bincount(places.ravel(), minlength=self.elements.size)
        return counts[places]


def take_view(values: Array, geometry: Geometry, layout: Layout) -> Array:
    """A copy of what the view shows of an array; zeros where it shows what the array does not.

    An array that shows an element several times gives its mean, which is the element for what was
    read from such an array, and makes this the transpose of `put_view`.
    """
    memory = Memory.fitting(layout, geometry, values)
    shares = memory.shares()
    memory.add(layout.whole, values if shares is None else values / shares)
    return memory.part(geometry).copy()


def put_view(values: Array, geometry: Geometry, layout: Layout) -> Array:
    """Zeros with values added where the view shows, in the array's layout.

    What an array shows several times is divided among the places, as PyTorch does.
    """
    memory = Memory.fitting(layout, geometry, values)
    memory.add(geometry, values)
    shares = memory.shares()
    whole = memory.part(layout.whole)
    return whole if shares is None else whole / shares


def replace_view(values: Array, part: Array, geometry: Geometry, layout: Layout) -> Array:
    """A copy of an array in its layout with the part that the view shows replaced."""
    memory = Memory.fitting(layout, geometry, values)
    memory.part(layout.whole)[...] = values
    memory.part(geometry)[...] = part
    return memory.part(layout.whole)


def buffer_view(
    elements: Array, shape: tuple[int, ...], strides: tuple[int, ...], offset: int
) -> Array:
    """Elements of a one-dimensional array under another shape; strides and offset in bytes."""
    backend = backend_of(elements)
    if backend is not None:
        return backend.strided(elements, shape, strides, offset)
    return np.ndarray(shape, elements.dtype, elements, offset, strides)


# -- memory that is there already ------------------------------------------------------------------


class _Span:
    """What NumPy asks for an array's memory; `of` keeps it alive."""

    def __init__(
        self, of: Array, at: int, shape: tuple[int, ...], strides: tuple[int, ...]
    ) -> None:
        self.of = of
        self.__array_interface__ = {
            "version": 3,
            "typestr": of.dtype.str,
            "data": (at, not of.flags.writeable),
            "shape": shape,
            "strides": strides,
        }


def strided(of: Array, geometry: Geometry) -> Array:
    """Any elements of the memory in which an array lies, by their geometry in that array.

    The caller makes sure that they lie in that memory.
    """
    backend = backend_of(of)
    if backend is not None:
        return backend.strided(of, geometry.shape, geometry.strides, geometry.offset)
    at = address(of) + geometry.offset
    return np.asarray(_Span(of, at, geometry.shape, geometry.strides))


def span(array: Array) -> tuple[int, int]:
    """Addresses of the first byte of an array and of the first one after it."""
    start = address(array)
    low, high = _reach(Geometry(array.shape, array.strides, start))
    return low, high + array.itemsize if array.size else low


def may_meet(a: Array, b: Array) -> bool:
    """Whether the memory from the first to the last byte of two arrays overlaps."""
    if type(a) is not type(b) or not a.size or not b.size:
        return False
    (low, high), (other_low, other_high) = span(a), span(b)
    return low < other_high and other_low < high


# -- overlaps --------------------------------------------------------------------------------------

Overlap = Literal["none", "full", "partial", "unclear"]


def overlap(a: Array, b: Array) -> Overlap:
    """How the memory of two arrays meets, as far as PyTorch looks.

    `full` is the same elements in the same order. It is `unclear` where either array has gaps or
    repeats itself.
    """
    if a is b:
        return "full"
    if not a.size or not b.size:
        return "none"
    (low, high), (other_low, other_high) = span(a), span(b)
    if high <= other_low or other_high <= low:
        return "none"
    if not (_is_dense(a, high - low) and _is_dense(b, other_high - other_low)):
        return "unclear"
    same = low == other_low and high == other_high and _same_steps(a, b)
    return "full" if same else "partial"


def _is_dense(array: Array, reach: int) -> bool:
    """Whether an array shows every element between its first and its last, each once."""
    return reach == array.nbytes and not overlaps_itself(array)


def _same_steps(a: Array, b: Array) -> bool:
    """Whether arrays of the same extent have their elements in the same order."""
    return bool(
        a.shape == b.shape
        and all(s == t for s, t, n in zip(a.strides, b.strides, a.shape, strict=True) if n > 1)
        and address(a) == address(b)
    )


def overlaps_itself(array: Array) -> bool:
    """Whether an array shows one element at several indices, as `expand` makes it do."""
    if array.flags.forc or not array.size:
        return False
    reach = 0
    steps = sorted([(abs(s), n) for s, n in zip(array.strides, array.shape, strict=True) if n > 1])
    for stride, n in steps:
        if stride == 0:
            return True
        if stride <= reach:  # as no view op but `as_strided` can make them: count
            return _repeats(steps)
        reach += stride * (n - 1)
    return False


def _repeats(steps: list[tuple[int, int]]) -> bool:
    unit = math.gcd(*[stride for stride, _ in steps])
    places = np.zeros(1, np.int64)
    for stride, n in steps:
        places = np.add.outer(places, np.arange(n) * (stride // unit)).ravel()
    return bool(np.bincount(places).max() > 1)


def shows_more(view: Array, base: Array) -> bool:
    """Whether a view shows an element that its base does not, as only `as_strided` makes it do."""
    if not view.size:
        return False
    if not base.size:
        return True
    (low, high), (view_low, view_high) = span(base), span(view)
    if view_low < low or view_high > high:
        return True
    if _is_dense(base, high - low):
        return False
    memory = Memory.fitting(Layout.of(base), geometry_of(view, base), bool)
    memory.part(memory.layout.whole)[...] = True
    return not memory.part(geometry_of(view, base)).all()
