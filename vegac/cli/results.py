"""What a run gives back, and its failures, for people and for programs."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vegac.cli.terminal import out, write_file

if TYPE_CHECKING:
    from vega_runtime.errors import Place, VegaError
    from vegac.source.render.canvas import Style

FORMS = ("text", "json", "yaml")


def write_result(value: Any, output: str) -> None:
    """Write a result to standard output in the form `output`, or to the file of that name.

    A file's ending tells the form. Raises Problem when the file cannot be written.
    """
    if output in FORMS:
        text = shown(value, output)
        if text:
            out(text)
        return
    path = Path(output)
    form = {".json": "json", ".yaml": "yaml", ".yml": "yaml"}.get(path.suffix.lower(), "text")
    text = shown(value, form)
    write_file(path, text if not text or text.endswith("\n") else text + "\n")


def shown(value: Any, form: str) -> str:
    """A value as text: a string as it is, nothing for null, all else as readable JSON."""
    if form == "yaml":
        return yaml_text(value)
    if form == "text" and isinstance(value, str):
        return value
    if form == "text" and value is None:
        return ""
    return json.dumps(value, ensure_ascii=False, indent=2)


def yaml_text(value: Any) -> str:
    """A value as YAML; text of several lines stays readable."""
    import yaml

    class Dumper(yaml.SafeDumper):
        pass

    def text(dumper: Any, value: str) -> Any:
        style = "|" if "\n" in value else None
        return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)

    Dumper.add_representer(str, text)
    shown = yaml.dump(value, Dumper=Dumper, allow_unicode=True, sort_keys=False, width=100)
    return shown.removesuffix("...\n")


def failure(error: "VegaError", root: Path, style: "Style") -> str:
    """A failed run in one line with its place, then the place itself."""
    from vega_runtime.errors import ConfigError, InputError
    from vegac.source.render.cells import visible

    kind = style.paint("error", "error")
    message = visible(error.message)
    # What is wrong with the settings of a run as a whole has no step that it belongs to.
    settings = isinstance(error, ConfigError) and error.site is None
    if settings or isinstance(error, InputError):
        return f"{kind}: {message}"
    if error.place is None:
        return f"{kind}: {error.type}: {message}"
    head = f"{kind}: {error.type} at {visible(str(error.place))}: {message}"
    return "\n".join([head, *_excerpt(error.place, root, style)])


def _excerpt(place: "Place", root: Path, style: "Style") -> list[str]:
    """The line of a place in the source, marked; nothing where the file is not to be read."""
    from vegac.source.file import Location, SourceFile
    from vegac.source.render.excerpt import Mark, excerpt

    for path in (root / place.file, Path(place.file), root / Path(place.file).name):
        try:
            file = SourceFile(place.file, path.read_bytes().decode("utf-8"))
        except (OSError, ValueError):
            continue
        if place.line > len(file.line_starts):
            return []
        start = file.line_starts[place.line - 1] + place.column - 1
        mark = Mark(Location(file, start, start), "", "error")
        return excerpt([mark], style, len(str(place.line)))
    return []
