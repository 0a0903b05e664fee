"""Random tensors, and overwriting tensors with random numbers.

Numbers are drawn on the host, in PyTorch's order where that is known (see `backend/random.py`), and
copied to the device.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from tracegrad import dtypes
from tracegrad._tensor import Tensor
from tracegrad.backend import random
from tracegrad.backend.device import on_device, on_host
from tracegrad.backend.random import Generator, chosen
from tracegrad.graph.cut import cut_among
from tracegrad.ops.declare import TABLE
from tracegrad.ops.inplace import apply_inplace
from tracegrad.ops.made import DeviceLike, made, made_as, numpy_dtype, plain_number, sizes_of

# -- seeds -----------------------------------------------------------------------------------------


def manual_seed(seed: int) -> random.Generator:
    """Seed the random numbers of every device."""
    return random.manual_seed(seed)


def _get_state(self: Generator) -> Tensor:
    """The generator's state as a tensor of bytes."""
    return made("get_state", self.state())


def _set_state(self: Generator, new_state: Tensor) -> Generator:
    """Go back to a state that `get_state` gave.

    Raises:
        TypeError, RuntimeError: it is no such state.
    """
    if not isinstance(new_state, Tensor):
        raise TypeError(f"expected a tensor of bytes, got {type(new_state).__name__}")
    self.restore(on_host(new_state._array))
    return self


Generator.get_state, Generator.set_state = _get_state, _set_state


# -- new tensors -----------------------------------------------------------------------------------


def _need_floats(name: str, dtype: Any) -> None:
    if dtype.kind not in "fV":
        kind = dtypes.SCALAR_NAMES[dtypes.from_numpy(dtype).name]
        raise NotImplementedError(
            f"\"{name}\" not implemented for '{kind}'\n  try: a floating-point dtype"
        )


def _random(name: str, check: str, draw: Callable[..., Any], doc: str) -> tuple[Any, Any]:
    """`rand` and `rand_like`, and so on for other distributions."""

    def plain(
        *args: Any,
        size: Any = None,
        generator: random.Generator | None = None,
        dtype: Any = None,
        device: DeviceLike = None,
        requires_grad: bool = False,
        **harmless: Any,
    ) -> Tensor:
        shape = sizes_of(name, args, size)
        kind = numpy_dtype(dtype)
        _need_floats(check, kind)
        array = draw(chosen(generator), math.prod(shape), kind, True).reshape(shape)
        return made_as(name, array, harmless, device, requires_grad, size=shape)

    def like(
        input: Tensor,
        *,
        generator: random.Generator | None = None,
        dtype: Any = None,
        device: DeviceLike = None,
        requires_grad: bool = False,
        **harmless: Any,
    ) -> Tensor:
        wanted = input._array.dtype if dtype is None else numpy_dtype(dtype)
        _need_floats(check, wanted)
        given = input._array
        drawn = draw(chosen(generator), given.size, wanted, random.is_ordered(given))
        array = random.along_memory(drawn, given)
        where = input.device if device is None else device
        return made_as(f"{name}_like", array, harmless, where, requires_grad)

    plain.__name__, like.__name__ = name, f"{name}_like"
    plain.__doc__ = f"A tensor of random numbers {doc}."
    like.__doc__ = f"A tensor of the shape and dtype of another, with random numbers {doc}."
    return plain, like


rand, rand_like = _random(
    "rand",
    "check_uniform_bounds",
    lambda source, n, dtype, ordered: source.uniform(n, dtype),
    "uniform in [0, 1)",
)
randn, randn_like = _random(
    "randn",
    "normal_kernel_cpu",
    lambda source, n, dtype, ordered: source.normal(n, dtype, grouped=ordered),
    "from the standard normal distribution",
)


def _whole(source: Generator, n: int, low: int, high: int, dtype: Any) -> Any:
    """Integers in [low, high) of a dtype."""
    if high <= low:
        raise RuntimeError(
            f"random_ expects 'from' to be less than 'to', but got from={low} >= to={high}"
        )
    if dtype.kind in "iu":
        limits = np.iinfo(dtype)
        for name, value in (("from", low), ("to - 1", high - 1)):
            if not limits.min <= value <= limits.max:
                raise RuntimeError(f"{name} is out of bounds for {dtype}: {value}")
    return source.integers(n, low, high).astype(dtype)


def randint(
    low: int,
    high: Any = None,
    size: Any = None,
    *,
    generator: random.Generator | None = None,
    dtype: Any = dtypes.int64,
    device: DeviceLike = None,
    requires_grad: bool = False,
    **harmless: Any,
) -> Tensor:
    """Random integers in `[low, high)`; `randint(high, size)` starts at 0."""
    if size is None:
        low, high, size = 0, low, high
    elif high is None:
        low, high = 0, low
    low, high = int(plain_number(low)), int(plain_number(high))
    shape = sizes_of("randint", (size,))
    drawn = _whole(chosen(generator), math.prod(shape), low, high, numpy_dtype(dtype))
    array = drawn.reshape(shape)
    return made_as("randint", array, harmless, device, requires_grad, low=low, high=high)


def randint_like(
    input: Tensor,
    low: int,
    high: Any = None,
    *,
    dtype: Any = None,
    device: DeviceLike = None,
    requires_grad: bool = False,
    **harmless: Any,
) -> Tensor:
    """Random integers in `[low, high)` in the shape and dtype of another tensor."""
    if high is None:
        low, high = 0, low
    wanted = input._array.dtype if dtype is None else numpy_dtype(dtype)
    drawn = _whole(chosen(None), input._array.size, int(low), int(high), wanted)
    array = random.along_memory(drawn, input._array)
    where = input.device if device is None else device
    return made_as("randint_like", array, harmless, where, requires_grad, low=low, high=high)


def randperm(
    n: int,
    *,
    generator: random.Generator | None = None,
    dtype: Any = dtypes.int64,
    device: DeviceLike = None,
    requires_grad: bool = False,
    **harmless: Any,
) -> Tensor:
    """The integers below `n` in random order."""
    sizes_of("randperm", (n,))
    array = chosen(generator).permutation(n).astype(numpy_dtype(dtype))
    return made_as("randperm", array, harmless, device, requires_grad, n=n)


# -- from tensors of parameters --------------------------------------------------------------------


def _from_tensor(op: str, array: Any, *parameters: Tensor, **options: Any) -> Tensor:
    """A tensor of numbers drawn by those in others: no gradient flows through the draw."""
    result = made(op, on_device(array, parameters[0].device), **options)
    result._cut = cut_among(op, parameters)
    return result


def normal(
    mean: Any,
    std: Any = 1.0,
    size: Any = None,
    *,
    generator: random.Generator | None = None,
    dtype: Any = None,
    device: DeviceLike = None,
    requires_grad: bool = False,
    **harmless: Any,
) -> Tensor:
    """Normal random numbers of the given means and standard deviations: numbers with a `size`, or
    tensors.
    """
    parameters = [p for p in (mean, std) if isinstance(p, Tensor)]
    if isinstance(std, Tensor):
        _check(not (std < 0).any(), "normal expects all elements of std >= 0.0")
    else:
        _check(std >= 0, f"normal expects std >= 0.0, but found std {std:g}")
    if not parameters:
        if size is None:
            raise TypeError("normal() of two numbers needs a size")
        shape, wanted = sizes_of("normal", (size,)), numpy_dtype(dtype)
        _need_floats("normal_kernel_cpu", wanted)
        drawn = chosen(generator).normal(math.prod(shape), wanted, mean, std).reshape(shape)
        return made_as("normal", drawn, harmless, device, requires_grad, mean=mean, std=std)
    means, stds = (on_host(p._array) if isinstance(p, Tensor) else p for p in (mean, std))
    wanted = parameters[0]._array.dtype
    shape = np.broadcast_shapes(np.shape(means), np.shape(stds))
    drawn = chosen(generator).normal(math.prod(shape), wanted).reshape(shape)
    return _from_tensor("normal", (drawn * stds + means).astype(wanted), *parameters)


def bernoulli(
    input: Tensor, p: float | None = None, *, generator: random.Generator | None = None
) -> Tensor:
    """1 with the probability that each element is (or all with probability `p`), else 0.

    Raises:
        RuntimeError: one is no probability.
    """
    array = on_host(input._array)
    if p is None:
        _need_floats("bernoulli_tensor_cpu_p_", array.dtype)
    chances = array.ravel() if p is None else np.array(p, np.float64)
    if not np.all((chances >= 0) & (chances <= 1)):
        raise RuntimeError(
            "Expected p_in >= 0 && p_in <= 1 to be true, but got false: a probability lies "
            "between 0 and 1"
        )
    drawn = _trials(chosen(generator), array.size, chances).reshape(array.shape)
    return _from_tensor("bernoulli", drawn.astype(array.dtype), input)


def _trials(source: Generator, n: int, chances: Any) -> Any:
    """True with a probability each, or one for all, which is then taken to 53 bits."""
    if chances.ndim == 0:
        return source.bernoulli(n, float(chances))
    return source.uniform(n, _wide(chances.dtype)) < chances


def _wide(dtype: Any) -> Any:
    return dtype if dtype == np.float64 else np.dtype(np.float32)


def multinomial(
    input: Tensor,
    num_samples: int,
    replacement: bool = False,
    *,
    generator: random.Generator | None = None,
) -> Tensor:
    """Indices drawn with the probabilities that each row's elements are proportional to.

    Raises:
        RuntimeError: a row is no distribution, or has too few elements to draw without
            replacement.
    """
    weights = on_host(input._array)
    if weights.ndim not in (1, 2):
        raise RuntimeError("prob_dist must be 1 or 2 dim")
    if weights.dtype.kind not in "fV":
        raise RuntimeError(
            "multinomial only supports floating-point dtypes for input, got: "
            f"{input.dtype}\n  try: .float() first"
        )
    if num_samples <= 0:
        raise RuntimeError("cannot sample n_sample <= 0 samples")
    if not replacement and num_samples > weights.shape[-1]:
        raise RuntimeError(
            "cannot sample n_sample > prob_dist.size(-1) samples without replacement: "
            f"{num_samples} of {weights.shape[-1]}"
        )
    rows = weights.reshape(-1, weights.shape[-1]).astype(np.float64)
    if not np.all(np.isfinite(rows) & (rows >= 0)):
        raise RuntimeError("probability tensor contains either `inf`, `nan` or element < 0")
    if not np.all(rows.sum(1) > 0):
        raise RuntimeError("invalid multinomial distribution (sum of probabilities <= 0)")
    source = chosen(generator)
    if replacement and num_samples > 1:  # one is drawn as without: PyTorch's numbers
        sums = np.cumsum(rows, 1)
        sums /= sums[:, -1:]
        drawn = source.uniform(len(rows) * num_samples, np.dtype(np.float64)).reshape(len(rows), -1)
        found = [np.searchsorted(s, u, side="right") for s, u in zip(sums, drawn, strict=True)]
        indices = np.minimum(np.stack(found), rows.shape[1] - 1) if len(rows) else rows[:, :0]
    else:  # Efraimidis and Spirakis (2006): the largest of u ** (1 / weight), here as logarithms
        waits = -np.log1p(-source.uniform(rows.size, np.dtype(np.float64)).reshape(rows.shape))
        order = np.argsort(np.where(rows > 0, waits / np.where(rows > 0, rows, 1), np.inf), 1)
        indices = order[:, :num_samples]
    shape = (*weights.shape[:-1], num_samples)
    return _from_tensor("multinomial", indices.astype(np.int64).reshape(shape), input)


def poisson(input: Tensor, generator: random.Generator | None = None) -> Tensor:
    """Poisson random numbers with the rates that the elements are."""
    rates = on_host(input._array)
    _need_floats("poisson_cpu", rates.dtype)
    if not np.all(rates >= 0):
        raise RuntimeError("invalid Poisson rate, expected rate to be non-negative")
    drawn = chosen(generator).bits.poisson(rates.astype(np.float64))
    return _from_tensor("poisson", np.asarray(drawn).astype(rates.dtype), input)


# -- in place --------------------------------------------------------------------------------------


def _write(name: str, self: Tensor, numbers: Any) -> Tensor:
    """Numbers in a row over a tensor's elements, in the order of its memory."""
    array = random.along_memory(numbers.astype(self._array.dtype, copy=False), self._array)
    source = Tensor._of(on_device(array, self.device))
    return apply_inplace(TABLE["copy"], name, (self, source), {"non_blocking": False})


def _check(condition: bool, message: str) -> None:
    if not condition:
        raise RuntimeError(message)


def uniform_(
    self: Tensor,
    from_: float = 0,
    to: float = 1,
    *,
    generator: random.Generator | None = None,
    **named: Any,
) -> Tensor:
    """Overwrite every element with a random number, uniform in [from, to)."""
    low = named.pop("from", from_)  # PyTorch's name for it, which Python reserves
    if named:
        raise TypeError(f"uniform_() got an unexpected keyword argument '{next(iter(named))}'")
    _need_floats("check_uniform_bounds", self._array.dtype)
    _check(
        low <= to,
        f"uniform_ expects to return a [from, to) range, but found from={low:g} > to={to:g}",
    )
    dtype = self._array.dtype
    return _write("uniform_", self, chosen(generator).uniform(self._array.size, dtype, low, to))


def normal_(
    self: Tensor, mean: float = 0.0, std: float = 1.0, *, generator: random.Generator | None = None
) -> Tensor:
    """Overwrite every element with a normal random number."""
    _need_floats("normal_kernel_cpu", self._array.dtype)
    _check(std >= 0, f"normal expects std >= 0.0, but found std {std:g}")
    array = self._array
    grouped = array.flags.c_contiguous
    drawn = chosen(generator).normal(array.size, array.dtype, mean, std, grouped=grouped)
    return _write("normal_", self, drawn)


def log_normal_(
    self: Tensor, mean: float = 1.0, std: float = 2.0, *, generator: random.Generator | None = None
) -> Tensor:
    """Overwrite every element with the exponential of a normal random number."""
    _need_floats("log_normal_cpu", self._array.dtype)
    _check(std > 0, f"log_normal_ expects std > 0.0, but found std={std:g}")
    drawn = chosen(generator).normals_one_by_one(self._array.size) * std + mean
    return _write("log_normal_", self, np.exp(drawn))


def _by_inversion(name: str, check: str, inverse: Callable[..., Any]) -> Callable[..., Tensor]:
    """An in-place draw that is a function of uniform numbers.

    Args:
        check: what PyTorch expects of the parameter: its name, the condition, where it stands.
    """
    parameter_name, _, condition = check.partition(" ")

    def draw(
        self: Tensor, parameter: float, generator: random.Generator | None, *rest: float
    ) -> Tensor:
        fits = 0 < parameter < 1 if "(0, 1)" in condition else parameter > 0
        _check(fits, f"{name} expects {check}, but found {parameter_name}={parameter:g}")
        uniform = chosen(generator).uniform(self._array.size, np.dtype(np.float64))
        return _write(name, self, inverse(uniform, parameter, *rest))

    return draw


_exponential = _by_inversion("exponential_", "lambda > 0.0", lambda u, rate: -np.log1p(-u) / rate)
_geometric = _by_inversion(
    "geometric_", "p to be in (0, 1)", lambda u, p: np.ceil(np.log(u) / math.log1p(-p))
)
_cauchy = _by_inversion(
    "cauchy_",
    "sigma > 0.0",
    lambda u, sigma, median: median + sigma * np.tan(math.pi * (u - 0.5)),
)


def exponential_(
    self: Tensor, lambd: float = 1.0, *, generator: random.Generator | None = None
) -> Tensor:
    """Overwrite every element with an exponential random number of rate `lambd`."""
    _need_floats("exponential_cpu", self._array.dtype)
    return _exponential(self, lambd, generator)


def geometric_(self: Tensor, p: float, *, generator: random.Generator | None = None) -> Tensor:
    """Overwrite every element with the number of trials until the first success."""
    return _geometric(self, p, generator)


def cauchy_(
    self: Tensor,
    median: float = 0.0,
    sigma: float = 1.0,
    *,
    generator: random.Generator | None = None,
) -> Tensor:
    """Overwrite every element with a Cauchy random number."""
    _need_floats("cauchy_cpu", self._array.dtype)
    return _cauchy(self, sigma, generator, median)


def bernoulli_(self: Tensor, p: Any = 0.5, *, generator: random.Generator | None = None) -> Tensor:
    """Overwrite every element with 1, with probability `p` (a number or a tensor), else with 0."""
    chances = on_host(p._array) if isinstance(p, Tensor) else np.array(p, np.float64)
    _check(
        bool(np.all((chances >= 0) & (chances <= 1))),
        f"bernoulli_ expects p to be in [0, 1], but got p={p}",
    )
    if isinstance(p, Tensor):
        chances = np.broadcast_to(chances, self._array.shape)
        chances = random.row_of_memory(chances, self._array)
    return _write("bernoulli_", self, _trials(chosen(generator), self._array.size, chances))


def random_(
    self: Tensor,
    from_: Any = None,
    to: int | None = None,
    *,
    generator: random.Generator | None = None,
) -> Tensor:
    """Overwrite every element with a random integer: in [from, to), in [0, to), or all that the
    dtype holds exactly.
    """
    dtype = self._array.dtype
    if from_ is not None and to is None:
        from_, to = 0, from_
    if to is None:
        if self.dtype.is_floating_point:
            to = 2 ** _digits(self.dtype) + 1
        else:
            to = 2 if dtype.kind == "b" else dtypes.iinfo(self.dtype).max + 1
    low = 0 if from_ is None else from_
    numbers = _whole(chosen(generator), self._array.size, int(low), int(to), dtype)
    return _write("random_", self, numbers)


def _digits(dtype: dtypes.dtype) -> int:
    """Binary digits of a floating-point dtype, the hidden one included."""
    return {"float64": 53, "float32": 24, "float16": 11}.get(dtype.name, 8)


# -- what is installed where -----------------------------------------------------------------------

FUNCTIONS: dict[str, Callable[..., Any]] = {
    f.__name__: f
    for f in (
        manual_seed, rand, rand_like, randn, randn_like, randint, randint_like, randperm, normal,
        bernoulli, multinomial, poisson,
    )
}  # fmt: skip
"""Public functions of this file by name."""

METHODS: dict[str, Callable[..., Any]] = {
    f.__name__: f
    for f in (
        uniform_, normal_, log_normal_, exponential_, geometric_, cauchy_, bernoulli_, random_,
        bernoulli, multinomial,
    )
}  # fmt: skip
"""Methods."""
