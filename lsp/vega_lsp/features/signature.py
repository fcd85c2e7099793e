"""The parameters of filters, and the inputs of workflows that are called."""

from lsprotocol import types

from vega_grammar.filters import FILTERS, FilterSpec
from vega_lsp import describe
from vega_lsp.meaning import place_at
from vega_lsp.session import Snapshot

_OPENING, _CLOSING = "([{", ")]}"


def signature_help(
    snapshot: Snapshot, params: types.SignatureHelpParams
) -> types.SignatureHelp | None:
    context, meaning = place_at(snapshot, snapshot.offset(params.position))
    if context.shape in ("expression", "value"):
        found = _of_filter(context.word)
        if found is not None:
            return found
    if meaning.argument is not None:
        return _of_workflow(snapshot, *meaning.argument)
    if meaning.callee:
        return _of_workflow(snapshot, meaning.callee, context.word)
    return None


def _of_workflow(snapshot: Snapshot, name: str, key: str) -> types.SignatureHelp | None:
    workflow = describe.workflow_of(snapshot.program, name)
    if workflow is None:
        return None
    label, inputs = describe.signature(workflow)
    parameters = [
        types.ParameterInformation(text, documentation=declared.description or None)
        for text, declared in zip(inputs, workflow.inputs, strict=True)
    ]
    names = [declared.name for declared in workflow.inputs]
    active = names.index(key) if key in names else None
    return _help(label, workflow.description, parameters, active)


def _of_filter(text: str) -> types.SignatureHelp | None:
    """The filter whose arguments are being written at the end of a text."""
    found = filter_at_end(text)
    if found is None:
        return None
    spec, active = found
    parameters = [
        types.ParameterInformation(parameter.name, documentation=parameter.doc)
        for parameter in spec.parameters
    ]
    return _help(spec.usage, spec.doc, parameters, active)


def filter_at_end(text: str) -> tuple[FilterSpec, int] | None:
    """The last filter of a text and which of its arguments is the last."""
    depth, quote, bars = 0, "", -1
    colons: list[int] = []
    stack: list[tuple[int, list[int]]] = []
    for index, char in enumerate(text):
        if quote:
            quote = "" if char == quote else quote
        elif char in "'\"":
            quote = char
        elif char in _OPENING:
            stack.append((bars, colons))
            depth += 1
            head = text[bars + 1 : index].strip()
            if char == "(" and bars >= 0 and head in FILTERS:
                colons = [index]
            else:
                bars, colons = -1, []
        elif char in _CLOSING and stack:
            bars, colons = stack.pop()
        elif char == "|":
            bars, colons = index, []
        elif char in ":," and bars >= 0:
            colons.append(index)
    while (bars < 0 or not colons) and stack:
        bars, colons = stack.pop()  # an argument in parentheses
    if bars < 0 or not colons:
        return None
    spec = FILTERS.get(text[bars + 1 : colons[0]].strip())
    return (spec, len(colons) - 1) if spec is not None and spec.parameters else None


def _help(
    label: str, doc: str, parameters: list[types.ParameterInformation], active: int | None
) -> types.SignatureHelp:
    information = types.SignatureInformation(
        label, documentation=doc or None, parameters=parameters, active_parameter=active
    )
    return types.SignatureHelp([information], active_signature=0, active_parameter=active)
