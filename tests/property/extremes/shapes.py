"""All extreme files."""

from tests.property.extremes import (
    calls,
    conditions,
    expressions,
    findings,
    layout,
    names,
    nesting,
    tests,
)
from tests.property.extremes.base import SHAPES, TEST_SHAPES

__all__ = [
    "SHAPES",
    "TEST_SHAPES",
    "calls",
    "conditions",
    "expressions",
    "findings",
    "layout",
    "names",
    "nesting",
    "tests",
]
