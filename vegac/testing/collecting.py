"""Finding tests."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from msgspec import Struct

from vegac.discovery import programs_under
from vegac.testing.cases import Case, TestFile
from vegac.testing.reading import read_tests
from vegac.workspace import SUFFIX, TEST_SUFFIX, UsageError, Workspace


class Selected(Struct, eq=False):
    """The tests of a file that are to run: `chosen` are their positions in it."""

    file: TestFile
    chosen: list[int]

    @property
    def cases(self) -> list[Case]:
        return [self.file.cases[index] for index in self.chosen]


class Collected(Struct, eq=False):
    """Files with tests, and messages about those that could not be read."""

    files: list[TestFile]
    unread: list[str]


def collect(workspace: Workspace, paths: Sequence[Path]) -> Collected:
    """The files with tests that `paths` name or hold.

    Under folders these are `*.vega.test.yaml` and programs with `tests:`. A program that is named
    brings its sibling of tests along. Raises `UsageError` for a path that does not exist.
    """
    found: dict[Path, TestFile] = {}
    unread: list[str] = []
    for path in _files(workspace, paths):
        key = path.resolve()
        if key in found:
            continue
        try:
            file = load(workspace, path)
        except UsageError as error:
            unread.append(str(error))
            continue
        if file is not None:
            found[key] = file
    return Collected(list(found.values()), unread)


def load(workspace: Workspace, path: Path) -> TestFile | None:
    """The tests of a file; None for a program without any. Raises `UsageError`."""
    if not path.name.endswith(TEST_SUFFIX) and not _mentions_tests(path):
        return None
    file = read_tests(path, workspace.read(path))
    if path.name.endswith(TEST_SUFFIX):
        return file
    if file.root is None or file.root.entry("tests") is None:
        return None
    return file


def _files(workspace: Workspace, paths: Sequence[Path]) -> Iterable[Path]:
    for path in paths:
        if path.is_dir():
            for file in programs_under(path, ".yaml", workspace.excluded):
                if file.name.endswith((SUFFIX, TEST_SUFFIX)):
                    yield file
        elif path.exists():
            yield path
            sibling = path.with_name(path.name.removesuffix(SUFFIX) + TEST_SUFFIX)
            if path.name.endswith(SUFFIX) and sibling.is_file():
                yield sibling
        else:
            raise UsageError(f"there is no file or folder '{path}'")


def _mentions_tests(path: Path) -> bool:
    """Whether a program may have tests, without reading it as YAML."""
    try:
        return not path.is_file() or b"tests" in path.read_bytes()
    except OSError:
        return True  # the error shows when it is read


def select(files: Iterable[TestFile], part: str | None) -> list[Selected]:
    """The tests whose `FILE: NAME` has `part` in it, whatever the case of its letters. Files that
    cannot be understood are kept: there is no telling what is in them."""
    wanted = (part or "").casefold()
    selected: list[Selected] = []
    for file in files:
        chosen = [
            index
            for index, case in enumerate(file.cases)
            if wanted in f"{file.name}: {case.name}".casefold()
        ]
        if chosen or (file.broken and wanted in file.name.casefold()):
            selected.append(Selected(file, chosen))
    return selected
