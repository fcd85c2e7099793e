"""Programs beside what the compiler makes of them: findings, IR and Python.

`pytest tests/golden --update-golden` rewrites the files; read the difference before accepting it.
"""

from pathlib import Path

import pytest
from vegac.ir.text import program_text
from vegac.ir.verify import verify
from vegac.source.render.text import render
from vegac.workspace import Compiled, Workspace

CASES = Path(__file__).parent / "cases"
EXAMPLES = Path(__file__).parents[2] / "examples"


def programs() -> list[Path]:
    found = [*CASES.glob("*.vega.yaml"), *EXAMPLES.glob("*.vega.yaml")]
    return sorted(path for path in found if path.name != "agents.vega.yaml")


def rendered(path: Path, compiled: Compiled) -> str:
    report = compiled.report
    parts = ["## Source", fence("yaml", path.read_text(encoding="utf-8"))]
    if report.diagnostics:
        text = render(report.diagnostics, report.placements)
        parts += ["## Findings", fence("text", text)]
    if compiled.module is not None and report.program is not None:
        parts += ["## IR", fence("text", program_text(report.program))]
        parts += ["## Python", fence("python", compiled.module.text)]
    return f"# {path.name}\n\n" + "\n\n".join(parts) + "\n"


def fence(language: str, text: str) -> str:
    return f"````{language}\n{text.rstrip()}\n````"


@pytest.mark.parametrize("path", programs(), ids=lambda path: path.name.split(".")[0])
def test_golden(path: Path, request: pytest.FixtureRequest) -> None:
    compiled = Workspace(path.parent).compile(path)
    if compiled.report.program is not None and not compiled.report.has_errors:
        assert verify(compiled.report.program) == []
    text = rendered(path, compiled)
    golden = CASES / f"{path.name.removesuffix('.vega.yaml')}.golden.md"
    if request.config.getoption("--update-golden"):
        golden.write_text(text, encoding="utf-8")
    assert golden.exists(), "no golden file; run with --update-golden and read it"
    assert text == golden.read_text(encoding="utf-8")


@pytest.mark.parametrize("path", programs(), ids=lambda path: path.name.split(".")[0])
def test_builds_are_equal_to_the_byte(path: Path) -> None:
    first, second = (Workspace(path.parent).compile(path).module for _ in range(2))
    assert (first and first.text) == (second and second.text)
