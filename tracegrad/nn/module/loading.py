"""What `Module.load_state_dict` does: all that was saved finds its place, or nothing is changed."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from tracegrad._tensor import Tensor
from tracegrad.autograd.mode import no_grad
from tracegrad.nn.module.near_keys import advice
from tracegrad.nn.parameter import Parameter, is_lazy

if TYPE_CHECKING:
    from tracegrad.nn.module.state import State

EXTRA_STATE = "_extra_state"
"""Key of what a class saves besides tensors."""

_undo: ContextVar[list[Callable[[], Any]] | None] = ContextVar("tracegrad load", default=None)
"""How to take back what the load that runs has done. (Values are kept for that, a module's size
more memory: whether all will fit is known only at the end, since classes and hooks have a say.)
"""


class _IncompatibleKeys(NamedTuple):
    """Missing and unexpected keys of `load_state_dict`."""

    missing_keys: list[str]
    unexpected_keys: list[str]

    def __repr__(self) -> str:
        if not self.missing_keys and not self.unexpected_keys:
            return "<All keys matched successfully>"
        return (
            f"_IncompatibleKeys(missing_keys={self.missing_keys}, "
            f"unexpected_keys={self.unexpected_keys})"
        )


def load(module: State, state_dict: Any, *, strict: bool, assign: bool) -> _IncompatibleKeys:
    """What `Module.load_state_dict` does."""
    if not isinstance(state_dict, Mapping):
        raise TypeError(f"Expected state_dict to be dict-like, got {type(state_dict)}.")
    keys = _IncompatibleKeys([], [])
    problems: list[str] = []
    undo: list[Callable[[], Any]] = []
    token = _undo.set(undo)
    try:
        _load_all(module, state_dict, assign, keys, problems)
        if strict:
            problems = [*_differences(keys), *problems]
        if problems:
            message = f"Error(s) in loading state_dict for {type(module).__name__}:\n\t"
            raise RuntimeError(message + "\n\t".join(problems) + advice(keys, state_dict))
    except BaseException:
        with no_grad():
            for take_back in reversed(undo):
                take_back()
        raise
    finally:
        _undo.reset(token)
    return keys


def _load_all(
    root: State,
    state_dict: Mapping[str, Any],
    assign: bool,
    keys: _IncompatibleKeys,
    problems: list[str],
) -> None:
    """Let each module take its values, those above before those below, and call its hooks when all
    below it have theirs.
    """
    metadata = getattr(state_dict, "_metadata", None) or {}

    def load_one(module: State, state: dict[str, Any], prefix: str) -> None:
        about = dict(metadata.get(prefix[:-1], {}))
        if assign:
            about["assign_to_params_buffers"] = True
        module._load_from_state_dict(state, prefix, about, True, *keys, problems)
        for name, child in module._modules.items():
            if child is not None:
                path = f"{prefix}{name}."
                load_one(child, {k: v for k, v in state.items() if k.startswith(path)}, path)
        for after in list(module._load_state_dict_post_hooks.values()):
            if after(module, keys) is not None:
                raise AssertionError(
                    "Hooks registered with ``register_load_state_dict_post_hook`` are not expected "
                    "to return new values, if incompatible_keys need to be modified, it should be "
                    "done inplace."
                )

    own: OrderedDict[str, Any] = OrderedDict(state_dict)  # classes and hooks may change it
    if metadata:
        own._metadata = metadata  # type: ignore[attr-defined]
    load_one(root, own, "")


def _differences(keys: _IncompatibleKeys) -> list[str]:
    named = {"Missing": keys.missing_keys, "Unexpected": keys.unexpected_keys}
    return [
        f"{kind} key(s) in state_dict: {', '.join(map(_quoted, found))}. "
        for kind, found in named.items()
        if found
    ]


def _quoted(name: str) -> str:
    return f'"{name}"'


def undo_later(step: Callable[[], Any]) -> None:
    """Take this step back if the load that runs fails."""
    undo = _undo.get()
    if undo is not None:
        undo.append(step)


# -- one module ------------------------------------------------------------------------------------


def load_own(
    module: Any,
    state: Mapping[str, Any],
    prefix: str,
    about: Mapping[str, Any],
    strict: bool,
    missing: list[str],
    unexpected: list[str],
    problems: list[str],
) -> None:
    """Give a module's own parameters and lasting buffers their values, and report what does not
    fit.
    """
    own = {
        name: tensor
        for name, tensor in [*module._parameters.items(), *module._buffers.items()]
        if tensor is not None and name not in module._non_persistent_buffers_set
    }
    assign = about.get("assign_to_params_buffers", False)
    for name, tensor in own.items():
        key = prefix + name
        if key in state:
            problem = _place(module, name, key, tensor, state[key], assign)
            problems += [problem] if problem else []
        elif strict:
            missing.append(key)
    known = {*own, *_load_extra_state(module, state, prefix + EXTRA_STATE, strict, missing)}
    if strict:
        unexpected += [key for key in state if _is_unexpected(key, prefix, known, module._modules)]


def _is_unexpected(key: str, prefix: str, own: set[str], children: Mapping[str, Any]) -> bool:
    name, dot, _ = key.removeprefix(prefix).partition(".")
    return key.startswith(prefix) and name not in (children if dot else own)


def _load_extra_state(
    module: Any, state: Mapping[str, Any], key: str, strict: bool, missing: list[str]
) -> list[str]:
    """Give a module what it saved besides tensors; what the key of that is called, if it has one.

    A class that only gives extra state and takes none back does not expect it.
    """
    from tracegrad.nn.module.state import State

    if type(module).set_extra_state is State.set_extra_state:
        return []
    if key in state:
        module.set_extra_state(state[key])
    elif strict:
        missing.append(key)
    return [EXTRA_STATE]


def _place(module: Any, name: str, key: str, tensor: Tensor, value: Any, assign: bool) -> str:
    """Put a saved value in its place; why that cannot be, or `""`."""
    if is_lazy(tensor) and is_lazy(value):
        return ""  # nothing was saved, and nothing is expected
    if not hasattr(value, "shape"):
        return (
            f'While copying the parameter named "{key}", expected a tensor or array from '
            f"checkpoint but received {type(value).__name__}"
        )
    if not is_lazy(tensor):  # whose shape is not known yet
        if len(tensor.shape) == 0 and tuple(value.shape) == (1,):
            value = value[0]  # as PyTorch once saved numbers
        if tuple(value.shape) != tuple(tensor.shape):
            return (
                f"size mismatch for {key}: copying a param with shape {list(value.shape)} from "
                f"checkpoint, the shape in current model is {list(tensor.shape)}."
            )
    try:
        with no_grad():
            if not isinstance(value, Tensor):
                value = Tensor._of(_as_numbers(value))
            if assign:
                _assign(module, name, tensor, value)
            else:
                _copy(tensor, value)
    except Exception as error:
        return (
            f'While copying the parameter named "{key}", whose dimensions in the model are '
            f"{list(tensor.shape)} and whose dimensions in the checkpoint are "
            f"{list(value.shape)}, an exception occurred : {error.args}."
        )
    return ""


def _as_numbers(value: Any) -> np.ndarray[Any, Any]:
    array = np.asarray(value)
    if array.dtype.kind not in "?biufc" and array.dtype.name != "bfloat16":
        raise TypeError(f"an array of {array.dtype} has no numbers")
    return array


def _assign(module: Any, name: str, tensor: Tensor, value: Tensor) -> None:
    """Make a loaded tensor itself the parameter or buffer."""
    undo_later(lambda: setattr(module, name, tensor))
    if isinstance(tensor, Parameter):
        if isinstance(value, Parameter):
            value.requires_grad_(tensor.requires_grad)
        else:
            value = Parameter(value, requires_grad=tensor.requires_grad)
    setattr(module, name, value)


def _copy(tensor: Tensor, value: Tensor) -> None:
    before = tensor.detach().clone()
    undo_later(lambda: tensor.copy_(before))
    tensor.copy_(value)
