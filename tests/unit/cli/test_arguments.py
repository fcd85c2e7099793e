import pytest

from vegac.cli.arguments import Split, split

OWN = {"--model": True, "--dry-run": False, "--workflow": True, "-w": True}


@pytest.mark.parametrize(
    ("line", "own", "inputs", "rest"),
    [
        ("team.vega.yaml review", [], [], ["team.vega.yaml", "review"]),
        ("--task x team.vega.yaml", [], [("task", "x")], ["team.vega.yaml"]),
        ("team.vega.yaml --task x review", [], [("task", "x")], ["team.vega.yaml", "review"]),
        ("--model m --task=a=b", ["--model", "m"], [("task", "a=b")], []),
        ("--model=m f", ["--model=m"], [], ["f"]),
        ("--dry-run f", ["--dry-run"], [], ["f"]),
        ("-w review f", ["-w", "review"], [], ["f"]),
        ("-wreview f", ["-wreview"], [], ["f"]),
        ("--go --task x", [], [("go", None), ("task", "x")], []),
        ("--n -3", [], [("n", "-3")], []),
        ("--text -w", [], [("text", "-w")], []),
        ("--go", [], [("go", None)], []),
        ("-- --x y", [], [], ["--x", "y"]),
        ("-x", ["-x"], [], []),
        ("--model", ["--model"], [], []),
        ("--task=", [], [("task", "")], []),
    ],
)
def test_split(
    line: str, own: list[str], inputs: list[tuple[str, str | None]], rest: list[str]
) -> None:
    assert split(line.split(" "), OWN) == Split(own, inputs, rest)
