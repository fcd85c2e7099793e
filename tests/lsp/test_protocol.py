"""What clients and the server agree on: cancelling, progress, files, folders, settings, units."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from lsp_wire import PATIENCE, Wire, start

PROGRAM = """\
agents:
  Coder:
    model: claude-haiku-4-5
    system: You write.
workflows:
  main:
    inputs: {topic: string}
    steps:
      - Coder: Write on <<topic>>
"""
CANCELLED = -32800


@pytest_asyncio.fixture
async def wire(tmp_path: Path) -> AsyncIterator[Wire]:
    process, found = await start(tmp_path)
    yield found
    await found.close()
    assert await asyncio.wait_for(process.wait(), PATIENCE) == 0


def project(folder: Path, count: int) -> None:
    for number in range(count):
        text = PROGRAM.replace("main", f"main{number}").replace("<<topic>>", "<<topc>>")
        (folder / f"p{number}.vega.yaml").write_text(text)


async def codes(wire: Wire, uri: str, version: int) -> list[str]:
    return [item["code"] for item in await wire.diagnostics(uri, version)]


# --- cancelling -----------------------------------------------------------------------------------


async def test_a_request_that_waits_can_be_cancelled(wire: Wire, tmp_path: Path) -> None:
    await wire.initialize([tmp_path])
    uri = (tmp_path / "a.vega.yaml").as_uri()
    wire.open(uri, PROGRAM)
    place = {"textDocument": {"uri": uri}, "position": {"line": 8, "character": 30}}
    asked = [wire.request("textDocument/completion", place) for _ in range(4)]
    for number, _ in asked[1:]:
        wire.notify("$/cancelRequest", {"id": number})
    answers = [await asyncio.wait_for(answer, PATIENCE) for _, answer in asked]
    assert answers[0]["result"]
    assert {answer.get("error", {}).get("code") for answer in answers[1:]} <= {None, CANCELLED}
    # The last one waited for all that was sent.
    assert answers[-1]["error"]["code"] == CANCELLED
    wire.notify("$/cancelRequest", {"id": 999})
    assert (await wire.ask("textDocument/hover", place)) is not None


async def test_a_check_of_everything_can_be_cancelled_and_lets_others_pass(
    wire: Wire, tmp_path: Path
) -> None:
    project(tmp_path, 60)
    await wire.initialize([tmp_path])
    number, everything = wire.request("workspace/diagnostic", {"previousResultIds": []})
    uri = (tmp_path / "p0.vega.yaml").as_uri()
    symbols = await wire.ask("textDocument/documentSymbol", {"textDocument": {"uri": uri}})
    assert symbols
    assert not everything.done()
    wire.notify("$/cancelRequest", {"id": number})
    found = await asyncio.wait_for(everything, PATIENCE)
    assert found["error"]["code"] == CANCELLED


# --- progress -------------------------------------------------------------------------------------


def progress_of(wire: Wire, token: str) -> list[dict[str, Any]]:
    params = [item["params"] for item in wire.notices if item["method"] == "$/progress"]
    return [item["value"] for item in params if item["token"] == token]


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("workspace/diagnostic", {"previousResultIds": []}),
        ("workspace/symbol", {"query": "main"}),
    ],
)
async def test_a_check_of_everything_says_how_far_it_is(
    wire: Wire, tmp_path: Path, method: str, params: dict[str, Any]
) -> None:
    project(tmp_path, 5)
    await wire.initialize([tmp_path])
    found = await wire.ask(method, {**params, "workDoneToken": "t"})
    assert len(found["items"] if isinstance(found, dict) else found) == 5
    told = progress_of(wire, "t")
    assert [value["kind"] for value in told] == ["begin", *["report"] * 5, "end"]
    assert told[0]["cancellable"]
    assert told[-2]["message"] == "5 programs"


async def test_progress_can_be_cancelled(wire: Wire, tmp_path: Path) -> None:
    project(tmp_path, 60)
    await wire.initialize([tmp_path])
    params = {"previousResultIds": [], "workDoneToken": "t"}
    _, everything = wire.request("workspace/diagnostic", params)
    await wire.notice("$/progress", token="t")
    wire.notify("window/workDoneProgress/cancel", {"token": "t"})
    found = await asyncio.wait_for(everything, PATIENCE)
    # What was found until then is the answer.
    assert 0 < len(found["result"]["items"]) < 60
    assert progress_of(wire, "t")[-1] == {"kind": "end"}


async def test_what_has_not_changed_is_not_sent_again(wire: Wire, tmp_path: Path) -> None:
    project(tmp_path, 2)
    await wire.initialize([tmp_path])
    first = await wire.ask("workspace/diagnostic", {"previousResultIds": []})
    known = [{"uri": item["uri"], "value": item["resultId"]} for item in first["items"]]
    changed = tmp_path / "p1.vega.yaml"
    changed.write_text(PROGRAM)
    event = {"uri": changed.as_uri(), "type": 2}
    wire.notify("workspace/didChangeWatchedFiles", {"changes": [event]})
    again = await wire.ask("workspace/diagnostic", {"previousResultIds": known})
    kinds = {item["uri"].rpartition("/")[2]: item["kind"] for item in again["items"]}
    assert kinds == {"p0.vega.yaml": "unchanged", "p1.vega.yaml": "full"}


# --- files ----------------------------------------------------------------------------------------


async def test_files_that_change_outside_of_the_editor(wire: Wire, tmp_path: Path) -> None:
    watching = {"workspace": {"didChangeWatchedFiles": {"dynamicRegistration": True}}}
    await wire.initialize([tmp_path], watching)
    asked = await wire.asking("client/registerCapability")
    methods = [item["method"] for item in asked["registrations"]]
    assert methods == ["workspace/didChangeWatchedFiles"]
    main, part = tmp_path / "main.vega.yaml", tmp_path / "part.vega.yaml"
    text = PROGRAM.replace("agents:", "include: part.vega.yaml\nagents:", 1)
    part.write_text("agents:\n  Critic:\n    extends: Coder\n")
    uri = main.as_uri()
    wire.open(uri, text.replace("Coder: Write", "Critic: Write"))
    assert await codes(wire, uri, 1) == []
    for change, expected in (
        (lambda: part.write_text("agents:\n  Judge:\n    extends: Coder\n"), "unknown-agent"),
        (lambda: part.write_text("agents:\n  Critic:\n    extends: Coder\n"), None),
        (part.unlink, "missing-file"),
    ):
        wire.notices.clear()
        change()
        event = {"uri": part.as_uri(), "type": 2 if part.exists() else 3}
        wire.notify("workspace/didChangeWatchedFiles", {"changes": [event]})
        found = await codes(wire, uri, 1)
        assert (expected in found) if expected else found == []


async def test_what_the_project_says_of_findings(wire: Wire, tmp_path: Path) -> None:
    await wire.initialize([tmp_path])
    uri = (tmp_path / "a.vega.yaml").as_uri()
    wire.open(uri, PROGRAM.replace("<<topic>>", "tea"))
    assert await codes(wire, uri, 1) == ["unused-input"]
    config = tmp_path / "pyproject.toml"
    config.write_text('[tool.vega.lints]\nunused-input = "off"\n')
    wire.notices.clear()
    event = {"uri": config.as_uri(), "type": 1}
    wire.notify("workspace/didChangeWatchedFiles", {"changes": [event]})
    assert await codes(wire, uri, 1) == []


# --- folders and settings -------------------------------------------------------------------------


async def test_each_folder_has_its_own_configuration(wire: Wire, tmp_path: Path) -> None:
    text = PROGRAM.replace("<<topic>>", "tea")
    one, two = tmp_path / "one", tmp_path / "two"
    for folder in (one, two):
        folder.mkdir()
        (folder / "a.vega.yaml").write_text(text)
    (two / "pyproject.toml").write_text('[tool.vega.lints]\nunused-input = "error"\n')
    await wire.initialize([one])

    async def severities() -> dict[str, list[int]]:
        found = await wire.ask("workspace/diagnostic", {"previousResultIds": []})
        return {
            item["uri"].split("/")[-2]: [finding["severity"] for finding in item["items"]]
            for item in found["items"]
        }

    assert await severities() == {"one": [2]}
    added = {"added": [{"uri": two.as_uri(), "name": "two"}], "removed": []}
    wire.notify("workspace/didChangeWorkspaceFolders", {"event": added})
    assert await severities() == {"one": [2], "two": [1]}
    removed = {"added": [], "removed": [{"uri": one.as_uri(), "name": "one"}]}
    wire.notify("workspace/didChangeWorkspaceFolders", {"event": removed})
    assert await severities() == {"two": [1]}


async def test_settings_are_asked_for_where_the_client_can_be_asked(
    wire: Wire, tmp_path: Path
) -> None:
    wire.answers["workspace/configuration"] = [{"inlayHints": False}]
    changing = {"configuration": True, "didChangeConfiguration": {"dynamicRegistration": True}}
    await wire.initialize([tmp_path], {"workspace": changing})
    asked = await wire.asking("workspace/configuration")
    assert asked["items"] == [{"section": "vega"}]
    registered = await wire.asking("client/registerCapability")
    assert [item["id"] for item in registered["registrations"]] == ["vega-settings"]
    uri = (tmp_path / "a.vega.yaml").as_uri()
    wire.open(uri, PROGRAM.replace("on <<topic>>", "on <<topic>>\n        save: text"))
    everything = {"start": {"line": 0, "character": 0}, "end": {"line": 99, "character": 0}}
    hints = {"textDocument": {"uri": uri}, "range": everything}
    assert not await wire.ask("textDocument/inlayHint", hints)
    wire.answers["workspace/configuration"] = [{"inlayHints": True}]
    wire.asked.clear()
    wire.notify("workspace/didChangeConfiguration", {"settings": None})
    await wire.asking("workspace/configuration")
    assert await wire.ask("textDocument/inlayHint", hints)


# --- units of columns -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("offered", "agreed", "width"),
    [
        (["utf-8"], "utf-8", lambda text: len(text.encode())),
        (["utf-16"], "utf-16", lambda text: len(text.encode("utf-16-le")) // 2),
        (["utf-32"], "utf-32", len),
        (None, "utf-16", lambda text: len(text.encode("utf-16-le")) // 2),
    ],
)
async def test_columns_count_the_units_that_were_agreed_on(
    wire: Wire, tmp_path: Path, offered: list[str] | None, agreed: str, width: Any
) -> None:
    general = {"general": {"positionEncodings": offered}} if offered else {}
    found = await wire.initialize([tmp_path], general)
    assert found["capabilities"]["positionEncoding"] == agreed
    uri = (tmp_path / "a.vega.yaml").as_uri()
    line = "      - Coder: é 😀 <<topic>> 𝒳 <<topc>>"
    wire.open(uri, PROGRAM.replace("      - Coder: Write on <<topic>>", line))
    wrong = next(
        item for item in await wire.diagnostics(uri, 1) if item["code"] == "undefined-variable"
    )
    before = line[: line.index("topc")]
    assert wrong["range"]["start"] == {"line": 8, "character": width(before)}
    assert wrong["range"]["end"] == {"line": 8, "character": width(before) + 4}
    # The client's columns are read in the same way.
    place = {"line": 8, "character": width(line[: line.index("topic") + 1])}
    here = {"textDocument": {"uri": uri}, "position": place}
    definition = await wire.ask("textDocument/definition", here)
    shown = definition[0] if isinstance(definition, list) else definition
    assert (shown.get("range") or shown["targetRange"])["start"]["line"] == 6
    change = {"range": {**wrong["range"], "end": wrong["range"]["start"]}, "text": "😀"}
    wire.change(uri, 2, change)
    moved = {"line": 8, "character": width(before + "😀")}
    end = {"line": 8, "character": width(before + "😀") + 4}
    wire.change(uri, 3, {"range": {"start": moved, "end": end}, "text": "topic"})
    back = {"range": {"start": wrong["range"]["start"], "end": moved}, "text": ""}
    wire.change(uri, 4, back)
    assert await codes(wire, uri, 4) == []
