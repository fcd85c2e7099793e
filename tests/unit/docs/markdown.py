"""Reads the examples of a Markdown page: fenced blocks, tables, and comments that direct them.

A comment `<!-- WORD: TEXT -->` belongs to the next block (or table); `tests` to the block before.

| comment | meaning |
| --- | --- |
| `finds: a, b` | the check of the next program gives exactly these findings, in order of place |
| `cast` | the next block is the file that programs without agents of their own include |
| `file: NAME` | the next block is a file that lies beside the programs |
| `vars` | the next block gives the variables of the tables of expressions after it |
| `shows` | the next block is what `vegac check` prints about the program before it |
| `not vega` | the next block is no program |
| `replies: [...]` | what the model says to the commands of the next block |
| `tests` | tests of the program before, which readers of the page do not see |
"""

import re
from dataclasses import dataclass, field
from pathlib import Path

_WORDS = "finds|cast|file|vars|shows|not vega|replies|tests"
_COMMENT = re.compile(rf"<!--\s*({_WORDS})\b:?\s*(.*?)\s*-->", re.S)
_FENCE = re.compile(r"(`{3,})(\w*)\s*$")
_ROW = re.compile(r"\|(.*)\|\s*$")


@dataclass
class Block:
    """A fenced block; `line` is that of its first line of text, `notes` the comments about it."""

    page: str
    line: int
    language: str
    text: str
    notes: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def id(self) -> str:
        return f"{self.page}:{self.line}"


@dataclass
class Table:
    """A table by its header and rows; the cells keep their Markdown."""

    page: str
    line: int
    header: list[str]
    rows: list[tuple[int, list[str]]]


def read_page(path: Path) -> list[Block | Table]:
    """The blocks and tables of a page, in order."""
    found: list[Block | Table] = []
    lines = path.read_text(encoding="utf-8").splitlines()
    notes: dict[str, str] = {}
    index = 0
    while index < len(lines):
        line = lines[index]
        if line.startswith("<!--"):
            end = next(i for i in range(index, len(lines)) if "-->" in lines[i])
            comment = _COMMENT.match("\n".join(lines[index : end + 1]))
            if comment is not None and comment[1] == "tests":
                blocks = [item for item in found if isinstance(item, Block)]
                blocks[-1].notes["tests"] = comment[2]
            elif comment is not None:
                notes[comment[1]] = comment[2]
            index = end + 1
            continue
        fence = _FENCE.match(line)
        if fence is not None:
            end = next(i for i in range(index + 1, len(lines)) if lines[i] == fence[1])
            text = "\n".join(lines[index + 1 : end]) + "\n"
            found.append(Block(path.name, index + 2, fence[2], text, notes))
            notes = {}
            index = end + 1
            continue
        if _ROW.match(line) and index + 1 < len(lines) and lines[index + 1].startswith("| ---"):
            table = Table(path.name, index + 1, cells(line), [])
            index += 2
            while index < len(lines) and _ROW.match(lines[index]):
                table.rows.append((index + 1, cells(lines[index])))
                index += 1
            found.append(table)
            continue
        index += 1
    return found


def cells(row: str) -> list[str]:
    """The cells of a row; `\\|` is a bar inside one."""
    inner = row.strip().removeprefix("|").removesuffix("|")
    return [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", inner)]


def code(cell: str) -> str:
    """The text of a cell that is one code span."""
    span = re.fullmatch(r"(`+)(.*?)\1", cell, re.S)
    if span is None:
        raise ValueError(f"no code span: {cell}")
    text = span[2]
    return text[1:-1] if text.startswith(" ") and text.endswith(" ") and text.strip() else text
