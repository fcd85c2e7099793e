"""Durations, money, booleans and names as programs write them."""

import re
from decimal import Decimal

from vegac.syntax.expression_parser import KEYWORDS

_DURATION = re.compile(
    r"(?:(\d+(?:\.\d+)?)h)?(?:(\d+(?:\.\d+)?)m)?(?:(\d+(?:\.\d+)?)s)?(?:(\d+(?:\.\d+)?)ms)?"
)
_MONEY = re.compile(r"\$?(\d+(?:\.\d+)?|\.\d+)")
YAML_BOOLEANS = {"yes": True, "on": True, "y": True, "no": False, "off": False, "n": False}
NAME = re.compile(r"[A-Za-z_]\w*")
"""Variables, inputs and step names."""
NAME_HINT = "names hold letters, digits and '_', and do not begin with a digit"
PUBLIC_NAME = re.compile(r"[A-Za-z0-9_-]+")
"""Agents, workflows and tools."""


def unfit_variable(name: str) -> str:
    """Why a name cannot be that of a variable or an input, "" where it can."""
    if name in KEYWORDS:
        return f"'{name}' is a word of the language; take another name"
    return "" if NAME.fullmatch(name) else NAME_HINT


def parse_duration(text: str) -> float | None:
    """Seconds of `250ms`, `30s`, `5m`, `1h30m`; None for anything else, zero included."""
    match = _DURATION.fullmatch(text.strip())
    if match is None or not any(match.groups()):
        return None
    hours, minutes, seconds, millis = (float(group or 0) for group in match.groups())
    total = hours * 3600 + minutes * 60 + seconds + millis / 1000
    return total if total > 0 else None


def parse_money(text: str) -> float | None:
    """US dollars of `$0.50` or `0.5`, to the micro-dollar; None for anything else."""
    match = _MONEY.fullmatch(text.strip())
    if match is None:
        return None
    return float(round(Decimal(match[1]), 6))


def show_number(value: float) -> str:
    """A limit in a message: without a needless point."""
    return str(int(value)) if value == int(value) else str(value)
