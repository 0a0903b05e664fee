"""The state of modules as in PyTorch: saved, loaded, refused, and what hooks and classes change."""

from __future__ import annotations

import textwrap
from collections import OrderedDict

import numpy as np
import pytest

import tracegrad as tg
from tests.parity.module_programs import ran

torch = pytest.importorskip("torch", reason="extra `parity` is not installed")
pytestmark = pytest.mark.parity

NET = """
class Net(nn.Module):
    _version = 3
    def __init__(self):
        super().__init__()
        self.w = nn.Parameter(T.ones(2))
        self.register_buffer("b", T.zeros(2))
        self.register_buffer("cache", T.zeros(1), persistent=False)
        self.n = nn.Parameter(T.tensor(3.0))
        self.one, self.two = layer(2, 2), nn.Sequential(layer(2, 1))
        self.two[0].weight = self.two[0].weight
net, other = Net(), Net()
with T.no_grad():
    for p in other.parameters():
        p.zero_()
"""

PROGRAMS: dict[str, str] = {
    "metadata says the version of each module": """
        state = net.state_dict()
        log(type(state).__name__, list(state), dict(state._metadata))
        log(dict(net.state_dict(prefix="a.")._metadata))
    """,
    "a destination is filled and returned": """
        into = {"x": 1}
        log(net.state_dict(destination=into, prefix="p.") is into, list(into))
        log(net.one.state_dict(into, "q.") is into, list(into))
    """,
    "tensors themselves are given when asked for": """
        log(net.state_dict(keep_vars=True)["w"] is net.w, net.state_dict()["w"])
    """,
    "extra state is saved and loaded": """
        class Counted(nn.Linear):
            def get_extra_state(self): return {"seen": 5}
            def set_extra_state(self, state): log("set", state)
        a = nn.Sequential(Counted(1, 1))
        state = a.state_dict()
        log(list(state), state["0._extra_state"])
        log(tuple(a.load_state_dict(state)))
        del state["0._extra_state"]
        a.load_state_dict(state)
    """,
    "extra state that is not expected": """
        a = nn.Linear(1, 1)
        log(tuple(a.load_state_dict({**a.state_dict(), "_extra_state": 1}, strict=False)))
        a.load_state_dict({**a.state_dict(), "_extra_state": 1})
    """,
    "a class that gives extra state and takes none": """
        class Gives(nn.Linear):
            def get_extra_state(self): return 1
        a = Gives(1, 1)
        a.load_state_dict(a.state_dict())
    """,
    "extra state of a class that has none": "net.get_extra_state()",
    "setting extra state of a class that has none": "net.set_extra_state(1)",
    "a class saves and loads in its own way": """
        class Own(nn.Linear):
            def _save_to_state_dict(self, destination, prefix, keep_vars):
                super()._save_to_state_dict(destination, prefix, keep_vars)
                destination[prefix + "kernel"] = destination.pop(prefix + "weight")
            def _load_from_state_dict(self, state, prefix, metadata, strict, *report):
                log(prefix, sorted(state), metadata, strict, report)
                state[prefix + "weight"] = state.pop(prefix + "kernel")
                super()._load_from_state_dict(state, prefix, metadata, strict, *report)
                log(self.weight)
        a = nn.Sequential(Own(2, 1), layer(1, 1))
        state = a.state_dict()
        log(list(state))
        state["0.kernel"] = T.full((1, 2), 7.0)
        log(tuple(a.load_state_dict(state)))
        log(a[0].weight, list(state))
    """,
    "a class reports an error of its own": """
        class Strange(nn.Linear):
            def _load_from_state_dict(
                self, state, prefix, metadata, strict, missing, unexpected, errors
            ):
                errors.append("strange " + prefix)
        nn.Sequential(Strange(1, 1)).load_state_dict({})
    """,
    "hooks of saving are called in order": """
        for name, m in net.named_modules():
            m.register_state_dict_pre_hook(
                lambda m, prefix, keep, name=name: log("pre", name, prefix, keep))
            m.register_state_dict_post_hook(
                lambda m, state, prefix, about, name=name:
                    log("post", name, list(state), prefix, about))
        net.state_dict()
    """,
    "a private hook of saving returns another state": """
        net._register_state_dict_hook(lambda m, state, prefix, about: {"all": len(state)})
        net.one._register_state_dict_hook(lambda m, state, prefix, about: {"lost": 1})
        log(net.state_dict())
    """,
    "a public hook of saving must return nothing": """
        net.register_state_dict_post_hook(lambda *a: {})
        net.state_dict()
    """,
    "hooks of loading are called in order": """
        for name, m in net.named_modules():
            m.register_load_state_dict_pre_hook(
                lambda m, state, prefix, about, strict, *lists, name=name:
                    log("pre", name, m, sorted(state), prefix, about, strict, lists))
            m._register_load_state_dict_pre_hook(lambda *a, name=name: log("own", name, len(a)))
            m.register_load_state_dict_post_hook(
                lambda m, keys, name=name: log("post", name, tuple(keys), m.state_dict()))
        net.load_state_dict(other.state_dict())
    """,
    "a hook of loading renames keys": """
        def renamed(m, state, prefix, *rest):
            state[prefix + "w"] = state.pop(prefix + "old")
        net.register_load_state_dict_pre_hook(renamed)
        state = other.state_dict()
        state["old"] = state.pop("w") + 4
        log(tuple(net.load_state_dict(state)), net.w, sorted(state))
    """,
    "a hook of loading forgives what is missing": """
        net.register_load_state_dict_post_hook(lambda m, keys: keys.missing_keys.clear())
        log(tuple(net.load_state_dict(net.one.state_dict(prefix="one."))))
    """,
    "a hook of loading may not return anything": """
        net.register_load_state_dict_post_hook(lambda m, keys: keys)
        net.load_state_dict(other.state_dict())
    """,
    "removed hooks of the state": """
        handles = [
            net.register_state_dict_pre_hook(lambda *a: log(1)),
            net.register_state_dict_post_hook(lambda *a: log(2)),
            net.register_load_state_dict_pre_hook(lambda *a: log(3)),
            net.register_load_state_dict_post_hook(lambda *a: log(4)),
        ]
        for handle in handles:
            handle.remove()
        net.load_state_dict(net.state_dict())
    """,
    "missing and unexpected keys at every depth": """
        state = other.state_dict()
        for key in ("w", "two.0.bias", "one.weight"):
            del state[key]
        for key in ("x", "one.x", "two.1.weight", "two.0.a.b", "three.x", "cache", "w.x"):
            state[key] = T.zeros(1)
        log(tuple(net.load_state_dict(state, strict=False)), net.one.bias)
        net.load_state_dict(state)
    """,
    "shapes that differ are refused, strict or not": """
        state = {**other.state_dict(), "w": T.zeros(3), "one.weight": T.zeros(2, 3)}
        net.load_state_dict(state, strict=False)
    """,
    "a number that was saved with one dimension": """
        state = {**other.state_dict(), "n": T.tensor([9.0])}
        log(tuple(net.load_state_dict(state)), net.n)
    """,
    "a key of what the module has not": """
        a = nn.Linear(1, 1, bias=False)
        a.load_state_dict({"weight": T.zeros(1, 1), "bias": T.zeros(1)})
    """,
    "what is no mapping": "net.load_state_dict([1])",
    "values are copied": """
        state = {k: v.double() + 1 for k, v in net.state_dict().items()}
        before = dict(net.named_parameters())
        net.load_state_dict(state)
        log([p is before[name] for name, p in net.named_parameters()], net.state_dict())
    """,
    "values are assigned": """
        state = {k: v.double() + 1 for k, v in net.state_dict().items()}
        before = dict(net.named_parameters())
        net.n.requires_grad_(False)
        log(tuple(net.load_state_dict(state, assign=True)))
        log([p is before[name] for name, p in net.named_parameters()])
        log(net.state_dict(keep_vars=True))
        log(net.b is state["b"], type(net.w).__name__)
    """,
    "parameters are assigned themselves": """
        p = nn.Parameter(T.full((2,), 4.0), requires_grad=False)
        net.load_state_dict({"w": p}, strict=False, assign=True)
        log(net.w is p, p)
    """,
    "batch norm from before it counted": """
        a = nn.BatchNorm1d(2)
        state = {k: v for k, v in a.state_dict().items() if k != "num_batches_tracked"}
        log(tuple(a.load_state_dict(state)), a.num_batches_tracked)
        state = a.state_dict()
        del state["num_batches_tracked"]
        a.load_state_dict(state)
    """,
}  # fmt: skip


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
def test_state_is_saved_and_loaded_as_in_pytorch(program: str):
    program = NET + textwrap.dedent(program)
    assert ran(tg, program) == ran(torch, program)


def test_weights_of_a_pytorch_model_give_the_same_outputs():
    def build(nn):
        return nn.Sequential(
            OrderedDict(
                conv=nn.Conv2d(1, 4, 3), norm=nn.BatchNorm2d(4), act=nn.ReLU(),
                flat=nn.Flatten(), head=nn.Sequential(nn.Linear(4 * 36, 8), nn.LayerNorm(8)),
            )
        )  # fmt: skip

    theirs, ours = build(torch.nn), build(tg.nn)
    theirs(torch.randn(5, 1, 8, 8))  # moves the running statistics
    result = ours.load_state_dict(theirs.state_dict())
    assert repr(result) == "<All keys matched successfully>"
    x = np.random.default_rng(1).standard_normal((3, 1, 8, 8)).astype(np.float32)
    got, expected = ours.eval()(tg.tensor(x)), theirs.eval()(torch.tensor(x))
    np.testing.assert_allclose(got.detach().numpy(), expected.detach().numpy(), atol=2e-6)
