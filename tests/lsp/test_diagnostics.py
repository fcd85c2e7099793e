"""Diagnostics reach the editor as it types."""

from pathlib import Path
from typing import Any

from lsp_client import at, text_of
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
      - Coder writes: >-
          😀 Write on
          <<topc>>.
"""
PARTS = {
    "main.vega.yaml": """\
include: agents.vega.yaml
workflows:
  main:
    inputs: {topic: string}
    steps:
      - Coder writes: Write on <<topic>>
""",
    "agents.vega.yaml": """\
agents:
  Coder:
    model: claude-haiku-4-5
    system: You write.
""",
}


def codes(found: list[types.Diagnostic]) -> list[str]:
    return [str(item.code) for item in found]


async def test_a_finding_has_its_place_and_goes_when_it_is_mended(
    editor: Any, tmp_path: Path
) -> None:
    await editor.start()
    editor.open("a.vega.yaml", PROGRAM)
    found = await editor.findings("a.vega.yaml")
    first = next(item for item in found if item.code == "undefined-variable")
    assert text_of(PROGRAM, first.range) == "topc"
    assert first.severity == types.DiagnosticSeverity.Error
    assert "did you mean 'topic'" in first.message
    place = at(PROGRAM, "<<topc^>>")
    editor.edit(
        "a.vega.yaml",
        types.TextDocumentContentChangePartial(types.Range(first.range.start, place), "topic"),
    )
    assert await editor.findings("a.vega.yaml", 2) == []


async def test_edits_count_the_units_that_were_agreed_on(editor: Any) -> None:
    text = PROGRAM.replace("😀 Write on", "😀😀 Write on <<tpic>>")
    for encoding, column in (("utf-8", 10 + 8 + 12), ("utf-32", 10 + 2 + 12)):
        other = type(editor)(editor.root)
        await other.start(encoding)
        assert other.result.capabilities.position_encoding == encoding
        other.open("a.vega.yaml", text)
        found = await other.findings("a.vega.yaml")
        first = next(item for item in found if "'tpic'" in item.message)
        assert first.range.start == types.Position(9, column)
        end = types.Position(10, 12)
        other.edit(
            "a.vega.yaml",
            types.TextDocumentContentChangePartial(
                types.Range(types.Position(9, column + 1), types.Position(9, column + 1)), "o"
            ),
            types.TextDocumentContentChangePartial(
                types.Range(end, types.Position(10, 16)), "topic"
            ),
        )
        assert await other.findings("a.vega.yaml", 2) == []
        await other.stop()


async def test_findings_in_included_files_are_told_and_cleared(editor: Any) -> None:
    for name, text in PARTS.items():
        (editor.root / name).write_text(text)
    broken = PARTS["agents.vega.yaml"].replace("system", "sytem")
    (editor.root / "agents.vega.yaml").write_text(broken)
    await editor.start()
    editor.open("main.vega.yaml")
    assert await editor.findings("main.vega.yaml") == []
    assert "unknown-key" in codes(await editor.findings("agents.vega.yaml"))
    editor.open("agents.vega.yaml", PARTS["agents.vega.yaml"])
    assert await editor.findings("agents.vega.yaml", 1) == []


async def test_an_open_part_is_seen_in_the_program_that_includes_it(editor: Any) -> None:
    for name, text in PARTS.items():
        (editor.root / name).write_text(text)
    await editor.start()
    editor.open("agents.vega.yaml", PARTS["agents.vega.yaml"].replace("Coder", "Writer"))
    assert "unknown-agent" in codes(await editor.findings("main.vega.yaml"))
    editor.replace("agents.vega.yaml", PARTS["agents.vega.yaml"])
    assert await editor.findings("agents.vega.yaml", 2) == []
    await editor.until_clear("main.vega.yaml")


async def test_closing_a_file_clears_what_was_said_of_its_text(editor: Any) -> None:
    (editor.root / "a.vega.yaml").write_text(PROGRAM)
    await editor.start()
    editor.open("a.vega.yaml")
    assert await editor.findings("a.vega.yaml") != []
    editor.close("a.vega.yaml")
    await editor.until_clear("a.vega.yaml")


async def test_unused_code_is_tagged_and_labels_point_elsewhere(editor: Any) -> None:
    await editor.start()
    text = PROGRAM.replace("<<topc>>", "<<topic>>").replace(
        "workflows:", "  Spare:\n    system: x\n    model: claude-haiku-4-5\nworkflows:"
    )
    text += "agents2: 1\n"
    editor.open("a.vega.yaml", text)
    found = await editor.findings("a.vega.yaml")
    unused = next(item for item in found if item.code == "unused-agent")
    assert list(unused.tags or ()) == [types.DiagnosticTag.Unnecessary]
    assert text_of(text, unused.range) == "Spare"
    editor.replace("a.vega.yaml", text.replace("Spare", "Coder"))
    found = await editor.findings("a.vega.yaml", 2)
    twice = next(item for item in found if item.code == "duplicate-key")
    related = twice.related_information or []
    assert [info.location.range.start.line for info in related] == [1]


async def test_diagnostics_can_be_pulled(editor: Any) -> None:
    await editor.start()
    editor.open("a.vega.yaml", PROGRAM)
    ask = editor.client.text_document_diagnostic_async
    report = await ask(types.DocumentDiagnosticParams(editor.document("a.vega.yaml")))
    assert "undefined-variable" in codes(report.items)
    again = await ask(
        types.DocumentDiagnosticParams(
            editor.document("a.vega.yaml"), previous_result_id=report.result_id
        )
    )
    assert again.kind == "unchanged"
    whole = await editor.client.workspace_diagnostic_async(types.WorkspaceDiagnosticParams([]))
    assert [item.uri for item in whole.items] == [editor.uri("a.vega.yaml")]


async def test_a_file_that_appears_is_found(editor: Any) -> None:
    (editor.root / "main.vega.yaml").write_text(PARTS["main.vega.yaml"])
    await editor.start()
    editor.open("main.vega.yaml")
    assert "missing-file" in codes(await editor.findings("main.vega.yaml"))
    (editor.root / "agents.vega.yaml").write_text(PARTS["agents.vega.yaml"])
    editor.client.workspace_did_change_watched_files(
        types.DidChangeWatchedFilesParams(
            [types.FileEvent(editor.uri("agents.vega.yaml"), types.FileChangeType.Created)]
        )
    )
    await editor.until_clear("main.vega.yaml")
