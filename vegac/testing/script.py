"""Reading the script of a test: the entries of `model:`."""

from typing import Any

from vega_grammar import testing as keys
from vegac.ir.build.fields import head
from vegac.syntax.core_schema import to_value
from vegac.syntax.nodes import ErrorNode, Mapping, Node, Scalar, is_null
from vegac.testing.fields import TestFields


class ScriptReader:
    """Reads script entries; `agents` and `tools` collect where they name these."""

    def __init__(
        self,
        fields: TestFields,
        agents: list[tuple[str, Node]],
        tools: list[tuple[str, Node]],
    ) -> None:
        self.fields = fields
        self.agents = agents
        self.tools = tools

    def entries(self, node: Node) -> list[dict[str, Any]]:
        """The entries as the runtime's scripted model takes them, without those that are wrong."""
        if is_null(node):
            return []
        hint = "begin each entry with `- `, as in `- {agent: Coder, reply: done}`"
        read = (self._entry(item) for item in self.fields.list(node, "model", hint))
        return [entry for entry in read if entry is not None]

    def _entry(self, node: Node) -> dict[str, Any] | None:
        owner = "an entry of a script"
        found = self.fields.table(node, keys.REPLY, owner)
        if not isinstance(node, Mapping):
            return None
        if "reply" not in found and "error" not in found:
            self.fields.findings.report(
                "missing-key",
                head(node),
                f"{owner} has neither `reply` nor `error`",
                hint="add `reply:`",
                subject="reply",
            )
        if "reply" in found and "error" in found:
            self.fields.findings.report(
                "unknown-key",
                found["error"].key.span,
                f"{owner} has `reply` or `error`, not both",
                hint="make two entries of it",
            )
        entry: dict[str, Any] = {}
        for name, item in found.items():
            value = self._value(name, item.value)
            if value is not None:
                entry[name] = value
        return entry

    def _value(self, name: str, node: Node) -> Any:
        fields = self.fields
        match name:
            case "agent":
                agent = fields.text(node, name)
                if agent is not None:
                    self.agents.append((agent, node))
                return agent
            case "match":
                return self._match(node)
            case "reply":
                return self._reply(node)
            case "error":
                return fields.word(node, name, keys.MODEL_ERRORS)
            case "times":
                if isinstance(node, Scalar) and node.value == "always":
                    return "always"
                return fields.integer(node, name, keys.REPLY[name])
            case "delay":
                return fields.duration(node, name)
            case _:
                return self._usage(node)

    def _match(self, node: Node) -> str | None:
        text = self.fields.text(node, "match")
        if text is not None and len(text) > 1 and text[0] == text[-1] == "/":
            self.fields.pattern(node, text[1:-1])
        return text

    def _reply(self, node: Node) -> Any:
        if isinstance(node, Scalar):
            return "" if is_null(node) else node.value
        if not isinstance(node, Mapping):
            self.fields.wrong(node, "reply", "a text or a map", "quote a text that starts with `[`")
            return None
        reply: dict[str, Any] = {}
        for name, item in self.fields.table(node, keys.REPLY_MAP, "a reply").items():
            value: Any
            match name:
                case "text":
                    value = "" if is_null(item.value) else self.fields.text(item.value, name)
                case "tool_calls":
                    value = self._tool_calls(item.value)
                case "stop_reason":
                    value = self.fields.word(item.value, name, keys.REPLY_MAP[name].values)
                case _:
                    value = self._usage(item.value)
            if value is not None:
                reply[name] = value
        return reply

    def _tool_calls(self, node: Node) -> list[dict[str, Any]]:
        calls: list[dict[str, Any]] = []
        for item in self.fields.list(node, "tool_calls"):
            found = self.fields.table(item, keys.TOOL_CALL, "a tool call")
            call: dict[str, Any] = {}
            for name, entry in found.items():
                if name != "arguments":
                    text = call[name] = self.fields.text(entry.value, name)
                    if name == "name" and text is not None:
                        self.tools.append((text, entry.value))
                elif not isinstance(entry.value, ErrorNode):
                    self.fields.map(entry.value, name)
                    call[name] = to_value(entry.value) or {}
            calls.append({name: value for name, value in call.items() if value is not None})
        return calls

    def _usage(self, node: Node) -> dict[str, int]:
        found = self.fields.table(node, keys.USAGE, "`usage`")
        usage: dict[str, int] = {}
        for name, entry in found.items():
            value = self.fields.integer(entry.value, name, keys.USAGE[name])
            if value is not None:
                usage[name] = value
        return usage
