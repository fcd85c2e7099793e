"""`vegac graph` and `vegac schema` as a user runs them."""

import json
from pathlib import Path
from xml.etree import ElementTree

from tests.e2e.command_line import ECHO, PROGRAM, vegac, write


def test_the_graph_of_the_only_workflow(tmp_path: Path) -> None:
    write(tmp_path, team__vega__yaml=PROGRAM)
    result = vegac(tmp_path, "graph")
    assert result.status == 0
    assert result.out.startswith("flowchart TD\n")
    assert "Critic<br>reviews it → bugs" in result.out
    written = vegac(tmp_path, "graph", "team.vega.yaml", "--format", "svg", "-o", "team.svg")
    assert (written.status, written.out) == (0, "")
    picture = ElementTree.fromstring((tmp_path / "team.svg").read_text(encoding="utf-8"))
    assert "Critic" in "".join(picture.itertext())
    assert vegac(tmp_path, "graph", "--format", "dot").out.startswith('digraph "review" {')


def test_one_of_several_workflows_is_to_be_named(tmp_path: Path) -> None:
    write(tmp_path, two__vega__yaml=ECHO + ECHO.partition("\n")[2].replace("echo", "other"))
    result = vegac(tmp_path, "graph")
    assert result.status == 2
    assert "name the one to draw" in result.err
    assert "echo, other" in result.err
    assert vegac(tmp_path, "graph", "two.vega.yaml", "other").status == 0
    assert "did you mean 'other'?" in vegac(tmp_path, "graph", "two.vega.yaml", "othr").err.lower()


def test_the_schema(tmp_path: Path) -> None:
    printed = vegac(tmp_path, "schema")
    assert json.loads(printed.out)["title"] == "Vega program"
    assert vegac(tmp_path, "schema", "--tests", "-o", "tests.json").status == 0
    written = json.loads((tmp_path / "tests.json").read_text(encoding="utf-8"))
    assert written["title"] == "Vega tests"
    assert vegac(tmp_path, "schema", "-o", "/dev/null/x").status == 2
