"""The playground in a browser: a person types, and sees what the compiler makes of it."""

import re
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.e2e.command_line import COMMAND, environment
from tests.editors.conftest import ROOT, built

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]

FOLDER = ROOT / "editors/playground"
PAGE = ROOT / "vegac/cli/page/index.html"
PATIENCE = 60_000
"""Milliseconds that a machine under load may take to show something."""


@pytest.fixture(scope="module")
def page_is_built() -> None:
    built(
        FOLDER, "build", PAGE, ["src/*", "*.html", "*.ts", "*.json", "../../examples/*.vega.yaml"]
    )


@pytest.fixture
def served(
    tmp_path: Path, browser: Any, page_is_built: None
) -> Iterator[Callable[..., "subprocess.Popen[str]"]]:
    """Starts `vegac playground`; all are ended after the test."""
    processes: list[subprocess.Popen[str]] = []

    def start(*arguments: str) -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            [*COMMAND, "playground", *arguments],
            cwd=tmp_path,
            env=environment(tmp_path),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        processes.append(process)
        return process

    yield start
    for process in processes:
        process.kill()
        process.communicate()


def address_of(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


@pytest.fixture
def page(served: Any, browser: Any) -> Iterator[Any]:
    """The page with the program that it begins with, its Python shown."""
    yield from opened(browser, address_of(served()))


def opened(browser: Any, address: str, ready: str = "async def") -> Iterator[Any]:
    """The page, once it shows `ready`; afterwards nothing in it has gone wrong."""
    context = browser.new_context(
        viewport={"width": 1180, "height": 700}, color_scheme="light", locale="en"
    )
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    page.on("request", lambda request: wrong.append(request.url) if is_foreign(request) else None)
    page.goto(address)
    shows(page, "#main", ready)
    yield page
    assert wrong == []
    context.close()


def is_foreign(request: Any) -> bool:
    """Whether a page asks another computer for something."""
    parts = urlsplit(request.url)
    return parts.scheme not in ("data", "blob") and parts.hostname != "127.0.0.1"


def shows(page: Any, place: str, text: str) -> None:
    from playwright.sync_api import expect

    # The editor writes spaces that do not break.
    pattern = re.compile(re.escape(text).replace(r"\ ", r"\s"))
    expect(page.locator(place).first).to_contain_text(pattern, timeout=PATIENCE)


def lacks(page: Any, place: str) -> None:
    from playwright.sync_api import expect

    expect(page.locator(place)).to_have_count(0, timeout=PATIENCE)


def replace_word(page: Any, line: str, word: str, new: str) -> None:
    """Double-click a word in a line of the program and type another one."""
    row = page.locator("#editor .view-line", has_text=re.compile(line.replace(" ", r"\s"))).first
    row.locator("span", has_text=re.compile(rf"^\s*{word}\s*$")).last.dblclick()
    page.keyboard.type(new)


# --- what a person does ---------------------------------------------------------------------------


def test_a_mistake_is_found_while_it_is_typed_and_the_python_follows(
    page: Any, picture: Callable[[str], Path]
) -> None:
    shows(page, "#status", "no mistakes")
    replace_word(page, 'send: "Write', "task", "taks")
    shows(page, "#findings", "undefined-variable")
    shows(page, "#findings", "nothing here is named 'taks'")
    shows(page, "#status", "1 error")
    page.wait_for_selector("#editor .squiggly-error")
    shows(page, "nav", "as it was before the errors")
    page.screenshot(path=picture("playground-finding.png"))
    page.keyboard.press("Control+Z")
    lacks(page, "#findings .error")
    shows(page, "#status", "no mistakes")
    page.wait_for_selector("#stale", state="hidden")


def test_the_python_changes_with_the_program(page: Any) -> None:
    shows(page, "#python .view-lines", "Write {task}.")
    row = page.locator("#editor .view-line", has_text=re.compile(r"Write.*task")).first
    row.click()
    page.wait_for_selector("#python .linked")
    page.keyboard.press("End")
    page.keyboard.press("ArrowLeft")
    page.keyboard.type(" Be brief.")
    shows(page, "#python .view-lines", "Be brief.")


def test_the_steps_are_drawn_and_lead_to_their_lines(
    page: Any, picture: Callable[[str], Path]
) -> None:
    page.click("#tab-steps")
    page.wait_for_selector("#steps svg")
    page.click("#theme")
    shows(page, "#steps", "mends it → code")
    page.locator("#steps text", has_text="mends it").click()
    page.wait_for_selector("#steps .here")
    page.screenshot(path=picture("playground-steps.png"))
    page.keyboard.press("End")
    page.keyboard.press("ArrowLeft")
    page.keyboard.type(" again")
    shows(page, "#steps", "mends it again → code")


def test_completion_hover_and_fixes(page: Any) -> None:
    row = page.locator("#editor .view-line", has_text=re.compile(r'send:."Write')).first
    row.click()
    page.keyboard.press("End")
    page.keyboard.press("ArrowLeft")
    page.keyboard.type(" <<rou")
    page.wait_for_selector(".suggest-widget.visible")
    shows(page, ".suggest-widget", "rounds")
    page.keyboard.press("Enter")
    shows(page, "#editor .view-lines", "<<rounds>>")
    lacks(page, "#findings .error")
    row.locator("span", has_text=re.compile(r"^\s*task\s*$")).last.hover()
    page.wait_for_selector(".monaco-hover:not(.hidden)")
    shows(page, ".monaco-hover:not(.hidden)", "string")


def test_formatting_and_fixing_all(served: Any, browser: Any, tmp_path: Path) -> None:
    (tmp_path / "ugly.vega.yaml").write_text(
        "agents:\n    A:   {model: claude-haiku-4-5, system: s, max_tokens: '40'}\n"
        "workflows:\n  w:\n    inputs: {}\n    steps:\n    - A:   hi\n",
        encoding="utf-8",
    )
    for page in opened(browser, address_of(served("ugly.vega.yaml")), ready="wrong-type"):
        page.click("#fix")
        lacks(page, "#findings .error")
        shows(page, "#editor .view-lines", "max_tokens: 40")
        page.click("#format")
        shows(page, "#editor .view-lines", "- A: hi")
        shows(page, "#python .view-lines", "max_tokens=40")


def test_another_program_is_chosen(page: Any) -> None:
    page.select_option("#program", "support")
    shows(page, "#editor .view-lines", "support")
    lacks(page, "#findings .error")
    shows(page, "#python .view-lines", "async def")


# --- the process ----------------------------------------------------------------------------------


def test_a_file_to_begin_with_is_never_written_to(
    served: Any, browser: Any, tmp_path: Path
) -> None:
    (tmp_path / "parts.vega.yaml").write_text(
        "agents:\n  Poet: {model: claude-haiku-4-5, system: You write poems.}\n", encoding="utf-8"
    )
    file = tmp_path / "poems.vega.yaml"
    text = (
        "include: parts.vega.yaml\nworkflows:\n  poem:\n    inputs: {topic: string}\n"
        "    steps:\n      - Poet: <<topic>>\n"
    )
    file.write_text(text, encoding="utf-8")
    for page in opened(browser, address_of(served("poems.vega.yaml"))):
        shows(page, "#status", "no mistakes")
        replace_word(page, "Poet:", "topic", "subject")
        shows(page, "#findings", "undefined-variable")
    assert file.read_text(encoding="utf-8") == text


def test_an_interrupt_ends_the_server_and_the_page_says_so(served: Any, browser: Any) -> None:
    process = served()
    address = address_of(process)
    for page in opened(browser, address):
        process.send_signal(signal.SIGINT)
        shows(page, "#status", "has ended")
    assert process.wait(60) == 0
    parts = urlsplit(address)
    assert parts.port is not None
    with pytest.raises(ConnectionRefusedError), socket.create_connection(("127.0.0.1", parts.port)):
        pass
    assert process.stderr is not None
    assert "Traceback" not in process.stderr.read()
