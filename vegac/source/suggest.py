"""Which known name a misspelt one may stand for, and how messages say so."""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import chain
from typing import TypedDict

_PROPOSED = 3
"""How many names are proposed for one."""
_MANY = 300
"""Of more candidates than these, only those that begin or end much like the word are compared."""
_LONG = 12
"""Of cycles of more names than these, the middle is left out."""
_KEPT = 4096
"""How many words a set of names remembers the nearest names of."""


class _Sorted:
    """Names in the order of their keys: the keys, and beside them the names."""

    __slots__ = ("keys", "names")

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        ordered = sorted(pairs)
        self.keys = [key for key, _ in ordered]
        self.names = [name for _, name in ordered]

    def add(self, key: str, name: str) -> None:
        first, last = bisect_left(self.keys, key), bisect_right(self.keys, key)
        at = bisect_left(self.names, name, first, last)
        self.keys.insert(at, key)
        self.names.insert(at, name)

    def beside(self, key: str) -> list[str]:
        """The names whose keys stand next to this one."""
        at = bisect_left(self.keys, key)
        return self.names[max(at - _MANY // 8, 0) : at + _MANY // 8]

    def equal(self, key: str) -> list[str]:
        """Some of the names with this key."""
        at = bisect_left(self.keys, key)
        return self.names[at : min(bisect_right(self.keys, key), at + _MANY // 8)]


class Names:
    """A set of names to look misspelt ones up in, which may grow.

    What is looked up again and again (a scope's names, a program's agents) is worth one such set:
    it sorts its names once, and remembers what it found.
    """

    __slots__ = ("_backward", "_folded", "_forward", "_found", "_noted")

    def __init__(self, names: Iterable[str] = ()) -> None:
        self._folded = {name: name.casefold() for name in names}
        self._found: dict[tuple[str, tuple[str, ...]], tuple[str, ...]] = {}
        self._noted: dict[tuple[str, int], str] = {}
        self._forward: _Sorted | None = None
        """The names in the order of a dictionary, by how they are folded."""
        self._backward: _Sorted | None = None
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
        self._noted.clear()
        if self._forward is not None:
            self._forward.add(folded, name)
        if self._backward is not None:
            self._backward.add(folded[::-1], name)

    def nearest(self, word: str, also: Iterable[str] = ()) -> tuple[str, ...]:
        """See the function `nearest`. Names in `also` are candidates for this word only."""
        key = word, tuple(also)
        found = self._found.get(key)
        if found is None:
            if len(self._found) >= _KEPT:
                self._found.clear()
            found = self._found[key] = self._nearest(*key)
        return found

    def available(self, kind: str, width: int) -> str:
        """See the function `available`."""
        found = self._noted.get((kind, width))
        if found is None:
            found = self._noted[kind, width] = self._available(kind, width)
        return found

    def _available(self, kind: str, width: int) -> str:
        if not self._folded:
            return f"{kind}: none"
        shown: list[str] = []
        length = len(kind) + 2
        for name in self._in_order().names:
            length += len(name) + 2
            # One more name is no longer than what says that there is one more.
            if len(shown) >= 3 and length > width and len(self) - len(shown) > 1:
                break
            shown.append(name)
        rest = len(self) - len(shown)
        return f"{kind}: {', '.join(shown)}" + (f" and {rest} more" if rest else "")

    def _in_order(self) -> _Sorted:
        if self._forward is None:
            self._forward = _Sorted((folded, name) for name, folded in self._folded.items())
        return self._forward

    def _in_order_of_rhymes(self) -> _Sorted:
        if self._backward is None:
            self._backward = _Sorted((folded[::-1], name) for name, folded in self._folded.items())
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
            for name in self._equal_but_for_case(folded, also)
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

    def _equal_but_for_case(self, folded: str, also: tuple[str, ...]) -> Iterator[str]:
        yield from self._in_order().equal(folded)
        yield from (name for name in also if name.casefold() == folded and name not in self)

    def alike(self, word: str) -> list[str]:
        """The names; if they are many, those that would stand next to the word in a dictionary, or
        in one of rhymes."""
        if len(self._folded) <= _MANY:
            return list(self._folded)
        folded = word.casefold()
        near = self._in_order().beside(folded), self._in_order_of_rhymes().beside(folded[::-1])
        return [*dict.fromkeys(chain(*near))]


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
    return names_of(names).available(kind, width)


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
