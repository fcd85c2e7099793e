"""Finding the one program and the one workflow that a command is about."""

from collections.abc import Iterable
from pathlib import Path

from vegac.cli.problem import Problem
from vegac.source.suggest import available, did_you_mean

SUFFIX = ".vega.yaml"


def find_program(given: str | None) -> Path:
    """The program file: the given one, or the only one of a folder (by default this one).

    Raises Problem.
    """
    path = Path(given) if given is not None else Path()
    if path.is_dir():
        return _only(path)
    if path.exists():
        return path
    near = did_you_mean(path.name, (found.name for found in _programs(path.parent)))
    if not near and Path(f"{path}{SUFFIX}").is_file():
        near = f"did you mean '{path}{SUFFIX}'?"
    raise Problem(f"there is no file '{path}'", hint=near[:1].upper() + near[1:])


def looks_like_file(text: str) -> bool:
    """Whether a first argument names a program rather than a workflow."""
    return text.endswith((".yaml", ".yml")) or "/" in text or "\\" in text or Path(text).exists()


def find_workflow(given: str | None, names: Iterable[str], file: Path) -> str:
    """The workflow of that name, or the only one. Raises Problem."""
    known = list(names)
    if given is None:
        if len(known) == 1:
            return known[0]
        if not known:
            raise Problem(f"'{file}' has no workflow")
        listed = available("workflows", known)
        raise Problem(f"'{file}' has several workflows; name the one to run", hint=listed)
    if given in known:
        return given
    near = did_you_mean(given, known)
    hint = near[:1].upper() + near[1:] if near else available("workflows", known)
    raise Problem(f"'{file}' has no workflow '{given}'", hint=hint)


def _only(folder: Path) -> Path:
    found = _programs(folder)
    where = "this folder" if folder == Path() else f"'{folder}'"
    if not found:
        raise Problem(
            f"there is no *{SUFFIX} in {where}",
            hint="Name a program, or make one with 'vegac new DIR'.",
        )
    if len(found) > 1:
        raise Problem(
            f"there are several programs in {where}; name the one you mean",
            hint=available("programs", (path.name for path in found)),
        )
    return found[0]


def _programs(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.glob(f"*{SUFFIX}") if path.is_file())
    except OSError:
        return []
