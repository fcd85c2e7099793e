"""The CPU of a model call over HTTP on loopback, against the SDK used directly.

The server runs in a process of its own, so that its CPU is not counted.
"""

import asyncio
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from vega_runtime import Agent, Run, RunOptions, program, workflow
from vega_runtime.models.base import Message, Request
from vega_runtime.models.registry import model_for

CALLS = 60
ROUNDS = 5
SERVERS = {
    "claude-haiku-4-5": ("anthropic", "ANTHROPIC"),
    "gpt-test": ("openai", "OPENAI"),
}
Call = Callable[[str], Awaitable[Any]]


@pytest.fixture(params=list(SERVERS))
def target(request: pytest.FixtureRequest) -> Iterator[tuple[str, dict[str, str]]]:
    """A model's name and the environment in which it is the server of a mock."""
    kind, prefix = SERVERS[request.param]
    command = [sys.executable, "-m", f"tests.e2e.mock_{kind}"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        url = server.stdout.readline().strip()
        yield request.param, {f"{prefix}_API_KEY": "k", f"{prefix}_BASE_URL": url}
    finally:
        server.kill()
        server.communicate()


def sdk(name: str, env: dict[str, str]) -> tuple[Call, Callable[[], Awaitable[None]]]:
    """A call as a program that uses the SDK makes it, with typed results."""
    if name.startswith("claude"):
        from anthropic import AsyncAnthropic

        claude = AsyncAnthropic(api_key="k", base_url=env["ANTHROPIC_BASE_URL"], max_retries=0)

        async def ask_claude(text: str) -> Any:
            return await claude.messages.create(
                model=name,
                max_tokens=100,
                system="Be brief.",
                messages=[{"role": "user", "content": text}],
            )

        return ask_claude, claude.close
    from openai import AsyncOpenAI

    gpt = AsyncOpenAI(api_key="k", base_url=env["OPENAI_BASE_URL"], max_retries=0)

    async def ask_gpt(text: str) -> Any:
        return await gpt.chat.completions.create(
            model=name,
            max_tokens=100,
            messages=[
                {"role": "system", "content": "Be brief."},
                {"role": "user", "content": text},
            ],
        )

    return ask_gpt, gpt.close


async def seconds(call: Call) -> float:
    """CPU of one call, the least of several rounds."""
    found: list[float] = []
    await call("warm")
    for _ in range(ROUNDS):
        start = time.process_time()
        for index in range(CALLS):
            await call(f"Do {index}")
        found.append((time.process_time() - start) / CALLS)
    return min(found)


def test_a_call_over_http(benchmark: BenchmarkFixture, target: tuple[str, dict[str, str]]) -> None:
    """A provider's call, and a whole step of a workflow around it."""
    name, env = target
    agent = Agent("A", model=name, system="Be brief.", max_tokens=100)

    async def measure() -> tuple[float, float, float]:
        direct, close = sdk(name, env)
        model = model_for(name, env=env)

        async def ours(text: str) -> Any:
            request = Request(name, (Message("user", text),), system="Be brief.", max_tokens=100)
            return await model.generate(request)

        figures: list[float] = []

        @workflow(program("bench.vega.yaml"), "w", agents=[agent])
        async def steps(run: Run) -> None:
            async def step(text: str) -> Any:
                return await run.call_fresh("w/call", one, text)

            figures.append(await seconds(step))

        @workflow(steps.program, "one", agents=[agent])
        async def one(run: Run, text: str) -> str:
            return await run.send("one/A", agent, text)

        try:
            by_sdk = await seconds(direct)
            by_us = await seconds(ours)
            await steps.with_options(RunOptions(env=env))()
            # The machine's speed drifts: the SDK is measured before and after.
            by_sdk = min(by_sdk, await seconds(direct))
        finally:
            await close()
            await model.close()
        return by_sdk, by_us, figures[0]

    by_sdk, by_us, step = asyncio.run(measure())
    print(
        f"\n{name}: the SDK {by_sdk * 1e6:.0f} us a call, ours {by_us * 1e6:.0f} us "
        f"({by_us / by_sdk:.2f} times), a step of a workflow {step * 1e6:.0f} us "
        f"({step / by_sdk:.2f} times)"
    )
    benchmark.extra_info["call"] = round(by_us / by_sdk, 2)
    benchmark.extra_info["step"] = round(step / by_sdk, 2)
    benchmark.pedantic(lambda: None, rounds=1)
