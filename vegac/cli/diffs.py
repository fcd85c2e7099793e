"""Changes of files as unified diffs."""

import io
from difflib import unified_diff


def diff(path: str, before: str, after: str) -> str:
    """What changes in a file, as `patch` reads it; "" for no change."""
    return "".join(
        line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"
        for line in unified_diff(_lines(before), _lines(after), path, path)
    )


def _lines(text: str) -> list[str]:
    # `str.splitlines` knows more line ends than `patch`.
    return list(io.StringIO(text, newline="\n"))
