"""`nn.utils` (clipping, fusing, skipping), `nn.grad` and `nn.init`, told by both libraries."""

from __future__ import annotations

import inspect
import warnings
from typing import Any

import numpy as np
import pytest

import tracegrad as tg

torch = pytest.importorskip("torch", reason="extra `parity` is not installed")
pytest.importorskip("torch.nn.utils.prune", reason="extra `parity` is not installed")
pytest.importorskip("torch.nn.grad", reason="extra `parity` is not installed")

from tests.parity.told import assert_told_alike, refusal  # noqa: E402  it imports torch

pytestmark = pytest.mark.parity


def numbers(library: Any, *shape: int) -> Any:
    drawn = np.random.default_rng(sum(shape)).standard_normal(shape).astype(np.float32)
    return library.tensor(drawn)


USED_PRIVATE = {"nn.common_types": "_t", "nn.modules.utils": "e"}
"""Names that begin with `_` and yet are used outside of PyTorch, by how they end."""

# -- names -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "module", ["nn.utils", "nn.init", "nn.utils.prune", "nn.utils.parametrize", "nn.grad",
               "nn.utils.parametrizations", "nn.modules.utils", "nn.common_types"],
)  # fmt: skip
def test_every_public_name_of_pytorchs_module_is_here(module):
    ours, theirs = tg, torch
    for part in module.split("."):
        ours, theirs = getattr(ours, part), getattr(theirs, part)
    suffix = USED_PRIVATE.get(module)
    own = {
        name
        for name, value in vars(theirs).items()
        if (
            not name.startswith("_")
            and getattr(value, "__module__", "").startswith(theirs.__name__)
        )
        or (suffix and name.startswith("_") and name.endswith(suffix))
    }
    assert own
    assert not {name for name in own if not hasattr(ours, name)}


# -- gradients clipped -----------------------------------------------------------------------------


@pytest.mark.parametrize("order", [2.0, 1, 0.5, float("inf"), float("-inf"), 0])
@pytest.mark.parametrize("most", [1e-2, 1e3])
def test_clipping_by_norm_gives_pytorchs_norm_and_gradients(order, most):
    def story(library: Any) -> list[Any]:
        utils = library.nn.utils
        net = library.nn.Sequential(library.nn.Linear(3, 4), library.nn.Linear(4, 1))
        net(numbers(library, 2, 3)).sum().backward()
        net[1].bias.grad = None
        grads = [p.grad for p in net.parameters() if p.grad is not None]
        notes = [utils.get_total_norm(grads, order), utils.get_total_norm(grads[0], order)]
        notes.append(utils.clip_grad_norm_(net.parameters(), most, order))
        notes += [p.grad for p in net.parameters() if p.grad is not None]
        utils.clip_grads_with_norm_(net.parameters(), most, library.tensor(3.0), foreach=False)
        utils.clip_grad_value_(net[0].weight, most / 10)
        return [*notes, *(p.grad for p in net[0].parameters())]

    assert_told_alike(story)


@pytest.mark.filterwarnings("ignore:.torch.nn.utils.clip_grad_norm. is now:FutureWarning")
def test_clipping_what_is_not_finite_or_not_there():
    def story(library: Any) -> list[Any]:
        utils = library.nn.utils
        p = library.nn.Parameter(library.ones(2))
        p.grad = library.tensor([1.0, float("nan")])
        notes = [refusal(lambda: utils.clip_grad_norm_(p, 1.0, error_if_nonfinite=True))]
        notes += [utils.clip_grad_norm_([p], 1.0), p.grad, utils.clip_grad_norm_([], 1.0)]
        p.grad = library.tensor([3.0, 4.0])
        with pytest.warns(UserWarning, match="is an empty generator"):
            utils.clip_grad_norm_((q for q in ()), 1.0)
        return [*notes, utils.clip_grad_norm(p, 1.0), p.grad]

    assert_told_alike(story)


# -- modules changed -------------------------------------------------------------------------------


@pytest.mark.parametrize("affine", [True, False])
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("kind", ["Conv2d", "ConvTranspose2d", "Linear"])
def test_a_normalisation_is_folded_into_the_layer_before_it(kind, bias, affine):
    if kind == "Linear" and not affine:
        return  # PyTorch's needs a scale

    def story(library: Any) -> list[Any]:
        nn = library.nn
        shape = (5, 3) if kind == "Linear" else (5, 3, 4, 4)
        layer = getattr(nn, kind)(3, 4, **({} if kind == "Linear" else {"kernel_size": 2}),
                                  bias=bias)  # fmt: skip
        norm = (nn.BatchNorm1d if kind == "Linear" else nn.BatchNorm2d)(4, affine=affine)
        x = numbers(library, *shape)
        norm(layer(x))
        layer.eval(), norm.eval()
        if kind == "Linear":
            fused = nn.utils.fuse_linear_bn_eval(layer, norm)
        else:
            fused = nn.utils.fuse_conv_bn_eval(layer, norm, transpose=kind != "Conv2d")
        both = norm(layer(x)).detach()
        assert np.allclose(fused(x).detach().numpy(), both.numpy(), atol=1e-5)
        return [
            repr(fused), *fused.state_dict(), *fused.state_dict().values(), fused(x),
            fused.bias.requires_grad, *layer.state_dict().values(),
            refusal(lambda: nn.utils.fuse_conv_bn_eval(layer.train(), norm)),
        ]  # fmt: skip

    assert_told_alike(story)


def test_skipping_first_values_draws_nothing():
    def story(library: Any) -> list[Any]:
        nn, skip = library.nn, library.nn.utils.skip_init
        library.manual_seed(2)
        module = skip(nn.Linear, 3, 2, bias=False, dtype=library.float64)
        after = library.rand(2)
        return [
            repr(module), str(module.weight.dtype), tuple(module.weight.shape), after,
            refusal(lambda: skip(nn.ReLU)), refusal(lambda: skip(dict)),
        ]  # fmt: skip

    assert_told_alike(story)


@pytest.mark.filterwarnings("ignore:.torch.nn.utils.stateless:FutureWarning")
def test_a_module_is_called_with_other_parameters():
    def story(library: Any) -> list[Any]:
        module = library.nn.Linear(2, 2)
        other = {"weight": library.eye(2)}
        call = library.nn.utils.stateless.functional_call
        return [call(module, other, library.ones(1, 2)), module.weight]

    assert_told_alike(story)


def test_parameters_go_through_a_vector():
    def story(library: Any) -> list[Any]:
        net = library.nn.Linear(2, 3)
        vector = library.nn.utils.parameters_to_vector(net.parameters())
        library.nn.utils.vector_to_parameters(library.arange(9.0), net.parameters())
        return [vector, *net.parameters()]

    assert_told_alike(story)


def test_a_prefix_is_taken_off_a_state():
    def story(library: Any) -> list[Any]:
        net = library.nn.DataParallel(library.nn.Linear(1, 1))
        state = net.state_dict()
        consume = library.nn.modules.utils.consume_prefix_in_state_dict_if_present
        consume(state, "module.")
        return [*state, sorted(state._metadata)]

    assert_told_alike(story)


def test_factory_arguments_are_taken_out_as_in_pytorch():
    def story(library: Any) -> list[Any]:
        of = library.nn.factory_kwargs
        return [
            of(None), of({"device": "cpu"}), of({"factory_kwargs": {"dtype": 3}, "device": None}),
            refusal(lambda: of({"size": 3}))[:30],
            refusal(lambda: of({"dtype": 1, "factory_kwargs": {"dtype": 2}})),
        ]  # fmt: skip

    assert_told_alike(story)


# -- gradients of convolutions ---------------------------------------------------------------------


@pytest.mark.parametrize("options", [{}, {"stride": 2, "padding": 1, "dilation": 2, "groups": 2}])
@pytest.mark.parametrize("n", [1, 2, 3])
def test_gradients_of_convolutions_as_functions(n, options):
    def story(library: Any) -> list[Any]:
        x, w = numbers(library, 2, 4, *[9] * n), numbers(library, 6, 4, *[3] * n)
        w = w[:, : 4 // options.get("groups", 1)]
        g = library.ones_like(getattr(library.nn.functional, f"conv{n}d")(x, w, **options))
        of_input, of_weight = (
            getattr(library.nn.grad, f"conv{n}d_{k}") for k in ("input", "weight")
        )
        return [of_input(x.shape, w, g, **options), of_weight(x, w.shape, g, **options)]

    assert_told_alike(story, 1e-4)


# -- first values ----------------------------------------------------------------------------------

FILLED = [
    ("uniform_", (5, 7), (-2.0, 3.0)), ("normal_", (40,), (1.0, 2.0)), ("constant_", (3,), (2.5,)),
    ("zeros_", (3,), ()), ("ones_", (3,), ()), ("eye_", (3, 4), ()),
    ("trunc_normal_", (50, 3), ()), ("trunc_normal_", (50, 3), (0.0, 1.0, 1.5, 2.0)),
    ("trunc_normal_", (50, 3), (0.0, 1.0, -0.1, 0.2)),
    ("kaiming_uniform_", (4, 3, 2), (0.1, "fan_out")),
    ("kaiming_uniform_", (4, 3), (0, "FAN_IN", "conv_transpose1d")),
    ("kaiming_normal_", (4, 30, 2), (0.1, "fan_in", "selu")),
    ("xavier_uniform_", (3, 4), (2.0,)), ("xavier_normal_", (30, 4), (2.0,)),
    ("dirac_", (4, 3, 3, 4), (2,)), ("dirac_", (2, 3, 2), ()), ("dirac_", (4, 4, 2, 3, 3), ()),
    ("orthogonal_", (5, 3), (2.0,)), ("orthogonal_", (3, 5), ()), ("orthogonal_", (4, 4, 2), ()),
    ("sparse_", (10, 4), (0.3,)), ("sparse_", (10, 4), (0.25, 2.0)),
]  # fmt: skip


@pytest.mark.parametrize("own", [False, True], ids=["default", "generator"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("name", "shape", "arguments"), FILLED)
def test_a_filled_tensor_holds_pytorchs_numbers(name, shape, arguments, dtype, own):
    takes = "generator" in inspect.signature(getattr(torch.nn.init, name)).parameters
    assert takes == ("generator" in inspect.signature(getattr(tg.nn.init, name)).parameters)

    def story(library: Any) -> list[Any]:
        tensor = library.empty(*shape, dtype=getattr(library, dtype))
        more = {"generator": library.Generator().manual_seed(9)} if own and takes else {}
        assert getattr(library.nn.init, name)(tensor, *arguments, **more) is tensor
        return [tensor]

    assert_told_alike(story, 1e-6)


@pytest.mark.parametrize("name", [
    "uniform", "normal", "constant", "eye", "dirac", "xavier_uniform", "xavier_normal",
    "kaiming_uniform", "kaiming_normal", "orthogonal", "sparse",
])  # fmt: skip
def test_an_old_name_warns_and_fills(name):
    def story(library: Any) -> list[Any]:
        tensor = library.zeros(*(2, 3, 2) if name == "dirac" else (4, 3))
        options = {"constant": (3.0,), "sparse": (0.5,)}.get(name, ())
        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            getattr(library.nn.init, name)(tensor, *options)
        return [tensor, *(f"{w.category.__name__} {w.message}" for w in warned)]

    assert_told_alike(story)


def test_what_cannot_be_filled_is_refused_as_in_pytorch():
    def story(library: Any) -> list[Any]:
        init, empty = library.nn.init, library.empty
        return [
            refusal(lambda: init.dirac_(empty(2, 2))),
            refusal(lambda: init.dirac_(empty(3, 2, 1), groups=2)),
            refusal(lambda: init.sparse_(empty(2), 0.1)),
            refusal(lambda: init.orthogonal_(empty(2))),
            refusal(lambda: init.eye_(empty(2))),
            refusal(lambda: init.kaiming_normal_(empty(2, 2), mode="fan")),
            refusal(lambda: init.kaiming_normal_(empty(2))),
            refusal(lambda: init.calculate_gain("swish")),
            refusal(lambda: init.calculate_gain("leaky_relu", True)),
            init.calculate_gain("leaky_relu", 0.3), init.calculate_gain("conv_transpose2d"),
        ]  # fmt: skip

    assert_told_alike(story)


@pytest.mark.parametrize(("call", "words"), [
    (lambda init, t: init.kaiming_uniform_(t.empty(0, 3)), "zero-element tensors is a no-op"),
    (lambda init, t: init.trunc_normal_(t.empty(3), 0.0, 1.0, 3.0, 4.0), "more than 2 std from"),
])  # fmt: skip
def test_what_warns_in_pytorch_warns_here(call, words):
    for library in (tg, torch):
        with pytest.warns(UserWarning, match=words):
            call(library.nn.init, library)
