"""What `vegac run` does, from the file to the result."""

import gc
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from vegac.cli.environment import load_env
from vegac.cli.inputs import Gatherer, Given
from vegac.cli.problem import Problem
from vegac.cli.programs import find_program, find_workflow, looks_like_file
from vegac.cli.results import FORMS, failure, write_result
from vegac.cli.terminal import announce, check_writable, note
from vegac.semantics.literals import parse_duration, parse_money
from vegac.source.render.canvas import style_of
from vegac.workspace import Compiled, UsageError, Workspace

if TYPE_CHECKING:
    from vega_runtime.options import RunOptions
    from vega_runtime.workflow import Workflow
    from vegac.cli.progress import Progress
    from vegac.emit.module import EmittedModule


class Wanted(Struct, frozen=True):
    """The command line of `vegac run`."""

    file: str | None
    workflow: str | None
    workflow_option: str | None
    options: Sequence[tuple[str, str | None]]
    inputs: Sequence[str]
    input_files: Sequence[str]
    own_options: Sequence[str]
    model: str | None
    output: str
    stream: bool | None
    dry_run: bool
    record: str | None
    replay: str | None
    trace: str | None
    budget: str | None
    timeout: str | None
    answers: Sequence[str]


def execute(wanted: Wanted) -> int:
    """Check, compile and run; the exit status. Raises Problem for wrong usage."""
    for remark in load_env():
        announce("note", "info", remark)
    path, name = _target(wanted)
    budget, timeout = _limits(wanted)
    _preload(wanted, path)
    try:
        compiled = Workspace().compile(path)
    except UsageError as error:
        raise Problem(str(error)) from error
    module = compiled.module
    if module is None:
        _show_errors(compiled)
        return 1
    _show_warnings(compiled)
    workflow = _workflow(module, name, path)
    inputs = _inputs(wanted, workflow, path)
    if wanted.dry_run:
        from vegac.cli.dry_run import plan
        from vegac.cli.terminal import out

        out(plan(workflow, inputs, _options(wanted, path, budget, timeout, None), path))
        return 0
    if not wanted.replay:
        _fetch_embedded(wanted, workflow)
    progress = _progress()
    options = _options(wanted, path, budget, timeout, progress)
    return _run(workflow, inputs, options, wanted.output, progress)


def _target(wanted: Wanted) -> tuple[Path, str | None]:
    file, workflow = wanted.file, wanted.workflow
    if file is not None and workflow is None and not looks_like_file(file):
        file, workflow = None, file
    named = wanted.workflow_option
    if workflow is not None and named is not None and workflow != named:
        raise Problem(f"two workflows are named: '{workflow}' and '{named}'")
    return find_program(file), workflow if named is None else named


def _limits(wanted: Wanted) -> tuple[float | None, float | None]:
    """The budget in dollars and the timeout in seconds."""
    budget = timeout = None
    if wanted.budget is not None:
        budget = parse_money(wanted.budget)
        if budget is None:
            raise Problem(f"--budget {wanted.budget!r} is not an amount such as $0.50 or 0.5")
    given = wanted.timeout
    source = "--timeout"
    if given is None and os.environ.get("VEGA_TIMEOUT"):
        given, source = os.environ["VEGA_TIMEOUT"], "VEGA_TIMEOUT"
    if given is not None:
        timeout = parse_duration(given)
        if timeout is None:
            raise Problem(f"{source} {given!r} is not a duration such as 30s, 5m or 1h30m")
    return budget, timeout


def _preload(wanted: Wanted, path: Path) -> None:
    """Start importing the model's SDK, which takes longer than compiling."""
    if wanted.dry_run or wanted.replay or not path.is_file():
        return
    import re

    from vega_runtime.models.registry import preload

    names = [wanted.model] if wanted.model else []
    if not names:
        try:
            found = re.search(r"model:\s*[\"']?([\w./:-]+)", path.read_text("utf-8", "replace"))
        except OSError:
            return
        names = [found[1]] if found else [os.environ.get("VEGA_MODEL") or ""]
    preload(names[0], os.environ)


def _fetch_embedded(wanted: Wanted, workflow: "Workflow[Any, Any]") -> None:
    """Fetch the embedded models that the run needs, with a bar, before its clock starts.

    Raises Problem when that fails.
    """
    named = {str(agent.model) for agent in workflow.agents if agent.model is not None}
    if len(named) < len(workflow.agents):
        named.add(os.environ.get("VEGA_MODEL", ""))
    wanted_names = {wanted.model} if wanted.model else named
    local = sorted(name for name in wanted_names if name.startswith("local/"))
    if not local:
        return
    from vega_runtime.models.download import FILES, installed
    from vega_runtime.models.local import check_local

    for name in local:
        short = name.removeprefix("local/")
        ready = check_local(name, os.environ) is None
        if ready and short in FILES and installed(short, os.environ) is None:
            from vegac.cli.catalogue import fetched

            fetched(short)


def _show_errors(compiled: Compiled) -> None:
    from vegac.source.render import summary
    from vegac.source.render.text import render

    report = compiled.report
    found = [item for item in report.diagnostics if item.severity != "info"]
    text = render(found, report.placements, style_of(sys.stderr))
    note(f"{text}\n{summary(found, report.placements)}; nothing was run")


def _show_warnings(compiled: Compiled) -> None:
    """A line for each warning; `vegac check` shows them in full."""
    from vegac.source.render import arrange
    from vegac.source.render.text import brief

    report = compiled.report
    style = style_of(sys.stderr)
    for item in arrange(report.diagnostics, report.placements):
        if item.severity == "warning":
            note(brief(item, report.placements, style))


def _workflow(module: "EmittedModule", name: str | None, path: Path) -> "Workflow[Any, Any]":
    from vegac.emit.module import module_name
    from vegac.loader import load

    loaded = load(module, f"vega_program_{module_name(path.name)}")
    workflows = loaded.PROGRAM.workflows
    return workflows[find_workflow(name, workflows, path)]


def _inputs(wanted: Wanted, workflow: "Workflow[Any, Any]", path: Path) -> dict[str, Any]:
    from vega_runtime.errors import InputError
    from vega_runtime.inputs import usage_line

    usage = usage_line(str(path), workflow.name, workflow.inputs)
    given = Given(wanted.options, wanted.inputs, wanted.input_files)
    gatherer = Gatherer(workflow.inputs, usage, wanted.own_options)
    inputs = gatherer.gather(given, sys.stdin)
    try:
        return workflow.validate(inputs)
    except InputError as error:
        raise Problem(error.message.replace(workflow.usage, usage)) from error


def _options(
    wanted: Wanted,
    path: Path,
    budget: float | None,
    timeout: float | None,
    progress: "Progress | None",
) -> "RunOptions":
    from vega_runtime.options import RunOptions

    if wanted.replay and not Path(wanted.replay).is_file():
        raise Problem(f"there is no recording '{wanted.replay}'")
    # Found out before the run, not when there is something to write.
    for target in (wanted.record, wanted.trace, None if wanted.output in FORMS else wanted.output):
        if target:
            check_writable(Path(target))
    asker = None
    if progress is not None and sys.stdin.isatty():
        from vegac.cli.ask import Asker

        asker = Asker(progress)
    stream = sys.stderr.isatty() if wanted.stream is None else wanted.stream
    return RunOptions(
        model=wanted.model,
        budget=budget,
        timeout=timeout,
        answers=tuple(wanted.answers),
        ask=asker,
        observers=() if progress is None else (progress,),
        root=path.resolve().parent,
        stream=stream,
        record=Path(wanted.record) if wanted.record else None,
        replay=Path(wanted.replay) if wanted.replay else None,
        trace=Path(wanted.trace) if wanted.trace else None,
    )


def _run(
    workflow: "Workflow[Any, Any]",
    inputs: dict[str, Any],
    options: "RunOptions",
    output: str,
    progress: "Progress",
) -> int:
    from vega_runtime.errors import VegaError
    from vegac.cli.cancelling import Interrupted, run_until_cancelled
    from vegac.cli.progress import cancelled

    gc.collect()
    gc.freeze()
    gc.enable()
    try:
        with progress.shown():
            result = run_until_cancelled(lambda: workflow.execute(inputs, options), progress.say)
    except Interrupted as stopped:
        announce("cancelled", "warning", cancelled(progress, stopped.after))
        return stopped.status
    except VegaError as error:
        note(failure(error, options.root or Path(), style_of(sys.stderr)))
        return 1
    try:
        write_result(result, output)
    except Problem:
        # What was paid for is not thrown away.
        write_result(result, "text")
        raise
    return 0


def _progress() -> "Progress":
    if sys.stderr.isatty() and os.environ.get("TERM") != "dumb":
        from vegac.cli.live import LiveProgress

        return LiveProgress()
    from vegac.cli.progress import Progress

    return Progress()
