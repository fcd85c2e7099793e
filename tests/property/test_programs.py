"""Compiled programs do what the language reference says of their steps."""

from typing import Any

import pytest
from hypothesis import given

from tests.property.compiled import Refused, compiled, source
from tests.property.interpreter import FAULT, Failed, Interpreter
from tests.property.programs import programs
from tests.property.reference_values import Unspecified, same
from tests.property.strategies import examples
from vega_runtime.errors import VegaError
from vega_runtime.models.scripted import ScriptedModel
from vega_runtime.options import RunOptions
from vegac.testing.clock import now, run_test

SCRIPT = (
    {"match": FAULT, "error": "invalid_request", "times": "always"},
    {"reply": "echo", "times": "always"},
)


def check(program: dict[str, Any], inputs: dict[str, Any]) -> None:
    text = source(program)
    reference = Interpreter(text)
    try:
        _, module = compiled(text)
    except Refused:
        return
    wanted: Any = None
    failed: Failed | None = None
    try:
        wanted = reference.run("main", inputs)
    except Failed as failure:
        failed = failure
    except Unspecified:
        return
    model = ScriptedModel(SCRIPT)
    options = RunOptions(provider=lambda _: model, env={"VEGA_MODEL": ""}, wall_clock=now)
    found: Any = None
    error: VegaError | None = None
    try:
        found = run_test(module.PROGRAM.workflows["main"].execute(inputs, options))
    except VegaError as failure:
        error = failure
    assert (error and error.type) == (failed and failed.type), (error, failed, wanted)
    if error is not None and failed is not None:
        assert failed.message in (None, error.message), (error.message, failed.message)
    assert failed is not None or same(found, wanted), (found, wanted)
    calls = [
        (request.agent, tuple(message.text for message in request.messages))
        for request in model.requests
    ]
    if not reference.loose:
        assert sorted(calls) == sorted(reference.calls)


@given(programs())
@examples(150)
def test_programs_do_what_their_steps_say(case: tuple[dict[str, Any], dict[str, Any]]) -> None:
    check(*case)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@given(programs(size=20))
@examples(4_000)
def test_many_programs_do_what_their_steps_say(
    case: tuple[dict[str, Any], dict[str, Any]],
) -> None:
    check(*case)
