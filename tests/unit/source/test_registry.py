import re

import pytest

from vegac.source import registry
from vegac.source.registry import CODES, report
from vegac.source.span import Span

SPAN = Span("a", 0, 1)


def test_codes_are_slugs_with_a_summary_that_is_a_sentence() -> None:
    for name, code in CODES.items():
        assert code.code == name
        assert re.fullmatch(r"[a-z]+(-[a-z]+)+", name)
        assert re.fullmatch(r"[A-Z'].{10,70}\.", code.summary), code


def test_a_code_cannot_be_declared_in_two_groups() -> None:
    with pytest.raises(ValueError, match="'a-b' is declared twice"):
        registry._catalogue(one={"a-b": ("error", "One.")}, two={"a-b": ("info", "Two.")})


def test_report_takes_the_severity_from_the_catalogue_unless_told() -> None:
    assert report("unused-agent", SPAN, "m").severity == "warning"
    assert report("unknown-tool", SPAN, "m", severity="info", hint="h").severity == "info"
    with pytest.raises(KeyError):
        report("no-such-code", SPAN, "m")
