"""Lets latent attention (MLA) run by torch alone. Imported by the engine of a rehearsal.

SGLang imports every module of the package that ``SGLANG_EXTERNAL_MODEL_PACKAGE`` names, before it
makes a model (0.5.23 ``srt/models/registry.py``, ``import_model_classes``). Two things of SGLang
keep MLA from running on a CPU without kernels of its own, and both are asked otherwise here:

- A backend that it does not know as one for MLA is treated as triton is: it computes the prefill
  with whole keys, for which ``torch_native`` looks into the cache, where the latent ones lie
  (``models/deepseek_common/attention_backend_handler.py``). Decoding takes the latent way anyhow.
- On a CPU it has positions for stretched contexts only, and DeepSeek's are stretched
  (``layers/rotary_embedding/factory.py``, ``get_rope_cpu``). Others get those of any model.
"""

from typing import Any

from sglang.srt.layers.rotary_embedding import factory
from sglang.srt.models.deepseek_common.attention_backend_handler import AttentionBackendRegistry
from sglang.srt.models.deepseek_common.attention_forward_methods.forward_methods import (
    AttnForwardMethod,
)

_stretched = factory.get_rope_cpu


def _rope(
    head_size: int,
    rotary_dim: int,
    max_position: int,
    base: int,
    is_neox_style: bool = True,
    rope_scaling: dict[str, Any] | None = None,
    *rest: Any,
) -> Any:
    given = (head_size, rotary_dim, max_position, base, is_neox_style, rope_scaling)
    return _stretched(*given, *rest) if rope_scaling else factory.get_rope(*given)


factory.get_rope_cpu = _rope
AttentionBackendRegistry.register("torch_native", lambda _attn, _batch: AttnForwardMethod.MLA)
