"""What all optimizers share: parameter groups, state by parameter, hooks, saving."""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar

from tracegrad._tensor import Tensor
from tracegrad.graph.handle import RemovableHandle
from tracegrad.optim.saved_state import copied_state, fitting, plain
from tracegrad.optim.step_hooks import (
    Hooks,
    register_optimizer_step_post_hook,
    register_optimizer_step_pre_hook,
    registered,
    with_hooks,
)

__all__ = [
    "Optimizer",
    "register_optimizer_step_post_hook",
    "register_optimizer_step_pre_hook",
    "required",
]


class _RequiredParameter:
    """Default of an option that every group must give."""

    def __repr__(self) -> str:
        return "<required parameter>"


required = _RequiredParameter()

HOOKS = (
    "_optimizer_step_pre_hooks", "_optimizer_step_post_hooks", "_optimizer_state_dict_pre_hooks",
    "_optimizer_state_dict_post_hooks", "_optimizer_load_state_dict_pre_hooks",
    "_optimizer_load_state_dict_post_hooks",
)  # fmt: skip


class Optimizer:
    """Base of all optimizers, a program's own too: subclasses define `step`.

    Args:
        params: tensors, or pairs of name and tensor, or dicts with `params` and options of their
            own.
        defaults: options by name.

    Attributes:
        param_groups: dicts of `params` and options, which may be changed between steps.
        state: what is kept of each parameter; reading and writing it is reading and writing what
            the next step goes on from.

    Raises:
        ValueError: no parameters, a parameter that is no leaf, or one in two groups.
        TypeError: something is not a tensor.
    """

    numbers: ClassVar[tuple[str, ...]] = ("step",)
    """Entries of a parameter's state that do not follow its dtype and device."""

    _optimizer_step_pre_hooks: Hooks
    _optimizer_step_post_hooks: Hooks
    _optimizer_state_dict_pre_hooks: Hooks
    _optimizer_state_dict_post_hooks: Hooks
    _optimizer_load_state_dict_pre_hooks: Hooks
    _optimizer_load_state_dict_post_hooks: Hooks

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if "step" in cls.__dict__:
            cls.step = with_hooks(cls.__dict__["step"])  # type: ignore[method-assign]

    def __init__(self, params: Iterable[Any], defaults: dict[str, Any]) -> None:
        if isinstance(params, Tensor):
            raise TypeError(
                "params argument given to the optimizer should be an iterable of Tensors or "
                f"dicts, but got {type(params).__name__}"
            )
        self.defaults = defaults
        self.state: defaultdict[Any, Any] = defaultdict(dict)
        self.param_groups: list[dict[str, Any]] = []
        self._prepare()
        groups = list(params)
        if not groups:
            raise ValueError("optimizer got an empty parameter list")
        if not isinstance(groups[0], dict):
            groups = [{"params": groups}]
        for group in groups:
            self.add_param_group(group)

    def _prepare(self) -> None:
        """Set what is no part of a pickle."""
        for name in HOOKS:
            setattr(self, name, OrderedDict())
        self._plans: dict[int, Any] = {}
        self._in_step = self._opt_called = self._has_schedule = False

    def __getstate__(self) -> dict[str, Any]:
        return {
            "defaults": self.defaults, "state": self.state, "param_groups": self.param_groups,
        }  # fmt: skip

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Take over state and groups; options that an older version did not have get defaults."""
        self.__dict__.update(state)
        if "_plans" not in self.__dict__:
            self._prepare()
        for group in self.param_groups:
            for name, value in self.defaults.items():
                group.setdefault(name, value)

    def __repr__(self) -> str:
        lines = [f"{type(self).__name__} ("]
        for n, group in enumerate(self.param_groups):
            lines.append(f"Parameter Group {n}")
            lines += [f"    {k}: {group[k]}" for k in sorted(group) if k != "params"]
        return "\n".join([*lines, ")"])

    # -- groups --------------------------------------------------------------------------------

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Add parameters with options of their own. The dict itself becomes the group.

        Raises:
            ValueError, TypeError: as for the optimizer itself. Nothing is changed then.
        """
        if not isinstance(param_group, dict):
            raise TypeError(f"param_group must be a dict, but got {type(param_group)}")
        params, names = _unpacked(param_group["params"])
        for p in params:
            _check_parameter(p)
        self._check_once(params)
        named = bool(names)
        for other in self.param_groups:
            if ("param_names" in other) != named:
                raise ValueError(
                    "all optimizer param groups should be with/without names. cannot add param "
                    f"group {'with' if named else 'without'} names to the optimizer"
                )
        for name, value in self.defaults.items():
            if value is required and name not in param_group:
                raise ValueError(
                    "parameter group didn't specify a value of required optimization parameter "
                    f"{name}"
                )
        param_group["params"] = params
        if named:
            param_group["param_names"] = names
        for name, value in self.defaults.items():
            param_group.setdefault(name, value)
        self.param_groups.append(param_group)

    def _check_once(self, params: list[Tensor]) -> None:
        """Refuse parameters that are there already."""
        known = {id(p) for other in self.param_groups for p in other["params"]}
        ids = [id(p) for p in params]
        if known & set(ids):
            raise ValueError("some parameters appear in more than one parameter group")
        if len(set(ids)) != len(ids):
            raise ValueError("some parameters appear twice in a parameter group")

    def _called(self, n: int, p: Tensor) -> str:
        """A parameter of group `n`, as an error calls it."""
        group = self.param_groups[n]
        at = next(i for i, other in enumerate(group["params"]) if other is p)
        name = f" '{group['param_names'][at]}'" if "param_names" in group else ""
        return f"parameter {at}{name} of group {n} (shape {list(p.shape)}, {p.dtype})"

    # -- steps ---------------------------------------------------------------------------------

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
        raise NotImplementedError(
            f"{type(self).__name__} does not say how to update\n  try: define step(self, closure)"
        )

    def register_step_pre_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call `hook(optimizer, args, kwargs)` before each step; it may return other ones."""
        return registered(self._optimizer_step_pre_hooks, hook)

    def register_step_post_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call `hook(optimizer, args, kwargs)` after each step."""
        return registered(self._optimizer_step_post_hooks, hook)

    # -- saving --------------------------------------------------------------------------------

    def register_state_dict_pre_hook(
        self, hook: Callable[..., Any], prepend: bool = False
    ) -> RemovableHandle:
        """Call `hook(optimizer)` before `state_dict`."""
        return registered(self._optimizer_state_dict_pre_hooks, hook, prepend)

    def register_state_dict_post_hook(
        self, hook: Callable[..., Any], prepend: bool = False
    ) -> RemovableHandle:
        """Call `hook(optimizer, state_dict)` after `state_dict`; it may return another one."""
        return registered(self._optimizer_state_dict_post_hooks, hook, prepend)

    def register_load_state_dict_pre_hook(
        self, hook: Callable[..., Any], prepend: bool = False
    ) -> RemovableHandle:
        """Call `hook(optimizer, state_dict)` before loading; it may return another one."""
        return registered(self._optimizer_load_state_dict_pre_hooks, hook, prepend)

    def register_load_state_dict_post_hook(
        self, hook: Callable[..., Any], prepend: bool = False
    ) -> RemovableHandle:
        """Call `hook(optimizer)` after loading."""
        return registered(self._optimizer_load_state_dict_post_hooks, hook, prepend)

    def state_dict(self) -> dict[str, Any]:
        """State and options, with parameters named by their position; a copy."""
        for hook in list(self._optimizer_state_dict_pre_hooks.values()):
            hook(self)
        position: dict[int, int] = {}
        for group in self.param_groups:
            for p in group["params"]:
                position[id(p)] = len(position)
        saved: dict[str, Any] = {
            "state": {
                position[id(p)] if isinstance(p, Tensor) else p: copied_state(entry)
                for p, entry in self.state.items()
            },
            "param_groups": [
                {k: copied_state(v) for k, v in group.items() if k != "params"}
                | {"params": [position[id(p)] for p in group["params"]]}
                for group in self.param_groups
            ],
        }
        for hook in list(self._optimizer_state_dict_post_hooks.values()):
            changed = hook(self, saved)
            saved = saved if changed is None else changed
        return saved

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Take over state and options of an optimizer with the same groups, ours or PyTorch's.

        Raises:
            ValueError: the groups differ in number or size, or a state does not have its
                parameter's shape. Nothing is changed then.
        """
        state_dict = dict(state_dict)
        for hook in list(self._optimizer_load_state_dict_pre_hooks.values()):
            changed = hook(self, state_dict)
            state_dict = state_dict if changed is None else changed
        saved = state_dict["param_groups"]
        self._check_groups(saved)
        parameters = {
            at: (n, p)
            for n, (group, other) in enumerate(zip(self.param_groups, saved, strict=True))
            for p, at in zip(group["params"], other["params"], strict=True)
        }
        state: defaultdict[Any, Any] = defaultdict(dict)
        for at, entry in state_dict["state"].items():
            if at not in parameters:
                state[at] = entry
                continue
            n, p = parameters[at]
            state[p] = fitting(entry, p, self.numbers)
            self._check_loaded(n, p, state[p], {**self.param_groups[n], **saved[n]})
        groups = [
            {"params": group["params"]}
            | {k: group[k] for k in ("param_names",) if k in group}
            | {k: plain(v) for k, v in other.items() if k != "params"}
            for group, other in zip(self.param_groups, saved, strict=True)
        ]
        self.__setstate__({"state": state, "param_groups": groups})
        for hook in list(self._optimizer_load_state_dict_post_hooks.values()):
            hook(self)

    def _check_groups(self, saved: list[dict[str, Any]]) -> None:
        """Refuse saved groups that are not those of this optimizer."""
        if len(saved) != len(self.param_groups):
            raise ValueError("loaded state dict has a different number of parameter groups")
        for group, other in zip(self.param_groups, saved, strict=True):
            if len(group["params"]) != len(other["params"]):
                raise ValueError(
                    "loaded state dict contains a parameter group that doesn't match the size of "
                    "optimizer's group"
                )

    def _check_loaded(
        self, n: int, p: Tensor, entry: Mapping[str, Any], group: Mapping[str, Any]
    ) -> None:
        """Refuse a loaded state that cannot be that of a parameter of group `n`."""


def _unpacked(given: Any) -> tuple[list[Any], list[str]]:
    """Parameters and their names, if they come as pairs."""
    if isinstance(given, set):
        raise TypeError(
            "optimizer parameters need to be organized in ordered collections, but the "
            "ordering of tensors in sets will change between runs. Please use a list instead."
        )
    params = [given] if isinstance(given, Tensor) else list(given)
    names = [p[0] for p in params if isinstance(p, tuple)]
    if names and len(names) != len(params):
        raise ValueError(
            "all optimizer params should be with/without names. Some param names are missing"
        )
    return [p[1] if isinstance(p, tuple) else p for p in params], names


def _check_parameter(p: Any) -> None:
    if not isinstance(p, Tensor):
        raise TypeError(
            f"optimizer can only optimize Tensors, but one of the params is {type(p).__name__}"
        )
    if not (p.is_leaf or p.retains_grad):
        raise ValueError("can't optimize a non-leaf Tensor")
