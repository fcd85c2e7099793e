"""What holds of every file, whatever it says."""

import json
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from vegac.ir.verify import verify
from vegac.loader import load
from vegac.source.registry import CODES
from vegac.source.render import github, sarif, text
from vegac.source.render import json as as_json
from vegac.workspace import Compiled, Report, Workspace

SECONDS = 4.0
"""Of the processor, for one compilation of at most `LONGEST` characters, which takes a fraction of
that: what takes more hangs, or grows with the square of the text."""

NOWHERE = Path(tempfile.gettempdir()) / "vega-no-such-folder"
"""So that nothing is included by chance."""


@contextmanager
def time_limit() -> Iterator[None]:
    """An AssertionError where the processor has worked for `SECONDS`: other programs on the machine
    do not count."""

    def expire(_signal: int, _frame: FrameType | None) -> None:
        raise AssertionError(f"still at work after {SECONDS} s")

    before = signal.signal(signal.SIGPROF, expire)
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def compiled(data: bytes | str) -> Compiled:
    workspace = Workspace(NOWHERE)
    with time_limit():
        return workspace.compile_tree(workspace.read_text("any.vega.yaml", data), NOWHERE)


def checked(data: bytes | str) -> Report:
    workspace = Workspace(NOWHERE)
    with time_limit():
        return workspace.check_tree(workspace.read_text("any.vega.yaml", data), NOWHERE)


def check_findings(report: Report) -> str:
    """Every finding is known, says something, lies in its file, and can be shown in every format.
    Returns them as JSON."""
    for finding in report.diagnostics:
        assert finding.code in CODES
        assert finding.message
        edits = [edit.span for fix in finding.fixes for edit in fix.edits]
        for span in (finding.span, *(label.span for label in finding.labels), *edits):
            location = report.placements.locate(span)
            assert 0 <= location.start <= location.end <= len(location.file.text)
    arguments = (report.diagnostics, report.placements)
    with time_limit():
        shown = text.render(*arguments)
    assert all(f"[{finding.code}]" in shown for finding in report.diagnostics)
    for line in github.render(*arguments).splitlines():
        assert line.startswith(("::error ", "::warning ", "::notice "))
    assert json.loads(sarif.render(*arguments, version="1"))["version"] == "2.1.0"
    listed = as_json.render(*arguments)
    places = [(item["line"], item["column"]) for item in json.loads(listed)["diagnostics"]]
    assert places == sorted(places)
    return listed


def check_any(data: bytes | str) -> None:
    first, second = compiled(data), compiled(data)
    assert check_findings(first.report) == check_findings(second.report)
    if first.module is None:
        assert first.report.has_errors or first.report.program is None
        assert first.report.diagnostics
        return
    assert second.module is not None
    assert first.module.text == second.module.text
    assert first.program is not None
    assert verify(first.program) == []
    load(first.module, "vega_any_program")
