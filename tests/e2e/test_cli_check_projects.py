"""`vegac check` of whole projects: many files, includes, configuration, kept outcomes."""

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.bench.programs import project
from tests.e2e.command_line import COMMAND, PROGRAM, environment, vegac, write

TYPO = PROGRAM.replace("- Coder writes", "- Cder writes")
AGENTS, WORKFLOWS = PROGRAM.split("workflows:")
WORKFLOWS = f"workflows:{WORKFLOWS}"
CALLER = """\
include: [lib/agents.yaml, lib/flows.yaml]
workflows: {v: {steps: [{workflow: revew, with: {task: x}}]}}
"""


def codes(output: str) -> list[str]:
    return [finding["code"] for finding in json.loads(output)["diagnostics"]]


def test_findings_of_all_programs_in_order_of_files(tmp_path: Path) -> None:
    for name in ("b/two", "a/one", "c"):
        path = tmp_path / f"{name}.vega.yaml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(TYPO)
    result = vegac(tmp_path, "check")
    assert result.status == 1
    places = [line.strip() for line in result.out.splitlines() if "-->" in line]
    assert places == [f"--> {name}.vega.yaml:11:9" for name in ("a/one", "b/two", "c")]
    assert result.out.endswith("3 errors in 3 files\n")


def test_equal_findings_of_an_included_file_are_said_once(tmp_path: Path) -> None:
    write(tmp_path, agents__yaml=AGENTS.replace("haiku-4-5", "haiku-0-0"))
    for number in range(3):
        text = f"include: [agents.yaml]\n{WORKFLOWS}".replace("review:", f"review{number}:")
        (tmp_path / f"p{number}.vega.yaml").write_text(text)
    found = json.loads(vegac(tmp_path, "check", "--format", "json").out)["diagnostics"]
    assert [(item["code"], item["file"], item["line"]) for item in found] == [
        ("unknown-model", "agents.yaml", 2),
        ("unknown-model", "agents.yaml", 3),
    ]


def test_a_mistake_across_files_is_placed_where_it_stands(tmp_path: Path) -> None:
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "agents.yaml").write_text(AGENTS)
    (tmp_path / "lib" / "flows.yaml").write_text(TYPO[TYPO.index("workflows:") :])
    write(tmp_path, main__vega__yaml=CALLER)
    found = json.loads(vegac(tmp_path, "check", "--format", "json").out)["diagnostics"]
    errors = [item for item in found if item["severity"] == "error"]
    assert [(item["code"], item["file"], item["line"]) for item in errors] == [
        ("unknown-agent", "lib/flows.yaml", 8),
        ("unknown-workflow", "main.vega.yaml", 2),
    ]


def test_a_file_that_cannot_be_read_does_not_hide_the_others(tmp_path: Path) -> None:
    write(tmp_path, a__vega__yaml=TYPO, b__vega__yaml='include: ["*.yaml/"]\n')
    (tmp_path / "gone.vega.yaml").symlink_to(tmp_path / "nowhere")
    (tmp_path / "lib.yaml").write_bytes(b"agents: \xff\n")
    (tmp_path / "c.vega.yaml").write_text("include: [lib.yaml]\n")
    result = vegac(tmp_path, "check")
    assert result.status == 2
    assert "error[unknown-agent]" in result.out
    assert "error[unreadable-file]" in result.out
    assert "error: cannot read 'gone.vega.yaml': No such file or directory\n" in result.err


@pytest.mark.parametrize("is_repository", [False, True])
def test_links_to_nothing_are_told_but_not_the_marks_of_editors(
    tmp_path: Path, is_repository: bool
) -> None:
    write(tmp_path, team__vega__yaml=PROGRAM, old__vega__yaml=PROGRAM)
    if is_repository:
        subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
        subprocess.run(["git", "add", "."], cwd=tmp_path, check=True)
    (tmp_path / "old.vega.yaml").unlink()
    (tmp_path / ".#team.vega.yaml").symlink_to("me@desk.4711:1700000000")
    for command in (("check",), ("fmt", "--check")):
        assert "cannot read" not in vegac(tmp_path, *command).err
        (tmp_path / "gone.vega.yaml").symlink_to("nowhere")
        result = vegac(tmp_path, *command)
        assert result.status == 2
        assert "cannot read 'gone.vega.yaml': No such file or directory" in result.err
        (tmp_path / "gone.vega.yaml").unlink()


def test_paths_are_shown_from_the_current_folder(tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    write(tmp_path, team__vega__yaml=TYPO)
    result = vegac(inner, "check", "..")
    assert " --> " in result.out
    assert "team.vega.yaml:11:9" in result.out


# --- configuration --------------------------------------------------------------------------------


def test_a_project_excludes_and_judges(tmp_path: Path) -> None:
    (tmp_path / "drafts").mkdir()
    (tmp_path / "drafts" / "d.vega.yaml").write_text(TYPO)
    write(
        tmp_path,
        team__vega__yaml=TYPO,
        pyproject__toml="[tool.vega]\nexclude = ['drafts']\nlints = {unknown-agent = 'warning'}\n",
    )
    result = vegac(tmp_path, "check")
    assert result.status == 0
    assert result.out.endswith("1 warning in 1 file\n")
    assert vegac(tmp_path, "check", "--strict").status == 1
    assert "1 warning" in vegac(tmp_path, "check", "drafts/d.vega.yaml").out


@pytest.mark.parametrize(
    ("pattern", "left"),
    [
        ("drafts", "a/b"),
        ("./drafts", "a/b a/drafts"),
        ("/drafts/", "a/b a/drafts"),
        ("a/*", "drafts"),
        ("./a/b", "a/drafts drafts"),
        ("b", "a/drafts drafts"),
        ("./b", "a/b a/drafts drafts"),
    ],
)
def test_patterns_of_what_is_left_out(tmp_path: Path, pattern: str, left: str) -> None:
    for folder in ("drafts", "a/drafts", "a/b"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "team.vega.yaml").write_text(TYPO)
    write(tmp_path, pyproject__toml=f"[tool.vega]\nexclude = ['{pattern}']\n")
    found = json.loads(vegac(tmp_path, "check", "--format", "json").out)["diagnostics"]
    files = [item["file"] for item in found if item["severity"] == "error"]
    assert files == [f"{folder}/team.vega.yaml" for folder in left.split()]


@pytest.mark.parametrize("command", ["check", "build", "run", "list"])
def test_a_wrong_configuration_is_wrong_usage(tmp_path: Path, command: str) -> None:
    write(tmp_path, team__vega__yaml=PROGRAM, pyproject__toml="[tool.vega]\nexcluded = []\n")
    result = vegac(tmp_path, command, "team.vega.yaml")
    assert result.status == 2
    assert "[tool.vega] has no key 'excluded'; did you mean 'exclude'?" in result.err
    assert result.err.count("\n") == 1
    assert result.out == ""


def test_a_silenced_error_is_told_when_the_program_is_compiled(tmp_path: Path) -> None:
    write(tmp_path, team__vega__yaml=TYPO + "settings: {lints: {unknown-agent: off}}\n")
    assert vegac(tmp_path, "check").status == 0
    for command in (("build",), ("run", "team.vega.yaml", "--task", "x", "--dry-run")):
        result = vegac(tmp_path, *command)
        assert result.status in (1, 2)
        assert "no agent is named 'Cder'" in result.err
        assert "it is silenced, which hides it from `vegac check`" in result.err
        assert "Traceback" not in result.err
    assert not (tmp_path / "out").exists()


def test_build_writes_where_the_project_says(tmp_path: Path) -> None:
    (tmp_path / "flows").mkdir()
    (tmp_path / "flows" / "team.vega.yaml").write_text(PROGRAM)
    write(tmp_path, pyproject__toml="[tool.vega]\nout = 'build/modules'\n")
    assert vegac(tmp_path / "flows", "build").status == 0
    assert (tmp_path / "build" / "modules" / "team_vega.py").exists()
    result = vegac(tmp_path, "build", "-o", "elsewhere")
    assert result.status == 0
    assert (tmp_path / "elsewhere" / "team_vega.py").exists()


# --- kept outcomes --------------------------------------------------------------------------------


def test_a_large_project_is_checked_once(tmp_path: Path) -> None:
    paths = project(tmp_path, 60)
    broken = paths[7]
    broken.write_text(broken.read_text().replace("- Writer drafts:", "- Writr drafts:", 1))
    first = vegac(tmp_path, "check", "--verbose")
    assert first.status == 1
    assert first.out.count("error[") == 1
    assert "unchanged since an earlier run" not in first.err
    assert {path.name for path in (tmp_path / ".vega").iterdir()} == {".gitignore", "cache"}
    second = vegac(tmp_path, "check", "--verbose")
    assert (second.status, second.out) == (first.status, first.out)
    assert second.err.count("unchanged since an earlier run") == 60
    broken.write_text(broken.read_text().replace("Writr", "Writer"))
    third = vegac(tmp_path, "check", "--verbose")
    assert third.status == 0
    assert third.err.count("unchanged since an earlier run") == 59


def test_outcomes_are_the_same_however_they_are_found(tmp_path: Path) -> None:
    paths = project(tmp_path, 60)
    for number, path in enumerate(paths[::4]):
        text = path.read_text().replace("save: draft", f"save: draft{number}", 1)
        path.write_text(text.replace("| upper", "| uper"))
    runs = [
        vegac(tmp_path, "check", "--format", "json", *options)
        for options in (("--no-cache", "-j1"), ("--no-cache", "-j3"), (), ())
    ]
    assert len(codes(runs[0].out)) > 15
    assert all((run.status, run.out, run.err) == (1, runs[0].out, "") for run in runs)


def test_small_projects_and_no_cache_leave_nothing_behind(tmp_path: Path) -> None:
    write(tmp_path, team__vega__yaml=PROGRAM)
    vegac(tmp_path, "check")
    assert not (tmp_path / ".vega").exists()
    project(tmp_path, 60)
    vegac(tmp_path, "check", "--no-cache")
    assert not (tmp_path / ".vega").exists()


@pytest.mark.parametrize("jobs", ["0", "-1", "many"])
def test_jobs_are_a_number(tmp_path: Path, jobs: str) -> None:
    write(tmp_path, team__vega__yaml=PROGRAM)
    result = vegac(tmp_path, "check", "-j", jobs)
    assert result.status == 2
    assert "is not a number of processes" in result.err


@pytest.mark.skipif(sys.platform == "win32", reason="signals of Unix")
def test_an_interrupted_check_ends_in_order(tmp_path: Path) -> None:
    project(tmp_path, 400)
    process = subprocess.Popen(
        [*COMMAND, "check", "-j2"],
        cwd=tmp_path,
        env=environment(tmp_path),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    while process.poll() is None and children.exists() and len(children.read_text().split()) < 2:
        pass
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert out == b""
    assert err.strip() in (b"", b"interrupted")
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="children are listed in /proc")
def test_processes_do_not_outlive_a_check_that_is_killed(tmp_path: Path) -> None:
    project(tmp_path, 400)
    process = subprocess.Popen(
        [*COMMAND, "check", "-j3"],
        cwd=tmp_path,
        env=environment(tmp_path),
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    while process.poll() is None and len(children.read_text().split()) < 3:
        pass
    process.kill()
    assert process.stdout is not None
    # All of them hold the stream: it ends with the last one.
    assert process.stdout.read() == b""
    assert process.wait(30) == -signal.SIGKILL


# --- files outside, and closed folders ------------------------------------------------------------


def test_a_file_outside_has_one_name_however_it_is_reached(tmp_path: Path) -> None:
    root, lib = tmp_path / "root", tmp_path / "lib"
    (root / "sub").mkdir(parents=True)
    lib.mkdir()
    (lib / "agents.yaml").write_text("agents: {A: {model: claude-haiku-4-5, system: <<no>>}}\n")
    steps = "workflows: {w: {steps: [{A: hi}]}}\n"
    names = f"[../lib/agents.yaml, '{lib}/agents.yaml', ../lib/*.yaml]"
    write(root, a__vega__yaml=f"include: {names}\n{steps}")
    (root / "sub" / "b.vega.yaml").write_text(f"include: ../../lib/agents.yaml\n{steps}")
    found = json.loads(vegac(root, "check", "--format", "json").out)["diagnostics"]
    assert [(item["code"], item["file"]) for item in found] == [
        ("undefined-variable", "../lib/agents.yaml")
    ]


def mortal() -> list[str]:
    """What a command begins with whose files have permissions that count, for root, too."""
    if sys.platform == "win32":
        pytest.skip("permissions of Unix")
    if os.geteuid() != 0:
        return []
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        pytest.skip("root reads all")
    powers = "-dac_override,-dac_read_search"
    return [setpriv, f"--bounding-set={powers}", f"--inh-caps={powers}"]


@pytest.mark.parametrize("command", [("check",), ("fmt", "--check")])
def test_a_closed_folder_does_not_hide_the_others(tmp_path: Path, command: tuple[str, ...]) -> None:
    write(tmp_path, team__vega__yaml=TYPO)
    closed = tmp_path / "closed"
    closed.mkdir()
    (closed / "in.vega.yaml").write_text(TYPO)
    start = mortal()
    closed.chmod(0)
    try:
        for named, paths in (("closed", ()), ("closed/in.vega.yaml", ("closed/in.vega.yaml", "."))):
            done = subprocess.run(
                [*start, *COMMAND, *command, *paths],
                cwd=tmp_path,
                env=environment(tmp_path),
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
            )
            assert done.returncode == 2
            assert f"error: cannot read '{named}': Permission denied\n" in done.stderr
            assert "team.vega.yaml" in done.stdout
    finally:
        closed.chmod(0o755)


def test_a_closed_file_is_told_among_the_findings_of_what_includes_it(tmp_path: Path) -> None:
    write(tmp_path, main__vega__yaml=CALLER.replace("lib/", ""), flows__yaml=WORKFLOWS)
    closed = tmp_path / "agents.yaml"
    closed.write_text(AGENTS)
    start = mortal()
    closed.chmod(0)
    done = subprocess.run(
        [*start, *COMMAND, "check", "--format", "json"],
        cwd=tmp_path,
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (2, "")
    found = json.loads(done.stdout)["diagnostics"]
    assert [(item["code"], item["file"], item["line"]) for item in found] == [
        ("unreadable-file", "agents.yaml", 1),
        ("unknown-workflow", "main.vega.yaml", 2),
    ]
    assert found[0]["message"] == "cannot read 'agents.yaml': Permission denied"
