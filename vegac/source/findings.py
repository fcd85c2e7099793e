"""Collecting findings while a stage works."""

from typing import Any

from vegac.source.diagnostic import Diagnostic
from vegac.source.registry import report
from vegac.source.span import Span


class Findings:
    """The findings of one stage. `quiet` drops them: for work that is done again later."""

    def __init__(self) -> None:
        self.items: list[Diagnostic] = []
        self.quiet = 0

    def report(self, code: str, span: Span, message: str, **details: Any) -> None:
        """Add a finding; `details` are further fields of `Diagnostic`."""
        if not self.quiet:
            self.items.append(report(code, span, message, **details))

    def add(self, finding: Diagnostic) -> None:
        if not self.quiet:
            self.items.append(finding)
