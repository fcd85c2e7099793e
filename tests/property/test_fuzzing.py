"""Coverage leads a fuzzer to the programs that break the checker: there are none.

`VEGA_FUZZ_SECONDS` says how long it looks (600), `VEGA_FUZZ_SEED` repeats a search.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.property.fuzzer import packed, smaller

ROOT = Path(__file__).parents[2]
SECONDS = int(os.environ.get("VEGA_FUZZ_SECONDS", "600"))
SEED = os.environ.get("VEGA_FUZZ_SEED", "")
SHRINKING = 60.0
"""Seconds to make an input smaller."""


def fuzzer(*arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tests.property.fuzzer", *arguments],
        cwd=ROOT,
        env=os.environ | env,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
        timeout=SECONDS + 300,
    )


@pytest.mark.slow
@pytest.mark.timeout(SECONDS + 900)
def test_nothing_breaks_the_checker(tmp_path: Path) -> None:
    if not os.environ.get("CI"):
        pytest.importorskip("atheris")
    seed = ("--seed", SEED) if SEED else ()
    done = fuzzer("--folder", str(tmp_path), "--seconds", str(SECONDS), *seed)
    for found in tmp_path.glob("found-*"):
        data = smaller(found.read_bytes(), SHRINKING)
        pytest.fail(
            f"{done.stderr[-3000:]}\n\nThis file breaks the checker: {data[:2000]!r}\nTry again:\n"
            f"  python -m tests.property.fuzzer --again {packed(data)}"
        )
    assert done.returncode == 0, done.stderr[-3000:]
    # The order of sets differs between processes.
    corpus = str(tmp_path / "corpus")
    first, second = (fuzzer("--findings", corpus, PYTHONHASHSEED=seed) for seed in ("1", "2"))
    assert first.returncode == 0, first.stderr[-3000:]
    assert len(first.stdout.splitlines()) > 100
    assert first.stdout == second.stdout


def test_an_input_can_be_tried_again() -> None:
    done = fuzzer("--again", packed(b"agents: [\n\xff"))
    assert (done.returncode, done.stdout) == (0, ""), done.stderr


STEPS = "agents: {A: {model: scripted, system: s}}\nworkflows: {w: {inputs: [a], steps: ["
FOUND = {
    "blanks in an expression": f'{STEPS}{{A: "<<a.b{"    " * 20}c>>"}}]}}}}',
    "an open quote before holes": '"' + "<<x | upper>> " * 7_000,
    "an open hole": "{{x} " * 20_000,
    "blanks alone": "\t" * 100_000,
    "silencing comments": "k: v # vegac: ignore[x]\n" * 4_000,
    "crumbs": "agents:\n" + "sult}\n" * 15_000,
    "open brackets and holes": "agents:\n A: " + "[{if: {{a b {c: " * 130 + "\n" + "{{" * 300,
}
"""What took too long once."""


@pytest.mark.parametrize("name", FOUND)
def test_what_took_too_long_once(name: str) -> None:
    done = fuzzer("--again", packed(FOUND[name].encode()))
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
