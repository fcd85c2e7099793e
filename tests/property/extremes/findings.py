"""Thousands of findings of one kind."""

from tests.property.extremes.base import AGENT, filled, scrambled, shape, steps


@shape
def ignores_used(size: int) -> str:
    return steps(size, lambda i: f"A: <<'a' - {i}>>  # vegac: ignore[type-mismatch]")


@shape
def ignores_unused(size: int) -> str:
    return steps(size, lambda i: f"A: hi {i} # vegac: ignore[type-mismatch]")


@shape
def ignores_of_many_codes(size: int) -> str:
    codes = ", ".join(["type-mismatch", "unknown-agent", "no-such-code"] * 20)
    return steps(size, lambda i: f"A: hi {i} # vegac: ignore[{codes}]")


@shape
def one_ignore_of_many_codes(size: int) -> str:
    codes = filled(size, "", lambda i: f"unknown-agnet{i}, ")
    return f"{AGENT}x-a: 1  # vegac: ignore[{codes}]\n"


@shape
def secrets(size: int) -> str:
    return steps(size, lambda i: f"A: key sk-ant-api03-{scrambled(i, 40)}{i:05d} AKIA{i:016d}")


@shape
def one_text_like_secrets(size: int) -> str:
    return f"{AGENT}workflows:\n  w:\n    steps:\n    - A: {'sk-AKIA_ghp_' * (size // 12)}\n"


@shape
def one_text_of_letters(size: int) -> str:
    return f"{AGENT}workflows:\n  w:\n    steps:\n    - A: {'aB3' * (size // 3)}\n"


@shape
def secrets_from_the_environment(size: int) -> str:
    return steps(size, lambda i: f"A: <<env.X{i}_KEY>> ${{X{i}}}")


@shape
def variables_of_the_environment(size: int) -> str:
    return filled(
        size, "agents:\n", lambda i: f"  A{i}: {{model: '${{M{i}:-a}}', system: '${{S'}}\n"
    )


@shape
def patterns(size: int) -> str:
    return steps(size, lambda i: f"A: <<'aaaaaaaa' | match:'(a+)+{i}$'>>")


@shape
def patterns_that_are_wrong(size: int) -> str:
    return steps(size, lambda i: f"A: <<'a' | match:'[{i}'>>")


@shape
def one_pattern_that_is_large(size: int) -> str:
    return steps(size, lambda i: f"A: \"<<'a' | match:'{'(a|b)?' * 150}{i}'>>\"")


@shape
def replacements(size: int) -> str:
    return steps(size, lambda i: f"set: {{v{i}: \"<<'a' | regex_replace:'(a)':'{i}'>>\"}}")


@shape
def wrong_values(size: int) -> str:
    return filled(
        size,
        "agents:\n",
        lambda i: f"  A{i}: {{model: [m], system: {{a: 1}}, temperature: {i}, max_tokens: x}}\n",
    )


@shape
def wrong_types_of_arguments(size: int) -> str:
    head = f"{AGENT}workflows:\n  f: {{inputs: {{n: number}}, steps: [A: hi]}}\n  w:\n    steps:\n"
    return filled(size, head, lambda i: f"    - {{workflow: f, with: {{n: word{i}}}}}\n")


@shape
def durations_and_money(size: int) -> str:
    return steps(size, lambda i: f"{{A: hi, timeout: {i}x, budget: $a{i}}}")


@shape
def ambiguous_steps(size: int) -> str:
    return steps(size, lambda i: f"{{A: hi, set: {{v{i}: 1}}, return: 1, repeat: {{}}}}")


@shape
def steps_that_are_no_maps(size: int) -> str:
    return steps(size, lambda i: f"{i}")


@shape
def steps_without_a_message(size: int) -> str:
    return steps(size, lambda i: "A:")


@shape
def includes(size: int) -> str:
    return filled(size, "include:\n", lambda i: f"- missing{i}.vega.yaml\n")


@shape
def includes_of_patterns(size: int) -> str:
    return filled(size, "include:\n", lambda i: f"- missing{i}/**/*.yaml\n")


@shape
def files_that_are_missing(size: int) -> str:
    return filled(size, "agents:\n", lambda i: f"  A{i}: {{model: m, system: {{file: f{i}.md}}}}\n")


@shape
def attachments(size: int) -> str:
    return steps(size, lambda i: f"{{A: hi, attach: [a{i}.png, '<<x{i}>>']}}")


@shape
def unbounded_loops(size: int) -> str:
    return steps(size, lambda i: "{repeat: {steps: [A: hi], until: x}}")


@shape
def schemas(size: int) -> str:
    return steps(
        size,
        lambda i: f"{{A: hi, format: json, schema: {{a: string, b{i}: 'list[strnig]'}}, save: r}}",
    )


@shape
def schedule_of_many(size: int) -> str:
    return steps(size, lambda i: f"{{A: <<v{i // 2} | default('')>>, save: v{i}}}") + (
        "settings: {schedule: auto}\n"
    )


@shape
def skills(size: int) -> str:
    return filled(
        size,
        "agents:\n",
        lambda i: f"  A{i}: {{model: m, system: s, skills: {{directories: [d{i}]}}}}\n",
    )
