"""Neovim, set up with the very lines of its page: findings, completion, renaming across files."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "editors" / "neovim" / "README.md"
PROGRAM = """\
include: parts/agents.vega.yaml
workflows:
  main:
    inputs: {topic: string}
    steps:
      - Coder writes the code: >-
          Write on
          <<topc | upper>>.
        save: draft
      - Coder checks it: Check <<draft>>
    output: <<result>>
"""
PART = """\
agents:
  Coder:
    model: claude-haiku-4-5
    system: You write on <<date>>.
  Helper:
    extends: Coder
"""
WATCH = """
vim.api.nvim_create_autocmd("DiagnosticChanged", {
  callback = function(event)
    local found = {}
    for _, item in ipairs(vim.diagnostic.get(event.buf)) do
      table.insert(found, item.message)
    end
    local name = vim.fn.fnamemodify(vim.api.nvim_buf_get_name(event.buf), ":t")
    vim.rpcnotify(%d, "findings", name, found)
  end,
})
vim.api.nvim_create_autocmd("CompleteChanged", {
  callback = function() vim.rpcnotify(%d, "menu", vim.fn.complete_info({ "items" }).items) end,
})
local apply = vim.lsp.util.apply_workspace_edit
vim.lsp.util.apply_workspace_edit = function(...)
  local result = apply(...)
  vim.rpcnotify(%d, "edited")
  return result
end
"""


def version() -> tuple[int, int]:
    """The version of Neovim; skips the test where there is none, unless it is CI that runs it."""
    if shutil.which("nvim") is None:
        if os.environ.get("CI") == "true":
            pytest.fail("CI needs Neovim: apt-get install neovim")
        pytest.skip("Neovim is not installed")
    shown = subprocess.run(["nvim", "--version"], capture_output=True, text=True, check=True)
    found = re.search(r"v(\d+)\.(\d+)", shown.stdout)
    assert found is not None
    return int(found[1]), int(found[2])


def lines_of_page(heading: str) -> str:
    """The first block of Lua under a heading of the page."""
    part = PAGE.read_text(encoding="utf-8").partition(f"## {heading}\n")[2]
    found = re.search(r"```lua\n(.*?)```", part, re.DOTALL)
    assert found is not None, f"the page has no lines under '{heading}'"
    return found[1]


class Neovim:
    """A Neovim without a screen, and the events that it tells."""

    def __init__(self, nvim: Any) -> None:
        self.nvim = nvim
        channel = nvim.channel_id
        nvim.exec_lua(WATCH % (channel, channel, channel))

    def event(self, name: str) -> list[Any]:
        """Wait for an event, skipping others."""
        while True:
            message = self.nvim.next_message()
            assert message is not None, "Neovim has ended"
            if message[1] == name:
                return message[2]

    def findings(self, file: str, count: int) -> list[str]:
        """Wait until so many things are found in a file."""
        while True:
            name, found = self.event("findings")
            if name == file and len(found) == count:
                return found

    def place(self, text: str) -> None:
        """Put the cursor on the first occurrence of a text."""
        self.nvim.command("normal! gg0")
        assert self.nvim.funcs.search(f"\\V{text}", "cW") > 0


@pytest.fixture
def neovim(tmp_path: Path) -> Iterator[Neovim]:
    heading = "0.11 and later" if version() >= (0, 11) else "0.7 to 0.10"
    in_ci = os.environ.get("CI") == "true"
    pynvim = import_module("pynvim") if in_ci else pytest.importorskip("pynvim")
    project = tmp_path / "project"
    (project / "parts").mkdir(parents=True)
    (project / "pyproject.toml").write_text("[tool.vega]\n")
    (project / "main.vega.yaml").write_text(PROGRAM)
    (project / "parts" / "agents.vega.yaml").write_text(PART)
    init = tmp_path / "init.lua"
    init.write_text(lines_of_page(heading))
    environment = {
        **os.environ,
        "HOME": str(tmp_path),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        **{f"XDG_{name}_HOME": str(tmp_path / name) for name in ("CONFIG", "DATA", "STATE")},
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
    }
    before = dict(os.environ)
    os.environ.update(environment)
    try:
        command = ["nvim", "--embed", "--headless", "-n", "-i", "NONE", "-u", str(init)]
        nvim = pynvim.attach("child", argv=command)
    finally:
        os.environ.clear()
        os.environ.update(before)
    try:
        nvim.command(f"cd {project}")
        yield Neovim(nvim)
    finally:
        nvim.command("qall!", async_=True)
        nvim.close()


def test_a_project_is_edited(neovim: Neovim, tmp_path: Path) -> None:
    nvim, project = neovim.nvim, tmp_path / "project"
    nvim.command("edit main.vega.yaml")
    [message] = neovim.findings("main.vega.yaml", 1)
    assert "nothing here is named 'topc'" in message
    assert nvim.current.buffer.options["filetype"] == "yaml.vega"

    # The finding goes when the word is completed.
    neovim.place("topc")
    nvim.input("ea<BS><BS><BS><C-x><C-o>")
    menu = [item["word"] for item in neovim.event("menu")[0]]
    assert menu[:2] == ["topic", "time"]
    nvim.input("<C-y><Esc>")
    neovim.findings("main.vega.yaml", 0)
    assert nvim.current.buffer[7].strip() == "<<topic | upper>>."

    # A name that both files know is changed in both, and both are saved.
    neovim.place("Coder checks")
    nvim.exec_lua("vim.lsp.buf.rename('Author')")
    neovim.event("edited")
    nvim.command("wall")
    assert (project / "main.vega.yaml").read_text() == PROGRAM.replace("Coder", "Author").replace(
        "topc", "topic"
    )
    assert (project / "parts" / "agents.vega.yaml").read_text() == PART.replace("Coder", "Author")

    # The included file is known, too.
    nvim.command("edit parts/agents.vega.yaml")
    neovim.place("date>>")
    nvim.input("cwdat<Esc>")
    [message] = neovim.findings("agents.vega.yaml", 1)
    assert "did you mean 'date'?" in message
