"""Tables of bindings against plain dicts, of which every copy is one of its own."""

from hypothesis import given, settings
from hypothesis import strategies as st

from vegac.semantics.bindings import Binding, Bindings
from vegac.semantics.types import STRING

NAMES = st.integers(0, 200).map("v{}".format)
CHANGES = st.lists(
    st.tuples(st.just("set"), st.lists(NAMES, min_size=1, max_size=80))
    | st.tuples(st.just("drop"), st.lists(NAMES, min_size=1, max_size=3))
    | st.tuples(st.just("copy"), st.just([]))
    | st.tuples(st.just("turn to"), st.lists(st.integers(0, 20), min_size=1, max_size=1)),
    max_size=30,
)


@given(CHANGES)
@settings(max_examples=200, deadline=None)
def test_copies_hold_and_tell_what_plain_dicts_would(
    changes: list[tuple[str, list[str] | list[int]]],
) -> None:
    tables = [(Bindings(), dict[str, Binding]())]
    here, plain = tables[0]
    for change, operands in changes:
        for operand in operands:
            match change, operand:
                case "set", str(name):
                    here[name] = plain[name] = Binding(STRING)
                case "drop", str(name):
                    assert here.pop(name, None) is plain.pop(name, None)
                case _, int(number):
                    here, plain = tables[number % len(tables)]
                case _:
                    pass
        if change == "copy":
            here, plain = here.copy(), plain.copy()
            tables.append((here, plain))
    for table, model in tables:
        assert dict(table) == model
        assert all(table[name] is binding for name, binding in model.items())
        assert len(table) == len(model)
        assert ("v0" in table) == ("v0" in model)
        other = {name: binding for name, binding in model.items() if plain.get(name) is not binding}
        assert dict(table.differing(here)) == other
        assert sorted(table.missing(here)) == sorted(model.keys() - plain.keys())
