"""A module as the compiler writes it, with every construct it may use."""
# Compiled by vegac 0.1.0 from sample.vega.yaml (sha256 0f). Changes here are lost.

from typing import Any, TypedDict

from vega_runtime import (
    FAILURES,
    Agent,
    Budget,
    ErrorInfo,
    Form,
    Input,
    Loop,
    Retry,
    Run,
    Settings,
    TimeoutExceeded,
    branch,
    env_text,
    filters,
    forms,
    loops,
    program,
    text,
    values,
    workflow,
)

PROGRAM = program(
    "sample.vega.yaml",
    digest="0f",
    compiler="0.1.0",
    runtime="0.1",
    settings=Settings(default_model="scripted", budget=2.0),
)


def _critic_system(run: Run) -> str:
    return f"Today is {run.date()}, {text(run.env('MOOD'))}."


CODER = Agent(
    "Coder",
    model="claude-haiku-4-5",
    system="You write code.",
    max_tokens=4096,
    budget=Budget(0.5, on_exceed="block"),
    retry=Retry(max_attempts=3, backoff="constant", initial=1.0, jitter=0.0),
    tools=(),
)
CRITIC = Agent("Critic", model=env_text("${CRITIC_MODEL:-scripted}"), system=_critic_system)


class Report(TypedDict):
    title: str
    score: float


REPORT_FORM: Form[Report] = forms.record({"title": "string", "score": "number"})


class ReviewOutput(TypedDict):
    code: str
    findings: list[str]


@workflow(
    PROGRAM,
    "review",
    agents=(CODER, CRITIC),
    inputs={"task": Input("string"), "rounds": Input("integer", default=3, min=1)},
    timeout=1800.0,
    budget=2.0,
)
async def review(run: Run, *, task: str, rounds: int = 3) -> ReviewOutput:
    """Write and review code."""
    code = await run.send("review/code", CODER, f"Write: {task}")
    findings: list[str] = []
    for loop in run.repeat("review/repeat", limit=rounds):
        async with run.group("review/parallel") as group:
            bugs = group.start("bugs", _review_bugs, code)
            style = group.start("style", _review_style, code)
        findings = [*findings, bugs.value, style.value]
        if "OK" in bugs.value:
            break
        code = await run.send("review/code#2", CODER, f"Fix {text(loop.count)}: {bugs.value}")
    return {"code": code, "findings": findings}


@branch(effects=1)
async def _review_bugs(run: Run, code: str) -> str:
    return await run.send("review/bugs", CRITIC, f"Bugs in:\n{code}")


@branch(effects=1)
async def _review_style(run: Run, code: str) -> str:
    return await run.send("review/style", CRITIC, f"Style of:\n{code}")


@workflow(PROGRAM, "each", agents=(CODER,), inputs={"docs": Input("list[string]")})
async def each(run: Run, *, docs: list[str]) -> list[str]:
    async with run.group("each/for", limit=2) as group:
        started = [group.start(loop.index, _each_body, loop, doc) for loop, doc in loops(docs)]
    return [one.value for one in started]


@branch()
async def _each_body(run: Run, loop: Loop, doc: str) -> str:
    return await run.send("each/for/Coder", CODER, f"{text(loop.count)} {doc}")


@workflow(PROGRAM, "nested", agents=(CODER,), inputs={"table": Input("map[list[string]]")})
async def nested(run: Run, *, table: dict[str, list[str]]) -> dict[str, Any]:
    names: dict[str, Any] = {}
    loop = Loop.none()
    for loop, key in run.loop("nested/for", table):
        for inner, value in run.loop("nested/for/for", table[key], loop):
            names[f"r_{text(loop.index)}_{text(inner.index)}"] = value
    for item in run.items("nested/for#2", [1, 2]):
        names["last"] = item
    return {
        "names": names,
        "first": values.lookup(names, "r_0_0"),
        "count": loop.count,
        "slug": filters.slug("A B"),
    }


@workflow(PROGRAM, "guarded", agents=(CODER, CRITIC), inputs={"n": Input("any")})
async def guarded(run: Run, *, n: Any) -> str:
    error: ErrorInfo | None = None
    done = False
    data: str | None
    try:
        data = await run.send("guarded/risky", CODER, f"{text(values.div(1, n))}")
    except FAILURES as failure:
        error = run.caught(failure)
        data = await run.send("guarded/saved", CRITIC, f"because {text(error)} ({error.type})")
    finally:
        async with run.cleanup():
            done = True
    return f"{text(data)} {text(done)} {text(error)}"


@workflow(PROGRAM, "patient", agents=(CODER, CRITIC))
async def patient(run: Run) -> str:
    try:
        r = await run.send("patient/r", CODER, "think", timeout=0.05)
    except TimeoutExceeded as expired:
        run.own(expired, "patient/r")
        r = await run.send("patient/r/on_timeout/Critic", CRITIC, "quick")
    return r


@workflow(PROGRAM, "stubborn", agents=(CODER,))
async def stubborn(run: Run) -> Report:
    attempts = run.attempts("stubborn/do", Retry(max_attempts=2, initial=1.0, jitter=0.0))
    while True:
        try:
            async with run.scope("stubborn/do", timeout=60.0, budget=1.0):
                await run.send("stubborn/do/first", CODER, "first")
                report = await run.send(
                    "stubborn/do/report", CODER, "report", form=REPORT_FORM, timeout=10.0
                )
            break
        except FAILURES as failure:
            await attempts.again(failure)
    return report


@workflow(PROGRAM, "countdown", inputs={"n": Input("integer")})
async def countdown(run: Run, *, n: int) -> str:
    if n <= 0:
        return "done"
    rest = await run.call("countdown/rest", countdown, n=n - 1)
    return f"{text(n)} {rest}"


@workflow(PROGRAM, "caller", agents=(CODER, CRITIC))
async def caller(run: Run) -> str:
    outcome = await run.call("caller/review", review, task="x", rounds=1)
    again = await run.call_fresh("caller/countdown", countdown, n=1)
    raise run.failed("caller/fail", f"no {outcome['code']} {again}")


@workflow(PROGRAM, "keeper")
async def keeper(run: Run) -> list[Any]:
    await run.remember("keeper/remember", "greeting", {"text": "hi"})
    kept = await run.recall("keeper/recall", "greeting")
    other = await run.recall("keeper/recall#2", "nothing", "default")
    answer = await run.ask("keeper/ask", "Go on?", choices=("yes", "no"), default="no")
    return [kept, other, answer, run.workflow_name]


@workflow(PROGRAM, "native", inputs={"xs": Input("list[integer]"), "m": Input("map[integer]")})
async def native(run: Run, *, xs: list[int], m: dict[str, int]) -> int:
    del run
    # fmt: off
    total = (
        xs[0]
        + m["a"]
    )
    # fmt: on
    return total // xs[1]


PROGRAM.places(
    sites={
        "guarded/risky": ("sample.vega.yaml", 60, 11),
        "caller/fail": ("sample.vega.yaml", 90, 9),
        "patient/r": ("sample.vega.yaml", 70, 5),
    },
    lines={
        native.fn.__code__.co_firstlineno + 5: ("sample.vega.yaml", 100, 7),
        native.fn.__code__.co_firstlineno + 6: ("sample.vega.yaml", 101, 9),
        native.fn.__code__.co_firstlineno + 9: ("sample.vega.yaml", 102, 11),
    },
)
