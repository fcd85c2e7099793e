"""A parser for the tables that Lark makes from a grammar.

Lark turns a grammar into LALR(1) tables once for each version of it; the tables are kept in the
user's cache, and parsing needs nothing but them. Importing Lark costs more than checking a file,
and its own parser keeps lines and columns and trees that nobody here asks for.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from msgspec import Struct

END = "$END"

Build = Callable[[list[Any]], Any]
"""Makes the value of a rule from the values of its parts; a terminal's value is a `Token`."""

Token = tuple[str, int, int]
"""The text of a terminal, and where it starts and ends."""


class Tables(Struct):
    """The tables of a grammar.

    `actions[state][symbol]` is the next state, or `~rule` to reduce by `rules[rule]`: its origin,
    the number of its parts and the name of its builder (empty: it passes its only part on).
    `patterns[lexers[state]]` matches the terminals that `state` accepts.
    """

    skip: str
    patterns: list[str]
    lexers: list[int]
    actions: list[dict[str, int]]
    rules: list[tuple[str, int, str]]
    start: int
    end: int


def make_tables(grammar: str) -> Tables:
    """The tables of a Lark grammar whose start rule is `start`. Imports Lark."""
    import io
    import pickle

    import lark

    parser: Any = lark.Lark(grammar, parser="lalr", lexer="contextual", maybe_placeholders=False)
    buffer = io.BytesIO()
    parser.save(buffer)
    saved: Any = pickle.loads(buffer.getvalue())
    memo: dict[int, Any] = saved["memo"]
    frontend: Any = saved["data"]["parser"]
    table: Any = frontend["parser"]
    ignored: list[str] = frontend["lexer_conf"]["ignore"]
    terminals: dict[str, Any] = {}
    rule_of: dict[int, int] = {}
    rules: list[tuple[str, int, str]] = []
    for key, item in memo.items():
        if item["__type__"] == "TerminalDef":
            terminals[item["name"]] = item
        else:
            rule_of[key] = len(rules)
            rules.append(_rule(item))
    symbols: dict[int, str] = table["tokens"]
    numbers = {state: number for number, state in enumerate(table["states"])}
    actions: list[dict[str, int]] = []
    for row in table["states"].values():
        line: dict[str, int] = {}
        for symbol, (reduces, target) in row.items():
            line[symbols[symbol]] = ~rule_of[target["@"]] if reduces else numbers[target]
        actions.append(line)
    skip = "(?:" + "|".join(_regex(terminals[name]) for name in ignored) + ")*+"
    index: dict[str, int] = {}
    lexers: list[int] = []
    for line in actions:
        pattern = _pattern([terminals[name] for name in line if name in terminals], skip)
        lexers.append(index.setdefault(pattern, len(index)))
    start, end = table["start_states"]["start"], table["end_states"]["start"]
    return Tables(skip, list(index), lexers, actions, rules, numbers[start], numbers[end])


def _rule(item: Any) -> tuple[str, int, str]:
    origin: str = item["origin"]["name"]
    size = len(item["expansion"])
    passes = size == 1 and not item["alias"] and (item["options"]["expand1"] or origin == "start")
    return origin, size, "" if passes else item["alias"] or origin


def _regex(terminal: Any) -> str:
    pattern = terminal["pattern"]
    value: str = pattern["value"]
    return re.escape(value) if pattern["__type__"] == "PatternStr" else value


def _pattern(accepted: list[Any], skip: str) -> str:
    """One pattern for terminals; those that look behind themselves come before anything skipped."""

    def rank(terminal: Any) -> tuple[int, int, int, str]:
        value: str = terminal["pattern"]["value"]
        literal = terminal["pattern"]["__type__"] == "PatternStr"
        width = len(value) if literal else terminal["pattern"]["_width"][1]
        return -terminal["priority"], -width, -len(value), terminal["name"]

    adjacent: list[str] = []
    others: list[str] = []
    for terminal in sorted(accepted, key=rank):
        regex = _regex(terminal)
        branches = adjacent if regex.startswith("(?<") else others
        branches.append(f"(?P<{terminal['name']}>{regex})")
    return "|".join([*adjacent, f"{skip}(?:{'|'.join(others) or '(?!)'})"])


class Moment(NamedTuple):
    """The parser after a token: the token, and the stacks as they were then."""

    kind: str
    token: Token
    states: list[int]
    values: list[Any]


class Trace:
    """What happened during a parse: every token read, and where and before what it stopped."""

    def __init__(self) -> None:
        self.moments: list[Moment] = []
        self.states: list[int] = []
        self.stop = 0


FAILED = object()
"""What a parse gives when the text does not fit the grammar."""


class Parser:
    """An LALR(1) parser with the contextual lexer; immutable, so it may be shared by threads."""

    def __init__(self, tables: Tables, builders: Mapping[str, Build]) -> None:
        self._actions = tables.actions
        self._origins = [origin for origin, _, _ in tables.rules]
        self._rules = [(size, builders[name] if name else None) for _, size, name in tables.rules]
        self._sources = [tables.patterns[index] for index in tables.lexers]
        self._matchers: list[Callable[[str, int], re.Match[str] | None] | None]
        self._matchers = [None] * len(tables.lexers)
        self._targets: dict[tuple[int, int, str], int] = {}
        self._skip = re.compile(tables.skip)
        self._start = tables.start
        self._end = tables.end

    def parse(self, text: str, trace: Trace | None = None) -> Any:
        """The value of `text`, or `FAILED`. `trace` records the way there."""
        all_actions = self._actions
        rules = self._rules
        matchers = self._matchers
        targets = self._targets
        states = [self._start]
        values: list[Any] = []
        position = 0
        while True:
            state = states[-1]
            matcher = matchers[state] or self._matcher(state)
            match = matcher(text, position)
            if match is not None:
                kind: str = match.lastgroup  # type: ignore[assignment]
            else:
                at = self._skip.match(text, position).end()  # type: ignore[union-attr]
                kind = END if at == len(text) else ""
            actions = all_actions[state]
            while True:
                action = actions.get(kind)
                if action is None:
                    if trace is not None:
                        start = self._skip.match(text, position).end()  # type: ignore[union-attr]
                        trace.stop = start if match is None else match.start(kind)
                        trace.states = states
                    return FAILED
                if action >= 0:
                    break
                size, build = rules[~action]
                if build is not None:
                    values[-size:] = [build(values[-size:])]
                del states[-size:]
                reduction = states[-1], action, kind
                target = targets.get(reduction)
                if target is None:
                    target = targets[reduction] = self._target(*reduction)
                states.append(target)
                if target == self._end and kind is END:
                    return values[0]
                actions = all_actions[target]
            assert match is not None
            start, position = match.span(kind)
            states.append(action)
            values.append((text[start:position], start, position))
            if trace is not None:
                trace.moments.append(Moment(kind, values[-1], states.copy(), values.copy()))

    def _target(self, before: int, action: int, kind: str) -> int:
        """The state that a reduction after the state `before` leads to, where a terminal `kind`
        comes next: past all rules that only pass their part on, of which an atom has a dozen."""
        while True:
            target = self._actions[before][self._origins[~action]]
            action = self._actions[target].get(kind, 0)
            if action >= 0 or self._rules[~action][1] is not None:
                return target

    def _matcher(self, state: int) -> Callable[[str, int], re.Match[str] | None]:
        source = self._sources[state]
        matcher = re.compile(source).match
        for other, candidate in enumerate(self._sources):
            if candidate == source:
                self._matchers[other] = matcher
        return matcher

    def accepts(self, states: list[int] | None = None) -> set[str]:
        """The terminals that may come next (at the start without `states`), `END` among them."""
        states = states or [self._start]
        return {
            kind
            for kind in self._actions[states[-1]]
            if (kind.isupper() or kind == END) and self._accepts(states, kind)
        }

    def _accepts(self, states: list[int], kind: str) -> bool:
        states = states.copy()
        while True:
            action = self._actions[states[-1]].get(kind)
            if action is None:
                return False
            if action >= 0:
                return True
            del states[-self._rules[~action][0] :]
            states.append(self._actions[states[-1]][self._origins[~action]])
            if states[-1] == self._end and kind == END:
                return True

    def finish(self, moment: Moment) -> Any:
        """The value if the text ended after `moment`, or `FAILED`."""
        if END not in self._actions[moment.states[-1]]:
            return FAILED  # nearly always, and the copies are long in deep brackets
        states, values = moment.states.copy(), moment.values.copy()
        while True:
            action = self._actions[states[-1]].get(END)
            if action is None or action >= 0:
                return FAILED
            size, build = self._rules[~action]
            if build is not None:
                values[-size:] = [build(values[-size:])]
            del states[-size:]
            states.append(self._actions[states[-1]][self._origins[~action]])
            if states[-1] == self._end:
                return values[0]
