"""An editor in an empty folder."""

import importlib.util
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
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
_load("edits")
_load("wire")


@pytest_asyncio.fixture
async def editor(tmp_path: Path) -> AsyncIterator[Any]:
    found = _CLIENT.Editor(tmp_path)
    yield found
    await found.stop()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def program(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Any]:
    """An editor with both files of a program open; tests leave the texts as they were."""
    found = _CLIENT.Editor(tmp_path_factory.mktemp("program"))
    (found.root / "parts").mkdir()
    (found.root / "main.vega.yaml").write_text(_PROGRAM.MAIN, encoding="utf-8")
    (found.root / "parts" / "agents.vega.yaml").write_text(_PROGRAM.PART, encoding="utf-8")
    await found.start()
    found.open("main.vega.yaml")
    found.open("parts/agents.vega.yaml")
    yield found
    await found.stop()
