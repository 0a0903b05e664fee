"""Inference mode, and the storage by which a tensor made in it is known.

Note [Inference tensors]
~~~~~~~~~~~~~~~~~~~~~~~~
A tensor made in inference mode has an `InferenceStorage`; nothing else marks it, so that views and
`detach()` of it are inference tensors by sharing it. All that such a tensor may not do asks its
storage: a node that would keep it reads `version_to_keep`, which raises here and elsewhere is
another name for the slot `version`; a write calls `about_to_write`. So no op looks whether a tensor
is one, and none is slower for it. New tensors get the storage from an observer, which watches only
while somebody is in inference mode (`autograd/inference.py`).
"""

from __future__ import annotations

from contextvars import ContextVar

from tracegrad.backend.device import Array
from tracegrad.storage import Keeper, Storage

inference: ContextVar[bool] = ContextVar("tracegrad inference mode", default=False)
"""Whether new tensors are inference tensors."""

in_inference_mode = inference.get


class _Nobody:
    """Keeps nothing. Where a storage has a keeper, every write asks `about_to_write` first."""

    def about_to_write(self, storage: Storage) -> None: ...


_nobody: Keeper = _Nobody()


class InferenceStorage(Storage):
    """Memory of an inference tensor: written only in inference mode, and never kept for backward.

    Its version is counted all the same, for recordings; the program cannot ask for it.
    """

    __slots__ = ()

    is_inference = True

    def __init__(self, array: Array | None) -> None:
        self.array = array
        self.version = 0
        self.changes = None
        self.recorded = _nobody
        self.shared = False

    @property
    def version_to_keep(self) -> int:  # type: ignore[override]
        """There is none.

        Raises:
            RuntimeError: always.
        """
        raise RuntimeError(
            "Inference tensors cannot be saved for backward. Please do not use Tensors created in "
            "inference mode in computation tracked by autograd. To work around this, you can make "
            "a clone to get a normal tensor and use it in autograd, or use `tracegrad.no_grad()` "
            "instead of `tracegrad.inference_mode()`."
        )

    def about_to_write(self) -> None:
        """Let a write through, in inference mode only.

        Raises:
            RuntimeError: outside of it.
        """
        self.check_writable()
        self.tell_keepers()

    def check_writable(self) -> None:
        if not in_inference_mode():
            raise RuntimeError(
                "Inplace update to inference tensor outside InferenceMode is not allowed."
                "You can make a clone to get a normal tensor before doing inplace update."
                "\n  try: x = x.clone() before the write"
            )

    def apart(self) -> Storage:
        return InferenceStorage(None)
