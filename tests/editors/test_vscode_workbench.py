"""The packed extension in Visual Studio Code itself: its workbench, in a browser.

npm has Visual Studio Code as a server, in the package code-server, of which nothing else is used.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.editors.conftest import ROOT, built, npm, tool

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]

VERSION = "4.100.3"
"""Of code-server: Visual Studio Code 1.100 for Node 20."""
FOLDER = ROOT / "editors/vscode"
PACKED = ("src/*", "*.json", "syntaxes/*", "snippets/*", "walkthrough/*", "media/*", "*.md")
PATIENCE = 120_000
"""Milliseconds that a machine under load may take to show something."""

PROGRAM = """\
agents:
  Writer: {model: claude-haiku-4-5, system: You write., max_tokens: 90}
  Critic: {model: claude-haiku-4-5, system: You answer OK or not.}
workflows:
  write:
    inputs: {topic: string, rounds: {type: integer, default: 2}}
    steps:
      - Writer drafts: {send: "Write of <<topic>>.", save: text}
      - repeat:
          steps:
            - Critic: {send: "Check: <<text>>", save: verdict}
            - Writer mends: {send: "Mend: <<verdikt>>", save: text}
          until: "'OK' in verdict"
          max: <<rounds>>
    output: <<text>>
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The script of the server."""
    folder = tmp_path_factory.mktemp("code")
    flags = ("--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund")
    npm(folder, "install", "--prefix", str(folder), *flags, f"code-server@{VERSION}")
    code = folder / "node_modules/code-server/lib/vscode"
    npm(code, "install", *flags)
    return code / "out/server-main.js"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with a program and the compiler in its virtual environment."""
    commands = tmp_path / "project/.venv/bin"
    commands.mkdir(parents=True)
    (commands / "vegac").symlink_to(Path(sys.executable).with_name("vegac"))
    # In a browser the editor saves by itself, a second after a change.
    settings = tmp_path / "project/.vscode/settings.json"
    settings.parent.mkdir()
    settings.write_text('{"files.autoSave": "off"}', encoding="utf-8")
    (tmp_path / "project/team.vega.yaml").write_text(PROGRAM, encoding="utf-8")
    return tmp_path / "project"


@pytest.fixture
def workbench(server: Path, project: Path, tmp_path: Path, browser: Any) -> Iterator[Any]:
    """The page of the workbench, the project open in it and the extension installed."""
    package = FOLDER / "vega.vsix"
    built(FOLDER, "package", package, PACKED)
    options = ("--server-data-dir", str(tmp_path / "data"), "--accept-server-license-terms")
    command = [tool("node"), str(server), *options]
    said = subprocess.run(
        [*command, "--install-extension", str(package)],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert "successfully installed" in said.stdout, said.stdout + said.stderr
    process = subprocess.Popen(
        [*command, "--host", "127.0.0.1", "--port", "0", "--without-connection-token"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    try:
        assert process.stdout is not None
        port = next(
            found[1] for line in process.stdout if (found := re.search(r"127\.0\.0\.1:(\d+)", line))
        )
        page = browser.new_page(viewport={"width": 1180, "height": 640}, color_scheme="light")
        page.set_default_timeout(PATIENCE)
        said_by_page: list[str] = []
        page.on("console", lambda message: said_by_page.append(message.text))
        page.goto(f"http://127.0.0.1:{port}/?folder={project}")
        page.get_by_role("button", name="Yes, I trust the authors").click()
        page.get_by_role("treeitem", name="team.vega.yaml").dblclick()
        page.locator(".view-line", has_text="workflows:").wait_for()
        yield page
        about_us = [line for line in said_by_page if "vega.vega" in line or "Vega:" in line]
        assert about_us == []
        page.close()
    finally:
        # What it has started (extensions, the language server) would outlive it for minutes.
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        shutil.rmtree(tmp_path / "data", ignore_errors=True)


def choose(page: Any, command: str) -> None:
    """Do something by its name."""
    page.keyboard.press("F1")
    page.locator(".quick-input-widget input").first.fill(f">{command}")
    page.locator(".quick-input-list").get_by_role("option", name=command).first.click()


def shown(page: Any, place: str, text: str) -> None:
    from playwright.sync_api import expect

    # The editor writes spaces that do not break.
    pattern = re.compile(re.escape(text).replace(r"\ ", r"\s"))
    expect(page.locator(place).filter(has_text=pattern).first).to_be_visible(timeout=PATIENCE)


def test_a_mistake_is_found_explained_and_mended(
    workbench: Any, project: Path, picture: Callable[[str], Path]
) -> None:
    page = workbench
    page.wait_for_selector(".squiggly-error")
    page.wait_for_selector(".codelens-decoration")
    shown(page, ".view-line", "save: text: string")  # a hint, which is not in the file
    choose(page, "Go to Next Problem in Files")
    shown(page, ".zone-widget", "nothing here is named 'verdikt'")
    shown(page, ".zone-widget", "did you mean 'verdict'?")
    page.screenshot(path=picture("vscode-finding.png"))
    page.keyboard.press("Escape")
    choose(page, "Vega: Apply All Safe Fixes")
    page.wait_for_selector(".squiggly-error", state="detached")
    page.wait_for_selector(".tab.dirty")
    choose(page, "File: Save")
    page.wait_for_selector(".tab.dirty", state="detached")
    mended = PROGRAM.replace("verdikt", "verdict")
    assert (project / "team.vega.yaml").read_text(encoding="utf-8") == mended


def test_words_are_completed_and_python_and_graph_follow(
    workbench: Any, picture: Callable[[str], Path]
) -> None:
    page = workbench
    page.wait_for_selector(".squiggly-error")
    row = page.locator(".view-line", has_text=re.compile(r"Mend:.*verdikt")).first
    row.get_by_text("verdikt", exact=True).dblclick()
    page.keyboard.type("verd")
    page.keyboard.press("Control+Space")
    shown(page, ".suggest-widget", "verdict")
    page.keyboard.press("Enter")
    page.wait_for_selector(".squiggly-error", state="detached")
    choose(page, "View: Toggle Primary Side Bar Visibility")
    choose(page, "Vega: Show the Generated Python")
    shown(page, ".view-line", "async def write(run: Run, *, topic: str, rounds: int = 2)")
    page.screenshot(path=picture("vscode-python.png"))
