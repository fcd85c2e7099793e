"""Finding program files under folders, as git would: ignored files are left out."""

import os
import subprocess
from collections.abc import Iterator, Sequence
from fnmatch import fnmatch
from pathlib import Path

SKIPPED = {".git", ".vega", "__pycache__", "node_modules", ".venv", "venv", ".tox", "site-packages"}


def programs_under(
    folder: Path, suffix: str = ".vega.yaml", exclude: Sequence[str] = ()
) -> list[Path]:
    """The files under `folder` whose name ends in `suffix`, sorted, without those that match a
    pattern of `exclude` (relative to the folder, as in `drafts/*` or `old.vega.yaml`)."""
    return sorted(
        path
        for path in _files(folder)
        if path.name.endswith(suffix)
        and not any(
            fnmatch(path.relative_to(folder).as_posix(), pattern) or fnmatch(path.name, pattern)
            for pattern in exclude
        )
    )


def _files(folder: Path) -> Iterator[Path]:
    listed = _git_files(folder)
    if listed is not None:
        yield from listed
        return
    for root, folders, names in os.walk(folder):
        folders[:] = sorted(
            name
            for name in folders
            if name not in SKIPPED and not (Path(root) / name / "pyvenv.cfg").exists()
        )
        for name in names:
            yield Path(root) / name


def _git_files(folder: Path) -> list[Path] | None:
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
    names = result.stdout.decode(errors="surrogateescape").split("\0")
    return [folder / name for name in names if name and (folder / name).is_file()]
