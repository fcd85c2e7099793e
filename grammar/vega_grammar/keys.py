"""Which keys may stand where, and what their values are.

One table serves the checker, the JSON Schema, completion, hover and the documentation. A `Key`'s
`kind` is one of:

| kind | value |
| --- | --- |
| `string` | text; `${NAME}` in agents, tools and settings |
| `text` | text with holes |
| `value` | any value, its strings being texts with holes |
| `expression` | an expression, holes optional |
| `condition` | an expression used as a condition |
| `integer`, `number`, `boolean`, `duration`, `money` | as named |
| `word` | one of `values` |
| `name` | a name |
| `agent`, `agents`, `workflow` | the name (or a list of names) of declared ones |
| `type` | a type, such as `string` or `list[number]` |
| `save` | a name, or a template over names |
| `for` | `item in items` |
| `list` | a list |
| `implementation`, `rate_limits` | as their own tables say |
| `strings`, `words` | a list of strings (one counts as a list of one); each one of `values` |
| `tools` | a list of tool names |
| `steps` | a list of steps |
| `map` | a mapping with free keys |
| `any` | anything |
| `table:NAME` | a mapping with the keys of that table |
| `tables:NAME` | a list of such mappings |

Several kinds are separated by `|`.
"""

from typing import NamedTuple

AGENT_WORDS = ("conversation", "fresh")
BACKOFFS = ("exponential", "linear", "constant")
ERROR_KINDS = ("rate_limit", "overloaded", "timeout", "temporary")
INPUT_TYPES = ("string", "number", "integer", "boolean", "array", "object", "any")


class Key(NamedTuple):
    """A key: its kind of value, one line of documentation, and its limits."""

    kind: str
    doc: str
    required: bool = False
    values: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None


Table = dict[str, Key]

TOP: Table = {
    "vega": Key("integer", "The version of the language; 1."),
    "name": Key("string", "The program's name."),
    "description": Key("string", "What the program does."),
    "include": Key("strings", "Files whose agents, workflows and tools belong to this program."),
    "settings": Key("table:SETTINGS", "Settings for every run of the program."),
    "agents": Key("map", "The agents, by name."),
    "tools": Key("map", "The program's own tools, by name."),
    "workflows": Key("map", "The workflows, by name."),
    "tests": Key("map", "Tests, by name."),
}
SERVER_KEYS = ("channels", "company")
"""Top-level keys of a server product around the language: read by it, not by the compiler."""
SERVER_AGENT_KEYS = ("title", "avatar", "display_name")

RETRY: Table = {
    "max_attempts": Key("integer", "How often to try in all.", minimum=1),
    "backoff": Key("word", "How the pause grows.", values=BACKOFFS),
    "initial": Key("duration", "The first pause."),
    "max": Key("duration", "The longest pause."),
    "jitter": Key("number", "Random share of a pause.", minimum=0, maximum=1),
    "retry_on": Key("words", "The kinds of failure that are tried again.", values=ERROR_KINDS),
}
RATE_LIMIT: Table = {
    "requests_per_minute": Key("integer", "Calls a minute.", minimum=1),
    "tokens_per_minute": Key("integer", "Tokens a minute.", minimum=1),
    "strategy": Key(
        "word", "What happens at the limit.", values=("queue", "reject", "backpressure")
    ),
}
CIRCUIT_BREAKER: Table = {
    "threshold": Key("integer", "Failures in a row that open the breaker.", minimum=1),
    "reset_after": Key("duration", "How long it stays open."),
    "half_open_max": Key("integer", "Trial calls while it is half open.", minimum=1),
}
BACKOFF: Table = {
    "type": Key("word", "How the pause grows.", values=BACKOFFS),
    "initial": Key("duration", "The first pause."),
    "multiplier": Key("number", "Growth of an exponential pause.", minimum=1),
    "max": Key("duration", "The longest pause."),
    "jitter": Key("number", "Random share of a pause.", minimum=0, maximum=1),
}
SUPERVISION: Table = {
    "strategy": Key(
        "word",
        "What happens when the agent's process fails.",
        values=("restart", "stop", "escalate", "restart_all"),
    ),
    "max_restarts": Key("integer", "Restarts within the window; -1: no limit.", minimum=-1),
    "window": Key("duration", "The window in which restarts are counted."),
    "backoff": Key("word|table:BACKOFF", "The pause before a restart.", values=BACKOFFS),
}
CONTEXT: Table = {
    "strategy": Key(
        "word",
        "What is kept of a long conversation.",
        required=True,
        values=("window", "tokens", "summary"),
    ),
    "limit": Key("integer", "Messages (window) or tokens (tokens, summary) kept.", minimum=1),
    "model": Key("string", "The model that writes summaries; without it, the agent's own."),
}
SKILLS: Table = {
    "directories": Key("strings", "Folders with skills."),
    "include": Key("strings", "Names of the skills to use, or patterns; without it, all."),
    "exclude": Key("strings", "Names of the skills to leave out, or patterns."),
    "max_active": Key("integer", "Skills active with one message; 3 by default.", minimum=1),
}
DELEGATION: Table = {
    "context_window": Key(
        "integer", "Messages handed on with a delegated task; 10 by default.", minimum=0
    ),
    "include_roles": Key("words", "Whose messages are handed on.", values=("user", "assistant")),
    "blackboard": Key("boolean", "Give the team a shared blackboard."),
}
AGENT_BUDGET: Table = {
    "limit": Key("money", "The most that all calls of the agent in a run may cost.", required=True),
    "on_exceed": Key("word", "What happens beyond the limit.", values=("block", "warn", "allow")),
}
SYSTEM_FILE: Table = {"file": Key("string", "A file with the text.", required=True)}

AGENT: Table = {
    "extends": Key("agent", "The agent whose fields this one inherits."),
    "name": Key("string", "The name shown to people."),
    "model": Key("string", "The model, such as `claude-haiku-4-5` or `local/smollm2`."),
    "fallback_model": Key("string", "Tried when the retries on `model` are used up."),
    "system": Key("text|table:SYSTEM_FILE", "The system prompt, or `{file: PATH}`."),
    "temperature": Key("number", "Randomness of the replies.", minimum=0, maximum=2),
    "max_tokens": Key("integer", "The longest reply, in tokens.", minimum=1),
    "max_iterations": Key("integer", "Rounds of tool calls in one send.", minimum=1),
    "params": Key("map", "Passed to the provider as they are."),
    "base_url": Key("string", "The address of an OpenAI-compatible endpoint."),
    "budget": Key("money|table:AGENT_BUDGET", "The most that all its calls in a run may cost."),
    "tools": Key("tools", "The tools that it may call."),
    "knowledge": Key("strings", "Files whose contents are added to the system prompt."),
    "context": Key(
        "word|table:CONTEXT", "How much of the conversation is sent.", values=AGENT_WORDS
    ),
    "supervision": Key("table:SUPERVISION", "What happens when it fails."),
    "retry": Key("table:RETRY", "How failed calls are tried again."),
    "rate_limit": Key("table:RATE_LIMIT", "How fast it may call."),
    "circuit_breaker": Key("table:CIRCUIT_BREAKER", "When to stop calling a failing model."),
    "skills": Key("table:SKILLS", "Skills that are added when they are needed."),
    "team": Key("agents", "Agents to which it may delegate."),
    "delegation": Key("table:DELEGATION", "How it delegates."),
}

PARAM: Table = {
    "name": Key("name", "The parameter's name (in a list of parameters)."),
    "type": Key("type", "Its type; string by default."),
    "description": Key("string", "What it means; the model reads this."),
    "required": Key("boolean", "Whether a call must give it."),
    "default": Key("any", "Its value when a call does not give it."),
    "enum": Key("list", "The values that it may have."),
    "glob": Key("boolean", "Left to the shell's patterns in a command."),
}
TOOL_RETRY: Table = {
    "attempts": Key("integer", "How often to try in all.", minimum=1),
    "backoff": Key("duration", "The pause between tries."),
}
IMPLEMENTATION: dict[str, Table] = {
    "http": {
        "type": Key("word", "The kind of tool.", required=True),
        "method": Key("word", "The HTTP method.", values=("GET", "POST", "PUT", "PATCH", "DELETE")),
        "url": Key("text", "The address; holes are percent-encoded.", required=True),
        "headers": Key("map", "Headers of the request."),
        "query": Key("map", "The query's parameters."),
        "body": Key("value", "A JSON body; its strings are templates."),
        "timeout": Key("duration", "How long a call may take."),
        "retry": Key("table:TOOL_RETRY", "How a failed call is tried again."),
    },
    "exec": {
        "type": Key("word", "The kind of tool.", required=True),
        "command": Key(
            "text|list", "A command for the shell, or a list of arguments.", required=True
        ),
        "env": Key("map", "Further environment variables."),
        "cwd": Key("text", "The working directory, inside the sandbox."),
        "timeout": Key("duration", "How long a call may take."),
    },
    "file_read": {
        "type": Key("word", "The kind of tool.", required=True),
        "path": Key("text", "The file, inside the sandbox.", required=True),
        "encoding": Key("word", "How the contents are given.", values=("utf-8", "base64")),
    },
    "file_write": {
        "type": Key("word", "The kind of tool.", required=True),
        "path": Key("text", "The file, inside the sandbox.", required=True),
        "content": Key("text", "What is written.", required=True),
        "mode": Key("word", "Replace the file or add to it.", values=("write", "append")),
        "mkdir": Key("boolean", "Create missing folders."),
    },
    "builtin": {
        "type": Key("word", "The kind of tool.", required=True),
        "function": Key("string", "A Python function, `package.module:callable`.", required=True),
    },
}
TOOL: Table = {
    "name": Key("name", "The tool's name (in a file of one tool)."),
    "description": Key("string", "What the tool does; the model reads this.", required=True),
    "params": Key("map|tables:PARAM", "The parameters, by name or as a list."),
    "implementation": Key("implementation", "How it is carried out.", required=True),
    "capabilities": Key(
        "words", "What it can touch.", values=("net", "fs:read", "fs:write", "exec")
    ),
    "allowed_paths": Key("strings", "Patterns of the paths that it may touch."),
    "allowed_commands": Key("strings", "The commands that it may run."),
    "allowed_hosts": Key("strings", "The hosts that it may call."),
    "confirm": Key("boolean", "Ask a person before each call."),
}

INPUT: Table = {
    "type": Key("type", "The type; any by default."),
    "description": Key("string", "What it means."),
    "required": Key("boolean", "Whether it must be given; true unless there is a default."),
    "default": Key("any", "Its value when it is not given."),
    "enum": Key("list", "The values that it may have."),
    "min": Key("number", "The least value."),
    "max": Key("number", "The greatest value."),
}
WORKFLOW: Table = {
    "description": Key("string", "What the workflow does."),
    "inputs": Key("map|strings", "The inputs: a map, or a list of names."),
    "steps": Key("steps", "The steps, in order.", required=True),
    "output": Key("value", "The workflow's result; without it, the latest result."),
    "timeout": Key("duration", "How long one call may take."),
    "budget": Key("money", "What one call may cost."),
}

COMMON: Table = {
    "name": Key("name", "The step's name, for `steps.NAME.output`."),
    "if": Key("condition", "The step is skipped when this is false."),
    "timeout": Key("duration", "How long one attempt may take."),
    "total_timeout": Key("duration", "How long all attempts may take."),
    "on_timeout": Key("steps", "Steps that run instead of failing on the timeout."),
    "budget": Key("money", "What all attempts may cost."),
    "retry": Key("integer|table:RETRY", "How often to try, or how.", minimum=1),
    "continue_on_error": Key("boolean", "Go on when the step fails."),
}
SEND: Table = {
    "send": Key("text", "The message.", required=True),
    "save": Key("save", "The variable that gets the reply."),
    **COMMON,
    "format": Key(
        "word",
        "How the reply is read.",
        values=("text", "json", "yaml", "number", "boolean", "list"),
    ),
    "schema": Key("map", "The fields of a JSON reply."),
    "tools": Key("tools", "Only these tools for this message."),
    "context": Key("word", "`fresh`: a new conversation.", values=AGENT_WORDS),
    "attach": Key("list|text", "Images and PDFs from the sandbox."),
}
PARALLEL_AGENT: Table = {
    "agent": Key("agent", "The agent that gets every input.", required=True),
    "inputs": Key("list|expression", "The messages: a list or an expression.", required=True),
    "save": Key("save", "The variable that gets the list of replies."),
    "limit": Key("expression", "How many run at once."),
}
REPEAT: Table = {
    "steps": Key("steps", "The body.", required=True),
    "until": Key("condition", "Ends the loop; tested after each round."),
    "max": Key("expression", "The most rounds."),
}
ELIF: Table = {
    "if": Key("condition", "The condition.", required=True),
    "then": Key("steps", "The steps when it holds.", required=True),
}
REMEMBER: Table = {
    "key": Key("text", "The key under which the value is kept.", required=True),
    "value": Key("value", "The value.", required=True),
}
RECALL: Table = {
    "key": Key("text", "The key.", required=True),
    "save": Key("save", "The variable that gets the value."),
    "default": Key("value", "The value when there is none."),
}
STEPS: dict[str, Table] = {
    "if": {
        "if": Key("condition", "The condition.", required=True),
        "then": Key("steps", "The steps when it holds.", required=True),
        "elif": Key("tables:ELIF", "Further conditions with their steps."),
        "else": Key("steps", "The steps when none holds."),
    },
    "for": {
        "for": Key("for", "`item in items`.", required=True),
        "steps": Key("steps", "The body."),
        "parallel": Key("expression", "How many iterations run at once.", minimum=1),
        "save": Key("save", "The variable that gets the list of results."),
    },
    "repeat": {
        "repeat": Key("table:REPEAT", "A loop with its test at the end.", required=True),
        "save": Key("save", "The variable that gets the last result."),
    },
    "parallel": {
        "parallel": Key("steps|table:PARALLEL_AGENT", "Steps that run at once.", required=True),
        "save": Key("save", "The variable that gets the list of results."),
    },
    "do": {
        "do": Key("steps", "Several steps as one.", required=True),
        "save": Key("save", "The variable that gets the last result."),
    },
    "workflow": {
        "workflow": Key("workflow", "The workflow to call.", required=True),
        "with": Key("map", "Its inputs."),
        "save": Key("save", "The variable that gets its result."),
        "context": Key("word", "`fresh`: new conversations.", values=AGENT_WORDS),
    },
    "set": {"set": Key("map", "Variables and their values, in order.", required=True)},
    "return": {"return": Key("value", "Ends the workflow with this result.", required=True)},
    "try": {
        "try": Key("steps", "Steps that may fail.", required=True),
        "catch": Key("steps", "Steps that run after a failure."),
        "finally": Key("steps", "Steps that run in any case."),
    },
    "fail": {"fail": Key("text", "Ends the workflow with this error.", required=True)},
    "remember": {"remember": Key("table:REMEMBER", "Keep a value across runs.", required=True)},
    "recall": {
        "recall": Key("table:RECALL", "Read a kept value.", required=True),
        "save": Key("save", "The variable that gets the value."),
    },
    "ask": {
        "ask": Key("text", "A question to the person who runs this.", required=True),
        "save": Key("save", "The variable that gets the answer."),
        "choices": Key("list|expression", "The answers that are allowed."),
        "default": Key("text", "The answer when nobody is there."),
    },
}
"""The control steps by their main key. Every step takes the keys of `COMMON` too."""

MCP_SERVER: Table = {
    "name": Key("name", "The server's name, in tool names such as `files__read`.", required=True),
    "transport": Key("word", "How it is reached.", values=("stdio", "http", "sse")),
    "command": Key("string", "The command that starts it (stdio)."),
    "args": Key("strings", "Arguments of the command."),
    "env": Key("map", "Its environment."),
    "url": Key("string", "Its address (http)."),
    "headers": Key("map", "Headers of each request (http)."),
    "timeout": Key("duration", "How long a call may take."),
}
SETTINGS: Table = {
    "default_model": Key("string", "The model of agents that name none."),
    "default_temperature": Key(
        "number", "The temperature of agents that give none.", minimum=0, maximum=2
    ),
    "api_key": Key("string", "The provider's key; prefer the environment."),
    "sandbox": Key("string", "The folder in which tools may work."),
    "budget": Key("money", "What a run may cost."),
    "supervision": Key("table:SUPERVISION", "What happens when an agent fails."),
    "retry": Key("table:RETRY", "How failed calls are tried again."),
    "rate_limit": Key("rate_limits", "How fast models may be called, for all or by model."),
    "circuit_breaker": Key("table:CIRCUIT_BREAKER", "When to stop calling a failing model."),
    "logging": Key("table:LOGGING", "What is logged."),
    "tracing": Key("table:TRACING", "Traces of runs."),
    "metrics": Key("table:METRICS", "Figures of runs."),
    "mcp": Key("table:MCP", "MCP servers."),
    "skills": Key("table:SKILLS", "Skills for every agent."),
    "memory": Key("table:MEMORY", "Where `remember` keeps its values."),
    "schedule": Key(
        "word", "Whether independent steps run together.", values=("sequential", "auto")
    ),
    "delimiters": Key(
        "word", "Which delimiters of expressions are allowed.", values=("both", "brace", "angle")
    ),
    "max_processes": Key("integer", "The most agent processes at once.", minimum=1),
    "strict": Key("boolean", "Warnings fail the check."),
    "lints": Key("map", "Severity of findings, by code."),
}

TABLES: dict[str, Table] = {
    "TOP": TOP,
    "AGENT": AGENT,
    "AGENT_BUDGET": AGENT_BUDGET,
    "SYSTEM_FILE": SYSTEM_FILE,
    "RETRY": RETRY,
    "RATE_LIMIT": RATE_LIMIT,
    "CIRCUIT_BREAKER": CIRCUIT_BREAKER,
    "BACKOFF": BACKOFF,
    "SUPERVISION": SUPERVISION,
    "CONTEXT": CONTEXT,
    "SKILLS": SKILLS,
    "DELEGATION": DELEGATION,
    "TOOL": TOOL,
    "PARAM": PARAM,
    "TOOL_RETRY": TOOL_RETRY,
    "WORKFLOW": WORKFLOW,
    "INPUT": INPUT,
    "COMMON": COMMON,
    "SEND": SEND,
    "ELIF": ELIF,
    "REPEAT": REPEAT,
    "PARALLEL_AGENT": PARALLEL_AGENT,
    "REMEMBER": REMEMBER,
    "RECALL": RECALL,
    "SETTINGS": SETTINGS,
    "MCP": {"servers": Key("tables:MCP_SERVER", "The servers.", required=True)},
    "MCP_SERVER": MCP_SERVER,
    "LOGGING": {
        "level": Key("word", "The least level.", values=("debug", "info", "warning", "error")),
        "file": Key("string", "A file for the log."),
    },
    "TRACING": {
        "enabled": Key("boolean", "Whether runs are traced."),
        "exporter": Key(
            "word", "Where traces go; otlp by default.", values=("otlp", "json", "console")
        ),
        "endpoint": Key("string", "The collector's address; with `json`, the file."),
    },
    "METRICS": {
        "enabled": Key("boolean", "Whether figures are kept."),
        "port": Key(
            "integer", "The port at which Prometheus reads them.", minimum=0, maximum=65535
        ),
    },
    "MEMORY": {"store": Key("string", "The file that holds the values.")},
}

RUN_OPTIONS = frozenset(
    {
        "answer",
        "budget",
        "debug",
        "dry_run",
        "durable",
        "help",
        "inputs",
        "model",
        "output",
        "record",
        "replay",
        "resume",
        "run_id",
        "store",
        "stream",
        "timeout",
        "trace",
        "workflow",
    }
)
"""Options of `vegac run`: an input of such a name is given with `--input name=value`."""
BUILT_IN_NAMES = frozenset(
    {"result", "error", "loop", "steps", "env", "run", "workflow", "date", "time", "now", "random"}
)
"""Names that mean something without being declared."""
EFFECTFUL_TOOLS = frozenset(
    {
        "write_file",
        "append_file",
        "run_command",
        "exec",
        "http_post",
        "send_email",
        "memory_store",
    }
)
"""Built-in tools that change something outside of the conversation."""
