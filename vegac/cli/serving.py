"""Starting the language server."""

import gc
import logging
import sys

from vegac.cli.problem import Problem

INTERRUPTED = 130
LEVELS = ("debug", "info", "warning", "error")


def serve(*, stdio: bool, tcp: str | None, ws: str | None, log_level: str) -> int:
    """Serve until the client says that it is done; the exit code. Raises Problem for wrong options
    and for an address that cannot be had."""
    if sum((stdio, tcp is not None, ws is not None)) > 1:
        raise Problem("take one of '--stdio', '--tcp' and '--ws'")
    if log_level not in LEVELS:
        raise Problem(
            f"there is no log level '{log_level}'", hint="levels are " + ", ".join(LEVELS)
        )
    address = tcp if tcp is not None else ws
    host, port = _address(address) if address is not None else ("", 0)
    logging.basicConfig(level=log_level.upper(), stream=sys.stderr)
    if log_level != "debug":
        # What it says of clients' mistakes is said to the clients.
        logging.getLogger("pygls").setLevel(logging.CRITICAL)
    from vega_lsp.server import create
    from vega_lsp.transport import serve_streams, serve_tcp, serve_websockets

    # The server itself looks for garbage, when it has time.
    gc.disable()
    gc.freeze()
    try:
        if tcp is not None:
            return serve_tcp(create, host, port)
        if ws is not None:
            return serve_websockets(create, host, port)
        return serve_streams(create())
    except KeyboardInterrupt:
        return INTERRUPTED
    except OSError as error:
        if address is None:
            raise
        raise Problem(
            f"cannot listen on '{address}': {error.strerror or error}",
            hint="another program may use the port; with port 0 the system chooses one",
        ) from None


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not port.isdecimal() or int(port) > 65535:
        raise Problem(f"'{text}' is no address", hint="write HOST:PORT, such as 127.0.0.1:2087")
    return host.strip("[]") or "127.0.0.1", int(port)
