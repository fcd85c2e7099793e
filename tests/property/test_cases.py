"""Conditions that leave no value over, against runs with every value that the inputs can have."""

import contextlib
import itertools
from collections.abc import Iterator
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from vegac.ir import nodes as ir
from vegac.ir.traverse import statements
from vegac.workspace import Workspace

INPUTS: dict[str, tuple[Any, ...]] = {
    "x": ("a", "b", "c"),
    "y": ("a", "b"),
    "z": ("a", "b", None),
    "flag": (True, False),
    "rounds": ((), (1,), (1, 2)),
}
HEAD = """\
workflows:
  w:
    inputs:
      x: {type: string, enum: [a, b, c]}
      y: {type: string, enum: [a, b]}
      z: {type: string, enum: [a, b], required: false}
      flag: boolean
      rounds: list
    steps:
"""
UNSET = object()


def comparisons(name: str) -> st.SearchStrategy[str]:
    value = st.sampled_from([f"'{known}'" for known in INPUTS[name] if known])
    return st.one_of(
        st.builds("{} {} {}".format, st.just(name), st.sampled_from(["==", "!="]), value),
        st.builds(
            "{} {} [{}]".format,
            st.just(name),
            st.sampled_from(["in", "not in"]),
            st.lists(value, min_size=1, max_size=3).map(", ".join),
        ),
    )


asked = st.one_of(
    *map(comparisons, "xyz"),
    st.sampled_from(["flag", "not flag", "z", "not z", "z == null", "z != null", "x == y"]),
)
conditions = st.recursive(
    asked,
    lambda inner: st.one_of(
        st.builds("({} {} {})".format, inner, st.sampled_from(["and", "or"]), inner),
        st.builds("not ({})".format, inner),
    ),
    max_leaves=3,
)
plain = st.sampled_from(["v: 1", "out: <<v>>", "x: <<y>>", "x: c", "y: a", "flag: true", "return"])
steps = st.recursive(
    st.one_of(st.tuples(st.just("set"), plain), st.tuples(st.just("guard"), conditions, plain)),
    lambda inner: st.one_of(
        st.tuples(
            st.just("if"),
            st.lists(
                st.tuples(conditions, st.lists(inner, min_size=1, max_size=2)),
                min_size=1,
                max_size=4,
            ),
            st.one_of(st.none(), st.lists(inner, min_size=1, max_size=2)),
        ),
        st.tuples(st.just("for"), st.lists(inner, min_size=1, max_size=3)),
    ),
    max_leaves=10,
)
bodies = st.lists(steps, min_size=1, max_size=4)


class Program:
    """Steps as YAML; written, each step and each condition knows its line."""

    def __init__(self, body: list[Any]) -> None:
        self.lines = HEAD.splitlines()
        self.body = self._block(body, "      ")

    @property
    def text(self) -> str:
        return "\n".join(self.lines) + "\n"

    def _line(self, text: str) -> int:
        self.lines.append(text)
        return len(self.lines)

    def _block(self, body: list[Any], pad: str) -> list[Any]:
        return [self._step(step, pad) for step in body]

    def _step(self, step: Any, pad: str) -> Any:
        match step:
            case "set", change:
                return "set", self._plain(change, pad), change
            case "guard", condition, change:
                line = self._plain(change, pad)
                self._line(f'{pad}  if: "{condition}"')
                return "guard", line, condition, change
            case "for", body:
                line = self._line(f"{pad}- for: i in rounds")
                self._line(f"{pad}  steps:")
                return "for", line, self._block(body, pad + "    ")
            case _, [(condition, body), *others], otherwise:
                arms = [self._arm(condition, body, pad)]
                if others:
                    self._line(f"{pad}  elif:")
                arms += [self._arm(*other, pad + "    ") for other in others]
                if otherwise is not None:
                    self._line(f"{pad}  else:")
                    otherwise = self._block(otherwise, pad + "    ")
                return "if", arms, otherwise

    def _arm(self, condition: str, body: list[Any], pad: str) -> Any:
        line = self._line(f'{pad}- if: "{condition}"')
        self._line(f"{pad}  then:")
        return line, condition, self._block(body, pad + "    ")

    def _plain(self, change: str, pad: str) -> int:
        text = "return: 1" if change == "return" else f"set: {{{change}}}"
        return self._line(f"{pad}- {text}")


class Ended(Exception):
    """A run has come to a `return`."""


class Run:
    """One run: the lines that were reached, the conditions that did not hold, and whether a
    variable was read before it was set."""

    def __init__(self, inputs: dict[str, Any]) -> None:
        self.values = inputs | {"v": UNSET}
        self.reached: set[int] = set()
        self.failed: set[int] = set()
        self.read_unset = False

    def block(self, body: list[Any]) -> None:
        for step in body:
            self.step(step)

    def step(self, step: Any) -> None:
        match step:
            case "set", line, change:
                self.reached.add(line)
                self.plain(change)
            case "guard", line, condition, change:
                self.reached.add(line)
                if self.holds(condition):
                    self.plain(change)
                else:
                    self.failed.add(line)
                    if change == "v: 1" and self.values["v"] is UNSET:
                        self.values["v"] = None  # what a skipped step sets is null
            case "for", line, body:
                self.reached.add(line)
                for _ in self.values["rounds"]:
                    self.block(body)
            case _, arms, otherwise:
                self.reached.add(arms[0][0])
                for line, condition, body in arms:
                    if self.holds(condition):
                        self.block(body)
                        return
                    self.failed.add(line)
                self.block(otherwise or [])

    def holds(self, condition: str) -> bool:
        return bool(eval(condition, {"null": None}, self.values))

    def plain(self, change: str) -> None:
        name, _, value = change.partition(": ")
        match name:
            case "return":
                raise Ended
            case "out":
                self.read_unset |= self.values["v"] is UNSET
            case "x" if value == "<<y>>":
                self.values["x"] = self.values["y"]
            case _:
                self.values[name] = {"1": 1, "true": True}.get(value, value)


def runs(program: Program) -> Iterator[Run]:
    """A run for each combination of inputs."""
    for combination in itertools.product(*INPUTS.values()):
        run = Run(dict(zip(INPUTS, combination, strict=True)))
        with contextlib.suppress(Ended):
            run.block(program.body)
        yield run


@given(bodies)
def test_what_conditions_leave_over_is_what_runs_come_upon(body: list[Any]) -> None:
    program = Program(body)
    report = Workspace().check_text(program.text)
    found = [
        (one.code, report.placements.locate(one.span).position.line) for one in report.diagnostics
    ]
    done = list(runs(program))
    if any(run.read_unset for run in done):
        assert {"maybe-unset", "undefined-variable"} & {code for code, _ in found}
    reached = set[int]().union(*(run.reached for run in done))
    assert not reached & {line for code, line in found if code == "unreachable-step"}
    failed = set[int]().union(*(run.failed for run in done))
    if report.program is not None:
        (workflow,) = report.program.workflows
        certain = {
            report.placements.locate(step.span).position.line
            for step in statements(workflow.body)
            if isinstance(step, ir.If) and step.certain
        }
        assert not failed & certain
