"""One expression, evaluated by tracegrad and by PyTorch on the same inputs."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import torch

import tracegrad as tg

LIBRARIES = {"tracegrad": tg, "torch": torch}


def inputs() -> dict[str, np.ndarray[Any, Any]]:
    """Arrays by the names that expressions use; floats become tensors that require grad."""
    random = np.random.default_rng(7)
    roomy = random.normal(size=(8, 6)).astype(np.float32)
    return {
        "a": random.normal(size=(2, 3)).astype(np.float32),
        "b": random.normal(size=(2, 3)).astype(np.float32),
        "row": random.normal(size=3).astype(np.float32),
        "column": random.normal(size=(2, 1)).astype(np.float32),
        "s": np.array(1.5, np.float32),
        "s2": np.array(-0.75, np.float32),
        "e": np.zeros((0, 3), np.float32),
        "n": roomy[::2, ::-2].T,  # (3, 4), with gaps, reversed, transposed
        "c": random.normal(size=(2, 3, 4)).astype(np.float32),
        "p": random.uniform(0.2, 0.8, size=(2, 3)).astype(np.float32),
        "d": random.normal(size=(2, 3)),
        "m": random.normal(size=(3, 4)).astype(np.float32),
        "q": random.normal(size=(3, 3)).astype(np.float32),
        "v": random.normal(size=4).astype(np.float32),
        "ties": np.array([[1.0, 3.0, 3.0], [2.0, 2.0, 0.0]], np.float32),
        "special": np.array([np.nan, np.inf, -np.inf, 0.0, -0.0, 1.0], np.float32),
        "i": np.array([[1, -2, 3], [0, 5, -6]], np.int64),
        "j": np.array([2, -3, 4], np.int64),
        "u": np.array([[1, 250, 3]], np.uint8),
        "i32": np.array([1, 2, 3], np.int32),
        "t": np.array([[True, False, True], [False, False, True]]),
        "f": np.array([True, True, False]),
        "z": (random.normal(size=3) + 1j * random.normal(size=3)).astype(np.complex64),
        "idx": np.array([[0, 1, 1], [1, 0, 1]], np.int64),
        "pos": np.array([1, 0, 1], np.int64),
        "y": np.array([2, 0], np.int64),
    }


def environment(library: str, grad: bool = True) -> dict[str, Any]:
    """Names for expressions: `t` is the library, the others are tensors."""
    module = LIBRARIES[library]
    names: dict[str, Any] = {
        "T": module,
        "F": module.nn.functional,
        "inf": float("inf"),
        "nan": float("nan"),
        "N": np,
    }
    for name, array in inputs().items():
        if library == "torch":
            tensor = torch.from_numpy(np.ascontiguousarray(array).copy().reshape(array.shape))
            if name == "n":
                tensor = torch.from_numpy(np.ascontiguousarray(array.T)).T
        else:
            tensor = tg.from_numpy(array.copy() if name != "n" else array)
        if grad and array.dtype.kind == "f":
            tensor.requires_grad_()
        names[name] = tensor
    return names


def flat(result: Any) -> list[Any]:
    """The tensors and numbers of a result, in order."""
    if isinstance(result, tuple | list) and not hasattr(result, "numel"):
        return [part for item in result for part in flat(item)]
    return [result]


def dtype_name(tensor: Any) -> str:
    return str(tensor.dtype).rpartition(".")[2]


def numbers(value: Any) -> Any:
    """A tensor as an array. (PyTorch's lazy zeros have no elements before something is added.)"""
    return np.array((value.detach() + 0 if value.is_floating_point() else value).tolist())


def evaluate(library: str, expression: str, grad: bool = True) -> SimpleNamespace:
    """Result, gradients by input, error. Of statements separated by `;` the last is the result."""
    names = environment(library, grad)
    *statements, last = expression.split("; ")
    try:
        for statement in statements:
            exec(statement, names)
        result = eval(last, names)
        return SimpleNamespace(
            error=None, result=result, gradients=gradients(library, names, result)
        )
    except Exception as error:
        return SimpleNamespace(error=error, result=None, gradients={})


def gradients(library: str, names: dict[str, Any], result: Any) -> dict[str, Any]:
    """What backward leaves in each input, from gradients that differ for each element."""
    module = LIBRARIES[library]
    roots = [
        r
        for r in flat(result)
        if hasattr(r, "requires_grad") and r.requires_grad and r.is_floating_point()
    ]
    if not roots:
        return {}
    starts = [
        module.tensor(
            np.linspace(0.5, 1.5, max(r.numel(), 1))[: r.numel()].tolist(), dtype=r.dtype
        ).view(r.shape)
        for r in roots
    ]
    module.autograd.backward(roots, starts)
    found = {}
    for name, tensor in names.items():
        if name in inputs() and tensor.grad is not None:
            found[name] = tensor.grad
    return found


def assert_same(expression: str) -> None:
    """Values, dtypes, shapes and gradients are equal in both; or both raise the same class."""
    ours, theirs = evaluate("tracegrad", expression), evaluate("torch", expression)
    if theirs.error is not None:
        assert ours.error is not None, (
            f"PyTorch raises {theirs.error!r}; tracegrad gives {ours.result!r}"
        )
        assert isinstance(ours.error, type(theirs.error)), (ours.error, theirs.error)
        return
    if ours.error is not None:
        raise ours.error
    mine, wanted = flat(ours.result), flat(theirs.result)
    assert len(mine) == len(wanted)
    for got, expected in zip(mine, wanted, strict=True):
        assert_equal(got, expected)
        if hasattr(expected, "requires_grad"):
            assert got.requires_grad == expected.requires_grad, f"requires_grad={got.requires_grad}"
    assert sorted(ours.gradients) == sorted(theirs.gradients)
    for name, expected in theirs.gradients.items():
        assert_equal(ours.gradients[name], expected)


def assert_equal(got: Any, expected: Any) -> None:
    if not hasattr(expected, "detach"):
        if isinstance(expected, torch.dtype):
            got, expected = repr(got), repr(expected).replace("torch", "tracegrad")
        assert got == expected or (got != got and expected != expected), (got, expected)
        return
    assert tuple(got.shape) == tuple(expected.shape), (
        f"shape {got.shape}, expected {expected.shape}"
    )
    assert dtype_name(got) == dtype_name(expected), f"{got.dtype}, expected {expected.dtype}"
    tolerance = 2e-3 if dtype_name(got) == "float16" else 2e-5
    np.testing.assert_allclose(numbers(got), numbers(expected), rtol=tolerance, atol=1e-6)
