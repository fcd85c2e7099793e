"""`supervision` of an agent: what becomes of its process when a send fails."""

from pathlib import Path
from typing import Any

import pytest

from vega_runtime import RunOptions
from vega_runtime.errors import ModelError, WorkflowFailed
from vega_runtime.models.scripted import ScriptedModel
from vega_runtime.virtual_time import run_virtual
from vegac.loader import load
from vegac.workspace import Workspace

PROGRAM = """
agents:
  A: {{model: scripted, system: s, supervision: {rules}}}
  B: {{model: scripted, system: s}}
workflows:
  w:
    inputs: {{n: integer}}
    steps:
      - A: first
      - B: first
      - set: {{failures: []}}
      - repeat:
          steps:
            - try: [A: again <<loop.count>>]
              catch: [set: {{failures: "<<failures + [error.message]>>"}}]
          max: <<n>>
      - A: last
      - B: last
    output: <<failures>>
"""
FAILING = {"agent": "A", "match": "again", "error": "invalid_request", "times": "always"}


def run(rules: str, n: int) -> tuple[Any, list[int], float]:
    """The result of a run in which A fails `n` times, how many messages each request had, and the
    (virtual) seconds it took."""
    workspace = Workspace(Path())
    tree = workspace.read_text("s.vega.yaml", PROGRAM.format(rules=rules))
    module = workspace.compile_tree(tree, Path()).module
    assert module is not None
    workflow = load(module, "vega_supervise_test").PROGRAM.workflows["w"]
    model = ScriptedModel([FAILING, {"reply": "ok", "times": "always"}])
    lengths: list[int] = []
    seconds = 0.0

    def observe(event: Any) -> None:
        nonlocal seconds
        if type(event).__name__ == "ModelStarted":
            lengths.append(len(event.request.messages))
        if type(event).__name__ == "RunEnded":
            seconds = event.duration

    options = RunOptions(provider=lambda name: model, observers=(observe,))
    return run_virtual(workflow.execute({"n": n}, options)), lengths, seconds


def test_a_restarted_process_has_a_fresh_conversation() -> None:
    failures, lengths, _ = run("{strategy: restart}", 1)
    assert len(failures) == 1
    assert lengths == [1, 1, 3, 1, 3]  # A, B, A fails, A afresh, B goes on


def test_all_processes_restart() -> None:
    _, lengths, _ = run("{strategy: restart_all}", 1)
    assert lengths == [1, 1, 3, 1, 1]


def test_too_many_restarts_stop_it() -> None:
    with pytest.raises(WorkflowFailed, match="A was stopped: it failed 3 times in 600 s"):
        run("{strategy: restart, max_restarts: 2}", 4)


def test_failures_outside_of_the_window_do_not_count() -> None:
    rules = "{strategy: restart, max_restarts: 1, window: 30s, backoff: {initial: 31s, max: 31s}}"
    failures, _, seconds = run(rules, 3)
    assert len(failures) == 3
    assert seconds == pytest.approx(93)


def test_no_limit() -> None:
    failures, _, _ = run("{strategy: restart, max_restarts: -1}", 20)
    assert len(failures) == 20


def test_backoff_grows() -> None:
    rules = "{max_restarts: 9, backoff: {type: exponential, initial: 1s, max: 5s}}"
    assert run(rules, 4)[2] == pytest.approx(1 + 2 + 4 + 5)


def test_stop() -> None:
    with pytest.raises(WorkflowFailed, match="the agent A was stopped"):
        run("{strategy: stop}", 1)


def test_escalation_passes_every_catch() -> None:
    with pytest.raises(WorkflowFailed, match="the agent A failed") as failed:
        run("{strategy: escalate}", 1)
    assert isinstance(failed.value.__cause__, ModelError)
    assert failed.value.site == "w/repeat/A"
