"""Writing to the two streams: results to standard output, all else to standard error."""

import contextlib
import os
import sys
import tempfile
from pathlib import Path

from vegac.cli.problem import Problem, ReaderLeftError
from vegac.source.render.canvas import Role, style_of
from vegac.source.render.cells import visible


def out(text: str) -> None:
    """Write a result as it is; a final line feed is added where there is none.

    Raises ReaderLeftError when nobody reads it.
    """
    try:
        sys.stdout.write(text if text.endswith("\n") else text + "\n")
    except BrokenPipeError as error:
        raise ReaderLeftError from error


def note(text: str) -> None:
    """Write a remark for people to standard error."""
    try:
        sys.stderr.write(text + "\n")
        sys.stderr.flush()
    except BrokenPipeError as error:
        raise ReaderLeftError from error


def announce(kind: str, role: Role, message: str) -> None:
    """Write `KIND: MESSAGE` to standard error, the kind in colour on a terminal."""
    note(f"{style_of(sys.stderr).paint(kind, role)}: {visible(message)}")


def write_file(path: Path, text: str | bytes) -> None:
    """Write a file whole or not at all, making its folder where needed.

    Raises Problem when that fails; what stood there before is then unharmed.
    """
    data = text if isinstance(text, bytes) else text.encode("utf-8", "backslashreplace")
    target = path.resolve() if path.is_symlink() else path
    if target.exists() and not target.is_file():
        if target.is_dir():
            raise Problem(f"cannot write '{path}': it is a folder")
        # Devices and pipes, such as /dev/stdout, are written to and never replaced.
        target.write_bytes(data)
        return
    temporary = ""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(temporary).chmod(_mode(target))
        Path(temporary).replace(target)
    except OSError as error:
        with contextlib.suppress(OSError):
            Path(temporary).unlink()
        reason = error.strerror or str(error)
        raise Problem(f"cannot write '{path}': {reason}") from error
    except BaseException:
        with contextlib.suppress(OSError):
            Path(temporary).unlink()
        raise


def check_writable(path: Path) -> None:
    """Raises Problem where `write_file` could not write a file."""
    if path.is_dir():
        raise Problem(f"cannot write '{path}': it is a folder")
    folder = path.resolve().parent
    while not folder.exists():
        folder = folder.parent
    target = path if path.exists() and not path.is_file() else folder
    if not folder.is_dir():
        raise Problem(f"cannot write '{path}': '{folder}' is not a folder")
    if not os.access(target, os.W_OK):
        raise Problem(f"cannot write '{path}': permission denied")


def read_text(path: Path) -> str:
    """The text of a file. Raises Problem when it cannot be read or is not UTF-8."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise Problem(f"cannot read '{path}': {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise Problem(f"cannot read '{path}': it is not UTF-8 text") from error


def _mode(path: Path) -> int:
    """The permissions that a file has, or that a new one would get."""
    try:
        return path.stat().st_mode & 0o777
    except OSError:
        mask = os.umask(0)
        os.umask(mask)
        return 0o666 & ~mask
