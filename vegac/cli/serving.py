"""Starting the language server."""

import logging
import sys

from vegac.cli.problem import Problem

LEVELS = ("debug", "info", "warning", "error")


def serve(*, stdio: bool, tcp: str | None, ws: str | None, log_level: str) -> int:
    """Serve until the client says that it is done. Raises Problem for wrong options."""
    if sum((stdio, tcp is not None, ws is not None)) > 1:
        raise Problem("take one of '--stdio', '--tcp' and '--ws'")
    if log_level not in LEVELS:
        raise Problem(
            f"there is no log level '{log_level}'", hint="levels are " + ", ".join(LEVELS)
        )
    address = tcp if tcp is not None else ws
    host, port = _address(address) if address is not None else ("", 0)
    logging.basicConfig(level=log_level.upper(), stream=sys.stderr)
    from vega_lsp.server import create

    server = create()
    if tcp is not None:
        server.start_tcp(host, port)
    elif ws is not None:
        server.start_ws(host, port)
    else:
        server.start_io()
    return 0


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not port.isdecimal() or int(port) > 65535:
        raise Problem(f"'{text}' is no address", hint="write HOST:PORT, such as 127.0.0.1:2087")
    return host.strip("[]") or "127.0.0.1", int(port)
