"""Tools over the store behind `remember` and `recall`."""

from vega_runtime.errors import ToolError
from vega_runtime.text import text
from vega_runtime.tools.definition import Args, Memory, Tool, ToolContext


def _store(context: ToolContext) -> Memory:
    if context.memory is None:
        raise ToolError("this run has no memory (settings.memory.store names one)")
    return context.memory


class MemoryStoreTool(Tool):
    """Remembers a value under a key."""

    async def run(self, args: Args, context: ToolContext) -> str:
        await _store(context).store(args["key"], args["value"])
        return f"remembered '{args['key']}'"


class MemorySearchTool(Tool):
    """Finds what was remembered, best match first, as JSON."""

    async def run(self, args: Args, context: ToolContext) -> str:
        limit: int = args["limit"]
        if not 1 <= limit <= 100:
            raise ToolError("'limit' must be between 1 and 100")
        hits = await _store(context).search(args["query"], limit)
        return text([dict(hit) for hit in hits]) if hits else "nothing was found"
