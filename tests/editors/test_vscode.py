"""The extension for Visual Studio Code: what it says of itself, its tests, its package."""

import html
import json
import re
import subprocess
import tomllib
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pygments import lex
from pygments.token import String

from tests.editors.conftest import ROOT, built, npm, tool
from vega_grammar.highlighting import VegaLexer
from vegac.workspace import Workspace

FOLDER = ROOT / "editors/vscode"
LOCKS = [FOLDER / "package-lock.json", ROOT / "editors/playground/package-lock.json"]
PROGRAMS = sorted([*ROOT.glob("examples/*.vega*.yaml"), *ROOT.glob("tests/corpus/*.vega.yaml")])
HOLE = "#FFD602"
"""The colour of the ends of holes in the pictures."""

slow = [pytest.mark.slow, pytest.mark.timeout(1200)]


def manifest() -> dict[str, Any]:
    return json.loads((FOLDER / "package.json").read_text(encoding="utf-8"))


def test_the_version_is_that_of_the_compiler() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert manifest()["version"] == project["version"]


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.parent.name)
def test_locks_name_no_host(lock: Path) -> None:
    text = lock.read_text(encoding="utf-8")
    assert '"resolved"' not in text
    assert "integrity" in text


def test_settings_of_the_server_have_its_defaults() -> None:
    from vega_lsp.session import Settings

    described = manifest()["contributes"]["configuration"]["properties"]
    for name in Settings.__struct_fields__:
        first, *rest = name.split("_")
        key = f"vega.{first}{''.join(word.title() for word in rest)}"
        assert described[key]["default"] == getattr(Settings(), name), key


def expanded(body: str | list[str]) -> str:
    """A snippet as it stands once nothing is changed in it."""
    text = body if isinstance(body, str) else "\n".join(body)
    return re.sub(r"\$\{\d+:([^{}]*)\}", r"\1", text)


def snippets() -> dict[str, Any]:
    return json.loads((FOLDER / "snippets/vega.json").read_text(encoding="utf-8"))


def errors(program: str) -> list[str]:
    report = Workspace(ROOT).check_text(program)
    return [finding.message for finding in report.diagnostics if finding.severity == "error"]


def test_the_snippet_of_a_program_is_right() -> None:
    assert errors(expanded(snippets()["Program"]["body"])) == []


@pytest.mark.parametrize("name", ["Step", "If", "For", "Repeat", "Parallel", "Try"])
def test_snippets_of_steps_are_right(name: str) -> None:
    agents = "".join(f"  {name}: {{model: m, system: s}}\n" for name in ("Writer", "Reader"))
    steps = expanded(snippets()[name]["body"]).replace("\n", "\n      ")
    inputs = 'inputs: {done: boolean, items: "list[string]"}'
    head = f"agents:\n{agents}workflows:\n  w:\n    {inputs}\n    steps:\n      "
    assert errors(f"{head}{steps}\n") == []


def test_snippets_of_declarations_are_right() -> None:
    parts = {name: expanded(snippet["body"]) for name, snippet in snippets().items()}
    tools = [name for name in parts if name.startswith("Tool")]
    program = "\n".join(
        [
            "agents:",
            _indented(parts["Agent"]),
            "tools:",
            *(_indented(parts[name]) for name in tools),
            "workflows:",
            _indented(parts["Workflow"]),
        ]
    )
    assert len(tools) == 2
    assert errors(program + "\n") == []


def _indented(text: str) -> str:
    return "  " + text.replace("\n", "\n  ")


# --- with Node ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def package() -> Path:
    """The packed extension."""
    found = FOLDER / "vega.vsix"
    sources = ["src/*", "*.json", "syntaxes/*", "snippets/*", "walkthrough/*", "media/*", "*.md"]
    built(FOLDER, "package", found, sources)
    return found


class TestWithNode:
    pytestmark = slow

    def test_types_grammar_and_units(self, package: Path) -> None:
        said = npm(FOLDER, "test")
        assert "# fail 0" in said
        assert "steps.test.vega run successfuly" in said

    def test_the_package_holds_what_it_needs_and_nothing_else(self, package: Path) -> None:
        with zipfile.ZipFile(package) as archive:
            names = set(archive.namelist())
            packed = json.loads(archive.read("extension/package.json"))
            bundle = archive.read("extension/dist/extension.js").decode()
        assert "extension/syntaxes/vega.tmLanguage.json" in names
        assert "extension/snippets/vega.json" in names
        assert not [name for name in names if re.search(r"node_modules|/src/|/test/|lock", name)]
        assert packed["main"] == "./dist/extension.js"
        modules = set(re.findall(r'require\("([^"]+)"\)', bundle))
        assert "vscode" in modules
        # Whatever else it needs is part of Node.
        builtin = subprocess.run(
            [tool("node"), "-p", "require('module').builtinModules.join(' ')"],
            capture_output=True,
            text=True,
            check=True,
        ).stdout.split()
        assert {name.removeprefix("node:") for name in modules} <= {*builtin, "vscode"}

    @pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.name.removesuffix(".yaml"))
    def test_holes_are_coloured_as_by_pygments(self, path: Path, package: Path) -> None:
        page = rendered(path)
        pre = page[page.index('monospace">') + len('monospace">') : page.rindex("</pre>")]
        source = path.read_text(encoding="utf-8")
        assert html.unescape(re.sub(r"<[^>]*>", "", pre)) == source.rstrip()
        ends = re.findall(rf'<span style="color:{HOLE}">(.*?)</span>', pre)
        coloured = "".join(html.unescape(end) for end in ends)
        wanted = "".join(part for kind, part in lex(source, VegaLexer()) if kind is String.Interpol)
        assert coloured == wanted

    def test_a_picture(
        self, package: Path, browser: Any, picture: Callable[[str], Path], tmp_path: Path
    ) -> None:
        page = tmp_path / "page.html"
        page.write_text(rendered(ROOT / "examples/review.vega.yaml"), encoding="utf-8")
        shown = browser.new_page(viewport={"width": 780, "height": 640})
        shown.goto(page.as_uri())
        assert shown.locator(f'span[style*="{HOLE}"]').count() > 10
        shown.screenshot(path=picture("vscode-colours.png"))
        shown.close()


def rendered(path: Path) -> str:
    """A program as a page, coloured by the extension's grammar."""
    done = subprocess.run(
        [tool("node"), "test/render.mjs", str(path)],
        cwd=FOLDER,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    return done.stdout
