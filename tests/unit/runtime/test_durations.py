"""Durations and money."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vega_runtime.durations import format_duration, format_money, parse_duration, parse_money


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("250ms", 0.25),
        ("30s", 30),
        ("5m", 300),
        ("1h30m", 5400),
        ("1h", 3600),
        ("1.5h", 5400),
        ("1m0.5s", 60.5),
        ("2h3m4s5ms", 7384.005),
        (" 30s ", 30),
        ("0s", 0),
        ("90m", 5400),
    ],
)
def test_durations(written: str, seconds: float) -> None:
    assert parse_duration(written) == seconds


@pytest.mark.parametrize(
    ("written", "cure"),
    [
        ("30", "write 30s"),
        ("1.5", "write 1.5s"),
        ("-5s", "cannot be negative"),
        ("30m1h", "write it as 250ms, 30s, 5m or 1h30m"),
        ("5 minutes", "write it as"),
        ("5min", "write it as"),
        ("1h 30m", "write it as"),
        ("30S", "write it as"),
        ("", "write it as"),
        ("soon", "write it as"),
        ("1e3s", "write it as"),
        ("9999999h", "longer than 100 years"),
        ("9" * 400 + "h", "longer than 100 years"),
    ],
)
def test_what_is_no_duration_says_how_to_write_it(written: str, cure: str) -> None:
    with pytest.raises(ValueError, match=cure):
        parse_duration(written)


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0, "0s"),
        (0.25, "250ms"),
        (0.0123, "12.3ms"),
        (1, "1s"),
        (2.5, "2.5s"),
        (60, "1m"),
        (90, "1m30s"),
        (3600, "1h"),
        (3601, "1h1s"),
        (5400, "1h30m"),
        (-90, "-1m30s"),
        (59.9999999, "1m"),
        (100 * 3600, "100h"),
    ],
)
def test_durations_are_shown_as_they_are_written(seconds: float, shown: str) -> None:
    assert format_duration(seconds) == shown


@given(st.integers(0, 10**13))
def test_a_shown_duration_reads_back(micros: int) -> None:
    assert round(parse_duration(format_duration(micros / 1e6)) * 1e6) == micros


@pytest.mark.parametrize(
    ("written", "micros"),
    [
        ("$0.50", 500_000),
        ("0.5", 500_000),
        ("$2", 2_000_000),
        ("2.", None),
        ("$.25", 250_000),
        ("0.000001", 1),
        ("0.1", 100_000),
        ("$1.1000000", 1_100_000),
        ("0", 0),
        (" $1 ", 1_000_000),
    ],
)
def test_money(written: str, micros: int | None) -> None:
    if micros is None:
        with pytest.raises(ValueError, match="write it as"):
            parse_money(written)
    else:
        assert parse_money(written) == micros


@pytest.mark.parametrize(
    "written", ["", "$", "-1", "€5", "5 USD", "1,000", "1e3", "$ 1", "0.0000001", "9" * 30, "."]
)
def test_what_is_no_money_says_so(written: str) -> None:
    with pytest.raises(ValueError, match="write"):
        parse_money(written)


@given(st.integers(0, 10**15))
def test_shown_money_reads_back(micros: int) -> None:
    assert parse_money(format_money(micros)) == micros


def test_money_has_at_least_two_decimals() -> None:
    assert format_money(500_000) == "$0.50"
    assert format_money(12) == "$0.000012"
    assert format_money(1_234_000_000) == "$1234.00"
    assert format_money(-1_500_000) == "-$1.50"
