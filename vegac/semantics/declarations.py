"""What a program declares: the agents, workflows, tools and settings of all its files."""

from collections.abc import Callable

from msgspec import Struct, field

from vega_grammar import keys as grammar
from vegac.semantics.literals import PUBLIC_NAME
from vegac.source.diagnostic import Label
from vegac.source.findings import Findings
from vegac.source.span import Span
from vegac.syntax.document import entry_for, unknown_key
from vegac.syntax.nodes import ErrorNode, Mapping, Node, Scalar, Sequence, is_null
from vegac.syntax.reader import FileTree

LANGUAGE_VERSIONS = ("1",)
Load = Callable[[str, str], list[FileTree]]
"""`load(pattern, path of the including file)`: the files that an `include` names."""


class Declaration(Struct, eq=False):
    """A named definition: its key, its value, and the file that holds it."""

    name: str
    key: Scalar
    node: Node
    file: str


class Declarations(Struct, eq=False):
    """All that a program declares. `server` programs belong to a product that adds tools.

    `incomplete` are the kinds of which some may stand where nothing could be read: a name of such
    a kind that is not known is no news.
    """

    file: str
    name: str = ""
    description: str = ""
    agents: dict[str, Declaration] = field(default_factory=dict[str, Declaration])
    workflows: dict[str, Declaration] = field(default_factory=dict[str, Declaration])
    tools: dict[str, Declaration] = field(default_factory=dict[str, Declaration])
    settings: Declaration | None = None
    tests: Declaration | None = None
    server: bool = False
    incomplete: set[str] = field(default_factory=set[str])
    trees: list[FileTree] = field(default_factory=list[FileTree])


_KINDS = {"agents", "workflows", "tools"}


class Collector:
    """Gathers declarations from a file and what it includes."""

    def __init__(self, findings: Findings, load: Load) -> None:
        self.findings = findings
        self.load = load
        self.open: list[str] = []
        self.seen: set[str] = set()

    def collect(self, main: FileTree) -> Declarations:
        program = Declarations(main.file.path)
        self._file(program, main, main=True)
        unread = main.root is None or any(f.severity == "error" for f in main.diagnostics)
        unread = unread or "agents" in program.incomplete
        if not program.agents and main.root and not unread and "include" not in _names(main.root):
            self.findings.report(
                "no-agents",
                main.root.entries[0].key.span if main.root.entries else main.root.span,
                "this program has no agents",
                hint="declare them under `agents:`, or include a file that does",
            )
        return program

    def _file(self, program: Declarations, tree: FileTree, main: bool) -> None:
        path = tree.file.path
        self.seen.add(path)
        self.open.append(path)
        program.trees.append(tree)
        for finding in tree.diagnostics:
            self.findings.add(finding)
        if tree.root is not None:
            if not main and "implementation" in _names(tree.root):
                self._tool_file(program, tree)
            else:
                self._sections(program, tree, tree.root, main)
        self.open.pop()

    def _sections(self, program: Declarations, tree: FileTree, root: Mapping, main: bool) -> None:
        known = {*grammar.TOP, *grammar.SERVER_KEYS}
        given = _names(root)
        program.server = program.server or any(key in given for key in grammar.SERVER_KEYS)
        for entry in root.entries:
            key, value = entry.key.value, entry.value
            if key not in known and not key.startswith("x-"):
                meant = unknown_key(self.findings, entry.key, grammar.TOP, "a program")
                if meant not in given:
                    key = meant  # one mistake, one finding
            match key:
                case "agents" | "workflows":
                    self._section(program, key, value, tree.file.path)
                case "tools":
                    self._tools(program, value, tree.file.path)
                case "settings":
                    self._settings(program, Declaration(key, entry.key, value, tree.file.path))
                case "include":
                    self._include(program, value, tree.file.path)
                case "vega":
                    self._version(value)
                case "name" | "description" if main and isinstance(value, Scalar):
                    setattr(program, key, value.value)
                case "name" | "description":
                    pass
                case "tests":
                    if main:
                        program.tests = Declaration(key, entry.key, value, tree.file.path)
                case _ if key in grammar.SERVER_KEYS:
                    self.findings.report(
                        "ignored-key",
                        entry.key.span,
                        f"`{key}` belongs to a server around the language; it is ignored here",
                    )
                case _:
                    pass

    def _version(self, node: Node) -> None:
        if not isinstance(node, Scalar) or node.value not in LANGUAGE_VERSIONS:
            shown = node.value if isinstance(node, Scalar) else ""
            self.findings.report(
                "unsupported-version",
                node.span,
                f"this compiler does not know version {shown} of the language"
                if shown
                else "this is no version of the language",
                hint="it knows version " + ", ".join(LANGUAGE_VERSIONS),
            )

    def _section(self, program: Declarations, kind: str, node: Node, path: str) -> None:
        if not isinstance(node, Mapping):
            if not is_null(node):
                program.incomplete.add(kind)
            if not isinstance(node, ErrorNode) and not is_null(node):
                self.findings.report(
                    "not-a-mapping",
                    node.span,
                    f"`{kind}` is a map from names to definitions",
                    hint="write each name as a key, indented below it",
                )
            return
        for entry in node.entries:
            self._declare(program, kind, Declaration(entry.key.value, entry.key, entry.value, path))

    def _declare(self, program: Declarations, kind: str, new: Declaration) -> None:
        known: dict[str, Declaration] = getattr(program, kind)
        singular = kind.removesuffix("s")
        if not PUBLIC_NAME.fullmatch(new.name):
            self.findings.report(
                "bad-name",
                new.key.span,
                f"'{new.name}' cannot name {'an' if singular == 'agent' else 'a'} {singular}",
                hint="names hold letters, digits, '-' and '_'",
            )
        elif kind == "agents" and (new.name in grammar.STEPS or new.name in ("then", "else")):
            self.findings.report(
                "bad-name",
                new.key.span,
                f"'{new.name}' begins a step of its own, so no agent can have that name",
                hint="choose another name, such as '" + new.name.capitalize() + "'",
            )
        old = known.get(new.name)
        if old is not None:
            if old.file == new.file and old.key is new.key:
                return
            self.findings.report(
                "duplicate-name",
                new.key.span,
                f"there is another {singular} named '{new.name}'",
                hint="rename one of them",
                labels=(Label(old.key.span, "first declared here"),),
            )
            return
        known[new.name] = new

    def _settings(self, program: Declarations, new: Declaration) -> None:
        if program.settings is not None:
            self.findings.report(
                "duplicate-name",
                new.key.span,
                "settings may stand in one file of a program only",
                labels=(Label(program.settings.key.span, "the other settings"),),
            )
            return
        program.settings = new

    # --- tools and includes --------------------------------------------------------------------

    def _tools(self, program: Declarations, node: Node, path: str) -> None:
        if not isinstance(node, Mapping):
            self._section(program, "tools", node, path)
            return
        for entry in node.entries:
            if entry.key.value == "include" and not isinstance(entry.value, Mapping):
                self._include(program, entry.value, path)
            else:
                self._declare(
                    program,
                    "tools",
                    Declaration(entry.key.value, entry.key, entry.value, path),
                )

    def _tool_file(self, program: Declarations, tree: FileTree) -> None:
        assert tree.root is not None
        named = entry_for(tree.root, "name", grammar.TOOL)
        name = named.value if named is not None else None
        if not isinstance(name, Scalar):
            program.incomplete.add("tools")
            self.findings.report(
                "missing-key",
                tree.root.entries[0].key.span,
                "a file of one tool names it with `name`",
                hint="add `name:` at the top",
            )
            return
        self._declare(program, "tools", Declaration(name.value, name, tree.root, tree.file.path))

    def _include(self, program: Declarations, node: Node, path: str) -> None:
        if is_null(node):
            return
        items = node.items if isinstance(node, Sequence) else [node]
        for item in items:
            if not isinstance(item, Scalar) or is_null(item):
                if not isinstance(item, ErrorNode):
                    self.findings.report(
                        "wrong-type", item.span, "`include` is a list of file names"
                    )
                continue
            trees = self.load(item.value, path)
            if not trees and not _is_pattern(item.value):
                program.incomplete |= _KINDS
                self.findings.report(
                    "missing-file",
                    item.span,
                    f"there is no file '{item.value}'",
                    hint="names are relative to the file that includes them",
                )
            for tree in trees:
                if tree.file.path != path or not _is_pattern(item.value):  # all files but this one
                    self._included(program, tree, item.span)

    def _included(self, program: Declarations, tree: FileTree, span: Span) -> None:
        path = tree.file.path
        if path in self.open:
            chain = [*self.open[self.open.index(path) :], path]
            self.findings.report(
                "include-cycle",
                span,
                "this file includes itself: " + " -> ".join(chain),
                hint="remove one of the includes",
            )
        elif path not in self.seen:
            root = tree.root
            if root is None:
                program.incomplete |= _KINDS
            names = _names(root) if root is not None else set[str]()
            if root is not None and not names & {*grammar.TOP, "implementation"}:
                # A file of tools: names at the top, definitions below.
                self.seen.add(path)
                program.trees.append(tree)
                for finding in tree.diagnostics:
                    self.findings.add(finding)
                self._section(program, "tools", root, path)
            else:
                self._file(program, tree, main=False)


def _is_pattern(text: str) -> bool:
    return any(char in text for char in "*?[")


def _names(root: Mapping) -> set[str]:
    return {entry.key.value for entry in root.entries}
