"""Tools that editors' parts are built and looked at with: Node, and a browser.

Without them these tests are skipped, but where CI runs them they must be there.
"""

import fcntl
import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
IMAGES = ROOT / "docs/images"
BROWSER_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def tool(*names: str) -> str:
    """The path of the first of these commands that is there."""
    for name in names:
        found = shutil.which(name)
        if found is not None:
            return found
    if os.environ.get("CI") == "true":
        pytest.fail(f"none of {', '.join(names)} is installed")
    pytest.skip(f"none of {', '.join(names)} is installed")


def npm(folder: Path, *arguments: str) -> str:
    """What npm says when it does something in a folder."""
    command = [tool("npm"), *arguments]
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=900, check=False
    )
    assert done.returncode == 0, f"npm {' '.join(arguments)}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def built(folder: Path, script: str, result: Path, sources: Sequence[str]) -> None:
    """Install what a folder needs and build it, unless that was done after its last change.

    Several processes may want it at once; one of them builds.
    """
    with (folder / "package.json").open(encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        installed = folder / "node_modules/.package-lock.json"
        if _older(installed, [folder / "package-lock.json"]):
            npm(folder, "ci")
        paths = [path for pattern in sources for path in folder.glob(pattern)]
        if _older(result, [*paths, installed]):
            npm(folder, "run", script)
    assert result.exists()


def _older(path: Path, others: Sequence[Path]) -> bool:
    """Whether a file is missing, or one of the others is newer."""
    if not path.exists():
        return True
    when = path.stat().st_mtime
    return any(other.stat().st_mtime > when for other in others if other.is_file())


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A browser without a window."""
    path = tool("chromium", "chromium-browser", "google-chrome")
    tool("npm")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=path, args=list(BROWSER_FLAGS))
        yield found
        found.close()


@pytest.fixture
def picture(tmp_path: Path) -> Any:
    """Where a picture goes: to the documentation where `VEGA_UPDATE_IMAGES` is set."""
    folder = IMAGES if os.environ.get("VEGA_UPDATE_IMAGES") else tmp_path

    def path(name: str) -> Path:
        folder.mkdir(exist_ok=True)
        return folder / name

    return path
