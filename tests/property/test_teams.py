"""Teams of any shape, with any tasks: nobody waits for ever, and nothing is mixed up."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from vega_runtime import Agent, Run, RunOptions, program, workflow
from vega_runtime.events import ModelStarted
from vega_runtime.models.base import Request, Response, StreamEvent, ToolCall, Usage
from vega_runtime.virtual_time import run_virtual

NAMES = ("A", "B", "C", "D", "E")
MOST_CALLS = 120

teams = st.fixed_dictionaries(
    {name: st.lists(st.sampled_from(NAMES), max_size=4, unique=True) for name in NAMES}
).map(lambda found: {name: [m for m in team if m != name] for name, team in found.items()})


class Busy:
    """A model that hands on tasks as it likes, takes its time, and now and then fails."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.calls = 0
        self.requests: list[Request] = []

    async def generate(self, request: Request) -> Response:
        self.calls += 1
        self.requests.append(request)
        await asyncio.sleep(self.random.choice([0, 0, 1, 2]))
        latest = request.messages[-1]
        offered = [tool for tool in request.tools if tool.name == "delegate"]
        if latest.tool_results or not offered or self.calls > MOST_CALLS:
            return Response(f"{request.agent} is done", usage=Usage(1, 1))
        members = offered[0].parameters["properties"]["agent"]["enum"]
        calls = tuple(
            ToolCall(
                f"{self.calls}-{number}",
                "delegate",
                {"agent": self.random.choice([*members, "A"]), "message": f"task {number}"},
            )
            for number in range(self.random.randint(1, 3))
        )
        return Response("", calls, "tool_use", Usage(1, 1))

    async def stream(self, request: Request) -> AsyncIterator[StreamEvent]:
        yield await self.generate(request)

    async def close(self) -> None:
        pass


def play(team: Mapping[str, list[str]], seed: int) -> tuple[Any, list[str], list[Request]]:
    agents = [Agent(name, model="busy", team=tuple(team[name])) for name in NAMES]

    @workflow(program("t.vega.yaml"), "w", agents=agents)
    async def works(run: Run) -> str:
        await run.send("w/a", agents[0], "first")
        return await run.send("w/a#2", agents[0], "second")

    model = Busy(seed)
    called: list[str] = []

    def observe(event: Any) -> None:
        if isinstance(event, ModelStarted):
            called.append(event.key)

    async def main() -> Any:
        options = RunOptions(provider=lambda _: model, observers=(observe,))
        output = await works.execute({}, options)
        assert asyncio.all_tasks() == {asyncio.current_task()}
        return output

    return run_virtual(main()), called, model.requests


@settings(max_examples=60, deadline=None)
@given(team=teams, seed=st.integers(0, 10_000))
def test_every_task_ends(team: dict[str, list[str]], seed: int) -> None:
    output, called, requests = play(team, seed)
    assert output == "A is done"
    for request in requests:
        roles = [message.role for message in request.messages]
        assert roles == ["user", "assistant"] * (len(roles) // 2) + ["user"]
        for before, after in zip(request.messages, request.messages[1:], strict=False):
            asked = [call.id for call in before.tool_calls]
            assert [result.call_id for result in after.tool_results] == asked
    again = play(team, seed)
    assert again[:2] == (output, called)
