"""`[tool.vega]` in the nearest `pyproject.toml` above a program."""

from pathlib import Path
from typing import Any, cast

from msgspec import Struct, field

KEYS = ("exclude", "lints", "out")


class Config(Struct):
    """What a project sets for all its programs: patterns to leave out when folders are searched,
    severities of findings, and the folder for built modules. `problem` says what is wrong with
    the file, if anything."""

    exclude: tuple[str, ...] = ()
    lints: dict[str, str] = field(default_factory=dict[str, str])
    out: str | None = None
    file: Path | None = None
    problem: str = ""


def read_config(folder: Path) -> Config:
    """The configuration that holds in `folder`; an empty one where there is none."""
    folder = folder.resolve()
    for parent in (folder, *folder.parents):
        file = parent / "pyproject.toml"
        if file.is_file():
            found = _read(file)
            if found is not None:
                return found
    return Config()


def _read(file: Path) -> Config | None:
    text = file.read_text(encoding="utf-8", errors="replace")
    if "tool.vega" not in text and "[tool]" not in text:
        return None
    import tomllib

    try:
        data: dict[str, Any] = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        return Config(file=file, problem=f"{file} is not valid TOML: {error}")
    tool = data.get("tool")
    table = cast("dict[str, Any]", tool).get("vega") if isinstance(tool, dict) else None
    if not isinstance(table, dict):
        return None
    values = cast("dict[str, Any]", table)
    config = Config(file=file)
    for key, value in values.items():
        match key, value:
            case "exclude", list() if all(
                isinstance(item, str) for item in cast("list[Any]", value)
            ):
                config.exclude = tuple(cast("list[str]", value))
            case "lints", dict():
                config.lints = {str(k): str(v) for k, v in cast("dict[str, Any]", value).items()}
            case "out", str():
                config.out = value
            case _:
                known = ", ".join(KEYS)
                config.problem = f"{file}: [tool.vega] does not take this `{key}` (keys: {known})"
    return config
