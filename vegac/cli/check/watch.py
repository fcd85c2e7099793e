"""Checking again whenever a file that matters changes.

Files are looked at five times a second. That costs a few milliseconds for a thousand of them, and
unlike the notices of an operating system it works on every file system, mounted or not.
"""

import glob
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from vegac.cli.check.result import digest
from vegac.cli.check.work import Work
from vegac.config import config_files
from vegac.workspace import names_of

INTERVAL = 0.2
"""Seconds between two looks at the files."""
SETTLED = 0.05
"""Seconds that nothing may change before the files are read: editors write in several steps."""
_SCANS = 0.05
"""The part of all time that may go into searching folders for new programs."""
_LEAST_PAUSE = 1.0

_Stamp = tuple[int, int, int] | None


class Watch:
    """What the programs of a check depend on, and whether that is still as it was."""

    def __init__(self) -> None:
        self._stamps: dict[str, _Stamp] = {}
        self._files: dict[Path, list[str]] = {}
        self._patterns: dict[Path, list[tuple[str, str, tuple[str, ...]]]] = {}
        self._unseen: set[Path] = set()

    def update(self, works: Mapping[Path, Work], programs: Iterable[Path]) -> None:
        """Take note of what was just checked; `programs` are all that there are."""
        for path, work in works.items():
            self._note(path, work)
        for gone in self._files.keys() - set(programs):
            del self._files[gone], self._patterns[gone]
        used = {file for files in self._files.values() for file in files}
        self._stamps = {file: stamp for file, stamp in self._stamps.items() if file in used}

    def _note(self, path: Path, work: Work) -> None:
        files = [str(path), *map(str, config_files(path.parent))]
        self._patterns[path] = []
        if work.inputs is not None:
            files += (*work.inputs.digests, *work.inputs.there)
            for at, pattern, known in work.inputs.names:
                if glob.has_magic(pattern):
                    self._patterns[path].append((at, pattern, known))
                else:
                    files.append(str(Path(at) / pattern))
        self._files[path] = files
        self._stamps.update((file, _stamp(file)) for file in files)
        # What changed since it was read does not show in stamps that are taken now.
        if work.inputs is not None and not work.inputs.hold(_digest):
            self._unseen.add(path)

    def changed(self) -> set[Path]:
        """The programs with a file that is not as it was the last time."""
        now = {file: _stamp(file) for file in self._stamps}
        files = {file for file, stamp in now.items() if self._stamps[file] != stamp}
        self._stamps = now
        found = {path for path, used in self._files.items() if not files.isdisjoint(used)}
        found |= self._unseen & self._files.keys()
        self._unseen.clear()
        return found

    def changed_patterns(self) -> set[Path]:
        """The programs for which a pattern of an `include` finds other files than before."""
        return {
            path
            for path, patterns in self._patterns.items()
            if any(names_of(pattern, Path(at)) != known for at, pattern, known in patterns)
        }


def next_change(
    watch: Watch, discover: Callable[[], Sequence[Path]], programs: Sequence[Path]
) -> tuple[list[Path], Sequence[Path]]:
    """Wait until something changes: the programs to check again, and all that there are then."""
    next_scan = time.monotonic() + _LEAST_PAUSE
    while True:
        time.sleep(INTERVAL)
        found = watch.changed()
        if found:
            found |= _until_settled(watch)
        start = time.monotonic()
        there = programs
        if start >= next_scan or not all(path.exists() for path in found):
            there = discover()
            found |= watch.changed_patterns()
            found |= set(there) - set(programs)
            next_scan = start + max(_LEAST_PAUSE, (time.monotonic() - start) / _SCANS)
        if found or set(there) != set(programs):
            return [path for path in there if path in found], there


def _until_settled(watch: Watch) -> set[Path]:
    found: set[Path] = set()
    while True:
        time.sleep(SETTLED)
        more = watch.changed()
        if not more:
            return found
        found |= more


def _stamp(path: str) -> _Stamp:
    try:
        found = Path(path).stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def _digest(path: str) -> bytes | None:
    try:
        return digest(Path(path).read_bytes())
    except OSError:
        return None
