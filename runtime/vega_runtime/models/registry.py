"""Which provider a model's name stands for.

| name | provider |
| --- | --- |
| any, with an agent's `base_url` | that OpenAI-compatible endpoint |
| `local/NAME`, `local/PATH.gguf` | the embedded model |
| `scripted` | the script of a test |
| `openai/NAME`, `gpt-...`, `o1...` | OpenAI, or the endpoint of `OPENAI_BASE_URL` |
| `claude-...` | Anthropic; with `OPENAI_BASE_URL` set and no Anthropic key, that endpoint |
| any other, with `OPENAI_BASE_URL` set | that OpenAI-compatible endpoint |

Where `OPENAI_BASE_URL` serves a name that it was not meant for (the last two rows), `OPENAI_MODEL`,
if set, says which of its models to use instead.
"""

import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from ..errors import ConfigError
from .base import Model

Provider = Literal["anthropic", "openai", "local", "scripted"]

WITHOUT_A_KEY = "to run without a key, use --model local/smollm2 (a small demonstration model)"

_OPENAI = re.compile(r"gpt-|chatgpt-|o\d")


@dataclass(frozen=True, slots=True)
class Target:
    """Where the calls of a model go. Equal targets can share one `Model`.

    `model` is the name to send and to price; `key` is the secret, or empty.
    """

    provider: Provider
    model: str
    base_url: str | None = None
    key: str = ""
    token: str = ""

    @property
    def connection(self) -> tuple[str, ...]:
        """What a `Model` may be shared by: all but the model's name (except for embedded ones)."""
        name = self.model if self.provider == "local" else ""
        return (self.provider, self.base_url or "", self.key, self.token, name)

    def __repr__(self) -> str:
        return f"Target({self.provider!r}, {self.model!r}, base_url={self.base_url!r})"


def target_of(name: str, env: Mapping[str, str], base_url: str | None = None) -> Target:
    """Where calls of the model `name` go. Raises ConfigError when no provider has the name."""
    if base_url:
        return _openai(name, env, base_url)
    if name.startswith("local/") and len(name) > len("local/"):
        return Target("local", name)
    if name == "scripted":
        return Target("scripted", name)
    endpoint = env.get("OPENAI_BASE_URL") or None
    if name.startswith("openai/") or _OPENAI.match(name):
        return _openai(name, env, endpoint)
    key, token = env.get("ANTHROPIC_API_KEY") or "", env.get("ANTHROPIC_AUTH_TOKEN") or ""
    if name.startswith("claude-") and (key or token or not endpoint):
        return Target(
            "anthropic",
            name,
            env.get("ANTHROPIC_BASE_URL") or None,
            key,
            "" if key else token,
        )
    if endpoint:
        return _openai(env.get("OPENAI_MODEL") or name, env, endpoint)
    raise ConfigError(_unknown(name))


def check_model(name: str, env: Mapping[str, str], base_url: str | None = None) -> str | None:
    """What keeps the model from being called, in one line with the cure; None if nothing does.

    Nothing is loaded or called, so a wrong key is not noticed.
    """
    try:
        target = target_of(name, env, base_url)
    except ConfigError as error:
        return error.message
    match target.provider:
        case "anthropic" if not target.key and not target.token:
            return (
                f"the model '{name}' needs an API key: set ANTHROPIC_API_KEY "
                f"(or put it into ~/.vega/env); {WITHOUT_A_KEY}"
            )
        case "openai" if not target.key and not target.base_url:
            return (
                f"the model '{name}' needs an API key: set OPENAI_API_KEY, or OPENAI_BASE_URL for "
                f"another OpenAI-compatible endpoint; {WITHOUT_A_KEY}"
            )
        case "scripted":
            return (
                "the model 'scripted' answers from the script of a test (vegac test); "
                "name a real model, for example --model claude-haiku-4-5"
            )
        case "local":
            from .local import check_local

            return check_local(target.model, env)
        case _:
            return None


def model_for(
    name: str,
    *,
    base_url: str | None = None,
    env: Mapping[str, str],
    on_progress: Callable[[int, int], None] | None = None,
) -> Model:
    """A new model for calls of `name`, made in (and for) the running event loop.

    One serves all names with an equal `Target.connection`; requests must name `Target.model`.
    `on_progress(done_bytes, total_bytes)` is told, from another thread, of a model's file being
    fetched. Raises ConfigError when the name has no provider or something is missing.
    """
    problem = check_model(name, env, base_url)
    if problem is not None:
        raise ConfigError(problem)
    target = target_of(name, env, base_url)
    if target.provider == "anthropic":
        from .anthropic import AnthropicModel

        return AnthropicModel(
            api_key=target.key or None,
            auth_token=target.token or None,
            base_url=target.base_url,
        )
    if target.provider == "openai":
        from .openai import OpenAIModel

        return OpenAIModel(api_key=target.key or None, base_url=target.base_url)
    from .local import LocalModel

    return LocalModel(target.model, env, on_progress)


def preload(name: str, env: Mapping[str, str], base_url: str | None = None) -> None:
    """Start importing what the model needs in a background thread, as the SDKs take a while.

    Does nothing for a model that cannot be called.
    """
    import threading

    if check_model(name, env, base_url) is not None:
        return
    provider = target_of(name, env, base_url).provider
    module = {"anthropic": "anthropic", "openai": "openai", "local": "xllamacpp"}.get(provider)
    if module is not None and module not in sys.modules:
        threading.Thread(target=_load, args=(module,), daemon=True).start()


def _load(module: str) -> None:
    import contextlib
    import importlib

    with contextlib.suppress(Exception):  # a failure shows where the model is made
        importlib.import_module(module)


def _openai(name: str, env: Mapping[str, str], base_url: str | None) -> Target:
    key = env.get("OPENAI_API_KEY") or ""
    return Target("openai", name.removeprefix("openai/"), base_url, key)


def _unknown(name: str) -> str:
    hint = ""
    lowered = name.lower()
    if lowered != name and lowered.startswith(("claude-", "gpt-", "openai/", "local/")):
        hint = f"did you mean '{lowered}'? "
    elif lowered.startswith(("claude", "anthropic", "sonnet", "opus", "haiku", "fable")):
        hint = "did you mean one of Anthropic's, such as 'claude-sonnet-5'? "
    elif lowered.startswith(("smol", "local")) or lowered.endswith(".gguf"):
        hint = f"did you mean 'local/{name.removeprefix('local').lstrip('/:') or 'smollm2'}'? "
    elif lowered.startswith(("gpt", "openai", "chatgpt")):
        hint = "did you mean 'openai/NAME'? "
    return (
        f"no provider has a model named '{name}': {hint}known are claude-... (Anthropic), gpt-... "
        "and openai/NAME (OpenAI), local/smollm2 and local/PATH.gguf (embedded), and any name when "
        "OPENAI_BASE_URL names an OpenAI-compatible endpoint"
    )
