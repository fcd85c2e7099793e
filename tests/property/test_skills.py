"""Files of skills: the check takes any bytes, and what it takes, a run takes too."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vega_runtime import ConfigError, Skills
from vega_runtime.skills import load_skills
from vegac.source.render.text import render
from vegac.workspace import Workspace

PROGRAM = """
agents:
  A:
    model: claude-haiku-4-5
    system: s
    skills: {directories: [s], include: [x]}
workflows:
  w:
    steps: [{A: hi}]
"""
pieces = st.sampled_from(
    [
        "---\n", "---", "\r\n", "\n", "name: x\n", "triggers:\n", "  - pattern: '('\n",
        "  - keywords: [a, {b: c}]\n", "  - always\n", "always", "{{x}}", "<<y>>", "[", "]", "\t",
        "\ufeff", "é😀", "&a *a", "!!x", "# c\n", "name: [\n", ": :", "- - -", "\0", "\x85",
        "text\n",
    ]
)  # fmt: skip
contents = st.one_of(
    st.binary(max_size=40),
    st.lists(pieces, max_size=12).map(lambda parts: "".join(parts).encode()),
    st.lists(pieces, max_size=12).map(lambda parts: f"---\n{''.join(parts)}\n---\nx".encode()),
)


@settings(max_examples=150, deadline=None)
@given(content=contents)
def test_what_the_check_takes_a_run_takes_too(
    content: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    root = tmp_path_factory.mktemp("skills", numbered=True)
    (root / "s").mkdir()
    (root / "s" / "x.md").write_bytes(content)
    (root / "a.vega.yaml").write_text(PROGRAM)
    report = Workspace(root).check(Path(root / "a.vega.yaml"))
    render(report.diagnostics, report.placements)
    codes = {finding.code for finding in report.diagnostics if finding.severity == "error"}
    if codes <= {"unknown-skill"}:
        try:
            load_skills(root, Skills(("s",)))
        except ConfigError as error:
            pytest.fail(f"the check found nothing: {error}")
