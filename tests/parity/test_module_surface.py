"""Registration, walking, conversion and containers of modules as in PyTorch."""

from __future__ import annotations

import textwrap

import pytest

import tracegrad as tg
from tests.parity.module_programs import ran

torch = pytest.importorskip("torch", reason="extra `parity` is not installed")
pytestmark = pytest.mark.parity

ONLY_INSIDE_OF_PYTORCH = {
    "_compiled_call_impl", "_get_backward_hooks", "_get_backward_pre_hooks",
    "_maybe_warn_non_full_backward_hook", "_replicate_for_data_parallel", "_slow_forward",
    "_wrapped_call_impl", "dump_patches", "ipu", "mtia", "xpu", "_get_item_by_idx",
    "_get_abs_string_index", "_key_to_attr",
}  # fmt: skip
"""What no program calls, or devices that there are not."""

CONTAINERS = (
    "Module", "Sequential", "ModuleList", "ModuleDict", "ParameterList", "ParameterDict",
)  # fmt: skip


@pytest.mark.parametrize("name", CONTAINERS)
def test_a_class_has_every_method_that_pytorchs_has(name: str):
    ours, theirs = getattr(tg.nn, name), getattr(torch.nn, name)
    assert set(dir(theirs)) - set(dir(ours)) <= ONLY_INSIDE_OF_PYTORCH


MEMBERS = """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.w = nn.Parameter(T.ones(2))
        self.register_buffer("b", T.zeros(2))
        self.register_buffer("cache", T.zeros(1), persistent=False)
        self.one = layer(2, 2)
        self.again = self.one
        self.net = nn.Sequential(self.one, nn.ReLU(), layer(2, 1))
        self.net[2].tied = self.w
        self.plain = nn.Module
net = Net()
"""

WALKS = [
    "[n for n, _ in net.named_modules()]",
    "[n for n, _ in net.named_modules(prefix='p')]",
    "[n for n, _ in net.named_modules(remove_duplicate=False)]",
    "[n for n, _ in net.named_modules({net.one})]",
    "[n for n, _ in net.named_modules(None, 'q', False)]",
    "(lambda memo: ([n for n, _ in net.named_modules(memo)], len(memo)))(set())",
    "len(list(net.modules())), len(list(net.modules(remove_duplicate=False)))",
    "[n for n, _ in net.named_parameters()]",
    "[n for n, _ in net.named_parameters('p', False)]",
    "[n for n, _ in net.named_parameters('p', True, False)]",
    "[n for n, _ in net.named_parameters(remove_duplicate=False)]",
    "[n for n, _ in net.named_buffers('p', True, False)]",
    "[n for n, _ in net.named_children()]",
    "len(list(net.children()))",
    "net.get_submodule('net.2')",
    "net.get_submodule('net.7')",
    "net.get_submodule('w')",
    "net.get_submodule('plain')",
    "net.get_parameter('net.2.weight').shape == (1, 2)",
    "net.get_parameter('b')",
    "net.get_parameter('nothing')",
    "net.get_parameter('nothing.w')",
    "net.get_buffer('b')",
    "net.get_buffer('w')",
    "net.set_submodule('net.1', nn.Tanh()), str(net)",
    "net.set_submodule('net.more', nn.Tanh()), str(net)",
    "net.set_submodule('net.more', nn.Tanh(), strict=True)",
    "net.set_submodule('more', nn.Tanh()), str(net)",
    "net.set_submodule('', nn.Tanh())",
    "net.set_submodule('w', nn.Tanh())",
    "net.set_submodule('net.1', 3)",
    "net.set_submodule('no.1', nn.Tanh())",
    "net._get_name()",
    "'0' in dir(net.net), 'w' in dir(net), 'one' in dir(net), 'b' in dir(net)",
    "net.nothing",
    "nn.Module(1)",
    "nn.Module(a=1)",
    "nn.Module()(1)",
    "net.train(1)",
    "net.apply(lambda m: log(m))",
]

REGISTRATION = [
    "net.w = T.zeros(2)",
    "net.w = nn.ReLU()",
    "net.one = 3",
    "net.one = T.zeros(1)",
    "net.b = 3",
    "net.b = T.ones(3)",
    "net.b = nn.Buffer(T.ones(3), persistent=False)",
    "net.cache = T.ones(3)",
    "net.cache = nn.Buffer(T.ones(3))",
    "net.new = nn.Buffer(T.ones(3), persistent=False)",
    "net.w = None",
    "net.one = None",
    "net.b = nn.Parameter(T.ones(1))",
    "net.one = nn.Parameter(T.ones(1))",
    "net.w = nn.Parameter(T.full((1,), 3.0))",
    "net.cache = nn.Parameter(T.ones(1))",
    "net.plain = nn.ReLU()",
    "del net.w",
    "del net.cache; net.cache = nn.Buffer(T.ones(1))",
    "del net.one",
    "del net.nothing",
    "net.register_parameter('v', T.zeros(1))",
    "net.register_parameter('v', None)",
    "net.register_parameter('a.b', None)",
    "net.register_parameter('', None)",
    "net.register_parameter(3, None)",
    "net.register_parameter('forward', None)",
    "net.register_buffer('v', 3)",
    "net.register_buffer('v', None)",
    "net.register_buffer('a.b', None)",
    "net.register_buffer('w', None)",
    "net.register_buffer(3, None)",
    "net.add_module('v', 3)",
    "net.add_module('v', None)",
    "net.add_module('a.b', None)",
    "net.add_module('', None)",
    "net.add_module(3, None)",
    "net.register_module('b', nn.ReLU())",
]

CONVERSIONS = [
    "net.double(); log(net.w, net.b, net.net[2].tied is net.w)",
    "net.half(); log(net.w)",
    "net.bfloat16().float(); log(net.w)",
    "net.to(T.float64); log(net.w, net.b)",
    "net.to('cpu', T.float64, non_blocking=True); log(net.w)",
    "net.to(dtype=T.float64, device='cpu'); log(net.w)",
    "net.to(T.zeros(1, dtype=T.float16)); log(net.w)",
    "net.to(T.int64)",
    "net.to(object())",
    "net.to('cpu'); log(net.w)",
    "m = nn.BatchNorm1d(2); m.double(); log(m.num_batches_tracked, m.running_mean)",
    "m = nn.BatchNorm1d(2); m.type(T.float64); log(m.num_batches_tracked, m.running_mean)",
    "b = net.b; net.double(); log(b is net.b, b)",
    "b = net.b; net.float(); log(b is net.b)",
    "p = net.w; net.double(); log(p is net.w, p.is_leaf, p.requires_grad)",
    "net.to_empty(device='cpu'); "
    "log(net.w.shape == (2,), net.w.requires_grad, type(net.w).__name__)",
    "net.to_empty(device='cpu', recurse=False); log(net.one.weight)",
    "net._apply(lambda t: t + 1); log(net.w, net.b, net.one.bias, net.w.requires_grad)",
    "net._apply(lambda t: t * 2, recurse=False); log(net.w, net.one.bias)",
    "net(1)",
    "p = net.w; (p * 2).sum().backward(); g = p.grad; net.double(); "
    "log(p.grad, p.grad.dtype == T.float64)",
    "p = net.w; p.register_hook(lambda g: log(g)); net.double(); (p * 2).sum().backward(); "
    "log(p.grad)",
    "o = T.optim.SGD(net.parameters(), lr=0.5); net.double(); (net.w * 2).sum().backward(); "
    "o.step(); log(net.w)",
]

LISTS = """
a, b, c = layer(1, 1), nn.ReLU(), nn.Tanh()
s, named = nn.Sequential(a, b, c), nn.Sequential(OrderedDict(x=a, y=b, z=c))
l, p = nn.ModuleList([a, b, c]), nn.ParameterList([T.ones(1), T.zeros(2), 5])
"""

POSITIONS = [
    f"{change}; log(str({which}), len({which}))"
    for which in ("s", "named", "l")
    for change in (
        f"del {which}[1]", f"del {which}[-1]", f"del {which}[1:]", f"del {which}[::2]",
        f"del {which}[3]", f"{which}[1] = nn.ELU()", f"{which}[-4] = nn.ELU()",
        f"{which}['1'] = nn.ELU()",
        f"{which}.append(nn.ELU())", f"{which}.append(3)", f"log(str({which}.insert(1, nn.ELU())))",
        f"{which}.extend([nn.ELU(), nn.ReLU()])", f"{which}.extend({which})",
        f"log(str({which}.pop(0)))", f"log(str({which}.pop(slice(0, 2))))",
        f"log(str({which}[1:]), str({which}[::2]))",
        f"{which}[5]", f"log(str({which} + {which}))", f"{which} += {which}", f"{which} + [1]",
    )
    # Inserting by number into what has names raises a `KeyError` there, and extending by itself
    # something about dictionaries.
    if not (which == "named" and "insert" in change)
    and change not in (f"{which}.extend({which})", f"{which} += {which}")
]  # fmt: skip

OTHERS = [
    "log(str(s * 2), str(3 * s)); s *= 2; log(str(s))",
    "s * 0", "s * 1.5", "s *= 0", "s + 3", "nn.Sequential(3)", "s.extend(3)", "l.extend(3)",
    "nn.ModuleList(3)", "l(1)", "p(1)", "nn.ParameterDict()(1)",
    "log(str(p), p[0], p[-1], p[1:], len(p))", "p[3]", "p.append(T.ones(3)); log(p[-1])",
    "p += [T.ones(1)]; log(len(p), type(p[3]).__name__)", "p += T.ones(2)", "p.extend(3)",
    "p[1] = T.full((2,), 4.0); log(p[1], [n for n, _ in p.named_parameters()])",
    "m = nn.ModuleDict({'q': a, 'b': b}); log(str(m), list(m), len(m), 'q' in m, list(m.keys()))",
    "m = nn.ModuleDict([['q', a], ['b', b]]); log(str(m.pop('q')), str(m)); m.clear(); log(len(m))",
    "m = nn.ModuleDict(); m.update(nn.ModuleDict({'k': c})); log(str(m)); m['k'] = 3",
    "m = nn.ModuleDict(); m.pop('k')", "nn.ModuleDict(3)", "nn.ModuleDict([3])",
    "nn.ModuleDict([(1, 2, 3)])", "nn.ModuleDict({'a.b': a})", "nn.ModuleDict({'keys': a})",
    "d = nn.ParameterDict({'q': T.ones(1), 'b': 3}); log(str(d), list(d), d['q'], d.get('x', 7))",
    "d = nn.ParameterDict(OrderedDict(q=T.ones(1), b=3)); log(list(d), list(reversed(d)))",
    "d = nn.ParameterDict([('q', T.ones(1)), ('b', T.zeros(2))]); "
    "log(d.popitem(), d.pop('q'), len(d))",
    "d = nn.ParameterDict({'q': T.ones(1)}); "
    "log(d.setdefault('q', 3), d.setdefault('r', T.ones(2)), list(d))",
    "d = nn.ParameterDict({'q': T.ones(1)}); e = nn.ParameterDict({'q': T.zeros(1), 'r': 2}); "
    "log(str(d | e), str(e | d)); d |= e; log(str(d))",
    "d = nn.ParameterDict({'q': T.ones(1)}); c = d.copy(); log(c['q'] is d['q'], type(c).__name__)",
    "d = nn.ParameterDict().fromkeys(['a', 'b'], 4); log(list(d.items())); d.clear(); log(len(d))",
    "nn.ParameterDict()[3]", "nn.ParameterDict({3: 4})",
    "nn.ParameterDict(3)", "nn.ParameterDict([3])", "nn.ParameterDict([(1, 2, 3)])",
    "nn.ParameterDict().popitem()", "log(nn.ParameterDict().get('x'))",
]  # fmt: skip


@pytest.mark.parametrize("expression", WALKS)
def test_a_module_is_walked_as_in_pytorch(expression: str):
    program = f"{MEMBERS}\nlog({expression})"
    assert ran(tg, program) == ran(torch, program)


@pytest.mark.parametrize("statement", REGISTRATION)
def test_members_are_registered_and_refused_as_in_pytorch(statement: str):
    program = (
        f"{MEMBERS}\ntry:\n    {statement}\nfinally:\n"
        "    log(list(net._parameters), list(net._buffers), list(net._modules))\n"
        "    log(sorted(net._non_persistent_buffers_set), list(net.state_dict()))"
    )
    assert ran(tg, program, words=False) == ran(torch, program, words=False)


@pytest.mark.parametrize("statement", CONVERSIONS)
def test_a_module_is_converted_as_in_pytorch(statement: str):
    program = f"{MEMBERS}\n{statement}"
    assert ran(tg, program, words=False) == ran(torch, program, words=False)


@pytest.mark.parametrize("statement", POSITIONS + OTHERS)
def test_a_container_is_changed_as_in_pytorch(statement: str):
    program = f"from collections import OrderedDict\n{textwrap.dedent(LISTS)}\n{statement}"
    assert ran(tg, program, words=False) == ran(torch, program, words=False)
