"""Whatever a program says stays data, and names never meet the module's own."""

import ast
import keyword

import pytest
from hypothesis import given as property_of
from hypothesis import settings, strategies

from tests.unit.emit.build import (
    HERE,
    agent,
    const,
    each,
    emit,
    filtered,
    give,
    given,
    list_of,
    load,
    locate,
    map_of,
    program,
    put,
    run,
    send,
    text,
    var,
    workflow,
)
from vegac.emit.literals import comment, docstring, string
from vegac.emit.module import EmittedModule, emit_module, module_name
from vegac.ir import nodes as ir
from vegac.semantics.types import ANY, STRING, ListOf, MapOf, Record

TEXTS = [
    "",
    '"',
    "'",
    '"""',
    "'''",
    "\\",
    "\\\\",
    "\\n",
    "\\N{BULLET}",
    "\n",
    "\r\n",
    "\t",
    "\0",
    "\x1b[31m",
    "\x85\u2028\u2029",
    "\ud800",
    "\udfff\ud800",
    "\u202e\u2066",
    "\U0001f600",
    "{",
    "}",
    "{}",
    "{{x}}",
    "{__import__('os').system('true')}",
    '"); __import__("os").system("true"); ("',
    "*/",
    "# comment",
    "%s %(x)s",
    "<<x>>",
    "${HOME}",
    "é\u0301",
    "x" * 300,
    "word " * 100,
    '"' * 5 + "'" * 7,
    "trailing backslash\\",
    "-*- coding: latin-1 -*-",
]

NAMES = [
    *keyword.kwlist,
    # `type` became one in Python 3.12, and is a built-in name below.
    *(word for word in keyword.softkwlist if word not in ("_", "type")),
    "__import__",
    "__builtins__",
    "__name__",
    "__class__",
    "__debug__",
    "__",
    "_",
    "_x",
    "x",
    "X",
    "PROGRAM",
    "Run",
    "run",
    "args",
    "text",
    "values",
    "filters",
    "forms",
    "loops",
    "branch",
    "workflow",
    "program",
    "Any",
    "cast",
    "Literal",
    "TypedDict",
    "str",
    "int",
    "list",
    "dict",
    "tuple",
    "bool",
    "float",
    "len",
    "enumerate",
    "print",
    "input",
    "id",
    "type",
    "object",
    "super",
    "AssertionError",
    "group",
    "branches",
    "done",
    "failure",
    "expired",
    "attempts",
    "loop",
    "loop_2",
    "names",
    "outer",
    "index",
    "collected",
    "w",
    "A",
    "a",
    "a_b",
    "aB",
    "AGENT",
    "agent",
    "WOutput",
    "é",
    "ﬁ",
    "x²",
    "名前",
]


def saying(value: str) -> EmittedModule:
    """A program that says a text wherever a program can say something."""
    x = var("x")
    replaced = filtered(x, "replace", const("x"), const(value), type_=STRING)
    body = [
        put("a", const(value)),
        put("b", text(value, x, value)),
        put("c", map_of(k=const(value))),
        give(
            list_of(
                var("a"),
                var("b"),
                var("c", MapOf(STRING)),
                ir.MapValue(ANY, HERE, (value,), (const(value),)),
                replaced,
                text("<", replaced, ">"),
                ir.Dig(ANY, HERE, var("c", MapOf(STRING)), (const(value),)),
            )
        ),
    ]
    flow = workflow(
        body,
        given("x", description=value),
        variables={"a": STRING, "b": STRING, "c": Record((("k", STRING),))},
        result=ListOf(ANY),
        description=value,
    )
    made = program(flow, agents=[agent(system=value)])
    made.name, made.description, made.file = value, value, f"t{value}.vega.yaml"
    made.settings = {"default_model": value}
    return emit_module(made, digest=value, locate=locate)


@pytest.mark.parametrize("value", TEXTS, ids=range(len(TEXTS)))
def test_texts_arrive_as_they_are(value: str) -> None:
    module = saying(value)
    module.text.encode("utf-8")
    assert all(char.isprintable() or char == "\n" for char in module.text)
    expected = [value, f"{value}x{value}", {"k": value}, {value: value}, value, f"<{value}>", None]
    assert run(module, {"x": "x"}).output == expected
    loaded = load(module)
    assert loaded.A.system == value
    assert loaded.PROGRAM.settings.default_model == value
    assert loaded.PROGRAM.workflows["w"].inputs["x"].description == value


@settings(max_examples=300, deadline=None)
@property_of(strategies.text(strategies.characters(exclude_categories=[])))
def test_literals_and_comments(value: str) -> None:
    literal = string(value)
    assert ast.literal_eval(literal) == value
    assert literal.isprintable()
    assert comment(value).isprintable()
    lines = docstring(value)
    if lines:
        tree = ast.parse("\n".join(lines))
        assert len(tree.body) == 1
        assert isinstance(ast.literal_eval(tree.body[0].value), str)  # type: ignore[attr-defined]
        assert "\n".join(lines).isprintable() or len(lines) > 1


def hostile_module() -> EmittedModule:
    """A program in which everything is named like something else."""
    flows: list[ir.Workflow] = []
    for number, name in enumerate(NAMES):
        inner = [
            send("A", var(name), name, site=f"for/{name}"),
            put("seen", list_of(var(name), var("seen", ANY))),
        ]
        flows.append(
            workflow(
                [
                    put("seen", const(None)),
                    each("item", list_of(const("1"), var(name)), inner),
                    ir.Parallel(
                        HERE,
                        "w/parallel",
                        [
                            ir.Branch(
                                other,
                                f"w/parallel/{other}",
                                [send(other, text(var(name), other), other, site=f"b/{other}")],
                                (ir.Target(other, HERE),),
                                var(other),
                            )
                            for other in dict.fromkeys((name, NAMES[number - 1], NAMES[number - 2]))
                        ],
                        (ir.Target("all", HERE),),
                    ),
                    give(
                        map_of(a=var(name), b=var(NAMES[number - 1]), c=var("all", ListOf(STRING)))
                    ),
                ],
                given(name),
                name=name,
                variables={
                    "seen": ANY,
                    "item": STRING,
                    "all": ListOf(STRING),
                    **dict.fromkeys(NAMES, STRING),
                },
                result=Record((("a", STRING), ("b", STRING), ("c", ListOf(STRING)))),
                agents=("A", name),
            )
        )
    agents = [agent(name) for name in dict.fromkeys(NAMES)]
    return emit(*flows, agents=agents)


def test_names_that_mean_something_else() -> None:
    module = hostile_module()
    loaded = load(module)
    assert len(set(module.names.values())) == len(NAMES)
    assert set(loaded.PROGRAM.workflows) == set(NAMES)
    agents = [value.name for value in vars(loaded).values() if isinstance(value, type(loaded.A))]
    assert sorted(agents) == sorted(NAMES)
    for number, name in enumerate(NAMES):
        others = (name, NAMES[number - 1], NAMES[number - 2])
        said = {other: f"v{other}" for other in others}
        assert run(module, {name: "v"}, name=name).output == {
            "a": said[name],
            "b": said[NAMES[number - 1]],
            "c": list(said.values()),
        }, name


def test_names_depend_on_the_program_alone() -> None:
    assert hostile_module().text == hostile_module().text


def test_functions_can_be_called_by_their_python_names() -> None:
    module = hostile_module()
    loaded = load(module)
    for name in ("class", "x", "PROGRAM"):
        assert getattr(loaded, module.names[name]) is loaded.PROGRAM.workflows[name]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("review.vega.yaml", "review_vega"),
        ("team/code-review.vega.yaml", "code_review_vega"),
        ("a\\b.vega.yml", "b_vega"),
        ("1st.vega.yaml", "program_1st_vega"),
        ("class.yaml", "class_"),
        ("é.vega.yaml", "é_vega"),
        ("....yaml", "program"),
    ],
)
def test_module_names(path: str, expected: str) -> None:
    assert module_name(path) == expected
    assert expected.isidentifier()
