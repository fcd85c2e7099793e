"""What may be written at a place."""

import os
import re
from collections.abc import Iterator

from lsprotocol import types

from vega_grammar import keys as grammar
from vega_grammar.tools import BUILTIN_TOOLS
from vega_lsp import describe
from vega_lsp.context import Context
from vega_lsp.features import snippets
from vega_lsp.features.expression_completion import expression_items, name_items
from vega_lsp.features.items import Item, item
from vega_lsp.meaning import Meaning, place_at
from vega_lsp.session import Snapshot
from vegac.ir import nodes as ir
from vegac.ir.build.models import known_models
from vegac.semantics.types import Enum, members
from vegac.source.registry import CODES
from vegac.syntax.step_key import first_word

TRIGGERS = ["<", "{", "|", ".", ":", " ", "-", "'", '"', "/", "(", "[", ","]
_EXPRESSIONS = {"expression", "condition", "for"}
_SEVERITIES = ("error", "warning", "info", "off")
_COLON = re.compile(r"[\w-]*[ ]*:(?=\s|$)")
_Kind = types.CompletionItemKind


def completion(snapshot: Snapshot, params: types.CompletionParams) -> types.CompletionList | None:
    offset = snapshot.offset(params.position)
    context, meaning = place_at(snapshot, offset)
    place = _Place(snapshot, context, meaning, offset)
    items, word = place.items()
    found = types.Range(
        snapshot.range(offset - len(word), offset - len(word)).start, params.position
    )
    for one in items:
        one.text_edit = types.TextEdit(found, one.insert_text or one.label)
        one.insert_text = None
        one.filter_text = one.filter_text or one.label
    return types.CompletionList(is_incomplete=False, items=items)


class _Place:
    """A place in a file, and what fits there."""

    def __init__(self, snapshot: Snapshot, context: Context, meaning: Meaning, offset: int) -> None:
        self.snapshot = snapshot
        self.context = context
        self.meaning = meaning
        self.offset = offset
        self.kinds = set(meaning.spec.kind.split("|")) if meaning.spec is not None else set[str]()
        line = snapshot.file.position(offset).line
        rest = snapshot.file.line_text(line)[offset - snapshot.file.line_starts[line - 1] :]
        self.has_colon = _COLON.match(rest) is not None
        text = snapshot.file.line_text(line)
        column = context.start - snapshot.file.line_starts[line - 1]
        self.pad = None if context.in_flow else " " * (column - (len(text) - len(text.lstrip(" "))))

    def items(self) -> tuple[list[Item], str]:
        """What fits, and the word that it replaces."""
        context, meaning = self.context, self.meaning
        text = context.word
        if context.shape == "text":
            return [], ""
        is_for = context.shape == "keys" and text.startswith("for ")
        if is_for or (context.shape == "value" and self.kinds & _EXPRESSIONS):
            if " in " not in text and (is_for or "for" in self.kinds):
                return [], ""
            text = text.rpartition(" in ")[2] if is_for or "for" in self.kinds else text
            return expression_items(self.snapshot, text, meaning, self.offset)
        if context.shape == "expression":
            return expression_items(self.snapshot, text, meaning, self.offset)
        if context.shape == "keys":
            return list(self.keys()), text
        return list(self.values()), text.lstrip()

    def item(self, label: str, kind: types.CompletionItemKind, **more: str) -> Item:
        about = more.pop("about", "")
        return item(
            label,
            kind,
            about=tuple(about.split(" ")) if about else (),
            snapshot=self.snapshot,
            **more,
        )

    # --- keys ----------------------------------------------------------------------------------

    def keys(self) -> Iterator[Item]:
        context, meaning = self.context, self.meaning
        if meaning.callee:
            yield from self.arguments(meaning.callee)
        elif meaning.step and (context.in_list or not context.siblings) and context.path:
            yield from self.steps()
            if meaning.table is grammar.PARALLEL_AGENT and not context.in_list:
                yield from self.table(meaning.table)
        elif meaning.step:
            yield from self.table(self.options())
        elif context.in_list and meaning.spec is not None:
            if any(kind.startswith("tables:") for kind in self.kinds):
                yield from self.table(meaning.table)
            else:
                yield from self.values()
        elif context.path == ["settings", "lints"]:
            for code in CODES:
                if code not in context.siblings:
                    doc = CODES[code].summary
                    yield self.item(code, _Kind.Property, detail=doc, insert=f"{code}: ")
        elif meaning.free:
            if meaning.free in snippets.DEFINITIONS:
                yield self.definition(*snippets.DEFINITIONS[meaning.free])
            if meaning.free == "sent":
                yield from self.named("agent", colon=True)
        else:
            yield from self.table(meaning.table)

    def definition(self, label: str, doc: str, lines: tuple[str, ...]) -> Item:
        text = snippets.lines(lines, self.pad) if self.pad is not None else lines[0]
        found = self.item(f"new {label}", _Kind.Snippet, doc=doc, snippet=text, order="9")
        found.filter_text = self.context.word or found.label
        return found

    def options(self) -> grammar.Table:
        """The keys of a step by those that it has."""
        siblings = self.context.siblings
        agents = self.declared("agents")
        for key in siblings:
            kind = "for" if key.startswith("for ") else key
            if kind in grammar.STEPS and (kind != "if" or "then" in siblings):
                return {**grammar.STEPS[kind], **grammar.COMMON}
            if first_word(key)[0] in agents:
                break
        return grammar.SEND

    def table(self, table: grammar.Table) -> Iterator[Item]:
        for position, (name, spec) in enumerate(table.items()):
            if name not in self.context.siblings:
                yield self.key(name, spec, f"{not spec.required:d}{position:03}")

    def key(self, name: str, spec: grammar.Key, order: str, snippet: str = "") -> Item:
        if self.has_colon:
            insert, snippet = name, ""
        else:
            insert, snippet = f"{name}: ", snippet or snippets.of_key(name, spec, self.pad)
        return self.item(
            name,
            _Kind.Property,
            detail=describe.kind_text(spec),
            doc=describe.key_text(name, spec),
            insert=insert,
            snippet=snippet,
            order=order,
        )

    def steps(self) -> Iterator[Item]:
        yield from self.named("agent", colon=True)
        pad = self.pad
        if pad is not None and not self.has_colon:
            for name in self.declared("agents"):
                yield self.item(
                    f"{name} ...",
                    _Kind.Snippet,
                    detail="a message with options",
                    snippet=snippets.send(name, pad),
                    order=f"1{name}",
                )
        for position, (name, table) in enumerate(grammar.STEPS.items()):
            text = snippets.lines(snippets.STEPS[name], pad) if pad is not None else ""
            spec = table[name]._replace(required=False)
            yield self.key(name, spec, f"2{position:03}", text)
        for name in self.declared("workflows") if pad is not None and not self.has_colon else ():
            workflow = describe.workflow_of(self.snapshot.program, name)
            needed = [one.name for one in workflow.inputs if one.required] if workflow else []
            yield self.item(
                f"workflow: {name}",
                _Kind.Snippet,
                detail="a call of this workflow",
                snippet=snippets.call(name, needed, pad or ""),
                about=f"workflow {name}",
                order=f"3{name}",
            )

    def arguments(self, callee: str) -> Iterator[Item]:
        workflow = self.workflow(callee)
        for position, declared in enumerate(workflow.inputs if workflow else ()):
            if declared.name not in self.context.siblings:
                needed = "" if declared.required else ", optional"
                yield self.item(
                    declared.name,
                    _Kind.Field,
                    detail=f"{declared.type}{needed}",
                    doc=declared.description,
                    insert=declared.name if self.has_colon else f"{declared.name}: ",
                    order=f"{not declared.required:d}{position:03}",
                )

    # --- values --------------------------------------------------------------------------------

    def values(self) -> Iterator[Item]:
        context, meaning, spec, kinds = self.context, self.meaning, self.meaning.spec, self.kinds
        if (
            meaning.name == "type"
            and meaning.section == "tools"
            and "implementation" in context.path
        ):
            for word, table in grammar.IMPLEMENTATION.items():
                needed = [key for key in table if key != "type" and table[key].required]
                yield self.item(word, _Kind.EnumMember, detail=f"needs {', '.join(needed)}")
        if context.path[:2] == ["settings", "lints"] and len(context.path) == 3:
            for word in _SEVERITIES:
                yield self.item(word, _Kind.EnumMember)
        if meaning.name in ("model", "fallback_model", "default_model"):
            yield from self.models()
        if meaning.argument:
            yield from self.argument_values(*meaning.argument)
        if spec is None:
            return
        for word in spec.values:
            yield self.item(word, _Kind.EnumMember, doc=spec.doc)
        if "boolean" in kinds:
            for word in ("true", "false"):
                yield self.item(word, _Kind.Keyword)
        if "type" in kinds:
            for word in (*grammar.INPUT_TYPES, "list[string]", "map[string]"):
                yield self.item(word, _Kind.TypeParameter)
        for kind, names in (("agent", {"agent", "agents"}), ("workflow", {"workflow"})):
            if kinds & names:
                yield from self.named(kind)
        if "tools" in kinds and context.path[:1] != ["tools"]:
            yield from self.named("tool")
            for name, tool in BUILTIN_TOOLS.items():
                yield self.item(name, _Kind.Interface, detail=tool.doc, about=f"tool {name}")
        if meaning.name in ("output", "return") and meaning.section == "workflows":
            yield from name_items(self.snapshot, meaning, self.offset)
        if meaning.name in ("include", "knowledge", "file", "replay"):
            yield from self.files()

    def models(self) -> Iterator[Item]:
        for name, facts in known_models().items():
            retired = "retired" in facts or "retires" in facts
            found = self.item(
                name,
                _Kind.Value,
                detail="retired" if retired else "",
                about=f"model {name}",
                order=f"{retired:d}{name}",
            )
            found.tags = [types.CompletionItemTag.Deprecated] if retired else None
            yield found

    def argument_values(self, callee: str, name: str) -> Iterator[Item]:
        """The words that an input of a workflow may be."""
        workflow = self.workflow(callee)
        for declared in workflow.inputs if workflow else ():
            for member in members(declared.type) if declared.name == name else ():
                for word in member.values if isinstance(member, Enum) else ():
                    yield self.item(word, _Kind.EnumMember, detail=declared.description)
                if str(member) == "boolean":
                    for word in ("true", "false"):
                        yield self.item(word, _Kind.Keyword)

    def files(self) -> Iterator[Item]:
        """The files and folders beside this one that go on from what is written."""
        head, _, _ = self.context.word.strip("\"'").rpartition("/")
        folder = self.snapshot.path.parent / head
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)[:200]
        except (OSError, ValueError):
            return
        for entry in entries:
            if entry.name.startswith(".") or entry.path == str(self.snapshot.path):
                continue
            name = f"{head}/{entry.name}" if head else entry.name
            is_folder = entry.is_dir()
            kind = _Kind.Folder if is_folder else _Kind.File
            yield self.item(name + "/" * is_folder, kind)

    def workflow(self, name: str) -> ir.Workflow | None:
        """The workflow that is called; in a test that names none it is the only one."""
        names = self.declared("workflows")
        found = names[0] if name == "?" and names else name
        return describe.workflow_of(self.snapshot.program, found)

    # --- names ---------------------------------------------------------------------------------

    def declared(self, section: str) -> list[str]:
        declarations = self.snapshot.program.report.declarations
        return list(getattr(declarations, section, {}))

    def named(self, kind: str, *, colon: bool = False) -> Iterator[Item]:
        kinds = {"agent": _Kind.Class, "workflow": _Kind.Function, "tool": _Kind.Interface}
        for name in self.declared(f"{kind}s"):
            yield self.item(
                name,
                kinds[kind],
                detail=kind,
                insert=f"{name}: " if colon and not self.has_colon else name,
                about=f"{kind} {name}",
                order=f"0{name}",
            )
