"""The built-in tools for the web: fetching a URL that a model gives, and searching."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Unpack, cast

from vega_runtime.errors import ToolError
from vega_runtime.text import text
from vega_runtime.tools.definition import Args, Tool, ToolContext, ToolOptions
from vega_runtime.tools.fetch import Outgoing
from vega_runtime.tools.http import Method, header, json_content, quote, with_retry

_TIMEOUT = 30.0


class FetchTool(Tool):
    """Requests the URL that a call gives; private addresses only where `allowed_hosts` has them."""

    limits = ("allowed_hosts",)
    usual_capabilities = ("net",)

    def __init__(
        self,
        name: str,
        *,
        method: Method,
        timeout: float = _TIMEOUT,
        **options: Unpack[ToolOptions],
    ) -> None:
        super().__init__(name, **options)
        self.method: Method = method
        self.timeout = timeout

    async def run(self, args: Args, context: ToolContext) -> str:
        given: Mapping[str, str] = args.get("headers") or {}
        headers = {name: header(name, value) for name, value in given.items()}
        content = json_content(args.get("body"), headers)
        if context.idempotency_key and self.method != "GET":
            headers.setdefault("Idempotency-Key", context.idempotency_key)
        request = Outgoing(
            self.method,
            args["url"],
            headers,
            content=content,
            allowed_hosts=self.allowed_hosts,
            certificates=context.env.get("SSL_CERT_FILE") or None,
        )
        return (await with_retry(request, self.timeout, None)).text


class SearchTool(Tool):
    """Asks the search service at VEGA_SEARCH_URL, whose `{query}` and `{limit}` are replaced.

    It answers with JSON: a list of results, or a map that holds one under `results`, `items`,
    `data` or `web`. VEGA_SEARCH_KEY, where set, goes along as a bearer token.
    """

    async def run(self, args: Args, context: ToolContext) -> str:
        address = context.env.get("VEGA_SEARCH_URL")
        if not address or "{query}" not in address:
            raise ToolError(
                "web search is not set up: set VEGA_SEARCH_URL to the address of a search service"
                " with {query} in it, such as https://search.example.com/?q={query}&format=json"
            )
        limit: int = args["limit"]
        if not 1 <= limit <= 50:
            raise ToolError("'limit' must be between 1 and 50")
        url = address.replace("{query}", quote(args["query"])).replace("{limit}", str(limit))
        headers = {"Accept": "application/json"}
        if key := context.env.get("VEGA_SEARCH_KEY"):
            headers["Authorization"] = header("Authorization", f"Bearer {key}")
        request = Outgoing(
            "GET",
            url,
            headers,
            own_host=True,
            certificates=context.env.get("SSL_CERT_FILE") or None,
        )
        reply = await with_retry(request, _TIMEOUT, None)
        try:
            results = _results(json.loads(reply.body))
        except (ValueError, RecursionError):
            raise ToolError("the search service did not answer with JSON") from None
        if results is None:
            raise ToolError("the search service's answer holds no list of results")
        return "\n\n".join(map(_shown, results[:limit])) or "nothing was found"


def _results(answer: Any) -> list[Any] | None:
    if isinstance(answer, list):
        return cast("list[Any]", answer)
    if isinstance(answer, dict):
        fields = cast("dict[str, Any]", answer)
        for name in ("results", "items", "data", "web"):
            if name in fields:
                return _results(fields[name])
    return None


def _shown(result: Any) -> str:
    if not isinstance(result, dict):
        return text(result)
    lines = list(_known_fields(cast("dict[str, Any]", result)))
    return "\n".join(lines) if lines else text(cast("object", result))


def _known_fields(result: dict[str, Any]) -> Iterator[str]:
    for names in (
        ("title", "name"),
        ("url", "link", "href"),
        ("snippet", "content", "description"),
    ):
        for name in names:
            if isinstance(result.get(name), str):
                yield result[name].strip()
                break
