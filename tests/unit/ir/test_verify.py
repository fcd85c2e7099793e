"""The verifier finds what the emitter could not live with, and nothing in what it could."""

from random import Random
from typing import Any

import pytest

from tests.unit.emit.build import (
    HERE,
    const,
    count,
    each,
    field,
    filtered,
    give,
    given,
    list_of,
    program,
    put,
    send,
    targets,
    text,
    var,
    when,
    workflow,
)
from tests.unit.emit.generate import StatementGenerator
from vegac.ir import nodes as ir
from vegac.ir.verify import verify
from vegac.semantics.types import ANY, BOOLEAN, INTEGER, STRING, ListOf


def problems(body: ir.Block, *inputs: ir.Input, **more: Any) -> list[str]:
    return verify(program(workflow(body, *inputs, **more)))


def test_a_good_program_has_no_problem() -> None:
    body: ir.Block = [
        when(var("go", BOOLEAN), [send("A", "hi", "x")]),
        each("i", list_of(const(1)), [put("n", count())]),
        give(list_of(var("x", guarded=True), count())),
    ]
    known = {"x": STRING, "i": INTEGER, "n": INTEGER}
    declared = given("go", BOOLEAN)
    assert problems(body, declared, variables=known, initial=("x",), result=ListOf(ANY)) == []


@pytest.mark.parametrize("seed", range(40))
def test_random_programs_have_no_problem(seed: int) -> None:
    assert verify(StatementGenerator(Random(seed)).program()) == []


BRANCH = ir.Branch("b", "w/parallel/b", [give(const(1))], (), None)
CASES: list[tuple[str, ir.Block, str]] = [
    ("a variable that is not set", [give(var("x"))], "'x' may be read before it is set"),
    (
        "set on one path only",
        [when(var("go", BOOLEAN), [put("x", const("a"))]), give(var("x"))],
        "'x' may be read before it is set",
    ),
    ("an unknown variable", [put("nope", const(1))], "'nope' is no variable"),
    ("an unknown agent", [send("B", "hi"), give(const(1))], "there is no agent 'B'"),
    (
        "one site twice",
        [send("A", "hi", site="s"), send("A", "ho", site="s")],
        "two statements have the site 'w/s'",
    ),
    ("a foreign site", [ir.Fail(HERE, "v/fail", const("x"))], "the site 'v/fail'"),
    ("a loop's state outside", [give(count(2))], "a loop at level 2"),
    (
        "a computed name that is not declared",
        [give(ir.ComputedVariable(ANY, HERE, "r_0"))],
        "a computed name is read",
    ),
    (
        "a return in a branch",
        [ir.Parallel(HERE, "w/parallel", [BRANCH], ())],
        "a branch returns",
    ),
    (
        "nothing to collect",
        [ir.Parallel(HERE, "w/parallel", [ir.Branch("b", "w/b", [], (), None)], targets("x"))],
        "no result to collect",
    ),
    (
        "two branches of one name",
        [ir.Parallel(HERE, "w/parallel", [ir.Branch("b", "w/b", [], (), None)] * 2, ())],
        "two branches are named 'b'",
    ),
    (
        "an unknown workflow",
        [ir.Call(HERE, "w/c", "nope", {}, (), ANY)],
        "there is no workflow 'nope'",
    ),
    (
        "an input that is missing and one that is too much",
        [ir.Call(HERE, "w/c", "w", {"other": const(1)}, (), ANY)],
        "has no input 'other'",
    ),
    ("a value of another type", [put("n", const("a"))], "'n' is integer and is set to string"),
    ("an unknown filter", [give(filtered(const("a"), "uper"))], "there is no filter 'uper'"),
    ("a constant of another type", [give(const("a", INTEGER))], 'the constant "a" has type'),
    ("a parameter of a tool", [give(ir.Parameter(ANY, HERE, "q"))], "'q' is a parameter"),
    ("an empty template", [give(text())], "a template without parts"),
    (
        "one operand",
        [give(ir.Logical(ANY, HERE, "or", (const(1),)))],
        "one operand of 'or'",
    ),
    (
        "too few names for a loop",
        [each("x", list_of(), [], over="items")],
        "1 names for a loop over items",
    ),
    ("an endless scope", [ir.Scope(HERE, "w/do", [], None, None)], "a scope without a limit"),
    (
        "a comparison that is no boolean",
        [give(ir.Compare(ANY, HERE, "==", const(1), const(2)))],
        "has type any",
    ),
    (
        "an error that nothing catches",
        [ir.Try(HERE, "w/try", [], None, (ir.Target("x", HERE),), [])],
        "nothing catches it",
    ),
]


@pytest.mark.parametrize(
    ("body", "problem"), [case[1:] for case in CASES], ids=[c[0] for c in CASES]
)
def test_problems(body: ir.Block, problem: str) -> None:
    known = {"x": STRING, "n": INTEGER, "go": BOOLEAN}
    declared = [given("go", BOOLEAN), given("n", INTEGER)]
    found = problems(body, *declared, variables=known)
    assert any(problem in text_ for text_ in found), found


def test_an_end_without_a_result() -> None:
    body: ir.Block = [when(var("go", BOOLEAN), [give(const("a"))])]
    found = problems(body, given("go", BOOLEAN), result=STRING)
    assert found == ["w: it may end without a result of type string"]


def test_agents_of_what_is_called_are_agents_of_the_caller() -> None:
    inner = workflow([send("A", "hi", site="x")], name="inner")
    inner.body[0].site = "inner/x"
    outer = workflow([ir.Call(HERE, "w/c", "inner", {}, (), ANY)], agents=())
    assert verify(program(inner, outer)) == [
        "w: w/c: 'A' of 'inner' is not among the workflow's agents"
    ]


def test_a_field_of_the_state_of_a_loop_around_it_is_fine() -> None:
    inner = each("y", var("ys", ListOf(INTEGER)), [put("n", field(count(1), "x"))], level=2)
    outer = each("x", list_of(const(1)), [inner])
    known = {"x": INTEGER, "y": INTEGER, "n": ANY}
    assert problems([outer], given("ys", ListOf(INTEGER)), variables=known) == []
