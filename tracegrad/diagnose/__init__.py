"""Explanations of what went wrong in a recorded run: facts in numbers, findings in words."""

from tracegrad.diagnose.finding import Finding as Finding
from tracegrad.diagnose.report import findings as findings
from tracegrad.diagnose.report import report as report

__all__ = ["Finding", "findings", "report"]
