"""The Python code in docs/runtime.md runs, one block after the other, against a scripted model."""

import ast
import inspect
import re
from pathlib import Path
from typing import Any

import pytest

import vega_runtime.orchestrator
from vega_runtime import Orchestrator, RunOptions
from vega_runtime.models.scripted import ScriptedModel
from vega_runtime.virtual_time import run_virtual

PAGE = Path(__file__).parents[3] / "docs" / "runtime.md"
BLOCKS = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
TOOL = {"tool_calls": [{"name": "population", "arguments": {"city": "Bern"}}]}
REPLIES = [
    {"match": "How many people", "reply": TOOL},
    {"match": "137000", "reply": "Bern has 137,000 people."},
    {"reply": "echo", "times": "always"},
]


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> ScriptedModel:
    """The model behind every orchestrator of the page."""
    model = ScriptedModel(REPLIES)
    options = RunOptions(provider=lambda _: model)
    monkeypatch.setattr(vega_runtime.orchestrator, "RunOptions", lambda: options)
    return model


def test_the_page_runs(script: ScriptedModel, capsys: pytest.CaptureFixture[str]) -> None:
    names: dict[str, Any] = {}
    whole = [block for block in BLOCKS if "asyncio.run(" in block or "run_virtual(" in block]
    parts = [block for block in BLOCKS if block not in whole]
    assert (len(whole), len(parts)) == (2, len(BLOCKS) - 2)
    exec(compile(whole[0], str(PAGE), "exec"), names)

    async def rest() -> None:
        async with Orchestrator() as orchestrator:
            names["orchestrator"] = orchestrator
            names["writer"] = orchestrator.spawn(names["WRITER"])
            for block in parts:
                code = compile(block, str(PAGE), "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
                running = eval(code, names)
                if inspect.isawaitable(running):
                    await running

    run_virtual(rest())
    exec(compile(whole[1], str(PAGE), "exec"), names)
    said = capsys.readouterr().out
    assert "A line about rain." in said
    assert "Bern has 137,000 people." in said
    assert "completed nothing happened 0" in said
    assert names["replies"] == ["rain", "snow", "hail"]
    assert names["text"] == "rain"
    assert names["summary"] == "rain\nsnow\nhail"
    assert set(names["opinions"].values()) == {"What is missing?"}
    assert script.requests
