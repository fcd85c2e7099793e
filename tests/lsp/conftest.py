"""An editor in an empty folder."""

import importlib.util
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest_asyncio

_SPEC = importlib.util.spec_from_file_location("lsp_client", Path(__file__).parent / "client.py")
assert _SPEC is not None
assert _SPEC.loader is not None
_MODULE = importlib.util.module_from_spec(_SPEC)
sys.modules.setdefault("lsp_client", _MODULE)
_SPEC.loader.exec_module(_MODULE)


@pytest_asyncio.fixture
async def editor(tmp_path: Path) -> AsyncIterator[Any]:
    found = _MODULE.Editor(tmp_path)
    yield found
    await found.stop()
