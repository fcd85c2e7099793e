"""Outcomes of checks that are kept on disk, in `.vega/cache` of the project.

One file holds all outcomes of one day, compiler, folder and configuration: a new version of the
compiler starts afresh, and so does a new day, on which another model may have been retired. Within
it an outcome holds as long as the contents of all files it came from are the same.
"""

import hashlib
import os
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import msgspec
import yaml
from msgspec import Struct

import vega_grammar
import vegac
from vegac.cli.check.result import Checked, Inputs, digest
from vegac.source.reading import is_file
from vegac.workspace import UsageError, Workspace

FORMAT = 2
"""To be raised whenever the form of the file changes."""
KEPT_FILES = 6
"""How many files of other days, folders and configurations stay."""
MAX_BYTES = 64 * 1024 * 1024
"""Beyond this size only the outcomes of the latest run are kept."""
MIN_SOURCE_BYTES = 128 * 1024
"""With less source than this to check, looking into the cache gains nothing anyone would notice."""


class Entry(Struct, array_like=True, frozen=True):
    """An outcome (a `Checked`, still encoded) and what it depends on."""

    inputs: Inputs
    outcome: msgspec.Raw


_Entries = dict[str, Entry]
_decode = msgspec.msgpack.Decoder(_Entries).decode
_decode_outcome = msgspec.msgpack.Decoder(Checked).decode
_encode = msgspec.msgpack.Encoder().encode


class Cache:
    """The outcomes in one file. A file that cannot be read is empty, and one that cannot be written
    stays as it is: a cache costs time, never a check."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._entries = _load(path)
        self._new: _Entries = {}
        self._digests: dict[str, bytes | None] = {}

    def get(self, shown: str) -> tuple[Checked, Inputs] | None:
        """The outcome for a program whose files are as they were, and what it depends on."""
        entry = self._entries.get(shown)
        if entry is None or not entry.inputs.hold(self._digest):
            return None
        try:
            return _decode_outcome(entry.outcome), entry.inputs
        except msgspec.MsgspecError:
            return None

    def put(self, shown: str, outcome: Checked, inputs: Inputs) -> None:
        """Keep the outcome for a program."""
        try:
            self._new[shown] = Entry(inputs, msgspec.Raw(_encode(outcome)))
            _encode(inputs)
        except UnicodeEncodeError:  # halves of surrogate pairs, as in odd names of files
            self._new.pop(shown, None)

    def save(self) -> None:
        """Write what was added, beside what other processes have written in the meantime."""
        if not self._new:
            return
        data = _encode({**_load(self.path), **self._new})
        if len(data) > MAX_BYTES:
            data = _encode(self._new)
        with suppress(OSError):
            _ignore_folder(self.path.parent.parent)
            self.path.parent.mkdir(parents=True, exist_ok=True)
            _write(self.path, digest(data) + data)
            _drop_old(self.path.parent)

    def _digest(self, path: str) -> bytes | None:
        """The digest of a file; files that several programs include are read once."""
        if path not in self._digests:
            try:
                self._digests[path] = digest(Path(path).read_bytes())
            except OSError:
                self._digests[path] = None
        return self._digests[path]


def cache_for(workspace: Workspace, programs: Iterable[Path]) -> Cache | None:
    """The cache for a check of these programs, or None where none of them lies in a project or
    there is too little to check."""
    paths = [path.absolute() for path in programs]
    root = project_root(workspace.root)
    if not paths or any(root not in path.parents for path in paths):
        return None
    if sum(_size(path) for path in paths) < MIN_SOURCE_BYTES:
        return None
    try:
        configs = {workspace.config(folder).file for folder in {path.parent for path in paths}}
    except UsageError:
        return None  # the check will say so
    name = _key(workspace, (file for file in configs if file is not None))
    return Cache(root / ".vega" / "cache" / f"check-{name}")


def project_root(folder: Path) -> Path:
    """The nearest folder with a `pyproject.toml` or `.git`, or the folder itself."""
    for parent in (folder, *folder.parents):
        if (parent / "pyproject.toml").exists() or (parent / ".git").exists():
            return parent
    return folder


def _key(workspace: Workspace, configs: Iterable[Path]) -> str:
    """What tells apart all that holds for every program alike."""
    parts = [
        str(FORMAT),
        vegac.__version__,
        sys.version,
        yaml.__version__,
        str(workspace.today),
        str(workspace.root),
        *_sources(Path(vegac.__file__).parent),
        *_sources(Path(vega_grammar.__file__).parent),
    ]
    for config in sorted(configs):
        parts += (str(config), config.read_text(encoding="utf-8", errors="replace"))
    return hashlib.sha256("\0".join(parts).encode(errors="surrogateescape")).hexdigest()[:16]


def _sources(package: Path) -> Iterable[str]:
    """The files of the compiler, which change without a new version where it is being worked on."""
    for folder, folders, names in os.walk(package):
        folders.sort()
        for name in sorted(names):
            if name.endswith((".py", ".lark", ".json")):
                found = Path(folder, name).stat()
                yield f"{folder}/{name} {found.st_size} {found.st_mtime_ns}"


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _load(path: Path) -> _Entries:
    try:
        data = path.read_bytes() if is_file(path) else b""
        return _decode(data[16:]) if data[:16] == digest(data[16:]) else {}
    except (OSError, msgspec.MsgspecError):
        return {}


def _write(path: Path, data: bytes) -> None:
    # Another process may read or write the same file: it must only ever see a complete one.
    unfinished = path.with_name(f"{path.name}.{os.getpid()}.new")
    try:
        unfinished.write_bytes(data)
        unfinished.replace(path)
    except BaseException:
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)
        raise


def _ignore_folder(folder: Path) -> None:
    """Keep git from looking into `.vega`."""
    folder.mkdir(exist_ok=True)
    with suppress(FileExistsError), (folder / ".gitignore").open("x", encoding="utf-8") as file:
        file.write("*\n")


def _drop_old(folder: Path) -> None:
    """Remove all but the files that were written last."""
    files = [path for path in folder.iterdir() if path.name.startswith("check-")]
    files.sort(key=lambda path: path.stat().st_mtime, reverse=True)
    for path in files[KEPT_FILES:]:
        path.unlink(missing_ok=True)
