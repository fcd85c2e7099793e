"""What `vegac build` does."""

import sys
from collections.abc import Sequence
from os.path import commonpath, relpath
from pathlib import Path
from typing import Literal

from vegac.cli.findings import Gathered, discover, files_of, without_parts
from vegac.cli.problem import Problem
from vegac.cli.terminal import note, out, write_file
from vegac.source.file import Placements
from vegac.source.render import arrange, count, summary
from vegac.source.render.canvas import style_of
from vegac.source.render.text import brief, render_one
from vegac.workspace import Compiled, UsageError, Workspace

DEFAULT_FOLDER = "out"


def build(
    paths: Sequence[Path],
    output: str | None,
    emit: Literal["python", "ir"],
    check: bool,
    bundle: Path | None,
) -> int:
    """Compile and write; the exit status. Nothing is written for a program with errors."""
    if bundle is not None and (output is not None or emit != "python" or check):
        raise Problem("--bundle stands alone: without --output, --emit and --check")
    workspace = Workspace()
    programs = discover(workspace, paths)
    compiled = _compile(workspace, programs, paths)
    failed = _show(list(compiled.values()))
    if bundle is not None:
        if failed:
            note("nothing was bundled")
            return 1
        from vegac.cli.bundle import write_bundle

        write_bundle(bundle, compiled)
        return 0
    texts = _outputs(compiled, emit)
    if output == "-":
        out("\n".join(texts.values()))
        return int(failed)
    folder = _folder(output, workspace, programs)
    changed = [path for path, text in texts.items() if not _same(folder / path, text)]
    for path in changed:
        if check:
            note(f"would change {folder / path}")
        else:
            write_file(folder / path, texts[path])
            note(f"wrote {folder / path}")
    if not changed and texts:
        note(f"{count(len(texts), 'output')} up to date in {folder}")
    return int(failed or (check and bool(changed)))


def _folder(output: str | None, workspace: Workspace, programs: Sequence[Path]) -> Path:
    """Where to write: the given folder, or the one that the project of the programs sets."""
    if output:
        return Path(output)
    folders = {workspace.config(path.parent).output_folder() for path in programs}
    if len(folders) > 1:
        raise Problem(
            "these programs belong to projects that set different folders for their modules",
            hint="Name one with '--output DIR'.",
        )
    (folder,) = folders
    if folder is None:
        return Path(DEFAULT_FOLDER)
    return Path(relpath(folder)) if folder.is_relative_to(Path.cwd()) else folder


def _compile(
    workspace: Workspace, programs: list[Path], given: Sequence[Path]
) -> dict[Path, Compiled]:
    try:
        compiled = {path: workspace.compile(path) for path in programs}
    except UsageError as error:
        raise Problem(str(error)) from error
    files = {path: files_of(result.report) for path, result in compiled.items()}
    return {path: compiled[path] for path in without_parts(files, given, workspace)}


def _outputs(compiled: dict[Path, Compiled], emit: Literal["python", "ir"]) -> dict[Path, str]:
    """What to write, by its path under the output folder, which mirrors the sources' folders."""
    from vegac.emit.module import module_name

    root = Path(commonpath([path.resolve().parent for path in compiled]))
    texts: dict[Path, str] = {}
    for path, result in compiled.items():
        if result.module is None:
            continue
        target = path.resolve().parent.relative_to(root) / module_name(path.name)
        if emit == "python":
            texts[target.with_suffix(".py")] = result.module.text
        else:
            from vegac.ir.text import program_text

            assert result.program is not None
            texts[target.with_suffix(".ir")] = program_text(result.program)
    return texts


def _show(compiled: list[Compiled]) -> bool:
    """Errors in full, warnings in a line each. Whether there are errors."""
    found = Gathered([], Placements(), [])
    for result in compiled:
        shown = [item for item in result.report.diagnostics if item.severity != "info"]
        found.add(result.report, shown)
    style = style_of(sys.stderr)
    for item in arrange(found.diagnostics, found.placements):
        if item.severity == "error":
            note(render_one(item, found.placements, style))
        else:
            note(brief(item, found.placements, style))
    if not any(result.report.has_errors for result in compiled):
        return False
    note(summary(found.diagnostics, found.placements))
    return True


def _same(path: Path, text: str) -> bool:
    try:
        return path.read_bytes() == text.encode()
    except OSError:
        return False
