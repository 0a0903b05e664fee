"""`nn.utils.prune`, told by both libraries."""

from __future__ import annotations

from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="extra `parity` is not installed")
pytest.importorskip("torch.nn.utils.prune", reason="extra `parity` is not installed")

from tests.parity.told import assert_told_alike, refusal  # noqa: E402  it imports torch

pytestmark = pytest.mark.parity

WAYS = {
    "identity": lambda t, prune, m: prune.identity(m, "weight"),
    "random share": lambda t, prune, m: prune.random_unstructured(m, "weight", 0.3),
    "random number": lambda t, prune, m: prune.random_unstructured(m, "weight", amount=5),
    "nothing": lambda t, prune, m: prune.random_unstructured(m, "weight", 0),
    "smallest": lambda t, prune, m: prune.l1_unstructured(m, "weight", 0.4),
    "by scores": lambda t, prune, m: prune.l1_unstructured(
        m, "weight", 3, importance_scores=t.arange(24.0).reshape(4, 6)
    ),
    "random rows": lambda t, prune, m: prune.random_structured(m, "weight", 2, dim=0),
    "random columns": lambda t, prune, m: prune.random_structured(m, "weight", 0.5, dim=-1),
    "short rows": lambda t, prune, m: prune.ln_structured(m, "weight", 0.5, n=2, dim=0),
    "short columns": lambda t, prune, m: prune.ln_structured(m, "weight", 1, float("inf"), -1),
    "by mask": lambda t, prune, m: prune.custom_from_mask(m, "weight", t.ones(4, 6).tril()),
}


@pytest.mark.parametrize("second", [None, *WAYS])
@pytest.mark.parametrize("first", WAYS)
def test_pruning_once_and_again_masks_the_same_elements(first, second):
    def story(library: Any) -> list[Any]:
        prune = library.nn.utils.prune
        module = library.nn.Linear(6, 4)
        for way in (first, second):
            if way is not None:
                assert WAYS[way](library, prune, module) is module
        notes = [repr(module), *module.state_dict(), *module.state_dict().values(), module.weight]
        y = module(library.ones(2, 6))
        (y * y).sum().backward()
        notes += [y, module.weight_orig.grad, prune.is_pruned(library.nn.Sequential(module))]
        original = module.weight_orig
        prune.remove(module, "weight")
        assert module.weight is original
        return [*notes, module.weight, *module.state_dict(), prune.is_pruned(module)]

    assert_told_alike(story)


def test_pruning_several_parameters_as_one():
    def story(library: Any) -> list[Any]:
        nn, prune = library.nn, library.nn.utils.prune
        net = nn.Sequential(nn.Linear(6, 4), nn.Linear(4, 2))
        pairs = [(net[0], "weight"), (net[1], "weight"), (net[0], "bias")]
        prune.l1_unstructured(net[0], "weight", 3)
        prune.global_unstructured(pairs, prune.L1Unstructured, amount=0.4)
        notes = [*net.state_dict().values()]
        prune.global_unstructured(
            pairs, prune.RandomUnstructured, amount=5,
            importance_scores={(net[1], "weight"): library.ones(2, 4)},
        )  # fmt: skip
        return [*notes, *net.state_dict(), *net.state_dict().values()]

    assert_told_alike(story)


def test_a_method_of_your_own_prunes_tensors_and_modules():
    def story(library: Any) -> list[Any]:
        prune = library.nn.utils.prune

        class EverySecond(prune.BasePruningMethod):
            PRUNING_TYPE = "unstructured"

            def compute_mask(self, t: Any, default_mask: Any) -> Any:
                mask = default_mask.clone()
                mask.view(-1)[::2] = 0
                return mask

        module = library.nn.Linear(3, 2)
        EverySecond.apply(module, "bias")
        container = EverySecond.apply(module, "bias")
        shared = prune.L1Unstructured(2).prune(library.tensor([3.0, -1.0, 2.0, 0.5]))
        return [module.bias, type(container).__name__, len(container), shared]

    assert_told_alike(story)


def test_what_cannot_be_pruned_is_refused_and_left_alone():
    def story(library: Any) -> list[Any]:
        nn, prune = library.nn, library.nn.utils.prune
        module = nn.Linear(6, 4)
        calls = [
            lambda: prune.random_unstructured(module, "weight", "0.3"),
            lambda: prune.random_unstructured(module, "weight", 1.5),
            lambda: prune.random_unstructured(module, "weight", -1),
            lambda: prune.l1_unstructured(module, "weight", 25),
            lambda: prune.random_structured(module, "bias", 1, 0),
            lambda: prune.random_structured(module, "weight", 1, 2),
            lambda: prune.ln_structured(module, "weight", 5, 2, 0),
            lambda: prune.l1_unstructured(module, "scale", 1),
            lambda: prune.remove(module, "weight"),
            lambda: prune.global_unstructured(3, prune.L1Unstructured, amount=1),
            lambda: prune.global_unstructured(
                [(module, "weight")], prune.LnStructured, amount=1, n=2
            ),
            lambda: prune.PruningContainer().add_pruning_method(3),
        ]  # fmt: skip
        notes = [refusal(call)[:60] for call in calls]
        return [*notes, sorted(module.state_dict()), type(module.weight).__name__]

    assert_told_alike(story)
