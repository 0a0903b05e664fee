"""How a run summary looks: facts in, Rich text out. Fits 80 columns and reads without colour."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from tracegrad._util.text import count, duration, number, size, spark
from tracegrad.diagnose.facts import (
    Cost,
    LineFacts,
    Occurrence,
    ParameterFacts,
    RunFacts,
    WarningFacts,
)
from tracegrad.diagnose.finding import Finding
from tracegrad.recording.model import TraceInfo, warning_text

# The palette of Okabe and Ito (2008), told apart with any kind of colour vision.
FORWARD, BACKWARD, BAD, QUIET = "#56b4e9", "#009e73", "#d55e00", "dim"

BAR = 24
"""Width of a bar in characters."""

SPARK = 16
"""Width of a sparkline: longer series are thinned to the largest of each stretch."""

NAME = 30
"""Width of a parameter's path."""

ROWS = {"warnings": 5, "findings": 3, "parameters": 20, "time": 8, "memory": 5, "lines": 0}
"""Rows of each table, unless everything is asked for."""

MARKS = {
    "complete": ("complete", ""),
    "failed": ("failed", BAD),
    "recording": ("not finished: still running, or killed", BAD),
}
"""How a trace's state is told, and in which colour."""


def summary_text(
    facts: RunFacts, findings: Sequence[Finding] = (), *, everything: bool = False
) -> RenderableType:
    """The summary of a run; with `everything` all rows of each table, not only the first."""
    limit = {name: None if everything else rows for name, rows in ROWS.items()}
    parts: list[RenderableType] = [_head(facts)]
    if facts.warnings:
        parts += ["", *_warnings(facts.warnings, limit["warnings"])]
    reasons = [one for one in findings if one.kind != "warning"]  # those are told above
    if reasons:
        parts += ["", *_findings(reasons, limit["findings"])]
    if facts.parameters:
        parts += ["", _parameters(facts, limit["parameters"])]
    if facts.time:
        parts += ["", _costs("time by op", "calls", facts.time, duration, limit["time"])]
    if facts.memory:
        parts += ["", _costs("memory by op", "values", facts.memory, size, limit["memory"])]
    if everything and facts.lines:
        lines = [line.cost for line in facts.lines]
        parts += ["", _costs("time by line", "events", lines, duration, limit["lines"])]
    return Group(*parts)


# -- the head --------------------------------------------------------------------------------------


def _head(facts: RunFacts) -> Table:
    """What was recorded, how it ended, and what deserves a look first."""
    info = facts.info
    state, style = MARKS[info.state]
    forward, kinds, passes = facts.forward_events, facts.kinds, facts.backward_passes
    rows: list[tuple[str, Text]] = [
        ("program", Text(info.title, "bold")),
        (
            "recorded",
            Text.assemble(
                f"{info.created[:16].replace('T', ' ')}, {_duration(info.duration)}",
                (state, style),
            ),
        ),
        (
            "ops",
            Text.assemble(
                (f"{forward:,} forward", FORWARD),
                _among(
                    [(kinds["write"], "in place", "in place"), (kinds["exit"], "exit", "exits")]
                ),
                (f", {facts.backward_events:,} backward", BACKWARD),
                _among([(passes, "pass", "passes")] if passes != facts.steps else []),
                f", {count(facts.steps, 'step')}",
            ),
        ),
        ("values", Text(_values(facts))),
    ]
    if facts.lines:
        rows.append(("slowest line", _slowest(facts.lines)))
    rows += [(f"first {one.what}", _occurrence(one)) for one in facts.not_finite]
    if info.state == "failed":
        rows.append(("failed", Text(_failure(info), BAD)))
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(style=QUIET, no_wrap=True)
    table.add_column()
    for label, text in rows:
        table.add_row(label, text)
    return table


def _duration(nanoseconds: int) -> str:
    """Nothing for 0: a program that was killed could not say how long it ran."""
    return f"{duration(nanoseconds)}, " if nanoseconds else ""


def _one_line(*parts: str | tuple[str, str]) -> Text:
    return Text.assemble(*parts, no_wrap=True, overflow="ellipsis")


def _among(parts: Sequence[tuple[int, str, str]]) -> str:
    """` (3 in place, 1 exit)`; nothing for counts of zero."""
    told = [count(n, one, many) for n, one, many in parts if n]
    return f" ({', '.join(told)})" if told else ""


def _values(facts: RunFacts) -> str:
    if facts.kept_values == facts.values:
        return f"{facts.values:,}, all kept: {size(facts.kept_bytes)}"
    return f"{facts.values:,}, {facts.kept_values:,} of them kept: {size(facts.kept_bytes)}"


def _slowest(lines: Sequence[LineFacts]) -> Text:
    slowest, total = lines[0], sum(line.cost.total for line in lines)
    share = f"{slowest.cost.total / total:.0%}" if total else "0%"
    told = f"{slowest.location.short}, {duration(slowest.cost.total)} ({share} of all ops)"
    return _one_line(told, (f"   {slowest.text}" if slowest.text else "", QUIET))


def _occurrence(one: Occurrence) -> Text:
    kind = "the gradient of " if one.value.of is not None else ""
    if one.event is None:
        made = f"{one.value.role} {one.value.name}".rstrip()
    else:
        made = f"{kind}{one.event.op} (event {one.event.id})" if one.value.of is None else ""
        made = made or f"a gradient from {one.event.op} backward (event {one.event.id})"
    where = f", {one.location.short}   {one.location.expression}" if one.location else ""
    return Text.assemble((f"{one.count:,} in {one.value.signature}", BAD), f" of {made}{where}")


def _warnings(warnings: Sequence[WarningFacts], limit: int | None) -> list[Text]:
    """Each warning with its line, and below it what it means."""
    lines = [Text("warnings", QUIET)]
    for one in warnings[:limit]:
        where = f"{one.location.short}   {one.text}" if one.location else "at an unknown line"
        times = f", and {count(one.count - 1, 'more time')} there" if one.count > 1 else ""
        lines.append(Text.assemble((f"! {one.event.op}", BAD), f"  {where}"))
        lines.append(Text(f"  {warning_text(one.event)} (event {one.event.id}{times})"))
    if limit is not None and len(warnings) > limit:
        lines.append(Text(f"{count(len(warnings) - limit, 'warning')} more: --all", QUIET))
    return lines


def _findings(findings: Sequence[Finding], limit: int | None) -> list[Text]:
    """Each finding, and below it why it is so and what to try, where that was not told yet."""
    lines = [Text("findings", QUIET)]
    told: set[str] = set()
    for one in findings[:limit]:
        lines.append(Text(f"! {one.headline}", BAD))
        rows = dict(one.rows)
        why = rows.get("why there") or rows.get("why", "")
        new = [text for text in (why, one.tries and f"try: {one.tries}") if text not in told | {""}]
        lines += [Text(f"  {text}") for text in new]
        told |= set(new)
    if limit is not None and len(findings) > limit:
        lines.append(Text(f"{count(len(findings) - limit, 'finding')} more: --all", QUIET))
    return lines


def _failure(info: TraceInfo) -> str:
    """The exception itself, and the line of the program that raised it."""
    lines = [line.strip() for line in info.error.splitlines()]
    places = [line for line in lines if line.startswith('File "')]
    headline = info.error_headline or "the exception was not recorded"
    return headline + (f"\n{places[-1]}" if places else "")


# -- tables ----------------------------------------------------------------------------------------


def _table(*columns: tuple[str, str]) -> Table:
    """A table without lines: names in the first column, which gives way when space is short."""
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style=QUIET)
    for n, (title, justify) in enumerate(columns):
        table.add_column(
            title,
            justify="right" if justify == ">" else "left",
            no_wrap=True,
            overflow="ellipsis",
            min_width=8 if n == 0 else None,
        )
    return table


def _parameters(facts: RunFacts, limit: int | None) -> Table:
    series = facts.parameters[0].gradient_norms
    over = f"over {count(len(series), 'step')}" if series else ""
    table = _table(
        ("parameter", "<"), ("", "<"), ("|w|", ">"), ("|grad|", ">"), (over, "<"), ("|Δw|/|w|", ">")
    )  # fmt: skip
    for one in facts.parameters[:limit]:
        table.add_row(_path(one.name), Text(one.signature, QUIET), *_numbers(one))
    _add_rest(table, len(facts.parameters), limit, "parameter")
    return table


def _path(name: str) -> str:
    """A long path by its end, where it differs from its neighbours."""
    return name if len(name) <= NAME else "…" + name[1 - NAME :]


def _numbers(one: ParameterFacts) -> tuple[Text, Text, Text, Text]:
    series = [math.nan if norm is None else norm for norm in one.gradient_norms]
    return (
        _number(one.norm),
        _number(one.gradient_norms[-1]) if series else Text(),
        Text(spark(_thinned(series, SPARK)), BACKWARD),
        _number(one.update_ratio),
    )


def _number(x: float | None) -> Text:
    """A number, a dash for none; zero and what is not finite stand out."""
    if x is None:
        return Text("-", QUIET)
    return Text(number(x), BAD if x == 0 or not math.isfinite(x) else "")


def _thinned(series: Sequence[float], width: int) -> Sequence[float]:
    """At most `width` numbers: the largest of each stretch."""
    if len(series) <= width:
        return series
    edges = [round(n * len(series) / width) for n in range(width + 1)]
    return [
        max((x for x in series[start:stop] if x == x), default=math.nan)
        for start, stop in pairwise(edges)
    ]


def _costs(
    title: str, counted: str, costs: Sequence[Cost], unit: Callable[[float], str], limit: int | None
) -> Table:
    table = _table((title, "<"), (counted, ">"), ("", "<"), ("forward", ">"), ("backward", ">"))
    longest = max(cost.total for cost in costs)
    for cost in costs[:limit]:
        table.add_row(
            cost.name,
            f"{cost.count:,}",
            _bar(cost, longest),
            *(_amount(n, unit) for n in (cost.forward, cost.backward)),
        )
    _add_rest(table, len(costs), limit, "op")
    return table


def _amount(n: int, unit: Callable[[float], str]) -> Text:
    return Text(unit(n)) if n else Text("-", QUIET)


def _bar(cost: Cost, longest: int) -> Text:
    """Forward and backward in one bar: two colours and two shades, so either tells them apart."""
    if not longest:
        return Text()
    forward = round(BAR * cost.forward / longest)
    return Text.assemble(
        ("█" * forward, FORWARD), ("▒" * (round(BAR * cost.total / longest) - forward), BACKWARD)
    )


def _add_rest(table: Table, rows: int, limit: int | None, noun: str) -> None:
    """Say how many rows are left out, and how to see them."""
    if limit is not None and rows > limit:
        table.add_row(Text(f"{count(rows - limit, noun)} more: --all", QUIET))
