"""An MCP server made with the SDK, as a process: `python mcp_server.py stdio|http|sse [PORT]`.

Over HTTP it prints its address. `MCP_CHILD=1` makes it start a child that would outlive it, and
`MCP_STUBBORN=1` makes it ignore the end of its input and SIGTERM.
"""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time

from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.utilities.types import Image
from pydantic import BaseModel

server = MCPServer("calculator")


class Point(BaseModel):
    x: int
    y: int = 0


@server.tool()
def add(a: int, b: int = 2) -> int:
    """Add two numbers."""
    return a + b


@server.tool()
def move(point: Point, by: list[int]) -> Point:
    """Move a point."""
    return Point(x=point.x + by[0], y=point.y + by[1])


@server.tool(name="strange.name/with spaces")
def strange() -> str:
    """Has a name that no model API takes."""
    return "strange"


@server.tool()
def where() -> str:
    """Its environment and folder."""
    return f"{os.getcwd()} {' '.join(sorted(os.environ))}"  # noqa: PTH109


@server.tool()
def variable(name: str) -> str:
    return os.environ.get(name, "unset")


@server.tool()
def process() -> str:
    return str(os.getpid())


@server.tool()
def fail() -> str:
    raise ValueError("the reason")


@server.tool()
def picture() -> Image:
    return Image(data=b"\x89PNG....", format="png")


@server.tool()
def nothing() -> None:
    """Gives nothing back."""


@server.tool()
def long() -> str:
    return "x" * 3_000_000


@server.tool()
async def ask_person(context: Context) -> str:
    """Wants to ask the person who runs the client."""
    answer = await context.elicit("Your password?", Point)
    return f"answered: {answer}"


@server.tool(name="long_" + "x" * 90)
def long_name() -> str:
    return "a long name"


@server.tool()
async def hang(mark: str = "") -> str:
    if mark:
        await asyncio.to_thread(write, mark)
    await asyncio.sleep(1000)
    return "too late"


def write(mark: str) -> None:
    with open(mark, "w") as file:  # noqa: PTH123
        file.write("called")


@server.tool()
def die() -> str:
    os._exit(3)


def main() -> None:
    if os.environ.get("MCP_CHILD"):
        child = subprocess.Popen(["sleep", "1000"])
        write_to = os.environ["MCP_CHILD"]
        with open(write_to, "w") as file:  # noqa: PTH123
            file.write(str(child.pid))
    if os.environ.get("MCP_REFUSE"):
        print("no license found", file=sys.stderr)
        sys.exit(4)
    if os.environ.get("MCP_SILENT"):
        time.sleep(1000)
    if os.environ.get("MCP_STUBBORN"):
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if sys.argv[1] == "stdio":
        server.run("stdio")
        if os.environ.get("MCP_STUBBORN"):
            time.sleep(1000)
        return
    import uvicorn

    app = server.streamable_http_app() if sys.argv[1] == "http" else server.sse_app()
    end = socket.socket()
    end.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    end.bind(("127.0.0.1", int(sys.argv[2]) if len(sys.argv) > 2 else 0))
    end.listen()
    path = "mcp" if sys.argv[1] == "http" else "sse"
    print(f"http://127.0.0.1:{end.getsockname()[1]}/{path}", flush=True)
    config = uvicorn.Config(app, log_level="critical", timeout_graceful_shutdown=1)
    asyncio.run(uvicorn.Server(config).serve(sockets=[end]))


if __name__ == "__main__":
    main()
