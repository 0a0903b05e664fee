"""Programs on the autograd surface, run by both libraries: equal numbers, or the same refusal."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

import tracegrad as tg
import tracegrad.autograd.functional
import tracegrad.func

pytestmark = pytest.mark.parity

Program = Callable[..., Any]


def tensors(library: Any) -> list[Any]:
    random = np.random.default_rng(5)
    shapes = ((3,), (2, 3), (), (3,))
    return [
        library.tensor(random.uniform(0.5, 1.5, shape).tolist(), dtype=library.float64)
        for shape in shapes
    ]


def flat(value: Any) -> list[Any]:
    """Numbers, flags and shapes of a result, nested structures opened."""
    if isinstance(value, dict):
        return [part for key in value for part in flat(value[key])]
    if isinstance(value, tuple | list):
        return [part for one in value for part in flat(one)]
    if hasattr(value, "requires_grad"):
        return [np.array(value.detach().tolist()), value.requires_grad, str(value.dtype)[-7:]]
    return [value]


def outcome(library: Any, program: Program) -> tuple[type[Exception] | None, str, list[Any]]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return None, "", flat(program(library, *tensors(library)))
        except (RuntimeError, TypeError, ValueError, AssertionError) as error:
            words = str(error).splitlines()[0].replace("torch", "tracegrad")
            return type(error), words, []


def assert_alike(program: Program) -> None:
    ours, theirs = outcome(tg, program), outcome(torch, program)
    assert (ours[0] is None) == (theirs[0] is None), (ours, theirs)
    if theirs[0] is not None:
        assert ours[0] is not None
        # GradcheckError is a class of either library.
        assert ours[0].__name__ == theirs[0].__name__ or issubclass(ours[0], theirs[0])
        assert ours[1][:40] == theirs[1][:40]
        return
    assert len(ours[2]) == len(theirs[2])
    for got, expected in zip(ours[2], theirs[2], strict=True):
        if isinstance(expected, np.ndarray):
            np.testing.assert_allclose(got, expected, rtol=1e-9, atol=1e-12)
        else:
            assert got == expected


def functional(name: str) -> Callable[[Any], Any]:
    return lambda library: getattr(library.autograd.functional, name)


VJP, JVP, JACOBIAN, HESSIAN, HVP, VHP = map(
    functional, ("vjp", "jvp", "jacobian", "hessian", "hvp", "vhp")
)

FUNCTIONAL: dict[str, Program] = {
    "vjp": lambda T, x, w, s, v: VJP(T)(lambda x: w @ x.exp(), x, w[:, 0]),
    "vjp tuples": lambda T, x, w, s, v: VJP(T)(lambda a, b: (a * b, a.sum()), (x, v), (v, s)),
    "vjp scalar": lambda T, x, w, s, v: VJP(T)(lambda x: (x * v).sum(), x),
    "vjp create_graph": lambda T, x, w, s, v: VJP(T)(T.exp, x, v, create_graph=True),
    "vjp no v": lambda T, x, w, s, v: VJP(T)(T.exp, x),
    "vjp wrong v": lambda T, x, w, s, v: VJP(T)(T.exp, x, w),
    "vjp two v": lambda T, x, w, s, v: VJP(T)(T.exp, x, (v, v)),
    "vjp short v": lambda T, x, w, s, v: VJP(T)(lambda a, b: (a, b), (x, v), (v,)),
    "vjp of a number": lambda T, x, w, s, v: VJP(T)(T.exp, 3.0),
    "vjp gives a number": lambda T, x, w, s, v: VJP(T)(lambda x: 3.0, x, v),
    "vjp strict": lambda T, x, w, s, v: VJP(T)(lambda x: w.sum(), x, strict=True),
    "vjp independent": lambda T, x, w, s, v: VJP(T)(lambda a, b: a.sum(), (x, w)),
    "vjp strict independent": lambda T, x, w, s, v: VJP(T)(
        lambda a, b: a.sum(), (x, w), strict=True
    ),
    "jvp": lambda T, x, w, s, v: JVP(T)(lambda x: w @ x.exp(), x, v),
    "jvp tuples": lambda T, x, w, s, v: JVP(T)(lambda a, b: (a * b, a.sum()), (x, v), (v, x)),
    "jvp number": lambda T, x, w, s, v: JVP(T)(lambda s: x * s, s),
    "jvp no v": lambda T, x, w, s, v: JVP(T)(T.exp, x),
    "jvp create_graph": lambda T, x, w, s, v: JVP(T)(T.exp, x, v, create_graph=True),
    "jacobian": lambda T, x, w, s, v: JACOBIAN(T)(lambda x: w @ x.exp(), x),
    "jacobian tuples": lambda T, x, w, s, v: JACOBIAN(T)(lambda a, b: (a * b, b.sum()), (x, v)),
    "jacobian one in a tuple": lambda T, x, w, s, v: JACOBIAN(T)(T.exp, (x,)),
    "jacobian of 0-d": lambda T, x, w, s, v: JACOBIAN(T)(T.exp, s),
    "jacobian transposed": lambda T, x, w, s, v: JACOBIAN(T)(T.exp, w.t()),
    "jacobian vectorize": lambda T, x, w, s, v: JACOBIAN(T)(lambda x: x**2, x, vectorize=True),
    "jacobian forward": lambda T, x, w, s, v: JACOBIAN(T)(
        lambda x: w @ x.exp(), x, vectorize=True, strategy="forward-mode"
    ),
    "jacobian create_graph": lambda T, x, w, s, v: JACOBIAN(T)(
        lambda x: x**2, x, create_graph=True
    ),
    "jacobian strategy": lambda T, x, w, s, v: JACOBIAN(T)(T.exp, x, strategy="sideways"),
    "jacobian strict vectorize": lambda T, x, w, s, v: JACOBIAN(T)(
        T.exp, x, strict=True, vectorize=True
    ),
    "jacobian strict": lambda T, x, w, s, v: JACOBIAN(T)(lambda a, b: a * 2, (x, v), strict=True),
    "hessian": lambda T, x, w, s, v: HESSIAN(T)(lambda x: (w @ x.exp()).prod(), x),
    "hessian tuples": lambda T, x, w, s, v: HESSIAN(T)(lambda a, b: (a**2 * b).sum(), (x, v)),
    "hessian of a vector": lambda T, x, w, s, v: HESSIAN(T)(T.exp, x),
    "hessian of two": lambda T, x, w, s, v: HESSIAN(T)(lambda x: (x.sum(), x.sum()), x),
    "hessian create_graph": lambda T, x, w, s, v: HESSIAN(T)(
        lambda x: (x**3).sum(), x, create_graph=True
    ),
    "hessian of a linear function": lambda T, x, w, s, v: HESSIAN(T)(lambda x: x.sum(), x),
    "hvp": lambda T, x, w, s, v: HVP(T)(lambda x: (w @ x.exp()).prod(), x, v),
    "vhp": lambda T, x, w, s, v: VHP(T)(lambda x: (w @ x.exp()).prod(), x, v),
    "hvp tuples": lambda T, x, w, s, v: HVP(T)(lambda a, b: (a**2 * b).sum(), (x, v), (v, x)),
    "hvp create_graph": lambda T, x, w, s, v: HVP(T)(
        lambda x: (x**3).sum(), x, v, create_graph=True
    ),
    "hvp no v": lambda T, x, w, s, v: HVP(T)(lambda x: x.sum(), x),
    "vhp of a vector": lambda T, x, w, s, v: VHP(T)(T.exp, x, v),
}  # fmt: skip


@pytest.mark.parametrize("name", FUNCTIONAL)
def test_functional_gives_the_same(name: str):
    assert_alike(FUNCTIONAL[name])


FUNC: dict[str, Program] = {
    "grad": lambda T, x, w, s, v: T.func.grad(lambda x: (w @ x.exp()).prod())(x),
    "grad of grad": lambda T, x, w, s, v: T.func.grad(T.func.grad(lambda s: s**4))(s),
    "grad argnums": lambda T, x, w, s, v: T.func.grad(lambda a, b: (a * b).sum(), (0, 1))(x, v),
    "grad last": lambda T, x, w, s, v: T.func.grad(lambda a, b: (a * b).sum(), argnums=-1)(x, v),
    "grad aux": lambda T, x, w, s, v: T.func.grad(lambda x: (x.sum() ** 2, x * 2), has_aux=True)(x),
    "grad of dict": lambda T, x, w, s, v: T.func.grad(lambda p: (p["a"] * p["b"]).sum())(
        {"a": x, "b": v}
    ),
    "grad for outside": lambda T, x, w, s, v: T.func.grad(lambda x: (x * v).sum() ** 2)(
        x.requires_grad_()
    ),
    "grad under no_grad": lambda T, x, w, s, v: T.no_grad()(T.func.grad(lambda x: (x**2).sum()))(
        x.requires_grad_()
    ),
    "grad_and_value": lambda T, x, w, s, v: T.func.grad_and_value(lambda x: (x**2).sum())(x),
    "grad of a vector": lambda T, x, w, s, v: T.func.grad(T.exp)(x),
    "vjp": lambda T, x, w, s, v: T.func.vjp(lambda a, b: a * b, x, v)[1](x),
    "vjp value": lambda T, x, w, s, v: T.func.vjp(lambda a: {"y": a * 2}, x)[0],
    "jvp": lambda T, x, w, s, v: T.func.jvp(lambda x: w @ x.exp(), (x,), (v,)),
    "jacrev": lambda T, x, w, s, v: T.func.jacrev(lambda x: w @ x.exp())(x),
    "jacrev argnums": lambda T, x, w, s, v: T.func.jacrev(lambda a, b: a * b, argnums=(0, 1))(x, v),
    "jacrev of two": lambda T, x, w, s, v: T.func.jacrev(lambda a: (a * 2, a.sum()))(x),
    "jacfwd": lambda T, x, w, s, v: T.func.jacfwd(lambda x: w @ x.exp())(x),
    "hessian": lambda T, x, w, s, v: T.func.hessian(lambda x: (w @ x.exp()).prod())(x),
    "vmap": lambda T, x, w, s, v: T.func.vmap(lambda row: row.sum() * row)(w),
    "vmap dims": lambda T, x, w, s, v: T.vmap(lambda a, b: a * b, (1, None), 1)(w, w[:, 0]),
    "vmap of grad": lambda T, x, w, s, v: T.vmap(T.func.grad(lambda r: (r**3).sum()))(w),
    "vmap tuple": lambda T, x, w, s, v: T.vmap(lambda a: (a, a.sum()), out_dims=(1, 0))(w),
    "vmap no dims": lambda T, x, w, s, v: T.vmap(T.exp, in_dims=None)(w),
}  # fmt: skip


@pytest.mark.parametrize("name", FUNC)
def test_func_gives_the_same(name: str):
    if name == "vmap no dims":
        ours, theirs = outcome(tg, FUNC[name]), outcome(torch, FUNC[name])
        assert ours[0] is theirs[0] is ValueError  # the words differ
        return
    assert_alike(FUNC[name])


# -- the graph -------------------------------------------------------------------------------------


def calls_in_order(T, x, w, s, v):
    """Every kind of hook notes when it is called, and with what."""
    calls: list[Any] = []
    x.requires_grad_()
    y = x * 2
    y.register_hook(lambda g: calls.append(("tensor", g)))
    y.grad_fn.register_prehook(lambda gradients: calls.append(("before", gradients)))
    y.grad_fn.register_hook(lambda inputs, gradients: calls.append(("after", inputs, gradients)))
    x.register_post_accumulate_grad_hook(lambda p: calls.append(("accumulated", p.grad)))
    x.register_hook(lambda g: calls.append(("leaf", g)))
    end = y.grad_fn.next_functions[0][0]
    end.register_prehook(lambda gradients: calls.append(("before leaf", gradients)))
    end.register_hook(lambda inputs, gradients: calls.append(("after leaf", inputs, gradients)))
    (y * v).sum().backward()
    return calls


def changed_by_hooks(T, x, w, s, v):
    x.requires_grad_()
    y = x * 2
    y.grad_fn.register_hook(lambda inputs, gradients: (inputs[0] * 100, None))
    y.grad_fn.register_prehook(lambda gradients: (gradients[0] * 3,))
    y.sum().backward()
    return x.grad


def hook_returns(answer: Any) -> Program:
    def program(T, x, w, s, v):
        y = x.requires_grad_() * 2
        y.grad_fn.register_hook(lambda inputs, gradients: answer)
        y.sum().backward()

    return program


def prehook_resizes(T, x, w, s, v):
    y = x.requires_grad_() * 2
    y.grad_fn.register_prehook(lambda gradients: (T.ones(7, dtype=T.float64),))
    y.sum().backward()


def edges(T, x, w, s, v):
    x.requires_grad_()
    y = x * v
    edge = T.autograd.graph.get_gradient_edge(y)
    (y + 1).sum().backward(inputs=[T.autograd.graph.get_gradient_edge(x)], retain_graph=True)
    return edge.output_nr, T.autograd.grad(edge, x, v), x.grad


def multi_all(T, x, w, s, v):
    calls: list[Any] = []
    a, b, c = (t.requires_grad_() for t in (x, v, s))
    with T.autograd.graph.register_multi_grad_hook((a, b, c), calls.append):
        (a * 2 + b * 3).sum().backward()
        (a * b * c).sum().backward()
    (a * 2).sum().backward()
    return [[g is None or g for g in call] for call in calls]


def batched(T, x, w, s, v):
    return T.autograd.grad((x.requires_grad_() * 3), x, w, is_grads_batched=True)


def batched_wrongly(T, x, w, s, v):
    return T.autograd.grad((x.requires_grad_() * 3), x, v, is_grads_batched=True)


def no_inputs(T, x, w, s, v):
    return T.autograd.grad(x.requires_grad_().sum(), [])


def backward_no_inputs(T, x, w, s, v):
    x.requires_grad_().sum().backward(inputs=[])


def saved(T, x, w, s, v):
    y = x.requires_grad_() * v.requires_grad_()
    z = y.exp()
    parts = w.requires_grad_().unbind(1)
    return (
        y.grad_fn._saved_self, y.grad_fn._saved_other, z.grad_fn._saved_result,
        parts[0].grad_fn._saved_dim, parts[2].output_nr, x.output_nr,
        tuple(w.sum().grad_fn._saved_self_sym_sizes),
    )  # fmt: skip


def saved_after_backward(T, x, w, s, v):
    y = x.requires_grad_().exp()
    y.sum().backward()
    return y.grad_fn._saved_result


GRAPH = [
    calls_in_order, changed_by_hooks, prehook_resizes, edges, multi_all, batched, batched_wrongly,
    no_inputs, backward_no_inputs, saved, saved_after_backward,
]  # fmt: skip


@pytest.mark.parametrize("program", GRAPH, ids=lambda program: program.__name__)
def test_the_graph_behaves_the_same(program: Program):
    assert_alike(program)


@pytest.mark.parametrize("answer", [3, (1, 2, 3)])
def test_a_node_hook_that_answers_nonsense_is_refused_by_both(answer: Any):
    assert_alike(hook_returns(answer))


# -- inference mode --------------------------------------------------------------------------------

INFERENCE = [
    "made * x", "made + x", "made.add_(1)", "made.zero_()", "made[:1].mul_(2)", "made.t_()",
    "made.requires_grad_()", "made.requires_grad_(False).requires_grad", "made._version",
    "made.exp().is_inference()", "made.clone().is_inference()", "made[:1].is_inference()",
    "made.detach().is_inference()", "made.data.is_inference()", "made.clone() * x",
    "view.is_inference()", "computed.is_inference()", "computed.requires_grad", "flags",
    "T.is_inference(made)", "T.nn.Parameter(made)", "made.__setitem__(0, 5.0)", "x.sum() + made",
    "made.numpy().tolist()", "x.detach().add_(made)", "outer._version",
]  # fmt: skip


@pytest.mark.parametrize("expression", INFERENCE)
def test_inference_mode_gives_the_same(expression: str):
    def program(T, x, w, s, v):
        x.requires_grad_()
        outer = T.zeros(3, dtype=T.float64)
        with T.inference_mode():
            known = {
                "T": T, "x": x, "outer": outer, "made": T.ones(3, dtype=T.float64),
                "computed": x * 2, "view": x[:1],
                "flags": (T.is_inference_mode_enabled(), T.is_grad_enabled()),
            }  # fmt: skip
            outer.add_(1)
        return eval(expression, known)

    assert_alike(program)


@pytest.mark.parametrize("inner", ["inference_mode(False)", "enable_grad()", "no_grad()"])
@pytest.mark.parametrize("outer", ["inference_mode()", "no_grad()", "inference_mode(False)"])
def test_nested_modes_give_the_same(outer: str, inner: str):
    def program(T, x, w, s, v):
        x.requires_grad_()
        with eval(f"T.{outer}", {"T": T}), eval(f"T.{inner}", {"T": T}):
            y = x * 2
            return y, y.is_inference(), T.is_grad_enabled(), T.is_inference_mode_enabled()

    assert_alike(program)


# -- gradcheck -------------------------------------------------------------------------------------


def failing(T: Any, rule: Callable[[Any, Any], Any]) -> Any:
    class Square(T.autograd.Function):  # type: ignore[misc,name-defined]  # of either library
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x**2

        @staticmethod
        def backward(ctx, g):
            return rule(g, *ctx.saved_tensors)

    return Square.apply


GRADCHECKS: dict[str, Program] = {
    "passes": lambda T, x, w, s, v: T.autograd.gradcheck(lambda x: w @ x.exp(), x.requires_grad_()),
    "twice": lambda T, x, w, s, v: T.autograd.gradgradcheck(T.exp, (x.requires_grad_(),)),
    "half": lambda T, x, w, s, v: T.autograd.gradcheck(
        failing(T, lambda g, x: g * x), x.requires_grad_()
    ),
    "half, no exception": lambda T, x, w, s, v: T.autograd.gradcheck(
        failing(T, lambda g, x: g * x), x.requires_grad_(), raise_exception=False
    ),
    "without g": lambda T, x, w, s, v: T.autograd.gradcheck(
        failing(T, lambda g, x: 2 * x), s.requires_grad_()
    ),
    "random": lambda T, x, w, s, v: T.autograd.gradcheck(
        failing(T, lambda g, x: g * (2 * x + T.rand_like(x) * 1e-9)), x.requires_grad_()
    ),
    "random, allowed": lambda T, x, w, s, v: T.autograd.gradcheck(
        failing(T, lambda g, x: g * (2 * x + T.rand_like(x) * 1e-9)), x.requires_grad_(),
        nondet_tol=1e-6,
    ),
    "detached": lambda T, x, w, s, v: T.autograd.gradcheck(
        lambda x: x.detach() * 2, x.requires_grad_()
    ),
    "constant": lambda T, x, w, s, v: T.autograd.gradcheck(lambda x: w * 2, x.requires_grad_()),
    "no gradient": lambda T, x, w, s, v: T.autograd.gradcheck(T.exp, x),
    "expanded": lambda T, x, w, s, v: T.autograd.gradcheck(
        T.exp, x[:1].expand(3).requires_grad_()
    ),
    "float32": lambda T, x, w, s, v: T.autograd.gradcheck(T.exp, x.float().requires_grad_()),
    "kink": lambda T, x, w, s, v: T.autograd.gradcheck(T.relu, (x * 0).requires_grad_()),
    "loose": lambda T, x, w, s, v: T.autograd.gradcheck(
        T.exp, x.float().requires_grad_(), eps=1e-2, atol=1e-1
    ),
    "empty": lambda T, x, w, s, v: T.autograd.gradcheck(T.exp, x[:0].requires_grad_()),
}  # fmt: skip


@pytest.mark.parametrize("name", GRADCHECKS)
def test_gradcheck_decides_the_same(name: str):
    assert_alike(GRADCHECKS[name])
