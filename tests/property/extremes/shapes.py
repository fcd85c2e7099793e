"""All extreme files."""

from tests.property.extremes import calls, expressions, findings, layout, names, nesting, tests
from tests.property.extremes.base import SHAPES, TEST_SHAPES

__all__ = [
    "SHAPES",
    "TEST_SHAPES",
    "calls",
    "expressions",
    "findings",
    "layout",
    "names",
    "nesting",
    "tests",
]
