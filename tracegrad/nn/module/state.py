"""A module's state: its parameters and lasting buffers by path, taken and put back."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, TypeVar

from tracegrad.graph.handle import RemovableHandle
from tracegrad.graph.location import warn
from tracegrad.nn.module.loading import EXTRA_STATE, load, load_own
from tracegrad.nn.module.tree import Tree

_Destination = TypeVar("_Destination", bound=dict[str, Any])
Hook = Callable[..., Any]


def empty_state_hooks() -> dict[str, Any]:
    """What a module whose state has no hooks holds."""
    names = (
        "_state_dict_hooks", "_state_dict_pre_hooks", "_load_state_dict_pre_hooks",
        "_load_state_dict_post_hooks",
    )  # fmt: skip
    return {name: OrderedDict() for name in names}


class State(Tree):
    """Saving and loading, and the hooks of both.

    A class may have a say in how it is saved and loaded: by `get_extra_state` and
    `set_extra_state`, or by its own `_save_to_state_dict` and `_load_from_state_dict`.
    """

    T_destination = _Destination
    _version: int = 1
    _state_dict_hooks: OrderedDict[int, Hook]
    _state_dict_pre_hooks: OrderedDict[int, Hook]
    _load_state_dict_pre_hooks: OrderedDict[int, Hook]
    _load_state_dict_post_hooks: OrderedDict[int, Hook]

    # -- saving --------------------------------------------------------------------------------

    def state_dict(
        self, *args: Any, destination: Any = None, prefix: str = "", keep_vars: bool = False
    ) -> dict[str, Any]:
        """Parameters and lasting buffers by path, sharing memory with the module.

        What is shared stands under each of its paths, as in PyTorch.

        Args:
            args: the others by position, which PyTorch has given up.
            destination: a dict to add to; it is returned.
            prefix: what every path begins with.
            keep_vars: give the tensors themselves, not detached.
        """
        if args:
            warn("Positional args are being deprecated, use kwargs instead.", FutureWarning)
            given = [*args, *(destination, prefix, keep_vars)[len(args) :]]
            destination, prefix, keep_vars = given
        if destination is None:
            destination = OrderedDict()
            destination._metadata = OrderedDict()
        about = {"version": self._version}
        if hasattr(destination, "_metadata"):
            destination._metadata[prefix[:-1]] = about
        for before in list(self._state_dict_pre_hooks.values()):
            before(self, prefix, keep_vars)
        self._save_to_state_dict(destination, prefix, keep_vars)
        for name, child in self._modules.items():
            if child is not None:
                child.state_dict(
                    destination=destination, prefix=f"{prefix}{name}.", keep_vars=keep_vars
                )
        for after in list(self._state_dict_hooks.values()):
            changed = after(self, destination, prefix, about)
            destination = destination if changed is None else changed
        return destination

    def _save_to_state_dict(
        self, destination: dict[str, Any], prefix: str, keep_vars: bool
    ) -> None:
        """Put this module's own state into `destination`, without that of its submodules."""
        for name, tensor in [*self._parameters.items(), *self._buffers.items()]:
            if tensor is not None and name not in self._non_persistent_buffers_set:
                destination[prefix + name] = tensor if keep_vars else tensor.detach()
        if has_extra_state(self):
            destination[prefix + EXTRA_STATE] = self.get_extra_state()

    def get_extra_state(self) -> Any:
        """What else to save; a class that defines this defines `set_extra_state` too."""
        raise RuntimeError(
            "Reached a code path in Module.get_extra_state() that should never be called."
        )

    def set_extra_state(self, state: Any) -> None:
        """Take back what `get_extra_state` gave."""
        raise RuntimeError(
            "Reached a code path in Module.set_extra_state() that should never be called."
        )

    # -- loading -------------------------------------------------------------------------------

    def load_state_dict(
        self, state_dict: Mapping[str, Any], strict: bool = True, assign: bool = False
    ) -> Any:
        """Copy values into parameters and buffers by path, or, with `assign`, put them in place.

        Returns:
            The missing and the unexpected keys.

        Raises:
            TypeError: `state_dict` is no mapping.
            RuntimeError: shapes differ; or, when `strict`, keys do. Nothing is changed then.
        """
        return load(self, state_dict, strict=strict, assign=assign)

    def _load_from_state_dict(
        self,
        state_dict: dict[str, Any],
        prefix: str,
        local_metadata: dict[str, Any],
        strict: bool,
        missing_keys: list[str],
        unexpected_keys: list[str],
        error_msgs: list[str],
    ) -> None:
        """Take this module's own state from `state_dict`, without that of its submodules.

        Args:
            local_metadata: what was saved about the module, such as its `version`.
            missing_keys, unexpected_keys, error_msgs: what to add to when something is wrong.
        """
        report = (missing_keys, unexpected_keys, error_msgs)
        for before in list(self._load_state_dict_pre_hooks.values()):
            before(state_dict, prefix, local_metadata, strict, *report)
        load_own(self, state_dict, prefix, local_metadata, strict, *report)

    # -- hooks ---------------------------------------------------------------------------------

    def register_state_dict_pre_hook(self, hook: Hook) -> RemovableHandle:
        """Call `hook(module, prefix, keep_vars)` before the state is taken."""
        return RemovableHandle(self._state_dict_pre_hooks, hook)

    def register_state_dict_post_hook(self, hook: Hook) -> RemovableHandle:
        """Call `hook(module, state_dict, prefix, local_metadata)` when the state is complete, which
        it may change in place.
        """
        return RemovableHandle(self._state_dict_hooks, _InPlaceOnly(hook))

    def _register_state_dict_hook(self, hook: Hook) -> RemovableHandle:
        """The same, but what the hook of the module that was asked returns is the state."""
        return RemovableHandle(self._state_dict_hooks, hook)

    def register_load_state_dict_pre_hook(self, hook: Hook) -> RemovableHandle:
        """Call `hook(module, state_dict, prefix, local_metadata, strict, missing_keys,
        unexpected_keys, error_msgs)` before this module takes its values from the state.
        """
        return self._register_load_state_dict_pre_hook(hook, with_module=True)

    def _register_load_state_dict_pre_hook(
        self, hook: Hook, with_module: bool = False
    ) -> RemovableHandle:
        """The same, without the module as the first argument."""
        called = partial(hook, self) if with_module else hook
        return RemovableHandle(self._load_state_dict_pre_hooks, called)

    def register_load_state_dict_post_hook(self, hook: Hook) -> RemovableHandle:
        """Call `hook(module, incompatible_keys)` when this module and those below have their
        values; it may change the two lists of keys in place.
        """
        return RemovableHandle(self._load_state_dict_post_hooks, hook)


class _InPlaceOnly:
    """A hook that must not return anything."""

    def __init__(self, hook: Hook) -> None:
        self.hook = hook

    def __call__(self, *args: Any) -> None:
        if self.hook(*args) is not None:
            raise RuntimeError("state_dict post-hook must return None")


def has_extra_state(module: State) -> bool:
    """Whether the class saves something of its own."""
    return type(module).get_extra_state is not State.get_extra_state
