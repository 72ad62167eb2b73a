"""Whether GPUs can hold a model's weights at all, from no more than its files say.

It is what a container on a CPU can find out of any model before a GPU is paid for, so it needs the
standard library and what is known of GPUs. It refuses only what cannot be: each weight is loaded
once at least, and all memory of all GPUs is taken for it.
"""

from __future__ import annotations

from collections.abc import Mapping

from deployer.facts.gpus import GPUS
from deployer.facts.models.nested import flattened
from deployer.release import Release

GB = 1e9
MIB = 1024**2

ELSEWHERE = frozenset({
    "--cpu-offload-gb", "--offload-group-size", "--quantization", "--torchao-config",
    "--load-format", "--kt-weight-path", "--enable-weights-cpu-backup",
})  # fmt: skip
"""Options by which weights lie elsewhere or become smaller (help of SGLang 0.5.23)."""

DRAFTS = ("num_nextn_predict_layers", "mtp_num_hidden_layers")
"""Keys for layers that draft, which are not loaded without speculation."""

LAYERS = "num_hidden_layers"

TOO_LARGE = "take more or larger GPUs, or a model of less precision"
"""What to do about it."""


def too_large(release: Release, weights: int, config: Mapping[str, object]) -> str:
    """Say why GPUs cannot hold so many bytes of weights; '' where they may, or nobody knows."""
    gpu, count = GPUS.get(release.hardware.gpu), release.hardware.count
    flags = {argument.flag for argument in release.arguments}
    if gpu is None or not count or flags & ELSEWHERE:
        return ""
    memory = count * gpu.memory * MIB
    if weights * _loaded(config) <= memory:
        return ""
    held = f"{count} x {release.hardware.gpu} have {memory / GB:,.0f} GB in all"
    return f"the weights of {release.model.repo} are {weights / GB:,.0f} GB, and {held}"


def _loaded(config: Mapping[str, object]) -> float:
    """Give the share of the weights that is loaded whatever is asked for."""
    text = flattened(config)
    layers = text.get(LAYERS)
    drafts = max((n for key in DRAFTS if isinstance(n := text.get(key), int)), default=0)
    if not isinstance(layers, int) or layers < 1 or drafts < 0:
        return 1.0
    return layers / (layers + drafts)
