"""JSON Schemas of programs and of test files, made from the tables of keys: for editors that know
YAML and JSON Schema but do not start the language server.

A schema knows nothing of what a program declares, so it accepts more than the checker does: any
name may be an agent's, and so a misspelt option with a text beside an agent step passes as one.
"""

import json
from typing import Any

from vega_grammar import keys, testing
from vega_grammar.keys import INPUT_TYPES, SERVER_AGENT_KEYS, SERVER_KEYS, STEPS, Key, Table

Schema = dict[str, Any]

_LINT_LEVELS = ("error", "warning", "info", "off")
_CONTROL = [kind for kind in STEPS if kind != "if"]
_SCALAR: Schema = {"type": ["string", "number", "boolean"]}
_DURATION = (
    r"^\s*(?=[\d.]*[1-9])(?=\d)(\d+(\.\d+)?h)?(\d+(\.\d+)?m)?(\d+(\.\d+)?s)?(\d+(\.\d+)?ms)?\s*$"
)


def schema_of_programs() -> Schema:
    """The schema of `*.vega.yaml`: a program, or a file that holds one tool."""
    top = _table(keys.TOP)
    for name in SERVER_KEYS:
        top["properties"][name] = {"description": "Read by a server product around the language."}
    tool_file = _table(keys.TOOL)
    tool_file["required"] = ["name", *tool_file["required"]]
    return {
        **_head("Vega program"),
        "type": "object",
        "if": {"required": ["implementation"]},
        "then": tool_file,
        "else": top,
        "definitions": _definitions(keys.TABLES) | _test_definitions(),
    }


def schema_of_tests() -> Schema:
    """The schema of `*.vega.test.yaml`."""
    return {
        **_head("Vega tests"),
        **_table(testing.TEST_FILE),
        "definitions": _basics() | _test_definitions(),
    }


def json_text(schema: Schema) -> str:
    """A schema as the text of its file."""
    return json.dumps(schema, indent=1, ensure_ascii=False) + "\n"


def _head(title: str) -> Schema:
    return {"$schema": "http://json-schema.org/draft-07/schema#", "title": title}


# --- shared definitions --------------------------------------------------------------------------


def _basics() -> Schema:
    return {
        "hole": {
            "description": "A value written as {{...}} without quotes.",
            "type": "object",
            "minProperties": 1,
            "maxProperties": 1,
            "additionalProperties": {"type": "null"},
        },
        "scalar": _SCALAR,
        "text": _either(_ref("scalar"), _ref("hole")),
        "expression": _either(_ref("scalar"), _ref("hole")),
        "texts": _either(_list(_ref("scalar")), _ref("scalar")),
        "duration": {
            "type": "string",
            "pattern": _DURATION,
            "examples": ["250ms", "30s", "5m", "1h30m"],
        },
        "money": {
            "type": ["string", "number"],
            "pattern": r"^\s*\$?(\d+(\.\d+)?|\.\d+)\s*$",
            "minimum": 0,
            "examples": ["$0.50"],
        },
        "environment": {"type": "string", "pattern": r"^\$\{[A-Za-z_]\w*(:-[^}]*)?\}$"},
    }


def _definitions(tables: dict[str, Table]) -> Schema:
    found = _basics()
    for name, table in tables.items():
        if name not in ("TOP", "COMMON"):
            found[name] = _table(table)
    for name in SERVER_AGENT_KEYS:
        found["AGENT"]["properties"][name] = True
    for kind, table in keys.IMPLEMENTATION.items():
        found[f"implementation_{kind}"] = _table(table)
    found["implementation"] = _implementation()
    found["MCP_SERVER"]["anyOf"] = [
        _server(("stdio",), "command", ("url", "headers")),
        _server(("http", "sse"), "url", ("command", "args", "env")),
    ]
    found["type"] = _type()
    found["field"] = _type(optional=True)
    found["input"] = _either(_ref("INPUT"), _ref("type"))
    found["param"] = _either(_ref("PARAM"), _ref("type"))
    found["fields"] = {
        "type": "object",
        "additionalProperties": _either(_ref("fields"), _ref("field")),
    }
    found["steps"] = {"type": "array", "items": _ref("step")}
    found["step"] = _step()
    for kind, table in STEPS.items():
        found[f"step_{kind}"] = _step_table(table)
    loop = found["step_for"]
    loop["patternProperties"] = {r"^for\s": _ref("steps"), **loop["patternProperties"]}
    del loop["required"]
    loop["if"] = {"required": ["for"]}
    loop["then"] = {"required": ["steps"]}
    found["step_try"]["anyOf"] = [{"required": ["catch"]}, {"required": ["finally"]}]
    found["step_agent"] = _agent_step()
    return found


def _implementation() -> Schema:
    kinds = list(keys.IMPLEMENTATION)
    return {
        "type": "object",
        "required": ["type"],
        "properties": {"type": {"enum": kinds, "description": "The kind of tool."}},
        "allOf": [
            {
                "if": {"required": ["type"], "properties": {"type": {"const": kind}}},
                "then": _ref(f"implementation_{kind}"),
            }
            for kind in kinds
        ],
    }


def _server(transports: tuple[str, ...], needed: str, foreign: tuple[str, ...]) -> Schema:
    """An MCP server that is reached in one of these ways."""
    return {
        "required": [needed],
        "properties": {"transport": {"enum": list(transports)}},
        "not": {"anyOf": [{"required": [key]} for key in foreign]},
    }


def _type(optional: bool = False) -> Schema:
    words = [*INPUT_TYPES, "list", "map", "null"]
    end = r"\s*$"
    if optional:
        words += [f"{word}?" for word in words]
        end = r"\??\s*$"
    return _either({"enum": words}, {"type": "string", "pattern": rf"^\s*(list|map)\[.+\]{end}"})


# --- steps ---------------------------------------------------------------------------------------


def _step() -> Schema:
    """A step by its main key. The first word of an agent step is any name, so such a step is one
    with a key that is nothing else."""
    loop = _either({"required": ["for"]}, _has_key(r"^for\s"))
    choice: Schema = {"required": ["if", "then"]}
    rules: list[Schema] = [
        {"if": choice, "then": _ref("step_if")},
        {"if": loop, "then": _ref("step_for")},
        {"if": {"required": ["parallel"], "not": loop}, "then": _ref("step_parallel")},
    ]
    rules += [
        {"if": {"required": [kind]}, "then": _ref(f"step_{kind}")}
        for kind in _CONTROL
        if kind not in ("for", "parallel")
    ]
    control = [{"required": [kind]} for kind in _CONTROL]
    is_control = _either(choice, _has_key(r"^for\s"), *control)
    rules.append({"if": is_control, "else": _ref("step_agent")})
    return {
        "type": "object",
        "minProperties": 1,
        # For completion: what an editor proposes where a step begins.
        "properties": {
            kind: {"description": table[kind].doc} for kind, table in STEPS.items() if kind in table
        },
        "allOf": rules,
    }


def _step_table(table: Table) -> Schema:
    common = _table(keys.COMMON)
    own = _table(table)
    own["properties"] = {**common["properties"], **own["properties"]}
    return own


def _agent_step() -> Schema:
    options = [*keys.SEND]
    step = _table(keys.SEND)
    step.pop("required")
    loose = step
    return {
        "description": "An agent's name and what it is to do, such as `Coder writes the code`.",
        # One key must be the agent's.
        "not": {"propertyNames": {"anyOf": [{"enum": options}, {"pattern": "^x-"}]}},
        "if": {"required": ["send"]},
        "then": {**step, "additionalProperties": _either({"type": "null"}, loose, _ref("text"))},
        "else": {**step, "additionalProperties": _either(_ref("SEND"), _message())},
    }


def _message() -> Schema:
    return _either({"type": ["string", "number"]}, _ref("hole"))


def _has_key(pattern: str) -> Schema:
    return {"not": {"propertyNames": {"not": {"pattern": pattern}}}}


# --- tests ---------------------------------------------------------------------------------------


def _test_definitions() -> Schema:
    found = {f"TEST_{name}": _table(table) for name, table in _TEST_TABLES.items()}
    found["TEST"] = _either(_table(testing.TEST), {"type": "null"})
    return found


_TEST_TABLES: dict[str, Table] = {
    name.removeprefix("TEST_"): table
    for name, table in testing.TABLES.items()
    if name.startswith("TEST_")
}


# --- tables --------------------------------------------------------------------------------------


def _table(table: Table) -> Schema:
    """A mapping with the keys of a table, and such as begin with `x-`."""
    schema: Schema = {
        "type": "object",
        "properties": {name: _key(name, key, table) for name, key in table.items()},
        "patternProperties": {"^x-": True},
        "additionalProperties": False,
    }
    required = [name for name, key in table.items() if key.required]
    if required:
        schema["required"] = required
    return schema


def _key(name: str, key: Key, table: Table) -> Schema:
    special = _MAPS.get((id(table), name))
    forms = [special] if special else [_kind(kind, key) for kind in key.kind.split("|")]
    schema = _either(*forms) if len(forms) > 1 else forms[0]
    if "$ref" in schema:  # beside a reference, draft 7 ignores everything
        schema = {"allOf": [schema]}
    return {"description": key.doc, **schema}


def _kind(kind: str, key: Key) -> Schema:
    form, _, name = kind.partition(":")
    match form:
        case "string" | "name" | "agent" | "workflow":
            return _SCALAR
        case "text":
            return _ref("text")
        case "condition":  # nothing at all counts as false
            return _either(_SCALAR | {"minLength": 1}, _ref("hole"), {"type": "null"})
        case "expression" | "save" | "for":
            return _ref("expression")
        case "integer" | "number":
            return _either({"type": form, **_range(key)}, _ref("environment"))
        case "boolean":
            return {"type": "boolean"}
        case "duration" | "money":
            return _either(_ref(form), _ref("environment"))
        case "type":
            return _ref(form)
        case "word":
            return {"enum": list(key.values)} if key.values else {"type": "string"}
        case "words":
            word: Schema = {"enum": list(key.values)}
            return _either(_list(word), word)
        case "strings" | "tools" | "agents":
            return _ref("texts")
        case "list":
            return {"type": "array"}
        case "map":
            return {"type": "object"}
        case "steps":
            return _ref("steps")
        case "table":
            return _ref(name)
        case "tables":
            return _list(_ref(name))
        case "implementation":
            return _ref("implementation")
        case "rate_limits":
            return _either(
                _ref("RATE_LIMIT"),
                {"type": "object", "additionalProperties": _ref("RATE_LIMIT")},
            )
        case _:
            return {}


def _range(key: Key) -> Schema:
    limits = {"minimum": key.minimum, "maximum": key.maximum}
    return {name: limit for name, limit in limits.items() if limit is not None}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/definitions/{name}"}


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def _map(values: Schema, null: bool = False) -> Schema:
    return {"type": ["object", "null"] if null else "object", "additionalProperties": values}


def _either(*forms: Schema) -> Schema:
    return {"anyOf": list(forms)}


_COUNT = _either({"type": "integer", "minimum": 1}, {"type": "string"}, _ref("hole"))
_NAMES = {"pattern": "^[A-Za-z0-9_-]+$"}
_MAPS: dict[tuple[int, str], Schema] = {
    (id(keys.TOP), "vega"): {"enum": [1, "1"]},
    (id(keys.TOP), "include"): _either(_ref("texts"), {"type": "null"}),
    (id(keys.TOP), "settings"): _either(_ref("SETTINGS"), {"type": "null"}),
    (id(keys.TOP), "agents"): _map(_ref("AGENT"), null=True) | {"propertyNames": _NAMES},
    (id(keys.TOP), "workflows"): _map(_ref("WORKFLOW"), null=True) | {"propertyNames": _NAMES},
    (id(keys.TOP), "tests"): _map(_ref("TEST"), null=True),
    (id(keys.TOP), "tools"): {
        "type": ["object", "null"],
        "propertyNames": _NAMES,
        "properties": {"include": _either(_ref("texts"), _ref("TOOL"))},
        "additionalProperties": _ref("TOOL"),
    },
    (id(keys.WORKFLOW), "inputs"): _either(_map(_ref("input"), null=True), _list(_ref("scalar"))),
    (id(keys.WORKFLOW), "steps"): {"type": "array", "items": _ref("step"), "minItems": 1},
    (id(keys.INPUT), "enum"): _list({"type": ["string", "number"]}) | {"minItems": 1},
    (id(keys.REPEAT), "max"): _COUNT,
    (id(keys.PARALLEL_AGENT), "limit"): _COUNT,
    (id(keys.STEPS["for"]), "parallel"): _COUNT,
    (id(keys.TOOL), "params"): _either(_map(_ref("param"), null=True), _list(_ref("PARAM"))),
    (id(keys.SEND), "schema"): _ref("fields"),
    (id(keys.SETTINGS), "lints"): _map({"enum": list(_LINT_LEVELS)}),
    (id(testing.TEST_FILE), "tests"): _map(_ref("TEST"), null=True),
    (id(testing.REPLY), "times"): _either({"type": "integer", "minimum": 1}, {"const": "always"}),
}
"""What the maps with free keys hold, by table and key."""
