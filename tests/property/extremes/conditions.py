"""Conditions: many on one value, many values in one, and what remains when they are unreadable."""

from tests.property.extremes.base import AGENT, filled, shape, steps


def _inputs(declared: str) -> str:
    return f"    inputs: {{{declared}}}\n"


@shape
def conditions_on_one_enum(size: int) -> str:
    values = ", ".join(f"v{i}" for i in range(250))
    inputs = _inputs(f"a: {{type: string, enum: [{values}]}}")
    return steps(size, lambda i: f"{{if: a == 'v{i % 250}', then: [A: hi]}}", inputs)


@shape
def arms_for_every_value(size: int) -> str:
    count = size // 60
    values = ", ".join(f"v{i}" for i in range(count))
    head = f"{AGENT}workflows:\n  w:\n{_inputs(f'a: {{type: string, enum: [{values}]}}')}"
    head += "    steps:\n    - if: a == 'v0'\n      then: [A: hi]\n      elif:\n"
    return filled(size, head, lambda i: f"      - {{if: a == 'v{i % count}', then: [A: <<x>>]}}\n")


@shape
def conditions_on_many_booleans(size: int) -> str:
    inputs = _inputs(", ".join(f"a{i}: boolean" for i in range(12)))
    all_of_them = " and ".join(f"a{i}" for i in range(12))
    return steps(size, lambda i: f"{{A: hi, if: {all_of_them}}}", inputs)


@shape
def conditions_in_conditions_on_many_values(size: int) -> str:
    inputs = _inputs(", ".join(f"a{i}: any" for i in range(20)))
    asked = "a0"
    for i in range(1, 60):
        asked = f"({asked} {'or' if i % 2 else 'and'} not a{i % 20})"
    return steps(size, lambda i: f"{{A: hi, if: {asked}}}", inputs)


@shape
def inputs_of_an_unreadable_condition(size: int) -> str:
    count = size // 24
    asked = " or ".join(f"a{i}" for i in range(count))
    declared = _inputs(", ".join(f"a{i}: string" for i in range(count)))
    return f"{AGENT}workflows:\n  w:\n{declared}    steps: [{{if: {asked}, then: [A: hi]}}]\n"
