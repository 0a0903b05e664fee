"""A softmax over very many classes, of which the rare ones are computed only when they are asked
for.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from tracegrad._tensor import Tensor
from tracegrad.nn import functional as F
from tracegrad.nn.module import Module
from tracegrad.nn.modules.container import ModuleList, Sequential
from tracegrad.nn.modules.linear import Linear
from tracegrad.ops.install import functions


class _ASMoutput(NamedTuple):
    """What `AdaptiveLogSoftmaxWithLoss` gives: under PyTorch's name, which is printed."""

    output: Tensor
    loss: Tensor


class AdaptiveLogSoftmaxWithLoss(Module):
    """The log probability of the target class, and minus its mean.

    Classes are numbered from frequent to rare. Those below the first cutoff have a logit each in
    the head; each later range between cutoffs is one logit there and a cluster of its own, whose
    layers are the narrower the rarer it is.

    Args:
        cutoffs: where the ranges end, without `n_classes`.
        div_value: by how much each cluster is narrower than the one before.

    Shapes: input `(N, in_features)`, target `(N,)`, output `(N,)`, loss `()`; or without `N`.

    Source: Grave et al. 2017, "Efficient softmax approximation for GPUs".

    Raises:
        ValueError: the cutoffs are not increasing numbers of classes.
    """

    def __init__(
        self,
        in_features: int,
        n_classes: int,
        cutoffs: Sequence[int],
        div_value: float = 4.0,
        head_bias: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        cutoffs = list(cutoffs)
        if not cutoffs:
            raise ValueError("cutoffs should be a sequence of length larger than 0")
        whole = all(int(c) == c for c in cutoffs)
        if not whole or any(a >= b for a, b in pairwise([0, *cutoffs, n_classes])):
            raise ValueError(
                "cutoffs should be a sequence of unique, positive integers sorted in an increasing "
                f"order, where each value is between 1 and n_classes-1, got {cutoffs} for "
                f"n_classes={n_classes}"
            )
        self.in_features, self.n_classes = in_features, n_classes
        self.cutoffs = [*cutoffs, n_classes]
        self.div_value, self.head_bias = div_value, head_bias
        self.shortlist_size, self.n_clusters = cutoffs[0], len(cutoffs)
        self.head_size = self.shortlist_size + self.n_clusters
        kind: dict[str, Any] = {"device": device, "dtype": dtype}
        self.head = Linear(in_features, self.head_size, bias=head_bias, **kind)
        self.tail = ModuleList()
        for n, (low, high) in enumerate(pairwise(self.cutoffs), 1):
            width = int(in_features // div_value**n)
            self.tail.append(
                Sequential(
                    Linear(in_features, width, bias=False, **kind),
                    Linear(width, high - low, bias=False, **kind),
                )
            )

    def reset_parameters(self) -> None:
        """Draw all weights anew."""
        for module in self.modules():
            if isinstance(module, Linear):
                module.reset_parameters()

    def forward(self, input_: Tensor, target_: Tensor) -> _ASMoutput:
        _check_batch(input_, target_)
        alone = target_.dim() == 0
        input = input_.unsqueeze(0) if alone else input_
        target = target_.unsqueeze(0) if alone else target_
        self._check_targets(target)
        head = F.log_softmax(self.head(input), dim=1)
        in_head, within = target.clone(), input.new_zeros(target.size(0))
        for n, (low, high) in enumerate(pairwise(self.cutoffs)):
            rows = ((target >= low) & (target < high)).nonzero().squeeze(1)
            if not rows.numel():
                continue
            in_head = in_head.index_fill(0, rows, self.shortlist_size + n)
            of_cluster = F.log_softmax(self.tail[n](input.index_select(0, rows)), dim=1)
            place = (target.index_select(0, rows) - low).unsqueeze(1)
            within = within.index_copy(0, rows, of_cluster.gather(1, place).squeeze(1))
        output = within + head.gather(1, in_head.unsqueeze(1)).squeeze(1)
        return _ASMoutput(output.squeeze(0) if alone else output, (-output).mean())

    def _check_targets(self, target: Tensor) -> None:
        if not target.numel():
            return
        low, high = int(target.min().item()), int(target.max().item())
        if low < 0 or high >= self.n_classes:
            raise RuntimeError(
                f"Target values should be in [0, {self.n_classes - 1}], but values in range "
                f"[{low}, {high}] were found. "
            )

    def log_prob(self, input: Tensor) -> Tensor:
        """The log probabilities of all classes: `(N, in_features)` gives `(N, n_classes)`."""
        return self._all_classes(input, self.head(input))

    def _all_classes(self, input: Tensor, head_output: Tensor) -> Tensor:
        head = F.log_softmax(head_output, dim=1)
        parts = [head[:, : self.shortlist_size]]
        for n, cluster in enumerate(self.tail):
            share = head[:, self.shortlist_size + n].unsqueeze(1)
            parts.append(F.log_softmax(cluster(input), dim=1) + share)
        return functions["cat"](parts, dim=1)

    def predict(self, input: Tensor) -> Tensor:
        """The likeliest class of each row, as `log_prob(input).argmax(1)`.

        Clusters are computed only for rows where the head does not name a frequent class.
        """
        head_output = self.head(input)
        best = head_output.argmax(dim=1)
        rows = (best >= self.shortlist_size).nonzero().squeeze(1)
        if not rows.numel():
            return best
        everything = self._all_classes(input[rows], head_output[rows])
        return best.index_copy(0, rows, everything.argmax(dim=1))


def _check_batch(input: Tensor, target: Tensor) -> None:
    if target.dim() > 1:
        raise RuntimeError("0D or 1D target tensor expected, multi-target not supported")
    if input.dim() != target.dim() + 1:
        raise RuntimeError(
            f"{target.dim()}D target tensor expects {target.dim() + 1}D input tensors, but found "
            f"inputs with size {input.shape}"
        )
    if target.dim() and input.size(0) != target.size(0):
        raise RuntimeError(
            "Input and target should have the same size in the batch dimension, got "
            f"{input.size(0)} and {target.size(0)}."
        )
