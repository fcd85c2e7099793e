"""Skills: which are found, and which an agent gets with a message."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vega_runtime import Agent, ConfigError, Run, Settings, Skills, program, workflow
from vega_runtime.skills import active, load_skills, parse_skill

ECHO = [{"reply": "ok", "times": "always"}]


def write(folder: Path, name: str, front: str, text: str = "") -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"---\n{front}\n---\n{text or 'Do ' + name}\n", encoding="utf-8")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "skills"
    write(folder, "review.md", "triggers: [{keywords: [review, pull request]}]", "Look twice.")
    write(folder, "issue.md", r"triggers: [{pattern: 'PR #\d+'}]", "Open the issue.")
    write(folder, "style.md", "name: house-style\ntriggers: [always]", "Be brief.")
    write(folder, "tables/SKILL.md", "description: Making tables", "Use borders.")
    write(folder, "tables/notes.md", "nothing: here")
    (folder / "README.md").write_text("About these skills")
    (folder / "note.txt").write_text("no skill")
    return tmp_path


def flow(config: Skills | None, settings: Settings | None = None) -> Any:
    agent = Agent("A", model="scripted", system="You work.", skills=config)

    @workflow(program("s.vega.yaml", settings=settings), "w", agents=[agent])
    async def sends(run: Run, message: str) -> str:
        return await run.send("w/a", agent, message)

    return sends


def system(play: Any, root: Path, config: Skills | None, message: str, **kw: Any) -> str:
    played = play(flow(config, **kw), ECHO, {"message": message}, root=root)
    assert played.error is None
    return played.requests[0].system


def test_skills_follow_the_instructions_where_they_fit(play: Any, root: Path) -> None:
    skills = Skills(("skills",))
    assert system(play, root, skills, "hello") == "You work.\n\n# Skill: house-style\n\nBe brief."
    said = system(play, root, skills, "Please REVIEW this pull\nrequest, PR #12")
    assert said.split("# Skill: ")[1:] == [
        "house-style\n\nBe brief.\n\n",
        "review\n\nLook twice.\n\n",
        "issue\n\nOpen the issue.",
    ]
    assert "Look twice" not in system(play, root, skills, "a preview of reviewers")
    assert "Use borders." in system(play, root, skills, "Two tables, please")


def test_only_so_many_are_active(play: Any, root: Path) -> None:
    said = system(play, root, Skills(("skills",), max_active=1), "review PR #12 with tables")
    assert said.count("# Skill") == 1
    assert "house-style" in said


def test_include_and_exclude_are_patterns_of_names(root: Path) -> None:
    def names(**options: Any) -> list[str]:
        return [skill.name for skill in load_skills(root, Skills(("skills",), **options))]

    assert names() == ["issue", "review", "house-style", "tables"]
    assert names(include=("*e*",), exclude=("is*", "house-*")) == ["review", "tables"]
    assert names(include=("nothing",)) == []


def test_settings_give_skills_to_every_agent(play: Any, root: Path) -> None:
    said = system(play, root, None, "x", settings=Settings(skills=Skills(("skills",))))
    assert "Be brief" in said


def test_all_mistakes_are_told_before_the_first_call(play: Any, root: Path) -> None:
    folder = root / "skills"
    (folder / "plain.md").write_text("no front matter")
    (folder / "open.md").write_text("---\nname: x\n")
    (folder / "latin.md").write_bytes(b"---\nname: \xe9\n---\n")
    write(folder, "list.md", "- a\n- b")
    write(folder, "yaml.md", "name: [a")
    write(folder, "pattern.md", "triggers: [{pattern: '('}]")
    write(folder, "twice.md", "name: review\ntriggers: [always]")
    config = Skills(("skills", "nowhere"))
    played = play(flow(config), ECHO, {"message": "x"}, root=root)
    assert isinstance(played.error, ConfigError)
    lines = str(played.error)
    for part in (
        "plain.md does not begin with front matter",
        "open.md has no end",
        "latin.md is not UTF-8",
        "list.md is no map",
        "yaml.md",
        "pattern.md: '(' is no regular expression",
        "two skills are called 'review': skills/review.md and skills/twice.md",
        "no folder of skills 'nowhere'",
    ):
        assert part in lines
    assert played.requests == []


@given(st.text())
def test_any_text_is_a_skill_or_a_config_error(content: str) -> None:
    for text in (content, f"---\n{content}\n---\nbody", f"---\ntriggers: {content}\n---\nbody"):
        try:
            skill = parse_skill(text, "x.md", "x")
        except ConfigError:
            continue
        assert skill.keywords or skill.patterns or skill.always


@given(st.text(), st.lists(st.text(min_size=1), max_size=3), st.integers(1, 3))
def test_choosing_never_fails(message: str, keywords: list[str], most: int) -> None:
    skill = parse_skill("---\ntriggers: [always]\n---\nx", "x.md", "x")
    skills = [skill, *(skill.replace(name=k, keywords=(k,), always=False) for k in keywords)]
    chosen = active(skills, message, most)
    assert chosen[0] is skill
    assert len(chosen) <= most
