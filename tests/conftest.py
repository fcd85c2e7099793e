"""Options of the whole suite."""

import os

import pytest
from hypothesis import settings

# In CI a red run must be about the change, so examples are the same each time; at a desk they are
# new ones.
settings.register_profile("ci", derandomize=True, deadline=None, print_blob=True)
if os.environ.get("CI"):
    settings.load_profile("ci")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden", action="store_true", help="rewrite golden files; read them afterwards"
    )
