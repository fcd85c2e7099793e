"""Finding program files under folders, as git would: ignored files are left out."""

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

from vegac.source.reading import is_file

SKIPPED = {".git", ".vega", "__pycache__", "node_modules", ".venv", "venv", ".tox", "site-packages"}


def programs_under(
    folder: Path,
    suffix: str | tuple[str, ...] = ".vega.yaml",
    excluded: Callable[[Path], bool] = lambda _: False,
) -> list[Path]:
    """The files under `folder` whose name ends in `suffix` (one of them) and that are not
    `excluded`, and folders that nobody may look into, which reading them will tell; sorted."""
    return sorted(path for path in _files(folder, suffix) if not excluded(path))


def _files(folder: Path, suffix: str | tuple[str, ...]) -> Iterator[Path]:
    listed = _git_files(folder, suffix)
    if listed is not None:
        skipped: dict[Path, bool] = {folder: False}
        yield from (path for path in listed if not _inside_skipped(path.parent, skipped))
        return
    closed: list[OSError] = []
    for root, folders, names in os.walk(folder, onerror=closed.append):
        folders[:] = [name for name in folders if not _is_skipped(Path(root) / name)]
        for name in names:
            path = Path(root) / name
            # No pipe or device.
            if _is_named(name, suffix) and (is_file(path) or _is_unseen(path)):
                yield path
    yield from (Path(error.filename) for error in closed if isinstance(error, PermissionError))


def _is_named(name: str, suffix: str | tuple[str, ...]) -> bool:
    # Editors mark a file that is being changed with a link to nowhere, `.#NAME`.
    return name.endswith(suffix) and not name.rpartition("/")[2].startswith(".#")


def _is_unseen(path: Path) -> bool:
    """Whether it cannot be told what this is, which is reported when it is read."""
    return not os.path.exists(path)  # noqa: PTH110


def _is_skipped(folder: Path) -> bool:
    return folder.name in SKIPPED or is_file(folder / "pyvenv.cfg")


def _inside_skipped(folder: Path, known: dict[Path, bool]) -> bool:
    """Whether a folder or one above it is skipped; `known` ends the way up."""
    if folder not in known:
        known[folder] = _is_skipped(folder) or _inside_skipped(folder.parent, known)
    return known[folder]


def _git_files(folder: Path, suffix: str | tuple[str, ...]) -> list[Path] | None:
    """What git tracks or would track under `folder`; None outside of a repository."""
    if not any(
        (parent / ".git").exists() for parent in [folder.resolve(), *folder.resolve().parents]
    ):
        return None
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        result = subprocess.run(command, cwd=folder, capture_output=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    if result.returncode != 0:
        return None
    names = os.fsdecode(result.stdout).split("\0")
    paths = [folder / name for name in names if _is_named(name, suffix)]
    # Tracked files may be gone; a link to nothing is reported when it is read.
    return [path for path in paths if is_file(path) or (path.is_symlink() and _is_unseen(path))]
