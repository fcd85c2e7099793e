"""Expressions and texts, as long and as deep as they may be, and longer."""

from tests.property.extremes.base import AGENT, SHAPES, filled, misspelt, shape, steps


def _joined(word: str, sign: str, length: int = 990) -> str:
    return sign.join([word] * ((length + len(sign)) // (len(word) + len(sign))))


LONG_EXPRESSIONS = {
    "sums": _joined("a", "+"),
    "sums_of_texts": _joined("'a'", "+"),
    "conjunctions": _joined("a", " and "),
    "alternatives": _joined("a", " or "),
    "negations": "not " * 240 + "a",
    "signs": "-" * 990 + "a",
    "chains_of_comparisons": _joined("a", "<"),
    "chains_of_filters": "a" + "|upper" * 160,
    "parentheses": "(" * 490 + "a" + ")" * 490,
    "nested_lists": "[" * 490 + "a" + "]" * 490,
    "nested_maps": "{a:" * 200 + "1" + "}" * 200,
    "nested_holes": "<<" * 240 + "a" + ">>" * 240,
    "indexes": "a" + "[0]" * 330,
    "fields": "a" + ".b" * 490,
    "ternaries": _joined("a if b else", " ") + " c",
    "nested_calls": "a|default(" * 90 + "a" + ")" * 90,
    "lists": "[" + _joined("1", ",") + "]",
    "unlike_lists": "[" + ",".join(f"{{a{i}:1}}" for i in range(120)) + "]",
    "maps": "{" + ",".join(f"k{i}:1" for i in range(130)) + "}",
    "open_parentheses": "(" * 900,
    "open_quotes": "'" + "a" * 900,
    "unlike_defaults": "a" + "|default(b)" * 80,
    "products": _joined("2", "*"),
    "powers_of_texts": _joined("9999999999", "*"),
    "memberships": _joined("a", " in "),
    "regexes": "a" + "|match:(a+)+$" * 60,
}


def _of_expression(name: str, expression: str) -> None:
    def make(size: int) -> str:
        inputs = "    inputs: {a: any, b: any, c: any}\n"
        return steps(size, lambda i: f'A: "{i} <<{expression}>>"', inputs)

    def make_apart(size: int) -> str:
        # No two of them are the same, and they stand in a loop.
        head = f"{AGENT}workflows:\n  w:\n    inputs: {{a: any, b: any, c: any}}\n    steps:\n"
        head += "    - repeat:\n        max: 2\n        steps:\n"
        return filled(size, head, lambda i: f'        - A: "<<{i} + {expression}>>"\n')

    SHAPES[f"expressions_of_{name}"] = make
    SHAPES[f"other_expressions_of_{name}"] = make_apart


for _name, _expression in LONG_EXPRESSIONS.items():
    _of_expression(_name, _expression)


@shape
def one_endless_expression(size: int) -> str:
    head = f"{AGENT}workflows:\n  w:\n    steps:\n    - A: "
    return f"{head}<<{'a + ' * (size // 4)}a>>\n"


@shape
def one_endless_open_expression(size: int) -> str:
    return f'{AGENT}workflows:\n  w:\n    steps:\n    - A: "<<{"( " * (size // 2)}"\n'


@shape
def one_endless_condition(size: int) -> str:
    return f"{AGENT}workflows:\n  w:\n    steps:\n    - {{A: hi, if: {'(' * size}}}\n"


@shape
def holes_in_one_text(size: int) -> str:
    return f'{AGENT}workflows:\n  w:\n    steps:\n    - A: "{"<<a>>" * (size // 5)}"\n'


@shape
def unlike_holes_in_one_text(size: int) -> str:
    head = f'{AGENT}workflows:\n  w:\n    steps:\n    - A: "'
    return filled(size, head, lambda i: f"{{{{v{i}}}}}", '"\n')


@shape
def open_holes_in_one_line(size: int) -> str:
    return f'{AGENT}workflows:\n  w:\n    steps:\n    - A: "{"<<a " * (size // 4)}"\n'


@shape
def open_brace_holes_in_one_line(size: int) -> str:
    return f'{AGENT}workflows:\n  w:\n    steps:\n    - A: "{"{{a " * (size // 4)}"\n'


@shape
def open_brace_holes_on_lines(size: int) -> str:
    head = f"{AGENT}workflows:\n  w:\n    steps:\n    - A: |\n"
    return filled(size, head, lambda _: "        {{ a\n")


@shape
def open_quotes_in_holes(size: int) -> str:
    head = f"{AGENT}workflows:\n  w:\n    steps:\n    - A: |\n"
    return filled(size, head, lambda _: "        {{ 'a\n")


@shape
def open_angle_holes_on_lines(size: int) -> str:
    head = f"{AGENT}workflows:\n  w:\n    steps:\n    - A: |\n"
    return filled(size, head, lambda _: "        <<result\n")


@shape
def backslashes(size: int) -> str:
    head = f"{AGENT}workflows:\n  w:\n    steps:\n    - A: |\n        "
    return head + "\\" * size + "<<a>>\n"


@shape
def closes(size: int) -> str:
    return f'{AGENT}workflows:\n  w:\n    steps:\n    - A: "<<a{">" * size}"\n'


@shape
def code_in_holes(size: int) -> str:
    head = f"{AGENT}workflows:\n  w:\n    steps:\n    - A: |\n"
    return filled(size, head, lambda i: f"        a << {i}; b >> 3; cout << x >> y;\n")


@shape
def broken_holes(size: int) -> str:
    return steps(size, lambda i: f'A: "<<a +* {i}>> <<)>> <<a b>> <<|>>"')


@shape
def divisions_by_zero(size: int) -> str:
    return steps(size, lambda i: f"A: <<{i} / 0>>")


@shape
def wrong_operands(size: int) -> str:
    return steps(size, lambda i: f"A: <<'a' - {i} * true>>")


@shape
def sums_that_grow(size: int) -> str:
    return steps(size, lambda i: f"set: {{v: '<<[{i}] + (v | default([]))>>'}}")


@shape
def texts_that_grow(size: int) -> str:
    return steps(size, lambda i: f"set: {{v: \"<<v | default('')>><<v | default('')>>{i}\"}}")


@shape
def lists_that_nest(size: int) -> str:
    return steps(size, lambda i: "set: {v: '<<[v]>>'}")


@shape
def records_that_double(size: int) -> str:
    return steps(
        size,
        lambda i: "set: {v: '<<{a: v, b: v}>>'}",
        tail="    output: {x: <<v>>, y: <<v.a.b>>}\n",
    )


@shape
def records_that_double_by_names(size: int) -> str:
    return steps(
        size,
        lambda i: f"set: {{v{i + 1}: '<<{{a: v{i}, b: v{i}}}>>'}}",
        inputs="    inputs: {v0: any}\n",
    )


@shape
def records_that_double_in_branches(size: int) -> str:
    return steps(
        size,
        lambda i: f"{{set: {{v: '<<{{a{i}: v, b: v}}>>'}}, if: x == {i}}}",
        inputs="    inputs: {v: any, x: any}\n",
    )


@shape
def unions_that_grow(size: int) -> str:
    return steps(size, lambda i: f"{{set: {{v: {{f{i}: 1}}}}, if: x == {i}}}")


@shape
def unions_of_lists(size: int) -> str:
    return steps(
        size,
        lambda i: f"{{set: {{v: '<<[{{f{i}: v}}]>>'}}, if: x}}",
        inputs="    inputs: {x: any}\n",
    )


@shape
def unions_compared(size: int) -> str:
    half = steps(size // 2, lambda i: f"{{set: {{v: {{f{i}: 1}}}}, if: x == {i}}}")
    return filled(size, half, lambda i: f"    - A: <<v == {i} and v.f{i}>>\n")


@shape
def unions_of_results(size: int) -> str:
    head = filled(
        size // 2,
        f"{AGENT}workflows:\n",
        lambda i: f"  w{i}:\n    inputs: {{x: any}}\n    steps: [A: hi]\n    output: {{f{i}: 1}}\n",
    )
    head += "  w:\n    inputs: {x: any}\n    steps:\n"
    return filled(
        size, head, lambda i: f"    - {{workflow: w{i}, save: v, if: x, with: {{x: 1}}}}\n"
    )


@shape
def nested_types(size: int) -> str:
    deep = "list[" * 50 + "string" + "]" * 50
    return filled(
        size,
        f"{AGENT}workflows:\n  w:\n    steps: [A: hi]\n    inputs:\n",
        lambda i: f'      x{i}: "{deep}"\n',
    )


@shape
def one_nested_type(size: int) -> str:
    count = size // 6
    return (
        f"{AGENT}workflows:\n  w:\n    steps: [A: hi]\n    inputs:\n"
        f'      x: "{"list[" * count}string{"]" * count}"\n'
    )


@shape
def one_large_list(size: int) -> str:
    head = f"{AGENT}workflows:\n  w:\n    steps:\n    - set: {{v: ["
    return filled(size, head, lambda i: f"{i}, ", "]}\n    - A: <<v | join>>\n")


@shape
def one_large_list_of_unlike_records(size: int) -> str:
    head = f"{AGENT}workflows:\n  w:\n    steps:\n    - set: {{v: ["
    return filled(size, head, lambda i: f"{{k{i}: {i}}}, ", "]}\n    - A: <<v | join>>\n")


@shape
def one_large_map(size: int) -> str:
    head = f"{AGENT}workflows:\n  w:\n    steps:\n    - set:\n        v:\n"
    return filled(size, head, lambda i: f"          k{i}: <<{i}>>\n")


@shape
def large_records_joined(size: int) -> str:
    fields = ", ".join(f"k{i}: 1" for i in range(1000))
    return steps(size, lambda i: f"{{set: {{v: {{{fields}, z{i}: 1}}}}, if: x}}")


@shape
def one_set_of_many(size: int) -> str:
    head = f"{AGENT}workflows:\n  w:\n    steps:\n    - set:\n"
    return filled(size, head, lambda i: f"        v{i}: <<v{i - 1}>>\n")


@shape
def large_output(size: int) -> str:
    head = f"{AGENT}workflows:\n  w:\n    steps: [{{A: hi, save: x}}]\n    output:\n"
    return filled(size, head, lambda i: f"      k{i}: <<x>>\n")


@shape
def large_output_of_names(size: int) -> str:
    head = f"{AGENT}workflows:\n  w:\n    inputs: {{xylophone: any}}\n"
    head += "    steps: [A: hi]\n    output:\n"
    return filled(size, head, lambda i: "    - xylphone\n")


@shape
def returns_of_names(size: int) -> str:
    half = steps(size // 2, lambda i: f"set: {{variable_{i:05d}: 1}}")
    return filled(size, half, lambda i: f"    - return: {misspelt(i)}\n")


@shape
def comparisons_with_words(size: int) -> str:
    return steps(
        size,
        lambda i: f"A: <<x == 'chioce_{i}'>>",
        inputs="    inputs: {x: {type: string, enum: [choice_1, choice_2]}}\n",
    )


@shape
def constant_conditions(size: int) -> str:
    return steps(size, lambda i: f"{{A: hi, if: {i} > {i + 1}}}")


@shape
def constants_folded(size: int) -> str:
    return steps(size, lambda i: f"set: {{v{i}: <<'{i}' | indent:9999 | replace:a:b | upper>>}}")
