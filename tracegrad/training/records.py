"""What a fit measured: losses and metrics by set, name and epoch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Record:
    """One number: `metric` on `set` after `epoch`."""

    set: str
    metric: str
    epoch: int
    value: float


class Records:
    """A history. Sets are `train` and `valid`, names `loss` and those of the metrics."""

    def __init__(self) -> None:
        self._values: dict[str, dict[str, dict[int, float]]] = {}
        self.seconds: dict[int, float] = {}
        """How long each epoch took."""

    def log(self, set: str, name: str, epoch: int, value: float) -> None:
        """Keep a number; one of the same set, name and epoch is replaced."""
        self._values.setdefault(set, {}).setdefault(name, {})[epoch] = float(value)

    def took(self, epoch: int, seconds: float) -> None:
        """Keep how long an epoch took."""
        self.seconds[epoch] = seconds

    @property
    def sets(self) -> list[str]:
        """The sets of which something was measured."""
        return list(self._values)

    @property
    def epochs(self) -> int:
        """The last epoch that was finished; 0 before the first."""
        return max(self.seconds, default=0)

    def epoch(self, set: str, epoch: int) -> dict[str, float]:
        """The numbers of one epoch by name."""
        named = self._values.get(set, {})
        return {name: values[epoch] for name, values in named.items() if epoch in values}

    def series(self, set: str, name: str) -> dict[int, float]:
        """The numbers of one metric by epoch.

        Raises:
            KeyError: there are none; the message says what there is.
        """
        values = self._values.get(set, {}).get(name)
        if not values:
            raise KeyError(f"no {name!r} of {set!r} was recorded; there is: {self._there()}")
        return dict(values)

    def last(self, set: str, name: str) -> float:
        """The newest number of one metric.

        Raises:
            KeyError: there is none; the message says what there is.
        """
        values = self.series(set, name)
        return values[max(values)]

    def rows(self) -> list[Record]:
        """All numbers, epoch by epoch."""
        found = [
            Record(set, name, epoch, value)
            for set, named in self._values.items()
            for name, values in named.items()
            for epoch, value in values.items()
        ]
        return sorted(found, key=lambda record: record.epoch)

    def _there(self) -> str:
        names = [f"{set} {name}" for set, named in self._values.items() for name in named]
        return ", ".join(names) or "nothing yet"

    def __len__(self) -> int:
        return sum(len(values) for named in self._values.values() for values in named.values())

    def __repr__(self) -> str:
        return f"<Records: {len(self)} of {self._there()}>"

    def state_dict(self) -> dict[str, Any]:
        """The history as plain containers."""
        return {"values": _copied(self._values), "seconds": dict(self.seconds)}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Go back to what `state_dict` gave."""
        self._values = _copied(state_dict["values"])
        self.seconds = dict(state_dict["seconds"])


def _copied(values: Mapping[str, Any]) -> dict[str, dict[str, dict[int, float]]]:
    return {
        set: {name: dict(by_epoch) for name, by_epoch in named.items()}
        for set, named in values.items()
    }
