"""A compiled program: where its parts come from, its settings and its workflows."""

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from .errors import Place
from .settings import Settings
from .version import RUNTIME_VERSION

if TYPE_CHECKING:
    from .workflow import Workflow


class VersionMismatch(ImportError):
    """A module was compiled for another version of the runtime."""


class Program:
    """What a module was compiled from.

    `workflows` maps names to the module's workflows, `sites` steps to their places in the source,
    `lines` lines of the module to the places of the expressions on them.
    """

    def __init__(
        self, file: str, digest: str, compiler: str, runtime: str, settings: Settings
    ) -> None:
        self.file = file
        self.digest = digest
        self.compiler = compiler
        self.runtime = runtime
        self.settings = settings
        self.workflows: dict[str, Workflow[Any, Any]] = {}
        self.module_file = ""
        """The module's own file, as tracebacks name it."""
        self._sites: Mapping[str, tuple[str, int, int]] = {}
        self._lines: Mapping[int, tuple[str, int, int]] = {}

    def places(
        self,
        *,
        sites: Mapping[str, tuple[str, int, int]] | None = None,
        lines: Mapping[int, tuple[str, int, int]] | None = None,
    ) -> None:
        """Say where the steps and the lines of the module come from."""
        self._sites = sites or {}
        self._lines = lines or {}

    @cached_property
    def sites(self) -> Mapping[str, Place]:
        return {site: Place(*place) for site, place in self._sites.items()}

    @cached_property
    def lines(self) -> Mapping[int, Place]:
        return {line: Place(*place) for line, place in self._lines.items()}

    def __repr__(self) -> str:
        return f"Program({self.file!r}, workflows={list(self.workflows)})"


def program(
    file: str,
    *,
    digest: str = "",
    compiler: str = "",
    runtime: str = RUNTIME_VERSION,
    settings: Settings | None = None,
) -> Program:
    """Describe the program that a module was compiled from.

    Raises VersionMismatch (an ImportError) when the module needs another version of the runtime.
    """
    if runtime != RUNTIME_VERSION:
        raise VersionMismatch(
            f"{file} was compiled for version {runtime} of the runtime, and this is "
            f"{RUNTIME_VERSION}: build it again with `vegac build`, or install the version of "
            f"vegac that compiled it ({compiler or 'unknown'})"
        )
    return Program(file, digest, compiler, runtime, settings or Settings())
