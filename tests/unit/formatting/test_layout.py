"""Indentation, spaces and blank lines."""

import pytest

from vegac.formatting.document import format_text


def formatted(text: str) -> str:
    """The formatted text, which stays the same when it is formatted again."""
    once = format_text(text)
    assert format_text(once.text).text == once.text
    return once.text


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(
            "settings:\n    sandbox: x\n    retry:\n        max: 1s\n",
            "settings:\n  sandbox: x\n  retry:\n    max: 1s\n",
            id="mappings go in by two",
        ),
        pytest.param(
            "x-a:\n- one\n-   two\n-\n  - b: 1\n    c: 2\n- - d\n  -   e\n",
            "x-a:\n  - one\n  - two\n  -\n    - b: 1\n      c: 2\n  - - d\n    - e\n",
            id="lists stand under their key",
        ),
        pytest.param(
            "x-a:   1\nx-b : 2\nx-c:\t3\nx-d:    &k  !raw   y\nx-e:  *k\n",
            "x-a: 1\nx-b: 2\nx-c: 3\nx-d: &k !raw y\nx-e: *k\n",
            id="one space between key and value",
        ),
        pytest.param(
            "x-a: &k y\nx-b: {*k : 1}\n*k : 2\n",
            "x-a: &k y\nx-b: {*k : 1}\n*k : 2\n",
            id="an alias as a key keeps its distance",
        ),
        pytest.param(
            'x-a: { b : 1,c: [ 1 ,2,  3 ] , "d":2, e: , f: {  } }\n',
            'x-a: {b: 1, c: [1, 2, 3], "d": 2, e: , f: {}}\n',
            id="flow collections",
        ),
        pytest.param(
            "x-a: {c: {{ x }} }\nx-b: [ {{ x }} ]\n",
            "x-a: {c: {{ x }} }\nx-b: [{{ x }}]\n",
            id="the end of a hole keeps clear of braces",
        ),
        pytest.param(
            "x-a:\n      b: [\n        1,\n          2 ,\n      ]\n"
            "      c: {d: 1,\n          e: 2}\n",
            "x-a:\n  b: [\n    1,\n      2,\n  ]\n  c: {d: 1,\n      e: 2}\n",
            id="flow collections over lines move as they are",
        ),
        pytest.param(
            "x-a: 1   \nx-b: 2\t\n# c  \n",
            "x-a: 1\nx-b: 2\n# c\n",
            id="no blanks at ends of lines",
        ),
        pytest.param("\n\nx-a: 1", "x-a: 1\n", id="the file starts and ends with text"),
        pytest.param(
            "x-a:\n\n\n  b: 1\n\n  c: 2\n   \n\n  d: 3\n\n\n",
            "x-a:\n\n  b: 1\n\n  c: 2\n\n  d: 3\n",
            id="one blank line is enough",
        ),
        pytest.param("---\nx-a:   1\n", "---\nx-a: 1\n", id="the start of a document stands alone"),
        pytest.param('{"agents":{ }}', '{"agents": {}}\n', id="JSON"),
    ],
)
def test_layout(before: str, after: str) -> None:
    assert formatted(before) == after


def test_sections_and_definitions_stand_apart() -> None:
    assert formatted(
        "name: n\n"
        "description: d\n"
        "agents:\n"
        "  A: {system: s}\n"
        "  B: {system: s}\n"
        "  # about C\n"
        "  C:\n"
        "    system: s\n"
        "    # the end of C\n"
        "  D: {system: s}\n"
        "# about workflows\n"
        "# and more\n"
        "workflows:\n"
        "  v: {steps: []}\n"
        "  w:\n"
        "    steps: []\n"
        "settings: {strict: true}\n"
        "x-a: 1\n"
    ) == (
        "name: n\n"
        "description: d\n"
        "\n"
        "agents:\n"
        "  A: {system: s}\n"
        "  B: {system: s}\n"
        "\n"
        "  # about C\n"
        "  C:\n"
        "    system: s\n"
        "    # the end of C\n"
        "\n"
        "  D: {system: s}\n"
        "\n"
        "# about workflows\n"
        "# and more\n"
        "workflows:\n"
        "  v: {steps: []}\n"
        "\n"
        "  w:\n"
        "    steps: []\n"
        "\n"
        "settings: {strict: true}\n"
        "x-a: 1\n"
    )


def test_comments_go_with_what_they_stand_level_with() -> None:
    assert formatted(
        "# top\n"
        "x-a:   # behind a key\n"
        "# at the margin\n"
        "      # before the first\n"
        "      b:\n"
        "            - 1   # behind an item\n"
        "            # between items\n"
        "            - 2\n"
        "            # after the last item\n"
        "      # after the list\n"
        "      #- c\n"
        "# at the end\n"
    ) == (
        "# top\n"
        "x-a:   # behind a key\n"
        "# at the margin\n"
        "  # before the first\n"
        "  b:\n"
        "    - 1   # behind an item\n"
        "    # between items\n"
        "    - 2\n"
        "    # after the last item\n"
        "  # after the list\n"
        "  #- c\n"
        "# at the end\n"
    )


def test_block_texts_move_with_their_parents_and_keep_their_lines() -> None:
    assert formatted(
        "x-a:\n"
        "        b: |   # why\n"
        "            one  \n"
        "              two\n"
        "    \n"
        "            three\n"
        "\n"
        "\n"
        "        c: >2-\n"
        "             deep\n"
        "          less\n"
        "        d:\n"
        "        - |\n"
        "         item\n"
        "x-e: |\n"
        "        as it is\n"
    ) == (
        "x-a:\n"
        "  b: |   # why\n"
        "      one  \n"
        "        two\n"
        "\n"
        "      three\n"
        "\n"
        "  c: >2-\n"
        "       deep\n"
        "    less\n"
        "  d:\n"
        "    - |\n"
        "     item\n"
        "\n"
        "x-e: |\n"
        "        as it is\n"
    )


def test_blank_lines_that_a_text_keeps_stay() -> None:
    text = "x-a: |+\n  one\n\n\nx-b:\n  c: >+\n    two\n\n\n"
    assert formatted(text) == text


@pytest.mark.parametrize("text", ["x-a: |\n  no line end", "x-a: >+\n  no line end"])
def test_a_text_gets_no_line_end_that_would_be_part_of_it(text: str) -> None:
    assert formatted(text) == text


def test_a_text_without_its_line_end_may_get_one() -> None:
    assert formatted("x-a: |-\n  text") == "x-a: |-\n  text\n"


def test_other_texts_over_several_lines_move_too() -> None:
    assert formatted(
        "x-a:\n"
        "    b: plain\n"
        "       goes on  \n"
        "\n"
        "      here\n"
        '    c: "double \\\n'
        "         goes\\\n"
        "   \\  on\n"
        '\n      here"\n'
        "    d: 'single\n"
        "  at the margin'\n"
    ) == (
        "x-a:\n"
        "  b: plain\n"
        "     goes on\n"
        "\n"
        "    here\n"
        '  c: "double \\\n'
        "       goes\\\n"
        "    \\  on\n"
        '\n    here"\n'
        "  d: 'single\n"
        "    at the margin'\n"
    )


@pytest.mark.parametrize("end", ["\r\n", "\r"])
def test_line_ends_stay(end: str) -> None:
    text = "\ufeffname:  n\n\n\nx-a: |\n    b\nagents:\n    A:\n        system:  s\n"
    right = "\ufeffname: n\n\nx-a: |\n    b\n\nagents:\n  A:\n    system: s\n"
    assert formatted(text.replace("\n", end)) == right.replace("\n", end)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "just text\n",
        "%YAML 1.1\n---\na:   1\n",
        "? a\n:  b\n",
        "a:   1\n---\nb:   2\n",
        "a:   1\n...\n",
    ],
)
def test_what_is_no_program_stays(text: str) -> None:
    assert format_text(text).text == text


def test_a_file_of_any_depth_is_no_trouble() -> None:
    text = "".join("  " * depth + f"x{depth}:\n" for depth in range(60)) + "  " * 60 + "y: 1\n"
    assert formatted(text) == text
    deep = "[" * 5_000 + "]" * 5_000
    assert format_text(f"a:   {deep}\n").text == f"a:   {deep}\n"
