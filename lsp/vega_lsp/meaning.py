"""What the keys around a place mean: which keys and values the grammar takes there."""

from msgspec import Struct

from vega_grammar import keys as grammar
from vega_grammar import testing as tests
from vega_lsp.context import Context, context_at
from vega_lsp.session import Snapshot
from vegac.syntax.nodes import Mapping, Scalar
from vegac.workspace import TEST_SUFFIX

_STEP_LISTS = {"then", "else", "steps", "try", "catch", "finally", "do", "on_timeout", "parallel"}
_TABLES = {**grammar.TABLES, **tests.TABLES}
_DEFINITIONS = {"agents": grammar.AGENT, "tools": grammar.TOOL, "workflows": grammar.WORKFLOW,
                "tests": tests.TEST}  # fmt: skip


class Meaning(Struct):
    """What the grammar says of a path: the table of keys that may stand there, and the key whose
    value is meant. `section` and `owner` name the definition that holds the place."""

    table: grammar.Table = {}
    spec: grammar.Key | None = None
    step: bool = False
    """Whether steps stand there."""
    section: str = ""
    owner: str = ""
    callee: str = ""
    """The workflow whose inputs are the keys."""
    argument: tuple[str, str] | None = None
    """The workflow and the input whose value stands there."""
    name: str = ""
    """The last key."""
    free: str = ""
    """The key whose mapping has names of the author's choice."""


def place_at(snapshot: Snapshot, offset: int) -> tuple[Context, Meaning]:
    """What the cursor at an offset of a file is about."""
    context = context_at(snapshot.file.text, offset)
    is_test = snapshot.path.name.endswith(TEST_SUFFIX)
    return context, meaning_of(context, is_test=is_test, tool=_tool(snapshot.tree.root))


def _tool(root: Mapping | None) -> str:
    """The name of the tool that a file is about, or ""."""
    if root is None or root.entry("implementation") is None:
        return ""
    name = root.get("name")
    return name.value if isinstance(name, Scalar) and name.value else "tool"


def meaning_of(context: Context, *, is_test: bool = False, tool: str = "") -> Meaning:
    """What stands at a place; `is_test` for a file of tests, `tool` names the tool that a whole
    file is about."""
    path, levels = context.path, context.levels
    if tool:
        path, levels = ["tools", tool, *path], [{}, {}, *levels]
    found = Meaning(table=tests.TEST_FILE if is_test else grammar.TOP)
    if tool and not context.path:
        found = Meaning(table=grammar.TOOL, section="tools", owner=tool)
    for index, key in enumerate(path):
        others = levels[index] if index < len(levels) else {}
        inner = levels[index + 1] if index + 1 < len(levels) else context.siblings
        found = _into(found, path[:index], key, others, inner)
    return found


def _into(
    parent: Meaning, above: list[str], key: str, others: dict[str, str], inner: dict[str, str]
) -> Meaning:
    section = above[0] if above else ""
    owner = above[1] if len(above) > 1 else ""
    found = Meaning(section=section or key, owner=owner, name=key)
    if parent.callee:
        found.argument = parent.callee, key
        found.spec = grammar.SEND["send"]
        return found
    match above:
        case []:
            found.spec = parent.table.get(key)
            found.free = key if key in _DEFINITIONS else ""
        case ["agents" | "tools" | "workflows" | "tests" as kind]:
            found.table, found.owner = _DEFINITIONS[kind], key
            return found
        case ["workflows", _, "inputs"]:
            found.table, found.spec = grammar.INPUT, grammar.INPUT["type"]
            return found
        case ["tools", _, "params"]:
            found.table, found.spec = grammar.PARAM, grammar.PARAM["type"]
            return found
        case ["tools", _, "implementation"]:
            table = next(iter(grammar.IMPLEMENTATION.values()))
            for other in grammar.IMPLEMENTATION.values():
                table = other if key in other else table
            found.spec = table.get(key)
        case [*_, "schema"]:
            found.spec = grammar.INPUT["type"]
            return found
        case _ if parent.step:
            found.spec = parent.table.get(key) or _step_key(key)
            if found.spec is None:
                found.table, found.spec = grammar.SEND, grammar.SEND["send"]
                return found
        case _:
            found.spec = parent.table.get(key)
    if section == "workflows" and key in _STEP_LISTS and len(above) > 1:
        found.step = True
        found.table = grammar.PARALLEL_AGENT if key == "parallel" else {}
        return found
    if parent.step and key.startswith("for "):
        found.step = True
        return found
    _below(found, key, others, inner)
    return found


def _below(found: Meaning, key: str, others: dict[str, str], inner: dict[str, str]) -> None:
    """What stands below a key."""
    if key == "with" or (key == "inputs" and found.section == "tests"):
        found.callee = _bare(others.get("workflow", "")) or ("?" if key == "inputs" else "")
    elif key in ("calls", "unordered") and found.section == "tests":
        found.spec = grammar.AGENT["team"]
    elif key == "implementation":
        found.table = grammar.IMPLEMENTATION.get(_bare(inner.get("type", "")), {}) or {
            name: spec for table in grammar.IMPLEMENTATION.values() for name, spec in table.items()
        }
    kinds = found.spec.kind.split("|") if found.spec is not None else []
    for kind in kinds:
        if kind.startswith(("table:", "tables:")):
            found.table = _TABLES[kind.partition(":")[2]]
    if "map" in kinds and (not found.table or key == "params") and not found.callee:
        found.free = key


def _bare(value: str) -> str:
    return value.split(" #")[0].strip().strip("'\"")


def _step_key(key: str) -> grammar.Key | None:
    if key.startswith("for "):
        return grammar.STEPS["for"]["steps"]
    table: grammar.Table = {
        **grammar.SEND,
        **{name: spec for table in grammar.STEPS.values() for name, spec in table.items()},
        **grammar.COMMON,
    }
    return table.get(key)
