"""Reading mappings by their tables of keys into static values."""

import re
from collections.abc import Iterable

from vega_grammar import keys as grammar
from vegac.ir import nodes as ir
from vegac.semantics.literals import YAML_BOOLEANS, parse_duration, parse_money, show_number
from vegac.source.diagnostic import Edit, Fix
from vegac.source.findings import Findings
from vegac.source.span import Span
from vegac.source.suggest import unknown_name
from vegac.syntax.core_schema import resolve_plain, to_value
from vegac.syntax.document import unknown_key
from vegac.syntax.nodes import Entry, ErrorNode, Mapping, Node, Scalar, Sequence, is_null
from vegac.syntax.text import parse_text

_FIXED = "this is fixed when the program is built, so no hole can stand here"
_PLAIN = frozenset(
    ("model", "fallback_model", "default_model", "base_url", "api_key", "sandbox", "knowledge")
)
"""Texts that are of no use with a hole in them as it stands."""
_NOT_BY_ENV = "this is fixed when the program is built, so the environment cannot decide it"
_ENV_ELSEWHERE = "only `agents`, `tools` and `settings` read `${NAME}` from the environment"
_ENV = re.compile(r"\$\{[A-Za-z_]\w*(?::-[^}]*)?\}|\$\$\{")


class Invalid:
    """What a value reads as after a finding: the field counts as given but has no value."""


INVALID = Invalid()
Read = ir.StaticValue | Invalid


def static(value: Read) -> ir.StaticValue:
    """The value, None where it was invalid."""
    return None if isinstance(value, Invalid) else value


class FieldReader:
    """Reads declared keys. With `environment`, as agents, tools and settings have it, strings with
    `${NAME}` in them are read when a run starts."""

    def __init__(self, findings: Findings, environment: bool = False) -> None:
        self.findings = findings
        self._environment = environment

    # --- mappings ------------------------------------------------------------------------------

    def table(
        self, node: Node, table: grammar.Table, owner: str, also: Iterable[str] = ()
    ) -> dict[str, Entry]:
        """The entries of a mapping by key; unknown and missing keys are reported. Keys in `also`
        are left to the caller."""
        if not isinstance(node, Mapping):
            if not isinstance(node, ErrorNode):
                self.findings.report(
                    "wrong-type",
                    node.span,
                    f"{owner} is a map; here stands {kind_of(node)}",
                    hint="its keys are " + ", ".join(list(table)[:6]),
                )
            return {}
        found: dict[str, Entry] = {}
        given: set[str] = set()
        for entry in node.entries:
            key = entry.key.value
            if key in table:
                found[key] = entry
            elif not key.startswith("x-") and key not in also:
                meant = unknown_key(self.findings, entry.key, table, owner)
                given = given or {other.key.value for other in node.entries}
                if meant and meant not in given:
                    found.setdefault(meant, entry)  # one mistake, one finding
        for name, key in table.items():
            if key.required and name not in found:
                self.missing(node, name, owner)
        return found

    def missing(self, node: Node, name: str, owner: str) -> None:
        self.findings.report(
            "missing-key",
            head(node),
            f"{owner} has no `{name}`",
            hint=f"add `{name}:`",
            subject=name,
        )

    def values(
        self, node: Node, table: grammar.Table, owner: str, skip: Iterable[str] = ()
    ) -> dict[str, ir.StaticValue]:
        """The static values of a mapping by key, leaving out what could not be read."""
        result: dict[str, ir.StaticValue] = {}
        for name, entry in self.table(node, table, owner).items():
            if name in skip:
                continue
            value = self.read(entry.value, table[name], name)
            if not isinstance(value, Invalid):
                result[name] = value
        return result

    # --- single values -------------------------------------------------------------------------

    def read(self, node: Node, key: grammar.Key, name: str) -> Read:
        """The value of a key."""
        if isinstance(node, ErrorNode):
            return INVALID
        kinds = key.kind.split("|")
        kind = self._choose(node, kinds)
        match kind:
            case "string" | "name" | "text" | "agent" | "workflow":
                return self.string(node, name)
            case "integer" | "number":
                return self.number(node, name, whole=kind == "integer", key=key)
            case "boolean":
                return self.boolean(node, name)
            case "duration":
                return self.duration(node, name)
            case "money":
                return self.money(node, name)
            case "word":
                return self.word(node, key, name)
            case "strings" | "tools" | "agents":
                return self.strings(node, name)
            case "words":
                return self.words(node, key, name)
            case "list":
                if not isinstance(node, Sequence):
                    return self.wrong(node, name, "a list")
                return tuple(self._literal(item) for item in node.items)
            case "map":
                if not isinstance(node, Mapping):
                    return self.wrong(node, name, "a map")
                return self._literal(node)
            case _:
                return self._literal(node)

    def _choose(self, node: Node, kinds: list[str]) -> str:
        if len(kinds) == 1:
            return kinds[0]
        for kind in kinds:
            structured = kind.startswith("table") or kind == "map"
            if isinstance(node, Mapping) and structured:
                return kind
            if isinstance(node, Sequence) and kind in ("list", "strings", "tools", "agents"):
                return kind
            if isinstance(node, Scalar) and not structured and kind != "list":
                return kind
        return kinds[0]

    def wrong(self, node: Node, name: str, wanted: str, hint: str = "") -> Invalid:
        """Report a value of another kind than `wanted`; nothing of what could not be read."""
        if isinstance(node, ErrorNode):
            return INVALID
        self.findings.report(
            "wrong-type",
            node.span,
            f"`{name}` is {wanted}; here stands {kind_of(node)}",
            hint=hint,
        )
        return INVALID

    def _quoted(self, node: Scalar, name: str, wanted: str) -> None:
        self.findings.report(
            "wrong-type",
            node.span,
            f"`{name}` is {wanted}; here stands a quoted text",
            hint="remove the quotes",
            fixes=(Fix("remove the quotes", (Edit(node.span, node.value),)),),
        )

    def _literal(self, node: Node) -> ir.StaticValue:
        """A tree of literals; strings may hold `${NAME}`."""
        match node:
            case Scalar(value=value) if self._environment and _ENV.search(value):
                return ir.EnvText(value, node.span)
            case Sequence(items=items):
                return tuple(self._literal(item) for item in items)
            case Mapping(entries=entries):
                return {entry.key.value: self._literal(entry.value) for entry in entries}
            case _:
                value = to_value(node)
                assert not isinstance(value, list | dict)
                return value

    def string(self, node: Node, name: str) -> Read:
        if not isinstance(node, Scalar):
            return self.wrong(node, name, "a text")
        if is_null(node):
            return self.wrong(node, name, "a text", "write the text, or leave the key out")
        if name in _PLAIN and _holds_hole(node):
            return self.wrong(node, name, "a text without holes", _FIXED + "; write ${NAME}")
        return env_text(node.value, node.span) if self._environment else node.value

    def strings(self, node: Node, name: str) -> Read:
        items = node.items if isinstance(node, Sequence) else [node]
        if isinstance(node, Mapping):
            return self.wrong(node, name, "a list of texts")
        read = [self.string(item, name) for item in items]
        return tuple(value for value in read if not isinstance(value, Invalid))

    def words(self, node: Node, key: grammar.Key, name: str) -> Read:
        items = node.items if isinstance(node, Sequence) else [node]
        read = [self.word(item, key, name) for item in items]
        return tuple(value for value in read if not isinstance(value, Invalid))

    def word(self, node: Node, key: grammar.Key, name: str) -> Read:
        if not isinstance(node, Scalar):
            return self.wrong(node, name, "one of " + ", ".join(key.values))
        if node.value in key.values or not key.values:
            return node.value
        self.unknown_value(node, name, key.values)
        return INVALID

    def unknown_value(
        self, node: Scalar, name: str, values: Iterable[str], code: str = "unknown-value"
    ) -> None:
        """Report a word that is not one of `values`."""
        details = unknown_name(node.value, "possible values", values)
        details["hint"] = details["hint"] or _undecided(node)
        self.findings.report(
            code if name != "strategy" else "unknown-strategy",
            node.span,
            f"`{name}` cannot be '{node.value}'",
            **details,
        )

    def number(self, node: Node, name: str, whole: bool, key: grammar.Key) -> Read:
        wanted = "an integer" if whole else "a number"
        if not isinstance(node, Scalar):
            return self.wrong(node, name, wanted)
        from_env = _is_env(node.value)
        if from_env and self._environment:
            options: dict[str, ir.StaticValue] = {"type": "integer" if whole else "number"}
            for bound in ("minimum", "maximum"):
                limit: float | None = getattr(key, bound)
                if limit is not None:
                    options[bound] = limit
            return ir.Construct("env_text", options, (node.value,))
        value = resolve_plain(node.value) if node.value else None
        if isinstance(value, bool) or not isinstance(value, int | float):
            hint = _ENV_ELSEWHERE if from_env else _FIXED if _holds_hole(node) else ""
            return self.wrong(node, name, wanted, hint)
        if node.style in ("single", "double"):
            self._quoted(node, name, wanted)
        if whole and value != int(value):
            return self.wrong(node, name, wanted)
        low, high = key.minimum, key.maximum
        if (low is not None and value < low) or (high is not None and value > high):
            self.findings.report(
                "out-of-range",
                node.span,
                f"`{name}` cannot be {node.value}: " + _range(low, high),
            )
            return INVALID
        return int(value) if whole else value

    def boolean(self, node: Node, name: str) -> Read:
        if not isinstance(node, Scalar):
            return self.wrong(node, name, "true or false")
        value = resolve_plain(node.value) if node.value else None
        if isinstance(value, bool):
            if node.style in ("single", "double"):
                self._quoted(node, name, "true or false")
            return value
        word = yaml_boolean(self.findings, node, f"`{name}`")
        if word is not None:
            return word
        return self.wrong(node, name, "true or false", _undecided(node))

    def duration(self, node: Node, name: str) -> Read:
        if isinstance(node, Scalar):
            seconds = parse_duration(node.value)
            if seconds is not None:
                return seconds
            if self._environment and _is_env(node.value):
                return ir.Construct("env_text", {"type": "duration"}, (node.value,))
        if _is_negative(node):
            return self._negative(node, name)
        self.findings.report(
            "bad-duration",
            node.span,
            f"`{name}` is a duration; '{_shown(node)}' is none",
            hint=_elsewhere(node) or _duration_hint(node),
        )
        return INVALID

    def money(self, node: Node, name: str) -> Read:
        if isinstance(node, Scalar):
            dollars = parse_money(node.value)
            if dollars is not None:
                return dollars
            if self._environment and _is_env(node.value):
                return ir.Construct("env_text", {"type": "money"}, (node.value,))
        if _is_negative(node):
            return self._negative(node, name)
        self.findings.report(
            "bad-money",
            node.span,
            f"`{name}` is an amount of money; '{_shown(node)}' is none",
            hint=_elsewhere(node)
            or (_FIXED if _holds_hole(node) else "write dollars, such as $0.50"),
        )
        return INVALID

    def _negative(self, node: Node, name: str) -> Invalid:
        self.findings.report("negative-number", node.span, f"`{name}` cannot be less than nothing")
        return INVALID


def _is_env(text: str) -> bool:
    """Whether a text is nothing but `${NAME}`, with a default or without."""
    return _ENV.fullmatch(text) is not None and not text.startswith("$$")


def _undecided(node: Scalar) -> str:
    return _NOT_BY_ENV if _is_env(node.value) else ""


def _elsewhere(node: Node) -> str:
    return _ENV_ELSEWHERE if isinstance(node, Scalar) and _is_env(node.value) else ""


def env_text(text: str, span: Span) -> str | ir.EnvText:
    """A text that is read from the environment where it holds `${NAME}`."""
    return ir.EnvText(text, span) if _ENV.search(text) else text


def yaml_boolean(findings: Findings, node: Scalar, what: str) -> bool | None:
    """What `yes`, `no`, `on` or `off` meant where a boolean is wanted, after a finding; or None."""
    word = YAML_BOOLEANS.get(node.value.lower())
    if word is not None:
        right = "true" if word else "false"
        findings.report(
            "yaml-boolean",
            node.span,
            f"'{node.value}' is a text; {what} is true or false",
            hint=f"write {right}",
            fixes=(Fix(f"write {right}", (Edit(node.span, right),)),),
        )
    return word


def _is_negative(node: Node) -> bool:
    return isinstance(node, Scalar) and re.match(r"-\$?[\d.]|\$-", node.value) is not None


def head(node: Node) -> Span:
    """The place to point at for something missing in a mapping: its first key."""
    if isinstance(node, Mapping) and node.entries:
        return node.entries[0].key.span
    return node.span


def kind_of(node: Node) -> str:
    """What a node is, in words."""
    match node:
        case Sequence():
            return "a list"
        case Mapping():
            return "a map"
        case Scalar() if is_null(node):
            return "nothing"
        case Scalar():
            value = resolve_plain(node.value) if node.style == "plain" else node.value
            if isinstance(value, bool):
                return node.value
            if isinstance(value, int | float):
                return "a number"
            return f"the text '{_shown(node)}'"
        case _:
            return "something else"


def _shown(node: Node) -> str:
    if not isinstance(node, Scalar):
        return kind_of(node)
    line = node.value.splitlines()[0] if node.value else ""
    return line if len(line) <= 40 and line == node.value else line[:37] + "..."


def _range(low: float | None, high: float | None) -> str:
    if low is not None and high is not None:
        return f"it lies between {show_number(low)} and {show_number(high)}"
    if low is not None:
        return f"it is at least {show_number(low)}"
    assert high is not None
    return f"it is at most {show_number(high)}"


def _holds_hole(node: Node) -> bool:
    return isinstance(node, Scalar) and bool(parse_text(node.value).holes)


def _duration_hint(node: Node) -> str:
    if _holds_hole(node):
        return _FIXED
    if isinstance(node, Scalar) and re.fullmatch(r"\d+(\.\d+)?", node.value):
        if not float(node.value):
            return "it is more than zero"
        return f"say the unit: {node.value}s, {node.value}m or {node.value}h"
    if isinstance(node, Scalar) and re.fullmatch(r"(0+(\.0+)?(ms|s|m|h))+", node.value):
        return "it is more than zero"
    return "write it like 250ms, 30s, 5m or 1h30m"
