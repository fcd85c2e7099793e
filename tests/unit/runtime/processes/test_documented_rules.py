"""Every row of the tables in docs/supervision.md names a test that there is."""

import ast
import re
from pathlib import Path

HERE = Path(__file__).parent
TEXT = (HERE.parents[3] / "docs" / "supervision.md").read_text("utf-8")
NAME = re.compile(r"`(test_\w+)::(test_\w+)`")


def names_in(file: str) -> set[str]:
    tree = ast.parse((HERE / f"{file}.py").read_text("utf-8"))
    functions = [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]
    return {name for name in functions if name.startswith("test_")}


def test_every_rule_names_its_test() -> None:
    rows = [line for line in TEXT.splitlines() if line.startswith("| ")]
    rules = [row for row in rows if row.count("|") == 4 and "| test |" not in row]
    rules = [row for row in rules if not row.startswith("| ---")]
    assert len(rules) > 60
    assert [row for row in rules if not NAME.search(row)] == []


def test_every_test_that_is_named_exists() -> None:
    named = NAME.findall(TEXT)
    assert len(named) > 60
    known = {file: names_in(file) for file, _ in named}
    assert [f"{file}::{test}" for file, test in named if test not in known[file]] == []


def test_every_test_of_links_and_supervisors_is_in_the_tables() -> None:
    own = {"test_an_agent_whose_message_fails_is_restarted",
           "test_a_monitor_can_be_awaited_from_anywhere"}  # fmt: skip
    named = {test for _, test in NAME.findall(TEXT)}
    missing = (names_in("test_links") | names_in("test_supervisor")) - named - own
    assert missing == set()
