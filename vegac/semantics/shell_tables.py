"""Tables of commands that take code as an argument, for the examination of shell scripts."""

import re
from collections.abc import Mapping
from typing import Final


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


SHELLS: Final = _words("""
    sh bash dash ash ksh mksh pdksh zsh fish yash rbash rksh posh csh tcsh pwsh powershell cmd
    elvish nu xonsh
""")

CODE_LETTERS: Final[Mapping[str, str]] = {
    **dict.fromkeys(SHELLS, "cCs"),
    "python": "c",
    "pypy": "c",
    "ipython": "c",
    "perl": "eEMm",
    "ruby": "er",
    "irb": "er",
    "node": "epr",
    "nodejs": "epr",
    "deno": "e",
    "bun": "epr",
    "ts-node": "epr",
    "php": "rRBE",
    "lua": "el",
    "luajit": "el",
    "R": "e",
    "Rscript": "e",
    "julia": "eEL",
    "groovy": "e",
    "scala": "e",
    "elixir": "er",
    "osascript": "e",
    "tclsh": "",
    "wish": "",
    "guile": "ceL",
    "swift": "e",
    "jshell": "",
}
"""Interpreters whose first operand is a file of code, with the options that take code itself."""

CODE_OPTION: Final = re.compile(
    r"--?(eval|exec|execute|execdir|ok|okdir|commands?|cmd|shell|rsh|pager|editor|ssh-command"
    r"|checkpoint-action|to-command|[\w-]*compress-program|\w+-filter|preprocessor|pre|split-string"
    r"|open-files-in-pager|rsync-path|proxy-command|upload-pack|receive-pack|config-env|exec-path)"
    r"(=|$)"
)
"""Options that take a command, whatever they belong to."""

INTERPRETER_OPTION: Final = re.compile(
    r"--?(eval|exec|execute|print|script|require|import|loader|run|[cC]ommand|[fF]ile|enc"
    r"|EncodedCommand|init-command|rcfile|init-file)(=|$)"
)
"""Long options of interpreters that take code."""

TAKE_AN_ARGUMENT: Final = re.compile(
    r"[-+][oOWXIdCFrL]|--(rcfile|init-file|require|import|loader|include|config)"
)
"""Options of interpreters that take an argument which is not the file of code."""

CODE_FILE: Final = re.compile(r".*(/|\.(py|sh|bash|zsh|pl|rb|js|mjs|cjs|ts|php|lua|R|jl|tcl|exs))")

SCRIPT_FIRST: Final[Mapping[str, Mapping[str, int]]] = {
    # Options by how many arguments they take that are data; 0 for the script, -1 for other code.
    "awk": {
        **dict.fromkeys(("-f", "-e", "-E", "--file", "--source", "--exec"), 0),
        **dict.fromkeys(("-i", "-l", "--include", "--load"), -1),
        **dict.fromkeys(("-F", "-v", "--assign", "--field-separator"), 1),
    },
    "sed": {
        **dict.fromkeys(("-e", "-f", "--expression", "--file"), 0),
        **dict.fromkeys(("-l", "--line-length"), 1),
    },
    "jq": {
        **dict.fromkeys(("-f", "--from-file"), 0),
        "-L": -1,
        "--indent": 1,
        **dict.fromkeys(("--arg", "--argjson", "--slurpfile", "--rawfile"), 2),
    },
    "yq": {},
}
"""Commands whose first operand is code, unless an option gave it."""

SAME_AS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("gawk", "mawk", "nawk"), "awk"),
    **dict.fromkeys(("gsed", "ssed"), "sed"),
    **dict.fromkeys(("gojq", "jaq"), "jq"),
}

ANY_ARGUMENT: Final = _words("""
    eval . source trap let declare typeset local export readonly unset read alias unalias getopts
    mapfile readarray enable complete compgen fc bind set shift exit return break continue
    ssh scp sftp rsh rlogin mosh autossh sshpass rsync telnet expect psql mysql mariadb sqlite3
    sqlite sqlcmd sqlplus mongo mongosh redis-cli duckdb clickhouse clickhouse-client cqlsh isql
    osqlquery influx cypher-shell watch su runuser script at batch crontab parallel flock vi vim
    view nvim ex ed emacs gdb lldb bc dc m4 make gmake gnuplot tmux screen socat nc ncat netcat
    npm npx pnpm yarn bunx uvx pipx entr inotifywait tcpdump systemd-run start-stop-daemon dialog
    whiptail octave matlab maxima gp sage prolog swipl sbcl clisp ghci iex erl cscript wscript
    mshta rundll32
""")
"""Commands whose every argument may end up as code."""

RUN_THEIR_INPUT: Final = _words("""
    psql mysql mariadb sqlite3 sqlite sqlcmd sqlplus mongo mongosh redis-cli duckdb clickhouse
    clickhouse-client cqlsh isql at batch crontab parallel ex ed vi vim nvim gdb lldb bc dc m4
    gnuplot ssh telnet expect source . eval socat nc ncat netcat su octave maxima gp
""")

WRAPPERS: Final[Mapping[str, tuple[str, int]]] = {
    # short options that take an argument, operands before the command
    "env": ("uCS", 0),
    "sudo": ("ughpCrtTUDR", 0),
    "doas": ("uC", 0),
    "nice": ("n", 0),
    "ionice": ("cnp", 0),
    "chrt": ("TPD", 1),
    "taskset": ("", 1),
    "timeout": ("ks", 1),
    "nohup": ("", 0),
    "setsid": ("", 0),
    "stdbuf": ("ioe", 0),
    "unbuffer": ("", 0),
    "time": ("fo", 0),
    "command": ("", 0),
    "builtin": ("", 0),
    "exec": ("a", 0),
    "busybox": ("", 0),
    "toybox": ("", 0),
    "chroot": ("", 1),
    "unshare": ("", 0),
    "nsenter": ("tSG", 0),
    "setpriv": ("", 0),
    "strace": ("eopsPuaIOSX", 0),
    "ltrace": ("eopsnuaFlx", 0),
    "valgrind": ("", 0),
    "xargs": ("ILnPdEsa", 0),
    "fakeroot": ("", 0),
    "bwrap": ("", 0),
    "firejail": ("", 0),
    "dbus-run-session": ("", 0),
    "xvfb-run": ("ensf", 0),
    "caffeinate": ("tw", 0),
    "winpty": ("", 0),
    "uv": ("", 1),
    "poetry": ("", 1),
    "pipenv": ("", 1),
    "bundle": ("", 1),
}
"""Commands that run the command in their arguments."""

TEST_OPERATORS: Final = _words("-eq -ne -lt -le -gt -ge -v -R")
GIT_CODE: Final = _words("config filter-branch bisect submodule alias -c --exec-path --config-env")

IGNORE_DOUBLE_DASH: Final = _words("""
    find test [ expr docker podman nerdctl kubectl oc cargo uv poetry lxc vagrant heroku
""")
"""Commands for which `--` does not end the options, or those of another command only."""

KNOWN: Final = frozenset(
    (*CODE_LETTERS, *SCRIPT_FIRST, *SAME_AS, *ANY_ARGUMENT, *WRAPPERS, "find", "git", "tar")
)
