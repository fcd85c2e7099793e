"""Starting the server, folders and settings."""

from typing import Any

from lsprotocol import types

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
