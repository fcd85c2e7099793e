"""Reports of results."""

import json
from xml.etree import ElementTree

from vegac.source.render.canvas import Style
from vegac.testing import report_json, report_junit
from vegac.testing.report_text import Table, failure, summary
from vegac.testing.results import Mismatch, Result, Update

GOOD = Result("a.vega.test.yaml", "good", 3, 0.25)
BAD = Result(
    "b.vega.test.yaml",
    "bad <&> \x1b[31m \x00",
    7,
    1.5,
    [Mismatch("output", "equal", "a & b", "a < b \x07", "b.vega.test.yaml:9:5", Update(1, 2, "x"))],
    ["first line\nsecond \ufffe line"],
    "printed ]]> \x1b",
)
BROKEN = Result("c.vega.test.yaml", "", 1, problems=["error[yaml-syntax]: no"])


def test_junit_is_xml_whatever_tests_say() -> None:
    root = ElementTree.fromstring(report_junit.render([GOOD, BAD, BROKEN], 2.0))
    assert (root.get("tests"), root.get("failures"), root.get("time")) == ("3", "2", "2.000")
    suites = {suite.get("name"): suite for suite in root}
    assert list(suites) == ["a.vega.test.yaml", "b.vega.test.yaml", "c.vega.test.yaml"]
    case = suites["b.vega.test.yaml"][0]
    assert (case.get("line"), case.get("time")) == ("7", "1.500")
    assert case.findtext("system-out") == "printed ]]> \ufffd"
    failed = case.find("failure")
    assert failed is not None
    assert failed.get("message") == "first line"
    assert "second" in (failed.text or "")
    assert "a & b" in (failed.text or "")
    assert suites["a.vega.test.yaml"][0].find("failure") is None


def test_json() -> None:
    data = json.loads(report_json.render([GOOD, BAD], 2.0))
    assert data["summary"] == {"passed": 1, "failed": 1, "seconds": 2.0}
    assert [test["outcome"] for test in data["tests"]] == ["passed", "failed"]
    assert data["tests"][1]["mismatches"] == [
        {
            "what": "output",
            "place": "b.vega.test.yaml:9:5",
            "relation": "equal",
            "expected": "a & b",
            "got": "a < b \x07",
        }
    ]


def test_a_table() -> None:
    second = Result("a.vega.test.yaml", "another", 5, 0.0)
    table = Table([(test.file, test.name) for test in (GOOD, second, BAD)], Style(), update=False)
    rows = [table.row(test) for test in (GOOD, second, BAD)]
    assert rows[0].split() == ["a.vega.test.yaml", "good", "ok", "0.250"]
    assert rows[1].split() == ["another", "ok", "0.000"]
    assert rows[2].split()[-2:] == ["failed", "1.500"]
    assert len({row.index("  0.") if "  0." in row else row.index("  1.") for row in rows}) == 1
    assert "\x1b" not in rows[2]


def test_the_summary_counts() -> None:
    style = Style()
    update = Result("a", "b", 1, mismatches=BAD.mismatches)
    assert summary([], style) == "0 passed"
    assert summary([GOOD, GOOD], style) == "2 passed"
    assert summary([GOOD, BAD], style) == "1 passed, 1 failed"
    assert summary([update], style) == "1 failed"
    assert summary([GOOD, update, BAD], style, update=True) == "1 passed, 1 updated, 1 failed"


def test_a_long_problem_is_told_once() -> None:
    seen: set[str] = set()
    other = Result("b.vega.test.yaml", "other", 9, problems=BAD.problems)
    assert "second" in failure(BAD, Style(), seen)
    assert failure(other, Style(), seen).splitlines() == [
        "FAILED b.vega.test.yaml: other",
        "  first line (as above)",
    ]
