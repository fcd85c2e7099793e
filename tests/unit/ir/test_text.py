"""The text form of the IR: one line a statement, no places."""

from tests.unit.emit.build import (
    HERE,
    agent,
    binary,
    compare,
    const,
    count,
    each,
    field,
    filtered,
    give,
    given,
    list_of,
    map_of,
    program,
    put,
    send,
    targets,
    text,
    var,
    when,
    workflow,
)
from vegac.ir import nodes as ir
from vegac.ir.text import expression_text, program_text, static_text
from vegac.semantics.types import ANY, BOOLEAN, INTEGER, STRING, ListOf, optional


def test_a_program() -> None:
    body: ir.Block = [
        send("A", text("Write: ", var("task")), "code", timeout=5.0),
        when(
            compare(const("BUG"), "in", var("code")),
            [send("A", "fix", "code", site="code#2")],
            [put("note", const("fine"))],
        ),
        each("x", list_of(const(1)), [put("n", binary(count(), "*", const(2), INTEGER))]),
        give(filtered(var("note", optional(STRING), True), "default", const("none"))),
    ]
    flow = workflow(
        body,
        given("task"),
        given("n", INTEGER, has_default=True, required=False, default=3, min=1.0),
        variables={"code": STRING, "note": STRING, "x": INTEGER},
        initial=("note",),
        result=STRING,
        timeout=60.0,
    )
    assert program_text(program(flow)) == (
        'program "t.vega.yaml"\n'
        "agent A\n"
        '  model = "scripted"\n'
        '  system = "s"\n'
        "\n"
        "workflow w(task: string, n: integer = 3 (min 1)) -> string\n"
        "  agents A\n"
        "  timeout 60\n"
        "  null at first note\n"
        '  code = send A text("Write: ", task) timeout=5.0 : string  @w/code\n'
        '  if ("BUG" in code)\n'
        '    code = send A "fix" : string  @w/code#2\n'
        "  else\n"
        '    note = "fine" : string\n'
        "  for x in list [1] level 1  @w/for\n"
        "    n = (loop#1.count * 2) : integer\n"
        '  return (note? | default("none")) : any\n'
    )


def test_branches_failures_and_the_rest() -> None:
    branch = ir.Branch(
        "b", "w/parallel/b", [send("A", "hi", "x")], (ir.Target("x", HERE),), var("x")
    )
    body: ir.Block = [
        ir.Parallel(HERE, "w/parallel", [branch], targets("all"), const(2)),
        ir.Try(
            HERE,
            "w/try",
            [ir.Call(HERE, "w/r", "other", {"n": const(1)}, targets("r"), ANY, True)],
            [ir.Fail(HERE, "w/fail", text("no ", var("error", ANY)))],
            (ir.Target("error", HERE),),
            [ir.Remember(HERE, "w/remember", const("k"), map_of(a=const(None)))],
        ),
        ir.Attempts(
            HERE,
            "w/do",
            [ir.Scope(HERE, "w/do", [], 5.0, 0.1)],
            ir.Construct("Retry", {"max_attempts": 2}),
        ),
        ir.Repeat(HERE, "w/repeat", [], compare(const(1), "<", const(2)), const(3), 1),
        ir.Assign(HERE, "w/set", (ir.ComputedTarget(text("r_", count()), HERE),), const(True)),
    ]
    lines = program_text(program(workflow(body))).partition("agents A\n")[2]
    assert lines == (
        "  all = parallel limit 2  @w/parallel\n"
        '    branch "b"  @w/parallel/b\n'
        '      x = send A "hi" : string  @w/x\n'
        "      save x\n"
        "      collect x\n"
        "  try\n"
        "    r = call other(n: 1) fresh : any  @w/r\n"
        "  catch error\n"
        '    fail text("no ", error)  @w/fail\n'
        "  finally\n"
        '    remember "k" {"a": null}  @w/remember\n'
        "  attempts Retry(max_attempts=2)  @w/do\n"
        "    scope timeout 5 budget 0.1  @w/do\n"
        "      nothing\n"
        "  repeat 3 level 1  @w/repeat\n"
        "    nothing\n"
        "    until (1 < 2)\n"
        '  [text("r_", loop#1.count)] = true : boolean\n'
    )


def test_texts_stay_on_their_line() -> None:
    shown = expression_text(text('a\nb\u2028\ud800"', var("x")))
    assert shown == 'text("a\\nb\\u2028\\ud800\\"", x)'
    assert shown.isprintable()


def test_expressions_show_their_order() -> None:
    value = ir.Conditional(
        ANY,
        HERE,
        ir.Index(ANY, HERE, var("xs", ListOf(ANY)), const(0)),
        ir.Not(BOOLEAN, HERE, ir.Logical(BOOLEAN, HERE, "and", (var("a"), var("b")))),
        ir.Dig(ANY, HERE, var("m", ANY), (const("k"), const(1))),
    )
    assert expression_text(value) == '(xs[0] if (not (a and b)) else dig(m, "k", 1))'
    assert expression_text(ir.Slice(ANY, HERE, var("s"), None, const(2))) == "s[:2]"
    assert expression_text(field(ir.LoopState(ANY, HERE, 2), "last")) == "loop#2.last"


def test_static_values() -> None:
    value: ir.StaticValue = ir.Construct(
        "HttpTool",
        {
            "url": ir.Computed(text("https://x/", ir.Parameter(STRING, HERE, "q")), "args"),
            "headers": {"A": ir.EnvText("Bearer ${T}", HERE)},
            "tools": ("a", ir.ToolReference("t"), None, 1.5, True),
        },
        ("name",),
    )
    assert static_text(value) == (
        'HttpTool("name", url=(args => text("https://x/", args.q)), '
        'headers={"A": env("Bearer ${T}")}, tools=["a", tool t, null, 1.5, true])'
    )


def test_agents_show_their_options() -> None:
    shown = program_text(program(workflow([]), agents=[agent("B", tools=())]))
    assert "agent B\n" in shown
    assert "  tools = []\n" in shown
