"""Running the workflow of a test: in virtual time, in a sandbox of its own."""

import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vega_runtime.errors import ConfigError, VegaError
from vega_runtime.models.base import Model
from vega_runtime.models.scripted import ScriptedModel
from vega_runtime.options import RunOptions
from vegac.testing.cases import Case, ProgramFile
from vegac.testing.clock import now, run_test
from vegac.testing.observing import Observer
from vegac.testing.outcome import Outcome

if TYPE_CHECKING:
    from vega_runtime.workflow import Workflow

RUN_ID = "00000000-0000-4000-8000-000000000000"
"""`run.id` in every test."""

_NEUTRAL = {"VEGA_MODEL": "", "VEGA_MAX_TOKENS": ""}
"""Variables that would make a scripted run depend on where it happens."""


class Sandbox:
    """The folders of one test, inside `base`. `with` it; they are gone afterwards."""

    def __init__(self, base: Path, files: Mapping[str, str]) -> None:
        self._base = base
        self._files = files

    def __enter__(self) -> "Sandbox":
        self._folder = Path(tempfile.mkdtemp(dir=self._base)).resolve()
        self.files = self._folder / "workspace"
        self.memory = self._folder / "memory.db"
        self.files.mkdir()
        for name, content in self._files.items():
            path = self.files / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode())
        return self

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)


def execute(case: Case, workflow: "Workflow[Any, Any]", sandbox: Sandbox) -> Outcome:
    """What the run of a test's workflow does. Only failures of the program are caught."""
    observer = Observer()
    outcome = Outcome(observer.seen, sandbox.files)
    try:
        outcome.inputs = workflow.validate(case.inputs)
        options = _options(case, sandbox, observer)
        outcome.output = run_test(workflow.execute(case.inputs, options))
    except VegaError as error:
        outcome.error = error
    return outcome


def _options(case: Case, sandbox: Sandbox, observer: Observer) -> RunOptions:
    assert case.program is not None
    real = case.live or case.replay is not None
    model = ScriptedModel(case.script or ())

    def scripted(_: str) -> Model:
        return model

    program = case.program
    return RunOptions(
        provider=None if real else scripted,
        answers=case.answers,
        ask=_unanswered,
        env=case.env if real else _NEUTRAL | case.env,
        root=program.path.parent if isinstance(program, ProgramFile) else program.folder,
        sandbox=sandbox.files,
        memory=sandbox.memory,
        observers=(observer,),
        replay=case.replay,
        run_id=RUN_ID,
        wall_clock=now,
        telemetry=False,
        seed=case.name,
    )


async def _unanswered(question: str, choices: tuple[str, ...], default: str | None) -> str:
    """Nobody sits at the terminal of a test."""
    if default is not None:
        return default
    among = f" (one of {', '.join(choices)})" if choices else ""
    raise ConfigError(
        f"the test has no answer left for the question {question!r}: add one{among} to `answers:`"
    )
