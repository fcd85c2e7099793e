"""Findings in the files of skills reach the editor too."""

from pathlib import Path
from typing import Any

PROGRAM = """\
agents:
  Coder:
    model: claude-haiku-4-5
    system: You write.
    skills: {directories: [skills]}
workflows:
  main:
    steps:
      - Coder: Hello
"""


async def test_a_mistake_in_a_skill_stands_in_its_file(editor: Any, tmp_path: Path) -> None:
    (tmp_path / "skills").mkdir()
    (tmp_path / "skills" / "review.md").write_text("---\ntriggers: [{pattern: '('}]\n---\nx\n")
    await editor.start()
    editor.open("a.vega.yaml", PROGRAM)
    assert await editor.findings("a.vega.yaml") == []
    found = await editor.findings("skills/review.md")
    assert [item.code for item in found] == ["bad-skill"]
    assert (found[0].range.start.line, found[0].range.start.character) == (1, 21)
