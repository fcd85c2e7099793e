import json

from vegac.source.diagnostic import Diagnostic, Edit, Fix, Label
from vegac.source.file import Placements, SourceFile
from vegac.source.registry import CODES, report
from vegac.source.render import github, sarif
from vegac.source.render import json as json_format
from vegac.source.span import Span

TEXT = "a: Cder\nb: [1,\n  2]\n"


def table() -> Placements:
    placements = Placements()
    placements.add("u", SourceFile("my team,1.vega.yaml", TEXT), 0)
    return placements


FINDING = report(
    "unknown-agent",
    Span("u", 3, 7),
    "no agent is named 'Cder', 100%",
    hint="did you mean 'Coder'?",
    labels=(Label(Span("u", 8, 9), "here"),),
    notes=("agents: Coder",),
    fixes=(Fix("replace it", (Edit(Span("u", 3, 7), "Coder"),)),),
    suggestions=("Coder",),
)
LONG = report("unused-agent", Span("u", 11, 19), "m")
UNREAD = report("unreadable-file", Span("gone.yaml#", 0, 0), "cannot be read")


def parsed(*found: Diagnostic) -> object:
    return json.loads(json_format.render(found, table()))


def test_json_holds_the_whole_finding() -> None:
    assert parsed(FINDING) == {
        "version": 1,
        "diagnostics": [
            {
                "code": "unknown-agent",
                "severity": "error",
                "message": "no agent is named 'Cder', 100%",
                "file": "my team,1.vega.yaml",
                "line": 1,
                "column": 4,
                "end_line": 1,
                "end_column": 8,
                "hint": "did you mean 'Coder'?",
                "labels": [
                    {
                        "message": "here",
                        "file": "my team,1.vega.yaml",
                        "line": 2,
                        "column": 1,
                        "end_line": 2,
                        "end_column": 2,
                    }
                ],
                "notes": ["agents: Coder"],
                "suggestions": ["Coder"],
                "fixes": [
                    {
                        "title": "replace it",
                        "applicability": "safe",
                        "edits": [
                            {
                                "text": "Coder",
                                "file": "my team,1.vega.yaml",
                                "line": 1,
                                "column": 4,
                                "end_line": 1,
                                "end_column": 8,
                            }
                        ],
                    }
                ],
            }
        ],
        "summary": {"errors": 1, "warnings": 0, "infos": 0},
        "unread": [],
    }


def test_json_of_nothing() -> None:
    assert parsed() == {
        "version": 1,
        "diagnostics": [],
        "summary": {"errors": 0, "warnings": 0, "infos": 0},
        "unread": [],
    }


def test_json_survives_names_that_are_not_unicode() -> None:
    placements = Placements()
    placements.add("u", SourceFile("bad\udcff.yaml", TEXT), 0)
    found = json.loads(json_format.render([LONG], placements))
    assert found["diagnostics"][0]["file"] == r"bad\udcff.yaml"


def test_sarif_has_rules_regions_related_places_and_fixes() -> None:
    log = json.loads(sarif.render([FINDING, LONG, UNREAD], table(), "9.9"))
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    assert run["columnKind"] == "unicodeCodePoints"
    driver = run["tool"]["driver"]
    assert (driver["name"], driver["version"]) == ("vegac", "9.9")
    assert [rule["id"] for rule in driver["rules"]] == [
        "unknown-agent",
        "unreadable-file",
        "unused-agent",
    ]
    assert driver["rules"][0]["shortDescription"]["text"] == CODES["unknown-agent"].summary
    unread, first, long = run["results"]
    for result in run["results"]:
        assert driver["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
    assert first["level"] == "error"
    assert long["level"] == "warning"
    physical = first["locations"][0]["physicalLocation"]
    assert physical == {
        "artifactLocation": {"uri": "my%20team%2C1.vega.yaml"},
        "region": {"startLine": 1, "startColumn": 4, "endLine": 1, "endColumn": 8},
    }
    assert first["relatedLocations"][0]["message"]["text"] == "here"
    replacement = first["fixes"][0]["artifactChanges"][0]["replacements"][0]
    assert replacement["insertedContent"] == {"text": "Coder"}
    assert replacement["deletedRegion"] == physical["region"]
    assert "region" not in unread["locations"][0]["physicalLocation"]


def test_sarif_names_absolute_paths_by_uri() -> None:
    placements = Placements()
    placements.add("u", SourceFile("/tmp/a b.yaml", TEXT), 0)
    assert '"file:///tmp/a%20b.yaml"' in sarif.render([LONG], placements, "1")


def test_github_annotations_escape_what_would_end_them() -> None:
    assert github.render([FINDING], table()) == (
        "::error file=my team%2C1.vega.yaml,line=1,col=4,endLine=1,endColumn=8,title=unknown-agent"
        "::no agent is named 'Cder', 100%25%0Adid you mean 'Coder'?%0Aagents: Coder\n"
    )


def test_github_end_columns_only_within_one_line() -> None:
    assert github.render([LONG, UNREAD], table()) == (
        "::error file=gone.yaml,title=unreadable-file::cannot be read\n"
        "::warning file=my team%2C1.vega.yaml,line=2,col=4,endLine=3,title=unused-agent::m\n"
    )
