"""Where a hole in shell text is refused, and how the others are written."""

import re

import pytest

from vegac.semantics.shell import Hole, Prepared, prepare_argv, prepare_shell


def parts_of(script: str) -> list[str | Hole]:
    """`<<name>>` is a hole, `<<*name>>` one with `glob: true`."""
    found: list[str | Hole] = []
    for piece in re.split(r"(<<\*?\w+>>)", script):
        if name := re.fullmatch(r"<<(\*?)(\w+)>>", piece):
            index = sum(isinstance(part, Hole) for part in found)
            found.append(Hole(index, name[2], bool(name[1])))
        elif piece:
            found.append(piece)
    return found


def prepare(script: str) -> Prepared:
    return prepare_shell(parts_of(script))


@pytest.mark.parametrize(
    ("script", "written"),
    [
        ("grep -r <<p>> .", 'grep -r "$VEGA_1" .'),
        ('grep -r "<<p>>" .', 'grep -r "${VEGA_1}" .'),
        ("grep -r '<<p>>' .", "grep -r ''\"$VEGA_1\"'' ."),
        ("grep '^<<p>>$' <<f>>", "grep '^'\"$VEGA_1\"'$' \"$VEGA_2\""),
        ("ls <<*g>>/x", "ls ${VEGA_1}/x"),
        ('ls "<<*g>>"', 'ls "${VEGA_1}"'),
        ("no holes $(date) `id`", "no holes $(date) `id`"),
        ("a 'it''s' <<p>> # <<q>>\nb", "a 'it''s' \"$VEGA_1\" # \nb"),
    ],
)
def test_how_a_hole_is_written(script: str, written: str) -> None:
    prepared = prepare(script)
    assert prepared.problems == ()
    assert prepared.script == written


SAFE = [
    "grep -c <<word>> <<path>>",
    "grep -e <<p>> f",
    "git log --author=<<a>> -- <<f>>",
    "git diff <<a>>",
    "cat <<f>> | sort | uniq -c",
    "echo <<x>> | python3 -c 'import sys; print(sys.stdin.read())'",
    "echo <<x>> | sed 's/a/b/'",
    "python script.py --name <<x>>",
    "python -m tool <<x>>",
    "bash ./build.sh <<x>>",
    "node app.js <<x>>",
    "awk '{print $1}' <<f>>",
    "awk -F <<sep>> '{print $1}' f",
    "awk -v name=<<x>> '$1 == name' f",
    "sed -n '1,5p' <<f>>",
    "sed -i.orig 's/a/b/' <<f>>",
    "jq --arg x <<x>> '.[$x]' <<f>>",
    "jq -r .a <<f>>",
    "find <<d>> -name <<n>> -type f",
    "find . -name <<n>> -exec wc -l {} +",
    "find . -name '*.py' -exec grep <<p>> {} \\;",
    "find . -print0 | xargs -0 grep -l -- <<p>>",
    "grep -rl <<p>> . | xargs wc -l",
    "timeout 5 grep <<p>> f",
    "sudo -u bob cat <<f>>",
    "env LANG=C sort <<f>>",
    "nice -n 5 tar -xf <<f>>",
    "if grep -q <<p>> f; then echo yes; else echo no; fi",
    'for f in *.txt; do grep <<p>> "$f"; done',
    "cd <<d>> && make -s",
    "(cd sub; ls <<f>>)",
    "test -f <<f>> && cat <<f>>",
    "[ <<a>> = <<b>> ]",
    "docker exec box grep <<p>> /etc/hosts",
    "docker run --rm image <<x>>",
    "curl -s -- <<u>>",
    "grep x <<f>> 2>/dev/null >out.txt",
    "FOO=bar grep <<p>> f",
    "pytest -k <<x>>",
    "go test -run <<x>> ./...",
    "which bash <<x>>",
    "tar -cf out.tar <<f>>",
    "ls > <<f>>",
    "ls >> '<<f>>'",
    'sort a.txt > "<<f>>" 2> <<g>>.log',
]


@pytest.mark.parametrize("script", SAFE)
def test_ordinary_scripts_pass(script: str) -> None:
    assert prepare(script).problems == ()


UNSAFE = [
    # inside what the shell itself runs or evaluates
    "echo $(cat <<f>>)",
    'echo "$(cat <<f>>)"',
    "echo $(echo $(cat '<<f>>'))",
    "echo `cat <<f>>`",
    'echo "`cat <<f>>`"',
    "echo $((<<n>> + 1))",
    "echo ${x:-<<d>>}",
    'echo "${x:-<<d>>}"',
    "((<<n>>)) && echo x",
    "[[ <<n>> -eq 1 ]]",
    "[ <<n>> -eq 1 ]",
    "test -v <<n>>",
    "echo \\<<x>>",
    'echo "\\<<x>>"',
    "echo $<<x>>",
    'echo "$<<x>>"',
    "echo $'<<x>>'",
    "echo $'it\\'s' <<x>>",
    "cat <<EOF\n<<x>>\nEOF\n",
    "cat <<'EOF'\n<<x>>\nEOF\n",
    "cat <<-EOF\n$(<<x>>)\nEOF\n",
    "cat <<< <<x>>",
    "diff <(cat <<a>>) b",
    "case <<x>> in a) echo a;; esac",
    "case y in <<x>>) echo a;; esac",
    "for x in <<xs>>; do echo $x; done",
    'f() { eval "$1"; }; f <<x>>',
    'function f { sh -c "$1"; }; f <<x>>',
    "echo 'not closed <<x>>",
    'echo "not closed <<x>>',
    "echo $(not closed <<x>>",
    # names, assignments, redirections
    "<<c>>",
    "<<c>> -l",
    "./<<c>> -l",
    "a; <<c>> b",
    "$TOOL <<x>>",
    "$(which x) <<x>>",
    "X=<<x>> ls",
    "X=<<x>>",
    "export X=<<x>>",
    "cat < <<f>>",
    "sh < <<f>>",
    "ls >&<<f>>",
    "ls &> <<f>>",
    "cat <& <<f>>",
    # code for the shell
    "eval <<x>>",
    "eval echo '<<x>>'",
    ". <<f>>",
    "source <<f>>",
    "trap <<x>> EXIT",
    "alias a=<<x>>",
    "set -- <<x>>",
    "read <<x>>",
    "exec <<x>>",
    "command <<x>>",
    "let <<x>>",
    "declare <<x>>",
    # other interpreters
    "sh -c <<x>>",
    'bash -c "<<x>>"',
    "bash -c 'echo <<x>>'",
    "bash -lc <<x>>",
    "bash -o pipefail -c <<x>>",
    "bash --rcfile ./x.sh -c <<x>>",
    "bash <<f>>",
    "bash -x <<f>>",
    "/bin/sh -c <<x>>",
    "'sh' -c <<x>>",
    "s\\h -c <<x>>",
    "zsh -c <<x>>",
    "sh -c 'echo \"$1\"' _ <<x>>",
    "python -c <<x>>",
    "python3.11 -c 'print(\"<<x>>\")'",
    "python3 -Ic <<x>>",
    "python3 <<f>>",
    "python3 -W ignore <<f>>",
    "perl -e <<x>>",
    "perl -ne <<x>> f",
    "perl -ne 'print' <<f>>",
    "perl -E<<x>>",
    "ruby -e <<x>>",
    "ruby -r <<x>> s.rb",
    "node -e <<x>>",
    "node --eval=<<x>>",
    "node --require <<x>> app.js",
    "php -r <<x>>",
    "lua -e <<x>>",
    "Rscript -e <<x>>",
    "osascript -e <<x>>",
    "pwsh -Command <<x>>",
    "awk <<x>> f",
    "awk '/<<x>>/' f",
    'awk "/<<x>>/" f',
    "gawk -f <<f>>",
    "awk -f<<f>> x",
    "awk -F: <<x>> f",
    "awk -v c=<<x>> 'BEGIN { system(c) }'",
    "awk -v c=<<x>> 'BEGIN { c | getline }'",
    "sed <<x>> f",
    "sed -n <<n>>p f",
    "sed -e <<x>> f",
    "sed -ne '<<x>>p' f",
    "sed --expression=<<x>> f",
    "sed 's/a/b/' -e <<x>>",
    "sed -i.orig <<x>> f",
    "jq <<x>> f",
    "jq -r '.<<x>>' f",
    "jq --arg a b <<x>>",
    "ssh host <<x>>",
    "ssh <<h>> ls",
    "psql -c <<x>>",
    "mysql -e <<x>>",
    "sqlite3 db <<x>>",
    "vim -c <<x>>",
    "make <<t>>",
    "watch <<x>>",
    "su bob -c <<x>>",
    "parallel <<x>> ::: a",
    "npx <<x>>",
    "git -c <<x>> status",
    "git config alias.x <<x>>",
    "git <<x>>",
    "git rebase --exec <<x>>",
    "tar --to-command=<<x>> -xf a",
    "tar -I <<x>> -xf a",
    "sort --compress-program <<x>> f",
    "rg --pre <<x>> y",
    # through others
    "env bash -c <<x>>",
    "env -i A=b sh -c <<x>>",
    "env A=<<x>> ls",
    "env -S <<x>>",
    "env <<x>>",
    "sudo sh -c <<x>>",
    "sudo -u bob sh -c <<x>>",
    "sudo --user bob awk <<x>> f",
    "sudo <<x>>",
    "timeout 5 sh -c <<x>>",
    "timeout -k 1 5 sh -c <<x>>",
    "timeout --signal KILL 5 awk <<x>> f",
    "timeout <<n>> ls",
    "nohup sh -c <<x>> &",
    "nice -n 5 python -c <<x>>",
    "xargs sh -c <<x>>",
    "xargs -I{} sh -c 'echo {} <<x>>'",
    "exec sh -c <<x>>",
    "command eval <<x>>",
    "busybox sh -c <<x>>",
    "time bash -c <<x>>",
    "stdbuf -oL nohup timeout 5 sh -c <<x>>",
    "find . -exec sh -c <<x>> \\;",
    "find . -name <<n>> -exec bash -c 'echo <<x>>' {} +",
    "find . -exec <<x>> {} \\;",
    "docker exec box sh -c <<x>>",
    "kubectl exec pod -- bash -lc <<x>>",
    "docker exec box python -c <<x>>",
    # what another command then runs
    "echo <<x>> | sh",
    "echo <<x>> | bash -s",
    "echo '<<x>>' | sudo sh",
    "printf %s <<x>> | python3",
    "printf %s <<x>> | python3 -",
    "echo <<x>> | psql db",
    "echo <<x>> | ssh host",
    "echo <<x>> | xargs rm",
    "echo <<x>> | tr , ' ' | xargs rm",
    "{ echo <<x>>; } | sh",
    'echo <<x>> | while read l; do eval "$l"; done',
    "echo <<x>> > f; sh < f",
]


@pytest.mark.parametrize("script", UNSAFE)
def test_a_hole_that_could_run_is_refused(script: str) -> None:
    prepared = prepare(script)
    assert prepared.problems
    assert all(where for _, where in prepared.problems)


def test_the_problem_names_its_hole() -> None:
    prepared = prepare("grep <<a>> f; sh -c <<b>>; ls <<c>>")
    assert prepared.problems == ((1, "in the script of sh"),)


@pytest.mark.parametrize(
    ("script", "guard", "never_empty"),
    [
        ("grep <<a>> <<b>>", ("VEGA_1", "VEGA_2"), ()),
        ("grep -- <<a>> <<b>>", (), ()),
        ("grep <<a>> -- <<b>>", ("VEGA_1",), ()),
        ("grep --x=<<a>>", (), ()),
        ('grep "<<a>>"', ("VEGA_1",), ()),
        ("grep ''<<a>>", ("VEGA_1",), ()),
        ("grep x<<a>>", (), ()),
        ("grep <<a>><<b>>", ("VEGA_1", "VEGA_2"), ()),
        ("touch <<a>>-<<b>>", ("VEGA_1",), ("VEGA_1",)),
        ("env -- grep <<a>>", ("VEGA_1",), ()),
        ("env grep -- <<a>>", (), ()),
        ("find -- <<a>>", ("VEGA_1",), ()),
        ("grep -- x; ls <<a>>", ("VEGA_1",), ()),
        ("ls $X<<a>>", ("VEGA_1",), ()),
    ],
)
def test_values_that_must_not_be_options(
    script: str, guard: tuple[str, ...], never_empty: tuple[str, ...]
) -> None:
    prepared = prepare(script)
    assert prepared.options_guard == guard
    assert prepared.never_empty == never_empty


def test_the_names_of_the_commands() -> None:
    assert prepare("cd a && env X=1 grep <<p>> f | sort").commands == ("cd", "env", "grep", "sort")


@pytest.mark.parametrize(
    ("words", "guard", "bad"),
    [
        (["grep", "-r", "--", "<<p>>"], (), False),
        (["grep", "<<p>>", "--x=<<q>>"], (1,), False),
        (["bash", "-c", "<<p>>"], (2,), True),
        (["<<p>>"], (0,), True),
        (["env", "sh", "-c", "echo <<p>>"], (), True),
        (["echo", "$(<<p>>)"], (), False),
    ],
)
def test_a_command_as_a_list(words: list[str], guard: tuple[int, ...], bad: bool) -> None:
    index = 0
    pieces: list[list[str | Hole]] = []
    for word in words:
        found = parts_of(word)
        shifted = [
            Hole(part.index + index, part.name) if isinstance(part, Hole) else part
            for part in found
        ]
        index += sum(isinstance(part, Hole) for part in found)
        pieces.append(shifted)
    prepared = prepare_argv(pieces)
    assert prepared.options_guard == guard
    assert bool(prepared.problems) == bad
