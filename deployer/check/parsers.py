"""Which parsers read the output of which family of models.

Source: SGLang ``docs/advanced_features/tool_parser.ipynb``, ``separate_reasoning.ipynb``; for GLM
also its cookbook (GLM-4.7 and later call tools in another form than GLM-4.5 and GLM-4.6), for
Qwen3.5 ``docs/basic_usage/qwen3_5.md``. A model that is not here is not judged.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from deployer.late import compile_pattern

ANY_FAMILY = frozenset({"auto", "response_template"})
"""Parsers that find out by themselves what a model writes."""


ALWAYS = "deepseek-r1 qwen3-thinking step3 step3p5"
"""Reasoning parsers that take all before `</think>` for thinking: one as good as another for models
that always think in these tags (0.5.10.post1 and 0.5.23 ``parser/reasoning_parser.py``:
``DeepSeekR1Detector``, or ``Qwen3Detector`` with ``force_reasoning``). Qwen's own READMEs and cards
say `deepseek-r1` for Qwen3-Thinking-2507 and Qwen3-Next-Thinking."""

TOOL_CALL = "qwen qwen25 hermes"
"""Tool parsers that read JSON between `<tool_call>` and `</tool_call>` (``Qwen25Detector``,
``HermesDetector``)."""


@dataclass(frozen=True, slots=True)
class Family:
    """Models that write in one form. No reasoning parsers: the models do not think aloud."""

    title: str
    repo: re.Pattern[str]
    reasoning: tuple[str, ...]
    tools: tuple[str, ...]


def _family(title: str, repo: str, reasoning: str, tools: str) -> Family:
    pattern = compile_pattern(rf"(^|/){repo}", re.IGNORECASE)
    return Family(title, pattern, tuple(reasoning.split()), tuple(tools.split()))


FAMILIES = (
    _family("GLM-4.5 and GLM-4.6", r"glm-4\.[56]", "glm45", "glm45 glm"),
    _family("GLM-4.7 to GLM-5.2", r"glm-(4\.7|5)(?!\.3)", "glm45", "glm47"),
    _family("DeepSeek-R1", r"deepseek-r1(?!-distill)", ALWAYS, "deepseekv3"),
    _family("DeepSeek-V3.1", r"deepseek-v3\.1", "deepseek-v3", "deepseekv31"),
    _family("DeepSeek-V3.2", r"deepseek-v3\.2", "deepseek-v3", "deepseekv31 deepseekv32"),
    _family("DeepSeek-V3", r"deepseek-v3(?!\.)", "deepseek-v3", "deepseekv3"),
    _family("Qwen3-Coder", r"qwen3-coder", "", "qwen3_coder"),
    _family("Qwen3.5", r"qwen3\.5", "qwen3", "qwen3_coder"),
    _family("Qwen3-Thinking", r"qwen3-.*thinking", f"qwen3 {ALWAYS}", TOOL_CALL),
    _family("Qwen3", r"qwen3(?![.\d])", "qwen3 qwen3-thinking", TOOL_CALL),
    _family("Qwen2.5", r"qwen2\.5", "", TOOL_CALL),
    _family("Llama 3", r"(meta-)?llama-3", "", "llama3 pythonic"),
    _family("Llama 4", r"llama-4", "", "pythonic"),
    _family("gpt-oss", r"gpt-oss", "gpt-oss", "gpt-oss"),
    _family("Kimi K2", r"kimi-k2", "kimi_k2 kimi", "kimi_k2"),
    _family("MiniMax-M2", r"minimax-m2", f"minimax minimax-append-think {ALWAYS}", "minimax-m2"),
)
"""In the order in which they are looked for: the narrower name stands first."""


THINKING = compile_pattern(
    r"glm-(4\.[567]|5)|deepseek-r1(?!-distill)|qwen3(\.5)?-(.*thinking|[\d.]+b(-a\d+b)?(-fp8|-awq)?$)"
    r"|gpt-oss|kimi-k2-thinking|minimax-m2",
    re.IGNORECASE,
)
"""Models that think aloud unless a request forbids it. Qwen3's `Instruct` and coders never do."""


def thinks(repo: str) -> bool:
    """Whether the answers of a repository's model begin with its thinking."""
    return THINKING.search(repo) is not None


def family(repo: str) -> Family | None:
    """Give the family of a repository by its name; None for one that is not known here."""
    return next((one for one in FAMILIES if one.repo.search(repo)), None)
