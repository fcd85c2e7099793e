"""SARIF output against the schema of SARIF 2.1.0, which the OASIS committee publishes."""

import json
from pathlib import Path
from typing import Any

import pytest

from vegac.source.diagnostic import Diagnostic, Edit, Fix, Label
from vegac.source.file import Placements, SourceFile
from vegac.source.registry import CODES, report
from vegac.source.render import sarif
from vegac.source.span import Span
from vegac.workspace import Workspace

jsonschema = pytest.importorskip("jsonschema")
SCHEMA = json.loads(Path(__file__).with_name("sarif-2.1.0-rtm.5.json").read_text())
TEXT = "a: Cder\nb: Cder\n"


def valid(log: str) -> dict[str, Any]:
    """The log, which must fit the schema."""
    data = json.loads(log)
    problems = [
        f"{'/'.join(map(str, error.path))}: {error.message}"
        for error in jsonschema.Draft4Validator(SCHEMA).iter_errors(data)
    ]
    assert problems == []
    return data["runs"][0]


def render(*found: Diagnostic, text: str = TEXT, **options: Any) -> dict[str, Any]:
    placements = Placements()
    placements.add("u", SourceFile("team.vega.yaml", text), 0)
    return valid(sarif.render(found, placements, "1.2.3", **options))


def finding(start: int, **details: Any) -> Diagnostic:
    return report("unknown-agent", Span("u", start, start + 4), "no agent is named", **details)


def test_the_schema_notices_what_is_wrong() -> None:
    bad = {"version": "2.1.0", "runs": [{"results": []}]}
    assert list(jsonschema.Draft4Validator(SCHEMA).iter_errors(bad))


def test_every_kind_of_finding_is_valid() -> None:
    everything = [report(code, Span("u", 0, 4), "message") for code in CODES]
    run = render(*everything, page=lambda code: f"# {code}\n")
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == sorted(CODES)
    assert all(rule["help"]["markdown"] == f"# {rule['id']}\n" for rule in rules)
    levels = {rule["id"]: rule["defaultConfiguration"]["level"] for rule in rules}
    assert levels["unknown-agent"] == "error"
    assert levels["unused-agent"] == "warning"
    assert levels["no-agents"] == "note"


def test_fixes_labels_and_files_that_were_not_read() -> None:
    run = render(
        finding(
            3,
            labels=(Label(Span("u", 11, 15), "here"), Label(Span("gone#", 0, 0), "there")),
            notes=("agents: Coder",),
            fixes=(
                Fix("replace both", (Edit(Span("u", 3, 7), "A"), Edit(Span("u", 11, 15), "B"))),
                Fix("insert", (Edit(Span("u", 3, 3), "x"),), "unsafe"),
                Fix("elsewhere", (Edit(Span("gone#", 0, 0), "x"),)),
                Fix("only words", ()),
            ),
        ),
        unread=["cannot read 'b.vega.yaml': Permission denied"],
    )
    (result,) = run["results"]
    assert [fix["description"]["text"] for fix in result["fixes"]] == ["replace both", "insert"]
    (change,) = result["fixes"][0]["artifactChanges"]
    assert [part["insertedContent"]["text"] for part in change["replacements"]] == ["A", "B"]
    (invocation,) = run["invocations"]
    assert invocation["executionSuccessful"] is False
    (notice,) = invocation["toolExecutionNotifications"]
    assert notice["message"]["text"] == "cannot read 'b.vega.yaml': Permission denied"


def test_nothing_found() -> None:
    run = render()
    assert run["results"] == []
    assert run["invocations"] == [{"executionSuccessful": True}]


def test_a_finding_keeps_its_fingerprint_when_lines_are_added_above() -> None:
    def prints(text: str, *starts: int) -> list[str]:
        results = render(*map(finding, starts), text=text)["results"]
        return [result["partialFingerprints"]["vega/v1"] for result in results]

    assert prints(TEXT, 3, 11) == prints(f"# new\n{TEXT}", 9, 17)
    assert len(set(prints(TEXT, 3, 11))) == 2
    assert len(set(prints("a: Cder, Cder\n", 3, 9))) == 2


def test_a_broken_program() -> None:
    program = """\
agents:
  Coder: {system: You code., modle: claude-haiku-4-5}
workflows:
  w:
    inputs: {task: string}
    steps:
      - Cder writes: "Write <<task | uper>> and <<tsk>>"
      - Coder: {{task}} now
"""
    found = Workspace().check_text(program)
    assert {item.code for item in found.diagnostics} >= {"unknown-agent", "unknown-filter"}
    run = valid(sarif.render(found.diagnostics, found.placements, "1"))
    assert any("fixes" in result for result in run["results"])
