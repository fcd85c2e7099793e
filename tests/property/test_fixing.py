"""Fixes make no program worse, whatever is wrong with it."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from hypothesis import example, given, settings
from hypothesis import strategies as st

from vegac.fixing import Outcome, apply_fixes
from vegac.source.file import SourceFile
from vegac.workspace import Report, Workspace

PROGRAMS = [
    path.read_text()
    for path in sorted((Path(__file__).parents[2] / "examples").glob("*.vega.yaml"))
    if "include:" not in path.read_text()
]
NAME = "program.vega.yaml"
changes = st.lists(
    st.tuples(
        st.integers(0, 5000),
        st.sampled_from(
            ["drop", "swap", "double", *"x:#{}[]<>'\"|&!", " && ", "<<", "{{x}} ", "'s "]
        ),
    ),
    min_size=1,
    max_size=5,
)


def changed(text: str, wanted: list[tuple[int, str]]) -> str:
    """A program with slips of the pen."""
    for place, what in wanted:
        at = place % len(text)
        match what:
            case "drop":
                text = text[:at] + text[at + 1 :]
            case "swap":
                text = text[:at] + text[at + 1 : at + 2] + text[at : at + 1] + text[at + 2 :]
            case "double":
                text = text[: at + 1] + text[at:]
            case _:
                text = text[:at] + what + text[at:]
    return text


def fix(text: str) -> tuple[str, list[Report], Outcome]:
    """The fixed text, what was found in the text as it was, and what became of the fixes."""
    workspace = Workspace(Path("/nowhere"))

    def check(drafts: Mapping[str, SourceFile]) -> list[Report]:
        file = drafts.get(NAME) or SourceFile(NAME, text)
        return [workspace.check_tree(workspace.reader.read(file), workspace.root)]

    outcome = apply_fixes(check)
    draft = outcome.drafts.get(NAME)
    return (draft.text if draft else text), check({}), outcome


def errors(reports: list[Report]) -> Counter[tuple[str, str]]:
    return Counter(
        (finding.code, finding.message)
        for report in reports
        for finding in report.diagnostics
        if finding.severity == "error"
    )


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(PROGRAMS), changes)
@example("# a: b\nname: P\nsettings:\n  default_mode:l m\n", [(0, "drop")])
def test_fixes_add_no_error(program: str, wanted: list[tuple[int, str]]) -> None:
    text = changed(program, wanted)
    fixed, before, outcome = fix(text)
    assert not errors(outcome.reports) - errors(before)
    assert (fixed != text) == bool(outcome.fixed)
    again, _, second = fix(fixed)
    assert again == fixed
    assert not second.fixed
