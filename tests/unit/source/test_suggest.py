import pytest
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz.distance import DamerauLevenshtein

from vegac.source.suggest import (
    Names,
    available,
    did_you_mean,
    distance,
    may_mean,
    nearest,
    round_trip,
)

words = st.text("abcAB", max_size=7)


@pytest.mark.parametrize(
    ("word", "candidates", "expected"),
    [
        ("Cder", ["Reviewer", "Coder"], ["Coder"]),
        ("modle", ["mode", "model", "tools"], ["model", "mode"]),
        ("coder", ["codec", "Coder"], ["Coder", "codec"]),
        ("uper", ["lower", "upper"], ["upper"]),
        ("x", ["y", "xy"], []),
        ("x", ["X"], ["X"]),
        ("go", ["do"], []),
        ("abcdef", ["abcxyz"], []),
        ("abc", ["abc"], []),
        ("name1", ["name2", "name3", "name4", "name5"], ["name2", "name3", "name4"]),
    ],
)
def test_nearest(word: str, candidates: list[str], expected: list[str]) -> None:
    assert nearest(word, candidates) == expected


@given(word=words, candidates=st.lists(words, max_size=6))
def test_nearest_does_not_depend_on_the_order_of_the_candidates(
    word: str, candidates: list[str]
) -> None:
    assert nearest(word, candidates) == nearest(word, reversed(candidates))


@given(left=words, right=words, limit=st.integers(0, 8))
def test_a_limited_distance_agrees_with_the_unlimited_one(
    left: str, right: str, limit: int
) -> None:
    exact = distance(left, right, 100)
    assert distance(left, right, limit) == min(exact, limit + 1)
    assert distance(right, left, 100) == exact
    assert (exact == 0) == (left == right)


@given(word=st.text("abc", min_size=2, max_size=7), data=st.data())
def test_swapped_neighbours_are_one_edit_away(word: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(word) - 2))
    swapped = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    assert distance(word, swapped, 9) == (word != swapped)


@pytest.mark.parametrize(
    ("candidates", "expected"),
    [
        ([], ""),
        (["Coder"], "did you mean 'Coder'?"),
        (["Codes", "Coder"], "did you mean 'Coder' or 'Codes'?"),
        (["Codex", "Codes", "Coder"], "did you mean 'Coder', 'Codes' or 'Codex'?"),
    ],
)
def test_did_you_mean(candidates: list[str], expected: str) -> None:
    assert did_you_mean("Codez", candidates) == expected


def test_available_lists_names_in_order_and_once() -> None:
    assert available("agents", ["Reviewer", "Coder", "Coder"]) == "agents: Coder, Reviewer"
    assert available("agents", []) == "agents: none"


def test_a_long_list_is_shortened_but_never_by_a_single_name() -> None:
    names = [f"name{number}" for number in range(10)]
    assert available("names", names, width=40) == "names: name0, name1, name2, name3 and 6 more"
    assert available("names", names[:5], width=40).endswith("name3, name4")
    assert available("names", ["a" * 80, "b" * 80, "c" * 80, "d", "e"]).endswith("and 2 more")


def test_of_many_names_only_a_few_are_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[str] = []
    exact = DamerauLevenshtein.distance

    def counted(left: str, right: str, **options: int) -> int:
        compared.append(right)
        return exact(left, right, **options)

    monkeypatch.setattr(DamerauLevenshtein, "distance", counted)
    for count in (1_000, 20_000):
        names = Names(f"variable_{number:05d}" for number in range(count))
        compared.clear()
        assert names.nearest("vraiable_00017")[0] == "variable_00017"
        assert len(compared) < 200
        compared.clear()
        assert names.nearest("vraiable_00017")[0] == "variable_00017"
        assert not compared


@given(st.lists(words, max_size=9), st.lists(words, max_size=4), st.lists(words, max_size=4))
def test_names_that_come_later_are_found_as_well(
    first: list[str], later: list[str], also: list[str]
) -> None:
    names = Names(first)
    for word in ("abcab", "AbB"):
        names.nearest(word)
    for name in later:
        names.add(name)
    for word in ("abcab", "AbB"):
        assert list(names.nearest(word, also)) == nearest(word, [*first, *later, *also])
        assert names.nearest(word) == Names([*first, *later]).nearest(word)


@given(words, words)
def test_what_a_word_may_mean_is_what_is_nearest(word: str, name: str) -> None:
    assert may_mean(word, name) == bool(nearest(word, [name]))


def test_the_middle_of_a_long_cycle_is_left_out() -> None:
    assert round_trip(["a", "b"]) == "a -> b -> a"
    shown = round_trip([f"w{number}" for number in range(2_000)])
    assert shown.startswith("w0 -> w1 -> ")
    assert shown.endswith(" -> 1,989 more -> w0")
