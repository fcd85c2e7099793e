"""What a run of a test did."""

from pathlib import Path
from typing import Any

from msgspec import Struct, field

from vega_runtime.errors import VegaError
from vegac.testing.observing import Observations


class Outcome(Struct, eq=False):
    """The result of a run or the error it ended with, what was seen of it, and its sandbox."""

    seen: Observations
    sandbox: Path
    output: Any = None
    error: VegaError | None = None
    inputs: dict[str, Any] = field(default_factory=dict[str, Any])
