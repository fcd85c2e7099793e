"""Which known name a misspelt one may stand for, and how messages say so."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import TypedDict

_MANY = 300
"""Of more candidates than these, only those that begin or end much like the word are compared."""


def nearest(word: str, candidates: Iterable[str], limit: int = 3) -> list[str]:
    """The candidates that `word` may be a misspelling of, best first.

    Names equal but for case come first, then those at a Damerau-Levenshtein distance of at most a
    third of the word's length (so a single letter is close to nothing).
    """
    return list(_nearest(word, frozenset(candidates))[:limit])


# The same misspelling is often asked for again: for the hint, for the fix, at the next place.
@lru_cache(maxsize=1024)
def _nearest(word: str, candidates: frozenset[str]) -> tuple[str, ...]:
    folded = word.casefold()
    reach = len(word) // 3
    found: list[tuple[int, int, int, str]] = []
    for candidate in candidates if len(candidates) <= _MANY else _alike(folded, candidates):
        if candidate == word:
            continue
        longer = abs(len(candidate) - len(word))
        if candidate.casefold() == folded:
            found.append((0, distance(word, candidate, len(word)), longer, candidate))
        elif (
            reach and len(candidate) > 1 and longer <= reach and not _apart(word, candidate, reach)
        ):
            edits = distance(word, candidate, reach)
            if edits <= reach:
                found.append((1, edits, longer, candidate))
    return tuple(candidate for *_, candidate in sorted(found))


def _alike(folded: str, candidates: frozenset[str]) -> set[str]:
    """The candidates that would stand next to a word in a dictionary, or in one of rhymes."""
    forward, backward = _dictionaries(candidates)
    found: set[str] = set()
    for words, key in ((forward, folded), (backward, folded[::-1])):
        at = bisect_left(words, (key, ""))
        found.update(name for _, name in words[max(at - _MANY // 8, 0) : at + _MANY // 8])
    return found


@lru_cache(maxsize=8)
def _dictionaries(
    candidates: frozenset[str],
) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    forward = sorted((name.casefold(), name) for name in candidates)
    return forward, sorted((key[::-1], name) for key, name in forward)


def _apart(left: str, right: str, limit: int) -> bool:
    """Whether one word has more than `limit` letters that the other lacks, so that the distance is
    larger: that is known sooner than the distance itself."""
    for char in left:
        rest = right.replace(char, "", 1)
        if len(rest) == len(right):
            limit -= 1
            if limit < 0:
                return True
        right = rest
    return False


def clear_favourite(word: str, suggestions: Sequence[str]) -> str | None:
    """The first of the names that `nearest` gave, unless another one is just as near."""
    first, *others = (_nearness(word, name) for name in suggestions[:2])
    return None if first in others else suggestions[0]


def _nearness(word: str, name: str) -> tuple[bool, int]:
    return name.casefold() != word.casefold(), distance(word, name, len(word))


def did_you_mean(word: str, candidates: Iterable[str]) -> str:
    """A hint such as "did you mean 'Coder'?", or "" where no candidate is near."""
    names = [f"'{name}'" for name in nearest(word, candidates)]
    if not names:
        return ""
    return f"did you mean {' or '.join(filter(None, (', '.join(names[:-1]), names[-1])))}?"


class NameDetails(TypedDict):
    """The part of a finding that helps with a name: see `report`."""

    hint: str
    notes: tuple[str, ...]
    subject: str
    suggestions: tuple[str, ...]


def unknown_name(word: str, kind: str, names: Iterable[str]) -> NameDetails:
    """What a finding says of a name that is none of `names`: which may be meant, which exist."""
    names = frozenset(names)
    return {
        "hint": did_you_mean(word, names),
        "notes": (available(kind, names),),
        "subject": word,
        "suggestions": tuple(nearest(word, names)),
    }


def available(kind: str, names: Iterable[str], width: int = 72) -> str:
    """A note of what there is, such as "agents: Coder, Reviewer".

    At least three names are shown, and as many more as fit into `width` characters.
    """
    return _available(kind, frozenset(names), width)


@lru_cache(maxsize=256)
def _available(kind: str, names: frozenset[str], width: int) -> str:
    ordered = sorted(names, key=lambda name: (name.casefold(), name))
    if not ordered:
        return f"{kind}: none"
    shown: list[str] = []
    length = len(kind) + 2
    for name in ordered:
        length += len(name) + 2
        if len(shown) >= 3 and length > width:
            break
        shown.append(name)
    rest = len(ordered) - len(shown)
    if rest == 1:
        shown, rest = ordered, 0
    return f"{kind}: {', '.join(shown)}" + (f" and {rest} more" if rest else "")


def distance(left: str, right: str, limit: int) -> int:
    """The Damerau-Levenshtein distance: insertions, deletions, substitutions and swaps.

    Gives `limit + 1` as soon as the distance is known to be more than `limit`.
    """
    # What both begin and end with takes no changes.
    while left and right and left[0] == right[0]:
        left, right = left[1:], right[1:]
    while left and right and left[-1] == right[-1]:
        left, right = left[:-1], right[:-1]
    far = len(left) + len(right)
    last_row: dict[str, int] = {}
    # Row and column 0 hold `far`, row and column 1 the distances from the empty word.
    table = [[far] * (len(right) + 2), [far, *range(len(right) + 1)]]
    for i, a in enumerate(left, 1):
        row = [far, i]
        last_column = 0
        for j, b in enumerate(right, 1):
            swap_row, swap_column = last_row.get(b, 0), last_column
            if a == b:
                last_column = j
            row.append(
                min(
                    table[i][j] + (a != b),
                    row[j] + 1,
                    table[i][j + 1] + 1,
                    table[swap_row][swap_column] + (i - swap_row - 1) + 1 + (j - swap_column - 1),
                )
            )
        if min(row[1:]) > limit:
            return limit + 1
        last_row[a] = i
        table.append(row)
    return min(table[-1][-1], limit + 1)
