"""`settings.logging`: what a run writes to its log."""

import logging
from pathlib import Path

import pytest

from vega_runtime import RunOptions
from vega_runtime.models.scripted import ScriptedModel
from vegac.loader import load
from vegac.workspace import Workspace

PROGRAM = """
settings: {{logging: {logging}}}
agents: {{A: {{model: scripted, system: s}}}}
workflows: {{w: {{steps: [{{A: the message}}], output: result}}}}
"""


async def run(logging: str, root: Path, reply: object = "the reply") -> None:
    workspace = Workspace(root)
    tree = workspace.read_text("log.vega.yaml", PROGRAM.format(logging=logging))
    module = workspace.compile_tree(tree, root).module
    assert module is not None
    workflow = load(module, "vega_log_test").PROGRAM.workflows["w"]
    model = ScriptedModel([{"reply": reply, "times": "always"}])
    await workflow.execute({}, RunOptions(provider=lambda name: model, root=root))


async def test_file(tmp_path: Path) -> None:
    await run("{level: debug, file: logs/run.log}", tmp_path)
    lines = (tmp_path / "logs/run.log").read_text().splitlines()
    assert [line.split()[2] for line in lines] == ["INFO", "DEBUG", "DEBUG", "INFO", "INFO"]
    assert "w/A (A) started" in lines[1]
    text = "\n".join(lines)
    assert "the message" not in text
    assert "the reply" not in text


async def test_level_and_host_logger(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, "vega"):
        await run("{level: info}", tmp_path)
    assert [record.levelname for record in caplog.records] == ["INFO", "INFO", "INFO"]
    assert all(record.run_id for record in caplog.records)
    assert caplog.records[1].site == "w/A"


async def test_a_log_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "logs").write_text("a file, not a folder")
    from vega_runtime.errors import ConfigError

    with pytest.raises(ConfigError, match="cannot be written"):
        await run("{file: logs/run.log}", tmp_path)
