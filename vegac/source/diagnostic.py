"""Findings as data: every stage returns them, renderers and the language server present them."""

from typing import Literal

from msgspec import Struct

from vegac.source.span import Span

Severity = Literal["error", "warning", "info"]
Applicability = Literal["safe", "unsafe", "display"]


class Label(Struct, frozen=True):
    """A secondary place with a short remark, such as "first defined here"."""

    span: Span
    message: str


class Edit(Struct, frozen=True):
    """Replace the text at `span` by `text`."""

    span: Span
    text: str


class Fix(Struct, frozen=True):
    """A set of edits that cures a finding.

    `safe` fixes keep or restore what the author meant, `unsafe` ones may change meaning, and
    `display` ones are only shown. The edits of one that is `yaml` are YAML as they stand; those of
    others change the value of the scalar around them, however that is written.
    """

    title: str
    edits: tuple[Edit, ...]
    applicability: Applicability = "safe"
    yaml: bool = False


class Diagnostic(Struct, frozen=True):
    """One finding: what is wrong (`message`), where (`span`), and how to cure it.

    `hint` stands behind the underline of the primary place (a suggestion such as
    "did you mean 'Coder'?"); `notes` are lines below the excerpt. `subject` is the misspelt or
    missing name, `suggestions` the names proposed for it: the pass that withholds follow-on
    findings compares them.
    """

    code: str
    severity: Severity
    message: str
    span: Span
    hint: str = ""
    labels: tuple[Label, ...] = ()
    notes: tuple[str, ...] = ()
    fixes: tuple[Fix, ...] = ()
    subject: str = ""
    suggestions: tuple[str, ...] = ()
