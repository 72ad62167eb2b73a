"""What of a release decides about GPU memory, read from its arguments."""

from __future__ import annotations

from argparse import ArgumentTypeError
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from deployer.behaviour.attention import kv_cache_dtype, sparse_kernels
from deployer.behaviour.checkpoints import Checkpoints, overridden
from deployer.behaviour.pages import page_size
from deployer.behaviour.stated import COUNT, GPU, REPO, VERSION, Stated
from deployer.behaviour.subject import Subject
from deployer.behaviour.unknown import UnknownError
from deployer.behaviour.weights import Division
from deployer.facts.gpus import GPUS, Gpu
from deployer.facts.models.catalogue import find
from deployer.facts.models.checkpoint import Checkpoint
from deployer.facts.models.model import Model
from deployer.facts.sglang.pool_rules import PoolRule, pool_rule
from deployer.facts.sglang.versions import release_key
from deployer.parse.types import human_readable_int
from deployer.release import Argument, Release

ELSEWHERE = (
    "--cpu-offload-gb", "--dcp-size", "--attn-cp-size", "--enable-prefill-cp",
    "--speculative-draft-model-path", "--hisparse-config", "--enable-hisparse",
    "--ep-num-redundant-experts", "--moe-dense-tp-size", "--enable-kv-cache-sharding",
    "--enable-lora", "--lora-paths", "--torchao-config",
)  # fmt: skip
"""Flags with which weights or cache lie otherwise than this estimate knows."""

DRAFTS = frozenset({"EAGLE", "NEXTN"})
"""Algorithms that draft with the layer that the checkpoint brings, where it brings one."""

WINDOWS = "--swa-full-tokens-ratio"
"""The tokens of the pool for windows for each of the other."""

NO_GPU = "none"
"""What `hardware.gpu` says of a CPU."""

HOW = "`deployer fit PROFILE --model-config config.json` reads the model's own file"
"""How to give the facts of a model."""

CACHES = {"": "bfloat16", "FP8": "fp8_e4m3", "auto": "bfloat16"}
"""What `auto` makes of the algorithm that a checkpoint names for its cache
(``configure_kv_cache_dtype``, 0.5.10.post1 ``model_executor/model_runner.py:1903``)."""

VIT_L = (24, 1024)
"""Layers and width that the engine takes where it does not find them: those of a ViT-L."""

ASKED_FOR = frozenset({"Llama4ForConditionalGeneration", "Gemma3ForConditionalGeneration"})
"""Architectures whose part for images is loaded only with `--enable-multimodal`."""

Flags = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Settings:
    """A release as memory sees it. ``fraction`` is None where the engine chooses it.

    ``cap`` is `--max-total-tokens`, ``context`` the longest request, ``requests`` how many run at
    a time (None where the engine decides); ``flags`` are all flags with their values. ``share`` is
    :data:`WINDOWS` (None: the engine's), ``hybrid`` says that there is such a pool. ``scale`` is
    what the weights really take, by what they are counted to. ``tower`` are layers and width of the
    part for images as the engine's own fraction sees it, None where there is none;
    ``tower_graphs`` says that graphs of prefill are captured for such a model, too.
    """

    model: Model
    gpu: Gpu
    version: str
    division: Division
    draft: bool
    layout: str
    page: int
    fraction: float | None
    cap: int | None
    context: int
    requests: int | None
    flags: Flags
    share: float | None = None
    hybrid: bool = False
    scale: float = 1.0
    tower: tuple[int, int] | None = None
    tower_graphs: bool = False

    @property
    def rule(self) -> PoolRule:
        """How the release sizes its pool."""
        return pool_rule(self.version)

    @property
    def usable(self) -> float:
        """The GiB of one GPU that are free before anything is loaded."""
        return self.gpu.usable_gib(self.division.gpus)


def read(release: Release, checkpoint: Checkpoint | None = None, gpu: str = "") -> Settings:
    """Read what decides, for another checkpoint or GPU where they are given.

    Raises UnknownError for what no number is known for.
    """
    name = gpu or release.hardware.gpu
    if name == NO_GPU:
        msg = "it runs on no GPU, and an estimate is one of a GPU's memory"
        raise UnknownError(msg, "`deployer fit PROFILE --gpu GPU` says what one would hold")
    said = _stated(release, name)
    known = overridden(said, Checkpoints(checkpoint or find(release.model.repo))).model
    if known is None:
        msg = f"the memory of {release.model.repo} is not among the known facts"
        raise UnknownError(msg, HOW)
    if known.model is None:
        msg = f"the shapes of {known.repo} are not known: {'; '.join(known.not_understood)}"
        raise UnknownError(msg)
    if name not in GPUS:
        msg = f"the memory of GPU {name} is not among the known facts"
        raise UnknownError(msg)
    for flag in ELSEWHERE:
        if said.has(flag):
            msg = f"the estimate does not cover {flag}"
            raise UnknownError(msg)
    try:
        return _settings(known, said)
    except (ValueError, ArgumentTypeError) as error:
        msg = "a value that decides it is no number"
        raise UnknownError(msg) from error


def of_flags(checkpoint: Checkpoint, gpu: str, version: str, flags: Flags) -> Settings:
    """Read what decides from flags alone: of a known checkpoint, GPU and release."""
    if checkpoint.model is None:
        msg = f"the shapes of {checkpoint.repo} are not known"
        raise UnknownError(msg)
    arguments = tuple(Argument(flag, tuple(text.split()), "") for flag, text in flags.items())
    facts = {VERSION: version, GPU: gpu, REPO: checkpoint.repo}
    return _settings(checkpoint, Stated(facts, arguments))


def _stated(release: Release, gpu: str) -> Stated:
    """Read what a release says, on a GPU."""
    facts: dict[str, str | int] = {
        VERSION: release.engine.version, GPU: gpu, COUNT: release.hardware.count,
        REPO: release.model.repo,
    }  # fmt: skip
    return Stated(facts, release.arguments)


def _with_images(settings: Settings, checkpoint: Checkpoint) -> Settings:
    """Add layers and width of the part for images, with the engine's own defaults for either."""
    vision = checkpoint.config.get("vision_config")
    name = str((checkpoint.config.get("architectures") or [""])[0])
    off = name in ASKED_FOR and "--enable-multimodal" not in settings.flags
    if not isinstance(vision, Mapping) or off:
        return settings
    release = release_key(settings.version)
    unread = name.startswith("Qwen3_5") and release < release_key("0.5.11")
    seen: Mapping[str, Any] = {} if unread else vision
    layers = seen.get("num_hidden_layers") or seen.get("vt_num_hidden_layers") or VIT_L[0]
    width = seen.get("hidden_size") or seen.get("vt_hidden_size") or VIT_L[1]
    graphs = release >= release_key("0.5.16") and not name.startswith("Qwen3VL")
    return replace(settings, tower=(int(layers), int(width)), tower_graphs=graphs)


def _settings(checkpoint: Checkpoint, said: Stated) -> Settings:
    model, scale = checkpoint.model, checkpoint.scale
    assert model is not None  # noqa: S101 - whoever asks has looked
    flags = {each.flag: " ".join(each.values) for each in said.arguments}
    subject = Subject(said, Checkpoints(checkpoint))
    if unknown := _not_reckoned(model, flags, scale):
        raise UnknownError(unknown)
    fraction, cap = flags.get("--mem-fraction-static"), flags.get("--max-total-tokens")
    context, requests = flags.get("--context-length"), flags.get("--max-running-requests")
    made = Settings(
        model=model,
        gpu=GPUS[said.gpu],
        version=said.version,
        division=_division(model, flags),
        draft=_drafts(model, flags),
        layout=_layout(model, subject),
        page=page_size(subject).value or _size(flags, "--page-size"),
        fraction=None if fraction is None else float(fraction),
        cap=None if cap is None else human_readable_int(cap),
        context=model.longest if context is None else human_readable_int(context),
        requests=None if requests is None else human_readable_int(requests),
        flags=flags,
        share=float(flags[WINDOWS]) if WINDOWS in flags else None,
        hybrid=model.hybrid_window and "--disable-hybrid-swa-memory" not in flags,
        scale=scale,
    )
    return _with_images(made, checkpoint)


def _not_reckoned(model: Model, flags: Flags, scale: float) -> str:
    """Say why there is no number for this model, empty where there is one."""
    stored, stated = model.quantization, flags.get("--quantization")
    if stated is not None and _method(stated) != _method(stored.method):
        return f"the checkpoint does not have `--quantization {stated}`"
    if stored.unknown and not scale:
        return stored.unknown
    return model.cache_unknown


def _method(name: str) -> str:
    """Give a method of quantization without what only says which kernels are meant."""
    return "modelopt" if name.startswith("modelopt") else name.removesuffix("_marlin")


def _division(model: Model, flags: Flags) -> Division:
    tensor, ranks = _size(flags, "--tp-size"), _size(flags, "--attn-dp-size")
    if "--enable-dp-attention" in flags:
        ranks = _size(flags, "--dp-size")
    if tensor % ranks:
        msg = f"{tensor} tensor-parallel ranks cannot be divided into {ranks}"
        raise UnknownError(msg)
    heads, each = model.attention.heads if model.attention else 0, tensor // ranks
    if heads % each:
        msg = f"{heads} attention heads cannot be divided over {each} ranks"
        raise UnknownError(msg)
    return Division(
        tensor=tensor,
        attention_ranks=tensor // ranks,
        stages=_size(flags, "--pp-size"),
        shared_whole=flags.get("--moe-a2a-backend", "none") != "none",
        head_by_attention="--enable-dp-lm-head" in flags,
    )


def _size(flags: Flags, flag: str) -> int:
    """Read how many of something there are, 1 where it is not stated; raises ValueError below."""
    found = int(flags.get(flag, "1"))
    if found < 1:
        raise ValueError(flag)
    return found


def _drafts(model: Model, flags: Flags) -> bool:
    algorithm = flags.get("--speculative-algorithm")
    if algorithm is None:
        return False
    if algorithm not in DRAFTS or not model.draft_layers:
        msg = f"the memory of {algorithm} is not known"
        raise UnknownError(msg)
    return True


def _layout(model: Model, subject: Subject) -> str:
    """Say how the cache stores a token: SGLang 0.5.10.post1 ``server_args.py:1417-1487``."""
    dtype = kv_cache_dtype(subject).value or "auto"
    if dtype == "auto":
        dtype = _own_dtype(model)
    if model.compressed:
        return "fp8"
    if dtype == "bfloat16":
        return "bf16"
    if dtype != "fp8_e4m3" and (dtype != "fp8_e5m2" or model.sparse_attention):
        msg = f"the layout of a {dtype} cache is not known"
        raise UnknownError(msg)
    if not model.sparse_attention:
        return "fp8"
    _, decode = sparse_kernels(subject, dtype)
    return "fp8" if decode.value == "trtllm" else "fp8_flashmla"


def _own_dtype(model: Model) -> str:
    """Say what `auto` makes of what the checkpoint names for its cache."""
    if model.cache_algorithm not in CACHES:
        msg = f"what `auto` makes of a cache in {model.cache_algorithm} is not known"
        raise UnknownError(msg, "state `memory.kv_cache_dtype`")
    return CACHES[model.cache_algorithm]
