"""What all processes of an orchestrator share."""

import logging
from typing import TYPE_CHECKING, Any

from .session import Session

if TYPE_CHECKING:
    from .budget import Ledger
    from .tools.registry import Tools, ToolSet


class SharedSession(Session):
    """What all processes of an orchestrator share."""

    registry: "Tools | None" = None

    def toolset(self, tools: tuple[Any, ...] | None) -> "ToolSet | None":
        registry = self.registry
        if registry is None or not tools:
            return super().toolset(tools)
        tools = tuple(tools)
        if self.mcp is not None:
            tools = self.mcp.entries(tools)
        found = self._toolsets.get(tools)
        if found is None:
            from .tools.registry import resolve

            available = registry.filter("*")
            for tool in () if self.mcp is None else self.mcp.tools.values():
                available.add(tool)
            found = self._toolsets[tools] = resolve(tools, self.tool_context, available)
        return found

    def _outer_ledgers(self) -> "tuple[Ledger, ...]":
        return ()  # each message looks for the budgets around it

    def notice(self, message: str) -> None:
        if message not in self._noted:
            logging.getLogger("vega").warning("%s", message)
        super().notice(message)
