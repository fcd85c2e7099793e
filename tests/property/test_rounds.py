"""What a variable may be after loops in loops, against rounds that are gone through to the end."""

import itertools
from collections.abc import Iterator
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from vegac.semantics.types import BOOLEAN, INTEGER, STRING, Record, Type, members
from vegac.workspace import Workspace

NAMES = "abcd"
VALUES: dict[str, Type] = {"1": INTEGER, "text": STRING, "true": BOOLEAN}
Kinds = dict[str, frozenset[Type]]
"""What each variable may be."""

assignments = st.tuples(st.sampled_from(NAMES), st.sampled_from([*VALUES, *NAMES]))


def blocks(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.tuples(
        st.sampled_from(["for", "if", "repeat"]), st.lists(inner, min_size=1, max_size=4)
    )


bodies = st.lists(st.recursive(assignments, blocks, max_leaves=14), min_size=1, max_size=4)


def text_of(body: list[Any], pad: str, asked: Iterator[int]) -> str:
    """The steps as YAML, each condition another one."""
    text = ""
    for first, second in body:
        if first == "for":
            text += f"{pad}- for: i in numbers\n{pad}  steps:\n"
            text += text_of(second, pad + "    ", asked)
        elif first == "repeat":
            text += f"{pad}- repeat:\n{pad}    max: 3\n{pad}    steps:\n"
            text += text_of(second, pad + "      ", asked)
        elif first == "if":
            text += f"{pad}- if: maybe == {next(asked)}\n{pad}  then:\n"
            text += text_of(second, pad + "    ", asked)
        else:
            text += f"{pad}- set: {{{first}: {second if second in VALUES else f'<<{second}>>'}}}\n"
    return text


def program(body: list[Any]) -> str:
    inputs = "{maybe: integer, numbers: list}"
    outputs = ", ".join(f"{name}: <<{name}>>" for name in NAMES)
    return (
        f"workflows:\n  w:\n    inputs: {inputs}\n    steps:\n"
        "    - set: {a: 1, b: text, c: true, d: 2}\n"
        f"{text_of(body, '    ', itertools.count(1))}    output: {{{outputs}}}\n"
    )


def joined(left: Kinds, right: Kinds) -> Kinds:
    return {name: left[name] | right[name] for name in NAMES}


def after(body: list[Any], kinds: Kinds) -> Kinds:
    """What the variables may be behind a body, its loops gone round until nothing is new."""
    for first, second in body:
        if first in ("for", "repeat"):
            entry, end = kinds, after(second, kinds)
            while joined(entry, end) != entry:
                entry = joined(entry, end)
                end = after(second, entry)
            kinds = end if first == "repeat" else joined(kinds, end)
        elif first == "if":
            kinds = joined(kinds, after(second, kinds))
        else:
            kinds = kinds | {
                first: frozenset([VALUES[second]]) if second in VALUES else kinds[second]
            }
    return kinds


@given(bodies)
def test_a_variable_is_what_any_round_may_make_of_it(body: list[Any]) -> None:
    report = Workspace().check_text(program(body))
    assert report.program is not None, report.diagnostics
    (workflow,) = report.program.workflows
    start = {"a": INTEGER, "b": STRING, "c": BOOLEAN, "d": INTEGER}
    wanted = after(body, {name: frozenset([type_]) for name, type_ in start.items()})
    assert isinstance(workflow.result_type, Record)
    found = dict(workflow.result_type.fields)
    assert {name: frozenset(members(found[name])) for name in NAMES} == wanted
