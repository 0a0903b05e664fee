"""All findings of a trace, the most urgent first."""

from __future__ import annotations

from tracegrad.diagnose.facts import RunFacts, WarningFacts
from tracegrad.diagnose.finding import Finding
from tracegrad.diagnose.gradients import gradient_findings
from tracegrad.diagnose.not_finite import not_finite_findings
from tracegrad.diagnose.tally import run_facts
from tracegrad.recording.model import warning_text
from tracegrad.recording.source import TraceSource


def findings(source: TraceSource, facts: RunFacts | None = None) -> list[Finding]:
    """What deserves a look in a trace: numbers that are not finite, warnings, gradients.

    Args:
        source: a trace in memory (`with tg.record() as trace`) or one that was opened.
        facts: of the same trace, where they are known already.
    """
    known = run_facts(source) if facts is None else facts
    return [
        *not_finite_findings(source, known.not_finite),
        *[_warning(one) for one in known.warnings],
        *gradient_findings(known.parameters),
    ]


def report(source: TraceSource) -> str:
    """The findings as text, `nothing found` if there are none."""
    return "\n\n".join(str(finding) for finding in findings(source)) or "nothing found"


def _warning(one: WarningFacts) -> Finding:
    where = f"{one.location.short}   {one.text}" if one.location else ""
    return Finding("warning", warning_text(one.event), (("line", where),), event=one.event.id)
