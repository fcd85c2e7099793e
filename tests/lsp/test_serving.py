"""Starting the server, folders and settings."""

import asyncio
import re
import sys
from pathlib import Path
from typing import Any

import pytest
from lsp_client import PATIENCE
from lsprotocol import types
from pygls.lsp.client import LanguageClient

PROGRAM = """\
agents:
  Coder:
    model: claude-haiku-4-5
    system: You write.
workflows:
  main:
    inputs: {topic: string}
    steps:
      - Coder writes: Write on <<topic>>
        save: text
    output: <<text>>
"""


async def test_over_tcp(tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "vegac", "lsp", "--tcp", "127.0.0.1:0", "--log-level", "info"),
        stderr=asyncio.subprocess.PIPE,
        cwd=tmp_path,
    )
    assert process.stderr is not None
    try:
        port = 0
        while not port:
            line = await asyncio.wait_for(process.stderr.readline(), PATIENCE)
            assert line, "the server has ended"
            found = re.search(rb"'127\.0\.0\.1', (\d+)", line)
            port = int(found[1]) if found else 0
        client = LanguageClient("test-editor", "1")
        await client.start_tcp("127.0.0.1", port)
        result = await asyncio.wait_for(
            client.initialize_async(types.InitializeParams(types.ClientCapabilities())), PATIENCE
        )
        assert result.server_info is not None
        assert result.server_info.name == "vega"
        await asyncio.wait_for(client.shutdown_async(None), PATIENCE)
        client.exit(None)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--stdio", "--tcp", "127.0.0.1:1"], "take one of"),
        (["--tcp", "nowhere"], "is no address"),
        (["--log-level", "loud"], "there is no log level"),
    ],
)
async def test_wrong_options(options: list[str], message: str) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "vegac", "lsp", *options),
        stdin=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    _, errors = await asyncio.wait_for(process.communicate(), PATIENCE)
    assert process.returncode == 2
    assert message in errors.decode()
    assert "Traceback" not in errors.decode()


async def test_folders_and_settings(editor: Any) -> None:
    for name in ("one", "two"):
        (editor.root / name).mkdir()
        (editor.root / name / "a.vega.yaml").write_text(PROGRAM)
    (editor.root / "two" / "pyproject.toml").write_text('[tool.vega.lints]\nunused-agent = "off"\n')
    await editor.start(folders=[editor.root / "one"], options={"inlayHints": False})
    symbols = editor.client.workspace_symbol_async
    assert len(await symbols(types.WorkspaceSymbolParams("Coder"))) == 1
    editor.client.workspace_did_change_workspace_folders(
        types.DidChangeWorkspaceFoldersParams(
            types.WorkspaceFoldersChangeEvent(
                [types.WorkspaceFolder((editor.root / "two").as_uri(), "two")], []
            )
        )
    )
    assert len(await symbols(types.WorkspaceSymbolParams("Coder"))) == 2
    editor.open("two/a.vega.yaml")
    ask = types.InlayHintParams(
        editor.document("two/a.vega.yaml"),
        types.Range(types.Position(0, 0), types.Position(99, 0)),
    )
    assert not await editor.client.text_document_inlay_hint_async(ask)
    editor.client.workspace_did_change_configuration(
        types.DidChangeConfigurationParams({"vega": {"inlayHints": True}})
    )
    assert await editor.client.text_document_inlay_hint_async(ask)


async def test_other_files_and_odd_places_are_answered_with_nothing(editor: Any) -> None:
    await editor.start()
    (editor.root / "other.yaml").write_text("a: 1\n")
    editor.client.text_document_did_open(
        types.DidOpenTextDocumentParams(
            types.TextDocumentItem(editor.uri("other.yaml"), "yaml", 1, "a: 1\n")
        )
    )
    assert await editor.ask("hover", "other.yaml", types.Position(0, 0)) is None
    assert await editor.ask("hover", "missing.vega.yaml", types.Position(0, 0)) is None
    editor.open("new.vega.yaml", "")
    assert await editor.ask("hover", "new.vega.yaml", types.Position(7, 7)) is None
    found = await editor.ask("completion", "new.vega.yaml", types.Position(0, 0))
    assert "agents" in [item.label for item in found.items]
    assert [item.code for item in await editor.findings("new.vega.yaml")] == ["empty-file"]
