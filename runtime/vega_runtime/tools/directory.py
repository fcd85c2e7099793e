"""Opening files beneath a folder, whatever symbolic links do meanwhile.

`FdDirectory` works relative to a descriptor of the folder: the kernel resolves the path beneath it
(`openat2`), or, where it cannot, the path is walked one name at a time without following links.
`PathDirectory` is for systems without either; it compares real paths and so holds only against
links that stand still.
"""

import contextlib
import ctypes
import errno
import os
import stat
import sys
from collections.abc import Generator, Sequence
from functools import cache
from pathlib import Path
from typing import Protocol

_MAX_LINKS = 40
_ATTEMPTS = 100
_SYS_OPENAT2 = 437
_RESOLVE_NO_MAGICLINKS = 0x02
_RESOLVE_NO_SYMLINKS = 0x04
_RESOLVE_BENEATH = 0x08
_DIRECTORY = (
    os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_CLOEXEC", 0)
)  # absent on Windows
_NOFOLLOW = getattr(os, "O_NOFOLLOW", 0)


class Escape(OSError):
    """The path leads out of the folder."""


class Directory(Protocol):
    """A folder; `parts` are plain names beneath it, never `..`."""

    @property
    def location(self) -> str:
        """A path by which another process that is started now reaches the folder."""
        ...

    def open(self, parts: Sequence[str], flags: int, *, links: bool = True) -> int:
        """A descriptor of a file. Raises Escape, or another OSError."""
        ...

    def enter(self, parts: Sequence[str], *, links: bool = True) -> "Directory":
        """A folder beneath. Raises Escape, or another OSError."""
        ...

    def make(self, name: str) -> None:
        """Make a folder directly in this one; one that is there is fine."""
        ...

    def create(self, name: str) -> int:
        """A descriptor of a new file directly in this folder."""
        ...

    def status(self, name: str) -> os.stat_result | None:
        """The status of a name directly in this folder, of a link itself; None if not there."""
        ...

    def replace(self, old: str, new: str) -> None: ...

    def remove(self, name: str) -> None: ...

    def entries(self) -> list[tuple[str, bool]]:
        """Names in the folder, each with whether it is a folder (a link never is)."""
        ...

    def close(self) -> None: ...


class FdDirectory:
    """A folder by its descriptor."""

    __slots__ = ("_by_kernel", "fd")

    def __init__(self, fd: int, *, by_kernel: bool) -> None:
        self.fd = fd
        self._by_kernel = by_kernel

    @property
    def location(self) -> str:
        if sys.platform == "linux":
            return f"/proc/self/fd/{self.fd}"
        import fcntl

        return os.fsdecode(fcntl.fcntl(self.fd, fcntl.F_GETPATH, bytes(1024)).rstrip(b"\0"))

    def open(self, parts: Sequence[str], flags: int, *, links: bool = True) -> int:
        flags |= os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY
        if not parts:
            return os.open(".", flags, dir_fd=self.fd)
        if self._by_kernel:
            return _open_beneath(self.fd, "/".join(parts), flags, links=links)
        return _walk(self.fd, parts, flags, links=links)

    def enter(self, parts: Sequence[str], *, links: bool = True) -> "FdDirectory":
        fd = self.open(parts, _DIRECTORY, links=links)
        return FdDirectory(fd, by_kernel=self._by_kernel)

    def make(self, name: str) -> None:
        with contextlib.suppress(FileExistsError):
            os.mkdir(name, dir_fd=self.fd)

    def create(self, name: str) -> int:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
        return os.open(name, flags, 0o666, dir_fd=self.fd)

    def status(self, name: str) -> os.stat_result | None:
        try:
            return os.stat(name, dir_fd=self.fd, follow_symlinks=False)
        except FileNotFoundError:
            return None

    def replace(self, old: str, new: str) -> None:
        os.rename(old, new, src_dir_fd=self.fd, dst_dir_fd=self.fd)

    def remove(self, name: str) -> None:
        os.unlink(name, dir_fd=self.fd)

    def entries(self) -> list[tuple[str, bool]]:
        with os.scandir(self.fd) as found:
            return [(entry.name, entry.is_dir(follow_symlinks=False)) for entry in found]

    def close(self) -> None:
        os.close(self.fd)


class PathDirectory:
    """A folder by its path, for systems that cannot open relative to a descriptor."""

    __slots__ = ("_path", "_root")

    def __init__(self, path: Path, root: Path | None = None) -> None:
        self._path = path.resolve()
        self._root = self._path if root is None else root

    @property
    def location(self) -> str:
        return str(self._path)

    def _beneath(self, parts: Sequence[str], *, links: bool) -> Path:
        path = self._path.joinpath(*parts)
        try:
            real = path.resolve()
        except RuntimeError:
            raise OSError(errno.ELOOP, "links that lead to themselves") from None
        if not real.is_relative_to(self._root):
            raise Escape(errno.EXDEV, "leads out")
        if not links and real != path:
            raise OSError(errno.ELOOP, "a symbolic link")
        return real

    def open(self, parts: Sequence[str], flags: int, *, links: bool = True) -> int:
        path = self._beneath(parts, links=links)
        # Without O_NONBLOCK a named pipe would hang in open.
        if path.exists() and not (path.is_file() or path.is_dir()):
            raise OSError(errno.ENXIO, "not a regular file")
        return os.open(path, flags | _NOFOLLOW | getattr(os, "O_BINARY", 0), 0o666)

    def enter(self, parts: Sequence[str], *, links: bool = True) -> "PathDirectory":
        path = self._beneath(parts, links=links)
        if not path.is_dir():
            missing = not path.exists()
            raise OSError(errno.ENOENT if missing else errno.ENOTDIR, "not a folder")
        return PathDirectory(path, self._root)

    def make(self, name: str) -> None:
        with contextlib.suppress(FileExistsError):
            (self._path / name).mkdir()

    def create(self, name: str) -> int:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NOFOLLOW | getattr(os, "O_BINARY", 0)
        return os.open(self._path / name, flags, 0o666)

    def status(self, name: str) -> os.stat_result | None:
        try:
            return (self._path / name).lstat()
        except FileNotFoundError:
            return None

    def replace(self, old: str, new: str) -> None:
        (self._path / old).replace(self._path / new)

    def remove(self, name: str) -> None:
        (self._path / name).unlink()

    def entries(self) -> list[tuple[str, bool]]:
        with os.scandir(self._path) as found:
            return [(entry.name, entry.is_dir(follow_symlinks=False)) for entry in found]

    def close(self) -> None:
        """Nothing is held open."""


def open_directory(path: Path, method: str | None = None) -> Directory:
    """Open a folder. `method` is `kernel`, `walk` or `path`; None takes the best there is."""
    if method is None:
        method = best_method()
    if method == "path":
        path.stat()
        return PathDirectory(path)
    return FdDirectory(os.open(path, _DIRECTORY), by_kernel=method == "kernel")


@cache
def best_method() -> str:
    """The strongest way that this system has."""
    if sys.platform not in ("linux", "darwin"):
        return "path"
    return "kernel" if _kernel_resolves() else "walk"


@cache
def _kernel_resolves() -> bool:
    if sys.platform != "linux":
        return False
    here = os.open("/", _DIRECTORY)
    try:
        os.close(_open_beneath(here, ".", _DIRECTORY, links=True))
    except OSError:
        return False
    finally:
        os.close(here)
    return True


class _OpenHow(ctypes.Structure):
    _fields_ = (
        ("flags", ctypes.c_uint64),
        ("mode", ctypes.c_uint64),
        ("resolve", ctypes.c_uint64),
    )


@cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _open_beneath(directory: int, path: str, flags: int, *, links: bool) -> int:
    resolve = _RESOLVE_BENEATH | _RESOLVE_NO_MAGICLINKS
    if not links:
        resolve |= _RESOLVE_NO_SYMLINKS
    mode = 0o666 if flags & os.O_CREAT else 0
    how = _OpenHow(flags, mode, resolve)
    name = os.fsencode(path)
    for _ in range(_ATTEMPTS):
        fd: int = _libc().syscall(
            _SYS_OPENAT2, directory, name, ctypes.byref(how), ctypes.sizeof(how)
        )
        if fd >= 0:
            return fd
        code = ctypes.get_errno()
        if code == errno.EXDEV:
            raise Escape(code, "leads out", path)
        # The tree was renamed while the kernel looked: it asks for another try.
        if code not in (errno.EAGAIN, errno.EINTR):
            raise OSError(code, os.strerror(code), path)
    raise OSError(errno.EAGAIN, "the folder changes too fast", path)


def _walk(directory: int, parts: Sequence[str], flags: int, *, links: bool) -> int:
    """Open name by name; a link is read, and its target is walked in the same way."""
    pending = list(reversed(parts))
    seen_links = 0
    with _Stack(directory) as stack:
        while True:
            name = pending.pop()
            if name in ("", "."):
                if pending:
                    continue
                name = "."
            elif name == "..":
                stack.leave()
                if pending:
                    continue
                name = "."
            try:
                if not pending:
                    return os.open(name, flags | _NOFOLLOW, 0o666, dir_fd=stack.top)
                stack.enter(os.open(name, _DIRECTORY | _NOFOLLOW, dir_fd=stack.top))
            except OSError as problem:
                target = _link_target(stack.top, name)
                if target is None:
                    raise
                seen_links += 1
                if not links or seen_links > _MAX_LINKS:
                    raise OSError(errno.ELOOP, "a symbolic link") from problem
                if target.startswith("/"):
                    raise Escape(errno.EXDEV, "leads out") from problem
                pending += reversed(target.split("/"))


def _link_target(directory: int, name: str) -> str | None:
    with contextlib.suppress(OSError):
        if stat.S_ISLNK(os.stat(name, dir_fd=directory, follow_symlinks=False).st_mode):
            return os.readlink(name, dir_fd=directory)
    return None


class _Stack:
    """Descriptors of the folders walked through, so that `..` steps back instead of looking up."""

    def __init__(self, bottom: int) -> None:
        self._bottom = bottom
        self._opened: list[int] = []

    @property
    def top(self) -> int:
        return self._opened[-1] if self._opened else self._bottom

    def enter(self, fd: int) -> None:
        self._opened.append(fd)

    def leave(self) -> None:
        if not self._opened:
            raise Escape(errno.EXDEV, "leads out")
        os.close(self._opened.pop())

    def __enter__(self) -> "_Stack":
        return self

    def __exit__(self, *_: object) -> None:
        for fd in self._opened:
            os.close(fd)


@contextlib.contextmanager
def closing(directory: Directory) -> Generator[Directory]:
    """Close a folder at the end."""
    try:
        yield directory
    finally:
        directory.close()
