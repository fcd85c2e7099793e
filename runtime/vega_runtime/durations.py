"""Durations and money as programs and people write them."""

import re

_DURATION = re.compile(
    r"(?:(\d+(?:\.\d+)?)h)?(?:(\d+(?:\.\d+)?)m)?(?:(\d+(?:\.\d+)?)s)?(?:(\d+(?:\.\d+)?)ms)?"
)
_MONEY = re.compile(r"\$?(\d*)(?:\.(\d+))?")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_CENTURY = 100 * 366 * 86400
MICROS = 1_000_000
"""Micro-dollars in a US dollar."""


def parse_duration(text: str) -> float:
    """The seconds of a duration such as `250ms`, `30s`, `5m`, `1h30m`.

    Units stand from the largest to the smallest, each at most once; a number without a unit is
    refused, since it could mean seconds or milliseconds. Raises `ValueError` with the cure.
    """
    written = text.strip()
    found = _DURATION.fullmatch(written)
    if found is None or not written:
        raise ValueError(f"'{text}' is no duration: {_cure(written)}")
    hours, minutes, seconds, milliseconds = (float(part or 0) for part in found.groups())
    total = hours * 3600 + minutes * 60 + seconds + milliseconds / 1000
    if total > _CENTURY:
        raise ValueError(f"'{text}' is no duration: it is longer than 100 years")
    return total


def _cure(written: str) -> str:
    if written.startswith("-"):
        return "it cannot be negative"
    if _NUMBER.fullmatch(written):
        return f"it has no unit; write {written}s for seconds"
    return "write it as 250ms, 30s, 5m or 1h30m"


def format_duration(seconds: float) -> str:
    """A duration as `parse_duration` reads it, exact to the microsecond: `1h30m`, `2.5s`, `0s`."""
    micros = round(abs(seconds) * 1_000_000)
    sign = "-" if seconds < 0 and micros else ""
    if 0 < micros < 1_000_000:
        return f"{sign}{_decimal(micros, 3)}ms"
    minutes, micros = divmod(micros, 60_000_000)
    hours, minutes = divmod(minutes, 60)
    parts = (f"{hours}h" if hours else "", f"{minutes}m" if minutes else "")
    rest = f"{_decimal(micros, 6)}s" if micros or not (hours or minutes) else ""
    return sign + "".join(parts) + rest


def parse_money(text: str) -> int:
    """The micro-dollars of an amount in US dollars such as `$0.50` or `0.5`.

    Exact: the text never becomes a float. Raises `ValueError` with the cure, also for an amount
    with more than six decimals.
    """
    written = text.strip()
    found = _MONEY.fullmatch(written)
    if found is None or not (found[1] or found[2]) or len(found[1]) > 15:
        raise ValueError(f"'{text}' is no amount in US dollars: write it as $0.50 or 0.5")
    whole, decimals = int(found[1] or 0), (found[2] or "").rstrip("0")
    if len(decimals) > 6:
        raise ValueError(
            f"'{text}' is finer than a millionth of a dollar: write at most 6 decimals"
        )
    return whole * MICROS + int(decimals.ljust(6, "0"))


def format_money(micros: int) -> str:
    """Micro-dollars as `parse_money` reads them: `$0.50`, `$0.000012`, `$1234.00`."""
    sign = "-" if micros < 0 else ""
    dollars, rest = divmod(abs(micros), MICROS)
    return f"{sign}${dollars}.{f'{rest:06}'.rstrip('0').ljust(2, '0')}"


def _decimal(value: int, places: int) -> str:
    """`value / 10 ** places` without needless zeros."""
    whole, rest = divmod(value, 10**places)
    return f"{whole}.{rest:0{places}}".rstrip("0") if rest else str(whole)
