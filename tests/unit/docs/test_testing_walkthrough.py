"""Following testing.md from its beginning: its files are written and its commands are run."""

import json
import re
import subprocess
import sys
from pathlib import Path

from tests.e2e.command_line import environment
from tests.e2e.mock_anthropic import MockAnthropic, message
from tests.e2e.mock_http import Reply
from tests.unit.docs.markdown import Block, read_page

PAGE = Path(__file__).resolve().parents[3] / "docs" / "testing.md"


def test_the_page_can_be_followed(tmp_path: Path) -> None:
    home = tmp_path / "home"
    folder = tmp_path / "project"
    home.mkdir()
    folder.mkdir()
    with MockAnthropic(key="test-key") as api:
        env = environment(home, ANTHROPIC_API_KEY="test-key", ANTHROPIC_BASE_URL=api.url)
        env["PATH"] = f"{Path(sys.executable).parent}:{env['PATH']}"
        for block in read_page(PAGE):
            if not isinstance(block, Block):
                continue
            if "file" in block.notes:
                (folder / block.notes["file"]).write_text(block.text, encoding="utf-8")
            for text in json.loads(block.notes.get("replies", "[]")):
                api.add(Reply(message(text)))
            if block.language == "console":
                for command, shown in _commands(block.text):
                    _run(command, shown, folder, env)


def _commands(text: str) -> list[tuple[str, list[str]]]:
    """The commands of a console with the lines that they print."""
    found: list[tuple[str, list[str]]] = []
    for line in text.splitlines():
        if line.startswith("$ "):
            found.append((line[2:], []))
        elif line.strip():
            found[-1][1].append(line)
    return found


def _run(command: str, shown: list[str], folder: Path, env: dict[str, str]) -> None:
    """Run a command; it prints the lines that are shown, in this order, and maybe others.

    `...` stands for any end of a line.
    """
    result = subprocess.run(
        command, shell=True, cwd=folder, env=env, capture_output=True, text=True, check=False
    )
    output = result.stdout + result.stderr
    lines = iter(output.splitlines())
    for wanted in shown:
        start, more, _ = wanted.strip().partition("...")
        pattern = re.escape(start.strip()) + (".*" if more else "")
        assert any(re.fullmatch(pattern, line.strip()) for line in lines), (command, wanted, output)
    expected = any("FAILED" in line or "no reply" in line for line in shown)
    assert (result.returncode != 0) == expected, (command, output)
