"""Keys and passwords that stand in the source."""

import re
from collections.abc import Iterator
from functools import lru_cache

from vegac.source.findings import Findings
from vegac.syntax.nodes import Mapping, Node, Scalar, Sequence
from vegac.syntax.reader import FileTree

_PATTERNS = re.compile(
    r"sk-ant-[A-Za-z0-9_-]{20,}"
    r"|sk-(?:proj-)?[A-Za-z0-9_-]{32,}"
    r"|AKIA[0-9A-Z]{16}\b"
    r"|gh[pousr]_[A-Za-z0-9]{36,}"
    r"|github_pat_[A-Za-z0-9_]{50,}"
    r"|xox[abprs]-[A-Za-z0-9-]{20,}"
    r"|AIza[0-9A-Za-z_-]{35}"
    r"|glpat-[A-Za-z0-9_-]{20,}"
    r"|-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----"
)
_MARKS = re.compile(r"sk-|AKIA|gh[pousr]_|github_pat_|xox|AIza|glpat-|PRIVATE KEY")


def check_secrets(trees: list[FileTree], findings: Findings) -> None:
    """`secret-in-source`: texts that look like keys of well-known services."""
    for tree in trees:
        suspicious = {chunk.unit for chunk in tree.chunks if _is_suspicious(chunk.text)}
        if tree.root is None or not suspicious:
            continue
        for scalar in _scalars(tree.root):
            if scalar.chunk.unit not in suspicious:
                continue
            match = _PATTERNS.search(scalar.value)
            if match is not None:
                findings.report(
                    "secret-in-source",
                    scalar.value_span(*match.span()),
                    "a secret key seems to stand here, for everyone who reads the file",
                    hint="put it into the environment and write `${NAME}`; revoke this one",
                )


@lru_cache(maxsize=4096)
def _is_suspicious(text: str) -> bool:
    """Whether a piece of a file may hold a key; asked again for each check of the same file."""
    return _MARKS.search(text) is not None


def _scalars(node: Node) -> Iterator[Scalar]:
    match node:
        case Scalar():
            yield node
        case Sequence(items=items):
            for item in items:
                yield from _scalars(item)
        case Mapping(entries=entries):
            for entry in entries:
                yield from _scalars(entry.value)
        case _:
            pass
