"""The suite of the language. The plugin of vegac collects its tests; this is about its files."""

import hashlib
from pathlib import Path

import pytest

from vegac.testing.reading import read_tests
from vegac.workspace import Workspace

HERE = Path(__file__).parent
GIVEN = [line.split() for line in (HERE / "given.sha256").read_text().splitlines()]
"""The files that came with the language reference, and what they hold: the contract."""


def test_the_suite_is_collected(pytestconfig: pytest.Config) -> None:
    assert pytestconfig.pluginmanager.hasplugin("vega")


def test_the_contract_is_complete() -> None:
    assert [name for _, name in GIVEN] == [path.name for path in sorted(HERE.glob("0*.yaml"))]
    assert len(GIVEN) == 6


@pytest.mark.parametrize(("digest", "name"), GIVEN)
def test_the_contract_is_unchanged(digest: str, name: str) -> None:
    assert hashlib.sha256((HERE / name).read_bytes()).hexdigest() == digest


@pytest.mark.parametrize("path", sorted(HERE.glob("*.vega.test.yaml")), ids=lambda path: path.name)
def test_every_file_is_read_as_a_whole(path: Path) -> None:
    file = read_tests(path, Workspace(HERE).read(path))
    assert not file.broken
    assert file.cases
    assert [case.name for case in file.cases if case.broken] == []
