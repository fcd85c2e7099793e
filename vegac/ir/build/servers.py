"""The MCP servers of a program."""

from typing import TypeGuard

from vega_grammar import keys as grammar
from vegac.ir import nodes as ir
from vegac.ir.build.fields import FieldReader
from vegac.semantics.literals import PUBLIC_NAME
from vegac.source.diagnostic import Label
from vegac.syntax.document import entry_for
from vegac.syntax.nodes import Entry, Mapping, Node, Scalar, Sequence

_ONLY_FOR = {
    "command": "stdio",
    "args": "stdio",
    "env": "stdio",
    "url": "http",
    "headers": "http",
}
"""Keys that mean something for one way to reach a server alone (sse is as http)."""


def read_servers(reader: FieldReader, node: Node) -> tuple[list[ir.Construct], tuple[str, ...]]:
    """The servers that `settings.mcp` declares, read and checked, and the names that tools of them
    may begin with, also of those with a mistake in them."""
    entry = reader.table(node, grammar.TABLES["MCP"], "`mcp`").get("servers")
    if entry is None:
        return [], ()
    if _is_map_of_servers(entry.value):
        reader.findings.report(
            "wrong-type",
            entry.value.span,
            "`servers` is a list; here stands a map of servers",
            hint="write each as `- name: NAME`, with its keys below",
        )
        return [], tuple(inner.key.value.partition("__")[0] for inner in entry.value.entries)
    items = entry.value.items if isinstance(entry.value, Sequence) else [entry.value]
    servers: dict[str, ir.Construct] = {}
    places: dict[str, Node] = {}
    for item in items:
        server = _server(reader, item)
        place = _name_node(item)
        name = place.value if isinstance(place, Scalar) else ""
        if name in places:
            reader.findings.report(
                "duplicate-name",
                place.span,
                f"two MCP servers are named '{name}'",
                hint="give one another name",
                labels=(Label(places[name].span, "the first is here"),),
            )
            continue
        if name:
            places[name] = place
        if server is not None:
            servers[name] = server
    return list(servers.values()), tuple(name.partition("__")[0] for name in places)


def _server(reader: FieldReader, item: Node) -> ir.Construct | None:
    values = reader.values(item, grammar.MCP_SERVER, "an MCP server")
    transport = values.setdefault("transport", "http" if "url" in values else "stdio")
    if "name" not in values or not isinstance(item, Mapping):
        return None
    name = str(values["name"])
    needed = "command" if transport == "stdio" else "url"
    if needed not in values and item.get(needed) is None:
        reader.missing(item, needed, f"the MCP server '{name}'")
    for entry in item.entries:
        _idle_key(reader, entry, str(transport), values)
        if entry.key.value == "command" and isinstance(entry.value, Scalar):
            _one_program(reader, entry.value)
    if not PUBLIC_NAME.fullmatch(name) or "__" in name:
        reader.findings.report(
            "bad-name",
            _name_node(item).span,
            f"'{name}' cannot name an MCP server",
            hint="names hold letters, digits, '-' and '_', and no '__': that ends the server's "
            "name in the name of a tool",
        )
        return None
    return ir.Construct("McpServer", values)


def _is_map_of_servers(node: Node) -> TypeGuard[Mapping]:
    """Whether servers stand under their names, as in the settings of other programs."""
    return (
        isinstance(node, Mapping)
        and bool(node.entries)
        and all(
            isinstance(inner.value, Mapping) and inner.key.value not in grammar.MCP_SERVER
            for inner in node.entries
        )
    )


def _one_program(reader: FieldReader, node: Scalar) -> None:
    """Report a whole command line where the name of a program stands."""
    program, *arguments = node.value.split()[:9] or [""]
    if arguments and not set(program) & set("/\\$"):
        shown = ", ".join(arguments) if not set(node.value) & set("'\"") else "..."
        reader.findings.report(
            "wrong-type",
            node.span,
            "`command` is the name of one program; this has arguments, too",
            hint=f"write `command: {program}` and `args: [{shown}]`",
        )


def _idle_key(
    reader: FieldReader, entry: Entry, transport: str, values: dict[str, ir.StaticValue]
) -> None:
    key = entry.key.value
    wanted = _ONLY_FOR.get(key)
    if wanted is None or (wanted == "stdio") == (transport == "stdio"):
        return
    values.pop(key, None)
    reader.findings.report(
        "unknown-key",
        entry.key.span,
        f"a server that is reached over {transport} has no key '{key}'",
        hint=f"it means something with `transport: {wanted}`; remove it, or change the transport",
        subject=key,
    )


def _name_node(item: Node) -> Node:
    named = entry_for(item, "name", grammar.MCP_SERVER)
    return named.value if named is not None and isinstance(named.value, Scalar) else item
