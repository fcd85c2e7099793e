"""No text that an editor may hold, and no place in it, makes a feature fail."""

import logging
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lsp_program import MAIN, PART
from lsprotocol import types

from vega_lsp.handlers import FEATURES
from vega_lsp.session import Session

_EXTRA: dict[str, dict[str, Any]] = {
    types.TEXT_DOCUMENT_REFERENCES: {"context": types.ReferenceContext(True)},
    types.TEXT_DOCUMENT_ON_TYPE_FORMATTING: {"ch": "\n"},
    types.TEXT_DOCUMENT_RENAME: {"new_name": "other_name"},
    types.TEXT_DOCUMENT_CODE_ACTION: {"context": types.CodeActionContext([])},
    types.TEXT_DOCUMENT_SEMANTIC_TOKENS_FULL_DELTA: {"previous_result_id": "x"},
}

_INSERTS = ("", "<<", "{{", " | ", ": ", "\n", "- ", '"', "'", "\t", "&a ", "*a", "😀")


class _Params:
    def __init__(self, **values: Any) -> None:
        self.__dict__.update(values)


def ask_everything(session: Session, uri: str, place: types.Position) -> None:
    snapshot = session.snapshot(uri)
    if snapshot is None:
        return
    for name, (feature, _) in FEATURES.items():
        params = _Params(
            text_document=types.TextDocumentIdentifier(uri),
            position=place,
            positions=[place],
            range=types.Range(types.Position(0, 0), place),
            options=None,
            **_EXTRA.get(name, {}),
        )
        feature(snapshot, params)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("broken")
    (found / "parts").mkdir()
    (found / "parts" / "agents.vega.yaml").write_text(PART, encoding="utf-8")
    return found


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_features_answer_in_broken_texts(folder: Path, data: st.DataObject) -> None:
    logging.disable(logging.CRITICAL)
    cut = data.draw(st.integers(0, len(MAIN)))
    length = data.draw(st.integers(0, 40))
    insert = data.draw(
        st.sampled_from(
            ["", "<<", "{{", " | ", ": ", "\n", "- ", '"', "'", "\t", "&a ", "*a", "😀"]
        )
    )
    text = MAIN[:cut] + insert + MAIN[cut + length :]
    session = Session()
    session.folders = [folder]
    uri = (folder / "main.vega.yaml").as_uri()
    session.open(types.TextDocumentItem(uri, "vega", 1, text))
    line = text[:cut].count("\n")
    column = len(text[:cut].rpartition("\n")[2]) + len(insert)
    for place in (types.Position(line, column), types.Position(line + 1, 4)):
        try:
            ask_everything(session, uri, place)
        except Exception as error:
            if type(error).__name__ != "JsonRpcInvalidParams":
                raise
    session.close(uri)
