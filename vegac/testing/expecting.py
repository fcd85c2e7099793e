"""Reading what a test expects: of a run, of the check, and of expressions."""

from collections.abc import Iterable

from vega_grammar import testing as keys
from vegac.semantics.literals import NAME
from vegac.source.registry import CODES
from vegac.syntax.core_schema import to_value
from vegac.syntax.nodes import ErrorNode, Mapping, Node, Scalar, Sequence, is_null
from vegac.testing.cases import (
    Check,
    CheckKind,
    Checks,
    Expect,
    ExpectedCalls,
    ExpectedError,
    ExpectedFile,
    ExpectedFinding,
    ExpectedSent,
    ExpressionCase,
)
from vegac.testing.fields import TestFields
from vegac.testing.paths import inside


class ExpectReader:
    """Reads expectations; `agents` collects where they name agents, `names` are the variables that
    an `expression:` may use."""

    def __init__(
        self, fields: TestFields, agents: list[tuple[str, Node]], names: Iterable[str]
    ) -> None:
        self.fields = fields
        self.agents = agents
        self.names = names

    def expect(self, node: Node) -> Expect:
        expect = Expect()
        for name, entry in self.fields.table(node, keys.EXPECT, "`expect`").items():
            value = entry.value
            match name:
                case "output":
                    expect.output = self.checks(value)
                case "calls":
                    expect.calls = self._calls(value)
                case "sent":
                    expect.sent = self._sent(value)
                case "error":
                    expect.error = self._error(value)
                case "variables":
                    for variable in self.fields.map(value, name):
                        expect.variables[variable.key.value] = self.checks(variable.value)
                        expect.variable_keys.append(variable.key)
                case "cost":
                    found = self.fields.table(value, keys.COST, "`cost`")
                    if "max" in found:
                        expect.cost_node = found["max"].value
                        expect.cost = self.fields.money(expect.cost_node, "max")
                case _:
                    expect.files = self._files(value)
        return expect

    def checks(self, node: Node) -> Checks:
        """How a value is compared: a map of the words `contains` and so on, or the value itself."""
        if isinstance(node, ErrorNode):
            return ()
        words = [entry.key.value for entry in node.entries] if isinstance(node, Mapping) else []
        if not isinstance(node, Mapping) or not words or not set(words) <= set(keys.MATCHERS):
            return (Check("equal", to_value(node), node),)
        found = (self._check(entry.key.value, entry.value) for entry in node.entries)
        return tuple(check for check in found if check is not None)

    def _check(self, word: str, node: Node) -> Check | None:
        kind: CheckKind
        match word:
            case "equal" | "contains":
                kind = word
                return None if isinstance(node, ErrorNode) else Check(kind, to_value(node), node)
            case "matches":
                pattern = self.fields.text(node, word)
                if pattern is None:
                    return None
                self.fields.pattern(node, pattern)
                return Check("matches", pattern, node)
            case _:
                text = self.fields.text(node, word)
                if text is None or not isinstance(node, Scalar):
                    return None
                self._expression(node)
                return Check("expression", text, node)

    def _expression(self, node: Scalar) -> None:
        from vegac.testing.expressions import problems_of

        for finding in problems_of(node, {"output", *self.names}):
            self.fields.findings.add(finding)

    def _calls(self, node: Node) -> ExpectedCalls | None:
        ordered = not isinstance(node, Mapping)
        if isinstance(node, Mapping):
            found = self.fields.table(node, keys.CALLS, "`calls`")
            if "unordered" not in found:
                return None
            node = found["unordered"].value
        if not isinstance(node, Sequence):
            self.fields.wrong(node, "calls", "a list of agents", "write `calls: []` for no call")
            return None
        return ExpectedCalls([self._agent(item, "calls") for item in node.items], ordered, node)

    def _agent(self, node: Node, name: str) -> str:
        agent = self.fields.text(node, name)
        if agent is None:
            return ""
        self.agents.append((agent, node))
        return agent

    def _sent(self, node: Node) -> list[ExpectedSent]:
        sent: list[ExpectedSent] = []
        for entry in self.fields.map(node, "sent"):
            self.agents.append((entry.key.value, entry.key))
            items = [] if is_null(entry.value) else self.fields.items(entry.value)
            messages = [self.checks(item) for item in items]
            sent.append(ExpectedSent(entry.key.value, messages, entry.value, entry.key))
        return sent

    def _error(self, node: Node) -> ExpectedError:
        found = self.fields.table(node, keys.ERROR, "`error`")
        error = ExpectedError(None, None, node)
        if "type" in found:
            error.type = self.fields.word(found["type"].value, "type", keys.ERROR_TYPES)
        if "contains" in found:
            error.contains = self.fields.text(found["contains"].value, "contains")
        return error

    def _files(self, node: Node) -> list[ExpectedFile]:
        files: list[ExpectedFile] = []
        for entry in self.fields.map(node, "files"):
            path, value = entry.key.value, entry.value
            inside(self.fields.findings, entry.key)
            if is_null(value):
                files.append(ExpectedFile(path, None, entry.key))
            elif isinstance(value, Scalar):
                files.append(ExpectedFile(path, (Check("equal", value.value, value),), value))
            elif isinstance(value, Mapping):
                files.append(ExpectedFile(path, self.checks(value), value))
            else:
                self.fields.wrong(value, path, "the text of the file")
        return files

    # --- findings and expressions --------------------------------------------------------------

    def findings(self, node: Node) -> list[ExpectedFinding]:
        if is_null(node):
            return []
        hint = "write `diagnostics: []` for a program without any"
        read = (self._finding(item) for item in self.fields.list(node, "diagnostics", hint))
        return [finding for finding in read if finding is not None]

    def _finding(self, node: Node) -> ExpectedFinding | None:
        table = keys.DIAGNOSTIC
        found = self.fields.table(node, table, "an expected finding")
        if "code" not in found:
            return None
        finding = ExpectedFinding(
            self.fields.word(found["code"].value, "code", CODES) or "", None, None, None, None, node
        )
        for name, entry in found.items():
            match name:
                case "severity":
                    finding.severity = self.fields.word(entry.value, name, table[name].values)
                case "line":
                    finding.line = self.fields.integer(entry.value, name, table[name])
                case "column":
                    finding.column = self.fields.integer(entry.value, name, table[name])
                case "contains":
                    finding.contains = self.fields.text(entry.value, name)
                case _:
                    pass
        return finding

    def expressions(self, node: Node) -> list[ExpressionCase]:
        hint = 'begin each with `- `, as in `- {expr: "n + 1", vars: {n: 1}, value: 2}`'
        read = (self._expression_case(item) for item in self.fields.list(node, "expressions", hint))
        return [case for case in read if case is not None]

    def _expression_case(self, node: Node) -> ExpressionCase | None:
        found = self.fields.table(node, keys.EXPRESSION, "an expression")
        if "expr" not in found:
            return None
        expr = found["expr"].value
        if self.fields.text(expr, "expr") is None or not isinstance(expr, Scalar):
            return None
        case = ExpressionCase(expr, {}, None, None)
        if "vars" in found:
            for variable in self.fields.map(found["vars"].value, "vars"):
                name = variable.key.value
                case.vars[name] = to_value(variable.value)
                if not NAME.fullmatch(name):
                    self.fields.findings.report(
                        "bad-name",
                        variable.key.span,
                        f"'{name}' cannot name a variable",
                        hint="names hold letters, digits and '_'",
                    )
        if "error" in found:
            words = (*CODES, *keys.ERROR_TYPES)
            case.error = self.fields.word(found["error"].value, "error", words) or ""
        if "value" in found:
            value = found["value"].value
            case.value = Check("equal", to_value(value), value)
        if ("value" in found) == ("error" in found):
            self.fields.findings.report(
                "missing-key" if "value" not in found else "unknown-key",
                expr.span,
                "an expression is given its `value`, or the `error` that it ends with",
                hint="add `value:`" if "value" not in found else "remove one of them",
            )
        return case
