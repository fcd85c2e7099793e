"""Runs in the log: what happens, through Python's `logging`, with the run's id on each record."""

import logging
from pathlib import Path
from typing import Any

from .events import (
    ModelCalled,
    Notice,
    Retrying,
    RunEnded,
    RunStarted,
    StepEnded,
    StepStarted,
    ToolEnded,
    ToolStarted,
)

FORMAT = "%(asctime)s %(levelname)s %(message)s"


class RunLog:
    """An observer that writes a run's events to the logger `vega.run`, and to a file of its own.

    Messages, replies and arguments are not logged, for they may hold what nobody should read. The
    record's `run_id`, `process_id` (of a process of an orchestrator, else empty) and `site` are
    there for filters and formats of the host program.
    """

    def __init__(self, level: str, file: Path | None) -> None:
        self.level = logging.getLevelNamesMapping()[level.upper()]
        self.logger = logging.getLogger("vega.run")
        self.run_id = ""
        self.processes = False
        """Whether steps are those of processes, whose ids their keys begin with."""
        self.handler: logging.Handler | None = None
        if file is not None:
            file.parent.mkdir(parents=True, exist_ok=True)
            self.handler = logging.FileHandler(file, encoding="utf-8")
            self.handler.setFormatter(logging.Formatter(FORMAT))

    def __call__(self, event: Any) -> None:
        match event:
            case RunStarted(run_id=run_id, workflow=workflow):
                self.run_id = run_id
                self._say(logging.INFO, "", f"run {run_id} of {workflow} started")
            case StepStarted(key=key, agent=agent):
                self._say(logging.DEBUG, key, f"{key} ({agent}) started")
            case ModelCalled(key=key, model=model, error=error, duration=duration):
                level = logging.DEBUG if error is None else logging.WARNING
                said = "answered" if error is None else f"failed: {error}"
                self._say(level, key, f"{key}: {model} {said} after {duration:.3f} s")
            case ToolStarted(key=key, tool=tool):
                self._say(logging.DEBUG, key, f"{key}: tool {tool} called")
            case ToolEnded(key=key, tool=tool, error=error, duration=duration):
                level = logging.DEBUG if error is None else logging.WARNING
                said = "ended" if error is None else f"failed: {error}"
                self._say(level, key, f"{key}: tool {tool} {said} after {duration:.3f} s")
            case Retrying(key=key, attempt=attempt, delay=delay, error=error):
                text = f"{key}: attempt {attempt} failed, the next in {delay:.1f} s: {error}"
                self._say(logging.WARNING, key, text)
            case StepEnded(key=key, agent=agent, error=error, duration=duration):
                level = logging.INFO if error is None else logging.ERROR
                said = "ended" if error is None else f"failed: {error}"
                self._say(level, key, f"{key} ({agent}) {said} after {duration:.3f} s")
            case Notice(message=message):
                self._say(logging.WARNING, "", message)
            case RunEnded(workflow=workflow, error=error, duration=duration):
                level = logging.INFO if error is None else logging.ERROR
                said = "ended" if error is None else f"failed: {error}"
                self._say(level, "", f"run {self.run_id} of {workflow} {said}, {duration:.3f} s")
            case _:
                pass

    def _say(self, level: int, site: str, message: str) -> None:
        if level < self.level:
            return
        record = self.logger.makeRecord(
            self.logger.name, level, "", 0, message, (), None, extra=None
        )
        record.run_id, record.site = self.run_id, site
        record.process_id = site.partition("/")[0] if self.processes else ""
        if self.handler is not None:
            self.handler.handle(record)
        else:
            self.logger.handle(record)

    def close(self) -> None:
        """Close the file, if there is one."""
        if self.handler is not None:
            self.handler.close()
