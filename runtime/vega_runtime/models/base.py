"""What a model is: a request in, a response out, the same for every provider."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, runtime_checkable

StopReason = Literal["end_turn", "max_tokens", "tool_use", "stop_sequence", "refusal"]


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one or more calls. `input_tokens` leaves out what the cache served or stored."""

    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(
            self.input_tokens + other.input_tokens,
            self.output_tokens + other.output_tokens,
            self.cache_read_tokens + other.cache_read_tokens,
            self.cache_write_tokens + other.cache_write_tokens,
        )


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A tool call that the model asks for."""

    id: str
    name: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ToolResult:
    """The answer to a `ToolCall`, in the next user message."""

    call_id: str
    content: str
    is_error: bool = False


@dataclass(frozen=True, slots=True)
class Attachment:
    """An image or PDF sent along with a message."""

    name: str
    media_type: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a conversation.

    A user message holds text, attachments and tool results; an assistant's text and tool calls.
    `raw` keeps the provider's own blocks of a reply (thinking, signatures), which must go back
    unchanged in the next request to the same provider.
    """

    role: Literal["user", "assistant"]
    text: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    tool_results: tuple[ToolResult, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    raw: Any = None


@dataclass(frozen=True, slots=True)
class ToolSchema:
    """A tool as a model sees it; `parameters` is a JSON Schema of an object."""

    name: str
    description: str
    parameters: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Request:
    """One call of a model.

    `agent` names the caller (the scripted model and recordings use it), `params` go to the
    provider as they are, `output_schema` asks for a reply that fits a JSON Schema where the
    provider can do that.
    """

    model: str
    messages: Sequence[Message]
    system: str = ""
    tools: Sequence[ToolSchema] = ()
    max_tokens: int = 4096
    temperature: float | None = None
    params: Mapping[str, Any] = field(default_factory=dict[str, Any])
    base_url: str | None = None
    output_schema: Mapping[str, Any] | None = None
    agent: str = ""


@dataclass(frozen=True, slots=True)
class Response:
    """A model's reply."""

    text: str
    tool_calls: tuple[ToolCall, ...] = ()
    stop_reason: StopReason = "end_turn"
    usage: Usage = field(default_factory=Usage)
    model: str = ""
    id: str = ""
    raw: Any = None


@dataclass(frozen=True, slots=True)
class TextDelta:
    """A piece of a streamed reply's text."""

    text: str


StreamEvent = TextDelta | Response


@runtime_checkable
class Model(Protocol):
    """A provider. Failures are `ModelError`s with their `kind`.

    `stream` yields `TextDelta`s and, last, the whole `Response`; cancelling the task that awaits
    either ends the call.
    """

    async def generate(self, request: Request) -> Response:
        """The reply to a request. Raises ModelError."""
        ...

    def stream(self, request: Request) -> AsyncIterator[StreamEvent]:
        """The reply piece by piece, and then as a whole. Raises ModelError."""
        ...

    async def close(self) -> None:
        """Release connections. Safe to call twice."""
        ...
