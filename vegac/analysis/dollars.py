"""Variables of the environment that are written as a shell would read them."""

import re
from collections.abc import Iterator

from vegac.source.diagnostic import Edit, Fix
from vegac.source.findings import Findings
from vegac.syntax.nodes import Mapping, Node, Scalar, Sequence
from vegac.syntax.reader import FileTree

_VARIABLE = re.compile(r"(?<![\w$\\])\$([A-Z][A-Z0-9_]+)\b(?!\()")
_READ = frozenset({"headers", "env", "api_key", "base_url"})
"""Keys whose values no shell sees, and that often come from the environment."""
_WITHOUT = frozenset({"workflows", "tests"})
"""Sections where `$NAME` may be meant as text: messages and replies."""


def check_dollars(trees: list[FileTree], findings: Findings) -> None:
    """`env-in-text`: `$NAME`, which stays as it stands, where `${NAME}` would be replaced."""
    for tree in trees:
        if "$" not in tree.file.text or not isinstance(tree.root, Mapping):
            continue
        for entry in tree.root.entries:
            if entry.key.value in _WITHOUT:
                continue
            for scalar in _values(entry.value, entry.key.value in _READ):
                for match in _VARIABLE.finditer(scalar.value):
                    span = scalar.value_span(*match.span())
                    written = f"${{{match[1]}}}"
                    findings.report(
                        "env-in-text",
                        span,
                        f"`{match[0]}` stays as it stands: only braces read from the environment",
                        hint=f"write `{written}`",
                        fixes=(Fix("put the name in braces", (Edit(span, written),), "unsafe"),),
                    )


def _values(node: Node, read: bool) -> Iterator[Scalar]:
    """The texts below keys whose values are read so."""
    match node:
        case Scalar() if read:
            yield node
        case Sequence(items=items):
            for item in items:
                yield from _values(item, read)
        case Mapping(entries=entries):
            for entry in entries:
                yield from _values(entry.value, read or entry.key.value in _READ)
        case _:
            pass
