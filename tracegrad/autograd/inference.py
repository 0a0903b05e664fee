"""`inference_mode`: no gradients, and tensors that can never take part in any."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextvars import Token
from typing import TYPE_CHECKING, Any

from tracegrad._tensor import Tensor
from tracegrad.autograd.mode import GradMode, Switch
from tracegrad.graph.cut import cut_by
from tracegrad.graph.inference import InferenceStorage, in_inference_mode, inference
from tracegrad.graph.node import Node
from tracegrad.graph.observe import OnRequest


class _Marking(OnRequest):
    """Gives new tensors their storage while somebody is in inference mode."""

    first = True  # before a recorder gives the tensors another storage

    def forward(
        self,
        op: str,
        inputs: Sequence[Any],
        options: Mapping[str, Any],
        outputs: Sequence[Any],
        node: Node | None,
        started: int,
    ) -> None:
        if not in_inference_mode():
            return  # somebody else's thread or task is
        for out in outputs:
            if node is not None:  # under `enable_grad`, which counts for nothing in here
                out._node = None
                out._cut = cut_by(op)
            if out._storage is None:
                out._storage = InferenceStorage(out._array)
            elif op == "from_numpy":
                out._storage = InferenceStorage(out._array)
                out._storage.shared = True


_marking = _Marking()


class inference_mode(GradMode):
    """Inside, nothing is recorded for gradients, and new tensors are inference tensors: they count
    no versions, and may neither be saved for backward nor written to outside.

    A tensor from outside stays what it is, and so does a view of it. Also a decorator.

    Args:
        mode: `False` ends inference mode inside, and records gradients.

    Note:
        An op costs a little more than under `no_grad`, for the mark on what it makes. The use of it
        is the error where the result of an evaluation slips into training.
    """

    if TYPE_CHECKING:

        def __init__(self, mode: bool | None = True) -> None: ...

    def __new__(cls, mode: Any = True) -> Any:
        switch = object.__new__(cls)
        switch._on = True if callable(mode) else bool(mode)
        switch.mode = not switch._on
        switch._before = []
        switch._tokens = []
        return switch(mode) if callable(mode) else switch

    _on: bool
    _tokens: list[Token[bool]]

    def __enter__(self) -> None:
        super().__enter__()
        self._tokens.append(_enter(self._on))

    def __exit__(self, *_: object) -> None:
        _leave(self._on, self._tokens.pop())
        super().__exit__()

    def _begin(self, switch: Switch) -> Any:
        return super()._begin(switch), _enter(self._on)

    def _end(self, before: Any) -> None:
        gradients, token = before
        _leave(self._on, token)
        super()._end(gradients)


def _enter(on: bool) -> Token[bool]:
    if on:
        _marking.begin()
    return inference.set(on)


def _leave(on: bool, token: Token[bool]) -> None:
    inference.reset(token)
    if on:
        _marking.end()


def is_inference_mode_enabled() -> bool:
    """Whether new tensors are inference tensors."""
    return in_inference_mode()


def is_inference(input: Tensor) -> bool:
    """Whether a tensor was made in inference mode."""
    return input.is_inference()
