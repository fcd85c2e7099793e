"""`~/.vega/env`: variables for every run, such as API keys."""

import os
import re
from collections.abc import MutableMapping
from pathlib import Path

_LINE = re.compile(r"(?:export\s+)?([A-Za-z_]\w*)\s*=\s*(.*)", re.ASCII)


def load_env(path: Path | None = None, env: MutableMapping[str, str] = os.environ) -> list[str]:
    """Set the variables of `~/.vega/env` (or `path`) that are not set in `env` yet.

    Lines are `NAME=value`, with quotes and `export` if wanted; `#` starts a comment line. Gives a
    remark for each line that is something else, and for a file that cannot be read.
    """
    path = path or env_file()
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (FileNotFoundError, NotADirectoryError):
        return []
    except (OSError, UnicodeDecodeError) as error:
        return [f"{path} is not used: {getattr(error, 'strerror', None) or 'it is not UTF-8 text'}"]
    remarks: list[str] = []
    for number, line in enumerate(text.splitlines(), 1):
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        found = _LINE.fullmatch(line)
        if found is None:
            remarks.append(f"{path}:{number} is ignored: it is not NAME=value")
            continue
        env.setdefault(found[1], _value(found[2]))
    return remarks


def env_file() -> Path:
    return Path.home() / ".vega" / "env"


def _value(text: str) -> str:
    for quote in "'\"":
        if len(text) >= 2 and text[0] == text[-1] == quote:
            return text[1:-1]
    return text.partition(" #")[0].rstrip()
