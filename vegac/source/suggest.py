"""Which known name a misspelt one may stand for, and how messages say so."""

from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import TypedDict

_PROPOSED = 3
"""How many names are proposed for one."""
_MANY = 300
"""Of more candidates than these, only those that begin or end much like the word are compared."""
_LONG = 12
"""Of cycles of more names than these, the middle is left out."""
_KEPT = 4096
"""How many words a set of names remembers the nearest names of."""


class Names:
    """A set of names to look misspelt ones up in, which may grow.

    What is looked up again and again (a scope's names, a program's agents) is worth one such set:
    it sorts its names once, and remembers what it found.
    """

    __slots__ = ("_backward", "_folded", "_forward", "_found")

    def __init__(self, names: Iterable[str] = ()) -> None:
        self._folded = {name: name.casefold() for name in names}
        self._found: dict[tuple[str, tuple[str, ...]], tuple[str, ...]] = {}
        self._forward: list[tuple[str, str]] | None = None
        """The names in the order of a dictionary, by how they are folded."""
        self._backward: list[tuple[str, str]] | None = None
        """And in that of a dictionary of rhymes."""

    def __iter__(self) -> Iterator[str]:
        return iter(self._folded)

    def __len__(self) -> int:
        return len(self._folded)

    def __contains__(self, name: object) -> bool:
        return name in self._folded

    def add(self, name: str) -> None:
        if name in self._folded:
            return
        folded = self._folded[name] = name.casefold()
        self._found.clear()
        if self._forward is not None:
            insort(self._forward, (folded, name))
        if self._backward is not None:
            insort(self._backward, (folded[::-1], name))

    def nearest(self, word: str, also: Iterable[str] = ()) -> tuple[str, ...]:
        """See the function `nearest`. Names in `also` are candidates for this word only."""
        key = word, tuple(also)
        found = self._found.get(key)
        if found is None:
            if len(self._found) >= _KEPT:
                self._found.clear()
            found = self._found[key] = self._nearest(*key)
        return found

    def first(self) -> Iterator[str]:
        """The names in the order of a dictionary."""
        return (name for _, name in self._in_order())

    def _in_order(self) -> list[tuple[str, str]]:
        if self._forward is None:
            self._forward = sorted((folded, name) for name, folded in self._folded.items())
        return self._forward

    def _in_order_of_rhymes(self) -> list[tuple[str, str]]:
        if self._backward is None:
            self._backward = sorted((folded[::-1], name) for name, folded in self._folded.items())
        return self._backward

    def _nearest(self, word: str, also: tuple[str, ...]) -> tuple[str, ...]:
        from rapidfuzz.distance import OSA, DamerauLevenshtein
        from rapidfuzz.process import extract

        folded = word.casefold()
        candidates = self.alike(word)
        if also:
            candidates = [*dict.fromkeys((*candidates, *also))]
        best = [
            (0, DamerauLevenshtein.distance(word, name), abs(len(name) - len(word)), name)
            for name in self._equal_but_for_case(word, folded, also)
            if name != word
        ]
        best = sorted(best)[:_PROPOSED]
        reach = len(word) // 3 if len(best) < _PROPOSED else 0
        # The restricted distance, in which nothing changes between the letters of a swap, is known
        # much sooner, and at most half again as long.
        restricted = extract(
            word,
            candidates if reach else (),
            scorer=OSA.distance,
            score_cutoff=3 * reach // 2,
            limit=None,
        )
        for name, longest, _ in restricted:
            if 2 * longest > 3 * reach:
                break
            edits = longest
            if longest > 2:
                edits = DamerauLevenshtein.distance(word, name, score_cutoff=reach)
            if edits > reach or name.casefold() == folded:
                continue
            insort(best, (1, edits, abs(len(name) - len(word)), name))
            if len(best) >= _PROPOSED:
                del best[_PROPOSED:]
                # From here on a name has to be as near as the worst that would be proposed.
                reach = best[-1][1]
        return tuple(name for *_, name in best)

    def _equal_but_for_case(self, word: str, folded: str, also: tuple[str, ...]) -> Iterator[str]:
        words = self._in_order()
        at = bisect_left(words, (folded, word))
        for near in (range(at, len(words)), range(at - 1, -1, -1)):
            for number in near[: _MANY // 8]:
                if words[number][0] != folded:
                    break
                yield words[number][1]
        yield from (name for name in also if name.casefold() == folded and name not in self)

    def alike(self, word: str) -> list[str]:
        """The names; if they are many, those that would stand next to the word in a dictionary, or
        in one of rhymes."""
        if len(self._folded) <= _MANY:
            return list(self._folded)
        folded = word.casefold()
        found: set[str] = set()
        for words, key in (
            (self._in_order(), folded),
            (self._in_order_of_rhymes(), folded[::-1]),
        ):
            at = bisect_left(words, (key, ""))
            near = words[max(at - _MANY // 8, 0) : at + _MANY // 8]
            found.update([name for _, name in near])
        return sorted(found)


@lru_cache(maxsize=64)
def _kept(names: tuple[str, ...]) -> Names:
    return Names(names)


def names_of(names: Iterable[str]) -> Names:
    """The names as a set to look up words in; equal ones are kept."""
    return names if isinstance(names, Names) else _kept(tuple(names))


def nearest(word: str, candidates: Iterable[str]) -> list[str]:
    """The candidates that `word` may be a misspelling of, best first, at most three.

    Names equal but for case come first, then those at a Damerau-Levenshtein distance of at most a
    third of the word's length (so a single letter is close to nothing).
    """
    return list(names_of(candidates).nearest(word))


def may_mean(word: str, name: str) -> bool:
    """Whether `nearest` would find a name for a word."""
    if word == name or word.casefold() == name.casefold():
        return word != name
    reach = len(word) // 3
    return abs(len(word) - len(name)) <= reach and distance(word, name, reach) <= reach


def clear_favourite(word: str, suggestions: Sequence[str]) -> str | None:
    """The first of the names that `nearest` gave, unless another one is just as near."""
    first, *others = (_nearness(word, name) for name in suggestions[:2])
    return None if first in others else suggestions[0]


def _nearness(word: str, name: str) -> tuple[bool, int]:
    return name.casefold() != word.casefold(), distance(word, name, len(word))


def did_you_mean(word: str, candidates: Iterable[str]) -> str:
    """A hint such as "did you mean 'Coder'?", or "" where no candidate is near."""
    return _hint(nearest(word, candidates))


def _hint(names: Sequence[str]) -> str:
    quoted = [f"'{name}'" for name in names]
    if not quoted:
        return ""
    return f"did you mean {' or '.join(filter(None, (', '.join(quoted[:-1]), quoted[-1])))}?"


class NameDetails(TypedDict):
    """The part of a finding that helps with a name: see `report`."""

    hint: str
    notes: tuple[str, ...]
    subject: str
    suggestions: tuple[str, ...]


def unknown_name(
    word: str, kind: str, names: Iterable[str], also: Iterable[str] = ()
) -> NameDetails:
    """What a finding says of a name that is none of `names`: which may be meant, which exist.

    It may be a misspelling of a word in `also` too.
    """
    names = names_of(names)
    near = names.nearest(word, also)
    return {
        "hint": _hint(near),
        "notes": (available(kind, names),),
        "subject": word,
        "suggestions": near,
    }


def available(kind: str, names: Iterable[str], width: int = 72) -> str:
    """A note of what there is, such as "agents: Coder, Reviewer".

    At least three names are shown, and as many more as fit into `width` characters.
    """
    names = names_of(names)
    if not names:
        return f"{kind}: none"
    shown: list[str] = []
    length = len(kind) + 2
    for name in names.first():
        length += len(name) + 2
        # One more name is no longer than what says that there is one more.
        if len(shown) >= 3 and length > width and len(names) - len(shown) > 1:
            break
        shown.append(name)
    rest = len(names) - len(shown)
    return f"{kind}: {', '.join(shown)}" + (f" and {rest} more" if rest else "")


def round_trip(names: Sequence[str]) -> str:
    """A cycle of names in words: "a -> b -> a"; the middle of a long one is left out."""
    shown = list(names)
    if len(shown) > _LONG:
        shown[_LONG - 1 :] = [f"{len(shown) - _LONG + 1:,} more"]
    return " -> ".join((*shown, names[0]))


def distance(left: str, right: str, limit: int) -> int:
    """The Damerau-Levenshtein distance: insertions, deletions, substitutions and swaps.

    Gives `limit + 1` where the distance is more than `limit`.
    """
    from rapidfuzz.distance import DamerauLevenshtein

    return DamerauLevenshtein.distance(left, right, score_cutoff=limit)
