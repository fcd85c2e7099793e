"""Pictures of workflows."""

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from vegac.graph.flow import dot, mermaid
from vegac.graph.model import Box, Frame, Node, WorkflowGraph, graphs_of
from vegac.graph.svg import svg
from vegac.workspace import Workspace

ROOT = Path(__file__).parents[3]
CORPUS = sorted((ROOT / "tests/corpus").glob("*.vega.yaml"))
HEAD = """\
agents:
  A: {system: a, model: m}
  B: {system: b, model: m}
workflows:
  w:
    inputs: {xs: "list[string]", go: boolean}
    steps:
"""


def graph(steps: str) -> WorkflowGraph:
    report = Workspace(ROOT).check_text(HEAD + steps, "w.vega.yaml")
    assert report.program is not None
    assert not report.has_errors, report.diagnostics
    (found,) = graphs_of(report.program, report.placements)
    return found


def outline(nodes: list[Node]) -> list[object]:
    """The kinds and titles of nodes, frames with their lanes."""
    return [
        (node.kind, node.title, {lane.label: outline(lane.nodes) for lane in node.lanes})
        if isinstance(node, Frame)
        else (node.kind, node.title)
        for node in nodes
    ]


def test_steps_in_order_with_what_they_save() -> None:
    found = graph(
        "      - A drafts the text: {send: hi, save: draft}\n"
        '      - set: {shown: "<<draft>>!"}\n'
        "    output: <<shown>>\n"
    )
    assert found.start.detail == "xs, go"
    assert outline(found.nodes) == [("agent", "A"), ("value", "set"), ("end", "return")]
    agent, value, _ = found.nodes
    assert (agent.detail, agent.line) == ("drafts the text → draft", 8)
    assert (value.detail, value.line) == ("shown = <<draft>>!", 9)


def test_frames() -> None:
    found = graph(
        "      - if: go\n"
        "        then: [{A: one}]\n"
        "        elif: [{if: xs | length > 1, then: [{B: two}]}]\n"
        "        else: [{fail: no}]\n"
        "      - for x in xs:\n"
        "          - A: <<x>>\n"
        "      - parallel: [{A: three}, {B: four}]\n"
        "      - repeat: {steps: [{A: five}], until: go, max: 3}\n"
        "      - try: [{A: six}]\n"
        "        catch: [{B: seven}]\n"
        "        finally: [{B: eight}]\n"
    )
    a, b = ("agent", "A"), ("agent", "B")
    assert outline(found.nodes)[:5] == [
        (
            "if",
            "if go",
            {"then": [a], "else if xs | length > 1": [b], "else": [("fail", "fail")]},
        ),
        ("loop", "for x in xs", {"": [a]}),
        ("parallel", "all at once", {"": [b]}),
        ("loop", "until go, at most 3 times", {"": [a]}),
        ("try", "try", {"": [a], "catch": [b], "finally": [b]}),
    ]


def test_limits_are_noted_at_their_step() -> None:
    found = graph(
        "      - do: [{A: hi}]\n        timeout: 90s\n        budget: $0.50\n"
        "      - B: hi\n        continue_on_error: true\n"
    )
    assert [node.notes for node in found.nodes[:2]] == [["90s", "$0.5"], ["may fail"]]


def test_an_svg_is_well_formed_whatever_the_text_says() -> None:
    found = graph('      - set: {x: "<b>&\'</b> ]]> é"}\n    output: <<x>>\n')
    root = ElementTree.fromstring(svg(found))
    words = "".join(root.itertext())
    assert "<b>&'</b> ]]> é" in words
    lines = {element.get("data-line") for element in root.iter() if element.get("data-line")}
    assert {"8", "9"} <= lines


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.name.split(".")[0])
def test_every_step_of_the_corpus_is_drawn_inside_the_picture(path: Path) -> None:
    report = Workspace(CORPUS[0].parent).check(path)
    assert report.program is not None
    for found in graphs_of(report.program, report.placements):
        root = ElementTree.fromstring(svg(found))
        width, height = float(root.get("width", "0")), float(root.get("height", "0"))
        rectangles = [element for element in root.iter() if element.tag.endswith("rect")]
        for rect in rectangles:
            x, y, w, h = (float(rect.get(name, "0")) for name in ("x", "y", "width", "height"))
            assert x >= 0
            assert y >= 0
            assert x + w <= width
            assert y + h <= height
        drawn = sum(element.get("data-line") is not None for element in root.iter())
        assert drawn == 1 + sum(1 for _ in visible(found.nodes))


def visible(nodes: list[Node]) -> list[Node]:
    found: list[Node] = []
    for node in nodes:
        found.append(node)
        if isinstance(node, Frame):
            for lane in node.lanes:
                found += visible(lane.nodes)
    return found


# --- Mermaid and Graphviz -------------------------------------------------------------------------


def edges(text: str) -> set[tuple[str, str, str]]:
    """The edges between the titles of steps, with what stands at them."""
    names = dict(re.findall(r'^\s*(n\d+)[^\w\s]+"([^"<]*)', text, re.M))
    found = re.findall(r'^\s*(n\d+) -->(?:\|"([^"]*)"\|)? (n\d+)$', text, re.M)
    return {(names[start], names[end], label) for start, label, end in found}


def test_a_choice_forks_and_joins() -> None:
    text = mermaid(graph("      - if: go\n        then: [{A: one}]\n      - B: two\n"))
    assert edges(text) >= {("if go", "A", "then"), ("A", "B", ""), ("if go", "B", "else")}


def test_a_loop_goes_back() -> None:
    text = mermaid(graph("      - for x in xs: [{A: <<x>>}, {B: <<x>>}]\n"))
    assert ("B", "A", "again") in edges(text)
    assert 'subgraph n2["for x in xs"]' in text


def test_nothing_follows_a_failure() -> None:
    text = mermaid(graph("      - if: go\n        then: [{fail: no}]\n      - B: two\n"))
    assert not {edge for edge in edges(text) if edge[0] == "fail"}


def test_finally_follows_both_ways() -> None:
    steps = "      - try: [{A: x}]\n        catch: [{set: {e: 1}}]\n        finally: [{B: y}]\n"
    assert edges(mermaid(graph(steps))) >= {
        ("A", "set", "catch"),
        ("A", "B", "finally"),
        ("set", "B", "finally"),
    }


def test_branches_are_reached_at_once() -> None:
    text = mermaid(graph("      - set: {n: 1}\n      - parallel: [{A: <<n>>}, {B: <<n>>}]\n"))
    assert edges(text) >= {("set", "A", ""), ("set", "B", "")}


def test_signs_cannot_break_out_of_labels() -> None:
    found = graph("      - set: {x: 'a \"] --> b'}\n      - A: <<x>>\n")
    assert "x = a #34;#93; --#62; b" in mermaid(found)
    assert r'x = a \"] --> b"' in dot(found)


@pytest.mark.parametrize("path", CORPUS[:8], ids=lambda path: path.name.split(".")[0])
def test_groups_are_closed(path: Path) -> None:
    report = Workspace(CORPUS[0].parent).check(path)
    assert report.program is not None
    for found in graphs_of(report.program, report.placements):
        text = mermaid(found)
        assert len(re.findall(r"^\s*subgraph ", text, re.M)) == len(
            re.findall(r"^\s*end$", text, re.M)
        )
        assert text.count("{") - text.count("}") == 0
        assert dot(found).count("subgraph cluster_") == text.count("subgraph ")


def test_a_box_may_end_the_workflow() -> None:
    found = graph("      - A: hi\n      - return: 1\n")
    last = found.nodes[-1]
    assert isinstance(last, Box)
    assert last.leaves
