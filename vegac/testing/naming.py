"""Names in tests that the program under test does not have."""

from collections.abc import Collection, Iterator

from vegac.source.diagnostic import Diagnostic
from vegac.source.registry import report
from vegac.source.render import locate
from vegac.source.suggest import available, unknown_name
from vegac.testing.cases import Case, TestFile


def unknown_workflow(case: Case, known: Collection[str]) -> Diagnostic | None:
    """What is wrong with the workflow that a test runs, out of those of its program."""
    named = case.workflow
    if named is not None and named.value in known:
        return None
    if named is not None:
        return report(
            "unknown-workflow",
            named.span,
            f"the program has no workflow '{named.value}'",
            **unknown_name(named.value, "workflows", known),
        )
    if len(known) == 1:
        return None
    several = "several workflows; the test names none" if known else "no workflow to run"
    return report(
        "missing-key",
        case.key.span,
        f"the program has {several}",
        hint="add `workflow:`" if known else "",
        notes=(available("workflows", known),) if known else (),
    )


def unknown_agents(file: TestFile, case: Case, known: Collection[str]) -> Iterator[Diagnostic]:
    """The agents of a test that its program does not have."""
    for name, node in case.agents:
        if name and name not in known and locate(node.span, file.placements):
            yield report(
                "unknown-agent",
                node.span,
                f"the program has no agent named '{name}'",
                **unknown_name(name, "agents", known),
            )
