"""A server over standard streams, told what Visual Studio Code or Neovim can do."""

import importlib.util
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_lsp
from lsprotocol import types
from pytest_lsp import ClientServerConfig, LanguageClient, client_capabilities

_SPEC = importlib.util.spec_from_file_location(
    "lsp_marked", Path(__file__).parent / "marked.py"
)  # tests are no package
assert _SPEC is not None
assert _SPEC.loader is not None
_MARKED: Any = importlib.util.module_from_spec(_SPEC)
sys.modules.setdefault("lsp_marked", _MARKED)
_SPEC.loader.exec_module(_MARKED)

APPLIED: list[types.WorkspaceEdit] = []
_ANSWERS: dict[int, types.ServerCapabilities] = {}
SERVER = ClientServerConfig(server_command=[sys.executable, "-m", "vegac", "lsp", "--stdio"])


@pytest.fixture
def applied() -> list[types.WorkspaceEdit]:
    """The edits that servers have asked for so far."""
    return APPLIED


@pytest.fixture
def server() -> ClientServerConfig:
    """How the server is started."""
    return SERVER


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("project")


def started(client: str, folder: Path) -> types.InitializeParams:
    """How an editor begins."""
    return types.InitializeParams(
        capabilities=client_capabilities(client),
        workspace_folders=[types.WorkspaceFolder(folder.as_uri(), folder.name)],
        initialization_options={"debounce": 0},
    )


def _registers(client: LanguageClient) -> None:
    """Take what the server registers later and the edits that it asks for, as editors do."""

    @client.feature(types.CLIENT_REGISTER_CAPABILITY)
    def register(params: types.RegistrationParams) -> None:
        return None

    for name in (
        types.WORKSPACE_CODE_LENS_REFRESH,
        types.WORKSPACE_INLAY_HINT_REFRESH,
        types.WORKSPACE_SEMANTIC_TOKENS_REFRESH,
    ):
        client.feature(name)(lambda _: None)

    @client.feature(types.WORKSPACE_APPLY_EDIT)
    def apply(params: types.ApplyWorkspaceEditParams) -> types.ApplyWorkspaceEditResult:
        APPLIED.append(params.edit)
        return types.ApplyWorkspaceEditResult(applied=True)


@pytest_lsp.fixture(scope="module", config=SERVER)
async def code(lsp_client: LanguageClient, folder: Path) -> AsyncIterator[None]:
    _registers(lsp_client)
    answer = await lsp_client.initialize_session(started("visual-studio-code", folder))
    _ANSWERS[id(lsp_client)] = answer.capabilities
    yield
    await lsp_client.shutdown_session()


@pytest_lsp.fixture(scope="module", config=SERVER)
async def neovim(lsp_client: LanguageClient, folder: Path) -> AsyncIterator[None]:
    _registers(lsp_client)
    await lsp_client.initialize_session(started("neovim@0.7.0", folder))
    yield
    await lsp_client.shutdown_session()


@pytest.fixture(scope="module")
def project(code: LanguageClient, folder: Path) -> Any:
    """A project that is open in an editor with all abilities."""
    return _MARKED.Project(code, folder, _ANSWERS[id(code)])
