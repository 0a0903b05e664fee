"""Hooks of modules as in PyTorch: one program, run by both, writes down what it sees."""

from __future__ import annotations

import pytest

import tracegrad as tg
from tests.parity.module_programs import ran

torch = pytest.importorskip("torch", reason="extra `parity` is not installed")
pytestmark = pytest.mark.parity


PROGRAMS: dict[str, str] = {
    "forward hooks in the order of registration": """
        net = nn.Sequential(layer(2, 3), nn.Tanh(), layer(3, 2))
        for name, m in net.named_modules():
            m.register_forward_pre_hook(lambda m, a, name=name: log("before", name, a))
            m.register_forward_hook(lambda m, a, out, name=name: log("after", name, a, out))
        net(x).sum().backward()
        log(x.grad)
    """,
    "prepended hooks come first": """
        m = layer(2, 2)
        for n in range(3):
            m.register_forward_pre_hook(lambda *a, n=n: log("pre", n), prepend=n == 2)
            m.register_forward_hook(lambda *a, n=n: log("after", n), prepend=n == 1)
            m.register_full_backward_pre_hook(lambda *a, n=n: log("grads", n), prepend=n == 2)
            m.register_full_backward_hook(lambda *a, n=n: log("back", n), prepend=n == 1)
        m(x).sum().backward()
    """,
    "hooks with keywords see and replace them": """
        m = Several()
        m.register_forward_pre_hook(lambda m, a, k: log(a, k), with_kwargs=True)
        m.register_forward_pre_hook(lambda m, a, k: ((a[0], 3), {"scale": 5.0}), with_kwargs=True)
        m.register_forward_hook(lambda m, a, k, out: log(a, k, out), with_kwargs=True)
        m.register_forward_hook(lambda m, a, k, out: out[2], with_kwargs=True)
        log(m(data, 2, scale=7.0))
    """,
    "a hook with keywords that returns something else": """
        m = Several()
        m.register_forward_pre_hook(lambda m, a, k: a, with_kwargs=True)
        m(data, 2, data)
    """,
    "hooks that are always called": """
        class Raises(nn.Module):
            def forward(self, x):
                raise ValueError("no")
        m = Raises()
        m.register_forward_hook(lambda m, a, out: log("not called"))
        m.register_forward_hook(lambda m, a, out: log("always", a, out), always_call=True)
        m.register_forward_hook(
            lambda m, a, k, out: log("keywords", k), always_call=True, with_kwargs=True)
        m.register_forward_hook(lambda m, a, out: 1 / 0, always_call=True)
        m(data)
    """,
    "an always called hook is called once": """
        m = layer(2, 2)
        m.register_forward_hook(lambda m, a, out: log("always"), always_call=True)
        m.register_forward_hook(lambda m, a, out: 1 / 0)
        m.register_forward_hook(lambda m, a, out: log("later", out), always_call=True)
        m(x)
    """,
    "backward hooks of a net": """
        net = nn.Sequential(layer(2, 3), nn.Tanh(), layer(3, 2))
        for name, m in net.named_modules():
            m.register_full_backward_pre_hook(lambda m, g, name=name: log("pre", name, g))
            m.register_full_backward_hook(lambda m, i, o, name=name: log("back", name, i, o))
        net(x).pow(2).sum().backward()
        log(x.grad, [p.grad for p in net.parameters()])
    """,
    "backward hooks replace gradients": """
        net = nn.Sequential(layer(2, 3), nn.Tanh(), layer(3, 2))
        net[1].register_full_backward_hook(lambda m, i, o: (i[0] * 10,))
        net[1].register_full_backward_hook(lambda m, i, o: log(i, o))
        net[2].register_full_backward_pre_hook(lambda m, o: (o[0] * 2,))
        net[2].register_full_backward_pre_hook(lambda m, o: log(o))
        net[2].register_full_backward_hook(lambda m, i, o: log(i, o))
        net(x).sum().backward()
        log(x.grad, [p.grad for p in net.parameters()])
    """,
    "inputs that need no gradient": """
        net = nn.Sequential(layer(2, 3), nn.Tanh())
        net.register_full_backward_hook(lambda m, i, o: log("net", i, o))
        net[0].register_full_backward_hook(lambda m, i, o: log("0", i, o))
        net(data).sum().backward()
        log([p.grad for p in net.parameters()])
    """,
    "a gradient for inputs that need none": """
        m = layer(2, 3)
        m.register_full_backward_hook(lambda m, i, o: (o[0],))
        m(data).sum().backward()
    """,
    "nothing needs a gradient": """
        m = layer(2, 3).requires_grad_(False)
        m.register_full_backward_hook(lambda m, i, o: log("never"))
        out = m(data)
        log(out)
    """,
    "no gradients are recorded": """
        m = layer(2, 3)
        m.register_full_backward_hook(lambda m, i, o: log("never"))
        with T.no_grad():
            log(m(x))
    """,
    "several inputs and outputs, some of them no tensors": """
        m = Several()
        m.register_full_backward_pre_hook(lambda m, o: log("pre", o))
        m.register_full_backward_hook(lambda m, i, o: log("back", i, o))
        a, text, b = m(x, 2, data)
        log(text)
        (a * 2 + b).sum().backward()
        log(x.grad, m.w.grad)
    """,
    "an input of whole numbers": """
        class Pick(nn.Module):
            def forward(self, x, rows):
                return x[rows]
        m = Pick()
        m.register_full_backward_hook(lambda m, i, o: log(i))
        m(x, T.tensor([0, 1, 1])).sum().backward()
        log(x.grad)
    """,
    "an output that is not used": """
        m = Several()
        m.register_full_backward_hook(lambda m, i, o: log("back", i, o))
        m(x, 2)[0].sum().backward()
        log(x.grad, m.w.grad)
    """,
    "too many gradients": """
        m = layer(2, 2)
        m.register_full_backward_hook(lambda m, i, o: (i[0], i[0]))
        m(x).sum().backward()
    """,
    "too many gradients before": """
        m = layer(2, 2)
        m.register_full_backward_pre_hook(lambda m, o: (o[0], o[0]))
        m(x).sum().backward()
    """,
    "an output that is no tensor": """
        class Dict(nn.Module):
            def forward(self, x):
                return {"y": x * 2}
        m = Dict()
        m.register_full_backward_hook(lambda m, i, o: log("back", i, o))
        m(x)["y"].sum().backward()
        log(x.grad)
    """,
    "an input changed in place": """
        m = nn.ReLU(inplace=True)
        m.register_full_backward_hook(lambda m, i, o: None)
        m(x * 2)
    """,
    "an output changed in place": """
        m = layer(2, 2)
        m.register_full_backward_hook(lambda m, i, o: None)
        y = m(x)
        y.mul_(2)
    """,
    "removed hooks": """
        m = layer(2, 2)
        handles = [
            m.register_forward_pre_hook(lambda *a: log(1), with_kwargs=True),
            m.register_forward_hook(lambda *a: log(2), always_call=True),
            m.register_full_backward_pre_hook(lambda *a: log(3)),
            m.register_full_backward_hook(lambda *a: log(4)),
        ]
        m(x).sum().backward()
        for handle in handles:
            handle.remove()
        m(x).sum().backward()
        log(type(m(x).grad_fn).__name__ == "BackwardHookFunctionBackward")
    """,
    "a module called twice": """
        m = layer(2, 2)
        m.register_full_backward_hook(lambda m, i, o: log(i, o))
        m(m(x)).sum().backward()
        log(x.grad)
    """,
    "a graph run twice": """
        m = layer(2, 2)
        m.register_full_backward_hook(lambda m, i, o: log(i, o))
        y = m(x).sum()
        y.backward(retain_graph=True)
        (y * 2).backward()
        log(x.grad)
    """,
    "second derivatives": """
        m = nn.Tanh()
        m.register_full_backward_hook(lambda m, i, o: log("hook", i))
        (g,) = T.autograd.grad(m(x).sum(), x, create_graph=True)
        g.sum().backward()
        log(x.grad)
    """,
    "hooks of every module": """
        net = nn.Sequential(layer(2, 2), nn.Tanh())
        net[0].register_forward_hook(lambda m, a, out: log("own"))
        net[0].register_full_backward_hook(lambda m, i, o: log("own back"))
        handles = [
            everywhere.register_module_forward_pre_hook(lambda m, a: log("pre", m, a)),
            everywhere.register_module_forward_hook(lambda m, a, out: log("after", m, out)),
            everywhere.register_module_forward_hook(
                lambda m, a, k, out: log("keywords", k), with_kwargs=True, always_call=True),
            everywhere.register_module_full_backward_pre_hook(lambda m, o: log("grads", m, o)),
            everywhere.register_module_full_backward_hook(lambda m, i, o: log("back", m, i, o)),
        ]
        try:
            net(x).sum().backward()
        finally:
            for handle in handles:
                handle.remove()
        net(x).sum().backward()
        log(x.grad)
    """,
    "hooks on registration": """
        handles = [
            everywhere.register_module_parameter_registration_hook(
                lambda m, name, p: log("parameter", m, name)),
            everywhere.register_module_buffer_registration_hook(
                lambda m, name, b: log("buffer", m, name)),
            everywhere.register_module_module_registration_hook(
                lambda m, name, child: log("module", m, name, child)),
            everywhere.register_module_module_registration_hook(
                lambda m, name, child: nn.Tanh() if isinstance(child, nn.ReLU) else None),
        ]
        try:
            net = nn.Sequential(nn.Linear(2, 2), nn.ReLU(), nn.BatchNorm1d(2, affine=False))
            net.more = nn.Identity()
            net.w = nn.Parameter(T.zeros(1))
        finally:
            for handle in handles:
                handle.remove()
        log(str(net), [name for name, _ in net.named_parameters()])
    """,
}  # fmt: skip


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
def test_hooks_see_what_they_see_in_pytorch(program: str):
    assert ran(tg, program) == ran(torch, program)
