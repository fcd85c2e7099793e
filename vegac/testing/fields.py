"""Reading the fields of tests. Unlike those of programs their texts hold no `${NAME}`."""

import re
from collections.abc import Iterable

from vega_grammar.keys import Key, Table
from vegac.ir.build.fields import FieldReader, Invalid, kind_of
from vegac.semantics.literals import parse_duration
from vegac.source.findings import Findings
from vegac.syntax.nodes import Entry, ErrorNode, Mapping, Node, Scalar, Sequence, is_null


class TestFields:
    """Reads values and reports what is wrong with them; a wrong value reads as None."""

    __test__ = False

    def __init__(self, findings: Findings) -> None:
        self.findings = findings
        self._fields = FieldReader(findings)

    def wrong(self, node: Node, name: str, wanted: str, hint: str = "") -> None:
        if not isinstance(node, ErrorNode):
            self.findings.report(
                "wrong-type",
                node.span,
                f"`{name}` is {wanted}; here stands {kind_of(node)}",
                hint=hint,
            )

    def table(self, node: Node, table: Table, owner: str) -> dict[str, Entry]:
        """The entries of a mapping by key; unknown and missing keys are reported."""
        return self._fields.table(node, table, owner)

    def text(self, node: Node, name: str) -> str | None:
        """A text as it is written; numbers and words are texts, too."""
        if isinstance(node, Scalar) and not is_null(node):
            return node.value
        self.wrong(node, name, "a text")
        return None

    def texts(self, node: Node, name: str) -> tuple[str, ...]:
        """A list of texts; one counts as a list of one."""
        read = (self.text(item, name) for item in self.items(node))
        return tuple(text for text in read if text is not None)

    def items(self, node: Node) -> list[Node]:
        return node.items if isinstance(node, Sequence) else [node]

    def list(self, node: Node, name: str, hint: str = "") -> "list[Node]":
        if isinstance(node, Sequence):
            return node.items
        self.wrong(node, name, "a list", hint)
        return []

    def map(self, node: Node, name: str) -> "list[Entry]":
        """The entries of a map with free keys; nothing counts as an empty one."""
        if isinstance(node, Mapping):
            return node.entries
        if not is_null(node):
            self.wrong(node, name, "a map")
        return []

    def boolean(self, node: Node, name: str) -> bool:
        value = self._fields.boolean(node, name)
        return value is True

    def integer(self, node: Node, name: str, key: Key) -> int | None:
        value = self._fields.number(node, name, whole=True, key=key)
        return value if isinstance(value, int) else None

    def money(self, node: Node, name: str) -> float | None:
        value = self._fields.money(node, name)
        return value if isinstance(value, float) else None

    def duration(self, node: Node, name: str) -> float | None:
        """Seconds; `0` and `0s` are allowed."""
        if isinstance(node, Scalar) and re.fullmatch(r"0(ms|s|m|h)?", node.value):
            return 0.0
        value = self._fields.duration(node, name)
        return None if isinstance(value, Invalid) else parse_duration(_text(node))

    def word(self, node: Node, name: str, values: Iterable[str]) -> str | None:
        if not isinstance(node, Scalar):
            self.wrong(node, name, "one word")
            return None
        known = tuple(values)
        if node.value in known:
            return node.value
        self._fields.unknown_value(node, name, known)
        return None

    def pattern(self, node: Node, pattern: str) -> None:
        """Report a regular expression that is none."""
        try:
            re.compile(pattern)
        except (re.error, OverflowError, RecursionError) as problem:
            self.findings.report(
                "syntax-error", node.span, f"this is no regular expression: {problem}"
            )


def _text(node: Node) -> str:
    return node.value if isinstance(node, Scalar) else ""
