"""Random programs of views and in-place writes, against a toy library that shares no memory."""

from __future__ import annotations

from typing import Any

from tests.engine.machine import COMMON_SHARES, run
from tests.engine.machine_rules import Machine
from tests.engine.toy import Toy


class AgainstToy(Machine):
    def oracle_library(self) -> Any:
        return Toy()


def test_programs_agree_with_a_library_that_shares_no_memory_or_both_refuse() -> None:
    shares = COMMON_SHARES | {
        "data": 0.1,
        "identity hooks": 0.03,
        "checking writes": 0.03,
    }
    run(AgainstToy, at_least=shares)
