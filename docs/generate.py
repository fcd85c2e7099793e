"""Writes the tables of language.md and testing.md that come from the code's data, and the schemas.

    python docs/generate.py            write them
    python docs/generate.py --check    fail where they are out of date

A table stands between `<!-- generated: WHAT -->` and `<!-- end -->`; `WHAT` is `keys NAME` (a table
of `vega_grammar.keys`), `step NAME`, `implementation NAME`, `test NAME`, `filters GROUP`, `tools`,
`findings` or `commands`. The block after `<!-- shows -->` is what the check says of the program
before it.
"""

import re
import sys
from collections.abc import Callable, Iterable
from importlib import import_module
from pathlib import Path

from vega_grammar import keys
from vega_grammar import testing as test_keys
from vega_grammar.filters import FILTERS
from vega_grammar.keys import Key, Table
from vega_grammar.schema import json_text, schema_of_programs, schema_of_tests
from vega_grammar.tools import BUILTIN_TOOLS

PAGES = [Path(__file__).with_name(name) for name in ("language.md", "testing.md")]
SCHEMAS = Path(__file__).parents[1] / "editors/schema"
_SCHEMAS = {"vega.schema.json": schema_of_programs, "vega-test.schema.json": schema_of_tests}
_REGION = re.compile(r"(<!-- generated: (\w+)(?: (\w+))? -->\n).*?(<!-- end -->)", re.S)
_SHOWN = re.compile(r"(```yaml\n((?:(?!```).)*?)```\n\n<!-- shows -->\n```text\n).*?(```\n)", re.S)

KINDS = {
    "string": "text",
    "text": "text with holes",
    "value": "any value, with holes",
    "expression": "expression",
    "condition": "condition",
    "integer": "whole number",
    "number": "number",
    "boolean": "`true` or `false`",
    "duration": "duration",
    "money": "money",
    "name": "name",
    "agent": "an agent's name",
    "agents": "list of agents",
    "workflow": "a workflow's name",
    "type": "type",
    "save": "name, or a text that makes one",
    "for": "`item in items`",
    "list": "list",
    "implementation": "map, see below",
    "rate_limits": "map, or a map of them by model",
    "strings": "list of texts",
    "tools": "list of tools",
    "steps": "list of steps",
    "map": "map",
    "any": "any value",
}


def main(arguments: list[str]) -> int:
    """Exit status: 1 where `--check` finds a difference."""
    status = 0
    texts = {page: generated(page.read_text(encoding="utf-8")) for page in PAGES}
    texts.update((SCHEMAS / name, json_text(schema())) for name, schema in _SCHEMAS.items())
    for page, new in texts.items():
        if page.read_text(encoding="utf-8") == new:
            continue
        if "--check" in arguments:
            print(f"{page.name} is out of date: run `python docs/generate.py`")
            status = 1
        else:
            page.write_text(new, encoding="utf-8")
            print(f"{page.name} is written")
    return status


def generated(page: str) -> str:
    """The page with every generated part as it is to be."""

    def part(match: re.Match[str]) -> str:
        return match[1] + "\n".join(PARTS[match[2]](match[3] or "")) + "\n" + match[4]

    return _SHOWN.sub(_shown, _REGION.sub(part, page))


def _shown(match: re.Match[str]) -> str:
    from vegac.source.render.text import render
    from vegac.workspace import Workspace

    report = Workspace().check_text(match[2], "example.vega.yaml")
    return match[1] + render(report.diagnostics, report.placements) + match[3]


def _table(header: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> list[str]:
    lines = [header, ("---",) * len(header), *rows]
    return ["| " + " | ".join(cells) + " |" for cells in lines]


def _bars(text: str) -> str:
    """A text in which a bar does not end the cell of a table."""
    return text.replace("|", "\\|")


# Keys


def _keys(table: Table) -> list[str]:
    rows = [
        (f"`{name}`", _bars(_value(key)), key.doc + (" Required." if key.required else ""))
        for name, key in table.items()
    ]
    return _table(("key", "value", "meaning"), rows)


def _value(key: Key) -> str:
    return ", or ".join(_kind(kind, key) for kind in key.kind.split("|"))


def _kind(kind: str, key: Key) -> str:
    match kind.partition(":"):
        case "word", _, _:
            return _either(key.values) if key.values else "word"
        case "words", _, _:
            return f"list of {_either(key.values)}"
        case "table" | "tables" as form, _, name:
            inner = _inner(name)
            names = ", ".join(f"`{word}`" for word in inner)
            many = "list of maps" if form == "tables" else "map"
            return f"{many} with {names}"
        case _:
            return KINDS[kind] + _range(key)


def _inner(name: str) -> Table:
    return keys.TABLES[name] if name in keys.TABLES else test_keys.TABLES[name]


def _either(values: Iterable[str]) -> str:
    *front, last = (f"`{value}`" for value in values)
    return f"{', '.join(front)} or {last}" if front else last


def _range(key: Key) -> str:
    low, high = key.minimum, key.maximum
    if low is None and high is None:
        return ""
    if high is None:
        return f", at least {low}"
    return f", {low} to {high}"


def _test_keys(name: str) -> list[str]:
    return _keys(getattr(test_keys, name))


def _step(name: str) -> list[str]:
    table = keys.SEND if name == "send" else keys.STEPS[name]
    return _keys({key: value for key, value in table.items() if key not in keys.COMMON})


# Filters and tools


def _filters(group: str) -> list[str]:
    rows = [
        (
            f"`{spec.usage}`",
            _bars(spec.doc),
            f"`{_bars(spec.example)}`",
            f"`{_bars(spec.shows)}`",
        )
        for spec in FILTERS.values()
        if spec.group == group
    ]
    return _table(("filter", "meaning", "example", "gives"), rows)


def _tools(_: str) -> list[str]:
    rows = [
        (
            f"`{name}`",
            tool.doc,
            ", ".join(
                f"`{param}`" if spec.required else f"`{param}`?"
                for param, spec in tool.params.items()
            ),
            ", ".join(f"`{word}`" for word in tool.capabilities),
        )
        for name, tool in BUILTIN_TOOLS.items()
    ]
    return _table(("tool", "what it does", "parameters", "capabilities"), rows)


# Findings and commands


def _findings(_: str) -> list[str]:
    from vegac.source.registry import CODES

    rows = [
        (f"[`{name}`](diagnostics/{name}.md)", code.severity, code.summary)
        for name, code in sorted(CODES.items())
        if not code.planned
    ]
    return _table(("finding", "severity", "meaning"), rows)


def _commands(_: str) -> list[str]:
    commands: dict[str, str] = import_module("vegac.cli.app").COMMANDS
    rows = [(f"`vegac {name}`", summary) for name, summary in commands.items()]
    return _table(("command", "what it does"), rows)


PARTS: dict[str, Callable[[str], list[str]]] = {
    "keys": lambda name: _keys(keys.TABLES[name]),
    "step": _step,
    "implementation": lambda name: _keys(keys.IMPLEMENTATION[name]),
    "test": _test_keys,
    "filters": _filters,
    "tools": _tools,
    "findings": _findings,
    "commands": _commands,
}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
