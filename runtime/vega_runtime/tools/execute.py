"""Tools that run a command of the program, with values that a shell never reads as code."""

import os
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from tempfile import TemporaryDirectory
from typing import Unpack

from vega_runtime.env import EnvText
from vega_runtime.errors import ConfigError, ToolError
from vega_runtime.tools.definition import (
    Args,
    Joined,
    Template,
    Tool,
    ToolContext,
    ToolOptions,
    render,
    render_text,
    texts_of,
)
from vega_runtime.tools.process import (
    MAX_OUTPUT,
    Finished,
    clean_environment,
    run_command,
    unfit,
)

DEFAULT_TIMEOUT = 60.0
"""Seconds that a command may take."""


@dataclass(frozen=True, slots=True)
class Command:
    """A shell script whose holes are variables, such as `grep -c "$VEGA_1"`.

    `variables` give their values from the arguments. A value of a name in `options_guard` must
    not start with `-`, and one in `never_empty` must not be empty: it stands at the start of a
    word. Names in `globs` are unquoted, for the shell's patterns. `commands` are the names of the
    commands in the script.
    """

    script: str
    variables: Mapping[str, Callable[[Args], str]]
    options_guard: tuple[str, ...] = ()
    never_empty: tuple[str, ...] = ()
    globs: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Argv:
    """A command as a list of words; those at `options_guard` must not start with `-`."""

    words: tuple[Template, ...]
    options_guard: tuple[int, ...] = ()

    @classmethod
    def of(cls, words: Sequence[Template]) -> "Argv":
        """Guard every computed word that no `--` stands before."""
        end = words.index("--") if "--" in words else len(words)
        computed = (i for i, word in enumerate(words) if callable(word) or isinstance(word, Joined))
        return cls(tuple(words), tuple(index for index in computed if index < end))


class ExecTool(Tool):
    """Runs a command in the sandbox's folder.

    Values travel in the environment or as words of their own, never inside the script. `timeout`
    is in seconds. With `allowed_commands` the command must be one of them.
    """

    templates = ("env", "cwd")
    limits = ("allowed_commands", "allowed_paths")
    usual_capabilities = ("exec",)

    def __init__(
        self,
        name: str,
        *,
        command: Command | Argv | tuple[Template, ...],
        env: Mapping[str, Template] | None = None,
        cwd: Template | None = None,
        timeout: float = DEFAULT_TIMEOUT,
        **options: Unpack[ToolOptions],
    ) -> None:
        super().__init__(name, **options)
        self.command = Argv.of(command) if isinstance(command, tuple) else command
        self.env = dict(env or {})
        self.cwd = cwd
        self.timeout = timeout

    def env_texts(self) -> Iterator[EnvText]:
        yield from super().env_texts()
        if isinstance(self.command, Argv):
            yield from texts_of(self.command.words)

    def prepare(self, context: ToolContext) -> None:
        super().prepare(context)
        if isinstance(self.command, Command) and self.allowed_commands:
            for name in self.command.commands:
                if name not in self.allowed_commands:
                    raise ConfigError(
                        f"tool {self.name}: its command uses '{name}', but allowed_commands has"
                        f" only {', '.join(self.allowed_commands)}"
                    )
        if self.allowed_paths:
            _check_folders(self)

    async def run(self, args: Args, context: ToolContext) -> str:
        variables = {
            name: _fit(render_text(value, args, context.env), name)
            for name, value in self.env.items()
        }
        if isinstance(self.command, Command):
            variables.update(_values(self.command, args))
            argv = _shell(_script(self.command))
        else:
            argv = self._words(self.command, args, context)
        folder = "." if self.cwd is None else render_text(self.cwd, args, context.env)
        return await _run_in_sandbox(
            argv,
            context,
            folder,
            seconds=self.timeout,
            variables=variables,
            folders=[_folder_of(glob) for glob in self.allowed_paths],
            confine=bool(self.allowed_paths),
        )

    def _words(self, command: Argv, args: Args, context: ToolContext) -> list[str]:
        words: list[str] = []
        for index, template in enumerate(command.words):
            value = render(template, args, context.env)
            word = _fit(render_text(value, args, context.env), f"word {index + 1} of the command")
            if index in command.options_guard:
                _not_an_option(word)
            words.append(word)
        if self.allowed_commands and words[0] not in self.allowed_commands:
            allowed = ", ".join(self.allowed_commands)
            raise ToolError(f"the command '{words[0]}' is not allowed (allowed: {allowed})")
        return words


def _values(command: Command, args: Args) -> dict[str, str]:
    values: dict[str, str] = {}
    for name, value_of in command.variables.items():
        value = _fit(value_of(args), "a value of the command")
        if name in command.options_guard:
            _not_an_option(value)
            if name in command.globs and value[:1] in ("*", "?", "["):
                value = f"./{value}"  # or a file named `-rf` would come out as an option
        if name in command.never_empty and not value:
            raise ToolError("an empty value is refused at the start of this word of the command")
        values[name] = value
    return values


def _script(command: Command) -> str:
    """Without field separators an unquoted value stays one word, and only its patterns count."""
    return f"IFS=\n{command.script}" if command.globs else command.script


def _fit(value: str, what: str) -> str:
    if reason := unfit(value):
        raise ToolError(f"{what} is refused: {reason}")
    return value


def _not_an_option(value: str) -> None:
    if value.startswith("-"):
        shown = value if len(value) <= 60 else value[:57] + "..."
        raise ToolError(
            f"the value {shown!r} is refused: it starts with '-' and the command would take it"
            " for an option (a path may be written './-name')"
        )


class RunCommandTool(Tool):
    """Runs a command that the model wrote, in a shell confined to the sandbox where possible.

    With `allowed_commands` there is no shell: the text is split into words, and the first must be
    one of them.
    """

    limits = ("allowed_commands", "allowed_paths")
    usual_capabilities = ("exec",)

    def __init__(
        self,
        name: str,
        *,
        confine: bool = True,
        max_timeout: float = 600.0,
        **options: Unpack[ToolOptions],
    ) -> None:
        super().__init__(name, **options)
        self.confine = confine
        self.max_timeout = max_timeout

    def prepare(self, context: ToolContext) -> None:
        super().prepare(context)
        if self.allowed_paths:
            _check_folders(self)

    def remark(self) -> str | None:
        from vega_runtime.tools.landlock import confinement

        reason = confinement() if self.confine and not self.allowed_commands else None
        if reason is None:
            return None
        return f"commands of the tool {self.name} are not confined to the sandbox: {reason}"

    async def run(self, args: Args, context: ToolContext) -> str:
        command = _fit(args["command"], "the command")
        argv = self._split(command) if self.allowed_commands else _shell(command)
        timeout: float = args["timeout"]
        if not 0 < timeout <= self.max_timeout:
            raise ToolError(f"'timeout' must be between 0 and {self.max_timeout:g} seconds")
        return await _run_in_sandbox(
            argv,
            context,
            args.get("cwd") or ".",
            seconds=timeout,
            folders=[_folder_of(glob) for glob in self.allowed_paths],
            confine=self.confine,
        )

    def _split(self, text: str) -> list[str]:
        try:
            words = shlex.split(text)
        except ValueError as problem:
            raise ToolError(f"the command cannot be split into words: {problem}") from None
        allowed = ", ".join(self.allowed_commands)
        if not words or words[0] not in self.allowed_commands:
            name = words[0] if words else ""
            raise ToolError(f"the command '{name}' is not allowed (allowed: {allowed})")
        return words


def _shell(text: str) -> list[str]:
    if os.name == "nt":
        return [os.environ.get("COMSPEC", "cmd.exe"), "/c", text]
    return ["/bin/sh", "-c", text]


def _folder_of(glob: str) -> str:
    return glob.removesuffix("**").rstrip("/") or "."


def _check_folders(tool: Tool) -> None:
    """The system bounds commands by folders, not by patterns, and some systems not at all."""
    from vega_runtime.tools import landlock

    for glob in tool.allowed_paths:
        if not glob.endswith("**") or any(c in glob[:-2] for c in "*?["):
            raise ConfigError(
                f"tool {tool.name}: allowed_paths of a command are folders such as 'docs/**',"
                f" not '{glob}'"
            )
    if not landlock.available():
        raise ConfigError(
            f"tool {tool.name}: allowed_paths of a command need Landlock, which this system lacks"
        )


async def _run_in_sandbox(
    argv: Sequence[str],
    context: ToolContext,
    folder: str,
    *,
    seconds: float,
    variables: Mapping[str, str] | None = None,
    folders: Sequence[str] = (),
    confine: bool,
) -> str:
    """Run a command in a folder of the sandbox, confined where wanted and possible."""
    from vega_runtime.tools import landlock

    sandbox = context.files()
    with ExitStack() as stack:
        cwd = stack.enter_context(sandbox.folder(folder))
        env = clean_environment(context.env, str(sandbox.path.resolve()), variables)
        restrict = None
        if confine and landlock.available():
            env["TMPDIR"] = stack.enter_context(
                TemporaryDirectory(prefix="vega-", ignore_cleanup_errors=True)
            )
            writable = [str(root.path) for root in sandbox.roots if not root.read_only]
            if folders:
                writable = [stack.enter_context(sandbox.folder(name)) for name in folders]
            readable = [str(root.path) for root in sandbox.roots if root.read_only]
            restrict = landlock.rules([*writable, env["TMPDIR"]], readable, env["PATH"])
        return await execute(argv, cwd=cwd, env=env, seconds=seconds, confine=restrict)


async def execute(
    argv: Sequence[str],
    *,
    cwd: str,
    env: Mapping[str, str],
    seconds: float,
    confine: Callable[[], None] | None = None,
) -> str:
    """Run a command; its output. Raises ToolError for a status other than 0 and for a time-out."""
    try:
        finished = await run_command(
            argv, cwd=cwd, env=env, seconds=seconds, limit=MAX_OUTPUT, confine=confine
        )
    except OSError as problem:
        raise ToolError(f"cannot run '{argv[0]}': {problem.strerror or problem}") from None
    shown = _shown(finished)
    if finished.expired:
        raise ToolError(
            f"the command timed out: it was stopped after {seconds:g} s\n{shown}".rstrip()
        )
    if finished.status < 0:
        raise ToolError(f"the command was ended by signal {-finished.status}\n{shown}".rstrip())
    if finished.status:
        raise ToolError(f"the command ended with status {finished.status}\n{shown}".rstrip())
    return shown or "(no output)"


def _shown(finished: Finished) -> str:
    output, errors = finished.output.rstrip("\n"), finished.errors.rstrip("\n")
    if not errors:
        return output
    return f"{output}\n[standard error]\n{errors}".lstrip("\n")
