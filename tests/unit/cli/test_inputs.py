import io
from pathlib import Path
from typing import Any

import pytest

from vega_runtime.inputs import Input
from vegac.cli.inputs import Gatherer, Given
from vegac.cli.problem import Problem

ONE = {"topic": Input("string")}
TWO = {"task": Input("string"), "rounds": Input("integer", default=2)}
MANY = {"a": Input("string"), "b": Input("number"), "go": Input("boolean", default=False)}


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def gather(declared: dict[str, Input], stdin: str | None = None, **given: Any) -> dict[str, Any]:
    source = Terminal() if stdin is None else io.StringIO(stdin)
    return Gatherer(declared, "usage: ...", ["--model", "--timeout"]).gather(Given(**given), source)


def problem(declared: dict[str, Input], stdin: str | None = None, **given: Any) -> str:
    with pytest.raises(Problem) as caught:
        gather(declared, stdin, **given)
    assert caught.value.hint == "usage: ..."
    assert caught.value.status == 2
    return caught.value.message


def test_options_named_after_inputs() -> None:
    assert gather(TWO, options=[("task", "x"), ("rounds", "3")]) == {"task": "x", "rounds": 3}
    assert gather({"max_words": Input("integer")}, options=[("max-words", "5")]) == {"max_words": 5}


def test_a_flag_is_a_boolean() -> None:
    assert gather(MANY, options=[("go", None)]) == {"go": True}
    assert gather(MANY, options=[("no-go", None)]) == {"go": False}
    assert gather(MANY, options=[("go", "false")]) == {"go": False}
    assert problem(MANY, options=[("a", None)]) == "the option '--a' needs a value"
    assert "--no-a" in problem(MANY, options=[("no-a", None)])


def test_task_fills_a_sole_required_input() -> None:
    assert gather(ONE, options=[("task", "x")]) == {"topic": "x"}
    assert gather(TWO | {"more": Input("string", default="")}, options=[("task", "x")]) == {
        "task": "x"
    }
    assert problem(MANY, options=[("task", "x")]) == "unknown option '--task'"


def test_unknown_options_suggest_inputs_and_our_own_options() -> None:
    assert problem(TWO, options=[("tsk", "x")]) == (
        "unknown option '--tsk'; did you mean '--task'?"
    )
    assert problem(TWO, options=[("modle", "x")]).endswith("did you mean '--model'?")


def test_input_takes_a_name_and_a_value() -> None:
    assert gather(TWO, inputs=["task=a=b", "rounds=4"]) == {"task": "a=b", "rounds": 4}


def test_input_takes_a_json_object() -> None:
    assert gather(TWO, inputs=['{"task": "x", "rounds": 4}']) == {"task": "x", "rounds": 4}
    data = {"data": Input("object")}
    assert gather(data, inputs=['{"x": 1}']) == {"data": {"x": 1}}
    assert gather(data, inputs=['{"data": {"x": 1}}']) == {"data": {"x": 1}}


def test_input_takes_a_file(tmp_path: Path) -> None:
    json, yaml = tmp_path / "in.json", tmp_path / "in.yaml"
    json.write_text('\ufeff{"task": "x"}', encoding="utf-8")
    yaml.write_text("task: y\nrounds: 1\n")
    assert gather(TWO, inputs=[str(json)]) == {"task": "x"}
    assert gather(TWO, inputs=[str(yaml)]) == {"task": "y", "rounds": 1}
    yaml.write_text("[1, 2]")
    assert gather({"items": Input("array")}, inputs=[str(yaml)]) == {"items": [1, 2]}
    yaml.write_text("a: [")
    assert "is not valid YAML" in problem(TWO, inputs=[str(yaml)])
    assert gather(ONE, inputs=["missing.json"]) == {"topic": "missing.json"}


def test_input_is_the_text_of_the_single_input() -> None:
    assert gather(ONE, inputs=["any text = x"]) == {"topic": "any text = x"}
    assert gather(TWO, inputs=["{not json"]) == {"task": "{not json"}
    assert "does not say which input it is" in problem(MANY, inputs=["text"])
    assert "takes no inputs" in problem({}, inputs=["text"])


def test_files_of_inputs(tmp_path: Path) -> None:
    file = tmp_path / "in.json"
    file.write_text('{"task": "x", "rounds": 5}')
    assert gather(TWO, files=[str(file)]) == {"task": "x", "rounds": 5}
    assert gather(TWO, '{"task": "y"}', files=["-"]) == {"task": "y"}
    assert problem(TWO, "nope", files=["-"]).startswith("standard input is not JSON")
    with pytest.raises(Problem, match="cannot read"):
        gather(TWO, files=[str(tmp_path / "nope.json")])


def test_standard_input_is_the_single_input() -> None:
    assert gather(ONE, "some\ntext\n") == {"topic": "some\ntext"}
    assert gather(TWO, "text") == {"task": "text"}
    assert gather(ONE, "unused", options=[("topic", "x")]) == {"topic": "x"}
    assert gather(ONE, "") == {}
    assert gather(MANY, "text") == {}


def test_options_win_over_input_and_that_over_files(tmp_path: Path) -> None:
    file = tmp_path / "in.json"
    file.write_text('{"task": "file", "rounds": 1}')
    given: dict[str, Any] = {"files": [str(file)], "inputs": ["task=input", "rounds=2"]}
    assert gather(TWO, **given) == {"task": "input", "rounds": 2}
    assert gather(TWO, **given, options=[("task", "option")]) == {"task": "option", "rounds": 2}
