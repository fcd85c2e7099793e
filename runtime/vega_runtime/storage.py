"""Files that several processes may write, and that are whole whatever happens."""

import os
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

LOCK_SECONDS = 30.0
"""How long a writer waits for others."""


def write_atomically(path: Path, data: bytes) -> None:
    """Replace a file: whoever reads it sees the old content or the new, also after a crash.

    Its folder is made where it is missing. Raises OSError.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    unfinished = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    except BaseException:
        with suppress(OSError):
            unfinished.unlink()
        raise
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    """Make a new name in a folder survive a loss of power, where the system can do that."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


@contextmanager
def locked(path: Path) -> Generator[None]:
    """Keep other processes and threads that ask for the same lock out.

    The lock is held on a file of its own beside `path`. A process that dies gives it back. Raises
    TimeoutError when others hold it for too long.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path.with_name(f"{path.name}.lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        patience = time.monotonic() + LOCK_SECONDS
        while not _take(descriptor):
            if time.monotonic() > patience:
                raise TimeoutError(f"another process holds the lock of {path}")
            time.sleep(0.005)
        yield
    finally:
        os.close(descriptor)


if os.name == "nt":  # pragma: no cover

    def _take(descriptor: int) -> bool:
        import msvcrt

        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)  # pyright: ignore
        except OSError:
            return False
        return True

else:

    def _take(descriptor: int) -> bool:
        import fcntl

        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
