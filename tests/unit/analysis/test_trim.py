"""What nobody reads is not kept; what a handler may read is."""

from typing import Any

import pytest

from tests.property.compiled import compiled
from vega_runtime.models.scripted import ScriptedModel
from vega_runtime.options import RunOptions
from vegac.testing.clock import run_test

AGENTS = """
agents:
  A: {model: scripted, system: a}
  B: {model: scripted, system: b}
workflows:
  w:
    steps:
"""
SCRIPT = (
    {"match": "fail", "error": "invalid_request", "times": "always"},
    {"match": "slow", "reply": "late", "delay": "1h", "times": "always"},
    {"reply": "echo", "times": "always"},
)


def body(steps: str) -> str:
    """The lines of the function of a workflow with these steps."""
    module, _ = compiled(AGENTS + steps)
    function = module.split("async def w(run: Run)", 1)[1].split("\n\n\n", 1)[0]
    return function.split("\n", 1)[1]


def run(steps: str) -> Any:
    _, module = compiled(AGENTS + steps)
    model = ScriptedModel(SCRIPT)
    options = RunOptions(provider=lambda _: model, env={"VEGA_MODEL": ""})
    return run_test(module.PROGRAM.workflows["w"].execute({}, options))


@pytest.mark.parametrize(
    ("steps", "value"),
    [
        (
            """
      - try:
          - A: one
          - B: two
          - A: fail
        catch:
          - return: result
""",
            "two",
        ),
        (
            """
      - set: {x: first}
      - try:
          - set: {x: second}
          - A: fail
          - set: {x: third}
        catch:
          - return: x
""",
            "second",
        ),
        (
            """
      - do:
          - A: one
          - B: two
          - A: slow
        timeout: 3s
        on_timeout:
          - set: {r: "<<result>>"}
      - return: "<<result>> <<r | default:none>>"
""",
            "two two",
        ),
        (
            """
      - set: {x: first, y: none}
      - try:
          - try:
              - set: {x: second}
              - A: fail
              - set: {x: third}
            finally:
              - set: {y: "<<x>>"}
        catch:
          - return: "<<x>> <<y>>"
""",
            "second second",
        ),
        (
            """
      - set: {seen: ""}
      - for word in ['a', 'fail', 'b']:
          - A: <<word>>
            save: said
            continue_on_error: true
          - set: {seen: "<<seen>><<said | default:->>"}
      - return: seen
""",
            "a-b",
        ),
        (
            """
      - set: {last: none}
      - for word in ['a', 'b']:
          - if: loop.first
            then:
              - set: {kept: "<<word>> after <<last>>"}
          - set: {last: "<<word>>"}
      - return: "<<kept | default:nothing>>, <<last>>"
""",
            "a after none, b",
        ),
    ],
)
def test_what_a_path_reads_is_there(steps: str, value: str) -> None:
    assert run(steps) == value


@pytest.mark.parametrize(
    ("steps", "lines"),
    [
        (
            """
      - A: one
        save: x
      - A: two
        save: x
      - return: "<<x>>!"
""",
            """\
    await run.send("w/x", A, "one")
    x = await run.send("w/x#2", A, "two")
    return f"{x}!"
""",
        ),
        (
            """
      - A: one
        continue_on_error: true
      - return: result
""",
            """\
    try:
        result: str | None = await run.send("w/A", A, "one")
    except FAILURES as failure:
        run.caught(failure)
        result = None
    return result
""",
        ),
        (
            """
      - try:
          - set: {x: never read}
        catch:
          - A: never sent
        finally:
          - B: always
      - if: env.X == 'a'
        then:
          - set: {y: never read}
        else:
          - A: other
      - return: done
""",
            """\
    await run.send("w/B", B, "always")
    if run.env("X") != "a":
        await run.send("w/A#2", A, "other")
    return "done"
""",
        ),
    ],
)
def test_nothing_is_kept_that_nobody_reads(steps: str, lines: str) -> None:
    assert body(steps).rstrip() == lines.rstrip()
