"""Modules as functions of their parameters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from tracegrad._tensor import Tensor
from tracegrad.engine.worlds import lifted
from tracegrad.nn.module import Module

ops = lifted.ops
"""Every op of the table, over tensors."""


def functional_call(
    module: Module,
    parameter_and_buffer_dicts: Mapping[str, Tensor] | Sequence[Mapping[str, Tensor]],
    args: Any = None,
    kwargs: Mapping[str, Any] | None = None,
    *,
    tie_weights: bool = True,
    strict: bool = False,
) -> Any:
    """Call a module with other parameters and buffers than its own, which stay as they are.

    Args:
        parameter_and_buffer_dicts: by path, such as `0.weight`; those left out are the module's.
        args: what the module is called with; a tuple is its arguments.
        tie_weights: a tensor that the module has under several paths is replaced under all.
        strict: refuse paths that the module does not have, and leaving any out.
    """
    given: dict[str, Tensor] = {}
    several = parameter_and_buffer_dicts
    for one in (several,) if isinstance(several, Mapping) else several:
        twice = set(given) & set(one)
        if twice:
            raise ValueError(f"{sorted(twice)} appeared in multiple dictionaries")
        given |= one
    positional = args if isinstance(args, tuple) else () if args is None else (args,)
    with replaced(module, given, tie_weights, strict):
        return module(*positional, **(kwargs or {}))


@contextmanager
def replaced(
    module: Module, given: Mapping[str, Tensor], tie_weights: bool, strict: bool
) -> Iterator[None]:
    """Inside, the module has the given tensors in the place of its own."""
    places = _places(module)
    unknown, missing = set(given) - set(places), set(places) - set(given)
    if strict and (unknown or missing):
        raise RuntimeError(
            f"Error(s) in loading for {type(module).__name__}: Unexpected key(s): "
            f"{sorted(unknown)}; Missing key(s): {sorted(missing)}"
        )
    if unknown:
        raise KeyError(f"{type(module).__name__} has no parameter or buffer {sorted(unknown)}")
    wanted = dict(given)
    if tie_weights:
        by_id = {id(places[path][0][places[path][1]]): path for path in given}
        for path, (registry, name) in places.items():
            if path not in wanted and id(registry[name]) in by_id:
                wanted[path] = given[by_id[id(registry[name])]]
    own = [(*places[path], places[path][0][places[path][1]]) for path in wanted]
    try:
        for path, tensor in wanted.items():
            registry, name = places[path]
            registry[name] = tensor
        yield
    finally:
        for registry, name, tensor in own:
            registry[name] = tensor


def _places(module: Module) -> dict[str, tuple[Any, str]]:
    """By path: the registry that a parameter or buffer stands in, and its name there."""
    return {
        f"{path}.{name}" if path else name: (registry, name)
        for path, part in module.named_modules()
        for registry in (part._parameters, part._buffers)
        for name, tensor in registry.items()
        if tensor is not None
    }


def stack_module_state(
    models: Sequence[Module],
) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """The parameters and the buffers of several modules of one kind, each stacked, by path."""
    if not models:
        raise RuntimeError("stack_module_state: Expected at least one model, got 0.")

    def stacked(found: Sequence[Mapping[str, Tensor]], is_parameter: bool) -> dict[str, Tensor]:
        made = {}
        for path in found[0]:
            whole = ops.stack([one[path] for one in found], dim=0).detach()
            made[path] = whole.requires_grad_(is_parameter and found[0][path].requires_grad)
        return made

    return (
        stacked([dict(m.named_parameters()) for m in models], True),
        stacked([dict(m.named_buffers()) for m in models], False),
    )
