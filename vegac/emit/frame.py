"""The frame of a module: its head, the order of its parts, and the tables at its end."""

from collections.abc import Callable, Iterator

from msgspec import Struct

from vegac import __version__
from vegac.emit.code import Code, Keyword, call, literal, name
from vegac.emit.context import ModuleContext
from vegac.emit.document import WIDTH, Line, text_width
from vegac.emit.layout import statement
from vegac.emit.literals import comment, docstring, string
from vegac.emit.statics import static
from vegac.ir import nodes as ir
from vegac.ir.traverse import statements
from vegac.source.span import Span

RUNTIME = "0.1"
"""The version of the runtime's interface that emitted modules need."""

Place = tuple[str, int, int]


WITH_SITE = (
    ir.Send,
    ir.Call,
    ir.For,
    ir.Repeat,
    ir.Parallel,
    ir.ParallelFor,
    ir.Fail,
    ir.Scope,
    ir.OnTimeout,
    ir.Attempts,
    ir.Remember,
    ir.Recall,
    ir.Ask,
)
"""Statements whose site stands in emitted code."""


class EmittedModule(Struct, frozen=True):
    """The text of a module. `lines` maps its lines to the places of the expressions and steps on
    them, `names` the workflows to their functions."""

    text: str
    lines: dict[int, Place]
    names: dict[str, str]


class Frame:
    """Collects the constants and classes of a module, and puts all parts together."""

    def __init__(self, module: ModuleContext) -> None:
        self.module = module
        self._definitions: list[list[Line]] = []
        self._constants: list[Line] = []
        self._helpers: list[list[Line]] = []

    def typed_dict(self) -> str:
        return self.module.imports.typing("TypedDict")

    def define(self, lines: list[Line]) -> None:
        """Add a class."""
        self._definitions.append(lines)

    def constant(self, prefix: str, code: Code) -> None:
        """Add a constant; what its value needs comes before it."""
        made = statement(prefix, code, "", 0)
        self._helpers += self.module.helpers
        self.module.helpers = []
        self._constants += made

    def gap(self) -> None:
        """Begin a new group of constants."""
        if self._constants and self._constants[-1].text:
            self._constants.append(Line(""))

    def finish(self, digest: str, locate: Callable[[Span], Place]) -> EmittedModule:
        """The whole module."""
        program = self.module.program
        made = self._program(digest)
        body: list[Line] = []
        _add(body, made, blank=1)
        for lines in self._helpers:
            _add(body, lines, blank=2)
        while self._constants and not self._constants[-1].text:
            self._constants.pop()
        _add(body, self._constants, blank=2 if self._helpers else 1)
        for lines in self._definitions:
            _add(body, lines, blank=2)
        forms = [line for form in self.module.forms for line in form]
        _add(body, forms, blank=2 if self._definitions else 1)
        for part in self.module.parts:
            _add(body, part, blank=2)
        head = self._head(digest)
        lines = [*head, *body]
        places = {
            number: locate(line.origin)
            for number, line in enumerate(lines, 1)
            if line.origin is not None
        }
        sites = {
            step.site: locate(step.span)
            for workflow in program.workflows
            for step in statements(workflow.body)
            if isinstance(step, WITH_SITE)
        }
        end = _places(sites, _shortened(places))
        if end:
            lines += [Line(""), *([Line("")] if self._ends_with_definition() else []), *end]
        text = "".join(f"{line.text}\n" for line in lines)
        names = {key: callee.function for key, callee in self.module.workflows.items()}
        return EmittedModule(text, places, names)

    def _ends_with_definition(self) -> bool:
        return bool(self._definitions or self.module.parts)

    def _head(self, digest: str) -> list[Line]:
        program = self.module.program
        described = program.description.strip() or program.name.strip()
        lines = [Line(text) for text in docstring(described)]
        if lines:
            lines.append(Line(""))
        stamp = f"sha256 {digest[:12]}" if digest else "no digest"
        lines.append(
            Line(
                comment(
                    f"# Compiled by vegac {__version__} from {program.file} ({stamp}). "
                    "Changes here are lost."
                )
            )
        )
        for module, imported in self.module.imports.groups():
            lines.append(Line(""))
            lines += _import(module, imported)
        return lines

    def _program(self, digest: str) -> list[Line]:
        program = self.module.program
        arguments: list[Code] = [
            literal(program.file),
            Keyword("digest", literal(digest)),
            Keyword("compiler", literal(__version__)),
            Keyword("runtime", literal(RUNTIME)),
        ]
        if program.settings:
            settings = ir.Construct("Settings", program.settings)
            arguments.append(Keyword("settings", static(self.module, settings, "settings")))
        called = call(self.module.imports.runtime("program"), *arguments)
        return statement("PROGRAM = ", called, "", 0)


def _add(body: list[Line], lines: list[Line], blank: int) -> None:
    """Add a part after blank lines."""
    if lines:
        body += [Line("")] * blank
        body += lines


def _import(module: str, names: list[str]) -> list[Line]:
    flat = f"from {module} import {', '.join(names)}"
    if len(flat) <= 100:
        return [Line(flat)]
    rows = [Line(f"    {imported},") for imported in names]
    return [Line(f"from {module} import ("), *rows, Line(")")]


def _shortened(lines: dict[int, Place]) -> dict[int, Place]:
    """Without lines that come from the same place as the line before."""
    return {number: place for number, place in lines.items() if lines.get(number - 1) != place}


def _places(sites: dict[str, Place], lines: dict[int, Place]) -> list[Line]:
    """The call that tells the program where its sites and lines come from."""
    tables = [
        (table, entries)
        for table, entries in (
            ("sites", [(string(site), place) for site, place in sites.items()]),
            ("lines", [(str(number), place) for number, place in lines.items()]),
        )
        if entries
    ]
    if not tables:
        return []
    files: dict[str, str] = {}
    texts: list[tuple[str, list[str]]] = []
    for table, entries in tables:
        rows: list[str] = []
        for key, (file, line, column) in entries:
            literal_ = files.get(file) or files.setdefault(file, string(file))
            rows.append(f"{key}: ({literal_}, {line}, {column})")
        texts.append((table, rows))
    if sum(len(rows) for _, rows in texts) <= _FEW:
        arguments = [Keyword(table, name("{" + ", ".join(rows) + "}")) for table, rows in texts]
        flat_call = call("PROGRAM.places", *arguments)
        found = statement("", flat_call, "", 0)
        if all(text_width(line.text) <= WIDTH for line in found):
            return found
    return [Line("PROGRAM.places("), *_tables(texts), Line(")")]


_FEW = 6
"""Entries up to which the tables may fit on one line."""


def _tables(texts: list[tuple[str, list[str]]]) -> Iterator[Line]:
    comma = "," if len(texts) > 1 else ""
    for table, rows in texts:
        on_one_line = f"    {table}={{{', '.join(rows)}}}{comma}"
        if len(rows) <= _FEW and text_width(on_one_line) <= WIDTH:
            yield Line(on_one_line)
            continue
        yield Line(f"    {table}={{")
        yield from (Line(f"        {row}{',' if len(rows) > 1 else ''}") for row in rows)
        yield Line(f"    }}{comma}")
