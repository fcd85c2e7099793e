"""Run a workflow of the modules beside this file.

    python run.py [WORKFLOW] [--INPUT VALUE ...]

`--model NAME`, `--budget DOLLARS` and `--timeout SECONDS` hold for the run, `--output json` prints
the result as JSON. Progress goes to standard error, the result to standard output.
"""

import asyncio
import json
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

_HERE = Path(__file__).resolve().parent


def workflows() -> dict[str, Any]:
    """All workflows of the modules beside this file, by name."""
    sys.path.insert(0, str(_HERE))
    found: dict[str, Any] = {}
    for path in sorted(_HERE.glob("*_vega.py")):
        found.update(import_module(path.stem).PROGRAM.workflows)
    return found


def main() -> None:
    """Run what the command line says, and exit."""
    sys.exit(_run(sys.argv[1:], workflows()))


def _run(arguments: list[str], known: dict[str, Any]) -> int:
    from vega_runtime.errors import InputError, VegaError
    from vega_runtime.inputs import raw_inputs
    from vega_runtime.options import RunOptions

    rest, texts = _split(arguments)
    name = rest.pop(0) if rest else next(iter(known), "") if len(known) == 1 else ""
    workflow = known.get(name)
    if workflow is None or rest or "help" in texts:
        print(_usage(known, workflow), file=sys.stderr)
        return 0 if "help" in texts else 2
    own = {key: texts.pop(key, None) for key in ("model", "budget", "timeout", "output")}
    try:
        options = RunOptions(
            model=own["model"],
            budget=_number("budget", own["budget"]),
            timeout=_number("timeout", own["timeout"]),
            observers=(_tell,),
            root=_HERE,
        )
        inputs = raw_inputs(workflow.inputs, texts)
        result = asyncio.run(workflow.execute(inputs, options))
    except InputError as error:
        print(f"error: {error}\n{_usage(known, workflow)}", file=sys.stderr)
        return 2
    except VegaError as error:
        where = f" at {error.place}" if error.place else ""
        print(f"error: {error.type}{where}: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("cancelled", file=sys.stderr)
        return 130
    if isinstance(result, str) and own["output"] != "json":
        print(result)
    elif result is not None or own["output"] == "json":
        print(json.dumps(result, ensure_ascii=False, indent=2))
    return 0


def _split(arguments: list[str]) -> tuple[list[str], dict[str, str]]:
    """What stands alone, and options with their values."""
    rest: list[str] = []
    options: dict[str, str] = {}
    waiting = list(arguments)
    while waiting:
        argument = waiting.pop(0)
        if argument in ("-h", "--help"):
            options["help"] = ""
        elif argument.startswith("--"):
            name, equals, value = argument[2:].partition("=")
            if not equals:
                value = waiting.pop(0) if waiting else ""
            options[name.replace("-", "_")] = value
        else:
            rest.append(argument)
    return rest, options


def _number(name: str, text: str | None) -> float | None:
    from vega_runtime.errors import InputError

    if text is None:
        return None
    try:
        return float(text.removeprefix("$"))
    except ValueError:
        raise InputError(f"--{name} must be a number, not '{text}'") from None


def _usage(known: dict[str, Any], workflow: Any) -> str:
    from vega_runtime.inputs import usage_line

    chosen = list(known.values()) if workflow is None else [workflow]
    lines = [usage_line("", item.name, item.inputs) for item in chosen]
    return "\n".join(" ".join(line.replace("vegac run", "python run.py").split()) for line in lines)


def _tell(event: Any) -> None:
    from vega_runtime import events

    if isinstance(event, events.StepEnded):
        outcome = "finished" if event.error is None else f"failed ({event.error})"
        print(f"{outcome} {event.key} ({event.agent}), {event.duration:.1f} s", file=sys.stderr)
    elif isinstance(event, events.Notice):
        print(f"note: {event.message}", file=sys.stderr)


if __name__ == "__main__":
    main()
