"""What a run looks at before its first call."""

from pathlib import Path
from typing import Any

import pytest

from vega_runtime import (
    Agent,
    ConfigError,
    Logging,
    Metrics,
    Retry,
    Run,
    RunOptions,
    Settings,
    Tracing,
    VersionMismatch,
    env_text,
    file_text,
    open_run,
    program,
    workflow,
)
from vega_runtime.virtual_time import run_virtual

ECHO = [{"reply": "echo", "times": "always"}]


def using(*agents: Agent, settings: Settings | None = None) -> Any:
    @workflow(program("c.vega.yaml", settings=settings), "w", agents=agents)
    async def uses(run: Run) -> str:
        return await run.send("w/a", agents[0], "hi")

    return uses


def test_values_come_from_the_environment_when_a_run_starts(play: Any) -> None:
    agent = Agent(
        "A",
        model=env_text("${MODEL:-claude-haiku-4-5}"),
        system=env_text("In ${CITY}, $${not this}, ${EMPTY:-full}."),
        params={"metadata": {"user": env_text("${USER_ID}")}},
    )
    env = {"CITY": "Oslo ${CITY}", "EMPTY": "", "USER_ID": "7"}
    request = play(using(agent), ECHO, env=env).requests[0]
    assert request.model == "claude-haiku-4-5"
    assert request.system == "In Oslo ${CITY}, ${not this}, full."
    assert request.params == {"metadata": {"user": "7"}}


def test_a_prompt_of_parts_takes_texts_from_the_environment(play: Any) -> None:
    def place(run: Run) -> str:
        return f"{run.env('CITY')} ${{HIDDEN}}"

    agent = Agent("A", model="scripted", system=("In ", place, env_text(", ${LAND:-here} $${x}")))
    request = play(using(agent), ECHO, env={"CITY": "Oslo", "HIDDEN": "no"}).requests[0]
    assert request.system == "In Oslo ${HIDDEN}, here ${x}"


def test_all_missing_names_are_reported_before_the_first_call(play: Any) -> None:
    one = Agent("One", model="scripted", system=env_text("${FIRST} ${SECOND:-x}"))
    two = Agent("Two", model=env_text("${THIRD}"), base_url=env_text("${FIRST}"))
    unused = Agent("Unused", model=env_text("${FOURTH}"))
    played = play(using(one, two), ECHO)
    assert isinstance(played.error, ConfigError)
    assert str(played.error).splitlines() == [
        "the environment variable FIRST is not set; the agent One needs it",
        "the environment variable THIRD is not set; the agent Two needs it",
        "the environment variable FIRST is not set; the agent Two needs it",
    ]
    assert played.calls == []
    assert unused.name not in str(played.error)


def test_numbers_may_come_from_the_environment(play: Any) -> None:
    agent = Agent(
        "A",
        model="scripted",
        max_tokens=env_text("${MOST}", "integer"),
        temperature=env_text("${HEAT:-0.5}", "number"),
        retry=Retry(max_attempts=env_text("${TRIES:-2}", "integer"), initial=1.0),
    )
    failing = [{"error": "overloaded"}, *ECHO]
    played = play(using(agent), failing, env={"MOST": "77"})
    assert played.output == "hi"
    assert (played.requests[0].max_tokens, played.requests[0].temperature) == (77, 0.5)
    wrong = play(using(agent), ECHO, env={"MOST": "many", "HEAT": "hot"})
    assert str(wrong.error).splitlines() == [
        "${HEAT:-0.5} must be a number, not 'hot'; the agent A needs it",
        "${MOST} must be a whole number, not 'many'; the agent A needs it",
    ]


def test_a_system_prompt_may_stand_in_a_file(play: Any, tmp_path: Path) -> None:
    (tmp_path / "prompts").mkdir()
    (tmp_path / "prompts" / "a.md").write_text("Be brief.\n")
    flow = using(Agent("A", model="scripted", system=file_text("prompts/a.md")))
    assert play(flow, ECHO, root=tmp_path).requests[0].system == "Be brief."
    missing = play(flow, ECHO, root=tmp_path / "elsewhere")
    assert isinstance(missing.error, ConfigError)
    assert "prompts/a.md" in str(missing.error)


def run_error(flow: Any, env: dict[str, str], **options: Any) -> str:
    with pytest.raises(ConfigError) as caught:
        run_virtual(flow.execute({}, RunOptions(env=env, **options)))
    return str(caught.value)


@pytest.fixture(autouse=True)
def no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "OPENAI_API_KEY", "VEGA_MODEL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)


def test_an_agent_without_a_model_is_told_how_to_get_one() -> None:
    message = run_error(using(Agent("A"), Agent("B")), {})
    assert [line.split(" has ")[0] for line in message.splitlines()] == [
        "the agent A",
        "the agent B",
    ]
    assert "--model" in message


def test_a_missing_key_is_reported_before_the_first_call() -> None:
    agent = Agent("A", model="claude-haiku-4-5")
    assert "ANTHROPIC_API_KEY" in run_error(using(agent), {})
    keyed = using(agent, settings=Settings(api_key=env_text("${MY_KEY}")))
    assert "MY_KEY" in run_error(keyed, {})
    assert "no provider" in run_error(using(agent), {}, model="no-such-model")


def test_a_fallback_model_is_checked_too() -> None:
    agent = Agent("A", model="claude-haiku-4-5", fallback_model="no-such-model")
    assert "no-such-model" in run_error(using(agent), {"ANTHROPIC_API_KEY": "k"})


def test_a_limit_from_the_environment_must_be_a_number(play: Any) -> None:
    played = play(using(Agent("A", model="scripted")), ECHO, env={"VEGA_MAX_TOKENS": "lots"})
    assert str(played.error) == "VEGA_MAX_TOKENS must be a whole number from 1, not 'lots'"


def test_an_agent_that_no_workflow_lists_is_checked_at_its_first_message() -> None:
    async def main() -> None:
        async with open_run(program("c.vega.yaml"), RunOptions(env={})) as run:
            await run.send("w/a", Agent("A"), "hi")

    with pytest.raises(ConfigError, match="has no model"):
        run_virtual(main())


def test_settings_that_are_switched_off_are_fine(play: Any) -> None:
    settings = Settings(tracing=Tracing(False), metrics=Metrics(False), logging=Logging())
    assert play(using(Agent("A", model="scripted"), settings=settings), ECHO).output == "hi"


def test_a_called_workflow_is_checked_too(play: Any) -> None:
    needy = Agent("Needy", model=env_text("${NEEDED}"))
    inner = using(needy)

    @workflow(inner.program, "outer")
    async def outer(run: Run) -> str:
        return await run.call("outer/inner", inner)

    assert "NEEDED" in str(play(outer, ECHO).error)


def test_a_module_for_another_runtime_is_refused() -> None:
    with pytest.raises(VersionMismatch, match="vegac build"):
        program("x.vega.yaml", compiler="9.9.0", runtime="9.9")
    assert issubclass(VersionMismatch, ImportError)
