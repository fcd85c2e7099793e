"""Running one test, whatever it is about."""

import contextlib
import io
import time
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from vega_runtime.errors import UnmatchedCall, VegaError
from vegac.source.diagnostic import Diagnostic
from vegac.source.file import Location, Placements
from vegac.source.render.canvas import Style
from vegac.source.render.cells import visible
from vegac.source.render.excerpt import Mark, line_numbers_width
from vegac.source.render.text import excerpts, render
from vegac.testing.cases import Case, ProgramText, TestFile
from vegac.testing.comparing import Comparer
from vegac.testing.difference import plain
from vegac.testing.execution import Sandbox, execute
from vegac.testing.findings import align, describe, found_in
from vegac.testing.judging import unfit
from vegac.testing.outcome import Outcome
from vegac.testing.programs import Program, Programs
from vegac.testing.results import Mismatch, Result
from vegac.workspace import UsageError, Workspace

if TYPE_CHECKING:
    from vegac.testing.expressions import Answer


class Runner:
    """Runs tests one at a time. `style` is for the texts of their results; their files live in
    folders of their own inside `folder`."""

    def __init__(self, workspace: Workspace, style: Style, folder: Path) -> None:
        self.workspace = workspace
        self.style = style
        self.folder = folder
        self._programs = Programs(workspace)

    def run(self, file: TestFile, case: Case) -> Result:
        """What became of a test; mistakes of any kind are part of it."""
        result = Result(file.name, case.name, line_of(file, case))
        started = time.perf_counter()
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            try:
                _Running(self, self._programs, file, case, result).everything()
            except (Exception, SystemExit) as error:
                what = " ".join(f"{type(error).__name__}: {error}".split())
                result.problems.append(f"the test could not be run to its end: {what[:500]}")
        result.printed = printed.getvalue()
        result.seconds = time.perf_counter() - started
        return result

    def broken(self, file: TestFile) -> Result:
        """The result of a file that cannot be understood."""
        text = render(file.findings, file.placements, self.style).rstrip("\n")
        return Result(file.name, "", 1, problems=[text])


def line_of(file: TestFile, case: Case) -> int:
    """The line on which a test begins."""
    return file.placements.locate(case.key.span).position.line


class _Running:
    """One test on its way; `result` collects what is wrong."""

    def __init__(
        self, runner: Runner, programs: Programs, file: TestFile, case: Case, result: Result
    ) -> None:
        self.folder = runner.folder
        self.programs = programs
        self.file = file
        self.case = case
        self.result = result
        self.style = runner.style
        self.comparer = Comparer(file.placements)

    def everything(self) -> None:
        case = self.case
        if case.broken:
            self.show(case.findings)
            return
        try:
            if case.diagnostics is not None:
                self.diagnostics()
            if case.expressions:
                self.expressions()
            if case.runs:
                self.workflow()
        except UsageError as error:
            self.problem(str(error))

    def problem(self, text: str) -> None:
        self.result.problems.append(text)

    def show(self, findings: Iterable[Diagnostic], more: Placements | None = None) -> None:
        placements = Placements()
        placements.update(self.file.placements)
        if more is not None:
            placements.update(more)
        self.problem(render(findings, placements, self.style).rstrip("\n"))

    def mismatch(self, mismatch: Mismatch) -> None:
        self.result.mismatches.append(mismatch)

    # --- diagnostics and expressions -----------------------------------------------------------

    def diagnostics(self) -> None:
        case = self.case
        assert case.program is not None
        assert case.diagnostics is not None
        checked = self.programs.checked(case.program, self.file.name).report
        pairs = align(case.diagnostics, found_in(checked.diagnostics, checked.placements))
        if any(pair.state != "ok" for pair in pairs):
            inline = isinstance(case.program, ProgramText)
            counted = " (lines and columns are those of the program)" if inline else ""
            lines = [f"    {line}" for line in describe(pairs)]
            self.problem(visible("\n".join([f"the findings differ{counted}:", *lines])))

    def expressions(self) -> None:
        from vegac.testing.expressions import Question, evaluate_all

        cases = self.case.expressions
        questions = [Question(case.expr, case.vars) for case in cases]
        answers = evaluate_all(questions, self.file.placements)
        for case, answer in zip(cases, answers, strict=True):
            quoted = _quoted(case.expr.value)
            if case.error is not None:
                if case.error not in answer.codes and case.error != _error_type(answer):
                    at = self.comparer.place_of(case.expr)
                    got = _ending(answer)
                    self.mismatch(Mismatch(f"error of {quoted}", "equal", case.error, got, at))
            elif answer.refused:
                self.show(finding for finding in answer.findings if finding.severity == "error")
            elif answer.error is not None:
                self.failed(f"{quoted} failed", answer.error, None)
            elif case.value is not None:
                what = f"value of {quoted}"
                for mismatch in self.comparer.value(what, (case.value,), answer.value):
                    self.mismatch(mismatch)

    # --- workflows -----------------------------------------------------------------------------

    def workflow(self) -> None:
        case = self.case
        assert case.program is not None
        program = self.programs.compiled(case.program, self.file.name)
        if program.loaded is None:
            self.show(program.findings(), program.report.placements)
            return
        workflows = program.loaded.workflows
        findings = unfit(self.file, case, program.report)
        if findings:
            self.show(findings)
            return
        named = case.workflow.value if case.workflow is not None else next(iter(workflows))
        workflow = workflows[named]
        with Sandbox(self.folder, case.files) as sandbox:
            outcome = execute(case, workflow, sandbox)
            self._judge(outcome, program)

    def _judge(self, outcome: Outcome, program: Program) -> None:
        error = outcome.error
        mismatches = list(self.comparer.compare(self.case.expect, outcome))
        unmatched = isinstance(error, UnmatchedCall)
        for mismatch in mismatches:
            # What a run did not get to is no news beside the reason why it ended.
            if error is None or self.case.expect.error is not None:
                self.mismatch(mismatch)
        if error is not None and (self.case.expect.error is None or unmatched or mismatches):
            self.failed("the run failed", error, program)
            if outcome.seen.calls:
                self.problem(f"messages went to: {', '.join(outcome.seen.calls)}")

    def failed(self, what: str, error: Exception, program: Program | None) -> None:
        """Say how a run or an expression failed, and where."""
        kind = getattr(error, "type", type(error).__name__)
        message = getattr(error, "message", str(error))
        if isinstance(error, UnmatchedCall):
            text = message
            if self.case.script is None and self.case.replay is None:
                text += "\nthe test has no `model:`; write the replies there, or use `replay:`"
        else:
            text = f"{what} with {kind}: {message}"
        lines = [visible(text)]
        location = self._location(error, program)
        if location is not None:
            mark = Mark(location, "", "error")
            lines += excerpts([mark], self.style, line_numbers_width([mark]))
        self.problem("\n".join(lines))

    def _location(self, error: Exception, program: Program | None) -> Location | None:
        place = error.place if isinstance(error, VegaError) else None
        if place is None:
            return None
        if program is not None:
            return program.locate(place, self.file.placements)
        file = self.file.tree.file
        start = file.line_starts[place.line - 1] + place.column - 1
        return Location(file, start, start)


def _error_type(answer: "Answer") -> str | None:
    error = answer.error
    return error.type if isinstance(error, VegaError) else None


def _ending(answer: "Answer") -> str:
    """What an expression came to, where an error was expected."""
    if answer.refused:
        return ", ".join(answer.codes)
    if answer.error is not None:
        return f"{getattr(answer.error, 'type', type(answer.error).__name__)}: {answer.error}"
    return f"the value {plain(answer.value)}"


def _quoted(text: str) -> str:
    line = " ".join(text.split())
    return f"'{line if len(line) <= 60 else line[:57] + '...'}'"
