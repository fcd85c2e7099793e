"""The tables of models and prices against each other and the vendor's SDK."""

import json
from datetime import date, datetime
from importlib import resources
from typing import get_args

import pytest

from vega_runtime.models.prices import price_of

MODELS = json.loads(resources.files("vega_grammar").joinpath("models.json").read_text("utf-8"))
KNOWN = MODELS["models"]


def test_successors_are_known_and_current() -> None:
    for name, model in KNOWN.items():
        assert ("successor" in model) == ("retires" in model), name
        if "successor" in model:
            date.fromisoformat(model["retires"])
            assert "retires" not in KNOWN[model["successor"]], name


def test_every_model_that_can_be_called_has_a_price() -> None:
    # Offered to few; no price is published.
    without = {"claude-mythos-5-2"}
    for name, model in KNOWN.items():
        if "retires" not in model and name not in without:
            assert price_of(name) is not None, name
        if price := price_of(name):
            assert price.cache_read < price.input < price.cache_write < price.output, name


def test_the_sdks_deprecations_are_in_the_table() -> None:
    messages = pytest.importorskip("anthropic.resources.messages.messages")
    for name, day in messages.DEPRECATED_MODELS.items():
        month, number, year = day.replace(",", "").split()
        number = number.rstrip("stndrh")
        retires = datetime.strptime(f"{month} {number} {year}", "%B %d %Y").date()
        assert KNOWN[name]["retires"] == retires.isoformat(), name


def test_the_models_the_sdk_names_are_known() -> None:
    model = pytest.importorskip("anthropic.types.model")
    names = {name for part in get_args(model.Model) for name in get_args(part)}
    assert names
    assert names <= KNOWN.keys()
