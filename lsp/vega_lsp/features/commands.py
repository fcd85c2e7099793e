"""What stands behind the code lenses, for editors that cannot do it by themselves."""

import atexit
import re
import shlex
import shutil
import tempfile
from functools import cache
from pathlib import Path

from msgspec import Struct

from vega_lsp.session import Session, path_of
from vega_lsp.views import python


class Emitted(Struct):
    """The Python of a program: a file that holds it and the line (from 0) on which a workflow
    begins, or the reason why there is none."""

    path: Path | None = None
    text: str = ""
    line: int = 0
    problem: str = ""


def emitted(session: Session, uri: str, name: str) -> Emitted:
    """The Python that a program becomes, as it stands in the editor. The file is a copy to look
    at; nothing is written beside the program."""
    from vegac.emit.module import module_name

    path = path_of(uri)
    found = python(session, uri)
    if found is None:
        return Emitted(problem=f"{path.name} has errors: there is no Python to show")
    text = found["text"]
    file = _folder() / f"{module_name(path.name)}.py"
    file.write_text(text, encoding="utf-8")
    return Emitted(file, text, _line_of(text, name))


@cache
def _folder() -> Path:
    """A folder of this server's own; it goes when the server ends."""
    folder = tempfile.mkdtemp(prefix="vega-python-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)


def _line_of(text: str, workflow: str) -> int:
    """The line of a workflow's function, from 0."""
    found = re.search(rf'@workflow\(\s*PROGRAM,\s*"{re.escape(workflow)}"', text)
    start = text.find("async def ", found.end()) if found else -1
    return text.count("\n", 0, start) if start >= 0 else 0


def in_terminal(command: str, uri: str, name: str) -> str:
    """The command line that runs a workflow or a test."""
    path = str(path_of(uri))
    if command == "test":
        return shlex.join(["vegac", "test", path, "-k", name])
    return shlex.join(["vegac", "run", path, name])
