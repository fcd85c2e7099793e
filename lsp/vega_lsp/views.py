"""What an editor can show beside a program: the Python it becomes, and pictures of its workflows.

Both are commands of the protocol (`workspace/executeCommand`) with the document's address:

- `vega.python` gives `{text, lines}` or null where the program has errors; `lines` maps lines of
  the text to lines of the document, both from 0;
- `vega.graph` gives a list of `{workflow, svg}`, the pictures as `vegac graph` draws them.
"""

import logging
import os
from pathlib import Path
from typing import Any

from pygls.lsp.server import LanguageServer

from vega_lsp.program import Program
from vega_lsp.session import Session, path_of
from vegac.workspace import UsageError

log = logging.getLogger(__name__)


def python(session: Session, uri: str) -> dict[str, Any] | None:
    """The module that the program of a document becomes. Raises UsageError."""
    path = path_of(uri)
    program = _program(session, path)
    if program is None:
        return None
    workspace = session.workspace(program.path)
    folder = program.path.parent
    module = workspace.compile_tree(workspace.read(program.path), folder).module
    if module is None:
        return None
    name = Path(os.path.relpath(path, folder)).as_posix()
    lines = {
        str(line - 1): source - 1
        for line, (file, source, _) in module.lines.items()
        if file == name
    }
    return {"text": module.text, "lines": lines}


def graph(session: Session, uri: str) -> list[dict[str, str]]:
    """Pictures of the workflows of a document's program; none where it cannot be read."""
    from vegac.graph.model import graphs_of
    from vegac.graph.svg import svg

    program = _program(session, path_of(uri))
    if program is None or program.report.program is None:
        return []
    report = program.report
    graphs = graphs_of(program.report.program, report.placements)
    return [{"workflow": found.name, "svg": svg(found)} for found in graphs]


def _program(session: Session, path: Path) -> Program | None:
    return next(iter(session.programs_of(path)), None)


def register_views(server: LanguageServer, session: Session) -> None:
    """Register both commands; a failure inside is logged and gives nothing."""

    def show_python(uri: str) -> dict[str, Any] | None:
        try:
            return python(session, uri)
        except UsageError as error:
            log.warning("%s", error)
        except Exception:
            log.exception("no Python for %s", uri)
        return None

    def show_graph(uri: str) -> list[dict[str, str]]:
        try:
            return graph(session, uri)
        except Exception:
            log.exception("no picture of %s", uri)
            return []

    server.command("vega.python")(show_python)
    server.command("vega.graph")(show_graph)
