"""Files, programs and what is known of them: the one thing that the command line and the language
server talk to."""

import gc
import glob
import hashlib
import os
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from vegac.cascades.finish import finish
from vegac.config import Config, read_config
from vegac.ir import nodes as ir
from vegac.ir.build.memory import Memory as LoweringMemory
from vegac.ir.build.program import ProgramContext, build_program, program_of
from vegac.ir.build.skills import SkillFile
from vegac.policy import apply_policy, silenced_errors
from vegac.semantics.declarations import Collector, Declarations
from vegac.source.diagnostic import Diagnostic
from vegac.source.file import Placements, SourceFile
from vegac.source.findings import Findings
from vegac.source.reading import MAX_FILE_BYTES, is_file, is_folder, is_missing, read_bytes
from vegac.source.registry import report
from vegac.source.span import Span
from vegac.syntax.front_matter import front_matter
from vegac.syntax.reader import FileTree, Reader

if TYPE_CHECKING:
    from vegac.analysis.passes import Judgements
    from vegac.emit.module import EmittedModule

SUFFIX = ".vega.yaml"
TEST_SUFFIX = ".vega.test.yaml"
SKILL_PATTERNS = ("*.md", "*/SKILL.md")
"""The files of a folder that are skills."""


class UsageError(ValueError):
    """A path or an option that cannot be used; the message is for the user."""


class Lookups(Struct):
    """What a check asked for besides the contents of files of the program: the names that the
    pattern of an `include` had in a folder (or one for skills), whether files that agents name were
    there, and what other files held, such as those of skills."""

    names: dict[tuple[Path, str], tuple[str, ...]] = field(
        default_factory=dict[tuple[Path, str], tuple[str, ...]]
    )
    files: dict[Path, bool] = field(default_factory=dict[Path, bool])
    contents: dict[Path, bytes] = field(default_factory=dict[Path, bytes])


class Report(Struct, eq=False):
    """What a check found. `program` is the IR, usable only without errors.

    `silenced` are errors that the user wants to hear nothing of, though the program cannot be
    compiled with them. `tests` is how many tests there are in a file of tests, None for a program.
    """

    diagnostics: list[Diagnostic]
    placements: Placements
    program: ir.Program | None
    declarations: Declarations | None
    strict: bool = False
    silenced: list[Diagnostic] = field(default_factory=list[Diagnostic])
    lookups: Lookups = field(default_factory=Lookups)
    tests: int | None = None

    @property
    def has_errors(self) -> bool:
        return any(finding.severity == "error" for finding in self.diagnostics)


class Compiled(Struct, eq=False):
    """A checked program and, without errors, the module that it became."""

    report: Report
    digest: str
    module: "EmittedModule | None"

    @property
    def program(self) -> ir.Program | None:
        return self.report.program


class Memory(Struct, eq=False):
    """What is remembered of a program's definitions, to check it again after an edit."""

    lowering: LoweringMemory = field(default_factory=LoweringMemory)
    judgements: "Judgements | None" = None


class Workspace:
    """Reads and checks programs. One workspace keeps what it has read, by content.

    `overlay` are texts that stand for files (those open in an editor), by absolute path without
    `..`; it may change between checks. A `remembering` workspace also keeps what it knows of each
    definition, so that checking a program again costs only what has changed in it.
    """

    suffixes: tuple[str, ...] = (SUFFIX,)
    """How the names of files end that are looked for in folders."""

    def __init__(
        self,
        root: Path | None = None,
        overlay: Mapping[Path, str] | None = None,
        *,
        remembering: bool = False,
    ) -> None:
        self.root = root or Path.cwd()
        self.overlay: Mapping[Path, str] = {} if overlay is None else overlay
        self.reader = Reader()
        self.today = date.today()
        self._inside = os.path.join(os.path.realpath(self.root), "")  # noqa: PTH118
        """How the real names of files in the workspace begin."""
        # Where links lead to the root, `..` is not above it for everyone.
        is_real = self._inside == os.path.join(os.path.abspath(self.root), "")  # noqa: PTH100, PTH118
        self._near = Path(self._inside).parts[:2] if is_real else ()
        """How those begin that are named from here though they are outside."""
        self._configs: dict[Path, Config] = {}
        self._remembering = remembering
        self._memories: dict[str, Memory] = {}
        self._kept: dict[str, bytes] = {}

    def renewed(self) -> "Workspace":
        """A workspace for another day and other configurations that has read the same files."""
        workspace = type(self)(self.root)
        workspace.reader = self.reader
        workspace._kept = self._kept
        return workspace

    def forget(self, shown: Sequence[str]) -> None:
        """Let go of what is remembered of files, by the names that messages give them."""
        for name in shown:
            self.reader.forget(name)
            self._memories.pop(name, None)

    # --- files ---------------------------------------------------------------------------------

    def discover(self, paths: Sequence[Path]) -> list[Path]:
        """The files that `paths` name: those given, and programs under folders.

        Raises `UsageError` for a path that does not exist, and for a configuration that is wrong.
        """
        from vegac.discovery import programs_under

        found: dict[Path, Path] = {}
        for path in paths:
            if is_missing(path):
                raise UsageError(f"there is no file or folder '{path}'")
            self.config(path if is_folder(path) else path.parent)
            if is_folder(path):
                files = programs_under(path, self.suffixes, self.excluded)
            else:
                files = [path]
            for file in files:
                found.setdefault(file.absolute(), file)
        return list(found.values())

    def config(self, folder: Path) -> Config:
        """What `[tool.vega]` above a folder sets. Raises `UsageError` where that is wrong."""
        config = self._config(folder)
        if config.problem:
            raise UsageError(config.problem)
        return config

    def _config(self, folder: Path) -> Config:
        known = self._configs.get(folder)
        if known is None:
            known = self._configs[folder] = read_config(folder)
        return known

    def lints(self, folder: Path) -> Mapping[str, str]:
        """The severities of findings that `[tool.vega]` above a folder sets."""
        return self._config(folder).lints

    def excluded(self, path: Path) -> bool:
        """Whether a file under a folder is to be left out. Raises `UsageError`."""
        return self.config(path.parent).excludes(path)

    def read(self, path: Path) -> FileTree:
        """The tree of a file. Raises `UsageError` when it cannot be read."""
        shown = self.shown(path)
        draft = self._draft(path)
        if draft is not None:
            return self.read_text(shown, draft)
        try:
            data = self.kept(path)
            if data is None:
                data = read_bytes(path)
                if not path.is_file():
                    self._kept[shown] = data
        except OSError as error:
            raise UsageError(f"cannot read '{path}': {error.strerror or error}") from None
        return self.read_text(shown, data)

    def kept(self, path: Path) -> bytes | None:
        """What a pipe or a device gave when it was read: it gives that once."""
        return self._kept.get(self.shown(path)) if self._kept else None

    def _draft(self, path: Path) -> str | None:
        """The text that stands for a file."""
        return self.overlay.get(Path(os.path.abspath(path))) if self.overlay else None  # noqa: PTH100

    def read_text(self, shown: str, data: bytes | str) -> FileTree:
        """The tree of a file's contents; `shown` is how messages name it."""
        if isinstance(data, str):
            return self.reader.read(SourceFile(shown, data))
        if len(data) > MAX_FILE_BYTES:
            return self.reader.read(SourceFile(shown, data.decode(errors="replace")))
        try:
            return self.reader.read(SourceFile(shown, data.decode()))
        except UnicodeDecodeError as error:
            file = SourceFile(shown, data.decode(errors="replace"))
            start = len(data[: error.start].decode(errors="replace"))
            return self._unreadable(file, start, "this file is not UTF-8 text", "save it as UTF-8")

    def _unreadable(self, file: SourceFile, start: int, message: str, hint: str = "") -> FileTree:
        """The tree of a file of which no more is said than why it cannot be read."""
        tree = self.reader.read(file)
        unit = f"{file.path}#"
        tree.placements.add(unit, file, 0)
        span = Span(unit, start, min(start + 1, len(file.text)))
        tree.diagnostics = [report("unreadable-file", span, message, hint=hint)]
        return tree

    def shown(self, path: Path) -> str:
        """How messages name a file: from the workspace, or from the root where nothing is shared.

        However a file is reached it has one name, so that it is read once.
        """
        real = os.path.realpath(path)
        if real.startswith(self._inside):
            return real[len(self._inside) :].replace(os.sep, "/")
        if not is_file(path):
            return path.as_posix()  # a pipe, whose other names mean nothing
        whole = Path(os.path.realpath(path.parent), path.name)
        if whole.parts[:2] != self._near:
            return whole.as_posix()
        return Path(os.path.relpath(whole, self._inside)).as_posix()

    # --- programs ------------------------------------------------------------------------------

    def check(self, path: Path) -> Report:
        """Check a program: a file with all that it includes. Raises `UsageError` when a file of
        it cannot be read, or its configuration is wrong."""
        self.config(path.parent)
        return self.check_tree(self.read(path), path.parent)

    def check_text(self, text: str, name: str = "program.vega.yaml") -> Report:
        """Check a program given as text."""
        return self.check_tree(self.read_text(name, text), self.root)

    def check_tree(self, tree: FileTree, folder: Path) -> Report:
        with _resting_gc():
            return self._check(tree, folder, self.memory(tree.file.path))

    def memory(self, shown: str) -> Memory:
        """What is remembered of the program with this main file."""
        if not self._remembering:
            return Memory()
        return self._memories.setdefault(shown, Memory())

    def _check(
        self, tree: FileTree, folder: Path, memory: Memory, *, tried: bool = False
    ) -> Report:
        """Check a program; what is only `tried` is a text that nobody has written."""
        findings = Findings()
        folders = {tree.file.path: folder}
        lookups = Lookups()

        def load(pattern: str, including: str) -> list[FileTree]:
            return self._included(pattern, folders[including], folders, lookups)

        def find_file(name: str, declared_in: str) -> tuple[str, bool]:
            path = folders[declared_in] / name
            lookups.files[path] = is_file(path)
            return Path(os.path.relpath(path, folder)).as_posix(), lookups.files[path]

        placements = Placements()

        def find_skills(name: str, declared_in: str) -> tuple[str, list[SkillFile] | None]:
            path = folders[declared_in] / name
            found = self._skills(path, lookups, placements)
            return Path(os.path.relpath(path, folder)).as_posix(), found

        declarations = Collector(findings, load).collect(tree)
        for part in declarations.trees:
            placements.update(part.placements)
        program: ir.Program | None = None
        strict = False
        lints = dict(self.lints(folder))
        if tree.root is not None:
            context = build_program(
                findings, declarations, self.today, find_file, find_skills, memory.lowering
            )
            program = program_of(context)
            strict = context.settings.strict
            lints.update(context.settings.lints)
            self._analyse(context, program, findings, memory)
            so_far = Report(findings.items, placements, program, declarations, lookups=lookups)
            self.judge_more(tree, findings, so_far)
        remaining = apply_policy(findings.items, placements, declarations.trees, lints)
        diagnostics = finish(remaining, placements, declarations.trees)
        if not tried and any(one.severity == "error" for one in diagnostics):
            diagnostics = self._placed(diagnostics, placements, tree, folder)
        silenced = silenced_errors(findings.items, remaining)
        return Report(
            diagnostics,
            placements,
            program,
            declarations,
            strict,
            finish(silenced, placements, declarations.trees),
            lookups,
        )

    def _placed(
        self, diagnostics: list[Diagnostic], placements: Placements, tree: FileTree, folder: Path
    ) -> list[Diagnostic]:
        """The findings, with one for all that follow from a line at the wrong column."""
        from vegac.cascades.misplaced import without_misplaced

        # Most of what is tried is in all of the texts, but no part of what users have written.
        reader, memory = Reader(), Memory()

        def check(text: str) -> Sequence[Diagnostic]:
            other = reader.read(SourceFile(tree.file.path, text))
            return self._check(other, folder, memory, tried=True).diagnostics

        return without_misplaced(diagnostics, placements, tree.file, check)

    def _analyse(
        self, context: ProgramContext, program: ir.Program, findings: Findings, memory: Memory
    ) -> None:
        from vegac.analysis.passes import Judgements, analyse

        memory.judgements = memory.judgements or Judgements()
        analyse(context, program, findings, memory.judgements)

    def judge_more(self, tree: FileTree, findings: Findings, so_far: Report) -> None:
        """Find what only later stages know to be wrong in a program, whose own file `tree` is;
        `so_far` is what is known of it."""

    def _included(
        self, pattern: str, folder: Path, folders: dict[str, Path], lookups: Lookups
    ) -> list[FileTree]:
        names = names_of(pattern, folder)
        lookups.names[folder, pattern] = names
        if not names and self._draft(folder / pattern) is not None:
            names = (pattern,)
        trees: list[FileTree] = []
        for name in names:
            path = folder / name
            if not is_file(path) and self._draft(path) is None:
                continue
            try:
                tree = self.read(path)
            except UsageError as error:
                tree = self._unreadable(SourceFile(self.shown(path), ""), 0, str(error))
            folders[tree.file.path] = path.parent
            trees.append(tree)
        return trees

    def _skills(
        self, folder: Path, lookups: Lookups, placements: Placements
    ) -> list[SkillFile] | None:
        """The skills in a folder; None where there is no such folder."""
        if not is_folder(folder):
            lookups.names[folder.parent, folder.name] = names_of(folder.name, folder.parent)
            return None
        found: list[SkillFile] = []
        for pattern in SKILL_PATTERNS:
            names = lookups.names[folder, pattern] = names_of(pattern, folder)
            found += (
                self._skill(folder / name, lookups, placements)
                for name in names
                if name.lower() != "readme.md" and is_file(folder / name)
            )
        return found

    def _skill(self, path: Path, lookups: Lookups, placements: Placements) -> SkillFile:
        shown = self.shown(path)
        name = path.parent.name if path.name == "SKILL.md" else path.stem
        draft = self._draft(path)
        try:
            data = path.read_bytes() if draft is None else draft.encode()
        except OSError as error:
            raise UsageError(f"cannot read '{path}': {error.strerror or error}") from None
        lookups.contents[path] = data
        file = SourceFile(shown, data.decode(errors="replace"))
        placements.add(f"{shown}#", file, 0)
        try:
            data.decode()
        except UnicodeDecodeError:
            return SkillFile(shown, name, file, None, "a skill is UTF-8 text")
        place = front_matter(file)
        if place is None:
            return SkillFile(shown, name, file, None, "a skill begins with a line `---`")
        start, end = place
        if end < 0:
            problem = "the front matter of this skill has no second line `---`"
            return SkillFile(shown, name, file, None, problem)
        # Blanks in place of the fence keep the places of all that follows.
        text = " " * (start - 1) + file.text[start - 1 : end]
        tree = self.reader.read(SourceFile(shown, text))
        if not text.strip():
            tree.diagnostics.clear()
        placements.update(tree.placements, file)
        placements.add(f"{shown}#", file, 0)
        return SkillFile(shown, name, file, tree)

    def compile(self, path: Path, *, expose_variables: bool = False) -> Compiled:
        """Check a program and, without errors, emit its module. Raises `UsageError` as `check`
        does."""
        self.config(path.parent)
        tree = self.read(path)
        return self.compile_tree(tree, path.parent, expose_variables=expose_variables)

    def compile_tree(
        self, tree: FileTree, folder: Path, *, expose_variables: bool = False
    ) -> Compiled:
        from vegac.analysis.trim import trim
        from vegac.emit.module import emit_module

        # What is made of the IR here changes it.
        with _resting_gc():
            report_ = self._check(tree, folder, Memory())
        _tell_silenced(report_)
        if report_.has_errors or report_.program is None or report_.declarations is None:
            return Compiled(report_, "", None)
        # Emitted modules name files relative to the program's own, wherever they are built.
        names = {
            tree.file.path: Path(os.path.relpath(self.root / tree.file.path, folder)).as_posix()
            for tree in report_.declarations.trees
        }
        digest = _digest(report_.declarations, names)
        report_.program.file = names[report_.program.file]

        def locate(span: Span) -> tuple[str, int, int]:
            location = report_.placements.locate(span)
            position = location.position
            return names[location.file.path], position.line, position.column

        with _resting_gc():
            program = report_.program
            trim(program, keep_variables=expose_variables)
            module = emit_module(
                program, digest=digest, locate=locate, expose_variables=expose_variables
            )
        return Compiled(report_, digest, module)


def names_of(pattern: str, folder: Path) -> tuple[str, ...]:
    """What an `include` with this pattern finds, relative to the folder, sorted."""
    # `Path.glob` refuses patterns that begin with `/` or `..`.
    return tuple(sorted(glob.glob(pattern, root_dir=folder, recursive=True)))  # noqa: PTH207


def _tell_silenced(report_: Report) -> None:
    """Report silenced errors after all: what is made of them would be nonsense."""
    note = "it is silenced, which hides it from `vegac check`; nothing can be compiled with it"
    places = {(finding.code, finding.span) for finding in report_.silenced}
    report_.diagnostics = [
        *(item for item in report_.diagnostics if (item.code, item.span) not in places),
        *(replace(item, notes=(*item.notes, note)) for item in report_.silenced),
    ]


def _digest(declarations: Declarations, names: dict[str, str]) -> str:
    """The hash of all sources of a program."""
    hasher = hashlib.sha256()
    for tree in declarations.trees:
        hasher.update(names[tree.file.path].encode())
        hasher.update(b"\0")
        hasher.update(tree.file.text.encode(errors="surrogatepass"))
        hasher.update(b"\0")
    return hasher.hexdigest()


@contextmanager
def _resting_gc() -> Generator[None]:
    """The garbage collector rests while trees grow that all stay alive."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
