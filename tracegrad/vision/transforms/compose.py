"""Transforms after one another: all, some, one, or in random order; and any function as one.

`RandomChoice` and `RandomOrder` draw from Python's `random`, as torchvision's do; all other
transforms draw from tracegrad's generator.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from tracegrad.nn.module import Module
from tracegrad.vision.transforms.drawing import chance

Transform = Callable[[Any], Any]


def _applied(transforms: Sequence[Transform], img: Any, where: str) -> Any:
    """One after the other; an error gets a note that says which of them it was."""
    for number, transform in enumerate(transforms, 1):
        try:
            img = transform(img)
        except Exception as error:
            name = " ".join(repr(transform).split())
            error.add_note(f"in step {number} of {len(transforms)} of {where}: {name}")
            if isinstance(transform, type):
                error.add_note(f"it is a class\n  try: {transform.__name__}()")
            raise
    return img


def _listed(name: str, transforms: Sequence[Transform], *before: str) -> str:
    """`Name(...)` with a line for each transform."""
    lines = [f"    {line}" for line in before] + [f"    {t}" for t in transforms]
    return "\n".join([f"{name}(", *lines, ")"])


class Compose:
    """Transforms one after the other.

    Example:
        >>> import tracegrad as tg
        >>> T = tg.vision.transforms
        >>> T.Compose([T.CenterCrop(64), T.ToTensor()])
        Compose(
            CenterCrop(size=(64, 64))
            ToTensor()
        )
    """

    def __init__(self, transforms: Sequence[Transform]) -> None:
        if not isinstance(transforms, Iterable):
            raise TypeError(
                f"Compose expects a list of transforms, got {transforms!r:.60}\n"
                "  try: Compose([...])"
            )
        self.transforms = transforms

    def __call__(self, img: Any) -> Any:
        return _applied(self.transforms, img, "Compose")

    def __repr__(self) -> str:
        return _listed(type(self).__name__, self.transforms)


class Lambda:
    """A function as a transform.

    Raises:
        TypeError: it cannot be called.
    """

    def __init__(self, lambd: Transform) -> None:
        if not callable(lambd):
            raise TypeError(f"Argument lambd should be callable, got {type(lambd).__name__!r}")
        self.lambd = lambd

    def __call__(self, img: Any) -> Any:
        return self.lambd(img)

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


class RandomTransforms:
    """What transforms that choose among others have in common.

    Raises:
        TypeError: the others are no sequence.
    """

    def __init__(self, transforms: Sequence[Transform]) -> None:
        if not isinstance(transforms, Sequence):
            raise TypeError(f"Argument transforms should be a sequence\n  got {transforms!r}")
        self.transforms = transforms

    def __call__(self, img: Any) -> Any:
        raise NotImplementedError(f"{type(self).__name__} should implement __call__")

    def __repr__(self) -> str:
        return _listed(type(self).__name__, self.transforms)


class RandomApply(Module):
    """Transforms one after the other with a probability, all or none of them."""

    def __init__(self, transforms: Sequence[Transform], p: float = 0.5) -> None:
        super().__init__()
        self.transforms = transforms
        self.p = p

    def forward(self, img: Any) -> Any:
        return _applied(self.transforms, img, "RandomApply") if chance(self.p) else img

    def __repr__(self) -> str:
        return _listed(type(self).__name__, self.transforms, f"p={self.p}")


class RandomOrder(RandomTransforms):
    """Transforms one after the other in random order."""

    def __call__(self, img: Any) -> Any:
        order = list(range(len(self.transforms)))
        random.shuffle(order)
        return _applied([self.transforms[n] for n in order], img, "RandomOrder")


class RandomChoice(RandomTransforms):
    """One of several transforms.

    Args:
        p: how probable each is; all equally if `None`.

    Raises:
        TypeError: the probabilities are no sequence.
    """

    def __init__(self, transforms: Sequence[Transform], p: Sequence[float] | None = None) -> None:
        super().__init__(transforms)
        if p is not None and not isinstance(p, Sequence):
            raise TypeError(f"Argument p should be a sequence\n  got {p!r}")
        self.p = p

    def __call__(self, img: Any) -> Any:
        return random.choices(self.transforms, weights=self.p)[0](img)

    def __repr__(self) -> str:
        return f"{super().__repr__()}(p={self.p})"
