"""Fixes of findings, applied to the text of programs."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from vegac.fixing import Outcome, apply_fixes
from vegac.source.file import SourceFile
from vegac.workspace import Report, Workspace

NAME = "team.vega.yaml"
AGENTS = "agents:\n  Coder: {model: claude-haiku-4-5, system: s}\n"


def fix(text: str, *, unsafe: bool = False, codes: tuple[str, ...] = ()) -> tuple[str, Outcome]:
    """The text of a program after its fixes."""
    workspace = Workspace(Path("/nowhere"))

    def check(drafts: Mapping[str, SourceFile]) -> list[Report]:
        file = drafts.get(NAME) or SourceFile(NAME, text)
        return [workspace.check_tree(workspace.reader.read(file), workspace.root)]

    outcome = apply_fixes(check, lambda found: not codes or found.code in codes, unsafe=unsafe)
    draft = outcome.drafts.get(NAME)
    if draft is None:
        return text, outcome
    return ("\ufeff" if draft.bom else "") + draft.text, outcome


def steps(body: str, inputs: str = "{n: integer, text: string}") -> str:
    """A program with these steps."""
    lines = "".join(f"      {line}\n" for line in body.splitlines())
    return f"{AGENTS}workflows:\n  w:\n    inputs: {inputs}\n    steps:\n{lines}"


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("- Cder: hi <<n>> <<text>>", "- Coder: hi <<n>> <<text>>"),
        ("- Coder: hi <<n>> <<tetx>>", "- Coder: hi <<n>> <<text>>"),
        ("- Coder: <<text | uper>> <<n>>", "- Coder: <<text | upper>> <<n>>"),
        ("- Coder:\n    snd: hi <<n>> <<text>>", "- Coder:\n    send: hi <<n>> <<text>>"),
        (
            "- Coder: {send: hi <<n>> <<text>>, format: jsno}",
            "- Coder: {send: hi <<n>> <<text>>, format: json}",
        ),
        (
            '- Coder: {send: hi <<n>> <<text>>, tools: ["read_fil"]}',
            '- Coder: {send: hi <<n>> <<text>>, tools: ["read_file"]}',
        ),
        ("- Coder: hi <<text>>\n  if: 1 < n < 3", "- Coder: hi <<text>>\n  if: 1 < n and n < 3"),
        (
            "- Coder: hi <<n>> <<text>>\n  continue_on_error: yes",
            "- Coder: hi <<n>> <<text>>\n  continue_on_error: true",
        ),
        ('- Coder: hi <<n>> <<text>>\n  retry: "3"', "- Coder: hi <<n>> <<text>>\n  retry: 3"),
        (
            "- Coder: <<text>>\n  if: n = 1 && (text!=='a' OR n===2)",
            "- Coder: <<text>>\n  if: n == 1 and (text!='a' or n==2)",
        ),
        (
            "- Coder: <<(n=1)&&text>>",
            "- Coder: <<(n==1) and text>>",
        ),
        (
            "- for x in [n] + (text|lines == 1||[2]):\n    - Coder: <<x>>",
            "- for x in [n] + (text|lines == 1 or [2]):\n    - Coder: <<x>>",
        ),
        (
            "- Coder: <<text.length + 1>> <<n>>",
            "- Coder: <<text | length + 1>> <<n>>",
        ),
        ("- Coder: <<n>> <<text.upper>>", "- Coder: <<n>> <<text | upper>>"),
        ("- Coder: Say: <<n>> <<text>>", "- Coder: 'Say: <<n>> <<text>>'"),
        ("- Coder: {{text}} and {{n}}!", "- Coder: '{{text}} and {{n}}!'"),
        ("- Coder: <<text>> for #<<n>>", "- Coder: '<<text>> for #<<n>>'"),
        ("- Coder: a << 2; <<n>> <<text>>", "- Coder: a \\<< 2; <<n>> <<text>>"),
        (
            "- Coder: hi\n- workflow: w\n  with: {n: <<n>>, txet: <<text>>}\n  if: n > 1",
            "- Coder: hi\n- workflow: w\n  with: {n: <<n>>, text: <<text>>}\n  if: n > 1",
        ),
    ],
)
def test_mistakes_with_a_safe_fix(wrong: str, right: str) -> None:
    fixed, outcome = fix(steps(wrong))
    assert fixed == steps(right)
    assert not outcome.reports[0].has_errors
    assert len(outcome.fixed) == 1


def test_names_of_sections_agents_and_settings() -> None:
    text = (
        "agents:\n"
        "  Base: {modl: claude-haiku-4-5, system: s}\n"
        "  Coder: {extends: Bsae, supervision: {strategy: restat}}\n"
        "workflow:\n"
        "  main: {steps: [{Coder: hi}]}\n"
        "  other: {steps: [{workflow: mian}]}\n"
        "settings: {lints: {unused-agnt: off}, delimiters: 'agnle'}\n"
    )
    fixed, outcome = fix(text)
    assert fixed == (
        "agents:\n"
        "  Base: {model: claude-haiku-4-5, system: s}\n"
        "  Coder: {extends: Base, supervision: {strategy: restart}}\n"
        "workflows:\n"
        "  main: {steps: [{Coder: hi}]}\n"
        "  other: {steps: [{workflow: main}]}\n"
        "settings: {lints: {unused-agent: off}, delimiters: 'angle'}\n"
    )
    assert not outcome.reports[0].has_errors


def test_retired_models_get_their_successor_inside_their_quotes() -> None:
    text = steps("- Coder: <<n>> <<text>>").replace("claude-haiku-4-5", '"claude-3-opus-20240229"')
    fixed, outcome = fix(text, codes=("retired-model",))
    assert [found.code for found in outcome.fixed] == ["retired-model"]
    assert 'model: "claude-' in fixed
    assert "20240229" not in fixed


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        (
            "'it''s <<1 < n < text | length>> <<tetx>>'",
            "'it''s <<1 < n and n < text | length>> <<text>>'",
        ),
        (
            '"<<1 < n < 3>> \\"<<text>>\\" \\u00e9 <<tetx>>"',
            '"<<1 < n and n < 3>> \\"<<text>>\\" \\u00e9 <<text>>"',
        ),
        (
            "|\n    one <<tetx>>\n    two <<1 < n < 3>>",
            "|\n    one <<text>>\n    two <<1 < n and n < 3>>",
        ),
        (
            ">\n    one <<tetx>>\n    two <<1 < n < 3>>",
            ">\n    one <<text>>\n    two <<1 < n and n < 3>>",
        ),
        ("some\n    more <<tetx>> <<n>>", "some\n    more <<text>> <<n>>"),
        ("{{ 1 < n < text | length }}", "{{ 1 < n and n < text | length }}"),
        ("About ${text} for ${USER:-us}", "About <<text>> for <<env.USER | default:'us'>>"),
        ("'${text:-it}'", "'<<text | default:''it''>>'"),
    ],
)
def test_fixes_in_every_style_of_text(wrong: str, right: str) -> None:
    fixed, _ = fix(steps(f"- Coder: {wrong}"))
    assert fixed == steps(f"- Coder: {right}")


def test_a_fix_in_quotes_is_escaped_for_them() -> None:
    body = '- set: {a: \'<<1 < n < text | replace:"x":"y" | length>>\'}\n- Coder: <<a>>'
    fixed, outcome = fix(steps(body))
    assert not outcome.reports[0].has_errors
    assert "1 < n and n < text | replace:''x'':''y'' | length" in fixed


def test_a_plain_text_that_cannot_hold_the_fix_gets_quotes() -> None:
    fixed, outcome = fix(steps("- Coder: <<text>>\n  if: 0 < n < [{a:1}] | length"))
    assert fixed == steps("- Coder: <<text>>\n  if: '0 < n and n < [{a: 1}] | length'")
    assert not outcome.reports[0].has_errors


def test_an_ambiguous_name_is_left_alone() -> None:
    text = steps("- Coder: <<tixt>>", "{text: string, taxt: string}")
    for unsafe in (False, True):
        fixed, outcome = fix(text, unsafe=unsafe)
        assert fixed == text
        assert outcome.fixed == []


def test_unsafe_fixes_only_where_asked_for() -> None:
    text = steps("- Coder: <<name | default:text>> <<n>>", "{n: integer, text: string, name: any}")
    assert fix(text)[0] == text
    assert fix(text, unsafe=True)[0] == text.replace("default:text", "default:(text)")


def test_a_fix_that_makes_a_new_error_is_taken_back() -> None:
    text = steps("- Coder: <<n | uper>> and <<text | uper>>\n- Cder: x")
    fixed, outcome = fix(text)
    # A number has no upper case.
    assert fixed == steps("- Coder: <<n | uper>> and <<text | upper>>\n- Coder: x")
    assert {found.code for found in outcome.reports[0].diagnostics} == {"unknown-filter"}


def test_a_misspelt_key_beside_the_right_one_is_left_alone() -> None:
    text = steps("- Coder:\n    send: <<n>> <<text>>\n    sned: x")
    assert fix(text)[0] == text


def test_overlapping_fixes_take_turns() -> None:
    text = steps("- Coder: Say: <<tetx>> <<n | uper>> <<1 < n < 3>>")
    fixed, _ = fix(text)
    assert fixed == steps("- Coder: 'Say: <<text>> <<n | uper>> <<1 < n and n < 3>>'")


def test_many_fixes_at_once() -> None:
    text = steps("\n".join(f"- Cder: <<tetx>> <<n>> {i}" for i in range(300)))
    fixed, outcome = fix(text)
    assert fixed == text.replace("Cder", "Coder").replace("tetx", "text")
    assert len(outcome.fixed) == 600


def test_line_ends_and_byte_order_mark_stay() -> None:
    text = "\ufeff" + steps("- Cder: <<tetx>> <<n>>\n- Coder: two; - Coder: x").replace(
        "\n", "\r\n"
    )
    fixed, _ = fix(text)
    assert fixed.startswith("\ufeffagents:\r\n")
    assert "- Coder: <<text>> <<n>>\r\n" in fixed
    assert fixed.count("\r\n") == fixed.count("\n")


def test_comments_that_silence_nothing_go() -> None:
    text = steps(
        "# vegac: ignore[unused-agent]\n"
        "- Coder: <<text>> # vegac: ignore[maybe-null]\n"
        "- Coder: <<n>>  # vegac: ignore[maybe-null, env-in-text] as it is\n"
        "- Coder: ${HOME}  # vegac: ignore[maybe-null, env-in-text]"
    )
    assert fix(text)[0] == steps(
        "- Coder: <<text>>\n"
        "- Coder: <<n>>  # as it is\n"
        "- Coder: ${HOME}  # vegac: ignore[env-in-text]"
    )


def test_comments_stay_while_the_program_is_not_understood() -> None:
    text = steps("- Coder: <<n>> <<text>> # vegac: ignore[maybe-null]\n- Nobody: x")
    assert fix(text)[0] == text


def test_only_wanted_codes_are_fixed() -> None:
    text = steps("- Cder: <<tetx>> <<n>>")
    assert fix(text, codes=("unknown-agent",))[0] == text.replace("Cder", "Coder")


def test_colons_without_a_key_are_left_alone() -> None:
    text = f"::::# what follows\n{AGENTS}"
    fixed, outcome = fix(text, unsafe=True)
    assert fixed == text
    assert not outcome.fixed


def test_a_condition_that_ends_with_a_colon_is_mended() -> None:
    broken = steps('- if: "n == 1":\n    - Coder: one\n- if: n == 2:\n  then: [{Coder: two}]')
    fixed, _ = fix(broken)
    wanted = '- if: "n == 1"\n  then:\n    - Coder: one\n- if: n == 2\n  then: [{Coder: two}]'
    assert fixed == steps(wanted)
