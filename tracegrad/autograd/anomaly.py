"""`detect_anomaly`: a backward that stops at the first NaN, and writes that no counter saw."""

from __future__ import annotations

from contextvars import ContextVar

from tracegrad.autograd.write_check import write_check
from tracegrad.graph.mode import nan_check

_modes: ContextVar[tuple[bool, bool, bool]] = ContextVar(
    "tracegrad anomaly mode", default=(False, True, False)
)
"""Whether it is on, checks gradients for NaN, checks for unseen writes."""


class set_detect_anomaly:
    """Detect anomalies from here on, or not; as a context manager, only inside.

    Args:
        mode: on or off.
        check_nan, check_writes: as for `detect_anomaly`.
    """

    def __init__(self, mode: bool, check_nan: bool = True, check_writes: bool = False) -> None:
        self._before = _modes.get()
        self._set((mode, check_nan, check_writes))

    def _set(self, modes: tuple[bool, bool, bool]) -> None:
        on, check_nan, check_writes = modes
        checked = _modes.get()
        if (on and check_writes) and not (checked[0] and checked[2]):
            write_check.begin()
        elif not (on and check_writes) and (checked[0] and checked[2]):
            write_check.end()
        _modes.set(modes)
        nan_check.set(on and check_nan)

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_: object) -> None:
        self._set(self._before)


class detect_anomaly:
    """Inside, backward stops where the first NaN comes up, and names the op and its line.

    PyTorch's also keeps a traceback of every forward op, at 19 times the time; here each node knows
    its line anyway, and all it takes is to look at each gradient.

    Args:
        check_nan: raise when a gradient that an op's backward computes contains a NaN.
        check_writes: find writes that no version counter saw: through `.data`, through NumPy arrays
            that share the memory. What ops save for backward is fingerprinted (CRC-32, 0.2 ns a
            byte); memory that the program shares is looked at again after every op, so that the
            error in backward can say between which two ops the write happened. In a recording it is
            a warning too.

    Example:
        >>> with detect_anomaly(check_writes=True):
        ...     loss = model(x).sum()
        ...     loss.backward()
    """

    def __init__(self, check_nan: bool = True, check_writes: bool = False) -> None:
        self.check_nan = check_nan
        self.check_writes = check_writes
        self._switches: list[set_detect_anomaly] = []

    def __enter__(self) -> None:
        self._switches.append(set_detect_anomaly(True, self.check_nan, self.check_writes))

    def __exit__(self, *_: object) -> None:
        self._switches.pop().__exit__()


def is_anomaly_enabled() -> bool:
    """Whether anomalies are detected."""
    return _modes.get()[0]


def is_anomaly_check_nan_enabled() -> bool:
    """Whether `detect_anomaly` looks for NaN."""
    return _modes.get()[1]
