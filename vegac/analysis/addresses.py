"""Addresses and patterns that nothing can ever match or reach."""

import re
from collections.abc import Iterator

from vegac.ir.build.program import ProgramContext
from vegac.source.findings import Findings
from vegac.syntax.nodes import Mapping, Node, Scalar, Sequence, is_null

_SCHEME = re.compile(r"https?://[^/\s]", re.IGNORECASE)
_UNKNOWN = re.compile(r"\$\{|<<|\{\{")


def check_addresses(context: ProgramContext, findings: Findings) -> None:
    """`bad-address`: URLs without `http://` or `https://`, hosts and paths that cannot fit."""
    declarations = context.declarations
    for declaration in declarations.agents.values():
        _url(_get(declaration.node, "base_url"), findings)
    for declaration in declarations.tools.values():
        implementation = _get(declaration.node, "implementation")
        _url(_get(implementation, "url"), findings)
        for host in _texts(_get(declaration.node, "allowed_hosts")):
            _host(host, findings)
        for path in _texts(_get(declaration.node, "allowed_paths")):
            _path(path, findings)
    if declarations.settings is not None:
        servers = _get(_get(declarations.settings.node, "mcp"), "servers")
        for server in servers.items if isinstance(servers, Sequence) else ():
            _url(_get(server, "url"), findings)
        tracing = _get(declarations.settings.node, "tracing")
        exporter = _get(tracing, "exporter")
        if not (isinstance(exporter, Scalar) and exporter.value in ("json", "console")):
            _url(_get(tracing, "endpoint"), findings)


def _get(node: Node | None, key: str) -> Node | None:
    return node.get(key) if isinstance(node, Mapping) else None


def _texts(node: Node | None) -> Iterator[Scalar]:
    for item in node.items if isinstance(node, Sequence) else (node,):
        if isinstance(item, Scalar) and not _UNKNOWN.search(item.value):
            yield item


def _url(node: Node | None, findings: Findings) -> None:
    if not isinstance(node, Scalar) or is_null(node) or _UNKNOWN.match(node.value):
        return
    if not _SCHEME.match(node.value):
        known = re.match(r"[^/](?!.*://)", node.value)
        findings.report(
            "bad-address",
            node.span,
            f"'{node.value}' is no address of a web server",
            hint=f"write https://{node.value}" if known else "it begins with https:// or http://",
        )


def _host(node: Scalar, findings: Findings) -> None:
    name = node.value
    if "/" not in name and " " not in name:
        return
    host = re.sub(r"^[a-z]+://", "", name, flags=re.IGNORECASE).partition("/")[0]
    findings.report(
        "bad-address",
        node.span,
        f"no host is named '{name}', so every call is refused",
        hint=f"write the host alone: {host}" if host else "write a host, such as example.com",
    )


def _path(node: Scalar, findings: Findings) -> None:
    path = node.value
    parts = path.split("/")
    if path.startswith(("/", "~")) or ".." in parts:
        findings.report(
            "bad-address",
            node.span,
            f"paths are those inside the sandbox, so none ever fits '{path}'",
            hint="write it relative to the sandbox, without '..'",
        )
