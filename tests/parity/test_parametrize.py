"""`nn.utils.parametrize` and the older hooks, told by both libraries."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="extra `parity` is not installed")

from tests.parity.told import assert_told_alike, refusal  # noqa: E402  it imports torch

pytestmark = [
    pytest.mark.parity,
    pytest.mark.filterwarnings("ignore:.torch.nn.utils.weight_norm. is deprecated:FutureWarning"),
]


def numbers(library: Any, *shape: int) -> Any:
    drawn = np.random.default_rng(len(shape)).standard_normal(shape).astype(np.float32)
    return library.tensor(drawn)


def symmetric(nn: Any) -> Any:
    class Symmetric(nn.Module):
        def forward(self, x: Any) -> Any:
            return x.triu() + x.triu(1).mT

        def right_inverse(self, x: Any) -> Any:
            return x.triu()

    return Symmetric()


def rank_one(library: Any) -> Any:
    class RankOne(library.nn.Module):
        def forward(self, x: Any, y: Any) -> Any:
            return x.unsqueeze(-1) @ y.unsqueeze(-2)

        def right_inverse(self, z: Any) -> Any:
            return z.sum(-1), z.mean(-2)

    return RankOne()


# -- ready ones ------------------------------------------------------------------------------------

LAYERS = {
    "linear": lambda nn: (nn.Linear(6, 3), (4, 6)),
    "conv": lambda nn: (nn.Conv2d(2, 3, (2, 3)), (1, 2, 5, 5)),
    "transposed": lambda nn: (nn.ConvTranspose1d(2, 3, 2), (1, 2, 5)),
}


def used(library: Any, module: Any, shape: tuple[int, ...]) -> list[Any]:
    """Text, state and gradients, after two calls in training and then in evaluation."""
    x = numbers(library, *shape)
    notes = [repr(module)]
    for mode in (True, True, False):
        module.train(mode)
        module.zero_grad()
        y = module(x)
        (y * y).sum().backward()
        notes += [y, *(p.grad for p in module.parameters())]
    return [*notes, *module.state_dict(), *module.state_dict().values()]


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("name", ["weight_norm", "spectral_norm"])
@pytest.mark.parametrize("options", [{}, {"dim": 1}, {"dim": None}])
def test_the_old_hooks_normalise_and_go_again(name, layer, options):
    def story(library: Any) -> list[Any]:
        utils = library.nn.utils
        module, shape = LAYERS[layer](library.nn)
        assert getattr(utils, name)(module, **options) is module
        notes = used(library, module, shape)
        assert getattr(utils, f"remove_{name}")(module) is module
        missing = refusal(lambda: getattr(utils, f"remove_{name}")(module))
        return [*notes, *used(library, module, shape), missing]

    assert_told_alike(story)


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("name", ["weight_norm", "spectral_norm"])
@pytest.mark.parametrize("options", [{}, {"dim": 1}])
def test_normalising_parametrizations_compute_and_go_again(name, layer, options):
    def story(library: Any) -> list[Any]:
        utils = library.nn.utils
        module, shape = LAYERS[layer](library.nn)
        assert getattr(utils.parametrizations, name)(module, **options) is module
        notes = used(library, module, shape)
        utils.parametrize.remove_parametrizations(module, "weight")
        return [*notes, *used(library, module, shape)]

    assert_told_alike(story)


@pytest.mark.parametrize("base", [True, False])
@pytest.mark.parametrize("sizes", [(5, 5), (5, 3), (3, 5)])
@pytest.mark.parametrize("name", [None, "matrix_exp", "cayley", "householder"])
def test_orthogonal_weights_start_and_move_as_in_pytorch(name, sizes, base):
    def story(library: Any) -> list[Any]:
        module = library.nn.Linear(*sizes)
        library.nn.utils.parametrizations.orthogonal(
            module, orthogonal_map=name, use_trivialization=base
        )
        notes = used(library, module, (4, sizes[0]))
        with library.no_grad():
            for p in module.parameters():
                p.add_(p.grad, alpha=-0.01)
        weight = module.weight
        product = weight @ weight.mT if sizes[0] > sizes[1] else weight.mT @ weight
        assert np.allclose(product.detach().numpy(), np.eye(min(sizes)), atol=1e-5)
        return [*notes, weight]

    assert_told_alike(story, 1e-4)


def test_orthogonal_batches_and_complex_matrices_are_unitary():
    def story(library: Any) -> list[Any]:
        notes = []
        for dtype in (library.float64, library.complex128):
            module = library.nn.Module()
            module.w = library.nn.Parameter(library.randn(2, 4, 3, dtype=library.float64).to(dtype))
            library.nn.utils.parametrizations.orthogonal(module, "w", "matrix_exp")
            notes += [module.w, module.w.mH @ module.w]
            module.w = module.w.detach().flip(-2) * 2  # is made orthogonal
            notes.append(module.w.mH @ module.w)
        return notes

    assert_told_alike(story)


def test_orthogonal_refuses_what_pytorch_refuses():
    def story(library: Any) -> list[Any]:
        nn, orthogonal = library.nn, library.nn.utils.parametrizations.orthogonal
        of_kind = nn.Module()
        of_kind.w = nn.Parameter(library.ones(3, 2, dtype=library.complex64))
        kept = orthogonal(nn.Linear(4, 4), orthogonal_map="cayley", use_trivialization=False)
        return [
            refusal(lambda: orthogonal(nn.ReLU())),
            refusal(lambda: orthogonal(nn.Linear(2, 2), "bias")),
            refusal(lambda: orthogonal(nn.Linear(2, 2), orthogonal_map="exp")),
            refusal(lambda: orthogonal(of_kind, "w", "householder")),
            refusal(lambda: setattr(kept, "weight", library.eye(4))),
            refusal(lambda: setattr(orthogonal(nn.Linear(4, 4)), "weight", library.eye(3))),
        ]

    assert_told_alike(story)


def test_a_state_of_the_old_weight_norm_is_taken_by_the_new_one():
    def story(library: Any) -> list[Any]:
        utils = library.nn.utils
        old = utils.weight_norm(library.nn.Linear(3, 2))
        new = utils.parametrizations.weight_norm(library.nn.Linear(3, 2))
        return [str(new.load_state_dict(old.state_dict())), new.weight, *new.state_dict().values()]

    assert_told_alike(story)


def test_a_state_of_pytorchs_first_spectral_norm_is_taken():
    def story(library: Any) -> list[Any]:
        module = library.nn.utils.spectral_norm(library.nn.Linear(2, 3))
        module(library.ones(1, 2))
        state = dict(module.state_dict())
        del state["weight_v"]
        state["weight"] = module.weight.detach()
        again = library.nn.utils.spectral_norm(library.nn.Linear(2, 3)).eval()
        again.load_state_dict(state)
        return [again(library.ones(1, 2)), *again.state_dict().values()]

    assert_told_alike(story)


# -- your own --------------------------------------------------------------------------------------


def test_a_parametrized_tensor_is_read_written_and_differentiated():
    def story(library: Any) -> list[Any]:
        nn, P = library.nn, library.nn.utils.parametrize
        module = nn.Linear(3, 3)
        before = module.weight
        assert P.register_parametrization(module, "weight", symmetric(nn)) is module
        assert module.parametrizations.weight.original is before  # an optimizer may hold it
        notes = [repr(module), *used(library, module, (2, 3)), module.weight]
        module.weight = numbers(library, 3, 3) + numbers(library, 3, 3).T
        notes += [module.weight, module.parametrizations.weight.original]
        notes += [
            P.is_parametrized(module), P.is_parametrized(module, "bias"),
            P.is_parametrized(nn.ReLU()), P.type_before_parametrizations(module).__name__,
            type(module).__name__, isinstance(module, nn.Linear),
        ]  # fmt: skip
        P.remove_parametrizations(module, "weight", leave_parametrized=False)
        assert module.weight is before
        assert type(module) is nn.Linear
        return [*notes, module.weight, *module.state_dict(), repr(module)]

    assert_told_alike(story)


def test_several_parametrizations_follow_each_other():
    def story(library: Any) -> list[Any]:
        nn, P = library.nn, library.nn.utils.parametrize

        class Scaled(nn.Module):
            def forward(self, x: Any) -> Any:
                return 2 * x

            def right_inverse(self, x: Any) -> Any:
                return x / 2

        module = nn.Linear(3, 3)
        P.register_parametrization(module, "weight", symmetric(nn))
        P.register_parametrization(module, "weight", Scaled())
        P.register_parametrization(module, "bias", Scaled())
        notes = [*used(library, module, (2, 3)), module.weight, module.bias]
        module.weight = library.eye(3)
        notes += [module.parametrizations.weight.original, *(n for n, _ in module.named_modules())]
        P.remove_parametrizations(module, "weight")
        notes += [repr(module), module.weight, *module.state_dict()]
        P.remove_parametrizations(module, "bias")
        return [*notes, repr(module), type(module).__name__, *module.state_dict()]

    assert_told_alike(story)


def test_a_tensor_may_be_computed_from_several():
    def story(library: Any) -> list[Any]:
        nn, P = library.nn, library.nn.utils.parametrize
        module = P.register_parametrization(nn.Linear(3, 4), "weight", rank_one(library))
        notes = used(library, module, (2, 3))
        module.weight = numbers(library, 4, 3)
        notes += [*module.state_dict(), *module.state_dict().values()]
        other = P.transfer_parametrizations_and_params(module, nn.Linear(3, 4))
        notes += [repr(other), other.weight]
        notes.append(refusal(
            lambda: P.remove_parametrizations(module, "weight", leave_parametrized=False)
        ))  # fmt: skip
        P.remove_parametrizations(module, "weight")
        return [*notes, module.weight, repr(module), type(module.weight).__name__]

    assert_told_alike(story)


def test_buffers_are_parametrized_too_and_states_are_loaded():
    def story(library: Any) -> list[Any]:
        nn, P = library.nn, library.nn.utils.parametrize
        modules = []
        for _ in range(2):
            module = nn.Module()
            module.register_buffer("square", library.randn(3, 3))
            modules.append(P.register_parametrization(module, "square", symmetric(nn)))
        modules[1].load_state_dict(modules[0].state_dict())
        return [*modules[1].state_dict(), modules[1].square, [n for n, _ in module.named_buffers()]]

    assert_told_alike(story)


def test_inside_of_cached_a_tensor_is_computed_once():
    def story(library: Any) -> list[Any]:
        nn, P = library.nn, library.nn.utils.parametrize
        module = P.register_parametrization(nn.Linear(3, 3), "weight", symmetric(nn))
        outside = module.weight is module.weight
        with P.cached():
            first = module.weight
            with P.cached():
                inside = first is module.weight
            (module.weight * 2 + module.weight).sum().backward()
            still = first is module.weight
        return [outside, inside, still, first is module.weight,
                module.parametrizations.weight.original.grad]  # fmt: skip

    assert_told_alike(story)


def test_a_copy_has_parametrizations_of_its_own_and_none_is_pickled():
    def story(library: Any) -> list[Any]:
        nn, P = library.nn, library.nn.utils.parametrize
        module = P.register_parametrization(nn.Linear(3, 3), "weight", symmetric(nn))
        twin = copy.deepcopy(module)
        with library.no_grad():
            module.parametrizations.weight.original.zero_()
        notes = [repr(twin), twin.weight, *twin.state_dict(), module.weight]
        return [*notes, refusal(lambda: twin.__getstate__())[:60]]

    assert_told_alike(story)


def test_what_is_no_parametrization_is_refused_as_in_pytorch():
    def story(library: Any) -> list[Any]:
        nn, P = library.nn, library.nn.utils.parametrize

        def module_of(function: Any, inverse: Any = None) -> Any:
            class Own(nn.Module):
                def forward(self, x: Any) -> Any:
                    return function(x)

            if inverse is not None:
                Own.right_inverse = lambda self, x: inverse(x)
            return Own()

        def registered(*parametrizations: Any) -> Any:
            module = nn.Linear(3, 2)
            for one in parametrizations:
                P.register_parametrization(module, "weight", one)
            return module

        same = module_of(lambda x: x)
        wrong = {
            "shape": module_of(lambda x: x.T), "dtype": module_of(lambda x: x.double()),
            "kind": module_of(lambda x: 3), "inverse": module_of(lambda x: x, lambda x: 3),
            "item": module_of(lambda x: x, lambda x: [3]),
            "half": module_of(lambda x: x, lambda x: x.double()),
        }  # fmt: skip
        notes = [refusal(lambda m=m: registered(m)).split(":")[0] for m in wrong.values()]
        notes += [refusal(lambda m=m: registered(same, m)).split(":")[0] for m in wrong.values()]
        return [
            *notes,
            refusal(lambda: P.register_parametrization(nn.Linear(1, 1), "scale", same)),
            refusal(lambda: P.remove_parametrizations(nn.Linear(1, 1), "weight")),
            refusal(lambda: setattr(registered(same), "weight", library.ones(2, 3))),
            P.register_parametrization(
                nn.Linear(3, 2), "weight", wrong["shape"], unsafe=True
            ).weight.shape
            == (3, 2),
        ]

    assert_told_alike(story)


def test_spectral_norm_refuses_what_pytorch_refuses():
    def story(library: Any) -> list[Any]:
        nn, utils = library.nn, library.nn.utils
        new = utils.parametrizations.spectral_norm
        return [
            refusal(lambda: utils.spectral_norm(nn.Linear(2, 2), n_power_iterations=0)),
            refusal(lambda: utils.spectral_norm(utils.spectral_norm(nn.Linear(2, 2)), "weight"))[
                :8
            ],
            refusal(lambda: new(nn.Linear(2, 2), n_power_iterations=0)),
            refusal(lambda: new(nn.Linear(2, 2), dim=2)),
            refusal(lambda: new(nn.ReLU())),
            refusal(lambda: utils.weight_norm(utils.weight_norm(nn.Linear(2, 2)))),
            refusal(lambda: utils.weight_norm(nn.LazyLinear(2))),
            refusal(lambda: utils.spectral_norm(nn.LazyLinear(2))),
            new(nn.Linear(3, 2), "bias").bias,
        ]

    assert_told_alike(story)
