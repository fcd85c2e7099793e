"""Skills: the folders that agents name, and the front matter of the files in them."""

import re
from collections.abc import Callable
from fnmatch import fnmatchcase

from msgspec import Struct

from vega_grammar import keys as grammar
from vegac.ir import nodes as ir
from vegac.ir.build.fields import FieldReader, Read, head, kind_of
from vegac.source.diagnostic import Label
from vegac.source.file import SourceFile
from vegac.source.findings import Findings
from vegac.source.span import Span
from vegac.source.suggest import available, did_you_mean, nearest
from vegac.syntax.document import unknown_key
from vegac.syntax.nodes import ErrorNode, Mapping, Node, Scalar, Sequence, is_null
from vegac.syntax.reader import FileTree

FRONT: grammar.Table = {
    "name": grammar.Key("string", "The skill's name; without it, the file's."),
    "description": grammar.Key("string", "What it is for."),
    "triggers": grammar.Key("list", "When it is active."),
}
TRIGGER: grammar.Table = {
    "type": grammar.Key("word", "The kind.", values=("keyword", "pattern", "always")),
    "keywords": grammar.Key("strings", "Words of messages that it is for."),
    "keyword": grammar.Key("string", "One word."),
    "pattern": grammar.Key("string", "A regular expression that is found in messages."),
    "patterns": grammar.Key("strings", "Several of them."),
    "always": grammar.Key("boolean", "Whether it is active with every message."),
}


class SkillFile(Struct, eq=False):
    """A file of a folder with skills. `front` is its front matter, None where that cannot be read;
    then `problem` says why."""

    path: str
    name: str
    file: SourceFile
    front: FileTree | None
    problem: str = ""

    @property
    def start(self) -> Span:
        """The file's beginning."""
        return Span(f"{self.file.path}#", 0, min(3, len(self.file.text)))


_NO_NAME = re.compile(r"[*?[]|\$\{")
FindSkills = Callable[[str, str], tuple[str, list[SkillFile] | None]]
"""`find_skills(folder, file that names it)`: the folder relative to the program, and its skills;
None where there is no such folder."""


class Skill(Struct, eq=False):
    """A skill as the check knows it, and the place that gives its name."""

    name: str
    span: Span
    path: str


class SkillReader:
    """Reads the `skills` of agents and settings; each file is looked at once."""

    def __init__(self, findings: Findings, find_skills: FindSkills) -> None:
        self.findings = findings
        self.reader = FieldReader(findings, environment=True)
        self.find_skills = find_skills
        self.known: dict[str, Skill | None] = {}
        self.default: tuple[ir.StaticValue, ...] = ()
        """The folders of the settings, for agents that name none."""

    def read(self, node: Node, declared_in: str) -> Read:
        """The constructor of a runtime's Skills."""
        values = self.reader.values(node, grammar.SKILLS, "`skills`")
        directories = node.get("directories") if isinstance(node, Mapping) else None
        if directories is None:
            if self.default:
                values["directories"] = self.default
            elif isinstance(node, Mapping):
                self.reader.missing(node, "directories", "`skills`")
            return ir.Construct("Skills", values)
        skills: list[Skill] = []
        folders: list[ir.StaticValue] = []
        whole = True
        for item in _items(directories):
            path = self.reader.string(item, "directories") if isinstance(item, Scalar) else None
            if not isinstance(path, str):
                whole = False
                if isinstance(path, ir.EnvText):
                    folders.append(path)
                continue
            folder, files = self.find_skills(path, declared_in)
            folders.append(folder)
            if files is None:
                whole = False
                self.findings.report(
                    "missing-file",
                    item.span,
                    f"there is no folder '{path}'",
                    hint="paths are relative to the file that names them",
                )
                continue
            for file in files:
                skill = self._skill(file)
                if skill is not None:
                    skills.append(skill)
                else:
                    whole = False
        values["directories"] = tuple(folders)
        self._unique(skills)
        if whole and isinstance(node, Mapping):
            for key in ("include", "exclude"):
                self._chosen(node.get(key), skills)
        return ir.Construct("Skills", values)

    def _unique(self, skills: list[Skill]) -> None:
        first: dict[str, Skill] = {}
        for skill in skills:
            other = first.setdefault(skill.name, skill)
            if other.path != skill.path:
                self.findings.report(
                    "duplicate-name",
                    skill.span,
                    f"two skills are called '{skill.name}'",
                    labels=(Label(other.span, "the other one"),),
                    hint="give one of them another `name:`",
                )

    def _chosen(self, patterns: Node | None, skills: list[Skill]) -> None:
        """Report names in `include` or `exclude` that no skill has. A pattern may wait for some."""
        names = [skill.name for skill in skills]
        for item in _items(patterns) if patterns is not None else ():
            if not isinstance(item, Scalar) or is_null(item) or _NO_NAME.search(item.value):
                continue
            if not any(fnmatchcase(name, item.value) for name in names):
                self.findings.report(
                    "unknown-skill",
                    item.span,
                    f"no skill is called '{item.value}'",
                    hint=did_you_mean(item.value, names),
                    notes=(available("skills", names),) if names else ("there are no skills",),
                    subject=item.value,
                    suggestions=tuple(nearest(item.value, names)),
                )

    # --- one file ------------------------------------------------------------------------------

    def _skill(self, file: SkillFile) -> Skill | None:
        if file.path not in self.known:
            before, quiet = len(self.findings.items), self.findings.quiet
            self.findings.quiet = 0
            skill = self._front(file)
            self.findings.quiet = quiet
            found = self.findings.items[before:]
            bad = any(finding.severity == "error" for finding in found)
            self.known[file.path] = None if bad else skill
        return self.known[file.path]

    def _front(self, file: SkillFile) -> Skill:
        skill = Skill(file.name, file.start, file.path)
        if file.problem or file.front is None:
            self._bad(file.start, file.problem)
            return skill
        tree = file.front
        for finding in tree.diagnostics:
            if finding.code == "empty-file":
                continue  # comments alone
            if finding.code == "not-a-mapping":
                self._bad(finding.span, "the front matter of a skill is a map of its keys")
            else:
                self.findings.add(finding)
        root = tree.root
        if root is None:
            return skill
        for entry in root.entries:
            key = entry.key.value
            if key not in FRONT and nearest(key, FRONT):
                unknown_key(self.findings, entry.key, FRONT, "a skill")
        name = root.get("name")
        if isinstance(name, Scalar) and name.value and not is_null(name):
            skill.name, skill.span = name.value, name.span
        elif name is not None and not isinstance(name, ErrorNode):
            self._bad(name.span, f"the name of a skill is a text; here stands {kind_of(name)}")
        triggers = root.get("triggers")
        if triggers is not None and not is_null(triggers):
            for item in _items(triggers):
                self._trigger(item)
        return skill

    def _trigger(self, item: Node) -> None:
        if isinstance(item, ErrorNode) or (isinstance(item, Scalar) and item.value == "always"):
            return
        if not isinstance(item, Mapping):
            self._bad(
                item.span,
                f"a trigger cannot be {kind_of(item)}",
                hint="write `keywords: [...]`, `pattern: ...` or `always`",
            )
            return
        found = self.reader.table(item, TRIGGER, "a trigger")
        kind = found.get("type")
        if kind is not None:
            self.reader.word(kind.value, TRIGGER["type"], "type")
        if found and not set(found) - {"type"}:
            word = kind.value.value if kind is not None and isinstance(kind.value, Scalar) else ""
            needed = {"keyword": "keywords", "pattern": "pattern"}.get(word)
            if needed is not None:
                self._bad(head(item), f"this trigger has no `{needed}`", hint=f"add `{needed}:`")
        for key in ("keyword", "keywords"):
            for word in _items(found[key].value) if key in found else ():
                if not isinstance(word, Scalar) or is_null(word) or not word.value.strip():
                    self._bad(word.span, "a keyword is a text")
        for key in ("pattern", "patterns"):
            for pattern in _items(found[key].value) if key in found else ():
                self._pattern(pattern)

    def _pattern(self, node: Node) -> None:
        if not isinstance(node, Scalar) or is_null(node):
            self._bad(node.span, "a pattern is a regular expression")
            return
        try:
            re.compile(node.value)
        except (re.error, OverflowError, RecursionError) as problem:
            self._bad(
                node.span,
                f"this is no regular expression: {problem}",
                hint="in single quotes YAML leaves backslashes alone"
                if node.style == "double" and "\\" in node.chunk.text[node.start : node.end]
                else "put a backslash before a sign that means itself",
            )

    def _bad(self, span: Span, message: str, hint: str = "") -> None:
        self.findings.report("bad-skill", span, message, hint=hint)


def _items(node: Node) -> list[Node]:
    return list(node.items) if isinstance(node, Sequence) else [node]
