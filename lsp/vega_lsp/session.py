"""What an editor has open, and the programs that it belongs to."""

import logging
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, TypeVar, cast
from urllib.parse import quote, urlsplit

from lsprotocol import types
from msgspec import Struct
from pygls.uris import from_fs_path, to_fs_path

from vega_lsp import positions
from vega_lsp.program import Memory, Program
from vega_lsp.test_program import Known, program_of_tests
from vegac.discovery import programs_under
from vegac.source.file import SourceFile
from vegac.source.span import Span
from vegac.syntax.reader import FileTree
from vegac.testing.workspace import CheckingWorkspace
from vegac.workspace import SUFFIX, TEST_SUFFIX, UsageError, Workspace

log = logging.getLogger(__name__)
T = TypeVar("T")
MAX_PROGRAMS = 500
"""In how many files of a folder the server looks for an `include` of an open file."""


class Document(Struct, eq=False):
    """A text that is open in the editor."""

    uri: str
    path: Path
    version: int
    language: str
    file: SourceFile


class Settings(Struct):
    """What the user has set for the server; `debounce` counts milliseconds."""

    debounce: int = 0
    inlay_hints: bool = True
    code_lenses: bool = True
    delimiters: str = ""


class Snapshot(Struct, eq=False):
    """A file at one moment: its tree, and the program that it is seen in."""

    session: "Session"
    program: Program
    path: Path
    tree: FileTree

    @property
    def file(self) -> SourceFile:
        return self.tree.file

    def offset(self, place: types.Position) -> int:
        return positions.offset(self.file, place, self.session.encoding)

    def range(self, start: int, end: int) -> types.Range:
        return positions.range_of(self.file, start, end, self.session.encoding)

    def location(self, span: Span) -> types.Location | None:
        """Where a span of the program lies, in whichever of its files."""
        return self.session.location(self.program, span)

    def span_range(self, span: Span) -> types.Range | None:
        """The range of a span of this file; None for one of another file."""
        place = self.program.locate(span)
        if place is None or place.file.path != self.file.path:
            return None
        return self.range(place.start, place.end)

    def place(self, offset: int) -> tuple[str, int]:
        """The unit that holds an offset, and the offset in it."""
        found = self.tree.chunk_at(offset)
        return (found[0].unit, offset - found[1]) if found else ("", offset)


def path_of(uri: str) -> Path:
    """The path of a document; one that is in no file gets a path of its own."""
    scheme = urlsplit(uri).scheme
    found = to_fs_path(uri) if scheme == "file" else None
    if found:
        return _absolute(Path(found))
    return Path.cwd() / f".{scheme or 'no-file'}-{quote(uri, safe='')}{SUFFIX}"


class Session:
    """Open documents over the file system, and checked programs by their main file."""

    def __init__(self) -> None:
        self.encoding: positions.Encoding = "utf-16"
        self.client = types.ClientCapabilities()
        """What the editor can do."""
        self.settings = Settings()
        self.documents: dict[Path, Document] = {}
        self.folders: list[Path] = []
        self.overlay: dict[Path, str] = {}
        self.tokens: dict[Path, list[int]] = {}
        """The semantic tokens that were sent last, for the next difference."""
        self._workspaces: dict[Path, Workspace] = {}
        self._programs: dict[Path, Program] = {}
        self._memories: dict[Path, Memory] = {}
        self._derived: dict[Path, dict[str, Any]] = {}
        """What was found out about programs, by name: little, and kept for those that are not open
        as well."""
        self._including: dict[Path, list[Path]] = {}
        self._listings: dict[Path, list[Path]] = {}
        self._tests: dict[Path, Known] = {}

    def configure(self, given: object) -> None:
        """Take what the client has set, under `vega` or as it is; odd values are left alone."""
        sent = plain(given)
        found = cast("dict[str, Any]", sent if isinstance(sent, dict) else {})
        found = found["vega"] if isinstance(found.get("vega"), dict) else found
        for name in self.settings.__struct_fields__:
            parts = name.split("_")
            camel = parts[0] + "".join(part.title() for part in parts[1:])
            value = found.get(camel, found.get(name))
            if type(value) is type(getattr(self.settings, name)):
                setattr(self.settings, name, value)

    def restart(self) -> None:
        """Forget all that was found so far."""
        self._workspaces.clear()
        self._programs.clear()
        self._memories.clear()
        self._derived.clear()
        self.forget_files([])

    # --- documents -----------------------------------------------------------------------------

    def open(self, item: types.TextDocumentItem) -> Document:
        path = path_of(item.uri)
        document = Document(
            item.uri, path, item.version, item.language_id, SourceFile(item.uri, item.text)
        )
        self.documents[path] = document
        self.overlay[path] = item.text
        self.forget_files([path])
        return document

    def change(
        self, uri: str, version: int, changes: Iterable[types.TextDocumentContentChangeEvent]
    ) -> Document | None:
        document = self.documents.get(path_of(uri))
        if document is None:
            return None
        for change in changes:
            document.file = positions.changed(document.file, change, self.encoding)
        document.version = version
        mark = "\ufeff" if document.file.bom else ""
        self.overlay[document.path] = mark + document.file.text
        if _names_others(document.file.text):
            self._including.clear()
        self._drop(document.path)
        return document

    def close(self, uri: str) -> Path:
        path = path_of(uri)
        self.documents.pop(path, None)
        self.overlay.pop(path, None)
        self.tokens.pop(path, None)
        self.forget_files([path])
        return path

    def forget_files(self, paths: Iterable[Path]) -> None:
        """Files came, went or changed outside of the editor."""
        self._including.clear()
        self._listings.clear()
        for path in paths:
            if path.name == "pyproject.toml":
                self._workspaces.clear()
                self._programs.clear()
                self._derived.clear()
            self._drop(path)
        # A new file may be one that an `include` was looking for.
        for main, program in list(self._programs.items()):
            if _looks_around(program):
                del self._programs[main]
        for main, derived in list(self._derived.items()):
            if derived["looks around"]:
                del self._derived[main]

    def _drop(self, path: Path) -> None:
        for main, program in list(self._programs.items()):
            if main == path or program.holds(path):
                del self._programs[main]
        for main, derived in list(self._derived.items()):
            if main == path or path in derived["files"]:
                del self._derived[main]

    # --- programs ------------------------------------------------------------------------------

    def workspace(self, path: Path) -> Workspace:
        """The workspace of the innermost folder that holds a file."""
        homes = [folder for folder in self.folders if path.is_relative_to(folder)]
        home = max(homes, key=lambda folder: len(folder.parts), default=path.parent)
        if home not in self._workspaces:
            self._workspaces[home] = CheckingWorkspace(home, self.overlay, remembering=True)
        return self._workspaces[home]

    def program(self, path: Path) -> Program | None:
        """The program of a main file, checked unless nothing has changed. None where a file of it
        cannot be read."""
        known = self._programs.get(path)
        if known is None:
            workspace = self.workspace(path)
            try:
                report = workspace.check_tree(workspace.read(path), path.parent)
            except (UsageError, OSError) as error:
                log.info("%s: %s", path, error)
                return None
            memory = self._memories.setdefault(path, Memory())
            files = self._files(workspace, path, report.declarations)
            skills = (one for one in report.lookups.contents if one.suffix == ".md")
            files |= {workspace.shown(one): one for one in skills}
            known = Program(path, report, files, memory)
            self._programs[path] = known
        return known

    def derived(self, main: Path, name: str, derive: Callable[[Program], T]) -> T | None:
        """Something that follows from a program alone, found out once for each state of it. None
        where the program cannot be read."""
        known: dict[str, Any] | None = self._derived.get(main)
        if known is None or name not in known:
            program = self.program(main)
            if program is None:
                return None
            if known is None:
                files = tuple(program.files.values())
                known = {"files": files, "looks around": _looks_around(program)}
                self._derived[main] = known
            known[name] = derive(program)
        return known[name]

    def release(self, main: Path) -> None:
        """Let go of a program that nothing open is part of."""
        program = self._programs.get(main)
        if program is None or any(path in self.documents for path in program.files.values()):
            return
        del self._programs[main]
        self._memories.pop(main, None)
        self.workspace(main).forget(list(program.files))

    def mains(self) -> Iterator[Path]:
        """The main files of the programs of all that is open, and of the workspace's folders. Each
        is let go after its turn, unless it is open."""
        paths: dict[Path, None] = dict.fromkeys(filter(self.is_vega, self.documents))
        for folder in self.folders:
            for path in programs_under(folder)[:MAX_PROGRAMS]:
                paths[_absolute(path)] = None
        seen: set[Path] = set()
        for path in paths:
            for main in self._mains(path) or [path]:
                if main not in seen:
                    seen.add(main)
                    yield main
                    self.release(main)

    def _files(self, workspace: Workspace, path: Path, declarations: object) -> dict[str, Path]:
        trees: list[FileTree] = getattr(declarations, "trees", [])
        shown = {workspace.shown(open_path): open_path for open_path in self.documents}
        files = {tree.file.path: _absolute(workspace.root / tree.file.path) for tree in trees}
        files.update({name: shown[name] for name in files if name in shown})
        files[workspace.shown(path)] = path
        return files

    def programs_of(self, path: Path) -> list[Program]:
        """The programs that a file is part of: those that include it, or else its own."""
        if path.name.endswith(TEST_SUFFIX):
            tested = program_of_tests(self, path, self._tests)
            return [tested] if tested is not None else []
        mains = self._mains(path)
        found = [program for main in mains if (program := self.program(main)) is not None]
        holding = [program for program in found if program.holds(path)]
        if holding or not self.is_vega(path):
            return holding
        own = self.program(path)
        return [own] if own is not None else []

    def is_vega(self, path: Path) -> bool:
        """Whether a file is a program by its name or by what the editor calls it."""
        if path.name.endswith(TEST_SUFFIX):
            return False
        document = self.documents.get(path)
        return path.name.endswith(SUFFIX) or (document is not None and document.language == "vega")

    def _mains(self, path: Path) -> list[Path]:
        known = self._including.get(path)
        if known is None:
            known = [
                main for main in self._candidates(path) if main != path and self._holds(main, path)
            ]
            self._including[path] = known
        return known

    def _holds(self, main: Path, path: Path) -> bool:
        files = self.derived(main, "files", lambda program: tuple(program.files.values()))
        return files is not None and path in files

    def _candidates(self, path: Path) -> Iterator[Path]:
        """Files that might include another one."""
        found: dict[Path, None] = {}
        for folder in self.folders or [path.parent]:
            if path.is_relative_to(folder):
                found.update(dict.fromkeys(self._listed(folder)))
        for open_path, text in self.overlay.items():
            found.pop(open_path, None)
            if _names_others(text) and self.is_vega(open_path):
                found[open_path] = None
        yield from found

    def _listed(self, folder: Path) -> list[Path]:
        """The program files of a folder that speak of other files."""
        if folder not in self._listings:
            paths = (_absolute(path) for path in programs_under(folder)[:MAX_PROGRAMS])
            self._listings[folder] = [path for path in paths if _speaks_of_others(path)]
        return self._listings[folder]

    def snapshot(self, uri: str) -> Snapshot | None:
        """A file as it is now, or None for one that has nothing to do with Vega."""
        path = path_of(uri)
        for program in self.programs_of(path):
            tree = program.tree(path)
            if tree is not None:
                return Snapshot(self, program, path, tree)
        return None

    # --- places --------------------------------------------------------------------------------

    def uri(self, path: Path) -> str:
        document = self.documents.get(path)
        return document.uri if document else from_fs_path(str(path)) or path.as_uri()

    def location(self, program: Program, span: Span) -> types.Location | None:
        place = program.locate(span)
        path = program.files.get(place.file.path) if place else None
        if place is None or path is None:
            return None
        found = positions.range_of(place.file, place.start, place.end, self.encoding)
        return types.Location(self.uri(path), found)


def _looks_around(program: Program) -> bool:
    """Whether a program depends on which files there are."""
    lookups = program.report.lookups
    return bool(lookups.names or lookups.files)


def _absolute(path: Path) -> Path:
    """The path without `..`; symbolic links stay, as the editor knows files by those."""
    return Path(os.path.abspath(path))  # noqa: PTH100


def _speaks_of_others(path: Path) -> bool:
    try:
        return _names_others(path.read_text(encoding="utf-8", errors="replace"))
    except OSError:
        return False


def _names_others(text: str) -> bool:
    """Whether a program may have other files: those that it includes, and skills."""
    return "include" in text or "skills" in text


def plain(value: Any) -> Any:
    """What a client sent as maps and lists: the library makes objects of maps."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in cast("dict[Any, Any]", value).items()}
    if isinstance(value, list):
        return [plain(item) for item in cast("list[Any]", value)]
    if hasattr(value, "_asdict"):
        return plain(value._asdict())
    return value
