"""Applying the fixes of findings to the texts of files.

Nothing is read or written here: the caller checks programs with drafts in the place of files, and
writes the drafts in the end.
"""

from bisect import bisect_right, insort
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence

from msgspec import Struct

from vegac.source.diagnostic import Diagnostic, Fix
from vegac.source.file import Placements, SourceFile
from vegac.workspace import Report

MAX_ROUNDS = 20
"""How often fixes are applied and the outcome is checked again."""
_MOST_TRIED = 2_000_000
"""How many characters are checked at the most to find the fixes that do harm."""
_FEWEST_TRIES = 24
"""How often everything may be checked for that, however large it is."""

Drafts = dict[str, SourceFile]
"""Changed files by the path that messages show."""

_Error = tuple[str, str, str]
_Identity = tuple[str, str, str, str, str]


class Outcome(Struct):
    """What became of the fixes: the changed files, what the programs say now, and which findings
    were fixed."""

    drafts: Drafts
    reports: list[Report]
    fixed: list[Diagnostic]


class _Candidate(Struct, eq=False):
    """A fix as replacements `(file, start, end, text)`, and what tells it from others."""

    finding: Diagnostic
    changes: tuple[tuple[SourceFile, int, int, str], ...]
    identity: _Identity

    @property
    def place(self) -> tuple[str, int, int]:
        return min((file.path, start, end) for file, start, end, _ in self.changes)


def apply_fixes(
    check: Callable[[Mapping[str, SourceFile]], list[Report]],
    wanted: Callable[[Diagnostic], bool] = lambda _: True,
    *,
    unsafe: bool = False,
) -> Outcome:
    """Apply the fixes of all `wanted` findings, again and again until there are none left.

    `check` gives the reports of the programs with these drafts. A fix after which there is an error
    that was not there before is taken back; of overlapping fixes the first in order of place is
    applied, the others get their turn in the next round. `unsafe` also applies fixes that may
    change the meaning. In large files that little can be made of, not every group is tried that
    might do no harm.
    """
    outcome = Outcome({}, check({}), [])
    refused: set[_Identity] = set()
    tries = max(_FEWEST_TRIES, _MOST_TRIED // (_size(outcome.reports) or 1))
    for _ in range(MAX_ROUNDS):
        candidates = [
            candidate
            for candidate in _candidates(outcome.reports, wanted, unsafe)
            if candidate.identity not in refused
        ]
        chosen = _without_overlaps(candidates)
        if not chosen:
            break
        trial = _Trial(check, outcome, tries)
        trial.accept(chosen)
        tries = trial.tries
        refused.update(candidate.identity for candidate in trial.refused)
        outcome = trial.outcome()
    return outcome


def fix_of(finding: Diagnostic, *, unsafe: bool = False) -> Fix | None:
    """The fix to apply without asking: the first safe one; with `unsafe`, else the only unsafe
    one."""
    for fix in finding.fixes:
        if fix.applicability == "safe":
            return fix
    doubtful = [fix for fix in finding.fixes if fix.applicability == "unsafe"]
    return doubtful[0] if unsafe and len(doubtful) == 1 else None


class _Trial:
    """Tries fixes in groups; a group that does harm is halved until the culprit is found, or there
    are no more tries."""

    def __init__(
        self,
        check: Callable[[Mapping[str, SourceFile]], list[Report]],
        before: Outcome,
        tries: int,
    ) -> None:
        self.check = check
        self.before = before
        self.tries = tries
        self.allowed = _errors(before.reports)
        self.accepted: list[_Candidate] = []
        self.refused: list[_Candidate] = []
        self.drafts = before.drafts
        self.reports = before.reports

    def accept(self, group: Sequence[_Candidate]) -> None:
        if self.tries <= 0:
            self.refused += group
            return
        self.tries -= 1
        tried = [*self.accepted, *group]
        drafts = self.before.drafts | _changed(tried)
        reports = self.check(drafts)
        if not _errors(reports) - self.allowed:
            self.accepted, self.drafts, self.reports = tried, drafts, reports
        elif len(group) == 1:
            self.refused += group
        else:
            middle = len(group) // 2
            self.accept(group[:middle])
            self.accept(group[middle:])

    def outcome(self) -> Outcome:
        fixed = [candidate.finding for candidate in self.accepted]
        return Outcome(self.drafts, self.reports, self.before.fixed + fixed)


def _size(reports: Iterable[Report]) -> int:
    """How many characters the files of programs have."""
    declared = (report.declarations for report in reports)
    return sum(len(tree.file.text) for found in declared if found for tree in found.trees)


def _candidates(
    reports: Sequence[Report], wanted: Callable[[Diagnostic], bool], unsafe: bool
) -> list[_Candidate]:
    """The fixes of all findings, each once, in order of place."""
    found: dict[object, _Candidate] = {}
    makers: Counter[object] = Counter()
    for report in reports:
        for finding in report.diagnostics:
            fix = fix_of(finding, unsafe=unsafe)
            if fix is None or not wanted(finding):
                continue
            candidate = _candidate(finding, fix, report.placements)
            if candidate is not None:
                changes = tuple(
                    (file.path, start, end, text) for file, start, end, text in candidate.changes
                )
                key = (finding.code, finding.message, changes)
                found.setdefault(key, candidate)
                makers[key] += 1
    unreadable = _unreadable(reports)
    kept = (
        candidate
        for key, candidate in found.items()
        if not unreadable & {file.path for file, *_ in candidate.changes}
        and (candidate.finding.code != "unused-ignore" or _agreed(candidate, makers[key], reports))
    )
    return sorted(kept, key=lambda candidate: candidate.place)


def _unreadable(reports: Iterable[Report]) -> set[str]:
    """The files that are no UTF-8: their text is not what they hold."""
    return {
        report.placements.locate(finding.span).file.path
        for report in reports
        for finding in report.diagnostics
        if finding.code == "unreadable-file"
    }


def _agreed(candidate: _Candidate, makers: int, reports: Iterable[Report]) -> bool:
    """Whether a comment silences nothing in any program, each being understood as a whole."""
    path = candidate.changes[0][0].path
    concerned = [
        report
        for report in reports
        if report.declarations is not None
        and any(tree.file.path == path for tree in report.declarations.trees)
    ]
    return makers == len(concerned) and not any(report.has_errors for report in concerned)


def _candidate(finding: Diagnostic, fix: Fix, placements: Placements) -> _Candidate | None:
    changes: list[tuple[SourceFile, int, int, str]] = []
    for edit in fix.edits:
        place = placements.locate(edit.span)
        line_end = "\r\n" if "\r\n" in place.file.text else "\n"
        text = edit.text.replace("\n", line_end)
        if place.file.text[place.start : place.end] != text:
            changes.append((place.file, place.start, place.end, text))
    if not changes:
        return None
    place = placements.locate(finding.span)
    line = place.file.line_text(place.position.line).strip()
    identity = (place.file.path, finding.code, finding.message, fix.title, line)
    return _Candidate(finding, tuple(changes), identity)


def _without_overlaps(candidates: Iterable[_Candidate]) -> list[_Candidate]:
    """Those that touch no text that one before them changes."""
    chosen: list[_Candidate] = []
    taken: dict[str, list[tuple[int, int]]] = {}
    for candidate in candidates:
        ranges = [(file.path, start, end) for file, start, end, _ in candidate.changes]
        if all(_free(taken.setdefault(path, []), start, end) for path, start, end in ranges):
            chosen.append(candidate)
            for path, start, end in ranges:
                insort(taken[path], (start, end))
    return chosen


def _free(taken: list[tuple[int, int]], start: int, end: int) -> bool:
    """Whether `start:end` neither overlaps nor touches one of the ranges, which are in order."""
    index = bisect_right(taken, (start, end))
    before = index == 0 or taken[index - 1][1] < start
    return before and (index == len(taken) or end < taken[index][0])


def _changed(candidates: Iterable[_Candidate]) -> Drafts:
    """The files after these changes."""
    files: dict[str, SourceFile] = {}
    changes: dict[str, list[tuple[int, int, str]]] = {}
    for candidate in candidates:
        for file, start, end, text in candidate.changes:
            files[file.path] = file
            changes.setdefault(file.path, []).append((start, end, text))
    drafts: Drafts = {}
    for path, file in files.items():
        parts = ["\ufeff" if file.bom else ""]
        position = 0
        for start, end, text in sorted(changes[path]):
            parts += (file.text[position:start], text)
            position = end
        drafts[path] = SourceFile(path, "".join((*parts, file.text[position:])))
    return drafts


def _errors(reports: Iterable[Report]) -> Counter[_Error]:
    """How often each error is reported, whatever its line."""
    found: dict[object, _Error] = {}
    for report in reports:
        for finding in report.diagnostics:
            if finding.severity == "error":
                place = report.placements.locate(finding.span)
                error = (place.file.path, finding.code, finding.message)
                found[place.start, place.end, *error] = error
    return Counter(found.values())
