"""Workflows that call each other."""

from tests.property.extremes.base import AGENT, filled, shape


@shape
def each_workflow_calls_each(size: int) -> str:
    names = [f"w{i}" for i in range(int((size / 20) ** 0.5))]
    calls = "".join(f"    - workflow: {name}\n" for name in names)
    return f"{AGENT}workflows:\n" + "".join(f"  {n}:\n    steps:\n{calls}" for n in names)


@shape
def each_workflow_calls_all_before(size: int) -> str:
    names = [f"w{i}" for i in range(int((size / 9) ** 0.5))]
    return f"{AGENT}workflows:\n  w: {{steps: [A: hi]}}\n" + "".join(
        f"  {n}:\n    steps:\n" + "".join(f"    - workflow: {m}\n" for m in names[:i])
        for i, n in enumerate(names)
    )


@shape
def ring_of_workflows(size: int) -> str:
    return (
        filled(size, f"{AGENT}workflows:\n", lambda i: f"  w{i}: {{steps: [workflow: w{i + 1}]}}\n")
        + "  last: {steps: [workflow: w0]}\n"
    )


@shape
def chain_of_workflows_with_results(size: int) -> str:
    return filled(
        size,
        f"{AGENT}workflows:\n",
        lambda i: (
            f"  w{i}:\n    inputs: {{n: number}}\n    steps:\n"
            f"    - {{workflow: w{i + 1}, with: {{n: <<n>>}}, save: r}}\n"
            "    output: {a: <<r>>, b: <<r>>}\n"
        ),
    )


@shape
def chain_of_workflows_with_growing_results(size: int) -> str:
    return filled(
        size,
        f"{AGENT}workflows:\n  w0: {{steps: [A: hi], output: {{a: x}}}}\n",
        lambda i: (
            f"  w{i + 1}:\n    steps:\n"
            f"    - {{workflow: w{i}, save: r}}\n    output: {{a{i}: <<r>>, b: <<r>>}}\n"
        ),
    )


@shape
def rings_of_two(size: int) -> str:
    return filled(
        size,
        f"{AGENT}workflows:\n",
        lambda i: f"  w{i}: {{steps: [workflow: w{i ^ 1}, A: hi]}}\n",
    )


@shape
def workflows_that_call_themselves(size: int) -> str:
    return filled(
        size, f"{AGENT}workflows:\n", lambda i: f"  w{i}: {{steps: [workflow: w{i}, A: hi]}}\n"
    )
