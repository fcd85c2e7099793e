"""A process that speaks the MCP protocol badly: `python mcp_liar.py LIE`. It uses no SDK."""

import json
import sys

LIE = sys.argv[1]

GOOD = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}
OUTPUT = {"type": "object", "properties": {"sum": {"type": "integer"}}, "required": ["sum"]}
SCHEMAS = {
    "no schema": "text",
    "list": {"type": "array"},
    "wrong": {"type": "object", "properties": {"a": {"type": "numbr"}}},
    "round": {"type": "object", "properties": {"a": {"$ref": "#/properties/a"}}},
    "away": {"type": "object", "properties": {"a": {"$ref": "http://127.0.0.1:9/schema"}}},
}


def tools() -> list[dict[str, object]]:
    good = {"name": "good", "description": "Works", "inputSchema": GOOD}
    lying = {"name": "lying", "inputSchema": SCHEMAS.get(LIE, GOOD), "outputSchema": OUTPUT}
    return [good, good | {"name": "lying"}] if LIE == "twice" else [good, lying]


def result(method: str, params: dict[str, object]) -> object:
    if method == "initialize":
        return {
            "protocolVersion": params["protocolVersion"],
            "capabilities": {"tools": {}},
            "serverInfo": {"name": "liar", "version": "0"},
        }
    if method == "tools/list":
        if LIE == "endless":
            return {"tools": [], "nextCursor": "more"}
        listed = tools()
        return {"tools": [*listed, listed[0]] if LIE == "twice" else listed}
    if method == "tools/call" and params["name"] == "lying":
        return {
            "content": {"content": 3},
            "structured": {
                "content": [{"type": "text", "text": "x"}],
                "structuredContent": {"sum": "many"},
            },
            "missing": {"content": [{"type": "text", "text": "x"}]},
            "unknown block": {"content": [{"type": "hologram", "data": "x"}]},
        }.get(LIE, {"content": [{"type": "text", "text": "fine"}], "structuredContent": {"sum": 1}})
    return {"content": [{"type": "text", "text": "good"}], "structuredContent": {"sum": 1}}


def main() -> None:
    for line in sys.stdin:
        message = json.loads(line)
        if "id" not in message:
            continue
        method = message["method"]
        answer: dict[str, object] = {"jsonrpc": "2.0", "id": message["id"]}
        if method == "server/discover":
            answer["error"] = {"code": -32601, "message": "Method not found"}
        elif LIE == "garbage" and method == "tools/call":
            print("this is no JSON", flush=True)
            print('{"jsonrpc": "2.0", "id": "nobody", "result": {}}', flush=True)
            answer["result"] = result(method, message["params"])
        elif LIE == "error" and method == "tools/call":
            answer["error"] = {"code": -32000, "message": "the disk\nis full"}
        else:
            answer["result"] = result(method, message.get("params") or {})
        print(json.dumps(answer), flush=True)


main()
