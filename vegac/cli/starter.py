"""The files of a new project."""

from pathlib import Path

from vegac.cli.problem import Problem
from vegac.cli.terminal import note, write_file

PROGRAM = """\
# Two agents, one workflow. Check it:  vegac check
#                           Run it:    vegac run --topic "the moon"
name: team
description: Write a short text and have it reviewed

settings:
  # An embedded demonstration model: no key, no network, and small. For real work name another
  # model here, for example claude-haiku-4-5, and set ANTHROPIC_API_KEY.
  default_model: ${VEGA_MODEL:-local/smollm2}

agents:
  Writer:
    system: You write short, clear texts. You answer with the text alone.
    max_tokens: 200

  Reviewer:
    system: You review texts. You answer APPROVED, or name one thing to improve in one sentence.
    max_tokens: 60

workflows:
  write:
    description: Write about a topic, with at most one revision
    inputs:
      topic: {type: string, description: What to write about}
      sentences: {type: integer, default: 2, min: 1, max: 10}
    steps:
      - Writer drafts the text:
          send: Write <<sentences>> sentences about <<topic>>.
          save: draft
      - Reviewer reads it:
          send: "Review this text:\\n<<draft>>"
          save: review
      - if: not ("APPROVED" in review)
        then:
          - Writer revises the text:
              send: "Improve your text. The reviewer says: <<review>>"
              save: draft
    output: <<draft>>
"""

TESTS = """\
# Run these with:  vegac test
# The script below stands in for the models, so nothing is called and nothing is spent.
tests:
  a good draft is kept:
    workflow: write
    inputs: {topic: the moon}
    model:
      - {agent: Writer, reply: The moon orbits the earth.}
      - {agent: Reviewer, reply: APPROVED}
    expect:
      output: The moon orbits the earth.
      calls: [Writer, Reviewer]

  a weak draft is revised once:
    workflow: write
    inputs: {topic: the moon, sentences: 1}
    model:
      - {agent: Writer, match: Write 1 sentences, reply: Moon.}
      - {agent: Reviewer, match: Moon., reply: Too short.}
      - {agent: Writer, match: Too short., reply: The moon is far away.}
    expect:
      output: The moon is far away.
      calls: [Writer, Reviewer, Writer]
"""

README = """\
# {title}

A team of AI agents, written in [Vega](team.vega.yaml).

    vegac check                          # look for mistakes, without calling a model
    vegac test                           # run the tests, without calling a model
    vegac run --topic "the moon"         # run the workflow
    vegac run --topic "the moon" --model claude-haiku-4-5     # with another model
    vegac build                          # compile to a Python module

The program starts out with an embedded demonstration model. It needs no key, only
`pip install 'vegac[local]'`, and fetches 90 MB at first use. It shows how things work, not how
well: for real answers set `ANTHROPIC_API_KEY` and name a model in `team.vega.yaml`, or in the
environment as `VEGA_MODEL`.
"""


def start(folder: Path) -> int:
    """Write a new project into `folder`. Raises Problem rather than replace a file."""
    files = {
        "team.vega.yaml": PROGRAM,
        "team.vega.test.yaml": TESTS,
        "README.md": README.format(title=folder.resolve().name or "team"),
    }
    if folder.exists() and not folder.is_dir():
        raise Problem(f"'{folder}' is not a folder")
    present = [name for name in files if (folder / name).exists()]
    if present:
        raise Problem(f"'{folder}' already has {', '.join(present)}", hint="Nothing was written.")
    for name, text in files.items():
        write_file(folder / name, text)
    note(f"made {', '.join(files)} in {folder}")
    steps = [] if folder.resolve() == Path.cwd() else [f"cd {folder}"]
    steps += ["vegac check", 'vegac run --topic "the moon"']
    note("next:")
    for step in steps:
        note(f"  {step}")
    return 0
