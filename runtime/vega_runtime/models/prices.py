"""What a model's tokens cost, from the dated table in `prices.json`.

Money is an integer number of micro-dollars (millionths of a US dollar) everywhere in the runtime,
so that sums are exact. A model that is not in the table has no price at all: it is never priced as
another one.
"""

import json
import re
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from .base import Usage

MICROS = 1_000_000
"""Micro-dollars in a dollar, and tokens in the unit that prices are given for."""

_DATED = re.compile(r"^(.*?)(?:-0)?[-@](\d{8}|latest)$")


@dataclass(frozen=True, slots=True)
class Price:
    """Prices of one model in micro-dollars per million tokens.

    `long` replaces them all for a request whose prompt (what the cache served and stored included)
    has more than `long_above` tokens.
    """

    input: int
    output: int
    cache_write: int
    cache_read: int
    long_above: int = 0
    long: "Price | None" = None

    def cost(self, usage: Usage) -> int:
        """What `usage` costs, in micro-dollars, rounded up."""
        rates = self._for_prompt(
            usage.input_tokens + usage.cache_write_tokens + usage.cache_read_tokens
        )
        parts = (
            usage.input_tokens * rates.input
            + usage.output_tokens * rates.output
            + usage.cache_write_tokens * rates.cache_write
            + usage.cache_read_tokens * rates.cache_read
        )
        return -(-parts // MICROS)

    def most(self, input_tokens: int, output_tokens: int) -> int:
        """The most that a call with up to so many tokens can cost, in micro-dollars.

        Input counts at its dearest rate, since a request may store all of it in the cache.
        """
        rates = self._for_prompt(input_tokens)
        parts = input_tokens * rates.dearest_input + output_tokens * rates.output
        return -(-parts // MICROS)

    def affordable(self, input_tokens: int, micros: int) -> int:
        """How many output tokens `micros` buy beside so many input tokens; negative for none.

        The answer is the largest `n` with `most(input_tokens, n) <= micros`.
        """
        rates = self._for_prompt(input_tokens)
        left = micros * MICROS - input_tokens * rates.dearest_input
        if left < 0:
            return -1
        return left // rates.output if rates.output else _PLENTY

    @property
    def dearest_input(self) -> int:
        return max(self.input, self.cache_write, self.cache_read)

    def _for_prompt(self, tokens: int) -> "Price":
        return self.long if self.long is not None and tokens > self.long_above else self


_PLENTY = 1 << 40
FREE = Price(0, 0, 0, 0)


def price_of(model: str) -> Price | None:
    """The price of a model by its name or dated name, None when it is not known.

    Embedded, scripted and replayed models are free.
    """
    table, free = _table()
    if model.startswith(free):
        return FREE
    return table.get(model) or table.get(family(model))


def family(model: str) -> str:
    """A model's name without its date: `claude-haiku-4-5-20251001` is `claude-haiku-4-5`."""
    dated = _DATED.match(model)
    if dated is not None:
        return dated[1]
    return model.removesuffix("-0")


def prices_date() -> str:
    """The day the price table was last checked, YYYY-MM-DD."""
    return str(_data()["date"])


def format_money(micros: int) -> str:
    """Micro-dollars as text: `$1.50`, `$0.0123`; at least two digits, at most six."""
    sign = "-" if micros < 0 else ""
    dollars, rest = divmod(abs(micros), MICROS)
    return f"{sign}${dollars}.{f'{rest:06}'.rstrip('0'):0<2}"


@cache
def _data() -> dict[str, Any]:
    return json.loads(resources.files(__package__ or "").joinpath("prices.json").read_text("utf-8"))


@cache
def _table() -> tuple[dict[str, Price], tuple[str, ...]]:
    data = _data()
    return {name: _price(row) for name, row in data["models"].items()}, tuple(data["free"])


def _price(row: dict[str, Any]) -> Price:
    rates = [round(row[key] * MICROS) for key in ("input", "output", "cache_write", "cache_read")]
    long = row.get("long_prompt")
    return Price(*rates, long_above=long["above"], long=_price(long)) if long else Price(*rates)
