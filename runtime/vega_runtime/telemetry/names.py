"""The names of attributes and instruments, in one place.

Those that begin with `gen_ai.` are the semantic conventions for generative AI, whose constants are
not stable in OpenTelemetry's own package; `vega.` are ours.
"""

OPERATION = "gen_ai.operation.name"
PROVIDER = "gen_ai.provider.name"
AGENT = "gen_ai.agent.name"
WORKFLOW = "gen_ai.workflow.name"
REQUEST_MODEL = "gen_ai.request.model"
REQUEST_TEMPERATURE = "gen_ai.request.temperature"
REQUEST_MAX_TOKENS = "gen_ai.request.max_tokens"
REQUEST_STREAM = "gen_ai.request.stream"
RESPONSE_ID = "gen_ai.response.id"
RESPONSE_MODEL = "gen_ai.response.model"
RESPONSE_FINISH_REASONS = "gen_ai.response.finish_reasons"
RESPONSE_FIRST_CHUNK = "gen_ai.response.time_to_first_chunk"
INPUT_TOKENS = "gen_ai.usage.input_tokens"
OUTPUT_TOKENS = "gen_ai.usage.output_tokens"
CACHE_READ_TOKENS = "gen_ai.usage.cache_read.input_tokens"
CACHE_WRITE_TOKENS = "gen_ai.usage.cache_write.input_tokens"
TOKEN_TYPE = "gen_ai.token.type"
TOOL_NAME = "gen_ai.tool.name"
TOOL_TYPE = "gen_ai.tool.type"
TOOL_CALL_ID = "gen_ai.tool.call.id"
TOOL_ARGUMENTS = "gen_ai.tool.call.arguments"
TOOL_RESULT = "gen_ai.tool.call.result"
SYSTEM_INSTRUCTIONS = "gen_ai.system_instructions"
INPUT_MESSAGES = "gen_ai.input.messages"
OUTPUT_MESSAGES = "gen_ai.output.messages"
ERROR_TYPE = "error.type"

RUN_ID = "vega.run.id"
PROGRAM = "vega.program"
SITE = "vega.site"
KEY = "vega.key"
SOURCE_FILE = "vega.source.file"
SOURCE_LINE = "vega.source.line"
COST = "vega.cost"
"""US dollars; absent where the price of a model is not known."""
RETRIES = "vega.retries"
STATE = "vega.breaker.state"

CAPTURE = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"
"""The variable that asks for prompts and replies."""

_PROVIDERS = (
    ("claude-", "anthropic"),
    ("gpt-", "openai"),
    ("chatgpt-", "openai"),
    ("openai/", "openai"),
    ("local/", "llama_cpp"),
    ("scripted", "scripted"),
    ("replay:", "replay"),
)


def provider_of(model: str) -> str:
    """Who runs a model, as far as its name says so."""
    for prefix, provider in _PROVIDERS:
        if model.startswith(prefix):
            return provider
    return "openai_compatible"
