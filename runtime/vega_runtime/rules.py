"""What the values of options may be; a wrong one is refused where it is written down."""

from collections.abc import Callable, Mapping
from typing import Any, cast

from .env import EnvText

Rule = Callable[[Any], str | None]
"""What a value must be, None for one that is right. None and `EnvText` are looked at elsewhere."""


def rules(**by_name: Rule) -> tuple[tuple[str, Rule], ...]:
    """The rules of a class, by the names of its fields."""
    return tuple(by_name.items())


def one_of(*words: str) -> Rule:
    """One of these words."""

    def check(value: Any) -> str | None:
        return None if value in words else f"must be one of {', '.join(words)}"

    return check


def some_of(*words: str) -> Rule:
    """A collection of these words."""

    def check(value: Any) -> str | None:
        good = not isinstance(value, str) and all(one in words for one in value)
        return None if good else f"must be made of {', '.join(words)}"

    return check


def listed(value: Any) -> str | None:
    """A list of anything; a text is none, though Python goes through it letter by letter."""
    return "must be a list" if isinstance(value, str | bytes) or not is_iterable(value) else None


def a_model(value: Any) -> str | None:
    """A `Model` of the program's own."""
    good = callable(getattr(value, "generate", None))
    return None if good else "must be a Model, with `generate`, `stream` and `close`"


def is_iterable(value: Any) -> bool:
    """Whether there is anything to go through."""
    return hasattr(value, "__iter__")


def at_least(least: float) -> Rule:
    """A number that is not smaller."""

    def check(value: Any) -> str | None:
        # Written so that what is no number at all (nan) is refused too.
        return None if _is_number(value) and value >= least else f"must be {least:g} or more"

    return check


def above(bound: float) -> Rule:
    """A number that is larger."""

    def check(value: Any) -> str | None:
        return None if _is_number(value) and value > bound else f"must be more than {bound:g}"

    return check


def either(*rules: Rule) -> Rule:
    """What one of several rules allows."""

    def check(value: Any) -> str | None:
        said = [rule(value) for rule in rules]
        return None if None in said else " or ".join(map(str, said)).replace(" or must be", " or")

    return check


def made_of(rules: Mapping[str, Rule]) -> Rule:
    """A map with some of these keys."""

    def check(value: Any) -> str | None:
        if not isinstance(value, Mapping):
            return f"must be a map with some of {', '.join(rules)}"
        for name, item in cast("Mapping[str, Any]", value).items():
            if name not in rules:
                return f"has no {name!r}, but {', '.join(rules)}"
            said = problem(rules[name], item)
            if said is not None:
                return f"needs another {name!r}, which {said}"
        return None

    return check


def problem(rule: Rule, value: Any) -> str | None:
    """What is wrong with a value, None for a good one or one that is not known yet."""
    return None if value is None or isinstance(value, EnvText) else rule(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
