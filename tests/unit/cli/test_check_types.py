"""The types that `vegac check --types` prints."""

from vegac.cli.check.types import as_data, line, types_of
from vegac.source.render.canvas import Style
from vegac.workspace import Workspace

AGENTS = "agents:\n  A: {model: claude-haiku-4-5, system: Hi.}\n"


def lines(program: str) -> list[str]:
    """What is printed for a program that begins with one agent, without the file and `line 2`."""
    report = Workspace().check_text(AGENTS + program, "p")
    assert report.program is not None
    return [line(typed, Style()) for typed in types_of(report.program, report.placements)]


def test_every_part_of_a_workflow_has_its_type_at_its_place() -> None:
    output = "record{last: record{ok: boolean} | null, reply: string}"
    assert lines("""\
workflows:
  w:
    inputs:
      task: string
      xs: "list[number]"
    steps:
      - A: "Do <<task | upper>> with {{ xs | length }}"
        save: reply
      - set: {n: "<<xs[0] + 1>>", both: ["<<n>>", "<<task>>"]}
      - if: n > 2
        then:
          - return: <<both>>
      - for i, x in xs:
          - A: "<<x>>"
            format: json
            schema: {ok: boolean}
            save: verdict
    output: {last: <<verdict | default:null>>, reply: reply}
""") == [
        f"p:4:3: workflow w -> list[number | string] | {output}",
        "p:6:7: input task: string",
        "p:7:7: input xs: list[number]",
        "p:9:18: expression task | upper: string",
        "p:9:41: expression xs | length: integer",
        "p:10:15: variable reply: string",
        "p:11:15: variable n: number",
        "p:11:21: expression xs[0] + 1: number",
        "p:11:35: variable both: list[number | string]",
        "p:11:45: expression n: number",
        "p:11:54: expression task: string",
        "p:12:13: expression n > 2: boolean",
        "p:14:23: expression both: list[number | string]",
        "p:15:13: variable i: integer",
        "p:15:16: variable x: number",
        "p:15:21: expression xs: list[number]",
        "p:16:19: expression x: number",
        "p:19:19: variable verdict: record{ok: boolean}",
        "p:20:22: expression verdict | default:null: record{ok: boolean} | null",
    ]


def test_results_of_steps_by_their_name() -> None:
    found = lines("""\
workflows:
  w:
    steps:
      - A: Hi
        name: first
      - A: "<<steps.first.output>> <<result>> <<['a', 1]>> <<3>>"
""")
    assert found[1:] == [
        "p:7:15: variable first: string",
        "p:8:21: expression steps.first.output: string",
        "p:8:38: expression result: string",
        "p:8:49: expression ['a', 1]: list[string | integer]",
        "p:8:62: expression 3: integer",
    ]


def test_branches_and_a_type_that_changes() -> None:
    found = lines("""\
workflows:
  w:
    steps:
      - parallel:
          - {A: Hi, save: a}
          - {A: Ho, save: b}
      - set: {a: 1}
      - set: {c: "<<a + 1>>", d: "<<b>>"}
    output: <<[a, c, d]>>
""")
    assert found[1:] == [
        "p:7:27: variable a: string",
        "p:8:27: variable b: string",
        "p:9:15: variable a: integer",
        "p:10:15: variable c: integer",
        "p:10:21: expression a + 1: integer",
        "p:10:31: variable d: string",
        "p:10:37: expression b: string",
        "p:11:15: expression [a, c, d]: list[integer | string]",
    ]


def test_mistakes_leave_the_rest_typed() -> None:
    found = lines("""\
workflows:
  w:
    inputs: {task: string}
    steps:
      - A: "<<tsk>> <<task>>"
      - B: "<<task | uper>>"
""")
    assert "p:7:23: expression task: string" in found


def test_as_data() -> None:
    report = Workspace().check_text(
        AGENTS + "workflows: {w: {inputs: {t: string}, steps: []}}", "p"
    )
    assert report.program is not None
    typed = types_of(report.program, report.placements)[1]
    assert as_data(typed) == {
        "kind": "input",
        "workflow": "w",
        "text": "t",
        "type": "string",
        "file": "p",
        "line": 3,
        "column": 26,
        "end_line": 3,
        "end_column": 27,
    }
