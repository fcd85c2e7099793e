"""`vegac check --fix`, with its relatives `--unsafe-fixes` and `--diff`."""

import stat
import sys
from pathlib import Path

import pytest

from tests.e2e.command_line import PROGRAM, vegac, write

TYPOS = PROGRAM.replace("- Coder writes", "- Cder writes").replace('<<code>>"', '<<cdoe>>"')


def test_safe_fixes_are_written_and_the_rest_is_reported(tmp_path: Path) -> None:
    write(tmp_path, team__vega__yaml=TYPOS + "settings: {colour: red}\n")
    result = vegac(tmp_path, "check", "--fix")
    assert result.status == 1
    assert result.err == "fixed 2 findings in 1 file\n"
    assert "error[unknown-key]: `settings` has no key 'colour'" in result.out
    assert result.out.endswith("1 error in 1 file\n")
    text = (tmp_path / "team.vega.yaml").read_text()
    assert text == PROGRAM + "settings: {colour: red}\n"


def test_when_all_is_fixed_the_status_is_0(tmp_path: Path) -> None:
    write(tmp_path, team__vega__yaml=TYPOS)
    result = vegac(tmp_path, "check", "--fix")
    assert (result.status, result.out) == (0, "")
    assert result.err == "fixed 2 findings in 1 file\nno problems in 1 program\n"
    again = vegac(tmp_path, "check", "--fix")
    assert (again.status, again.err) == (0, "no problems in 1 program\n")


def test_a_diff_changes_nothing(tmp_path: Path) -> None:
    write(tmp_path, team__vega__yaml=TYPOS)
    result = vegac(tmp_path, "check", "--diff")
    assert result.status == 1
    assert result.out.startswith("--- team.vega.yaml\n+++ team.vega.yaml\n@@ ")
    assert "-      - Cder writes code:\n+      - Coder writes code:\n" in result.out
    assert result.err == "2 findings in 1 file would be fixed\n"
    assert (tmp_path / "team.vega.yaml").read_text() == TYPOS
    write(tmp_path, team__vega__yaml=PROGRAM)
    clean = vegac(tmp_path, "check", "--diff")
    assert (clean.status, clean.out, clean.err) == (0, "", "nothing would be fixed\n")


def test_unsafe_fixes_are_named_and_applied_on_request(tmp_path: Path) -> None:
    doubtful = PROGRAM.replace("Write: <<task>>", "Write: <<task | default:rounds>>")
    write(tmp_path, team__vega__yaml=doubtful)
    plain = vegac(tmp_path, "check", "--fix")
    assert "1 more can be fixed with '--unsafe-fixes'" in plain.err
    assert (tmp_path / "team.vega.yaml").read_text() == doubtful
    bold = vegac(tmp_path, "check", "--fix", "--unsafe-fixes")
    assert bold.err.startswith("fixed 1 finding in 1 file\n")
    assert "default:(rounds)" in (tmp_path / "team.vega.yaml").read_text()
    alone = vegac(tmp_path, "check", "--unsafe-fixes")
    assert alone.status == 2
    assert "'--fix'" in alone.err


def test_selected_codes_alone_are_fixed(tmp_path: Path) -> None:
    write(tmp_path, team__vega__yaml=TYPOS)
    result = vegac(tmp_path, "check", "--fix", "--select", "unknown-agent")
    assert result.err.startswith("fixed 1 finding in 1 file\n")
    assert "<<cdoe>>" in (tmp_path / "team.vega.yaml").read_text()


def test_included_files_are_fixed_where_they_lie(tmp_path: Path) -> None:
    agents = "agents:\n  Coder: {modl: claude-haiku-4-5, system: s}\n"
    main = "include: [lib/agents.vega.yaml]\nworkflows:\n  w:\n    steps: [{Coder: hi}]\n"
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib/agents.vega.yaml").write_bytes(b"\xef\xbb\xbf" + agents.encode())
    write(tmp_path, one__vega__yaml=main, two__vega__yaml=main.replace("Coder:", "Cdoer:"))
    result = vegac(tmp_path, "check", "--fix")
    assert (result.status, result.out) == (0, "")
    assert result.err.startswith("fixed 2 findings in 2 files\n")
    fixed = (tmp_path / "lib/agents.vega.yaml").read_bytes()
    assert fixed == b"\xef\xbb\xbf" + agents.replace("modl", "model").encode()
    assert (tmp_path / "one.vega.yaml").read_text() == main
    assert (tmp_path / "two.vega.yaml").read_text() == main


def test_line_ends_stay(tmp_path: Path) -> None:
    data = TYPOS.replace("\n", "\r\n").encode()
    (tmp_path / "team.vega.yaml").write_bytes(data)
    assert vegac(tmp_path, "check", "--fix").status == 0
    assert (tmp_path / "team.vega.yaml").read_bytes() == PROGRAM.replace("\n", "\r\n").encode()


def test_files_that_are_not_utf8_stay(tmp_path: Path) -> None:
    data = TYPOS.encode() + b"x-note: \xff\n"
    (tmp_path / "team.vega.yaml").write_bytes(data)
    assert vegac(tmp_path, "check", "--fix").status == 2
    assert (tmp_path / "team.vega.yaml").read_bytes() == data


def test_machine_formats_hold_the_rest_alone(tmp_path: Path) -> None:
    write(tmp_path, team__vega__yaml=TYPOS)
    result = vegac(tmp_path, "check", "--fix", "--format", "github")
    assert (result.status, result.out) == (0, "")


@pytest.mark.skipif(sys.platform == "win32", reason="permissions and links are different there")
def test_permissions_and_links_stay(tmp_path: Path) -> None:
    write(tmp_path, real__yaml=TYPOS)
    (tmp_path / "real.yaml").chmod(0o640)
    (tmp_path / "team.vega.yaml").symlink_to("real.yaml")
    assert vegac(tmp_path, "check", "--fix", "team.vega.yaml").status == 0
    assert (tmp_path / "team.vega.yaml").is_symlink()
    assert (tmp_path / "real.yaml").read_text() == PROGRAM
    assert stat.S_IMODE((tmp_path / "real.yaml").stat().st_mode) == 0o640
    assert sorted(path.name for path in tmp_path.iterdir()) == ["real.yaml", "team.vega.yaml"]


def test_fixes_that_are_taken_back_are_counted(tmp_path: Path) -> None:
    hidden = PROGRAM.replace("- Coder writes", "- Cder writes")
    hidden = hidden.replace('<<code>>"', '<<code + 1>>"')
    write(tmp_path, team__vega__yaml=hidden)
    result = vegac(tmp_path, "check", "--fix")
    assert result.status == 1
    assert "1 more would be, but for an error that shows only then: mend by hand\n" in result.err
    assert (tmp_path / "team.vega.yaml").read_text() == hidden


def test_skills_are_fixed_where_they_lie(tmp_path: Path) -> None:
    settings = "  Coder: {model: claude-haiku-4-5, skills: {directories: [skills]}, system: s}\n"
    write(
        tmp_path,
        team__vega__yaml=f"agents:\n{settings}workflows:\n  w:\n    steps: [{{Coder: hi}}]\n",
    )
    (tmp_path / "skills").mkdir()
    skill = (
        b'\xef\xbb\xbf---\r\nname: tidy # a remark\r\n"descripton": tidy up\r\n---\r\n'
        b"Be n\xc3\xa9at.\r\n"
    )
    (tmp_path / "skills/tidy.md").write_bytes(skill)
    shown = vegac(tmp_path, "check", "--diff")
    assert '+"description": tidy up' in shown.out
    result = vegac(tmp_path, "check", "--fix")
    assert (result.status, result.out) == (0, "")
    fixed = (tmp_path / "skills/tidy.md").read_bytes()
    assert fixed == skill.replace(b"descripton", b"description")
