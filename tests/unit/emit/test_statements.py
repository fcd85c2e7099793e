"""Statements: what emitted code does when it runs, and that it reads as written by hand."""

from typing import Any

import pytest

from tests.unit.emit.build import (
    HERE,
    at,
    binary,
    body_of,
    compare,
    const,
    count,
    each,
    emit,
    field,
    filtered,
    give,
    given,
    list_of,
    loop,
    map_of,
    put,
    run,
    send,
    targets,
    text,
    var,
    when,
    workflow,
)
from vega_runtime.errors import ExpressionError, InputError, ModelError, WorkflowFailed
from vegac.ir import nodes as ir
from vegac.semantics.types import (
    ANY,
    BOOLEAN,
    ERROR,
    INTEGER,
    NUMBER,
    STRING,
    ListOf,
    MapOf,
    Record,
    optional,
)

STRINGS = ListOf(STRING)


def test_a_send_stores_its_reply() -> None:
    module = emit(
        workflow(
            [send("A", text("Write: ", var("task")), "code", "result"), give(var("code"))],
            given("task"),
            variables={"code": STRING, "result": STRING},
            result=STRING,
        )
    )
    assert body_of(module) == 'return await run.send("w/code", A, f"Write: {task}")'
    assert run(module, {"task": "sort"}).output == "Write: sort"


def test_a_reply_that_nobody_reads_is_not_kept() -> None:
    module = emit(workflow([send("A", "hi", "x"), give(const(1))], variables={"x": STRING}))
    assert body_of(module) == 'await run.send("w/x", A, "hi")\nreturn 1'


def test_one_reply_in_two_variables() -> None:
    module = emit(
        workflow(
            [send("A", "hi", "x", "y"), give(list_of(var("x"), var("y")))],
            variables={"x": STRING, "y": STRING},
            result=STRINGS,
        )
    )
    assert 'x = y = await run.send("w/x", A, "hi")' in module.text
    assert run(module).output == ["hi", "hi"]


def test_options_of_a_send() -> None:
    module = emit(
        workflow(
            [
                send(
                    "A",
                    "hi",
                    "x",
                    timeout=5.0,
                    retry=ir.Construct("Retry", {"max_attempts": 3}),
                    tools=(),
                    fresh=True,
                    form="number",
                    type_=NUMBER,
                ),
                give(var("x", NUMBER)),
            ],
            variables={"x": NUMBER},
            result=NUMBER,
        )
    )
    assert "timeout=5.0, retry=Retry(max_attempts=3), tools=(), fresh=True" in " ".join(
        module.text.split()
    )
    script = [{"error": "overloaded"}, {"reply": "42"}]
    assert run(module, script=script).output == 42


def test_a_schema_makes_a_class() -> None:
    person = Record((("name", STRING), ("tags", STRINGS)))
    schema = {"name": "string", "tags": "list[string]"}
    module = emit(
        workflow(
            [
                send("A", "who", "person", type_=person, form=schema),
                give(field(var("person", person), "tags", STRINGS)),
            ],
            variables={"person": person},
            result=STRINGS,
        )
    )
    assert "class WPerson(TypedDict):\n    name: str\n    tags: list[str]" in module.text
    assert "W_PERSON_FORM: Form[WPerson] = forms.record(" in module.text
    assert 'return person["tags"]' in module.text
    reply = '```json\n{"name": "Ada", "tags": ["x"]}\n```'
    assert run(module, script=[{"reply": reply}]).output == ["x"]


@pytest.mark.parametrize(("n", "answer"), [(5, "big"), (2, "middle"), (0, "small")])
def test_conditions(n: int, answer: str) -> None:
    value = var("n", INTEGER)
    module = emit(
        workflow(
            [
                when(
                    compare(value, ">", const(3)),
                    [give(const("big"))],
                    [when(compare(value, ">", const(1)), [give(const("middle"))])],
                ),
                give(const("small")),
            ],
            given("n", INTEGER),
            result=STRING,
        )
    )
    assert body_of(module) == (
        'if n > 3:\n    return "big"\nelif n > 1:\n    return "middle"\nreturn "small"'
    )
    assert run(module, {"n": n}).output == answer


def test_what_is_set_on_some_paths_only_starts_as_none() -> None:
    module = emit(
        workflow(
            [
                when(var("go", BOOLEAN), [send("A", "hi", "x")]),
                give(filtered(var("x", optional(STRING), True), "default", const("none"))),
            ],
            given("go", BOOLEAN),
            variables={"x": STRING},
            initial=("x",),
            result=STRING,
        )
    )
    assert body_of(module).startswith("x: str | None = None\nif go:")
    assert run(module, {"go": False}).output == "none"
    assert run(module, {"go": True}).output == "hi"


def test_nothing_is_emitted_after_the_end() -> None:
    module = emit(
        workflow([give(const(1)), send("A", "never", "x"), give(const(2))], variables={"x": STRING})
    )
    assert body_of(module) == "return 1"


# --- loops ---------------------------------------------------------------------------------------


def test_a_loop_without_effects_is_a_plain_for() -> None:
    xs = ListOf(INTEGER)
    module = emit(
        workflow(
            [
                put("total", const(0)),
                each(
                    "x",
                    var("xs", xs),
                    [put("total", binary(var("total", INTEGER), "+", var("x", INTEGER), INTEGER))],
                ),
                give(var("total", INTEGER)),
            ],
            given("xs", xs),
            variables={"x": INTEGER, "total": INTEGER},
            result=INTEGER,
        )
    )
    assert body_of(module) == ("total = 0\nfor x in xs:\n    total += x\nreturn total")
    assert run(module, {"xs": [1, 2, 3]}).output == 6


def test_a_loop_with_effects_goes_through_the_run() -> None:
    module = emit(
        workflow(
            [each("x", var("xs", STRINGS), [send("A", var("x"))]), give(const(None))],
            given("xs", STRINGS),
            variables={"x": STRING},
        )
    )
    assert 'for x in run.items("w/for", xs):' in module.text
    assert run(module, {"xs": ["a", "b"]}).sent == [("A", "a"), ("A", "b")]


def test_the_state_of_a_loop_after_it() -> None:
    body = [
        each(
            "x",
            var("xs", STRINGS),
            [send("A", text(field(loop(), "index"), "/", count(), " ", var("x")))],
        ),
        give(count()),
    ]
    module = emit(workflow(body, given("xs", STRINGS), variables={"x": STRING}, result=INTEGER))
    assert "loop = Loop.none()" in module.text
    ran = run(module, {"xs": ["a", "b"]})
    assert (ran.output, ran.sent) == (2, [("A", "0/1 a"), ("A", "1/2 b")])
    assert run(module, {"xs": []}).output == 0


def test_nested_loops_and_their_parents() -> None:
    inner = [
        send("A", text(field(field(loop(2), "parent"), "index", ANY), ".", field(loop(2), "index")))
    ]
    module = emit(
        workflow(
            [
                each(
                    "row",
                    var("rows", ListOf(STRINGS)),
                    [each("x", var("row", STRINGS), inner, level=2)],
                ),
                give(const(None)),
            ],
            given("rows", ListOf(STRINGS)),
            variables={"row": STRINGS, "x": STRING},
        )
    )
    assert "{loop.index}.{loop_2.index}" in module.text
    sent = run(module, {"rows": [["a", "b"], ["c"]]}).sent
    assert [message for _, message in sent] == ["0.0", "0.1", "1.0"]


def test_the_whole_state_of_a_loop() -> None:
    module = emit(
        workflow(
            [
                each(
                    "row",
                    var("rows", ListOf(STRINGS)),
                    [each("x", var("row", STRINGS), [send("A", text(loop(2)))], level=2)],
                ),
                give(const(None)),
            ],
            given("rows", ListOf(STRINGS)),
            variables={"row": STRINGS, "x": STRING},
        )
    )
    (_, message), *_ = run(module, {"rows": [["a"]]}).sent
    assert '"parent":{"index":0' in message


@pytest.mark.parametrize(
    ("over", "collection", "names", "expected"),
    [
        ("list", ["a", "b"], "x", ["a", "b"]),
        ("positions", ["a", "b"], "i, x", [[0, "a"], [1, "b"]]),
        ("keys", {"k": 1, "l": 2}, "k", ["k", "l"]),
        ("items", {"k": 1, "l": 2}, "k, v", [["k", 1], ["l", 2]]),
        ("any", {"k": 1}, "k", ["k"]),
        ("any", ["a"], "x", ["a"]),
        ("any", {"k": 1}, "k, v", [["k", 1]]),
        ("any", ["a"], "i, x", [[0, "a"]]),
    ],
)
@pytest.mark.parametrize("typed", [True, False])
@pytest.mark.parametrize("effects", [True, False])
def test_what_loops_go_over(
    over: str, collection: Any, names: str, expected: Any, typed: bool, effects: bool
) -> None:
    type_ = ListOf(ANY) if isinstance(collection, list) else MapOf(ANY)
    parts = [var(name.strip(), ANY) for name in names.split(",")]
    item = parts[0] if len(parts) == 1 else list_of(*parts)
    body: ir.Block = [
        put("seen", binary(var("seen", ListOf(ANY)), "+", list_of(item), ListOf(ANY)))
    ]
    if effects:
        body.append(send("A", "go"))
    declared = given("xs", type_ if typed else ANY)
    module = emit(
        workflow(
            [
                put("seen", list_of()),
                each(names, var("xs", type_ if typed else ANY), body, over=over),
                give(var("seen", ListOf(ANY))),
            ],
            declared,
            variables={"seen": ListOf(ANY), **dict.fromkeys(names.split(", "), ANY)},
            result=ListOf(ANY),
        )
    )
    assert run(module, {"xs": collection}).output == expected


def test_a_loop_collects() -> None:
    step = each("x", var("xs", STRINGS), [send("A", var("x"), "r", site="for/r")])
    step.targets, step.collected = targets("all"), var("r")
    module = emit(
        workflow(
            [step, give(var("all", STRINGS))],
            given("xs", STRINGS),
            variables={"x": STRING, "r": STRING, "all": STRINGS},
            result=STRINGS,
        )
    )
    assert "all: list[str] = []" in module.text
    assert "    all.append(r)" in module.text
    assert run(module, {"xs": ["a", "b"]}).output == ["a", "b"]
    assert run(module, {"xs": []}).output == []


def repeat(body: ir.Block, until: ir.Expr | None, limit: ir.Expr, level: int = 1) -> ir.Repeat:
    return ir.Repeat(HERE, "w/repeat", body, until, limit, level)


def test_repeat_until() -> None:
    module = emit(
        workflow(
            [
                repeat(
                    [send("A", text("try ", count()), "code", site="repeat/code")],
                    compare(const("3"), "in", var("code")),
                    var("limit", INTEGER),
                ),
                give(text(var("code"), " after ", count())),
            ],
            given("limit", INTEGER),
            variables={"code": STRING},
            result=STRING,
        )
    )
    assert run(module, {"limit": 5}).output == "try 3 after 3"
    assert run(module, {"limit": 2}).output == "try 2 after 2"
    with pytest.raises(ExpressionError):
        run(module, {"limit": 0})


def test_a_repeat_that_always_returns() -> None:
    module = emit(workflow([repeat([give(count())], None, const(3))], result=INTEGER))
    assert run(module).output == 1


# --- failures ------------------------------------------------------------------------------------


def caught(handler: ir.Block, finally_: ir.Block | None = None) -> ir.Try:
    return ir.Try(
        HERE,
        "w",
        [send("A", "risky", "data")],
        handler,
        (ir.Target("error", HERE),),
        finally_ or [],
    )


def test_try_catch_finally() -> None:
    error = var("error", ERROR)
    module = emit(
        workflow(
            [
                caught(
                    [put("data", text(error, " (", field(error, "type", STRING), ")"))],
                    [put("done", const(True))],
                ),
                give(list_of(var("data"), var("done", BOOLEAN))),
            ],
            variables={"data": STRING, "error": ERROR, "done": BOOLEAN},
            result=ListOf(ANY),
        )
    )
    assert run(module).output == ["risky", True]
    failed = run(module, script=[{"error": "invalid_request"}]).output
    assert failed == ["the request was refused (ModelError)", True]


def test_continue_on_error() -> None:
    module = emit(
        workflow(
            [
                ir.Try(
                    HERE,
                    "w",
                    [send("A", "risky", "r")],
                    [put("r", const(None))],
                    (ir.Target("error", HERE),),
                    [],
                    (ir.Target("error", HERE),),
                ),
                give(
                    list_of(
                        var("r", optional(STRING)),
                        field(var("error", optional(ERROR)), "type", ANY),
                    )
                ),
            ],
            variables={"r": optional(STRING), "error": optional(ERROR)},
            result=ListOf(ANY),
        )
    )
    assert run(module).output == ["risky", None]
    assert run(module, script=[{"error": "authentication"}]).output == [None, "ModelError"]


def test_attempts_go_again_after_what_may_pass() -> None:
    attempts = ir.Attempts(
        HERE,
        "w/do",
        [send("A", "one", "x"), send("A", text("two ", var("x")), "y")],
        ir.Construct("Retry", {"max_attempts": 2, "initial": 0.1}),
    )
    module = emit(
        workflow([attempts, give(var("y"))], variables={"x": STRING, "y": STRING}, result=STRING)
    )
    script: list[Any] = [
        {"match": "one", "reply": "1", "times": 2},
        {"match": "two", "error": "overloaded"},
        {"match": "two", "reply": "2"},
    ]
    ran = run(module, script=script)
    assert ran.output == "2"
    assert [message for _, message in ran.sent] == ["one", "two 1", "one", "two 1"]
    with pytest.raises(ModelError):
        run(module, script=[{"error": "invalid_request"}])


def test_on_timeout() -> None:
    step = ir.OnTimeout(
        HERE,
        "w/x",
        [send("A", "slow", "x", timeout=0.05)],
        [send("A", "quick", "x", site="x/on_timeout/A")],
        "w/x",
    )
    module = emit(workflow([step, give(var("x"))], variables={"x": STRING}, result=STRING))
    script: list[Any] = [{"match": "slow", "reply": "late", "delay": 5}, {"reply": "echo"}]
    assert run(module, script=script).output == "quick"


def test_scopes_limit_a_block() -> None:
    step = ir.Scope(HERE, "w/do", [send("A", "x")], 0.1, None)
    module = emit(workflow([step, give(const(1))]))
    assert 'async with run.scope("w/do", timeout=0.1):' in module.text
    with pytest.raises(Exception, match="not finished"):
        run(module, script=[{"reply": "late", "delay": 1}])


def test_fail() -> None:
    module = emit(
        workflow([ir.Fail(HERE, "w/fail", text("no ", var("x")))], given("x"), result=ANY)
    )
    with pytest.raises(WorkflowFailed, match="no way"):
        run(module, {"x": "way"})


# --- branches ------------------------------------------------------------------------------------


def branch(name: str, body: ir.Block, *saves: str, result: ir.Expr | None = None) -> ir.Branch:
    found = tuple(ir.Target(save, HERE) for save in saves)
    return ir.Branch(name, f"w/parallel/{name}", body, found, result)


def test_branches_are_functions_with_what_they_read() -> None:
    step = ir.Parallel(
        HERE,
        "w/parallel",
        [
            branch("x", [send("A", text("one ", var("code")), "x")], "x"),
            branch("y", [send("A", text("two ", var("code")), "y")], "y", "z"),
        ],
        (),
    )
    module = emit(
        workflow(
            [step, give(list_of(var("x"), var("y")))],
            given("code"),
            variables={"x": STRING, "y": STRING, "z": STRING},
            result=STRINGS,
        )
    )
    assert "async def _w_x(run: Run, code: str) -> str:" in module.text
    assert "@branch(effects=1)" in module.text
    assert run(module, {"code": "c"}).output == ["one c", "two c"]


def test_results_of_branches_keep_their_order() -> None:
    step = ir.Parallel(
        HERE,
        "w/parallel",
        [branch(name, [send("A", name, "result")], result=var("result")) for name in "abc"],
        targets("all"),
    )
    module = emit(
        workflow(
            [step, give(var("all", STRINGS))],
            variables={"result": STRING, "all": STRINGS},
            result=STRINGS,
        )
    )
    script: list[Any] = [
        {"match": "a", "reply": "A", "delay": 3},
        {"match": "b", "reply": "B", "delay": 2},
        {"match": "c", "reply": "C"},
    ]
    assert run(module, script=script).output == ["A", "B", "C"]


def test_a_branch_changes_what_it_was_given() -> None:
    step = ir.Parallel(
        HERE,
        "w/parallel",
        [branch("b", [when(var("go", BOOLEAN), [put("n", const("changed"))])], "n")],
        (),
    )
    module = emit(
        workflow(
            [put("n", const("before")), step, give(var("n"))],
            given("go", BOOLEAN),
            variables={"n": STRING},
            result=STRING,
        )
    )
    assert run(module, {"go": True}).output == "changed"
    assert run(module, {"go": False}).output == "before"


def parallel_for(body: ir.Block, collection: ir.Expr, result: ir.Expr | None, **more: Any) -> Any:
    return ir.ParallelFor(
        HERE,
        "w/for",
        (ir.Target("x", HERE),),
        more.pop("over", "list"),
        collection,
        body,
        more.pop("level", 1),
        more.pop("limit", None),
        targets(*more.pop("save", ())),
        result,
    )


def test_iterations_at_once() -> None:
    step = parallel_for(
        [send("A", var("x"), "result")],
        var("xs", STRINGS),
        var("result"),
        limit=const(2),
        save=("all",),
    )
    module = emit(
        workflow(
            [step, give(var("all", STRINGS))],
            given("xs", STRINGS),
            variables={"x": STRING, "result": STRING, "all": STRINGS},
            result=STRINGS,
        )
    )
    assert 'async with run.group("w/for", limit=2) as group:' in module.text
    assert "return [done.value for done in branches]" in module.text
    assert run(module, {"xs": ["a", "b", "c"]}).output == ["a", "b", "c"]


def test_the_state_of_a_parallel_loop_in_and_after_it() -> None:
    step = parallel_for([send("A", text(count(), var("x")))], var("xs", STRINGS), None)
    module = emit(
        workflow(
            [step, give(count())],
            given("xs", STRINGS),
            variables={"x": STRING},
            result=INTEGER,
        )
    )
    ran = run(module, {"xs": ["a", "b"]})
    assert (ran.output, [m for _, m in ran.sent]) == (2, ["1a", "2b"])
    assert run(module, {"xs": []}).output == 0


def computed(*parts: str | ir.Expr) -> tuple[ir.AnyTarget, ...]:
    return (ir.ComputedTarget(text(*parts), HERE),)


def lookup(name: str, guarded: bool = False) -> ir.ComputedVariable:
    return ir.ComputedVariable(ANY, HERE, name, guarded)


def test_computed_names_cross_branches_in_program_order() -> None:
    first = ir.Assign(HERE, "w/set", computed("r_", "0"), const("outer"))
    each_one = send("A", var("x"))
    each_one.targets = computed("r_", field(loop(), "index"))
    inner = parallel_for([each_one], var("xs", STRINGS), None)
    reader = branch("read", [send("A", text("saw ", lookup("r_1")), "seen")], "seen")
    last = ir.Assign(HERE, "w/set", computed("r_", "9"), const("nine"))
    step = ir.Parallel(HERE, "w/parallel", [reader, branch("write", [last])], ())
    names = list_of(lookup("r_0"), lookup("r_1"), lookup("r_9"), lookup("r_7", True), var("seen"))
    module = emit(
        workflow(
            [first, inner, step, give(names)],
            given("xs", STRINGS),
            variables={"x": STRING, "seen": STRING},
            result=ListOf(ANY),
            computed=True,
        )
    )
    assert run(module, {"xs": ["a", "b"]}).output == ["a", "b", "nine", None, "saw b"]


def test_reading_a_computed_name_that_is_not_set() -> None:
    body = [
        ir.Assign(HERE, "w/set", computed("r_", var("x")), const(1)),
        give(lookup("r_b")),
    ]
    module = emit(workflow(body, given("x"), computed=True))
    with pytest.raises(ExpressionError, match="r_b"):
        run(module, {"x": "a"})


# --- calls, people, memory -----------------------------------------------------------------------


def call(name: str, *save: str, fresh: bool = False, **arguments: ir.Expr) -> ir.Call:
    return ir.Call(HERE, f"w/{name}", name, arguments, targets(*save), ANY, fresh)


def test_workflows_call_each_other_in_any_order() -> None:
    n = var("n", INTEGER)
    down = workflow(
        [
            when(compare(n, "<=", const(0)), [give(const("done"))]),
            call("w", "rest", n=binary(n, "-", const(1), INTEGER)),
            give(text(n, " ", var("rest"))),
        ],
        given("n", INTEGER),
        name="down",
        variables={"rest": STRING},
        result=STRING,
    )
    up = workflow(
        [call("down", "r", n=var("n", INTEGER)), give(var("r"))],
        given("n", INTEGER),
        variables={"r": STRING},
        result=STRING,
    )
    module = emit(up, down)
    assert run(module, {"n": 2}).output == "2 1 done"


def test_inputs_that_are_no_parameters_keep_their_names_outside() -> None:
    inner = workflow(
        [give(list_of(var("class"), var("run"), var("text")))],
        given("class"),
        given("run"),
        given("text"),
        name="inner",
        result=STRINGS,
    )
    outer = workflow(
        [
            call("inner", "r", **{"class": const("c"), "run": const("r"), "text": const("t")}),
            give(var("r", STRINGS)),
        ],
        variables={"r": STRINGS},
        result=STRINGS,
    )
    module = emit(outer, inner)
    assert "class_: str, run_: str, text_: str" in module.text
    assert run(module).output == ["c", "r", "t"]
    given_ = {"class": "c", "run": "r", "text": "t"}
    assert run(module, given_, name="inner").output == ["c", "r", "t"]
    with pytest.raises(InputError, match="'class'"):
        run(module, {"run": "r", "text": "t"}, name="inner")


def test_lists_as_defaults_are_not_shared_between_calls() -> None:
    module = emit(
        workflow(
            [give(var("xs", STRINGS))],
            given("xs", STRINGS, has_default=True, required=False, default=["a"]),
            result=STRINGS,
        )
    )
    assert 'W_XS: list[str] = ["a"]' in module.text
    run(module).output.append("b")
    assert run(module).output == ["a"]


def test_ask_remember_recall() -> None:
    body: ir.Block = [
        ir.Ask(
            HERE,
            "w/answer",
            text("Go on with ", var("x"), "?"),
            list_of(const("yes"), const("no")),
            const("no"),
            targets("answer"),
        ),
        ir.Remember(HERE, "w/remember", text("k-", var("x")), map_of(a=var("answer"))),
        ir.Recall(HERE, "w/old", text("k-", var("x")), None, targets("old")),
        give(list_of(var("answer"), var("old", ANY))),
    ]
    module = emit(
        workflow(body, given("x"), variables={"answer": STRING, "old": ANY}, result=ListOf(ANY))
    )
    assert run(module, {"x": "1"}, answers=("yes",)).output == ["yes", {"a": "yes"}]


# --- places --------------------------------------------------------------------------------------


def test_a_native_error_is_told_with_its_place() -> None:
    bad = binary(var("n", NUMBER), "/", const(0), NUMBER)
    bad.span = at(7)
    module = emit(workflow([give(bad)], given("n", NUMBER), result=NUMBER))
    with pytest.raises(ExpressionError, match="division by zero") as caught_:
        run(module, {"n": 1})
    assert caught_.value.place is not None
    assert caught_.value.place.line == 7


def test_the_place_of_one_argument_of_a_long_call() -> None:
    long = "a long text that does not fit on one line together with all the others"
    missing = field(var("m", MapOf(ANY)), "nope", ANY)
    message = text(long, missing)
    message.span = at(9)
    step = send("A", message, "x", site="x")
    step.span = at(8)
    module = emit(workflow([step, give(const(1))], given("m", MapOf(ANY)), variables={"x": STRING}))
    with pytest.raises(ExpressionError, match="nope") as caught_:
        run(module, {"m": {}})
    assert caught_.value.place is not None
    assert caught_.value.place.line == 9
    assert set(module.lines.values()) == {("t.vega.yaml", 8, 1), ("t.vega.yaml", 9, 1)}


def test_variables_are_published_for_tests() -> None:
    from tests.unit.emit.build import locate, program
    from vegac.emit.module import emit_module

    flow = workflow(
        [
            put("a", const(1)),
            when(var("go", BOOLEAN), [put("b", const(2)), give(const("early"))]),
            give(const("late")),
        ],
        given("go", BOOLEAN),
        variables={"a": INTEGER, "b": INTEGER},
        result=STRING,
    )
    made = emit_module(program(flow), digest="", locate=locate, expose_variables=True)
    assert 'run.publish({"go": go, "a": a, "b": b})' in made.text
    assert 'run.publish({"go": go, "a": a}, {"b": "b"}, locals())' in made.text
    assert run(made, {"go": True}).output == "early"
