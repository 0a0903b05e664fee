"""What all optimizers share: parameter groups, state by parameter, steps."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import CodeType
from typing import Any

from tracegrad._tensor import Tensor
from tracegrad.autograd.mode import enable_grad
from tracegrad.backend.device import as_array, on_device
from tracegrad.graph.location import caller
from tracegrad.graph.observe import hub
from tracegrad.optim.bucket import Bucket, buckets


class Optimizer:
    """Base of all optimizers: subclasses say how one bucket is updated.

    Args:
        params: tensors, or dicts with `params` and options of their own.
        defaults: options by name.

    Raises:
        ValueError: no parameters, a parameter that is no leaf, or one in two groups.
        TypeError: something is not a tensor.
    """

    STATE: tuple[str, ...] = ()
    """Names of the arrays that are kept for each parameter."""

    def __init__(self, params: Iterable[Any], defaults: dict[str, Any]) -> None:
        if isinstance(params, Tensor):
            raise TypeError(
                "params argument given to the optimizer should be an iterable of Tensors or "
                f"dicts, but got {type(params).__name__}"
            )
        self.defaults = defaults
        self.param_groups: list[dict[str, Any]] = []
        self._buckets: dict[int, tuple[tuple[int, ...], list[Bucket]]] = {}
        self._idle: dict[int, list[Bucket]] = {}
        groups = list(params)
        if not groups:
            raise ValueError("optimizer got an empty parameter list")
        if not isinstance(groups[0], dict):
            groups = [{"params": groups}]
        for group in groups:
            self.add_param_group(group)

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Add parameters with options of their own.

        Raises:
            ValueError, TypeError: as for the optimizer itself. Nothing is added then.
        """
        if not isinstance(param_group, dict):
            raise TypeError(f"param_group must be a dict, but got {type(param_group)}")
        group = dict(param_group)
        given = group["params"]
        if isinstance(given, set):
            raise TypeError(
                "optimizer parameters need to be organized in ordered collections, but the "
                "ordering of tensors in sets will change between runs. Please use a list instead."
            )
        group["params"] = [given] if isinstance(given, Tensor) else list(given)
        for p in group["params"]:
            if not isinstance(p, Tensor):
                raise TypeError(
                    "optimizer can only optimize Tensors, but one of the params is "
                    f"{type(p).__name__}"
                )
            if not p.is_leaf:
                raise ValueError("can't optimize a non-leaf Tensor")
        known = {id(p) for other in self.param_groups for p in other["params"]}
        ids = [id(p) for p in group["params"]]
        if known & set(ids):
            raise ValueError("some parameters appear in more than one parameter group")
        if len(set(ids)) != len(ids):
            raise ValueError("some parameters appear twice in a parameter group")
        for name, value in self.defaults.items():
            group.setdefault(name, value)
        self.param_groups.append(group)

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Drop the gradients of all parameters, or set them to zero."""
        for group in self.param_groups:
            for p in group["params"]:
                accumulator = p._accumulator
                if accumulator is None or accumulator.grad is None:
                    continue
                if set_to_none:
                    accumulator.grad = None
                else:
                    p.grad = p.grad.detach().zero_()

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Change every parameter that has a gradient.

        Args:
            closure: computes the loss again and returns it, with gradients.
        """
        loss = None
        if closure is not None:
            with enable_grad():
                loss = closure()
        code, lasti = caller()
        for n, group in enumerate(self.param_groups):
            for bucket in self._current_buckets(n, group):
                bucket.steps += 1
                self._update(bucket, group, code, lasti)
        if hub.observer is not None:
            hub.observer.stepped()
        return loss

    def _update(
        self, bucket: Bucket, group: Mapping[str, Any], code: CodeType | None, lasti: int
    ) -> None:
        """One step of the parameters of one bucket."""
        raise NotImplementedError(f"{type(self).__name__} does not say how to update")

    def _current_buckets(self, n: int, group: Mapping[str, Any]) -> list[Bucket]:
        """Buckets of the parameters that have gradients now; state moves along when those
        change.
        """
        present = [
            p
            for p in group["params"]
            if p._accumulator is not None and p._accumulator.grad is not None
        ]
        key = tuple([id(p) for p in present])
        known = self._buckets.get(n)
        if known is not None and known[0] == key:
            return known[1]
        states = self._states()
        # Parameters that were updated equally often go together: the step counts in their
        # mathematics.
        by_steps: dict[int, list[Tensor]] = {}
        for p in present:
            by_steps.setdefault(int(states.get(id(p), {}).get("step", 0)), []).append(p)
        made = [b for steps, ps in by_steps.items() for b in self._made(ps, steps, states)]
        # Parameters without a gradient now keep their state for later.
        kept = [p for p in group["params"] if id(p) in states and id(p) not in key]
        idle = [b for p in kept for b in self._made([p], int(states[id(p)]["step"]), states)]
        self._buckets[n] = (key, made)
        self._idle[n] = idle
        return made

    def _made(
        self, ps: list[Tensor], steps: int, states: Mapping[int, Mapping[str, Any]]
    ) -> list[Bucket]:
        made = buckets(ps)
        for bucket in made:
            bucket.steps = steps
            for name in self.STATE:
                for index, p in enumerate(bucket.parameters):
                    if name in states.get(id(p), {}):
                        bucket.zeros(name)
                        bucket.part(name, index)[...] = states[id(p)][name]
        return made

    def _states(self) -> dict[int, dict[str, Any]]:
        """State arrays of every parameter that was ever updated, by its `id()`: views of the
        buckets'.
        """
        found: dict[int, dict[str, Any]] = {}
        everywhere = [b for _, bs in self._buckets.values() for b in bs]
        everywhere += [b for bs in self._idle.values() for b in bs]
        for bucket in everywhere:
            for index, p in enumerate(bucket.parameters):
                if bucket.steps:
                    found[id(p)] = {"step": bucket.steps} | {
                        name: bucket.part(name, index) for name in bucket.state
                    }
        return found

    # -- state for saving ----------------------------------------------------------------------

    @property
    def state(self) -> dict[Tensor, dict[str, Any]]:
        """State by parameter: copies; change it through `load_state_dict`."""
        states = self._states()
        return {
            p: {k: v if k == "step" else Tensor._of(v.copy()) for k, v in states[id(p)].items()}
            for group in self.param_groups
            for p in group["params"]
            if id(p) in states
        }

    def state_dict(self) -> dict[str, Any]:
        """State and options, with parameters named by their position."""
        position: dict[int, int] = {}
        for group in self.param_groups:
            for p in group["params"]:
                position[id(p)] = len(position)
        return {
            "state": {position[id(p)]: entries for p, entries in self.state.items()},
            "param_groups": [
                {k: v for k, v in group.items() if k != "params"}
                | {"params": [position[id(p)] for p in group["params"]]}
                for group in self.param_groups
            ],
        }

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Take over state and options of an optimizer with the same groups, ours or PyTorch's.

        Raises:
            ValueError: the groups differ in number or size, or a state does not have its
                parameter's shape. Nothing is changed then.
        """
        saved = state_dict["param_groups"]
        if len(saved) != len(self.param_groups):
            raise ValueError("loaded state dict has a different number of parameter groups")
        for group, other in zip(self.param_groups, saved, strict=True):
            if len(group["params"]) != len(other["params"]):
                raise ValueError(
                    "loaded state dict contains a parameter group that doesn't match the size of "
                    "optimizer's group"
                )
        loaded = [
            {
                p: _state_of(p, state_dict["state"][at])
                for p, at in zip(group["params"], other["params"], strict=True)
                if at in state_dict["state"]
            }
            for group, other in zip(self.param_groups, saved, strict=True)
        ]
        self._buckets.clear()
        self._idle.clear()
        for n, (group, other) in enumerate(zip(self.param_groups, saved, strict=True)):
            group.update({k: v for k, v in other.items() if k != "params"})
            states = {id(p): state for p, state in loaded[n].items()}
            self._idle[n] = [
                bucket
                for p, state in loaded[n].items()
                for bucket in self._made([p], state["step"], states)
            ]

    def __repr__(self) -> str:
        lines = [f"{type(self).__name__} ("]
        for n, group in enumerate(self.param_groups):
            lines.append(f"Parameter Group {n}")
            lines += [f"    {k}: {group[k]}" for k in sorted(group) if k != "params"]
        return "\n".join([*lines, ")"])


def refuse_differentiable(differentiable: bool) -> None:
    """Refuse gradients through a step, which is written into the parameters.

    Raises:
        NotImplementedError: they are asked for.
    """
    if differentiable:
        raise NotImplementedError(
            "differentiable=True: a step is no part of the graph\n"
            "  try: new = p - lr * g with g of autograd.grad(..., create_graph=True)"
        )


def _state_of(p: Tensor, saved: Mapping[str, Any]) -> dict[str, Any]:
    """A parameter's saved state as arrays. PyTorch counts no steps where SGD needs none."""
    arrays = {name: as_array(getattr(v, "_array", v)) for name, v in saved.items() if v is not None}
    state: dict[str, Any] = {"step": int(arrays.pop("step", 1))}
    arrays = {name: on_device(array, p.device) for name, array in arrays.items()}
    for name, array in arrays.items():
        if array.shape != p._array.shape:
            raise ValueError(
                f"loaded state dict has '{name}' of shape {list(array.shape)} for a parameter of "
                f"shape {list(p.shape)}"
            )
    return state | arrays
