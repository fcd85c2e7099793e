"""Checking programs: from the cache, here, or in several processes."""

import gc
import os
import time
from collections.abc import Generator, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from vegac.cli.check.result import Checked, Inputs, checked, digest, inputs, trees_of
from vegac.source.reading import is_file, is_missing
from vegac.workspace import UsageError, Workspace

if TYPE_CHECKING:
    from vegac.cli.check.cache import Cache

_PARALLEL_BYTES = 256 * 1024
"""With less source than this, starting processes takes longer than checking."""
_PART_BYTES = 64 * 1024
"""About how much source a process checks at a time."""
_GARBAGE_CHARACTERS = 16 * 1024 * 1024
"""After so much source it is time to free what checks have left behind."""
_MOST_JOBS = 16


class Work(Struct, frozen=True):
    """The outcome for one program, what it depends on (None for a file that cannot be read), and
    how many seconds it took (0 for one that was kept from an earlier run)."""

    outcome: Checked
    inputs: Inputs | None
    seconds: float


class Worker:
    """Checks one program after the other, and keeps little of those that are done."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self._unfreed = 0

    def check(self, path: Path) -> Work:
        start = time.perf_counter()
        try:
            report = self.workspace.check(path)
        except UsageError as error:
            return Work(Checked((self.workspace.shown(path),), unread=str(error)), None, 0)
        work = Work(checked(report), inputs(report, self.workspace), time.perf_counter() - start)
        # What it includes may be included by others.
        self.workspace.forget(work.outcome.files[:1])
        self._unfreed += sum(len(tree.file.text) for tree in trees_of(report))
        del report
        if self._unfreed > _GARBAGE_CHARACTERS:
            self._unfreed = 0
            collect_garbage()
        return work


def check_all(
    workspace: Workspace, paths: Sequence[Path], cache: "Cache | None", jobs: int | None = None
) -> dict[Path, Work]:
    """Check programs; the outcomes are in the order of `paths`.

    `jobs` is the most processes to use; by default as many as suit.
    """
    found: dict[Path, Work] = {}
    shown: dict[Path, str] = {}
    if cache is not None:
        for path in paths:
            shown[path] = workspace.shown(path)
            known = cache.get(shown[path])
            if known is not None:
                found[path] = Work(*known, 0)
    left = [path for path in paths if path not in found]
    try:
        for path, work in _check(workspace, left, jobs):
            found[path] = work
            if cache is not None and work.inputs is not None:
                cache.put(shown[path], work.outcome, work.inputs)
    finally:
        if cache is not None:
            cache.save()
    return {path: found[path] for path in paths}


def settled(workspace: Workspace, works: dict[Path, Work]) -> dict[Path, Work]:
    """The outcomes, those anew whose files were changed since: their findings would be shown in
    texts that they were not found in."""
    worker = Worker(workspace)
    return {
        path: worker.check(path) if work.outcome.findings and _is_outdated(work) else work
        for path, work in works.items()
    }


def _is_outdated(work: Work) -> bool:
    if work.inputs is None:
        return False
    return not all(_is_as_it_was(Path(name), was) for name, was in work.inputs.digests.items())


def _is_as_it_was(path: Path, was: bytes) -> bool:
    if not is_file(path):
        return not is_missing(path)  # a pipe, which is read once
    try:
        return digest(path.read_bytes()) == was
    except OSError:
        return False


def _check(
    workspace: Workspace, paths: Sequence[Path], jobs: int | None
) -> Generator[tuple[Path, Work]]:
    sizes = {path: _size(path) for path in paths}
    total = sum(sizes.values())
    if jobs is None:
        jobs = min(_processors(), _MOST_JOBS, 2 * total // _PARALLEL_BYTES)
    jobs = min(jobs, len(paths))
    undone: Iterable[Path] = paths
    if jobs > 1:
        undone = yield from _in_processes(workspace, paths, sizes, jobs)
    worker = Worker(workspace)
    for path in undone:
        yield path, worker.check(path)


def _in_processes(
    workspace: Workspace, paths: Sequence[Path], sizes: dict[Path, int], jobs: int
) -> Generator[tuple[Path, Work], None, list[Path]]:
    """What other processes find; the programs that they could not deal with are returned."""
    from vegac.cli.check.crew import check_in_processes

    undone = dict.fromkeys(paths)
    parts = _parts(sizes, min(_PART_BYTES, sum(sizes.values()) // jobs))
    try:
        for part, answer in check_in_processes(workspace.root, parts, jobs):
            for path, work in zip(parts[part], answer, strict=True):
                if work is not None:
                    del undone[path]
                    yield path, work
    except OSError:
        pass  # no more processes can be started here
    return list(undone)


def _parts(sizes: dict[Path, int], most: int) -> list[list[Path]]:
    """Programs in parts of about `most` bytes."""
    parts: list[list[Path]] = [[]]
    room = most
    for path, size in sizes.items():
        if parts[-1] and size > room:
            parts.append([])
            room = most
        parts[-1].append(path)
        room -= size
    return parts


def collect_garbage() -> None:
    """Free what checks leave behind where automatic collection is off."""
    if not gc.isenabled():
        gc.collect()


def _processors() -> int:
    """How many processors this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity is not None else os.cpu_count() or 1


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
