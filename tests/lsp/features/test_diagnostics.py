"""Findings are sent, or are there to be asked for: never both, and of the version that they are
about."""

import asyncio
from pathlib import Path
from typing import Any

from lsp_marked import Project
from lsprotocol import types
from pytest_lsp import ClientServerConfig, LanguageClient, client_capabilities

AGENTS = "agents:\n  Coder: {model: claude-haiku-4-5, system: You write.}\n"
FLOW = """\
include: agents.vega.yaml
workflows:
  main:
    steps:
      - Coder: Write
"""


class Listener:
    """An editor with chosen abilities, and what it has been told."""

    def __init__(self, client: LanguageClient) -> None:
        self.client = client
        self.sent: list[types.PublishDiagnosticsParams] = []
        self.refreshed = 0
        self._news = asyncio.Condition()
        for name in (types.WORKSPACE_DIAGNOSTIC_REFRESH, types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS):
            client.protocol.fm.features.pop(name, None)  # those here take their place

        @client.feature(types.WORKSPACE_DIAGNOSTIC_REFRESH)
        async def refresh(_: Any) -> None:
            async with self._news:
                self.refreshed += 1
                self._news.notify_all()

        @client.feature(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
        async def publish(params: types.PublishDiagnosticsParams) -> None:
            async with self._news:
                self.sent.append(params)
                self._news.notify_all()

        for name in (
            types.WORKSPACE_CODE_LENS_REFRESH,
            types.WORKSPACE_INLAY_HINT_REFRESH,
            types.WORKSPACE_SEMANTIC_TOKENS_REFRESH,
        ):
            client.feature(name)(lambda _: None)

        @client.feature(types.CLIENT_REGISTER_CAPABILITY)
        def register(_: types.RegistrationParams) -> None:
            return None

    async def until(self, said: Any) -> None:
        async with self._news:
            await asyncio.wait_for(self._news.wait_for(said), 30)


async def started(
    config: ClientServerConfig, folder: Path, capabilities: types.ClientCapabilities
) -> tuple[Listener, Project]:
    client = await config.start()
    assert isinstance(client, LanguageClient)
    listener = Listener(client)
    answer = await client.initialize_session(
        types.InitializeParams(
            capabilities=capabilities,
            workspace_folders=[types.WorkspaceFolder(folder.as_uri(), folder.name)],
            initialization_options={"debounce": 0},
        )
    )
    return listener, Project(client, folder, answer.capabilities)


async def test_what_is_sent_names_the_version_and_goes_when_it_is_cured(
    server: ClientServerConfig, tmp_path: Path
) -> None:
    listener, project = await started(server, tmp_path, client_capabilities("visual-studio-code"))
    project.open("agents.vega.yaml", AGENTS)
    project.open("flow.vega.yaml", FLOW)
    uri = project.uri("flow.vega.yaml")

    def said(version: int, codes: list[str]) -> bool:
        return any(
            (one.uri, one.version, [item.code for item in one.diagnostics]) == (uri, version, codes)
            for one in listener.sent
        )

    await listener.until(lambda: said(1, []))
    project.replace("flow.vega.yaml", FLOW.replace("Coder:", "Codr:"))
    await listener.until(lambda: said(2, ["unknown-agent"]))
    project.replace("flow.vega.yaml", FLOW)
    await listener.until(lambda: said(3, []))
    await project.client.shutdown_session()
    await project.client.stop()


async def test_unused_code_is_marked(server: ClientServerConfig, tmp_path: Path) -> None:
    _, project = await started(server, tmp_path, client_capabilities("visual-studio-code"))
    idle = "  Idle: {model: claude-haiku-4-5, system: x}\n"
    project.open("flow.vega.yaml", AGENTS + idle + FLOW.partition("\n")[2])
    found = await project.findings("flow.vega.yaml")
    marked = [item for item in found if types.DiagnosticTag.Unnecessary in (item.tags or ())]
    assert [project.text("flow.vega.yaml", item.range) for item in marked] == ["Idle"]
    await project.client.shutdown_session()
    await project.client.stop()


async def test_an_editor_that_asks_is_told_when_to_ask_again(
    server: ClientServerConfig, tmp_path: Path
) -> None:
    capabilities = client_capabilities("visual-studio-code")
    assert capabilities.text_document is not None
    assert capabilities.workspace is not None
    capabilities.text_document.diagnostic = types.DiagnosticClientCapabilities()
    capabilities.workspace.diagnostics = types.DiagnosticWorkspaceClientCapabilities(
        refresh_support=True
    )
    listener, project = await started(server, tmp_path, capabilities)
    assert project.capabilities.diagnostic_provider is not None
    project.open("agents.vega.yaml", AGENTS)
    project.open("flow.vega.yaml", FLOW)
    assert await project.findings("flow.vega.yaml") == []
    before = listener.refreshed
    project.replace("agents.vega.yaml", AGENTS.replace("Coder", "Writer"))
    await listener.until(lambda: listener.refreshed > before)
    [finding] = await project.findings("flow.vega.yaml")
    assert finding.code == "unknown-agent"
    assert listener.sent == []
    await project.client.shutdown_session()
    await project.client.stop()


async def test_an_editor_that_cannot_be_told_is_sent_all(
    server: ClientServerConfig, tmp_path: Path
) -> None:
    listener, project = await started(server, tmp_path, client_capabilities("neovim@0.10.0"))
    assert project.capabilities.diagnostic_provider is None
    project.open("agents.vega.yaml", AGENTS)
    project.open("flow.vega.yaml", FLOW)
    project.replace("agents.vega.yaml", AGENTS.replace("Coder", "Writer"))
    uri = project.uri("flow.vega.yaml")
    await listener.until(
        lambda: any(
            one.uri == uri and [item.code for item in one.diagnostics] == ["unknown-agent"]
            for one in listener.sent
        )
    )
    await project.client.shutdown_session()
    await project.client.stop()
