"""What agents ask of their models, and the models refuse or do not heed."""

from vegac.ir import nodes as ir
from vegac.ir.build.agents import Resolved
from vegac.ir.build.models import known_models
from vegac.ir.build.program import ProgramContext
from vegac.source.diagnostic import Label
from vegac.source.findings import Findings
from vegac.source.span import Span
from vegac.syntax.nodes import Mapping

_SAMPLING = ("temperature", "top_p", "top_k")
"""Parameters that models without sampling refuse."""
_OWN_KEYS = {"max_tokens": "max_tokens", "system": "system", "model": "model", "tools": "tools"}
"""Parameters for which an agent has a key of its own."""
_RESERVED = ("messages", "stream", *_OWN_KEYS)


def check_requests(context: ProgramContext, program: ir.Program, findings: Findings) -> None:
    """`max-tokens-too-large`, `refused-parameter`, `reserved-parameter`, `same-fallback`."""
    for agent in program.agents:
        resolved = context.agent_builder.resolved[agent.name]
        model = agent.options.get("model")
        known = known_models().get(model, {}) if isinstance(model, str) else {}
        if "base_url" in agent.options:
            known = {}
        _tokens(agent, resolved, known.get("max_output"), findings)
        _parameters(agent, resolved, known.get("sampling") is False, findings)
        _fallback(agent, resolved, findings)


def _place(resolved: Resolved, key: str) -> Span | None:
    found = resolved.fields.get(key)
    return found[0].value.span if found is not None else None


def _tokens(agent: ir.Agent, resolved: Resolved, most: object, findings: Findings) -> None:
    asked, place = agent.options.get("max_tokens"), _place(resolved, "max_tokens")
    if not isinstance(asked, int) or not isinstance(most, int) or asked <= most or place is None:
        return
    model = _place(resolved, "model")
    findings.report(
        "max-tokens-too-large",
        place,
        f"replies of '{agent.options['model']}' have at most {most} tokens; it refuses to be "
        f"asked for {asked}",
        hint=f"write at most {most}",
        labels=(Label(model, "the model"),) if model is not None else (),
    )


def _parameters(agent: ir.Agent, resolved: Resolved, fixed: bool, findings: Findings) -> None:
    found = resolved.fields.get("params")
    node = found[0].value if found is not None else None
    for entry in node.entries if isinstance(node, Mapping) else ():
        name = entry.key.value
        if name in _RESERVED:
            findings.report(
                "reserved-parameter",
                entry.key.span,
                f"`{name}` in `params` replaces what the run itself sends",
                hint=f"use the agent's own `{_OWN_KEYS[name]}`"
                if name in _OWN_KEYS
                else "remove it",
            )
        elif fixed and name in _SAMPLING:
            findings.report(
                "refused-parameter",
                entry.key.span,
                f"the model '{agent.options['model']}' refuses requests with `{name}`",
                hint="remove it, or choose a model that takes it",
            )


def _fallback(agent: ir.Agent, resolved: Resolved, findings: Findings) -> None:
    model, fallback = agent.options.get("model"), agent.options.get("fallback_model")
    place = _place(resolved, "fallback_model")
    if place is not None and isinstance(model, str) and model == fallback:
        findings.report(
            "same-fallback",
            place,
            f"the fallback is '{model}' too, so it fails when that model does",
            hint="choose another model, or remove `fallback_model`",
        )
