"""What `vegac fmt` does."""

import sys
from collections.abc import Iterable
from pathlib import Path

from msgspec import Struct

from vegac.cli.diffs import diff
from vegac.cli.problem import Problem
from vegac.cli.terminal import announce, note, out, write_file
from vegac.discovery import programs_under
from vegac.formatting.document import Formatted, format_text
from vegac.formatting.holes import Delimiters
from vegac.source.reading import is_folder, is_missing
from vegac.source.render import count
from vegac.workspace import SUFFIX, TEST_SUFFIX, UsageError, Workspace

_STDIN = Path("-")


class Format(Struct, frozen=True):
    """The command line of `vegac fmt`."""

    paths: tuple[Path, ...]
    check: bool = False
    diff: bool = False
    delimiters: Delimiters | None = None
    stdin: bool = False


def run(wanted: Format) -> int:
    """Format; the exit status. Raises Problem for wrong usage."""
    if wanted.stdin or _STDIN in wanted.paths:
        return _stream(wanted)
    changed = failed = 0
    files = _files(wanted.paths)
    for path in files:
        try:
            changed += _file(path, wanted)
        except Problem as problem:
            announce("error", "error", problem.message)
            failed += 1
    dry = wanted.check or wanted.diff
    note(_summary(changed, len(files) - changed - failed, dry) or "nothing was formatted")
    return 2 if failed else int(dry and changed > 0)


def _summary(changed: int, rest: int, dry: bool) -> str:
    would = "would be " if dry else ""
    parts = [f"{count(changed, 'file')} {would}formatted"] if changed else []
    if rest:
        parts.append(f"{count(rest, 'file')} {would}left as {'it is' if rest == 1 else 'they are'}")
    return ", ".join(parts)


def _file(path: Path, wanted: Format) -> bool:
    """Format one file; whether that changes it. Raises Problem where it cannot be used."""
    before = _decoded(_read(path), f"'{path}'")
    formatted = format_text(before, wanted.delimiters)
    _tell(formatted, str(path))
    if formatted.text == before:
        return False
    if wanted.diff:
        out(diff(path.as_posix(), before, formatted.text))
    elif wanted.check:
        out(f"{path}\n")
    else:
        write_file(path, formatted.text)
    return True


def _stream(wanted: Format) -> int:
    """Standard input to standard output, byte for byte where nothing changes."""
    if len(wanted.paths) > (not wanted.stdin):
        raise Problem("standard input is formatted alone, without files")
    before = _decoded(sys.stdin.buffer.read(), "standard input")
    formatted = format_text(before, wanted.delimiters)
    _tell(formatted, "standard input")
    changed = formatted.text != before
    if wanted.diff and changed:
        out(diff("stdin", before, formatted.text))
    elif not (wanted.diff or wanted.check):
        sys.stdout.flush()
        sys.stdout.buffer.write(formatted.text.encode())
    return int(changed and (wanted.check or wanted.diff))


def _tell(formatted: Formatted, name: str) -> None:
    for found in formatted.notes:
        where = f"{name}:{found.line}" if found.line else name
        announce("note", "label", f"{where}: {found.message}")


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise Problem(f"cannot read '{path}': {error.strerror or error}") from error


def _decoded(data: bytes, name: str) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise Problem(f"cannot format {name}: it is not UTF-8 text") from error


def _files(paths: Iterable[Path]) -> list[Path]:
    """Files as given, and the programs and tests under folders. Raises Problem for none."""
    workspace = Workspace()
    found: dict[Path, Path] = {}
    try:
        for path in list(paths) or [Path()]:
            if is_missing(path):
                raise Problem(f"there is no file or folder '{path}'")
            inside = [path]
            if is_folder(path):
                inside = [
                    file
                    for suffix in (SUFFIX, TEST_SUFFIX)
                    for file in programs_under(path, suffix, workspace.excluded)
                ]
            for file in inside:
                found.setdefault(file.absolute(), file)
    except UsageError as error:
        raise Problem(str(error)) from error
    if not found:
        raise Problem(
            "there is nothing to format here",
            hint=f"Folders are searched for '*{SUFFIX}' and '*{TEST_SUFFIX}'.",
        )
    return sorted(found.values())
