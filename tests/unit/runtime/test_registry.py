"""Which provider a model's name stands for, and what is said when it cannot be called."""

import subprocess
import sys

import pytest

from vega_runtime.errors import ConfigError
from vega_runtime.models.registry import check_model, model_for, target_of

ANTHROPIC = {"ANTHROPIC_API_KEY": "a-key"}
OPENAI = {"OPENAI_API_KEY": "o-key"}
URL = "http://localhost:11434/v1"
OLLAMA = {"OPENAI_BASE_URL": URL}
PROXY = ANTHROPIC | {"ANTHROPIC_BASE_URL": "http://p"}
QWEN = OLLAMA | {"OPENAI_MODEL": "qwen"}


@pytest.mark.parametrize(
    ("name", "env", "provider", "model", "url"),
    [
        ("claude-haiku-4-5", ANTHROPIC, "anthropic", "claude-haiku-4-5", None),
        ("claude-haiku-4-5", {}, "anthropic", "claude-haiku-4-5", None),
        (
            "claude-x",
            ANTHROPIC | {"ANTHROPIC_BASE_URL": "http://p"},
            "anthropic",
            "claude-x",
            "http://p",
        ),
        ("claude-haiku-4-5", ANTHROPIC | OLLAMA, "anthropic", "claude-haiku-4-5", None),
        ("claude-haiku-4-5", OLLAMA, "openai", "claude-haiku-4-5", URL),
        (
            "claude-x",
            OLLAMA | {"OPENAI_MODEL": "qwen"},
            "openai",
            "qwen",
            URL,
        ),
        ("gpt-5", OPENAI, "openai", "gpt-5", None),
        ("o3-mini", OPENAI, "openai", "o3-mini", None),
        ("openai/some/model", OPENAI, "openai", "some/model", None),
        ("gpt-5", QWEN, "openai", "gpt-5", URL),
        ("llama3:8b", OLLAMA, "openai", "llama3:8b", URL),
        ("local/smollm2", OLLAMA, "local", "local/smollm2", None),
        ("scripted", OLLAMA, "scripted", "scripted", None),
    ],
)
def test_providers(name: str, env: dict, provider: str, model: str, url: str | None) -> None:
    target = target_of(name, env)
    assert (target.provider, target.model, target.base_url) == (provider, model, url)


def test_an_agents_endpoint_takes_any_name() -> None:
    target = target_of("claude-haiku-4-5", ANTHROPIC | OPENAI, "http://host/v1")
    assert (target.provider, target.base_url, target.key) == ("openai", "http://host/v1", "o-key")


def test_models_of_one_account_share_a_connection() -> None:
    def connection(name: str, env: dict[str, str]) -> tuple[str, ...]:
        return target_of(name, env).connection

    one = connection("claude-haiku-4-5", ANTHROPIC)
    assert one == connection("claude-sonnet-5", ANTHROPIC)
    assert one != connection("claude-haiku-4-5", {"ANTHROPIC_API_KEY": "b"})
    assert one != connection("gpt-5", OPENAI)
    assert connection("local/a.gguf", {}) != connection("local/b.gguf", {})


def test_a_target_does_not_show_its_key() -> None:
    assert "a-key" not in repr(target_of("claude-haiku-4-5", ANTHROPIC))


@pytest.mark.parametrize(
    ("name", "env"),
    [
        ("claude-haiku-4-5", ANTHROPIC),
        ("claude-haiku-4-5", {"ANTHROPIC_AUTH_TOKEN": "t"}),
        ("gpt-5", OPENAI),
        ("gpt-5", OLLAMA),
        ("anything", OLLAMA),
    ],
)
def test_nothing_is_wrong(name: str, env: dict[str, str]) -> None:
    assert check_model(name, env) is None


@pytest.mark.parametrize(
    ("name", "env", "cure"),
    [
        ("claude-haiku-4-5", {}, "ANTHROPIC_API_KEY"),
        ("claude-haiku-4-5", {"ANTHROPIC_API_KEY": ""}, "ANTHROPIC_API_KEY"),
        ("claude-haiku-4-5", {}, "--model local/smollm2"),
        ("gpt-5", {}, "OPENAI_API_KEY"),
        ("gpt-5", {}, "--model local/smollm2"),
        ("scripted", {}, "vegac test"),
        ("sonnet", {}, "claude-sonnet-5"),
        ("Claude-haiku-4-5", {}, "did you mean 'claude-haiku-4-5'"),
        ("smollm2", {}, "did you mean 'local/smollm2'"),
        ("llama3", {}, "OPENAI_BASE_URL"),
        ("", {}, "no provider"),
    ],
)
def test_what_is_missing_is_one_line_with_the_cure(name: str, env: dict, cure: str) -> None:
    problem = check_model(name, env)
    assert problem is not None
    assert cure in problem
    assert "\n" not in problem
    with pytest.raises(ConfigError) as caught:
        model_for(name, env=env)
    assert caught.value.message == problem


def test_no_sdk_is_loaded_before_a_model_is_made() -> None:
    code = """
import sys
from vega_runtime.models.registry import check_model, target_of
from vega_runtime import budget, retry, ratelimit, breaker
from vega_runtime.models import prices, record, anthropic, openai, local, download
prices.price_of("claude-haiku-4-5")
check_model("claude-haiku-4-5", {"ANTHROPIC_API_KEY": "k"})
check_model("gpt-5", {}); check_model("local/smollm2", {"HOME": "/nowhere"})
loaded = {"anthropic", "openai", "httpx2", "httpx", "pydantic", "xllamacpp"} & set(sys.modules)
assert not loaded, loaded
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_preload_imports_the_sdk_in_the_background() -> None:
    code = """
import sys, threading
from vega_runtime.models.registry import preload
preload("no such model", {})
preload("claude-haiku-4-5", {})
assert threading.active_count() == 1
preload("claude-haiku-4-5", {"ANTHROPIC_API_KEY": "k"})
for thread in threading.enumerate():
    if thread is not threading.main_thread():
        thread.join()
assert "anthropic" in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True)
