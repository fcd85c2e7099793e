"""Comparisons of texts that do not mean what they seem to."""

import re
from collections.abc import Callable

from vegac.analysis.contents import Contents
from vegac.ir import nodes as ir
from vegac.ir.traverse import targets
from vegac.semantics.operators import is_string
from vegac.semantics.types import NULL, Enum, Type, members
from vegac.source.findings import Findings
from vegac.source.suggest import available, did_you_mean

_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_CLOCK = {
    "date": (re.compile(r"\d{4}(-\d\d(-\d\d)?)?"), "YYYY-MM-DD", 10),
    "time": (re.compile(r"\d\d(:\d\d(:\d\d)?)?"), "HH:MM:SS", 8),
    "now": (
        re.compile(r"\d{4}(-\d\d(-\d\d(T\d\d(:\d\d(:\d\d.*)?)?)?)?)?"),
        "YYYY-MM-DDTHH:MM:SS",
        0,
    ),
}
"""How the values of the clock are written: what their beginnings look like, in words, and their
length (0 where it is not fixed)."""
Fits = Callable[[str], bool]


def check_comparisons(workflow: Contents, findings: Findings) -> None:
    """`text-order` and `never-matches`."""
    compared = workflow.parts(ir.Compare)
    answers = _answers(workflow) if compared else {}
    for part in compared:
        _compare(part, findings)
        if answers:
            _answer(part, answers, findings)
    for call in workflow.parts(ir.FilterCall):
        if call.name in ("contains", "startswith", "endswith") and call.arguments:
            _search(call.arguments[0], call.value, call, "false", findings)


def _compare(part: ir.Compare, findings: Findings) -> None:
    match part.operator:
        case "<" | "<=" | ">" | ">=":
            _order(part.left, part.right, findings)
            _order(part.right, part.left, findings)
        case "==" | "!=":
            outcome = "false" if part.operator == "==" else "true"
            _equal(part.left, part.right, part, outcome, findings)
            _equal(part.right, part.left, part, outcome, findings)
        case "in" | "not in":
            outcome = "false" if part.operator == "in" else "true"
            if isinstance(part.right, ir.ListValue):
                for item in part.right.items:
                    _equal(item, part.left, item, outcome, findings)
            elif not isinstance(part.right, ir.MapValue):
                _search(part.left, part.right, part, outcome, findings)


def _answers(workflow: Contents) -> dict[str, tuple[str, ...]]:
    """The variables that are only ever set to words: to answers out of several choices, and to
    texts that are written out. Each with these words."""
    found: dict[str, dict[str, None]] = {}
    asked: set[str] = set()
    others = {declared.name for declared in workflow.workflow.inputs}
    for statement in workflow.statements:
        words = _words_of(statement)
        for target in targets(statement):
            if not isinstance(target, ir.Target):
                return {}  # a computed name may be any
            if words is None:
                others.add(target.name)
                continue
            found.setdefault(target.name, {}).update(dict.fromkeys(words))
            if isinstance(statement, ir.Ask):
                asked.add(target.name)
    return {name: tuple(found[name]) for name in asked - others}


def _words_of(statement: ir.Statement) -> list[str] | None:
    match statement:
        case ir.Ask(choices=ir.ListValue(items=items), default=default):
            values = [*items, default] if default is not None else items
        case ir.Assign(value=value):
            values = [value]
        case _:
            return None
    words: list[str] = []
    for value in values:
        if not isinstance(value, ir.Const):
            return None
        if isinstance(value.value, str):
            words.append(value.value)
        elif value.value is not None:
            return None
    return words


def _answer(part: ir.Compare, answers: dict[str, tuple[str, ...]], findings: Findings) -> None:
    """Report a word that is none of the choices of a question."""
    match part:
        case ir.Compare(operator="==" | "!=" as sign, left=left, right=right):
            outcome = f"this is always {'false' if sign == '==' else 'true'}"
            pairs = [(left, right, part, outcome), (right, left, part, outcome)]
        case ir.Compare(operator="in" | "not in", left=left, right=ir.ListValue(items=items)):
            pairs = [(item, left, item, "this is never found") for item in items]
        case _:
            return
    for word, other, place, outcome in pairs:
        if not isinstance(other, ir.Variable) or other.name not in answers:
            continue
        choices = answers[other.name]
        if isinstance(word, ir.Const) and isinstance(word.value, str) and word.value not in choices:
            findings.report(
                "never-matches",
                place.span,
                f"{outcome}: '{other.name}' is never '{word.value}'",
                hint=did_you_mean(word.value, choices),
                notes=(available("choices", choices),),
            )


def _order(literal: ir.Expr, other: ir.Expr, findings: Findings) -> None:
    if not isinstance(literal, ir.Const) or not isinstance(literal.value, str):
        return
    clock = _clock(other)
    if clock is not None:
        pattern, form, _ = clock
        if not pattern.fullmatch(literal.value):
            findings.report(
                "text-order",
                literal.span,
                f"texts are compared letter by letter, and this is not written as {form}",
                hint=f"write it as {form}, with leading zeros",
            )
    elif _NUMBER.fullmatch(literal.value) and _is_text(other.type):
        findings.report(
            "text-order",
            literal.span,
            "texts are compared letter by letter: '10' comes before '9'",
            hint=f"compare numbers: `| float` behind the other side, and {literal.value} here",
        )


def _equal(
    literal: ir.Expr, other: ir.Expr, place: ir.Expr, outcome: str, findings: Findings
) -> None:
    if not isinstance(literal, ir.Const) or not isinstance(literal.value, str):
        return
    clock = _clock(other)
    if clock is not None:
        pattern, form, length = clock
        if not pattern.fullmatch(literal.value) or (length and len(literal.value) != length):
            _report(place, outcome, f"it is written as {form}", "", findings)
        return
    for fits, reason, cured in _properties(other):
        if not fits(literal.value):
            _report(place, outcome, reason, cured(literal.value), findings)
            return


def _search(
    literal: ir.Expr, text: ir.Expr, place: ir.Expr, outcome: str, findings: Findings
) -> None:
    if not isinstance(literal, ir.Const) or not isinstance(literal.value, str):
        return
    if isinstance(text.type, Enum) and isinstance(place, ir.Compare):
        if not any(literal.value in word for word in text.type.values):
            words = ", ".join(text.type.values)
            _report(
                place, outcome, f"no possible value holds '{literal.value}': {words}", "", findings
            )
        return
    for fits, reason, cured in _properties(text, whole=False):
        if not fits(literal.value):
            _report(place, outcome, reason, cured(literal.value), findings)
            return


def _report(place: ir.Expr, outcome: str, reason: str, cured: str, findings: Findings) -> None:
    findings.report(
        "never-matches",
        place.span,
        f"this is always {outcome}: {reason}",
        hint=f"write '{cured}'" if cured else "",
    )


def _properties(expr: ir.Expr, whole: bool = True) -> list[tuple[Fits, str, Callable[[str], str]]]:
    """What is known of a text by the filters that made it: a test, the reason in words, and what
    makes a text fit. `whole` is about all of the text, else about any piece of it."""
    found: list[tuple[Fits, str, Callable[[str], str]]] = []
    while isinstance(expr, ir.FilterCall):
        match expr.name:
            case "lower":
                found.append((_is_lower, "`lower` leaves no capital letters", str.lower))
            case "upper":
                found.append((_is_upper, "`upper` leaves no small letters", str.upper))
            case "trim":
                if whole:
                    found.append((_is_trimmed, "`trim` leaves no space around a text", str.strip))
            case _:
                break
        expr = expr.value
    return found


def _is_lower(text: str) -> bool:
    return text == text.lower()


def _is_upper(text: str) -> bool:
    return text == text.upper()


def _is_trimmed(text: str) -> bool:
    return text == text.strip()


def _clock(expr: ir.Expr) -> tuple[re.Pattern[str], str, int] | None:
    return _CLOCK.get(expr.name) if isinstance(expr, ir.RunValue) else None


def _is_text(type_: Type) -> bool:
    return all(is_string(member) or member == NULL for member in members(type_)) and type_ != NULL
