"""Random programs of views and in-place writes, against a toy library that shares no memory."""

from __future__ import annotations

from typing import Any

from hypothesis import settings

from tests.engine.machine import VIEWS, Machine
from tests.engine.toy import Toy


class AgainstToy(Machine):
    def oracle_library(self) -> Any:
        return Toy()

    def oracle_view(self, name: str) -> Any:
        return VIEWS[name][2]


TestViewsAndWrites = AgainstToy.TestCase
TestViewsAndWrites.settings = settings(stateful_step_count=30)
