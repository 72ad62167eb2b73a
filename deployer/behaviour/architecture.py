"""Which model it is, as the engine asks: the first of `architectures` in its configuration.

Only where nothing is known of a repository its name is taken instead, and that is said
(:attr:`Architecture.by_name`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from deployer.facts.models.checkpoint import Checkpoint
from deployer.facts.models.nested import flattened

GLM_DSA, GLM_NEXT = "GlmMoeDsaForCausalLM", "Glm5NextForConditionalGeneration"
DEEPSEEK_V3, DEEPSEEK_V32 = "DeepseekV3ForCausalLM", "DeepseekV32ForCausalLM"

BY_NAME = (
    ("glm-5.3-flash*", GLM_NEXT),
    ("glm-5*", GLM_DSA),
    ("glm-4.[567]*", "Glm4MoeForCausalLM"),
    ("deepseek-v4*", "DeepseekV4ForCausalLM"),
    ("deepseek-v3.2*", DEEPSEEK_V32),
    ("deepseek-v3*", DEEPSEEK_V3),
    ("deepseek-r1-distill*", ""),
    ("deepseek-r1*", DEEPSEEK_V3),
    ("gpt-oss-*", "GptOssForCausalLM"),
    ("qwen3.[56]-*-a*b*", "Qwen3_5MoeForConditionalGeneration"),
    ("qwen3.[56]-*", "Qwen3_5ForConditionalGeneration"),
    ("qwen3-next-*", "Qwen3NextForCausalLM"),
    ("qwen3-vl-*-a*b*", "Qwen3VLMoeForConditionalGeneration"),
    ("qwen3-*-a*b*", "Qwen3MoeForCausalLM"),
    ("kimi-k2.[567]*", "KimiK25ForConditionalGeneration"),
    ("kimi-k2*", DEEPSEEK_V3),
    ("minimax-m2*", "MiniMaxM2ForCausalLM"),
    ("minimax-m3*", "MiniMaxM3SparseForConditionalGeneration"),
)
"""Names of repositories, and the architecture that their makers' own checkpoints have."""

INDEXED = frozenset({
    DEEPSEEK_V3, DEEPSEEK_V32, "MistralLarge3ForCausalLM", "PixtralForConditionalGeneration",
    GLM_DSA, GLM_NEXT, "LongcatFlashForCausalLM", "Dots3NoteForCausalLM", "HYV4ForCausalLM",
})  # fmt: skip
"""The architectures with sparse attention where the configuration has `index_topk` (0.5.9
``configs/model_config.py``, ``is_deepseek_nsa``; 0.5.23 ``is_deepseek_dsa``). Releases that do not
have one of them in their list cannot load it at all."""

SPARSE_BY_NAME = frozenset({GLM_DSA, GLM_NEXT, DEEPSEEK_V32})
"""Those of which every published checkpoint has `index_topk`."""


@dataclass(frozen=True, slots=True)
class Architecture:
    """The class of the model, empty where it is not known, and its configuration.

    ``config`` is that of the language model (a nested one where there is one), and empty where
    ``by_name`` says that the class is what the repository's name suggests.
    """

    name: str
    config: Mapping[str, Any]
    by_name: bool

    @property
    def sparse_attention(self) -> bool:
        """Whether an indexer chooses the tokens (DSA)."""
        if self.by_name:
            return self.name in SPARSE_BY_NAME
        return self.name in INDEXED and self.config.get("index_topk") is not None

    @property
    def latent(self) -> bool:
        """Whether attention is latent (MLA)."""
        if self.by_name:
            return self.name in {*SPARSE_BY_NAME, DEEPSEEK_V3, "KimiK25ForConditionalGeneration"}
        return self.config.get("kv_lora_rank") is not None


def architecture(repo: str, checkpoint: Checkpoint | None) -> Architecture:
    """Read the configuration; its name decides where nothing is known of a repository."""
    config = checkpoint.config if checkpoint is not None else {}
    said = config.get("architectures")
    if isinstance(said, list) and said:
        return Architecture(str(said[0]), flattened(config), by_name=False)
    own = repo.lower().rpartition("/")[2]
    found = (name for pattern, name in BY_NAME if fnmatchcase(own, pattern))
    return Architecture(next(found, ""), {}, by_name=True)
