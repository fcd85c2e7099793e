"""Files of tests."""

from tests.property.extremes.base import filled, of_tests

PROGRAM = """program: |
  agents: {Coder: {model: claude-haiku-4-5, system: s}, Critic: {model: m, system: s}}
  workflows: {w: {inputs: {task: string}, steps: [{Coder: "<<task>>", save: code}]}}
tests:
"""


@of_tests
def tests_of_one_program(size: int) -> str:
    return filled(
        size,
        PROGRAM,
        lambda i: (
            f"  t{i}: {{inputs: {{task: a}}, model: [{{reply: x}}], expect: {{output: x}}}}\n"
        ),
    )


@of_tests
def tests_that_misspell_all(size: int) -> str:
    return filled(
        size,
        PROGRAM,
        lambda i: (
            f"  t{i}: {{workflow: v{i}, inptus: {{tsak: a}}, "
            f"model: [{{agent: Codr{i}, reply: x}}], "
            f"expect: {{outptu: x, sent: {{Critc: [x]}}, variables: {{cdoe: 1}}}}}}\n"
        ),
    )


@of_tests
def tests_with_programs_of_their_own(size: int) -> str:
    return filled(
        size,
        "tests:\n",
        lambda i: (
            f"  t{i}:\n    program: |\n      agents: {{A{i}: {{model: m, system: s}}}}\n"
            f"      workflows: {{w: {{steps: [A{i}: hi]}}}}\n    diagnostics: []\n"
        ),
    )


@of_tests
def one_test_of_many_replies(size: int) -> str:
    return filled(
        size,
        PROGRAM + "  t:\n    model:\n",
        lambda i: f"    - {{agent: Coder, match: /a{i}(/, reply: x}}\n",
    )


@of_tests
def one_test_of_many_expectations(size: int) -> str:
    return filled(
        size,
        PROGRAM + "  t:\n    inputs: {task: a}\n    expect:\n      sent:\n        Coder:\n",
        lambda i: f"        - {{contains: a{i}, matches: '(x'}}\n",
    )


@of_tests
def one_test_of_many_calls(size: int) -> str:
    return filled(
        size,
        PROGRAM + "  t:\n    inputs: {task: a}\n    expect:\n      calls:\n",
        lambda i: f"      - Codre{i}\n",
    )


@of_tests
def expressions_in_tests(size: int) -> str:
    return filled(
        size,
        "tests:\n  t:\n    expressions:\n",
        lambda i: f"    - {{expr: 'n * {i} + mm', vars: {{n: {i}}}, value: {i}}}\n",
    )


@of_tests
def expected_findings(size: int) -> str:
    return filled(
        size,
        PROGRAM + "  t:\n    diagnostics:\n",
        lambda i: f"    - {{code: unknown-agnet, line: {i}, column: 9, severity: eror}}\n",
    )


@of_tests
def files_of_tests(size: int) -> str:
    return filled(
        size, "tests:\n", lambda i: f"  t{i}: {{file: missing{i}.vega.yaml, inputs: {{a: 1}}}}\n"
    )


@of_tests
def tests_of_one_name(size: int) -> str:
    return filled(size, PROGRAM, lambda i: "  t: {inputs: {task: a}}\n")


@of_tests
def inputs_of_tests(size: int) -> str:
    return filled(size, PROGRAM + "  t:\n    inputs:\n", lambda i: f"      taks{i}: <<{i}>>\n")
