"""What a completed key brings along: its colon, and the skeleton of what stands below it."""

from collections.abc import Iterable, Iterator

from vega_grammar import keys as grammar

STEPS: dict[str, tuple[str, ...]] = {
    "if": ("if: ${1:condition}", "then:", "  - $0"),
    "for": ("for ${1:item} in ${2:items}:", "  - $0"),
    "repeat": ("repeat:", "  steps:", "    - $0", "  until: ${1:condition}", "  max: ${2:5}"),
    "parallel": ("parallel:", "  - $0"),
    "do": ("do:", "  - $0"),
    "workflow": ("workflow: ${1:name}", "save: ${2:answer}$0"),
    "set": ("set:", "  ${1:name}: $0"),
    "return": ("return: $0",),
    "try": ("try:", "  - $1", "catch:", "  - $0"),
    "fail": ("fail: $0",),
    "remember": ("remember:", "  key: $1", "  value: $0"),
    "recall": ("recall:", "  key: $1", "  save: $0"),
    "ask": ("ask: $1", "save: ${2:answer}$0"),
}
"""Control steps as they are mostly written."""
DEFINITIONS: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "agents": ("agent", "A new agent.", ("${1:Name}:", "  model: $2", "  system: $0")),
    "workflows": (
        "workflow",
        "A new workflow.",
        ("${1:main}:", "  inputs:", "    ${2:topic}: string", "  steps:", "    - $0"),
    ),
    "tools": (
        "tool",
        "A new tool that calls an address.",
        (
            "${1:name}:",
            "  description: $2",
            "  params:",
            "    ${3:query}: {type: string, required: true}",
            "  implementation:",
            "    type: http",
            "    url: $0",
        ),
    ),
    "inputs": ("input", "A new input.", ("${1:name}: ${2|string,number,integer,boolean,any|}$0",)),
    "params": (
        "parameter",
        "A new parameter.",
        ("${1:name}: {type: ${2|string,number,integer,boolean|}, description: $0}",),
    ),
    "tests": ("test", "A new test.", ("${1:does what it should}:", "  workflow: $0")),
}
"""What is begun where names of the author's choice stand: a label, a description, its lines."""


def lines(parts: Iterable[str], pad: str) -> str:
    """A snippet of several lines. Editors indent those after the first like the line they are in,
    so `pad` is what is missing to the column of the key (behind dashes)."""
    return f"\n{pad}".join(parts)


def of_key(name: str, spec: grammar.Key, pad: str | None) -> str:
    """A key with what its value looks like; `pad` is None where all must stay on one line."""
    kinds = spec.kind.split("|")
    if spec.values and kinds[0] == "word":
        return f"{name}: ${{1|{','.join(spec.values)}|}}$0"
    if kinds == ["boolean"]:
        return f"{name}: ${{1|true,false|}}$0"
    if pad is None:
        return f"{name}: $0"
    head = kinds[0]
    if head in ("steps", "list") or head.startswith("tables:"):
        return lines((f"{name}:", "  - $0"), pad)
    if head in ("map", "implementation") or (head.startswith("table:") and len(kinds) == 1):
        return lines((f"{name}:", "  $0"), pad)
    if name == "system":
        return lines((f"{name}: |", "  $0"), pad)
    return f"{name}: $0"


def call(workflow: str, inputs: Iterable[str], pad: str) -> str:
    """A step that calls a workflow with the inputs it needs."""
    return lines(_call(workflow, list(inputs)), pad)


def _call(workflow: str, inputs: list[str]) -> Iterator[str]:
    yield f"workflow: {workflow}"
    if inputs:
        yield "with:"
    for number, name in enumerate(inputs, 1):
        yield f"  {name}: ${number}"
    yield f"save: ${{{len(inputs) + 1}:answer}}$0"


def send(agent: str, pad: str) -> str:
    """A message to an agent with its options."""
    parts = (f"{agent} ${{1:does something}}:", "  send: $2", "  save: ${3:answer}$0")
    return lines(parts, pad)


def filter_call(name: str, arguments: Iterable[str]) -> str:
    """A filter with the arguments it needs."""
    return name + "".join(f":${{{place}:{one}}}" for place, one in enumerate(arguments, 1))


def plain(snippet: str) -> str:
    """The first line of a snippet without its stops, for editors that know no snippets."""
    first = snippet.split("\n", 1)[0]
    head = first.split("$", 1)[0].rstrip()
    return f"{head} " if head.endswith(":") else head
