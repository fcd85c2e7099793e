"""Which keys a file of tests and a test may have; the form is that of `vega_grammar.keys`."""

from vega_grammar.keys import Key, Table

ERROR_TYPES = (
    "ExpressionError",
    "InputError",
    "ModelError",
    "ToolError",
    "BudgetExceeded",
    "TimeoutExceeded",
    "RateLimited",
    "CircuitOpen",
    "MaxIterationsExceeded",
    "MaxProcessesReached",
    "FormatError",
    "WorkflowFailed",
    "Cancelled",
    "ConfigError",
)
"""The errors that a run can end with."""
MODEL_ERRORS = (
    "rate_limit",
    "overloaded",
    "timeout",
    "temporary",
    "authentication",
    "invalid_request",
)

TEST_FILE: Table = {
    "file": Key("string", "The program under test; by default the sibling of the same stem."),
    "program": Key("text", "The program under test, inline."),
    "tests": Key("map", "The tests, by name.", required=True),
}
TEST: Table = {
    "file": Key("string", "The program of this test."),
    "program": Key("text", "The program of this test, inline."),
    "workflow": Key("workflow", "The workflow to run; may be left out where there is one."),
    "inputs": Key("map", "Its inputs."),
    "model": Key("tables:TEST_REPLY", "The script that stands in for every model."),
    "replay": Key("string", "A recording whose replies are used instead of a script."),
    "live": Key("boolean", "Call the real models."),
    "answers": Key("strings", "Answers to questions of the run, in order."),
    "env": Key("map", "Environment variables, by name."),
    "files": Key("map", "Files in the sandbox at the start: their text, by path."),
    "expect": Key("table:TEST_EXPECT", "What the run must do."),
    "diagnostics": Key("tables:TEST_DIAGNOSTIC", "The findings of the check, in order of place."),
    "expressions": Key("tables:TEST_EXPRESSION", "Expressions and their values."),
}
REPLY: Table = {
    "agent": Key("agent", "The agent that is answered; any by default."),
    "match": Key("string", "A part of the message, or /a regular expression/."),
    "reply": Key("text|table:TEST_REPLY_MAP", "The reply: a text, `echo`, or a map."),
    "error": Key("word", "Fail the call in this way.", values=MODEL_ERRORS),
    "times": Key("integer", "How often the entry is used: a number, or `always`.", minimum=1),
    "delay": Key("duration", "How long the reply takes."),
    "usage": Key("table:TEST_USAGE", "The tokens that the call counts for."),
}
REPLY_MAP: Table = {
    "text": Key("text", "The reply's text."),
    "tool_calls": Key("tables:TEST_TOOL_CALL", "Tools that the model asks for."),
    "stop_reason": Key(
        "word",
        "Why the reply ends.",
        values=("end_turn", "max_tokens", "tool_use", "stop_sequence", "refusal"),
    ),
    "usage": Key("table:TEST_USAGE", "The tokens that the call counts for."),
}
TOOL_CALL: Table = {
    "name": Key("string", "The tool.", required=True),
    "arguments": Key("map", "What it is called with."),
    "id": Key("string", "The call's identity."),
}
USAGE: Table = {
    name: Key("integer", f"{name.replace('_', ' ').capitalize()}.", minimum=0)
    for name in ("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens")
}
EXPECT: Table = {
    "output": Key("any", "The result: equal, or a map such as {contains: ...}."),
    "calls": Key("any", "The agents that were sent to, in order, or {unordered: [...]}."),
    "sent": Key("map", "The messages to each agent, in order."),
    "error": Key("table:TEST_ERROR", "The failure of the run."),
    "variables": Key("map", "Variables of the workflow at its end."),
    "cost": Key("table:TEST_COST", "What the run may cost."),
    "files": Key("map", "Files in the sandbox at the end; null: there is no such file."),
}
CALLS: Table = {
    "unordered": Key("list", "The agents that were sent to, in any order.", required=True)
}
ERROR: Table = {
    "type": Key("word", "The type of the error.", values=ERROR_TYPES),
    "contains": Key("text", "A part of its message."),
}
COST: Table = {"max": Key("money", "The most that the run may cost.", required=True)}
DIAGNOSTIC: Table = {
    "code": Key("word", "The kind of finding.", required=True),
    "severity": Key("word", "Its severity.", values=("error", "warning", "info")),
    "line": Key("integer", "The line it is on, from 1.", minimum=1),
    "column": Key("integer", "The column it starts at, in characters from 1.", minimum=1),
    "contains": Key("text", "A part of its message, hint or notes."),
}
EXPRESSION: Table = {
    "expr": Key("text", "The expression.", required=True),
    "vars": Key("map", "Its variables."),
    "value": Key("any", "Its value."),
    "error": Key("word", "The diagnostic or the run-time error that it ends with."),
}

MATCHERS = ("equal", "contains", "matches", "expression")
"""How a value can be compared; a map with these keys alone says how."""

TABLES: dict[str, Table] = {
    "TEST_REPLY": REPLY,
    "TEST_REPLY_MAP": REPLY_MAP,
    "TEST_TOOL_CALL": TOOL_CALL,
    "TEST_USAGE": USAGE,
    "TEST_EXPECT": EXPECT,
    "TEST_ERROR": ERROR,
    "TEST_COST": COST,
    "TEST_DIAGNOSTIC": DIAGNOSTIC,
    "TEST_EXPRESSION": EXPRESSION,
}
"""The tables that keys of tests refer to by name."""
