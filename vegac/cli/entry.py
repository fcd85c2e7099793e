"""The start of every command: what comes before it, and what becomes of failures."""

import gc
import os
import sys
from pathlib import Path
from typing import Any

from vegac.cli.problem import Problem, ReaderLeftError


def main() -> None:
    """See `vegac.cli.main`."""
    # Compiling makes many objects that live to the end; `run` turns collection on again.
    gc.disable()
    _open_missing_streams()
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")
    arguments = sys.argv[1:] or ["--help"]
    end = arguments.index("--") if "--" in arguments else len(arguments)
    debug = "--debug" in arguments[:end] or bool(os.environ.get("VEGA_DEBUG"))
    arguments = [arg for at, arg in enumerate(arguments) if arg != "--debug" or at > end]
    status = _finish(_guarded(arguments, debug))
    sys.exit(status)


def _open_missing_streams() -> None:
    """A stream that was closed before the start, as with `>&-`, is None; use nothing instead."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115


def _guarded(arguments: list[str], debug: bool) -> int:
    """The exit status of a command; its failures are told in a line or two."""
    try:
        return _command(arguments)
    except Problem as problem:
        _tell("error", problem.message, problem.hint)
        return problem.status
    except (ReaderLeftError, BrokenPipeError):
        return _silence()
    except KeyboardInterrupt:
        _tell("interrupted", "")
        return 130
    except OSError as error:
        if debug:
            raise
        named = f"'{error.filename}': " if error.filename else ""
        _tell("error", f"{named}{error.strerror or error}")
        return 2
    except Exception as error:
        if debug:
            raise
        from vegac import __version__

        what = " ".join(f"{type(error).__name__}: {error}".split())
        _tell(
            "internal error",
            f"{what[:300]} (a fault in vegac {__version__}, not in your files; "
            "run again with --debug to see where)",
        )
        return 3


def _command(arguments: list[str]) -> int:
    from vegac.cli.app import UsageError, command, explain_usage

    try:
        result: Any = command().main(arguments, prog_name="vegac", standalone_mode=False)
    except UsageError as error:
        message, hint = explain_usage(error)
        raise Problem(message, hint=hint) from error
    return result if isinstance(result, int) else 0


def _finish(status: int) -> int:
    """Flush what was written; a reader that has gone away is no failure worth a word."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        return _silence()
    except OSError as error:
        _drop(sys.stdout)
        _tell("error", f"cannot write the output: {error.strerror or error}")
        status = status or 2
    try:
        sys.stderr.flush()
    except OSError:
        _drop(sys.stderr)
    return status


def _silence() -> int:
    _drop(sys.stdout)
    return 141


def _drop(stream: Any) -> None:
    """Let nothing more be written to a stream, so that the interpreter's last flush succeeds."""
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
    except (OSError, ValueError):
        pass


def _tell(kind: str, message: str, hint: str = "") -> None:
    from vegac.cli.terminal import announce, note

    try:
        sys.stdout.flush()
        if message:
            announce(kind, "error", message)
        else:
            note(f"\n{kind}")
        if hint:
            note(hint)
    except (OSError, ReaderLeftError):
        pass
