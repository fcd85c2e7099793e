"""What is known of models by name: retired and deprecated ones, refused options."""

from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

import vega_grammar
from vegac.source.diagnostic import Edit, Fix
from vegac.source.findings import Findings
from vegac.source.span import Span
from vegac.source.suggest import did_you_mean, nearest
from vegac.syntax.nodes import Scalar

_OTHER_PROVIDERS = ("local/", "openai/", "replay:", "gpt-", "scripted")


@cache
def known_models() -> dict[str, dict[str, Any]]:
    """The table of models: context, max_output, sampling, retires, successor by name."""
    table = Path(vega_grammar.__file__).with_name("models.json").read_bytes()
    return msgspec.json.decode(table)["models"]


def check_model(findings: Findings, node: Scalar, own_endpoint: bool, today: date) -> None:
    """`retired-model`, `deprecated-model` and `unknown-model` for a model's name.

    Of a model at an endpoint of its own (`base_url`) nothing is known.
    """
    name = node.value
    if own_endpoint or "${" in name or "/" in name or name.startswith(_OTHER_PROVIDERS):
        return
    known = known_models().get(name)
    if known is None:
        findings.report(
            "unknown-model",
            node.span,
            f"the model '{name}' is not in the table of models, so its price is not known",
            hint=did_you_mean(name, known_models()),
            subject=name,
            suggestions=tuple(nearest(name, known_models())),
        )
    elif "retires" in known:
        day = date.fromisoformat(known["retires"])
        successor = str(known["successor"])
        retired = day <= today
        findings.report(
            "retired-model" if retired else "deprecated-model",
            node.span,
            f"the model '{name}' "
            + (f"was retired on {day}; calls fail" if retired else f"will be retired on {day}"),
            hint=f"move to '{successor}'",
            fixes=(Fix(f"write '{successor}'", (Edit(value_place(node), successor),)),),
        )


def check_temperature(findings: Findings, model: str, temperature: object, span: Span) -> None:
    """`temperature-ignored`: the model takes no temperature of its own."""
    known = known_models().get(model, {})
    if known.get("sampling") is False and temperature != 1:
        findings.report(
            "temperature-ignored",
            span,
            f"the model '{model}' takes no temperature, so this one is not sent",
            hint="remove it, or choose a model that takes one",
        )


def value_place(node: Scalar) -> Span:
    """The place of a scalar's text, inside its quotes if it has any."""
    return node.value_span(0, len(node.value))
