"""What `vegac graph` draws."""

from typing import Literal

from vegac.cli.describing import opened
from vegac.cli.problem import Problem
from vegac.cli.programs import find_workflow
from vegac.graph.model import graphs_of
from vegac.source.suggest import available


def drawing(file: str | None, workflow: str | None, form: Literal["mermaid", "svg", "dot"]) -> str:
    """The picture of a workflow. Raises Problem."""
    program = opened(file)
    graphs = {graph.name: graph for graph in graphs_of(program.program, program.placements)}
    if workflow is None and len(graphs) > 1:
        raise Problem(
            f"'{program.path}' has several workflows; name the one to draw",
            hint=available("workflows", graphs),
        )
    graph = graphs[find_workflow(workflow, graphs, program.path)]
    if form == "svg":
        from vegac.graph.svg import svg

        return svg(graph)
    from vegac.graph.flow import dot, mermaid

    return mermaid(graph) if form == "mermaid" else dot(graph)
