"""An editor in an empty folder."""

import importlib.util
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest_asyncio


def _load(name: str) -> ModuleType:
    """A module beside this one, by a name of its own: tests are no package."""
    spec = importlib.util.spec_from_file_location(
        f"lsp_{name}", Path(__file__).parent / f"{name}.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules.setdefault(f"lsp_{name}", module)
    spec.loader.exec_module(module)
    return module


_CLIENT, _PROGRAM = _load("client"), _load("program")


@pytest_asyncio.fixture
async def editor(tmp_path: Path) -> AsyncIterator[Any]:
    found = _CLIENT.Editor(tmp_path)
    yield found
    await found.stop()


@pytest_asyncio.fixture
async def program(editor: Any) -> Any:
    """An editor with both files of a program open."""
    (editor.root / "parts").mkdir()
    (editor.root / "main.vega.yaml").write_text(_PROGRAM.MAIN, encoding="utf-8")
    (editor.root / "parts" / "agents.vega.yaml").write_text(_PROGRAM.PART, encoding="utf-8")
    await editor.start()
    editor.open("main.vega.yaml")
    editor.open("parts/agents.vega.yaml")
    return editor
