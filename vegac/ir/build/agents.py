"""Agents and settings: inheritance resolved, fields read, checked and normalised."""

from collections.abc import Callable, Iterable
from datetime import date

from msgspec import Struct

from vega_grammar import keys as grammar
from vega_grammar.tools import BUILTIN_TOOLS
from vegac.ir import nodes as ir
from vegac.ir.build.bare_words import check_prompt
from vegac.ir.build.fields import INVALID, FieldReader, Invalid, Read, env_text
from vegac.ir.build.models import check_model, check_temperature
from vegac.ir.build.scope import FixedScope
from vegac.ir.build.skills import SkillReader
from vegac.ir.build.texts import TextBuilder, as_text
from vegac.semantics.declarations import Declaration, Declarations
from vegac.semantics.types import STRING
from vegac.source.findings import Findings
from vegac.source.span import Span
from vegac.source.suggest import names_of, round_trip, unknown_name
from vegac.syntax.document import unknown_key
from vegac.syntax.nodes import Entry, ErrorNode, Mapping, Node, Scalar, Sequence, is_null

CONSTRUCTORS = {
    "retry": "Retry",
    "rate_limit": "RateLimit",
    "circuit_breaker": "CircuitBreaker",
    "supervision": "Supervision",
    "delegation": "Delegation",
    "logging": "Logging",
    "tracing": "Tracing",
    "metrics": "Metrics",
    "memory": "MemorySettings",
}
"""Keys whose mapping becomes a constructor of the runtime."""


FindFile = Callable[[str, str], tuple[str, bool]]
"""`find_file(path, file that names it)`: the path relative to the program, and whether there is
such a file."""

Fields = dict[str, tuple[Entry, str]]
"""The entries of an agent's fields, each with the file that holds it."""


class Resolved(Struct, eq=False):
    """An agent with what it inherits."""

    declaration: Declaration
    fields: Fields
    whole: bool = True
    """Whether all that it inherits is known."""


class AgentBuilder:
    """Builds the agents of a program. `mcp` are the names of declared MCP servers (None: unknown
    because the settings could not be read)."""

    def __init__(
        self,
        findings: Findings,
        program: Declarations,
        settings: dict[str, ir.StaticValue],
        mcp: tuple[str, ...],
        today: date,
        find_file: FindFile,
        skills: SkillReader,
    ) -> None:
        self.findings = findings
        self.program = program
        self.settings = settings
        self.mcp = mcp
        self.reader = FieldReader(findings, environment=True)
        self.extended: set[str] = set()
        self._suggested: set[str] = set()
        self._seen = 0
        self._handed_down: dict[str, tuple[Fields, bool]] = {}
        self.used_tools: set[str] = set()
        self.used_agents: set[str] = set()
        self.today = today
        self.find_file = find_file
        self.skills = skills
        self.resolved: dict[str, Resolved] = {}

    def build(self) -> list[ir.Agent]:
        self._check_cycles()
        self.resolved = {name: self._resolve(name) for name in self.program.agents}
        return [self._agent(agent) for agent in self.resolved.values()]

    # --- inheritance ---------------------------------------------------------------------------

    def _resolve(self, name: str) -> Resolved:
        declaration = self.program.agents[name]
        fields = self._own_fields(declaration)
        parent = fields.get("extends")
        node = parent[0].value if parent is not None else None
        whole = True
        if isinstance(node, Scalar) and node.value in self.program.agents:
            inherited, whole = self._inherited(node.value)
            fields = {**inherited, **fields}
            if node.value != name:
                self.extended.add(node.value)
        elif isinstance(node, Scalar):
            whole = False
            self.unknown_agent(node)
        elif node is not None and not isinstance(node, ErrorNode):
            whole = False
            self.reader.string(node, "extends")
        return Resolved(declaration, fields, whole)

    def _inherited(self, name: str) -> tuple[Fields, bool]:
        """What an agent hands down: its fields with those that it inherits itself, and whether they
        are all."""
        chain: dict[str, Fields] = {}
        whole = True
        while name not in self._handed_down and name not in chain:
            own = chain[name] = self._own_fields(self.program.agents[name], quiet=True)
            node = own["extends"][0].value if "extends" in own else None
            whole = node is None or isinstance(node, ErrorNode)
            if not isinstance(node, Scalar) or node.value not in self.program.agents:
                break
            name = node.value
        if name in self._handed_down:
            fields, whole = self._handed_down[name]
        else:
            fields = {}
        for name, own in reversed(chain.items()):
            fields = {**fields, **own}
            self._handed_down[name] = fields, whole
        return self._handed_down[name] if chain else (fields, whole)

    def _check_cycles(self) -> None:
        """`inherit-cycle`, once for each cycle, where its first agent stands in it."""
        parents: dict[str, Scalar] = {}
        for name, declaration in self.program.agents.items():
            extends = (
                declaration.node.get("extends") if isinstance(declaration.node, Mapping) else None
            )
            if isinstance(extends, Scalar) and extends.value in self.program.agents:
                parents[name] = extends
        place = {name: at for at, name in enumerate(self.program.agents)}
        seen: set[str] = set()
        for start in parents:
            path: dict[str, None] = {}
            name = start
            while name in parents and name not in seen:
                seen.add(name)
                path[name] = None
                name = parents[name].value
            if name not in path:
                continue
            walked = list(path)
            cycle = walked[walked.index(name) :]
            first = cycle.index(min(cycle, key=place.__getitem__))
            cycle = cycle[first:] + cycle[:first]
            self.findings.report(
                "inherit-cycle",
                parents[cycle[-1]].span,
                f"'{cycle[0]}' extends itself: {round_trip(cycle)}",
                hint="remove one `extends`",
            )

    def _own_fields(self, declaration: Declaration, quiet: bool = False) -> Fields:
        node = declaration.node
        if not isinstance(node, Mapping):
            if not quiet and not isinstance(node, ErrorNode):
                self.findings.report(
                    "not-a-mapping",
                    node.span,
                    f"agent '{declaration.name}' is a map of its fields",
                    hint="give it at least `system:` and `model:`",
                )
            return {}
        found: Fields = {}
        given: set[str] = set()
        for entry in node.entries:
            key = entry.key.value
            if key in grammar.AGENT:
                found[key] = (entry, declaration.file)
            elif quiet or key.startswith("x-"):
                continue
            elif key in grammar.SERVER_AGENT_KEYS:
                self.findings.report(
                    "ignored-key",
                    entry.key.span,
                    f"`{key}` belongs to a server around the language; it is ignored here",
                )
            else:
                meant = unknown_key(self.findings, entry.key, grammar.AGENT, "an agent")
                given = given or {other.key.value for other in node.entries}
                if meant and meant not in given:
                    found.setdefault(meant, (entry, declaration.file))
        return found

    def unknown_agent(self, scalar: Scalar, code: str = "unknown-agent") -> None:
        """Report a name that no agent has."""
        names = names_of(self.program.agents)
        details = unknown_name(scalar.value, "agents", names)
        if not details["suggestions"] and "agents" in self.program.incomplete:
            return
        if not names:
            details["notes"] = ("there are no agents",)
        self.findings.report(
            code,
            scalar.span,
            f"no agent is named '{scalar.value}'",
            **details,
        )

    # --- one agent -----------------------------------------------------------------------------

    def _agent(self, agent: Resolved) -> ir.Agent:
        declaration = agent.declaration
        own = {id(entry) for entry in _entries(declaration.node)}
        options: dict[str, ir.StaticValue] = {}
        for name, (entry, file) in agent.fields.items():
            if name == "extends":
                continue
            self.findings.quiet += id(entry) not in own
            value = self._field(name, entry.value, file, declaration)
            self.findings.quiet -= id(entry) not in own
            if not isinstance(value, Invalid):
                options["display_name" if name == "name" else name] = value
        self._complete(agent, options)
        self._check_models(agent, options, own)
        return ir.Agent(declaration.name, declaration.key.span, options)

    def _check_models(
        self, agent: Resolved, options: dict[str, ir.StaticValue], own: set[int]
    ) -> None:
        """Check the models that this agent names itself, and its temperature against its model."""
        for key in ("model", "fallback_model"):
            found = agent.fields.get(key)
            if found is None or id(found[0]) not in own:
                continue
            node = found[0].value
            if isinstance(node, Scalar) and isinstance(options.get(key), str):
                check_model(self.findings, node, "base_url" in options, self.today)
        model, temperature = options.get("model"), options.get("temperature")
        entry, named = agent.fields.get("temperature"), agent.fields.get("model")
        if entry is None or id(entry[0]) not in own or not isinstance(model, str):
            return
        # A mapping that agents of several models share may hold a temperature for some of them.
        shared = entry[0].merged and not (named is not None and named[0].merged)
        if not shared:
            check_temperature(self.findings, model, temperature, entry[0].value.span)

    def _complete(self, agent: Resolved, options: dict[str, ir.StaticValue]) -> None:
        """Fill in defaults and report what a usable agent needs."""
        declaration = agent.declaration
        name = declaration.name
        for key, default in (
            ("model", "default_model"),
            ("temperature", "default_temperature"),
            ("retry", "retry"),
            ("rate_limit", "rate_limit"),
            ("circuit_breaker", "circuit_breaker"),
            ("supervision", "supervision"),
            ("skills", "skills"),
        ):
            if key not in agent.fields and default in self.settings:
                value = self.settings[default]
                if key != "rate_limit" or isinstance(value, ir.Construct):
                    options[key] = value
        if not isinstance(declaration.node, Mapping) or name in self.extended or not agent.whole:
            return
        if self._is_suggested(name):
            return  # it is surely meant to be extended
        if "system" not in agent.fields:
            self.findings.report(
                "missing-system",
                declaration.key.span,
                f"agent '{name}' has no system prompt",
                hint="add `system:` with what the agent is to do",
                subject="system",
            )
        if "model" not in options and "model" not in agent.fields:
            self.findings.report(
                "missing-model",
                declaration.key.span,
                f"agent '{name}' has no model, and `settings` has no `default_model`",
                hint="add `model:`, or give --model or VEGA_MODEL with each run",
                subject="model",
            )

    def _is_suggested(self, name: str) -> bool:
        """Whether a finding so far proposes this name for another one."""
        for finding in self.findings.items[self._seen :]:
            self._suggested.update(finding.suggestions)
        self._seen = len(self.findings.items)
        return name in self._suggested

    def _field(self, name: str, node: Node, file: str, agent: Declaration) -> Read:
        match name:
            case "system":
                return self._system(node, file)
            case "tools":
                return self._tools(node)
            case "team":
                return self._team(node, agent)
            case "context":
                return self._context(node)
            case "budget":
                return self._budget(node)
            case "skills":
                return self.skills.read(node, file)
            case "knowledge":
                items = node.items if isinstance(node, Sequence) else [node]
                read = [self._file(item, file, name) for item in items]
                return tuple(path for path in read if not isinstance(path, Invalid))
            case _ if name in CONSTRUCTORS:
                return construct(self.reader, node, name)
            case _:
                return self.reader.read(node, grammar.AGENT[name], name)

    def _system(self, node: Node, file: str) -> Read:
        if isinstance(node, Mapping):
            entry = self.reader.table(node, grammar.SYSTEM_FILE, "`system`").get("file")
            path = self._file(entry.value, file, "file") if entry is not None else INVALID
            return path if isinstance(path, Invalid) else ir.Construct("file_text", {}, (path,))
        if not isinstance(node, Scalar):
            return self.reader.read(node, grammar.AGENT["system"], "system")
        scope = FixedScope(self.findings, {}, ("date", "time", "now"))
        built = as_text(TextBuilder(scope).text(node, "`system`"))
        if isinstance(built, ir.Const):
            if built.value is None:
                return self.reader.string(node, "system")
            check_prompt(self.findings, node)
            return env_text(str(built.value), node.span)
        return _with_environment(built, node.span)

    def _file(self, node: Node, declared_in: str, name: str) -> Read:
        """A file's path, relative to the program's folder; it must exist."""
        path = self.reader.string(node, name)
        if not isinstance(path, str):
            return path
        resolved, exists = self.find_file(path, declared_in)
        if not exists:
            self.findings.report(
                "missing-file",
                node.span,
                f"there is no file '{path}'",
                hint="paths are relative to the file that names them",
            )
        return resolved

    def _tools(self, node: Node) -> Read:
        items = node.items if isinstance(node, Sequence) else [node]
        found: list[ir.StaticValue] = []
        for item in items:
            if not isinstance(item, Scalar) or is_null(item):
                self.reader.string(item, "tools")
                continue
            value = self.tool(item)
            if value is not None:
                found.append(value)
        return tuple(found)

    def tool(self, item: Scalar) -> ir.StaticValue:
        """The tool that a name in a list means, or None after a finding."""
        name = item.value
        self.used_tools.add(name)
        if name in self.program.tools:
            return ir.ToolReference(name)
        if name in BUILTIN_TOOLS:
            return name
        server, separator, _ = name.partition("__")
        if separator:
            if server in self.mcp:
                return name
            details = unknown_name(server, "servers", self.mcp)
            if not self.mcp:
                details["notes"] = ("declare it under `settings.mcp.servers`",)
            self.findings.report(
                "unknown-mcp-server",
                item.span,
                f"no MCP server is named '{server}'",
                **details,
            )
            return None
        details = unknown_name(name, "tools", {**self.program.tools, **BUILTIN_TOOLS})
        if details["suggestions"]:
            details["notes"] = ()
        elif "tools" in self.program.incomplete:
            return None
        self.findings.report(
            "unknown-tool",
            item.span,
            f"no tool is named '{name}'",
            severity="info" if self.program.server else "error",
            **details,
        )
        return None

    def _team(self, node: Node, agent: Declaration) -> Read:
        items = node.items if isinstance(node, Sequence) else [node]
        found: list[ir.StaticValue] = []
        for item in items:
            if isinstance(item, Scalar) and item.value in found:
                self.findings.report(
                    "duplicate-value", item.span, f"'{item.value}' is in the team already"
                )
            elif not isinstance(item, Scalar):
                self.reader.string(item, "team")
            elif item.value == agent.name:
                self.findings.report(
                    "self-team", item.span, f"'{agent.name}' cannot be in its own team"
                )
            elif item.value not in self.program.agents:
                self.unknown_agent(item)
            else:
                self.used_agents.add(item.value)
                found.append(item.value)
        return tuple(found)

    def _context(self, node: Node) -> Read:
        if isinstance(node, Mapping):
            values = self.reader.values(node, grammar.CONTEXT, "`context`")
            model = node.get("model")
            if isinstance(model, Scalar) and isinstance(values.get("model"), str):
                check_model(self.findings, model, own_endpoint=False, today=self.today)
            return ir.Construct("Context", values)
        word = self.reader.word(node, grammar.AGENT["context"], "context")
        return word if isinstance(word, Invalid) else ir.Construct("Context", {"strategy": word})

    def _budget(self, node: Node) -> Read:
        if isinstance(node, Mapping):
            values = self.reader.values(node, grammar.AGENT_BUDGET, "`budget`")
            return ir.Construct("Budget", values) if "limit" in values else INVALID
        limit = self.reader.money(node, "budget")
        return limit if isinstance(limit, Invalid) else ir.Construct("Budget", {"limit": limit})


def _with_environment(built: ir.Expr, span: Span) -> Read:
    """A text with holes; what holds `${NAME}` is read when the run starts, and never searched for
    holes."""
    parts = built.parts if isinstance(built, ir.Template) else (built,)
    found: list[ir.StaticValue] = []
    between: list[str | ir.Expr] = []
    for part in parts:
        text = env_text(part, span) if isinstance(part, str) else None
        if not isinstance(text, ir.EnvText):
            between.append(part)
            continue
        if between:
            found.append(_computed(between, span))
        found.append(text)
        between = []
    if not found:
        return ir.Computed(built, "run")
    return (*found, _computed(between, span)) if between else tuple(found)


def _computed(parts: list[str | ir.Expr], span: Span) -> ir.StaticValue:
    if len(parts) == 1 and isinstance(parts[0], str):
        return parts[0]
    return ir.Computed(ir.Template(STRING, span, tuple(parts)), "run")


def construct(reader: FieldReader, node: Node, name: str) -> Read:
    """A mapping that becomes a constructor call, such as `retry`."""
    if isinstance(node, ErrorNode):
        return INVALID
    kind = grammar.AGENT.get(name) or grammar.SETTINGS[name]
    table = grammar.TABLES[kind.kind.rpartition("table:")[2]]
    values = reader.values(node, table, f"`{name}`", skip=("backoff",) * (name == "supervision"))
    if name == "supervision" and isinstance(node, Mapping):
        backoff = node.get("backoff")
        if isinstance(backoff, Mapping):
            values["backoff"] = reader.values(backoff, grammar.BACKOFF, "`backoff`")
        elif backoff is not None:
            word = reader.word(backoff, grammar.SUPERVISION["backoff"], "backoff")
            if not isinstance(word, Invalid):
                values["backoff"] = {"type": word}
    return ir.Construct(CONSTRUCTORS[name], values)


def _entries(node: Node) -> Iterable[Entry]:
    return node.entries if isinstance(node, Mapping) else ()
