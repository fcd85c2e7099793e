"""Whatever a file holds becomes findings or a module, never an exception, and soon."""

import pytest
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st

from tests.property.accidents import LONGEST
from tests.property.any_file import check_any
from tests.property.mutations import NOISE, bulky, mutants
from tests.property.strategies import CHECKS


def examples(count: int) -> settings:
    # Without `Phase.explain`, which slows all code down that the time limit is on.
    phases = (Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink)
    return settings(max_examples=count, deadline=None, suppress_health_check=CHECKS, phases=phases)


ANY_BYTES = st.binary(max_size=300) | NOISE.map(lambda text: text.encode(errors="surrogatepass"))


@given(ANY_BYTES)
@examples(300)
@example(b"%")
@example(b"?")
def test_any_bytes(data: bytes) -> None:
    check_any(data)


@given(NOISE)
@examples(300)
@example('"\r:')
def test_any_text(data: str) -> None:
    check_any(data)


@given(mutants())
@examples(120)
def test_programs_after_accidents(data: str) -> None:
    check_any(data)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@given(bulky())
@examples(40)
def test_bulky_texts(data: str) -> None:
    assert len(data) <= LONGEST
    check_any(data)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@given(ANY_BYTES | NOISE)
@examples(10_000)
def test_many_bytes_and_texts(data: bytes | str) -> None:
    check_any(data)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@given(mutants())
@examples(5_000)
def test_many_programs_after_accidents(data: str) -> None:
    check_any(data)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@given(bulky())
@examples(400)
def test_many_bulky_texts(data: str) -> None:
    check_any(data)
