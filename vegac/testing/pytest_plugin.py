"""A pytest plugin: each test of a `*.vega.test.yaml` file becomes an item.

It is loaded in every pytest run where vegac is installed, so it imports nothing until it meets
such a file.
"""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import dedent
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from vegac.testing.cases import Case, TestFile
    from vegac.testing.running import Runner

SUFFIX = ".vega.test.yaml"
_RUNNER = pytest.StashKey["Runner"]()


class VegaFailure(Exception):
    """A test failed; the message says everything about it."""


class VegaTestFile(pytest.File):
    """A file of Vega tests."""

    def collect(self) -> Iterator[pytest.Item]:
        from vegac.testing.reading import read_tests

        runner = _runner(self.config)
        file = read_tests(self.path, runner.workspace.read(self.path))
        if file.broken:
            raise self.CollectError("\n".join(runner.broken(file).problems))
        for case in file.cases:
            yield VegaTest.from_parent(self, name=case.name, file=file, case=case)  # pyright: ignore[reportUnknownMemberType]


class VegaTest(pytest.Item):
    """One test of the file."""

    def __init__(self, *, file: "TestFile", case: "Case", **kwargs: Any) -> None:
        super().__init__(**kwargs)  # pyright: ignore[reportUnknownMemberType]
        # Plugins look for the fixtures of every item, though these have none.
        self.funcargs: dict[str, object] = {}
        self._file = file
        self._case = case

    def runtest(self) -> None:
        from vegac.source.render.canvas import Style
        from vegac.testing.report_text import failure

        result = _runner(self.config).run(self._file, self._case)
        if result.printed:
            self.add_report_section("call", "printed by the run", result.printed)
        if not result.passed:
            result.printed = ""
            raise VegaFailure(dedent(failure(result, Style()).partition("\n")[2]))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        if isinstance(excinfo.value, VegaFailure):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        placements = self._file.placements
        line = placements.locate(self._case.key.span).position.line
        return self.path, line - 1, self.name


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> VegaTestFile | None:
    """Take the files that hold Vega tests."""
    if not file_path.name.endswith(SUFFIX):
        return None
    return VegaTestFile.from_parent(parent, path=file_path)  # pyright: ignore[reportUnknownMemberType]


def _runner(config: pytest.Config) -> "Runner":
    """The runner of this session: it compiles each program once."""
    from vegac.source.render.canvas import Style
    from vegac.testing.running import Runner
    from vegac.workspace import Workspace

    if _RUNNER not in config.stash:
        folder = TemporaryDirectory(prefix="vega-test-", ignore_cleanup_errors=True)
        config.add_cleanup(folder.cleanup)
        config.stash[_RUNNER] = Runner(Workspace(config.rootpath), Style(), Path(folder.name))
    return config.stash[_RUNNER]
