"""Hooks on a module's gradients: how one call finds those of its inputs and outputs.

An identity op goes between the arguments and `forward`, and another between the result and the
caller. The backward of the second tells the gradients of the outputs; that of the first, which runs
when all of `forward` is differentiated, those of the inputs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from tracegrad._tensor import Tensor
from tracegrad.autograd.function import Function
from tracegrad.graph.location import warn
from tracegrad.graph.mode import grad_enabled
from tracegrad.nn.module.hooks import Hook, every_module
from tracegrad.ops.install import functions

Gradients = tuple[Any, ...]


class BackwardHookFunction(Function):
    """The same tensors, under a node of their own."""

    @staticmethod
    def forward(ctx: Any, *tensors: Tensor) -> tuple[Tensor, ...]:
        ctx.mark_non_differentiable(*(t for t in tensors if not t.requires_grad))
        return tensors

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Gradients:
        return gradients


class BackwardHooks:
    """The backward hooks of one call of a module.

    Attributes:
        inputs, outputs: where among arguments and results the tensors are; `None` if none of them
            requires grad.
        zeros: what the hooks are shown for an input that gets no gradient, for each tensor.
        grad_output: of the pass that runs, from when it is known until the hooks were called.
    """

    def __init__(self, module: Any, hooks: Sequence[Hook], pre_hooks: Sequence[Hook]) -> None:
        self.module, self.hooks, self.pre_hooks = module, hooks, pre_hooks
        self.inputs: tuple[int, ...] | None = None
        self.outputs: tuple[int, ...] | None = None
        self.arguments = self.results = 0
        self.zeros: tuple[Callable[[], Tensor], ...] = ()
        self.grad_output: Gradients | None = None

    @classmethod
    def of(cls, module: Any) -> BackwardHooks | None:
        """Those of a call that begins; `None` if there are none."""
        owners = (every_module, module)
        hooks = [hook for owner in owners for hook in owner._backward_hooks.values()]
        pre_hooks = [hook for owner in owners for hook in owner._backward_pre_hooks.values()]
        return cls(module, hooks, pre_hooks) if hooks or pre_hooks else None

    # -- forward -------------------------------------------------------------------------------

    def watched_inputs(self, args: tuple[Any, ...]) -> tuple[Any, ...]:
        """The arguments, behind a node that knows their gradients."""
        args, self.inputs = _behind_a_node(args, self._inputs_known)
        self.arguments = len(args)
        self.zeros = tuple(_zeros_like(args[n]) for n in self.inputs or ())
        return args

    def watched_outputs(self, result: Any) -> Any:
        """The result, behind a node that knows its gradients."""
        if not isinstance(result, Tensor | tuple):
            warn(
                "For backward hooks to be called, module output should be a Tensor or a tuple of "
                f"Tensors but received {type(result)}"
            )
        results = result if isinstance(result, tuple) else (result,)
        results, self.outputs = _behind_a_node(results, self._outputs_known)
        self.results = len(results)
        return results if isinstance(result, tuple) else results[0]

    # -- backward ------------------------------------------------------------------------------

    def _outputs_known(self, _: Gradients, arrived: Gradients) -> Gradients | None:
        """Called by the node of the outputs."""
        assert self.outputs is not None  # or there would be no node
        shown = _at(self.outputs, arrived, self.results)
        for hook in self.pre_hooks:
            shown = _answer(hook(self.module, shown), shown, "Backward pre hook", "grad_output")
        self.grad_output = shown
        if self.inputs is None:
            self._tell_of_outputs_alone(shown)
        return tuple(shown[n] for n in self.outputs)

    def _tell_of_outputs_alone(self, grad_output: Gradients) -> None:
        warn(
            "Full backward hook is firing when gradients are computed with respect to module "
            "outputs since no inputs require gradients."
        )
        for hook in self.hooks:
            answer = hook(self.module, (None,) * self.arguments, grad_output)
            if answer is not None and not (
                isinstance(answer, tuple) and all(g is None for g in answer)
            ):
                raise RuntimeError(
                    "Backward hook for Modules where no input requires gradient should always "
                    "return None or None for all gradients."
                )
        self.grad_output = None

    def _inputs_known(self, found: Gradients, _: Gradients) -> Gradients | None:
        """Called by the node of the inputs."""
        grad_output, self.grad_output = self.grad_output, None
        if grad_output is None:
            return None  # they came by another way than through the outputs: a second derivative
        assert self.inputs is not None  # or there would be no node
        known = [zeros() if g is None else g for g, zeros in zip(found, self.zeros, strict=True)]
        shown = _at(self.inputs, known, self.arguments)
        for hook in self.hooks:
            answer = hook(self.module, shown, grad_output)
            shown = _answer(answer, shown, "Backward hook", "grad_input")
        pairs = zip(self.inputs, found, strict=True)
        return tuple(None if g is None else shown[n] for n, g in pairs)


def _behind_a_node(
    values: tuple[Any, ...], hook: Callable[[Gradients, Gradients], Gradients | None]
) -> tuple[tuple[Any, ...], tuple[int, ...] | None]:
    """The values with their tensors behind one node, which calls the hook in backward, and where
    these are; `None` for that when no gradient will come.
    """
    where = tuple(n for n, value in enumerate(values) if isinstance(value, Tensor))
    if not (grad_enabled() and any(values[n].requires_grad for n in where)):
        return values, None
    behind = BackwardHookFunction.apply(*(values[n] for n in where))
    node = next(t.grad_fn for t in behind if t.grad_fn is not None)
    node.register_hook(hook)
    changed = list(values)
    for n, tensor in zip(where, behind, strict=True):
        changed[n] = tensor
    made = getattr(type(values), "_make", tuple)  # a named tuple stays one
    return made(changed), where


def _zeros_like(tensor: Tensor) -> Callable[[], Tensor]:
    """Makes zeros like a tensor, which is not kept for that."""
    kind = {"dtype": tensor.dtype, "device": tensor.device}
    return partial(functions["zeros"], tuple(tensor.shape), **kind)


def _at(where: tuple[int, ...], gradients: Sequence[Any], length: int) -> Gradients:
    """Gradients at their places among values of which others are no tensors."""
    known = dict(zip(where, gradients, strict=True))
    return tuple(known.get(n) for n in range(length))


def _answer(answer: Any, shown: Gradients, hook: str, what: str) -> Gradients:
    """What follows what a hook was shown: what it returned, if that is something."""
    if answer is None:
        return shown
    if isinstance(answer, Tensor) or len(answer) != len(shown):
        got = "a Tensor" if isinstance(answer, Tensor) else len(answer)
        raise RuntimeError(
            f"{hook} returned an invalid number of {what}, got {got}, but expected {len(shown)}"
        )
    return tuple(answer)
