"""Run programs written for PyTorch: tracegrad as `torch`, and `tracegrad.vision` as `torchvision`.

`install_as_torch()` puts tracegrad into `sys.modules` as `torch`, and a finder at the head of
`sys.meta_path` that gives `torch.nn.functional` the very module `tracegrad.nn.functional`, and so
on: each module is there once, so `isinstance` and pickles agree whatever name a program uses.
Nothing happens unless it is called, and `uninstall_as_torch()` takes all of it back.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

import tracegrad
from tracegrad._version import __version__

NOT_OURS = frozenset({
    "_methods", "_printing", "_tensor", "_util", "_version", "as_torch", "backend", "cli", "compat",
    "data", "dtypes", "engine", "errors", "graph", "recording", "viz",
})  # fmt: skip
"""Modules of tracegrad that mean something else, or nothing, under `torch`."""


STANDS_FOR = {"torch": "tracegrad", "torchvision": "tracegrad.vision"}


def _ours(fullname: str) -> str | None:
    """What stands for a module, `None` if it is none of PyTorch's."""
    root, dot, rest = fullname.partition(".")
    return STANDS_FOR[root] + dot + rest if root in STANDS_FOR else None


class _TorchFinder(MetaPathFinder):
    """Finds `torch`, `torchvision` and what is below them in tracegrad."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: Any = None
    ) -> ModuleSpec | None:
        ours = _ours(fullname)
        if ours is None:
            return None
        if _module(ours) is None:
            raise ModuleNotFoundError(_missing(fullname), name=fullname)
        return ModuleSpec(fullname, _SameModule(ours), origin=ours)


class _SameModule(Loader):
    """Loads a module of tracegrad under another name: the same object, not a second one."""

    def __init__(self, ours: str) -> None:
        self._ours = ours

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return None  # a fresh one, which `exec_module` replaces; importlib would rewrite ours

    def exec_module(self, module: ModuleType) -> None:
        sys.modules[module.__name__] = importlib.import_module(self._ours)


def _module(ours: str) -> ModuleType | None:
    """A module of tracegrad by its name, `None` if it is not there or not meant."""
    if ours.partition(".")[2].split(".")[0] in NOT_OURS:
        return None
    try:
        return importlib.import_module(ours)
    except ModuleNotFoundError as error:
        # A module that is there and imports one that is not is a mistake to be seen.
        if error.name is not None and (ours == error.name or ours.startswith(error.name + ".")):
            return None
        raise


def _missing(fullname: str) -> str:
    parent = fullname.rpartition(".")[0]
    around = sys.modules.get(parent)
    near = sorted(
        name
        for name in dir(around)
        if isinstance(getattr(around, name, None), ModuleType)
        and not name.startswith("_")
        and name not in NOT_OURS
    ) if around is not None else []  # fmt: skip
    return (
        f"No module named {fullname!r}: tracegrad {__version__} stands in for PyTorch here, and "
        f"has no {fullname.partition('.')[2]}\n"
        f"  {parent} has {', '.join(near) or 'no modules'}\n"
        "  try: run the program without install_as_torch(), with PyTorch itself"
    )


_FINDER = _TorchFinder()


def install_as_torch() -> None:
    """Let `import torch` give tracegrad from here on, in this process.

    Twice is as good as once. `uninstall_as_torch` undoes it.

    Raises:
        RuntimeError: PyTorch itself is imported already: two libraries of one name would mix.
    """
    loaded = sys.modules.get("torch")
    if loaded is tracegrad:
        return
    if loaded is not None:
        raise RuntimeError(
            "install_as_torch(): PyTorch is imported already, from "
            f"{getattr(loaded, '__file__', 'somewhere')}\n"
            "  try: call it before the first `import torch`, or tracegrad run --as-torch SCRIPT"
        )
    sys.meta_path.insert(0, _FINDER)
    sys.modules["torch"] = tracegrad


def uninstall_as_torch() -> None:
    """Let `import torch` give PyTorch again, if it is there. What was imported stays what it is."""
    if _FINDER in sys.meta_path:
        sys.meta_path.remove(_FINDER)
    if sys.modules.get("torch") is not tracegrad:
        return
    for name in [n for n in sys.modules if _ours(n) is not None]:
        del sys.modules[name]
