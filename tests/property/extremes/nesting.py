"""Steps in steps, and many in a row."""

from tests.property.extremes.base import AGENT, filled, shape, steps


@shape
def branches_of_one_condition(size: int) -> str:
    head = f"{AGENT}workflows:\n  w:\n    inputs: {{x: number}}\n    steps:\n"
    head += "    - if: x == 0\n      then: [{A: hi}]\n      elif:\n"
    return filled(size, head, lambda i: f"      - {{if: x == {i}, then: [{{set: {{v{i}: 1}}}}]}}\n")


@shape
def branches_that_set_many(size: int) -> str:
    sets = ", ".join(f"v{i}: 1" for i in range(60))
    head = f"{AGENT}workflows:\n  w:\n    inputs: {{x: number}}\n    steps:\n"
    head += "    - if: x == 0\n      then: [{A: hi}]\n      elif:\n"
    return filled(size, head, lambda i: f"      - {{if: x == {i}, then: [{{set: {{{sets}}}}}]}}\n")


@shape
def branches_of_other_types(size: int) -> str:
    head = f"{AGENT}workflows:\n  w:\n    inputs: {{x: number}}\n    steps:\n"
    head += "    - if: x == 0\n      then: [{A: hi}]\n      elif:\n"
    return filled(
        size, head, lambda i: f"      - {{if: x == {i}, then: [{{set: {{v: {{f{i}: 1}}}}}}]}}\n"
    )


@shape
def conditions_in_a_row(size: int) -> str:
    return steps(size, lambda i: f"{{if: x == {i}, then: [A: hi], else: [set: {{v{i}: 1}}]}}")


@shape
def conditions_in_conditions(size: int) -> str:
    deep = "".join(" " * (2 * i) + "- if: x\n" + " " * (2 * i) + "  then:\n" for i in range(28))
    lines = (deep + " " * 56 + "- A: hi\n").splitlines()
    block = "".join(f"    {line}\n" for line in lines)
    head = f"{AGENT}workflows:\n  w:\n    inputs: {{x: any}}\n    steps:\n"
    return filled(size, head, lambda _: block)


@shape
def too_deep_blocks(size: int) -> str:
    count = int(size**0.5)
    return f"{AGENT}workflows:\n  w:\n    steps:\n" + "".join(
        " " * (4 + i) + "- do:\n" for i in range(count)
    )


@shape
def too_deep_brackets(size: int) -> str:
    return f"x-a: {'[' * (size // 2)}{']' * (size // 2)}\n"


@shape
def open_brackets(size: int) -> str:
    return f"x-a: {'[' * size}\n"


@shape
def open_braces(size: int) -> str:
    return filled(size, "x-a: ", lambda _: "{a: ")


@shape
def dashes(size: int) -> str:
    return filled(size, "x-a:\n", lambda _: "- ")


@shape
def question_marks(size: int) -> str:
    return filled(size, "", lambda _: "? ")


@shape
def loops_in_loops_that_save(size: int) -> str:
    deep = ""
    for i in range(20):
        pad = "    " + "  " * i
        deep += f"{pad}- for: x{i} in [1, 2]\n{pad}  steps:\n"
        deep += f"{pad}  - set: {{v{i}: <<v{(i + 1) % 20} | default('a')>>, w: <<x{i}>>}}\n"
    head = f"{AGENT}workflows:\n"
    return filled(size, head, lambda i: f"  w{i}:\n    steps:\n{deep}")


@shape
def chain_of_variables_in_a_loop(size: int) -> str:
    head = f"{AGENT}workflows:\n  w:\n    steps:\n    - set: {{"
    head = filled(size // 3, head, lambda i: f"v{i}: a, ")
    head += "z: a}\n    - for: i in [1, 2]\n      steps:\n"
    return filled(size, head, lambda i: f"      - set: {{v{i}: <<v{i + 1}>>}}\n")


@shape
def chain_of_types_in_nested_loops(size: int) -> str:
    def block(number: int) -> str:
        sets = ", ".join(f"v{i}: '<<[v{i + 1}]>>'" for i in range(20))
        return (
            "    - for: i in [1]\n      steps:\n      - for: j in [1]\n        steps:\n"
            "        - for: k in [1]\n          steps:\n"
            f"          - set: {{{sets}, v20: {number}}}\n"
        )

    first = ", ".join(f"v{i}: a" for i in range(21))
    return filled(size, f"{AGENT}workflows:\n  w:\n    steps:\n    - set: {{{first}}}\n", block)


@shape
def loops_that_wrap_their_variable(size: int) -> str:
    return steps(
        size, lambda i: f"{{for: i in [1], steps: [set: {{v: '<<[v | default({i})]>>'}}]}}"
    )


@shape
def one_loop_of_all(size: int) -> str:
    head = f"{AGENT}workflows:\n  w:\n    steps:\n    - repeat:\n        max: 3\n        steps:\n"
    return filled(
        size, head, lambda i: f"        - {{A: <<v{i} | default('')>>, save: v{i + 1}}}\n"
    )


@shape
def loops_in_a_row(size: int) -> str:
    return steps(size, lambda i: "{repeat: {max: 2, steps: [{A: '<<v>>', save: v}]}}")


@shape
def branches_in_parallel(size: int) -> str:
    head = f"{AGENT}workflows:\n  w:\n    steps:\n    - parallel:\n"
    return filled(size, head, lambda i: f"      - {{A: <<v{i - 1}>>, save: v{i}}}\n")


@shape
def branches_in_parallel_that_save_one_name(size: int) -> str:
    head = f"{AGENT}workflows:\n  w:\n    steps:\n    - parallel:\n"
    return filled(size, head, lambda _: "      - {A: hi, save: v}\n")


@shape
def parallel_steps_in_a_row(size: int) -> str:
    return steps(size, lambda i: f"parallel: [{{A: hi, save: a{i}}}, {{A: hi, save: b{i}}}]")


@shape
def parallel_loops(size: int) -> str:
    return steps(
        size,
        lambda i: (
            f"{{for: x in [1], parallel: 2, steps: [set: {{y: <<x>>}}, A: <<y>>], save: l{i}}}"
        ),
    )


@shape
def attempts_in_a_row(size: int) -> str:
    return steps(
        size,
        lambda i: (
            f"{{try: [{{A: hi, save: v{i}}}], catch: [set: {{w: 1}}], finally: [A: <<v{i}>>]}}"
        ),
    )


@shape
def attempts_in_attempts(size: int) -> str:
    deep = ""
    for i in range(25):
        pad = "    " + "  " * i
        deep += (
            f"{pad}- catch: [set: {{v{i}: 1}}]\n{pad}  finally: [set: {{w{i}: 2}}]\n{pad}  try:\n"
        )
    deep += "    " + "  " * 25 + "- A: <<v3 | default(w4)>>\n"
    return filled(size, f"{AGENT}workflows:\n", lambda i: f"  w{i}:\n    steps:\n{deep}")


@shape
def blocks_in_blocks_in_a_row(size: int) -> str:
    return steps(size, lambda i: "do: [do: [do: [do: [do: [A: hi]]]]]")


@shape
def steps_after_a_return(size: int) -> str:
    return steps(
        size, lambda i: f"{{return: <<a{i}>>, if: x}}", tail="    - return: 1\n    - A: hi\n"
    )


@shape
def steps_that_end_all(size: int) -> str:
    return steps(size, lambda _: "return: 1")


@shape
def independent_steps(size: int) -> str:
    head = filled(
        size // 2, "agents:\n", lambda i: f"  A{i}: {{model: claude-haiku-4-5, system: s}}\n"
    )
    return filled(
        size, head + "workflows:\n  w:\n    steps:\n", lambda i: f"    - {{A{i}: hi, save: v{i}}}\n"
    )


@shape
def plain_steps(size: int) -> str:
    return steps(size, lambda i: f"{{A: hi, save: v{i}}}")


@shape
def answers_asked(size: int) -> str:
    return steps(size, lambda i: f"{{ask: q, save: v{i}, choices: [a, b], default: c}}")


@shape
def memories(size: int) -> str:
    return steps(size, lambda i: f"{{recall: {{key: k{i}, save: v{i}}}}}")


@shape
def steps_with_handlers(size: int) -> str:
    return steps(
        size,
        lambda i: (
            f"{{A: hi, save: v{i}, timeout: 5s, on_timeout: [{{A: <<v{i}>>}}], "
            f"continue_on_error: true, retry: 2, budget: $1}}"
        ),
    )


@shape
def workflows_small(size: int) -> str:
    return filled(size, f"{AGENT}workflows:\n", lambda i: f"  w{i}: {{steps: [A: <<x>>]}}\n")


@shape
def workflows_that_are_empty(size: int) -> str:
    return filled(size, f"{AGENT}workflows:\n", lambda i: f"  w{i}:\n")
