"""The folders that a program's tools may touch.

Every path is relative to a root and is resolved beneath it by the operating system, not by
comparing strings, so that a symbolic link that is swapped in meanwhile leads nowhere.
"""

import contextlib
import errno
import os
import re
import secrets
import stat
import unicodedata
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from vega_runtime.errors import ToolError
from vega_runtime.tools.directory import Directory, Escape, closing, open_directory

MAX_READ = 1024 * 1024
"""Bytes of a file that a tool returns at most."""
MAX_WRITE = 64 * 1024 * 1024
"""Bytes that one call may write."""
MAX_ENTRIES = 1000
"""Names that one listing returns at most."""
_MAX_SCANNED = 50_000
_MAX_DEPTH = 64
_MAX_PATH = 4000
_JOINERS = "\u200c\u200d"  # part of ordinary words and emoji
_WINDOWS_NAMES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Root:
    """A folder of the sandbox. A path reaches a named one as `name:path`."""

    path: Path
    name: str = ""
    read_only: bool = False


@dataclass(frozen=True, slots=True)
class _Place:
    """A checked path: a root and plain names beneath it."""

    root: Root
    parts: tuple[str, ...]
    shown: str


class Sandbox:
    """Files inside some folders, the first of which is the default.

    Roots are made when they are first written to. `method` forces how paths are resolved (see
    `directory.open_directory`). Every failure is a ToolError that says what was refused.
    """

    def __init__(
        self, roots: Path | str | Root | Sequence[Path | str | Root], *, method: str | None = None
    ) -> None:
        several = [roots] if isinstance(roots, Path | str | Root) else roots
        self.roots = tuple(root if isinstance(root, Root) else Root(Path(root)) for root in several)
        if not self.roots:
            raise ValueError("a sandbox needs a root")
        self._method = method

    @property
    def path(self) -> Path:
        """The folder of the default root."""
        return self.roots[0].path

    def read(
        self, path: str, *, limit: int = MAX_READ, allowed: Sequence[str] = ()
    ) -> tuple[bytes, int]:
        """The first `limit` bytes of a file, and its whole size."""
        place = self._place(path, allowed)
        with (
            self._explained(place),
            self._open(place.root) as root,
            _regular(place, root.open(place.parts, os.O_RDONLY, links=not allowed)) as fd,
        ):
            return _read(fd, limit), os.fstat(fd).st_size

    def write(
        self,
        path: str,
        data: bytes,
        *,
        append: bool = False,
        make_folders: bool = True,
        allowed: Sequence[str] = (),
    ) -> None:
        """Write a file at once (a reader sees the old or the new content), or add to its end."""
        place = self._place(path, allowed)
        if place.root.read_only:
            raise _refused(place.shown, "this part of the sandbox is read-only")
        if not place.parts:
            raise _refused(place.shown, "it is a folder, not a file")
        if len(data) > MAX_WRITE:
            raise _refused(place.shown, f"{len(data)} bytes are more than the {MAX_WRITE} allowed")
        with self._explained(place):
            place.root.path.mkdir(parents=True, exist_ok=True)
            with (
                self._open(place.root) as root,
                closing(_folder(root, place.parts[:-1], make_folders, not allowed)) as folder,
            ):
                status = folder.status(place.parts[-1])
                if status is not None:
                    _require_regular(place, status)
                if append:
                    _append(folder, place, data)
                else:
                    _replace(folder, place.parts[-1], data, status)

    def list(
        self,
        path: str = ".",
        *,
        pattern: str | None = None,
        recursive: bool = False,
        allowed: Sequence[str] = (),
    ) -> tuple[list[str], bool]:
        """Sorted paths in a folder (folders end in `/`), and whether there are more."""
        place = self._place(path, ())
        prefix = "".join(f"{part}/" for part in place.parts)
        recursive = recursive or (pattern is not None and "/" in pattern)
        found: list[str] = []
        with self._explained(place), self._reached(place, not allowed) as start:
            for name in _scan(start, prefix, recursive):
                bare = name.rstrip("/")
                if allowed and not any(_matches(bare, glob) for glob in allowed):
                    continue
                if (
                    pattern is None
                    or _matches(bare, pattern)
                    or ("/" not in pattern and _matches(bare.rpartition("/")[2], pattern))
                ):
                    found.append(name)
                    if len(found) > MAX_ENTRIES:
                        return sorted(found[:MAX_ENTRIES]), True
        return sorted(found), False

    @contextlib.contextmanager
    def folder(self, path: str = ".") -> Generator[str]:
        """A path of a folder by which a process that starts meanwhile can work in it."""
        place = self._place(path, ())
        with contextlib.ExitStack() as stack:
            with self._explained(place):
                inner = stack.enter_context(self._reached(place, links=True))
            yield inner.location

    @contextlib.contextmanager
    def _reached(self, place: _Place, links: bool) -> Generator[Directory]:
        if not place.root.read_only:
            place.root.path.mkdir(parents=True, exist_ok=True)
        with self._open(place.root) as root:
            inner = root.enter(place.parts, links=links)
        with closing(inner):
            yield inner

    def _open(self, root: Root) -> contextlib.AbstractContextManager[Directory]:
        return closing(open_directory(root.path, self._method))

    def _place(self, path: str, allowed: Sequence[str]) -> _Place:
        """Check a path as written, and take it apart."""
        root, rest = self.roots[0], path
        name, colon, after = path.partition(":")
        if colon:
            for candidate in self.roots:
                if candidate.name and candidate.name == name:
                    root, rest = candidate, after or "."
        if reason := _bad_text(rest):
            raise _refused(path, reason, self.roots)
        parts: list[str] = []
        for part in rest.split("/"):
            if part == "..":
                if not parts:
                    raise _refused(path, "it leads out of the sandbox", self.roots)
                parts.pop()
            elif part not in ("", "."):
                parts.append(part)
        if allowed and not any(_matches("/".join(parts), glob) for glob in allowed):
            raise _refused(path, "this tool may only use " + ", ".join(allowed))
        return _Place(root, tuple(parts), path)

    @contextlib.contextmanager
    def _explained(self, place: _Place) -> Generator[None]:
        """Turn what the system says into a message for the model."""
        try:
            yield
        except Escape:
            raise _refused(
                place.shown, "it leads out of the sandbox through a symbolic link", self.roots
            ) from None
        except FileNotFoundError:
            raise ToolError(f"there is no '{place.shown}' in the sandbox") from None
        except IsADirectoryError:
            raise _refused(place.shown, "it is a folder, not a file") from None
        except NotADirectoryError:
            raise _refused(place.shown, "a part of it is a file, not a folder") from None
        except OSError as problem:
            raise _refused(
                place.shown, _REASONS.get(problem.errno or 0) or str(problem.strerror or problem)
            ) from None


_REASONS = {
    errno.ELOOP: "it goes through a symbolic link that may not be followed",
    errno.ENAMETOOLONG: "the name is too long",
    errno.ENXIO: "it is not a regular file",
    errno.EACCES: "the permissions of the file do not allow it",
    errno.EPERM: "the system does not allow it",
    errno.ENOSPC: "the disk is full",
    errno.EAGAIN: "the folder changes too fast",
}


def _refused(path: str, reason: str, roots: Sequence[Root] = ()) -> ToolError:
    shown = path if len(path) <= 100 else path[:97] + "..."
    message = f"the sandbox refuses {shown!r}: {reason}"
    if roots:
        message += ". Allowed are paths relative to the sandbox, such as 'notes/a.txt'"
        if names := [f"'{root.name}:...'" for root in roots if root.name]:
            message += ", and " + ", ".join(names)
    return ToolError(message)


def _bad_text(path: str) -> str | None:
    """Why a path is refused for its characters alone."""
    if not path:
        return "it is empty"
    if "\0" in path:
        return "it holds a NUL character"
    if path.startswith("/"):
        return "it is absolute"
    if path == "~" or path.startswith("~/"):
        return "it names a home folder"
    if "\\" in path:
        return "it holds a backslash (folders are separated by '/')"
    if len(path) > _MAX_PATH:
        return "it is too long"
    for character in path:
        category = unicodedata.category(character)
        if category == "Cs":
            return "it holds half a surrogate pair"
        if category in ("Cc", "Cf", "Zl", "Zp") and character not in _JOINERS:
            return f"it holds the invisible character U+{ord(character):04X}"
    if any(len(os.fsencode(part)) > 255 for part in path.split("/")):
        return "a name in it is too long"
    if os.name == "nt" and (
        ":" in path or any(_WINDOWS_NAMES.fullmatch(part.rstrip(" .")) for part in path.split("/"))
    ):
        return "it names a device or a stream"
    return None


def _require_regular(place: _Place, status: os.stat_result) -> None:
    mode = status.st_mode
    if stat.S_ISREG(mode):
        return
    if stat.S_ISDIR(mode):
        raise _refused(place.shown, "it is a folder, not a file")
    if stat.S_ISLNK(mode):
        raise _refused(place.shown, "it is a symbolic link")
    raise _refused(place.shown, "it is not a regular file but a device, pipe or socket")


@contextlib.contextmanager
def _regular(place: _Place, fd: int) -> Generator[int]:
    """A descriptor that is closed at the end, if it is one of a regular file."""
    try:
        _require_regular(place, os.fstat(fd))
        yield fd
    finally:
        os.close(fd)


def _read(fd: int, limit: int) -> bytes:
    with os.fdopen(fd, "rb", closefd=False) as file:
        return file.read(limit)


def _folder(root: Directory, parts: Sequence[str], make: bool, links: bool) -> Directory:
    """The folder of a file that is written; made name by name where wanted."""
    if not make:
        return root.enter(parts, links=links)
    folder = root.enter((), links=links)
    for depth, name in enumerate(parts, start=1):
        with closing(folder):
            if folder.status(name) is None:
                folder.make(name)
        # From the root, so that a link is followed beneath it and not beneath `folder`.
        folder = root.enter(parts[:depth], links=links)
    return folder


def _append(folder: Directory, place: _Place, data: bytes) -> None:
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
    with (
        _regular(place, folder.open(place.parts[-1:], flags, links=False)) as fd,
        os.fdopen(fd, "ab", closefd=False) as file,
    ):
        if os.fstat(fd).st_nlink > 1:
            raise _refused(
                place.shown,
                "the file has another name, which may be outside; write it as a whole instead, "
                "which leaves the other name alone",
            )
        file.write(data)


def _replace(folder: Directory, name: str, data: bytes, old: os.stat_result | None) -> None:
    temporary = f".vega-{secrets.token_hex(8)}"
    fd = folder.create(temporary)
    try:
        with os.fdopen(fd, "wb") as file:
            file.write(data)
            if old is not None and os.name == "posix":
                os.fchmod(fd, stat.S_IMODE(old.st_mode) & 0o777)
        folder.replace(temporary, name)
    except BaseException:
        with contextlib.suppress(OSError):
            folder.remove(temporary)
        raise


def _scan(start: Directory, prefix: str, recursive: bool) -> Iterator[str]:
    """Walk a tree, folder by folder, links never followed."""
    pending: list[tuple[str, ...]] = [()]
    scanned = 0
    while pending:
        parts = pending.pop()
        try:
            folder = start.enter(parts, links=False)
        except OSError:
            if not parts:
                raise
            continue  # gone, unreadable, or a link by now
        with closing(folder):
            entries = sorted(folder.entries())
        at = prefix + "".join(f"{part}/" for part in parts)
        for name, is_folder in entries:
            scanned += 1
            if scanned > _MAX_SCANNED:
                return
            yield f"{at}{name}/" if is_folder else f"{at}{name}"
        if recursive and len(parts) < _MAX_DEPTH:
            pending += [(*parts, name) for name, is_folder in reversed(entries) if is_folder]


@lru_cache(maxsize=256)
def _glob(pattern: str) -> re.Pattern[str]:
    result, index = "", 0
    while index < len(pattern):
        if pattern.startswith("**/", index):
            result, index = result + "(?:.*/)?", index + 3
        elif pattern.startswith("**", index):
            result, index = result + ".*", index + 2
        else:
            character = pattern[index]
            result += {"*": "[^/]*", "?": "[^/]"}.get(character) or re.escape(character)
            index += 1
    return re.compile(result, re.DOTALL)


def _matches(path: str, pattern: str) -> bool:
    """Whether a path fits a glob: `*` and `?` within a name, `**` over folders."""
    return _glob(pattern.removeprefix("./")).fullmatch(path) is not None
