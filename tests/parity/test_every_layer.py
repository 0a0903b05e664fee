"""Every class of `torch.nn`, from the table in `layer_cases.py`: text, state, first values, outputs
and gradients from equal weights, in training and in evaluation.
"""

from __future__ import annotations

import inspect
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest

import tracegrad as tg
from tests.parity.both import flat
from tests.parity.layer_cases import CASES, NO_MODULES, REFUSED, Case

torch = pytest.importorskip("torch", reason="extra `parity` is not installed")
pytestmark = [
    pytest.mark.parity,
    pytest.mark.filterwarnings("ignore:LSTM with projections is not supported with oneDNN"),
]

CALLED = [case for case in CASES if case.inputs]


@contextmanager
def quiet(case: Case) -> Iterator[None]:
    """Ignore the warning that a case is known for."""
    with warnings.catch_warnings():
        if case.warns:
            warnings.filterwarnings("ignore", ".*" + re.escape(case.warns))
        yield


def made(library: Any, case: Case) -> Any:
    """The module, from a seed."""
    library.manual_seed(3)
    with quiet(case):
        return eval(f"nn.{case.text}", {"nn": library.nn, "t": library})


def arguments(library: Any, case: Case) -> list[Any]:
    """The inputs as tensors, with a gradient where the case wants one."""
    wanted = len(case.inputs) if case.differentiable is None else case.differentiable
    tensors = [None if a is None else library.tensor(np.array(a)) for a in case.inputs]
    for tensor in tensors[:wanted]:
        if tensor is not None and tensor.is_floating_point():
            tensor.requires_grad_()
    return tensors


def called(library: Any, case: Case, module: Any, inputs: list[Any]) -> Any:
    library.manual_seed(4)
    first = eval(case.before, {"x": inputs[0], "t": library})
    with quiet(case):
        return module(first, *inputs[1:])


def pair(case: Case) -> tuple[Any, Any]:
    """The module in both libraries, with equal weights that are nowhere 0 or 1 throughout."""
    ours, theirs = made(tg, case), made(torch, case)
    if case.name.startswith("Lazy"):
        for library, module in ((tg, ours), (torch, theirs)):
            called(library, case, module.eval(), arguments(library, case))
    random = np.random.default_rng(6)
    with torch.no_grad():
        for name, tensor in theirs.state_dict().items():
            if tensor.is_floating_point():
                drawn = torch.from_numpy(random.uniform(0.2, 1.2, tuple(tensor.shape)))
                tensor.copy_(tensor + 0.3 * drawn if "var" not in name else drawn)
    ours.load_state_dict(theirs.state_dict())
    return ours, theirs


def outcome(library: Any, case: Case, module: Any, mode: bool) -> list[Any]:
    """Outputs, gradients of inputs and of parameters, and the state afterwards."""
    module.train(mode)
    module.zero_grad()
    inputs = arguments(library, case)
    outputs = flat(called(library, case, module, inputs))
    roots = [o for o in outputs if o.requires_grad]
    random = np.random.default_rng(8)
    starts = [random.uniform(0.5, 1.5, tuple(o.shape)).astype(np.float32) for o in roots]
    if roots:
        library.autograd.backward(roots, [library.tensor(s) for s in starts])
    leaves = [*[i for i in inputs if i is not None], *module.parameters()]
    return [*outputs, *(leaf.grad for leaf in leaves), *module.state_dict().values()]


def assert_equal_numbers(ours: Any, theirs: Any) -> None:
    assert (ours is None) == (theirs is None)
    if theirs is not None:
        ours, theirs = ours.detach().numpy(), theirs.detach().numpy()
        assert ours.shape == theirs.shape
        assert ours.dtype == theirs.dtype
        np.testing.assert_allclose(ours, theirs, rtol=2e-4, atol=2e-5)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_new_module_reads_as_in_pytorch_and_starts_with_its_numbers(case):
    ours, theirs = made(tg, case), made(torch, case)
    assert repr(ours).replace("tracegrad", "torch") == repr(theirs)
    own, wanted = ours.state_dict(), theirs.state_dict()
    assert list(own) == list(wanted)
    assert [n for n, _ in ours.named_parameters()] == [n for n, _ in theirs.named_parameters()]
    for name, value in wanted.items():
        if tg.nn.parameter.is_lazy(own[name]):
            assert torch.nn.parameter.is_lazy(value)
        else:
            mine, yours = own[name].numpy(), value.numpy()
            assert (mine.shape, mine.dtype) == (yours.shape, yours.dtype)
            np.testing.assert_allclose(mine, yours, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("mode", [True, False], ids=["training", "evaluation"])
@pytest.mark.parametrize("case", CALLED, ids=str)
def test_outputs_gradients_and_state_agree_from_equal_weights(case, mode):
    if case.draws and mode:
        mode = False  # its own sequence: tests/nn/test_functional_dropout.py has the shares
    ours, theirs = pair(case)
    for one, other in zip(
        outcome(tg, case, ours, mode), outcome(torch, case, theirs, mode), strict=True
    ):
        assert_equal_numbers(one, other)


@pytest.mark.parametrize("case", [c for c in CASES if c.name.startswith("Lazy")], ids=str)
def test_a_lazy_module_becomes_what_it_becomes_in_pytorch(case):
    ours, theirs = made(tg, case), made(torch, case)
    for library, module in ((tg, ours), (torch, theirs)):
        called(library, case, module, arguments(library, case))
    assert type(ours).__name__ == type(theirs).__name__ == case.name.removeprefix("Lazy")
    assert repr(ours) == repr(theirs)
    for one, other in zip(ours.state_dict().values(), theirs.state_dict().values(), strict=True):
        assert_equal_numbers(one, other)


@pytest.mark.parametrize("case", [c for c in CASES if c.warns], ids=str)
def test_what_warns_in_pytorch_warns_here(case):
    for library in (tg, torch):
        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            module = eval(f"nn.{case.text}", {"nn": library.nn, "t": library})
            module(*arguments(library, case))
        assert any(case.warns in str(w.message) for w in warned)


def test_no_class_of_pytorch_is_missing_from_the_table():
    public = {
        name
        for name, value in vars(torch.nn).items()
        if inspect.isclass(value) and not name.startswith("_")
    }
    compared = {case.name for case in CASES}
    assert not compared & {*NO_MODULES, *REFUSED}
    assert public - compared - NO_MODULES == {*REFUSED}
    assert not {name for name in REFUSED if hasattr(tg.nn, name)}
    assert not {name for name in public - {*REFUSED} if not hasattr(tg.nn, name)}
