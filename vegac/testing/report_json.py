"""Results as JSON, for scripts."""

from collections.abc import Sequence
from typing import Any

from vegac.source.render.json import pretty
from vegac.testing.results import Result


def render(results: Sequence[Result], seconds: float) -> str:
    """An object with all results and how many passed and failed."""
    passed = sum(result.passed for result in results)
    return pretty(
        {
            "version": 1,
            "tests": [_result(result) for result in results],
            "summary": {
                "passed": passed,
                "failed": len(results) - passed,
                "seconds": round(seconds, 6),
            },
        }
    )


def _result(result: Result) -> dict[str, Any]:
    return {
        "file": result.file,
        "line": result.line,
        "name": result.name,
        "outcome": "passed" if result.passed else "failed",
        "seconds": round(result.seconds, 6),
        "problems": result.problems,
        "mismatches": [
            {
                "what": mismatch.what,
                "place": mismatch.place,
                "relation": mismatch.relation,
                "expected": mismatch.expected,
                "got": mismatch.got,
            }
            for mismatch in result.mismatches
        ],
        "printed": result.printed,
    }
