"""A program of two files for tests: expressions stand in every style of scalar."""

MAIN = """\
include: parts/agents.vega.yaml
settings:
  default_model: claude-haiku-4-5
workflows:
  main:
    description: Write a text
    inputs:
      topic: {type: string, description: What it is about}
      tone: {type: string, enum: [dry, warm], default: dry}
      rounds: integer
    steps:
      - Coder writes the code: Write on <<topic | upper>> 😀 in <<tone>>
        save: draft
      - Coder checks it:
          send: >-
            😀 Check
            <<draft | trim>> on
            <<topic>>.
          save: checked
      - if: "draft == checked and rounds > 1"
        then:
          - set: {best: '<<draft>>', "count": "<<rounds + 1>>"}
        else:
          - workflow: second
            with: {text: <<draft>>, "times": 2}
            save: best
      - for line in draft | split:x:
          - Reviewer reads: "\\u2192 <<line>> \\"<<loop.index>>\\""
        save: "notes"
    output:
      - {best: <<best>>, number: <<count | default:0>>, notes: <<notes>>}
      - <<steps.checked.output>>
tests:
  works:
    workflow: main
    inputs: {topic: x, rounds: 2}
    model:
      - {agent: Coder, reply: y}
    expect:
      calls: [Coder]
"""
PART = """\
agents:
  Coder:
    system: You write, today is <<date>>.
    temperature: 0.3
    tools: [fetch_page, read_file]
  Reviewer:
    extends: Coder
    system: >-
      You review what
      <<env.TEAM | default:nobody>> wrote.
tools:
  fetch_page:
    description: Fetch a page
    params:
      page: {type: string}
    implementation:
      type: http
      url: https://example.com/<<page>>
workflows:
  second:
    inputs: {text: string, times: integer}
    steps:
      - Reviewer reads: >
          It says
          <<text | truncate:(times)>> twice
        save: answer
    output: answer
"""
