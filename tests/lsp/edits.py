"""Programs that lean on each other's definitions, and what people do to them while they type."""

import re
from collections.abc import Callable

from hypothesis import strategies as st

TEAM = """\
name: Team
settings:
  default_model: claude-haiku-4-5
  budget: $2
agents:
  Coder:
    system: You write.
    tools: [fetch_page, read_file]
  Critic:
    extends: Coder
    system: You look for mistakes, today is <<date>>.
  Lead:
    system: You decide.
    team: [Coder]
    budget: $1
tools:
  fetch_page:
    description: Fetch a page
    params: {page: string}
    implementation: {type: http, url: "https://example.com/<<page>>"}
  spare:
    description: Say something
    params: {what: string}
    implementation: {type: exec, command: "echo <<what>>"}
workflows:
  main:
    inputs: {task: string, rounds: {type: integer, default: 3, min: 1}}
    budget: $1
    steps:
      - Coder writes: Write <<task>>
        save: draft
      - workflow: review
        with: {text: <<draft>>, depth: 2}
        save: verdict
      - if: verdict == 'good'
        then:
          - Lead: Publish <<draft>>
            save: note
        else:
          - workflow: repair
            with: {text: <<draft>>}
            save: note
    output: {draft: <<draft>>, note: <<note>>}
  # What others call.
  review:
    inputs: {text: string, depth: integer}
    steps:
      - if: depth > 0
        then:
          - workflow: review
            with: {text: <<text>>, depth: <<depth - 1>>}
            save: below
      - Critic judges: |
          Judge <<text>>
          <<below | default:none>>
        save: verdict
        tools: [fetch_page]
    output: verdict
  repair:
    steps:
      - repeat:
          - Coder mends: Mend <<text>>
            save: text
            retry: 3
        until: "'OK' in text"
        max: 25
      - workflow: ping
        with: {count: 1}
        save: answer
    output: <<text>> <<answer>>
  ping:
    inputs: {count: integer}
    steps:
      - if: count > 3
        then:
          - return: done
      - workflow: pong
        with: {count: <<count + 1>>}
        save: back
    output: back

  pong:
    inputs: {count: integer}
    steps:
      - workflow: ping
        with: {count: <<count>>}
        save: back
      - Lead: Say <<env.API_KEY>>
    output: <<back>>
  _spare:
    steps:
      - parallel:
          - Coder: One <<topic>>
            save: one
          - Critic: Two
            save: two
      - for line in one | lines:
          - Coder: <<line>> <<loop.index>>
      - set: {three: <<one>>, error: none}
"""

WORDS = (
    *("Coder", "Critic", "Lead", "Codr", "main", "review", "repair", "ping", "pong", "_spare"),
    *("fetch_page", "spare", "read_file", "text", "depth", "count", "draft", "verdict", "note"),
    *("string", "integer", "any", "boolean", "3", "0", "$9", "good", "API_KEY", "date", "below"),
    *("save", "with", "inputs", "output", "steps", "workflow", "then", "else", "if", "until"),
)
PIECES = (
    *(
        "\n",
        "\n\n",
        "# a remark\n",
        "    # a remark\n",
        "  # vegac: ignore[unused-agent]\n",
        " ",
        "  ",
    ),
    *(
        "  New:\n    system: You help.\n",
        "  fresh:\n    steps:\n      - Coder: Hello\n",
        "<<",
        ">>",
    ),
    *(
        "      - New: Hello <<text>>\n",
        "      - workflow: review\n",
        "&a ",
        "*a",
        ": ",
        "- ",
        "'",
        '"',
    ),
    *(
        "agents:\n",
        "workflows:\n",
        "tools:\n",
        "    tools: [spare]\n",
        "    timeout: 5s\n",
        "|",
        "\t",
    ),
    *(
        "settings: {budget: $0.5}\n",
        "[",
        "}",
        "{",
        "x",
        "é",
        "😀",
        "\r\n",
        "include: other.vega.yaml\n",
    ),
)
_WORD = re.compile(r"\w+")
_TOP = re.compile(r"(?m)^(?=  \w+:)")


def _rename(draw: st.DrawFn, text: str) -> str:
    """Another word in one place, or in all."""
    found = list(_WORD.finditer(text))
    if not found:
        return text
    match = draw(st.sampled_from(found))
    word = draw(st.sampled_from(WORDS))
    if draw(st.booleans()):
        return text[: match.start()] + word + text[match.end() :]
    return re.sub(rf"\b{re.escape(match[0])}\b", word, text)


def _insert(draw: st.DrawFn, text: str) -> str:
    """Something typed at the start of a line, or anywhere."""
    starts = [0, *(match.end() for match in re.finditer("\n", text))]
    places = st.sampled_from(starts) if draw(st.booleans()) else st.integers(0, len(text))
    place = draw(places)
    piece = draw(st.sampled_from(PIECES) | st.text(st.characters(), min_size=1, max_size=2))
    return text[:place] + piece + text[place:]


def _delete(draw: st.DrawFn, text: str) -> str:
    place = draw(st.integers(0, len(text)))
    return text[:place] + text[place + draw(st.integers(1, 8)) :]


def _lines(draw: st.DrawFn, text: str) -> str:
    """Lines go, come twice, or move."""
    lines = text.splitlines(keepends=True)
    start = draw(st.integers(0, len(lines)))
    end = start + draw(st.integers(1, 9))
    block, rest = lines[start:end], lines[:start] + lines[end:]
    place = draw(st.integers(0, len(rest)))
    match draw(st.integers(0, 2)):
        case 0:
            return "".join(rest)
        case 1:
            return "".join(lines[:end] + block + lines[end:])
        case _:
            return "".join(rest[:place] + block + rest[place:])


def _definitions(draw: st.DrawFn, text: str) -> str:
    """Two neighbouring definitions change places."""
    parts = _TOP.split(text)
    if len(parts) < 3:
        return text
    at = draw(st.integers(1, len(parts) - 2))
    parts[at], parts[at + 1] = parts[at + 1], parts[at]
    return "".join(parts)


EDITS: tuple[Callable[[st.DrawFn, str], str], ...] = (
    _rename,
    _rename,
    _insert,
    _delete,
    _lines,
    _definitions,
)


@st.composite
def sessions(draw: st.DrawFn, size: int = 12, text: str = TEAM) -> list[str]:
    """The texts of a file while somebody works on it; now and then an edit is taken back."""
    texts = [text]
    for _ in range(size):
        if draw(st.integers(0, 3)) == 0:
            texts.append(texts[draw(st.integers(0, len(texts) - 1))])
        else:
            texts.append(draw(st.sampled_from(EDITS))(draw, texts[-1]))
    return texts
