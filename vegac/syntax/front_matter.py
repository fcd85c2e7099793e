"""The front matter of a markdown file: YAML between two lines `---` at its start."""

import re

from vegac.source.file import SourceFile

_FENCE = re.compile(r"---[ \t]*(?:\r\n?|\n|\Z)")


def front_matter(file: SourceFile) -> tuple[int, int] | None:
    """Where the YAML begins and ends, or None without a fence on the first line. Where the second
    fence is missing, the end lies before the beginning."""
    opening = _FENCE.match(file.text)
    if opening is None:
        return None
    for start in file.line_starts[1:]:
        if _FENCE.match(file.text, start):
            return opening.end(), start
    return opening.end(), -1
