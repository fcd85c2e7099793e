"""Values in shell text, through real shells: none may ever run."""

import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vega_runtime.models.base import ToolCall
from vega_runtime.tools import Command, ExecTool, Param, Sandbox, ToolContext, resolve
from vegac.semantics.shell import Hole, Prepared, prepare_shell

CANARY = "canary"
RUN = f"touch {CANARY}"

PAYLOADS = [
    f"; {RUN}",
    f";{RUN};",
    f"& {RUN} &",
    f"&& {RUN}",
    f"|| {RUN}",
    f"| {RUN}",
    f"|& {RUN}",
    f"x; {RUN}; echo y",
    f"x\n{RUN}\n",
    f"\n{RUN}",
    f"\r\n{RUN}\r\n",
    f"x\t;\t{RUN}",
    f"$({RUN})",
    f"x$({RUN})y",
    f"$( {RUN} )",
    f"`{RUN}`",
    f"x`{RUN}`y",
    f"\\`{RUN}\\`",
    f"$(({RUN}))",
    f"$((a[$({RUN})]))",
    f"a[$({RUN})]",
    f"a[`{RUN}`]",
    f"${{x:-$({RUN})}}",
    f"${{x:=`{RUN}`}}",
    "${IFS}",
    f"${{PATH#$({RUN})}}",
    f"$'\\n{RUN}'",
    f"<({RUN})",
    f">({RUN})",
    f"> {CANARY}",
    f">{CANARY}",
    f">>{CANARY}",
    f">| {CANARY}",
    f"2>{CANARY}",
    f"&>{CANARY}",
    f"<>{CANARY}",
    f"x > {CANARY} y",
    f"'; {RUN}; '",
    f"' {RUN} '",
    f"'$({RUN})'",
    f"'`{RUN}`'",
    f"x' ; {RUN} ; echo 'y",
    f'"; {RUN}; "',
    f'" $({RUN}) "',
    f'"$({RUN})"',
    f'x" ; {RUN} ; echo "y',
    f"'\"; {RUN}; \"'",
    f"\"'; {RUN}; '\"",
    f"\\'; {RUN}; \\'",
    f'\\"; {RUN}; \\"',
    f"\\; {RUN}",
    "\\",
    "\\\\",
    f"\\\n{RUN}",
    f"}}; {RUN}; {{",
    f"); {RUN}; (",
    f") && {RUN} #",
    f"# \n{RUN}",
    f"EOF\n{RUN}\nEOF",
    f"<<EOF\n$({RUN})\nEOF",
    f"<<< $({RUN})",
    f"!{RUN}",
    f"() {{ :; }}; {RUN}",
    f"() {{ {RUN}; }}",
    f"{{{RUN},x}}",
    "{a,b,c}",
    "*",
    "/*",
    "~",
    "~root",
    "$HOME",
    "$VEGA_1",
    "${VEGA_2}",
    "$@",
    "$(",
    "`",
    "'",
    '"',
    "%s%n%d",
    f"eval {RUN}",
    f"sh -c '{RUN}'",
    f"\u2028{RUN}",
    f"é; {RUN}",
    f"\x1b]0;{RUN}\x07",
    f"a=b {RUN}",
    f"if true; then {RUN}; fi",
    f"x\\$({RUN})",
    f"x\\\\$({RUN})",
    "",
    " ",
    "a  b   c",
    "\n",
]

CONTEXTS = {
    "bare": "printf '[%s]' <<p>>",
    "bare in a word": "printf '[%s]' a<<p>>b",
    "after an option": "printf '[%s]' --x=<<p>>",
    "double quotes": "printf '[%s]' \"<<p>>\"",
    "double quotes with text": "printf '[%s]' \"it's <<p>> x\"",
    "single quotes": "printf '[%s]' '<<p>>'",
    "single quotes with text": "printf '[%s]' 'say \"<<p>>\" x'",
    "mixed quotes": "printf '[%s]' a'b<<p>>'\"c\"",
    "after an escape": "printf '[%s]' \\$x<<p>>",
    "name character after": "printf '[%s]' \"<<p>>x\"",
    "later in a list": "true && { printf '[%s]' <<p>>; } | cat",
    "in a condition": "if test x; then printf '[%s]' <<p>>; fi",
    "in a subshell": "(printf '[%s]' <<p>>)",
    "after a comment": "# it's a comment\nprintf '[%s]' <<p>>",
    "after a substitution": "printf '[%s]' \"$(printf %s z)\"<<p>>",
}
EXPECTED = {
    "bare": "{}",
    "bare in a word": "a{}b",
    "after an option": "--x={}",
    "double quotes": "{}",
    "double quotes with text": "it's {} x",
    "single quotes": "{}",
    "single quotes with text": 'say "{}" x',
    "mixed quotes": "ab{}c",
    "after an escape": "$x{}",
    "name character after": "{}x",
    "later in a list": "{}",
    "in a condition": "{}",
    "in a subshell": "{}",
    "after a comment": "{}",
    "after a substitution": "z{}",
}


def parts_of(script: str, globs: Sequence[str] = ()) -> list[str | Hole]:
    found: list[str | Hole] = []
    for piece in re.split(r"(<<\w+>>)", script):
        if name := re.fullmatch(r"<<(\w+)>>", piece):
            index = sum(isinstance(part, Hole) for part in found)
            found.append(Hole(index, name[1], name[1] in globs))
        elif piece:
            found.append(piece)
    return found


def files_in(folder: Path) -> list[Path]:
    return list(folder.iterdir())


def safe(script: str, globs: Sequence[str] = ()) -> Prepared:
    prepared = prepare_shell(parts_of(script, globs))
    assert prepared.problems == ()
    return prepared


def tool_of(script: str, globs: Sequence[str] = ()) -> ExecTool:
    """The tool that the compiler makes of a shell text with one hole."""
    prepared = safe(script, globs)
    command = Command(
        prepared.script,
        {name: lambda args: args["p"] for name, _ in prepared.variables},
        options_guard=prepared.options_guard,
        never_empty=prepared.never_empty,
        globs=prepared.globs,
        commands=prepared.commands,
    )
    params = {"p": Param(required=True)}
    return ExecTool("run", description="runs", params=params, command=command, timeout=20)


SHELLS = [
    argv
    for argv in (["dash", "-c"], ["bash", "-c"], ["bash", "--posix", "-c"], ["busybox", "sh", "-c"])
    if shutil.which(argv[0])
]


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
@pytest.mark.parametrize("context", CONTEXTS)
def test_every_payload_is_printed_as_it_is(context: str, shell: list[str], tmp_path: Path) -> None:
    prepared = safe(CONTEXTS[context])
    for payload in PAYLOADS:
        env = {"PATH": os.environ["PATH"], "HOME": "/nowhere", "VEGA_1": payload}
        run = subprocess.run(
            [*shell, prepared.script], cwd=tmp_path, env=env, capture_output=True, check=False
        )
        assert run.stdout.decode() == f"[{EXPECTED[context].format(payload)}]", payload
        assert list(tmp_path.iterdir()) == [], payload


@pytest.mark.parametrize("context", CONTEXTS)
async def test_the_tool_passes_every_payload(context: str, tmp_path: Path) -> None:
    tool = tool_of(CONTEXTS[context])
    run = ToolContext(sandbox=Sandbox(tmp_path))
    tools = resolve([tool], run)
    for payload in PAYLOADS:
        result = await tools.call(ToolCall("1", "run", {"p": payload}), run)
        expected = f"[{EXPECTED[context].format(payload)}]"
        assert (result.content, result.is_error) == (expected, False), payload
        assert files_in(tmp_path) == [], payload


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    context=st.sampled_from(sorted(CONTEXTS)),
    payload=st.text(
        st.one_of(
            st.sampled_from("'\"`$(){}[]\\;&|<>#!*?~=\n\t -%"),
            st.characters(exclude_characters="\0", exclude_categories=("Cs",)),
        ),
        max_size=30,
    ),
)
def test_any_text_is_printed_as_it_is(context: str, payload: str, tmp_path: Path) -> None:
    prepared = safe(CONTEXTS[context])
    for shell in SHELLS[:2]:
        env = {"PATH": os.environ["PATH"], "VEGA_1": payload}
        run = subprocess.run(
            [*shell, prepared.script], cwd=tmp_path, env=env, capture_output=True, check=False
        )
        assert run.stdout.decode() == f"[{EXPECTED[context].format(payload)}]"
        assert list(tmp_path.iterdir()) == []


FRAGMENTS = st.lists(
    st.sampled_from(
        [
            *("<<p>>", "'", '"', "\\", "`", "$", "$(", ")", "(", "${x:-", "}", "{", " ", "\n", ";"),
            *("|", "&", "&&", "#", "a", "x=", "printf '%s'", "echo", "if", "then", "fi", "!", "=1"),
            *("case", "in", "esac", "for", "do", "done", "2", "<", ">", ">>", "sh", "-c", "eval"),
            *("cat", "test", "[", "]", "-eq", "-v", "--", "-", "*", "~", "\t", "xargs", "env"),
        ]
    ),
    min_size=2,
    max_size=14,
)


@settings(
    max_examples=300,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(fragments=FRAGMENTS, payload=st.sampled_from([p for p in PAYLOADS if RUN in p]))
def test_what_is_called_safe_is_safe(fragments: list[str], payload: str, tmp_path: Path) -> None:
    """Whatever the script: either a hole is refused, or its value does not run."""
    script = "".join(fragments)
    parts = parts_of(script)
    prepared = prepare_shell(parts)
    if not prepared.variables or prepared.problems:
        return
    for shell in SHELLS[:3]:
        env = {"PATH": os.environ["PATH"], "HOME": "/nowhere"}
        env.update((name, payload) for name, _ in prepared.variables)
        subprocess.run(
            [*shell, prepared.script],
            cwd=tmp_path,
            env=env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=20,
        )
        assert not (tmp_path / CANARY).exists(), (script, payload)
    for left in tmp_path.iterdir():
        left.unlink()


@pytest.mark.parametrize("value", ["-rf", "--help", "-", "-\n"])
async def test_an_option_in_disguise_is_refused(value: str, tmp_path: Path) -> None:
    run = ToolContext(sandbox=Sandbox(tmp_path))
    tools = resolve([tool_of("printf '[%s]' <<p>>")], run)
    result = await tools.call(ToolCall("1", "run", {"p": value}), run)
    assert result.is_error
    assert "starts with '-'" in result.content


async def test_after_two_dashes_a_value_may_start_with_one(tmp_path: Path) -> None:
    (tmp_path / "-f").write_text("found\n")
    run = ToolContext(sandbox=Sandbox(tmp_path))
    tools = resolve([tool_of("cat -- <<p>>")], run)
    result = await tools.call(ToolCall("1", "run", {"p": "-f"}), run)
    assert (result.content, result.is_error) == ("found", False)


async def test_nul_is_refused(tmp_path: Path) -> None:
    run = ToolContext(sandbox=Sandbox(tmp_path))
    tools = resolve([tool_of("printf '[%s]' <<p>>")], run)
    result = await tools.call(ToolCall("1", "run", {"p": "a\0b"}), run)
    assert result.is_error
    assert "NUL" in result.content


async def test_a_pattern_is_for_file_names_only(tmp_path: Path) -> None:
    for name in ("a b.txt", "c.txt", "-n.txt"):
        (tmp_path / name).write_text("")
    run = ToolContext(sandbox=Sandbox(tmp_path))
    tools = resolve([tool_of("printf '[%s]' <<p>>", globs=("p",))], run)

    async def content(value: str) -> str:
        return (await tools.call(ToolCall("1", "run", {"p": value}), run)).content

    assert await content("*.txt") == "[./-n.txt][./a b.txt][./c.txt]"
    assert await content("c.*") == "[c.txt]"
    assert await content("a b") == "[a b]"
    for payload in PAYLOADS:
        if not payload.startswith("-"):
            await content(payload)
            assert not (tmp_path / CANARY).exists(), payload
