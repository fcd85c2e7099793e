"""No key that is accepted is without effect or notice: with it the emitted module is another one,
or the check says something else."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from vega_grammar.keys import IMPLEMENTATION, STEPS, TABLES, Key
from vegac.workspace import Workspace

Tree = dict[str, Any]

ABOUT_FILES = {
    ("TOP", "vega"): "the version that every file is of",
    ("TOP", "include"): "brings declarations from other files",
    ("TOP", "agents"): "holds declarations",
    ("TOP", "tools"): "holds declarations",
    ("TOP", "workflows"): "holds declarations",
    ("TOP", "tests"): "read by `vegac test`",
    ("SETTINGS", "strict"): "decides the exit status of `vegac check`",
    ("TOOL", "name"): "read in files of one tool",
    ("PARAM", "name"): "read in lists of parameters",
}
"""Keys that are about files and how they are checked, not about what a program does."""

VALUES: dict[tuple[str, str], list[Any]] = {
    ("AGENT", "extends"): ["Base"],
    ("AGENT", "tools"): [["read_file"]],
    ("AGENT", "team"): [["Base"]],
    ("AGENT", "params"): [{"top_k": 3}],
    ("AGENT", "system"): ["Another prompt."],
    ("AGENT", "budget"): ["$0.07"],
    ("AGENT", "base_url"): ["https://example.com/v1"],
    ("AGENT", "skills"): [{"directories": ["skills"]}],
    ("SKILLS", "directories"): [["skills", "further"]],
    ("SKILLS", "include"): [["one"]],
    ("SKILLS", "exclude"): [["two"]],
    ("TOOL", "params"): [{"q": {"type": "string", "description": "d"}}],
    ("TOOL", "implementation"): [{"type": "exec", "command": ["ls", "<<q>>"]}],
    ("INPUT", "type"): ["integer"],
    ("INPUT", "enum"): [["a", "b"]],
    ("INPUT", "min"): [2],
    ("INPUT", "max"): [7],
    ("INPUT", "default"): ["d"],
    ("PARAM", "default"): ["d"],
    ("PARAM", "enum"): [["a", "b"]],
    ("PARAM", "type"): ["integer"],
    ("PARALLEL_AGENT", "limit"): [7],
    ("REPEAT", "max"): [7],
    ("REPEAT", "until"): ["loop.count > 1"],
    ("IMPLEMENTATION.builtin", "function"): ["tools:look_up"],
    ("TRACING", "endpoint"): ["http://localhost:4318"],
    ("SETTINGS", "lints"): [{"unused-input": "error"}],
    ("IMPLEMENTATION.http", "type"): ["exec"],
    ("SETTINGS", "skills"): [{"directories": ["skills"]}],
    ("SETTINGS", "delimiters"): ["brace"],
    ("SETTINGS", "rate_limit"): [{"requests_per_minute": 7}],
    ("SETTINGS", "supervision"): [{"strategy": "restart", "max_restarts": 7}],
    ("SETTINGS", "mcp"): [{"servers": [{"name": "s", "command": "serve"}]}],
    ("TOOL", "capabilities"): [["net"], []],
    ("IMPLEMENTATION.http", "body"): [{"q": 1}],
    ("IMPLEMENTATION.http", "retry"): [{"attempts": 3}],
    ("WORKFLOW", "output"): ["fixed"],
    ("WORKFLOW", "inputs"): [{"given": "string", "other": "string"}],
    ("MCP", "servers"): [[{"name": "s", "command": "serve"}]],
    ("MCP_SERVER", "transport"): ["http", "sse"],
    ("MCP_SERVER", "url"): ["https://example.com/other"],
    ("IMPLEMENTATION.http", "url"): ["https://example.org/<<q>>"],
    ("STEPS.for", "for"): ["x in given | split:';'"],
    ("STEPS.workflow", "workflow"): ["another"],
    ("SEND", "schema"): [{"a": "string"}],
    ("SEND", "tools"): [["read_file"]],
    ("STEPS.for", "parallel"): [7],
    ("STEPS.ask", "choices"): [["a", "b"]],
    ("STEPS.workflow", "with"): [{"given": "x"}],
    ("STEPS.if", "elif"): [[{"if": "1 < 2", "then": [{"set": {"q": 1}}]}]],
}
"""Where the kind of a key does not say what a value may be."""

NOTICED = {
    ("SETTINGS", "lints"),
    ("SETTINGS", "delimiters"),
    *((f"IMPLEMENTATION.{kind}", "type") for kind in IMPLEMENTATION),
}
"""Keys whose effect is what the check says."""


def nested(owner: str, key: str, table: Tree) -> Tree:
    return program(agent={key: table}) if owner == "agent" else program(settings={key: table})


def program(
    *,
    top: Tree | None = None,
    agent: Tree | None = None,
    settings: Tree | None = None,
    tool: Tree | None = None,
    workflow: Tree | None = None,
    steps: list[Tree] | None = None,
) -> Tree:
    plain = {"model": "claude-haiku-4-5", "system": "You help."}
    body = steps or [{"Main": "<<given>>", "save": "reply"}]
    made: Tree = {
        "agents": {
            "Base": {"model": "claude-haiku-4-5", "system": "Base.", "max_tokens": 9},
            "Main": plain | {"tools": ["own"]} | (agent or {}),
        },
        "workflows": {
            "main": {"inputs": {"given": "string"}, "steps": body} | (workflow or {}),
            "other": {"inputs": OPTIONAL, "steps": OTHER},
            "another": {"inputs": OPTIONAL, "steps": OTHER},
        },
        "tools": {"own": tool or own({})},
    }
    return made | (top or {}) | ({"settings": settings} if settings else {})


OPTIONAL = {name: {"type": "string", "default": "d"} for name in ("given", "unused")}
OTHER = [{"Base": "<<given>>"}]
HTTP = {"type": "http", "url": "https://example.com/<<q>>", "method": "POST"}


def own(extra: Tree, implementation: Tree | None = None, param: Tree | None = None) -> Tree:
    made = {
        "description": "Looks up.",
        "params": {"q": {"type": "string"} | (param or {})},
        "implementation": implementation or HTTP,
    }
    return made | extra


IMPLEMENTED: dict[str, Tree] = {
    "http": HTTP,
    "exec": {"type": "exec", "command": ["ls", "<<q>>"]},
    "file_read": {"type": "file_read", "path": "a/<<q>>"},
    "file_write": {"type": "file_write", "path": "a/<<q>>", "content": "c"},
    "builtin": {"type": "builtin", "function": "json:dumps"},
}
STEPPED: dict[str, Tree] = {
    "if": {"if": "given == 'a'", "then": [{"Main": "one"}]},
    "for": {"for": "x in given | split:','", "steps": [{"Main": "<<x>>"}]},
    "repeat": {"repeat": {"max": 3, "steps": [{"Main": "again"}]}},
    "parallel": {"parallel": [{"Main": "one"}, {"Base": "two"}]},
    "do": {"do": [{"Main": "one"}]},
    "workflow": {"workflow": "other"},
    "set": {"set": {"q": 1}},
    "return": {"return": "r"},
    "try": {"try": [{"Main": "one"}]},
    "fail": {"fail": "it <<given>>"},
    "remember": {"remember": {"key": "k", "value": "v"}},
    "recall": {"recall": {"key": "k"}, "save": "kept"},
    "ask": {"ask": "Which?", "save": "answer"},
}
PLACES: dict[str, Callable[[Tree], Tree]] = {
    "TOP": lambda extra: program(top=extra),
    "AGENT": lambda extra: program(agent=extra),
    "AGENT_BUDGET": lambda extra: nested("agent", "budget", {"limit": "$1"} | extra),
    "RETRY": lambda extra: nested("agent", "retry", {"max_attempts": 3} | extra),
    "RATE_LIMIT": lambda extra: nested("agent", "rate_limit", {"requests_per_minute": 5} | extra),
    "CIRCUIT_BREAKER": lambda extra: nested("agent", "circuit_breaker", {"threshold": 5} | extra),
    "SUPERVISION": lambda extra: nested("agent", "supervision", {"max_restarts": 3} | extra),
    "BACKOFF": lambda extra: nested(
        "agent", "supervision", {"max_restarts": 3, "backoff": {"initial": "2s"} | extra}
    ),
    "CONTEXT": lambda extra: nested("agent", "context", {"strategy": "summary"} | extra),
    "SKILLS": lambda extra: nested("agent", "skills", {"directories": ["skills"]} | extra),
    "DELEGATION": lambda extra: program(agent={"team": ["Base"], "delegation": extra}),
    "TOOL": lambda extra: _limited(extra),
    "PARAM": lambda extra: program(tool=own({}, IMPLEMENTED["exec"], extra)),
    "TOOL_RETRY": lambda extra: program(
        tool=own({}, HTTP | {"method": "GET", "retry": {"attempts": 2} | extra})
    ),
    "WORKFLOW": lambda extra: program(workflow=extra),
    "INPUT": lambda extra: program(
        workflow={"inputs": {"given": _input(extra)}},
        steps=[{"Main": "<<given>>"}],
    ),
    "COMMON": lambda extra: program(steps=[_timed({"Main": "<<given>>", "save": "r"}, extra)]),
    "SEND": lambda extra: program(
        steps=[_json({"Main": _timed({"send": "x", "save": "r"}, extra)})]
    ),
    "ELIF": lambda extra: program(
        steps=[{"if": "given == 'a'", "then": [], "elif": [{"if": "1 < 2", "then": []} | extra]}]
    ),
    "REPEAT": lambda extra: program(
        steps=[{"repeat": {"steps": [{"Main": "again"}], "max": 3} | extra}]
    ),
    "PARALLEL_AGENT": lambda extra: program(
        steps=[{"parallel": {"agent": "Main", "inputs": ["a", "b"]} | extra}]
    ),
    "REMEMBER": lambda extra: program(steps=[{"remember": {"key": "k", "value": "v"} | extra}]),
    "RECALL": lambda extra: program(steps=[{"recall": {"key": "k", "save": "kept"} | extra}]),
    "SETTINGS": lambda extra: program(settings=extra),
    "MCP": lambda extra: nested("settings", "mcp", {"servers": []} | extra),
    "MCP_SERVER": lambda extra: nested("settings", "mcp", {"servers": _servers(extra)}),
    "SYSTEM_FILE": lambda extra: program(agent={"system": {"file": "prompt.md"} | extra}),
    "LOGGING": lambda extra: nested("settings", "logging", extra),
    "TRACING": lambda extra: nested("settings", "tracing", extra),
    "METRICS": lambda extra: nested("settings", "metrics", extra),
    "MEMORY": lambda extra: nested("settings", "memory", extra),
    **{
        f"IMPLEMENTATION.{kind}": lambda extra, base=base: program(tool=own({}, base | extra))
        for kind, base in IMPLEMENTED.items()
    },
    **{
        f"STEPS.{kind}": lambda extra, kind=kind: program(steps=[_step(kind, extra)])
        for kind in STEPPED
    },
}


def _input(extra: Tree) -> Tree:
    measured = "min" in extra or "max" in extra
    return {"type": "integer" if measured else "string"} | extra


def _timed(step: Tree, extra: Tree) -> Tree:
    """A step with the time limit without which `on_timeout` means nothing."""
    return step | extra | ({"timeout": "5s"} if "on_timeout" in extra else {})


def _json(step: Tree) -> Tree:
    if "schema" in step["Main"]:
        step["Main"].setdefault("format", "json")
    return step


def _servers(extra: Tree) -> list[Tree]:
    """A server that is started and one that is reached; the key goes to the one it is for."""
    reached = {"url", "headers", "transport"} & set(extra)
    local = {"name": "local", "command": "serve"} | ({} if reached else extra)
    far = {"name": "far", "transport": "http", "url": "https://example.com/mcp"}
    return [local, far | (extra if reached else {})]


def _limited(extra: Tree) -> Tree:
    """Tools of three kinds; the key goes to the one it is for."""
    kinds = {"allowed_paths": "file_read", "allowed_commands": "exec", "capabilities": "exec"}
    kind = next((kinds[name] for name in extra if name in kinds), "http")
    tools = {
        name: own(extra if name == kind else {}, IMPLEMENTED[name])
        for name in ("http", "exec", "file_read")
    }
    return program(top={"tools": tools}, agent={"tools": list(tools)})


def _step(kind: str, extra: Tree) -> Tree:
    """A step; a `try` with what makes it one."""
    whole = kind == "try" and not {"catch", "finally"} & set(extra)
    return STEPPED[kind] | ({"catch": [{"Base": "Mend."}]} if whole else {}) | extra


def tables() -> Iterator[tuple[str, str, Key]]:
    groups = {
        **TABLES,
        **{f"IMPLEMENTATION.{kind}": table for kind, table in IMPLEMENTATION.items()},
        **{f"STEPS.{kind}": table for kind, table in STEPS.items()},
    }
    for table, keys in groups.items():
        for name, key in keys.items():
            yield table, name, key


KEYS = [
    pytest.param(table, name, key, id=f"{table}.{name}")
    for table, name, key in tables()
    if (table, name) not in ABOUT_FILES
]


def values(table: str, name: str, key: Key) -> list[Any]:
    """Values for a key; one of them at least is not its default."""
    given = VALUES.get((table, name))
    if given is not None:
        return given
    kind = key.kind.partition("|")[0]
    match kind:
        case "word":
            return list(key.values) or ["http"]
        case "words":
            return [[word] for word in key.values]
        case "boolean":
            return [True, False]
        case "integer":
            return [7]
        case "number":
            return [0.5, 3]
        case "duration":
            return ["7s", "3h"]
        case "money":
            return ["$0.07"]
        case "expression" | "condition":
            return ["given == 'z'"]
        case "strings" | "list" | "agents":
            return [["a.png"]]
        case "steps":
            return [[{"set": {"q": 7}}], [{"Base": "Then."}]]
        case "map":
            return [{"a": "b"}]
        case "agent":
            return ["Base"]
        case "save" | "name":
            return ["chosen"]
        case "for":
            return ["y in given | split:','"]
        case _ if kind.startswith("table:"):
            inner = kind.partition(":")[2]
            required = {n: k for n, k in TABLES[inner].items() if k.required}
            chosen = required or dict(list(TABLES[inner].items())[:1])
            return [{n: values(inner, n, k)[-1] for n, k in chosen.items()}]
        case _:
            return ["chosen"]


def meaning(tree: Tree, folder: Path) -> str:
    """What a program says and becomes, places left out: its findings, or its module."""
    workspace = Workspace(folder)
    text = yaml.safe_dump(tree, sort_keys=False)
    compiled = workspace.compile_tree(workspace.read_text("p.vega.yaml", text), folder)
    findings = sorted(f"{f.code} ({f.severity}) {f.message}" for f in compiled.report.diagnostics)
    text = compiled.module.text if compiled.module else ""
    code = text.partition("PROGRAM.places(")[0]
    kept = [line for line in code.splitlines() if "digest=" not in line and "sha256" not in line]
    return "\n".join([*findings, *kept])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("skills/one", "skills/two", "further/six"):
        (tmp_path / name).mkdir(parents=True)
        text = f"---\nname: {name[-3:]}\ndescription: d\n---\nText.\n"
        (tmp_path / name / "SKILL.md").write_text(text, encoding="utf-8")
    for name in ("prompt.md", "chosen"):
        (tmp_path / name).write_text("A prompt.", encoding="utf-8")
    (tmp_path / "a.png").write_bytes(b"\x89PNG")
    return tmp_path


@pytest.mark.parametrize(("table", "name", "key"), KEYS)
def test_a_key_has_an_effect(table: str, name: str, key: Key, folder: Path) -> None:
    place = PLACES[table]
    plain = meaning(place({}), folder)
    assert "(error) " not in plain
    found = [meaning(place({name: value}), folder) for value in values(table, name, key)]
    noticed = (table, name) in NOTICED
    assert any(m != plain and (noticed or "(error) " not in m) for m in found), found


def test_every_table_has_its_place() -> None:
    assert {table for table, _, _ in tables()} == set(PLACES)
