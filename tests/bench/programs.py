"""Programs of any size for benchmarks: realistic prose, a hole on every third line."""

from pathlib import Path

PROSE = (
    "Read the material below with care and note every claim that has no source.",
    "Write for a reader who knows the field but not this project.",
    "Keep what is true, remove what is repeated, and say what is missing.",
    "Name the files that you would change and the reason for each of them.",
    "Answer with the finding first; details and doubts come after it.",
)


def program(lines: int, width: int = 100, first: int = 1) -> str:
    """A valid program of at least `lines` lines; half of its holes are distinct expressions.

    Prose is cut at `width` characters, so that very long programs stay under the size of a file.
    Workflows are numbered from `first`: other numbers make other expressions.
    """
    out = [
        "name: Benchmark",
        "settings: {default_model: claude-haiku-4-5}",
        "agents:",
        '  Writer: {system: "You write."}',
        '  Critic: {system: "You look for mistakes."}',
        "workflows:",
    ]
    number = first
    while len(out) < lines:
        out += _workflow(number, width)
        number += 1
    return "\n".join(out) + "\n"


def project(folder: Path, programs: int, lines: int = 100) -> list[Path]:
    """Write programs, no two alike, 50 to a folder."""
    paths: list[Path] = []
    for index in range(programs):
        path = folder / f"team{index // 50:03}" / f"program{index:05}.vega.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(program(lines, first=1 + index * (lines // 30)), encoding="utf-8")
        paths.append(path)
    return paths


def _workflow(number: int, width: int) -> list[str]:
    prose = [PROSE[(number + i) % len(PROSE)][:width] for i in range(4)]
    return [
        f"  workflow-{number}:",
        f"    description: Improve part {number}",
        "    inputs:",
        "      task: string",
        '      parts: "list[string]"',
        "      rounds: {type: integer, default: 3, min: 1}",
        "    steps:",
        "      - Writer drafts:",
        "          send: |",
        f"            {prose[0]}",
        "            Task: <<task>>",
        f"            {prose[1]}",
        f"            Parts of {number}: <<parts | slice:{number % 7}:{number % 11} | join:', '>>",
        f"            {prose[2]}",
        "            Count: {{ parts | length }}",
        "          save: draft",
        "      - repeat:",
        "          steps:",
        "            - Critic:",
        "                send: >",
        f"                  {prose[3]} Round <<loop.count>> of <<rounds>>.",
        f"                  {prose[0]}",
        f"                  <<draft | truncate:{100 + number} | upper>>",
        "              save: review",
        "            - Writer fixes:",
        f"                send: \"{prose[1]} <<review | replace:'a{number}':'b' | trim>>\"",
        "                save: draft",
        f"          until: \"'OK {number}' in review or loop.count >= {number} + rounds * 2\"",
        "          max: <<rounds>>",
        "      - if: (parts | length > 2) and not (task | startswith:'draft')",
        "        then:",
        f"          - Writer: Short version of <<draft | default:'part {number}'>>",
        "            save: short",
        "        else:",
        f"          - set: {{short: \"<<'none of {number}' + task>>\"}}",
        '    output: {draft: "<<draft>>", short: "<<short>>"}',
    ]
