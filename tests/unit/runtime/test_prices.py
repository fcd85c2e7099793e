"""Prices and money."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vega_runtime.models.base import Usage
from vega_runtime.models.prices import (
    FREE,
    Price,
    family,
    format_money,
    price_of,
    prices_date,
)

PRICES = st.builds(
    Price,
    input=st.integers(0, 20_000_000),
    output=st.integers(0, 100_000_000),
    cache_write=st.integers(0, 25_000_000),
    cache_read=st.integers(0, 2_000_000),
)


@pytest.mark.parametrize(
    ("model", "usage", "dollars"),
    [
        ("claude-haiku-4-5", Usage(1_000_000, 1_000_000), "$6.00"),
        ("claude-sonnet-5", Usage(1_000_000, 1_000_000), "$12.00"),
        ("claude-opus-5-5", Usage(1_000_000, 1_000_000), "$24.00"),
        ("claude-fable-5-1", Usage(1_000_000, 1_000_000), "$60.00"),
        ("claude-sonnet-5", Usage(cache_write_tokens=1_000_000), "$2.50"),
        ("claude-sonnet-5", Usage(cache_read_tokens=1_000_000), "$0.20"),
        ("claude-haiku-4-5", Usage(3, 2), "$0.000013"),
    ],
)
def test_cost_of_known_models(model: str, usage: Usage, dollars: str) -> None:
    price = price_of(model)
    assert price is not None
    assert format_money(price.cost(usage)) == dollars


def test_a_long_prompt_costs_its_own_rate_for_all_tokens() -> None:
    price = price_of("claude-haiku-5-5")
    assert price is not None
    assert format_money(price.cost(Usage(100_000, 1_000))) == "$0.0105"
    assert format_money(price.cost(Usage(100_000, 1_000, cache_read_tokens=1))) == "$0.052501"


@pytest.mark.parametrize(
    ("dated", "name"),
    [
        ("claude-haiku-4-5-20251001", "claude-haiku-4-5"),
        ("claude-sonnet-4-20250514", "claude-sonnet-4"),
        ("claude-sonnet-4-0", "claude-sonnet-4"),
        ("claude-3-5-haiku-latest", "claude-3-5-haiku"),
        ("claude-sonnet-5", "claude-sonnet-5"),
    ],
)
def test_a_dated_name_has_the_price_of_its_family(dated: str, name: str) -> None:
    assert family(dated) == name
    assert price_of(dated) == price_of(name)
    assert price_of(name) is not None


@pytest.mark.parametrize("model", ["claude-sonnet-6", "claude-haiku", "gpt-5", "openai/x", "opus"])
def test_an_unknown_model_has_no_price(model: str) -> None:
    assert price_of(model) is None


@pytest.mark.parametrize("model", ["local/smollm2", "scripted", "replay:a.jsonl"])
def test_what_calls_no_provider_is_free(model: str) -> None:
    assert price_of(model) == FREE


def test_the_table_has_a_date() -> None:
    year, month, day = prices_date().split("-")
    assert (len(year), len(month), len(day)) == (4, 2, 2)


@pytest.mark.parametrize(
    ("micros", "text"),
    [(0, "$0.00"), (1, "$0.000001"), (1_500_000, "$1.50"), (12_300, "$0.0123"), (-5, "-$0.000005")],
)
def test_money_as_text(micros: int, text: str) -> None:
    assert format_money(micros) == text


@given(PRICES, st.integers(0, 10_000), st.integers(0, 10_000), st.integers(0, 10_000))
def test_no_call_costs_more_than_its_bound(price: Price, fresh: int, stored: int, out: int) -> None:
    usage = Usage(fresh, out, cache_write_tokens=stored)
    assert price.cost(usage) <= price.most(fresh + stored, out)
    assert price.cost(usage) <= price.most(fresh + stored + 7, out + 3)


@given(PRICES, st.integers(0, 10_000), st.integers(0, 2_000_000))
def test_affordable_is_the_most_that_fits(price: Price, tokens: int, micros: int) -> None:
    most = price.affordable(tokens, micros)
    if most < 0:
        assert price.most(tokens, 0) > micros
    else:
        assert price.most(tokens, most) <= micros
        if price.output:
            assert price.most(tokens, most + 1) > micros
