"""Comparing what a run did with what its test expects."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from vega_runtime import patterns, text, values
from vega_runtime.errors import VegaError
from vega_runtime.text import to_json
from vegac.source.file import Placements
from vegac.source.render.text import place
from vegac.syntax.nodes import Node, Scalar
from vegac.testing.cases import (
    Check,
    Checks,
    Expect,
    ExpectedCalls,
    ExpectedError,
    ExpectedFile,
    ExpectedSent,
)
from vegac.testing.outcome import Outcome
from vegac.testing.results import Mismatch, Relation, Update

_RELATIONS: dict[str, Relation] = {
    "equal": "equal",
    "contains": "contain",
    "matches": "match",
    "expression": "satisfy",
}


class Comparer:
    """Finds the differences; `placements` places the test file."""

    def __init__(self, placements: Placements) -> None:
        self.placements = placements

    def compare(self, expect: Expect, outcome: Outcome) -> Iterator[Mismatch]:
        """All differences. A failure that the test does not expect is for the caller to tell, and
        without a result there is none to compare."""
        if expect.error is not None:
            yield from self._error(expect.error, outcome)
        elif outcome.error is None:
            yield from self.value("output", expect.output, outcome.output, outcome.inputs)
        seen = outcome.seen
        if expect.calls is not None:
            yield from self._calls(expect.calls, seen.calls)
        for sent in expect.sent:
            yield from self._sent(sent, seen.sent.get(sent.agent, []))
        if outcome.error is None:
            for name, checks in expect.variables.items():
                yield from self._variable(name, checks, seen.variables or {}, outcome)
        if expect.cost is not None and expect.cost_node is not None:
            yield from self._cost(expect.cost, expect.cost_node, outcome)
        for file in expect.files:
            yield from self._file(file, outcome.sandbox)

    def value(
        self, what: str, checks: Checks, got: Any, inputs: dict[str, Any] | None = None
    ) -> Iterator[Mismatch]:
        for check in checks:
            if not self._holds(check, got, inputs or {}):
                yield self.mismatch(what, check, got)

    def mismatch(self, what: str, check: Check, got: Any) -> Mismatch:
        update = self._update(check.node, got) if check.kind == "equal" else None
        at = self.place_of(check.node)
        return Mismatch(what, _RELATIONS[check.kind], check.wanted, _data(got), at, update)

    # --- single values -------------------------------------------------------------------------

    def _holds(self, check: Check, got: Any, inputs: dict[str, Any]) -> bool:
        match check.kind:
            case "equal":
                return values.equal(got, check.wanted)
            case "contains":
                return _contains(got, check.wanted)
            case "matches":
                try:
                    return patterns.search(check.wanted, text(got))
                except VegaError:
                    return False
            case "expression":
                return self._is_true(check.node, {**inputs, "output": got})

    def _is_true(self, node: Node, names: dict[str, Any]) -> bool:
        from vegac.testing.expressions import Question, evaluate_all

        assert isinstance(node, Scalar)
        answer = evaluate_all([Question(node, names)], self.placements)[0]
        return answer.error is None and bool(answer.value)

    def place_of(self, node: Node) -> str:
        return place(self.placements.locate(node.span))

    def _update(self, node: Node, value: Any) -> Update:
        location = self.placements.locate(node.span)
        return Update(location.start, location.end, _data(value))

    # --- the parts of `expect` -----------------------------------------------------------------

    def _error(self, expected: ExpectedError, outcome: Outcome) -> Iterator[Mismatch]:
        error = outcome.error
        at = self.place_of(expected.node)
        if error is None:
            wanted = expected.type or "an error"
            yield Mismatch("the run", "fail", wanted, _data(outcome.output), at)
            return
        if expected.type is not None and error.type != expected.type:
            yield Mismatch("type of the error", "equal", expected.type, error.type, at)
        if expected.contains is not None and expected.contains not in error.message:
            yield Mismatch("message of the error", "contain", expected.contains, error.message, at)

    def _calls(self, expected: ExpectedCalls, got: list[str]) -> Iterator[Mismatch]:
        if expected.ordered and got != expected.agents:
            yield Mismatch(
                "calls",
                "equal",
                expected.agents,
                got,
                self.place_of(expected.node),
                self._update(expected.node, got),
            )
        elif not expected.ordered and Counter(got) != Counter(expected.agents):
            yield Mismatch(
                "calls in any order",
                "equal",
                sorted(expected.agents),
                sorted(got),
                self.place_of(expected.node),
                self._update(expected.node, got),
            )

    def _sent(self, expected: ExpectedSent, got: list[str]) -> Iterator[Mismatch]:
        agent = expected.agent
        if len(got) != len(expected.messages):
            shown = [_shown(checks) for checks in expected.messages]
            equal = all(check.kind == "equal" for checks in expected.messages for check in checks)
            yield Mismatch(
                f"messages to {agent}",
                "equal",
                shown,
                got,
                self.place_of(expected.node),
                self._update(expected.node, got) if equal else None,
            )
            return
        for number, (checks, message) in enumerate(zip(expected.messages, got, strict=True), 1):
            what = f"message to {agent}" if len(got) == 1 else f"message {number} to {agent}"
            yield from self.value(what, checks, message)

    def _variable(
        self, name: str, checks: Checks, variables: dict[str, Any], outcome: Outcome
    ) -> Iterator[Mismatch]:
        what = f"variable {name}"
        if name in variables or not checks:
            yield from self.value(what, checks, variables.get(name), outcome.inputs)
            return
        known = ", ".join(variables) or "no variables"
        wanted = _shown(checks)
        at = self.place_of(checks[0].node)
        yield Mismatch(what, "be present", wanted, f"unset at the end; set are: {known}", at)

    def _cost(self, most: float, node: Node, outcome: Outcome) -> Iterator[Mismatch]:
        seen = outcome.seen
        at = self.place_of(node)
        wanted = f"${most:.6f}".rstrip("0").rstrip(".")
        if seen.unpriced:
            models = ", ".join(sorted(seen.unpriced))
            yield Mismatch("cost", "be at most", wanted, f"unknown: {models} has no price", at)
        elif round(most * 1_000_000) < seen.micros:
            yield Mismatch("cost", "be at most", wanted, f"${seen.cost:.6f}", at)

    def _file(self, expected: ExpectedFile, sandbox: Path) -> Iterator[Mismatch]:
        what = f"file {expected.path}"
        at = self.place_of(expected.node)
        path = sandbox / expected.path
        if not path.is_relative_to(sandbox) or not (path.exists() or path.is_symlink()):
            if expected.checks is not None:
                yield Mismatch(what, "be present", _shown(expected.checks), "no such file", at)
            return
        try:
            content = path.read_bytes().decode()
        except (OSError, UnicodeDecodeError) as error:
            content = None
            reason = "a folder" if path.is_dir() else f"not readable as text ({error})"
        else:
            reason = content
        if expected.checks is None:
            yield Mismatch(what, "be absent", None, reason, at)
        elif content is None:
            yield Mismatch(what, "be present", _shown(expected.checks), reason, at)
        else:
            yield from self.value(what, expected.checks, content)


def _data(value: Any) -> Any:
    """A value as JSON would give it back; errors and loops become maps."""
    if value is None or isinstance(value, str | int | float):
        return value
    try:
        return json.loads(to_json(value))
    except (VegaError, ValueError):
        return repr(value)


def _contains(got: Any, wanted: Any) -> bool:
    """A part of a text, an element of a list, a key of a map."""
    if isinstance(got, list | dict):
        try:
            return values.contains(wanted, got)
        except VegaError:
            return False
    return text(wanted) in text(got)


def _shown(checks: Checks) -> Any:
    """What is expected of a value, for people."""
    if len(checks) == 1 and checks[0].kind == "equal":
        return checks[0].wanted
    return {check.kind: check.wanted for check in checks}
