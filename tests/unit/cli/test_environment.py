from pathlib import Path

from vegac.cli.environment import load_env


def test_variables_are_set_but_never_replaced(tmp_path: Path) -> None:
    file = tmp_path / "env"
    file.write_text(
        "\ufeff# keys\n\nA=1\nexport B = two words  # why\nC='# not a comment'\nD=\"x\"\n"
        "SET=other\nEMPTY=other\nE=a=b#c\n",
        encoding="utf-8",
    )
    env = {"SET": "kept", "EMPTY": ""}
    assert load_env(file, env) == []
    assert env == {
        "SET": "kept",
        "EMPTY": "",
        "A": "1",
        "B": "two words",
        "C": "# not a comment",
        "D": "x",
        "E": "a=b#c",
    }


def test_lines_that_are_something_else_are_told(tmp_path: Path) -> None:
    file = tmp_path / "env"
    file.write_text("A=1\nnonsense\n")
    env: dict[str, str] = {}
    assert load_env(file, env) == [f"{file}:2 is ignored: it is not NAME=value"]
    assert env == {"A": "1"}


def test_no_file_is_fine_and_an_unreadable_one_is_told(tmp_path: Path) -> None:
    assert load_env(tmp_path / "env", {}) == []
    assert len(load_env(tmp_path, {})) == 1
    (tmp_path / "env").write_bytes(b"\xff")
    assert load_env(tmp_path / "env", {}) == [
        f"{tmp_path / 'env'} is not used: it is not UTF-8 text"
    ]
