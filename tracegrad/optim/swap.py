"""Other parameters and state in an optimizer, for a while."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from tracegrad._tensor import Tensor
from tracegrad.optim.optimizer import Optimizer

CALLED = "swap_in_optimizer_params_and_state"


@contextmanager
def swap_in_optimizer_params_and_state(
    optimizer: Optimizer,
    swapin_parameters: Mapping[str, Tensor],
    swapin_optim_state: Mapping[str, Any],
) -> Iterator[None]:
    """Let an optimizer work on other parameters, with another state, inside of the block.

    Args:
        swapin_parameters: in the order of the optimizer's own.
        swapin_optim_state: as from `state_dict()`. Its tensors are written to in place.

    Raises:
        RuntimeError: they do not fit the optimizer's groups, or it has made no step yet.
    """
    groups = _fitting_groups(optimizer, swapin_optim_state)
    parameters = iter(swapin_parameters.values())
    own_state, own_groups = optimizer.state, [dict(group) for group in optimizer.param_groups]
    state: defaultdict[Any, Any] = defaultdict(dict)
    swapped = []
    for group in groups:
        here = [p for p, _ in zip(parameters, group["params"], strict=False)]
        if len(here) != len(group["params"]):
            raise RuntimeError(
                f"{CALLED} requires the explicit parameter state to match optimizer.param_groups "
                "ordering."
            )
        for p, at in zip(here, group["params"], strict=True):
            state[p] = dict(swapin_optim_state["state"].get(at, {}))
        swapped.append({**group, "params": here})
    try:
        for group, other in zip(optimizer.param_groups, swapped, strict=True):
            group.update(other)
        optimizer.state = state
        yield
    finally:
        for group, own in zip(optimizer.param_groups, own_groups, strict=True):
            group.clear()
            group.update(own)
        optimizer.state = own_state


def _fitting_groups(optimizer: Optimizer, saved: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The groups of a state dict, if they are like the optimizer's."""
    if not optimizer.state:
        raise RuntimeError(f"{CALLED} requires initialized optimizer state.")
    groups: list[dict[str, Any]] = saved["param_groups"]
    if len(groups) != len(optimizer.param_groups):
        raise RuntimeError(
            "swapin_optim_state has a different number of parameter groups than the live optimizer."
        )
    for n, (own, other) in enumerate(zip(optimizer.param_groups, groups, strict=True)):
        if len(own["params"]) != len(other["params"]):
            raise RuntimeError(
                f"swapin_optim_state param group {n} has a different number of params than the "
                "live optimizer param group."
            )
        if own.keys() != other.keys():
            raise RuntimeError(
                f"{CALLED} requires optimizer.state_dict()-style param group keys to exactly match "
                f"the live optimizer group keys for group {n}. Keys only in swap-in: "
                f"{sorted(other.keys() - own.keys())}. Keys only in live: "
                f"{sorted(own.keys() - other.keys())}."
            )
    known = {at for group in groups for at in group["params"]}
    extra = [at for at in saved["state"] if at not in known]
    if extra:
        raise RuntimeError(
            f"{CALLED} requires swapin_optim_state['state'] to be keyed only by packed parameter "
            f"ids from param_groups[*]['params']; got extra keys {extra!r}."
        )
    return groups
