"""The settings of a program."""

from vega_grammar import keys as grammar
from vegac.ir import nodes as ir
from vegac.ir.build.agents import CONSTRUCTORS, construct
from vegac.ir.build.fields import FieldReader, Invalid
from vegac.ir.build.servers import read_servers
from vegac.ir.build.skills import SkillReader
from vegac.semantics.declarations import Declaration
from vegac.source.findings import Findings
from vegac.source.registry import CODES
from vegac.source.suggest import did_you_mean, nearest
from vegac.syntax.nodes import Mapping, Node, Scalar, is_null

SEVERITIES = ("error", "warning", "info", "off")
COMPILER_KEYS = ("delimiters", "strict", "lints", "schedule")
"""Settings that the compiler alone reads."""


class Settings:
    """`values` are arguments of the runtime's Settings, the rest is for the compiler."""

    def __init__(self) -> None:
        self.values: dict[str, ir.StaticValue] = {}
        self.delimiters = "both"
        self.strict = False
        self.lints: dict[str, str] = {}
        self.mcp: tuple[str, ...] = ()
        self.default_model: Scalar | None = None


def read_settings(
    findings: Findings, declaration: Declaration | None, skills: SkillReader
) -> Settings:
    """The settings that a program declares, read and checked."""
    settings = Settings()
    if declaration is None or is_null(declaration.node):
        return settings
    reader = FieldReader(findings, environment=True)
    for name, entry in reader.table(declaration.node, grammar.SETTINGS, "`settings`").items():
        node = entry.value
        if name == "lints":
            settings.lints = _lints(findings, node)
        elif name == "mcp":
            servers, settings.mcp = read_servers(reader, node)
            if servers:
                settings.values["mcp"] = tuple(servers)
        elif name == "skills":
            read = skills.read(node, declaration.file)
            if isinstance(read, ir.Construct):
                settings.values[name] = read
                folders = read.arguments.get("directories")
                skills.default = folders if isinstance(folders, tuple) else ()
        elif name == "rate_limit":
            settings.values[name] = _rate_limits(reader, node)
        elif name in CONSTRUCTORS:
            value = construct(reader, node, name)
            if not isinstance(value, Invalid):
                settings.values[name] = value
        else:
            value = reader.read(node, grammar.SETTINGS[name], name)
            if isinstance(value, Invalid):
                continue
            if name == "default_model" and isinstance(node, Scalar):
                settings.default_model = node
            if name == "delimiters":
                settings.delimiters = str(value)
            elif name == "strict":
                settings.strict = value is True
            elif name == "schedule":
                if value == "auto":
                    findings.report(
                        "not-yet-supported",
                        entry.key.span,
                        "this version of the compiler does not schedule steps yet",
                        hint="they run one after the other, with the same results",
                    )
            else:
                settings.values[name] = value
    return settings


def _lints(findings: Findings, node: Node) -> dict[str, str]:
    if not isinstance(node, Mapping):
        findings.report("wrong-type", node.span, "`lints` is a map from codes to severities")
        return {}
    lints: dict[str, str] = {}
    for entry in node.entries:
        code, value = entry.key.value, entry.value
        if code not in CODES:
            findings.report(
                "unknown-value",
                entry.key.span,
                f"there is no finding '{code}'",
                hint=did_you_mean(code, CODES),
                subject=code,
                suggestions=tuple(nearest(code, CODES)),
            )
        elif not isinstance(value, Scalar) or value.value not in SEVERITIES:
            word = value.value if isinstance(value, Scalar) else ""
            findings.report(
                "unknown-value",
                value.span,
                "a severity is one of " + ", ".join(SEVERITIES),
                hint=did_you_mean(word, SEVERITIES),
                subject=word,
                suggestions=tuple(nearest(word, SEVERITIES)),
            )
        else:
            lints[code] = value.value
    return lints


def _rate_limits(reader: FieldReader, node: Node) -> ir.StaticValue:
    """One limit for all models, or a map from models to limits."""
    if isinstance(node, Mapping) and not any(
        entry.key.value in grammar.RATE_LIMIT for entry in node.entries
    ):
        return {
            entry.key.value: ir.Construct(
                "RateLimit",
                reader.values(entry.value, grammar.RATE_LIMIT, f"`{entry.key.value}`"),
            )
            for entry in node.entries
        }
    return ir.Construct("RateLimit", reader.values(node, grammar.RATE_LIMIT, "`rate_limit`"))
