"""`Function`: an op of the user's own, with the gradient that the user says it has."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from time import perf_counter_ns
from typing import Any

from tracegrad._tensor import Tensor
from tracegrad.autograd.function_arguments import by_position
from tracegrad.autograd.function_context import FunctionCtx as FunctionCtx
from tracegrad.autograd.function_node import FunctionCall
from tracegrad.autograd.function_once import once_differentiable as once_differentiable
from tracegrad.autograd.function_outputs import Run
from tracegrad.engine.views import view_node
from tracegrad.graph.cut import switched_off
from tracegrad.graph.location import caller
from tracegrad.graph.mode import grad_enabled, grad_mode
from tracegrad.graph.node import Edge
from tracegrad.graph.observe import hub
from tracegrad.graph.scope import Scope, current_scope


class Function:
    """An op of the user's own: subclass it, write `forward` and `backward`, call `apply`.

    `forward` runs without gradients, and what it returns gets this Function as its `grad_fn`. It
    takes a context first; or it takes none, and `setup_context` fills it in afterwards.

    Attributes:
        boxed_grads_call: `backward` gets one list of gradients instead of each as an argument.
        clear_saved_tensors_on_access: `ctx.saved_tensors` can be read once, and frees them.

    Example:
        >>> class Exp(Function):
        ...     @staticmethod
        ...     def forward(ctx, x):
        ...         y = x.exp()
        ...         ctx.save_for_backward(y)
        ...         return y
        ...
        ...     @staticmethod
        ...     def backward(ctx, g):
        ...         (y,) = ctx.saved_tensors
        ...         return g * y
        >>> y = Exp.apply(x)
    """

    boxed_grads_call = False
    clear_saved_tensors_on_access = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        warnings.warn(
            f"{type(self)} should not be instantiated. Methods on autograd functions are all "
            "static, so you should invoke them on the class itself.\n"
            f"  try: {type(self).__name__}.apply(...)",
            DeprecationWarning,
            stacklevel=2,
        )

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        raise RuntimeError(
            "Legacy autograd function with non-static forward method is deprecated. Please use "
            "new-style autograd function with static forward method.\n"
            f"  try: @staticmethod above forward(ctx, ...), and {type(self).__name__}.apply(...)"
        )

    # -- what the user writes ------------------------------------------------------------------

    @staticmethod
    def forward(*args: Any, **kwargs: Any) -> Any:
        """Compute the outputs: `forward(ctx, *args)`, or `forward(*args)` with `setup_context`."""
        raise NotImplementedError(
            "You must implement the forward function for custom autograd.Function."
        )

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Any) -> Any:
        """Save for `backward` what it needs, of the arguments and the result of `forward`."""
        raise NotImplementedError("setup_context is not implemented.")

    @staticmethod
    def backward(*args: Any, **kwargs: Any) -> Any:
        """`backward(ctx, *grads)`: the gradients of all arguments of `forward`, given those of what
        it returned.

        `None` where there is none, such as for arguments that are no tensors.
        """
        raise NotImplementedError(
            "You must implement either the backward or vjp method for your custom "
            "autograd.Function to use it with backward mode AD."
        )

    vjp = backward

    @staticmethod
    def jvp(ctx: Any, *grad_inputs: Any) -> Any:
        """There is no forward mode.

        Raises:
            NotImplementedError: always.
        """
        raise NotImplementedError(
            "forward mode AD is not supported, so jvp is never called\n"
            "  try: two backward passes: v = zeros_like(y).requires_grad_(), "
            "(g,) = grad(y, x, v, create_graph=True), then grad(g, v, t) is the jvp for t"
        )

    @staticmethod
    def vmap(info: Any, in_dims: Any, *args: Any) -> Any:
        """There is no vmap.

        Raises:
            NotImplementedError: always.
        """
        raise NotImplementedError(
            "vmap is not supported\n"
            "  try: let forward take a batch; or stack() the results of one apply() for each part"
        )

    # -- what it is ----------------------------------------------------------------------------

    @classmethod
    def has_setup_context(cls) -> bool:
        """Whether `forward` takes no context, and `setup_context` fills it in."""
        return cls.setup_context is not Function.setup_context

    @classmethod
    def backward_rule(cls) -> Callable[..., Any]:
        """The user's `backward`, or `vjp`, which is another name for it."""
        if cls.vjp is Function.vjp:
            return cls.backward
        if cls.backward is not Function.backward:
            raise RuntimeError(
                "Implementing both 'backward' and 'vjp' for a custom Function is not allowed. You "
                "should only implement one of them."
            )
        return cls.vjp

    @classmethod
    def apply(cls, *args: Any, **kwargs: Any) -> Any:
        """Run `forward`, and record that its outputs were made by this Function.

        Raises:
            TypeError: `forward` does not take these arguments.
            InplaceModificationError: `forward` wrote to an input that requires grad, or to a tensor
                that it had saved, and did not say so.
            InplaceRefusedError: `forward` wrote to an input that may not be written to.
            RuntimeError: what `forward` marked or returned does not fit together.
        """
        observer = hub.observer
        started = perf_counter_ns() if observer is not None else 0
        args = by_position(cls.forward, not cls.has_setup_context(), args, kwargs)
        tensors: list[Tensor] = []
        edges: list[Edge | None] = []
        positions: list[int] = []
        needs: list[bool] = []
        for n, arg in enumerate(args):
            if isinstance(arg, Tensor):
                edge = arg._node if arg._view is None else view_node(arg)
                tensors.append(arg)
                edges.append(edge)
                positions.append(n)
                needs.append(edge is not None)
            else:
                needs.append(False)
        ctx = FunctionCtx()
        ctx.needs_input_grad = tuple(needs)
        code, lasti = caller()
        records = True in needs and grad_enabled()
        run = Run(
            FunctionCall(cls, ctx, positions, len(args), tensors),
            args, tensors, edges, records, code, lasti,
        )  # fmt: skip
        result = _forward(cls, ctx, args, code, lasti)
        if isinstance(result, tuple):
            return tuple(run.finish(result, observer, started))
        return run.finish((result,), observer, started)[0]


def _forward(
    function: type[Function], ctx: FunctionCtx, args: Sequence[Any], code: Any, lasti: int
) -> Any:
    """Run the user's forward without gradients; while somebody records, under its own scope."""
    off = scope = None
    if grad_enabled():  # else what switched them off stays the reason
        off = switched_off.set((f"{function.__name__}.forward", code, lasti))
    if hub.observer is not None:
        scope = current_scope.set(Scope(current_scope.get(), function.__name__, "user"))
    mode = grad_mode.set(False)
    try:
        if not function.has_setup_context():
            return function.forward(ctx, *args)
        result = function.forward(*args)
        function.setup_context(ctx, tuple(args), result)
        return result
    finally:
        grad_mode.reset(mode)
        if scope is not None:
            current_scope.reset(scope)
        if off is not None:
            switched_off.reset(off)
