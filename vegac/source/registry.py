"""The catalogue of diagnostics: every code is declared here once, with its usual severity."""

from typing import Any

from msgspec import Struct

from vegac.source.diagnostic import Diagnostic, Severity
from vegac.source.span import Span


class Code(Struct, frozen=True):
    """A kind of finding. `summary` is one line for lists, `since` the version that brought it.

    A `planned` one is a name that settings may use already; this version never reports it.
    """

    code: str
    severity: Severity
    summary: str
    since: str = "0.1"
    planned: bool = False


def _catalogue(**groups: dict[str, tuple[Severity, str]]) -> dict[str, Code]:
    """Every code of the groups; those of the group `planned` are so.

    Raises `ValueError` for a code that is declared in two groups.
    """
    codes: dict[str, Code] = {}
    for group, declared in groups.items():
        for code, (severity, summary) in declared.items():
            if code in codes:
                raise ValueError(f"the diagnostic '{code}' is declared twice")
            codes[code] = Code(code, severity, summary, planned=group == "planned")
    return codes


CODES: dict[str, Code] = _catalogue(
    files={
        "yaml-syntax": ("error", "The file is not valid YAML."),
        "yaml-boolean": ("error", "A YAML 1.1 word (yes, no, on, off) stands for a boolean."),
        "empty-file": ("error", "The file holds nothing."),
        "unreadable-file": ("error", "A file cannot be read, or is not UTF-8 text."),
        "missing-file": ("error", "A file that the program names does not exist."),
        "limit-exceeded": ("error", "A file or an expression is larger than what is allowed."),
        "include-cycle": ("error", "A file includes itself, directly or through others."),
        "unsupported-version": ("error", "The program asks for another version of the language."),
        "duplicate-key": ("error", "A key stands twice in one mapping."),
        "duplicate-name": ("error", "Two things of one kind have the same name."),
        "ignored-key": ("info", "A key belongs to a server product around the language."),
        "unknown-key": ("error", "A key means nothing where it stands."),
        "missing-key": ("error", "A required key is absent."),
        "not-a-mapping": ("error", "Something other than a mapping stands where one is needed."),
        "wrong-type": ("error", "A value of another type is needed here."),
        "unknown-value": ("error", "A word is not one of those that are allowed here."),
        "out-of-range": ("error", "A number is outside its range."),
        "negative-number": ("error", "A number below zero stands where none can be."),
        "bad-name": ("error", "A name holds characters that names cannot hold."),
        "bad-duration": ("error", "A duration is not written like '30s' or '1h30m'."),
        "bad-money": ("error", "An amount of money is not written like '$0.50'."),
        "unused-ignore": ("warning", "A comment silences a finding that is not there."),
    },
    text={
        "comment-in-text": ("warning", "' #' turns the rest of a text into a YAML comment."),
        "unclosed-hole": ("warning", "A hole is opened and never closed, so it is plain text."),
        "syntax-error": ("error", "An expression cannot be read."),
        "comparison-chain": ("error", "Comparisons cannot be chained."),
        "bareword-is-variable": ("warning", "A bare word is also the name of a variable."),
        "wrong-delimiter": ("error", "The program allows other delimiters of expressions only."),
        "env-in-text": ("warning", "'${NAME}' in a step's text is not replaced; use 'env.NAME'."),
    },
    expressions={
        "undefined-variable": ("error", "No variable of that name is in scope."),
        "maybe-unset": ("error", "Some path leaves the variable unset."),
        "maybe-null": ("warning", "A value that may be null is used where one is needed."),
        "type-mismatch": ("error", "A value of one type stands where another is needed."),
        "division-by-zero": ("error", "A number is divided by zero."),
        "always-false": ("warning", "The two sides of a comparison can never be equal."),
        "unknown-field": ("error", "The value has no field of that name."),
        "unknown-filter": ("error", "No filter has that name."),
        "filter-type": ("error", "A filter is used on a value of the wrong type."),
        "filter-arguments": ("error", "A filter is given arguments that it does not take."),
        "shadowed-name": ("warning", "A name hides another one."),
        "text-order": ("warning", "Numbers or times that are texts are compared letter by letter."),
        "never-matches": ("warning", "A text is compared with what it can never be or hold."),
        "slow-pattern": ("warning", "A regular expression may take time without measure."),
        "hole-in-string": ("warning", "A hole stands inside the quotes of an expression."),
        "hole-in-key": ("warning", "A hole stands in the key of a map."),
    },
    agents={
        "no-agents": ("info", "The file declares no agents."),
        "unknown-agent": ("error", "No agent has that name."),
        "missing-system": ("error", "An agent has no system prompt."),
        "missing-model": ("warning", "An agent has no model, and there is no default model."),
        "inherit-cycle": ("error", "An agent extends itself, directly or through others."),
        "unknown-strategy": ("error", "No strategy has that name."),
        "delegation-without-team": ("warning", "An agent says how it delegates, and has no team."),
        "self-team": ("error", "An agent is a member of its own team."),
        "bad-skill": ("error", "The front matter of a skill cannot be used."),
        "unknown-skill": ("error", "No skill has that name."),
        "temperature-ignored": ("warning", "The model does not accept a temperature."),
        "deprecated-model": ("warning", "The model will be retired by its vendor."),
        "retired-model": ("warning", "The model was retired by its vendor."),
        "not-yet-supported": ("info", "This version cannot run what the key asks for."),
        "unknown-model": ("info", "The model is not in the table of known models and prices."),
        "max-tokens-too-large": ("warning", "The model refuses to be asked for so long a reply."),
        "refused-parameter": ("warning", "The model refuses requests with the parameter."),
        "reserved-parameter": ("warning", "A parameter replaces what the run itself sends."),
        "same-fallback": ("warning", "The fallback model is the model itself."),
    },
    tools={
        "unknown-tool": ("error", "No tool has that name."),
        "unknown-mcp-server": ("error", "No MCP server has that name."),
        "missing-description": ("error", "A tool has no description for the model to go by."),
        "unused-param": ("warning", "Nothing in the tool's implementation uses the parameter."),
        "bad-address": ("error", "An address or a pattern is written so that nothing fits it."),
        "glob-in-default": ("warning", "A pattern in a default is quoted, so it matches nothing."),
    },
    workflows={
        "no-steps": ("error", "A workflow, a loop or a block has no steps."),
        "unknown-workflow": ("error", "No workflow has that name."),
        "workflow-cycle": ("error", "Workflows call each other without end."),
        "unbounded-recursion": ("error", "A workflow calls itself with nothing to stop it."),
        "bad-default": ("error", "The default of an input does not fit the input."),
        "implicit-input": ("warning", "A name that nothing assigns became an input."),
        "missing-input": ("error", "A call leaves out an input that the workflow needs."),
        "unknown-input": ("error", "The workflow has no input of that name."),
        "empty-range": ("error", "The least value of an input is greater than the greatest."),
        "duplicate-value": ("warning", "A value is listed twice."),
        "required-with-default": ("warning", "A required input has a default, so it is not."),
        "shadowed-option": ("info", "An input is named like an option of 'vegac run'."),
    },
    steps={
        "ambiguous-step": ("error", "A step has more than one main key."),
        "missing-send": ("error", "A step names an agent but has no message for it."),
        "duplicate-step-name": ("error", "Two steps have the same name."),
        "loop-without-max": ("warning", "A 'repeat' has no 'max', so it stops after 100 rounds."),
        "parallel-conflict": ("error", "Two branches that run at once set the same variable."),
        "parallel-read": ("error", "A branch reads a variable that another branch sets."),
        "return-in-parallel": ("error", "'return' stands inside a parallel branch."),
        "return-in-finally": ("error", "'return' stands inside 'finally'."),
        "empty-message": ("error", "A message is always empty."),
        "unsupported-attachment": ("error", "A file is neither an image nor a PDF."),
        "default-not-a-choice": ("warning", "The default of a question is none of its choices."),
        "single-attempt": ("warning", "A retry is asked for, and allows no second attempt."),
        "timeout-never-reached": ("warning", "A time limit around this one ends first."),
        "budget-never-reached": ("warning", "A budget around this one is used up first."),
        "nothing-to-save": ("warning", "A step saves a result, and has none."),
        "unused-result": ("warning", "A step gets a value, and nothing takes it."),
        "unset-error": ("warning", "'error' is read where nothing catches a failure."),
    },
    analysis={
        "command-injection": ("error", "A value could run as a command."),
        "url-host-from-input": ("error", "A value decides which host is called."),
        "path-from-input": ("info", "A value decides which file is used."),
        "secret-in-source": ("error", "A secret key seems to be written in the file."),
        "secret-in-prompt": ("error", "A secret from the environment is sent to a model."),
        "retry-repeats-effects": ("warning", "A retry could repeat what a tool has done."),
        "unused-agent": ("warning", "Nothing uses the agent."),
        "unused-tool": ("warning", "No agent uses the tool."),
        "unused-variable": ("warning", "Nothing reads the variable."),
        "unused-input": ("warning", "Nothing reads the input."),
        "unused-workflow": ("info", "No other workflow calls the workflow."),
        "unreachable-step": ("warning", "The step can never run."),
        "constant-condition": ("warning", "The condition is always the same."),
        "text-as-condition": ("warning", "A reply is used as a condition, and is always true."),
        "repeated-condition": ("warning", "The same condition stood before, so this one is idle."),
        "until-never-changes": ("warning", "No round of a loop changes what its end depends on."),
        "loop-runs-once": ("warning", "A loop never has a second round."),
        "loop-changes-list": ("warning", "A loop adds to the list that it goes over."),
        "self-assignment": ("warning", "A variable is set to itself."),
        "budget-impossible": ("warning", "The budget is too small for even the least work."),
        "growing-conversation": ("info", "A long loop makes one conversation grow."),
    },
    planned={
        "could-run-together": ("info", "Steps do not depend on each other and could overlap."),
        "budget-risk": ("info", "The work may cost more than its budget."),
    },
)
"""Every kind of finding by its code."""


def report(
    code: str, span: Span, message: str, *, severity: Severity | None = None, **details: Any
) -> Diagnostic:
    """A finding of a registered kind, with its usual severity unless another one is given.

    `details` are the other fields of `Diagnostic`. Raises `KeyError` for an unregistered code.
    """
    return Diagnostic(code, severity or CODES[code].severity, message, span, **details)
