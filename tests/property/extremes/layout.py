"""Whatever is hard to read as YAML."""

import random

from tests.property.extremes.base import AGENT, SHAPES, Shape, filled, scrambled, shape, steps


@shape
def lines_that_begin_with_tabs(size: int) -> str:
    return filled(size, AGENT, lambda i: f"\tk{i}: 1\n")


@shape
def lines_with_two_colons(size: int) -> str:
    return filled(size, AGENT, lambda i: f"x-{i}: a: b\n")


@shape
def lines_that_are_colons(size: int) -> str:
    return ":\n" * (size // 2)


@shape
def steps_with_two_colons(size: int) -> str:
    return steps(size, lambda i: f"A: say: hi {i}")


@shape
def steps_with_open_quotes(size: int) -> str:
    return steps(size, lambda i: f'A: "hi {i}')


@shape
def steps_with_open_single_quotes(size: int) -> str:
    return steps(size, lambda i: f"A: 'hi {i}")


@shape
def steps_with_open_brackets(size: int) -> str:
    return steps(size, lambda i: f"{{A: hi {i}, save: [")


@shape
def steps_with_closing_brackets(size: int) -> str:
    return steps(size, lambda i: f"A: hi ]{i}}}\n    - ]")


@shape
def steps_that_start_with_signs(size: int) -> str:
    return steps(size, lambda i: f"{'@`%&*!|>'[i % 8]}A: hi")


@shape
def lines_indented_at_random(size: int) -> str:
    chance = random.Random(1)
    return filled(size, AGENT, lambda i: " " * chance.randrange(9) + f"k{i}: {i}\n")


@shape
def steps_indented_at_random(size: int) -> str:
    chance = random.Random(1)
    return steps(size, lambda i: f"A: hi\n{' ' * chance.randrange(9)}  save: v{i}")


@shape
def characters_at_random(size: int) -> str:
    signs = "ab:- \n\t'\"{}[]<>#&*!|%@,?\\"
    return "".join(random.Random(2).choices(signs, k=size))


@shape
def words_at_random(size: int) -> str:
    words = ["agents", ":", "\n", "  ", "- ", "<<", ">>", "{{", "}}", "steps", "'", '"', "a", "|"]
    return filled(size, AGENT, lambda i: random.Random(i).choice(words))


@shape
def texts_of_words(size: int) -> str:
    return filled(size, "", lambda i: f"{scrambled(i)}{' ' if i % 9 else chr(10)}")


@shape
def one_long_line(size: int) -> str:
    return "x" * size


@shape
def one_long_key(size: int) -> str:
    return f"{AGENT}{'k' * size}: 1\n"


@shape
def one_long_step_key(size: int) -> str:
    return steps(99, lambda _: "", tail=f"    - Coder {'word ' * (size // 5)}: hi\n")


@shape
def blank_lines(size: int) -> str:
    return "\n" * size


@shape
def spaces(size: int) -> str:
    return AGENT + " " * size + "x"


@shape
def comments(size: int) -> str:
    return filled(size, AGENT, lambda i: f"# {i}\n")


@shape
def documents(size: int) -> str:
    return filled(size, AGENT, lambda i: "--- 1\n")


@shape
def directives(size: int) -> str:
    return filled(size, "", lambda i: "%YAML 1.1\n")


@shape
def anchors_and_aliases(size: int) -> str:
    half = filled(size // 2, "x-a:\n", lambda i: f"- &a{i} {{k: {i}}}\n")
    return filled(size, half + "x-b:\n", lambda i: f"- *a{i}\n")


@shape
def anchors_unknown(size: int) -> str:
    return filled(size, "x-b:\n", lambda i: f"- *anchor_{i}\n")


@shape
def anchors_doubling(size: int) -> str:
    return filled(size, "x-b:\n- &a0 [x, x]\n", lambda i: f"- &a{i + 1} [*a{i}, *a{i}]\n")


@shape
def agents_merged(size: int) -> str:
    return filled(
        size,
        "x-a: &base {model: claude-haiku-4-5, system: s, tools: [], temperature: 0.1}\nagents:\n",
        lambda i: f"  A{i}: {{<<: *base, max_tokens: {i}}}\n",
    )


@shape
def agents_merged_in_a_chain(size: int) -> str:
    return filled(
        size,
        "agents:\n  A0: &a0 {model: claude-haiku-4-5, system: s}\n",
        lambda i: f"  A{i + 1}: &a{i + 1} {{<<: *a{i}, x-{i}: 1}}\n",
    )


@shape
def merges_of_many(size: int) -> str:
    half = filled(size // 2, "x-a:\n", lambda i: f"- &a{i} {{k{i}: {i}}}\n")
    count = half.count("&")
    return filled(size, half + "x-b:\n  <<: [", lambda i: f"*a{i % count}, ", "]\n")


@shape
def steps_by_alias(size: int) -> str:
    head = f"{AGENT}x-s: &s [A: hi <<x>>, {{A: hi, save: v}}]\nworkflows:\n"
    return filled(size, head, lambda i: f"  w{i}: {{steps: *s}}\n")


@shape
def duplicate_keys(size: int) -> str:
    return filled(size, AGENT, lambda i: "name: a\n")


@shape
def duplicate_keys_of_many(size: int) -> str:
    return filled(size, AGENT + "x-a:\n", lambda i: f"  k{i % 500}: a\n")


@shape
def tags(size: int) -> str:
    return filled(size, f"{AGENT}x-a:\n", lambda i: f"- !tag{i} x\n")


@shape
def raw_texts(size: int) -> str:
    return steps(size, lambda i: f"A: !raw <<a{i}>>")


@shape
def yaml_booleans(size: int) -> str:
    return steps(size, lambda i: f"{{A: hi, continue_on_error: yes, name: n{i}}}")


@shape
def unquoted_holes(size: int) -> str:
    return steps(size, lambda i: f"A: {{{{a}}}} and {i}")


@shape
def comments_in_texts(size: int) -> str:
    return steps(size, lambda i: f"A: say it #{i}")


@shape
def escapes(size: int) -> str:
    return steps(
        99,
        lambda _: "",
        tail=f'    - A: "{chr(92)}u0041<<a>>{chr(92)}x41{chr(92)}n"\n' * (size // 40),
    )


@shape
def one_text_of_escapes(size: int) -> str:
    return f'{AGENT}workflows:\n  w:\n    steps:\n    - A: "{(chr(92) + "n<<a>>") * (size // 7)}"\n'


@shape
def wrong_escapes(size: int) -> str:
    return steps(size, lambda i: f'A: "{chr(92)}q {chr(92)}d+ {i}"')


@shape
def folded_texts(size: int) -> str:
    head = f"{AGENT}workflows:\n  w:\n    steps:\n    - A: >\n"
    return filled(size, head, lambda i: f"        word <<a>> {i}\n\n")


@shape
def literal_texts(size: int) -> str:
    return steps(size, lambda i: f"A: |\n        line <<a>>\n        {i}")


@shape
def plain_texts_of_many_lines(size: int) -> str:
    head = f"{AGENT}workflows:\n  w:\n    steps:\n    - A: first\n"
    return filled(size, head, lambda i: f"        word <<a>> {i}\n")


def _ended(end: str) -> Shape:
    def make(size: int) -> str:
        text = steps(size * 9 // 10, lambda i: f"{{A: '<<varible{i}>>', save: variable{i}}}")
        return text.replace("\n", end)

    return make


SHAPES["lines_that_end_with_crlf"] = _ended("\r\n")
SHAPES["lines_that_end_with_cr"] = _ended("\r")
SHAPES["lines_that_end_with_nel"] = _ended("\x85")
SHAPES["lines_that_end_with_separators"] = _ended("\u2028")


@shape
def wide_characters(size: int) -> str:
    return steps(size, lambda i: f"A: '名前{i} <<名前{i}>> 😀'")


@shape
def combining_characters(size: int) -> str:
    return steps(size, lambda i: f"A: 'e{chr(0x301) * 40} <<e{chr(0x301)}>>'")


@shape
def characters_right_to_left(size: int) -> str:
    return steps(size, lambda i: f"A: '{chr(0x202E)}שלום <<שלום{i}>>{chr(0x2066)}'")


@shape
def control_characters(size: int) -> str:
    return steps(size, lambda i: f"A: a{chr(i % 31)}b{chr(127)}")


@shape
def surrogates_and_null(size: int) -> str:
    return steps(size, lambda i: "A: a\0b\ufffe")


@shape
def byte_order_marks(size: int) -> str:
    return "\ufeff" * (size // 3)


@shape
def emoji_names(size: int) -> str:
    return filled(size, "agents:\n", lambda i: f"  😀{i}: {{model: m, system: s}}\n")
