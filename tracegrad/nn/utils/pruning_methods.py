"""Ways to choose which elements of a tensor go: a mask that multiplies it from then on.

A pruned parameter `weight` is `weight_orig`, still a parameter, times `weight_mask`, a buffer; a
hook computes it before each call.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from numbers import Integral, Real
from typing import Any, ClassVar

from tracegrad._tensor import Tensor
from tracegrad.nn.module import Module
from tracegrad.ops.install import functions

# -- what all share --------------------------------------------------------------------------------


class BasePruningMethod(ABC):
    """A hook that computes a pruned tensor; subclasses say which elements go.

    Attributes:
        PRUNING_TYPE: what a second method looks at: the elements that are left (`unstructured`),
            the slices that are left along its `dim` (`structured`), or everything (`global`).
    """

    PRUNING_TYPE: ClassVar[str]
    _tensor_name: str

    def __call__(self, module: Module, inputs: Any) -> None:
        setattr(module, self._tensor_name, self.apply_mask(module))

    @abstractmethod
    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        """A mask of ones and zeros for `t`, whose elements say how important each one is.

        Args:
            default_mask: of earlier methods; what is zero there stays zero.
        """

    def apply_mask(self, module: Module) -> Tensor:
        """The pruned tensor, from which gradients reach the whole one."""
        original: Tensor = getattr(module, f"{self._tensor_name}_orig")
        mask: Tensor = getattr(module, f"{self._tensor_name}_mask")
        return mask.to(original.dtype) * original

    @classmethod
    def apply(
        cls, module: Module, name: str, *args: Any, importance_scores: Tensor | None = None,
        **kwargs: Any,
    ) -> BasePruningMethod:  # fmt: skip
        """Prune a module's parameter with this method, on top of those before."""
        method: BasePruningMethod = cls(*args, **kwargs)
        method._tensor_name = name
        tensor = getattr(module, name)
        scores = _scores(tensor, importance_scores, f"parameter {name} of {module}")
        earlier = _hooks_on(module, name)
        if not earlier:
            mask = method.compute_mask(scores, default_mask=functions["ones_like"](tensor))
            del module._parameters[name]
            module.register_parameter(f"{name}_orig", tensor)
        else:
            (key, before), *_ = earlier
            method = _joined(before, method)
            so_far = getattr(module, f"{name}_mask").detach().clone()
            mask = method.compute_mask(scores, default_mask=so_far)
            del module._forward_pre_hooks[key]
        module.register_buffer(f"{name}_mask", mask)
        setattr(module, name, method.apply_mask(module))
        module.register_forward_pre_hook(method)
        return method

    def prune(
        self, t: Tensor, default_mask: Tensor | None = None, importance_scores: Tensor | None = None
    ) -> Tensor:
        """A tensor of no module, pruned."""
        mask = functions["ones_like"](t) if default_mask is None else default_mask
        scores = _scores(t, importance_scores, "tensor t")
        return t * self.compute_mask(scores, default_mask=mask)

    def remove(self, module: Module) -> None:
        """Make the pruned values the parameter."""
        name = self._tensor_name
        weight = self.apply_mask(module)
        if hasattr(module, name):
            delattr(module, name)
        original: Any = module._parameters.pop(f"{name}_orig")
        del module._buffers[f"{name}_mask"]
        original.data = weight.detach()
        setattr(module, name, original)


def _hooks_on(module: Module, name: str) -> list[tuple[int, BasePruningMethod]]:
    """The hooks that prune one tensor: at most one."""
    return [
        (key, hook)
        for key, hook in module._forward_pre_hooks.items()
        if isinstance(hook, BasePruningMethod) and hook._tensor_name == name
    ]


def _scores(tensor: Tensor, scores: Tensor | None, what: str) -> Tensor:
    """How important each element is: its own value, if nothing else is given."""
    if scores is None:
        return tensor.detach()
    if scores.shape != tensor.shape:
        raise AssertionError(
            f"importance_scores should have the same shape as {what}, got {scores.shape} vs "
            f"{tensor.shape}"
        )
    return scores


# -- one after the other ---------------------------------------------------------------------------


class PruningContainer(BasePruningMethod):
    """Several methods on one tensor, each of which prunes what those before it left."""

    PRUNING_TYPE = "container"

    def __init__(self, *args: BasePruningMethod) -> None:
        self._pruning_methods: tuple[BasePruningMethod, ...] = ()
        if args:
            self._tensor_name = args[0]._tensor_name
        for method in args:
            self.add_pruning_method(method)

    def add_pruning_method(self, method: BasePruningMethod) -> None:
        """Add a method.

        Raises:
            TypeError: it is none.
            ValueError: it is for another parameter.
        """
        if not isinstance(method, BasePruningMethod):
            raise TypeError(f"{type(method)} is not a BasePruningMethod subclass")
        if self._tensor_name != method._tensor_name:
            raise ValueError(
                "Can only add pruning methods acting on the parameter named "
                f"'{self._tensor_name}' to PruningContainer {self}. Found '{method._tensor_name}'"
            )
        self._pruning_methods += (method,)

    def __len__(self) -> int:
        return len(self._pruning_methods)

    def __iter__(self) -> Iterator[BasePruningMethod]:
        return iter(self._pruning_methods)

    def __getitem__(self, idx: Any) -> Any:
        return self._pruning_methods[idx]

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        """The last method's mask within what the earlier ones left, which is `default_mask`."""
        method: Any = self._pruning_methods[-1]
        left = _left_for(method, default_mask)
        mask = default_mask.to(t.dtype).clone()
        mask[left] = method.compute_mask(t[left], default_mask=default_mask[left]).to(mask.dtype)
        return mask


def _joined(before: BasePruningMethod, method: BasePruningMethod) -> PruningContainer:
    """A container of the methods so far and another one."""
    container = PruningContainer(*(before if isinstance(before, PruningContainer) else (before,)))
    container.add_pruning_method(method)
    return container


def _left_for(method: Any, mask: Tensor) -> Any:
    """The index of what a method may still prune."""
    if method.PRUNING_TYPE == "unstructured":
        return mask == 1
    if method.PRUNING_TYPE == "global":
        return (slice(None),) * mask.dim()
    if method.PRUNING_TYPE != "structured":
        raise ValueError(f"Unrecognized PRUNING_TYPE {method.PRUNING_TYPE}")
    if not hasattr(method, "dim"):
        raise AttributeError(
            'Pruning methods of PRUNING_TYPE "structured" need to have the attribute `dim` defined.'
        )
    n = mask.dim()
    if not -n <= method.dim < n:
        raise IndexError(f"Index is out of bounds for tensor with dimensions {n}")
    dim = method.dim % n
    kept = mask.sum([d for d in range(n) if d != dim]) != 0
    return (*(slice(None),) * dim, kept)


# -- how much --------------------------------------------------------------------------------------


class _ByAmount(BasePruningMethod):
    """A share (a float up to 1) or a number (an int) of elements or slices."""

    amount: Any

    def __init__(self, amount: Any) -> None:
        if not isinstance(amount, Real):
            raise TypeError(f"Invalid type for amount: {amount}. Must be int or float.")
        whole = isinstance(amount, Integral)
        if float(amount) < 0 or (not whole and float(amount) > 1):
            raise ValueError(
                f"amount={amount} should either be a float in the range [0, 1] or a non-negative "
                "integer"
            )
        self.amount = amount

    def _count(self, of: int) -> int:
        """How many of so many go."""
        if not isinstance(self.amount, Integral):
            return round(self.amount * of)
        if int(self.amount) > of:
            raise ValueError(
                f"amount={self.amount} should be smaller than the number of parameters to "
                f"prune={of}"
            )
        return int(self.amount)


class _Unstructured(_ByAmount):
    """The least important elements, one by one."""

    PRUNING_TYPE = "unstructured"

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        count, mask = self._count(t.numel()), default_mask.contiguous().clone()
        if count:
            mask.view(-1)[self._least(t, count)] = 0
        return mask

    def _least(self, t: Tensor, count: int) -> Tensor:
        """The places of `count` elements."""
        raise NotImplementedError


class RandomUnstructured(_Unstructured):
    """Elements that are drawn."""

    def _least(self, t: Tensor, count: int) -> Tensor:
        return functions["rand_like"](t).view(-1).topk(count).indices

    @classmethod
    def apply(cls, module: Module, name: str, amount: float) -> Any:  # type: ignore[override]
        """Prune a module's parameter."""
        return super().apply(module, name, amount=amount)


class L1Unstructured(_Unstructured):
    """The elements that are nearest to zero."""

    def _least(self, t: Tensor, count: int) -> Tensor:
        return t.abs().reshape(-1).topk(count, largest=False).indices

    @classmethod
    def apply(  # type: ignore[override]
        cls, module: Module, name: str, amount: float, importance_scores: Tensor | None = None
    ) -> Any:
        """Prune a module's parameter."""
        return super().apply(module, name, amount=amount, importance_scores=importance_scores)


class _Structured(_ByAmount):
    """The least important slices along `dim`."""

    PRUNING_TYPE = "structured"

    def __init__(self, amount: float, dim: int = -1) -> None:
        super().__init__(amount)
        self.dim = dim

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        if t.dim() <= 1:
            raise ValueError(
                "Structured pruning can only be applied to multidimensional tensors. Found tensor "
                f"of shape {t.shape} with {t.dim()} dims"
            )
        if self.dim >= t.dim():
            raise IndexError(f"Invalid index {self.dim} for tensor of size {t.shape}")
        count = self._count(t.shape[self.dim])
        if not count:
            return default_mask
        along = [1] * t.dim()
        along[self.dim] = -1
        return default_mask.to(t.dtype) * self._kept(t, count).to(t.dtype).reshape(along)

    def _kept(self, t: Tensor, count: int) -> Tensor:
        """Which slices stay when `count` of them go: ones, or true."""
        raise NotImplementedError


class RandomStructured(_Structured):
    """Slices that are drawn."""

    def _kept(self, t: Tensor, count: int) -> Tensor:
        drawn = functions["rand"](t.shape[self.dim])
        return drawn > drawn.kthvalue(count).values

    @classmethod
    def apply(  # type: ignore[override]
        cls, module: Module, name: str, amount: float, dim: int = -1
    ) -> Any:
        """Prune a module's parameter."""
        return super().apply(module, name, amount=amount, dim=dim)


class LnStructured(_Structured):
    """The slices of the least norm of order `n`."""

    def __init__(self, amount: float, n: Any, dim: int = -1) -> None:
        super().__init__(amount, dim)
        self.n = n

    def _kept(self, t: Tensor, count: int) -> Tensor:
        others = [d for d in range(t.dim()) if d != self.dim % t.dim()]
        norms = functions["norm"](t, p=self.n, dim=others)
        kept = functions["zeros_like"](norms)
        kept[norms.topk(t.shape[self.dim] - count).indices] = 1
        return kept

    @classmethod
    def apply(  # type: ignore[override]
        cls, module: Module, name: str, amount: float, n: Any, dim: int,
        importance_scores: Tensor | None = None,
    ) -> Any:  # fmt: skip
        """Prune a module's parameter."""
        return super().apply(
            module, name, amount=amount, n=n, dim=dim, importance_scores=importance_scores
        )


# -- given -----------------------------------------------------------------------------------------


class Identity(BasePruningMethod):
    """Nothing goes; but the parameter is masked."""

    PRUNING_TYPE = "unstructured"

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        return default_mask

    @classmethod
    def apply(cls, module: Module, name: str) -> Any:  # type: ignore[override]
        """Mask a module's parameter."""
        return super().apply(module, name)


class CustomFromMask(BasePruningMethod):
    """What a mask of your own says."""

    PRUNING_TYPE = "global"

    def __init__(self, mask: Tensor) -> None:
        self.mask = mask

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        if default_mask.shape != self.mask.shape:
            raise AssertionError(
                f"default_mask shape {default_mask.shape} must match self.mask shape "
                f"{self.mask.shape}"
            )
        return default_mask * self.mask.to(default_mask.dtype)

    @classmethod
    def apply(cls, module: Module, name: str, mask: Tensor) -> Any:  # type: ignore[override]
        """Prune a module's parameter."""
        return super().apply(module, name, mask=mask)
