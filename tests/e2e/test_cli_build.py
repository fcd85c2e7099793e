"""`vegac build`, bundles, and the commands that show what a program holds."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.e2e.command_line import ECHO, PROGRAM, environment, vegac, write


def test_a_module_for_each_program(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    write(tmp_path, team__vega__yaml=PROGRAM)
    write(tmp_path / "inner", echo__vega__yaml=ECHO)
    result = vegac(tmp_path, "build")
    assert result.status == 0, result.err
    assert result.err == "wrote out/inner/echo_vega.py\nwrote out/team_vega.py\n"
    text = (tmp_path / "out" / "team_vega.py").read_text()
    assert "async def review(" in text
    again = vegac(tmp_path, "build")
    assert again.err == "2 outputs up to date in out\n"
    assert (tmp_path / "out" / "team_vega.py").read_text() == text


def test_a_built_module_can_be_imported(tmp_path: Path) -> None:
    write(tmp_path, echo__vega__yaml=ECHO)
    assert vegac(tmp_path, "build", "-o", ".").status == 0
    script = "import asyncio, echo_vega; print(asyncio.run(echo_vega.echo(word='hi')))"
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "hi!\n"


def test_check_writes_nothing_and_fails_where_something_would_change(tmp_path: Path) -> None:
    write(tmp_path, echo__vega__yaml=ECHO)
    first = vegac(tmp_path, "build", "--check")
    assert (first.status, first.err) == (1, "would change out/echo_vega.py\n")
    assert not (tmp_path / "out").exists()
    assert vegac(tmp_path, "build").status == 0
    assert vegac(tmp_path, "build", "--check").status == 0


def test_standard_output(tmp_path: Path) -> None:
    write(tmp_path, echo__vega__yaml=ECHO)
    result = vegac(tmp_path, "build", "-o", "-")
    assert (result.status, result.err) == (0, "")
    compile(result.out, "echo_vega.py", "exec")
    typed = vegac(tmp_path, "build", "--emit", "ir", "-o", "-")
    assert typed.status == 0
    assert "workflow echo(word: string) -> string\n" in typed.out


def test_nothing_is_written_for_a_program_with_errors(tmp_path: Path) -> None:
    write(tmp_path, bad__vega__yaml=PROGRAM.replace("- Coder", "- Cder"), echo__vega__yaml=ECHO)
    result = vegac(tmp_path, "build")
    assert result.status == 1
    assert "error[unknown-agent]" in result.err
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["echo_vega.py"]


def test_an_output_folder_that_is_a_file(tmp_path: Path) -> None:
    write(tmp_path, echo__vega__yaml=ECHO, taken="")
    result = vegac(tmp_path, "build", "-o", "taken")
    assert result.status == 2
    assert result.err.startswith("error: cannot write 'taken/echo_vega.py'")
    assert (tmp_path / "taken").read_text() == ""


@pytest.mark.parametrize("command", [["run.py"], ["."]])
def test_a_bundle_runs_without_the_compiler(tmp_path: Path, command: list[str]) -> None:
    write(tmp_path, echo__vega__yaml=ECHO)
    assert vegac(tmp_path, "build", "--bundle", "bundle").status == 0
    bundle = tmp_path / "bundle"
    assert (bundle / "vega_runtime" / "py.typed").exists()
    assert not list(bundle.rglob("__pycache__"))
    # The site packages, where the compiler and its dependencies are, are out of reach.
    alone = [sys.executable, "-S", *command]
    for arguments, expected in (
        (["echo", "--word", "hi"], (0, "hi!\n")),
        (["--word=hi", "--output", "json"], (0, '"hi!"\n')),
        (["echo"], (2, "")),
        (["nope"], (2, "")),
    ):
        done = subprocess.run(
            [*alone, *arguments], cwd=bundle, capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stdout) == expected, done.stderr
        assert "Traceback" not in done.stderr
    assert (bundle / "requirements.txt").read_text() == ""


KNOWING = """
agents:
  Guide:
    model: claude-haiku-4-5
    system: {file: prompts/guide.md}
    knowledge: [facts.md]
    skills: {directories: [skills]}
workflows:
  visit:
    steps:
      - Guide: When do you open?
"""


def test_a_bundle_holds_the_files_that_agents_read(tmp_path: Path) -> None:
    project = tmp_path / "project"
    for name in ("prompts", "skills/hours"):
        (project / name).mkdir(parents=True)
    write(project, guide__vega__yaml=KNOWING)
    (project / "facts.md").write_text("Open from 10 to 18.")
    (project / "prompts" / "guide.md").write_text("You are a guide.")
    (project / "skills" / "kind.md").write_text("---\ntriggers: [always]\n---\nBe kind.")
    (project / "skills" / "hours" / "SKILL.md").write_text("---\n---\nSay the hours.")
    assert vegac(project, "build", "--bundle", "bundle").status == 0
    bundle = project / "bundle"
    for name in ("facts.md", "prompts/guide.md", "skills/kind.md", "skills/hours/SKILL.md"):
        assert (bundle / name).read_text() == (project / name).read_text()
    # Its files are found wherever it is started; what is missing is the key alone.
    done = subprocess.run(
        [sys.executable, bundle / "run.py", "visit"],
        cwd=tmp_path,
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("error: ConfigError")
    assert "ANTHROPIC_API_KEY" in done.stderr
    assert "cannot read" not in done.stderr
    assert "folder" not in done.stderr


BRINGING = """
agents:
  Clerk: {model: claude-haiku-4-5, system: You keep a shop., tools: [price]}
tools:
  price:
    description: The price of an item
    implementation: {type: builtin, function: "shop.prices:price"}
workflows:
  ask:
    inputs: {plan: string}
    steps:
      - Clerk: What does tea cost?
        attach: [shelf.png, later.png, "<<plan>>"]
"""


def test_a_bundle_holds_the_files_and_the_python_of_tools(tmp_path: Path) -> None:
    project = tmp_path / "project"
    for name in ("shop", "workspace", "other"):
        (project / name).mkdir(parents=True)
    write(project, clerk__vega__yaml=BRINGING)
    (project / "shop" / "__init__.py").write_text("")
    (project / "shop" / "prices.py").write_text(
        "import json\nfrom taxes import RATE\n\nraise SystemExit('a build runs no code')\n"
    )
    (project / "taxes.py").write_text("RATE = 0.2\n")
    (project / "unneeded.py").write_text("x = 1\n")
    (project / "workspace" / "shelf.png").write_bytes(b"a shelf")
    assert vegac(project, "build", "--bundle", "bundle").status == 0
    bundle = project / "bundle"
    for name in ("shop/__init__.py", "shop/prices.py", "taxes.py", "workspace/shelf.png"):
        assert (bundle / name).read_bytes() == (project / name).read_bytes()
    assert not (bundle / "unneeded.py").exists()


def test_a_bundle_takes_no_files_from_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "project").mkdir()
    (tmp_path / "shared.md").write_text("shared")
    text = KNOWING.replace("facts.md", "../shared.md").replace("{file: prompts/guide.md}", "s")
    write(tmp_path / "project", guide__vega__yaml=text.replace("    skills:", "    x-skills:"))
    refused = vegac(tmp_path / "project", "build", "--bundle", "bundle")
    assert refused.status == 2
    assert "'../shared.md' lies outside of the folder" in refused.err


def test_a_bundle_names_what_it_needs(tmp_path: Path) -> None:
    more = PROGRAM.replace(
        "model: claude-haiku-4-5, system: You look", "model: gpt-5, system: You look"
    )
    server = "settings: {mcp: {servers: [{name: files, command: serve}]}}\n"
    write(tmp_path, team__vega__yaml=server + more)
    assert vegac(tmp_path, "build", "--bundle", "bundle").status == 0
    names = (tmp_path / "bundle" / "requirements.txt").read_text().splitlines()
    assert [name.partition(">")[0] for name in names] == ["anthropic", "mcp", "openai"]
    refused = vegac(tmp_path, "build", "--bundle", "b", "--check")
    assert refused.status == 2


def test_list(tmp_path: Path) -> None:
    write(tmp_path, team__vega__yaml=PROGRAM)
    assert vegac(tmp_path, "list").out == (
        "team.vega.yaml\n"
        "\n"
        "agents\n"
        "  Coder   claude-haiku-4-5\n"
        "  Critic  claude-haiku-4-5\n"
        "\n"
        "workflows\n"
        "  review  --task [--rounds]  Write and review code\n"
    )


def test_show(tmp_path: Path) -> None:
    base = PROGRAM.replace(
        "  Critic: {model: claude-haiku-4-5, system: You look for bugs.}",
        "  Critic: {extends: Coder, retry: {max_attempts: 5}, budget: $0.50}",
    )
    write(tmp_path, team__vega__yaml=base)
    agent = vegac(tmp_path, "show", "agent", "Critic", "--file", "team.vega.yaml").out
    assert agent.startswith("# agent Critic, team.vega.yaml:3:3\n")
    shown = yaml.safe_load(agent)
    assert (shown["model"], shown["system"]) == ("claude-haiku-4-5", "You write code.")
    assert shown["retry"]["max_attempts"] == 5
    workflow = yaml.safe_load(vegac(tmp_path, "show", "workflow", "review").out)
    assert workflow["inputs"]["rounds"] == {"type": "integer", "default": 2, "min": 1, "max": 5}
    wrong = vegac(tmp_path, "show", "agent", "Cder")
    assert (wrong.status, wrong.out) == (2, "")
    assert wrong.err == "error: 'team.vega.yaml' has no agent 'Cder'\nDid you mean 'Coder'?\n"


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("n * 2 + 1", "--var", "n=3"), "7\n"),
        (("name | upper", "--var", "name=ada"), '"ADA"\n'),
        (("{a: [1, null]}",), '{\n  "a": [\n    1,\n    null\n  ]\n}\n'),
    ],
)
def test_eval(tmp_path: Path, arguments: tuple[str, ...], expected: str) -> None:
    result = vegac(tmp_path, "eval", *arguments)
    assert (result.status, result.out) == (0, expected), result.err


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (("'a' - 1",), 1, "error[type-mismatch]"),
        (("n - 1", "--var", "n=text"), 1, "error: ExpressionError: "),
        (("1 +",), 1, "error[syntax-error]"),
        (("n", "--var", "n"), 2, "error: --var 'n' is not NAME=JSON"),
    ],
)
def test_eval_of_what_has_no_value(
    tmp_path: Path, arguments: tuple[str, ...], status: int, message: str
) -> None:
    result = vegac(tmp_path, "eval", *arguments)
    assert (result.status, result.out) == (status, "")
    assert result.err.startswith(message)
    assert "Traceback" not in result.err


def test_explain(tmp_path: Path) -> None:
    assert vegac(tmp_path, "explain", "unknown-agent").out.startswith("# unknown-agent\n")
    assert "\nunknown-agent " in vegac(tmp_path, "explain").out


def test_a_new_project_is_without_findings_and_never_replaces_files(tmp_path: Path) -> None:
    made = vegac(tmp_path, "new", "my-team")
    assert made.status == 0
    folder = tmp_path / "my-team"
    assert sorted(path.name for path in folder.iterdir()) == [
        "README.md",
        "team.vega.test.yaml",
        "team.vega.yaml",
    ]
    checked = vegac(folder, "check", "--strict")
    assert checked.err == "no problems in 1 program and 1 file of tests\n"
    dry = vegac(folder, "run", "--topic", "the moon", "--dry-run")
    assert dry.status == 0
    assert "local/smollm2" in dry.out
    again = vegac(tmp_path, "new", "my-team")
    assert again.status == 2
    assert "already has team.vega.yaml" in again.err


def test_models_and_doctor(tmp_path: Path) -> None:
    models = vegac(tmp_path, "models")
    assert models.status == 0
    assert "claude-haiku-4-5 " in models.out
    assert "local/smollm2 " in models.out
    assert "claude-opus-4-1" not in models.out  # retired
    unknown = vegac(tmp_path, "models", "pull", "smolm2")
    assert unknown.status == 2
    assert "Did you mean 'smollm2'?" in unknown.err
    healthy = vegac(tmp_path, "doctor", ANTHROPIC_API_KEY="a-secret")
    assert healthy.status == 0
    assert "ANTHROPIC_API_KEY is set" in healthy.out
    assert "a-secret" not in healthy.out
    broken = vegac(tmp_path, "doctor", VEGA_MAX_TOKENS="many")
    assert broken.status == 1
    assert "VEGA_MAX_TOKENS is 'many'" in broken.out


def test_json_of_a_check_names_the_same_places_as_the_text(tmp_path: Path) -> None:
    write(tmp_path, team__vega__yaml=PROGRAM.replace("- Coder", "- Cder"))
    found = json.loads(vegac(tmp_path, "check", "--format", "json").out)["diagnostics"][0]
    text = vegac(tmp_path, "check").out
    assert f"--> {found['file']}:{found['line']}:{found['column']}\n" in text
