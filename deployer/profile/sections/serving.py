"""The HTTP surface."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, Strict

from deployer.profile.flag import Flag
from deployer.profile.names import Address
from deployer.profile.section import Section

ReasoningParser = Literal[
    "apertus2509", "auto", "beam", "cohere_command4", "deepseek-r1", "deepseek-v3", "deepseek-v4",
    "deepseek-v41", "dots", "gemma4", "gigachat35", "glm45", "gpt-oss", "granite_thinking_parser",
    "hunyuan", "inkling", "interns1", "iquest_q1", "k2_horizon", "kimi", "kimi_k2", "kimi_k3",
    "ling3", "mimo", "minimax", "minimax-append-think", "minimax-m3", "mistral", "muse",
    "nanbeige", "nano_v3", "nemotron_3", "poolside_v1", "qwen3", "qwen3-thinking",
    "response_template", "step3", "step3p5",
]  # fmt: skip
"""The reasoning parsers of all catalogued releases (``srt/parser/reasoning_parser.py``)."""

ToolCallParser = Literal[
    "apertus2509", "auto", "beam", "cohere_command4", "deepseekv3", "deepseekv31", "deepseekv32",
    "deepseekv4", "deepseekv41", "dots", "gemma4", "gigachat3", "gigachat35", "glm", "glm45",
    "glm47", "gpt-oss", "hermes", "hunyuan", "inkling", "interns1", "iquest_q1", "k2_horizon",
    "kimi_k2", "kimi_k3", "lfm2", "ling3", "llama3", "mimo", "minicpm5", "minimax-m2",
    "minimax-m3", "mistral", "muse", "nanbeige", "poolside_v1", "pythonic", "qwen", "qwen25",
    "qwen3_coder", "response_template", "spark25", "step3", "step3p5", "trinity",
]  # fmt: skip
"""The tool-call parsers of the same releases (``srt/function_call/function_call_parser.py``)."""


RoutePath = Annotated[str, Field(pattern=r"^/[A-Za-z0-9_./-]{0,126}[A-Za-z0-9_]$")]
"""A route of the engine, such as `/generate`."""

Origin = Annotated[str, Field(pattern=r"^https?://[A-Za-z0-9.-]+(?::[0-9]{1,5})?$")]
"""The origin of a page: scheme, host and port, without a path."""


class Serving(Section):
    """The HTTP surface: where clients reach it, what they may ask, how output is read."""

    host: Annotated[Address, Flag("--host", 30, door=True)] = "0.0.0.0"  # noqa: S104
    """The address to listen on. In a container it must be 0.0.0.0, or the proxy finds nobody."""

    port: Annotated[int, Flag("--port", 40, door=True), Field(ge=1, le=65535)] = 8000
    """The port to listen on."""

    routes: Annotated[tuple[RoutePath, ...], Strict(strict=False)] = ()
    """Routes of the engine that clients may use beside those of OpenAI's and Anthropic's
    interfaces, such as `/generate`. What is neither listed here nor one of these is not there."""

    cors_origins: Annotated[tuple[Origin, ...], Strict(strict=False)] = ()
    """Pages whose scripts may use the server from a browser, such as `https://chat.example.com`."""

    body_limit: Annotated[int, Field(ge=1, le=4096)] = 64
    """The most that the body of a request may have, in MiB. Images travel in it."""

    reasoning_parser: Annotated[ReasoningParser | None, Flag("--reasoning-parser", 400)] = None
    """Moves the model's thinking into `reasoning_content`. GLM-4.5 to GLM-5.1: `glm45`."""

    tool_call_parser: Annotated[ToolCallParser | None, Flag("--tool-call-parser", 401)] = None
    """Turns the model's tool markup into `tool_calls`. GLM-4.7 to GLM-5.1: `glm47`."""

    chat_template: Annotated[str | None, Flag("--chat-template", 402)] = None
    """A chat template of your own: a built-in name or a file that the engine can read."""

    stream_interval: Annotated[int | None, Flag("--stream-interval", 403), Field(ge=1)] = None
    """Tokens between two chunks of a stream."""

    api_key_env: Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")] | None = "API_KEY"
    """The environment variable that holds the API key. `null` serves everyone without a key."""
