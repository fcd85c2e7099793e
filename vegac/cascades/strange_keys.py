"""Keys that mean nothing where they stand, and what else is said because of them.

A map with one such key that lacks a key has the lacking one under a wrong name; what is no step of
any agent has no options of one; definitions below the wrong section have only keys of another.
"""

from collections.abc import Iterable, Sequence

from msgspec import structs

from vega_grammar import keys as grammar
from vegac.cascades.finder import Finder
from vegac.source.diagnostic import Diagnostic, Label
from vegac.source.file import Placements
from vegac.syntax.nodes import Mapping
from vegac.syntax.reader import FileTree

_LACKING = frozenset(
    {"missing-description", "missing-key", "missing-model", "missing-send", "missing-system"}
)
_SECTIONS = {
    "agents": frozenset(grammar.AGENT),
    "workflows": frozenset(grammar.WORKFLOW),
    "tools": frozenset(grammar.TOOL),
}
_OF_NAMES = frozenset({"unknown-agent", "unknown-tool", "unknown-workflow"})
_MOST = 5
"""How many other keys a finding names."""


def without_echoes_of_keys(
    findings: Sequence[Diagnostic], placements: Placements, trees: Iterable[FileTree]
) -> list[Diagnostic]:
    """The findings but those that follow from a key which is none, or from a step of no agent."""
    strange = [one for one in findings if one.code == "unknown-key" and not one.suggestions]
    if not strange:
        return list(findings)
    echoes = _Echoes(findings, strange, _Chains(placements, trees))
    echoes.of_sections()
    echoes.of_lacking_keys()
    echoes.of_unknown_agents()
    return [echoes.told.get(id(one), one) for one in findings if id(one) not in echoes.dropped]


class _Chains:
    """The maps around findings."""

    def __init__(self, placements: Placements, trees: Iterable[FileTree]) -> None:
        self._placements = placements
        self._finders = {tree.file.path: Finder(tree.root) for tree in trees if tree.root}

    def maps(self, finding: Diagnostic) -> tuple[Mapping | None, Mapping | None]:
        """The value of the key of a finding, if that is a map, and the map of that key."""
        finder = self._finders.get(self._placements.locate(finding.span).file.path)
        own, around = finder.chain(finding.span) if finder is not None else (None, None)
        return (
            own if isinstance(own, Mapping) else None,
            around if isinstance(around, Mapping) else None,
        )


class _Echoes:
    """Which findings follow from others, and what those say of them."""

    def __init__(
        self, findings: Sequence[Diagnostic], strange: Sequence[Diagnostic], chains: _Chains
    ) -> None:
        self.findings = findings
        self.told: dict[int, Diagnostic] = {}
        self.dropped: set[int] = set()
        self._maps = {
            id(one): chains.maps(one)
            for one in findings
            if one.code in ("unknown-key", "unknown-agent", "unused-agent") or one.code in _LACKING
        }
        self._by_map: dict[int, list[Diagnostic]] = {}
        for one in strange:
            around = self._maps[id(one)][1]
            if around is not None:
                self._by_map.setdefault(id(around), []).append(one)

    def _drop(self, findings: Iterable[Diagnostic]) -> None:
        self.dropped.update(map(id, findings))

    def of_sections(self) -> None:
        """Definitions that stand where others are defined, or none."""
        found: dict[str, list[tuple[Diagnostic, Mapping]]] = {}
        inner: set[int] = set()
        for keys in self._by_map.values():
            around = self._maps[id(keys[0])][1]
            section = _section(around) if around is not None else ""
            if section and around is not None and _holds_other_keys(keys, section):
                found.setdefault(section, []).append((keys[0], around))
                inner.add(id(keys[0]))
                self._drop(keys[1:])
                continue
            for one in keys:
                own = self._maps[id(one)][0]
                section = "" if one.hint or own is None else _section(own)
                if section and own is not None:
                    found.setdefault(section, []).append((one, own))
        for section, group in found.items():
            first, *others = (one for one, _ in group)
            self.told[id(first)] = structs.replace(
                first,
                hint=f"this is a key of `{section}:`; that line may be missing above"
                if id(first) in inner
                else f"a line `{section}:` is missing above it, or this stands at a wrong column",
                labels=tuple(Label(one.span, "and this") for one in others[:_MOST]),
            )
            self._drop(others)
            self._drop_uses(section, {id(node) for _, node in group})

    def _drop_uses(self, section: str, nodes: set[int]) -> None:
        """What is said of definitions as they stand, and of their names where they are used."""
        names = {
            entry.key.value
            for _, around in self._maps.values()
            if around is not None
            for entry in around.entries
            if id(entry.value) in nodes
        }
        for one in self.findings:
            own = self._maps.get(id(one), (None, None))[0]
            of_it = one.code == "unused-agent" or one.code in _LACKING
            if (of_it and id(own) in nodes) or (one.code in _OF_NAMES and one.subject in names):
                self.dropped.add(id(one))
            if one.code == "no-agents" and section == "agents":
                self.dropped.add(id(one))

    def of_lacking_keys(self) -> None:
        """A key that a map lacks, which has one strange key in its place."""
        for one in self.findings:
            if one.code not in _LACKING or id(one) in self.dropped:
                continue
            for node in self._maps[id(one)]:
                keys = self._by_map.get(id(node), [])
                if len(keys) == 1 and not self._is_settled(keys[0]):
                    notes = (*keys[0].notes, one.message)
                    self.told[id(keys[0])] = structs.replace(keys[0], notes=notes)
                    self.dropped.add(id(one))
                    break

    def _is_settled(self, finding: Diagnostic) -> bool:
        return id(finding) in self.told or id(finding) in self.dropped

    def of_unknown_agents(self) -> None:
        """What is said of the options of a step whose agent is unknown, if none is of a send."""
        unsent = {one.span: one for one in self.findings if one.code == "missing-send"}
        for one in self.findings:
            if one.code == "unknown-agent":
                node = self._maps[id(one)][0]
                if node is None or any(entry.key.value in grammar.SEND for entry in node.entries):
                    continue
                self._drop(self._by_map.get(id(node), []))
                if one.span in unsent:
                    self.dropped.add(id(unsent[one.span]))
            elif one.code == "no-agents" and any(map(_is_top, self.findings)):
                self.dropped.add(id(one))


def _section(node: Mapping) -> str:
    """The section that something belongs to by its keys, if that is sure."""
    keys = {entry.key.value for entry in node.entries}
    found = [name for name, table in _SECTIONS.items() if keys and keys <= table]
    return found[0] if len(found) == 1 else ""


def _holds_other_keys(keys: Sequence[Diagnostic], section: str) -> bool:
    """Whether the strange keys of a map are those of another section, and more than a few."""
    table = _SECTIONS[section]
    return len(keys) > 1 and all(one.subject in table for one in keys)


def _is_top(finding: Diagnostic) -> bool:
    program = "a program has no key"
    return finding.code == "unknown-key" and finding.message.startswith(program)
