"""What most likely is wrong, where an error alone, or none at all, would leave a beginner stuck.

Errors keep their class and words; a note below them says what the loop knows and the op could not.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tracegrad._tensor import Tensor
from tracegrad._util.tree import Tree
from tracegrad.graph.location import warn
from tracegrad.nn import functional as F
from tracegrad.nn.module import Module
from tracegrad.nn.modules.loss import CrossEntropyLoss, NLLLoss
from tracegrad.nn.naming import label_of
from tracegrad.ops.explain import signature
from tracegrad.training.errors import TrainingError

if TYPE_CHECKING:
    from tracegrad.training.context import Context


# -- before training -------------------------------------------------------------------------------


def refuse_untrainable(model: Module) -> None:
    """Refuse a network without parameters, as one is whose layers are in a plain list.

    Raises:
        TrainingError: it has none; the message says where layers are that were not found.
    """
    if next(model.parameters(), None) is not None:
        return
    name = type(model).__name__
    hidden = next(_hidden_layers(model), None)
    if hidden is None:
        raise TrainingError(
            f"{name} has no parameters: there is nothing to train\n"
            "  try: layers, or nn.Parameter, as attributes in __init__"
        )
    where, kind = hidden
    raise TrainingError(
        f"{name} has no parameters: self.{where} is a plain {kind}; layers in it are not found\n"
        f"  try: self.{where} = nn.Module{kind.title()}(...)"
    )


def _hidden_layers(model: Module) -> Iterator[tuple[str, str]]:
    """Attributes that hold modules in a container that is none itself, and its kind."""
    for name, value in vars(model).items():
        if name.startswith("_") or not isinstance(value, list | dict):
            continue
        parts = value.values() if isinstance(value, dict) else value
        if any(isinstance(part, Module) for part in parts):
            yield name, type(value).__name__


# -- after the first batch -------------------------------------------------------------------------


def warn_of_scores(ctx: Context) -> None:
    """Warn where a loss for classes gets what it does not expect, and trains on it, only badly."""
    scores = getattr(ctx, "pred", None)
    if not isinstance(scores, Tensor) or scores.ndim < 2 or not scores.numel():
        return
    values = scores.detach()
    takes_scores = ctx.loss_fn is F.cross_entropy or isinstance(ctx.loss_fn, CrossEntropyLoss)
    takes_logs = ctx.loss_fn is F.nll_loss or isinstance(ctx.loss_fn, NLLLoss)
    if takes_logs and values.max().item() > 0:
        warn(
            "NLLLoss expects log probabilities, which are never above 0; the network gave up to "
            f"{values.max().item():.3g}\n"
            "  try: nn.CrossEntropyLoss(), or .log_softmax(dim=1) at the end of the network"
        )
    if takes_scores and values.min().item() >= 0 and _sums_to_one(values):
        warn(
            "CrossEntropyLoss expects scores and does the softmax itself; the network gave "
            "probabilities, of which training learns slowly\n"
            "  try: no softmax at the end of the network"
        )


def _sums_to_one(values: Tensor) -> bool:
    return bool(((values.sum(dim=1) - 1).abs().max() < 1e-3).item())


# -- at an error -----------------------------------------------------------------------------------


def explain(ctx: Context, error: Exception) -> None:
    """Add a note for each likely cause of an error in a batch."""
    for likely in (_nothing_returned, _no_target, _text, _other_dtype, _too_few_scores):
        note = likely(ctx, error)
        if note:
            error.add_note(note)


def _nothing_returned(ctx: Context, error: Exception) -> str:
    if getattr(ctx, "pred", ctx) is not None:
        return ""
    return f"{type(ctx.model).__name__}.forward returned None\n  try: return ... at its end"


def _no_target(ctx: Context, error: Exception) -> str:
    if not isinstance(error, AttributeError) or error.name != "target":
        return ""
    shown = ", ".join(map(signature, Tree.of(ctx.batch).tensors)) or type(ctx.batch).__name__
    return f"a batch of the data is {shown}, without targets\n  try: (x, y) as data"


def _text(ctx: Context, error: Exception) -> str:
    target = getattr(ctx, "target", None)
    if not isinstance(target, list | tuple) or not target or not isinstance(target[0], str):
        return ""
    return (
        f"the targets are text, as {target[0]!r}\n  try: numbers, as classes.index({target[0]!r})"
    )


def _other_dtype(ctx: Context, error: Exception) -> str:
    """Only after an error, since a network may convert its input itself."""
    given = getattr(ctx, "input", None)
    weights = next((p for p in ctx.model.parameters() if p.is_floating_point()), None)
    if not isinstance(given, Tensor) or weights is None or given.dtype == weights.dtype:
        return ""
    if not given.is_floating_point() or not isinstance(error, RuntimeError | TypeError):
        return ""
    wanted = weights.dtype.name
    return (
        f"the input is {given.dtype.name}, the weights are {wanted}\n"
        f"  try: x.to(tg.{wanted}), or x.astype('{wanted}') of an array in a dataset or list; "
        "a whole NumPy array is converted by fit"
    )


def _too_few_scores(ctx: Context, error: Exception) -> str:
    """The layer that says how many classes there are, as far as its options tell."""
    scores = getattr(ctx, "pred", None)
    if not isinstance(error, IndexError) or not isinstance(scores, Tensor) or scores.ndim < 2:
        return ""
    last = ""
    for path, module in ctx.model.named_modules(prefix=type(ctx.model).__name__):
        size = getattr(module, "out_features", getattr(module, "out_channels", None))
        if size == scores.shape[1]:
            last = f"{path}   {label_of(module)}"
    return f"the number of classes is that of the scores, {signature(scores)}: {last}" * bool(last)


# -- numbers that are none -------------------------------------------------------------------------


def not_finite_in(ctx: Context) -> str:
    """Where input or target of the running batch hold NaN or infinities; `""` if they don't."""
    for name in ("input", "target"):
        for tensor in Tree.of(getattr(ctx, name, None)).tensors:
            if tensor.is_floating_point() and not tensor.isfinite().all().item():
                return f"{name} {_first_in(tensor.detach())}"
    return ""


def _first_in(tensor: Tensor) -> str:
    """`f32[32, 4]: nan at [7, 2], 3 such in all`."""
    places = (~tensor.isfinite()).nonzero()
    place = tuple(places[0].tolist())
    return (
        f"{signature(tensor)}: {tensor[place].item()} at {list(place)}, {len(places)} such in all"
    )
