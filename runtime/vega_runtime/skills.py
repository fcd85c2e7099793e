"""Skills: instructions that an agent gets with the messages that they are for.

A skill is a markdown file with front matter:

    ---
    name: code-review
    description: How we review code.
    triggers:
      - keywords: [review, pull request]
      - pattern: "PR #\\d+"
    ---
    Look for mistakes first, then for ...

`triggers` say when it is active: a keyword that stands in the message as whole words, in upper or
lower case; a regular expression that is found in it; or `always`. Without triggers, the skill's
name is its keyword.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, cast

from .errors import ConfigError, ExpressionError
from .frozen import Frozen
from .settings import Skills
from .text import text

MAX_BYTES = 1024 * 1024
"""The largest file of a skill."""
_FENCE = "---"


class Skill(Frozen):
    """A skill. `text` is what the agent gets when it is active."""

    name: str
    text: str
    description: str = ""
    keywords: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()
    always: bool = False
    path: str = ""

    def rank(self, message: str) -> int:
        """How well the skill fits a message: 0 not at all, more for more triggers.

        Raises ExpressionError for a pattern that takes too long.
        """
        from .patterns import search

        hits = sum(_holds(message, keyword) for keyword in self.keywords)
        hits += sum(search(pattern, message) for pattern in self.patterns)
        return hits or int(self.always)


def active(skills: Sequence[Skill], message: str, most: int) -> list[Skill]:
    """The skills for a message, at most so many: first those that are always active, then those
    that fit best; by name where they fit alike."""
    ranked = [(skill, skill.rank(message)) for skill in skills]
    found = [(skill, rank) for skill, rank in ranked if rank]
    found.sort(key=lambda pair: (not pair[0].always, -pair[1], pair[0].name))
    return [skill for skill, _ in found[:most]]


def as_text(skills: Iterable[Skill]) -> str:
    """Active skills as a part of the instructions."""
    return "\n\n".join(f"# Skill: {skill.name}\n\n{skill.text}" for skill in skills)


def _holds(message: str, keyword: str) -> bool:
    words = r"\s+".join(re.escape(word) for word in keyword.split())
    return re.search(rf"(?<!\w){words}(?!\w)", message, re.IGNORECASE) is not None


def skill_files(folder: Path) -> list[Path]:
    """The files of a folder that are skills, sorted: `NAME.md`, and `NAME/SKILL.md` in folders of
    their own. A `README.md` is none."""
    found = [path for path in folder.glob("*.md") if path.name.lower() != "readme.md"]
    found += folder.glob("*/SKILL.md")
    return sorted(path for path in found if path.is_file())


def load_skills(root: Path, config: Skills) -> tuple[Skill, ...]:
    """The skills of all folders that pass `include` and `exclude`, patterns of names.

    Folders are relative to `root`. Raises ConfigError that lists everything that is wrong.
    """
    found: dict[str, Skill] = {}
    problems: list[str] = []
    for directory in config.directories:
        folder = root / directory
        if not folder.is_dir():
            problems.append(f"there is no folder of skills '{directory}'")
            continue
        for path in skill_files(folder):
            shown = f"{directory}/{path.relative_to(folder).as_posix()}"
            try:
                skill = read_skill(path, shown)
            except ConfigError as error:
                problems.append(error.message)
                continue
            if skill.name in found:
                problems.append(
                    f"two skills are called '{skill.name}': {found[skill.name].path} and {shown}"
                )
            found[skill.name] = skill
    if problems:
        raise ConfigError("\n".join(problems))
    return tuple(skill for skill in found.values() if is_chosen(skill.name, config))


def is_chosen(name: str, config: Skills) -> bool:
    """Whether `include` and `exclude` leave a skill in."""
    if config.include and not any(fnmatchcase(name, pattern) for pattern in config.include):
        return False
    return not any(fnmatchcase(name, pattern) for pattern in config.exclude)


def read_skill(path: Path, shown: str) -> Skill:
    """The skill in a file. Raises ConfigError that says what is wrong with it."""
    try:
        data = path.read_bytes()
        content = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ConfigError(f"the skill {shown} is not UTF-8 text") from None
    except OSError as error:
        raise ConfigError(f"the skill {shown} cannot be read: {error.strerror}") from error
    if len(data) > MAX_BYTES:
        raise ConfigError(f"the skill {shown} has {len(data)} bytes; at most {MAX_BYTES} are read")
    default = path.parent.name if path.name == "SKILL.md" else path.stem
    return parse_skill(content, shown, default)


def parse_skill(content: str, shown: str, name: str) -> Skill:
    """The skill that a text describes; `name` is its name where the text gives none.

    Raises ConfigError that says what is wrong with it.
    """
    lines = re.split(r"\r\n?|\n", content)
    if lines[0].rstrip(" \t") != _FENCE:
        raise ConfigError(f"the skill {shown} does not begin with front matter (a line ---)")
    end = next((i for i, line in enumerate(lines[1:], 1) if line.rstrip(" \t") == _FENCE), None)
    if end is None:
        raise ConfigError(f"the front matter of the skill {shown} has no end (a line ---)")
    from .yaml_data import load

    try:
        front = load("\n".join(lines[1:end]).strip(), f"the front matter of {shown}")
    except ExpressionError as error:
        raise ConfigError(error.message) from error
    if front is None:
        front = {}
    if not isinstance(front, Mapping):
        raise ConfigError(f"the front matter of the skill {shown} is no map")
    fields = cast("Mapping[str, Any]", front)
    keywords, patterns, always = _triggers(fields.get("triggers"), shown)
    named = fields.get("name")
    if isinstance(named, list | dict):
        raise ConfigError(f"the name of the skill {shown} is no text")
    name = name if named in (None, "") else text(named)
    if not keywords and not patterns and not always:
        keywords = (name.replace("-", " ").replace("_", " "), name)
    return Skill(
        name,
        "\n".join(lines[end + 1 :]).strip(),
        str(fields.get("description") or ""),
        keywords,
        patterns,
        always,
        shown,
    )


def _triggers(value: Any, shown: str) -> tuple[tuple[str, ...], tuple[str, ...], bool]:
    """Keywords, patterns, and whether the skill is always active."""
    keywords: list[str] = []
    patterns: list[str] = []
    always = False
    for trigger in _list(value):
        if trigger == "always":
            always = True
            continue
        if not isinstance(trigger, Mapping):
            raise ConfigError(
                f"a trigger of the skill {shown} is `keywords: [...]`, `pattern: ...` or `always`"
            )
        fields = cast("Mapping[str, Any]", trigger)
        always = always or fields.get("type") == "always" or fields.get("always") is True
        keywords += [str(word) for word in _list(fields.get("keywords", fields.get("keyword")))]
        patterns += [str(p) for p in _list(fields.get("patterns", fields.get("pattern")))]
    from .patterns import compile_pattern

    for pattern in patterns:
        try:
            compile_pattern(pattern)
        except ExpressionError as error:
            raise ConfigError(f"the skill {shown}: {error.message}") from error
    return tuple(word for word in keywords if word.strip()), tuple(patterns), always


def _list(value: Any) -> list[Any]:
    if value is None:
        return []
    return cast("list[Any]", value) if isinstance(value, list) else [value]
