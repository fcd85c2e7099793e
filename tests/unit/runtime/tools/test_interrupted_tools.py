"""Tools that end in unusual ways are failures for the model, and nothing more."""

import asyncio
import sys

import pytest

from vega_runtime import ToolError
from vega_runtime.tools import Tools, time_limit


async def waits_for_the_cancelled() -> str:
    """Wait for a task that somebody has cancelled."""
    task = asyncio.create_task(asyncio.sleep(10))
    task.cancel()
    await task
    return "done"


def exits() -> str:
    """End the program, as a command line does for wrong arguments."""
    sys.exit(2)


async def exits_too() -> str:
    """End the program."""
    sys.exit("no more")


async def test_what_a_tool_waited_for_was_cancelled() -> None:
    result = await Tools(waits_for_the_cancelled).execute("waits_for_the_cancelled", {})
    assert result.is_error
    assert "something that it waited for was cancelled" in result.content


@pytest.mark.parametrize(("tool", "said"), [(exits, "2"), (exits_too, "no more")])
async def test_a_tool_cannot_end_the_program(tool: object, said: str) -> None:
    tools = Tools(tool)  # type: ignore[arg-type]
    result = await tools.execute(next(iter(tools)), {})
    assert result.is_error
    assert result.content == f"SystemExit: {said}"


async def test_a_tool_that_is_cancelled_itself_is_cancelled() -> None:
    async def waits() -> str:
        """Wait."""
        await asyncio.Event().wait()
        return "done"

    task = asyncio.create_task(Tools(waits).execute("waits", {}))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_time_limit_is_told_as_one() -> None:
    async def waits() -> str:
        """Wait."""
        await asyncio.Event().wait()
        return "done"

    tools = Tools(waits)
    tools.use(time_limit(0.01))
    assert (await tools.execute("waits", {})).content == "waits was stopped after 0.01 s"


async def fails(error: Exception) -> None:
    raise error


@pytest.mark.parametrize(
    ("error", "said"),
    [(ValueError("no tea"), "ValueError: no tea"), (ToolError("no tea"), "no tea")],
)
async def test_a_failure_in_a_group_is_told_as_itself(error: Exception, said: str) -> None:
    async def grouped() -> str:
        """Do several things at once."""
        async with asyncio.TaskGroup() as outer:
            outer.create_task(nested())
        return "done"

    async def nested() -> None:
        async with asyncio.TaskGroup() as inner:
            inner.create_task(fails(error))

    result = await Tools(grouped).execute("grouped", {})
    assert result.is_error
    assert result.content == said
