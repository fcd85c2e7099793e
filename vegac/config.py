"""`[tool.vega]` in the nearest `pyproject.toml` above a program."""

from collections.abc import Mapping
from fnmatch import fnmatch
from pathlib import Path
from typing import Any, cast

from msgspec import Struct, field

from vegac.source.reading import is_file
from vegac.source.registry import CODES
from vegac.source.suggest import available, did_you_mean

KEYS = ("exclude", "lints", "out")
SEVERITIES = ("error", "warning", "info", "off")


class Config(Struct):
    """What a project sets for all its programs: patterns to leave out when folders are searched,
    severities of findings, and the folder for built modules. `file` is where that stands, and
    `problem` what is wrong with it, if anything."""

    exclude: tuple[str, ...] = ()
    lints: dict[str, str] = field(default_factory=dict[str, str])
    out: str | None = None
    file: Path | None = None
    problem: str = ""

    def excludes(self, path: Path) -> bool:
        """Whether a file is to be left out where folders are searched.

        A pattern is for the path from the folder of `pyproject.toml`, for a folder on this path,
        or for a name alone: `drafts/*`, `drafts` and `old.vega.yaml`. One that begins with `/` or
        `./` is for no name further down.
        """
        if self.file is None or not self.exclude:
            return False
        try:
            inner = path.resolve().relative_to(self.file.parent)
        except ValueError:
            return False
        paths = [inner.as_posix(), *(parent.as_posix() for parent in inner.parents)][:-1]
        for pattern in self.exclude:
            names = () if pattern.startswith(("/", "./")) else inner.parts
            wanted = pattern.removeprefix("./").strip("/")
            if any(fnmatch(text, wanted) for text in (*paths, *names)):
                return True
        return False

    def output_folder(self) -> Path | None:
        """Where built modules go; relative paths count from the folder of `pyproject.toml`."""
        if self.out is None or self.file is None:
            return None
        return self.file.parent / self.out


def read_config(folder: Path) -> Config:
    """The configuration that holds in `folder`; an empty one where there is none."""
    for file in config_files(folder):
        if is_file(file):
            found = _read(file)
            if found is not None:
                return found
    return Config()


def config_files(folder: Path) -> list[Path]:
    """Where the configuration of a folder may stand, the nearest place first."""
    folder = folder.resolve()
    return [parent / "pyproject.toml" for parent in (folder, *folder.parents)]


def _read(file: Path) -> Config | None:
    try:
        text = file.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        return Config(file=file, problem=f"cannot read '{file}': {error.strerror or error}")
    if "vega" not in text:
        return None
    import tomllib

    try:
        data: dict[str, Any] = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        return Config(file=file, problem=f"'{file}' is not valid TOML: {error}")
    tool = data.get("tool")
    table = cast("dict[str, Any]", tool).get("vega") if isinstance(tool, dict) else None
    if table is None:
        return None
    config = Config(file=file)
    if isinstance(table, dict):
        problem = _fill(config, cast("dict[str, Any]", table))
    else:
        problem = "`tool.vega` is a table"
    config.problem = f"'{file}': {problem}" if problem else ""
    return config


def _fill(config: Config, table: Mapping[str, Any]) -> str:
    """Take over the values of `[tool.vega]`; what is wrong with the first bad one, or ""."""
    problems: list[str] = []
    for key, value in table.items():
        match key, value:
            case "exclude", list() if all(isinstance(item, str) for item in _items(value)):
                config.exclude = tuple(_items(value))
            case "exclude", _:
                problems.append("`exclude` is a list of patterns, such as ['drafts/*']")
            case "out", str():
                config.out = value
            case "out", _:
                problems.append("`out` is the name of a folder")
            case "lints", dict():
                lints = cast("dict[str, Any]", value)
                config.lints = {code: str(severity) for code, severity in lints.items()}
                problems += (_lint_problem(code, severity) for code, severity in lints.items())
            case "lints", _:
                problems.append("`lints` is a table from diagnostics to severities")
            case _:
                known = did_you_mean(key, KEYS) or available("keys", KEYS)
                problems.append(f"[tool.vega] has no key '{key}'; {known}")
    return next(filter(None, problems), "")


def _items(value: Any) -> list[Any]:
    return cast("list[Any]", value)


def _lint_problem(code: str, severity: object) -> str:
    if code not in CODES:
        known = did_you_mean(code, CODES) or "`vegac explain` lists all of them"
        return f"`lints` names '{code}', and there is no such diagnostic; {known}"
    if severity not in SEVERITIES:
        words = ", ".join(SEVERITIES)
        return f"`lints` sets '{code}' to {severity!r}; it can be one of {words}"
    return ""
