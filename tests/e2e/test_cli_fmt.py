"""`vegac fmt` as a user runs it."""

import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.command_line import COMMAND, environment, vegac, write

UGLY = """\
agents:
    Coder: {model: claude-haiku-4-5 , system: s}   # one
workflows:
    w:
        steps:
        - Coder:   << input >>


        - Coder: {{result}}
"""
NEAT = """\
agents:
  Coder: {model: claude-haiku-4-5, system: s}   # one

workflows:
  w:
    steps:
      - Coder: <<input>>

      - Coder: {{ result }}
"""
EXAMPLES = Path(__file__).parents[2] / "examples"


def test_files_are_formatted_in_place(tmp_path: Path) -> None:
    write(tmp_path, ugly__vega__yaml=UGLY, neat__vega__yaml=NEAT)
    result = vegac(tmp_path, "fmt")
    assert (result.status, result.out) == (0, "")
    assert result.err == "1 file formatted, 1 file left as it is\n"
    assert (tmp_path / "ugly.vega.yaml").read_text() == NEAT
    again = vegac(tmp_path, "fmt", "ugly.vega.yaml")
    assert (again.status, again.err) == (0, "1 file left as it is\n")


def test_check_names_what_would_change(tmp_path: Path) -> None:
    write(tmp_path, ugly__vega__yaml=UGLY, neat__vega__yaml=NEAT)
    result = vegac(tmp_path, "fmt", "--check")
    assert (result.status, result.out) == (1, "ugly.vega.yaml\n")
    assert result.err == "1 file would be formatted, 1 file would be left as it is\n"
    assert (tmp_path / "ugly.vega.yaml").read_text() == UGLY
    assert vegac(tmp_path, "fmt", "--check", "neat.vega.yaml").status == 0


def test_a_diff_shows_the_change(tmp_path: Path) -> None:
    write(tmp_path, ugly__vega__yaml=UGLY)
    result = vegac(tmp_path, "fmt", "--diff")
    assert result.status == 1
    assert result.out.startswith("--- ugly.vega.yaml\n+++ ugly.vega.yaml\n@@ ")
    assert "+      - Coder: {{ result }}\n" in result.out
    assert (tmp_path / "ugly.vega.yaml").read_text() == UGLY


def test_standard_input_goes_to_standard_output(tmp_path: Path) -> None:
    result = vegac(tmp_path, "fmt", "--stdin", stdin=UGLY)
    assert (result.status, result.out, result.err) == (0, NEAT, "")
    assert vegac(tmp_path, "fmt", "-", stdin=UGLY) == result
    assert vegac(tmp_path, "fmt", "--stdin", "--check", stdin=UGLY).status == 1
    assert vegac(tmp_path, "fmt", "--stdin", "--check", stdin=NEAT).status == 0
    data = b"\xef\xbb\xbf" + NEAT.replace("\n", "\r\n").encode()
    done = subprocess.run(
        [*COMMAND, "fmt", "--stdin"],
        cwd=tmp_path,
        env=environment(tmp_path),
        input=data,
        capture_output=True,
        timeout=60,
        check=True,
    )
    assert done.stdout == data


@pytest.mark.parametrize("options", [("--stdin", "-"), ("--stdin", "a"), ("-", "a"), ("-", "-")])
def test_standard_input_goes_alone(tmp_path: Path, options: tuple[str, ...]) -> None:
    result = vegac(tmp_path, "fmt", *options, stdin=UGLY)
    assert (result.status, result.out) == (2, "")
    assert result.err == "error: standard input is formatted alone, without files\n"


def test_delimiters(tmp_path: Path) -> None:
    write(tmp_path, ugly__vega__yaml=UGLY)
    assert vegac(tmp_path, "fmt", "--delimiters", "angle").status == 0
    text = (tmp_path / "ugly.vega.yaml").read_text()
    assert text == NEAT.replace("{{ result }}", "<<result>>")
    assert vegac(tmp_path, "fmt", "--delimiters", "brace").status == 0
    text = (tmp_path / "ugly.vega.yaml").read_text()
    assert "- Coder: '{{ input }}'\n" in text
    assert vegac(tmp_path, "check").status == 0


def test_what_is_left_alone_is_told(tmp_path: Path) -> None:
    broken = NEAT + "settings: {strict: true\n"
    several = NEAT.replace("<<input>>", "|\n          {{ input\n          }}")
    write(tmp_path, broken__vega__yaml=broken, several__vega__yaml=several)
    result = vegac(tmp_path, "fmt", "--delimiters", "angle", "several.vega.yaml")
    assert result.status == 0
    assert "note: several.vega.yaml:7: left as it is: `<<...>>` ends with its line\n" in result.err
    result = vegac(tmp_path, "fmt", "broken.vega.yaml")
    assert result.status == 0
    assert result.err.startswith("note: broken.vega.yaml: there are mistakes in it")
    assert (tmp_path / "broken.vega.yaml").read_text() == broken


def test_files_that_cannot_be_used(tmp_path: Path) -> None:
    (tmp_path / "latin.vega.yaml").write_bytes(UGLY.encode() + b"# \xe9\n")
    write(tmp_path, ugly__vega__yaml=UGLY)
    result = vegac(tmp_path, "fmt")
    assert result.status == 2
    assert "error: cannot format 'latin.vega.yaml': it is not UTF-8 text\n" in result.err
    assert (tmp_path / "ugly.vega.yaml").read_text() == NEAT
    assert vegac(tmp_path, "fmt", "missing.vega.yaml").status == 2
    (tmp_path / "empty").mkdir()
    assert vegac(tmp_path, "fmt", "empty").status == 2
    assert vegac(tmp_path, "fmt", "--stdin", "ugly.vega.yaml", stdin=UGLY).status == 2


@pytest.mark.skipif(sys.platform == "win32", reason="permissions and links are different there")
def test_permissions_and_links_stay(tmp_path: Path) -> None:
    write(tmp_path, real__yaml=UGLY)
    (tmp_path / "real.yaml").chmod(0o640)
    (tmp_path / "link.vega.yaml").symlink_to("real.yaml")
    assert vegac(tmp_path, "fmt", "link.vega.yaml").status == 0
    assert (tmp_path / "link.vega.yaml").is_symlink()
    assert (tmp_path / "real.yaml").read_text() == NEAT
    assert stat.S_IMODE((tmp_path / "real.yaml").stat().st_mode) == 0o640


def test_the_examples_are_formatted() -> None:
    result = vegac(EXAMPLES, "fmt", "--check", ".")
    assert (result.status, result.out) == (0, "")


def test_a_new_project_is_formatted(tmp_path: Path) -> None:
    assert vegac(tmp_path, "new", "project").status == 0
    result = vegac(tmp_path, "fmt", "--check", "project")
    assert (result.status, result.out) == (0, "")
