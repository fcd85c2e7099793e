"""Custom tools: parameters, implementations, templates over a call's arguments."""

import re

from vega_grammar import keys as grammar
from vegac.ir import nodes as ir
from vegac.ir.build.fields import FieldReader, Invalid, kind_of
from vegac.ir.build.scope import FixedScope
from vegac.ir.build.texts import TextBuilder, as_text
from vegac.ir.build.workflow import json_schema, read_enum, read_type, value_type
from vegac.semantics.constants import is_of_type
from vegac.semantics.declarations import Declaration
from vegac.semantics.literals import NAME
from vegac.semantics.shell import Hole, prepare_argv, prepare_shell
from vegac.semantics.type_syntax import article
from vegac.semantics.types import ANY, STRING, Enum, Type, optional
from vegac.source.findings import Findings
from vegac.source.suggest import did_you_mean, nearest, unknown_name
from vegac.syntax.core_schema import to_value
from vegac.syntax.document import entry_for
from vegac.syntax.nodes import Entry, ErrorNode, Mapping, Node, Scalar, Sequence, is_null
from vegac.syntax.text import parse_text

_ENV = re.compile(r"\$\{[A-Za-z_]\w*(?::-[^}]*)?\}|\$\$\{")
_FUNCTION = re.compile(r"[\w.]+:[\w.]+")
_CLASSES = {
    "http": "HttpTool",
    "exec": "ExecTool",
    "file_read": "FileReadTool",
    "file_write": "FileWriteTool",
    "builtin": "BuiltinTool",
}
_TEXTS = {
    "http": ("url",),
    "exec": ("cwd",),
    "file_read": ("path",),
    "file_write": ("path", "content"),
}
_LIMITS = ("allowed_paths", "allowed_commands", "allowed_hosts")
_LIMITS_OF = {
    "http": "allowed_hosts",
    "exec": "allowed_commands",
    "file_read": "allowed_paths",
    "file_write": "allowed_paths",
}
"""Which limit a kind of tool keeps."""
_CAPABILITIES: dict[str, tuple[str, ...]] = {
    "http": ("net",),
    "exec": ("exec",),
    "file_read": ("fs:read",),
    "file_write": ("fs:write",),
}


def build_tool(findings: Findings, declaration: Declaration, delimiters: str = "both") -> ir.Tool:
    """Lower a custom tool; findings go to the list."""
    return _ToolBuilder(findings, declaration, delimiters).build()


class _ToolBuilder:
    def __init__(self, findings: Findings, declaration: Declaration, delimiters: str) -> None:
        self.findings = findings
        self.declaration = declaration
        self.fields = FieldReader(findings, environment=True)
        self.globs: set[str] = set()
        self.delimiters = delimiters
        self.texts: TextBuilder

    def build(self) -> ir.Tool:
        name, node = self.declaration.name, self.declaration.node
        table = {
            **grammar.TOOL,
            "description": grammar.TOOL["description"]._replace(required=False),
        }
        entries = self.fields.table(node, table, f"tool '{name}'")
        arguments: dict[str, ir.StaticValue] = {}
        description = entries.get("description")
        if description is None:
            if isinstance(node, Mapping):
                self._missing_description()
            arguments["description"] = ""
        else:
            value = self.fields.string(description.value, "description")
            arguments["description"] = "" if isinstance(value, Invalid) else value
            if isinstance(value, str) and not value.strip():
                self._missing_description()
        parameters, types = self._params(entries.get("params"))
        arguments["params"] = parameters
        scope = FixedScope(
            self.findings,
            {key: ir.Parameter(type_, node.span, key) for key, type_ in types.items()},
        )
        self.texts = TextBuilder(scope, self.delimiters)
        for key in ("capabilities", "allowed_paths", "allowed_commands", "allowed_hosts"):
            if key in entries:
                read = self.fields.read(entries[key].value, grammar.TOOL[key], key)
                if not isinstance(read, Invalid):
                    arguments[key] = read
        if "confirm" in entries:
            read = self.fields.read(entries["confirm"].value, grammar.TOOL["confirm"], "confirm")
            if not isinstance(read, Invalid):
                arguments["confirm"] = read
        kind, specific = self._implementation(entries.get("implementation"))
        for key in _LIMITS:
            if key in arguments and kind and key != _LIMITS_OF.get(kind):
                self._idle_limit(key, entries[key], kind)
                del arguments[key]
        arguments.update(specific)
        if kind == "builtin":
            arguments.pop("params", None)
        if kind in _CAPABILITIES:
            arguments.setdefault("capabilities", _CAPABILITIES[kind])
        construct = ir.Construct(_CLASSES.get(kind, "Tool"), arguments, (name,))
        return ir.Tool(name, self.declaration.key.span, construct)

    def _idle_limit(self, key: str, entry: Entry, kind: str) -> None:
        right = _LIMITS_OF.get(kind)
        self.findings.report(
            "unknown-key",
            entry.key.span,
            f"a tool of type {kind} has no key '{key}', for it would limit nothing",
            hint=f"its limit is `{right}`" if right else "remove it",
        )

    def _missing_description(self) -> None:
        self.findings.report(
            "missing-description",
            self.declaration.key.span,
            f"tool '{self.declaration.name}' has no description",
            hint="add `description:`; the model decides by it when to call the tool",
            subject="description",
        )

    # --- parameters ----------------------------------------------------------------------------

    def _params(self, entry: Entry | None) -> tuple[dict[str, ir.StaticValue], dict[str, Type]]:
        parameters: dict[str, ir.StaticValue] = {}
        types: dict[str, Type] = {}
        if entry is None:
            return parameters, types
        node = entry.value
        items: list[tuple[Scalar, Node]] = []
        if isinstance(node, Mapping):
            node = json_schema(self.findings, node, "parameters") or node
            items = [(inner.key, inner.value) for inner in node.entries]
        elif isinstance(node, Sequence):
            for item in node.items:
                named = entry_for(item, "name", grammar.PARAM)
                if named is not None and isinstance(named.value, Scalar):
                    items.append((named.value, item))
                elif isinstance(item, Scalar):
                    items.append((item, item))
                elif not isinstance(item, ErrorNode):
                    self.fields.missing(item, "name", "a parameter in a list")
        elif not isinstance(node, ErrorNode):
            self.findings.report(
                "wrong-type",
                node.span,
                f"`params` is a map from names to parameters; here stands {kind_of(node)}",
            )
        for key, value in items:
            if not NAME.fullmatch(key.value):
                self.findings.report(
                    "bad-name",
                    key.span,
                    f"'{key.value}' cannot name a parameter",
                    hint="names hold letters, digits and '_'",
                )
                continue
            parameters[key.value], types[key.value] = self._param(key, value)
        return parameters, types

    def _param(self, key: Scalar, node: Node) -> tuple[ir.StaticValue, Type]:
        if isinstance(node, Scalar):
            type_ = STRING if node is key or not node.value else read_type(self.findings, node)
            word = node.value if type_ is not None and node is not key and node.value else "string"
            return ir.Construct("Param", {}, (word,)), optional(type_ or ANY)
        entries = self.fields.table(node, grammar.PARAM, f"parameter '{key.value}'")
        word, type_ = "string", STRING
        if "type" in entries and isinstance(entries["type"].value, Scalar):
            found = read_type(self.findings, entries["type"].value)
            word = entries["type"].value.value if found else "any"
            type_ = found or ANY
        elif "type" in entries:
            self.fields.string(entries["type"].value, "type")
        arguments: dict[str, ir.StaticValue] = {}
        for name in ("description", "required", "glob"):
            if name in entries:
                read = self.fields.read(entries[name].value, grammar.PARAM[name], name)
                if not isinstance(read, Invalid):
                    arguments[name] = read
        if "default" in entries:
            value = to_value(entries["default"].value)
            arguments["default"] = tuple(value) if isinstance(value, list) else value  # type: ignore[assignment]
        enum: tuple[str | int | float, ...] = ()
        if "enum" in entries:
            enum = read_enum(self.findings, entries["enum"].value, type_, "parameter", key.value)
            if enum:
                arguments["enum"] = enum
        if "default" in entries:
            self._default(key.value, type_, entries["default"].value, arguments)
        if arguments.get("glob") is True:
            self.globs.add(key.value)
        elif self._is_command() and "*" in str(arguments.get("default", "")):
            self.findings.report(
                "glob-in-default",
                entries["default"].value.span,
                f"a command gets this '*' as it stands, for '{key.value}' is quoted",
                hint="add `glob: true` to the parameter if the shell is to expand it",
            )
        words = [word for word in enum if isinstance(word, str)]
        if type_ in (STRING, ANY) and words and len(words) == len(enum):
            type_ = Enum(tuple(words))
        given = arguments.get("required") is True or arguments.get("default") is not None
        return ir.Construct("Param", arguments, (word,)), type_ if given else optional(type_)

    def _default(
        self, name: str, type_: Type, node: Node, arguments: dict[str, ir.StaticValue]
    ) -> None:
        value, enum = to_value(node), arguments.get("enum")
        if not is_of_type(value, optional(type_)):
            self.findings.report(
                "bad-default",
                node.span,
                f"the default of '{name}' does not fit: "
                f"the parameter is {article(type_)}, this is {article(value_type(value))}",
            )
        elif isinstance(enum, tuple) and value is not None and value not in enum:
            words = [str(word) for word in enum]
            self.findings.report(
                "bad-default",
                node.span,
                f"the default of '{name}' cannot be '{value}'",
                hint=did_you_mean(str(value), words) or "one of " + ", ".join(words),
                subject=str(value),
                suggestions=tuple(nearest(str(value), words)),
            )

    def _is_command(self) -> bool:
        node = self.declaration.node
        implementation = node.get("implementation") if isinstance(node, Mapping) else None
        kind = implementation.get("type") if isinstance(implementation, Mapping) else None
        return isinstance(kind, Scalar) and kind.value == "exec"

    # --- implementations -----------------------------------------------------------------------

    def _implementation(self, entry: Entry | None) -> tuple[str, dict[str, ir.StaticValue]]:
        if entry is None or isinstance(entry.value, ErrorNode):
            return "", {}
        node = entry.value
        kind = self._kind(node) if isinstance(node, Mapping) else None
        if kind is None:
            self.findings.report(
                "missing-key",
                entry.key.span,
                "`implementation` has no `type`",
                hint="types are " + ", ".join(grammar.IMPLEMENTATION),
            )
            return "", {}
        table = grammar.IMPLEMENTATION.get(kind.value)
        if table is None:
            self.findings.report(
                "unknown-value",
                kind.span,
                f"there is no tool type '{kind.value}'",
                **unknown_name(kind.value, "types", grammar.IMPLEMENTATION),
            )
            return "", {}
        entries = self.fields.table(node, table, f"an implementation of type {kind.value}")
        found: dict[str, ir.StaticValue] = {}
        for name, field in entries.items():
            if name == "type":
                continue
            if name == "command":
                found[name] = self._command(field.value)
            elif name == "url":
                found[name] = self._url(field.value)
            elif name in ("headers", "query", "env", "body"):
                if name != "body" and not self._may_be_map(field.value):
                    self.fields.wrong(field.value, name, "a map")
                found[name] = self._tree(field.value)
            elif name in _TEXTS.get(kind.value, ()):
                found[name] = self._template(field.value)
            elif name == "retry":
                values = self.fields.values(field.value, grammar.TOOL_RETRY, "`retry`")
                found[name] = ir.Construct("ToolRetry", values)
            else:
                read = self.fields.read(field.value, table[name], name)
                if name == "function" and isinstance(read, str) and not _FUNCTION.fullmatch(read):
                    wanted = "written as `package.module:callable`"
                    read = self.fields.wrong(field.value, name, wanted)
                if not isinstance(read, Invalid):
                    found[name] = read
        return kind.value, found

    def _may_be_map(self, node: Node) -> bool:
        if isinstance(node, Scalar):
            return is_null(node) or parse_text(node.value).sole is not None
        return isinstance(node, Mapping)

    def _kind(self, node: Mapping) -> Scalar | None:
        """The value of `type`, also where the key is misspelt, which `table` reports."""
        entries = {entry.key.value: entry.value for entry in node.entries}
        near = next((key for key in entries if "type" in nearest(key, ("type",))), "")
        kind = entries.get("type", entries.get(near))
        return kind if isinstance(kind, Scalar) else None

    def _template(self, node: Node) -> ir.StaticValue:
        """A text over the arguments and the environment."""
        return self._static(self.texts.text(node), node)

    def _tree(self, node: Node) -> ir.StaticValue:
        """Lists and maps with templates in them; one hole alone keeps its type."""
        match node:
            case Mapping(entries=entries):
                return {entry.key.value: self._tree(entry.value) for entry in entries}
            case Sequence(items=items):
                return tuple(self._tree(item) for item in items)
            case Scalar():
                return self._static(self.texts.scalar(node, literal=True), node)
            case _:
                return None

    def _static(self, built: ir.Expr, node: Node) -> ir.StaticValue:
        if isinstance(built, ir.Const):
            if isinstance(built.value, str) and _ENV.search(built.value):
                return ir.EnvText(built.value, node.span)
            return built.value
        if isinstance(built, ir.Template) and any(
            isinstance(part, str) and _ENV.search(part) for part in built.parts
        ):
            parts = tuple(self._part(part, node) for part in built.parts)
            return ir.Construct("Joined", {}, parts)
        return ir.Computed(built, "args")

    def _part(self, part: str | ir.Expr, node: Node) -> ir.StaticValue:
        if isinstance(part, str):
            return ir.EnvText(part, node.span) if _ENV.search(part) else part
        return ir.Computed(part, "args")

    def _url(self, node: Node) -> ir.StaticValue:
        built = self.texts.text(node, "`url`")
        if not isinstance(built, ir.Template):
            return self._static(built, node)
        seen = ""
        parts: list[str | ir.Expr] = []
        for part in built.parts:
            if isinstance(part, str):
                seen += part
                parts.append(part)
                continue
            if not re.match(r"[a-z]+://[^/]+/|[^:]*\$\{[^}]*\}[^/]*/", seen) and not re.match(
                r"[a-z]+://[^/]*\$\{", seen
            ):
                self.findings.report(
                    "url-host-from-input",
                    part.span,
                    "this value would decide which host is called",
                    hint="write the scheme and host in the program, and holes in path or query",
                )
            parts.append(ir.FilterCall(STRING, part.span, "urlencode", as_text(part), ()))
            seen += "x"
        return self._static(ir.Template(STRING, built.span, tuple(parts)), node)

    def _command(self, node: Node) -> ir.StaticValue:
        if (isinstance(node, Sequence) and not node.items) or (
            isinstance(node, Scalar) and node.style != "plain" and not node.value.strip()
        ):
            self.fields.wrong(node, "command", "a command", "name the program to run")
        if isinstance(node, Sequence):
            holes: list[ir.Expr] = []
            words = [self._word(self.texts.text(item), holes) for item in node.items]
            argv = prepare_argv(words)
            self._report_injections(argv.problems, holes)
            return ir.Construct(
                "Argv",
                {"options_guard": argv.options_guard} if argv.options_guard else {},
                (tuple(self._template(item) for item in node.items),),
            )
        built = self.texts.text(node, "`command`")
        holes = []
        prepared = prepare_shell(self._word(built, holes))
        self._report_injections(prepared.problems, holes)
        variables: dict[str, ir.StaticValue] = {
            name: ir.Computed(as_text(holes[index]), "args") for name, index in prepared.variables
        }
        arguments: dict[str, ir.StaticValue] = {}
        for name in ("options_guard", "never_empty", "globs", "commands"):
            value: tuple[str, ...] = getattr(prepared, name)
            if value:
                arguments[name] = value
        return ir.Construct("Command", arguments, (prepared.script, variables))

    def _word(self, built: ir.Expr, holes: list[ir.Expr]) -> list[str | Hole]:
        """A text as literal parts and holes; the holes' expressions are added to `holes`."""
        if isinstance(built, ir.Const):
            return [str(built.value)] if built.value is not None else []
        parts = built.parts if isinstance(built, ir.Template) else (built,)
        found: list[str | Hole] = []
        for part in parts:
            if isinstance(part, str):
                found.append(part)
                continue
            name = part.name if isinstance(part, ir.Parameter) else ""
            found.append(Hole(len(holes), name, name in self.globs))
            holes.append(part)
        return found

    def _report_injections(
        self, problems: tuple[tuple[int, str], ...], holes: list[ir.Expr]
    ) -> None:
        for index, reason in problems:
            self.findings.report(
                "command-injection",
                holes[index].span,
                f"this value could run as a command: it stands {reason}",
                hint="pass it as a plain argument, or through a file",
            )
