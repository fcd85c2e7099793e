"""Files that are extreme in some way are checked like any others: every finding lies in its file,
and the same are found again."""

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests.property.any_file import checked
from tests.property.extremes.shapes import SHAPES, TEST_SHAPES
from vegac.fixing import apply_fixes
from vegac.formatting.document import format_text
from vegac.source.file import SourceFile
from vegac.source.registry import CODES
from vegac.testing.workspace import CheckingWorkspace
from vegac.workspace import Report, Workspace

SMALL, LARGE = 8_000, 99_000
"""Bytes."""

every_shape = pytest.mark.parametrize("make", SHAPES.values(), ids=SHAPES)
every_shape_of_tests = pytest.mark.parametrize("make", TEST_SHAPES.values(), ids=TEST_SHAPES)


def places(report: Report) -> list[tuple[str, int, int, str]]:
    """What was found, where; everything lies in its file."""
    found: list[tuple[str, int, int, str]] = []
    for finding in report.diagnostics:
        assert finding.code in CODES
        location = report.placements.locate(finding.span)
        assert 0 <= location.start <= location.end <= len(location.file.text)
        found.append((finding.code, location.start, location.end, finding.message))
    return found


def check_tests(folder: Path, text: str) -> Report:
    path = folder / "t.vega.test.yaml"
    path.write_bytes(text.encode(errors="surrogatepass"))
    return CheckingWorkspace(folder).check(path)


@every_shape
def test_checking(make: Callable[[int], str]) -> None:
    text = make(SMALL)
    found = places(checked(text))
    assert found == places(checked(text))
    assert found == sorted(found, key=lambda one: (*one[1:3], one[0]))


@every_shape_of_tests
def test_checking_tests(make: Callable[[int], str], tmp_path: Path) -> None:
    text = make(SMALL)
    assert places(check_tests(tmp_path, text)) == places(check_tests(tmp_path, text))


@pytest.mark.slow
@every_shape
@pytest.mark.timeout(60)
def test_checking_much(make: Callable[[int], str]) -> None:
    text = make(LARGE)
    workspace = Workspace()
    first = places(workspace.check_text(text))
    assert places(workspace.check_text(text)) == first, "what is remembered changes nothing"


@pytest.mark.slow
@every_shape_of_tests
@pytest.mark.timeout(60)
def test_checking_many_tests(make: Callable[[int], str], tmp_path: Path) -> None:
    places(check_tests(tmp_path, make(LARGE)))


@pytest.mark.slow
@every_shape
@pytest.mark.timeout(60)
def test_formatting_much(make: Callable[[int], str]) -> None:
    once = format_text(make(LARGE)).text
    assert format_text(once).text == once


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", ["words_at_random", "characters_at_random"])
def test_fixing_what_little_can_be_made_of(name: str) -> None:
    """Nearly every fix does harm, and to try them one by one would take minutes."""
    shown, text = "random.vega.yaml", SHAPES[name](LARGE)
    workspace = Workspace()

    def check(drafts: Mapping[str, SourceFile]) -> list[Report]:
        file = drafts.get(shown) or SourceFile(shown, text)
        return [workspace.check_tree(workspace.reader.read(file), workspace.root)]

    def errors(report: Report) -> set[tuple[str, str]]:
        found = report.diagnostics
        return {(one.code, one.message) for one in found if one.severity == "error"}

    (before,) = check({})
    (after,) = apply_fixes(check).reports
    assert errors(after) <= errors(before)


DIGESTS = """
from zlib import crc32

from tests.property.extremes.shapes import SHAPES
from tests.property.test_extremes import SMALL
from vegac.source.render.json import render
from vegac.workspace import Workspace

for name, make in SHAPES.items():
    report = Workspace().check_text(make(SMALL))
    shown = render(report.diagnostics, report.placements)
    print(name, crc32(shown.encode(errors="replace")))
"""


def found_with_seed(seed: str) -> str:
    root = Path(__file__).parents[2]
    environment = {**os.environ, "PYTHONHASHSEED": seed}
    command = [sys.executable, "-c", DIGESTS]
    done = subprocess.run(
        command, cwd=root, env=environment, capture_output=True, text=True, timeout=600, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_the_order_of_hashes_changes_nothing() -> None:
    first = found_with_seed("1")
    assert len(first.splitlines()) == len(SHAPES)
    assert found_with_seed("2") == first
