"""What users can say about findings, and what becomes of programs whose errors they silence."""

from pathlib import Path

import pytest

from vegac.loader import load
from vegac.policy import OPINIONS as SILENT
from vegac.workspace import UsageError, Workspace

PROGRAM = """\
agents:
  Coder: {model: claude-haiku-4-5, system: You code.}
  Spare: {model: claude-haiku-4-5, system: You wait.}
workflows:
  w:
    inputs: {task: string}
    steps:
      - Cder: "<<task>>"
      - Coder: "<<tsk>>"
"""
OPINIONS = {
    "command-injection": """\
agents:
  Coder: {model: claude-haiku-4-5, system: You code., tools: [sh]}
tools:
  sh:
    description: Runs
    params: {code: {type: string, required: true}}
    implementation: {type: exec, command: "eval <<code>>"}
workflows:
  w: {inputs: {task: string}, steps: [{Coder: "<<task>>"}]}
""",
    "url-host-from-input": """\
agents:
  Coder: {model: claude-haiku-4-5, system: You code., tools: [get]}
tools:
  get:
    description: Gets
    params: {host: {type: string, required: true}}
    implementation: {type: http, method: GET, url: "https://<<host>>/x"}
workflows:
  w: {inputs: {task: string}, steps: [{Coder: "<<task>>"}]}
""",
    "missing-file": """\
agents:
  Coder: {model: claude-haiku-4-5, system: {file: later.md}}
workflows:
  w: {inputs: {task: string}, steps: [{Coder: "<<task>>"}]}
""",
    "secret-in-prompt": """\
agents:
  Coder: {model: claude-haiku-4-5, system: You code.}
workflows:
  w: {inputs: {task: string}, steps: [{Coder: "<<task>> <<env.MY_TOKEN>>"}]}
""",
    "secret-in-source": """\
agents:
  Coder: {model: claude-haiku-4-5, system: "The key is AKIAIOSFODNN7EXAMPLE"}
workflows:
  w: {inputs: {task: string}, steps: [{Coder: "<<task>>"}]}
""",
    "unbounded-recursion": """\
agents:
  Coder: {model: claude-haiku-4-5, system: You code.}
workflows:
  w: {inputs: {task: string}, steps: [{Coder: "<<task>>"}, {workflow: w, with: {task: x}}]}
""",
    "workflow-cycle": """\
workflows:
  v: {steps: [{workflow: w}]}
  w: {steps: [{workflow: v}]}
""",
}


def project(folder: Path, program: str = PROGRAM, **lints: str) -> Workspace:
    lines = "".join(
        f'{code.replace("_", "-")} = "{severity}"\n' for code, severity in lints.items()
    )
    (folder / "pyproject.toml").write_text(f"[tool.vega.lints]\n{lines}")
    (folder / "p.vega.yaml").write_text(program)
    return Workspace(folder)


def findings(workspace: Workspace) -> dict[str, str]:
    report = workspace.check(workspace.root / "p.vega.yaml")
    return {finding.code: finding.severity for finding in report.diagnostics}


def test_severities_come_from_the_project(tmp_path: Path) -> None:
    assert findings(project(tmp_path)) == {
        "unknown-agent": "error",
        "undefined-variable": "error",
        "unused-agent": "warning",
    }
    changed = project(
        tmp_path, unknown_agent="info", unused_agent="error", undefined_variable="off"
    )
    assert findings(changed) == {"unknown-agent": "info", "unused-agent": "error"}


def test_settings_of_a_program_overrule_the_project(tmp_path: Path) -> None:
    lints = "settings: {lints: {unknown-agent: warning}}\n"
    workspace = project(tmp_path, PROGRAM + lints, unknown_agent="off", unused_agent="off")
    assert findings(workspace) == {"unknown-agent": "warning", "undefined-variable": "error"}


def test_the_configuration_is_the_one_above_the_file(tmp_path: Path) -> None:
    project(tmp_path, unused_agent="off")
    inner = tmp_path / "inner" / "deep"
    inner.mkdir(parents=True)
    (tmp_path / "inner" / "pyproject.toml").write_text('[tool.vega]\nlints = {unused-agent="info"}')
    (inner / "p.vega.yaml").write_text(PROGRAM)
    report = Workspace(tmp_path).check(inner / "p.vega.yaml")
    assert {f.severity for f in report.diagnostics if f.code == "unused-agent"} == {"info"}
    assert "unused-agent" not in findings(Workspace(tmp_path))


@pytest.mark.parametrize("severity", ["off", "info", "warning"])
def test_a_silenced_error_still_prevents_compiling(tmp_path: Path, severity: str) -> None:
    workspace = project(tmp_path, unknown_agent=severity, undefined_variable=severity)
    assert not workspace.check(tmp_path / "p.vega.yaml").has_errors
    compiled = workspace.compile(tmp_path / "p.vega.yaml")
    assert compiled.module is None
    told = [found for found in compiled.report.diagnostics if found.severity == "error"]
    assert [found.code for found in told] == ["unknown-agent", "undefined-variable"]
    assert all("silenced" in found.notes[-1] for found in told)
    assert [found.code for found in compiled.report.diagnostics].count("unknown-agent") == 1


def test_an_ignored_error_still_prevents_compiling(tmp_path: Path) -> None:
    text = PROGRAM.replace('"<<task>>"', '"<<task>>" # vegac: ignore[unknown-agent]')
    workspace = project(tmp_path, text.replace("tsk", "task"))
    assert not workspace.check(tmp_path / "p.vega.yaml").has_errors
    compiled = workspace.compile(tmp_path / "p.vega.yaml")
    assert compiled.module is None
    assert [f.code for f in compiled.report.diagnostics if f.severity == "error"] == [
        "unknown-agent"
    ]


def test_there_is_a_program_for_each_opinion() -> None:
    assert OPINIONS.keys() == SILENT


@pytest.mark.parametrize("code", OPINIONS)
def test_who_silences_an_opinion_may_run_the_program(tmp_path: Path, code: str) -> None:
    workspace = project(tmp_path, OPINIONS[code])
    assert findings(workspace)[code] == "error"
    assert workspace.compile(tmp_path / "p.vega.yaml").module is None
    workspace = project(tmp_path, OPINIONS[code], **{code.replace("-", "_"): "off"})
    module = workspace.compile(tmp_path / "p.vega.yaml").module
    assert module is not None
    assert "w" in load(module, "p_vega").PROGRAM.workflows


@pytest.mark.parametrize(
    ("table", "problem"),
    [
        ("[tool.vega]\nexcluded = []", "no key 'excluded'; did you mean 'exclude'?"),
        ("[tool.vega]\nexclude = 'x'", "`exclude` is a list of patterns"),
        ("[tool.vega]\nout = 1", "`out` is the name of a folder"),
        ("[tool.vega]\nlints = []", "`lints` is a table"),
        ("[tool.vega.lints]\nunknown-agnt = 'off'", "did you mean 'unknown-agent'"),
        ("[tool.vega.lints]\nunknown-agent = 'none'", "error, warning, info, off"),
        ("[tool]\nvega = 3", "`tool.vega` is a table"),
        ("[tool.vega\n", "is not valid TOML"),
    ],
)
def test_a_wrong_configuration_is_told(tmp_path: Path, table: str, problem: str) -> None:
    project(tmp_path)
    (tmp_path / "pyproject.toml").write_text(table)
    with pytest.raises(UsageError) as raised:
        Workspace(tmp_path).check(tmp_path / "p.vega.yaml")
    assert problem in str(raised.value)
    assert "pyproject.toml" in str(raised.value)


def test_what_is_excluded_is_not_found_in_folders(tmp_path: Path) -> None:
    names = ["a", "drafts/b", "drafts/deep/c", "old/d", "sub/final_f", "sub/old/e"]
    for name in names:
        path = tmp_path / f"{name}.vega.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(PROGRAM)

    def found(*exclude: str, at: str = ".") -> list[str]:
        (tmp_path / "pyproject.toml").write_text(f"[tool.vega]\nexclude = {list(exclude)}\n")
        programs = Workspace(tmp_path).discover([tmp_path / at])
        return [
            path.relative_to(tmp_path).as_posix().removesuffix(".vega.yaml") for path in programs
        ]

    assert found() == names
    assert found("drafts/*") == ["a", "old/d", "sub/final_f", "sub/old/e"]
    assert found("drafts", "a.vega.yaml") == ["old/d", "sub/final_f", "sub/old/e"]
    assert found("sub/old/", "final_*") == ["a", "drafts/b", "drafts/deep/c", "old/d"]
    assert found("sub/old/*", at="sub") == ["sub/final_f"]
    assert found("old", at="sub/final_f.vega.yaml") == ["sub/final_f"]
