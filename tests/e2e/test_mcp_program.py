"""Programs with MCP servers as their users run them, and the page about them."""

import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.e2e.command_line import COMMAND, Result, environment, vegac
from tests.e2e.mock_anthropic import MockAnthropic, message
from tests.e2e.mock_http import Reply
from tests.e2e.test_mcp import alive, web_server

PAGE = Path(__file__).parents[2] / "docs" / "mcp.md"
SERVER = str(Path(__file__).with_name("mcp_server.py"))

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="process groups are POSIX's")


def block(page: str, language: str, holds: str) -> str:
    """The first example of a page in a language that holds a text."""
    blocks = re.findall(rf"```{language}\n(.*?)```", page, re.S)
    return next(text for text in blocks if holds in text)


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """The folder of the page's example."""
    page = PAGE.read_text()
    (tmp_path / "stock.py").write_text(block(page, "python", "MCPServer"))
    (tmp_path / "shop.vega.yaml").write_text(block(page, "yaml", "stock.py"))
    (tmp_path / "shop.vega.test.yaml").write_text(block(page, "yaml", "shop.vega.test.yaml"))
    return tmp_path


@pytest.fixture
def api() -> Iterator[MockAnthropic]:
    with MockAnthropic(key="test-key") as mock:
        yield mock


def run(folder: Path, api: MockAnthropic, *arguments: str, **env: str) -> Result:
    keys = {"ANTHROPIC_API_KEY": "test-key", "ANTHROPIC_BASE_URL": api.url}
    return vegac(folder, "run", *arguments, **{**keys, "PYTHON": sys.executable, **env})


def program(folder: Path, servers: str, tools: str = "") -> None:
    folder.joinpath("p.vega.yaml").write_text(f"""\
settings:
  default_model: claude-haiku-4-5
  mcp: {{servers: [{servers}]}}
agents:
  A: {{system: You add.{tools}}}
workflows:
  w: {{steps: [{{A: go}}]}}
""")


def calc(**more: str) -> str:
    env = ", ".join(f"{name}: {json.dumps(value)}" for name, value in more.items())
    return (
        f"{{name: calc, command: {json.dumps(sys.executable)}, "
        f"args: [{json.dumps(SERVER)}, stdio], env: {{{env}}}}}"
    )


def until(holds: Callable[[], bool], process: "subprocess.Popen[bytes] | None" = None) -> None:
    """Return when something holds in other processes; the test's time limit guards it."""
    while not holds():
        assert process is None or process.poll() is None
        time.sleep(0.01)


# The page


def test_the_example_of_the_page_runs(shop: Path, api: MockAnthropic) -> None:
    api.add(
        Reply(message(tools=[("stock__count", {"item": "tea"})])),
        Reply(message("3")),
        Reply(message(tools=[("stock__order", {"item": "tea", "number": 10})])),
        Reply(message("ordered")),
    )
    result = run(shop, api, "shop.vega.yaml", "--item", "tea")
    assert (result.status, result.out) == (0, "ordered\n"), result.err
    first, second, third, fourth = api.bodies
    assert [tool["name"] for tool in first["tools"]] == ["stock__count"]
    assert [tool["name"] for tool in third["tools"]] == ["stock__count", "stock__order"]
    assert first["tools"][0]["description"] == "How many of an item there are."
    assert first["tools"][0]["input_schema"]["properties"]["item"]["type"] == "string"
    assert second["messages"][-1]["content"][0]["content"] == "3"
    assert fourth["messages"][-1]["content"][0]["content"] == "10 tea ordered"


def test_the_test_of_the_page_passes_and_its_check_is_clean(shop: Path) -> None:
    for command in ("check", "test"):
        result = vegac(shop, command, PYTHON=sys.executable)
        assert result.status == 0, result.out + result.err
    assert "1 passed" in result.out + result.err


def test_a_check_starts_no_server(shop: Path) -> None:
    (shop / "stock.py").write_text("open('started', 'w').close()\n")
    assert vegac(shop, "check", PYTHON=sys.executable).status == 0
    assert vegac(shop, "build", PYTHON=sys.executable).status == 0
    dry = ("run", "shop.vega.yaml", "--item", "tea", "--dry-run")
    assert vegac(shop, *dry, PYTHON=sys.executable, ANTHROPIC_API_KEY="x").status == 0
    assert not (shop / "started").exists()


# Programs


def test_an_agent_without_a_list_gets_the_tools_of_all_servers(
    tmp_path: Path, api: MockAnthropic
) -> None:
    with web_server("http") as (url, _):
        program(tmp_path, f"{calc()}, {{name: web, url: {json.dumps(url)}}}")
        api.add(
            Reply(
                message(tools=[("web__add", {"a": 1}), ("calc__add", {"a": 2}), ("web__no", {})])
            ),
            Reply(message("done")),
        )
        result = run(tmp_path, api)
    assert (result.status, result.out) == (0, "done\n"), result.err
    names = [tool["name"] for tool in api.bodies[0]["tools"]]
    assert {"web__add", "calc__add"} <= set(names)
    one, two, three = api.bodies[1]["messages"][-1]["content"]
    assert (one["content"], two["content"]) == ("3", "4")
    assert three["is_error"]


TEAM = """\
settings:
  default_model: claude-haiku-4-5
  mcp: {servers: [%s]}
agents:
  Lead: {system: You lead., tools: [], team: [Helper]}
  Helper: {system: You add., tools: [calc__add]}
workflows:
  w: {steps: [{Lead: go}]}
"""


def test_the_servers_of_a_team_are_started_before_the_first_call(
    tmp_path: Path, api: MockAnthropic
) -> None:
    (tmp_path / "p.vega.yaml").write_text(TEAM % calc())
    task = {"agent": "Helper", "message": "add 1"}
    api.add(
        Reply(message(tools=[("delegate", task)])),
        Reply(message(tools=[("calc__add", {"a": 1})])),
        Reply(message("3")),
        Reply(message("done")),
    )
    result = run(tmp_path, api)
    assert (result.status, result.out) == (0, "done\n"), result.err
    assert [tool["name"] for tool in api.bodies[1]["tools"]] == ["calc__add"]
    (tmp_path / "p.vega.yaml").write_text(TEAM % calc(MCP_REFUSE="1"))
    result = run(tmp_path, api)
    assert result.status == 1
    assert "no license found" in result.err
    assert len(api.received) == 4


def test_an_empty_list_needs_no_server(tmp_path: Path, api: MockAnthropic) -> None:
    program(tmp_path, "{name: gone, command: no-such, env: {A: '${NOT_SET}'}}", ", tools: []")
    result = run(tmp_path, api)
    assert (result.status, result.out) == (0, "go\n"), result.err
    assert "tools" not in api.bodies[0]


@pytest.mark.parametrize(
    ("servers", "tools", "message"),
    [
        ("{name: gone, command: no-such}", "", "there is no 'no-such'"),
        (calc(MCP_REFUSE="1"), "", "no license found"),
        (calc(MCP_REFUSE="${NOT_SET}"), "", "NOT_SET is not set; the MCP server calc needs it"),
        (calc(), ", tools: [calc__ad]", "has no usable tool 'calc__ad' (its tools: calc__add"),
    ],
)
def test_what_is_missing_is_told_before_the_first_call(
    tmp_path: Path, api: MockAnthropic, servers: str, tools: str, message: str
) -> None:
    program(tmp_path, servers, tools)
    result = run(tmp_path, api)
    assert result.status == 1
    assert message in result.err
    assert "Traceback" not in result.err
    assert api.received == []


def test_without_the_package_one_line_says_what_to_install(
    tmp_path: Path, api: MockAnthropic
) -> None:
    program(tmp_path, calc())
    hiding = tmp_path / "hiding"
    hiding.mkdir()
    (hiding / "sitecustomize.py").write_text(
        "import importlib.util as u\n"
        "find = u.find_spec\n"
        "u.find_spec = lambda name, *more: None if name == 'mcp' else find(name, *more)\n"
    )
    result = run(tmp_path, api, PYTHONPATH=str(hiding))
    assert result.status == 1
    assert "pip install 'vegac[mcp]'" in result.err
    assert result.err.count("\n") == 1
    assert api.received == []
    doctor = vegac(tmp_path, "doctor", PYTHONPATH=str(hiding))
    assert "no MCP servers: pip install 'vegac[mcp]'" in doctor.out
    assert "MCP servers: mcp 2" in vegac(tmp_path, "doctor").out


def test_ctrl_c_ends_the_servers_and_what_they_started(tmp_path: Path, api: MockAnthropic) -> None:
    child = tmp_path / "child"
    program(tmp_path, calc(MCP_CHILD=str(child), MCP_STUBBORN="1"))
    api.add(
        Reply(message(tools=[("calc__process", {})])),
        Reply(message(tools=[("calc__hang", {"mark": str(tmp_path / "mark")})])),
    )
    env = environment(tmp_path, ANTHROPIC_API_KEY="test-key", ANTHROPIC_BASE_URL=api.url)
    process = subprocess.Popen(
        [*COMMAND, "run"], cwd=tmp_path, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    until((tmp_path / "mark").exists, process)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert b"Traceback" not in errors
    server = int(api.bodies[1]["messages"][-1]["content"][0]["content"])
    for pid in (server, int(child.read_text())):
        until(lambda pid=pid: not alive(pid))


def test_a_killed_run_leaves_no_server(tmp_path: Path, api: MockAnthropic) -> None:
    """Not even SIGKILL: the server's input ends with the run."""
    program(tmp_path, calc())
    mark = tmp_path / "mark"
    api.add(
        Reply(message(tools=[("calc__process", {})])),
        Reply(message(tools=[("calc__hang", {"mark": str(mark)})])),
    )
    env = environment(tmp_path, ANTHROPIC_API_KEY="test-key", ANTHROPIC_BASE_URL=api.url)
    process = subprocess.Popen([*COMMAND, "run"], cwd=tmp_path, env=env, stderr=subprocess.DEVNULL)
    until(mark.exists, process)
    process.kill()
    process.wait()
    server = int(api.bodies[1]["messages"][-1]["content"][0]["content"])
    until(lambda: not alive(server))
